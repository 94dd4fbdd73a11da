//! Building and spawning programs.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// Writes one line of talk to stderr. A closed stderr is nobody listening.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The cargo that runs this task.
pub(crate) fn cargo() -> Command {
    outside_cargo(Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())))
}

/// Takes away what cargo tells this program about itself, which would tell build scripts (ring's) that
/// everything has changed whenever one builds with and without `cargo xtask` in turn.
pub(crate) fn outside_cargo(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
            .iter()
            .any(|own| text.starts_with(own))
        {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command to its end; an error when it fails.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

fn status(command: &mut Command) -> Result<ExitStatus> {
    command.status().with_context(|| format!("cannot run {}", shown(command)))
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// A program by its name, where there is one.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Installs packages of Debian.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    say(&format!("installing {} from Debian's packages", packages.join(", ")));
    if on_path("apt-get").is_none() {
        bail!("{} is needed, and there is no apt-get to install it", packages.join(" and "));
    }
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(args).stdout(Stdio::null());
        check(&mut command)
    };
    apt(&["update", "-qq"])?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend_from_slice(packages);
    apt(&args)
}

/// How something is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// As users have it.
    Optimized,
    /// As tests are built, with most of what they need at hand; it fails where it is told to.
    ForTests,
}

/// A unecho binary, optimized unless it is for tests.
pub(crate) struct Tool {
    path: PathBuf,
}

impl Tool {
    /// Builds the binary, or finds it up to date.
    pub(crate) fn build() -> Result<Self> {
        Self::build_with(&["--release"])
    }

    /// Builds the binary for tests, which fails where it is told to.
    pub(crate) fn build_for_tests() -> Result<Self> {
        Self::build_with(&[])
    }

    fn build_with(profile: &[&str]) -> Result<Self> {
        let output = cargo()
            .current_dir(root())
            .args(["build", "--package", "unecho-cli", "--bin", "unecho"])
            .args(profile)
            .args(["--message-format", "json-render-diagnostics"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run cargo build")?;
        if !output.status.success() {
            bail!("the build failed");
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        let path = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
            .next_back()
            .context("cargo named no binary")?;
        Ok(Self { path })
    }

    /// Where the binary is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A command that runs the binary in the current folder.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.path)
    }

    /// Runs one subcommand with these arguments and ends as it does.
    pub(crate) fn pass_on(&self, subcommand: &str, args: &[String]) -> Result<ExitCode> {
        let mut all = vec![subcommand.to_owned()];
        all.extend_from_slice(args);
        self.run(&all)
    }

    /// Runs the binary with these arguments and ends as it does.
    pub(crate) fn run(&self, args: &[String]) -> Result<ExitCode> {
        let status = status(self.command().args(args))?;
        Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
    }
}

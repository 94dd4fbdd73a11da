//! Running the binary and reading what it wrote.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The binary under test: the one that the environment names, else a development build.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("UNECHO_BIN") {
            return path.into();
        }
        let mut build = Command::new(env!("CARGO"));
        // What cargo tells this test about itself would tell build scripts that everything has changed.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_"].iter().any(|own| text.starts_with(own)) {
                build.env_remove(&name);
            }
        }
        let output = build
            .current_dir(root())
            .args(["build", "--package", "unecho-cli", "--bin", "unecho", "--message-format", "json"])
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "the binary does not build");
        let messages = String::from_utf8(output.stdout).unwrap();
        let named =
            |line: &str| serde_json::from_str::<Value>(line).ok()?["executable"].as_str().map(PathBuf::from);
        messages.lines().filter_map(named).next_back().unwrap()
    })
}

/// How a command ended.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// What a finished process said.
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// The binary in this folder, with no settings from outside.
pub(crate) fn unecho(folder: &Path) -> Command {
    let mut command = Command::new(binary());
    command.current_dir(folder).stdin(Stdio::null());
    without_settings(&mut command);
    command
}

/// Takes away what the surroundings would set.
pub(crate) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("UNECHO_") {
            command.env_remove(name);
        }
    }
    for name in ["NO_COLOR", "CI", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("XDG_CONFIG_HOME", "/nonexistent");
}

/// A shell command in this folder, with the binary as `$0`.
pub(crate) fn shell(folder: &Path, script: &str) -> Command {
    let mut command = Command::new("sh");
    command.current_dir(folder).args(["-c", script]).arg(binary()).stdin(Stdio::null());
    without_settings(&mut command);
    command
}

/// Whether a program of others is there. Where everything is to be tested (`UNECHO_TEST_TOOLS`), it must be.
pub(crate) fn tool(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    assert!(is_there || std::env::var_os("UNECHO_TEST_TOOLS").is_none(), "{name} is not installed");
    is_there
}

/// Runs the binary in this folder.
pub(crate) fn run<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Outcome {
    finish(unecho(folder).args(args))
}

/// Runs a prepared command.
pub(crate) fn finish(command: &mut Command) -> Outcome {
    Outcome::of(command.output().unwrap())
}

/// A folder that is removed after the test, with these files in it.
pub(crate) fn home(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    home
}

/// The records of all files of one kind in an output, such as `data` or `ledger/links`.
pub(crate) fn records(out: &Path, kind: &str) -> Vec<Value> {
    let (folder, stem) = kind.split_once('/').unwrap_or((kind, ""));
    let mut files: Vec<PathBuf> =
        fs::read_dir(out.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with(stem));
    files.sort();
    assert!(!files.is_empty(), "no {kind} in {}", out.display());
    let mut records = Vec::new();
    for file in files {
        let lines = String::from_utf8(zstd::decode_all(fs::File::open(file).unwrap()).unwrap()).unwrap();
        records.extend(lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    records
}

/// The ids of these records, in their order.
pub(crate) fn ids(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["id"].as_str().unwrap()).collect()
}

/// The summary of an output.
pub(crate) fn summary(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap()
}

/// Every file of a folder with its bytes.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// `count` words of prose that differ for each `seed`: sentences of 14 words.
pub(crate) fn prose(seed: u64, count: usize) -> String {
    const SYLLABLES: [&str; 24] = [
        "ka", "to", "ri", "mel", "dan", "sor", "vi", "lun", "pe", "gra", "ho", "ster", "bi", "nok", "fa",
        "dru", "lem", "os", "tir", "qua", "ven", "ul", "jas", "mip",
    ];
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut text = String::new();
    for at in 0..count {
        let syllables = 2 + next() as usize % 2;
        let word: String = (0..syllables).map(|_| SYLLABLES[next() as usize % SYLLABLES.len()]).collect();
        if at % 14 == 0 {
            let (first, rest) = word.split_at(1);
            text.push_str(&first.to_uppercase());
            text.push_str(rest);
        } else {
            text.push_str(&word);
        }
        text.push_str(if at % 14 == 13 || at + 1 == count { ". " } else { " " });
    }
    text.trim_end().to_owned()
}

/// One line of JSON lines.
pub(crate) fn row(id: &str, text: &str) -> String {
    format!("{}\n", serde_json::json!({ "id": id, "text": text }))
}

/// A few hundred documents with copies among them, as JSON lines.
pub(crate) fn feed() -> String {
    (0..400).map(|at| row(&format!("doc-{at}"), &prose(at % 300, 120))).collect()
}

//! A run to be disturbed: what stands there before, the command, what stands there after.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::End;
use super::fault::Fault;
use crate::tool::{Tool, root};

/// A command and those that were run before it.
#[derive(Debug)]
pub(crate) struct Plan {
    name: &'static str,
    before: &'static [&'static [&'static str]],
    command: &'static [&'static str],
}

/// What is disturbed.
pub(crate) const SCENARIOS: [Plan; 7] = [
    Plan {
        name: "jsonl.zst over an earlier output",
        before: &[&["ingest", "earlier", "--out", "out"]],
        command: &["ingest", "texts", "--out", "out", "--shard-bytes", "16K"],
    },
    Plan {
        name: "parquet into a new folder",
        before: &[&["ingest", "earlier", "--out", "other"]],
        command: &["ingest", "texts", "--out", "out", "--format", "parquet", "--shard-bytes", "16K"],
    },
    Plan {
        name: "jsonl.gz with an index",
        before: &[&["ingest", "earlier", "--out", "out", "--index", "index"]],
        command: &["ingest", "texts", "--out", "out", "--index", "index", "--format", "jsonl.gz"],
    },
    Plan {
        name: "parquet with a new index",
        before: &[&["ingest", "earlier", "--out", "out"]],
        command: &["ingest", "texts", "--out", "out", "--index", "index", "--format", "parquet"],
    },
    Plan {
        name: "an index replacing earlier keepers",
        before: &[&["ingest", "earlier", "--out", "out", "--index", "index"]],
        command: &["ingest", "texts", "--out", "out", "--index", "index", "--on-better-copy", "replace"],
    },
    Plan {
        // The fifth run merges what the four before it wrote, in a thread beside reading and cleaning.
        name: "an index whose segments are merged meanwhile",
        before: &[
            &["ingest", "first", "--out", "out", "--index", "index"],
            &["ingest", "second", "--out", "out", "--index", "index"],
            &["ingest", "third", "--out", "out", "--index", "index"],
            &["ingest", "earlier", "--out", "out", "--index", "index"],
        ],
        command: &["ingest", "texts", "--out", "out", "--index", "index"],
    },
    Plan {
        name: "an export of an index",
        before: &[
            &["ingest", "earlier", "--out", "out", "--index", "index"],
            &["index", "export", "index", "--whole", "--out", "export"],
        ],
        command: &["ingest", "texts", "--out", "out", "--index", "export"],
    },
];

/// Folders of indexes and of exports, and the file in each that says what holds.
const POINTERS: [(&str, &str); 2] = [("index", "index.json"), ("export", "export.json")];

/// Files and their bytes, below a folder.
type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// A plan, with what an undisturbed run of it does.
#[derive(Debug)]
pub(crate) struct Scenario {
    plan: &'static Plan,
    scratch: PathBuf,
    before: Tree,
    after: Tree,
    /// How it ends when nobody disturbs it.
    pub(crate) code: i32,
    /// How many operations on files there are.
    pub(crate) operations: u64,
}

impl Scenario {
    /// Runs the plan undisturbed, in a folder below `scratch`.
    pub(crate) fn prepare(plan: &'static Plan, scratch: &Path, tool: &Tool) -> Result<Self> {
        let home = tempfile::tempdir_in(scratch)?;
        write_texts(home.path())?;
        let run = |args: &[&str], log: &Path| {
            let mut command = tool.command();
            command.env("UNECHO_TEST_FAULT_LOG", log);
            let status = quiet(&mut command, args, home.path()).status().context("cannot run unecho")?;
            let code = status.code().unwrap_or(-1);
            ensure!(matches!(code, 0 | 3), "{}: {status}", args.join(" "));
            Ok(code)
        };
        let logs = tempfile::tempdir_in(scratch)?;
        for before in plan.before {
            run(before, &logs.path().join("before"))?;
        }
        let before = tree(home.path())?;
        let code = run(plan.command, &logs.path().join("operations"))?;
        let after = tree(home.path())?;
        let operations = fs::read_to_string(logs.path().join("operations"))?.lines().count() as u64;
        Ok(Self { plan, scratch: scratch.to_owned(), before, after, code, operations })
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.plan.name
    }

    /// A folder as it is before the command.
    pub(crate) fn begun(&self) -> Result<TempDir> {
        let home = tempfile::tempdir_in(&self.scratch)?;
        for (name, bytes) in &self.before {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(home.path()))?;
            fs::write(path, bytes)?;
        }
        Ok(home)
    }

    /// Gives a program that ends in the binary the arguments of the plan.
    pub(crate) fn complete<'a>(&self, command: &'a mut Command, home: &Path) -> &'a mut Command {
        quiet(command, self.plan.command, home)
    }

    /// Runs the command with a fault, looks at what it left, and runs it again.
    pub(crate) fn disturb(&self, tool: &Tool, fault: Fault, at: u64) -> Result<End> {
        let home = self.begun()?;
        let outcome = self.disturb_in(home.path(), tool, fault, at);
        if outcome.is_err() {
            let kept = home.keep();
            return outcome.with_context(|| format!("in {}", kept.display()));
        }
        outcome
    }

    fn disturb_in(&self, home: &Path, tool: &Tool, fault: Fault, at: u64) -> Result<End> {
        let strike = |at: u64| -> Result<(Option<i32>, String)> {
            let output = self.complete(&mut fault.command(tool, at), home).output()?;
            Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
        };
        let (code, said) = strike(at)?;
        let end = self.judge(fault, code).with_context(|| said.trim().to_owned())?;
        self.check_state(home, end)?;
        if fault == Fault::AbortTwice {
            strike(at / 2 + 1)?;
            self.check_state(home, End::Killed)?;
        }
        let again = self.complete(&mut tool.command(), home).output()?;
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        ensure!(again.status.code() == Some(self.code), "run again: {}: {}", again.status, said.trim());
        let now = tree(home)?;
        if let Some(differs) = difference(&now, &self.after) {
            bail!("run again, {differs}");
        }
        Ok(end)
    }

    /// Whether this is how a run with this fault may end.
    fn judge(&self, fault: Fault, code: Option<i32>) -> Result<End> {
        /// What a shell, and strace, say of a process that KILL ended.
        const BY_KILL: i32 = 128 + 9;
        /// No space left.
        const NO_SPACE: i32 = 13;
        match (fault, code) {
            (_, Some(code)) if code == self.code => Ok(End::Unharmed),
            (Fault::Abort | Fault::AbortTwice | Fault::KillCall, None) => Ok(End::Killed),
            (Fault::KillCall, Some(BY_KILL)) => Ok(End::Killed),
            (Fault::Full | Fault::FailCall("ENOSPC"), Some(NO_SPACE)) => Ok(End::Failed),
            (Fault::Error(_) | Fault::FailCall("EIO"), Some(1)) => Ok(End::Failed),
            _ => bail!("ended with {code:?}"),
        }
    }

    /// What was there before is there whole, or what was to come.
    fn check_state(&self, home: &Path, end: End) -> Result<()> {
        let now = tree(home)?;
        let below = |tree: &Tree, folder: &str| -> Tree {
            let own = tree.iter().filter_map(|(path, bytes)| {
                Some((path.strip_prefix(folder).ok()?.to_owned(), bytes.clone()))
            });
            own.collect()
        };
        let mut out = below(&now, "out");
        if out.is_empty() {
            // Between two renames the earlier output stands aside.
            out = below(&now, ".out.unecho-old");
        }
        ensure!(
            out == below(&self.after, "out") || end != End::Unharmed && out == below(&self.before, "out"),
            "the output is neither the earlier one nor the new one"
        );
        for (folder, pointer) in POINTERS {
            let pointer = Path::new(folder).join(pointer);
            let [found, before, after] = [&now, &self.before, &self.after].map(|tree| tree.get(&pointer));
            ensure!(
                found == after || end != End::Unharmed && found == before,
                "the {folder} is neither the earlier one nor the new one"
            );
            let whole = if found == before { &self.before } else { &self.after };
            let there = below(&now, folder);
            for (name, bytes) in below(whole, folder) {
                ensure!(there.get(&name) == Some(&bytes), "{} of the {folder} is not whole", name.display());
            }
        }
        Ok(())
    }
}

/// The arguments, the folder and the silence of a run; nothing from outside sets it.
fn quiet<'a>(command: &'a mut Command, args: &[&str], home: &Path) -> &'a mut Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("UNECHO_")) {
        command.env_remove(name);
    }
    command.args(args).args(["--quiet", "--no-config"]).current_dir(home);
    if args.first() == Some(&"ingest") {
        command.args(["--threads", "2"]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null())
}

/// Texts of demo/corpus: half of them for the run itself, the others for those before it.
fn write_texts(home: &Path) -> Result<()> {
    let corpus = root().join("demo/corpus");
    let entries = fs::read_dir(&corpus).with_context(|| corpus.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    paths.retain(|path| path.is_file());
    paths.sort();
    const FOLDERS: [&str; 5] = ["texts", "earlier", "first", "second", "third"];
    for folder in FOLDERS {
        fs::create_dir_all(home.join(folder))?;
    }
    for (at, path) in paths.iter().enumerate() {
        let name = path.file_name().context("a file has a name")?;
        let folder = match at % 4 {
            0 | 1 => "texts",
            2 => "earlier",
            _ => FOLDERS[2 + at / 4 % 3],
        };
        fs::copy(path, home.join(folder).join(name))?;
    }
    Ok(())
}

/// Every file but locks.
fn tree(home: &Path) -> Result<Tree> {
    let mut files = Tree::new();
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("LOCK") && !path.ends_with(".out.unecho-lock") {
                files.insert(path.strip_prefix(home)?.to_owned(), fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

/// In what two trees differ, if they do.
fn difference(now: &Tree, expected: &Tree) -> Option<String> {
    let names = now.keys().chain(expected.keys());
    names.into_iter().find_map(|name| match (now.get(name), expected.get(name)) {
        (Some(now), Some(expected)) if now == expected => None,
        (Some(_), Some(_)) => Some(format!("{} has other bytes", name.display())),
        (Some(_), None) => Some(format!("{} is left behind", name.display())),
        (None, _) => Some(format!("{} is missing", name.display())),
    })
}

//! Where the values of flags come from: the command line, else the environment (`UNECHO_NEAR` for
//! `--near`), else `./unecho.toml`, else the user's `unecho.toml`, else the default.
//!
//! The files become defaults of the declared flags, so that a value is read, checked and shown the
//! same way wherever it was written.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory};
use toml::{Table, Value};
use unecho_pipeline::Stated;

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;

/// Name of a settings file.
const FILE_NAME: &str = "unecho.toml";

/// Flag that leaves the files aside. It is looked for before the command line is understood.
const NO_CONFIG: &str = "--no-config";

/// Commands whose flags can be set.
const COMMANDS: [&str; 3] = ["ingest", "fetch", "normalize"];

/// Flags that say what is to be done now, which no file should say for all runs.
const NOT_SETTINGS: [&str; 18] = [
    "help",
    "version",
    "quiet",
    "verbose",
    "color",
    "no-config",
    "metrics",
    "traces",
    "dry-run",
    "out",
    "print-config",
    "json",
    "diff",
    "pages",
    "list",
    "feed",
    "sitemap",
    "allow-private-net",
];

/// Flags that a config has no place for: what a terminal is told, and where the result goes.
const NOT_OF_A_CONFIG: [&str; 8] =
    ["quiet", "verbose", "color", "metrics", "traces", "dry-run", "out", "json"];

/// The files that were found, the nearest first.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    files: Vec<(PathBuf, Table)>,
}

/// One flag that can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Its name, as in a file.
    pub(crate) name: String,
    /// Its values, as they would stand on the command line; none where there is no default.
    pub(crate) values: Vec<String>,
    /// Whether it takes several values.
    pub(crate) is_list: bool,
    /// `default`, `command line`, the environment variable, or the file.
    pub(crate) origin: String,
    /// What it means.
    pub(crate) help: String,
    /// What it may be, where that is a short list.
    pub(crate) choices: Vec<String>,
}

impl Settings {
    /// Reads the files that apply here.
    pub(crate) fn read(args: &[OsString]) -> Result<Self, Failure> {
        let own = args.iter().take_while(|arg| *arg != "--");
        if own.into_iter().any(|arg| arg == NO_CONFIG) {
            return Ok(Self::default());
        }
        let mut settings = Self::default();
        for path in std::iter::once(PathBuf::from(FILE_NAME)).chain(user_file()) {
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(Failure::new(Exit::Usage, format!("{}: {error}", path.display())));
                }
            };
            let table = parse(&path, &text)?;
            settings.files.push((path, table));
        }
        Ok(settings)
    }

    /// The command line with these files and the environment as defaults.
    pub(crate) fn command(&self) -> Command {
        let mut command = Cli::command();
        for name in COMMANDS {
            command = command.mut_subcommand(name, |command| {
                command.mut_args(|arg| match setting_name(&arg).map(str::to_owned) {
                    Some(name) => self.with_defaults(arg, &name),
                    None => arg,
                })
            });
        }
        command
    }

    fn with_defaults(&self, arg: Arg, name: &str) -> Arg {
        let arg = if arg.get_env().is_none() { arg.env(variable(name)) } else { arg };
        match self.files.iter().find_map(|(_, table)| table.get(name)) {
            Some(value) => arg.default_values(words(value).unwrap_or_default()),
            None => arg,
        }
    }

    /// Every setting of `ingest`, which has those of all commands, with its value and where it is from.
    pub(crate) fn all(&self) -> Result<Vec<Setting>, Failure> {
        let command = self.command();
        let matches = command
            .clone()
            .try_get_matches_from(["unecho", "ingest", "--print-config"])
            .map_err(|error| Failure::new(Exit::Usage, first_line(&error)))?;
        Ok(self.of(&command, &matches))
    }

    /// Every setting as a command line left it, for one that has `ingest`; none for any other.
    pub(crate) fn used(&self, matches: &ArgMatches) -> Vec<Setting> {
        self.of(&self.command(), matches)
    }

    fn of(&self, command: &Command, matches: &ArgMatches) -> Vec<Setting> {
        let Some(("ingest", matches)) = matches.subcommand() else { return Vec::new() };
        let ingest = command.find_subcommand("ingest").expect("ingest is declared");
        let setting = |arg| Some(self.setting(arg, setting_name(arg)?, matches));
        ingest.get_arguments().filter_map(setting).collect()
    }

    fn setting(&self, arg: &Arg, name: &str, matches: &ArgMatches) -> Setting {
        let id = arg.get_id().as_str();
        let raw = matches.get_raw(id).into_iter().flatten();
        let file = self.files.iter().find(|(_, table)| table.contains_key(name));
        let origin = match (matches.value_source(id), file) {
            (Some(ValueSource::CommandLine), _) => "command line".to_owned(),
            (Some(ValueSource::EnvVariable), _) => variable(name),
            (_, Some((path, _))) => path.display().to_string(),
            _ => "default".to_owned(),
        };
        let choices = arg.get_possible_values();
        Setting {
            name: name.to_owned(),
            values: raw.map(|value| value.to_string_lossy().into_owned()).collect(),
            is_list: matches!(arg.get_action(), ArgAction::Append),
            origin,
            help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
            choices: choices.iter().map(|choice| choice.get_name().to_owned()).collect(),
        }
    }
}

/// An error for what a command line of `ingest` says besides how a run is to go: nobody would look at it.
pub(crate) fn ensure_config_only(matches: &ArgMatches) -> Result<(), Failure> {
    let command = Cli::command();
    let ingest = command.find_subcommand("ingest").expect("ingest is declared");
    let Some(("ingest", matches)) = matches.subcommand() else { return Ok(()) };
    let global = command.get_arguments().filter(|arg| arg.is_global_set());
    for arg in ingest.get_arguments().chain(global) {
        let id = arg.get_id().as_str();
        if matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        let what = match arg.get_long() {
            None => {
                let stray = matches.get_raw(id).and_then(|mut values| values.next()).unwrap_or_default();
                format!("'{}' is no flag, and inputs have their own place", stray.display())
            }
            Some(name) if NOT_OF_A_CONFIG.contains(&name) => {
                format!("'--{name}' says nothing about how a run goes")
            }
            Some(_) => continue,
        };
        return Err(Failure::new(Exit::Usage, what));
    }
    Ok(())
}

/// Settings on which no byte of a result depends.
const NOT_OF_RESULTS: [&str; 3] = ["threads", "memory", "index"];

/// What a result says of the settings it was made with: those that somebody stated.
pub(crate) fn stated(used: &[Setting]) -> BTreeMap<String, Stated> {
    let is_told =
        |setting: &&Setting| setting.origin != "default" && !NOT_OF_RESULTS.contains(&setting.name.as_str());
    let told = used.iter().filter(is_told).map(|setting| {
        // A result names no folder of the one who made it.
        let is_users = user_file().is_some_and(|path| path.display().to_string() == setting.origin);
        let origin = if is_users { format!("the user's {FILE_NAME}") } else { setting.origin.clone() };
        (setting.name.clone(), Stated { values: setting.values.clone(), origin })
    });
    told.collect()
}

/// The files that are looked for, the nearest first.
pub(crate) fn places() -> Vec<PathBuf> {
    std::iter::once(PathBuf::from(FILE_NAME)).chain(user_file()).collect()
}

fn user_file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(folder.join("unecho").join(FILE_NAME))
}

/// Name in files of a flag that can be set.
fn setting_name(arg: &Arg) -> Option<&str> {
    arg.get_long().filter(|name| !NOT_SETTINGS.contains(name))
}

/// The environment variable of a setting.
fn variable(name: &str) -> String {
    format!("UNECHO_{}", name.to_uppercase().replace('-', "_"))
}

/// What a value would be on the command line; `None` for what no flag can take.
fn words(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => Some(vec![one(value)?]),
    }
}

/// Reads a settings file and checks every value with the flag that it sets.
fn parse(path: &Path, text: &str) -> Result<Table, Failure> {
    let failure = |what: String| Failure::new(Exit::Usage, format!("{}: {what}", path.display()));
    let table: Table = text.parse().map_err(|error: toml::de::Error| failure(error.to_string()))?;
    let command = Cli::command();
    let ingest = command.find_subcommand("ingest").expect("ingest is declared");
    let known: Vec<&str> = ingest.get_arguments().filter_map(setting_name).collect();
    for (name, value) in &table {
        let Some(arg) = ingest.get_arguments().find(|arg| setting_name(arg) == Some(name)) else {
            let failure = failure(format!("unknown key '{name}'"));
            return Err(match nearest(name, &known) {
                Some(meant) => failure.hint(format!("did you mean '{meant}'?")),
                None => failure.hint("'unecho config show' lists the keys"),
            });
        };
        let words = words(value).ok_or_else(|| failure(format!("{name}: a flag cannot be set to this")))?;
        if words.len() > 1 && !matches!(arg.get_action(), ArgAction::Append) {
            return Err(failure(format!("{name}: takes one value")));
        }
        let alone = Command::new("unecho").no_binary_name(true).arg(arg.clone());
        let line = words.iter().flat_map(|word| [format!("--{name}"), word.clone()]);
        alone.try_get_matches_from(line).map_err(|error| failure(first_line(&error)))?;
    }
    Ok(table)
}

/// What clap says, without its advice about usage.
pub(crate) fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// The known name that differs least, if by little.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    /// Names less alike than this were not meant.
    const ALIKE_MIN: f64 = 0.7;
    let name = name.replace('_', "-");
    let alike = |other: &&str| strsim::jaro_winkler(&name, other);
    let best = known.iter().copied().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(&best) >= ALIKE_MIN).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<usize, &str>) {
        match (parse(Path::new("unecho.toml"), text), expect) {
            (Ok(table), Ok(keys)) => assert_eq!(table.len(), keys, "{text}"),
            (Err(failure), Err(part)) => {
                let said = format!("{failure:?}");
                assert!(said.contains(part) && said.contains("unecho.toml"), "{text}: {said}");
            }
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn files_are_checked_by_the_flags_they_set() {
        check("", Ok(0));
        check(
            "near = 0.8\nthreads = 2\non = [\"rewrite=tag\", \"near=ignore\"]\nformat = \"parquet\"",
            Ok(4),
        );
        check("neer = 0.8", Err("did you mean 'near'"));
        check("shard_bytes = \"1M\"", Err("did you mean 'shard-bytes'"));
        check("zebra = 1", Err("unknown key 'zebra'"));
        check("out = \"x\"", Err("unknown key 'out'"));
        check("near = 7", Err("invalid value '7'"));
        check("near = [0.7, 0.8]", Err("takes one value"));
        check("near = { a = 1 }", Err("cannot be set to this"));
        check("near = ", Err("unecho.toml"));
    }

    #[test]
    fn the_declaration_with_defaults_is_consistent() {
        let table = "near = 0.8\non = [\"rewrite=tag\"]\nledger = \"all\"".parse().unwrap();
        let settings = Settings { files: vec![(PathBuf::from("x/unecho.toml"), table)] };
        settings.command().debug_assert();
        let all = settings.all().unwrap();
        let of = |name: &str| all.iter().find(|setting| setting.name == name).unwrap();
        assert_eq!((of("near").values[0].as_str(), of("near").origin.as_str()), ("0.8", "x/unecho.toml"));
        assert_eq!(of("on").values, ["rewrite=tag"]);
        let keep = of("keep");
        assert_eq!((keep.values[0].as_str(), keep.origin.as_str()), ("origin,complete,earliest", "default"));
    }
}

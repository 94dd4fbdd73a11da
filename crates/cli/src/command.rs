//! The commands, one file each.

pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod fetch;
pub(crate) mod generate;
pub(crate) mod index;
pub(crate) mod ingest;
pub(crate) mod normalize;
pub(crate) mod report;
pub(crate) mod top;
pub(crate) mod verify;

use std::io::{self, Write};
use std::path::Path;

use unecho_pipeline::{Calibration, Config, Engines, Follow, Networks, RulesText, Strip};

use crate::args::{ExtractArg, InputArgs, StripArg, WebArgs};
use crate::exit::Exit;
use crate::failure::Failure;

/// The config that these flags state.
fn config_of(args: &InputArgs) -> Result<Config, Failure> {
    let mut config = Config::default();
    config.fetch.text_field.clone_from(&args.text_field);
    config.fetch.layout = args.layout;
    config.pages.clone_from(&args.pages);
    set_web(&mut config, &args.web);
    let rules = args.rules.iter().map(|path| RulesText::read(path));
    config.normalize.rules =
        rules.collect::<Result<_, _>>().map_err(|error| Failure::of(Exit::Usage, &error))?;
    config.normalize.disabled_rules.clone_from(&args.no_rules);
    config.normalize.engines = engines_of(args.extract);
    config.normalize.strip = match args.strip {
        StripArg::Boilerplate => Strip::Boilerplate,
        StripArg::Nothing => Strip::Nothing,
    };
    config.threads = args.threads;
    config.memory_bytes = args.memory;
    Ok(config)
}

/// Sets what these flags say of the web.
fn set_web(config: &mut Config, args: &WebArgs) {
    config.follow = match (args.feed, args.sitemap) {
        (true, _) => Follow::Feeds,
        (false, true) => Follow::Sitemaps,
        (false, false) => Follow::AsFound,
    };
    let web = &mut config.fetch.web;
    web.delay = args.delay;
    web.host_connections_max = args.per_host;
    web.connections_max = args.connections;
    web.user_agent.clone_from(&args.user_agent);
    web.networks = if args.allow_private_net { Networks::All } else { Networks::Public };
}

fn engines_of(extract: ExtractArg) -> Engines {
    match extract {
        ExtractArg::Both => Engines::Both,
        ExtractArg::Fast => Engines::Fast,
    }
}

/// Reads a file of weights and thresholds.
fn calibration(path: &Path) -> Result<Calibration, Failure> {
    let failed = |error: String| Failure::new(Exit::Usage, format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    Calibration::from_toml(&text).map_err(|error| failed(error.to_string()))
}

/// Writes data to stdout. A reader that closed the pipe has had enough: that is no error.
fn write_data(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::of(Exit::Failed, &error)),
    }
}

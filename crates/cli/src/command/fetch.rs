//! `unecho fetch`: the web into a WARC file, for any later step.

use unecho_pipeline::{Config, Run};

use super::set_web;
use crate::args::{FetchArgs, Verbosity};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::{Observers, say};
use crate::signals::Signals;
use crate::table::{thousands, visible};

pub(crate) fn run(args: &FetchArgs, verbosity: &Verbosity) -> Result<Exit, Failure> {
    let mut config = Config::default();
    set_web(&mut config, &args.web);
    if args.out.to_string_lossy().contains("://") {
        let wrong = format!("{}: pages are added to a file, which cannot be elsewhere", args.out.display());
        return Err(
            Failure::new(Exit::Usage, wrong).hint("-o FILE on this machine, and copy it when it is done")
        );
    }
    let mut inputs = args.urls.clone();
    inputs.extend(args.list.iter().map(|list| format!("@{list}")));
    let signals = Signals::watch().map_err(|error| Failure::of(Exit::Failed, &error))?;
    let observers = Observers::talking(verbosity);
    let run = Run { observer: &observers, cancelled: &signals.cancelled };
    let fetch = unecho_pipeline::fetch(&inputs, &args.out, &config, &run)
        .map_err(|error| Failure::of_run(&error, &signals))?;
    if !verbosity.quiet {
        let counts = &fetch.counts;
        let rows = [
            (fetch.pages.len() as u64, "pages".to_owned()),
            (counts.lists, "feeds and sitemaps".to_owned()),
            (fetch.rejected.len() as u64, "addresses without a page".to_owned()),
            (counts.requests, format!("requests, {} unchanged", thousands(counts.unchanged))),
        ];
        let lines = rows.map(|(count, what)| format!("{:>10} {what}", thousands(count)));
        let out = visible(&args.out.to_string_lossy());
        say(&format!("\n{}\n\nresult  {out}\nnext    unecho ingest {out} --out DIR", lines.join("\n")));
    }
    Ok(if fetch.rejected.is_empty() { Exit::Done } else { Exit::DoneWithRejections })
}

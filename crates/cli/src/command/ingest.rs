//! `unecho ingest`: the main job.

mod preview;

use std::path::{Path, PathBuf};

use unecho_model::Summary;
use unecho_model::summary::Counts;
use unecho_pipeline::{
    Attributes, Calibration, Config, Ledger, OnBetterCopy, Run, Shards, Thresholds, VerifyConfig,
};

use super::{calibration, config_of, write_data};
use crate::args::{AttributesArg, BetterCopyArg, IngestArgs, KindName, LedgerArg, ScoredKind, Verbosity};
use crate::color::{Color, Style};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::{Ending, Observers, say};
use crate::settings::{Setting, stated};
use crate::signals::Signals;
use crate::table::thousands;

pub(crate) fn run(args: &IngestArgs, verbosity: &Verbosity, used: &[Setting]) -> Result<Exit, Failure> {
    let config = config(args)?;
    let Some(out) = args.out.as_deref().filter(|_| !args.print_config) else {
        write_data(|stdout| writeln!(stdout, "{:#}", config.to_json()))?;
        return Ok(Exit::Done);
    };
    let config = Config { pages: Some(pages_beside(out, &config)), settings: stated(used), ..config };
    if args.dry_run {
        return preview::run(args, out, &config, used);
    }
    let signals = Signals::watch().map_err(|error| Failure::of(Exit::Failed, &error))?;
    let mut observers = if args.json { Observers::printing() } else { Observers::talking(verbosity) };
    if let Some(file) = &args.metrics {
        observers = observers.with_metrics(file)?;
    }
    if let Some(to) = &args.traces {
        observers = observers.with_traces(to)?;
    }
    let run = Run { observer: &observers, cancelled: &signals.cancelled };
    let outcome = unecho_pipeline::ingest(&args.input.inputs, out, &config, &run);
    let summary = match outcome {
        Ok(summary) => summary,
        Err(error) => {
            observers.end(Ending::Failed);
            return Err(Failure::of_run(&error, &signals));
        }
    };
    let talks = !verbosity.quiet && !args.json;
    let color = Color::of_stderr();
    if talks {
        say(&summary_text(&summary, color));
    }
    observers.end(Ending::Published);
    observers.ensure_written(out)?;
    if talks {
        say(&next_steps(&summary, &out.to_string_lossy(), args, color).join("\n"));
    }
    Ok(if summary.documents.rejected > 0 { Exit::DoneWithRejections } else { Exit::Done })
}

/// Where fetched pages are kept: beside the result, which is replaced as a whole; here where the result
/// stands in an object store, as they are added to.
pub(crate) fn pages_beside(out: &Path, config: &Config) -> PathBuf {
    config.pages.clone().unwrap_or_else(|| {
        let is_address = out.to_string_lossy().contains("://");
        let out = if is_address { Path::new(out.file_name().unwrap_or("pages".as_ref())) } else { out };
        // `corpus/` and `corpus` are one folder.
        let mut pages = out.components().as_path().as_os_str().to_owned();
        pages.push(".warc.gz");
        pages.into()
    })
}

pub(crate) fn config(args: &IngestArgs) -> Result<Config, Failure> {
    let mut config = config_of(&args.input)?;
    config.keep = args.keep.clone();
    config.index.clone_from(&args.index);
    config.on_better_copy = match args.on_better_copy {
        BetterCopyArg::Tag => OnBetterCopy::Tag,
        BetterCopyArg::Replace => OnBetterCopy::Replace,
    };
    for (kind, action) in &args.on {
        match kind {
            KindName::Exact => config.on.exact = *action,
            KindName::Near => config.on.near = *action,
            KindName::Contained => config.on.contained = *action,
            KindName::Rewrite => config.on.rewrite = *action,
        }
    }
    set_thresholds(args, &mut config.verify)?;
    config.ledger = match args.ledger {
        LedgerArg::Accepted => Ledger::AcceptedOnly,
        LedgerArg::NearMisses => Ledger::NearMisses,
        LedgerArg::All => Ledger::All,
    };
    config.attributes = match args.attributes {
        None => Attributes::None,
        Some(AttributesArg::Dolma) => Attributes::Dolma,
    };
    config.shards = Shards { bytes_min: args.shard_bytes, format: args.format, ..Shards::default() };
    Ok(config)
}

fn set_thresholds(args: &IngestArgs, config: &mut VerifyConfig) -> Result<(), Failure> {
    if let Some(path) = &args.calibration {
        config.calibration = calibration(path)?;
        let Calibration { likely, sure, .. } = config.calibration;
        config.rewrite = Thresholds { likely, sure };
    }
    if let Some(near) = args.near {
        config.near = Thresholds::both(near);
    }
    fn of(config: &mut VerifyConfig, kind: ScoredKind) -> &mut Thresholds {
        match kind {
            ScoredKind::Near => &mut config.near,
            ScoredKind::Contained => &mut config.contained,
            ScoredKind::Rewrite => &mut config.rewrite,
        }
    }
    for &(kind, likely) in &args.likely {
        of(config, kind).likely = likely;
    }
    for &(kind, sure) in &args.sure {
        of(config, kind).sure = sure;
    }
    for (name, Thresholds { likely, sure }) in
        [("near", config.near), ("contained", config.contained), ("rewrite", config.rewrite)]
    {
        if likely > sure {
            let wrong = format!("--likely {name}={likely} is above --sure {name}={sure}");
            return Err(Failure::new(Exit::Usage, wrong));
        }
    }
    Ok(())
}

/// The summary for people.
fn summary_text(summary: &Summary, color: Color) -> String {
    let documents = &summary.documents;
    let kept = format!("{:>10} kept", thousands(documents.kept));
    let mut lines = vec![
        String::new(),
        format!("{:>10} documents read", thousands(documents.read)),
        color.paint(Style::Kept, &kept),
        format!("{:>10} dropped{}", thousands(documents.dropped), in_parentheses(&summary.dropped_by_kind)),
        format!(
            "{:>10} rejected{}",
            thousands(documents.rejected),
            in_parentheses(&summary.rejected_by_reason)
        ),
        format!(
            "{:>10} cuts by {} rules",
            thousands(summary.stripped_by_rule.values().sum()),
            summary.stripped_by_rule.len()
        ),
    ];
    if let Some(earlier) = summary.earlier {
        let known = thousands(summary.knowledge.earlier_documents);
        let dropped = thousands(earlier.dropped);
        lines.push(format!(
            "{dropped:>10} of the dropped for documents of earlier runs (the index knew {known})"
        ));
        if earlier.replaced > 0 {
            let count = thousands(earlier.replaced);
            lines.push(format!("{count:>10} documents of earlier runs gave way to better copies"));
        }
        if earlier.better_copies > 0 {
            let count = thousands(earlier.better_copies);
            lines.push(format!("{count:>10} of these would have been preferred to what was kept"));
        }
    }
    if summary.documents_with_possible_copies > 0 {
        let count = thousands(summary.documents_with_possible_copies);
        lines.push(format!("{count:>10} kept with possible copies named"));
    }
    if summary.candidates.lists_cut > 0 {
        let (lists, pairs) =
            (thousands(summary.candidates.lists_cut), thousands(summary.candidates.pairs_cut));
        lines.push(format!("{lists:>10} floods bounded, {pairs} pairs not proposed"));
    }
    if summary.ids_renamed > 0 {
        lines.push(format!("{:>10} repeated ids got a suffix", thousands(summary.ids_renamed)));
    }
    if summary.files_skipped > 0 {
        lines.push(format!("{:>10} files skipped (other extensions)", thousands(summary.files_skipped)));
    }
    lines.join("\n")
}

/// Where the result is, and commands that are useful now.
fn next_steps(summary: &Summary, out: &str, args: &IngestArgs, color: Color) -> Vec<String> {
    let head = |name: &str| color.paint(Style::Heading, &format!("{name:<6}"));
    let mut lines = vec![
        String::new(),
        format!("{}  {out}/data, reasons in {out}/dropped and {out}/ledger", head("result")),
        format!("{}  {out}/report.html shows the run in a browser", head("look")),
    ];
    let mut next = Vec::new();
    if summary.documents.dropped > 0 {
        next.push(format!("unecho explain --out {out} ID [ID]   why one was dropped, or two linked"));
        next.push(format!("unecho top {out}   who copies whom"));
    }
    if let Some(metrics) = &args.metrics {
        let metrics = metrics.display();
        next.push(format!("unecho report {out} --metrics {metrics} -o page.html   with speed and memory"));
    }
    if summary.documents.rejected > 0 {
        next.push(format!("look at {out}/rejected   what was not taken in, and why"));
    }
    if next.is_empty() {
        next.push(format!("unecho verify {out}   is every byte as it was written?"));
    }
    for (at, step) in next.iter().enumerate() {
        lines.push(format!("{}  {step}", head(if at == 0 { "next" } else { "" })));
    }
    lines
}

fn in_parentheses(counts: &Counts) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let parts: Vec<String> =
        counts.iter().map(|(name, &count)| format!("{} {name}", thousands(count))).collect();
    format!(" ({})", parts.join(", "))
}

//! `unecho explain`: why a document was kept or dropped, or two were linked or not.

use std::io::{self, Write};

use unecho_model::record::{
    DocumentRecord, DroppedRecord, EarlierRecord, KeptRecord, LinkRecord, RejectedRecord, StrippedRecord,
};
use unecho_model::{Action, Passage, Scores, Verdict};
use unecho_pipeline::{Config, Finished, compare};

use super::write_data;
use crate::args::ExplainArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{shortened, side_by_side, visible};

/// Width of one of the two columns of a passage: 80 characters in all.
const COLUMN: usize = 38;

/// What became of a document.
enum Found {
    Kept(Box<KeptRecord>),
    Dropped(Box<DroppedRecord>),
    Earlier(Box<EarlierRecord>),
    Rejected(RejectedRecord),
}

pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let finished = Finished::open(&args.out).map_err(|error| Failure::of_output(&error))?;
    let explained = Explained { finished: &finished, args };
    match &args.other {
        None => explained.document()?,
        Some(other) => explained.pair(other)?,
    }
    Ok(Exit::Done)
}

struct Explained<'a> {
    finished: &'a Finished,
    args: &'a ExplainArgs,
}

impl Explained<'_> {
    fn document(&self) -> Result<(), Failure> {
        let found = self.find(&self.args.id)?;
        let cuts = self.cuts()?;
        let links = self.links(|link| link.a.as_str() == self.args.id || link.b.as_str() == self.args.id)?;
        match &found {
            Found::Kept(kept) => write_data(|out| {
                writeln!(out, "{}  kept", visible(kept.document.id.as_str()))?;
                provenance(out, &kept.document)?;
                copies(out, kept)?;
                cut_list(out, &cuts)?;
                compared_with(out, &self.args.id, &links)
            }),
            Found::Dropped(dropped) => {
                let keeper = self.keeper(dropped)?;
                write_data(|out| {
                    let (id, kept_id) =
                        (visible(dropped.document.id.as_str()), visible(dropped.kept_id.as_str()));
                    writeln!(out, "{id}  dropped as {} of {kept_id}", dropped.kind)?;
                    provenance(out, &dropped.document)?;
                    field(out, "why", &dropped.reason)?;
                    field(out, "keeper", &self.preference(dropped))?;
                    scores(out, &dropped.scores)?;
                    if let Some(keeper) = &keeper {
                        let sides = Sides { a: &dropped.document, b: keeper };
                        passages(out, &sides, &dropped.passages, self.args.passages)?;
                    }
                    cut_list(out, &cuts)?;
                    compared_with(out, &self.args.id, &links)
                })
            }
            Found::Earlier(earlier) => write_data(|out| {
                writeln!(out, "{}", earlier_fate(earlier))?;
                provenance(out, &earlier.document)?;
                compared_with(out, &self.args.id, &links)
            }),
            Found::Rejected(rejected) => write_data(|out| {
                writeln!(out, "{}  rejected: {}", visible(rejected.id.as_str()), rejected.reason)?;
                let line = rejected.line.map_or_else(String::new, |line| format!(":{line}"));
                field(out, "from", &format!("{}{line}", rejected.path))?;
                field(out, "why", &rejected.detail)
            }),
        }
    }

    /// Why the keeper of a dropped document is its keeper.
    fn preference(&self, dropped: &DroppedRecord) -> String {
        let keep = &self.finished.manifest().config["keep"];
        let keep = keep.as_str().unwrap_or("policy");
        match (&dropped.kept_run, dropped.better_copy) {
            (None, _) => format!("preferred by {keep}"),
            (Some(run), None) => format!("kept by the earlier run {run}"),
            (Some(run), Some(_)) => {
                format!("kept by the earlier run {run}, though {keep} would prefer this document")
            }
        }
    }

    /// The document that is kept for a dropped one.
    fn keeper(&self, dropped: &DroppedRecord) -> Result<Option<DocumentRecord>, Failure> {
        let id = &dropped.kept_id;
        let Some(run) = &dropped.kept_run else {
            return Ok(match self.find(id.as_str())? {
                Found::Kept(kept) => Some(kept.document),
                _ => None,
            });
        };
        let is_keeper = |record: &EarlierRecord| record.document.id == *id && record.run == *run;
        Ok(self.first("earlier/", is_keeper)?.map(|record| record.document))
    }

    fn pair(&self, other: &str) -> Result<(), Failure> {
        if *other == self.args.id {
            return Err(
                Failure::new(Exit::Usage, "both ids are the same").hint("name one id, or two different ones")
            );
        }
        let (a, b) = (self.article(&self.args.id)?, self.article(other)?);
        let of_pair = |link: &LinkRecord| {
            let ids = (link.a.as_str(), link.b.as_str());
            ids == (a.id.as_str(), b.id.as_str()) || ids == (b.id.as_str(), a.id.as_str())
        };
        let recorded = self.links(of_pair)?.into_iter().next();
        let fates = [self.fate(&self.args.id)?, self.fate(other)?];
        write_data(|out| {
            writeln!(out, "{}  and  {}", visible(a.id.as_str()), visible(b.id.as_str()))?;
            for fate in &fates {
                writeln!(out, "  {fate}")?;
            }
            match recorded {
                Some(link) => {
                    let accepted = if link.accepted { "linked as" } else { "not linked:" };
                    field(out, "result", &format!("{accepted} {}", link.kind))?;
                    field(out, "why", &link.reason)?;
                    scores(out, &link.scores)?;
                    let sides = if link.a == a.id { Sides { a: &a, b: &b } } else { Sides { a: &b, b: &a } };
                    passages(out, &sides, &link.passages, self.args.passages)
                }
                None => self.compared_now(out, &a, &b),
            }
        })
    }

    /// For a pair that the ledger does not hold.
    fn compared_now(&self, out: &mut dyn Write, a: &DocumentRecord, b: &DocumentRecord) -> io::Result<()> {
        let verdict = compare(a, b, &self.config());
        let (kind, found, reason) = match &verdict {
            Verdict::Linked(link) => (link.kind.name(), &link.passages, &link.reason),
            Verdict::Rejected(rejection) => (rejection.kind.name(), &rejection.passages, &rejection.reason),
        };
        field(
            out,
            "result",
            "no record: the run did not compare the two, or found hardly anything in common",
        )?;
        field(out, "now", &format!("compared on the two texts alone: {kind}; {reason}"))?;
        scores(out, verdict.scores())?;
        passages(out, &Sides { a, b }, found, self.args.passages)
    }

    /// The thresholds that the run had.
    fn config(&self) -> Config {
        let mut config = Config::default();
        let stated = &self.finished.manifest().config["verify"];
        let verify = &mut config.verify;
        for (name, slot) in [
            ("near", &mut verify.near),
            ("contained", &mut verify.contained),
            ("rewrite", &mut verify.rewrite),
        ] {
            slot.likely = stated[name]["likely"].as_f64().unwrap_or(slot.likely);
            slot.sure = stated[name]["sure"].as_f64().unwrap_or(slot.sure);
        }
        let stated = &stated["calibration"];
        let calibration = &mut verify.calibration;
        calibration.intercept = stated["intercept"].as_f64().unwrap_or(calibration.intercept);
        calibration.weights =
            serde_json::from_value(stated["weights"].clone()).unwrap_or(calibration.weights);
        config
    }

    fn find(&self, id: &str) -> Result<Found, Failure> {
        let kept = self.first("data/", |record: &KeptRecord| record.document.id.as_str() == id)?;
        if let Some(kept) = kept {
            return Ok(Found::Kept(Box::new(kept)));
        }
        let dropped = self.first("dropped/", |record: &DroppedRecord| record.document.id.as_str() == id)?;
        if let Some(dropped) = dropped {
            return Ok(Found::Dropped(Box::new(dropped)));
        }
        let rejected = self.first("rejected/", |record: &RejectedRecord| record.id.as_str() == id)?;
        if let Some(rejected) = rejected {
            return Ok(Found::Rejected(rejected));
        }
        match self.first("earlier/", |record: &EarlierRecord| record.document.id.as_str() == id)? {
            Some(earlier) => Ok(Found::Earlier(Box::new(earlier))),
            None => Err(self.unknown(id)),
        }
    }

    fn unknown(&self, id: &str) -> Failure {
        let failure = Failure::new(
            Exit::Failed,
            format!("no document '{}' in {}", visible(id), self.args.out.display()),
        );
        match self.similar_id(id) {
            Ok(Some(similar)) => failure.hint(format!("perhaps '{}'", visible(&similar))),
            _ => failure.hint("ids are in the field 'id' of the records in data/, dropped/ and rejected/"),
        }
    }

    /// An id that begins with what was given, as people shorten ids.
    fn similar_id(&self, id: &str) -> Result<Option<String>, Failure> {
        let begins = |candidate: &str| candidate.starts_with(id);
        let kept = self.first("data/", |record: &KeptRecord| begins(record.document.id.as_str()))?;
        if let Some(kept) = kept {
            return Ok(Some(kept.document.id.into()));
        }
        let dropped = self.first("dropped/", |record: &DroppedRecord| begins(record.document.id.as_str()))?;
        Ok(dropped.map(|dropped| dropped.document.id.into()))
    }

    fn article(&self, id: &str) -> Result<DocumentRecord, Failure> {
        match self.find(id)? {
            Found::Kept(kept) => Ok(kept.document),
            Found::Dropped(dropped) => Ok(dropped.document),
            Found::Earlier(earlier) => Ok(earlier.document),
            Found::Rejected(rejected) => Err(Failure::new(
                Exit::Failed,
                format!("'{}' was rejected ({}), there is no text to compare", visible(id), rejected.reason),
            )),
        }
    }

    fn fate(&self, id: &str) -> Result<String, Failure> {
        Ok(match self.find(id)? {
            Found::Kept(kept) => format!("{} was kept", visible(kept.document.id.as_str())),
            Found::Dropped(dropped) => {
                let (id, kept_id) =
                    (visible(dropped.document.id.as_str()), visible(dropped.kept_id.as_str()));
                format!("{id} was dropped as {} of {kept_id}", dropped.kind)
            }
            Found::Earlier(earlier) => earlier_fate(&earlier),
            Found::Rejected(rejected) => format!("{} was rejected", visible(rejected.id.as_str())),
        })
    }

    fn cuts(&self) -> Result<Vec<StrippedRecord>, Failure> {
        self.all("ledger/stripped-", |record: &StrippedRecord| record.id.as_str() == self.args.id)
    }

    fn links(&self, wanted: impl Fn(&LinkRecord) -> bool) -> Result<Vec<LinkRecord>, Failure> {
        self.all("ledger/links-", wanted)
    }

    fn first<T: serde::de::DeserializeOwned>(
        &self,
        prefix: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, Failure> {
        self.finished
            .records::<T>(prefix)
            .find(|record| record.as_ref().map_or(true, &wanted))
            .transpose()
            .map_err(|error| Failure::of_output(&error))
    }

    fn all<T: serde::de::DeserializeOwned>(
        &self,
        prefix: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, Failure> {
        self.finished
            .records::<T>(prefix)
            .filter(|record| record.as_ref().map_or(true, &wanted))
            .collect::<Result<_, _>>()
            .map_err(|error| Failure::of_output(&error))
    }
}

fn earlier_fate(earlier: &EarlierRecord) -> String {
    let id = visible(earlier.document.id.as_str());
    match &earlier.kept_id {
        None => format!("{id} was kept by the earlier run {}", earlier.run),
        Some(kept_id) => {
            format!("{id} was dropped for {} by the earlier run {}", visible(kept_id.as_str()), earlier.run)
        }
    }
}

/// The two documents of a list of passages.
struct Sides<'a> {
    a: &'a DocumentRecord,
    b: &'a DocumentRecord,
}

fn field(out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    let value = visible(value);
    for (at, line) in textwrap::wrap(&value, 80 - 11).iter().enumerate() {
        writeln!(out, "  {:<8} {line}", if at == 0 { name } else { "" })?;
    }
    Ok(())
}

fn provenance(out: &mut dyn Write, document: &DocumentRecord) -> io::Result<()> {
    let line = document.line.map_or_else(String::new, |line| format!(":{line}"));
    field(out, "from", &format!("{}{line}", document.path))?;
    let fields = [
        ("title", &document.title),
        ("source", &document.source),
        ("date", &document.date),
        ("url", &document.url),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            field(out, name, value)?;
        }
    }
    for credit in &document.attributions {
        field(
            out,
            "credits",
            &format!(
                "{} ({}, written \"{}\", rule {})",
                credit.name, credit.kind, credit.written, credit.rule
            ),
        )?;
    }
    for flag in &document.flags {
        field(out, "flagged", &format!("{}: {}", flag.kind.name(), shortened(&flag.text, 60)))?;
    }
    Ok(())
}

fn scores(out: &mut dyn Write, scores: &Scores) -> io::Result<()> {
    let Scores { probability, jaccard, containment, longest_run_words, same_origin, rewrite } = *scores;
    field(
        out,
        "scores",
        &format!(
            "probability {probability:.3}, Jaccard {jaccard:.3}, containment {containment:.3}, longest shared run \
             {longest_run_words} words, same claimed origin: {}",
            if same_origin { "yes" } else { "no" }
        ),
    )?;
    let Some(rewrite) = rewrite else { return Ok(()) };
    field(
        out,
        "evidence",
        &format!(
            "rare word pairs {:.3}, sentences touched {:.3}, quotations in order {:.3}, words in shared runs {:.3}, \
             narration in rare shared runs {:.3}",
            rewrite.skip_pairs, rewrite.sentences, rewrite.quotes, rewrite.coverage, rewrite.narration
        ),
    )
}

fn passages(
    out: &mut dyn Write,
    sides: &Sides<'_>,
    passages: &[Passage],
    shown_max: usize,
) -> io::Result<()> {
    if passages.is_empty() {
        return writeln!(out, "\n  no shared passages");
    }
    let shown = passages.len().min(shown_max);
    writeln!(out, "\nshared passages, {shown} of {}", passages.len())?;
    for line in side_by_side(sides.a.id.as_str(), sides.b.id.as_str(), COLUMN) {
        writeln!(out, "{line}")?;
    }
    for passage in &passages[..shown] {
        writeln!(out, "── {} words", passage.words)?;
        let text = |document: &DocumentRecord, span: unecho_model::Span| {
            ends_of(&visible(span.slice(&document.text).unwrap_or("(the span does not fit the text)")))
        };
        for line in side_by_side(&text(sides.a, passage.a), &text(sides.b, passage.b), COLUMN) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// A long passage without its middle.
fn ends_of(passage: &str) -> String {
    /// Words shown of the beginning, and of the end.
    const ENDS: (usize, usize) = (24, 12);
    let words: Vec<&str> = passage.split_whitespace().collect();
    if words.len() <= ENDS.0 + ENDS.1 {
        return words.join(" ");
    }
    format!("{} […] {}", words[..ENDS.0].join(" "), words[words.len() - ENDS.1..].join(" "))
}

fn copies(out: &mut dyn Write, kept: &KeptRecord) -> io::Result<()> {
    /// Copies that are listed.
    const SHOWN_MAX: usize = 20;
    for copy in kept.copies.iter().take(SHOWN_MAX) {
        let source = copy.source.as_ref().map_or_else(String::new, |source| format!(", {source}"));
        field(out, "copy", &format!("{} ({}{source})", copy.id, copy.kind))?;
    }
    if kept.copies.len() > SHOWN_MAX {
        field(out, "copy", &format!("… {} more", kept.copies.len() - SHOWN_MAX))?;
    }
    for possible in kept.possible_copies.iter().take(SHOWN_MAX) {
        let fate = possible.kept_id.as_ref().map_or_else(String::new, |kept| format!(", dropped for {kept}"));
        field(
            out,
            "perhaps",
            &format!("{} ({}, probability {:.3}{fate})", possible.id, possible.kind, possible.probability),
        )?;
    }
    Ok(())
}

fn cut_list(out: &mut dyn Write, cuts: &[StrippedRecord]) -> io::Result<()> {
    let removed: Vec<&StrippedRecord> =
        cuts.iter().filter(|record| record.cut.action == Action::Removed).collect();
    let joined = cuts.len() - removed.len();
    if !removed.is_empty() {
        writeln!(out, "\nstripped")?;
    }
    for record in removed {
        writeln!(out, "  {:<24} {}", record.cut.rule, shortened(&record.cut.text, 80 - 27))?;
    }
    if joined > 0 {
        writeln!(out, "\n{joined} broken lines joined")?;
    }
    Ok(())
}

/// Other documents that this one was compared with, links first, then the likeliest.
fn compared_with(out: &mut dyn Write, id: &str, links: &[LinkRecord]) -> io::Result<()> {
    /// Documents that are shown.
    const SHOWN_MAX: usize = 12;
    let mut compared: Vec<&LinkRecord> = links.iter().collect();
    if compared.is_empty() {
        return Ok(());
    }
    compared.sort_by(|x, y| {
        let by_strength =
            y.accepted.cmp(&x.accepted).then(y.scores.probability.total_cmp(&x.scores.probability));
        by_strength.then_with(|| (&x.a, &x.b).cmp(&(&y.a, &y.b)))
    });
    writeln!(out, "\ncompared with, {} of {}", compared.len().min(SHOWN_MAX), compared.len())?;
    for link in compared.into_iter().take(SHOWN_MAX) {
        let other = if link.a.as_str() == id { &link.b } else { &link.a };
        let verdict = if link.accepted { "linked" } else { "not linked" };
        writeln!(
            out,
            "  {:.3}  {verdict:<10}  {:<13} {}",
            link.scores.probability,
            link.kind,
            shortened(other.as_str(), 80 - 35)
        )?;
    }
    Ok(())
}

//! `unecho explain`: why a document was kept or dropped, or two were linked or not.

mod show;

use std::io;

use unecho_model::Verdict;
use unecho_model::record::{
    DocumentRecord, DroppedRecord, EarlierRecord, KeptRecord, LinkRecord, RejectedRecord, StrippedRecord,
};
use unecho_pipeline::{Config, Finished, compare};

use super::write_data;
use crate::args::ExplainArgs;
use crate::color::Style;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::visible;
use show::{Page, Sides};

/// What became of a document.
enum Found {
    Kept(Box<KeptRecord>),
    Dropped(Box<DroppedRecord>),
    Earlier(Box<EarlierRecord>),
    Rejected(Box<RejectedRecord>),
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
                let mut page = Page::on(out);
                page.headline(kept.document.id.as_str(), Style::Kept, "kept")?;
                page.provenance(&kept.document)?;
                page.copies(kept)?;
                page.cut_list(&cuts)?;
                page.compared_with(&self.args.id, &links)
            }),
            Found::Dropped(dropped) => {
                let keeper = self.keeper(dropped)?;
                write_data(|out| {
                    let mut page = Page::on(out);
                    let fate =
                        format!("dropped as {} of {}", dropped.kind, visible(dropped.kept_id.as_str()));
                    page.headline(dropped.document.id.as_str(), Style::Cut, &fate)?;
                    page.provenance(&dropped.document)?;
                    page.field("why", &dropped.reason)?;
                    page.field("keeper", &self.preference(dropped))?;
                    page.scores(&dropped.scores)?;
                    if let Some(keeper) = &keeper {
                        let sides = Sides { a: &dropped.document, b: keeper };
                        page.passages(&sides, &dropped.passages, self.args.passages)?;
                    }
                    page.cut_list(&cuts)?;
                    page.compared_with(&self.args.id, &links)
                })
            }
            Found::Earlier(earlier) => write_data(|out| {
                let mut page = Page::on(out);
                page.headline(earlier.document.id.as_str(), Style::Heading, &earlier_fate(earlier))?;
                page.provenance(&earlier.document)?;
                page.compared_with(&self.args.id, &links)
            }),
            Found::Rejected(rejected) => write_data(|out| {
                let mut page = Page::on(out);
                let fate = format!("rejected: {}", rejected.reason);
                page.headline(rejected.document.id.as_str(), Style::Cut, &fate)?;
                page.provenance(&rejected.document)?;
                page.field("why", &rejected.detail)
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
            let mut page = Page::on(out);
            page.headline(a.id.as_str(), Style::Heading, &format!("and  {}", visible(b.id.as_str())))?;
            for fate in &fates {
                page.line(fate)?;
            }
            match recorded {
                Some(link) => {
                    let accepted = if link.accepted { "linked as" } else { "not linked:" };
                    page.field("result", &format!("{accepted} {}", link.kind))?;
                    page.field("why", &link.reason)?;
                    page.scores(&link.scores)?;
                    let sides = if link.a == a.id { Sides { a: &a, b: &b } } else { Sides { a: &b, b: &a } };
                    page.passages(&sides, &link.passages, self.args.passages)
                }
                None => self.compared_now(&mut page, &a, &b),
            }
        })
    }

    /// For a pair that the ledger does not hold.
    fn compared_now(&self, page: &mut Page<'_>, a: &DocumentRecord, b: &DocumentRecord) -> io::Result<()> {
        let verdict = compare(a, b, &self.config());
        let (kind, found, reason) = match &verdict {
            Verdict::Linked(link) => (link.kind.name(), &link.passages, &link.reason),
            Verdict::Rejected(rejection) => (rejection.kind.name(), &rejection.passages, &rejection.reason),
        };
        page.field(
            "result",
            "no record: the run did not compare the two, or found hardly anything in common",
        )?;
        page.field("now", &format!("compared on the two texts alone: {kind}; {reason}"))?;
        page.scores(verdict.scores())?;
        page.passages(&Sides { a, b }, found, self.args.passages)
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
        let rejected =
            self.first("rejected/", |record: &RejectedRecord| record.document.id.as_str() == id)?;
        if let Some(rejected) = rejected {
            return Ok(Found::Rejected(Box::new(rejected)));
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
            Found::Earlier(earlier) => {
                format!("{} {}", visible(earlier.document.id.as_str()), earlier_fate(&earlier))
            }
            Found::Rejected(rejected) => format!("{} was rejected", visible(rejected.document.id.as_str())),
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
    match &earlier.kept_id {
        None => format!("was kept by the earlier run {}", earlier.run),
        Some(kept_id) => {
            format!("was dropped for {} by the earlier run {}", visible(kept_id.as_str()), earlier.run)
        }
    }
}

//! Many runs against one on real news, rewrites included: decisions may differ only where they depend on
//! how much was known.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::harness::{home, records, root, run};

/// News stories that the runs are made of.
const DOCUMENTS: usize = 3000;

/// The kind of copy that each document is, with its keeper; `None` for kept ones.
fn fates(out: &Path) -> BTreeMap<String, Option<(String, String)>> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let kept = records(out, "data").into_iter().map(|record| (text(&record["id"]), None));
    let dropped = records(out, "dropped")
        .into_iter()
        .map(|record| (text(&record["id"]), Some((text(&record["kind"]), text(&record["kept_id"])))));
    kept.chain(dropped).collect()
}

#[test]
fn runs_over_real_news_decide_as_one() {
    let path = root().join("../shared/data/corpora/wire-20k.jsonl.gz");
    let Ok(file) = fs::File::open(&path) else {
        eprintln!("left out: {} is not here", path.display());
        return;
    };
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines().map(Result::unwrap);
    let lines: Vec<String> = lines.take(DOCUMENTS).collect();
    let home = home(&[("all.jsonl", lines.join("\n").as_bytes())]);
    let one = ["ingest", "all.jsonl", "--out", "one", "--keep", "first"];
    run(home.path(), one).ended(0);
    let one = fates(&home.path().join("one"));
    let mut split = BTreeMap::new();
    for (at, part) in lines.chunks(DOCUMENTS / 5).enumerate() {
        let (input, out) = (format!("{at}.jsonl"), format!("{at}"));
        fs::write(home.path().join(&input), part.join("\n")).unwrap();
        let args = ["ingest", &input, "--out", &out, "--keep", "first", "--index", "index"];
        run(home.path(), args).ended(0);
        split.extend(fates(&home.path().join(out)));
    }
    assert_eq!(split.len(), one.len());
    let differing: Vec<_> = one.iter().filter(|(id, fate)| split[*id] != **fate).collect();
    assert!(differing.len() * 100 <= one.len(), "{differing:?}");
    // Each difference is a rewrite, or follows from one: its keeper is a document that differs.
    let ids: BTreeSet<&String> = differing.iter().map(|(id, _)| *id).collect();
    let follows = |fate: &Option<(String, String)>| {
        fate.as_ref().is_some_and(|(kind, keeper)| kind == "rewrite" || ids.contains(keeper))
    };
    for (id, fate) in &differing {
        assert!(follows(fate) || follows(&split[*id]), "{id}: {fate:?} and {:?}", split[*id]);
    }
}

//! Texts written for this test, of each kind of pair: nothing was fitted on them. The whole path at default
//! settings must find every copy, and nothing else.

use std::path::Path;

use unecho_eval::{Misjudged, PairsSpec, score_pairs};
use unecho_pipeline::Config;

#[test]
fn copies_of_each_kind_are_found_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("held-out");
    let spec = PairsSpec {
        name: "held-out".to_owned(),
        docs: folder.join("docs.jsonl"),
        pairs: folder.join("pairs.tsv"),
        ..PairsSpec::default()
    };
    let score = score_pairs(&spec, &Config::default()).unwrap();
    assert_eq!((score.copies, score.strangers), (8, 22));
    let told = |pairs: &[Misjudged]| -> Vec<String> {
        pairs.iter().map(|pair| format!("{} {}: {:?}", pair.a, pair.b, pair.judged.reason)).collect()
    };
    assert_eq!(told(&score.false_pairs), Vec::<String>::new());
    assert_eq!(told(&score.missed), Vec::<String>::new());
    assert_eq!(score.sure_precision, 1.0);
    for label in ["near", "contained", "rewrite", "independent", "follow_up", "template", "shared_quotes"] {
        assert!(score.labels[label].pairs > 0, "{label}");
    }
}

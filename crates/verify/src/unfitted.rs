//! Texts in languages that the calibration was not fitted on: the same evidence says less, and more is asked.
//!
//! What a language hangs on to its words (articles, prepositions, cases) moves every share that is measured, and
//! where a script has no capitals, names cannot be told: reports of one event share them all.

use crate::calibration::Calibration;
use crate::config::Config;
use crate::evidence::Evidence;
use crate::objection::Objection;
use crate::prepared::Prepared;

/// The language of either text that `calibration` was not fitted on. A text of unknown language counts as
/// one of the known.
pub(crate) fn unfitted_language<'t>(
    a: &'t Prepared,
    b: &'t Prepared,
    calibration: &Calibration,
) -> Option<&'t str> {
    let is_unfitted = |language: &&str| !calibration.languages.iter().any(|fitted| fitted == language);
    [a, b].into_iter().filter_map(|text| text.language.as_deref()).find(is_unfitted)
}

/// The strongest objection to a pair one of whose texts is in `language`, which the calibration does not know:
/// what is likely elsewhere is none here, and what is sure is so only when most of both texts is the same.
/// Where no names can be told, half of the shorter text must be the same and as many words in a row as witness
/// that a text is contained, and where there is a doubt, half of the longer: a reply repeats what it replies to in
/// pieces.
pub(crate) fn stricter(
    objection: Option<Objection>,
    language: &str,
    (a, b): (&Prepared, &Prepared),
    evidence: &Evidence,
    longest_run_words: usize,
    probability: f64,
    config: &Config,
) -> Option<Objection> {
    let (coverage, longer) = (evidence.scores.coverage, evidence.scores.coverage_longer);
    let half = config.unfitted_coverage_min;
    let sure = config.rewrite.sure;
    let none = |reason: String| Some(Objection::NoRewrite { instead: None, reason });
    let has_names = !a.names().is_empty() && !b.names().is_empty();
    match objection {
        Some(Objection::NoRewrite { .. }) => objection,
        _ if evidence.is_same_origin() => objection,
        _ if probability < sure => none(format!(
            "evidence {probability:.2} is below {sure:.2}, which {language} needs: not fitted on it"
        )),
        Some(Objection::NeverSure(why)) if !has_names && longer < half => {
            none(format!("{why}, and no names tell more"))
        }
        _ if !has_names && coverage < half => {
            none(format!("coverage {coverage:.2} is below {half:.2}, and no names tell more"))
        }
        _ if !has_names && longest_run_words < config.witness_words_min as usize => none(format!(
            "{longest_run_words} words in a row are fewer than {}, and no names tell more",
            config.witness_words_min
        )),
        None if longer < half => Some(Objection::NeverSure(format!(
            "coverage {longer:.2} of the longer text is below {half:.2}, which {language} needs: not fitted on it"
        ))),
        _ => objection,
    }
}

#[cfg(test)]
mod tests {
    use unecho_model::{Article, RewriteScores};

    use super::*;
    use crate::prepare;

    const GERMAN: &str =
        "Der Kran im Hafen von Lindmünde stürzte am Dienstag um, sagte der Bauer Ott aus Quarrau.";
    const ARABIC: &str = "سقطت الرافعة القديمة في ميناء المدينة صباح الثلاثاء بعد ليلة من الرياح القوية.";

    fn prepared(text: &str, lang: Option<&str>) -> Prepared {
        prepare(Article { text: text.to_owned(), lang: lang.map(str::to_owned), ..Article::default() })
    }

    #[test]
    fn what_is_unknown_counts_as_known() {
        let calibration = Calibration::default();
        let check = |a: Option<&str>, b: Option<&str>, expect: Option<&str>| {
            let (a, b) = (prepared(GERMAN, a), prepared(GERMAN, b));
            assert_eq!(unfitted_language(&a, &b, &calibration), expect);
        };
        check(None, None, None);
        check(Some("en-GB"), Some("en"), None);
        check(Some("en"), Some("de-AT"), Some("de"));
        check(Some("ar"), None, Some("ar"));
    }

    /// What is left of a pair with this evidence: `none`, `likely` or `sure`.
    fn check(text: &str, probability: f64, coverage: [f64; 2], doubt: Option<&str>, expect: &str) {
        check_run(text, 20, probability, coverage, doubt, expect);
    }

    /// The same with a longest shared run of so many words.
    fn check_run(
        text: &str,
        run_words: usize,
        probability: f64,
        coverage: [f64; 2],
        doubt: Option<&str>,
        expect: &str,
    ) {
        let [coverage, coverage_longer] = coverage;
        let evidence = Evidence {
            scores: RewriteScores { coverage, coverage_longer, ..RewriteScores::default() },
            longer_words: 100,
            shorter_words: 80,
            gap_days: None,
            origin_rarity: 0.0,
            rare_runs: Vec::new(),
        };
        let (text, config) = (prepared(text, Some("xx")), Config::default());
        let doubt = doubt.map(|why| Objection::NeverSure(why.to_owned()));
        let found = stricter(doubt, "xx", (&text, &text), &evidence, run_words, probability, &config);
        let level = match found {
            None => "sure",
            Some(Objection::NeverSure(_)) => "likely",
            Some(Objection::NoRewrite { .. }) => "none",
        };
        assert_eq!(level, expect, "{probability} {coverage} {coverage_longer}");
    }

    #[test]
    fn more_is_asked_and_most_where_names_cannot_be_told() {
        let sure = Config::default().rewrite.sure;
        check(GERMAN, sure - 0.01, [0.6, 0.6], None, "none");
        check(GERMAN, sure, [0.6, 0.6], None, "sure");
        check(GERMAN, sure, [0.3, 0.2], None, "likely");
        check(GERMAN, sure, [0.6, 0.6], Some("the same form"), "likely");
        check(ARABIC, sure, [0.6, 0.6], None, "sure");
        check(ARABIC, sure, [0.6, 0.3], None, "likely");
        check(ARABIC, sure, [0.4, 0.3], None, "none");
        check(ARABIC, sure, [0.6, 0.6], Some("the lead is others"), "likely");
        check(ARABIC, sure, [0.6, 0.3], Some("the lead is others"), "none");
        check_run(ARABIC, 8, sure, [0.6, 0.6], None, "none");
        check_run(GERMAN, 8, sure, [0.6, 0.6], None, "sure");
    }
}

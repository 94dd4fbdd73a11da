//! From what a rule captured to attributions: one name each, in its canonical form, at its place in raw.

use unecho_model::{Attribution, AttributionKind, Span};

use crate::assemble::Assembled;
use crate::cutting::Match;
use crate::dates;
use crate::lines;
use crate::publishers::{self, Publishers};

/// Most names taken from one sign-off or byline.
const NAMES_MAX: usize = 12;

/// What parts the names of a list.
const SEPARATORS: [&str; 10] = [", ", ";", " and ", " AND ", " & ", " und ", " et ", " y ", "/", " with "];

/// The attributions of one match, spans in raw.
pub(crate) fn attributions(
    raw: &str,
    draft: &Assembled,
    found: &Match,
    publishers: &Publishers,
) -> Vec<Attribution> {
    let mut attributions = Vec::new();
    for credit in &found.credits {
        let is_author = credit.kind == AttributionKind::Author;
        let places = if is_author { names_in(&draft.text, credit.span) } else { vec![credit.span] };
        // "By The Associated Press" names an agency; in a list there are only people.
        let may_be_agency = places.len() == 1;
        for place in places {
            let span = draft.to_raw(place);
            let written = &raw[span.start()..span.end()];
            if written.chars().any(char::is_alphabetic) && !dates::is_day_or_month(written) {
                let known = if !is_author || may_be_agency { publishers.known(written) } else { None };
                let kind = if is_author && known.is_some() { AttributionKind::Agency } else { credit.kind };
                let name = known.unwrap_or_else(|| publishers::tidy(written)).to_owned();
                let (written, rule) = (written.to_owned(), found.rule.clone());
                attributions.push(Attribution { kind, name, written, rule, span });
            }
        }
    }
    attributions
}

/// The names in a list such as "Ann Porter in Geneva, Li Wei and Omar Said".
fn names_in(text: &str, list: Span) -> Vec<Span> {
    let mut names = Vec::new();
    let mut start = list.start();
    while names.len() < NAMES_MAX && start < list.end() {
        let rest = &text[start..list.end()];
        let next = SEPARATORS.iter().filter_map(|mark| rest.find(mark).map(|at| (at, mark.len()))).min();
        let (end, skip) = next.unwrap_or((rest.len(), 0));
        names.extend(name_in(&rest[..end]).map(|name| Span::of(start + name.start(), start + name.end())));
        if skip == 0 {
            break;
        }
        start += end + skip;
    }
    names
}

/// The name at the beginning of `part`, up to a place or an office.
fn name_in(part: &str) -> Option<Span> {
    let lead = part.len() - part.trim_start().len();
    let name = &part[lead..];
    let end = [" in ", " at ", " for ", " of ", " from "].iter().filter_map(|mark| name.find(mark)).min();
    let name = name[..end.unwrap_or(name.len())].trim_end().trim_end_matches(['.', ')', ',']);
    let is_name = name.starts_with(char::is_uppercase) && (1..=5).contains(&lines::count_words(name));
    is_name.then(|| Span::of(lead, lead + name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, expect: &[&str]) {
        let names = names_in(list, Span::of(0, list.len()));
        let names: Vec<&str> = names.iter().map(|name| name.slice(list).unwrap()).collect();
        assert_eq!(names, expect, "{list}");
    }

    #[test]
    fn names_are_parted() {
        check("Ann Porter in Geneva, Li Wei and Omar Said", &["Ann Porter", "Li Wei", "Omar Said"]);
        check("ANNA HAFNER AND LI WEI", &["ANNA HAFNER", "LI WEI"]);
        check("Émile Déjà et Zoé Quai ", &["Émile Déjà", "Zoé Quai"]);
        check("the desk", &[]);
        check("", &[]);
    }
}

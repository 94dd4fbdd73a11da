//! Points for elements: paragraphs give them to what is around them, links take them away.

use super::super::names::{self, Names, Traits};
use super::sums::{is, is_scored};
use super::{Reading, Suspicion};

/// Shortest paragraph that counts, in characters.
const PARAGRAPH_CHARS_MIN: usize = 25;
/// How far up points go, in elements.
const ANCESTORS_MAX: usize = 5;
/// Elements that compete for being the article.
const CANDIDATES: usize = 5;

impl Reading<'_> {
    /// Gives points of every paragraph to the elements around it.
    pub(super) fn give_points(&mut self) {
        for at in 0..self.elements.len() {
            let element = &self.elements[at];
            let own = self.own[at];
            let whole = is_scored(element) || is(element, b"div") && !self.holds_blocks[at];
            let loose = !whole && (is(element, b"div") || at == 0);
            let sums =
                if whole && !is(element, b"td") && !is(element, b"section") { self.sums[at] } else { own };
            let sums = if is_scored(element) { self.sums[at] } else { sums };
            if self.gone[at] || sums.chars < PARAGRAPH_CHARS_MIN || !(whole || loose) {
                continue;
            }
            let points = (2 + sums.commas + (sums.chars / 100).min(3)) as f32;
            let start = loose.then_some(at);
            let ancestors: Vec<usize> =
                start.into_iter().chain(self.around(at)).take(ANCESTORS_MAX).collect();
            for (level, &ancestor) in ancestors.iter().enumerate() {
                let divider = [1.0, 2.0, 6.0, 9.0, 12.0][level];
                let initial = self.initial(ancestor);
                *self.points[ancestor].get_or_insert(initial) += points / divider;
            }
        }
        for at in 0..self.elements.len() {
            let density = self.sums[at].link_density();
            if let Some(points) = &mut self.points[at] {
                *points *= 1.0 - density;
            }
        }
    }

    /// Points for what an element is.
    fn initial(&self, at: usize) -> f32 {
        let element = &self.elements[at];
        let kind = if is(element, b"div") {
            5.0
        } else if [&b"pre"[..], b"td", b"blockquote"].iter().any(|name| is(element, name)) {
            3.0
        } else if names::traits_of(element.name).has(Traits::LIST | Traits::ITEM)
            || is(element, b"address")
            || is(element, b"form")
        {
            -3.0
        } else if names::traits_of(element.name).has(Traits::HEADING) || is(element, b"th") {
            -5.0
        } else {
            0.0
        };
        kind + self.weight(at)
    }

    /// Points for the names of an element.
    pub(super) fn weight(&self, at: usize) -> f32 {
        let names = self.elements[at].names;
        if self.suspicion < Suspicion::Weights {
            return 0.0;
        }
        let points = |name: Names| if names.has(name) { 25.0 } else { 0.0 };
        points(Names::POSITIVE) - points(Names::NEGATIVE)
    }

    /// The elements with most points, best first.
    pub(super) fn candidates(&self) -> Vec<usize> {
        let points = |at: usize| self.points[at].unwrap_or(0.0);
        let mut all: Vec<usize> = (0..self.elements.len()).filter(|&at| points(at) > 0.0).collect();
        all.sort_by(|&a, &b| points(b).total_cmp(&points(a)).then(b.cmp(&a)));
        all.truncate(CANDIDATES);
        all
    }

    /// The best candidate, or what is around it when it shares that with others nearly as good, or when
    /// the points go up there, or when it stands alone in it.
    pub(super) fn widened(&self, first: usize, candidates: &[usize]) -> usize {
        let points = |at: usize| self.points[at].unwrap_or(0.0);
        let mut top = first;
        let near = candidates.iter().skip(1).filter(|&&at| points(at) >= points(first) * 0.75);
        let shared = near
            .filter(|&&at| !self.around(at).any(|around| around == first))
            .filter_map(|&at| {
                let mine: Vec<usize> =
                    self.around(first).filter(|&at| at > 0 && self.points[at].is_some()).collect();
                self.around(at).find(|around| mine.contains(around))
            })
            .max();
        match shared.filter(|&at| points(at) > points(first) / 3.0) {
            Some(shared) => top = shared,
            None => {
                let mut last = points(first);
                for around in self.around(first).take_while(|&at| at > 0) {
                    let Some(here) = self.points[around] else { continue };
                    if here < points(first) / 3.0 {
                        break;
                    }
                    if here > last {
                        top = around;
                        break;
                    }
                    last = here;
                }
            }
        }
        while top > 0 && self.parent(top) > 0 && self.children[self.parent(top)] == 1 {
            top = self.parent(top);
        }
        top
    }
}

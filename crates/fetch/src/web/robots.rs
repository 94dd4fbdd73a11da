//! `robots.txt` as RFC 9309 has it: groups of user agents with rules, of which the longest match
//! counts, and beside it `Crawl-delay` and `Sitemap`, which are in wide use.

use std::time::Duration;

use unecho_model::RejectReason;

use crate::label::Refusal;

/// How much of a file is looked at, in bytes (RFC 9309, 2.5).
const BYTES_MAX: usize = 500 * 1024;

/// What a site allows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Robots {
    rules: Vec<Rule>,
    access: Access,
    /// Time between two requests that the site asks for.
    pub(super) delay: Option<Duration>,
    /// Sitemaps that the file names, as written.
    pub(super) sitemaps: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
enum Access {
    /// As the rules say.
    #[default]
    ByRules,
    /// The file could not be had: nothing is allowed until it can.
    Denied(Refusal),
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    pattern: String,
    verdict: Verdict,
}

/// The order decides between patterns of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Disallow,
    Allow,
}

impl Robots {
    /// For a site whose file could not be had.
    pub(super) fn denied(refusal: Refusal) -> Self {
        Self { access: Access::Denied(refusal), ..Self::default() }
    }

    /// Why `path`, which has the query with it, must not be fetched; `None` when it may be.
    pub(super) fn refusal(&self, path: &str) -> Option<Refusal> {
        match &self.access {
            Access::Denied(refusal) => Some(refusal.clone()),
            Access::ByRules => (!self.allows(path))
                .then(|| Refusal::new(RejectReason::Forbidden, "robots.txt does not allow it")),
        }
    }

    /// The rules for the crawler `product` (`unecho`).
    pub(super) fn parse(bytes: &[u8], product: &str) -> Self {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(BYTES_MAX)]);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut groups = Groups::default();
        let mut sitemaps = Vec::new();
        for line in text.split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "user-agent" => groups.agent(value),
                "allow" => groups.rule(value, Verdict::Allow),
                "disallow" => groups.rule(value, Verdict::Disallow),
                "crawl-delay" => groups.delay(value),
                "sitemap" if !value.is_empty() => sitemaps.push(value.to_owned()),
                _ => {}
            }
        }
        let mut robots = groups.into_robots(product);
        robots.sitemaps = sitemaps;
        robots
    }

    /// Whether the rules allow to fetch `path`.
    fn allows(&self, path: &str) -> bool {
        let path = in_one_spelling(path);
        let fitting = self.rules.iter().filter(|rule| matches(&rule.pattern, &path));
        let best = fitting.max_by_key(|rule| (rule.pattern.len(), rule.verdict));
        best.is_none_or(|rule| rule.verdict == Verdict::Allow)
    }
}

/// Groups as they are read.
#[derive(Default)]
struct Groups {
    groups: Vec<(Vec<String>, Vec<Rule>, Option<Duration>)>,
    /// Whether the last line named an agent: then another one belongs to the same group.
    naming: bool,
}

impl Groups {
    fn agent(&mut self, name: &str) {
        if !self.naming {
            self.groups.push((Vec::new(), Vec::new(), None));
        }
        self.naming = true;
        if let Some((agents, ..)) = self.groups.last_mut() {
            // `Name/1.0` is often written where only the name is asked for.
            agents.push(name.split('/').next().unwrap_or_default().trim().to_ascii_lowercase());
        }
    }

    fn rule(&mut self, pattern: &str, verdict: Verdict) {
        self.naming = false;
        if let Some((_, rules, _)) = self.groups.last_mut()
            && !pattern.is_empty()
        {
            rules.push(Rule { pattern: in_one_spelling(pattern), verdict });
        }
    }

    fn delay(&mut self, value: &str) {
        /// A day: what is longer is no delay.
        const SECONDS_MAX: f64 = 86_400.0;
        self.naming = false;
        let seconds = value.parse::<f64>().ok().filter(|seconds| (0.0..=SECONDS_MAX).contains(seconds));
        if let (Some((_, _, delay)), Some(seconds)) = (self.groups.last_mut(), seconds) {
            *delay = Some(Duration::from_secs_f64(seconds));
        }
    }

    /// The groups for `product` joined, or without any those for everybody.
    fn into_robots(self, product: &str) -> Robots {
        let product = product.to_ascii_lowercase();
        let of = |name: &str| {
            let mut robots = Robots::default();
            let mut n_groups = 0;
            for (_, rules, delay) in
                self.groups.iter().filter(|(agents, ..)| agents.iter().any(|a| a == name))
            {
                n_groups += 1;
                robots.rules.extend(rules.iter().cloned());
                robots.delay = robots.delay.max(*delay);
            }
            (n_groups > 0).then_some(robots)
        };
        of(&product).or_else(|| of("*")).unwrap_or_default()
    }
}

/// Percent-encoded characters that need not be are decoded, others are encoded, so that two
/// spellings of one path compare equal.
fn in_one_spelling(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut spelled = String::with_capacity(path.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| str::from_utf8(hex).ok());
        let escaped = hex.filter(|_| bytes[at] == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let (byte, was_escaped) = escaped.map_or((bytes[at], false), |byte| (byte, true));
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if unreserved || !was_escaped && byte.is_ascii_graphic() {
            spelled.push(char::from(byte));
        } else {
            spelled.push_str(&format!("%{byte:02X}"));
        }
        at += if was_escaped { 3 } else { 1 };
    }
    spelled
}

/// Whether `pattern`, in which `*` is anything and `$` at the end is the end, matches the beginning
/// of `path`. Linear in both for every part: no pattern makes it slow.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let last = if anchored { parts.pop() } else { None };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    match (anchored, last) {
        (false, _) => true,
        (true, Some(last)) => rest.ends_with(last),
        (true, None) => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(robots: &str, path: &str, expect: bool) {
        assert_eq!(Robots::parse(robots.as_bytes(), "unecho").allows(path), expect, "{robots:?} {path}");
    }

    #[test]
    fn the_longest_match_counts_and_allow_wins_a_tie() {
        let robots = "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c\n";
        check(robots, "/", true);
        check(robots, "/a/x", false);
        check(robots, "/a/b", true);
        check(robots, "/a/b/c/d", false);
        check("User-agent: *\nDisallow: /p\nAllow: /p", "/p", true);
        check("User-agent: *\nDisallow:\n", "/p", true);
        check("", "/p", true);
    }

    #[test]
    fn the_own_group_counts_before_that_for_all() {
        let robots = "user-agent: *\ndisallow: /\n\nUser-Agent: other\nUser-agent: UnEcho/1.0\nDisallow: /x\n\n\
                      User-agent: unecho\nDisallow: /y\nCrawl-delay: 2.5\nSitemap: https://a.example/s.xml\n";
        check(robots, "/z", true);
        check(robots, "/x", false);
        check(robots, "/y", false);
        let parsed = Robots::parse(robots.as_bytes(), "unecho");
        assert_eq!(parsed.delay, Some(Duration::from_millis(2500)));
        assert_eq!(parsed.sitemaps, ["https://a.example/s.xml"]);
        assert!(!Robots::parse(robots.as_bytes(), "somebody").allows("/z"));
        check("User-agent: unechoes\nDisallow: /\n", "/", true);
    }

    #[test]
    fn wildcards_anchors_and_spellings() {
        check("User-agent: *\nDisallow: /*.php$", "/a/b.php", false);
        check("User-agent: *\nDisallow: /*.php$", "/a/b.php?x", true);
        check("User-agent: *\nDisallow: /a*z", "/abcz/d", false);
        check("User-agent: *\nDisallow: /a$", "/ab", true);
        check("User-agent: *\nDisallow: /a%3Cd.html", "/a%3cd.html", false);
        check("User-agent: *\nDisallow: /%7Ejoe/", "/~joe/index", false);
        check("User-agent: *\nDisallow: /caf\u{e9}", "/caf%C3%A9", false);
        check(
            &format!("User-agent: *\nDisallow: /{}b", "a*".repeat(5000)),
            &format!("/{}", "a".repeat(5000)),
            true,
        );
    }

    #[test]
    fn a_file_that_cannot_be_had_denies() {
        let refusal = Refusal::new(RejectReason::Unreachable, "no answer");
        assert_eq!(Robots::denied(refusal.clone()).refusal("/"), Some(refusal));
        check("\u{feff}User-agent: * # all\r\nDisallow: /p # private\r\n", "/p", false);
        check("Disallow: /before-any-agent\n", "/before-any-agent", true);
    }
}

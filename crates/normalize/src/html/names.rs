//! What names of tags, classes and roles tell of an element.
//!
//! Class names are written by people for people: "article-body", "related-stories", "share-bar". The
//! lists follow Arc90's Readability (2009, as kept by Mozilla) and what pages of newspapers call their
//! standfirst, captions and embedded posts. Names only ever weigh; what is the article is decided by
//! text.

use std::ops::BitOr;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// The first sixteen bytes of a tag's name in lower case, as one number.
pub(super) const fn pack(name: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    let mut at = 0;
    while at < name.len() && at < bytes.len() {
        bytes[at] = name[at].to_ascii_lowercase();
        at += 1;
    }
    u128::from_le_bytes(bytes)
}

/// What a tag's name alone tells: a set of the constants below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits(u32);

impl Traits {
    pub(super) const NONE: Self = Self(0);
    /// Text in it stands on lines of its own.
    pub(super) const BLOCK: Self = Self(1);
    /// It has no content and no end tag.
    pub(super) const VOID: Self = Self(1 << 1);
    /// It ends a line.
    pub(super) const BREAK: Self = Self(1 << 2);
    /// Nobody sees its text, or it is no running text.
    pub(super) const UNSEEN: Self = Self(1 << 3);
    /// Its content is text whatever it looks like.
    pub(super) const RAW_TEXT: Self = Self(1 << 4);
    /// It speaks of the page and is not shown.
    pub(super) const HEAD: Self = Self(1 << 5);
    /// Its start tag ends an open paragraph.
    pub(super) const CLOSES_P: Self = Self(1 << 6);
    pub(super) const HEADING: Self = Self(1 << 7);
    /// Item of a list, which ends the one before.
    pub(super) const ITEM: Self = Self(1 << 8);
    pub(super) const LIST: Self = Self(1 << 9);
    pub(super) const CELL: Self = Self(1 << 10);
    /// Row, or group of rows.
    pub(super) const ROW: Self = Self(1 << 11);
    pub(super) const TABLE: Self = Self(1 << 12);
    /// End tags from inside do not close what is outside.
    pub(super) const SCOPE: Self = Self(1 << 13);
    /// Paragraphs outside are not closed from inside.
    pub(super) const P_SCOPE: Self = Self(1 << 14);
    /// It holds what is beside the text: menus, forms, footers.
    pub(super) const ASIDE: Self = Self(1 << 15);
    /// It holds a picture with its caption.
    pub(super) const FIGURE: Self = Self(1 << 16);

    /// Whether any trait of `other` is among these.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Traits {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What the packed `name` of a tag tells.
pub(super) fn traits_of(name: u128) -> Traits {
    const PARTING: u32 = Traits::BLOCK.0 | Traits::CLOSES_P.0;
    const BOUNDARY: u32 = Traits::SCOPE.0 | Traits::P_SCOPE.0;
    let bytes = name.to_le_bytes();
    let length = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    Traits(match &bytes[..length] {
        b"p" | b"div" | b"blockquote" | b"pre" | b"section" | b"article" | b"main" | b"header"
        | b"details" | b"summary" | b"address" | b"center" | b"hgroup" | b"fieldset" => PARTING,
        b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => PARTING | Traits::HEADING.0,
        b"ul" | b"ol" | b"dl" => PARTING | Traits::LIST.0,
        b"li" | b"dt" | b"dd" => PARTING | Traits::ITEM.0,
        b"aside" | b"footer" | b"nav" | b"form" | b"menu" => PARTING | Traits::ASIDE.0,
        b"button" => Traits::BLOCK.0 | Traits::P_SCOPE.0 | Traits::ASIDE.0,
        b"label" => Traits::BLOCK.0 | Traits::ASIDE.0,
        b"figure" | b"figcaption" => PARTING | Traits::FIGURE.0,
        b"table" => PARTING | Traits::TABLE.0 | BOUNDARY,
        b"caption" => Traits::BLOCK.0 | BOUNDARY,
        b"tr" | b"thead" | b"tbody" | b"tfoot" => Traits::BLOCK.0 | Traits::ROW.0,
        b"td" | b"th" => Traits::CELL.0 | BOUNDARY,
        b"dialog" | b"dir" | b"search" | b"listing" => Traits::CLOSES_P.0,
        b"br" | b"hr" => Traits::VOID.0 | Traits::BREAK.0,
        b"area" | b"base" | b"col" | b"embed" | b"img" | b"input" | b"param" | b"source" | b"track"
        | b"wbr" | b"frame" | b"keygen" | b"basefont" | b"bgsound" => Traits::VOID.0,
        b"meta" | b"link" => Traits::VOID.0 | Traits::HEAD.0,
        b"script" | b"style" | b"textarea" | b"title" | b"xmp" | b"iframe" | b"noembed" | b"noframes"
        | b"plaintext" => Traits::RAW_TEXT.0 | Traits::UNSEEN.0,
        b"noscript" | b"svg" | b"math" | b"select" | b"option" | b"video" | b"audio" | b"canvas" => {
            Traits::UNSEEN.0
        }
        b"template" | b"object" => Traits::UNSEEN.0 | BOUNDARY,
        _ => 0,
    })
}

/// What class, id and role of an element tell: a set of the constants below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Names(u16);

impl Names {
    /// It is read out, not shown.
    pub(super) const HIDDEN: Self = Self(1);
    /// It is not shown now; a script may show it.
    pub(super) const CONCEALED: Self = Self(1 << 1);
    /// It is a post of a social network.
    pub(super) const EMBEDDED: Self = Self(1 << 2);
    pub(super) const CAPTION: Self = Self(1 << 3);
    /// It is a standfirst.
    pub(super) const LEAD: Self = Self(1 << 4);
    const NO_LEAD: Self = Self(1 << 5);
    /// It can hardly hold the article, unless it is also likely.
    pub(super) const UNLIKELY: Self = Self(1 << 6);
    pub(super) const LIKELY: Self = Self(1 << 7);
    /// Its text is less, or more, the article than other text.
    pub(super) const NEGATIVE: Self = Self(1 << 8);
    pub(super) const POSITIVE: Self = Self(1 << 9);
    /// It is put over the page or beside it.
    pub(super) const BESIDE: Self = Self(1 << 10);
    /// It is inside an article, and not of it: other stories, forms, buttons.
    pub(super) const FOREIGN: Self = Self(1 << 11);

    /// Whether any of `other` is among these.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// These and what `role` and concealing attributes tell.
    pub(super) fn with(mut self, role: &str, style: &str, is_hidden: bool) -> Self {
        const ROLES: [&str; 7] =
            ["menu", "menubar", "complementary", "navigation", "alert", "alertdialog", "dialog"];
        if ROLES.iter().any(|known| role.eq_ignore_ascii_case(known)) {
            self.add(Self::BESIDE);
        }
        if is_hidden || is_hiding(style) {
            self.add(Self::CONCEALED);
        }
        if self.has(Self::NO_LEAD) {
            self.0 &= !Self::LEAD.0;
        }
        self
    }
}

/// Whether a style hides its element.
fn is_hiding(style: &str) -> bool {
    style.split(';').filter_map(|rule| rule.split_once(':')).any(|(name, value)| {
        let is = |text: &str, known: &str| text.trim().eq_ignore_ascii_case(known);
        let value = value.split_whitespace().next().unwrap_or_default();
        is(name, "display") && is(value, "none") || is(name, "visibility") && is(value, "hidden")
    })
}

/// What is said by parts of classes and ids, in lower case.
const PARTS: &[(Names, &[&str])] = &[
    (Names::HIDDEN, &["visually-hidden", "visuallyhidden", "sr-only", "screen-reader", "screenreader"]),
    (
        Names::EMBEDDED,
        &["twitter-tweet", "instagram-media", "fb-post", "tiktok-embed", "bluesky-embed", "reddit-embed"],
    ),
    (
        Names::CAPTION,
        &["caption", "bildunter", "legende", "img-desc", "image-desc", "photo-credit", "image-credit"],
    ),
    (
        Names::LEAD,
        &[
            "lead",
            "intro",
            "standfirst",
            "summary",
            "dek",
            "subtitle",
            "abstract",
            "chapo",
            "vorspann",
            "anriss",
            "sommaire",
            "entradilla",
            "excerpt",
            "strap",
        ],
    ),
    (Names::NO_LEAD, &["leaderboard", "loading"]),
    (
        Names::UNLIKELY,
        &[
            "-ad-",
            "ai2html",
            "banner",
            "breadcrumbs",
            "combx",
            "comment",
            "community",
            "cover-wrap",
            "disqus",
            "extra",
            "footer",
            "gdpr",
            "header",
            "legends",
            "menu",
            "related",
            "remark",
            "replies",
            "rss",
            "shoutbox",
            "sidebar",
            "skyscraper",
            "social",
            "sponsor",
            "supplemental",
            "ad-break",
            "agegate",
            "pagination",
            "pager",
            "popup",
            "yom-remote",
        ],
    ),
    (Names::LIKELY, &["and", "article", "body", "column", "content", "layout", "main", "mathjax", "shadow"]),
    (
        Names::NEGATIVE,
        &[
            "-ad-",
            "hidden",
            "banner",
            "combx",
            "comment",
            "com-",
            "contact",
            "footer",
            "gdpr",
            "masthead",
            "media",
            "meta",
            "outbrain",
            "promo",
            "related",
            "scroll",
            "share",
            "shoutbox",
            "sidebar",
            "skyscraper",
            "sponsor",
            "shopping",
            "tags",
            "widget",
        ],
    ),
    (
        Names::POSITIVE,
        &[
            "article", "body", "content", "entry", "hentry", "h-entry", "main", "page", "post", "text",
            "blog", "story",
        ],
    ),
    (
        Names::FOREIGN,
        &[
            "newsletter",
            "subscri",
            "signup",
            "sign-up",
            "signin",
            "sign-in",
            "login",
            "log-in",
            "regwall",
            "registration",
            "related",
            "recommend",
            "most-read",
            "mostread",
            "most-popular",
            "popular",
            "readmore",
            "read-more",
            "readnext",
            "read-next",
            "more-on",
            "promo",
            "teaser",
            "outbrain",
            "taboola",
            "breadcrumb",
            "author-bio",
            "authorbio",
            "author-info",
            "about-author",
            "share",
            "sharing",
            "social",
            "comment",
            "cookie",
            "consent",
            "advert",
            "sponsor",
            "tag-list",
            "taglist",
            "hashtag",
            "trending",
            "donat",
        ],
    ),
];

static AUTOMATON: LazyLock<(AhoCorasick, Vec<Names>)> = LazyLock::new(|| {
    let parts = PARTS.iter().flat_map(|&(names, parts)| parts.iter().map(move |&part| (part, names)));
    let (parts, names): (Vec<&str>, Vec<Names>) = parts.unzip();
    let mut builder = AhoCorasick::builder();
    let automaton = builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(parts);
    (automaton.expect("the parts are few and short"), names)
});

/// What `class` and `id` tell.
pub(super) fn names_of(class: &str, id: &str) -> Names {
    let (automaton, all) = &*AUTOMATON;
    let mut names = Names::default();
    for text in [class, id] {
        for hit in automaton.find_overlapping_iter(text) {
            names.add(all[hit.pattern().as_usize()]);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_packed_in_lower_case() {
        assert_eq!(pack(b"DIV"), pack(b"div"));
        assert_ne!(pack(b"p"), pack(b"pre"));
        assert!(traits_of(pack(b"H2")).has(Traits::HEADING));
        assert_eq!(traits_of(pack(b"a-custom-element-of-many-letters")), Traits::NONE);
    }

    #[test]
    fn classes_tell_several_things() {
        let check = |class: &str, id: &str, yes: &[Names], no: &[Names]| {
            let names = names_of(class, id).with("", "", false);
            assert!(yes.iter().all(|&one| names.has(one)), "{class} {id}: {names:?}");
            assert!(!no.iter().any(|&one| names.has(one)), "{class} {id}: {names:?}");
        };
        check("Article-Lead", "", &[Names::LEAD, Names::LIKELY, Names::POSITIVE], &[Names::UNLIKELY]);
        check("leaderboard", "", &[], &[Names::LEAD]);
        check("x", "comments", &[Names::UNLIKELY, Names::NEGATIVE], &[Names::LIKELY]);
        check("sr-only", "", &[Names::HIDDEN], &[Names::CONCEALED]);
    }

    #[test]
    fn roles_and_styles_tell_too() {
        let names = Names::default().with("Navigation", "color: red", false);
        assert!(names.has(Names::BESIDE) && !names.has(Names::CONCEALED));
        for (style, expect) in
            [("DISPLAY : None", true), ("x:y;visibility:hidden !important", true), ("display:block", false)]
        {
            assert_eq!(Names::default().with("", style, false).has(Names::CONCEALED), expect, "{style}");
        }
        assert!(Names::default().with("", "", true).has(Names::CONCEALED));
    }
}

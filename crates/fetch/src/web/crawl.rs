//! The way through a set of addresses: workers ask for pages, follow feeds, sitemaps and redirects,
//! try again what may work later, and leave everything in the archive.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use unecho_model::{Digest, RejectReason};
use url::Url;

use super::archive::{Archive, Freshness, Known, Place};
use super::client::{Client, Failure, Validators};
use super::hosts::{Hosts, Next};
use super::links::{self, Links};
use super::robots::Robots;
use super::{Follow, WebConfig, WebCounts};
use crate::Limits;
use crate::label::Refusal;
use crate::warc::{Answer, decode_body, media_to_skip};

/// An address to ask for.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) url: Url,
    /// The address that somebody named, before redirects.
    pub(super) named: String,
    pub(super) role: Role,
    pub(super) n_hops: u32,
    pub(super) n_tries: u32,
}

/// What an address was named as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// By the user: a page, a feed or a sitemap.
    Seed,
    /// By a list: a page.
    Page,
    /// By a list or a page: a list, so many lists deep.
    List { depth: u32 },
}

impl Task {
    pub(super) fn new(url: Url, role: Role) -> Self {
        let named = url.to_string();
        Self { url, named, role, n_hops: 0, n_tries: 0 }
    }

    pub(super) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

/// Everything that workers share.
pub(super) struct Crawl<'c> {
    pub(super) config: &'c WebConfig,
    pub(super) limits: &'c Limits,
    pub(super) follow: Follow,
    pub(super) client: Client,
    pub(super) cancelled: &'c AtomicBool,
    pub(super) progress: &'c (dyn Fn(u64) + Sync),
    pub(super) state: Mutex<State>,
    pub(super) wake: Condvar,
}

pub(super) struct State {
    pub(super) hosts: Hosts,
    pub(super) archive: Archive,
    pub(super) seen: HashSet<String>,
    /// Pages by the address that they were found at in the end.
    pub(super) pages: BTreeMap<String, Place>,
    /// What was named and not had, by its address.
    pub(super) rejected: BTreeMap<String, Refusal>,
    pub(super) counts: WebCounts,
    /// Why nothing can be kept any more.
    pub(super) broken: Option<io::Error>,
}

impl Crawl<'_> {
    /// Works until nothing is left to do, or the run is cancelled.
    pub(super) fn work(&self) {
        while let Some((task, robots)) = self.take() {
            let origin = task.origin();
            let robots = robots.unwrap_or_else(|| self.learn_robots(&task.url, &origin));
            self.ask(task, &robots);
            self.state().hosts.finished(&origin);
            self.wake.notify_all();
        }
        self.wake.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<(Task, Option<Arc<Robots>>)> {
        /// Time between two looks at the wish to stop.
        const PATIENCE: Duration = Duration::from_millis(50);
        let mut state = self.state();
        loop {
            if self.cancelled.load(Ordering::Relaxed) || state.broken.is_some() {
                return None;
            }
            let now = Instant::now();
            match state.hosts.next(now, self.config.host_connections_max, self.config.delay) {
                Next::Task(task, robots) => return Some((*task, robots)),
                Next::Done => return None,
                Next::Wait(until) => {
                    let patience =
                        until.map_or(PATIENCE, |until| until.saturating_duration_since(now).min(PATIENCE));
                    let waited = self.wake.wait_timeout(state, patience.max(Duration::from_millis(1)));
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// Asks for the rules of a host. What is not there allows everything; what cannot be had denies
    /// everything (RFC 9309, 2.3.1).
    fn learn_robots(&self, url: &Url, origin: &str) -> Arc<Robots> {
        let mut robots = Err(Failure::Permanent(Refusal::new(RejectReason::Unreachable, "no robots.txt")));
        for n_tries in 0..self.config.tries_max.max(1) {
            if n_tries > 0 {
                std::thread::sleep(self.config.backoff * 2_u32.saturating_pow(n_tries - 1));
            }
            robots = self.robots_of(url);
            if !matches!(robots, Err(Failure::Temporary(_))) || self.cancelled.load(Ordering::Relaxed) {
                break;
            }
        }
        let robots = Arc::new(robots.unwrap_or_else(|failure| match failure {
            Failure::Temporary(refusal) | Failure::Permanent(refusal) => Robots::denied(refusal),
        }));
        self.state().hosts.set_robots(origin, Arc::clone(&robots));
        robots
    }

    fn robots_of(&self, url: &Url) -> Result<Robots, Failure> {
        let temporary = |detail: String| {
            let detail = format!("robots.txt cannot be had: {detail}");
            Failure::Temporary(Refusal::new(RejectReason::Unreachable, detail))
        };
        let mut address = url.join("/robots.txt").map_err(|error| temporary(error.to_string()))?;
        for _ in 0..=self.config.redirects_max {
            let known = self.obtain(&address)?;
            match known.status {
                200..=299 => {
                    let (_, content) = self.content_of(known.place).map_err(Failure::Permanent)?;
                    return Ok(Robots::parse(&content, self.config.product()));
                }
                300..=399 => match self.target_of(&address, known.place) {
                    Ok(target) => address = target,
                    Err(_) => return Ok(Robots::default()),
                },
                status @ (429 | 500..) => return Err(temporary(format!("HTTP {status}"))),
                _ => return Ok(Robots::default()),
            }
        }
        Ok(Robots::default())
    }

    /// Asks for one address and does what follows from the answer.
    fn ask(&self, task: Task, robots: &Robots) {
        let path = &task.url[url::Position::BeforePath..url::Position::AfterQuery];
        if let Some(refusal) = robots.refusal(path) {
            return self.reject(&task, refusal);
        }
        if task.role == Role::Seed && self.follow == Follow::Sitemaps {
            return self.follow_sitemaps(&task, robots);
        }
        match self.obtain(&task.url) {
            Ok(known) => match known.status {
                200 | 203 => self.have(&task, &known),
                301 | 302 | 303 | 307 | 308 => self.redirect(task, &known),
                status if is_temporary(status) => {
                    let detail = format!("HTTP {status}");
                    self.try_again(task, Refusal::new(RejectReason::Unreachable, detail), known.retry_after);
                }
                status => {
                    self.reject(&task, Refusal::new(RejectReason::Unreachable, format!("HTTP {status}")));
                }
            },
            Err(Failure::Permanent(refusal)) => self.reject(&task, refusal),
            Err(Failure::Temporary(refusal)) => self.try_again(task, refusal, None),
        }
    }

    /// An answer from this run: from the archive when a run is gone on with, else from the server,
    /// which is asked only for something new.
    fn obtain(&self, url: &Url) -> Result<Known, Failure> {
        let (known, good) = {
            let state = self.state();
            (state.archive.known(url.as_str()).cloned(), state.archive.good(url.as_str()).cloned())
        };
        if let Some(known) = known.filter(|known| known.fresh == Freshness::ThisRun)
            && !is_temporary(known.status)
        {
            return Ok(known);
        }
        let validators = good.as_ref().map_or_else(Validators::default, |known| known.validators.clone());
        let response = self.client.get(url, &validators)?;
        let mut state = self.state();
        state.counts.requests += 1;
        let kept = if response.status == 304 && good.is_some() {
            state.counts.unchanged += 1;
            state.archive.keep_unchanged(url.as_str(), &response.block)
        } else {
            state.archive.keep(url.as_str(), &response.block, response.retry_after).map(Some)
        };
        match kept {
            Ok(Some(known)) => Ok(known),
            Ok(None) => {
                let refusal = Refusal::new(RejectReason::Unreachable, "HTTP 304 without an earlier answer");
                Err(Failure::Permanent(refusal))
            }
            Err(error) => {
                let refusal = Refusal::of_io(&error);
                state.broken = Some(error);
                Err(Failure::Permanent(refusal))
            }
        }
    }

    /// Does with a good answer what its content and role ask for.
    fn have(&self, task: &Task, known: &Known) {
        (self.progress)(1);
        let (answer, content) = match self.content_of(known.place) {
            Ok(found) => found,
            Err(refusal) => return self.reject(task, refusal),
        };
        let links = match task.role {
            Role::Page => Ok(None),
            Role::Seed | Role::List { .. } => self.links_of(task, &content),
        };
        let depth = if let Role::List { depth } = task.role { depth } else { 0 };
        match links {
            Ok(Some(links)) => self.follow_links(task, links, depth),
            Ok(None) if matches!(task.role, Role::List { .. }) => {
                self.reject(task, Refusal::new(RejectReason::Damaged, "neither a feed nor a sitemap"));
            }
            Ok(None) => match media_to_skip(&answer.media_type()) {
                Some(kind) => self.reject(task, Refusal::new(RejectReason::Binary, kind)),
                None => {
                    self.state().pages.insert(task.url.to_string(), known.place);
                }
            },
            Err(refusal) => self.reject(task, refusal),
        }
    }

    fn links_of(&self, task: &Task, content: &[u8]) -> Result<Option<Links>, Refusal> {
        let found = links::of_list(content, &task.url, self.limits)?;
        if found.is_none() && task.role == Role::Seed && self.follow == Follow::Feeds {
            let feeds = links::feeds_of_page(content, &task.url);
            if feeds.is_empty() {
                return Err(Refusal::new(RejectReason::Empty, "the page names no feed"));
            }
            return Ok(Some(Links::Lists(feeds)));
        }
        Ok(found)
    }

    fn follow_links(&self, task: &Task, links: Links, depth: u32) {
        /// Sitemaps name sitemaps, and those name pages.
        const DEPTH_MAX: u32 = 3;
        let (urls, role) = match links {
            Links::Pages(urls) => (urls, Role::Page),
            Links::Lists(urls) => (urls, Role::List { depth: depth + 1 }),
        };
        if urls.is_empty() {
            return self.reject(task, Refusal::new(RejectReason::Empty, "the list names no page"));
        }
        if depth >= DEPTH_MAX && role != Role::Page {
            let detail = format!("lists of lists more than {DEPTH_MAX} deep");
            return self.reject(task, Refusal::new(RejectReason::TooLarge, detail));
        }
        let mut state = self.state();
        state.counts.lists += 1;
        for mut url in urls {
            url.set_fragment(None);
            if !may_be_asked(&url) || state.seen.contains(url.as_str()) {
                continue;
            }
            if state.seen.len() >= self.config.pages_max {
                let detail = format!("more than {} addresses (pages_max)", self.config.pages_max);
                state.rejected.insert(task.named.clone(), Refusal::new(RejectReason::TooLarge, detail));
                break;
            }
            state.seen.insert(url.to_string());
            state.hosts.add(Task::new(url, role));
        }
        drop(state);
        self.wake.notify_all();
    }

    fn follow_sitemaps(&self, task: &Task, robots: &Robots) {
        let named = robots.sitemaps.iter().filter_map(|sitemap| task.url.join(sitemap).ok());
        let mut sitemaps: Vec<Url> = named.collect();
        let is_sitemap = task.url.path().contains("sitemap");
        if is_sitemap || sitemaps.is_empty() {
            sitemaps = if is_sitemap {
                vec![task.url.clone()]
            } else {
                task.url.join("/sitemap.xml").into_iter().collect()
            };
            // It is asked for as a list, though it was named as a page.
            let lists = sitemaps.into_iter().map(|url| Task::new(url, Role::List { depth: 0 }));
            let mut state = self.state();
            lists.for_each(|list| state.hosts.add(list));
            return;
        }
        self.follow_links(task, Links::Lists(sitemaps), 0);
    }

    fn redirect(&self, mut task: Task, known: &Known) {
        match self.target_of(&task.url, known.place) {
            Ok(_) if task.n_hops >= self.config.redirects_max => {
                let detail = format!("more than {} redirects (redirects_max)", self.config.redirects_max);
                self.reject(&task, Refusal::new(RejectReason::Forbidden, detail));
            }
            Ok(target) => {
                task.url = target;
                task.n_hops += 1;
                task.n_tries = 0;
                self.state().hosts.add(task);
            }
            Err(refusal) => self.reject(&task, refusal),
        }
    }

    /// Where a redirect leads, if that may be followed.
    fn target_of(&self, from: &Url, place: Place) -> Result<Url, Refusal> {
        let block = self.state().archive.block_of(place).map_err(|error| Refusal::of_io(&error))?;
        let location = Answer::parse(&block).and_then(|answer| answer.location).unwrap_or_default();
        let refuse = |detail: String| Refusal::new(RejectReason::Forbidden, detail);
        let mut target = from
            .join(location.trim())
            .ok()
            .filter(|_| !location.trim().is_empty())
            .ok_or_else(|| Refusal::new(RejectReason::Unreachable, "a redirect that leads nowhere"))?;
        target.set_fragment(None);
        if !may_be_asked(&target) {
            return Err(refuse(format!("a redirect to {}:", target.scheme())));
        }
        if from.scheme() == "https" && target.scheme() == "http" {
            return Err(refuse("a redirect from https to http".to_owned()));
        }
        Ok(target)
    }

    /// The content of a good answer, decoded.
    fn content_of(&self, place: Place) -> Result<(Answer, Vec<u8>), Refusal> {
        let block = self.state().archive.block_of(place).map_err(|error| Refusal::of_io(&error))?;
        let answer = Answer::parse(&block)
            .ok_or_else(|| Refusal::new(RejectReason::Damaged, "an answer without an HTTP header"))?;
        let content = decode_body(&answer, &block[answer.body_at..], self.limits.document_bytes_max)?;
        let content = crate::decode::unzipped(content.into_owned(), self.limits.document_bytes_max)?;
        Ok((answer, content))
    }

    fn reject(&self, task: &Task, refusal: Refusal) {
        (self.progress)(1);
        self.state().rejected.insert(task.named.clone(), refusal);
    }

    /// Tries again after a while that grows, unless that was done often enough.
    fn try_again(&self, mut task: Task, mut refusal: Refusal, asked: Option<Duration>) {
        task.n_tries += 1;
        let patient = asked.is_none_or(|asked| asked <= self.config.retry_after_max);
        if task.n_tries >= self.config.tries_max || !patient {
            refusal.detail.push_str(&match task.n_tries {
                1 => String::new(),
                n_tries => format!(", tried {n_tries} times"),
            });
            return self.reject(&task, refusal);
        }
        let backoff = self.config.backoff * 2_u32.saturating_pow(task.n_tries - 1);
        // Between one and one and a half times: the same for the same address, so that runs are alike.
        let digest = Digest::of(format!("{} {}", task.url, task.n_tries).as_bytes());
        let wait = backoff + backoff * u32::from(digest.as_bytes()[0]) / 512;
        let now = Instant::now();
        let at = now + wait.max(asked.unwrap_or_default());
        self.state().hosts.add_later(task, at, asked.map(|asked| now + asked));
    }
}

/// Answers after which the same request may work (RFC 9110, RFC 6585).
fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// Whether an address is one of the web, without a password in it.
pub(super) fn may_be_asked(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
}

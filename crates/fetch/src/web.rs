//! The web: pages, feeds and sitemaps by their addresses, asked for politely (`robots.txt`, a named
//! user agent, few connections and a pause for each host), safely (public addresses only, bounded
//! answers) and only once: everything fetched is kept in one WARC file, from which later runs know
//! what has not changed and every step can be repeated without the network.

mod address;
mod archive;
mod client;
mod crawl;
mod hosts;
mod links;
mod robots;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use unecho_model::{Digest, Fields, RejectReason, Rejected};
use url::Url;

use archive::Archive;
pub(crate) use archive::{Place as ArchivePlace, read_record};
use client::Client;
use crawl::{Crawl, Role, State, Task, may_be_asked};
use hosts::Hosts;

use crate::label::{Label, Refusal};
use crate::{Config, Source};

/// How the web is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebConfig {
    /// What the crawler calls itself; the word before the first `/` is what `robots.txt` knows it by.
    pub user_agent: String,
    /// Which networks may be connected to.
    pub networks: Networks,
    /// Time between two requests to one host, unless its `robots.txt` asks for more.
    pub delay: Duration,
    /// Most requests to one host at a time.
    pub host_connections_max: usize,
    /// Most requests at a time.
    pub connections_max: usize,
    /// Most addresses of one run.
    pub pages_max: usize,
    /// Most redirects from one address.
    pub redirects_max: u32,
    /// Most tries for one address.
    pub tries_max: u32,
    /// Time before the second try; it doubles with every further one.
    pub backoff: Duration,
    /// Longest `Retry-After` that is waited for.
    pub retry_after_max: Duration,
    /// Time for looking a name up and for connecting, in seconds each.
    pub connect_seconds_max: u64,
    /// Time until an answer begins, in seconds.
    pub answer_seconds_max: u64,
    /// Time for a whole request, in seconds.
    pub request_seconds_max: u64,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            user_agent: concat!("unecho/", env!("CARGO_PKG_VERSION")).to_owned(),
            networks: Networks::Public,
            delay: Duration::from_secs(1),
            host_connections_max: 2,
            connections_max: 16,
            pages_max: 1 << 20,
            redirects_max: 5,
            tries_max: 3,
            backoff: Duration::from_secs(1),
            retry_after_max: Duration::from_secs(120),
            connect_seconds_max: 10,
            answer_seconds_max: 30,
            request_seconds_max: 120,
        }
    }
}

impl WebConfig {
    /// What `robots.txt` knows the crawler by.
    fn product(&self) -> &str {
        self.user_agent.split(['/', ' ']).next().unwrap_or_default()
    }
}

/// Which networks may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Networks {
    /// The public internet only.
    Public,
    /// Also this machine, private networks, and everything else that is not public.
    All,
}

/// What is made of the addresses that the user names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Follow {
    /// Feeds and sitemaps are followed, everything else is a page.
    #[default]
    AsFound,
    /// The feeds that pages name are followed.
    Feeds,
    /// The sitemaps of their sites are followed.
    Sitemaps,
}

/// What a run asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WebCounts {
    /// Requests that were answered.
    pub requests: u64,
    /// Of these, answers that nothing has changed.
    pub unchanged: u64,
    /// Feeds and sitemaps.
    pub lists: u64,
}

/// What a run left.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fetch {
    /// The pages, to be read from the archive, by address.
    pub pages: Vec<Source>,
    /// Addresses without a page, by address.
    pub rejected: Vec<Rejected>,
    /// What it took.
    pub counts: WebCounts,
}

/// Why a run could not be finished. What was fetched is kept; the same call goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The archive cannot be read or written.
    #[error("{}: {source}", path.display())]
    Archive {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The run was cancelled.
    #[error("interrupted")]
    Interrupted,
}

/// Fetches `addresses` and what they lead to into the WARC file `archive`, which is made or gone on
/// with. `progress` is told of every address that is done.
///
/// # Errors
/// When the archive cannot be used, or `cancelled` was set.
pub fn fetch(
    addresses: &[String],
    follow: Follow,
    archive: &Path,
    config: &Config,
    cancelled: &AtomicBool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Fetch, WebError> {
    let client = Client::new(&config.web, config.limits.document_bytes_max);
    let wanted = Wanted { addresses, follow, archive };
    fetch_by(client, &wanted, config, cancelled, progress)
}

/// What is to be fetched, and where it goes.
struct Wanted<'w> {
    addresses: &'w [String],
    follow: Follow,
    archive: &'w Path,
}

fn fetch_by(
    client: Client,
    wanted: &Wanted<'_>,
    config: &Config,
    cancelled: &AtomicBool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Fetch, WebError> {
    let Wanted { addresses, follow, archive } = *wanted;
    let broken = |source| WebError::Archive { path: archive.to_owned(), source };
    let mut seeds = addresses.to_vec();
    seeds.sort_unstable();
    seeds.dedup();
    let run = Digest::of(format!("{follow:?}\n{}", seeds.join("\n")).as_bytes()).to_string();
    let mut state = State {
        hosts: Hosts::default(),
        archive: Archive::open(archive, &run).map_err(broken)?,
        seen: HashSet::new(),
        pages: BTreeMap::new(),
        rejected: BTreeMap::new(),
        counts: WebCounts::default(),
        broken: None,
    };
    for seed in seeds {
        match Url::parse(&seed).ok().filter(may_be_asked) {
            Some(mut url) => {
                url.set_fragment(None);
                if state.seen.insert(url.to_string()) {
                    state.hosts.add(Task { named: seed, ..Task::new(url, Role::Seed) });
                }
            }
            None => {
                let refusal =
                    Refusal::new(RejectReason::Unreachable, "no address of the web that can be asked for");
                state.rejected.insert(seed, refusal);
            }
        }
    }
    let crawl = Crawl {
        config: &config.web,
        limits: &config.limits,
        follow,
        client,
        cancelled,
        progress,
        state: Mutex::new(state),
        wake: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 0..config.web.connections_max.max(1) {
            scope.spawn(|| crawl.work());
        }
    });
    let mut state = crawl.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = state.broken {
        return Err(broken(error));
    }
    if cancelled.load(Ordering::Relaxed) {
        return Err(WebError::Interrupted);
    }
    state.archive.end_run(&run).map_err(broken)?;
    Ok(Fetch {
        pages: state.pages.iter().map(|(url, &place)| Source::archived(url, archive, place)).collect(),
        rejected: state.rejected.into_iter().map(|(url, refusal)| rejected(&url, refusal)).collect(),
        counts: state.counts,
    })
}

fn rejected(url: &str, refusal: Refusal) -> Rejected {
    let refusal = refusal.knowing(None, Fields { url: Some(url.to_owned()), ..Fields::default() });
    Label::new(url.to_owned(), url).reject(None, refusal, &[], 0)
}

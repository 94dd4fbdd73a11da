//! Politeness: which host may be asked now, and by how many at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::crawl::Task;
use super::robots::Robots;

/// What is to be asked of whom. A host is an origin: scheme, name and port.
#[derive(Default)]
pub(super) struct Hosts {
    hosts: BTreeMap<String, Host>,
}

#[derive(Default)]
struct Host {
    tasks: VecDeque<Task>,
    /// Tasks to be tried again, not before.
    later: Vec<(Instant, Task)>,
    n_running: usize,
    next_at: Option<Instant>,
    robots: Option<Arc<Robots>>,
}

/// What a worker is to do.
pub(super) enum Next {
    /// Ask for this.
    Task(Box<Task>, Option<Arc<Robots>>),
    /// Nothing before then.
    Wait(Option<Instant>),
    /// Nothing any more.
    Done,
}

impl Hosts {
    pub(super) fn add(&mut self, task: Task) {
        self.hosts.entry(task.origin()).or_default().tasks.push_back(task);
    }

    /// Tries a task again, not before `at`; the whole host rests until `host_at`.
    pub(super) fn add_later(&mut self, task: Task, at: Instant, host_at: Option<Instant>) {
        let host = self.hosts.entry(task.origin()).or_default();
        host.next_at = host.next_at.max(host_at);
        host.later.push((at, task));
    }

    /// The next task that may be begun. Until the rules of a host are known one worker asks for them.
    pub(super) fn next(&mut self, now: Instant, running_max: usize, delay: Duration) -> Next {
        let mut wait: Option<Instant> = None;
        let mut busy = false;
        for host in self.hosts.values_mut() {
            busy |= host.n_running > 0;
            let due = host.later.iter().position(|(at, _)| *at <= now);
            if let Some(due) = due {
                host.tasks.push_back(host.later.swap_remove(due).1);
            }
            let soonest = host.later.iter().map(|(at, _)| *at).min();
            wait = [wait, soonest].into_iter().flatten().min();
            let running_max = if host.robots.is_some() { running_max.max(1) } else { 1 };
            if host.tasks.is_empty() || host.n_running >= running_max {
                continue;
            }
            match host.next_at.filter(|&at| at > now) {
                Some(at) => wait = [wait, Some(at)].into_iter().flatten().min(),
                None => {
                    let Some(task) = host.tasks.pop_front() else { continue };
                    host.n_running += 1;
                    let asked = host.robots.as_ref().and_then(|robots| robots.delay);
                    host.next_at = Some(now + delay.max(asked.unwrap_or_default()));
                    return Next::Task(Box::new(task), host.robots.clone());
                }
            }
        }
        if wait.is_none() && !busy { Next::Done } else { Next::Wait(wait) }
    }

    pub(super) fn finished(&mut self, origin: &str) {
        if let Some(host) = self.hosts.get_mut(origin) {
            host.n_running = host.n_running.saturating_sub(1);
        }
    }

    pub(super) fn set_robots(&mut self, origin: &str, robots: Arc<Robots>) {
        if let Some(host) = self.hosts.get_mut(origin) {
            host.robots = Some(robots);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::crawl::Role;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn task(url: &str) -> Task {
        Task::new(url::Url::parse(url).unwrap(), Role::Page)
    }

    fn robots(text: &str) -> Arc<Robots> {
        Arc::new(Robots::parse(text.as_bytes(), "unecho"))
    }

    /// The address of the next task, or how long to wait.
    fn next(hosts: &mut Hosts, now: Instant, running_max: usize) -> Result<String, Option<Duration>> {
        match hosts.next(now, running_max, SECOND) {
            Next::Task(task, _) => Ok(task.url.to_string()),
            Next::Wait(until) => Err(until.map(|until| until - now)),
            Next::Done => Err(Some(Duration::MAX)),
        }
    }

    #[test]
    fn a_host_is_asked_so_often_and_by_so_many() {
        let (now, mut hosts) = (Instant::now(), Hosts::default());
        for url in ["http://a.example/1", "http://a.example/2", "http://a.example/3", "http://b.example/1"] {
            hosts.add(task(url));
        }
        assert_eq!(next(&mut hosts, now, 2), Ok("http://a.example/1".to_owned()));
        assert_eq!(
            next(&mut hosts, now, 2),
            Ok("http://b.example/1".to_owned()),
            "another host need not wait"
        );
        assert_eq!(next(&mut hosts, now + 5 * SECOND, 2), Err(None), "the rules of both are not known yet");
        hosts.set_robots("http://a.example", robots(""));
        assert_eq!(next(&mut hosts, now, 2), Err(Some(SECOND)));
        assert_eq!(next(&mut hosts, now + SECOND, 2), Ok("http://a.example/2".to_owned()));
        assert_eq!(next(&mut hosts, now + 5 * SECOND, 2), Err(None), "two are on their way");
        hosts.finished("http://a.example");
        hosts.finished("http://b.example");
        assert_eq!(next(&mut hosts, now + 5 * SECOND, 2), Ok("http://a.example/3".to_owned()));
        hosts.finished("http://a.example");
        assert_eq!(next(&mut hosts, now + 9 * SECOND, 2), Err(None), "one of them may lead to more");
        hosts.finished("http://a.example");
        assert_eq!(next(&mut hosts, now + 9 * SECOND, 2), Err(Some(Duration::MAX)), "done");
    }

    #[test]
    fn a_host_that_asks_for_more_time_gets_it() {
        let (now, mut hosts) = (Instant::now(), Hosts::default());
        hosts.add(task("http://a.example/1"));
        hosts.set_robots("http://a.example", robots("User-agent: *\nCrawl-delay: 7"));
        assert!(next(&mut hosts, now, 2).is_ok());
        hosts.add(task("http://a.example/2"));
        assert_eq!(next(&mut hosts, now, 2), Err(Some(7 * SECOND)));
        // `Retry-After` lets the whole host rest, a failed try only its address.
        hosts.add_later(task("http://a.example/3"), now + 3 * SECOND, None);
        assert_eq!(next(&mut hosts, now, 2), Err(Some(3 * SECOND)));
        hosts.add_later(task("http://a.example/4"), now + 60 * SECOND, Some(now + 60 * SECOND));
        assert_eq!(next(&mut hosts, now + 9 * SECOND, 2), Err(Some(51 * SECOND)));
        assert!(next(&mut hosts, now + 60 * SECOND, 2).is_ok());
    }
}

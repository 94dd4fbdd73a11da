//! `cargo xtask torture`: runs are killed and made to fail at points spread over all that they do to the disk,
//! and started again: what stood there before must stay or be replaced whole, and in the end every byte must
//! be the one of a run that nobody disturbed.
//!
//! Two ways to strike: the failpoints of a build for tests, counted over operations on files (see the crate
//! `disk`), and strace, which kills any build at system calls. Threads do some of what they do in any order (shards, clean
//! documents, segments that are merged meanwhile), so that a number stands for a moment rather than for one operation;
//! how many there are is always the same, and points are spread over all of them. What was written and never
//! synced is lost only in the tests of `disk`, `store` and `write`.

mod calls;
mod fault;
mod scenario;

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

use crate::tool::{Tool, root, say};
use calls::Calls;
use fault::{FAULTS, Fault};
use scenario::{SCENARIOS, Scenario};

#[derive(Debug, clap::Args)]
pub(crate) struct TortureArgs {
    /// Points at which a run is disturbed.
    #[arg(long, default_value_t = 1000)]
    points: usize,
}

/// One run to be disturbed.
#[derive(Debug, Clone, Copy)]
struct Point {
    scenario: usize,
    fault: Fault,
    /// Number of the operation or system call.
    at: u64,
}

/// What came of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The process died.
    Killed,
    /// It ended with an error.
    Failed,
    /// It ended well, with the bytes of an undisturbed run.
    Unharmed,
}

pub(crate) fn run(args: &TortureArgs) -> Result<ExitCode> {
    let failing = Tool::build_for_tests()?;
    with_points(args.points, &failing, &failing)?;
    Ok(ExitCode::SUCCESS)
}

/// Disturbs runs at so many points: of a build for tests, which fails as it is told to, and of any build.
pub(crate) fn with_points(points: usize, failing: &Tool, any: &Tool) -> Result<()> {
    let scratch = root().join("target/torture");
    std::fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let scenarios = SCENARIOS
        .par_iter()
        .map(|plan| Scenario::prepare(plan, &scratch, failing))
        .collect::<Result<Vec<Scenario>>>()?;
    let calls = Calls::find(any, &scenarios)?;
    let by_calls = if calls.is_some() { points / 3 } else { 0 };
    if calls.is_none() {
        say("torture: no strace here that can watch a process: failpoints only");
    }
    let mut all = spread(scenarios.len(), &FAULTS, points - by_calls, |at, _| scenarios[at].operations);
    if let Some(calls) = &calls {
        all.extend(spread(scenarios.len(), &Calls::FAULTS, by_calls, |at, fault| calls.counted(at, fault)));
    }
    let [killed, failed, unharmed] = [(); 3].map(|()| AtomicUsize::new(0));
    let complaints: Vec<String> = all
        .par_iter()
        .filter_map(|point| {
            let tool = if point.fault.is_by_calls() { any } else { failing };
            match scenarios[point.scenario].disturb(tool, point.fault, point.at) {
                Ok(end) => {
                    let count = match end {
                        End::Killed => &killed,
                        End::Failed => &failed,
                        End::Unharmed => &unharmed,
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                    None
                }
                Err(error) => {
                    let name = scenarios[point.scenario].name();
                    Some(format!("{name}, {} at {}: {error:#}", point.fault.name(), point.at))
                }
            }
        })
        .collect();
    for complaint in &complaints {
        say(complaint);
    }
    let [killed, failed, unharmed] = [killed, failed, unharmed].map(AtomicUsize::into_inner);
    say(&format!(
        "torture: {} points: {killed} killed, {failed} ended with an error, {unharmed} went on unharmed; \
         {} with the same bytes in the end",
        all.len(),
        all.len() - complaints.len()
    ));
    if !complaints.is_empty() {
        bail!("{} points leave something else", complaints.len());
    }
    Ok(())
}

/// Points over all scenarios and faults, evenly over what was counted; no point twice.
fn spread(
    scenarios: usize,
    faults: &[Fault],
    points: usize,
    counted: impl Fn(usize, Fault) -> u64,
) -> Vec<Point> {
    let pairs = scenarios * faults.len();
    let mut spread = Vec::new();
    for pair in 0..pairs {
        let (scenario, fault) = (pair % scenarios, faults[pair / scenarios]);
        let counted = counted(scenario, fault);
        let own = ((points + pair) / pairs) as u64;
        let own = own.min(counted);
        // Each pair begins elsewhere, so that together they meet more places.
        let places = (0..own).map(|at| (at * counted + counted * pair as u64 / pairs as u64) / own);
        spread.extend(places.map(|at| Point { scenario, fault, at: fault.first() + at }));
    }
    spread
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn points_are_spread_over_everything_and_none_is_taken_twice() {
        for (points, expect) in [(60, 60), (600, 600), (1_000_000, 2 * 6 * 100)] {
            let spread = spread(2, &FAULTS, points, |_, _| 100);
            assert_eq!(spread.len(), expect);
            let distinct: BTreeSet<String> = spread.iter().map(|point| format!("{point:?}")).collect();
            assert_eq!(distinct.len(), expect);
            assert!(spread.iter().all(|point| point.at < 100));
            for scenario in 0..2 {
                let own = spread.iter().filter(|point| point.scenario == scenario);
                assert!(own.clone().any(|point| point.at < 20) && own.clone().any(|point| point.at >= 80));
            }
        }
    }
}

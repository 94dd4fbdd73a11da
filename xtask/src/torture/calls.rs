//! System calls of the binary, counted and struck by strace.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::fault::Fault;
use super::scenario::Scenario;
use crate::tool::Tool;

/// What changes files or names. Names that a machine does not have are left out by the question mark.
const CHANGING: &str = "?open,?openat,?creat,write,writev,pwrite64,fsync,fdatasync,?rename,?renameat,renameat2,\
     ?unlink,unlinkat,?mkdir,mkdirat,?rmdir,ftruncate,flock";
/// Of these, what a device can refuse.
const REFUSED_BY_DEVICES: &str = "fsync,fdatasync,?rename,?renameat,renameat2";
/// And what needs space.
const WRITING: &str = "write,writev,pwrite64";

/// The calls that a fault strikes.
pub(crate) fn calls(fault: Fault) -> &'static str {
    match fault {
        Fault::FailCall("EIO") => REFUSED_BY_DEVICES,
        Fault::FailCall(_) => WRITING,
        _ => CHANGING,
    }
}

/// How many calls there are to strike. Strace counts for each thread by itself.
#[derive(Debug)]
pub(crate) struct Calls {
    /// By scenario, the calls of each thread.
    seen: Vec<BTreeMap<String, Vec<String>>>,
}

impl Calls {
    /// What is done at system calls.
    pub(crate) const FAULTS: [Fault; 3] =
        [Fault::KillCall, Fault::FailCall("EIO"), Fault::FailCall("ENOSPC")];

    /// Looks at the calls of an undisturbed run of each scenario; `None` where there is no strace, or no leave
    /// to watch a process.
    pub(crate) fn find(tool: &Tool, scenarios: &[Scenario]) -> Result<Option<Self>> {
        let mut probe = Command::new("strace");
        probe.args(["-f", "-qq", "-o", "/dev/null", "true"]).stderr(Stdio::null());
        if !probe.status().is_ok_and(|status| status.success()) {
            return Ok(None);
        }
        let seen = scenarios.iter().map(|scenario| look(tool, scenario)).collect::<Result<_>>()?;
        Ok(Some(Self { seen }))
    }

    /// Most calls of one thread in this scenario that this fault can strike.
    pub(crate) fn counted(&self, scenario: usize, fault: Fault) -> u64 {
        let names: Vec<&str> = calls(fault).split(',').map(|name| name.trim_start_matches('?')).collect();
        let of_thread =
            |calls: &Vec<String>| calls.iter().filter(|call| names.contains(&call.as_str())).count() as u64;
        self.seen[scenario].values().map(of_thread).max().unwrap_or(0)
    }
}

fn look(tool: &Tool, scenario: &Scenario) -> Result<BTreeMap<String, Vec<String>>> {
    let home = scenario.begun()?;
    let log = home.path().join("calls");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(&log).args(["-e", &format!("trace={CHANGING}"), "--"]);
    command.arg(tool.path());
    let status = scenario.complete(&mut command, home.path()).status().context("cannot run strace")?;
    ensure!(status.code() == Some(scenario.code), "strace: {status}");
    let mut calls: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in fs::read_to_string(&log)?.lines() {
        // "PID call(…": what is resumed was counted when it began.
        if let Some((process, call)) = line.split_once(' ')
            && let Some((call, _)) = call.trim_start().split_once('(')
        {
            calls.entry(process.to_owned()).or_default().push(call.to_owned());
        }
    }
    ensure!(!calls.is_empty(), "strace saw nothing");
    Ok(calls)
}

//! What is done to a run.

use std::process::Command;

use crate::tool::Tool;

use super::calls::calls;

/// What is done to a run at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process ends there.
    Abort,
    /// So it does, and the next run a while later, and the third is left alone.
    AbortTwice,
    /// One operation fails with this error of the system.
    Error(i32),
    /// From there on nothing can be written.
    Full,
    /// One write takes half.
    Short,
    /// A system call is met by the signal KILL.
    KillCall,
    /// A system call that writes fails with this error.
    FailCall(&'static str),
}

/// The faults of a build for tests. 5 is EIO, 24 EMFILE.
pub(crate) const FAULTS: [Fault; 6] =
    [Fault::Abort, Fault::Full, Fault::Error(5), Fault::AbortTwice, Fault::Short, Fault::Error(24)];

impl Fault {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Abort => "killed".to_owned(),
            Self::AbortTwice => "killed twice".to_owned(),
            Self::Error(code) => format!("error {code}"),
            Self::Full => "disk full".to_owned(),
            Self::Short => "short write".to_owned(),
            Self::KillCall => "killed at system call".to_owned(),
            Self::FailCall(error) => format!("{error} of system call"),
        }
    }

    pub(crate) const fn is_by_calls(self) -> bool {
        matches!(self, Self::KillCall | Self::FailCall(_))
    }

    /// What the first place is called: operations count from 0, system calls from 1.
    pub(crate) const fn first(self) -> u64 {
        if self.is_by_calls() { 1 } else { 0 }
    }

    /// The binary, to be struck at this place.
    pub(crate) fn command(self, tool: &Tool, at: u64) -> Command {
        let inject = |how: &str| {
            let (trace, what) =
                (format!("trace={}", calls(self)), format!("inject={}:{how}:when={at}", calls(self)));
            let mut command = Command::new("strace");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &what, "--"]).arg(tool.path());
            command
        };
        let variable = match self {
            Self::Abort | Self::AbortTwice => format!("abort@{at}"),
            Self::Error(code) => format!("error{code}@{at}"),
            Self::Full => format!("full@{at}"),
            Self::Short => format!("short@{at}"),
            Self::KillCall => return inject("signal=KILL"),
            Self::FailCall(error) => return inject(&format!("error={error}")),
        };
        let mut command = tool.command();
        command.env("UNECHO_TEST_FAULT", variable);
        command
    }
}

//! The exit codes, all of them.

use std::process::ExitCode;

/// How a command ended. The numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: failed.
    Failed,
    /// 2: flags, config or inputs make no sense.
    Usage,
    /// 3: done; some inputs were rejected and are listed in the output.
    DoneWithRejections,
    /// 10: no such output or index.
    NotFound,
    /// 11: another run holds the lock.
    Locked,
    /// 12: the output is not what its manifest says.
    Damaged,
    /// 13: no space left on the device.
    NoSpace,
    /// 130: interrupted by SIGINT; the same command goes on from what is clean already.
    Interrupted,
    /// 143: ended by SIGTERM; the same command goes on from what is clean already.
    Terminated,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::DoneWithRejections => 3,
            Self::NotFound => 10,
            Self::Locked => 11,
            Self::Damaged => 12,
            Self::NoSpace => 13,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

//! What goes wrong, and when.

use std::io;
use std::path::PathBuf;

/// What goes wrong at an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails once, with this error of the system (5 is EIO, 24 EMFILE, 28 ENOSPC).
    Error(i32),
    /// The device is full: from here on no file can be made and nothing written.
    Full,
    /// A write takes half of the bytes and says so, which is no error; other operations go well.
    Short,
    /// Nothing is done any more, as if the process had been killed; what was written is there.
    Kill,
    /// As [`Fault::Kill`], and the power went too: what was not synced is lost, names as well as bytes.
    Crash,
    /// The process ends here and now.
    Abort,
}

/// Number of ENOSPC, "no space left on device", on Linux, macOS and the BSDs.
pub(crate) const NO_SPACE: i32 = 28;

/// A fault and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultPlan {
    /// Number of the operation at which it strikes, from 0.
    pub at: u64,
    /// What goes wrong there.
    pub fault: Fault,
    /// File to which a line is appended for each operation, with its name.
    pub log: Option<PathBuf>,
}

impl FaultPlan {
    /// The variable of the environment that makes a build for tests fail: `abort@17`, `error5@3`,
    /// `full@3`, `short@3`.
    pub const VARIABLE: &str = "UNECHO_TEST_FAULT";
    /// The variable that names the file for [`FaultPlan::log`].
    pub const LOG_VARIABLE: &str = "UNECHO_TEST_FAULT_LOG";

    /// The plan that the environment asks for, if any.
    ///
    /// # Errors
    /// When it cannot be understood.
    pub fn from_env() -> io::Result<Option<Self>> {
        let log = std::env::var_os(Self::LOG_VARIABLE).map(PathBuf::from);
        match std::env::var(Self::VARIABLE) {
            Ok(text) => Self::parse(&text, log).map(Some),
            Err(_) => Ok(log.map(|log| Self { at: u64::MAX, fault: Fault::Short, log: Some(log) })),
        }
    }

    fn parse(text: &str, log: Option<PathBuf>) -> io::Result<Self> {
        let wrong = || io::Error::new(io::ErrorKind::InvalidInput, format!("no fault: '{text}'"));
        let (fault, at) = text.split_once('@').ok_or_else(wrong)?;
        let fault = match fault {
            "abort" => Fault::Abort,
            "full" => Fault::Full,
            "short" => Fault::Short,
            _ => Fault::Error(
                fault.strip_prefix("error").and_then(|code| code.parse().ok()).ok_or_else(wrong)?,
            ),
        };
        Ok(Self { at: at.parse().map_err(|_| wrong())?, fault, log })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read() {
        let plan = |text: &str| FaultPlan::parse(text, None).map(|plan| (plan.fault, plan.at)).ok();
        assert_eq!(plan("abort@17"), Some((Fault::Abort, 17)));
        assert_eq!(plan("error28@0"), Some((Fault::Error(28), 0)));
        assert_eq!(plan("full@3"), Some((Fault::Full, 3)));
        assert_eq!(plan("short@3"), Some((Fault::Short, 3)));
        for text in ["", "abort", "abort@", "abort@x", "error@3", "burn@3"] {
            assert_eq!(plan(text), None, "{text}");
        }
    }
}

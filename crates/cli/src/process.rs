//! What the system says about this process: memory and processor time, where it says so (Linux).

use std::fs;

/// Ticks of the processor clock a second, as `/proc` counts them on every architecture of Linux.
const TICKS_A_SECOND: f64 = 100.0;

/// Memory of this process, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// In use now.
    pub(crate) now: u64,
    /// Most that was in use at a time.
    pub(crate) peak: u64,
}

/// Memory of this process.
pub(crate) fn memory() -> Option<Memory> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    Some(Memory { now: kibibytes(&text, "VmRSS:")? * 1024, peak: kibibytes(&text, "VmHWM:")? * 1024 })
}

fn kibibytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor time of all threads of this process so far, in seconds.
pub(crate) fn cpu_seconds() -> Option<f64> {
    seconds_of(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// User and system time in a line of `/proc/PID/stat`; the name in it may hold spaces and parentheses.
fn seconds_of(line: &str) -> Option<f64> {
    let after_name = line.rsplit_once(") ")?.1;
    let mut times = after_name.split(' ').skip(11).map_while(|field| field.parse::<u64>().ok());
    Some((times.next()? + times.next()?) as f64 / TICKS_A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_system_are_understood() {
        let line = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0 100 1 1\n";
        assert_eq!(seconds_of(line), Some(3.0));
        assert_eq!(seconds_of("7 (a"), None);
        assert_eq!(kibibytes("VmPeak:\t  9 kB\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12));
    }
}

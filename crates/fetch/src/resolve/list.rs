//! `@list`: a file with one locator a line. Lists do not name lists: a line `@x` is a file `@x`.

use std::fs::File;
use std::io::{self, Read};

use unecho_model::RejectReason;

use super::{Findings, find};
use crate::label::Refusal;
use crate::{Config, Error};

/// Finds the sources of every line of the file `list`. Blank lines are skipped.
pub(super) fn find_all(list: &str, config: &Config, findings: &mut Findings) -> Result<(), Error> {
    match read(list, config.limits.list_bytes_max) {
        Ok(text) => {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            lines.into_iter().try_for_each(|line| find(line.as_ref(), config, findings))
        }
        Err(refusal) => {
            findings.refuse(list, refusal);
            Ok(())
        }
    }
}

fn read(list: &str, bytes_max: usize) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    read_up_to(list, bytes_max, &mut bytes).map_err(|error| Refusal::of_io(&error))?;
    if bytes.len() > bytes_max {
        let detail = format!("the list has more than {bytes_max} bytes (list_bytes_max)");
        return Err(Refusal::new(RejectReason::TooLarge, detail));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to() + 1;
        Refusal::new(RejectReason::InvalidEncoding, format!("the list is no UTF-8 at byte {at}"))
    })
}

/// Reads one byte more than allowed, if there is one.
fn read_up_to(list: &str, bytes_max: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
    File::open(list)?.take(bytes_max as u64 + 1).read_to_end(bytes)?;
    Ok(())
}

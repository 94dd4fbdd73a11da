//! Whether a record holds what its digests say. Tools do not agree on what a payload is: the body as it
//! was sent, without its chunks, or decoded. Any of them will do.

use sha1::{Digest as _, Sha1};

use super::RecordHead;
use super::http::{Answer, without_transfer};
use super::write::base32;

/// Which digest of a record its content does not fit; `None` when all fit that can be checked. `decoded`
/// is the body of a response as it was meant.
pub(super) fn mismatch(
    head: &RecordHead,
    block: &[u8],
    answer: Option<&Answer>,
    decoded: &[u8],
) -> Option<&'static str> {
    // The digest of what was cut off may be that of the whole.
    if head.truncated.is_some() {
        return None;
    }
    if head.block_digest.as_deref().is_some_and(|digest| fits(digest, block) == Some(false)) {
        return Some("block");
    }
    let digest = head.payload_digest.as_deref()?;
    let body = answer.map_or(block, |answer| &block[answer.body_at..]);
    let is_wrong = fits(digest, body) == Some(false)
        && fits(digest, decoded) == Some(false)
        && answer.is_none_or(|answer| fits(digest, &without_transfer(answer, body)) == Some(false));
    is_wrong.then_some("payload")
}

/// Whether `bytes` have this digest, `sha1:` and Base32 or hexadecimal digits; `None` for others, which
/// are in little use.
fn fits(digest: &str, bytes: &[u8]) -> Option<bool> {
    const HEX_DIGITS: usize = 40;
    let (algorithm, value) = digest.split_once(':')?;
    if !["sha1", "sha-1"].iter().any(|known| algorithm.eq_ignore_ascii_case(known)) {
        return None;
    }
    let found = Sha1::digest(bytes);
    let found = if value.len() == HEX_DIGITS {
        found.iter().map(|byte| format!("{byte:02x}")).collect()
    } else {
        base32(&found)
    };
    Some(found.eq_ignore_ascii_case(value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_compared_in_both_spellings() {
        assert_eq!(fits("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", b""), Some(true));
        assert_eq!(fits("SHA1:3i42h3s6nnfq2msvx7xzkyayscx5qbyj", b""), Some(true));
        assert_eq!(fits("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709", b""), Some(true));
        assert_eq!(fits("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", b"x"), Some(false));
        assert_eq!(fits("md5:d41d8cd98f00b204e9800998ecf8427e", b"x"), None);
        assert_eq!(fits("3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", b"x"), None);
    }
}

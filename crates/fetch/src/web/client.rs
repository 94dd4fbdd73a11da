//! One request, one answer: no redirect is followed here, no address is connected to that must not
//! be, nothing is decoded, and an answer is never longer than the limit.

use std::io::Read;
use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use unecho_model::RejectReason;
use ureq::config::Config as HttpConfig;
use ureq::http::Uri;
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};
use url::Url;

use super::address::is_public;
use super::{Networks, WebConfig};
use crate::label::Refusal;

/// What ureq wraps the reason in.
const NOT_PUBLIC: &str = "its addresses are not public";

/// Makes requests.
pub(super) struct Client {
    agent: Agent,
    body_bytes_max: usize,
}

/// What is known of an earlier answer, to ask only for a changed one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Validators {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Response {
    pub(super) status: u16,
    /// Status line, fields and body as WARC keeps them.
    pub(super) block: Vec<u8>,
    pub(super) retry_after: Option<Duration>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Failure {
    /// It may work later.
    Temporary(Refusal),
    /// It will not.
    Permanent(Refusal),
}

impl Client {
    pub(super) fn new(config: &WebConfig, body_bytes_max: usize) -> Self {
        let allows = match config.networks {
            Networks::Public => is_public,
            Networks::All => |_| true,
        };
        let guard = Guard { allows, names: DefaultResolver::default() };
        Self::with(config, body_bytes_max, TlsConfig::default(), guard)
    }

    /// A client that trusts as `tls` says and connects where `guard` allows it.
    pub(super) fn with<R: Resolver>(
        config: &WebConfig,
        body_bytes_max: usize,
        tls: TlsConfig,
        guard: Guard<R>,
    ) -> Self {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let http = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A proxy would connect where nobody checks.
            .proxy(None)
            .user_agent(config.user_agent.as_str())
            .tls_config(tls)
            .accept("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5")
            .accept_encoding("gzip, br, zstd")
            .timeout_resolve(seconds(config.connect_seconds_max))
            .timeout_connect(seconds(config.connect_seconds_max))
            .timeout_recv_response(seconds(config.answer_seconds_max))
            .timeout_global(seconds(config.request_seconds_max))
            .max_idle_connections_per_host(config.host_connections_max)
            .build();
        Self { agent: Agent::with_parts(http, DefaultConnector::default(), guard), body_bytes_max }
    }

    /// Asks for `url`.
    pub(super) fn get(&self, url: &Url, validators: &Validators) -> Result<Response, Failure> {
        let mut request = self.agent.get(url.as_str());
        // What a server said is only sent back to it if it is one plain line.
        let plain = |value: &&String| value.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        if let Some(etag) = validators.etag.as_ref().filter(plain) {
            request = request.header("If-None-Match", etag);
        }
        if let Some(date) = validators.last_modified.as_ref().filter(plain) {
            request = request.header("If-Modified-Since", date);
        }
        let response = request.call().map_err(|error| failure_of(&error))?;
        let (parts, body) = response.into_parts();
        let mut content = Vec::new();
        body.into_reader().take(self.body_bytes_max as u64 + 1).read_to_end(&mut content).map_err(
            |error| {
                Failure::Temporary(Refusal::new(
                    RejectReason::Unreachable,
                    format!("the answer breaks off: {error}"),
                ))
            },
        )?;
        if content.len() > self.body_bytes_max {
            let detail =
                format!("the answer has more than {} bytes (document_bytes_max)", self.body_bytes_max);
            return Err(Failure::Permanent(Refusal::new(RejectReason::TooLarge, detail)));
        }
        let status = parts.status.as_u16();
        let reason = parts.status.canonical_reason().unwrap_or_default();
        let mut block = format!("HTTP/1.1 {status} {reason}\r\n").into_bytes();
        for (name, value) in &parts.headers {
            // Chunks were joined; the length is that of what is kept.
            if !["transfer-encoding", "content-length", "connection"].contains(&name.as_str()) {
                block.extend_from_slice(name.as_str().as_bytes());
                block.extend_from_slice(b": ");
                block.extend_from_slice(value.as_bytes());
                block.extend_from_slice(b"\r\n");
            }
        }
        block.extend_from_slice(format!("content-length: {}\r\n\r\n", content.len()).as_bytes());
        block.extend_from_slice(&content);
        let retry_after =
            parts.headers.get("retry-after").and_then(|value| value.to_str().ok()).and_then(retry_after);
        Ok(Response { status, block, retry_after })
    }
}

/// Seconds, or a date.
fn retry_after(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(value.trim()).ok()?;
    Some(date.signed_duration_since(Utc::now()).to_std().unwrap_or_default())
}

fn failure_of(error: &Error) -> Failure {
    let refuse = |reason, detail: String| Refusal::new(reason, detail);
    match error {
        Error::Other(inner) if inner.to_string() == NOT_PUBLIC => {
            let detail = format!("{NOT_PUBLIC} (--allow-private-net allows it)");
            Failure::Permanent(refuse(RejectReason::Forbidden, detail))
        }
        Error::HostNotFound => {
            Failure::Permanent(refuse(RejectReason::Unreachable, "no such host".to_owned()))
        }
        Error::Tls(_) | Error::Rustls(_) => Failure::Permanent(untrusted(error)),
        // The library wraps what happens while hands are shaken.
        Error::Io(inner)
            if inner.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) =>
        {
            Failure::Permanent(untrusted(inner))
        }
        Error::BadUri(_) | Error::Http(_) | Error::LargeResponseHeader(..) => {
            Failure::Permanent(refuse(RejectReason::Unreachable, error.to_string()))
        }
        other => Failure::Temporary(refuse(RejectReason::Unreachable, other.to_string())),
    }
}

fn untrusted(error: &dyn std::error::Error) -> Refusal {
    let said = error.to_string();
    let said = said.strip_prefix("rustls: ").unwrap_or(&said);
    Refusal::new(RejectReason::Unreachable, format!("the server cannot be trusted (TLS): {said}"))
}

/// Looks names up and lets only those addresses through that may be connected to. What is connected
/// to is one of them: nothing looks the name up again.
#[derive(Debug)]
pub(super) struct Guard<R> {
    pub(super) allows: fn(IpAddr) -> bool,
    pub(super) names: R,
}

impl<R: Resolver> Resolver for Guard<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &HttpConfig,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| (self.allows)(address.ip())) {
            allowed.push(*address);
        }
        if allowed.is_empty() { Err(Error::Other(NOT_PUBLIC.into())) } else { Ok(allowed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_are_seconds_or_dates() {
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(retry_after("soon"), None);
    }

    #[test]
    fn nothing_private_is_connected_to() {
        let client = Client::new(&WebConfig::default(), 1000);
        for url in ["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://0x7f.1:1/"] {
            let found = client.get(&Url::parse(url).unwrap(), &Validators::default());
            let Err(Failure::Permanent(refusal)) = found else { panic!("{url}: {found:?}") };
            assert_eq!(refusal.reason, RejectReason::Forbidden, "{url}");
        }
    }
}

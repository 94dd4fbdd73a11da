//! A bucket on loopback, in three dialects. It checks what a store would check (who asks, and under
//! which condition), counts what is written in which order, and can be told to fail.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::server::{Answer, Request, Server};

/// Name of the bucket.
const BUCKET: &str = "stories";
/// Account of the emulator that Azure's tools know.
const ACCOUNT: &str = "devstoreaccount1";
/// Objects on one page of a list: few, so that there are several.
const PAGE: usize = 10;
const MODIFIED: &str = "Sun, 01 Nov 2026 00:00:00 GMT";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    S3,
    Google,
    Azure,
}

/// What goes wrong with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Denied,
    /// It is listed and not there.
    Vanishes,
    /// The first answer ends in the middle.
    BreaksOnce,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    faults: BTreeMap<String, Fault>,
    uploads: Vec<String>,
    /// How many objects may still be written.
    writes_left: Option<usize>,
}

pub(crate) struct Bucket {
    dialect: Dialect,
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Bucket {
    pub(crate) fn s3() -> Self {
        Self::start(Dialect::S3)
    }

    pub(crate) fn google() -> Self {
        Self::start(Dialect::Google)
    }

    pub(crate) fn azure() -> Self {
        Self::start(Dialect::Azure)
    }

    fn start(dialect: Dialect) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(move |request| {
            let signed = match dialect {
                Dialect::S3 => "AWS4-HMAC-SHA256 Credential=somebody/",
                Dialect::Google => "Bearer pass",
                Dialect::Azure => "SharedKey devstoreaccount1:",
            };
            let is_known = request.fields.get("authorization").is_some_and(|by| by.starts_with(signed));
            if is_known { answer(request, dialect, &mut shared.lock().unwrap()) } else { plain(403, "who?") }
        });
        Self { dialect, server, state }
    }

    /// What says how to reach it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let endpoint = self.server.url("");
        let pairs: &[(&'static str, &str)] = match self.dialect {
            Dialect::S3 => &[
                ("AWS_ENDPOINT_URL", &endpoint),
                ("AWS_ALLOW_HTTP", "true"),
                ("AWS_ACCESS_KEY_ID", "somebody"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
                ("AWS_REGION", "eu-central-1"),
            ],
            Dialect::Google => &[
                ("GOOGLE_BASE_URL", &endpoint),
                ("GOOGLE_ALLOW_HTTP", "true"),
                ("GOOGLE_BEARER_TOKEN", "pass"),
            ],
            Dialect::Azure => {
                &[("AZURITE_BLOB_STORAGE_URL", &endpoint), ("AZURE_STORAGE_USE_EMULATOR", "true")]
            }
        };
        pairs.iter().map(|&(name, value)| (name, value.to_owned())).collect()
    }

    pub(crate) fn address(&self, key: &str) -> String {
        let scheme = match self.dialect {
            Dialect::S3 => "s3",
            Dialect::Google => "gs",
            Dialect::Azure => "az",
        };
        format!("{scheme}://{BUCKET}/{key}")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn put(&self, key: &str, content: &[u8]) {
        self.state().objects.insert(key.to_owned(), content.to_owned());
    }

    pub(crate) fn set_fault(&self, key: &str, fault: Fault) {
        self.state().faults.insert(key.to_owned(), fault);
    }

    pub(crate) fn set_writes_left(&self, count: Option<usize>) {
        self.state().writes_left = count;
    }

    /// Turns a bit round.
    pub(crate) fn damage(&self, key: &str) {
        self.state().objects.get_mut(key).unwrap()[10] ^= 1;
    }

    /// The objects below a folder, by their paths in it.
    pub(crate) fn below(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state();
        let below = state
            .objects
            .iter()
            .filter_map(|(key, content)| Some((PathBuf::from(key.strip_prefix(folder)?), content.clone())));
        below.collect()
    }

    /// The keys that were written, in their order.
    pub(crate) fn take_uploads(&self) -> Vec<String> {
        std::mem::take(&mut self.state().uploads)
    }
}

fn plain(status: u16, text: &str) -> Answer {
    Answer::new(status, "text/plain", text)
}

fn xml(text: &str) -> Answer {
    Answer::new(200, "application/xml", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}"))
}

fn answer(request: &Request, dialect: Dialect, state: &mut State) -> Answer {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let path = match dialect {
        Dialect::Azure => path.strip_prefix(&format!("/{ACCOUNT}")).unwrap_or(path),
        Dialect::S3 | Dialect::Google => path,
    };
    let path = decoded(path);
    let Some(key) = path.strip_prefix(&format!("/{BUCKET}")) else { return plain(404, "no such bucket") };
    let query: BTreeMap<String, String> = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    match (request.method.as_str(), key.trim_start_matches('/')) {
        ("GET", "") if dialect == Dialect::Azure => blobs(state, &query),
        ("GET", "") => contents(state, &query),
        ("GET" | "HEAD", key) => object(request, key, state),
        ("PUT", key) => written(request, key, state),
        ("DELETE", key) => {
            state.objects.remove(key);
            plain(204, "")
        }
        _ => plain(501, "not known here"),
    }
}

/// A page of a list, and where the next begins.
fn page<'s>(state: &'s State, prefix: &str, from: &str) -> (Vec<(&'s String, usize)>, Option<String>) {
    let found = state.objects.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() >= from);
    let mut page: Vec<_> = found.map(|(key, content)| (key, content.len())).take(PAGE + 1).collect();
    let next = (page.len() > PAGE).then(|| page.pop().unwrap().0.clone());
    (page, next)
}

/// `ListObjectsV2`.
fn contents(state: &State, query: &BTreeMap<String, String>) -> Answer {
    let value = |name: &str| query.get(name).map_or("", String::as_str);
    let (page, next) = page(state, value("prefix"), value("continuation-token"));
    let contents: String = page
        .iter()
        .map(|(key, size)| {
            let etag = etag(&state.objects[*key]);
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-11-01T00:00:00.000Z</LastModified>\
                 <ETag>{etag}</ETag><Size>{size}</Size></Contents>"
            )
        })
        .collect();
    let next = next.map(|key| format!("<NextContinuationToken>{key}</NextContinuationToken>"));
    xml(&format!("<ListBucketResult>{contents}{}</ListBucketResult>", next.unwrap_or_default()))
}

/// `List Blobs`.
fn blobs(state: &State, query: &BTreeMap<String, String>) -> Answer {
    let value = |name: &str| query.get(name).map_or("", String::as_str);
    let (page, next) = page(state, value("prefix"), value("marker"));
    let blobs: String = page
        .iter()
        .map(|(key, size)| {
            let etag = etag(&state.objects[*key]);
            format!(
                "<Blob><Name>{key}</Name><Properties><Last-Modified>{MODIFIED}</Last-Modified>\
                 <Etag>{etag}</Etag><Content-Length>{size}</Content-Length>\
                 <Content-Type>text/plain</Content-Type></Properties></Blob>"
            )
        })
        .collect();
    let next = next.unwrap_or_default();
    xml(&format!(
        "<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>"
    ))
}

fn object(request: &Request, key: &str, state: &mut State) -> Answer {
    let fault = state.faults.get(key).copied();
    match fault {
        Some(Fault::Denied) => return plain(403, "not for you"),
        Some(Fault::Vanishes) => return plain(404, "gone"),
        Some(Fault::BreaksOnce) | None => {}
    }
    let Some(content) = state.objects.get(key) else { return plain(404, "no such key") };
    let etag = etag(content);
    if request.fields.get("if-match").is_some_and(|asked| *asked != etag) {
        return plain(412, "another one");
    }
    let (size, range) = (content.len(), request.fields.get("range"));
    let from = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')?.0.parse().ok());
    let from: usize = from.unwrap_or(0);
    let body = content[from..].to_vec();
    let status = if range.is_some() { 206 } else { 200 };
    let length = body.len();
    let answer = Answer::new(status, "application/octet-stream", body)
        .with("ETag", etag)
        .with("Last-Modified", MODIFIED)
        .with("Content-Range", format!("bytes {from}-{}/{size}", size.max(1) - 1));
    if fault == Some(Fault::BreaksOnce) && request.method == "GET" {
        state.faults.remove(key);
        let cut = answer.body[..length / 2].to_vec();
        let cut = Answer { body: cut, ..answer };
        return cut.with("Content-Length", length.to_string()).with("Connection", "close");
    }
    answer.with("Content-Length", length.to_string())
}

fn written(request: &Request, key: &str, state: &mut State) -> Answer {
    if let Some(left) = &mut state.writes_left {
        if *left == 0 {
            return plain(403, "no more");
        }
        *left -= 1;
    }
    state.objects.insert(key.to_owned(), request.body.clone());
    state.uploads.push(key.to_owned());
    plain(200, "").with("ETag", etag(&request.body))
}

/// Differs when the content does.
fn etag(content: &[u8]) -> String {
    let sum = content.iter().fold(7_u64, |sum, &byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    format!("\"{sum:016x}\"")
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

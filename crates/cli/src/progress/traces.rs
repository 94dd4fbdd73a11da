//! Traces: the spans of a run, of the whole and of each stage, as OpenTelemetry has them, in a file or sent to
//! a collector. `docs/events.md` describes them.
//!
//! A layer of `tracing` takes the spans down; only when the run has ended are they written, as one line of
//! OTLP in JSON, the form of the collector's file exporter and of OTLP over HTTP.

mod recorder;

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use unecho_pipeline::{Event, Observer};

use super::{Ending, Reporter, not_written, say};
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) use recorder::{Recorder, Recording};

/// Where traces go when the environment is to say it, and what it says.
const BY_ENVIRONMENT: &str = "otlp";
/// Where a collector listens when nothing says where.
const ENDPOINT: &str = "http://localhost:4318";
/// Time for sending.
const SENDING_TIME_MAX: Duration = Duration::from_secs(10);

/// The recorder of this process, once there is one.
static RECORDER: OnceLock<Arc<Recorder>> = OnceLock::new();

/// The recorder that this process has, made by the first who asks.
pub(crate) fn recorder() -> Arc<Recorder> {
    Arc::clone(RECORDER.get_or_init(Arc::default))
}

/// Where traces go.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Destination {
    /// A line is added to this file.
    File(PathBuf),
    /// They are sent to this address.
    Collector(String),
}

impl Destination {
    /// What the flag says, with what the environment has to say of it.
    fn of(said: &Path, variable: impl Fn(&str) -> Option<String>) -> Self {
        let text = said.to_string_lossy();
        let with_path = |endpoint: &str| format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        if text == BY_ENVIRONMENT {
            let traces = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
            let all = || variable("OTEL_EXPORTER_OTLP_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
            return Self::Collector(traces.unwrap_or_else(|| with_path(&all())));
        }
        match text.split_once("://") {
            Some(("http" | "https", rest)) if rest.trim_end_matches('/').contains('/') => {
                Self::Collector(text.into_owned())
            }
            Some(("http" | "https", _)) => Self::Collector(with_path(&text)),
            _ => Self::File(said.to_owned()),
        }
    }
}

/// Who hands the traces over when the run has ended.
pub(super) struct Traces {
    to: Destination,
    recorder: Arc<Recorder>,
    failure: Mutex<Option<Failure>>,
}

impl Traces {
    /// Begins; a file that cannot be written to is found out now.
    pub(super) fn begin(to: &Path) -> Result<Self, Failure> {
        let to = Destination::of(to, |name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        if let Destination::File(file) = &to {
            let refused = |what: String| Failure::new(Exit::Usage, format!("{}: {what}", file.display()));
            match first_bytes(file) {
                Ok(begin) if !begin.is_empty() && begin != BEGINNING => {
                    return Err(refused("is no file of traces".to_owned())
                        .hint("--traces names a file to which a line is added"));
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(refused(error.to_string()));
                }
                _ => {}
            }
            append(file, "").map_err(|error| refused(error.to_string()))?;
        }
        Ok(Self { to, recorder: recorder(), failure: Mutex::new(None) })
    }
}

/// How every line of traces begins.
const BEGINNING: &[u8] = b"{\"resourceSpans\"";

/// As many bytes of a file as tell whether it is one of traces.
fn first_bytes(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if fs::metadata(file)?.is_file() {
        fs::File::open(file)?.take(BEGINNING.len() as u64).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

impl Reporter for Traces {
    fn end(&self, ending: Ending) {
        let line = format!("{}\n", export(&self.recorder.take(), ending));
        match &self.to {
            Destination::File(file) => {
                if let Err(error) = append(file, &line) {
                    let failure = not_written(&file.display().to_string(), &error);
                    *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                }
            }
            // A collector that is away is no reason for a run to fail.
            Destination::Collector(address) => {
                if let Err(error) = send(address, &line) {
                    say(&format!("warning: traces could not be sent to {address}: {error}"));
                }
            }
        }
    }

    fn failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Observer for Traces {
    fn event(&self, _: &Event<'_>) {}
}

fn append(file: &Path, line: &str) -> io::Result<()> {
    fs::OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())
}

/// Sends traces by OTLP over HTTP (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
fn send(address: &str, line: &str) -> Result<(), ureq::Error> {
    let config = ureq::Agent::config_builder().timeout_global(Some(SENDING_TIME_MAX)).build();
    let mut request = config.new_agent().post(address).header("content-type", "application/json");
    let headers = std::env::var("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
    for (name, value) in pairs(&headers) {
        request = request.header(name.as_ref(), value.as_ref());
    }
    request.send(line).map(|_| ())
}

/// What a list such as `a=1,b=x%20y` has: the form of W3C Baggage, in which commas, spaces and whatever else is no plain
/// letter are percent-encoded (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables>).
/// A percent sign that begins no code stands for itself.
fn pairs(list: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let pairs = list.split(',').filter_map(|part| part.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).filter(|(name, _)| !name.is_empty())
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text.trim()).decode_utf8_lossy()
}

/// The spans as one message of OTLP.
fn export(spans: &[recorder::Ended], ending: Ending) -> Value {
    let (name, version) = ("unecho", env!("CARGO_PKG_VERSION"));
    let service = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    let mut resource = vec![
        attribute("service.name", &json!(service.as_deref().unwrap_or(name))),
        attribute("service.version", &json!(version)),
        attribute("process.pid", &json!(std::process::id())),
    ];
    let more = std::env::var("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    resource.extend(pairs(&more).map(|(name, value)| attribute(&name, &json!(value))));
    let spans: Vec<Value> = spans.iter().map(|span| span_of(span, ending)).collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": resource },
        "scopeSpans": [{ "scope": { "name": name, "version": version }, "spans": spans }],
    }] })
}

fn span_of(span: &recorder::Ended, ending: Ending) -> Value {
    /// Kinds and codes of OTLP.
    const INTERNAL: u32 = 1;
    const UNSET: u32 = 0;
    const ERROR: u32 = 2;
    let is_failed = span.is_whole && ending == Ending::Failed;
    let event = |event: &recorder::Said| {
        json!({
            "timeUnixNano": event.at_nanos.to_string(), "name": event.name, "attributes": attributes(&event.fields),
        })
    };
    let mut value = json!({
        "traceId": span.trace_id, "spanId": span.span_id, "name": span.name, "kind": INTERNAL,
        "startTimeUnixNano": span.begun_nanos.to_string(), "endTimeUnixNano": span.ended_nanos.to_string(),
        "attributes": attributes(&span.fields), "events": span.said.iter().map(event).collect::<Vec<_>>(),
        "status": { "code": if is_failed { ERROR } else { UNSET } },
    });
    if let Some(parent) = &span.parent_id {
        value["parentSpanId"] = json!(parent);
    }
    value
}

fn attributes(fields: &[(String, Value)]) -> Vec<Value> {
    fields.iter().map(|(name, value)| attribute(name, value)).collect()
}

/// A name and a value; whole numbers are texts in OTLP's JSON.
fn attribute(name: &str, value: &Value) -> Value {
    let value = match value {
        Value::Bool(is) => json!({ "boolValue": is }),
        Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::String(text) => json!({ "stringValue": text }),
        other => json!({ "stringValue": other.to_string() }),
    };
    json!({ "key": name, "value": value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_file_or_an_address() {
        let set = |set: &'static [(&str, &str)]| {
            move |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            }
        };
        let check = |said: &str, variables: &'static [(&str, &str)], expect: &str| {
            let expect = match expect.starts_with("http") {
                true => Destination::Collector(expect.to_owned()),
                false => Destination::File(expect.into()),
            };
            assert_eq!(Destination::of(Path::new(said), set(variables)), expect, "{said}");
        };
        check("run.jsonl", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a")], "run.jsonl");
        check("otlp", &[], "http://localhost:4318/v1/traces");
        check("otlp", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://a:1/x/")], "https://a:1/x/v1/traces");
        check("otlp", &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://a/t")], "https://a/t");
        check("http://a:4318/", &[], "http://a:4318/v1/traces");
        check("http://a/own/path", &[], "http://a/own/path");
    }

    #[test]
    fn lists_of_the_environment_are_read() {
        let check = |list: &str, expect: &[(&str, &str)]| {
            let found: Vec<(String, String)> =
                pairs(list).map(|(a, b)| (a.into_owned(), b.into_owned())).collect();
            let expect: Vec<(String, String)> =
                expect.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(found, expect, "{list}");
        };
        check("a=1, b = x=y,,c,=d", &[("a", "1"), ("b", "x=y")]);
        check("authorization=Basic%20dXNlcjpwYXNz%3D", &[("authorization", "Basic dXNlcjpwYXNz=")]);
        check("list=a%2Cb%3Dc,caf%C3%A9=+", &[("list", "a,b=c"), ("café", "+")]);
        check("share=100%,odd=%zz%f", &[("share", "100%"), ("odd", "%zz%f")]);
    }
}

//! Takes down spans of `tracing` while they go, and what is said in them.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Most that is kept of what is said in one span.
const SAID_MAX: usize = 128;
/// Most spans that are kept.
const SPANS_MAX: usize = 4096;

/// A span that ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) name: String,
    /// Of 32 and 16 hexadecimal digits.
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) parent_id: Option<String>,
    /// Nanoseconds of Unix time.
    pub(super) begun_nanos: u128,
    pub(super) ended_nanos: u128,
    pub(super) fields: Vec<(String, Value)>,
    pub(super) said: Vec<Said>,
    /// Whether it has no parent in this process.
    pub(super) is_whole: bool,
}

/// Something that was said in a span.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) name: String,
    pub(super) at_nanos: u128,
    pub(super) fields: Vec<(String, Value)>,
}

/// The spans that ended.
#[derive(Debug)]
pub(crate) struct Recorder {
    begun: Instant,
    begun_nanos: u128,
    /// Trace and parent of what has no parent here.
    trace_id: String,
    caller_id: Option<String>,
    first_span: u64,
    spans: AtomicU64,
    ended: Mutex<Vec<Ended>>,
}

impl Default for Recorder {
    /// Goes on with the trace that the variable `TRACEPARENT` names (<https://www.w3.org/TR/trace-context/>).
    fn default() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        let caller = std::env::var("TRACEPARENT").ok();
        let caller = caller.as_deref().and_then(caller_of);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            begun: Instant::now(),
            begun_nanos: since.unwrap_or_default().as_nanos(),
            trace_id: caller
                .map_or_else(|| format!("{:016x}{:016x}", random(), random()), |(trace, _)| trace.to_owned()),
            caller_id: caller.map(|(_, span)| span.to_owned()),
            first_span: random(),
            spans: AtomicU64::new(0),
            ended: Mutex::default(),
        }
    }
}

/// Trace and span in the value of `TRACEPARENT`.
fn caller_of(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.trim().split('-');
    let (version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
    let is_id = |id: &str, digits| {
        id.len() == digits
            && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            && id.bytes().any(|b| b != b'0')
    };
    (version.len() == 2 && is_id(trace, 32) && is_id(span, 16)).then_some((trace, span))
}

/// A span that goes on.
struct Open {
    span_id: String,
    begun_nanos: u128,
    fields: Vec<(String, Value)>,
    said: Vec<Said>,
}

impl Recorder {
    fn now_nanos(&self) -> u128 {
        self.begun_nanos + self.begun.elapsed().as_nanos()
    }

    fn next_id(&self) -> String {
        let number = self.spans.fetch_add(1, Ordering::Relaxed);
        // 0 stands for no span.
        format!("{:016x}", self.first_span.wrapping_add(number).max(1))
    }

    /// The spans that ended since they were taken last, in the order in which they began.
    pub(super) fn take(&self) -> Vec<Ended> {
        let mut ended = std::mem::take(&mut *self.ended.lock().unwrap_or_else(PoisonError::into_inner));
        ended.sort_by_key(|span| (span.begun_nanos, !span.is_whole));
        ended
    }
}

/// The layer that takes down spans.
pub(crate) struct Recording(pub(crate) Arc<Recorder>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recording {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let (span_id, begun_nanos) = (self.0.next_id(), self.0.now_nanos());
        span.extensions_mut().insert(Open { span_id, begun_nanos, fields: fields.0, said: Vec::new() });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            let mut fields = Fields(std::mem::take(&mut open.fields));
            values.record(&mut fields);
            open.fields = fields.0;
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>()
            && open.said.len() < SAID_MAX
        {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let name = fields.take("message").unwrap_or_else(|| event.metadata().name().to_owned());
            open.said.push(Said { name, at_nanos: self.0.now_nanos(), fields: fields.0 });
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let parent = span
            .parent()
            .and_then(|parent| parent.extensions().get::<Open>().map(|open| open.span_id.clone()));
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let mut fields = Fields(open.fields);
        let mut ended = self.0.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.len() < SPANS_MAX {
            ended.push(Ended {
                name: fields.take("otel.name").unwrap_or_else(|| span.name().to_owned()),
                trace_id: self.0.trace_id.clone(),
                span_id: open.span_id,
                is_whole: parent.is_none(),
                parent_id: parent.or_else(|| self.0.caller_id.clone()),
                begun_nanos: open.begun_nanos,
                ended_nanos: self.0.now_nanos(),
                fields: fields.0,
                said: open.said,
            });
        }
    }
}

/// Fields with their values, the last of each.
#[derive(Default)]
struct Fields(Vec<(String, Value)>);

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        match self.0.iter_mut().find(|(name, _)| name == field.name()) {
            Some((_, known)) => *known = value,
            None => self.0.push((field.name().to_owned(), value)),
        }
    }

    /// Takes the text of a field out.
    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        match self.0.remove(at).1 {
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, Value::from(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::from(value));
    }
}

#[cfg(test)]
mod tests {
    use tracing::info_span;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn spans_are_taken_down_with_what_was_said_in_them() {
        let recorder =
            Arc::new(Recorder { caller_id: Some("00f067aa0ba902b7".to_owned()), ..Recorder::default() });
        let subscriber = tracing_subscriber::registry().with(Recording(Arc::clone(&recorder)));
        tracing::subscriber::with_default(subscriber, || {
            let whole = info_span!("ingest", kept = tracing::field::Empty);
            let _in_it = whole.enter();
            {
                let _stage = info_span!("stage", otel.name = "read", total = 7_u64).entered();
                tracing::info!(documents = 3, "read");
            }
            whole.record("kept", 2_u64);
        });
        let [whole, stage] = recorder.take().try_into().unwrap();
        assert_eq!((whole.name.as_str(), stage.name.as_str()), ("ingest", "read"));
        assert_eq!((whole.parent_id.as_deref(), whole.is_whole), (Some("00f067aa0ba902b7"), true));
        assert_eq!((stage.parent_id.as_ref(), stage.is_whole), (Some(&whole.span_id), false));
        assert_eq!(whole.fields, [("kept".to_owned(), Value::from(2))]);
        assert_eq!(stage.fields, [("total".to_owned(), Value::from(7))]);
        assert_eq!((stage.said[0].name.as_str(), &stage.said[0].fields[0].1), ("read", &Value::from(3)));
        assert!(whole.begun_nanos <= stage.begun_nanos && stage.ended_nanos <= whole.ended_nanos);
        assert!(recorder.take().is_empty());
    }

    #[test]
    fn a_caller_is_known_by_its_trace() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let known = format!("00-{trace}-00f067aa0ba902b7-01");
        assert_eq!(caller_of(&known), Some((trace, "00f067aa0ba902b7")));
        for text in ["", "00", "00-0-0-01", &known.replace("4bf9", "0000x"), &known.to_uppercase()] {
            assert_eq!(caller_of(text), None, "{text}");
        }
    }
}

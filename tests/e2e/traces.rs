//! The spans of a run, as OpenTelemetry has them.

use std::fs;
use std::io::{Read, Write};

use serde_json::Value;

use crate::harness::{feed, finish, home, run, summary, unecho};

#[test]
fn traces_are_spans_of_the_stages() {
    let home = home(&[("feed.jsonl", feed().as_bytes()), ("mine.txt", b"mine")]);
    let args = ["ingest", "-q", "feed.jsonl", "--out", "out", "--traces", "traces.jsonl"];
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let caller = format!("00-{trace}-00f067aa0ba902b7-01");
    finish(unecho(home.path()).args(args).env("TRACEPARENT", caller)).ended(0);
    run(home.path(), ["ingest", "-q", "absent", "--out", "other", "--traces", "traces.jsonl"]).ended(2);
    let text = fs::read_to_string(home.path().join("traces.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [done, failed] = lines.as_slice() else { panic!("one line a run: {text}") };
    let spans = |line: &Value| line["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone();
    let all = spans(done);
    let number = |span: &Value, field: &str| span[field].as_str().unwrap().parse::<u64>().unwrap();
    let (whole, stages) = all.split_first().unwrap();
    assert_eq!(
        (whole["name"].as_str(), whole["parentSpanId"].as_str()),
        (Some("ingest"), Some("00f067aa0ba902b7"))
    );
    let kept =
        whole["attributes"].as_array().unwrap().iter().find(|attribute| attribute["key"] == "kept").unwrap();
    let counted = summary(&home.path().join("out"))["documents"]["kept"].to_string();
    assert_eq!(kept["value"]["intValue"].as_str(), Some(counted.as_str()));
    let names: Vec<&str> = stages.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert!(names.starts_with(&["read", "fingerprint"]) && names.ends_with(&["write"]), "{names:?}");
    let mut ids = std::collections::BTreeSet::new();
    for span in &all {
        assert_eq!(span["traceId"].as_str(), Some(trace));
        assert!(ids.insert(span["spanId"].as_str().unwrap().to_owned()), "every span has its id");
        assert!(number(span, "startTimeUnixNano") <= number(span, "endTimeUnixNano"));
        assert!(number(whole, "startTimeUnixNano") <= number(span, "startTimeUnixNano"));
        assert!(number(span, "endTimeUnixNano") <= number(whole, "endTimeUnixNano"));
    }
    assert!(stages.iter().all(|span| span["parentSpanId"] == whole["spanId"]));
    assert!(stages[0]["events"].as_array().unwrap().iter().any(|event| event["name"] == "read"));
    assert_eq!(whole["status"]["code"], 0);
    assert_eq!(spans(failed)[0]["status"]["code"], 2, "a run that failed says so");
    // A collector that is away fails no run, and files of others are left alone.
    let away = ["ingest", "feed.jsonl", "--out", "out", "--traces", "http://127.0.0.1:1"];
    assert!(run(home.path(), away).ended(0).stderr.contains("could not be sent"));
    run(home.path(), ["ingest", "-q", "feed.jsonl", "--out", "out", "--traces", "mine.txt"]).ended(2);
    assert_eq!(fs::read(home.path().join("mine.txt")).unwrap(), b"mine");
}

#[test]
fn traces_are_sent_to_a_collector() {
    let home = home(&[("a.txt", b"Some words of a short text about the ferry.\n")]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let collector = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let (mut request, mut part) = (Vec::new(), [0; 4096]);
        loop {
            let read = stream.read(&mut part).unwrap();
            request.extend(&part[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                if body.len() >= length.parse().unwrap() {
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
                        .unwrap();
                    return (head.to_owned(), body.to_owned());
                }
            }
        }
    });
    let mut command = unecho(home.path());
    command.args(["ingest", "-q", "a.txt", "--out", "out", "--traces", "otlp"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=Bearer%20abc%2C1");
    finish(&mut command).ended(0);
    let (head, body) = collector.join().unwrap();
    assert!(head.starts_with("POST /v1/traces ") && head.contains("x-key: Bearer abc,1"), "{head}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"], "ingest");
}

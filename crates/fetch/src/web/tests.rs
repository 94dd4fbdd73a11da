//! Servers that mean no good: what they answer, how slowly, and where they lead to.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use ureq::config::Config as HttpConfig;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::client::{Client, Guard};
use super::{Fetch, Follow, Wanted, WebConfig, fetch_by};
use crate::Config;

/// The address that stands for the public internet, and one that does not.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
const PRIVATE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// What is done with a connection on which a request came.
type Serve = dyn Fn(&str, &mut dyn Write) -> std::io::Result<()> + Send + Sync;

/// A server that answers one request a connection, and counts them.
struct Server {
    address: SocketAddr,
    n_connections: Arc<AtomicUsize>,
}

impl Server {
    fn start(at: Ipv4Addr, tls: Option<Arc<rustls::ServerConfig>>, serve: Arc<Serve>) -> Self {
        let listener = TcpListener::bind((at, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let n_connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&n_connections);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (serve, tls) = (Arc::clone(&serve), tls.clone());
                // What comes of a client that goes away does not matter.
                std::thread::spawn(move || match tls {
                    Some(tls) => {
                        let connection = rustls::ServerConnection::new(tls).unwrap();
                        answer(rustls::StreamOwned::new(connection, stream), serve.as_ref())
                    }
                    None => answer(stream, serve.as_ref()),
                });
            }
        });
        Self { address, n_connections }
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    fn n_connections(&self) -> usize {
        self.n_connections.load(Ordering::SeqCst)
    }
}

fn answer(stream: impl Read + Write, serve: &Serve) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream);
    let mut request = String::new();
    lines.read_line(&mut request)?;
    let mut field = String::new();
    while lines.read_line(&mut field)? > 2 {
        field.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let stream = lines.get_mut();
    if path == "/robots.txt" {
        return write!(stream, "HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    serve(&path, stream)
}

/// Names lead to one address after another.
#[derive(Debug, Default)]
struct Names(Mutex<VecDeque<Vec<Ipv4Addr>>>);

impl Names {
    fn of(addresses: &[&[Ipv4Addr]]) -> Self {
        Self(Mutex::new(addresses.iter().map(|addresses| addresses.to_vec()).collect()))
    }
}

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &HttpConfig,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let Some(addresses) = self.0.lock().unwrap().pop_front() else {
            return DefaultResolver::default().resolve(uri, config, timeout);
        };
        let mut found = self.empty();
        for address in addresses {
            found.push((address, uri.port_u16().unwrap()).into());
        }
        Ok(found)
    }
}

/// A configuration that waits for little.
fn hasty() -> Config {
    let web = WebConfig {
        delay: Duration::ZERO,
        tries_max: 1,
        connect_seconds_max: 5,
        answer_seconds_max: 1,
        request_seconds_max: 2,
        ..WebConfig::default()
    };
    Config { web, ..Config::default() }
}

fn fetch_from(url: &str, names: Names, tls: TlsConfig, config: &Config) -> Fetch {
    let folder = tempfile::tempdir().unwrap();
    let guard = Guard { allows: |address| address == IpAddr::V4(PUBLIC), names };
    let client = Client::with(&config.web, config.limits.document_bytes_max, tls, guard);
    let archive = folder.path().join(Path::new("pages.warc.gz"));
    let addresses = [url.to_owned()];
    let wanted = Wanted { addresses: &addresses, follow: Follow::AsFound, archive: &archive };
    fetch_by(client, &wanted, config, &AtomicBool::new(false), &|_| {}).unwrap()
}

#[track_caller]
fn check_rejected(fetch: &Fetch, reason: &str, part: &str) {
    assert_eq!(fetch.pages, []);
    let [rejected] = fetch.rejected.as_slice() else { panic!("{fetch:?}") };
    assert_eq!(rejected.reason.name(), reason, "{}", rejected.detail);
    assert!(rejected.detail.contains(part), "{}", rejected.detail);
}

fn page(stream: &mut dyn Write) -> std::io::Result<()> {
    let page = "<p>A page.</p>";
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    )
}

fn moved(stream: &mut dyn Write, to: &str) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 302 X\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

/// Waits until the client goes away, one way or another.
fn drip(stream: &mut dyn Write, bytes: &[u8]) -> std::io::Result<()> {
    loop {
        stream.write_all(bytes)?;
        stream.flush()?;
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn servers_that_stall_are_left_after_a_time() {
    let serve: Arc<Serve> = Arc::new(|path, stream| match path {
        "/nothing" => drip(stream, b""),
        "/header" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX: ")?;
            drip(stream, b"x")
        }
        "/cut-header" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX: ")?;
            drip(stream, b"")
        }
        "/body" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")?;
            drip(stream, b"x")
        }
        "/cut-body" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf")?;
            drip(stream, b"")
        }
        _ => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            drip(stream, b"1\r\nx\r\n")
        }
    });
    let server = Server::start(PUBLIC, None, serve);
    for path in ["/nothing", "/header", "/cut-header", "/body", "/cut-body", "/chunks"] {
        let fetch =
            fetch_from(&server.url("127.0.0.1", path), Names::default(), TlsConfig::default(), &hasty());
        check_rejected(&fetch, "unreachable", "timeout");
    }
}

#[test]
fn answers_without_end_are_left_at_the_limit() {
    let serve: Arc<Serve> = Arc::new(|path, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        if path == "/body" {
            stream.write_all(b"\r\n")?;
        }
        loop {
            stream.write_all(format!("X-{}: x\r\n", "y".repeat(1000)).as_bytes())?;
        }
    });
    let server = Server::start(PUBLIC, None, serve);
    let mut config = hasty();
    config.limits.document_bytes_max = 100_000;
    let fetch =
        |path| fetch_from(&server.url("127.0.0.1", path), Names::default(), TlsConfig::default(), &config);
    check_rejected(&fetch("/header"), "unreachable", "header");
    check_rejected(&fetch("/body"), "too-large", "document_bytes_max");
}

#[test]
fn a_redirect_to_a_private_address_is_not_followed() {
    let secret = Server::start(PRIVATE, None, Arc::new(|_, stream| page(stream)));
    let port = secret.address.port();
    for host in ["127.0.0.2", "2130706434", "0x7f.2", "[::ffff:127.0.0.2]"] {
        let to = format!("http://{host}:{port}/");
        let open = Server::start(PUBLIC, None, Arc::new(move |_, stream| moved(stream, &to)));
        let fetch = fetch_from(&open.url("127.0.0.1", "/"), Names::default(), TlsConfig::default(), &hasty());
        check_rejected(&fetch, "forbidden", "not public");
        assert!(open.n_connections() > 0);
    }
    assert_eq!(secret.n_connections(), 0, "nobody connected");
}

#[test]
fn a_name_that_changes_its_address_leads_nowhere_private() {
    let secret = Server::start(PRIVATE, None, Arc::new(|_, stream| page(stream)));
    let port = secret.address.port();
    // Public when it is looked up for robots.txt, private for the page, and both at once.
    let names = Names::of(&[&[PUBLIC], &[PRIVATE], &[PRIVATE]]);
    let url = format!("http://news.example:{port}/");
    let fetch = fetch_from(&url, names, TlsConfig::default(), &hasty());
    assert_eq!(fetch.pages, []);
    let open = Server::start(PUBLIC, None, Arc::new(|_, stream| page(stream)));
    let both: &[Ipv4Addr] = &[PRIVATE, PUBLIC];
    let names = Names::of(&[both, both]);
    let fetch = fetch_from(&open.url("news.example", "/"), names, TlsConfig::default(), &hasty());
    assert_eq!(fetch.pages.len(), 1, "{fetch:?}");
    let names = Names::of(&[&[PUBLIC], &[PRIVATE]]);
    let fetch = fetch_from(&open.url("news.example", "/"), names, TlsConfig::default(), &hasty());
    check_rejected(&fetch, "forbidden", "not public");
    assert_eq!(secret.n_connections(), 0, "nobody connected");
}

/// A certificate that signs itself, and a server that shows it.
fn self_signed() -> (Certificate<'static>, Arc<rustls::ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (Certificate::from_der(made.cert.der()).to_owned(), Arc::new(config))
}

#[test]
fn servers_are_trusted_by_their_certificates() {
    let (certificate, server_tls) = self_signed();
    let plain = Server::start(PUBLIC, None, Arc::new(|_, stream| page(stream)));
    let to = plain.url("127.0.0.1", "/");
    let serve: Arc<Serve> = Arc::new(move |path, stream| match path {
        "/moved" => moved(stream, &to),
        _ => page(stream),
    });
    let server = Server::start(PUBLIC, Some(server_tls), serve);
    let url = |host: &str, path: &str| format!("https://{host}:{}{path}", server.address.port());
    let trusting = || {
        TlsConfig::builder().root_certs(RootCerts::new_with_certs(std::slice::from_ref(&certificate))).build()
    };
    let fetch = |url: &str, tls| fetch_from(url, Names::of(&[&[PUBLIC], &[PUBLIC]]), tls, &hasty());
    check_rejected(&fetch(&url("127.0.0.1", "/"), TlsConfig::default()), "unreachable", "UnknownIssuer");
    check_rejected(&fetch(&url("127.0.0.1", "/"), TlsConfig::default()), "unreachable", "cannot be trusted");
    check_rejected(&fetch(&url("other.example", "/"), trusting()), "unreachable", "not valid for name");
    assert_eq!(fetch(&url("127.0.0.1", "/"), trusting()).pages.len(), 1);
    check_rejected(&fetch(&url("127.0.0.1", "/moved"), trusting()), "forbidden", "from https to http");
    assert_eq!(plain.n_connections(), 0);
    // A server that speaks no TLS at all.
    let url = plain.url("127.0.0.1", "/").replace("http:", "https:");
    check_rejected(&fetch(&url, trusting()), "unreachable", "");
}

//! A news site on loopback goes through to a deduplicated corpus, politely, and a second run asks
//! only for what changed.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::harness::{Outcome, home, ids, prose, records, run, summary, tree};
use crate::server::{Answer, Request, Server};

/// Stories of the site; every tenth is a copy of the one before.
const STORIES: usize = 200;

fn page(at: usize, edition: usize) -> String {
    let story = if at % 10 == 9 { at - 1 } else { at };
    let paragraphs: String = (0..5)
        .map(|part| format!("<p>{}</p>", prose((story * 10 + part + edition * 100_000) as u64 + 1, 70)))
        .collect();
    let title = prose(at as u64 + 7_000_000, 6);
    format!(
        "<!doctype html><html><head><title>{title}</title></head><body><nav><a href=/>Home</a></nav>\
         <article><h1>{title}</h1>{paragraphs}</article><footer>Imprint</footer></body></html>"
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What the site has and did.
#[derive(Default)]
struct Site {
    edition: AtomicUsize,
    /// Stories that were sent whole.
    n_sent: AtomicUsize,
}

impl Site {
    /// How many stories were sent whole since the last call.
    fn take_sent(&self) -> usize {
        self.n_sent.swap(0, Ordering::SeqCst)
    }
}

/// Stories in the feed, some of them in the sitemap behind an index.
fn answer(request: &Request, site: &Site) -> Answer {
    let edition = site.edition.load(Ordering::SeqCst);
    let html = "text/html; charset=utf-8";
    let host = &request.fields["host"];
    let link = |at: usize| format!("http://{host}/story/{at}");
    let path = request.path.as_str();
    match path {
        "/robots.txt" => Answer::new(
            200,
            "text/plain",
            "User-agent: somebody\nDisallow: /\n\nUser-agent: *\nDisallow: /story/private\nSitemap: /index.xml\n",
        ),
        "/feed.xml" => {
            let items: String =
                (0..STORIES).map(|at| format!("<item><link>{}</link></item>", link(at))).collect();
            let odd = [
                "private/1",
                "missing",
                "broken",
                "flaky",
                "moved",
                "circle",
                "image",
                "cut",
                "chunked",
                "slow",
            ];
            let odd: String = odd.map(|name| format!("<item><link>/story/{name}</link></item>")).concat();
            let feed = format!("<rss version='2.0'><channel><title>T</title>{items}{odd}</channel></rss>");
            Answer::new(200, "application/rss+xml", feed)
        }
        "/index.xml" => Answer::new(
            200,
            "application/xml",
            format!("<sitemapindex><sitemap><loc>http://{host}/map.xml.gz</loc></sitemap></sitemapindex>"),
        ),
        "/map.xml.gz" => {
            let urls: String = (0..3).map(|at| format!("<url><loc>{}</loc></url>", link(at))).collect();
            Answer::new(200, "application/gzip", gzip(format!("<urlset>{urls}</urlset>").as_bytes()))
        }
        "/" => Answer::new(
            200,
            html,
            "<head><link rel=alternate type=application/rss+xml href=/feed.xml></head>",
        ),
        "/story/missing" => Answer::new(404, html, "nothing here"),
        "/story/broken" => Answer::new(500, html, "out of order"),
        "/story/flaky" if request.n_before == 0 => Answer::new(503, html, "later").with("Retry-After", "0"),
        "/story/flaky" => Answer::new(200, html, page(3000, 0)),
        "/story/moved" => Answer::new(301, html, "").with("Location", "/story/moved-here#part"),
        "/story/moved-here" => Answer::new(200, html, page(3001, 0)),
        "/story/circle" => Answer::new(302, html, "").with("Location", "/story/circle"),
        "/story/image" => Answer::new(200, "image/png", "\u{89}PNG"),
        "/story/cut" => {
            Answer::new(200, html, "half").with("Content-Length", "1000").with("Connection", "close")
        }
        "/story/slow" => {
            let delay = std::time::Duration::from_millis(300);
            Answer { delay, ..Answer::new(200, html, page(3003, 0)) }
        }
        "/story/chunked" => {
            let page = page(3002, 0);
            let (one, other) = page.split_at(100);
            let body = format!("64\r\n{one}\r\n{:x}\r\n{other}\r\n0\r\n\r\n", other.len());
            Answer::new(200, html, body).with("Transfer-Encoding", "chunked")
        }
        _ => {
            let at: usize = path.strip_prefix("/story/").unwrap_or_default().parse().unwrap();
            // The first ten have an edition of their own.
            let edition = if at < 10 { edition } else { 0 };
            let etag = format!("\"{at}-{edition}\"");
            if request.fields.get("if-none-match") == Some(&etag) {
                return Answer::new(304, html, "").with("ETag", etag);
            }
            site.n_sent.fetch_add(1, Ordering::SeqCst);
            let answer = Answer::new(200, html, gzip(page(at, edition).as_bytes()));
            answer.with("ETag", etag).with("Content-Encoding", "gzip")
        }
    }
}

fn start() -> (Server, Arc<Site>) {
    let site = Arc::new(Site::default());
    let served = Arc::clone(&site);
    (Server::start(move |request| answer(request, &served)), site)
}

fn ingest(home: &std::path::Path, url: &str) -> Outcome {
    run(home, ["ingest", url, "--allow-private-net", "--delay", "0", "--out", "corpus"])
}

fn reason_of<'a>(rejected: &'a [Value], server: &Server, path: &str) -> &'a str {
    let url = server.url(path);
    let record = rejected.iter().find(|record| record["path"] == url.as_str());
    record.map_or("", |record| record["reason"].as_str().unwrap())
}

#[test]
fn a_site_becomes_a_corpus_and_a_second_run_asks_for_what_changed() {
    let (server, site) = start();
    let home = home(&[]);
    let out = home.path().join("corpus");
    ingest(home.path(), &server.url("/feed.xml")).ended(3);
    let first = summary(&out);
    // 200 stories, a flaky one, a moved one, a chunked one, a slow one.
    assert_eq!(
        (&first["documents"]["read"], &first["documents"]["rejected"]),
        (&210.into(), &6.into()),
        "{first:#}"
    );
    assert_eq!(first["documents"]["dropped"], 20, "every tenth is a copy");
    let rejected = records(&out, "rejected");
    for (path, reason) in [
        ("/story/private/1", "forbidden"),
        ("/story/missing", "unreachable"),
        ("/story/broken", "unreachable"),
        ("/story/circle", "forbidden"),
        ("/story/image", "binary"),
        ("/story/cut", "unreachable"),
    ] {
        assert_eq!(reason_of(&rejected, &server, path), reason, "{path}");
    }
    assert!(rejected.iter().all(|record| record["url"] == record["path"]), "what was asked for");
    let kept = records(&out, "data");
    assert!(ids(&kept).contains(&server.url("/story/moved-here").as_str()));
    assert_eq!(kept[0]["url"], kept[0]["path"]);
    assert_eq!(kept[0]["metadata"]["warc"]["type"], "response");
    let asked = server.take_log();
    assert!(!asked.iter().any(|path| path.starts_with("/story/private")), "robots.txt was heeded");
    assert_eq!(asked.iter().filter(|path| *path == "/story/broken").count(), 3, "tried three times");
    let before = tree(&out);
    assert_eq!(site.take_sent(), STORIES);

    ingest(home.path(), &server.url("/feed.xml")).ended(3);
    assert!(tree(&out) == before, "nothing changed, nothing changes");
    assert_eq!(site.take_sent(), 0, "nothing is sent again");
    let bytes = std::fs::metadata(home.path().join("corpus.warc.gz")).unwrap().len();

    site.edition.store(1, Ordering::SeqCst);
    ingest(home.path(), &server.url("/feed.xml")).ended(3);
    let third = summary(&out);
    assert_eq!(site.take_sent(), 10, "what changed is sent");
    assert_eq!(third["documents"], first["documents"], "{third:#}");
    assert!(tree(&out) != before);
    let grown = std::fs::metadata(home.path().join("corpus.warc.gz")).unwrap().len() - bytes;
    assert!(grown < bytes / 2, "{grown} of {bytes} bytes: what did not change is not kept again");
    run(home.path(), ["verify", "corpus"]).ended(0);
}

#[test]
fn what_was_fetched_can_be_read_again_without_the_network() {
    let (server, _) = start();
    let home = home(&[]);
    let flags = ["--allow-private-net", "--delay", "0", "-o", "pages.warc.gz"];
    let url = server.url("/");
    run(home.path(), [&["fetch", "--sitemap", url.as_str()][..], &flags].concat()).ended(0);
    assert_eq!(
        server.take_log(),
        ["/index.xml", "/map.xml.gz", "/robots.txt", "/story/0", "/story/1", "/story/2"]
    );
    run(home.path(), ["ingest", "pages.warc.gz", "--out", "corpus"]).ended(0);
    assert_eq!(summary(&home.path().join("corpus"))["documents"]["kept"], 3);

    run(home.path(), [&["fetch", "--feed", url.as_str()][..], &flags].concat()).ended(3);
    let asked = server.take_log();
    assert!(asked.contains(&"/feed.xml".to_owned()) && asked.contains(&"/story/150".to_owned()));
}

#[test]
fn nothing_private_is_asked_for_unless_allowed() {
    let (server, _) = start();
    let home = home(&[]);
    let outcome = run(home.path(), ["fetch", &server.url("/feed.xml"), "-o", "pages.warc.gz"]).ended(3);
    assert!(outcome.stderr.contains("forbidden: its addresses are not public"), "{}", outcome.stderr);
    assert_eq!(server.take_log(), Vec::<String>::new());
}

#[test]
fn a_fetch_reads_settings() {
    let (server, _) = start();
    let home = home(&[("unecho.toml", b"user-agent = \"somebody/1\"\n")]);
    let url = server.url("/story/1");
    let line = ["fetch", &url, "-o", "pages.warc.gz", "--allow-private-net"];
    let refused = run(home.path(), line).ended(3);
    assert!(refused.stderr.contains("robots"), "somebody is not wanted there: {}", refused.stderr);
    run(home.path(), [&line[..], &["--no-config"]].concat()).ended(0);
}

#[test]
fn a_file_that_is_no_archive_of_its_own_is_never_touched() {
    let (server, _) = start();
    let damaged = {
        let home = home(&[]);
        let flags = ["-o", "pages.warc.gz", "--sitemap", "--allow-private-net", "--delay", "0"];
        run(home.path(), [&["fetch", &server.url("/")][..], &flags].concat()).ended(0);
        let mut pages = std::fs::read(home.path().join("pages.warc.gz")).unwrap();
        let middle = pages.len() / 2;
        pages[middle..middle + 40].fill(0);
        pages
    };
    let others: [(&str, Vec<u8>); 3] =
        [("rows.jsonl.gz", gzip(b"{}")), ("notes.txt", b"mine".to_vec()), ("damaged.warc.gz", damaged)];
    for (name, content) in others {
        let home = home(&[(name, &content)]);
        run(home.path(), ["fetch", &server.url("/"), "--allow-private-net", "-o", name]).ended(1);
        assert!(std::fs::read(home.path().join(name)).unwrap() == content, "{name}");
    }
}

#[test]
#[cfg(unix)]
fn a_killed_fetch_goes_on_where_it_stopped() {
    use std::time::{Duration, Instant};
    let (server, _) = start();
    let home = home(&[]);
    let args =
        ["fetch", &server.url("/feed.xml"), "-o", "pages.warc.gz", "--allow-private-net", "--delay", "0.02"];
    let mut child =
        crate::harness::unecho(home.path()).args(args).stderr(std::process::Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let mut asked = Vec::new();
    while asked.len() < 40 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
        asked.extend(server.take_log());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    asked.extend(server.take_log());
    // What a kill in the middle of a write leaves.
    let pages = home.path().join("pages.warc.gz");
    let whole = std::fs::read(&pages).unwrap();
    std::fs::write(&pages, [whole.as_slice(), &whole[..100]].concat()).unwrap();
    run(home.path(), args).ended(3);
    let again = server.take_log();
    let n_twice = (0..STORIES).filter(|at| {
        let path = format!("/story/{at}");
        asked.contains(&path) && again.contains(&path)
    });
    assert!(n_twice.count() <= 2, "only what was on its way is asked for again");
    run(home.path(), ["ingest", "pages.warc.gz", "--out", "corpus"]).ended(0);
    assert_eq!(summary(&home.path().join("corpus"))["documents"]["read"], 204);
}

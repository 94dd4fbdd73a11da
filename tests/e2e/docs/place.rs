//! Where the commands of a page are run: a folder with what they name, and servers instead of those that they name.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::harness::{home, prose, root, row, shell};
use crate::objects::bucket::Bucket;
use crate::server::{Answer, Request, Server};

/// A folder and servers for the commands of one page.
pub(super) struct Place {
    home: TempDir,
    site: Server,
    bucket: Bucket,
}

impl Place {
    /// Everything that pages name and do not make themselves.
    pub(super) fn new() -> Self {
        let (one, other) = (prose(1, 90), prose(2, 90));
        let feed =
            row("some-id", &one) + &row("other-id", &one.replacen(' ', " very ", 1)) + &row("third", &other);
        let page = page("A story of the harbour", &prose(3, 120));
        let site = Server::start(news);
        let addresses = format!("{}\n{}\n", site.url("/one.html"), site.url("/two.html"));
        let home = home(&[
            ("feed.jsonl", feed.as_bytes()),
            ("feed.jsonl.zst", &zstd::encode_all(feed.as_bytes(), 1).unwrap()),
            ("crawl/example.warc", &web_archive()),
            ("crawl/page.html.gz", &gzip(page.as_bytes())),
            ("page.html", page.as_bytes()),
            ("notes.txt", other.as_bytes()),
            ("monday.jsonl", row("monday-1", &one).as_bytes()),
            ("tuesday.jsonl", (row("tuesday-1", &one) + &row("tuesday-2", &other)).as_bytes()),
            ("addresses.txt", addresses.as_bytes()),
        ]);
        for folder in ["articles", "demo/corpus"] {
            copy(&root().join("demo/corpus"), &home.path().join(folder));
        }
        let bucket = Bucket::s3();
        bucket.put("news/2026/example.warc.gz", &gzip(&web_archive()));
        Self { home, site, bucket }
    }

    /// The command as it is written, but for the addresses of servers; those of this machine must be allowed, and nobody
    /// waits for them to rest.
    pub(super) fn shell(&self, command: &str) -> Command {
        const SITE: &str = "https://news.example";
        let asks_site = command.contains(SITE) || command.starts_with("unecho fetch");
        let flags = if asks_site { " --allow-private-net --delay 0" } else { "" };
        let command = command
            .replace(SITE, &self.site.url(""))
            .replace("s3://news/", &self.bucket.address("news/"))
            .replace("s3://corpora/", &self.bucket.address("corpora/"));
        let script = format!("UNECHO=\"$0\"\nunecho() {{ \"$UNECHO\" \"$@\"{flags}; }}\n{command}");
        let mut shell = shell(self.home.path(), &script);
        shell.envs(self.bucket.environment());
        shell
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn page(title: &str, text: &str) -> String {
    format!(
        "<!doctype html><html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p></article></body></html>"
    )
}

/// A small news site: a feed, a sitemap, two stories.
fn news(request: &Request) -> Answer {
    let host = &request.fields["host"];
    let links = ["one", "two"].map(|name| format!("http://{host}/{name}.html"));
    match request.path.as_str() {
        "/robots.txt" => Answer::new(200, "text/plain", format!("Sitemap: http://{host}/sitemap.xml\n")),
        "/feed.xml" => {
            let items = links.map(|link| format!("<item><link>{link}</link></item>")).concat();
            let feed = format!("<rss version='2.0'><channel><title>News</title>{items}</channel></rss>");
            Answer::new(200, "application/rss+xml", feed)
        }
        "/sitemap.xml" => {
            let urls = links.map(|link| format!("<url><loc>{link}</loc></url>")).concat();
            Answer::new(200, "application/xml", format!("<urlset>{urls}</urlset>"))
        }
        path => {
            let story = u64::from(path.contains("two")) + 10;
            Answer::new(200, "text/html; charset=utf-8", page("A story", &prose(story, 120)))
        }
    }
}

/// The pages in demo/ as a web archive, and one record that is no document.
fn web_archive() -> Vec<u8> {
    let record = |kind: &str, address: &str, content: &str| {
        let length = content.len();
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {address}\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n\
             WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{:012}>\r\n\
             Content-Type: application/http; msgtype={kind}\r\nContent-Length: {length}\r\n\r\n{content}\r\n\r\n",
            address.len()
        )
    };
    let mut archive = record("request", "https://pages.example/", "GET / HTTP/1.1\r\n\r\n");
    for entry in fs::read_dir(root().join("demo/corpus")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "html") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let page = fs::read_to_string(&path).unwrap();
            let content = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{page}");
            archive.push_str(&record("response", &format!("https://pages.example/{name}"), &content));
        }
    }
    archive.into_bytes()
}

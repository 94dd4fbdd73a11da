//! `cargo xtask object-store`: inputs and outputs in a bucket of moto, a server that speaks S3 and that
//! others wrote. It is installed from PyPI below `target/`; nothing leaves this machine.
//!
//! The end-to-end tests ask the same of a small server of their own, which can fail on purpose.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::bench::environment;
use crate::tool::{Tool, check, root, say};

/// What is installed.
const PACKAGES: [&str; 1] = ["moto[server]==5.*"];
/// Name of the bucket.
const BUCKET: &str = "unecho";
/// Time for the server to answer for the first time.
const START_TIME: Duration = Duration::from_secs(120);

pub(crate) fn run() -> Result<ExitCode> {
    let tool = Tool::build()?;
    let scratch = root().join("target/object-store");
    std::fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let python = environment(&scratch, &PACKAGES)?;
    let server = Server::start(&python)?;
    let (here, there) = (scratch.join("out"), format!("s3://{BUCKET}/results/demo"));
    let articles = root().join("demo/corpus");
    let run = |args: &[&Path]| check(tool.command().envs(server.environment()).args(args));
    let ingest =
        |from: &Path, to: &Path| run(&["ingest".as_ref(), "-q".as_ref(), from, "--out".as_ref(), to]);
    ingest(&articles, &here)?;
    // Twice: the second replaces the first.
    ingest(&articles, there.as_ref())?;
    ingest(&articles, there.as_ref())?;
    run(&["verify".as_ref(), there.as_ref(), "--read-data".as_ref()])?;
    for name in ["_SUCCESS", "manifest.json"] {
        let local = std::fs::read(here.join(name)).with_context(|| name.to_owned())?;
        let remote = server.ask("GET", &format!("/{BUCKET}/results/demo/{name}"))?;
        ensure!(remote.ends_with(&local), "{name} is another one in the bucket");
    }
    // What was written is read like any other input.
    let shards = format!("{there}/data/*.jsonl.zst");
    ingest(shards.as_ref(), &scratch.join("again"))?;
    say("object-store: read, written, replaced, verified");
    Ok(ExitCode::SUCCESS)
}

/// A server that ends with this value.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(python: &Path) -> Result<Self> {
        // A port that is free now; nothing else here asks for one.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let program = python.with_file_name("moto_server");
        let mut command = Command::new(&program);
        command.args(["-H", "127.0.0.1", "-p", &address.port().to_string()]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.with_context(|| format!("cannot run {}", program.display()))?;
        let server = Self { process, address };
        let until = Instant::now() + START_TIME;
        while TcpStream::connect(address).is_err() {
            if Instant::now() > until {
                bail!("{} does not answer", program.display());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        server.ask("PUT", &format!("/{BUCKET}"))?;
        Ok(server)
    }

    fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_ACCESS_KEY_ID", "somebody".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }

    /// Asks the server, and returns its answer as it came.
    fn ask(&self, method: &str, path: &str) -> Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.address)?;
        let host = self.address;
        // It looks at who asks, and not at the signature.
        let scope = "AWS4-HMAC-SHA256 Credential=somebody/20260101/us-east-1/s3/aws4_request";
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\
             Authorization: {scope}, SignedHeaders=host, Signature=0\r\n\r\n"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        ensure!(answer.starts_with(b"HTTP/1.1 200"), "{method} {path}: {}", String::from_utf8_lossy(&answer));
        Ok(answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended by itself needs no end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

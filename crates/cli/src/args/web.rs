//! Flags about the web, and those of `unecho fetch`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "Web")]
pub(crate) struct WebArgs {
    /// Follow the feeds that the pages name (an address that is a feed is always followed).
    #[arg(long, conflicts_with = "sitemap")]
    pub(crate) feed: bool,
    /// Follow the sitemaps of the sites, as robots.txt names them, else /sitemap.xml.
    #[arg(long)]
    pub(crate) sitemap: bool,
    /// Seconds between two requests to one host; robots.txt may ask for more.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = parse_seconds)]
    pub(crate) delay: Duration,
    /// Most requests to one host at a time.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) per_host: usize,
    /// Most requests at a time.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) connections: usize,
    /// What to be called; the word before '/' is what robots.txt knows it by.
    #[arg(long, value_name = "NAME", default_value = concat!("unecho/", env!("CARGO_PKG_VERSION")))]
    pub(crate) user_agent: String,
    /// Also connect to this machine and private networks.
    #[arg(long)]
    pub(crate) allow_private_net: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// Pages, feeds and sitemaps, by their addresses.
    #[arg(value_name = "URL", required_unless_present = "list")]
    pub(crate) urls: Vec<String>,
    /// More addresses, one a line; may be given again.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Vec<String>,
    /// Where to keep everything: a WARC file, made or gone on with.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) web: WebArgs,
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    /// A day.
    const SECONDS_MAX: f64 = 86_400.0;
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=SECONDS_MAX).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("expected seconds, from 0 to a day".to_owned()),
    }
}

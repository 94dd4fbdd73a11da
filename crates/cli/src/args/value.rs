//! Values of flags, from text.

use clap::ValueEnum;
use unecho_model::Publisher;
use unecho_pipeline::{Criterion, Layout, OnLink, Policy};

use super::{KindName, ScoredKind};

pub(super) fn parse_action(text: &str) -> Result<(KindName, OnLink), String> {
    let (kind, action) = text.split_once('=').ok_or("expected KIND=ACTION, such as rewrite=tag")?;
    let kind = KindName::from_str(kind, false)
        .map_err(|_| format!("unknown kind '{kind}'; known: exact, near, contained, rewrite"))?;
    let action = match action {
        "drop" => OnLink::Drop,
        "tag" => OnLink::Tag,
        "ignore" => OnLink::Ignore,
        _ => return Err(format!("unknown action '{action}'; known: drop, tag, ignore")),
    };
    Ok((kind, action))
}

pub(super) fn parse_policy(list: &str) -> Result<Policy, String> {
    let criterion = |name: &str| match name.strip_prefix("source:") {
        Some(path) => std::fs::read_to_string(path)
            .map(|text| {
                text.lines().map(str::trim).filter(|name| !name.is_empty()).map(Publisher::new).collect()
            })
            .map(Criterion::Source)
            .map_err(|error| format!("{path}: {error}")),
        None => name.parse::<Criterion>().map_err(|error| error.to_string()),
    };
    list.split(',').map(|name| criterion(name.trim())).collect::<Result<_, _>>().map(Policy::new)
}

pub(super) fn parse_layout(text: &str) -> Result<Layout, String> {
    let known = Layout::ALL.iter().find(|(_, name)| *name == text);
    known.map(|&(layout, _)| layout).ok_or_else(|| {
        let names: Vec<&str> = Layout::ALL.iter().map(|&(_, name)| name).collect();
        format!("unknown layout; known: {}", names.join(", "))
    })
}

pub(super) fn parse_threshold(text: &str) -> Result<(ScoredKind, f64), String> {
    let Some((kind, share)) = text.split_once('=') else {
        return Ok((ScoredKind::Rewrite, parse_share(text)?));
    };
    let kind = ScoredKind::from_str(kind, false)
        .map_err(|_| format!("unknown kind '{kind}'; known: near, contained, rewrite"))?;
    Ok((kind, parse_share(share)?))
}

pub(super) fn parse_share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

pub(super) fn parse_bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit.trim_end_matches("iB").trim_end_matches('B') {
        "" => 0,
        "K" | "k" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err(format!("unknown unit '{unit}'; known: K, M, G (powers of 1024)")),
    };
    let number: u64 = digits.parse().map_err(|_| "expected a number of bytes such as 64M".to_owned())?;
    number.checked_mul(1 << shift).filter(|&bytes| bytes > 0).ok_or_else(|| "out of range".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_actions() {
        assert_eq!(parse_bytes("64M"), Ok(64 << 20));
        assert_eq!(parse_bytes("7"), Ok(7));
        assert!(parse_bytes("0").is_err() && parse_bytes("x").is_err() && parse_bytes("5T").is_err());
        assert_eq!(parse_action("rewrite=tag"), Ok((KindName::Rewrite, OnLink::Tag)));
        assert_eq!(parse_threshold("0.6"), Ok((ScoredKind::Rewrite, 0.6)));
        assert_eq!(parse_threshold("near=0.6"), Ok((ScoredKind::Near, 0.6)));
        assert!(parse_threshold("exact=1").is_err() && parse_threshold("near=2").is_err());
        assert!(parse_action("rewrite").is_err() && parse_action("copy=drop").is_err());
    }
}

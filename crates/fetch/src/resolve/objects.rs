//! Object stores: one object, all below a folder, or all whose keys match a pattern. What holds for
//! folders on disk holds here: hidden objects, objects of no known kind and results of earlier runs are
//! left alone unless they are named.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use unecho_model::RejectReason;
use unecho_objects::{Location, Object, Store};

use super::pattern::{self, is_pattern};
use super::walk::{Hidden, MANIFEST, SUCCESS, is_ours};
use super::{Error, Findings, Found, file_name};
use crate::format::{Format, name_of};
use crate::label::{Label, Refusal};
use crate::source::Place;
use crate::{Config, Source};

/// Finds the objects that `address` leads to.
pub(super) fn find(address: &str, config: &Config, findings: &mut Findings) -> Result<(), Error> {
    let objects_max = config.limits.objects_max;
    match parse_and_look(address, objects_max) {
        Ok(Looked::Object(store, object)) => {
            let name = file_name(&object.key).to_owned();
            findings.add_object(&store, object, &name, Some(Format::PlainText));
        }
        Ok(Looked::Folder(store, folder, objects)) => add_folder(&store, &folder, objects, findings),
        Ok(Looked::Pattern(store, pattern)) => {
            return find_pattern(&store, &pattern, objects_max, findings);
        }
        Err(error) => findings.refuse(address, refusal_of(error)),
    }
    Ok(())
}

/// What an address leads to.
enum Looked {
    Object(Store, Object),
    Folder(Store, String, Vec<Object>),
    /// Nothing has it as its name, but it may be a pattern.
    Pattern(Store, String),
}

fn parse_and_look(address: &str, objects_max: usize) -> Result<Looked, unecho_objects::Error> {
    let location: Location = address.parse()?;
    let store = Store::open(&location)?;
    if let Some(object) = store.find(location.key())? {
        return Ok(Looked::Object(store, object));
    }
    if is_pattern(location.key()) {
        return Ok(Looked::Pattern(store, location.to_string()));
    }
    let folder = location.folder();
    let objects = store.list(&folder, objects_max)?;
    Ok(Looked::Folder(store, folder, objects))
}

fn refusal_of(error: unecho_objects::Error) -> Refusal {
    let detail = error.detail().to_owned();
    let mut refusal = Refusal::of_io(&error.into());
    // The address stands beside it already.
    if refusal.detail.contains(&detail) {
        refusal.detail = detail;
    }
    refusal
}

fn add_folder(store: &Store, folder: &str, objects: Vec<Object>, findings: &mut Findings) {
    if objects.is_empty() {
        let refusal = Refusal::new(RejectReason::Unreadable, "no such object, and no object below");
        return findings.refuse(&store.address(folder.trim_end_matches('/')), refusal);
    }
    let results = results_among(store, folder, &objects);
    for object in objects {
        let below = object.key[folder.len()..].to_owned();
        if is_hidden(&below) || results.iter().any(|result| object.key.starts_with(result)) {
            continue;
        }
        findings.add_object(store, object, &below, None);
    }
}

/// Folders below `folder` that are results of this tool.
fn results_among(store: &Store, folder: &str, objects: &[Object]) -> BTreeSet<String> {
    let keys: BTreeSet<&str> = objects.iter().map(|object| object.key.as_str()).collect();
    let manifests = objects.iter().filter_map(|object| {
        let of = object.key.strip_suffix(MANIFEST)?;
        let is_whole =
            of.len() > folder.len() && of.ends_with('/') && keys.contains(&*format!("{of}{SUCCESS}"));
        is_whole.then_some((object, of))
    });
    let ours =
        manifests.filter(|(manifest, _)| store.read(manifest).is_ok_and(|mut content| is_ours(&mut content)));
    ours.map(|(_, of)| of.to_owned()).collect()
}

fn is_hidden(below: &str) -> bool {
    below.split('/').any(|part| part.starts_with('.'))
}

fn find_pattern(
    store: &Store,
    address: &str,
    objects_max: usize,
    findings: &mut Findings,
) -> Result<(), Error> {
    let pattern = pattern::parse(address)?;
    // A bucket has no wildcard, so the folder holds it.
    let folder = pattern.folder.strip_prefix(&store.address("")).unwrap_or_default();
    let objects = match store.list(folder, objects_max) {
        Ok(objects) => objects,
        Err(error) => {
            findings.refuse(address, refusal_of(error));
            return Ok(());
        }
    };
    let mut n_matches = 0;
    for object in objects {
        let below = object.key[folder.len()..].to_owned();
        let is_shown = pattern.hidden == Hidden::Included || !is_hidden(&below);
        if is_shown && pattern.matcher.is_match(&below) {
            n_matches += 1;
            findings.add_object(store, object, &below, Some(Format::PlainText));
        }
    }
    if n_matches == 0 {
        findings.refuse(address, Refusal::new(RejectReason::Unreadable, "the pattern matches no object"));
    }
    Ok(())
}

impl Findings {
    /// An object that is called `name` by itself. One of an unknown kind is read as `unknown`, or left
    /// alone.
    fn add_object(&mut self, store: &Store, object: Object, name: &str, unknown: Option<Format>) {
        let path = store.address(&object.key);
        let known = name_of(name);
        let Some(format) = known.format.or(unknown) else {
            return self.skip(path.clone(), PathBuf::from(path));
        };
        self.add(Found {
            canonical: PathBuf::from(&path),
            source: Source {
                label: Arc::new(Label::new(path, known.stem)),
                format,
                compression: known.compression,
                size_bytes: Some(object.size_bytes),
                place: Place::Object { store: store.clone(), object },
            },
        });
    }
}

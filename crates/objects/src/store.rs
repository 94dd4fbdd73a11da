//! One bucket, and its objects.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::runtime::{Builder, Runtime};

use crate::http::Connector;
use crate::{Error, ErrorKind, Location};

/// How often a request is made again, and for how long altogether.
const RETRIES_MAX: usize = 5;
const RETRY_TIME: Duration = Duration::from_secs(60);
/// Objects up to this size are written by one request, larger ones in parts of it. S3 takes at most
/// 10,000 parts: objects up to 320 GB.
const PART_BYTES: usize = 32 << 20;

/// A bucket that can be asked.
#[derive(Clone)]
pub struct Store {
    store: Arc<dyn ObjectStore>,
    /// `s3://bucket`.
    name: String,
}

/// An object as it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Everything behind the bucket.
    pub key: String,
    /// Its size, in bytes.
    pub size_bytes: u64,
    /// What tells this state of it from others, where the store says so (`ETag`).
    pub version: Option<String>,
}

impl Store {
    /// The bucket of `location`, reached as the environment says. Nothing is asked yet.
    ///
    /// # Errors
    /// [`ErrorKind::BadConfig`] when the environment does not say enough, or nonsense.
    pub fn open(location: &Location) -> Result<Self, Error> {
        let name = location.store();
        let retry =
            RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIME, ..RetryConfig::default() };
        let scheme = name.split("://").next().unwrap_or_default();
        let store: Result<Arc<dyn ObjectStore>, _> = match scheme {
            "s3" | "s3a" => AmazonS3Builder::from_env()
                .with_url(name)
                // Objects are removed one at a time, and not every store that speaks S3 knows more.
                .with_disable_bulk_delete(true)
                .with_retry(retry)
                .with_http_connector(Connector)
                .build()
                .map(|store| Arc::new(store) as _),
            "gs" => GoogleCloudStorageBuilder::from_env()
                .with_url(name)
                .with_retry(retry)
                .with_http_connector(Connector)
                .build()
                .map(|store| Arc::new(store) as _),
            _ => MicrosoftAzureBuilder::from_env()
                .with_url(name)
                .with_retry(retry)
                .with_http_connector(Connector)
                .build()
                .map(|store| Arc::new(store) as _),
        };
        let store = store.map_err(|error| Error::new(ErrorKind::BadConfig, name, error.to_string()))?;
        Ok(Self { store, name: name.to_owned() })
    }

    /// An empty bucket that lasts as long as this value, for tests.
    #[must_use]
    pub fn in_memory(name: &str) -> Self {
        Self { store: Arc::new(InMemory::new()), name: name.to_owned() }
    }

    /// The address of `key`.
    #[must_use]
    pub fn address(&self, key: &str) -> String {
        format!("{}/{key}", self.name)
    }

    /// The objects below the folder `folder` (empty, or with `/` at the end), by key.
    ///
    /// # Errors
    /// When the store does not answer or does not allow it, or there are more than `objects_max`.
    pub fn list(&self, folder: &str, objects_max: usize) -> Result<Vec<Object>, Error> {
        let prefix = path_of(folder).map_err(|error| self.error(&error, folder))?;
        let runtime = runtime().map_err(|error| self.broken(&error, folder))?;
        let mut found = self.store.list(Some(&prefix));
        let mut objects = Vec::new();
        while let Some(object) = runtime.block_on(found.next()) {
            let object = object_of(object.map_err(|error| self.error(&error, folder))?);
            // Keys with `//` or `/` at the end are markers of folders, made by consoles.
            if object.key.starts_with(folder) && object.key.len() > folder.len() {
                objects.push(object);
            }
            if objects.len() > objects_max {
                let detail = format!("more than {objects_max} objects");
                return Err(Error::new(ErrorKind::BadLocation, self.address(folder), detail));
            }
        }
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    /// The object `key`; `None` when there is none.
    ///
    /// # Errors
    /// When the store does not answer or does not allow it.
    pub fn find(&self, key: &str) -> Result<Option<Object>, Error> {
        if key.is_empty() || key.ends_with('/') {
            return Ok(None);
        }
        let path = path_of(key).map_err(|error| self.error(&error, key))?;
        let runtime = runtime().map_err(|error| self.broken(&error, key))?;
        match runtime.block_on(self.store.head(&path)) {
            Ok(object) => Ok(Some(object_of(object))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error(&error, key)),
        }
    }

    /// Begins to read an object, in the state in which it was listed. What breaks off is asked for
    /// again from there.
    ///
    /// # Errors
    /// When it cannot be had, or was replaced.
    pub fn read(&self, object: &Object) -> Result<ObjectReader, Error> {
        let key = &object.key;
        let path = path_of(key).map_err(|error| self.error(&error, key))?;
        let runtime = runtime().map_err(|error| self.broken(&error, key))?;
        let options = GetOptions { if_match: object.version.clone(), ..GetOptions::default() };
        let answer =
            runtime.block_on(self.store.get_opts(&path, options)).map_err(|error| self.error(&error, key))?;
        let address = self.address(key);
        Ok(ObjectReader { content: answer.into_stream(), part: Bytes::new(), runtime, address })
    }

    /// Writes `content` as the object `key`, whole or not at all. What it holds is read once, in
    /// parts.
    ///
    /// # Errors
    /// When the content cannot be read, or the store does not answer or does not allow it.
    pub fn write(&self, key: &str, content: &mut dyn Read) -> Result<(), Error> {
        let path = path_of(key).map_err(|error| self.error(&error, key))?;
        let runtime = runtime().map_err(|error| self.broken(&error, key))?;
        let first = part_of(content).map_err(|error| self.broken(&error, key))?;
        if first.len() < PART_BYTES {
            let written = runtime.block_on(self.store.put(&path, first.into()));
            return written.map(|_| ()).map_err(|error| self.error(&error, key));
        }
        let mut upload =
            runtime.block_on(self.store.put_multipart(&path)).map_err(|error| self.error(&error, key))?;
        let mut part = first;
        let sent = loop {
            if let Err(error) = runtime.block_on(upload.put_part(part.into())) {
                break Err(self.error(&error, key));
            }
            match part_of(content) {
                Ok(next) if next.is_empty() => break Ok(()),
                Ok(next) => part = next,
                Err(error) => break Err(self.broken(&error, key)),
            }
        };
        let done = sent.and_then(|()| {
            runtime.block_on(upload.complete()).map(|_| ()).map_err(|error| self.error(&error, key))
        });
        if done.is_err()
            && let Err(error) = runtime.block_on(upload.abort())
        {
            tracing::warn!(%error, key, "parts of an object were left behind");
        }
        done
    }

    /// Removes the object `key`, if there is one.
    ///
    /// # Errors
    /// When the store does not answer or does not allow it.
    pub fn remove(&self, key: &str) -> Result<(), Error> {
        let path = path_of(key).map_err(|error| self.error(&error, key))?;
        let runtime = runtime().map_err(|error| self.broken(&error, key))?;
        match runtime.block_on(self.store.delete(&path)) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error(&error, key)),
        }
    }

    fn error(&self, error: &object_store::Error, key: &str) -> Error {
        Error::of(error, self.address(key))
    }

    fn broken(&self, error: &io::Error, key: &str) -> Error {
        Error::new(ErrorKind::Unavailable, self.address(key), error.to_string())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Two stores are equal when they have one name: there is one environment.
impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Store {}

/// The bytes of an object, in sequence.
pub struct ObjectReader {
    content: BoxStream<'static, object_store::Result<Bytes>>,
    /// Received and not yet handed out.
    part: Bytes,
    runtime: Runtime,
    address: String,
}

impl Read for ObjectReader {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() {
            match self.runtime.block_on(self.content.next()) {
                Some(Ok(part)) => self.part = part,
                Some(Err(error)) => return Err(Error::of(&error, self.address.as_str()).into()),
                None => return Ok(0),
            }
        }
        let n_bytes = self.part.len().min(target.len());
        target[..n_bytes].copy_from_slice(&self.part.split_to(n_bytes));
        Ok(n_bytes)
    }
}

/// Waits for one answer at a time, on the thread that asks.
fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_time().build()
}

fn path_of(key: &str) -> object_store::Result<Path> {
    Ok(Path::parse(key)?)
}

fn object_of(meta: ObjectMeta) -> Object {
    Object { key: meta.location.into(), size_bytes: meta.size, version: meta.e_tag }
}

/// The next part of `content`: shorter than others only at the end.
fn part_of(content: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut part = Vec::new();
    content.take(PART_BYTES as u64).read_to_end(&mut part)?;
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(store: &Store, key: &str) -> Vec<u8> {
        let object = store.find(key).unwrap().unwrap();
        let mut content = Vec::new();
        store.read(&object).unwrap().read_to_end(&mut content).unwrap();
        assert_eq!(content.len() as u64, object.size_bytes);
        content
    }

    #[test]
    fn what_is_written_is_found_and_read() {
        let store = Store::in_memory("memory://b");
        for key in ["a/2.txt", "a/1 ü%20*.txt", "ab.txt", "a/deep/3.txt"] {
            store.write(key, &mut key.as_bytes()).unwrap();
        }
        let keys = |folder: &str| -> Vec<String> {
            store.list(folder, 10).unwrap().into_iter().map(|object| object.key).collect()
        };
        assert_eq!(keys("a/"), ["a/1 ü%20*.txt", "a/2.txt", "a/deep/3.txt"]);
        assert_eq!(keys("").len(), 4);
        assert_eq!(keys("b/"), [""; 0]);
        assert_eq!(store.list("", 3).unwrap_err().kind(), ErrorKind::BadLocation);
        assert_eq!(content(&store, "a/1 ü%20*.txt"), "a/1 ü%20*.txt".as_bytes());
        assert_eq!(store.find("a").unwrap(), None);
        store.remove("ab.txt").unwrap();
        store.remove("ab.txt").unwrap();
        assert_eq!(keys("").len(), 3);
    }

    #[test]
    fn large_objects_go_in_parts() {
        let store = Store::in_memory("memory://b");
        for n_bytes in [0, PART_BYTES - 1, PART_BYTES, 2 * PART_BYTES + 1] {
            let bytes: Vec<u8> = (0..n_bytes).map(|at| (at % 251) as u8).collect();
            store.write("x", &mut bytes.as_slice()).unwrap();
            assert!(content(&store, "x") == bytes, "{n_bytes}");
        }
    }

    #[test]
    fn an_object_that_was_replaced_or_went_away_is_not_read() {
        let store = Store::in_memory("memory://b");
        store.write("x", &mut &b"one"[..]).unwrap();
        let listed = store.find("x").unwrap().unwrap();
        store.write("x", &mut &b"two"[..]).unwrap();
        assert_eq!(store.read(&listed).err().unwrap().kind(), ErrorKind::Changed);
        store.remove("x").unwrap();
        assert_eq!(store.read(&listed).err().unwrap().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn keys_that_no_object_can_have_are_refused() {
        let store = Store::in_memory("memory://b");
        for key in ["a//b", "a/../b", "./a"] {
            assert_eq!(store.find(key).unwrap_err().kind(), ErrorKind::BadLocation, "{key}");
        }
    }
}

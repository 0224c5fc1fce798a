//! A real S3 server (moto): one per test process, one bucket per test.

use std::{
    fs,
    path::Path,
    process::{Child, Command},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use object_store::{
    ObjectStoreExt, PutPayload,
    aws::{AmazonS3, AmazonS3Builder},
};

use super::{process, tools};

/// A bucket of its own for one test.
#[derive(Debug)]
pub struct Bucket {
    /// For `options: {endpoint: …}`.
    pub endpoint: String,
    /// Its name, for `location: s3://NAME/`.
    pub name: String,
    /// For `options: {access_key_id: …}`. The server accepts any.
    pub access_key: String,
    /// For `options: {secret_access_key: …}`. The server accepts any.
    pub secret_key: String,
    store: AmazonS3,
}

/// Makes an empty bucket, and starts the server if this is the first.
pub async fn bucket() -> Bucket {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("bucket-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let endpoint = format!("http://127.0.0.1:{}", SERVER.port);
    let made = reqwest::Client::new().put(format!("{endpoint}/{name}")).send().await.expect("moto answers");
    assert!(made.status().is_success(), "moto makes no bucket: {made:?}");

    let (access_key, secret_key) = ("test-access-key".to_owned(), "test-secret-key".to_owned());
    let store = AmazonS3Builder::new()
        .with_endpoint(&endpoint)
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_bucket_name(&name)
        .with_access_key_id(&access_key)
        .with_secret_access_key(&secret_key)
        .build()
        .expect("all settings of a bucket are given");
    Bucket { endpoint, name, access_key, secret_key, store }
}

impl Bucket {
    /// What the package `deltalake` wants to know of it.
    pub fn options(&self) -> Vec<(&'static str, String)> {
        vec![
            ("endpoint", self.endpoint.clone()),
            ("region", "us-east-1".to_owned()),
            ("access_key_id", self.access_key.clone()),
            ("secret_access_key", self.secret_key.clone()),
            ("allow_http", "true".to_owned()),
        ]
    }

    /// Writes one object.
    pub async fn put(&self, path: &str, content: impl Into<PutPayload>) {
        let written = self.store.put(&path.into(), content.into()).await;
        written.unwrap_or_else(|error| panic!("s3://{}/{path}: {error}", self.name));
    }

    /// Writes every file below a directory under its path in it.
    pub async fn put_directory(&self, directory: &Path) {
        for file in files_below(directory) {
            let path = file.strip_prefix(directory).expect("it is below").to_str().expect("tests name files in UTF-8");
            self.put(path, fs::read(&file).expect("a listed file can be read")).await;
        }
    }

    /// Reads one object, if it is there.
    pub async fn get(&self, path: &str) -> Option<Bytes> {
        match self.store.get(&path.into()).await {
            Ok(object) => Some(object.bytes().await.expect("moto answers in full")),
            Err(object_store::Error::NotFound { .. }) => None,
            Err(error) => panic!("s3://{}/{path}: {error}", self.name),
        }
    }

    /// Removes one object.
    pub async fn delete(&self, path: &str) {
        let deleted = self.store.delete(&path.into()).await;
        deleted.unwrap_or_else(|error| panic!("s3://{}/{path}: {error}", self.name));
    }
}

/// Every file below a directory, sorted.
fn files_below(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
        let path = entry.expect("a directory can be listed").path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

static SERVER: LazyLock<Moto> = LazyLock::new(Moto::start);

struct Moto {
    port: u16,
    /// Held, not used: it ends by the signal that it gets when this process ends.
    _process: Mutex<Child>,
}

impl Moto {
    fn start() -> Self {
        let port = process::free_port();
        let mut moto = Command::new(tools::python_tool("moto_server"));
        moto.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let mut child = process::spawn("KILL", &moto);
        process::wait_for_port(port, &mut child, "moto_server");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        Self { port, _process: Mutex::new(child) }
    }
}

//! TLS before a server that does not speak it (`tests/python/tls_proxy.py`), with authorities made for it.

use std::{path::PathBuf, process::Child};

use tempfile::TempDir;

use super::{postgres_tls::make_certificates, process, tools};

/// A running proxy; it ends when the value is dropped.
pub struct TlsProxy {
    /// Of 127.0.0.1. Its certificate is for `localhost` alone.
    pub port: u16,
    certificates: TempDir,
    child: Child,
}

impl TlsProxy {
    /// Before the server at `port`, which speaks `protocol` (`h2` or `http/1.1`).
    pub fn before(target: u16, protocol: &str) -> Self {
        let (certificates, port) = (process::directory("tls-"), process::free_port());
        make_certificates(certificates.path());
        let mut command = tools::python_script("tls_proxy.py");
        command.args([&port.to_string(), &target.to_string(), protocol, "server.pem", "server.key"]);
        command.current_dir(certificates.path());
        let mut child = process::spawn("KILL", &command);
        process::wait_for_port(port, &mut child, "the TLS proxy");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        Self { port, certificates, child }
    }

    /// The authority that signed its certificate (`ca`), or one that did not (`other`).
    pub fn authority(&self, name: &str) -> PathBuf {
        self.certificates.path().join(format!("{name}.pem"))
    }
}

impl Drop for TlsProxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Which cryptography TLS uses: one for the whole process.

/// Makes `ring` the process's own, unless another was chosen before.
///
/// Two are linked: libraries of Delta Lake bring `aws-lc-rs`. Most clients name theirs, but sqlx checks certificates with
/// the process's, and rustls panics there when it has to choose between two.
pub fn choose_cryptography() {
    // An error means that somebody chose before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

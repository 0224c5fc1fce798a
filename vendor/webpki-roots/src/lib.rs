//! Stands in for the crate that lists the authorities browsers trust, and lists none.
//!
//! The Postgres driver trusts that list besides the certificates of `sslrootcert`. Then `sslmode=verify-ca` would accept
//! the certificate of any site on the web, and `verify-full` more authorities than the owner named. libpq trusts those of
//! `sslrootcert` alone, and so do we. The driver is the only crate in the tree that uses the list;
//! `src/sources/sql/postgres/url/tls.rs` does not compile when this replacement is not in force.
#![no_std]

use pki_types::TrustAnchor;

/// None.
pub const TLS_SERVER_ROOTS: &[TrustAnchor<'static>] = &[];

//! `aqueduct key new`: a random API key, shown once, and what `aqueduct.yaml` needs to know of it.

use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, output};
use crate::{auth, config};

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key for a consumer and print the line for aqueduct.yaml
    ///
    /// The key is printed once and stored nowhere; aqueduct.yaml holds only its SHA-256.
    New {
        /// The consumer's name, in logs and grants
        #[arg(value_parser = id)]
        id: String,
        /// A scope the consumer has; may be repeated
        #[arg(long = "scope", value_name = "S", value_parser = scope)]
        scopes: Vec<String>,
    },
}

impl Key {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let Self::New { id, scopes } = self;
        let (key, hash) =
            auth::new_key().map_err(|error| Failure::Other(format!("the system has no randomness: {error}")))?;
        let hash = hash.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let scopes: Vec<_> = scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
        output::print(&format!("{key}\n"))?;
        eprintln!("\nGive this key to the consumer; it is not shown again. In aqueduct.yaml, under auth.keys:");
        eprintln!("  - {{id: {id}, hash: \"sha256:{hash}\", scopes: [{}]}}", scopes.join(", "));
        Ok(ExitCode::SUCCESS)
    }
}

/// What `aqueduct.yaml` takes as an id.
fn id(text: &str) -> Result<String, String> {
    if config::is_key_id(text) {
        return Ok(text.to_owned());
    }
    Err("an id is at most 64 letters, digits, `.`, `_` and `-`".to_owned())
}

/// What `aqueduct.yaml` takes as a scope.
fn scope(text: &str) -> Result<String, String> {
    if config::is_scope(text) {
        return Ok(text.to_owned());
    }
    Err("a scope is words joined by colons, such as `sales:read`".to_owned())
}

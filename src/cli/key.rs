//! `aqueduct key new`: a random API key, shown once, and what `aqueduct.yaml` needs to know of it.

use std::process::ExitCode;

use clap::Subcommand;

use super::Failure;
use crate::auth;

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key for a consumer and print the line for aqueduct.yaml
    ///
    /// The key is printed once and stored nowhere; aqueduct.yaml holds only its SHA-256.
    New {
        /// The consumer's name, in logs and grants
        id: String,
        /// A scope the consumer has; may be repeated
        #[arg(long = "scope", value_name = "S")]
        scopes: Vec<String>,
    },
}

impl Key {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let Self::New { id, scopes } = self;
        let allowed = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte))
        };
        if let Some(wrong) = std::iter::once(&id).chain(&scopes).find(|text| !allowed(text)) {
            return Err(Failure::Other(format!("`{wrong}` may hold only letters, digits, `_`, `-`, `.` and `:`")));
        }
        let (key, hash) =
            auth::new_key().map_err(|error| Failure::Other(format!("the system has no randomness: {error}")))?;
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let scopes: Vec<_> = scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
        println!("{key}");
        eprintln!("\nGive this key to the consumer; it is not shown again. In aqueduct.yaml, under auth.keys:");
        eprintln!("  - {{id: {id}, hash: \"sha256:{hash}\", scopes: [{}]}}", scopes.join(", "));
        Ok(ExitCode::SUCCESS)
    }
}

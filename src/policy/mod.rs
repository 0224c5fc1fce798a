//! What a principal may see of a query. Only this room makes a [`Grant`].

use sha2::{Digest, Sha256};

use crate::{
    auth::Principal,
    catalog::{Access, Query},
    model::{Code, Fault},
};

/// The leave to run one query.
#[derive(Clone, Debug)]
pub struct Grant {
    principal: Principal,
    fingerprint: [u8; 32],
}

impl Grant {
    /// To whom it was given.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Differs when the caller, or what the caller may see, differs. Cursors are bound to it.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

/// Decides.
///
/// # Errors
/// [`Code::CredentialsMissing`] for anonymous callers of a query that needs scopes, [`Code::ScopeMissing`] otherwise.
pub fn grant(principal: &Principal, query: &Query) -> Result<Grant, Fault> {
    let needed: &[String] = match &query.access {
        Access::Public => &[],
        Access::Scopes(scopes) => scopes,
    };
    if !needed.is_empty() && principal.is_anonymous() {
        return Err(Fault::new(
            Code::CredentialsMissing,
            format!("`{}` is not public: it needs credentials", query.name),
        )
        .with_hint("send an API key as `Authorization: Bearer …` or `X-API-Key: …`"));
    }
    let missing: Vec<_> =
        needed.iter().filter(|scope| !principal.has(scope)).map(|scope| format!("`{scope}`")).collect();
    if !missing.is_empty() {
        return Err(Fault::new(
            Code::ScopeMissing,
            format!("`{}` needs the scope {}", query.name, missing.join(" and ")),
        )
        .with_hint("ask the query's owner for it"));
    }
    let mut digest = Sha256::new();
    for part in std::iter::once(principal.id()).chain(needed.iter().map(String::as_str)) {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    Ok(Grant { principal: principal.clone(), fingerprint: digest.finalize().into() })
}

/// The scope that shows plans, which name sources and their columns.
const PLAN_SCOPE: &str = "plan:read";

/// May the principal see how queries are run?
///
/// # Errors
/// [`Code::CredentialsMissing`] for anonymous callers, [`Code::ScopeMissing`] otherwise.
pub fn may_explain(principal: &Principal) -> Result<(), Fault> {
    if principal.has(PLAN_SCOPE) {
        return Ok(());
    }
    let code = if principal.is_anonymous() { Code::CredentialsMissing } else { Code::ScopeMissing };
    Err(Fault::new(code, format!("plans need the scope `{PLAN_SCOPE}` besides those of the query"))
        .with_hint("ask the operator for it, or ask for the rows: `Accept: application/json`"))
}

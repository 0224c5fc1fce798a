//! What a source said of statements, kept until its tables are looked at again.

use std::{future::Future, time::Duration};

use datafusion::arrow::datatypes::DataType;
use moka::sync::Cache;
use tokio::time::timeout;

use super::{
    Bind, Class, Statement,
    feed::{Scan, Stop, Verdict},
};

/// Statements that are remembered; the least used go first.
const STATEMENTS: u64 = 10_000;

/// A source that says nothing for so long cannot be asked now: plans are not made to wait for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Verdicts by text and expected types.
#[derive(Clone, Debug)]
pub struct Verdicts(Cache<(String, Vec<DataType>), Verdict>);

impl Verdicts {
    /// None yet.
    pub fn new() -> Self {
        Self(Cache::new(STATEMENTS))
    }

    /// The verdict on the statement of `scan`: what is known, or what `ask` answers. A source that cannot be asked accepts.
    pub async fn of<F>(&self, scan: &Scan, ask: impl FnOnce() -> F) -> Verdict
    where
        F: Future<Output = Result<Verdict, Stop>>,
    {
        let types = scan.schema.fields().iter().map(|field| field.data_type().clone()).collect();
        let key = (text(&scan.statement), types);
        if let Some(known) = self.0.get(&key) {
            return known;
        }
        match timeout(PATIENCE, ask()).await {
            Ok(Ok(verdict)) => {
                self.0.insert(key, verdict.clone());
                verdict
            }
            Ok(Err(_)) | Err(_) => Verdict::Accepted { rows: None },
        }
    }

    /// Asks again from now on.
    pub fn forget(&self) {
        self.0.invalidate_all();
    }
}

/// The text with the type of each place; of a decimal whose value is known, with its digits.
fn text(statement: &Statement) -> String {
    statement.render(|number, bind: &Bind| {
        let list = if bind.is_list() { "[]" } else { "" };
        match bind.value() {
            Ok(value) if bind.class() == Class::Decimal => format!("${number}::{}", value.data_type()),
            _ => format!("${number}::{:?}{list}", bind.class()),
        }
    })
}

//! What a consumer makes of a query's result: fewer columns, fewer rows, another order.

use std::{
    hash::{Hash as _, Hasher},
    sync::Arc,
};

use datafusion::{
    arrow::datatypes::{Schema, SchemaRef},
    common::Result,
    logical_expr::LogicalPlan,
};
use sha2::{Digest as _, Sha256};

use crate::catalog::OrderTerm;

/// A view of a result. The values of its filters follow those of the query's parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct View {
    /// The columns that are wanted, in this order. None: all.
    pub fields: Option<Vec<String>>,
    /// All of them hold of a row.
    pub filters: Vec<Filter>,
    /// The order before the key. Empty: the query's own.
    pub sort: Vec<OrderTerm>,
}

/// One condition on a row of the result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    /// An output column.
    pub column: String,
}

impl View {
    /// The columns of `schema` that are shown.
    #[must_use]
    pub fn schema(&self, schema: &SchemaRef) -> SchemaRef {
        match &self.fields {
            None => Arc::clone(schema),
            Some(fields) => {
                let fields: Vec<_> =
                    fields.iter().filter_map(|name| schema.field_with_name(name).ok()).cloned().collect();
                Arc::new(Schema::new(fields))
            }
        }
    }

    /// Adds it to `digest`.
    pub fn digest(&self, digest: &mut Sha256) {
        self.hash(&mut Digester(digest));
    }

    /// The rows of `plan` that are wanted. The last of `values` values are those of the filters.
    pub(super) fn filtered(&self, plan: LogicalPlan, _values: usize) -> Result<LogicalPlan> {
        Ok(plan)
    }
}

/// Lets what can be hashed be digested.
#[derive(Debug)]
pub struct Digester<'a>(pub &'a mut Sha256);

impl Hasher for Digester<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks: the digest is the result.
    fn finish(&self) -> u64 {
        0
    }
}

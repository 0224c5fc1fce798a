//! Sources that speak SQL: one table and one scan for all of them, and a member for each system.
//!
//! A member describes its tables as [`Column`]s, runs [`Statement`]s as a [`Remote`], and names its spellings as a
//! [`Dialect`]. What may be pushed is decided in one place, [`printer`], by the allow-lists of [`capability`].

pub mod adbc;
mod annotation;
pub mod ansi;
pub mod arrow;
mod batch;
pub mod capability;
pub mod clickhouse;
pub mod column;
pub mod databricks;
pub mod dialect;
mod failure;
pub mod feed;
pub mod flightsql;
pub mod keys;
mod listing;
pub mod literal;
pub mod live;
pub mod mysql;
mod pgwire;
mod pool;
pub mod postgres;
pub mod printer;
pub mod query;
pub mod redshift;
pub mod scan;
pub mod select;
mod session;
mod spelled;
pub mod sqlite;
pub mod statement;
pub mod table;
mod verdicts;

pub use column::{Class, Column, Comparison};
pub use dialect::Dialect;
pub use feed::{Caller, Feed, Job, Remote, Scan, Stop};
pub use query::SqlQuery;
pub use scan::SqlScanExec;
pub use statement::{Bind, Binds, Statement};
pub use table::SqlTable;

/// The key of a field's metadata that holds the column's type as its source names it.
pub const SOURCE_TYPE: &str = "aqueduct.source_type";

/// The key of a field's metadata that holds the kind of source whose own printing the column's text is: its values are of
/// a type that has none in Arrow here, or were asked for as text.
pub const PRINTED_BY: &str = "aqueduct.printed_by";

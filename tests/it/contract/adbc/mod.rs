//! The contract, over ADBC drivers.

mod duckdb;

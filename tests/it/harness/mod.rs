//! What the tests stand on: real servers to read from, the real binary, a client for each of its doors.
//!
//! A service is started on first use, once per test process, and ends with the process however that ends. What belongs
//! to one test (a database, a bucket, a project, a server) is fresh for it and goes when it is dropped. Nothing is ever
//! skipped: a tool that is missing fails the test and names the remedy.

#![allow(dead_code, reason = "a harness offers more than the suites of one day use")]

mod checks;
pub mod clickhouse;
pub mod csv;
pub mod databricks;
pub mod delta;
pub mod duckdb;
pub mod endpoints;
pub mod fakesnow;
pub mod flight;
pub mod flightsql;
pub mod http;
pub mod mariadb;
pub mod own_postgres;
pub mod postgres;
pub mod postgres_tls;
pub mod process;
pub mod project;
pub mod proxy;
pub mod random;
pub mod redshift;
pub mod rows;
pub mod s3;
pub mod server;
pub mod sqlite;
pub mod tls;
pub mod tools;

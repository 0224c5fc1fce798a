//! Aqueduct: named SQL queries over databases, warehouses, files and Delta Lake, served as paged JSON and Arrow Flight.
//!
//! # The map
//!
//! A room imports only rooms of a lower rank; siblings never import each other. `tests/it/architecture.rs` holds it.
//!
//! ```text
//! 10 main.rs                 calls the command line
//! 9  cli/                    commands
//! 8  app.rs                  puts the rooms together, serves and stops
//! 7  http/                   a door: routes, requests, pages and streams, problems, OpenAPI, the listener
//! 7  flight/                 the other door: descriptors, tickets, statuses
//! 6  pipeline/               the road: authenticate → resolve → grant → bind → plan → execute; pages, cursors, streams
//! 5  engine/                 DataFusion: one session, snapshots of the sources, queries planned over them and cut into
//!                            statements of the sources (federate.rs), explain
//! 4  policy/                 principal + query → grant
//! 3  catalog/                the project as its files say: headers, parameters, the one SELECT
//! 3  spool/                  results that were run once and are read in parts: chunks in a directory or an object store
//! 3  sources/                one trait; a family a folder: files/ and delta/, sql/ (postgres/ and redshift/, which share
//!                            pgwire/, mysql/, sqlite/, clickhouse/, databricks/, flightsql/, adbc/ for whatever has a
//!                            driver)
//! 2  auth/                   credentials → principal
//! 2  encode/                 record batches → JSON, NDJSON, CSV, Arrow, Parquet; negotiation; options; compression
//! 2  store.rs                object stores that the project names, each rooted at its location
//! 1  config/                 YAML with places, secrets, environment; settings and sources, checked
//! 1  telemetry/              one log line for each request
//! 0  model/                  names, values, places, problems, faults
//! ```
//!
//! # A request, from one end to the other
//!
//! `GET /v1/sales/top_customers?region=Asia&limit=2`
//!
//! 1. [`http`]'s router gives it to `http/query.rs`, where `walk` reads as the road does. A [`telemetry::Record`] begins;
//!    it is logged when it is dropped, whatever happens.
//! 2. **authenticate**: [`pipeline::Road::authenticate`] asks [`auth`] for the [`auth::Principal`].
//! 3. **resolve**: `sales.top_customers`, version 1, among the queries of [`catalog::Project`].
//! 4. **grant**: [`policy::grant`] compares scopes. Only now does anything look at the parameters.
//! 5. **bind**: `region` becomes a typed value, checked against the header's bounds; all mistakes are told at once. The
//!    request takes the newest [`engine::Snapshot`] and keeps it to its end. Where tables have policies, the claims that they
//!    ask of the caller follow as further values ([`engine::Policies`]).
//! 6. **plan**: the query was parsed, resolved and typed when it was loaded; its plan still has placeholders. If requests of
//!    this shape share a plan, `engine/kept.rs` has it, and values are only put into the binds of its statements. Else
//!    values replace the placeholders as typed literals, so `(:region IS NULL OR …)` folds before anything is sent. For a
//!    page, `engine/seek.rs` adds the order, the limit (one more than asked) and, behind a cursor, the seek predicate.
//!    `engine/federate.rs` offers the whole plan to its source, if it has one; otherwise DataFusion optimizes it, and the
//!    largest parts are offered to theirs. `sources/sql/printer` prints a part as one SELECT with places for values, by the
//!    source's allow-list (`sources/sql/capability`), and the source prepares and plans it. What stays is DataFusion's; a
//!    join hands the keys of its first side to the statement of the second (`sources/sql/keys.rs`). Files are skipped by
//!    partition and by statistics.
//! 7. **execute**: a slot is taken, the scans run, [`pipeline::Page`] collects the rows. A stream hands on its first batch
//!    instead, and a task pulls the rest as the client reads. A scan of Postgres is a prepared statement, or for many rows
//!    a binary COPY, over several connections where the table is large (`sources/sql/postgres/copy.rs`, `parallel.rs`).
//! 8. **encode**: [`encode::encode_rows`] writes as many rows as fit 8 MiB; the cursor behind the last of them is sealed;
//!    `http/answer.rs` wraps them.
//!
//! Of a query with `cache:` the bound call is looked up between 5 and 6 (`pipeline/shared.rs`): a body that was sent in the
//! same representation before is sent again (`http/caching.rs` says how fresh it is), else the result is taken that is kept
//! (`pipeline/cache.rs`), else 6 and 7 are a task of their own, which everybody waits for who asks the same meanwhile.
//!
//! The Flight door walks the same stages in `flight/mod.rs`, and again for `DoGet`: a ticket is no credential.
//!
//! # What always holds
//!
//! - Each stage of the road gives a type that only it can build and that the next one takes: no door can skip one.
//! - A table's policy filters each of its scans, in every plan (`engine/policies.rs`); no plan is made without it.
//! - Values are bound. Where a protocol takes no binds (COPY), one writer prints them (`sources/sql/postgres/literal.rs`).
//! - A part of a plan runs in a source only if the source is proven to give the same rows, and cannot fail where the engine
//!   would not; everything else runs here, and `explain` says why.
//! - A value leaves exactly, or as an error that names its column: never rounded, never NULL instead.
//! - What is dropped stops: a request's future, a stream, a scan. Dropping reaches the source.
//! - Faults are made once, free of any transport ([`model::Fault`]); each door maps [`model::Kind`] to its own status
//!   once. What only the operator may read is in `internal`, and only the log prints it.
//! - A mistake in a file is a [`model::Problem`] with its place, and all of them are told together.

pub mod app;
pub mod auth;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod encode;
pub mod engine;
pub mod flight;
pub mod http;
pub mod model;
pub mod pipeline;
pub mod policy;
pub mod sources;
pub mod spool;
pub mod store;
pub mod telemetry;

//! The integration tests: the real binary, over real servers, through its own doors.

mod architecture;
mod cases;
mod cli;
mod clients;
mod contract;
mod cursors;
mod differential;
mod dynamic;
mod files;
mod full_scan;
mod harness;
mod kept;
mod lifecycle;
mod mistakes;
mod openapi;
mod pg_compat;
mod plans;
mod readers;
mod refusals;
mod shapes;
mod spool;
mod streaming;
mod surface;
mod switches;
mod tpch;

//! The integration tests: the real binary, over real servers, through its own doors.

mod cases;
mod clients;
mod contract;
mod cursors;
mod files;
mod harness;
mod mistakes;
mod shapes;
mod streaming;
mod tpch;

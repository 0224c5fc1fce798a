//! The integration tests: the real binary, over real servers, through its own doors.

mod architecture;
mod cases;
mod cli;
mod clients;
mod contract;
mod cursors;
mod files;
mod full_scan;
mod harness;
mod kept;
mod lifecycle;
mod mistakes;
mod openapi;
mod plans;
mod refusals;
mod shapes;
mod streaming;
mod surface;
mod switches;
mod tpch;

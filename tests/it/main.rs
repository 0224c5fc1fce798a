//! The integration tests: the real binary, over real servers, through its own doors.

mod architecture;
mod cases;
mod cli;
mod clients;
mod contract;
mod cursors;
mod differential;
mod files;
mod harness;
mod kept;
mod lifecycle;
mod mistakes;
mod openapi;
mod refusals;
mod shapes;
mod streaming;
mod surface;
mod tpch;

//! The integration tests: the real binary, over real servers, through its own doors.

mod cases;
mod clients;
mod contract;
mod files;
mod harness;
mod mistakes;
mod openapi;
mod surface;
mod tpch;

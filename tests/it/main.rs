//! The integration tests: the real binary, over real servers, through its own doors.

mod cases;
mod harness;
mod tpch;

//! Tests of the service as its users meet it.

mod contract;
mod harness;

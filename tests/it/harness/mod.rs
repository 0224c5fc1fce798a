//! Real systems to test against.

pub mod postgres;

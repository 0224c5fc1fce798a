//! Aqueduct: named SQL queries over many sources, served as APIs.

pub mod catalog;
pub mod config;
pub mod encode;
pub mod model;
pub mod sources;

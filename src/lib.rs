//! Aqueduct: named SQL queries over many sources, served as APIs.

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
pub mod telemetry;

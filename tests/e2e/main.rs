//! End-to-end tests: what a user of the binary sees, from the outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attributes;
mod containers;
mod copies;
mod demo;
mod determinism;
mod docs;
mod exits;
mod explain;
mod full;
mod harness;
mod index;
mod index_commands;
mod index_news;
mod inputs;
mod killed;
mod objects;
mod outputs;
mod seeds;
mod server;
mod settings;
mod talk;
mod traces;
mod web;

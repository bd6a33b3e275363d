//! Pages about runs, modules and trends without a socket.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod data;
mod files;
mod pages;
mod results;
mod trends;

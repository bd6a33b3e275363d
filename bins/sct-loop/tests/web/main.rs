//! The page without a socket: what visitors see, and what they may do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod guard;
mod send;
mod site;
mod tasks;

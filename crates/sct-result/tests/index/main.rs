//! The index on folders of results.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod damage;
mod folder;
mod trends;

//! The loop's own SQLite files: opened, brought to the present version, and written in whole transactions.
//!
//! One file, the ledger, remembers what the loop has decided: which run waits for which, what is to be uploaded. Several
//! crates keep tables in it, each an *area* with its own list of [`Area::steps`]; nobody has to know the tables of the
//! others. The first program that comes brings an area to its present version, all steps or none. A file that a later
//! version has already brought further is refused.
//!
//! The ledger is in WAL mode: readers never wait, writers wait for each other up to [`BUSY`], and what a transaction has
//! written is on the disk when it ends. [`Journal::Rollback`] is for files that are handed around: they are one file.
//!
//! ```
//! use sct_ledger::{Area, Journal, Ledger, sql};
//!
//! const FRUIT: Area = Area { name: "fruit", steps: &["CREATE TABLE fruit (name TEXT PRIMARY KEY) STRICT"] };
//!
//! let folder = tempfile::tempdir()?;
//! let mut ledger = Ledger::open(&folder.path().join("ledger.db"), Journal::Wal, &[FRUIT])?;
//! ledger.write("adding", |rows| rows.execute("INSERT INTO fruit VALUES (?1)", ["apple"]))?;
//! let count: u32 = ledger.read("counting", |rows| rows.query_row("SELECT count(*) FROM fruit", [], |row| row.get(0)))?;
//! assert_eq!(count, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod ledger;
mod migrate;

/// The package behind the ledger, so that every user of it speaks the same version.
pub use rusqlite as sql;

pub use self::{
    error::Error,
    ledger::{BUSY, Journal, Ledger},
    migrate::Area,
};

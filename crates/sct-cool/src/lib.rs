//! COOL conditions databases on SQLite: folders, channels, intervals of validity and tags, read and written.
//!
//! One SQLite file holds one or more COOL databases, *instances*, told apart by a prefix of their table names. Schema,
//! object identifiers and the way later objects overlay earlier ones are those of COOL 3.1.0; what COOL writes is read here
//! and the other way round. See `docs/formats/cool.md`.
//!
//! ```
//! use sct_conditions::{MONITORING, monitoring_row};
//! use sct_cool::{Database, FolderContent, Selection, write_file};
//! use sct_id::{Iov, ModuleHash, RunNumber};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("mycool.db");
//! let iov = Iov::run(RunNumber::new(440_199)?);
//! let rows = vec![monitoring_row(ModuleHash::new(0)?, iov, 0.015, " 5 ")?];
//! write_file(&path, "CONDBR2", &[FolderContent { folder: MONITORING.folder(), tag: MONITORING.tag.into(), rows }])?;
//!
//! let database = Database::open(&path)?;
//! let objects = database.objects("/SCT/Derived/Monitoring", &Selection::tag(MONITORING.tag))?;
//! assert_eq!((objects.len(), objects[0].row.channel.0), (1, 134_230_016));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bulk;
mod compare;
mod create;
mod database;
mod error;
mod inspect;
mod merge;
mod node;
mod objects;
mod scan;
mod schema;
mod store;
mod tag;
mod vectors;
mod verify;

pub use self::{
    compare::{Comparison, TagComparison, compare},
    create::{FolderContent, create_master, prepare_file, write_file},
    database::{Database, Instance, Place, Snapshot},
    error::{Error, Trouble},
    inspect::{FolderSummary, TagSummary, dump_lines, summaries},
    merge::{
        Alteration, Cell, Change, ChannelBefore, FolderPlan, FolderReceipt, Hidden, MergeError,
        MergeOptions, Merged, NewRow, Plan, Previous, Provenance, Receipt, Refusal, SequenceStep,
        SourceFile, State, plan,
    },
    node::Node,
    objects::{Object, Selection},
    scan::{Nearest, Scan, Scanned},
    store::{Clock, StoreTarget, Writer},
    tag::{LockStatus, TagInfo},
    vectors::VectorObject,
    verify::{Finding, Severity, verify},
};

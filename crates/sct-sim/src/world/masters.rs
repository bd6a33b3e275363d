//! Master databases, with the tags that results are uploaded to.

use std::path::{Path, PathBuf};

use sct_conditions::{
    Destination, MONITORING, Row, SCT_FOLDERS, SctFolder, StorageType, Value, monitoring_row,
};
use sct_cool::{Clock, LockStatus, StoreTarget, Writer, create_master};
use sct_id::{Iov, ModuleHash, RunLumi};
use sct_wholefile::Pending;

use super::WorldRun;
use crate::Error;

/// A tag of former years: nothing may be stored under it any more.
const LOCKED: (&str, &str) = ("/SCT/Derived/DeadStrips", "SctDerivedDeadStrips-002-00");

pub(super) fn write(runs: &[WorldRun], folder: &Path) -> Result<[PathBuf; 2], Error> {
    let write = |destination: Destination| {
        let path = folder.join(format!("{}.db", destination.name()));
        master(&path, destination, runs).map(|()| path)
    };
    Ok([write(Destination::Condbr2)?, write(Destination::Monp200)?])
}

fn master(path: &Path, destination: Destination, runs: &[WorldRun]) -> Result<(), Error> {
    let pending = Pending::create(path)?;
    let first = runs.first().map_or(Iov::INFINITY, |run| {
        RunLumi { run: run.run, lumi_block: sct_id::LumiBlock::new(0) }.key()
    });
    let time = runs.first().map_or(0, |run| i64::try_from(run.start).unwrap_or(i64::MAX));
    let mut before = Vec::new();
    for module in ModuleHash::all() {
        // Nothing was noisy before the first run.
        let iov = Iov::new(0, first).map_err(|_| Error::Setting {
            name: "first_run",
            value: "0".to_owned(),
            expected: "more than 0",
        })?;
        before.push(monitoring_row(module, iov, 0.015, "")?);
    }
    let store = || -> Result<(), sct_cool::Error> {
        create_master(pending.temporary(), destination.name())?;
        let mut writer = Writer::open(pending.temporary(), None, Clock::fixed(time))?;
        for folder in SCT_FOLDERS.iter().filter(|folder| folder.destination == destination) {
            let target = StoreTarget::Tag(folder.tag.to_owned());
            if folder.path == MONITORING.path {
                writer.store(folder.path, &target, &before)?;
                continue;
            }
            let rows = [nothing(folder, &before[0])];
            writer.store(folder.path, &target, &rows)?;
            if folder.path == LOCKED.0 {
                writer.store(folder.path, &StoreTarget::Tag(LOCKED.1.to_owned()), &rows)?;
                writer.set_lock(folder.path, LOCKED.1, LockStatus::Locked)?;
            }
        }
        Ok(())
    };
    store().map_err(|source| Error::Cool { path: path.to_owned(), source: Box::new(source) })?;
    Ok(pending.finish()?)
}

/// A row that says nothing, so that the tag exists: a tag comes into being with its first object.
fn nothing(folder: &SctFolder, like: &Row) -> Row {
    let specification = folder.folder().payload;
    let value = |storage: StorageType| match storage {
        storage if storage.is_text() => Value::Text(String::new()),
        StorageType::Float | StorageType::Double => Value::Real(0.0),
        _ => Value::Int(0),
    };
    let payload = specification.fields().iter().map(|field| value(field.storage)).collect();
    Row { channel: like.channel, iov: like.iov, payload }
}

//! Finds files and looks whether they are complete.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sct_bytestream::storage::RawFile;
use sct_histfile::{HistFile, peek_events};
use sct_id::RunNumber;
use sct_job::DatasetName;
use sct_sched::{
    FileState, Table,
    store::SpoolFile,
    table::{Reads, dataset_of},
};
use sct_wholefile::Mapped;

use super::settings::{Settings, Spool};

/// Folders below a spool folder that are looked into.
const DEPTH: usize = 4;

/// What a look at the spool gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files that are new or have changed.
    pub(super) changed: Vec<SpoolFile>,
    /// Folders and lists that cannot be read.
    pub(super) unreadable: Vec<String>,
}

/// Looks at all files that any task of the table wants. `known` are those of the last look.
pub(super) fn discover(
    settings: &Settings,
    table: &Table,
    known: &HashMap<PathBuf, SpoolFile>,
    now: SystemTime,
) -> Found {
    let mut found = Found::default();
    let mut paths = Vec::new();
    for folder in &settings.spool.folders {
        list(&settings.data.join(folder), DEPTH, &mut paths, &mut found.unreadable);
    }
    if let Some(list) = settings.spool.list.as_ref().map(|list| settings.data.join(list)) {
        match fs::read_to_string(&list) {
            Ok(text) => {
                let lines = text.lines().map(str::trim);
                let named = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
                paths.extend(named.map(|line| settings.data.join(line)));
            }
            Err(error) => found.unreadable.push(format!("{}: {error}", list.display())),
        }
    }
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let text = path.to_string_lossy();
        let dataset = dataset_of(&text).to_owned();
        let Ok(name) = DatasetName::parse(&dataset) else { continue };
        let Some(rule) = table.of_dataset(&dataset, &name).next() else { continue };
        let file =
            look(&path, dataset, rule.reads, name.run, &settings.spool, known.get(&path), now);
        if let Some(file) = file.filter(|file| known.get(&path) != Some(file)) {
            found.changed.push(file);
        }
    }
    found
}

/// All files of a folder and of those below it. Names that begin with a dot are not for us.
fn list(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>, unreadable: &mut Vec<String>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return unreadable.push(format!("{}: {error}", folder.display())),
    };
    for entry in entries.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => {
                list(&entry.path(), depth - 1, paths, unreadable);
            }
            Ok(kind) if !kind.is_dir() => paths.push(entry.path()),
            _ => {}
        }
    }
}

/// A look at one file; none when it is not there (any more).
fn look(
    path: &Path,
    dataset: String,
    reads: Reads,
    run: RunNumber,
    spool: &Spool,
    known: Option<&SpoolFile>,
    now: SystemTime,
) -> Option<SpoolFile> {
    let metadata = fs::metadata(path).ok()?;
    let changed = metadata.modified().ok()?;
    let nanoseconds = changed.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let mut file = SpoolFile {
        path: path.to_owned(),
        dataset,
        bytes: metadata.len(),
        modified: i64::try_from(nanoseconds).unwrap_or(i64::MAX),
        state: FileState::Writing,
        events: None,
        reason: String::new(),
    };
    let same = known.filter(|known| (known.bytes, known.modified) == (file.bytes, file.modified));
    if let Some(known) = same.filter(|known| known.state != FileState::Writing) {
        return Some(known.clone());
    }
    let rests = now.duration_since(changed).unwrap_or_default();
    if rests < Duration::from_secs_f64(spool.settle) {
        "it changed a moment ago".clone_into(&mut file.reason);
        return Some(file);
    }
    (file.state, file.events, file.reason) = match events(path, reads, run) {
        Ok(events) => (FileState::Complete, Some(events), String::new()),
        Err(why) => (FileState::Broken, None, why),
    };
    Some(file)
}

/// Events of a file, which must be complete.
fn events(path: &Path, reads: Reads, run: RunNumber) -> Result<u64, String> {
    match reads {
        Reads::Raw => raw_events(path),
        Reads::Hitmap => peek_events(path).map_err(|error| error.to_string()),
        Reads::Hist => HistFile::open(path, run)
            .and_then(|file| file.events())
            .map_err(|error| error.to_string()),
    }
}

fn raw_events(path: &Path) -> Result<u64, String> {
    let bytes = Mapped::open(path).map_err(|error| error.to_string())?;
    let file = RawFile::new(&bytes).map_err(|error| error.to_string())?;
    let end = file.end().ok_or_else(|| {
        format!(
            "it has no record at its end (byte {}): cut short, or a copy in progress",
            bytes.len()
        )
    })?;
    Ok(u64::from(end.events_in_file))
}

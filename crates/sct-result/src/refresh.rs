//! Bringing the index to what lies in the results folder.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rayon::prelude::*;
use sct_id::RunNumber;
use sct_ledger::sql::{self, Connection, params};

use crate::{Error, Index, key, scan, trend::Names};

/// Folders that are read and written together: their summaries are in memory at the same time.
const AT_ONCE: usize = 256;

/// A folder that has changed less than this before it was looked at may change again within the same tick of the file
/// system's clock. It is looked at once more. Nanoseconds.
const SETTLED: i64 = 2_000_000_000;

/// Stands for the time of a folder whose files are looked at again.
const UNSETTLED: i64 = -1;
/// The same for one with a damaged file: it may still be on its way, and then changes while its folder does not.
const DAMAGED: i64 = -2;

/// What a look at the results folder found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Folders that are new.
    pub added: usize,
    /// Folders whose files have changed.
    pub changed: usize,
    /// Folders that are gone.
    pub removed: usize,
    /// What is wrong with files of the folders that were looked at.
    pub complaints: Vec<String>,
}

/// The folder of a run and kind of task.
pub(crate) struct Place {
    pub(crate) run: RunNumber,
    pub(crate) kind: String,
    pub(crate) path: PathBuf,
    modified: i64,
}

/// What is known of a folder.
#[derive(Clone, Copy)]
struct Known {
    modified: i64,
    /// Digest of names, sizes and times of the files.
    content: i64,
}

/// Folders by run and kind.
type KnownFolders = HashMap<i64, Known>;

/// A folder as it was found.
struct Looked<'a> {
    place: &'a Place,
    modified: i64,
    content: i64,
    attempts: Vec<scan::Attempt>,
}

impl Index {
    /// Looks at the folders that have changed since the last look.
    ///
    /// # Errors
    ///
    /// When the index cannot be written. What is wrong with results is among the complaints.
    pub fn refresh(&mut self, results: &Path) -> Result<Refreshed, Error> {
        let mut refreshed = Refreshed::default();
        self.set_root(results)?;
        let (kinds, known) = self.known()?;
        let (places, complaints) = places(results);
        refreshed.complaints.extend(complaints);
        let known_of = |place: &Place| {
            let kind = kinds.get(&place.kind)?;
            known.get(&key::of(*kind, place.run)).copied()
        };
        let there: HashSet<i64> = places
            .iter()
            .filter_map(|place| Some(key::of(*kinds.get(&place.kind)?, place.run)))
            .collect();
        let gone: Vec<i64> = known.keys().filter(|key| !there.contains(key)).copied().collect();
        refreshed.removed = gone.len();
        if !gone.is_empty() {
            self.forget(&gone)?;
        }
        let changed: Vec<(&Place, Option<Known>)> = places
            .iter()
            .map(|place| (place, known_of(place)))
            .filter(|(place, known)| known.is_none_or(|known| known.modified != place.modified))
            .collect();
        for some in changed.chunks(AT_ONCE) {
            self.look(some, &mut refreshed)?;
        }
        Ok(refreshed)
    }

    /// Reads folders and writes what they hold.
    fn look(
        &mut self,
        places: &[(&Place, Option<Known>)],
        refreshed: &mut Refreshed,
    ) -> Result<(), Error> {
        let now = now();
        let found: Vec<io::Result<Found<'_>>> =
            places.par_iter().map(|(place, known)| look_at(place, *known, now)).collect();
        let (mut looked, mut settled) = (Vec::new(), Vec::new());
        for ((place, known), found) in places.iter().zip(found) {
            match found {
                Ok(Found::Same) => {}
                Ok(Found::Settled(place)) => settled.push(place),
                Ok(Found::Other(found)) => {
                    let count =
                        if known.is_some() { &mut refreshed.changed } else { &mut refreshed.added };
                    *count += 1;
                    let complaints = found.attempts.iter().filter_map(|one| one.complaint.clone());
                    refreshed.complaints.extend(complaints);
                    looked.push(found);
                }
                // It went away meanwhile: the next look will not find it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    refreshed.complaints.push(format!("{}: {error}", place.path.display()));
                }
            }
        }
        if looked.is_empty() && settled.is_empty() {
            return Ok(());
        }
        Ok(self.ledger.write("results", |rows| {
            let mut names = Names::load(rows)?;
            looked.iter().try_for_each(|one| put(rows, &mut names, one))?;
            settled.iter().try_for_each(|place| settle(rows, place))
        })?)
    }

    /// Remembers which folder the index is of. It knows nothing of another one.
    fn set_root(&mut self, results: &Path) -> Result<(), Error> {
        let path = results.display().to_string();
        let is_same = |rows: &Connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM root WHERE path = ?1)";
            rows.prepare_cached(sql)?.query_row([&path], |row| row.get::<_, bool>(0))
        };
        if self.ledger.read("folder", is_same)? {
            return Ok(());
        }
        Ok(self.ledger.write("folder", |rows| {
            // Another program may have come first.
            if is_same(rows)? {
                return Ok(());
            }
            rows.execute_batch(
                "DELETE FROM root; DELETE FROM looked; DELETE FROM results; DELETE FROM numbers;",
            )?;
            rows.execute("INSERT INTO root VALUES (?1)", [&path]).map(|_| ())
        })?)
    }

    fn known(&self) -> Result<(HashMap<String, i64>, KnownFolders), Error> {
        Ok(self.ledger.read("folders", |rows| {
            let mut all = rows.prepare_cached("SELECT key, modified, content FROM looked")?;
            let known = all.query_map([], |row| {
                Ok((row.get(0)?, Known { modified: row.get(1)?, content: row.get(2)? }))
            })?;
            Ok((key::kinds(rows)?, known.collect::<sql::Result<_>>()?))
        })?)
    }

    fn forget(&mut self, gone: &[i64]) -> Result<(), Error> {
        Ok(self.ledger.write("results", |rows| {
            let kinds = key::kinds(rows)?;
            let names: HashMap<i64, &String> = kinds.iter().map(|(name, id)| (*id, name)).collect();
            for &gone in gone {
                let (kind, run) = key::parts(gone);
                clear(rows, gone, run, names.get(&kind).map_or("", |name| name.as_str()))?;
                rows.prepare_cached("DELETE FROM looked WHERE key = ?1")?.execute([gone])?;
            }
            Ok(())
        })?)
    }
}

/// What became of a folder.
enum Found<'a> {
    /// It is as it was.
    Same,
    /// It is as it was, and need not be looked at again.
    Settled(&'a Place),
    /// It has other files.
    Other(Looked<'a>),
}

fn look_at(place: &Place, known: Option<Known>, now: i64) -> io::Result<Found<'_>> {
    let files = scan::files(&place.path)?;
    let content = scan::content(&files);
    let last = files.iter().map(|(_, modified)| *modified).fold(place.modified, i64::max);
    let is_settled = last <= now.saturating_sub(SETTLED);
    if let Some(known) = known.filter(|known| known.content == content) {
        let settles = is_settled && known.modified != DAMAGED;
        return Ok(if settles { Found::Settled(place) } else { Found::Same });
    }
    let attempts = scan::attempts(&place.path, place.run, &place.kind, files);
    let modified = if attempts.iter().any(|one| one.complaint.is_some()) {
        DAMAGED
    } else if is_settled {
        place.modified
    } else {
        UNSETTLED
    };
    Ok(Found::Other(Looked { place, modified, content, attempts }))
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}

/// All folders of runs and kinds of tasks, and what could not be read.
fn places(results: &Path) -> (Vec<Place>, Vec<String>) {
    let mut complaints = Vec::new();
    let runs = folders(results).unwrap_or_else(|complaint| {
        complaints.push(complaint);
        Vec::new()
    });
    let of_run = |(name, path): (String, PathBuf)| {
        let Some(run) = run_of(&name) else { return Ok(Vec::new()) };
        let place = |(kind, path): (String, PathBuf)| {
            let metadata = fs::metadata(&path).ok()?;
            Some(Place { run, kind, path, modified: scan::modified(&metadata) })
        };
        Ok(folders(&path)?.into_iter().filter_map(place).collect())
    };
    let found: Vec<Result<Vec<Place>, String>> = runs.into_par_iter().map(of_run).collect();
    let mut places = Vec::new();
    for found in found {
        match found {
            Ok(found) => places.extend(found),
            Err(complaint) => complaints.push(complaint),
        }
    }
    (places, complaints)
}

/// The run of a folder's name. Other folders may lie there, and a run has one folder.
fn run_of(name: &str) -> Option<RunNumber> {
    let run = RunNumber::new(name.parse().ok()?).ok()?;
    (format!("{:08}", run.to_u32()) == name).then_some(run)
}

/// Folders within a folder. Links are not followed: they may lead anywhere.
fn folders(path: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let folder = |entry: fs::DirEntry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = entry.file_name().into_string().ok()?;
        (is_folder && !name.starts_with('.')).then(|| (name, entry.path()))
    };
    Ok(entries.flatten().filter_map(folder).collect())
}

/// Forgets the results of a folder.
fn clear(rows: &Connection, key: i64, run: u32, kind: &str) -> sql::Result<()> {
    rows.prepare_cached("DELETE FROM results WHERE run = ?1 AND kind = ?2")?
        .execute(params![run, kind])?;
    rows.prepare_cached("DELETE FROM numbers WHERE key = ?1")?.execute([key])?;
    Ok(())
}

/// Replaces what is known of a folder.
fn put(rows: &Connection, names: &mut Names, looked: &Looked<'_>) -> sql::Result<()> {
    let Looked { place, modified, content, attempts } = looked;
    let kind = key::kind(rows, &place.kind)?;
    let key = key::of(kind, place.run);
    clear(rows, key, place.run.to_u32(), &place.kind)?;
    let folder = place.path.display().to_string();
    let newest = attempts.iter().max_by_key(|one| (one.modified, &one.prefix));
    let mut insert = rows.prepare_cached(
        "INSERT INTO results (run, kind, prefix, folder, modified, newest, attempts, files, summary, database, sha256, complaint) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for one in attempts {
        let is_newest = newest.is_some_and(|newest| newest.prefix == one.prefix);
        insert.execute(params![
            place.run.to_u32(),
            place.kind,
            one.prefix,
            folder,
            one.modified / 1_000_000_000,
            is_newest,
            i64::try_from(attempts.len()).unwrap_or(i64::MAX),
            json(&one.files),
            one.summary.as_ref().map(json),
            one.database.as_ref().map(|file| &file.name),
            one.sha256,
            one.complaint,
        ])?;
    }
    if let Some(summary) = newest.and_then(|one| one.summary.as_ref()) {
        names.put(rows, key, &place.kind, summary)?;
    }
    rows.prepare_cached("INSERT OR REPLACE INTO looked VALUES (?1, ?2, ?3)")?
        .execute(params![key, modified, content])?;
    Ok(())
}

/// Remembers that a folder will not change within the tick of its time.
fn settle(rows: &Connection, place: &Place) -> sql::Result<()> {
    let key = key::of(key::kind(rows, &place.kind)?, place.run);
    // Where another program was faster its word stays.
    let sql = "UPDATE looked SET modified = ?2 WHERE key = ?1 AND modified = ?3";
    rows.prepare_cached(sql)?.execute(params![key, place.modified, UNSETTLED]).map(|_| ())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

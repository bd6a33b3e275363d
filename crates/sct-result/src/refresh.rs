//! Bringing the index to what lies in the results folder.

use std::{
    cmp::Reverse,
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rayon::prelude::*;
use sct_id::RunNumber;
use sct_ledger::sql::{self, Connection, params};

use crate::{Error, Index, key, module, scan, trend::Names};

/// Runs that are looked at and written together: their summaries are in memory at the same time.
const AT_ONCE: usize = 32;

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

/// How much is looked at.
#[derive(Clone, Copy)]
enum Extent {
    /// Folders of all runs that have changed.
    All,
    /// All files of so many runs, the newest.
    Newest(usize),
}

impl Index {
    /// Looks at the folders that have changed since the last look, those of the newest runs first.
    ///
    /// # Errors
    ///
    /// When the index cannot be written. What is wrong with results is among the complaints.
    pub fn refresh(&mut self, results: &Path) -> Result<Refreshed, Error> {
        self.bring(results, Extent::All)
    }

    /// Looks at the newest runs alone, file by file: also at files that were written over in their place, which does not
    /// change their folder. Costs the same however many older runs there are.
    ///
    /// # Errors
    ///
    /// As [`Self::refresh`].
    pub fn refresh_newest(&mut self, results: &Path, runs: usize) -> Result<Refreshed, Error> {
        self.bring(results, Extent::Newest(runs))
    }

    fn bring(&mut self, results: &Path, extent: Extent) -> Result<Refreshed, Error> {
        self.reopen()?;
        let mut refreshed = Refreshed::default();
        self.set_root(results)?;
        let mut runs = runs(results).unwrap_or_else(|complaint| {
            refreshed.complaints.push(complaint);
            Vec::new()
        });
        runs.sort_unstable_by_key(|run| Reverse(*run));
        let mut first = 0;
        if let Extent::Newest(most) = extent
            && runs.len() > most
        {
            runs.truncate(most);
            first = runs.last().map_or(0, |run| run.to_u32());
        }
        let (kinds, mut known) = self.known(first)?;
        for some in runs.chunks(AT_ONCE) {
            let found: Vec<_> = some.par_iter().map(|run| places(results, *run)).collect();
            let mut changed = Vec::new();
            for found in found {
                let places = found.unwrap_or_else(|complaint| {
                    refreshed.complaints.push(complaint);
                    Vec::new()
                });
                for place in places {
                    let kind = kinds.get(&place.kind);
                    let known = kind.and_then(|kind| known.remove(&key::of(*kind, place.run)));
                    let is_other = known.is_none_or(|known| known.modified != place.modified);
                    if is_other || matches!(extent, Extent::Newest(_)) {
                        changed.push((place, known));
                    }
                }
            }
            self.look(&changed, &mut refreshed)?;
        }
        // What is left was not found.
        refreshed.removed = known.len();
        if !known.is_empty() {
            self.forget(&known.into_keys().collect::<Vec<_>>())?;
        }
        Ok(refreshed)
    }

    /// Reads folders and writes what they hold.
    fn look(
        &mut self,
        places: &[(Place, Option<Known>)],
        refreshed: &mut Refreshed,
    ) -> Result<(), Error> {
        let now = now();
        let found: Vec<io::Result<Found<'_>>> =
            places.par_iter().map(|(place, known)| look_at(place, *known, now)).collect();
        let (mut looked, mut settled) = (Vec::new(), Vec::new());
        for ((place, known), found) in places.iter().zip(found) {
            match found {
                Ok(Found::Same) => {}
                Ok(Found::Settled(place, before)) => settled.push((place, before)),
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
            settled.iter().try_for_each(|(place, before)| settle(rows, place, *before))
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
                "DELETE FROM root; DELETE FROM looked; DELETE FROM results; DELETE FROM numbers; DELETE FROM tried;
                 DELETE FROM listed; DELETE FROM modules;",
            )?;
            rows.execute("INSERT INTO root VALUES (?1)", [&path]).map(|_| ())
        })?)
    }

    /// What is known of the folders of a run and all later ones.
    fn known(&self, first: u32) -> Result<(HashMap<String, i64>, KnownFolders), Error> {
        Ok(self.ledger.read("folders", |rows| {
            let sql = "SELECT key, modified, content FROM looked WHERE key BETWEEN ?1 AND ?2";
            let mut some = rows.prepare_cached(sql)?;
            let (kinds, mut known) = (key::kinds(rows)?, KnownFolders::new());
            for &kind in kinds.values() {
                let (begin, end) = key::range(kind);
                let found = some.query_map([begin | i64::from(first), end], |row| {
                    Ok((row.get(0)?, Known { modified: row.get(1)?, content: row.get(2)? }))
                })?;
                for found in found {
                    let (key, of) = found?;
                    known.insert(key, of);
                }
            }
            Ok((kinds, known))
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
    /// Its files are as they were, and need not be looked at again until its time is another; with the time known before.
    Settled(&'a Place, i64),
    /// It has other files.
    Other(Looked<'a>),
}

fn look_at(place: &Place, known: Option<Known>, now: i64) -> io::Result<Found<'_>> {
    let files = scan::files(&place.path)?;
    let content = scan::content(&files);
    let last = files.iter().map(|(_, modified)| *modified).fold(place.modified, i64::max);
    let is_settled = last <= now.saturating_sub(SETTLED);
    if let Some(known) = known.filter(|known| known.content == content) {
        let is_new = known.modified != DAMAGED && known.modified != place.modified;
        let settles = is_settled && is_new;
        return Ok(if settles { Found::Settled(place, known.modified) } else { Found::Same });
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

/// All runs that have a folder.
fn runs(results: &Path) -> Result<Vec<RunNumber>, String> {
    Ok(folders(results)?.iter().filter_map(|name| run_of(name)).collect())
}

/// The folders of a run.
fn places(results: &Path, run: RunNumber) -> Result<Vec<Place>, String> {
    let of_run = results.join(folder_of(run));
    let place = |kind: String| {
        let path = of_run.join(&kind);
        let metadata = fs::metadata(&path).ok()?;
        Some(Place { run, kind, path, modified: scan::modified(&metadata) })
    };
    Ok(folders(&of_run)?.into_iter().filter_map(place).collect())
}

fn folder_of(run: RunNumber) -> String {
    format!("{:08}", run.to_u32())
}

/// The run of a folder's name. Other folders may lie there, and a run has one folder.
fn run_of(name: &str) -> Option<RunNumber> {
    let run = RunNumber::new(name.parse().ok()?).ok()?;
    (folder_of(run) == name).then_some(run)
}

/// Names of the folders within a folder. Links are not followed: they may lead anywhere.
fn folders(path: &Path) -> Result<Vec<String>, String> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let folder = |entry: fs::DirEntry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        entry.file_name().into_string().ok().filter(|name| is_folder && !name.starts_with('.'))
    };
    Ok(entries.flatten().filter_map(folder).collect())
}

/// Forgets the results of a folder.
fn clear(rows: &Connection, key: i64, run: u32, kind: &str) -> sql::Result<()> {
    rows.prepare_cached("DELETE FROM results WHERE run = ?1 AND kind = ?2")?
        .execute(params![run, kind])?;
    rows.prepare_cached("DELETE FROM numbers WHERE key = ?1")?.execute([key])?;
    if rows.prepare_cached("DELETE FROM tried WHERE key = ?1")?.execute([key])? > 0 {
        module::clear(rows, run, kind)?;
    }
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

/// Remembers the time of a folder whose files are as they were.
fn settle(rows: &Connection, place: &Place, before: i64) -> sql::Result<()> {
    let key = key::of(key::kind(rows, &place.kind)?, place.run);
    // Where another program was faster its word stays.
    let sql = "UPDATE looked SET modified = ?2 WHERE key = ?1 AND modified = ?3";
    rows.prepare_cached(sql)?.execute(params![key, place.modified, before]).map(|_| ())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

//! Reading the lists by module of results that are indexed.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sct_ledger::sql::{self, Connection, params};

use crate::{Error, Index, key, module};

/// Lists that are read and written together: the longest take tens of megabytes while they are read.
const AT_ONCE: usize = 2;

/// What became of lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Lists that were read.
    pub read: usize,
    /// Lists that are left for another time.
    pub left: usize,
    /// What is wrong with some of those that were looked at.
    pub complaints: Vec<String>,
}

/// A list that has not been read.
struct Unread {
    key: i64,
    run: u32,
    kind: &'static str,
    path: PathBuf,
}

impl Index {
    /// Reads lists by module that no one has read yet, those of the newest runs first, `most` at a time: lists are long, and
    /// a page must not wait for all of them. What is damaged is told once.
    ///
    /// # Errors
    ///
    /// When the index cannot be written.
    pub fn read_lists(&mut self, most: usize) -> Result<Listed, Error> {
        let mut unread = self.ledger.read("lists", unread)?;
        unread.sort_by_key(|one| std::cmp::Reverse((one.run, one.kind)));
        let mut listed = Listed { left: unread.len().saturating_sub(most), ..Listed::default() };
        unread.truncate(most);
        for some in unread.chunks(AT_ONCE) {
            let found: Vec<_> =
                some.par_iter().map(|one| module::read(one.kind, &one.path)).collect();
            self.ledger.write("lists", |rows| {
                for (one, found) in some.iter().zip(&found) {
                    module::clear(rows, one.run, one.kind)?;
                    if let Ok(values) = found {
                        module::put(rows, one.run, values)?;
                    }
                    rows.prepare_cached("INSERT OR REPLACE INTO tried VALUES (?1)")?
                        .execute([one.key])?;
                }
                Ok(())
            })?;
            for found in found {
                match found {
                    Ok(_) => listed.read += 1,
                    Err(error) => listed.complaints.push(error.to_string()),
                }
            }
        }
        if listed.read > 0 {
            self.ledger.write("lists", module::forget_old)?;
        }
        Ok(listed)
    }
}

fn unread(rows: &Connection) -> sql::Result<Vec<Unread>> {
    let mut unread = Vec::new();
    for (kind, file) in module::FILES {
        let Some(id) = key::find(rows, kind)? else { continue };
        let sql = "SELECT run, folder, prefix, files FROM results WHERE kind = ?1 AND newest = 1 ORDER BY run DESC LIMIT ?2";
        let mut newest = rows.prepare_cached(sql)?;
        let mut newest = newest.query(params![kind, module::RUNS])?;
        let mut tried =
            rows.prepare_cached("SELECT EXISTS (SELECT 1 FROM tried WHERE key = ?1)")?;
        while let Some(row) = newest.next()? {
            let run: u32 = row.get(0)?;
            let key = id << 32 | i64::from(run);
            let name = format!("{}.{file}", row.get::<_, String>(2)?);
            let has = row.get_ref(3)?.as_str()?.contains(&format!("\"{name}\""));
            if has && !tried.query_row([key], |row| row.get::<_, bool>(0))? {
                let path = Path::new(row.get_ref(1)?.as_str()?).join(name);
                unread.push(Unread { key, run, kind, path });
            }
        }
    }
    Ok(unread)
}

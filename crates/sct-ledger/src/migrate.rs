//! Bringing a file to the present version.

use rusqlite::{OptionalExtension as _, Transaction};

use crate::{Error, Ledger};

/// The tables of one user of the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    /// Name, never changed.
    pub name: &'static str,
    /// SQL of every version, oldest first. Steps are added at the end and never changed: there are files out there that
    /// have taken them.
    pub steps: &'static [&'static str],
}

/// Which area is at which version.
const VERSIONS: &str =
    "CREATE TABLE IF NOT EXISTS areas (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT";

impl Ledger {
    /// Takes the steps that an area has not taken yet, all or none.
    pub(crate) fn migrate(&mut self, area: Area) -> Result<(), Error> {
        let known = area.steps.len();
        // Most of the time there is nothing to do; then nobody is kept waiting.
        let found = self.read("versions", |rows| {
            let table: Option<u32> = rows
                .query_row("SELECT 1 FROM sqlite_master WHERE name = 'areas'", [], |row| row.get(0))
                .optional()?;
            table.map_or(Ok(0), |_| version(rows, area.name))
        })?;
        if found == known {
            return Ok(());
        }
        // Another program may have come first: inside the transaction the version is looked up once more.
        let found = self.write(&format!("steps of area {}", area.name), |rows| {
            rows.execute_batch(VERSIONS)?;
            let found = version(rows, area.name)?;
            if found < known {
                take(rows, area, found)?;
            }
            Ok(found)
        })?;
        if found > known {
            let (path, area) = (self.path().to_owned(), area.name.to_owned());
            return Err(Error::Newer { path, area, found, known });
        }
        Ok(())
    }
}

fn version(rows: &rusqlite::Connection, area: &str) -> rusqlite::Result<usize> {
    let version: Option<u32> = rows
        .query_row("SELECT version FROM areas WHERE name = ?1", [area], |row| row.get(0))
        .optional()?;
    Ok(version.map_or(0, |version| version as usize))
}

fn take(rows: &Transaction<'_>, area: Area, from: usize) -> rusqlite::Result<()> {
    area.steps[from..].iter().try_for_each(|step| rows.execute_batch(step))?;
    let sql = "INSERT INTO areas VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET version = excluded.version";
    let version = u32::try_from(area.steps.len()).unwrap_or(u32::MAX);
    rows.execute(sql, rusqlite::params![area.name, version]).map(|_| ())
}

//! Copies kept of what is merged, and of masters.
//!
//! Every source is kept, since it is small. A master grows for years, and is copied before the first merge of a day only: that
//! copy and the sources kept since then give the master again, and receipts take single merges back. The newest copies of a
//! master stay, older ones go.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use sct_cool::Database;

use crate::Error;

/// Copies of a master that stay.
const KEPT: usize = 3;
/// Of the time in front of names, `20261124_120000`: the day, and all of it.
const DAY: usize = 8;
const TIME: usize = 15;

/// Keeps copies of a source and a master in a folder, under their names with the time in front; gives lines for the log.
pub(crate) fn keep(
    folder: &Path,
    source: &Database,
    master: &Database,
) -> Result<Vec<String>, Error> {
    fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_owned(), source })?;
    let time = TimeZone::UTC.to_datetime(Timestamp::now()).strftime("%Y%m%d_%H%M%S").to_string();
    let mut log = vec![copy(folder, &time, source)?];
    let (name, copies) = (name(master), copies(folder, &name(master))?);
    let today = |copy: &String| copy[..DAY] == time[..DAY];
    if let Some(copy) = copies.last().filter(|copy| today(copy)) {
        log.push(format!("backup: {name} was copied today already, as {copy}"));
        return Ok(log);
    }
    log.push(copy(folder, &time, master)?);
    // With the new one these are as many as stay. What cannot be removed is in nobody's way.
    let gone = (copies.len() + 1).saturating_sub(KEPT);
    for copy in copies.iter().take(gone) {
        if fs::remove_file(folder.join(copy)).is_ok() {
            log.push(format!("backup: {copy} is removed, newer ones are there"));
        }
    }
    Ok(log)
}

fn name(database: &Database) -> String {
    database.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn copy(folder: &Path, time: &str, database: &Database) -> Result<String, Error> {
    let name = name(database);
    // Several uploads may come in one second, and each has a copy of its own.
    let mut paths = (1_u32..).map(|number| match number {
        1 => folder.join(format!("{time}_{name}")),
        _ => folder.join(format!("{time}_{number}_{name}")),
    });
    let path: PathBuf = paths.find(|path| !path.exists()).unwrap_or_default();
    database.back_up(&path)?;
    Ok(format!("backup: {}", path.display()))
}

/// Names of the copies of a database in a folder, oldest first.
fn copies(folder: &Path, name: &str) -> Result<Vec<String>, Error> {
    let failed = |source| Error::Io { path: folder.to_owned(), source };
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let file = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if is_copy(&file, name) {
            copies.push(file);
        }
    }
    copies.sort();
    Ok(copies)
}

/// Whether a file is named as the copy of a database: time, perhaps a number, and its name.
fn is_copy(file: &str, name: &str) -> bool {
    let Some(front) = file.strip_suffix(name).and_then(|front| front.strip_suffix('_')) else {
        return false;
    };
    let time = |(index, byte): (usize, u8)| match index {
        DAY => byte == b'_',
        _ => byte.is_ascii_digit(),
    };
    front.len() >= TIME
        && front.bytes().take(TIME).enumerate().all(time)
        && (front.len() == TIME
            || front[TIME..].strip_prefix('_').is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            }))
}

#[cfg(test)]
mod tests {
    use sct_cool::create_master;

    use super::*;

    #[test]
    fn copies_are_known_by_their_names() {
        for (file, expected) in [
            ("20261124_120000_CONDBR2.db", true),
            ("20261124_120000_2_CONDBR2.db", true),
            ("20261124_120000_x_CONDBR2.db", false),
            ("20261124_120000_MONP200.db", false),
            ("20261124-120000_CONDBR2.db", false),
            ("2026_CONDBR2.db", false),
            ("CONDBR2.db", false),
            ("ä0261124_120000_CONDBR2.db", false),
        ] {
            assert_eq!(is_copy(file, "CONDBR2.db"), expected, "{file}");
        }
    }

    #[test]
    fn a_master_is_copied_once_a_day_and_three_copies_stay() {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| {
            let path = folder.path().join(name);
            create_master(&path, "CONDBR2").unwrap();
            Database::open(&path).unwrap()
        };
        let (source, master) = (open("r.mycool.db"), open("CONDBR2.db"));
        let backup = folder.path().join("backup");
        fs::create_dir(&backup).unwrap();
        let old = ["1", "2", "3"].map(|day| format!("2020010{day}_000000_CONDBR2.db"));
        for name in old.iter().map(String::as_str).chain(["20200101_000000_other.db"]) {
            fs::write(backup.join(name), "").unwrap();
        }
        let first = keep(&backup, &source, &master).unwrap();
        assert_eq!(first.len(), 3, "{first:?}");
        let left = copies(&backup, "CONDBR2.db").unwrap();
        assert_eq!(&left[..2], &old[1..]);
        assert_eq!(left.len(), KEPT);
        assert!(backup.join("20200101_000000_other.db").exists());
        // Midnight may fall in between; otherwise the master is not copied again, the source is.
        keep(&backup, &source, &master).unwrap();
        let again = copies(&backup, "CONDBR2.db").unwrap();
        assert!(again == left || again.last().unwrap()[..DAY] != left.last().unwrap()[..DAY]);
        assert_eq!(copies(&backup, "r.mycool.db").unwrap().len(), 2);
    }
}

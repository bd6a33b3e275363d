//! Uploads of a run.

use sct_id::RunNumber;
use sct_upload::{BadRun, Upload};

use super::super::super::{
    Failure, Reader, number,
    tab::{TABS, Tab},
    table::{Cell, Table},
};

/// What became of one task of a run.
#[derive(Debug)]
pub(in crate::web) struct OfTask {
    /// The task.
    pub(in crate::web) tab: &'static Tab,
    /// Its bad mark.
    pub(in crate::web) bad: Option<BadRun>,
    /// Its uploads, the newest first.
    pub(in crate::web) uploads: Vec<Upload>,
}

/// Uploads and bad marks of all tasks that have any.
///
/// # Errors
///
/// When the ledger cannot be read.
pub(in crate::web) fn find(reader: &mut Reader, run: RunNumber) -> Result<Vec<OfTask>, Failure> {
    let queue = reader.uploader.queue();
    let mut found = Vec::new();
    for tab in &TABS {
        let bad = queue.bad(run, tab.task)?;
        let mut uploads = queue.uploads_of(tab.task, (run, run))?;
        uploads.reverse();
        if bad.is_some() || !uploads.is_empty() {
            found.push(OfTask { tab, bad, uploads });
        }
    }
    Ok(found)
}

/// The same as a table; none when there are none.
pub(super) fn table(reader: &mut Reader, run: RunNumber) -> Result<Option<Table>, Failure> {
    let mut rows = Vec::new();
    for OfTask { tab, bad, uploads } in find(reader, run)? {
        if let Some(mark) = bad {
            let cells = [tab.title, "bad", "", &mark.who, "", &mark.reason];
            rows.push(cells.map(Cell::from).to_vec());
        }
        for upload in uploads {
            let why = if upload.reason.is_empty() { upload.comment } else { upload.reason };
            rows.push(vec![
                Cell::link(tab.title, format!("/uploads/{}", upload.id)),
                upload.state.to_string().into(),
                upload.tag.into(),
                upload.who.into(),
                number::when(&upload.changed).into(),
                why.into(),
            ]);
        }
    }
    let columns = ["Task", "State", "Tag", "Who", "Last change", "Reason or comment"];
    let table = Table::new("Uploads of this run", &columns).with_rows(rows.into_iter());
    Ok((!table.rows.is_empty()).then_some(table))
}

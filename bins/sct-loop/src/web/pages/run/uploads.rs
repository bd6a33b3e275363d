//! Uploads of a run.

use sct_id::RunNumber;

use super::super::super::{
    Failure, Reader, number,
    tab::TABS,
    table::{Cell, Table},
};

/// Uploads and bad marks of all tasks; none when there are none.
pub(super) fn table(reader: &mut Reader, run: RunNumber) -> Result<Option<Table>, Failure> {
    let queue = reader.uploader.queue();
    let mut rows = Vec::new();
    for tab in &TABS {
        if let Some(mark) = queue.bad(run, tab.task)? {
            let cells = [tab.title, "bad", "", &mark.who, "", &mark.reason];
            rows.push(cells.map(Cell::from).to_vec());
        }
        for upload in queue.uploads_of(tab.task, (run, run))?.into_iter().rev() {
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

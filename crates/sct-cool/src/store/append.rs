//! Single-version folders: each object begins where the last one ends.

use rusqlite::OptionalExtension as _;
use sct_conditions::Folder;
use sct_id::Iov;

use super::{Entry, NewObject, Writer};
use crate::{Error, Node};

impl Writer {
    /// Appends to a single-version folder: an open last object is closed where the new one begins.
    pub(super) fn append(
        &mut self,
        node: &Node,
        folder: &Folder,
        rows: &[Entry<'_>],
    ) -> Result<(), Error> {
        let time = self.clock.now();
        let stem = node.stem(&self.database);
        self.add_channels(node, rows)?;
        let last = format!(
            "SELECT OBJECT_ID, IOV_SINCE, IOV_UNTIL FROM \"{}\" WHERE CHANNEL_ID = ?1 AND IOV_SINCE < ?2 ORDER BY \
             IOV_SINCE DESC LIMIT 1",
            node.tables.iovs
        );
        for row in rows {
            let (since, until) = (row.iov.since().cast_signed(), row.iov.until().cast_signed());
            // Objects of a channel do not overlap: of those that begin before the new one ends, only the last can reach
            // into it. Without this bound every object would be compared with all before it.
            let parameters = rusqlite::params![row.channel.0, until];
            let overlapping: Option<(i64, i64, i64)> = self
                .database
                .connection
                .prepare_cached(&last)
                .and_then(|mut statement| {
                    let cells =
                        |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                    statement.query_row(parameters, cells).optional()
                })
                .map_err(self.database.failed("append"))?
                .filter(|(.., last_until)| *last_until > since);
            match overlapping {
                None => {}
                Some((old, old_since, old_until))
                    if old_until == Iov::INFINITY.cast_signed() && old_since < since =>
                {
                    let now = self.clock.now();
                    let sql = format!(
                        "UPDATE \"{}\" SET IOV_UNTIL = ?2, LASTMOD_DATE = ?3 WHERE OBJECT_ID = ?1",
                        node.tables.iovs
                    );
                    self.execute("append", &sql, &[&old, &since, &now])?;
                }
                Some((old, ..)) => {
                    let detail = format!(
                        "channel {}: interval {} overlaps object {old}",
                        row.channel, row.iov
                    );
                    return Err(self.refused(node, detail));
                }
            }
            let id = self.next(&format!("{stem}IOVS_SEQ"), 1, &time)?;
            let payloads = self.add_payloads(node, folder, std::slice::from_ref(row), &time)?;
            let link = payloads.link(0, id, row);
            let object = NewObject { id, tag: 0, row, link, time: &time, covered: &time };
            self.insert(node, folder, &object)?;
            self.add_items(node, folder, &object)?;
            let sql = format!(
                "UPDATE \"{}\" SET LAST_OBJECT_ID = max(LAST_OBJECT_ID, ?2) WHERE CHANNEL_ID = ?1",
                node.tables.channels
            );
            self.execute("channels", &sql, &[&row.channel.0, &id.cast_signed()])?;
        }
        Ok(())
    }
}

//! Taking a merge back, row by row.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension as _, params};

use super::{Alteration, FolderReceipt, MergeError, NewRow, Receipt, Refusal};
use crate::{Database, Error, Node, Writer};

impl Writer {
    /// Takes back what a receipt says, in one transaction: rows added go, rows hidden are visible again with the times they
    /// had, channels and tags made by the merge go unless something else uses them since. When nothing was stored since,
    /// every table is as before the merge.
    ///
    /// # Errors
    ///
    /// [`Refusal::Undo`] when the rows are not there, or a later upload lies over them.
    pub fn undo(&mut self, receipt: &Receipt) -> Result<Alteration, MergeError> {
        let found = &self.database.instance().name;
        if *found != receipt.instance {
            let what =
                format!("the receipt is for instance {}, the master is {found}", receipt.instance);
            return Err(refuse(what));
        }
        // Rows of intervals have no index of their payload: for every payload row that goes, SQLite would read them all to
        // see that none refers to it. The rows that do are those of the receipt, and they go first.
        self.foreign_keys(false)?;
        let result = self.transaction(|writer| {
            writer.database.reload()?;
            for folder in receipt.folders.iter().rev() {
                let node =
                    writer.database.folder(&folder.folder).map_err(|_| absent(receipt))?.clone();
                writer.check_rows(&node, folder, receipt)?;
                writer.take_back(&node, folder)?;
            }
            Ok(receipt.alteration())
        });
        self.foreign_keys(true)?;
        result
    }

    fn foreign_keys(&self, on: bool) -> Result<(), Error> {
        let failed = self.database.failed("foreign keys");
        self.database.connection.pragma_update(None, "foreign_keys", on).map_err(failed)
    }

    fn check_rows(
        &self,
        node: &Node,
        folder: &FolderReceipt,
        receipt: &Receipt,
    ) -> Result<(), MergeError> {
        let ours: BTreeSet<u64> = folder.rows.iter().map(|row| row.object).collect();
        for row in &folder.rows {
            match self.database.head_of(node, folder.tag_id, row)? {
                None => return Err(absent(receipt)),
                Some(0) => {}
                Some(head) if ours.contains(&head) => {}
                Some(head) => {
                    let (object, channel) = (row.object, row.channel);
                    return Err(refuse(format!(
                        "{}: object {object} of channel {channel} is covered by the later object {head}; undo that upload first",
                        node.path
                    )));
                }
            }
        }
        let sql = format!("SELECT NEW_HEAD_ID FROM \"{}\" WHERE OBJECT_ID = ?1", node.tables.iovs);
        for hidden in &folder.hidden {
            let head: Option<i64> = self
                .database
                .connection
                .query_row(&sql, [hidden.object.cast_signed()], |row| row.get(0))
                .optional()
                .map_err(self.database.failed("hidden objects"))?;
            if !head.is_some_and(|head| ours.contains(&head.cast_unsigned())) {
                return Err(refuse(format!(
                    "{}: object {} is not hidden by this upload",
                    node.path, hidden.object
                )));
            }
        }
        Ok(())
    }

    fn take_back(&self, node: &Node, folder: &FolderReceipt) -> Result<(), Error> {
        let table = &node.tables.iovs;
        let remove = format!("DELETE FROM \"{table}\" WHERE OBJECT_ID = ?1");
        for row in &folder.rows {
            self.execute("undo", &remove, &[&row.object.cast_signed()])?;
        }
        let show = format!(
            "UPDATE \"{table}\" SET NEW_HEAD_ID = 0, LASTMOD_DATE = ?2 WHERE OBJECT_ID = ?1"
        );
        for hidden in &folder.hidden {
            self.execute("undo", &show, &[&hidden.object.cast_signed(), &hidden.modified])?;
        }
        if let (Some((first, last)), Some(payload)) = (folder.payloads, &node.tables.payload) {
            let remove = format!("DELETE FROM \"{payload}\" WHERE PAYLOAD_ID BETWEEN ?1 AND ?2");
            self.execute("undo", &remove, &[&first.cast_signed(), &last.cast_signed()])?;
        }
        self.restore_channels(node, folder)?;
        if folder.tag_created {
            self.remove_tag(node, folder)?;
        }
        for step in &folder.sequences {
            // Numbers given out since stay given out.
            if self.sequence(&step.table)? == step.after {
                let sql =
                    format!("UPDATE \"{}\" SET CURRENT_VALUE = ?1, LASTMOD_DATE = ?2", step.table);
                let value = step.before.0.map(u64::cast_signed);
                self.execute("undo", &sql, &[&value, &step.before.1])?;
            }
        }
        Ok(())
    }

    fn restore_channels(&self, node: &Node, folder: &FolderReceipt) -> Result<(), Error> {
        let table = &node.tables.channels;
        let newest =
            format!("SELECT max(OBJECT_ID) FROM \"{}\" WHERE CHANNEL_ID = ?1", node.tables.iovs);
        let set = format!("UPDATE \"{table}\" SET LAST_OBJECT_ID = ?2 WHERE CHANNEL_ID = ?1");
        let remove = format!("DELETE FROM \"{table}\" WHERE CHANNEL_ID = ?1");
        let failed = || self.database.failed("channels");
        let mut newest = self.database.connection.prepare_cached(&newest).map_err(failed())?;
        for before in &folder.channels {
            let last: Option<i64> =
                newest.query_row([before.channel], |row| row.get(0)).map_err(failed())?;
            match (last, before.last_object) {
                (None, None) => self.execute("channels", &remove, &[&before.channel])?,
                // What the receipt says may be gone by now, too, when uploads are undone out of order.
                (last, _) => {
                    self.execute("channels", &set, &[&before.channel, &last.unwrap_or(0)])?
                }
            };
        }
        Ok(())
    }

    fn remove_tag(&self, node: &Node, folder: &FolderReceipt) -> Result<(), Error> {
        let sql =
            format!("SELECT EXISTS(SELECT 1 FROM \"{}\" WHERE USER_TAG_ID = ?1)", node.tables.iovs);
        let used: bool = self
            .database
            .connection
            .query_row(&sql, [folder.tag_id], |row| row.get(0))
            .map_err(self.database.failed("tags"))?;
        if used {
            return Ok(());
        }
        let sql = format!("DELETE FROM \"{}\" WHERE TAG_ID = ?1", node.tables.tags);
        self.execute("tags", &sql, &[&folder.tag_id])?;
        let sql = format!(
            "DELETE FROM \"{}\" WHERE NODE_ID = ?1 AND TAG_ID = ?2",
            self.database.table("TAGS")
        );
        self.execute("tags", &sql, &[&node.id, &folder.tag_id]).map(|_| ())
    }
}

impl Database {
    /// Whether the master holds every row of a receipt, visible or covered since.
    ///
    /// # Errors
    ///
    /// [`Error::Sqlite`] when the file is damaged.
    pub fn holds(&self, receipt: &Receipt) -> Result<bool, Error> {
        for folder in &receipt.folders {
            let Ok(node) = self.folder(&folder.folder) else { return Ok(false) };
            for row in &folder.rows {
                if self.head_of(node, folder.tag_id, row)?.is_none() {
                    return Ok(false);
                }
            }
        }
        Ok(self.instance().name == receipt.instance)
    }

    /// What hides a row (0 when it is visible), if it is there as the receipt has it.
    fn head_of(&self, node: &Node, tag: u32, row: &NewRow) -> Result<Option<u64>, Error> {
        let sql = format!(
            "SELECT NEW_HEAD_ID FROM \"{}\" WHERE OBJECT_ID = ?1 AND CHANNEL_ID = ?2 AND IOV_SINCE = ?3 AND IOV_UNTIL = ?4 AND \
             USER_TAG_ID = ?5 AND ORIGINAL_ID = ?6 AND SYS_INSTIME = ?7",
            node.tables.iovs
        );
        let parameters = params![
            row.object.cast_signed(),
            row.channel,
            row.since.cast_signed(),
            row.until.cast_signed(),
            tag,
            row.original.cast_signed(),
            row.inserted
        ];
        let failed = || self.failed("rows of a receipt");
        let mut statement = self.connection.prepare_cached(&sql).map_err(failed())?;
        let head: Option<i64> =
            statement.query_row(parameters, |row| row.get(0)).optional().map_err(failed())?;
        Ok(head.map(i64::cast_unsigned))
    }
}

fn refuse(what: String) -> MergeError {
    MergeError::Refused(vec![Refusal::Undo(what)])
}

fn absent(receipt: &Receipt) -> MergeError {
    refuse(format!(
        "the master does not hold the rows of this receipt ({} merged at {}); it may be undone already",
        receipt.source.file.display(),
        receipt.when
    ))
}

//! Doing what the plan says, and reading it back.

use rusqlite::{OptionalExtension as _, params};

use super::{
    Change, ChannelBefore, FolderPlan, FolderReceipt, Hidden, MergeError, MergeOptions, NewRow,
    Plan, Provenance, Receipt, SequenceStep, SourceFile, plan, receipt::Cell,
};
use crate::{Database, Error, LockStatus, Node, StoreTarget, Writer, store::Entry};

/// Objects of one bulk store, as the copy tool of the experiment does it. Source: option `-bs` of `AtlCoolCopy`.
const BLOCK: usize = 1000;

/// Rows of intervals, and the first and last row of payload.
type Added = (Vec<NewRow>, Option<(u64, u64)>);

/// A merge that is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// What was compared and decided.
    pub plan: Plan,
    /// What was written; none when the master had everything already.
    pub receipt: Option<Receipt>,
}

impl Writer {
    /// Merges a source in one transaction. `keep` gets the receipt when everything is written and read back, just before
    /// it becomes valid: a merge that is seen has a receipt, whatever happens to the process.
    ///
    /// # Errors
    ///
    /// [`MergeError`]; the master is then as it was.
    pub fn merge(
        &mut self,
        source: &Database,
        options: &MergeOptions,
        provenance: &Provenance,
        keep: impl FnOnce(&Receipt) -> Result<(), sct_wholefile::Error>,
    ) -> Result<Merged, MergeError> {
        let result = self.transaction(|writer| {
            // Another program may have made a folder since this one opened the file.
            writer.database.reload()?;
            let plan = plan(source, &writer.database, options)?;
            if plan.stored() == 0 {
                return Ok(Merged { plan, receipt: None });
            }
            let mut receipt = writer.receipt(source, provenance);
            for folder in &plan.folders {
                receipt.folders.extend(writer.merge_folder(source, folder, options)?);
            }
            if options.full_check {
                writer.database.check_integrity()?;
            }
            keep(&receipt).map_err(MergeError::Receipt)?;
            Ok(Merged { plan, receipt: Some(receipt) })
        });
        if result.is_err() {
            // Folders made in a transaction that was rolled back are no more.
            let _ = self.database.reload();
        }
        result
    }

    fn receipt(&mut self, source: &Database, provenance: &Provenance) -> Receipt {
        Receipt {
            version: 1,
            when: self.clock.now(),
            who: provenance.who.clone(),
            comment: provenance.comment.clone(),
            source: SourceFile {
                file: source.path().to_owned(),
                instance: source.instance().name.clone(),
                sha256: provenance.sha256.clone(),
                size: provenance.size,
            },
            master: self.database.path().to_owned(),
            instance: self.database.instance().name.clone(),
            folders: Vec::new(),
        }
    }

    fn merge_folder(
        &mut self,
        source: &Database,
        plan: &FolderPlan,
        options: &MergeOptions,
    ) -> Result<Option<FolderReceipt>, MergeError> {
        let stored: Vec<&Change> = plan.stored().collect();
        if stored.is_empty() {
            return Ok(None);
        }
        if self.database.folder(&plan.folder.path).is_err() {
            self.make_folder(&plan.folder)?;
        }
        let node = self.database.folder(&plan.folder.path)?.clone();
        let before = self.sequences(&node)?;
        let hidden = self.about_to_hide(&node, &stored)?;
        let channels = self.copy_channels(source, &node, &stored)?;
        let relock = plan.lock == Some(LockStatus::Locked) && options.append_locked;
        if relock {
            self.set_lock(&node.path, &plan.tag, LockStatus::Unlocked)?;
        }
        let folder = node.require_folder(&self.database)?.clone();
        let target = StoreTarget::Tag(plan.tag.clone());
        for block in stored.chunks(BLOCK) {
            let entries: Vec<Entry<'_>> =
                block.iter().map(|change| Entry::from(&change.row)).collect();
            self.store_versions(&node, &folder, &target, &entries)?;
        }
        if relock {
            self.set_lock(&node.path, &plan.tag, LockStatus::Locked)?;
        } else if options.copy_lock && plan.lock.is_none() {
            self.set_lock(&node.path, &plan.tag, plan.source_lock)?;
        }
        let tags = self.database.tags(&node)?;
        let tag = tags.iter().find(|tag| tag.name == plan.tag);
        let tag =
            tag.ok_or_else(|| MergeError::ReadBack(format!("tag '{}' is missing", plan.tag)))?;
        let sequences = self.steps(before)?;
        let (rows, payloads) = self.added(&node, &sequences)?;
        let receipt = FolderReceipt {
            folder: node.path.clone(),
            tag: plan.tag.clone(),
            tag_id: tag.id,
            tag_created: plan.lock.is_none(),
            skipped: plan.changes.len() - stored.len(),
            interval: interval(&stored),
            rows,
            payloads,
            hidden,
            channels,
            sequences,
        };
        self.read_back(&node, &stored, &receipt)?;
        Ok(Some(receipt))
    }

    /// Sequence tables a store takes numbers from.
    fn sequences(&self, node: &Node) -> Result<Vec<(String, Cell)>, Error> {
        let stem = node.stem(&self.database);
        let mut names = vec![format!("{stem}IOVS_SEQ"), format!("{stem}TAGS_SEQ")];
        if node.tables.payload.is_some() {
            names.push(format!("{stem}PAYLOAD_SEQ"));
        }
        names
            .into_iter()
            .map(|name| {
                let cell = self.sequence(&name)?;
                Ok((name, cell))
            })
            .collect()
    }

    pub(super) fn sequence(&self, table: &str) -> Result<Cell, Error> {
        let sql = format!("SELECT CURRENT_VALUE, LASTMOD_DATE FROM \"{table}\"");
        let cell = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, Option<i64>>(0)?.map(i64::cast_unsigned), row.get(1)?))
        };
        self.database.connection.query_row(&sql, [], cell).map_err(self.database.failed(table))
    }

    fn steps(&self, before: Vec<(String, Cell)>) -> Result<Vec<SequenceStep>, Error> {
        let step = |(table, before): (String, Cell)| {
            let after = self.sequence(&table)?;
            Ok(SequenceStep { table, before, after })
        };
        before.into_iter().map(step).collect()
    }

    /// Rows that the store will hide, with the time that hiding overwrites.
    fn about_to_hide(&self, node: &Node, stored: &[&Change]) -> Result<Vec<Hidden>, Error> {
        let sql = format!(
            "SELECT coalesce(LASTMOD_DATE, '') FROM \"{}\" WHERE OBJECT_ID = ?1",
            node.tables.iovs
        );
        let failed = || self.database.failed("objects to hide");
        let mut ids: Vec<u64> =
            stored.iter().flat_map(|change| change.hides.iter().copied()).collect();
        ids.sort_unstable();
        // Two objects of the source may cut the same one of the master.
        ids.dedup();
        let mut statement = self.database.connection.prepare_cached(&sql).map_err(failed())?;
        ids.into_iter()
            .map(|object| {
                let modified = statement
                    .query_row([object.cast_signed()], |row| row.get(0))
                    .map_err(failed())?;
                Ok(Hidden { object, modified })
            })
            .collect()
    }

    /// Makes channels the master lacks as the copy tool does, with name and description of the source.
    fn copy_channels(
        &self,
        source: &Database,
        node: &Node,
        stored: &[&Change],
    ) -> Result<Vec<ChannelBefore>, Error> {
        let from = source.folder(&node.path)?.tables.channels.clone();
        let look =
            format!("SELECT CHANNEL_NAME, DESCRIPTION FROM \"{from}\" WHERE CHANNEL_ID = ?1");
        let table = &node.tables.channels;
        let last = format!("SELECT LAST_OBJECT_ID FROM \"{table}\" WHERE CHANNEL_ID = ?1");
        let make = format!(
            "INSERT INTO \"{table}\" (CHANNEL_ID, LAST_OBJECT_ID, HAS_NEW_DATA, CHANNEL_NAME, DESCRIPTION) VALUES (?1, 0, 0, \
             nullif(?2, ''), nullif(?3, ''))"
        );
        let failed = || self.database.failed("channels");
        let mut channels: Vec<u32> = stored.iter().map(|change| change.row.channel.0).collect();
        channels.sort_unstable();
        channels.dedup();
        let mut known = self.database.connection.prepare_cached(&last).map_err(failed())?;
        let mut described =
            source.connection.prepare_cached(&look).map_err(source.failed("channels"))?;
        let mut before = Vec::new();
        for channel in channels {
            let last_object: Option<i64> =
                known.query_row([channel], |row| row.get(0)).optional().map_err(failed())?;
            if last_object.is_none() {
                let texts = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                let (name, text): (Option<String>, Option<String>) =
                    described.query_row([channel], texts).map_err(source.failed("channels"))?;
                self.execute("channels", &make, &[&channel, &name, &text])?;
            }
            let last_object = last_object.map(i64::cast_unsigned);
            before.push(ChannelBefore { channel, last_object });
        }
        Ok(before)
    }

    /// Rows with numbers the sequences gave out.
    fn added(&self, node: &Node, sequences: &[SequenceStep]) -> Result<Added, Error> {
        let range = |end: &str| {
            let step = sequences.iter().find(|step| step.table.ends_with(end));
            step.map(|step| (step.before.0.unwrap_or(0), step.after.0.unwrap_or(0)))
        };
        let (first, last) = range("_IOVS_SEQ").unwrap_or_default();
        let sql = format!(
            "SELECT OBJECT_ID, CHANNEL_ID, IOV_SINCE, IOV_UNTIL, ORIGINAL_ID, SYS_INSTIME FROM \"{}\" WHERE OBJECT_ID > ?1 AND \
             OBJECT_ID <= ?2 ORDER BY OBJECT_ID",
            node.tables.iovs
        );
        let failed = || self.database.failed("rows added");
        let mut statement = self.database.connection.prepare_cached(&sql).map_err(failed())?;
        let rows = statement.query_map(params![first.cast_signed(), last.cast_signed()], |row| {
            let number = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
            Ok(NewRow {
                object: number(0)?,
                channel: row.get(1)?,
                since: number(2)?,
                until: number(3)?,
                original: number(4)?,
                inserted: row.get(5)?,
            })
        });
        let rows = rows.and_then(Iterator::collect).map_err(failed())?;
        let payloads = range("_PAYLOAD_SEQ").filter(|(before, after)| after > before);
        Ok((rows, payloads.map(|(before, after)| (before + 1, after))))
    }

    /// Reads what was written, and what was there, as any reader would.
    fn read_back(
        &self,
        node: &Node,
        stored: &[&Change],
        receipt: &FolderReceipt,
    ) -> Result<(), MergeError> {
        let wrong = |detail: String| MergeError::ReadBack(format!("{}: {detail}", node.path));
        for Change { row, .. } in stored {
            let at = |key| self.database.last_object(node, receipt.tag_id, row.channel, key);
            let found = at(row.iov.since())?
                .ok_or_else(|| wrong(format!("channel {} is empty", row.channel)))?;
            if found.row != *row {
                return Err(wrong(format!(
                    "channel {} holds {:?}, expected {row:?}",
                    row.channel, found.row
                )));
            }
            if at(row.iov.until() - 1)?.is_none_or(|last| last.id != found.id) {
                return Err(wrong(format!(
                    "channel {}: another object begins inside {}",
                    row.channel, row.iov
                )));
            }
        }
        let sql = format!("SELECT NEW_HEAD_ID FROM \"{}\" WHERE OBJECT_ID = ?1", node.tables.iovs);
        let failed = || self.database.failed("hidden objects");
        let mut statement = self.database.connection.prepare_cached(&sql).map_err(failed())?;
        for hidden in &receipt.hidden {
            let head: i64 = statement
                .query_row([hidden.object.cast_signed()], |row| row.get(0))
                .map_err(failed())?;
            if head == 0 {
                return Err(wrong(format!("object {} is still visible", hidden.object)));
            }
        }
        let objects = receipt.rows.iter().filter(|row| row.original == 0).count();
        if objects != stored.len() {
            return Err(wrong(format!("{objects} objects were stored, expected {}", stored.len())));
        }
        Ok(())
    }
}

fn interval(stored: &[&Change]) -> Option<(u64, u64)> {
    let since = stored.iter().map(|change| change.row.iov.since()).min()?;
    let until = stored.iter().map(|change| change.row.iov.until()).max()?;
    Some((since, until))
}

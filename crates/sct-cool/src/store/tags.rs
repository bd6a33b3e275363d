//! Tags while storing: made on first use, locked, taken from the head.

use rusqlite::OptionalExtension as _;
use sct_conditions::PayloadMode;

use super::{Entry, Writer};
use crate::{
    Error, Node,
    tag::{LockStatus, Resolved},
};

impl Writer {
    /// The tag's identifier and lock; an unknown tag is made.
    pub(crate) fn user_tag(&mut self, node: &Node, tag: &str) -> Result<(u32, LockStatus), Error> {
        if tag.is_empty() || tag.eq_ignore_ascii_case("HEAD") {
            return Err(self.refused(node, format!("'{tag}' cannot be the name of a tag")));
        }
        let tags = self.database.tags(node)?;
        if let Some(known) = tags.iter().find(|known| known.name == tag) {
            if !known.user_tag && self.is_head_tag(node, known.id)? {
                return Err(self.refused(node, format!("tag '{tag}' was made from the head")));
            }
            return Ok((known.id, known.lock));
        }
        let all = self.database.table("TAGS");
        let sql = format!("SELECT NODE_ID FROM \"{all}\" WHERE TAG_NAME = ?1");
        let other: Option<i64> = self
            .database
            .connection
            .query_row(&sql, [tag], |row| row.get(0))
            .optional()
            .map_err(self.database.failed("tags"))?;
        if other.is_some() {
            return Err(self.refused(node, format!("tag '{tag}' belongs to another folder")));
        }
        let time = self.clock.now();
        let stem = node.stem(&self.database);
        let id = self.next(&format!("{stem}TAGS_SEQ"), 1, &time)?.cast_signed();
        let sql = format!(
            "INSERT INTO \"{all}\" (NODE_ID, TAG_ID, TAG_NAME, TAG_LOCK_STATUS, TAG_DESCRIPTION, SYS_INSTIME) VALUES \
             (?1, ?2, ?3, 0, NULL, ?4)"
        );
        self.execute("tags", &sql, &[&node.id, &id, &tag, &time])?;
        let sql = format!(
            "INSERT INTO \"{}\" (TAG_ID, TAG_NAME, TAG_DESCRIPTION, SYS_INSTIME) VALUES (?1, ?2, NULL, ?3)",
            node.tables.tags
        );
        self.execute("tags", &sql, &[&id, &tag, &time])?;
        let id =
            u32::try_from(id).map_err(|_| self.refused(node, "the folder has too many tags"))?;
        Ok((id, LockStatus::Unlocked))
    }

    fn is_head_tag(&self, node: &Node, id: u32) -> Result<bool, Error> {
        let sql =
            format!("SELECT EXISTS(SELECT 1 FROM \"{}\" WHERE TAG_ID = ?1)", node.tables.iov2tag);
        self.database
            .connection
            .query_row(&sql, [id], |row| row.get(0))
            .map_err(self.database.failed("tags"))
    }

    pub(super) fn check_lock(
        &self,
        node: &Node,
        tag: u32,
        lock: LockStatus,
        rows: &[Entry<'_>],
    ) -> Result<(), Error> {
        match lock {
            LockStatus::Unlocked => Ok(()),
            LockStatus::Locked => Err(self.refused(node, "the tag is locked")),
            LockStatus::PartiallyLocked => {
                let sql = format!(
                    "SELECT EXISTS(SELECT 1 FROM \"{}\" WHERE CHANNEL_ID = ?1 AND USER_TAG_ID = ?2 AND NEW_HEAD_ID = 0 \
                     AND IOV_SINCE < ?4 AND IOV_UNTIL > ?3)",
                    node.tables.iovs
                );
                for row in rows {
                    let (since, until) =
                        (row.iov.since().cast_signed(), row.iov.until().cast_signed());
                    let parameters = rusqlite::params![row.channel.0, tag, since, until];
                    let overlaps: bool = self
                        .database
                        .connection
                        .query_row(&sql, parameters, |row| row.get(0))
                        .map_err(self.database.failed("tags"))?;
                    if overlaps {
                        let detail = format!(
                            "channel {}: the tag is partially locked and has an object there",
                            row.channel
                        );
                        return Err(self.refused(node, detail));
                    }
                }
                Ok(())
            }
        }
    }

    /// Tags the head: its visible objects as they are now.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the head is empty or the tag exists.
    pub fn tag_head(&mut self, folder: &str, tag: &str) -> Result<(), Error> {
        let node = self.database.folder(folder)?.clone();
        self.transaction(|writer| {
            if writer.database.tags(&node)?.iter().any(|known| known.name == tag) {
                return Err(writer.refused(&node, format!("tag '{tag}' exists")));
            }
            let (id, _) = writer.user_tag(&node, tag)?;
            let time = writer.clock.now();
            let payload = match node.require_folder(&writer.database)?.payload_mode {
                PayloadMode::Inline => "",
                PayloadMode::Separate => ", PAYLOAD_ID",
                PayloadMode::Vector => ", PAYLOAD_SET_ID",
            };
            let sql = format!(
                "INSERT INTO \"{}\" (TAG_ID, OBJECT_ID, CHANNEL_ID, IOV_SINCE, IOV_UNTIL, SYS_INSTIME{payload}) SELECT \
                 ?1, OBJECT_ID, CHANNEL_ID, IOV_SINCE, IOV_UNTIL, ?2{payload} FROM \"{}\" WHERE USER_TAG_ID = 0 AND \
                 NEW_HEAD_ID = 0 ORDER BY OBJECT_ID",
                node.tables.iov2tag, node.tables.iovs
            );
            match writer.execute("tags", &sql, &[&id, &time])? {
                0 => Err(writer.refused(&node, "the head is empty")),
                _ => Ok(()),
            }
        })
    }

    /// Sets the lock of a tag.
    ///
    /// # Errors
    ///
    /// [`Error::Tag`] when there is none.
    pub fn set_lock(&mut self, folder: &str, tag: &str, lock: LockStatus) -> Result<(), Error> {
        let node = self.database.folder(folder)?.clone();
        let (Resolved::User(id) | Resolved::Head2Tag(id)) = self.database.resolve(&node, tag)?
        else {
            return Err(self.refused(&node, "the head cannot be locked"));
        };
        let number = match lock {
            LockStatus::Unlocked => 0,
            LockStatus::Locked => 1,
            LockStatus::PartiallyLocked => 2,
        };
        let table = self.database.table("TAGS");
        let sql = format!(
            "UPDATE \"{table}\" SET TAG_LOCK_STATUS = ?3 WHERE NODE_ID = ?1 AND TAG_ID = ?2"
        );
        self.execute("tags", &sql, &[&node.id, &id, &number]).map(|_| ())
    }
}

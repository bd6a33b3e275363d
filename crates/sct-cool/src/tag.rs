//! Tags of folders.

use rusqlite::OptionalExtension as _;
use sct_conditions::Versioning;

use crate::{Database, Error, Node};

/// Whether a tag accepts objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockStatus {
    /// All objects.
    Unlocked,
    /// No objects.
    Locked,
    /// Objects that overlap no visible one.
    PartiallyLocked,
}

impl LockStatus {
    pub(crate) fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Unlocked,
            2 => Self::PartiallyLocked,
            // Any other number is not understood, and then nothing may be stored.
            _ => Self::Locked,
        }
    }
}

/// One tag of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagInfo {
    /// Identifier within the folder.
    pub id: u32,
    /// Name.
    pub name: String,
    /// Lock.
    pub lock: LockStatus,
    /// Whether objects were stored under it, rather than HEAD being tagged.
    pub user_tag: bool,
}

/// What a name stands for in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolved {
    Head,
    User(u32),
    Head2Tag(u32),
}

impl Database {
    /// Tags of a folder by identifier.
    ///
    /// # Errors
    ///
    /// [`Error`] when the file is damaged or the node is no folder.
    pub fn tags(&self, node: &Node) -> Result<Vec<TagInfo>, Error> {
        if node.require_folder(self)?.versioning == Versioning::Single {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT t.TAG_ID, t.TAG_NAME, coalesce(g.TAG_LOCK_STATUS, 0), \
             EXISTS(SELECT 1 FROM \"{}\" AS i WHERE i.USER_TAG_ID = t.TAG_ID) FROM \"{}\" AS t LEFT JOIN \"{}\" AS g \
             ON g.NODE_ID = ?1 AND g.TAG_ID = t.TAG_ID ORDER BY t.TAG_ID",
            node.tables.iovs,
            node.tables.tags,
            self.table("TAGS")
        );
        let place = format!("tags of {}", node.path);
        let mut statement = self.connection.prepare(&sql).map_err(self.failed(&place))?;
        let rows = statement.query_map([node.id], |row| {
            Ok(TagInfo {
                id: row.get(0)?,
                name: row.get(1)?,
                lock: LockStatus::from_number(row.get(2)?),
                user_tag: row.get(3)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(self.failed(&place))
    }

    pub(crate) fn resolve(&self, node: &Node, tag: &str) -> Result<Resolved, Error> {
        if tag.is_empty() || tag.eq_ignore_ascii_case("HEAD") {
            return Ok(Resolved::Head);
        }
        let tags = self.tags(node)?;
        let found = match tags.iter().find(|known| known.name == tag) {
            Some(found) => Some(found),
            None => self
                .hierarchical(node, tag)?
                .and_then(|id| tags.iter().find(|known| known.id == id)),
        };
        match found {
            Some(TagInfo { id, user_tag: true, .. }) => Ok(Resolved::User(*id)),
            Some(TagInfo { id, user_tag: false, .. }) => Ok(Resolved::Head2Tag(*id)),
            None => Err(self.no_user_tag(node, tag)),
        }
    }

    pub(crate) fn no_user_tag(&self, node: &Node, tag: &str) -> Error {
        let (path, folder) = (self.path.clone(), node.path.clone());
        Error::Tag { path, folder, tag: tag.to_owned() }
    }

    /// Walks from the folder set that holds the tag down to the folder, one step a level.
    fn hierarchical(&self, node: &Node, tag: &str) -> Result<Option<u32>, Error> {
        let (tags, steps) = (self.table("TAGS"), self.table("TAG2TAG"));
        let sql = format!("SELECT NODE_ID, TAG_ID FROM \"{tags}\" WHERE TAG_NAME = ?1");
        let failed = || self.failed("hierarchical tags");
        let start: Option<(u32, u32)> = self
            .connection
            .query_row(&sql, [tag], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(failed())?;
        let Some((top, mut id)) = start else { return Ok(None) };
        let mut path = vec![node];
        while let Some(below) = path.last().filter(|last| last.id != top) {
            let above = self.nodes().iter().find(|above| Some(above.id) == below.parent);
            let Some(above) = above.filter(|_| path.len() <= self.nodes().len()) else {
                return Ok(None);
            };
            path.push(above);
        }
        let sql = format!(
            "SELECT CHILD_TAGID FROM \"{steps}\" WHERE PARENT_NODEID = ?1 AND PARENT_TAGID = ?2 AND CHILD_NODEID = ?3"
        );
        for pair in path.windows(2).rev() {
            let step = self
                .connection
                .query_row(&sql, [pair[1].id, id, pair[0].id], |row| row.get(0))
                .optional()
                .map_err(failed())?;
            let Some(below) = step else { return Ok(None) };
            id = below;
        }
        Ok(Some(id))
    }
}

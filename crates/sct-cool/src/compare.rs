//! Two databases side by side.

use std::{cmp::Ordering, collections::BTreeSet};

use sct_conditions::{PayloadMode, PayloadSpec, Row};

use crate::{Database, Error, Node, Selection};

/// One tag of one folder in two databases, where anything differs or not.
#[derive(Clone, Debug, PartialEq)]
pub struct TagComparison {
    /// Folder.
    pub folder: String,
    /// Tag; HEAD for the head.
    pub tag: String,
    /// Columns of the first database.
    pub payload: PayloadSpec,
    /// Objects of the first database alone.
    pub only_first: Vec<Row>,
    /// Objects of the second database alone.
    pub only_second: Vec<Row>,
    /// Objects of the same channel and interval with other payload.
    pub different: Vec<(Row, Row)>,
    /// Number of objects that are the same.
    pub same: usize,
}

/// Everything that differs between two databases.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// What folders, descriptions, columns or tags one of the two has alone.
    pub structure: Vec<String>,
    /// Tags that both have.
    pub tags: Vec<TagComparison>,
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_same(&self) -> bool {
        let same = |tag: &TagComparison| {
            tag.only_first.is_empty() && tag.only_second.is_empty() && tag.different.is_empty()
        };
        self.structure.is_empty() && self.tags.iter().all(same)
    }
}

/// Compares folders, tags and visible objects; not object identifiers and times of insertion.
///
/// # Errors
///
/// [`Error`] when a file is damaged.
pub fn compare(first: &Database, second: &Database) -> Result<Comparison, Error> {
    let mut found = Comparison::default();
    let paths: BTreeSet<&str> =
        first.folders().chain(second.folders()).map(|node| node.path.as_str()).collect();
    for path in paths {
        match (first.folder(path), second.folder(path)) {
            (Ok(a), Ok(b)) => compare_folder(&mut found, (first, a), (second, b))?,
            (Ok(_), Err(_)) => found.structure.push(format!("folder {path} is only in the first")),
            _ => found.structure.push(format!("folder {path} is only in the second")),
        }
    }
    Ok(found)
}

fn compare_folder(
    found: &mut Comparison,
    (first, a): (&Database, &Node),
    (second, b): (&Database, &Node),
) -> Result<(), Error> {
    let (ours, theirs) = (a.require_folder(first)?, b.require_folder(second)?);
    let path = &a.path;
    if ours != theirs {
        found.structure.push(format!("folder {path}: description, columns or kind differ"));
    }
    if ours.payload_mode == PayloadMode::Vector || theirs.payload_mode == PayloadMode::Vector {
        let (a, b) = (
            first.node_vectors(a, &Selection::tag(""))?,
            second.node_vectors(b, &Selection::tag(""))?,
        );
        let rows = |objects: Vec<crate::VectorObject>| objects.into_iter().map(|object| object.row);
        if !rows(a).eq(rows(b)) {
            found.structure.push(format!("folder {path}: the vectors of the head differ"));
        }
        return Ok(());
    }
    let names = |database: &Database, node: &Node| -> Result<BTreeSet<String>, Error> {
        let mut names: BTreeSet<String> =
            database.tags(node)?.into_iter().map(|tag| tag.name).collect();
        if database.count_objects(node, &Selection::tag(""))? > 0 {
            names.insert("HEAD".to_owned());
        }
        Ok(names)
    };
    let (of_a, of_b) = (names(first, a)?, names(second, b)?);
    for tag in of_a.union(&of_b) {
        if !of_b.contains(tag) {
            found.structure.push(format!("folder {path}: tag {tag} is only in the first"));
        } else if !of_a.contains(tag) {
            found.structure.push(format!("folder {path}: tag {tag} is only in the second"));
        } else {
            let rows = |database: &Database, node| -> Result<Vec<Row>, Error> {
                let objects = database.node_objects(node, &Selection::tag(tag))?;
                Ok(objects.into_iter().map(|object| object.row).collect())
            };
            let (mut one, payload) =
                (side_by_side(rows(first, a)?, rows(second, b)?), ours.payload.clone());
            (one.folder, one.tag, one.payload) = (path.clone(), tag.clone(), payload);
            found.tags.push(one);
        }
    }
    Ok(())
}

/// Walks along both lists, which are in order of channel and start.
fn side_by_side(first: Vec<Row>, second: Vec<Row>) -> TagComparison {
    let mut found = TagComparison {
        folder: String::new(),
        tag: String::new(),
        payload: PayloadSpec::default(),
        only_first: Vec::new(),
        only_second: Vec::new(),
        different: Vec::new(),
        same: 0,
    };
    let (mut first, mut second) = (first.into_iter().peekable(), second.into_iter().peekable());
    let place = |row: &Row| (row.channel, row.iov);
    loop {
        let order = match (first.peek(), second.peek()) {
            (None, None) => return found,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => place(a).cmp(&place(b)),
        };
        match order {
            Ordering::Less => found.only_first.extend(first.next()),
            Ordering::Greater => found.only_second.extend(second.next()),
            Ordering::Equal => match (first.next(), second.next()) {
                (Some(a), Some(b)) if a == b => found.same += 1,
                (Some(a), Some(b)) => found.different.push((a, b)),
                _ => {}
            },
        }
    }
}

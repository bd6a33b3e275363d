//! Everything that must hold in a COOL file. Source: sections 3 to 7 of `docs/formats/cool.md`.

use std::{collections::BTreeMap, fmt, path::Path};

use sct_conditions::{Folder, PayloadMode, Versioning};
use serde::Serialize;

use crate::{Database, Error, Node, Selection, schema};

mod rules;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; readers are not misled.
    Note,
    /// Something readers or writers rely on does not hold.
    Error,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Instance, folder or table.
    pub place: String,
    /// What was found and expected.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.severity == Severity::Error { "error" } else { "note" };
        write!(f, "{severity}: {}: {}", self.place, self.what)
    }
}

/// Checks all instances of a file; no finding of [`Severity::Error`] means that it is sound.
///
/// # Errors
///
/// [`Error`] when the file cannot be read at all.
pub fn verify(path: &Path) -> Result<Vec<Finding>, Error> {
    let instances = Database::instances(path)?;
    if instances.is_empty() {
        let wanted = "at all".to_owned();
        return Err(Error::Instance { path: path.to_owned(), wanted, found: Vec::new() });
    }
    let mut findings = Vec::new();
    for (index, instance) in instances.iter().enumerate() {
        let database = Database::open_instance(path, &instance.name)?;
        if index == 0 {
            match database.check_integrity() {
                Err(Error::Integrity { detail, .. }) => {
                    findings.push(error(&path.display().to_string(), detail));
                }
                other => other?,
            }
        }
        check_schema(&database, &mut findings)?;
        check_nodes(&database, &mut findings)?;
        for node in database.folders() {
            check_folder(&database, node, &mut findings)?;
        }
    }
    Ok(findings)
}

fn error(place: &str, what: impl Into<String>) -> Finding {
    Finding { severity: Severity::Error, place: place.to_owned(), what: what.into() }
}

/// Tables and indices have the text that COOL gives them; more of them are only a note.
fn check_schema(database: &Database, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let prefix = database.table("");
    let mut expected = schema::instance(&prefix, true);
    for node in database.nodes().iter().skip(1) {
        let stem = node.stem(database);
        expected.extend(match &node.folder {
            None => schema::folder_set(&stem),
            Some(Folder { versioning, payload_mode, payload, .. }) => {
                schema::folder(&stem, *versioning, *payload_mode, payload)
            }
        });
    }
    let found = database.schema_text()?;
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for text in &found {
        *left.entry(text).or_default() += 1;
    }
    for text in &expected {
        match left.get_mut(text.as_str()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => {
                let name = object_name(text);
                let there = found.iter().find(|other| object_name(other) == name);
                let what = match there {
                    Some(other) => format!("{name} is '{other}', expected '{text}'"),
                    None => format!("{name} is missing"),
                };
                findings.push(error("schema", what));
            }
        }
    }
    for (text, _) in left.into_iter().filter(|(_, count)| *count > 0) {
        let name = object_name(text);
        if name.starts_with(&prefix) && !expected.iter().any(|text| object_name(text) == name) {
            let (severity, place) = (Severity::Note, "schema".to_owned());
            findings.push(Finding {
                severity,
                place,
                what: format!("{name} belongs to no folder"),
            });
        }
    }
    Ok(())
}

/// The name that a statement creates.
fn object_name(sql: &str) -> &str {
    let words = sql.split(['"', ' ', '(']).filter(|word| !word.is_empty());
    words.skip_while(|word| !matches!(*word, "TABLE" | "INDEX")).nth(1).unwrap_or(sql)
}

fn check_nodes(database: &Database, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let last = database.nodes().iter().map(|node| u64::from(node.id)).max();
    rules::sequence(database, &database.table("NODES_SEQ"), last, findings)?;
    for node in database.nodes() {
        let parent =
            node.parent.map(|parent| database.nodes().iter().find(|other| other.id == parent));
        let wrong = match parent {
            Some(Some(parent)) if parent.folder.is_some() => Some("is below a folder"),
            Some(Some(parent)) => {
                let stem = parent.path.trim_end_matches('/');
                let below = node.path.strip_prefix(stem).and_then(|rest| rest.strip_prefix('/'));
                let sound = below.is_some_and(|name| !name.is_empty() && !name.contains('/'));
                (!sound).then_some("has a path that is not below its parent's")
            }
            Some(None) => Some("has a parent that does not exist"),
            None => (node.id != 0).then_some("has no parent"),
        };
        findings.extend(wrong.map(|what| error(&node.path, what)));
    }
    Ok(())
}

fn check_folder(
    database: &Database,
    node: &Node,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let folder = node.require_folder(database)?;
    for rule in rules::of(database, node, folder) {
        rules::apply(database, node, &rule, findings)?;
    }
    let stem = node.stem(database);
    let largest = |column: &str, table: &str| rules::largest(database, column, table);
    let iovs = largest("OBJECT_ID", &node.tables.iovs)?;
    rules::sequence(database, &format!("{stem}IOVS_SEQ"), iovs, findings)?;
    if let (PayloadMode::Separate, Some(table)) = (folder.payload_mode, &node.tables.payload) {
        let payloads = largest("PAYLOAD_ID", table)?;
        rules::sequence(database, &format!("{stem}PAYLOAD_SEQ"), payloads, findings)?;
    }
    if folder.versioning == Versioning::Multi {
        let tags = largest("TAG_ID", &node.tables.tags)?;
        rules::sequence(database, &format!("{stem}TAGS_SEQ"), tags, findings)?;
    }
    check_values(database, node, folder, findings)
}

/// Every visible object can be read, and its values fit their columns.
fn check_values(
    database: &Database,
    node: &Node,
    folder: &Folder,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let mut tags = vec![String::new()];
    tags.extend(database.tags(node)?.into_iter().map(|tag| tag.name));
    for tag in tags {
        let selection = Selection::tag(&tag);
        let read = if folder.payload_mode == PayloadMode::Vector {
            database.node_vectors(node, &selection).map(|_| ())
        } else {
            database.visit(node, folder, &selection, |_, _| Ok(()))
        };
        match read {
            Err(Error::Content { detail, .. }) => findings.push(error(&node.path, detail)),
            other => other?,
        }
    }
    Ok(())
}

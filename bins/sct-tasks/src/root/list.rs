//! The objects of a file.

use std::path::Path;

use sct_roothist::{Error, Key, RootFile, Scratch};
use serde_json::json;

use crate::cli;

/// Prints the objects of a file as a tree, or as one JSON object a line.
///
/// # Errors
///
/// A file or histogram that cannot be read, a path that is not there.
pub fn list(file: &Path, path: Option<&str>, json: bool) -> anyhow::Result<()> {
    let file = RootFile::open(file)?;
    let wanted = path.map(|path| path.trim_matches('/')).filter(|path| !path.is_empty());
    let keys: Vec<Key<'_>> = file.all_keys().filter(|key| belongs(key, wanted)).collect();
    if let (Some(path), true) = (wanted, keys.is_empty()) {
        let (file, object) = (file.path().to_owned(), path.to_owned());
        return Err(Error::Missing { path: file, object }.into());
    }
    let mut scratch = Scratch::default();
    let mut text = String::new();
    let mut shown: Vec<&str> = Vec::new();
    for key in keys.iter().filter(|key| !key.is_directory()) {
        let entries = match key.class() {
            Some(_) => Some(file.view(key, &mut scratch)?.entries()),
            None => None,
        };
        if json {
            text.push_str(&format!("{}\n", object(key, entries)));
        } else {
            directories(&mut text, &mut shown, key.directory());
            text.push_str(&line(key, entries, shown.len()));
        }
    }
    cli::print(&text)
}

/// Whether an object is at or below a path.
fn belongs(key: &Key<'_>, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| {
        let path = key.path();
        let rest = path.strip_prefix(wanted);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Lines for the directories that lead to an object and have none yet.
fn directories<'a>(text: &mut String, shown: &mut Vec<&'a str>, path: &'a str) {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let common = parts.iter().zip(&*shown).take_while(|(part, shown)| part == shown).count();
    shown.truncate(common);
    for part in &parts[common..] {
        text.push_str(&format!("{:indent$}{part}/\n", "", indent = 2 * shown.len()));
        shown.push(part);
    }
}

fn line(key: &Key<'_>, entries: Option<f64>, depth: usize) -> String {
    let (name, class, title) = (key.name(), key.class_name(), key.title());
    let cycle = if key.cycle() == 1 && key.is_current() {
        String::new()
    } else {
        format!(";{}{}", key.cycle(), if key.is_current() { "" } else { " (older)" })
    };
    let entries = entries.map_or_else(|| "passed over".to_owned(), |n| format!("{n} entries"));
    let line =
        format!("{:indent$}{name}{cycle}  {class}  {entries}  {title}", "", indent = 2 * depth);
    format!("{}\n", line.trim_end())
}

fn object(key: &Key<'_>, entries: Option<f64>) -> serde_json::Value {
    json!({
        "path": key.path(),
        "directory": key.directory(),
        "name": key.name(),
        "cycle": key.cycle(),
        "current": key.is_current(),
        "class": key.class_name(),
        "title": key.title(),
        "entries": entries,
        "stored_bytes": key.compressed_len(),
        "bytes": key.uncompressed_len(),
    })
}

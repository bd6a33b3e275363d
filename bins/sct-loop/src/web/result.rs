//! Files of results, found by what their names end with: names come from the index, never from a request.

use std::path::PathBuf;

use sct_result::{ResultFile, RunResult};

/// The file of a result with this name after the prefix.
pub(super) fn file<'a>(result: &'a RunResult, name: &str) -> Option<&'a ResultFile> {
    let named = |file: &&ResultFile| {
        file.name.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    result.files.iter().find(named)
}

/// The same with its folder.
pub(super) fn path(result: &RunResult, name: &str) -> Option<PathBuf> {
    Some(result.folder.join(&file(result, name)?.name))
}

/// Address under which a file can be had.
pub(super) fn address(result: &RunResult, name: &str) -> String {
    format!("/runs/{}/{}/files/{}", result.run, result.kind, encoded(name))
}

/// What is wrong with a file of a result: with its name, without the folders of this machine.
pub(super) fn fault(result: &RunResult, error: &anyhow::Error) -> String {
    let folder = format!("{}/", result.folder.display());
    format!("{error:#}").replace(&folder, "")
}

/// Whether a file is a log.
pub(super) fn is_log(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending == "log")
}

/// A name as part of an address.
pub(super) fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use sct_id::RunNumber;

    use super::*;

    #[test]
    fn names_are_found_after_their_prefix() {
        let named = |name: &str| ResultFile { name: name.to_owned(), size: 1 };
        let result = RunResult {
            run: RunNumber::new(437_548).unwrap(),
            kind: "sctds".to_owned(),
            files: vec![named("a.XDeadSummaryFile.xml"), named("a._0001.DeadSummaryFile.xml")],
            folder: PathBuf::from("/r"),
            dataset: String::new(),
            modified: 0,
            summary: None,
            database: None,
            attempts: 1,
            sha256: None,
            complaint: None,
        };
        let found = path(&result, "DeadSummaryFile.xml").unwrap();
        assert_eq!(found, PathBuf::from("/r/a._0001.DeadSummaryFile.xml"));
        assert!(path(&result, "mycool.db").is_none());
        assert_eq!(
            address(&result, "a b/../<x>?#%.xml"),
            "/runs/437548/sctds/files/a%20b%2F..%2F%3Cx%3E%3F%23%25.xml"
        );
    }
}

//! The input list: four forms, storage prefixes, attempts, groups.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{Error, ExitCode};

/// One input, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// File as it is opened.
    pub file: String,
    /// Data set.
    pub dataset: String,
    /// Events, where the dictionary tells.
    pub events: Option<u64>,
    /// Identifier, where the dictionary tells.
    pub guid: Option<String>,
}

impl Input {
    /// The file as a path of this machine.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for files of a remote storage, which are not opened here.
    pub fn path(&self) -> Result<PathBuf, Error> {
        if self.file.contains("://") {
            return Err(Error::Input(format!(
                "{} is on a remote storage that is not opened here; copy it, or give a prefix rewrite (PrefixRewrites)",
                self.file
            )));
        }
        Ok(PathBuf::from(&self.file))
    }
}

/// Rewrites of storage prefixes to local folders, tried in order.
pub type Prefixes = [(String, String)];

const EOS: &str = "/eos/atlas/";
const EOS_SERVER: &str = "root://eosatlas.cern.ch/";
const CASTOR_SERVER: &str = "root://castoratlas/";

/// Resolves one input of the dictionary, and finds its file.
///
/// # Errors
///
/// [`Error::Argument`] for a wrong form, [`Error::Input`] for a file that is not there.
pub fn resolve(input: &Value, prefixes: &Prefixes) -> Result<Input, Error> {
    let mut found = form(input)?;
    for (from, to) in prefixes {
        if let Some(rest) = found.file.strip_prefix(from.as_str()) {
            found.file = format!("{to}{rest}");
            break;
        }
    }
    if found.file.contains(EOS) && !found.file.starts_with("root://") {
        found.file = format!("{EOS_SERVER}{}", found.file);
    } else if found.file.get(..8).is_some_and(|start| start.contains("/castor")) {
        found.file = format!("{CASTOR_SERVER}{}", found.file);
    } else if !found.file.contains("://") {
        found.file = existing(&found.file)?;
    }
    Ok(found)
}

fn form(input: &Value) -> Result<Input, Error> {
    let plain = |file: String, dataset: String| Input { file, dataset, events: None, guid: None };
    let text = match input {
        Value::String(text) => text,
        Value::Object(object) => {
            let field = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
            let missing =
                || Error::coded(ExitCode::ArgConvFail, format!("input {input} has no text lfn"));
            let file = field("lfn").ok_or_else(missing)?;
            let events = object.get("events").and_then(|events| match events {
                Value::String(text) => text.parse().ok(),
                other => other.as_u64(),
            });
            let dataset = field("dsn").unwrap_or_else(|| last(&file).to_owned());
            return Ok(Input { events, guid: field("guid"), ..plain(file, dataset) });
        }
        other => {
            let what = format!("input {other} is neither a text nor an object with lfn and dsn");
            return Err(Error::coded(ExitCode::ArgConvFail, what));
        }
    };
    Ok(match (text.split_once("##"), text.split_once('#')) {
        (Some((dataset, tail)), _) => plain(format!("{dataset}{tail}"), dataset.to_owned()),
        (None, Some((dataset, file))) => plain(file.to_owned(), dataset.to_owned()),
        (None, None) => plain(text.clone(), last(text).to_owned()),
    })
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The file, or its highest attempt: the same name with a dot and a number.
fn existing(file: &str) -> Result<String, Error> {
    let path = Path::new(file);
    if path.exists() {
        return Ok(file.to_owned());
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let start = format!("{}.", last(file));
    let attempts = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name();
        name.to_str()?.strip_prefix(&start)?.parse::<u64>().ok()
    });
    match attempts.max() {
        Some(attempt) => Ok(format!("{file}.{attempt}")),
        None => Err(Error::Input(format!("input file {file} not found"))),
    }
}

/// Files of an analysis job by what they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// Hits per strip.
    pub hit_maps: Vec<PathBuf>,
    /// Hits by lumi block.
    pub lumi_blocks: Vec<PathBuf>,
    /// Byte-stream errors.
    pub bs_errors: Vec<PathBuf>,
}

/// Sorts files into groups by their names. A group of lumi-block or error files must have a partner for every hit map.
///
/// # Errors
///
/// [`Error::Argument`] with `TRF_FILEMERGE_PROBLEM` naming the job numbers without partner, with `TRF_ARG_ERROR` for names
/// that belong to no group or when there is no hit map.
pub fn group_hitmaps(files: &[PathBuf]) -> Result<Groups, Error> {
    let mut groups = Groups::default();
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let group = [
            ("SCTHitMaps", &mut groups.hit_maps),
            ("SCTLB", &mut groups.lumi_blocks),
            ("SCTBSErrors", &mut groups.bs_errors),
        ];
        let Some((_, group)) = group.into_iter().find(|(word, _)| name.contains(word)) else {
            let what = format!(
                "input {} has none of SCTHitMaps, SCTLB, SCTBSErrors in its name",
                file.display()
            );
            return Err(Error::argument(what));
        };
        group.push(file.clone());
    }
    if groups.hit_maps.is_empty() {
        return Err(Error::argument("no input has SCTHitMaps in its name"));
    }
    for (word, group) in [("SCTLB", &groups.lumi_blocks), ("SCTBSErrors", &groups.bs_errors)] {
        if group.is_empty() || group.len() == groups.hit_maps.len() {
            continue;
        }
        let (maps, partners) = (numbers(&groups.hit_maps), numbers(group));
        let lonely: Vec<&str> = maps.symmetric_difference(&partners).map(String::as_str).collect();
        let lonely =
            if lonely.is_empty() { "not told by the names".to_owned() } else { lonely.join(", ") };
        let (all, found) = (groups.hit_maps.len(), group.len());
        let what =
            format!("{all} files of SCTHitMaps but {found} of {word}; without partner: {lonely}");
        return Err(Error::coded(ExitCode::FileMergeProblem, what));
    }
    Ok(groups)
}

/// Job numbers in file names: the field that begins with an underscore.
fn numbers(files: &[PathBuf]) -> BTreeSet<String> {
    let number = |file: &PathBuf| {
        let name = file.file_name()?.to_str()?;
        let field = name.split('.').find(|field| field.len() > 1 && field.starts_with('_'))?;
        field[1..].bytes().all(|byte| byte.is_ascii_digit()).then(|| field.to_owned())
    };
    files.iter().filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn folder() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        (folder, path)
    }

    #[test]
    fn the_four_forms() {
        let (_keep, path) = folder();
        let file = format!("{path}/D.root");
        fs::write(&file, "").unwrap();
        let resolved = |input: Value| resolve(&input, &[]).unwrap();
        assert_eq!(
            (resolved(json!(file)).file, resolved(json!(file)).dataset),
            (file.clone(), "D.root".to_owned())
        );
        let hash = resolved(json!(format!("set#{file}")));
        assert_eq!((hash.file, hash.dataset), (file.clone(), "set".to_owned()));
        let double = resolved(json!(format!("{path}/D##.root")));
        assert_eq!((double.file, double.dataset), (file.clone(), format!("{path}/D")));
        let object = resolved(json!({"lfn": file, "dsn": "set", "events": 7, "guid": "G"}));
        assert_eq!((object.events, object.guid.as_deref()), (Some(7), Some("G")));
        assert_eq!(
            resolve(&json!({"dsn": "x"}), &[]).unwrap_err().exit_code(),
            ExitCode::ArgConvFail
        );
    }

    #[test]
    fn the_highest_attempt_is_taken() {
        let (_keep, path) = folder();
        for name in ["F.1", "F.3", "F.10", "F.x", "FF.99"] {
            fs::write(format!("{path}/{name}"), "").unwrap();
        }
        assert_eq!(resolve(&json!(format!("{path}/F")), &[]).unwrap().file, format!("{path}/F.10"));
        let error = resolve(&json!(format!("{path}/G")), &[]).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::InputFileValidationFail);
        assert!(error.to_string().ends_with("not found"));
    }

    #[test]
    fn storage_prefixes() {
        let file = |name: &str| resolve(&json!(name), &[]).unwrap().file;
        assert_eq!(file("/eos/atlas/a/b"), "root://eosatlas.cern.ch//eos/atlas/a/b");
        assert_eq!(file("root://eosatlas//eos/atlas/a"), "root://eosatlas//eos/atlas/a");
        assert_eq!(file("/castor/a"), "root://castoratlas//castor/a");
        let (_keep, path) = folder();
        fs::write(format!("{path}/a"), "").unwrap();
        let rewrites = [("/eos/atlas/".to_owned(), format!("{path}/"))];
        assert_eq!(resolve(&json!("/eos/atlas/a"), &rewrites).unwrap().file, format!("{path}/a"));
        let remote = resolve(&json!("/eos/atlas/a/b"), &[]).unwrap().path().unwrap_err();
        assert!(remote.to_string().contains("remote storage that is not opened here"));
    }

    #[test]
    fn groups_need_partners() {
        let files = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let groups =
            group_hitmaps(&files(&["p._0001.SCTHitMaps.root.1", "p._0001.SCTLB.root"])).unwrap();
        assert_eq!(
            (groups.hit_maps.len(), groups.lumi_blocks.len(), groups.bs_errors.len()),
            (1, 1, 0)
        );
        let error = group_hitmaps(&files(&[
            "p._0001.SCTHitMaps.root",
            "p._0002.SCTHitMaps.root",
            "p._0001.SCTLB.root",
        ]));
        let error = error.unwrap_err();
        assert_eq!(
            error.to_string(),
            "2 files of SCTHitMaps but 1 of SCTLB; without partner: _0002"
        );
        assert_eq!(error.exit_code(), ExitCode::FileMergeProblem);
        assert!(group_hitmaps(&files(&["a.root"])).is_err());
        assert!(group_hitmaps(&files(&["SCTLB.root"])).is_err());
    }
}

//! `sct-cool diff`.

use std::path::{Path, PathBuf};

use sct_conditions::{Difference, Row, Value};
use sct_cool::{Comparison, Database, TagComparison, compare};
use sct_job::ExitCode;
use serde_json::json;

use crate::{cli, failure::Coded};

/// Options of `sct-cool diff`.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// First file.
    first: PathBuf,
    /// Second file.
    second: PathBuf,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

impl Diff {
    /// Prints what differs.
    ///
    /// # Errors
    ///
    /// When a file cannot be read; exit code 1 when anything differs.
    pub fn run(&self, instance: Option<&str>) -> anyhow::Result<()> {
        let open = |path: &Path| match instance {
            Some(name) => Database::open_instance(path, name),
            None => Database::open(path),
        };
        let found = compare(&open(&self.first)?, &open(&self.second)?)?;
        if self.json {
            cli::print(&format!("{:#}\n", to_json(&found)))?;
        } else {
            cli::print(&to_text(&found))?;
        }
        if found.is_same() {
            return Ok(());
        }
        let what = format!("{} and {} differ", self.first.display(), self.second.display());
        Err(Coded::new(ExitCode::NeedCheck, what).into())
    }
}

fn difference(tag: &TagComparison) -> Difference {
    fn payload(row: &Row) -> &[Value] {
        &row.payload
    }
    let first = tag.only_first.iter().map(|row| (Some(payload(row)), None));
    let second = tag.only_second.iter().map(|row| (None, Some(payload(row))));
    let both =
        tag.different.iter().map(|(first, second)| (Some(payload(first)), Some(payload(second))));
    Difference::of(&tag.payload, first.chain(second).chain(both))
}

fn to_text(found: &Comparison) -> String {
    let mut text: String = found.structure.iter().map(|line| format!("{line}\n")).collect();
    for tag in &found.tags {
        text.push_str(&format!(
            "{}, tag {}: {} objects the same, {} different, {} only in the first, {} only in the second\n",
            tag.folder,
            tag.tag,
            tag.same,
            tag.different.len(),
            tag.only_first.len(),
            tag.only_second.len()
        ));
        if tag.only_first.len() + tag.only_second.len() + tag.different.len() > 0 {
            text.extend(difference(tag).to_string().lines().map(|line| format!("    {line}\n")));
        }
    }
    text
}

fn to_json(found: &Comparison) -> serde_json::Value {
    let tags: Vec<_> = found
        .tags
        .iter()
        .map(|tag| {
            json!({
                "folder": tag.folder,
                "tag": tag.tag,
                "same": tag.same,
                "different": tag.different.len(),
                "only_first": tag.only_first.len(),
                "only_second": tag.only_second.len(),
                "difference": difference(tag),
            })
        })
        .collect();
    json!({ "same": found.is_same(), "structure": found.structure, "tags": tags })
}

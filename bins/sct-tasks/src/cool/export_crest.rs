//! `sct-cool export-crest`.

use std::path::PathBuf;

use anyhow::Context as _;
use sct_cool::{Database, Node, Selection};
use sct_crest::{Tag, joined, read, write};
use sct_job::ExitCode;
use serde_json::json;

use crate::{cli, failure::Coded};

/// Options of `sct-cool export-crest`.
#[derive(Debug, clap::Args)]
pub struct ExportCrest {
    /// COOL SQLite file.
    file: PathBuf,
    /// Folder of the dump; what other tags have there stays.
    out: PathBuf,
    /// Tag to export; repeatable, all when absent.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

impl ExportCrest {
    /// Writes the dump, reads it back and compares.
    ///
    /// # Errors
    ///
    /// When a file cannot be used, a tag does not exist, or the dump reads back differently.
    pub fn run(&self, instance: Option<&str>) -> anyhow::Result<()> {
        let database = match instance {
            Some(name) => Database::open_instance(&self.file, name)?,
            None => Database::open(&self.file)?,
        };
        let mut done = Vec::new();
        for node in database.folders() {
            for tag in database.tags(node)? {
                if self.tag.is_empty() || self.tag.contains(&tag.name) {
                    done.push(self.export(&database, node, tag.name)?);
                }
            }
        }
        if let Some(missing) =
            self.tag.iter().find(|tag| !done.iter().any(|line| line["tag"] == **tag))
        {
            let what = format!("{} has no tag '{missing}'", self.file.display());
            return Err(Coded::new(ExitCode::CoolTag, what).into());
        }
        if self.json {
            return cli::print(&format!("{:#}\n", json!({ "tags": done })));
        }
        let line = |line: &serde_json::Value| {
            let (tag, iovs, payloads) = (&line["tag"], &line["iovs"], &line["payloads"]);
            format!("{tag}: {iovs} intervals, {payloads} new payloads, reads back equal\n")
        };
        cli::print(&done.iter().map(line).collect::<String>())
    }

    fn export(
        &self,
        database: &Database,
        node: &Node,
        name: String,
    ) -> anyhow::Result<serde_json::Value> {
        let folder = node.folder.clone().context("a node with tags is a folder")?;
        let objects = database.node_objects(node, &Selection::tag(&name))?;
        let inserted = objects
            .iter()
            .map(|object| object.inserted.as_str())
            .max()
            .unwrap_or_default()
            .to_owned();
        let rows = objects.into_iter().map(|object| object.row).collect();
        let tag = Tag { name, folder, inserted, rows };
        let failed =
            || Coded::new(ExitCode::OutputFileError, format!("dump {}", self.out.display()));
        let written = write(&self.out, &tag).with_context(failed)?;
        let back = read(&self.out, &tag.name).with_context(failed)?;
        if back.rows != joined(&tag.rows) || back.payload != tag.folder.payload {
            let what = format!("tag {} reads back differently", tag.name);
            return Err(Coded::new(ExitCode::OutputFileValidationFail, what).into());
        }
        Ok(
            json!({ "tag": tag.name, "folder": tag.folder.path, "iovs": written.iovs, "payloads": written.payloads }),
        )
    }
}

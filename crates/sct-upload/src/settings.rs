//! Where everything is, and what a merge of a request is.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use sct_conditions::Destination;
use sct_cool::MergeOptions;

use crate::{Error, NewUpload, Task, Transfer, Transferred, Upload};

/// Where everything is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Data folder: ledger, request files, logs, receipts.
    pub data: PathBuf,
    /// Master files by instance.
    pub masters: BTreeMap<String, PathBuf>,
    /// File that remembers the last run uploaded.
    pub last_run: PathBuf,
    /// Who is named in receipts of requests that name nobody.
    pub who: String,
    /// Whether copies of sources, and a daily one of the master, are kept for the reconstruction's database, as the historic call
    /// asked for.
    pub backup: bool,
}

impl Settings {
    /// The usual places in a data folder.
    pub fn of(data: &Path) -> Self {
        let master = |destination: Destination| {
            let name = destination.name().to_owned();
            let path = data.join(format!("{name}.db"));
            (name, path)
        };
        Self {
            data: data.to_owned(),
            masters: [Destination::Condbr2, Destination::Monp200].map(master).into(),
            last_run: data.join("lastRun"),
            who: "uploader".to_owned(),
            backup: true,
        }
    }

    /// The ledger.
    pub fn ledger(&self) -> PathBuf {
        self.data.join("ledger.db")
    }

    /// Folder of request files.
    pub fn requests(&self) -> PathBuf {
        self.data.join("toupload")
    }

    /// Folder of receipts and of the logs of uploads that have no request file.
    pub fn uploads(&self) -> PathBuf {
        self.data.join("uploads")
    }

    /// Log of all passes. It is written at every pass, so that its age tells whether uploads are alive.
    pub fn uploads_log(&self) -> PathBuf {
        self.data.join("uploads.log")
    }

    /// Receipt of an upload.
    pub fn receipt(&self, id: i64) -> PathBuf {
        self.uploads().join(format!("{id:06}.receipt.json"))
    }

    /// Log of an upload: beside its request file, else among the receipts.
    pub fn log(&self, upload: &Upload) -> PathBuf {
        match upload.request_file.as_deref().and_then(|name| name.strip_suffix(".up")) {
            Some(stem) => self.requests().join(format!("{stem}.log")),
            None => self.uploads().join(format!("{:06}.log", upload.id)),
        }
    }

    /// What the merge of a request would do, or why it would be refused. Nothing is written.
    ///
    /// # Errors
    ///
    /// As the merge itself.
    pub fn preview(&self, request: &NewUpload) -> Result<Transferred, Error> {
        self.transfer(request, None)?.dry_run()
    }

    /// The merge of a request; with the number it has in the queue.
    pub(crate) fn transfer(&self, request: &NewUpload, id: Option<i64>) -> Result<Transfer, Error> {
        let noisy = request.task == Task::NoisyStrip;
        let comment = match (request.comment.as_str(), noisy) {
            ("", true) => "SCT NoisyStrips",
            ("", false) => "SCT MONP200 Folders",
            (comment, _) => comment,
        };
        let destination = request.task.destination().name();
        Ok(Transfer {
            source: request.file.clone(),
            source_instance: None,
            master: self.master(destination)?,
            destination: Some(destination.to_owned()),
            options: MergeOptions {
                folders: vec![request.task.folder().path.to_owned()],
                tags: vec![request.tag.clone()],
                replace: request.replace,
                ..MergeOptions::default()
            },
            who: request.who.clone(),
            comment: comment.to_owned(),
            backup: (self.backup && noisy).then(|| self.data.join("backup")),
            receipt: id.map(|id| self.receipt(id)),
        })
    }

    /// The master file of an instance.
    pub(crate) fn master(&self, destination: &str) -> Result<PathBuf, Error> {
        let missing = || Error::Request(format!("no master is known for {destination}"));
        self.masters.get(destination).cloned().ok_or_else(missing)
    }

    /// Makes the folders that every pass writes to.
    pub(crate) fn make_folders(&self) -> Result<(), Error> {
        [self.requests().join("done"), self.uploads()].iter().try_for_each(|path| {
            fs::create_dir_all(path).map_err(|source| Error::Io { path: path.clone(), source })
        })
    }
}

//! The page of the demo: the loop's own service on the demo's data folder.

use std::net::SocketAddr;

use anyhow::Context as _;
use sct_account::{Accounts, NewAccount, Note, Role};
use sct_job::ExitCode;
use sct_tasks::failure::Coded;

use super::Done;
use crate::{
    schedule::{Settings, WHO, now, settings::FILE},
    tasks::Serve,
};

/// Settings of the demo: uploads follow a request within seconds, queries find the simulated world.
const SETTINGS: &str = "\
# Made by the demo.
poll = 5.0

[passes]
upload = 0.2

[job]
cabling = \"cabling.dat\"
modules = \"modules.csv\"

[order]
run_control = [\".\"]
runs = \"runs.db\"

[web]
listen = \"127.0.0.1:8024\"
";

/// Tables of the detector that the settings name.
const TABLES: [&str; 2] = ["cabling.dat", "modules.csv"];

/// Name of the account.
const NAME: &str = "shifter";

/// The page, ready to be served.
#[derive(Debug)]
pub struct Stage {
    serve: Serve,
    /// Somebody who may mark and send runs.
    pub name: &'static str,
    /// The password, made for this demo.
    pub password: String,
}

impl Done {
    /// Makes settings and an account for the page.
    ///
    /// # Errors
    ///
    /// When the data folder cannot be written.
    pub fn stage(&self, listen: Option<SocketAddr>) -> anyhow::Result<Stage> {
        let failed = || Coded::new(ExitCode::OutputFileError, self.data.display().to_string());
        // The page finds modules by their serial numbers, and jobs for files that somebody drops need the cabling.
        if let Some(run) = self.runs.last() {
            for name in TABLES {
                std::fs::copy(run.folder.join("input").join(name), self.data.join(name))
                    .with_context(failed)?;
            }
        }
        sct_wholefile::write(&self.data.join(FILE), SETTINGS.as_bytes()).with_context(failed)?;
        std::fs::create_dir_all(self.data.join("spool")).with_context(failed)?;
        let settings = Settings::read(&self.data)?;
        let password = sct_account::random_password()?;
        let mut accounts = Accounts::open(&settings.ledger())?;
        // The demo's one person may do everything.
        let new = NewAccount { name: NAME.to_owned(), role: Role::Admin, ..NewAccount::default() };
        let note =
            Note { time: now(), who: WHO.to_owned(), why: "demo".to_owned(), ..Note::default() };
        accounts.create(&new, Some(&password), &note)?;
        Ok(Stage { serve: Serve::new(&self.data, listen), name: NAME, password })
    }
}

impl Stage {
    /// Serves the page until somebody stops it, and says where it is unless it is to be quiet.
    ///
    /// # Errors
    ///
    /// As [`Serve::run`].
    pub fn serve(self, quiet: bool) -> anyhow::Result<()> {
        self.serve.run(quiet)
    }
}

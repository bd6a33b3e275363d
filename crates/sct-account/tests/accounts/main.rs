//! Accounts as the page and the command line use them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod changes;
mod external;
mod failures;
mod log;
mod sessions;
mod tokens;

use std::path::PathBuf;

use sct_account::{Accounts, Error, Hashing, NewAccount, NewSession, Note, Role, Settings};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const HERE: &str = "10.0.0.1";
pub(crate) const HOUR: i64 = 3_600;

/// A ledger with an account of each role, made at time 0.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) accounts: Accounts,
}

pub(crate) fn quick() -> Settings {
    Settings { hashing: Hashing::LEAST, ..Settings::default() }
}

pub(crate) fn note(time: i64) -> Note {
    let (who, from, why) = ("root".to_owned(), HERE.to_owned(), "a test".to_owned());
    Note { time, who, from, why }
}

pub(crate) fn new(name: &str, role: Role) -> NewAccount {
    NewAccount { name: name.to_owned(), role, ..NewAccount::default() }
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts::open_with(&folder.path().join("ledger.db"), quick()).unwrap();
        let mut site = Self { folder, accounts };
        for (name, role) in [
            ("root", Role::Admin),
            ("eve", Role::Expert),
            ("sam", Role::Shifter),
            ("vic", Role::Viewer),
        ] {
            site.accounts.create(&new(name, role), Some(PASSWORD), &note(0)).unwrap();
        }
        site
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    /// The same ledger, opened by somebody else.
    pub(crate) fn other(&self) -> Accounts {
        Accounts::open_with(&self.path(), quick()).unwrap()
    }

    pub(crate) fn enter(&mut self, name: &str, now: i64) -> NewSession {
        self.accounts.sign_in(name, PASSWORD, HERE, now).unwrap()
    }

    pub(crate) fn is_in(&mut self, session: &NewSession, now: i64) -> bool {
        self.accounts.session(&session.token, now).unwrap().is_some()
    }
}

pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(what)) => what,
        other => panic!("expected a refusal, found {other:?}"),
    }
}

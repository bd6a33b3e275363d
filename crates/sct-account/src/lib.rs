#![allow(missing_docs, clippy::all, clippy::pedantic, unused)]
use std::path::Path;
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Viewer,
    Shifter,
    Expert,
    Admin,
}
impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "x")
    }
}
#[derive(Clone, Debug)]
pub struct Account {
    pub name: String,
    pub full_name: String,
    pub email: String,
    pub role: Role,
    pub disabled: bool,
    pub external: Option<String>,
    pub created: i64,
}
#[derive(Clone, Debug)]
pub struct Session {
    pub account: Account,
    pub csrf: String,
    pub expires: i64,
}
#[derive(Clone, Debug)]
pub struct NewSession {
    pub token: String,
    pub csrf: String,
    pub expires: i64,
}
#[derive(Clone, Debug)]
pub struct Entry {
    pub time: i64,
    pub who: String,
    pub from: String,
    pub action: String,
    pub subject: String,
    pub reason: String,
    pub outcome: String,
}
#[derive(Debug)]
pub struct Accounts;
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("")]
    Wrong,
    #[error("")]
    TooMany { until: i64 },
    #[error("")]
    Disabled,
    #[error("")]
    Other,
}
impl Accounts {
    pub fn open(_: &Path) -> Result<Self, Error> {
        todo!()
    }
    pub fn sign_in(
        &mut self,
        name: &str,
        password: &str,
        from: &str,
        now: i64,
    ) -> Result<NewSession, Error> {
        todo!()
    }
    pub fn session(&mut self, token: &str, now: i64) -> Result<Option<Session>, Error> {
        todo!()
    }
    pub fn by_token(&mut self, secret: &str, now: i64) -> Result<Option<Account>, Error> {
        todo!()
    }
    pub fn sign_out(&mut self, token: &str) -> Result<(), Error> {
        todo!()
    }
    pub fn audit(&mut self, e: &Entry) -> Result<(), Error> {
        todo!()
    }
}

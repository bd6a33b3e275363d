//! An account, and who changes it.

use serde::Serialize;

use crate::Role;

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Name to sign in with; never changes.
    pub name: String,
    /// Name for people.
    pub full_name: String,
    /// Address for mails; may be empty.
    pub email: String,
    /// What the account may do.
    pub role: Role,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// Whom the account belongs to at the provider that it signs in with; such an account has no password.
    pub external: Option<String>,
    /// When it was made.
    pub created: i64,
}

/// An account to be made.
#[derive(Clone, Debug, Default)]
pub struct NewAccount {
    /// Name to sign in with: lower case letters, digits, `.`, `_`, `-`.
    pub name: String,
    /// Name for people.
    pub full_name: String,
    /// Address for mails; may be empty.
    pub email: String,
    /// What the account may do.
    pub role: Role,
}

/// Who changes something, when, from where and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Seconds since 1970.
    pub time: i64,
    /// Person or program.
    pub who: String,
    /// Address; empty on the command line.
    pub from: String,
    /// Reason; may be empty.
    pub why: String,
}

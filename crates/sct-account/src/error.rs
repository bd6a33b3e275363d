//! What can go wrong with accounts.

use std::path::PathBuf;

/// Why somebody does not come in, or a change was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such account, or the password is another: which of the two is not said.
    #[error("name or password is wrong")]
    Wrong,
    /// The password is right, but the account may not sign in.
    #[error("the account is disabled")]
    Disabled,
    /// Too many failures.
    #[error("too many attempts")]
    TooMany {
        /// From this time on the next attempt is heard.
        until: i64,
    },
    /// Something that is not done, as a sentence for people.
    #[error("{0}")]
    Refused(String),
    /// No account has this name.
    #[error("there is no account '{0}'")]
    Unknown(String),
    /// A hash cannot be made or read.
    #[error("password of account '{account}': {what}")]
    Hash {
        /// The account.
        account: String,
        /// What the hashing function said.
        what: String,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] sct_ledger::Error),
}

impl From<sct_ledger::sql::Error> for Error {
    fn from(source: sct_ledger::sql::Error) -> Self {
        let (path, what) = (PathBuf::from("ledger"), "accounts".to_owned());
        Self::Ledger(sct_ledger::Error::Sqlite { path, what, source })
    }
}

impl From<getrandom::Error> for Error {
    fn from(error: getrandom::Error) -> Self {
        Self::Random(error.to_string())
    }
}

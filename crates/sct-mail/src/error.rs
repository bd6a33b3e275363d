//! What can go wrong with mails.

use std::{io, path::PathBuf};

/// Why a message was not written or sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No address of a mailbox.
    #[error("'{text}' is no address: {what}")]
    Address {
        /// What was found.
        text: String,
        /// Why it is none.
        what: String,
    },
    /// A message that cannot be written as one.
    #[error("no message: {0}")]
    Message(String),
    /// An identifier that is no name of a file.
    #[error("'{0}' is no identifier of a message: letters, digits, dots, hyphens and underscores")]
    Identifier(String),
    /// A file or folder that cannot be read, made or moved.
    #[error("{}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that cannot be written.
    #[error(transparent)]
    Write(#[from] sct_wholefile::Error),
    /// The record beside a message is damaged.
    #[error("{}: {what}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Another program sends from this outbox.
    #[error("another program sends from {}", .0.display())]
    Busy(PathBuf),
    /// A secret that others can read, or that is none.
    #[error("{}: {what}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Settings of the server that cannot work.
    #[error("mail server {server}: {what}")]
    Server {
        /// Host and port.
        server: String,
        /// What is wrong.
        what: String,
    },
    /// The server does not take user and password.
    #[error("credentials rejected by mail server {server}, renew {}: {what}", file.display())]
    Credentials {
        /// Host and port.
        server: String,
        /// File of the password.
        file: PathBuf,
        /// What the server said.
        what: String,
    },
}

/// An error of `path` for `map_err`.
pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

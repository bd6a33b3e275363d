//! What can go wrong at a provider.

use std::path::PathBuf;

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting that cannot be right.
    #[error("[web.openid] {key}: {what}")]
    Setting {
        /// Its name.
        key: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The file with the secret cannot be read, or others can read it.
    #[error("client secret {}: {what}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The provider does not answer, or not as one.
    #[error("provider {issuer}: {what}")]
    Provider {
        /// Its address.
        issuer: String,
        /// What was asked and answered.
        what: String,
    },
    /// The provider's answer is not to be believed, or the visitor's way back not the one that began here.
    #[error("the sign-in is refused: {0}")]
    Refused(String),
}

/// An error with its causes, as one line.
pub(crate) fn whole(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", whole(source)),
        None => error.to_string(),
    }
}

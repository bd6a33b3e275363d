//! What can be wrong with a job.

use std::path::PathBuf;

use crate::ExitCode;

/// Why a job cannot run, in the user's terms.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The dictionary is no JSON object.
    #[error("{file}: line {line}, column {column}: {what}")]
    Json {
        /// The dictionary.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// A wrong key, value or combination; the code says of what kind.
    #[error("{what}")]
    Argument {
        /// Exit code.
        code: ExitCode,
        /// What is wrong and what was expected.
        what: String,
    },
    /// A file that cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that cannot be written.
    #[error(transparent)]
    Write(#[from] sct_wholefile::Error),
    /// An input that does not exist.
    #[error("{0}")]
    Input(String),
    /// A file whose content is not what it should be.
    #[error("{}: {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What was found and expected.
        what: String,
        /// Exit code.
        code: ExitCode,
    },
    /// A property file or `--set` that is wrong.
    #[error("{place}: {what}")]
    Property {
        /// File and line, or option.
        place: String,
        /// What is wrong.
        what: String,
    },
}

impl Error {
    pub(crate) fn argument(what: impl Into<String>) -> Self {
        Self::Argument { code: ExitCode::ArgError, what: what.into() }
    }

    pub(crate) fn coded(code: ExitCode, what: impl Into<String>) -> Self {
        Self::Argument { code, what: what.into() }
    }

    /// The exit code a program ends with for this error.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Json { .. } | Self::Property { .. } => ExitCode::ArgError,
            Self::Argument { code, .. } | Self::Content { code, .. } => *code,
            Self::Read { .. } | Self::Input(_) => ExitCode::InputFileValidationFail,
            Self::Write(_) => ExitCode::OutputFileError,
        }
    }
}

/// The known name nearest to a wrong one, if any is near.
pub(crate) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Quotes and case are the usual slips; then spelling.
    let bare = |text: &str| text.trim_matches(['\'', '"', '`', ' ']).to_lowercase();
    let distance = |name: &&str| strsim::damerau_levenshtein(&bare(wrong), &bare(name));
    known.min_by_key(distance).filter(|name| distance(name) <= 1 + name.len() / 4)
}

/// "did you mean" for a message, or nothing.
pub(crate) fn suggestion<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(wrong, known).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

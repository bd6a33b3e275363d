//! Which wafer hangs on which fibre, from a text file, the conditions, or made up.

use std::{fs, path::Path};

use anyhow::Context as _;
use sct_cabling::{Cabling, text};
use sct_job::ExitCode;

use crate::{
    conditions::{self, Moment},
    failure::Coded,
};

/// Reads the cabling: the text file if there is one, else the conditions database if that has the folders, else the one of
/// a simulated detector with all links at work, which the log warns of.
///
/// # Errors
///
/// When the file cannot be read or holds no cabling, and as [`conditions::cabling`]; the exit code is that of a bad input
/// file.
pub fn read(
    file: Option<&Path>,
    conditions: Option<&Path>,
    moment: Moment,
) -> anyhow::Result<Cabling> {
    if let Some(path) = file {
        return read_text(path);
    }
    let stored = conditions.map(|path| conditions::cabling(path, moment)).transpose()?;
    Ok(stored.flatten().unwrap_or_else(|| {
        tracing::warn!(
            "no cabling, neither as a file (--cabling) nor in the conditions: \
             that of a simulated detector is used"
        );
        sct_sim::default_cabling()
    }))
}

fn read_text(path: &Path) -> anyhow::Result<Cabling> {
    let bad = || Coded::new(ExitCode::InputFileValidationFail, path.display().to_string());
    let content = fs::read_to_string(path).with_context(bad)?;
    let text::Read { cabling, refused } = text::read(&content).with_context(bad)?;
    for line in &refused {
        tracing::warn!("{}: {line}", path.display());
    }
    Ok(cabling)
}

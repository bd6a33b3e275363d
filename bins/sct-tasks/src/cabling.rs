//! Which wafer hangs on which fibre, from a text file, the conditions, or made up.

use std::{fs, path::Path};

use anyhow::Context as _;
use sct_cabling::{Cabling, text};
use sct_job::ExitCode;

use crate::failure::Coded;

/// Reads the cabling: a text file if there is one, else the one of the simulated detector.
///
/// # Errors
///
/// When the file cannot be read or holds no cabling; the exit code is that of a bad input file.
pub fn read(
    file: Option<&Path>,
    _conditions: Option<&Path>,
    _moment: crate::conditions::Moment,
) -> anyhow::Result<Cabling> {
    let Some(path) = file else {
        tracing::warn!("no cabling (--cabling): that of the simulated detector is used");
        return Ok(sct_sim::cabling());
    };
    let bad = || Coded::new(ExitCode::InputFileValidationFail, path.display().to_string());
    let content = fs::read_to_string(path).with_context(bad)?;
    let text::Read { cabling, refused } = text::read(&content).with_context(bad)?;
    for line in &refused {
        tracing::warn!("{}: {line}", path.display());
    }
    Ok(cabling)
}

//! `sct-cool verify`.

use std::path::PathBuf;

use sct_cool::{Severity, verify};
use sct_job::ExitCode;

use crate::{cli, failure::Coded};

/// Options of `sct-cool verify`.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// COOL SQLite file.
    file: PathBuf,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

impl Verify {
    /// Prints what is wrong with the file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not sound.
    pub fn run(&self) -> anyhow::Result<()> {
        let findings = verify(&self.file)?;
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        if self.json {
            let value = serde_json::json!({ "sound": errors == 0, "findings": findings });
            cli::print(&format!("{value:#}\n"))?;
        } else {
            let mut text: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
            if errors == 0 {
                text.push_str(&format!("{}: sound\n", self.file.display()));
            }
            cli::print(&text)?;
        }
        if errors == 0 {
            return Ok(());
        }
        let what = format!("{} is not sound: {errors} errors", self.file.display());
        Err(Coded::new(ExitCode::CoolUnsound, what).into())
    }
}

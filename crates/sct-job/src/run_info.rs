//! runInfo.txt: when a run was, and how many lumi blocks it has.

use std::{fs, path::Path};

use sct_id::RunNumber;

use crate::{Error, ExitCode};

/// What is known about a run. Written as one line of six fields.
#[derive(Clone, Debug, PartialEq)]
pub struct RunInfo {
    /// Run.
    pub run: RunNumber,
    /// Project tag.
    pub project: String,
    /// Start, seconds since 1970.
    pub start: f64,
    /// End, seconds since 1970.
    pub end: f64,
    /// Number of lumi blocks.
    pub lumi_blocks: u32,
    /// SCT parts in the read-out, joined by commas, or `NONE`.
    pub detectors: String,
}

impl RunInfo {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`Error::Read`], and [`Error::Content`] with `TRF_RUNTIME_ERROR` for anything but six fields.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path)
            .map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|what| Error::Content {
            path: path.to_owned(),
            what,
            code: ExitCode::RuntimeError,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [run, project, start, end, lumi_blocks, rest @ ..] = &fields[..] else {
            return Err(format!(
                "{} fields, expected run, project, start, end, lumi blocks, detectors",
                fields.len()
            ));
        };
        if rest.len() > 1 {
            return Err(format!("{} fields, expected 6", fields.len()));
        }
        let seconds = |text: &str| {
            text.parse()
                .ok()
                .filter(|seconds: &f64| seconds.is_finite())
                .ok_or_else(|| format!("'{text}' is no time"))
        };
        Ok(Self {
            run: run.parse()?,
            project: (*project).to_owned(),
            start: seconds(start)?,
            end: seconds(end)?,
            lumi_blocks: lumi_blocks
                .parse()
                .map_err(|_| format!("'{lumi_blocks}' is no number of lumi blocks"))?,
            detectors: rest.first().map_or("NONE", |detectors| detectors).to_owned(),
        })
    }

    /// The text of the file, without a line end.
    pub fn to_text(&self) -> String {
        let Self { run, project, start, end, lumi_blocks, detectors } = self;
        format!("{run} {project} {start:?} {end:?} {lumi_blocks} {detectors}")
    }

    /// Start in whole seconds: readers cut at the dot.
    #[expect(clippy::cast_possible_truncation, reason = "readers cut at the dot")]
    pub fn start_seconds(&self) -> i64 {
        self.start as i64
    }

    /// End in whole seconds.
    #[expect(clippy::cast_possible_truncation, reason = "readers cut at the dot")]
    pub fn end_seconds(&self) -> i64 {
        self.end as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_round_trips() {
        let text = "267367 data15_13TeV 1433837412.5 1433860211.25 380 SCTBA,SCTBC,SCTEA,SCTEC";
        let info = RunInfo::parse(text).unwrap();
        assert_eq!(
            (info.start_seconds(), info.end_seconds(), info.lumi_blocks),
            (1_433_837_412, 1_433_860_211, 380)
        );
        assert_eq!(info.to_text(), text);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "1 a 2 3", "x a 2 3 4 d", "1 a nan 3 4 d", "1 a 2 3 many d", "1 a 2 3 4 d e"]
        {
            assert!(RunInfo::parse(text).is_err(), "{text}");
        }
    }
}

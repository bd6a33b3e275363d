//! What the parts of a job have made, brought together: one database, one list of files, one entry each in the report.

use std::{path::Path, sync::Mutex};

use sct_job::{ExitCode, OutputFile, outputs};
use serde_json::{Map, Value, json};

use super::{Ending, State, note, setup::Setup};
use crate::{
    failure::Coded,
    files::{Files, Stored},
};

/// What one part has made. Its lists and summaries are written already; its rows are not, as all parts of a job share
/// one database.
pub(super) struct Made {
    /// Name and text of its entry in the object `sctcalib` of the report.
    pub(super) entry: (&'static str, Value),
    /// Lists and summaries.
    pub(super) files: Files,
    /// What it stores, by folder.
    pub(super) stored: Vec<Stored>,
    /// What was odd.
    pub(super) warnings: Vec<String>,
}

/// Writes the database, notes everything for the report and checks that every declared output exists or has a reason not
/// to. `histograms` are the declared histogram files, with their events, that there were inputs for.
pub(super) fn finish(
    setup: &Setup<'_>,
    state: &Mutex<State>,
    parts: Vec<Made>,
    histograms: &[(&'static str, u64)],
) -> anyhow::Result<Ending> {
    let mut files = Files::default();
    let (mut stored, mut warnings, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        files.extend(part.files);
        stored.extend(part.stored);
        warnings.extend(part.warnings);
        entries.push(part.entry);
    }
    let declared = outputs(&setup.arguments.parts, setup.arguments.split);
    if declared.iter().any(|output| output.argument == "COOL") {
        files.store(setup.output("mycool.db"), &stored)?;
    }
    let events =
        |name: &str| histograms.iter().find(|(made, _)| *made == name).map(|(_, events)| *events);
    let is_root = |name: &str| Path::new(name).extension().is_some_and(|end| end == "root");
    let without_input =
        declared.iter().filter(|output| is_root(output.name) && events(output.name).is_none());
    files.absent.extend(without_input.map(|output| (output.name, "there was no input".to_owned())));
    // Declared ones in their order, then what was asked for beyond them. What an earlier job left under the same name is
    // none of this job's outputs.
    let histogram_files = declared.iter().filter_map(|output| {
        let events = events(output.name)?;
        setup.output_file(output.argument, &setup.output(output.name), Some(events))
    });
    let rank = |path: &Path| declared.iter().position(|output| setup.output(output.name) == path);
    let mut written: Vec<_> = files.written.iter().collect();
    written.sort_by_key(|(_, path)| rank(path).unwrap_or(usize::MAX));
    let written =
        written.into_iter().filter_map(|(argument, path)| setup.output_file(argument, path, None));
    let output_files: Vec<OutputFile> = histogram_files.chain(written).collect();
    let rows = stored.iter().filter_map(Stored::rows).map(|content| {
        json!({ "folder": content.folder.path, "tag": content.tag, "rows": content.rows.len() })
    });
    note(state, |state| {
        state.outputs = output_files;
        state.calibration.extend(entries.into_iter().map(|(name, text)| (name.to_owned(), text)));
        state.calibration.insert("stored".to_owned(), rows.collect());
        state.calibration.insert("warnings".to_owned(), json!(warnings));
        let absent: Map<_, _> =
            files.absent.iter().map(|(name, reason)| ((*name).to_owned(), json!(reason))).collect();
        state.calibration.insert("absentOutputs".to_owned(), Value::Object(absent));
    });
    validate(setup, &files)?;
    Ok(Ending { message: "OK".to_owned(), early: false })
}

/// Every declared output must exist, unless its absence has a reason.
fn validate(setup: &Setup<'_>, files: &Files) -> anyhow::Result<()> {
    for output in outputs(&setup.arguments.parts, setup.arguments.split) {
        let excused = files.absent.iter().any(|(name, _)| *name == output.name);
        if !excused && !setup.output(output.name).exists() {
            let what = format!("output {} is missing", setup.output(output.name).display());
            return Err(Coded::new(ExitCode::OutputFileValidationFail, what).into());
        }
    }
    Ok(())
}

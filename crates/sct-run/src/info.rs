//! Run information: when a run was, how many lumi blocks it has, and which parts of the SCT were read out.
//!
//! Source: `runInfo.py`; `docs/formats/run-info.md`.

use jiff::Timestamp;
use sct_conditions::{
    Value,
    run_control::{END_OF_RUN, END_OF_RUN_1, START_OF_RUN, START_OF_RUN_1},
};
use sct_cool::Scanned;
use sct_id::RunNumber;
use sct_job::RunInfo;

use crate::{
    DetectorMask, Error,
    control::{Found, RunControl, keys, number, text},
};

/// Columns asked for, with the name of the project in Run 1 instead of today's.
const COLUMNS: [&str; 5] = ["RunNumber", "SORTime", "EORTime", "T0ProjectTag", "DetectorMask"];
const COLUMNS_RUN_1: [&str; 5] = ["RunNumber", "SORTime", "EORTime", "FilenameTag", "DetectorMask"];

/// What run control says about a run, and its whole detector mask.
#[derive(Clone, Debug, PartialEq)]
pub struct Information {
    /// What `runInfo.txt` holds.
    pub info: RunInfo,
    /// The whole mask.
    pub mask: DetectorMask,
}

/// Reads what is known of a run at its end.
///
/// # Errors
///
/// [`Error::Absent`] for a run that run control does not know, [`Error::GoesOn`] for one that has not ended,
/// [`Error::Mask`] for a damaged detector mask, [`Error::Content`] for other values that cannot be.
pub fn run_info(control: &RunControl, run: RunNumber) -> Result<Information, Error> {
    let end = control.require(&[(&END_OF_RUN, &COLUMNS), (&END_OF_RUN_1, &COLUMNS_RUN_1)])?;
    let (first, last) = keys(run);
    // As the original: of several objects the last one counts.
    let Some(object) = end.scan.within(first, last)?.pop() else {
        return Err(unknown(control, &end, run)?);
    };
    let found =
        number(&object.values[0]).ok_or_else(|| end.wrong(run, "RunNumber is no number"))?;
    if found != u64::from(run.to_u32()) {
        return Err(end.wrong(run, format!("its object is of run {found}")));
    }
    let time = |index: usize| {
        let nanoseconds = number(&object.values[index]);
        nanoseconds.ok_or_else(|| end.wrong(run, format!("{} is no time", COLUMNS[index])))
    };
    let (start, stop) = (time(1)?, time(2)?);
    if stop < start {
        return Err(end.wrong(run, format!("it ends before it begins: {start} to {stop} ns")));
    }
    let project = text(&object.values[3]).filter(|project| !project.is_empty());
    let project = project.ok_or_else(|| end.wrong(run, "it has no project tag"))?;
    if project.contains(char::is_whitespace) {
        return Err(end.wrong(run, format!("project tag '{project}' has a blank in it")));
    }
    let mask = mask(&object.values[4]).map_err(|source| Error::Mask {
        path: end.path().to_owned(),
        folder: end.folder.path,
        run,
        source,
    })?;
    let info = RunInfo {
        run,
        project,
        start: seconds(start),
        end: seconds(stop),
        lumi_blocks: lumi_blocks(&object),
        detectors: mask.sct_parts(),
    };
    Ok(Information { info, mask })
}

/// The mask of a row: hexadecimal text, or the number of Run 1.
pub(crate) fn mask(value: &Value) -> Result<DetectorMask, crate::MaskError> {
    match value {
        Value::Int(number) => number.to_string().parse(),
        Value::Text(text) => DetectorMask::from_hexadecimal(text),
        _ => DetectorMask::from_hexadecimal(""),
    }
}

/// Source: `runInfo.py`, until - (since + 1), of which the lower half counts.
fn lumi_blocks(object: &Scanned) -> u32 {
    let difference = object.iov.until().wrapping_sub(object.iov.since() + 1);
    u32::try_from(difference & 0xFFFF_FFFF).expect("it has 32 bits")
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// Why a run has no end: it goes on, or nobody knows it.
fn unknown(control: &RunControl, end: &Found<'_>, run: RunNumber) -> Result<Error, Error> {
    let (first, last) = keys(run);
    let start = control.find(&[(&START_OF_RUN, &["SORTime"]), (&START_OF_RUN_1, &["SORTime"])])?;
    if let Some(start) = start
        && let Some(object) =
            start.scan.within(first, last)?.into_iter().find(|object| object.iov.since() >= first)
    {
        let begin = number(&object.values[0]).map_or_else(|| "an unknown time".to_owned(), utc);
        return Ok(Error::GoesOn { run, begin, folder: end.folder.path });
    }
    Ok(Error::Absent { path: end.path().to_owned(), folder: end.folder.path, run, first, last })
}

/// A time for people, in UTC.
pub(crate) fn utc(nanoseconds: u64) -> String {
    let time = i128::from(nanoseconds);
    Timestamp::from_nanosecond(time).map_or_else(
        |_| format!("{nanoseconds} ns"),
        |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

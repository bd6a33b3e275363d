//! From the summary of any task to what is indexed.

use std::path::Path;

use sct_id::RunNumber;
use sct_xml::{RunPart, RunSummary};

use crate::{Part, Summary};

/// Reads a summary of a run.
///
/// # Errors
///
/// A sentence that names the file.
pub(crate) fn read(path: &Path, run: RunNumber) -> Result<Summary, String> {
    let found =
        RunSummary::read(path).map_err(|error| match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        })?;
    if found.run != run {
        return Err(format!("{}: it is about run {}, not {run}", path.display(), found.run));
    }
    let text = |name: &str| found.values.get(name).map(String::as_str).unwrap_or_default();
    let (start, end) = (seconds(text("StartTime")), seconds(text("EndTime")));
    Ok(Summary {
        start,
        end,
        duration: text("Duration").parse().ok(),
        lumi_blocks: text("LB").parse().ok(),
        events: text("Events").parse().ok(),
        flag: text("Flag").chars().next(),
        reasons: reasons(text("FlagReason")),
        parts: found.parts.into_iter().map(part).collect(),
        values: found.values,
        standby: None,
    })
}

fn part(part: RunPart) -> Part {
    let RunPart { mut place, values } = part;
    let mut take = |name: &str| place.remove(name).unwrap_or_default();
    Part {
        part: take("part"),
        layer: take("layer"),
        eta: take("eta"),
        side: take("Side"),
        module: take("Module"),
        values,
    }
}

/// Each test that has failed on its own.
fn reasons(text: &str) -> Vec<String> {
    let all = text.split(';').map(str::trim).filter(|reason| !reason.is_empty());
    all.map(str::to_owned).collect()
}

/// Seconds since 1970, from a number or from the 33 characters of the conditions library.
fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, reason = "saturates; times are whole seconds")]
        return number.is_finite().then_some(number.floor() as i64);
    }
    let time = text.strip_suffix("GMT")?.trim();
    let time = jiff::civil::DateTime::strptime("%Y-%m-%d_%H:%M:%S%.f", time).ok()?;
    Some(jiff::tz::Offset::UTC.to_timestamp(time).ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_text_or_seconds() {
        assert_eq!(seconds("2015-06-09_08:10:12.000000000 GMT"), Some(1_433_837_412));
        assert_eq!(seconds("1433837412.5"), Some(1_433_837_412));
        for odd in ["", "x", "NaN", "2015-06-09", "2015-99-09_08:10:12.000000000 GMT"] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
    }

    #[test]
    fn reasons_stand_alone() {
        assert_eq!(reasons("FAILED in a; FAILED in b; "), ["FAILED in a", "FAILED in b"]);
    }
}

//! From the summary of any task to what is indexed.

use std::path::Path;

use sct_conditions::time_seconds;
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
    let (start, end) = (time_seconds(text("StartTime")), time_seconds(text("EndTime")));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_alone() {
        assert_eq!(reasons("FAILED in a; FAILED in b; "), ["FAILED in a", "FAILED in b"]);
    }
}

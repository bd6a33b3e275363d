//! What is odd about a result, in words.

use sct_dead::Outcome;

use super::Search;

/// Sides that are named in a warning.
const NAMED: usize = 3;

/// Too few events, and hits where there should be none.
pub(super) fn of(search: Search, outcome: &Outcome) -> Vec<String> {
    let mut warnings = Vec::new();
    for few in &outcome.low_statistics {
        let (components, stream) = match (few.strips, outcome.busy) {
            (true, true) => ("strips", " in a busy stream"),
            (true, false) => ("strips", ""),
            (false, _) => ("chips", ""),
        };
        warnings.push(format!(
            "required minimum statistics is {} events for the search for {} {components}{stream}, found {}: the search was made all the same",
            few.minimum, search.defect, few.events
        ));
    }
    let (strips, hits) = outcome.mismatch_totals();
    if strips > 0 {
        let mut sides = outcome.mismatches.clone();
        sides.sort_by_key(|side| std::cmp::Reverse(side.hits));
        let most = sides.iter().take(NAMED).map(|side| {
            format!("{} ({} strips, {} hits)", side.wafer.position(), side.strips, side.hits)
        });
        warnings.push(format!(
            "hits in disabled strips: {strips} strips on {} sides have {hits} hits, most of them on {}",
            sides.len(),
            most.collect::<Vec<_>>().join(", ")
        ));
    }
    warnings
}

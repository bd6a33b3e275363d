//! The parts `doDeadStrip`, `doDeadChip`, `doQuietStrip` and `doQuietChip`: those of one job read the files once.

use sct_dead::Defect;
use sct_job::Part;
use serde_json::Value;

use super::{
    hit_maps::{HitMaps, Prepared},
    results::Made,
    setup::Setup,
};
use crate::{
    dead::{self, Job, Search},
    files::Stored,
};

/// Searches for dead components, then for quiet ones, as far as the job asks for them, and writes lists and summaries.
pub(super) fn search(
    setup: &Setup<'_>,
    prepared: &Prepared,
    maps: &HitMaps,
) -> anyhow::Result<Vec<Made>> {
    let job = Job {
        run: setup.name.run,
        hitmaps: &maps.strips,
        bs_errors: maps.bs_errors.as_deref(),
        lumi_blocks: maps.lumi_blocks.as_deref(),
        times: prepared.times,
        properties: setup.properties,
        detector: &prepared.detector,
    };
    let data = dead::read(&job)?;
    let mut all: Vec<Made> = Vec::new();
    for search in searches(&setup.arguments.parts) {
        let found = dead::search(&job, &data, search)?;
        let files = dead::write(&job, &data, &found, |name| setup.output(name))?;
        let ntuple = setup.ntuple(&format!("{}_components", search.defect));
        let (swap, plots) = (&prepared.detector.swap, setup.extra("plots"));
        dead::write_extras(job.run, &data, &found, swap, plots, ntuple.as_deref())?;
        let counts = &found.outcome.counts;
        tracing::info!(
            "{}: {} strips, {} chips, {} links, {} modules, flag {}",
            search.defect,
            counts.strips,
            counts.chips,
            counts.links,
            counts.modules,
            found.outcome.upload.flag
        );
        let stored = dead::store(&job, &found)?;
        let earlier: Vec<&Stored> = all.iter().flat_map(|made| &made.stored).collect();
        let stored = stored.into_iter().filter(|stored| !is_taken(stored, &earlier)).collect();
        // What was odd about the files is said once.
        let mut warnings = if all.is_empty() { data.warnings.clone() } else { Vec::new() };
        let entry = match search.defect {
            Defect::Dead => "dead",
            Defect::Quiet => "quiet",
        };
        let summary = dead::summary_json(job.run, &found);
        warnings.extend(found.warnings);
        all.push(Made { entry: (entry, Value::Object(summary)), files, stored, warnings });
    }
    Ok(all)
}

/// One search for dead and one for quiet components at most.
fn searches(parts: &[Part]) -> impl Iterator<Item = Search> {
    let one = |defect, strips: Part, chips: Part| Search {
        defect,
        strips: parts.contains(&strips),
        chips: parts.contains(&chips),
    };
    let both = [
        one(Defect::Dead, Part::DeadStrip, Part::DeadChip),
        one(Defect::Quiet, Part::QuietStrip, Part::QuietChip),
    ];
    both.into_iter().filter(|search| search.strips || search.chips)
}

/// Quiet components share the folders of dead ones; a folder has one list for a module and run, and dead ones come first.
fn is_taken(stored: &Stored, earlier: &[&Stored]) -> bool {
    let path = |stored: &Stored| stored.rows().map(|content| content.folder.path.clone());
    let taken = path(stored)
        .filter(|wanted| earlier.iter().any(|earlier| path(earlier).as_ref() == Some(wanted)));
    if let Some(path) = &taken {
        tracing::warn!("{path} has the dead components: the quiet ones are in their lists only");
    }
    taken.is_some()
}

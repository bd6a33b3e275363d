//! The part `doNoisyStrip`.

use serde_json::Value;

use super::{
    hit_maps::{HitMaps, Prepared},
    results::Made,
    setup::Setup,
};
use crate::noisy_strip::{self, Job};

/// Searches, and writes lists and summary.
pub(super) fn search(
    setup: &Setup<'_>,
    prepared: &Prepared,
    maps: &HitMaps,
) -> anyhow::Result<Made> {
    let job = Job {
        run: setup.name.run,
        iov: setup.iov()?,
        hitmaps: &maps.strips,
        lumi_blocks: maps.lumi_blocks.as_deref(),
        times: prepared.times,
        properties: setup.properties,
        detector: &prepared.detector,
        reference: &prepared.reference,
    };
    let done = noisy_strip::search(&job)?;
    let files = noisy_strip::write(&job, &done.outcome, |name| setup.output(name))?;
    let (plots, ntuple) = (setup.extra("plots"), setup.ntuple("noisy_strips"));
    noisy_strip::write_extras(setup.name.run, &done, &prepared.detector, plots, ntuple.as_deref())?;
    let counts = &done.outcome.counts;
    tracing::info!(
        "{} noisy strips on {} modules, flag {}",
        counts.strips,
        counts.modules,
        done.outcome.upload.flag
    );
    let mut summary = noisy_strip::summary_json(setup.name.run, &done.outcome);
    let left_out = done.without_bursts.as_ref().map(noisy_strip::WithoutBursts::to_json);
    summary.extend(left_out.map(|left_out| ("leftOut".to_owned(), left_out)));
    Ok(Made {
        entry: ("noisyStrip", Value::Object(summary)),
        stored: vec![noisy_strip::store(&job, &done.outcome)?],
        files,
        warnings: done.warnings,
    })
}

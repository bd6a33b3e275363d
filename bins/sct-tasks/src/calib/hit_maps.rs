//! Parts that search hit maps: fill or merge once, then one search after the other.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use sct_hitmap::Standby;
use sct_job::{Groups, Input, Part, Split};
use sct_roothist::MergeOptions;

use super::{
    Ending, State, dead, filling, groups, noisy_lb, noisy_strip, parts,
    results::{self, Made},
    setup::Setup,
};
use crate::{
    detector::Detector,
    merge,
    noisy_strip::{Reference, RunTimes},
};

/// What searches need besides the hit maps; read before anything is merged or filled.
pub(super) struct Prepared {
    pub(super) times: RunTimes,
    pub(super) detector: Detector,
    /// Of noisy strips; empty when nobody looks for them.
    pub(super) reference: Reference,
}

/// The hit map files of the job.
pub(super) struct HitMaps {
    pub(super) strips: PathBuf,
    pub(super) lumi_blocks: Option<PathBuf>,
    pub(super) bs_errors: Option<PathBuf>,
    /// Events of the hit maps.
    pub(super) events: u64,
}

/// Runs all parts of a job that reads hit maps, or RAW files to make them from.
pub(super) fn run(setup: &Setup<'_>, state: &Mutex<State>) -> anyhow::Result<Ending> {
    match setup.arguments.split {
        Split::Fill => filling::fill_only(setup, state),
        Split::Whole => search(setup, state, |prepared| filled(setup, prepared, state)),
        Split::Analyse => {
            let events = setup.arguments.max_events;
            if setup.arguments.max_events_given && events != 1 {
                tracing::warn!("maxEvents is {events}, expected 1 when hit maps are analysed");
            }
            if setup.arguments.parts.iter().all(|part| *part == Part::NoisyLb) {
                return noisy_lb::alone(setup, state);
            }
            let mut groups = groups(setup.inputs)?;
            if let (true, Some(left_out)) = (setup.runs().len() > 1, groups.lumi_blocks.first()) {
                // Lumi block 1 of one run is not lumi block 1 of the next.
                tracing::warn!(
                    "lumi blocks of several runs cannot be added: {} and the like are left out",
                    left_out.display()
                );
                groups.lumi_blocks.clear();
            }
            if let Some(ending) = empty_input(setup, &groups.hit_maps)? {
                return Ok(ending);
            }
            search(setup, state, |_| merged(setup, &groups))
        }
    }
}

fn search(
    setup: &Setup<'_>,
    state: &Mutex<State>,
    hit_maps: impl FnOnce(&Prepared) -> anyhow::Result<HitMaps>,
) -> anyhow::Result<Ending> {
    let prepared = prepare(setup)?;
    let maps = hit_maps(&prepared)?;
    let mut made: Vec<Made> = Vec::new();
    for part in &setup.arguments.parts {
        match part {
            Part::NoisyStrip => made.push(noisy_strip::search(setup, &prepared, &maps)?),
            Part::NoisyLb => made.push(noisy_lb::search(
                setup,
                &prepared.times,
                &prepared.detector.serials,
                maps.lumi_blocks.as_deref(),
            )?),
            // One after the other below: they share the hits.
            part if part.finds_silent() => {}
            other => return Err(parts::other_inputs(*other)),
        }
    }
    if setup.arguments.parts.iter().any(|part| part.finds_silent()) {
        made.extend(dead::search(setup, &prepared, &maps)?);
    }
    let mut histograms = vec![("SCTHitMaps.root", maps.events)];
    histograms.extend(maps.lumi_blocks.map(|_| ("SCTLB.root", maps.events)));
    histograms.extend(maps.bs_errors.map(|_| ("SCTBSErrors.root", maps.events)));
    results::finish(setup, state, made, &histograms)
}

fn prepare(setup: &Setup<'_>) -> anyhow::Result<Prepared> {
    let properties = setup.properties;
    let reference = if setup.arguments.parts.contains(&Part::NoisyStrip) {
        Reference::choose(
            setup.extra("reference").map(|path| (path, properties.tag_noisy_upload_test.as_str())),
            setup.extra("conditions"),
            setup.first_run(),
            properties,
        )?
    } else {
        Reference::default()
    };
    let times = setup.times()?;
    let detector = setup.detector(&times)?;
    Ok(Prepared { times, detector, reference })
}

/// Merges each group of inputs into one file.
fn merged(setup: &Setup<'_>, groups: &Groups) -> anyhow::Result<HitMaps> {
    let one = |files: &[PathBuf], name: &str| -> anyhow::Result<Option<PathBuf>> {
        if files.is_empty() {
            return Ok(None);
        }
        let output = setup.output(name);
        merge::merge(files, &output, &MergeOptions::default(), true)?;
        Ok(Some(output))
    };
    let strips = setup.output("SCTHitMaps.root");
    merge::merge(&groups.hit_maps, &strips, &MergeOptions::default(), true)?;
    let events = sct_histfile::peek_events(&strips)?;
    let lumi_blocks = one(&groups.lumi_blocks, "SCTLB.root")?;
    let bs_errors = one(&groups.bs_errors, "SCTBSErrors.root")?;
    tracing::info!("merged {} hit map files with {events} events", groups.hit_maps.len());
    Ok(HitMaps { strips, lumi_blocks, bs_errors, events })
}

/// Fills them from RAW files.
fn filled(setup: &Setup<'_>, prepared: &Prepared, state: &Mutex<State>) -> anyhow::Result<HitMaps> {
    let written = filling::fill_and_write(setup, &prepared.times, state)?;
    let made = |name: &str| {
        let path = setup.output(name);
        written.iter().any(|(made, _)| *made == path).then_some(path)
    };
    Ok(HitMaps {
        strips: setup.output("SCTHitMaps.root"),
        lumi_blocks: made("SCTLB.root"),
        bs_errors: made("SCTBSErrors.root"),
        events: written.first().map_or(0, |(_, events)| *events),
    })
}

/// A run without events ends well, and no longer keeps later runs waiting.
fn empty_input(setup: &Setup<'_>, hit_maps: &[PathBuf]) -> anyhow::Result<Option<Ending>> {
    // Forms without a number of events are looked up in the files, which the original did not do.
    let mut events = 0_u64;
    for (input, path) in setup.inputs.iter().zip(setup.inputs.iter().map(Input::path)) {
        let path = path?;
        if hit_maps.contains(&path) {
            let counted = input.events.map_or_else(|| sct_histfile::peek_events(&path), Ok)?;
            events = events.saturating_add(counted);
        }
    }
    // The limit is that of noisy strips; the other searches stop at nothing unless told to.
    let for_all = setup.arguments.parts.contains(&Part::NoisyStrip)
        || setup.properties.is_given("MinEventsEmptyInput");
    let least = if for_all { setup.properties.min_events_empty_input } else { 1 };
    let least = u64::try_from(least).unwrap_or(0);
    if events >= least.max(1) {
        return Ok(None);
    }
    let last_run = setup.extra("lastRun").unwrap_or(Path::new("lastRun"));
    let run = setup.name.run;
    // Only a queue that exists is moved on.
    let moved = last_run.exists() && sct_job::write_last_run(last_run, run, false)?;
    let moved = if moved {
        format!("the last-run counter is moved to run {run}")
    } else {
        "the last-run counter is left as it is".to_owned()
    };
    let standby = if events == 0 { format!("{}: ", Standby::sentence(run)) } else { String::new() };
    let message = format!(
        "{standby}the input has {events} events, fewer than {least}: nothing was done, {moved}"
    );
    Ok(Some(Ending { message, early: true }))
}

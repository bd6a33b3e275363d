//! The result in other forms: the summary file, JSON, rows of an ntuple.

use sct_conditions::SerialNumbers;
use sct_hitmap::Hitmap;
use sct_id::{ReadoutSwap, RunNumber};
use sct_noisy_strip::{Flag, NoisyModule, Outcome, Store};
use sct_xml::{BadStripsSummary, SummaryChip, SummaryModule};
use serde_json::{Map, Value, json};

use super::Job;
use crate::ntuple::Row;

/// The summary file.
pub fn summary(job: &Job<'_>, outcome: &Outcome) -> BadStripsSummary {
    let counts = &outcome.counts;
    let serials = &job.detector.serials;
    let listed = |module: &&NoisyModule| {
        !module.all.is_empty() || (job.properties.noisy_update && module.differs())
    };
    let mut summary = BadStripsSummary {
        run: job.run,
        start: String::new(),
        end: String::new(),
        duration: 0,
        lumi_blocks: outcome.lumi_blocks as u64,
        events: outcome.events,
        modules_count: counts.modules,
        links: counts.links,
        chips_count: counts.modules_with_noisy_chip,
        strips_all: counts.strips,
        strips_new: counts.strips_not_in_reference,
        modules_reference: counts.modules_reference,
        strips_reference: counts.strips_reference,
        modules_different: counts.modules_different,
        flag: outcome.upload.flag.letter(),
        flag_reason: outcome.upload.reason_text.clone(),
        flag_enabled: outcome.upload.enabled,
        recent_available: outcome.upload.recent_available,
        check_list: outcome.upload.check_list(),
        chips: outcome.modules.iter().flat_map(|module| summary_chips(module, serials)).collect(),
        modules: outcome
            .modules
            .iter()
            .filter(listed)
            .map(|module| summary_module(module, serials))
            .collect(),
    };
    summary.set_times(job.times.start, job.times.end);
    summary
}

fn summary_chips(module: &NoisyModule, serials: &SerialNumbers) -> Vec<SummaryChip> {
    let chips = module.chips.iter().map(|chip| SummaryChip {
        serial: serials.get(module.module),
        module: module.module,
        chip: chip.chip,
        lumi_blocks: chip.lumi_blocks.clone(),
        fraction: chip.fraction,
    });
    chips.collect()
}

fn summary_module(module: &NoisyModule, serials: &SerialNumbers) -> SummaryModule {
    SummaryModule {
        serial: serials.get(module.module),
        module: module.module,
        links: module.links.clone(),
        chips: module.chips.iter().map(|chip| chip.chip).collect(),
        all: module.all,
        new: module.not_in_reference,
        reference: module.reference,
    }
}

/// What a flag means for the shifter.
pub fn flag_meaning(flag: Flag) -> &'static str {
    match flag {
        Flag::Green => "safe to upload",
        Flag::Yellow => "look before uploading: more noisy strips or modules than in recent runs",
        Flag::Red => "not to be uploaded unseen: too few events or too many noisy modules",
        Flag::Undecided => "not tested",
    }
}

/// Numbers, flag and reasons, for scripts and reports.
pub fn summary_json(run: RunNumber, outcome: &Outcome) -> Map<String, Value> {
    let counts = &outcome.counts;
    let stored = match &outcome.store {
        Store::Modules(modules) => json!({ "rows": modules.len() }),
        Store::Nothing(reason) => json!({ "rows": 0, "reason": reason }),
    };
    let value = json!({
        "run": run,
        "events": outcome.events,
        "lumiBlocks": outcome.lumi_blocks,
        "threshold": outcome.threshold,
        "modules": counts.modules,
        "links": counts.links,
        "chips": counts.chips,
        "modulesWithNoisyChip": counts.modules_with_noisy_chip,
        "stripsAll": counts.strips,
        "stripsNotInReference": counts.strips_not_in_reference,
        "stripsNewlyBad": counts.newly_bad_strips,
        "modulesReference": counts.modules_reference,
        "stripsReference": counts.strips_reference,
        "modulesDifferent": counts.modules_different,
        "flag": outcome.upload.flag.letter().to_string(),
        "flagReasons": outcome.upload.reasons,
        "recentUploadsAvailable": outcome.upload.recent_available,
        "stored": stored,
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// One row per noisy strip.
pub fn ntuple_rows(
    run: RunNumber,
    hitmap: &Hitmap,
    outcome: &Outcome,
    swap: &ReadoutSwap,
) -> Vec<Row> {
    let small = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let strips = outcome
        .modules
        .iter()
        .flat_map(|module| module.all.iter().map(move |strip| (module, strip)));
    let row = |(module, module_strip): (&NoisyModule, sct_id::ModuleStrip)| {
        let (position, strip) = (module.module.position(), module_strip.strip());
        let wafer = module.module.wafer(module_strip.side());
        let hits = hitmap.wafer(wafer)[strip.index()];
        Row {
            run: i32::try_from(run.to_u32()).unwrap_or(i32::MAX),
            wafer: small(wafer.index()),
            barrel_ec: i32::from(position.region().barrel_ec()),
            layer_disk: small(position.layer_disk()),
            phi: small(position.phi()),
            eta: i32::from(position.eta()),
            side: small(module_strip.side().index()),
            strip: small(strip.index()),
            chip: small(swap.chip(wafer, strip).index()),
            hits: i64::from(hits),
            events: i64::try_from(outcome.events).unwrap_or(i64::MAX),
            occupancy: hits as f32 / outcome.events as f32,
            newly_bad: i32::from(module.newly_bad.contains(module_strip)),
            in_reference: i32::from(module.reference.contains(module_strip)),
            noisy_wafer: i32::from(module.links.contains(&module_strip.side())),
        }
    };
    strips.map(row).collect()
}

//! The result in other forms: lists, the summary file, JSON.

use sct_dead::{Defect, Flag, Upload};
use sct_id::{Iov, ModuleHash, RunNumber, Side, WaferHash};
use sct_xml::{
    DeadChipsList, DeadStripsList, DeadSummary, DeadSummaryModule, RunHead, UntestableModule,
};
use serde_json::{Map, Value, json};

use super::{Data, Found, Job};
use crate::noisy_strip::RunTimes;

/// What stands as threshold in the lists of strips and of chips.
#[expect(clippy::cast_possible_truncation, reason = "lists have single precision")]
pub(super) fn thresholds(job: &Job<'_>, found: &Found) -> (f32, f32) {
    let config = super::config(job.properties, found.search);
    match found.search.defect {
        Defect::Dead => (config.strip_significance as f32, config.chip_significance as f32),
        Defect::Quiet => (config.quiet_strip, config.quiet_chip),
    }
}

/// DeadStripsFile.xml or QuietStripsFile.xml.
pub(super) fn strips_list(job: &Job<'_>, found: &Found) -> DeadStripsList {
    let modules = found.outcome.modules.iter().filter(|module| !module.strips.is_empty());
    DeadStripsList {
        iov: Iov::run(job.run),
        tag: job.properties.tag_dead_strips.clone(),
        defect: found.search.defect_type(),
        threshold: thresholds(job, found).0,
        modules: modules.map(|module| (module.module, module.strips)).collect(),
    }
}

/// DeadChipsFile.xml or QuietChipsFile.xml.
pub(super) fn chips_list(job: &Job<'_>, found: &Found) -> DeadChipsList {
    let modules = found.outcome.modules.iter().filter(|module| !module.chips.is_empty());
    DeadChipsList {
        iov: Iov::run(job.run),
        tag: job.properties.tag_dead_chips.clone(),
        defect: found.search.defect_type(),
        threshold: thresholds(job, found).1,
        modules: modules.map(|module| (module.module, module.chips.clone())).collect(),
    }
}

/// DeadSummaryFile.xml or QuietSummaryFile.xml.
pub(super) fn summary(job: &Job<'_>, data: &Data, found: &Found) -> DeadSummary {
    let (outcome, serials) = (&found.outcome, &job.detector.serials);
    let RunTimes { start, end, .. } = job.times;
    let module = |module: &sct_dead::DeadModule| DeadSummaryModule {
        serial: serials.get(module.module),
        module: module.module,
        links: module.links.clone(),
        chips: module.chips.clone(),
        strips: module.strips,
    };
    DeadSummary {
        head: RunHead::new(job.run, start, end, data.lumi_blocks, outcome.events),
        modules_count: outcome.counts.modules,
        links: outcome.counts.links,
        chips: outcome.counts.chips,
        strips: outcome.counts.strips,
        flag: outcome.upload.flag.letter(),
        flag_reason: outcome.upload.reason.clone(),
        flag_enabled: outcome.upload.enabled,
        check_list: Upload::CHECK_LIST.to_owned(),
        modules: outcome.modules.iter().map(module).collect(),
        untestable: (found.search.defect == Defect::Quiet).then(|| untestable(job, found)),
    }
}

/// Modules with sides that cannot be judged.
fn untestable(job: &Job<'_>, found: &Found) -> Vec<UntestableModule> {
    let sides = |wafers: &[WaferHash], module: ModuleHash| -> Vec<Side> {
        let is_in = |side: &Side| wafers.binary_search(&module.wafer(*side)).is_ok();
        Side::ALL.into_iter().filter(is_in).collect()
    };
    let row = |module: ModuleHash| UntestableModule {
        serial: job.detector.serials.get(module),
        module,
        chips: sides(&found.outcome.untestable_chips, module),
        strips: sides(&found.outcome.untestable_strips, module),
    };
    ModuleHash::all()
        .map(row)
        .filter(|module| !(module.chips.is_empty() && module.strips.is_empty()))
        .collect()
}

/// What a flag means for the shifter.
pub fn flag_meaning(flag: Flag) -> &'static str {
    match flag {
        Flag::Green => "something was found and is to be uploaded",
        Flag::Red => "nothing was found: look whether that can be",
        Flag::Undecided => "not tested",
    }
}

/// Numbers, flag and reasons, for scripts and reports.
pub fn summary_json(run: RunNumber, found: &Found) -> Map<String, Value> {
    let outcome = &found.outcome;
    let (strips, hits) = outcome.mismatch_totals();
    let means: Map<String, Value> =
        outcome.layers.iter().map(|(part, mean)| (part.name(), json!(mean))).collect();
    let value = json!({
        "run": run,
        "search": found.search.defect,
        "events": outcome.events,
        "modules": outcome.counts.modules,
        "links": outcome.counts.links,
        "chips": outcome.counts.chips,
        "strips": outcome.counts.strips,
        "modulesListed": outcome.modules.len(),
        "flag": outcome.upload.flag.letter().to_string(),
        "flagReason": outcome.upload.reason,
        // Quiet components are looked at; nobody asks for their upload unless told to.
        "uploadRequest": found.search.defect == Defect::Dead,
        "busyStream": outcome.busy,
        "layerMeans": means,
        "sidesSearched": outcome.sides.searched,
        "sidesDisabled": outcome.sides.disabled,
        "sidesWithErrors": outcome.sides.errors,
        "sidesAbsent": outcome.sides.absent,
        "sidesUntestableStrips": outcome.untestable_strips.len(),
        "sidesUntestableChips": outcome.untestable_chips.len(),
        "disabledStripsWithHits": strips,
        "hitsInDisabledStrips": hits,
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

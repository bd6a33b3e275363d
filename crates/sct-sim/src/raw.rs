//! RAW files of a simulated run.

mod events;
mod faults;
mod file;
mod fragments;
mod settings;
mod truth;

use std::path::{Path, PathBuf};

use sct_hitmap::{BsErrorMap, LumiBlockMaps, RunMaps};
use serde::Serialize;

pub use self::settings::{Packing, RawSettings, Zlib};
use self::{faults::Faults, file::FileWriter, truth::Counter};
use crate::{
    Detector, Error, Settings, Truth, cabling, drawn::Drawn, lumi::LumiProfile, output,
    wafer::Scene,
};

/// How the files of a run turned out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RawCounts {
    /// Events written.
    pub events: u64,
    /// Events that must be left out: too many clusters on unknown fibres.
    pub left_out: u64,
    /// Clusters on unknown fibres.
    pub unplaced: u64,
    /// RODs absent from the whole run, as numbers.
    pub missing_rods: Vec<u32>,
}

/// A run as RAW files.
#[derive(Debug)]
pub struct RawRun {
    /// The files, named as the data acquisition does.
    pub files: Vec<PathBuf>,
    /// Defects, and what a search must find in the hits that can be read.
    pub truth: Truth,
    /// Events and faults.
    pub counts: RawCounts,
    /// Which wafer sent over which fibre.
    pub cabling: sct_cabling::Cabling,
    /// What the event loop must count.
    pub maps: RunMaps,
    /// The byte-stream errors that it must count.
    pub errors: BsErrorMap,
}

/// Writes a run as RAW files: `settings.files` of them with consecutive lumi blocks, and `truth.json` beside them.
///
/// # Errors
///
/// [`Error`]: settings, or files that cannot be written.
pub fn simulate_raw(
    settings: &Settings,
    raw: &RawSettings,
    folder: &Path,
) -> Result<RawRun, Error> {
    raw.check()?;
    let (detector, run) = (Detector::new(settings)?, LumiProfile::run(settings));
    output::make_folder(folder)?;
    let cabling = cabling(&detector);
    let faults = Faults::new(settings, raw, &detector, &cabling);
    let mut counter = Counter::new(settings, &cabling);
    counter.counts.missing_rods = faults.missing().map(sct_cabling::RodId::to_u32).collect();
    let mut files = FileWriter::new(settings, raw, folder);
    for file in 0..settings.files {
        let profile = run.part(file, settings.files);
        if profile.total() == 0 {
            continue;
        }
        let scene = Scene::new(settings, &detector, &profile, file);
        let events = events::EventHits::draw(settings, &scene, &profile, file);
        files.write(file, &events, &faults, &cabling, &mut counter)?;
    }
    let (maps, errors, counts) = counter.finish()?;
    let truth = truth_of(settings, &detector, &run, &maps);
    truth.write(&folder.join(Truth::FILE))?;
    Ok(RawRun { files: files.written, truth, counts, cabling, maps, errors })
}

/// The truth of the hits that can be read.
fn truth_of(settings: &Settings, detector: &Detector, run: &LumiProfile, maps: &RunMaps) -> Truth {
    let mut drawn = Drawn::new();
    drawn.hitmap = maps.hits.clone();
    let lumi_blocks = maps.lumi_blocks.as_ref();
    let events = lumi_blocks.map_or(&[][..], |maps| sct_hitmap::ChipHits::events(&maps.chips));
    let profile = LumiProfile { events: events.to_vec(), gaps: run.gaps.clone() };
    let scene = Scene::new(settings, detector, run, 0);
    for wafer in sct_id::WaferHash::all().filter(|&wafer| scene.has_noisy_chips(wafer)) {
        let rows =
            |in_side| lumi_blocks.map(|maps: &LumiBlockMaps| maps.chips.hits(wafer, in_side));
        drawn.chips.insert(wafer, std::array::from_fn(|in_side| rows(in_side).unwrap_or_default()));
    }
    if let Some(maps) = lumi_blocks {
        let chips = sct_id::WaferHash::all()
            .flat_map(|wafer| (0..sct_id::Chip::PER_SIDE).map(move |in_side| (wafer, in_side)));
        for (wafer, in_side) in chips {
            let hits = maps.chips.hits(wafer, in_side);
            drawn.judge(settings, (wafer, in_side), &hits, &profile.events);
        }
    }
    Truth::new(settings, detector, &profile, None, &drawn)
}

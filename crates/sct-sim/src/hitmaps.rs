//! The histogram files of a run.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rayon::prelude::*;
use sct_histfile::{LumiBlockHeader, write_bs_errors, write_hit_maps, write_lumi_blocks};
use sct_hitmap::{BsErrorMap, Hitmap};
use sct_id::WaferHash;

use crate::{
    Detector, Error, Settings, Truth,
    drawn::Drawn,
    lumi::LumiProfile,
    output,
    wafer::{Scene, Sink},
};

/// What was written of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFiles {
    /// Folders with `SCTHitMaps.root`, `SCTLB.root` and `SCTBSErrors.root`, one for each file of the run.
    pub folders: Vec<PathBuf>,
    /// The truth of the whole run.
    pub truth: Truth,
}

/// Writes the hit maps of one file of a run (number from 0): `SCTHitMaps.root`, `SCTLB.root`, `SCTBSErrors.root` and
/// `truth.json` of this file. Files of a run have its lumi-block axis and lumi blocks of their own.
///
/// # Errors
///
/// [`Error`]: settings, or files that cannot be written.
pub fn simulate_hitmaps(settings: &Settings, folder: &Path, file: usize) -> Result<Truth, Error> {
    let (detector, run) = (Detector::new(settings)?, LumiProfile::run(settings));
    let profile = part_of(settings, &run, file)?;
    let drawn = write_part(settings, &detector, &profile, file, folder)?;
    let number = (settings.files > 1).then_some(file);
    let truth = Truth::new(settings, &detector, &profile, number, &drawn);
    truth.write(&folder.join(Truth::FILE))?;
    Ok(truth)
}

/// Writes a whole run: the files in `folder` itself when it is one, else in folders `part0000`, `part0001`... below it, each
/// with its own truth, and the truth of the whole run in `folder`.
///
/// # Errors
///
/// [`Error`]: settings, or files that cannot be written.
pub fn simulate_run(settings: &Settings, folder: &Path) -> Result<RunFiles, Error> {
    let (detector, run) = (Detector::new(settings)?, LumiProfile::run(settings));
    if settings.files == 1 {
        let truth = simulate_hitmaps(settings, folder, 0)?;
        return Ok(RunFiles { folders: vec![folder.to_owned()], truth });
    }
    let (mut sum, mut folders) = (Drawn::new(), Vec::new());
    for file in 0..settings.files {
        let part = folder.join(format!("part{file:04}"));
        let profile = part_of(settings, &run, file)?;
        let drawn = write_part(settings, &detector, &profile, file, &part)?;
        let truth = Truth::new(settings, &detector, &profile, Some(file), &drawn);
        truth.write(&part.join(Truth::FILE))?;
        sum.merge(drawn)?;
        folders.push(part);
    }
    let truth = Truth::new(settings, &detector, &run, None, &sum);
    truth.write(&folder.join(Truth::FILE))?;
    Ok(RunFiles { folders, truth })
}

/// Draws the hits per strip and the byte-stream errors of a whole run, without writing anything: those that
/// [`simulate_run`] writes for a run in one file.
///
/// # Errors
///
/// [`Error::Setting`], [`Error::NoWaferLeft`], [`Error::Map`].
pub fn draw_hit_maps(settings: &Settings) -> Result<(Hitmap, BsErrorMap), Error> {
    let (detector, profile) = (Detector::new(settings)?, LumiProfile::run(settings));
    let scene = Scene::new(settings, &detector, &profile, 0);
    let mut hitmap = Hitmap::new();
    hitmap.set_events(profile.total());
    hitmap.rows_mut().enumerate().for_each(|(wafer, row)| {
        let wafer = WaferHash::new(wafer).expect("rows are numbered by wafer hash");
        scene.draw(wafer, &mut StripCounts(row));
    });
    Ok((hitmap, draw_errors(&scene, &profile)?))
}

/// Hits by strip, and nothing else.
struct StripCounts<'a>(&'a mut [u32]);

impl Sink for StripCounts<'_> {
    fn add(&mut self, strip: usize, _lumi_block: usize, _in_side: usize, count: u32) {
        self.0[strip] += count;
    }
}

fn draw_errors(scene: &Scene<'_>, profile: &LumiProfile) -> Result<BsErrorMap, Error> {
    let mut errors = BsErrorMap::new();
    errors.set_events(profile.total());
    for wafer in WaferHash::all() {
        for (kind, count) in scene.errors(wafer) {
            errors.fill(wafer, kind, count)?;
        }
    }
    Ok(errors)
}

fn part_of(settings: &Settings, run: &LumiProfile, file: usize) -> Result<LumiProfile, Error> {
    if file < settings.files {
        Ok(run.part(file, settings.files))
    } else {
        let expected = "less than the number of files";
        Err(Error::Setting { name: "file", value: file.to_string(), expected })
    }
}

/// Draws the hits of all wafers and writes the three files.
fn write_part(
    settings: &Settings,
    detector: &Detector,
    profile: &LumiProfile,
    file: usize,
    folder: &Path,
) -> Result<Drawn, Error> {
    output::make_folder(folder)?;
    let scene = Scene::new(settings, detector, profile, file);
    let header = LumiBlockHeader {
        events: profile.events.clone(),
        events_outside: 0,
        per_window: settings.window,
    };
    // The hits of a wafer go into both files; they are drawn once, by whichever thread encodes the wafer.
    let drawn = Mutex::new(Drawn::new());
    write_lumi_blocks(&folder.join("SCTLB.root"), &header, |wafer| {
        let hits = scene.hits(wafer);
        let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.set(wafer, &hits, scene.has_noisy_chips(wafer));
        for (in_side, row) in hits.lumi_blocks.chips.iter().enumerate() {
            drawn.judge(settings, (wafer, in_side), row, &profile.events);
        }
        hits.lumi_blocks
    })?;
    let mut drawn = drawn.into_inner().unwrap_or_else(PoisonError::into_inner);
    drawn.hitmap.set_events(profile.total());
    write_hit_maps(&folder.join("SCTHitMaps.root"), &drawn.hitmap)?;
    let errors = draw_errors(&scene, profile)?;
    write_bs_errors(&folder.join("SCTBSErrors.root"), &errors)?;
    Ok(drawn)
}

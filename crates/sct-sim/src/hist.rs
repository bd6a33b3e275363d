//! Monitoring histograms of a run: the HIST file that five tasks of the loop read, and its truth.
//!
//! Names, classes, axes and titles are those of the two producers, written down here apart from the names a reader looks
//! for. Contents follow from the settings and nothing else: the detector from the defect seed, the numbers from the seed.

use std::path::Path;

use sct_roothist::{FileWriter, WriteOptions};

mod book;
mod condition;
mod errors;
mod lorentz;
mod maps;
mod names;
mod numbers;
mod settings;
mod truth;

use self::{lorentz::Clusters, numbers::Numbers};
pub use self::{
    settings::{HistSettings, HistStyle, Standby},
    truth::{
        Crossings, HistTruth, LorentzTruth, NoisyTruth, PlainTruth, RareTruth, SeenTruth, WeakTruth,
    },
};
use crate::{Error, output};

/// Writes the HIST file of a run, and `truth.json` into the same folder.
///
/// # Errors
///
/// [`Error`]: settings, or files that cannot be written.
pub fn simulate_hist(settings: &HistSettings, path: &Path) -> Result<HistTruth, Error> {
    settings.check()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), output::make_folder)?;
    let (numbers, clusters) = rayon::join(|| Numbers::draw(settings), || Clusters::draw(settings));
    let mut writer = FileWriter::create(path, WriteOptions::default())?;
    book::write(&mut writer, settings, &numbers, &clusters)?;
    writer.finish()?;
    let truth = HistTruth::new(settings, &numbers, &clusters);
    truth.write(&folder.unwrap_or(Path::new("")).join(HistTruth::FILE))?;
    Ok(truth)
}

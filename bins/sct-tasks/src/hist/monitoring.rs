//! The histograms of one run, each map decoded once however many ask for it: the search for runs in STANDBY looks at the
//! maps that the tasks measure.

use std::sync::OnceLock;

use sct_histfile::{Error, HistFile, LorentzProfile, NoiseTrigger};
use sct_hitmap::{ProfileCell, WaferMap};

use super::Job;

/// An open HIST file with what was read from it. Maps that only one task reads are taken from the file itself.
#[derive(Debug)]
pub struct Monitoring {
    /// The file.
    pub(super) file: HistFile,
    noise: OnceLock<WaferMap<ProfileCell>>,
    hits: OnceLock<WaferMap<f64>>,
    efficiency: OnceLock<WaferMap<ProfileCell>>,
    profiles: OnceLock<Vec<LorentzProfile>>,
}

impl Monitoring {
    /// Opens the histograms of a run.
    ///
    /// # Errors
    ///
    /// Another run, or a damaged file; exit code `TRF_INPUT_FILE_VALIDATION_FAIL`.
    pub fn open(job: &Job<'_>) -> anyhow::Result<Self> {
        Ok(Self {
            file: HistFile::open(job.hist, job.run)?,
            noise: OnceLock::new(),
            hits: OnceLock::new(),
            efficiency: OnceLock::new(),
            profiles: OnceLock::new(),
        })
    }

    /// [`HistFile::noise`] of all events.
    pub(super) fn noise(&self) -> Result<&WaferMap<ProfileCell>, Error> {
        once(&self.noise, || self.file.noise(NoiseTrigger::All))
    }

    /// [`HistFile::hits`].
    pub(super) fn hits(&self) -> Result<&WaferMap<f64>, Error> {
        once(&self.hits, || self.file.hits())
    }

    /// [`HistFile::efficiency`].
    pub(super) fn efficiency(&self) -> Result<&WaferMap<ProfileCell>, Error> {
        once(&self.efficiency, || self.file.efficiency())
    }

    /// [`HistFile::lorentz_profiles`].
    pub(super) fn profiles(&self) -> Result<&[LorentzProfile], Error> {
        once(&self.profiles, || self.file.lorentz_profiles()).map(Vec::as_slice)
    }
}

/// What is there already, or is read now. Errors are not kept: who asks next meets the same.
fn once<T>(place: &OnceLock<T>, read: impl FnOnce() -> Result<T, Error>) -> Result<&T, Error> {
    if let Some(found) = place.get() {
        return Ok(found);
    }
    let found = read()?;
    Ok(place.get_or_init(|| found))
}

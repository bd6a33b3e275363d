//! The monitoring HIST file: maps of modules filled while the run was reconstructed.
//!
//! Both producers are read: the monitoring tools of Run 2 and the monitoring algorithms of Run 3. Everything else in the
//! file is passed over. Opening reads the table of contents; every method reads its own histograms and nothing more.

use std::path::Path;

use sct_hitmap::{ByteStreamError, ErrorCell, ProfileCell, WaferMap};
use sct_id::{Chip, Plane, RunNumber, Sensors};
use sct_roothist::{Class, Histogram, RootFile, Scratch};

use crate::{Error, read};

mod byte_stream;
mod lorentz;
mod maps;
mod names;

pub use self::{
    lorentz::{LorentzBin, LorentzProfile},
    names::lorentz_profile,
};

/// Which map of noise occupancy is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoiseTrigger {
    /// All events: both producers.
    #[default]
    All,
    /// Events of the noise triggers: Run 2 alone. Property `NoiseOccupancyTriggerAware`.
    Selected,
}

/// Which track crossings are counted in an efficiency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bunches {
    /// Those of all bunches.
    #[default]
    All,
    /// Those of the first bunch of a train.
    First,
}

/// An open HIST file of one run.
#[derive(Debug)]
pub struct HistFile {
    file: RootFile,
    /// `run_<N>/SCT`.
    base: String,
}

impl HistFile {
    /// Opens a file, which must have the directory of `run`.
    ///
    /// # Errors
    ///
    /// [`Error::Root`] when the file is missing, cut short or damaged; [`Error::WrongRun`] with the runs it has.
    pub fn open(path: &Path, run: RunNumber) -> Result<Self, Error> {
        let file = RootFile::open(path)?;
        let wanted = names::run_directory(run);
        if file.directories().any(|directory| directory == wanted) {
            return Ok(Self { base: format!("{wanted}/SCT"), file });
        }
        let mut found: Vec<u32> = file.directories().filter_map(names::run_of_directory).collect();
        found.sort_unstable();
        Err(Error::WrongRun { path: path.to_owned(), run, found })
    }

    /// Path of the file as given.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Number of events: the entry count of `NumberOfEventsVsLB`, not the sum of its bins.
    ///
    /// # Errors
    ///
    /// [`Error`] when the counter is missing or no one-dimensional histogram.
    pub fn events(&self) -> Result<u64, Error> {
        let object = self.below("GENERAL/Conf/NumberOfEventsVsLB");
        let key = self.file.require(&object)?;
        if !matches!(key.class(), Some(Class::Th1F | Class::Th1D | Class::Th1I)) {
            return Err(Error::Shape {
                path: self.path().to_owned(),
                object,
                found: key.class_name().to_owned(),
                expected: format!("{} of lumi blocks", Class::Th1F),
            });
        }
        let mut scratch = Scratch::default();
        read::entries(self.path(), &object, &self.file.view(&key, &mut scratch)?)
    }

    /// Hits per wafer and event, times 10^5 / 768, over the three time bins: the bins of `hitoccupancymap`. Wafers without
    /// data have no entries.
    ///
    /// # Errors
    ///
    /// [`Error`]: a map is missing, of another class or binning, or damaged.
    pub fn noise(&self, trigger: NoiseTrigger) -> Result<WaferMap<ProfileCell>, Error> {
        self.profiles(|plane| self.below(&names::noise(plane, trigger)))
    }

    /// Hit strips of every wafer over the run: the bins of `hitsmap`. Names of files from before 2010 are known too.
    ///
    /// # Errors
    ///
    /// [`Error`]: a map is missing, of another class or binning, or damaged; a content that is negative or no number.
    pub fn hits(&self) -> Result<WaferMap<f64>, Error> {
        self.counts(|plane| names::hits(plane).map(|name| self.below(&name)))
    }

    /// Track crossings with (1) or without (0) a hit, by wafer.
    ///
    /// # Errors
    ///
    /// [`Error`]: a map is missing, of another class or binning, or damaged.
    pub fn efficiency(&self) -> Result<WaferMap<ProfileCell>, Error> {
        self.profiles(|plane| self.below(&names::efficiency(plane, Bunches::All)))
    }

    /// The same for the first bunch of a train. Planes without a map have `None`; [`missing_planes`] names them.
    ///
    /// # Errors
    ///
    /// [`Error`]: a map of another class or binning, or damaged.
    ///
    /// [`missing_planes`]: crate::missing_planes
    pub fn first_bunch_efficiency(&self) -> Result<WaferMap<Option<ProfileCell>>, Error> {
        self.optional_profiles(|plane| self.below(&names::efficiency(plane, Bunches::First)))
    }

    /// The same by chip, 0 to 5 within the side; planes without a map have `None`.
    ///
    /// # Errors
    ///
    /// As [`Self::first_bunch_efficiency`].
    pub fn chip_efficiency(
        &self,
        bunches: Bunches,
    ) -> Result<[WaferMap<Option<ProfileCell>>; Chip::PER_SIDE], Error> {
        array(|chip| {
            self.optional_profiles(|plane| {
                self.below(&names::chip_efficiency(plane, chip, bunches))
            })
        })
    }

    /// Byte-stream errors of every wafer, by type in the order of [`ByteStreamError::ALL`].
    ///
    /// # Errors
    ///
    /// [`Error`]: the map of a type is missing under all its names, of another class or binning, or damaged.
    pub fn byte_stream_errors(
        &self,
    ) -> Result<[WaferMap<ErrorCell>; ByteStreamError::COUNT], Error> {
        byte_stream::read(&self.file, &self.base)
    }

    /// The sixteen profiles of cluster width against incidence angle, in the order (layer, side, surface). That of layer 1
    /// and surface 100 exists and is empty: there are no such sensors.
    ///
    /// # Errors
    ///
    /// [`Error`]: a profile is missing, of another class or binning, or damaged.
    pub fn lorentz_profiles(&self) -> Result<Vec<LorentzProfile>, Error> {
        lorentz::read(&self.file, &self.base)
    }

    /// The profiles of [`Self::lorentz_profiles`] as the file has them, for copies of them.
    ///
    /// # Errors
    ///
    /// [`Error`]: a profile is missing or damaged.
    pub fn lorentz_histograms(&self) -> Result<Vec<(Sensors, Histogram)>, Error> {
        let histogram =
            |sensors| Ok((sensors, self.file.histogram(&self.below(&names::lorentz(sensors)))?));
        Sensors::all().map(histogram).collect()
    }

    fn below(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }
}

/// The planes of which a map has no value.
pub fn missing_planes<T>(map: &WaferMap<Option<T>>) -> Vec<Plane> {
    Plane::all().filter(|plane| plane.wafers().iter().all(|&wafer| map[wafer].is_none())).collect()
}

/// An array of results, or the first error.
fn array<T, const N: usize>(
    mut element: impl FnMut(usize) -> Result<T, Error>,
) -> Result<[T; N], Error> {
    let elements = (0..N).map(&mut element).collect::<Result<Vec<T>, Error>>()?;
    Ok(elements.try_into().unwrap_or_else(|_| unreachable!("N elements were made")))
}

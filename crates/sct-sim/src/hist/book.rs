//! The histograms of a file in their folders.

use sct_id::{Chip, Plane, Region, Side, Strip};
use sct_roothist::{FileWriter, Histogram, WriteError};

use super::{
    HistSettings, HistStyle,
    errors::Category,
    lorentz::Clusters,
    maps::{self, Fills},
    names,
    numbers::{Noise, Numbers},
};

/// Maps of noise hold hits per strip times this.
const PER: f64 = 1e5;
/// Barrel layers for which Run 3 books maps of errors, as many as there are disks.
const BOOKED_LAYERS: usize = 9;

struct Book<'a> {
    writer: &'a mut FileWriter,
    settings: &'a HistSettings,
    numbers: &'a Numbers,
}

/// Writes all histograms below `run_<N>/SCT`.
pub(super) fn write(
    writer: &mut FileWriter,
    settings: &HistSettings,
    numbers: &Numbers,
    clusters: &Clusters,
) -> Result<(), WriteError> {
    let mut book = Book { writer, settings, numbers };
    let events = maps::events(&numbers.lumi_blocks, HistSettings::LUMI_BLOCKS);
    book.put("GENERAL/Conf", 1, |_| events.clone())?;
    for region in Region::ALL {
        let planes: Vec<Plane> = Plane::of(region).collect();
        book.noise(region, &planes)?;
        book.hits(region, &planes)?;
        book.efficiency(&planes)?;
        Category::all().try_for_each(|category| book.errors(region, category, &planes))?;
    }
    book.put("GENERAL/lorentz", clusters.0.len(), |index| maps::clusters(&clusters.0[index]))
}

impl Book<'_> {
    fn put(
        &mut self,
        folder: &str,
        count: usize,
        make: impl Fn(usize) -> Histogram + Sync,
    ) -> Result<(), WriteError> {
        let directory = format!("run_{}/SCT/{folder}", self.settings.run);
        self.writer.write_indexed(&directory, count, make)
    }

    fn noise(&mut self, region: Region, planes: &[Plane]) -> Result<(), WriteError> {
        let (settings, numbers) = (self.settings, self.numbers);
        let kinds = names::noise_maps(settings.style);
        let make = |index: usize| {
            let (plane, kind) = (planes[index / kinds.len()], kinds[index % kinds.len()]);
            let place = Noise::ALL.iter().position(|&known| known == kind).unwrap_or(0);
            maps::profile(names::noise(plane, kind), plane, Fills::default(), |wafer| {
                let found = &numbers.wafers[wafer];
                if found.condition.no_data {
                    return Fills::default();
                }
                let (hits, events) =
                    (found.noise[place] as f64, kind.events(settings.events) as f64);
                let (unit, mean) = (PER / Strip::PER_WAFER as f64, hits / events.max(1.0));
                // Hits come by chance: of an event with n of them the mean square is that of n and its square.
                let squares = unit * unit * hits * (1.0 + mean);
                Fills { number: events, sum: hits * unit, squares }
            })
        };
        let folder = format!("{}/Noise", names::marks(region).folder);
        self.put(&folder, planes.len() * kinds.len(), make)
    }

    fn hits(&mut self, region: Region, planes: &[Plane]) -> Result<(), WriteError> {
        let numbers = self.numbers;
        let make = |index: usize| {
            let plane = planes[index];
            maps::counts(names::hits(plane), plane, true, |wafer| {
                let (groups, hits) = (numbers.wafers[wafer].groups, numbers.wafers[wafer].hits);
                // One fill a group with its size as weight; most groups beyond one strip have two.
                let squares = (hits + 2 * (hits - groups)) as f64;
                Fills { number: groups as f64, sum: hits as f64, squares }
            })
        };
        self.put(&format!("{}/hits", names::marks(region).folder), planes.len(), make)
    }

    fn efficiency(&mut self, planes: &[Plane]) -> Result<(), WriteError> {
        let chips = if self.settings.chips { Chip::PER_SIDE } else { 0 };
        let numbers = self.numbers;
        for chip in std::iter::once(None).chain((0..chips).map(Some)) {
            let make = |index: usize| {
                let (plane, bunch) = (planes[index / 2], index % 2);
                let (_, label) = names::efficiency(plane, chip, bunch == 1);
                maps::profile(label, plane, Fills::default(), |wafer| {
                    let found = &numbers.wafers[wafer];
                    let of_chip = chip.and_then(|chip| found.chips.map(|chips| chips[chip]));
                    let crossings = of_chip.unwrap_or(found.crossings)[bunch];
                    Fills::fraction(crossings.tracks, crossings.found)
                })
            };
            let Some(&first) = planes.first() else { continue };
            let (folder, _) = names::efficiency(first, chip, false);
            self.put(&folder, 2 * planes.len(), make)?;
        }
        Ok(())
    }

    fn errors(
        &mut self,
        region: Region,
        category: Category,
        planes: &[Plane],
    ) -> Result<(), WriteError> {
        let (numbers, events, style) = (self.numbers, self.settings.events, self.settings.style);
        let with_errors = |wafer| match numbers.wafers[wafer].error {
            Some((kind, events)) if category.counts(kind) => events,
            _ => 0,
        };
        // The producers fill every bin in every event, whether there is a module or not.
        let profile = |plane: Plane| {
            let place = (plane.layer_disk(), plane.side().index());
            let label = names::errors(style, region, category, place);
            maps::profile(label, plane, Fills::fraction(events, 0), |wafer| {
                Fills::fraction(events, with_errors(wafer))
            })
        };
        let counts = |plane: Plane| {
            maps::counts(names::error_counts(plane, category), plane, false, |wafer| {
                Fills::fraction(with_errors(wafer), with_errors(wafer))
            })
        };
        let folder = names::error_folder(region, category, self.settings.flat_errors);
        match style {
            HistStyle::Run2 => self.put(&folder, 2 * planes.len(), |index| {
                let plane = planes[index / 2];
                if index % 2 == 0 { profile(plane) } else { counts(plane) }
            }),
            HistStyle::Run3 => {
                self.put(&folder, planes.len(), |index| profile(planes[index]))?;
                let unused = if region.is_barrel() { region.layers()..BOOKED_LAYERS } else { 0..0 };
                let places: Vec<(usize, usize)> =
                    unused.flat_map(|layer| Side::ALL.map(|side| (layer, side.index()))).collect();
                self.put(&folder, places.len(), |index| {
                    let (name, _) = names::errors(style, region, category, places[index]);
                    maps::unused(&name, region)
                })
            }
        }
    }
}

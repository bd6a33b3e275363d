//! The known-bad components as the folders that a real detector keeps them in: configuration and calibration. And the
//! majority state, which is good from before the run on.

mod cabling;

use std::collections::{BTreeMap, HashMap, HashSet};

use sct_cabling::{
    Cabling,
    cool::{MurRow, Rows},
};
use sct_conditions::{
    CALIBRATION_FOLDERS, CHIP_FOLDERS, ChannelId, ChipMask, Folder, MODULE_FOLDERS, Majority,
    MajorityRegion, Row, VectorRow, calibration_folder, chip_row, majority_folder, module_row,
    noise_defect_row,
};
use sct_cool::{StoreTarget, Writer};
use sct_id::{Chip, Iov, ModuleHash, ModuleStrip, SerialNumber, Strip, ValidityKey};

use crate::{Known, KnownBadPart, KnownComponent, Settings, serial_number};

/// The detector is on this long before the run, seconds.
const ON_BEFORE: u64 = 600;
/// Part of the modules with high voltage, before and after that.
const HV_FRACTIONS: [f32; 2] = [0.0, 0.99];

/// What is known before the run.
pub(super) struct Before<'a> {
    pub(super) known: &'a [KnownComponent],
    /// Its dead links are the known ones.
    pub(super) cabling: &'a Cabling,
    /// The same as rows.
    pub(super) rows: &'a Rows,
}

impl Before<'_> {
    /// Stores it, and the majority state.
    pub(super) fn store(
        &self,
        writer: &mut Writer,
        settings: &Settings,
    ) -> Result<(), sct_cool::Error> {
        let iov = Iov::from_run(settings.run);
        let off = Off::of(self.known, settings);
        let vectors =
            [(CHIP_FOLDERS[0], off.chips(iov)), (MODULE_FOLDERS[0], off.modules(self, iov))];
        for (folder, rows) in vectors.into_iter().chain(cabling::vectors(self.rows, iov)) {
            writer.create_folder(&folder.folder())?;
            writer.store_vectors(folder.path, &StoreTarget::Head, &rows)?;
        }
        let [gain, noise] = CALIBRATION_FOLDERS.map(calibration_folder);
        let lists: [(Folder, Vec<Row>); 3] = [
            (gain, Vec::new()),
            (noise, calibration(self.known, settings, iov)),
            (majority_folder(), majority(settings)),
        ];
        for (folder, rows) in lists {
            writer.create_folder(&folder)?;
            writer.store(&folder.path, &StoreTarget::Head, &rows)?;
        }
        Ok(())
    }
}

/// What the configuration switches off, but for links: those are dead in the cabling.
#[derive(Default)]
struct Off {
    modules: HashSet<ModuleHash>,
    masks: HashMap<(ModuleHash, Chip), ChipMask>,
}

impl Off {
    fn of(known: &[KnownComponent], settings: &Settings) -> Self {
        let mut off = Self::default();
        let swap = settings.readout_swap();
        for bad in known.iter().filter(|bad| bad.known == Known::Configuration) {
            match bad.part {
                KnownBadPart::Module(module) => {
                    off.modules.insert(module);
                }
                KnownBadPart::Link(_) => {}
                KnownBadPart::Chip(wafer, chip) => {
                    off.masks.insert((wafer.module(), chip), ChipMask::NONE);
                }
                KnownBadPart::Strip(wafer, strip) => {
                    let chip = (wafer.module(), swap.chip(wafer, strip));
                    let in_chip = swap.online(wafer, strip).index() % Strip::PER_CHIP;
                    off.masks.entry(chip).or_insert(ChipMask::ALL).switch_off(in_chip);
                }
            }
        }
        off
    }

    fn chips(&self, iov: Iov) -> Vec<VectorRow> {
        let row = |module: ModuleHash| {
            let item = |chip: Chip| {
                let mask = self.masks.get(&(module, chip)).copied();
                chip_row(chip, mask.unwrap_or(ChipMask::ALL))
            };
            let channel = ChannelId(CHIP_FOLDERS[0].channel(serial_number(module)));
            VectorRow { channel, iov, items: Chip::all().map(item).collect() }
        };
        ModuleHash::all().map(row).collect()
    }

    fn modules(&self, before: &Before<'_>, iov: Iov) -> Vec<VectorRow> {
        let row = |place: &MurRow| {
            let serial = SerialNumber::from_number(place.module_id?).ok()?;
            let good = !self.modules.contains(&before.cabling.module(serial)?);
            let channel = ChannelId(MODULE_FOLDERS[0].channel(serial));
            Some(VectorRow { channel, iov, items: vec![module_row(place.module?, good)] })
        };
        before.rows.murs.iter().filter_map(row).collect()
    }
}

/// Strips that calibration runs call bad, by module.
fn calibration(known: &[KnownComponent], settings: &Settings, iov: Iov) -> Vec<Row> {
    let swap = settings.readout_swap();
    let mut modules: BTreeMap<ModuleHash, Vec<ModuleStrip>> = BTreeMap::new();
    for bad in known.iter().filter(|bad| bad.known == Known::Calibration) {
        for wafer in bad.part.wafers() {
            let strips = Strip::all().filter(|&strip| bad.part.contains(wafer, strip, &swap));
            let online = strips.map(|strip| swap.online(wafer, strip).in_module(wafer.side()));
            modules.entry(wafer.module()).or_default().extend(online);
        }
    }
    let row = |(module, mut strips): (ModuleHash, Vec<ModuleStrip>)| {
        strips.sort_unstable();
        noise_defect_row(module, iov, &strips)
    };
    let mut rows: Vec<Row> = modules.into_iter().map(row).collect();
    rows.sort_by_key(|row| row.channel);
    rows
}

fn majority(settings: &Settings) -> Vec<Row> {
    let nanoseconds = |seconds: u64| -> ValidityKey {
        seconds.saturating_mul(1_000_000_000).min(Iov::INFINITY - 1)
    };
    let on = nanoseconds(settings.start.saturating_sub(ON_BEFORE));
    let periods = [(0, on), (on, Iov::INFINITY)].into_iter().zip(HV_FRACTIONS).zip([false, true]);
    let mut rows = Vec::new();
    for (((since, until), hv_fraction), on) in periods {
        let Ok(iov) = Iov::new(since, until) else { continue };
        let payload = Majority { on, hv_fraction }.payload();
        let row = |region: MajorityRegion| Row {
            channel: region.channel(),
            iov,
            payload: payload.clone(),
        };
        rows.extend(MajorityRegion::ALL.map(row));
    }
    rows
}

#[cfg(test)]
mod tests {
    use sct_conditions::{Configuration, KnownBad, MUR_FOLDERS, Source, add_calibration_defects};
    use sct_cool::{Database, Selection};

    use super::*;
    use crate::{conditions::known_bad_csv, serial_numbers, write_conditions};

    /// What the folders say at the run.
    fn read(database: &Database, settings: &Settings) -> KnownBad {
        let (swap, serials) = (settings.readout_swap(), serial_numbers());
        let at_run = Selection::tag("").at(Iov::from_run(settings.run).since());
        let configuration = Configuration::new(&serials, &swap);
        let mut known = KnownBad::default();
        for folder in [MUR_FOLDERS[0], MODULE_FOLDERS[0], CHIP_FOLDERS[0]] {
            let objects = database.vector_objects(folder.path, &at_run).unwrap();
            let rows: Vec<VectorRow> = objects.into_iter().map(|object| object.row).collect();
            configuration.add(&mut known, &folder, &rows).unwrap();
        }
        for path in CALIBRATION_FOLDERS {
            let objects = database.objects(path, &at_run).unwrap();
            let rows: Vec<Row> = objects.into_iter().map(|object| object.row).collect();
            let spec = calibration_folder(path).payload;
            add_calibration_defects(&mut known, path, &spec, &rows, &swap).unwrap();
        }
        known
    }

    #[test]
    fn folders_and_table_name_the_same_components() {
        for settings in [
            Settings::small(),
            Settings { swap: sct_id::BarrelSwap::Side0, defect_seed: 7, ..Settings::small() },
        ] {
            let folder = tempfile::tempdir().unwrap();
            let written = write_conditions(&settings, &folder.path().join("c.db")).unwrap();
            let found = read(&Database::open(&written.database).unwrap(), &settings);
            let mut expected = KnownBad::default();
            expected.add_csv(known_bad_csv(&settings).unwrap().as_bytes()).unwrap();
            assert_eq!(found, expected);
            let [modules, links, chips, strips] = found.counts(Source::Configuration);
            assert!(modules > 0 && links > 0 && chips > 0 && strips > 0);
            assert!(found.counts(Source::Calibration)[3] > 0);
        }
    }

    #[test]
    fn the_detector_is_on_during_the_run() {
        let settings = Settings::small();
        let rows = majority(&settings);
        let at = |seconds: u64| {
            let key = seconds * 1_000_000_000;
            let overall = MajorityRegion::Overall.channel();
            let mut rows =
                rows.iter().filter(|row| row.channel == overall && row.iov.contains(key));
            let good = Majority::from_row(rows.next().unwrap()).unwrap();
            assert!(rows.next().is_none());
            good.is_good(Majority::REQUIRED_FRACTION)
        };
        assert!(at(settings.start) && at(settings.end()) && !at(settings.start - 601));
        assert!(majority(&Settings { start: 0, ..settings }).len() == 4);
    }
}

//! What a search is told about earlier: lists of earlier runs, components known to be bad, serial numbers.

mod configuration;
mod dcs;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use sct_cabling::{cool, text};
use sct_conditions::{MONITORING, Row, monitoring_row};
use sct_cool::{Clock, StoreTarget, Writer};
use sct_id::{Iov, ModuleHash, RunNumber};
use sct_wholefile::Pending;

pub use self::dcs::{HvTrip, HvTruth};
use self::{configuration::Before, dcs::HighVoltage};
use crate::{
    Detector, Error, KnownBadPart, KnownComponent, Settings, cabling, output, serial_numbers,
};

/// Earlier runs whose lists are stored, if the detector is that old: as many as upload decisions look at.
const RUNS: usize = 3;
/// The instance in files of the loop, `docs/formats/cool.md`.
const INSTANCE: &str = "CONDBR2";

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// Noisy strips of earlier runs, configuration with cabling, calibration and majority state, COOL.
    pub database: PathBuf,
    /// Table of components known to be bad, CSV.
    pub known_bad: PathBuf,
    /// Table of serial numbers, CSV.
    pub modules: PathBuf,
    /// Which wafer hangs on which fibre, text.
    pub cabling: PathBuf,
    /// Times in which modules were without high voltage, JSON.
    pub hv_truth: PathBuf,
    /// Earlier runs with a list, oldest first.
    pub runs: Vec<RunNumber>,
}

/// Writes the database (the uploads of three earlier runs, the known-bad components in the folders of configuration and
/// calibration, the cabling, voltages and lumi blocks over time), and beside it the same components as `known-bad.csv`, the
/// serial numbers as `modules.csv`, the cabling as `cabling.dat`, and the trips in the voltages as `hv-truth.json`.
///
/// # Errors
///
/// [`Error`]: settings, or files that cannot be written.
pub fn write_conditions(settings: &Settings, database: &Path) -> Result<Conditions, Error> {
    let folder = database.parent().unwrap_or(Path::new(""));
    output::make_folder(folder)?;
    let [known_bad, modules, cabling_text, hv_truth] =
        ["known-bad.csv", "modules.csv", "cabling.dat", HvTruth::FILE]
            .map(|name| folder.join(name));
    let detector = Detector::new(settings)?;
    let cabling = cabling(&detector);
    let known = known_components(&detector);
    let before = Before { known: &known, cabling: &cabling, rows: &cool::write(&cabling)? };
    let runs = write_database(settings, RUNS, database, Some(&before))?;
    output::write_whole(&known_bad, known_bad_csv(settings)?.as_bytes())?;
    output::write_whole(&modules, serial_numbers().to_csv().as_bytes())?;
    output::write_whole(&cabling_text, text::write(&cabling)?.as_bytes())?;
    HighVoltage::new(settings).truth(settings).write(&hv_truth)?;
    let database = database.to_owned();
    Ok(Conditions { database, known_bad, modules, cabling: cabling_text, hv_truth, runs })
}

/// Writes the uploads of up to `runs` earlier runs ([`reference_rows`]) as a COOL file: `/SCT/Derived/Monitoring` under its
/// tag. Gives the runs, oldest first. A new detector has no earlier runs; the folder is then empty.
///
/// # Errors
///
/// As [`reference_rows`], [`Error::Write`] and [`Error::Cool`]; the file then does not exist.
pub fn write_reference(
    settings: &Settings,
    runs: usize,
    path: &Path,
) -> Result<Vec<RunNumber>, Error> {
    write_database(settings, runs, path, None)
}

/// The uploads, and the folders of what else is known before the run when they are to be written.
fn write_database(
    settings: &Settings,
    runs: usize,
    path: &Path,
    before: Option<&Before<'_>>,
) -> Result<Vec<RunNumber>, Error> {
    let uploads = reference_rows(settings, runs)?;
    let pending = Pending::create(path)?;
    // The time of writing is the run's, so that the same settings give the same bytes.
    let time = i64::try_from(settings.start).unwrap_or(i64::MAX);
    let store = || {
        let mut writer = Writer::create(pending.temporary(), INSTANCE, Clock::fixed(time))?;
        writer.create_folder(&MONITORING.folder())?;
        let target = StoreTarget::Tag(MONITORING.tag.to_owned());
        uploads.iter().try_for_each(|(_, rows)| writer.store(MONITORING.path, &target, rows))?;
        let Some(before) = before else { return Ok(()) };
        before.store(&mut writer, settings)?;
        HighVoltage::new(settings).store(&mut writer, settings)
    };
    store().map_err(|source| Error::Cool { path: path.to_owned(), source: Box::new(source) })?;
    pending.finish()?;
    Ok(uploads.into_iter().map(|(run, _)| run).collect())
}

/// The uploads of up to `runs` earlier runs, oldest first: a row for every module, valid from the run on for ever, so that
/// later ones take over from earlier ones. The lists hold the strips whose mean rate is above the threshold.
///
/// # Errors
///
/// [`Error::Setting`], [`Error::NoWaferLeft`], and [`Error::Row`] when a list is longer than its column.
pub fn reference_rows(
    settings: &Settings,
    runs: usize,
) -> Result<Vec<(RunNumber, Vec<Row>)>, Error> {
    let mut uploads = Vec::new();
    let mut earlier = settings.previous_run();
    while let Some(run) = earlier.filter(|_| uploads.len() < runs) {
        let lists = Detector::new(&run)?.expected_noisy(&run);
        let iov = Iov::from_run(run.run);
        let row = |module: ModuleHash| {
            let list = lists.get(&module).map(sct_conditions::StripSet::defect_list);
            monitoring_row(module, iov, run.threshold, &list.unwrap_or_default())
        };
        uploads.push((run.run, ModuleHash::all().map(row).collect::<Result<_, _>>()?));
        earlier = run.previous_run();
    }
    uploads.reverse();
    Ok(uploads)
}

/// Everything known to be bad before the run.
fn known_components(detector: &Detector) -> Vec<KnownComponent> {
    let noisy = detector.noisy_strips.iter().filter_map(|noisy| {
        let part = KnownBadPart::Strip(noisy.wafer, noisy.strip);
        Some(KnownComponent { known: noisy.known?, part })
    });
    detector.known_bad.iter().copied().chain(noisy).collect()
}

/// Everything known to be bad before the run, as a table with the header
/// `source,kind,bec,layer_disk,phi,eta,side,number`.
///
/// # Errors
///
/// As [`Detector::new`].
pub fn known_bad_csv(settings: &Settings) -> Result<String, Error> {
    let mut text = String::from("source,kind,bec,layer_disk,phi,eta,side,number\n");
    for bad in known_components(&Detector::new(settings)?) {
        let module = bad.part.module();
        let (kind, side, number) = match bad.part {
            KnownBadPart::Module(_) => ("module", String::new(), String::new()),
            KnownBadPart::Link(wafer) => ("link", wafer.side().to_string(), String::new()),
            KnownBadPart::Chip(_, chip) => ("chip", String::new(), chip.to_string()),
            KnownBadPart::Strip(wafer, strip) => {
                ("strip", wafer.side().to_string(), strip.to_string())
            }
        };
        let (source, bec) = (bad.known.name(), module.region().barrel_ec());
        let (layer, phi, eta) = (module.layer_disk(), module.phi(), module.eta());
        writeln!(text, "{source},{kind},{bec},{layer},{phi},{eta},{side},{number}")
            .expect("writing to a string does not fail");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use sct_conditions::{KnownBad, Source, Value, parse_defect_list};
    use sct_cool::{Database, Selection};

    use super::*;

    #[test]
    fn the_table_of_known_bad_components_is_read_back() {
        let settings = Settings::small();
        let detector = Detector::new(&settings).unwrap();
        let mut known = KnownBad::default();
        known.add_csv(known_bad_csv(&settings).unwrap().as_bytes()).unwrap();
        let swap = settings.readout_swap();
        for noisy in &detector.noisy_strips {
            for (name, source) in [
                (crate::Known::Configuration, Source::Configuration),
                (crate::Known::Calibration, Source::Calibration),
            ] {
                let good = known.is_good(source, noisy.wafer, noisy.strip, &swap);
                assert_eq!(good, noisy.known != Some(name));
            }
        }
        let [modules, links, chips, strips] = known.counts(Source::Configuration);
        assert_eq!((modules, links, chips), (3, 3, 8));
        assert!(strips >= 25);
    }

    #[test]
    fn earlier_lists_resemble_the_present_one() {
        let settings = Settings::small();
        let uploads = reference_rows(&settings, RUNS).unwrap();
        let runs: Vec<u32> = uploads.iter().map(|(run, _)| run.to_u32()).collect();
        assert_eq!(runs, [437_545, 437_546, 437_547]);
        let noisy = |rows: &[Row]| -> BTreeSet<(u32, usize)> {
            let strips = |row: &Row| {
                let Value::Text(list) = &row.payload[7] else { panic!("the list is a text") };
                let set = parse_defect_list(list).unwrap();
                set.iter().map(|strip| (row.channel.0, strip.index())).collect::<Vec<_>>()
            };
            rows.iter().flat_map(strips).collect()
        };
        for (_, rows) in &uploads {
            assert_eq!(rows.len(), ModuleHash::COUNT);
        }
        let (before, last) = (noisy(&uploads[1].1), noisy(&uploads[2].1));
        assert!(last.len() > 100 && before != last);
        assert!(before.intersection(&last).count() > 50);
    }

    #[test]
    fn the_database_holds_the_last_list_for_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::small();
        let written = write_conditions(&settings, &folder.path().join("conditions.db")).unwrap();
        assert_eq!(written.runs.len(), RUNS);
        let database = Database::open(&written.database).unwrap();
        let key = Iov::from_run(settings.run).since();
        let lists = |key| {
            let objects =
                database.objects(MONITORING.path, &Selection::tag(MONITORING.tag).at(key));
            objects.unwrap().into_iter().map(|o| (o.row.channel, o.row.payload)).collect::<Vec<_>>()
        };
        let rows = |upload: &(RunNumber, Vec<Row>)| {
            upload
                .1
                .iter()
                .map(|row| (row.channel, row.payload.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        let uploads = reference_rows(&settings, RUNS).unwrap();
        let stored: BTreeMap<_, _> = lists(key).into_iter().collect();
        assert_eq!(stored.len(), ModuleHash::COUNT);
        assert!(stored == rows(&uploads[2]));
        let first = Iov::from_run(written.runs[0]).since();
        assert!(lists(first).into_iter().collect::<BTreeMap<_, _>>() == rows(&uploads[0]));
        assert!(lists(first - 1).is_empty());
    }

    #[test]
    fn the_same_settings_give_the_same_conditions() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [a, b] = folders.each_ref().map(|folder| {
            let written =
                write_conditions(&Settings::small(), &folder.path().join("conditions.db")).unwrap();
            [
                written.database,
                written.known_bad,
                written.modules,
                written.cabling,
                written.hv_truth,
            ]
            .map(|path| std::fs::read(path).unwrap())
        });
        assert!(a == b);
    }

    #[test]
    fn numbers_of_noisy_strips_do_not_jump() {
        // An upload asks for attention from a rise of 30 % over the mean of the last three runs on.
        let mut settings = Settings { epoch: 12, ..Settings::full_size() };
        settings.run = RunNumber::new(500_000).unwrap();
        let uploads = reference_rows(&settings, 9).unwrap();
        let counts: Vec<(f64, f64)> = uploads
            .iter()
            .map(|(_, rows)| {
                let lists = rows.iter().map(|row| {
                    let Value::Text(list) = &row.payload[7] else { panic!("the list is a text") };
                    parse_defect_list(list).unwrap().len()
                });
                let (modules, strips) = lists
                    .filter(|&strips| strips > 0)
                    .fold((0, 0), |(modules, sum), strips| (modules + 1, sum + strips));
                (f64::from(modules), strips as f64)
            })
            .collect();
        for runs in counts.windows(4) {
            let mean = |of: fn(&(f64, f64)) -> f64| runs[..3].iter().map(of).sum::<f64>() / 3.0;
            let rises = (runs[3].0 / mean(|c| c.0) - 1.0, runs[3].1 / mean(|c| c.1) - 1.0);
            assert!(rises.0 < 0.25 && rises.1 < 0.25, "{rises:?} {counts:?}");
        }
    }

    #[test]
    fn a_new_detector_has_no_past() {
        let settings = Settings { epoch: 0, ..Settings::small() };
        assert!(reference_rows(&settings, RUNS).unwrap().is_empty());
    }
}

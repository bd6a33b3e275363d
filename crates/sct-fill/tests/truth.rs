//! Simulated runs of many settings, filled and compared with what the simulation knows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sct_fill::{Bytes, Config, Error, Inputs, LumiBlockAxis, Outcome, fill};
use sct_hitmap::{ChipHits as _, LumiBlockMaps};
use sct_id::{BarrelSwap, LumiBlock, Strip, WaferHash};
use sct_sim::{Detector, Packing, RawRun, RawSettings, Settings, Zlib, cabling, simulate_raw};

/// Few events of the whole detector, with everything that can go wrong going wrong often.
fn small(seed: u64) -> (Settings, RawSettings) {
    let base = Settings::small();
    let settings = Settings {
        seed,
        events: 400,
        lumi_blocks: 11,
        window: 4,
        files: 2,
        occupancy: 2e-5,
        physics: 2e-5,
        ..base
    };
    let raw = RawSettings {
        rod_faults: 2e-3,
        unknown_ids: 0.05,
        many_unknown_ids: 0.03,
        missing_rods: 2,
        ..RawSettings::default()
    };
    (settings, raw)
}

struct Files(Vec<(PathBuf, Vec<u8>)>);

impl Files {
    fn read(run: &RawRun) -> Self {
        Self(run.files.iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect())
    }

    fn paths(&self) -> Vec<PathBuf> {
        self.0.iter().map(|(path, _)| path.clone()).collect()
    }

    fn open(&self, path: &Path) -> io::Result<Bytes<'_>> {
        let file = self.0.iter().find(|(name, _)| name == path);
        let (_, bytes) = file.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(Box::new(bytes.as_slice()))
    }

    fn fill(&self, settings: &Settings, config: Config) -> Result<Outcome, Error> {
        let axis = LumiBlockAxis { lumi_blocks: settings.lumi_blocks, per_window: settings.window };
        let cabling = cabling(&Detector::new(settings).unwrap());
        let swap = settings.readout_swap();
        let inputs = Inputs {
            files: &self.paths(),
            open: &|path| self.open(path),
            cabling: &cabling,
            swap: &swap,
            majority: None,
        };
        fill(&inputs, &Config { axis: Some(axis), ..config }, &|_| {})
    }
}

fn simulate(settings: &Settings, raw: &RawSettings) -> (RawRun, Files) {
    let folder = tempfile::tempdir().unwrap();
    let run = simulate_raw(settings, raw, folder.path()).unwrap();
    let files = Files::read(&run);
    (run, files)
}

fn same_lumi_blocks(one: &LumiBlockMaps, other: &LumiBlockMaps) {
    assert!(one.chips == other.chips, "hits per chip and lumi block");
    let (mut left, mut right) = (vec![0; Strip::PER_WAFER], vec![0; Strip::PER_WAFER]);
    for wafer in WaferHash::all() {
        assert_eq!(one.windows.sums(wafer), other.windows.sums(wafer), "{wafer}");
        for window in 0..one.windows.windows() {
            one.windows.counts(wafer, window, &mut left);
            other.windows.counts(wafer, window, &mut right);
            assert_eq!(left, right, "{wafer} window {window}");
        }
    }
}

fn same(outcome: &Outcome, run: &RawRun) {
    let summary = &outcome.summary;
    assert_eq!((summary.read, summary.damaged), (run.counts.events, 0));
    assert_eq!((summary.left_out, summary.checksums_bad), (run.counts.left_out, 0));
    assert_eq!(summary.unplaced_clusters, run.counts.unplaced);
    assert_eq!(summary.used, run.maps.hits.events());
    for wafer in WaferHash::all() {
        let (found, expected) = (outcome.maps.hits.wafer(wafer), run.maps.hits.wafer(wafer));
        assert_eq!(found, expected, "hits of wafer {} {wafer}", wafer.position());
        let (found, expected) = (outcome.errors.wafer(wafer), run.errors.wafer(wafer));
        assert_eq!(found, expected, "errors of wafer {} {wafer}", wafer.position());
        assert_eq!(outcome.errors.outside(wafer), run.errors.outside(wafer), "{wafer}");
    }
    assert_eq!(outcome.errors.events(), run.counts.events);
    let maps = |maps: &sct_hitmap::RunMaps| maps.lumi_blocks.clone().unwrap();
    same_lumi_blocks(&maps(&outcome.maps), &maps(&run.maps));
}

/// Twenty-four runs: every packing, version, compression, barrel direction, with and without empty links and checksums.
#[test]
fn twenty_four_runs_are_counted_exactly() {
    let mut runs = 0;
    for packing in [Packing::Condensed, Packing::Expanded, Packing::SuperCondensed] {
        for (event_version, file_version, zlib) in
            [(5, 6, Zlib::None), (5, 6, Zlib::Events), (4, 5, Zlib::None), (4, 5, Zlib::Files)]
        {
            for is_second in [false, true] {
                let (settings, raw) = small(100 + runs);
                let swaps = [BarrelSwap::Side1, BarrelSwap::Side0, BarrelSwap::None];
                let settings = Settings {
                    swap: swaps[usize::try_from(runs % 3).unwrap()],
                    epoch: u32::try_from(runs % 4).unwrap(),
                    files: 1 + usize::try_from(runs % 3).unwrap(),
                    ..settings
                };
                let raw = RawSettings {
                    packing,
                    event_version,
                    file_version: if is_second { file_version } else { 2 },
                    zlib,
                    checksums: is_second,
                    empty_links: !is_second,
                    ..raw
                };
                let (run, files) = simulate(&settings, &raw);
                assert!(run.counts.left_out > 0 && run.counts.unplaced > 0);
                same(&files.fill(&settings, Config::default()).unwrap(), &run);
                runs += 1;
            }
        }
    }
    assert_eq!(runs, 24);
}

#[test]
fn neither_threads_nor_the_order_of_files_change_anything() {
    let (settings, raw) = small(1);
    let settings = Settings { events: 1500, files: 3, ..settings };
    let (run, mut files) = simulate(&settings, &raw);
    for threads in [1, 2, 5] {
        files.0.rotate_left(1);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let outcome = pool.install(|| files.fill(&settings, Config::default())).unwrap();
        same(&outcome, &run);
    }
}

#[test]
fn events_are_chosen_by_number_lumi_block_and_time() {
    let (settings, raw) = small(2);
    let (run, files) = simulate(&settings, &raw);
    let count = |config: Config| files.fill(&settings, config).unwrap().summary;
    let first = count(Config { max_events: Some(50), ..Config::default() });
    assert_eq!((first.read, first.used + first.left_out), (400, 50));
    let range = LumiBlock::new(3)..=LumiBlock::new(5);
    let some = count(Config { lumi_blocks: range, ..Config::default() });
    let events = run.maps.lumi_blocks.as_ref().unwrap().chips.events().to_vec();
    assert_eq!(some.used, events[2..5].iter().sum::<u64>());
    assert_eq!(some.lumi_blocks, Some((1, 11)));
    let second = u32::try_from(settings.start + 2 * settings.lumi_block_seconds).unwrap();
    let early = count(Config { seconds: 0..=second - 1, ..Config::default() });
    assert_eq!(early.used, events[..2].iter().sum::<u64>());
}

#[test]
fn events_while_the_detector_is_off_have_errors_but_no_hits() {
    let (settings, raw) = small(3);
    let (run, files) = simulate(&settings, &raw);
    let cabling = cabling(&Detector::new(&settings).unwrap());
    let swap = settings.readout_swap();
    let is_on = |_| false;
    let inputs = Inputs {
        files: &files.paths(),
        open: &|path| files.open(path),
        cabling: &cabling,
        swap: &swap,
        majority: Some(&is_on),
    };
    let outcome = fill(&inputs, &Config::default(), &|_| {}).unwrap();
    assert_eq!((outcome.summary.used, outcome.summary.detector_off), (0, 400));
    assert_eq!(outcome.maps.hits.events(), 0);
    assert_eq!(outcome.errors, run.errors);
}

#[test]
fn files_cut_short_are_refused_or_taken_as_far_as_they_go() {
    let (settings, raw) = small(4);
    let (_, mut files) = simulate(&settings, &raw);
    let (path, bytes) = &mut files.0[1];
    let path = path.clone();
    bytes.truncate(bytes.len() / 2);
    let length = bytes.len() as u64;
    match files.fill(&settings, Config::default()).unwrap_err() {
        Error::Truncated { path: named, offset, length: told } => {
            assert_eq!((named, told), (path, length));
            assert!(offset < length && length - offset < 300_000);
        }
        other => panic!("{other}"),
    }
    let config = Config { accept_truncated: true, ..Config::default() };
    let summary = files.fill(&settings, config).unwrap().summary;
    assert!(summary.read > 200 && summary.read < 400);
    assert!(summary.files[1].truncated_at.is_some() && summary.files[0].truncated_at.is_none());
}

#[test]
fn a_damaged_event_costs_itself_alone() {
    let (settings, raw) = small(5);
    let (_, mut files) = simulate(&settings, &RawSettings { checksums: false, ..raw });
    let bytes = &mut files.0[0].1;
    let marker = 0xAA12_34AA_u32.to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() / 4)
        .map(|word| 4 * word)
        .filter(|&at| bytes[at..at + 4] == marker)
        .collect();
    bytes[places[7] + 8] ^= 0x40;
    let summary = files.fill(&settings, Config::default()).unwrap().summary;
    assert_eq!((summary.read, summary.damaged), (399, 1));
    let damage = &summary.files[0].damaged_events[0];
    assert_eq!(damage.offset, places[7] as u64 - 16);
    assert!(damage.reason.contains("header"), "{}", damage.reason);
}

#[test]
fn other_runs_and_other_files_are_refused() {
    let (settings, raw) = small(6);
    let (_, mut files) = simulate(&settings, &raw);
    let other = sct_id::RunNumber::new(17).unwrap();
    let error =
        files.fill(&settings, Config { run: Some(other), ..Config::default() }).unwrap_err();
    assert!(error.to_string().contains("belongs to run 437548, expected run 17"), "{error}");
    files.0.push(files.0[0].clone());
    assert!(matches!(files.fill(&settings, Config::default()), Err(Error::Twice { .. })));
    files.0.pop();
    files.0.push((Path::new("x.data").to_owned(), b"something else".to_vec()));
    let error = files.fill(&settings, Config::default()).unwrap_err();
    assert!(matches!(&error, Error::File { path, .. } if path == Path::new("x.data")), "{error}");
}

#[test]
fn no_files_are_no_events() {
    let outcome = Files(Vec::new()).fill(&Settings::small(), Config::default()).unwrap();
    assert_eq!((outcome.summary.read, outcome.summary.run), (0, None));
}

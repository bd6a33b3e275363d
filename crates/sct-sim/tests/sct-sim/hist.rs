//! A HIST file is written, read back and measured by the tasks' own code, and compared with its truth.

use std::{fs, path::PathBuf, process::Command};

use sct_bs_error::ErrorCounts;
use sct_histfile::{Bunches, HistFile, NoiseTrigger, missing_planes};
use sct_hitmap::{ByteStreamError, ProfileCell};
use sct_id::{RunNumber, WaferHash};
use sct_lorentz_angle::{Bin, Parameters, Profile, Sensors};
use sct_roothist::RootFile;
use sct_sim::{Crossings, HistSettings, HistStyle, HistTruth, Standby, simulate_hist};
use tempfile::TempDir;

fn settings(style: HistStyle) -> HistSettings {
    let run = RunNumber::new(440_199).unwrap();
    HistSettings { style, chips: true, ..HistSettings::new(run, 20_000, 7) }
}

fn written(settings: &HistSettings) -> (TempDir, PathBuf, HistTruth) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("HIST.root");
    let truth = simulate_hist(settings, &path).unwrap();
    (folder, path, truth)
}

fn opened(settings: &HistSettings) -> (TempDir, HistFile, HistTruth) {
    let (folder, path, truth) = written(settings);
    (folder, HistFile::open(&path, settings.run).unwrap(), truth)
}

/// Both styles.
fn each(check: impl Fn(&HistFile, &HistTruth)) {
    for style in [HistStyle::Run2, HistStyle::Run3] {
        let (_folder, file, truth) = opened(&settings(style));
        assert_eq!(file.events().unwrap(), truth.settings.events);
        check(&file, &truth);
    }
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-6 * expected.abs()
}

#[test]
fn noise_and_hits_are_those_of_the_truth() {
    each(|file, truth| {
        let events = truth.settings.events;
        let maps = &file.noise(NoiseTrigger::All).unwrap();
        let inputs = sct_noise_occupancy::Inputs { maps, events };
        let config = sct_noise_occupancy::Config::PRODUCTION;
        let noise = sct_noise_occupancy::measure(&inputs, &config).unwrap();
        let hits = &file.hits().unwrap();
        let inputs = sct_raw_occupancy::Inputs { hits, events };
        let config = sct_raw_occupancy::Config::PRODUCTION;
        let raw = sct_raw_occupancy::measure(&inputs, &config).unwrap();
        let trials = 768.0 * events as f64;
        for wafer in WaferHash::all() {
            let expected = truth.seen.noise_hits[wafer.index()] as f64 / trials / 3.0;
            assert!(close(noise.wafers[wafer].into(), expected), "{}", wafer.position());
            let expected = truth.seen.hits[wafer.index()] as f64 / trials;
            assert!(close(raw.wafers[wafer].into(), expected), "{}", wafer.position());
        }
        // Bad modules are there, and stand out.
        assert!(truth.no_data.len() > 10 && truth.noisy_modules.len() > 10);
        let silent = |wafer: WaferHash| noise.wafers[wafer] < f32::MIN_POSITIVE;
        assert!(truth.no_data.iter().all(|place| silent(place.wafer)));
        for noisy in &truth.noisy_modules {
            assert!(noise.wafers[noisy.place.wafer] > 5e-5, "{noisy:?}");
        }
        assert_eq!(
            file.noise(NoiseTrigger::Selected).is_ok(),
            truth.settings.style == HistStyle::Run2
        );
    });
}

#[test]
fn efficiencies_of_wafers_and_chips_have_their_crossings() {
    each(|file, truth| {
        let same = |cell: ProfileCell, seen: Crossings| {
            close(cell.entries, seen.tracks as f64) && close(cell.sum, seen.found as f64)
        };
        let all = file.efficiency().unwrap();
        let first = file.first_bunch_efficiency().unwrap();
        assert_eq!(missing_planes(&first), []);
        let chips = file.chip_efficiency(Bunches::All).unwrap();
        for wafer in WaferHash::all() {
            assert!(same(all[wafer], truth.seen.crossings[wafer.index()]));
            assert!(same(first[wafer].unwrap(), truth.seen.first_bunch[wafer.index()]));
        }
        let tracks = |wafer| chips.iter().map(move |chip| chip[wafer].unwrap().entries);
        let sum: f64 = WaferHash::all().flat_map(tracks).sum();
        let expected: u64 = truth.seen.crossings.iter().map(|seen| seen.tracks).sum();
        assert!((sum / expected as f64 - 1.0).abs() < 0.01);
        let first_bunch = &first;
        let inputs = sct_efficiency::Inputs {
            crossings: &all,
            first_bunch,
            chips: None,
            events: truth.settings.events,
        };
        let found = sct_efficiency::measure(&inputs, &sct_efficiency::Config::PRODUCTION).unwrap();
        for weak in &truth.bad_efficiency {
            let seen = truth.seen.crossings[weak.place.wafer.index()];
            let efficiency = f64::from(found.wafers[weak.place.wafer].efficiency);
            assert!(close(efficiency, seen.found as f64 / seen.tracks as f64));
            assert!((efficiency - weak.efficiency).abs() < 0.08, "{weak:?}: {efficiency}");
        }
        assert!(truth.bad_efficiency.len() > 40);
    });
}

#[test]
fn errors_are_counted_in_full_or_when_they_are_in_every_event() {
    each(|file, truth| {
        let events = truth.settings.events;
        let maps = &file.byte_stream_errors().unwrap();
        let measured = |counts| {
            let config = sct_bs_error::Config { counts, ..sct_bs_error::Config::PRODUCTION };
            sct_bs_error::measure(&sct_bs_error::Inputs { maps, events }, &config).unwrap()
        };
        let (whole, mean) = (measured(ErrorCounts::Truncate), measured(ErrorCounts::Mean));
        let counted =
            |name: &str| ByteStreamError::ALL.into_iter().find(|kind| kind.name() == name);
        let mut always = 0;
        for error in &truth.errors {
            let Some(kind) = counted(&error.kind) else { continue };
            let wafer = error.place.wafer;
            assert_eq!(mean.wafers[wafer].count(kind), error.events, "{error:?}");
            let every = u64::from(error.events == events);
            assert_eq!(whole.wafers[wafer].count(kind), every, "{error:?}");
            always += every;
        }
        let seen = truth.errors.iter().filter(|error| counted(&error.kind).is_some());
        let seen = seen.filter(|error| error.events > 0).count() as u64;
        assert_eq!((mean.links_with_errors, whole.links_with_errors), (seen, always));
        assert!(seen > 30 && always > 3);
    });
}

/// The profiles of a file as the fit takes them.
fn profiles(file: &HistFile) -> [Option<Profile>; Sensors::COUNT] {
    let found = file.lorentz_profiles().unwrap().into_iter().map(|profile| {
        let bin = |bin: &sct_histfile::LorentzBin| Bin {
            sum: bin.sum,
            sum_of_squares: bin.sum_of_squares,
            entries: bin.entries,
            squared_weights: None,
        };
        Profile::with_edges(&profile.edges, profile.bins.iter().map(bin).collect()).ok()
    });
    found.collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn fits_of_the_lorentz_angle_find_the_truth() {
    let (mut pulls, mut worst) = (Vec::new(), 0.0_f64);
    for seed in 1..=2 {
        let run = RunNumber::new(440_199).unwrap();
        let settings = HistSettings::new(run, 200_000, seed);
        let (_folder, file, truth) = opened(&settings);
        let profiles = profiles(&file);
        let inputs = sct_lorentz_angle::Inputs { profiles: &profiles };
        let config = sct_lorentz_angle::Config::PRODUCTION;
        let outcome = sct_lorentz_angle::fit(&inputs, &config).unwrap();
        assert_eq!((outcome.flag.letter(), truth.lorentz.len()), ('G', 14), "{outcome:?}");
        for truth in &truth.lorentz {
            let place = |fit: &&sct_lorentz_angle::Fit| {
                let sensors = fit.sensors;
                (usize::from(sensors.layer), sensors.side) == (truth.layer, truth.side)
                    && u32::from(sensors.crystal.number()) == truth.surface
            };
            let fit = outcome.fits.iter().find(place).unwrap();
            let found = fit.estimate.unwrap();
            pulls.push((found.parameters.angle - truth.angle) / found.errors.angle.mean());
            // The simulation's own smearing is the fit's, but for its steps.
            let model =
                Parameters { a: truth.a, angle: truth.angle, b: truth.b, sigma: truth.sigma };
            for angle in [-8.5, -4.0, 0.0, 1.5] {
                let difference = model.cluster_width(angle) - truth.cluster_width(angle);
                worst = worst.max(difference.abs());
            }
        }
    }
    let square: f64 = pulls.iter().map(|pull| pull * pull).sum::<f64>() / pulls.len() as f64;
    assert!(pulls.iter().all(|pull| pull.abs() < 4.0), "{pulls:?}");
    assert!((0.4..2.0).contains(&square), "mean square of pulls {square}");
    assert!(worst < 2e-3, "models differ by {worst} strips");
}

#[test]
fn a_detector_that_was_not_ready_shows_it() {
    let check = |standby, most_data: usize, least_data: usize| {
        let (_folder, file, truth) =
            opened(&HistSettings { standby: Some(standby), ..settings(HistStyle::Run3) });
        assert_eq!(file.events().unwrap(), 20_000);
        let with_data = WaferHash::COUNT - truth.no_data.len();
        assert!((least_data..=most_data).contains(&with_data), "{standby}: {with_data}");
        assert!(truth.errors.is_empty() && truth.bad_efficiency.is_empty());
        let crossings = file.efficiency().unwrap();
        let sum = |of: fn(&ProfileCell) -> f64| crossings.iter().map(|(_, cell)| of(cell)).sum();
        let (tracks, found): (f64, f64) = (sum(|cell| cell.entries), sum(|cell| cell.sum));
        assert!(found <= 0.05 * tracks, "{standby}: {found} of {tracks}");
        let clusters: f64 =
            file.lorentz_profiles().unwrap()[0].bins.iter().map(|b| b.entries).sum();
        (clusters, truth.seen.hits.iter().sum::<u64>())
    };
    let (clusters, hits) = check(Standby::Empty, 0, 0);
    assert!(clusters < 0.5 && hits == 0);
    let (clusters, hits) = check(Standby::Sparse, 400, 50);
    assert!(clusters < 20.0 && hits < 5_000, "{clusters} {hits}");
    let (clusters, hits) = check(Standby::Noisy, 8176, 8000);
    assert!(clusters < 1_000.0 && hits > 500_000_000, "{clusters} {hits}");
}

#[test]
fn the_same_settings_give_the_same_bytes_in_any_number_of_threads() {
    let bytes = |threads: usize, settings: &HistSettings| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (folder, path, truth) = written(settings);
            (fs::read(path).unwrap(), fs::read(folder.path().join(HistTruth::FILE)).unwrap(), truth)
        })
    };
    let one = settings(HistStyle::Run3);
    let first = bytes(1, &one);
    assert!(first == bytes(3, &one));
    let other = HistSettings { seed: 8, defect_seed: one.defect_seed, ..one.clone() };
    let (_folder, _, truth) = written(&other);
    assert_eq!((&truth.no_data, &truth.lorentz), (&first.2.no_data, &first.2.lorentz));
    assert_ne!(truth.seen, first.2.seen);
}

#[test]
fn both_producers_book_what_they_are_known_to() {
    let count = |settings: &HistSettings| {
        let (_folder, path, _) = written(settings);
        RootFile::open(&path).unwrap().keys().count()
    };
    // Numbers of the other generator of such files.
    let plain = |style| HistSettings { chips: false, ..settings(style) };
    assert_eq!(count(&plain(HistStyle::Run3)), 2451);
    assert_eq!(count(&plain(HistStyle::Run2)), 3933);
    assert_eq!(count(&settings(HistStyle::Run3)), 2451 + 2 * 6 * 44);
    let flat = HistSettings { flat_errors: true, ..plain(HistStyle::Run3) };
    let (_folder, path, _) = written(&flat);
    let file = RootFile::open(&path).unwrap();
    assert!(file.find("run_440199/SCT/SCTB/errors/SCT_NumberOfRawErrorB_8_1").is_some());
}

const SCRIPT: &str = r#"
import sys, uproot
file = uproot.open(sys.argv[1])
entries = 0
for key, name in file.classnames(recursive=True, cycle=False).items():
    if name != "TDirectory":
        found = file[key]
        assert found.classname == name, key
        found.values(flow=True)
        entries += 1
top = file["run_440199/SCT"]
noise = top["SCTB/Noise/hitoccupancymap_0_0"]
counter = top["GENERAL/Conf/NumberOfEventsVsLB"]
print(entries, int(counter.member("fEntries")), repr(float(noise.values()[0, 3])), noise.axis(0).member("fTitle"))
"#;

#[test]
fn uproot_reads_every_histogram() {
    let python = |arguments: &[&str]| Command::new("python3").args(arguments).output();
    if !python(&["-c", "import uproot"]).is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: Python has no uproot here");
        return;
    }
    let settings = HistSettings { chips: false, ..settings(HistStyle::Run3) };
    let (_folder, path, truth) = written(&settings);
    let output = python(&["-c", SCRIPT, path.to_str().unwrap()]).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(words[..2], ["2451", "20000"], "{text}");
    let wafer = "0_0_3_-6_0".parse::<sct_id::WaferPosition>().unwrap().hash();
    let hits = truth.seen.noise_hits[wafer.index()] as f64;
    assert!(close(words[2].parse().unwrap(), hits * 1e5 / 768.0 / 20_000.0), "{text}");
    assert!(text.ends_with("Index in the direction of #eta\n"), "{text}");
}

#[test]
fn settings_out_of_range_leave_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = HistSettings { lumi_blocks: 0, ..settings(HistStyle::Run3) };
    let error = simulate_hist(&wrong, &folder.path().join("HIST.root")).unwrap_err();
    assert!(error.to_string().contains("setting lumi_blocks is 0, expected 1 to 3000"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

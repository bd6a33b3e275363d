//! A small run is written, read back, and compared with its truth.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod hist;

use std::{fs, path::Path};

use sct_histfile::{LumiBlockFile, ReadOptions, read_bs_errors, read_hit_maps};
use sct_id::{Strip, WaferHash};
use sct_sim::{Found, Settings, Truth, Verdict, simulate_hitmaps, simulate_run};

const FILES: [&str; 4] = ["SCTHitMaps.root", "SCTLB.root", "SCTBSErrors.root", "truth.json"];

/// The whole detector, as little of everything else as there can be.
fn tiny() -> Settings {
    Settings { events: 2_000, lumi_blocks: 8, window: 4, ..Settings::small() }
}

fn in_threads(threads: usize, settings: &Settings, folder: &Path) -> Truth {
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had");
    pool.install(|| simulate_run(settings, folder).expect("the run is simulated").truth)
}

#[test]
fn the_same_settings_give_the_same_bytes_in_any_number_of_threads() {
    let (one, three) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let truth = in_threads(1, &tiny(), one.path());
    assert!(in_threads(3, &tiny(), three.path()) == truth);
    for name in FILES {
        let [a, b] = [&one, &three].map(|folder| fs::read(folder.path().join(name)).unwrap());
        assert!(a == b, "{name} differs");
    }
    let other = simulate_run(&Settings { seed: 2, ..tiny() }, three.path()).unwrap().truth;
    assert_ne!(other.hits_per_wafer, truth.hits_per_wafer);
}

#[test]
fn the_files_hold_what_the_truth_says() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::small();
    let truth = simulate_run(&settings, folder.path()).unwrap().truth;
    assert!(Truth::read(&folder.path().join(Truth::FILE)).unwrap() == truth);

    let path = |name: &str| folder.path().join(name);
    let (map, warnings) = read_hit_maps(&path("SCTHitMaps.root"), ReadOptions::default()).unwrap();
    assert!(warnings.is_empty());
    assert_eq!(map.events(), settings.events);
    // The definition once more, from the file: every strip, in single precision.
    let mut found = Found::default();
    for wafer in WaferHash::all() {
        assert_eq!(map.hits(wafer), truth.hits_per_wafer[wafer.index()]);
        for (strip, &hits) in Strip::all().zip(map.wafer(wafer)) {
            if hits as f32 / map.events() as f32 > settings.threshold {
                found.strips.insert((wafer, strip));
            }
        }
    }
    let strips = truth.compare(&found).strips;
    assert!(strips.is_exact() && strips.common > 100);
    assert!(!truth.expected.chips.is_empty() && !truth.expected.wafers.is_empty());
    for strip in &truth.noisy_strips {
        let expected = match strip.verdict {
            Verdict::Noisy => true,
            Verdict::Quiet => false,
            Verdict::Marginal => strip.above,
        };
        assert_eq!(strip.above, expected, "{} strip {}", strip.defect.position, strip.defect.strip);
    }

    let lumi_blocks = LumiBlockFile::open(&path("SCTLB.root")).unwrap();
    assert_eq!(lumi_blocks.total_events(), settings.events);
    assert_eq!(lumi_blocks.lumi_blocks(), settings.lumi_blocks);
    assert_eq!(lumi_blocks.processed_lumi_blocks(), truth.lumi_blocks_with_events);
    let events: Vec<u64> = sct_hitmap::ChipHits::events(&lumi_blocks).to_vec();
    for chip in &truth.expected.chips {
        let hits = lumi_blocks.chip_hits(chip.wafer, chip.chip.in_side()).unwrap().unwrap();
        let noisy = (1_u32..)
            .zip(hits.iter().zip(&events))
            .filter(|&(_, (&hits, &events))| hits as f32 > 0.96 * events as f32)
            .map(|(number, _)| number);
        assert!(noisy.eq(chip.lumi_blocks.iter().map(|number| number.to_u32())));
        assert!(!chip.lumi_blocks.is_empty());
    }
    let wafer = truth.noisy_chips[0].defect.wafer;
    let chips: u32 =
        (0..6).flat_map(|chip| lumi_blocks.chip_hits(wafer, chip).unwrap().unwrap()).sum();
    assert_eq!(u64::from(chips), map.hits(wafer));
    let (errors, _) = read_bs_errors(&path("SCTBSErrors.root")).unwrap();
    assert_eq!(errors.events(), settings.events);
    let frequent = truth.errors.iter().filter(|error| error.rate > 0.01);
    assert!(frequent.clone().count() > 0);
    assert!(frequent.clone().all(|error| errors.wafer(error.wafer)[error.kind] > 0));
}

#[test]
fn the_files_of_a_run_add_up_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { files: 2, ..tiny() };
    let run = simulate_run(&settings, folder.path()).unwrap();
    assert_eq!(run.folders.len(), 2);
    let parts: Vec<Truth> =
        run.folders.iter().map(|part| Truth::read(&part.join(Truth::FILE)).unwrap()).collect();
    assert_eq!(parts.iter().map(|part| part.events).sum::<u64>(), settings.events);
    assert_eq!(parts.iter().map(|part| part.hits).sum::<u64>(), run.truth.hits);
    assert_eq!(parts[1].file, Some(1));
    assert_eq!(parts[0].noisy_chips[0].defect, run.truth.noisy_chips[0].defect);
    let alone = tempfile::tempdir().unwrap();
    assert!(simulate_hitmaps(&settings, alone.path(), 1).unwrap() == parts[1]);
}

#[test]
fn a_file_that_is_not_of_the_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = simulate_hitmaps(&tiny(), folder.path(), 1).unwrap_err();
    assert!(error.to_string().contains("setting file is 1"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

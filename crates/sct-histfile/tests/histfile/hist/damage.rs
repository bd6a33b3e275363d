//! What is wrong with a file, and where.

use std::{fs, path::Path, sync::LazyLock};

use proptest::prelude::*;
use sct_histfile::{Error, HistFile, NoiseTrigger};
use sct_id::RunNumber;
use sct_roothist::{Axis, Contents, FileWriter, Histogram, WriteOptions};

use super::{Names, RUN, Sample, open};

fn open_run(path: &Path, run: u32) -> Result<HistFile, Error> {
    HistFile::open(path, RunNumber::new(run).unwrap())
}

/// The text of an error after the name of the file.
fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err().to_string();
    error.split_once("HIST.root").unwrap().1.trim_start_matches([':', ' ']).to_owned()
}

#[test]
fn another_run_is_refused_with_the_runs_of_the_file() {
    let (_folder, path) =
        Sample { wanted: |name| name.contains("Conf"), ..Sample::default() }.written();
    let found = message(open_run(&path, 440_200));
    assert_eq!(found, "there is no directory run_440200: the file has run 440199");
    assert!(
        matches!(open_run(&path, 44_019), Err(Error::WrongRun { found, .. }) if found == [RUN])
    );
}

#[test]
fn files_of_several_runs_or_none_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("HIST.root");
    let with_directories = |directories: &[&str]| {
        let mut writer = FileWriter::create(&path, WriteOptions::default()).unwrap();
        for directory in directories {
            writer.directory(directory).unwrap();
        }
        writer.finish().unwrap();
        message(open_run(&path, 1))
    };
    assert_eq!(
        with_directories(&["run_7/SCT", "run_5", "other"]),
        "there is no directory run_1: the file has runs 5, 7"
    );
    assert_eq!(
        with_directories(&["GENERAL"]),
        "there is no directory run_1: the file has no run at all, so it is no HIST file"
    );
}

#[test]
fn missing_objects_are_named() {
    let sample = Sample {
        wanted: |name| {
            !["Conf", "Noise/hitoccupancymap_2_1", "hits/hitsmapECp_8_0", "111_3Side1"]
                .iter()
                .any(|left_out| name.contains(left_out))
                && !name.contains("errors")
        },
        ..Sample::default()
    };
    let (_folder, file) = open(&sample);
    let base = "has no object run_440199/SCT/";
    assert_eq!(message(file.events()), format!("{base}GENERAL/Conf/NumberOfEventsVsLB"));
    assert_eq!(
        message(file.noise(NoiseTrigger::All)),
        format!("{base}SCTB/Noise/hitoccupancymap_2_1")
    );
    assert_eq!(message(file.hits()), format!("{base}SCTEA/hits/hitsmapECp_8_0"));
    assert_eq!(
        message(file.lorentz_profiles()),
        format!("{base}GENERAL/lorentz/h_phiVsNstrips_111_3Side1")
    );
}

#[test]
fn an_error_type_without_a_map_is_named_with_what_was_tried() {
    let sample = Sample {
        names: Names::NumberOfFlat,
        wanted: |name| name.contains("errors") && !name.contains("RawErrorB_1_0"),
        ..Sample::default()
    };
    let found = message(open(&sample).1.byte_stream_errors());
    assert!(
        found.starts_with(
            "there is no map of RawError for the barrel layer 1 side 0, tried \
             run_440199/SCT/SCTB/errors/RawError/SCT_NumberOfRawErrorB_1_0, run_440199/SCT/SCTB/errors/SCT_NumberOf"
        ),
        "{found}"
    );
}

#[test]
fn other_binning_and_class_are_named() {
    let sample = Sample {
        wanted: |name| name.contains("eff/") || name.contains("SCTEC/hits"),
        change: |map| {
            if map.name == "m_eff_0_0" {
                let (x, y) = (Axis::uniform(0, 3, -0.5, 2.5), Axis::uniform(1, 51, -0.5, 50.5));
                *map = Histogram::new(map.class, "m_eff_0_0", "", x, Some(y));
            } else if map.name == "hitsmapECm_0_0" {
                let (x, y) = (map.x.clone(), Some(map.y.clone()));
                *map = Histogram::new(sct_roothist::Class::Th2D, "hitsmapECm_0_0", "", x, y);
            }
        },
        ..Sample::default()
    };
    let (_folder, file) = open(&sample);
    assert_eq!(
        message(file.efficiency()),
        "run_440199/SCT/SCTEC/eff/m_eff_0_0 is TProfile2D of 3 bins -0.5 to 2.5 by 51 bins -0.5 to 50.5, \
         expected TProfile2D of 3 bins -0.5 to 2.5 by 52 bins -0.5 to 51.5"
    );
    let hits = message(file.hits());
    assert!(hits.starts_with("run_440199/SCT/SCTEC/hits/hitsmapECm_0_0 is TH2D, "), "{hits}");
}

/// The message for one bad bin of a map of hits.
fn bad_hits(change: fn(&mut Histogram)) -> String {
    let sample = Sample { wanted: |name| name.contains("hits/"), change, ..Sample::default() };
    message(open(&sample).1.hits())
}

#[test]
fn bins_that_are_no_counts_are_named() {
    let found = bad_hits(|map| {
        let cell = map.cell(7 + 3, 5 + 1);
        if let (Contents::F32(contents), "hitsmap_2_1") = (&mut map.contents, &*map.name) {
            contents[cell.unwrap()] = -1.0;
        }
    });
    assert!(
        found.starts_with("run_440199/SCT/SCTB/hits/hitsmap_2_1 has content -1 ")
            && found.contains("wafer 0_2_5_3_1"),
        "{found}"
    );
}

/// A small but complete file for one task.
static NOISE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let sample = Sample {
        wanted: |name| name.contains("Noise/hitoccupancymap") && !name.contains("trigger"),
        ..Sample::default()
    };
    let (_folder, path) = sample.written();
    fs::read(path).unwrap()
});

#[test]
fn a_file_cut_short_is_refused_wherever_it_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("HIST.root");
    for parts in 0..50 {
        fs::write(&path, &NOISE[..NOISE.len() * parts / 50]).unwrap();
        let result = open_run(&path, RUN).and_then(|file| file.noise(NoiseTrigger::All));
        assert!(matches!(result, Err(Error::Root(_))), "{parts}: {result:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((0.0..1.0_f64, 1..=255_u8), 1..8)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("HIST.root");
        let mut bytes = NOISE.clone();
        for (place, flip) in flips {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of the length")]
            let place = (bytes.len() as f64 * place) as usize;
            bytes[place] ^= flip;
        }
        fs::write(&path, bytes).unwrap();
        if let Ok(file) = open_run(&path, RUN) {
            let _ = (file.events(), file.noise(NoiseTrigger::All), file.hits());
            let _ = (file.efficiency(), file.byte_stream_errors());
        }
    }
}

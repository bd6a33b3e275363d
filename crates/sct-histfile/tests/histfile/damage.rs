//! Files that are wrong say where.

use std::{fs, path::Path, sync::LazyLock};

use proptest::prelude::*;
use sct_histfile::{
    Error, LumiBlockFile, ReadOptions, read_hit_maps, write_hit_maps, write_lumi_block_maps,
};
use sct_hitmap::LumiBlockMaps;
use sct_id::{LumiBlock, WaferHash};
use sct_roothist::{Axis, Class, Contents, FileWriter, Histogram, WriteOptions};

use crate::maps;

/// A hit map file of one wafer histogram as given.
fn file_with(path: &Path, class: Class, bins: u32, content: f32) {
    let mut writer = FileWriter::create(path, WriteOptions::default()).unwrap();
    let mut events =
        Histogram::new(Class::Th1I, "events", "Events", Axis::uniform(0, 1, 0.5, 1.5), None);
    events.entries = 5.0;
    writer.directory("GENERAL").unwrap().write(&events).unwrap();
    let axis = Axis::uniform(0, bins, -0.5, f64::from(bins) - 0.5);
    let mut wafer = Histogram::new(class, "-2_0_0_0_0", "", axis, None);
    if let Contents::F32(cells) = &mut wafer.contents {
        cells[3] = content;
    }
    writer.directory("SCTEC").unwrap().write(&wafer).unwrap();
    writer.finish().unwrap();
}

fn message(class: Class, bins: u32, content: f32) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.root");
    file_with(&path, class, bins, content);
    let error = read_hit_maps(&path, ReadOptions::default()).unwrap_err().to_string();
    error.split_once("h.root: ").unwrap().1.to_owned()
}

#[test]
fn other_binning_and_class_are_named() {
    let expected = "expected TH1F of 768 bins -0.5 to 767.5";
    assert_eq!(
        message(Class::Th1F, 767, 0.0),
        format!("SCTEC/-2_0_0_0_0 is TH1F of 767 bins -0.5 to 766.5, {expected}")
    );
    assert_eq!(message(Class::Th1D, 768, 0.0), format!("SCTEC/-2_0_0_0_0 is TH1D, {expected}"));
}

#[test]
fn contents_that_are_no_counts_are_named() {
    for content in [-1.0, 0.5, f32::NAN, f32::INFINITY, 4_294_967_296.0] {
        let found = message(Class::Th1F, 768, content);
        let content = f64::from(content);
        assert!(
            found
                .starts_with(&format!("SCTEC/-2_0_0_0_0 has {content} in bin 3, expected a whole")),
            "{found}"
        );
    }
}

#[test]
fn missing_empty_and_foreign_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.root");
    let read = || read_hit_maps(&path, ReadOptions::default()).unwrap_err().to_string();
    assert!(read().starts_with("cannot read "));
    fs::write(&path, "").unwrap();
    assert!(read().ends_with("no ROOT file: it does not begin with 'root'"));
    fs::write(&path, "<xml>").unwrap();
    assert!(read().ends_with("no ROOT file: it does not begin with 'root'"));
}

#[test]
fn a_file_cut_short_is_refused_wherever_it_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("w.root"), folder.path().join("c.root"));
    write_hit_maps(&whole, &maps().0).unwrap();
    let bytes = fs::read(&whole).unwrap();
    for part in [0.0, 1e-5, 1e-4, 0.01, 0.3, 0.5, 0.9, 0.97] {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of the length"
        )]
        let length = (bytes.len() as f64 * part) as usize;
        fs::write(&cut, &bytes[..length]).unwrap();
        let error = read_hit_maps(&cut, ReadOptions::default()).unwrap_err();
        assert!(matches!(error, Error::Root(_)), "{length}: {error}");
    }
}

/// A complete file of few lumi blocks, made once.
static LUMI_BLOCK_FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("SCTLB.root");
    let mut small = LumiBlockMaps::new(3, 2);
    small.add_event(LumiBlock::new(1)).unwrap();
    write_lumi_block_maps(&path, &small).unwrap();
    fs::read(&path).unwrap()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((0.0..1.0_f64, 1..=255_u8), 1..8)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("SCTLB.root");
        let mut bytes = LUMI_BLOCK_FILE.clone();
        for (place, flip) in flips {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of the length")]
            let place = (bytes.len() as f64 * place) as usize;
            bytes[place] ^= flip;
        }
        fs::write(&path, bytes).unwrap();
        if let Ok(file) = LumiBlockFile::open(&path) {
            for wafer in WaferHash::all().step_by(97) {
                let _ = file.chip_hits(wafer, 3);
                let _ = file.window_hits(wafer);
            }
        }
    }
}

//! What is written is read back.

use sct_histfile::{
    LumiBlockFile, ReadOptions, Warning, peek_events, read_bs_errors, read_hit_maps,
    write_bs_errors, write_hit_maps, write_lumi_block_maps,
};
use sct_hitmap::{BsErrorMap, ChipHits as _};
use sct_id::{Chip, Strip, WaferHash};

use crate::{LUMI_BLOCKS, PER_WINDOW, maps};

#[test]
fn hit_maps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("SCTHitMaps.root");
    let (mut hits, _) = maps();
    hits.set_entries(WaferHash::new(0).unwrap(), 9);
    let absent = WaferHash::new(6200).unwrap();
    hits.set_absent(absent);
    write_hit_maps(&path, &hits).unwrap();
    let (read, warnings) = read_hit_maps(&path, ReadOptions::default()).unwrap();
    assert_eq!(read, hits);
    let odd = vec![WaferHash::new(0).unwrap()];
    assert_eq!(warnings, [Warning::MissingWafers(vec![absent]), Warning::EntriesDiffer(odd)]);
    assert_eq!(peek_events(&path).unwrap(), 7);
    let strict = ReadOptions { max_missing_wafers: 0 };
    let error = read_hit_maps(&path, strict).unwrap_err().to_string();
    assert!(
        error.ends_with("histograms of 1 wafers are missing, at most 0 may be (first 2_0_0_0_0)"),
        "{error}"
    );
}

#[test]
fn lumi_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("SCTLB.root");
    let (_, maps) = maps();
    write_lumi_block_maps(&path, &maps).unwrap();
    let file = LumiBlockFile::open(&path).unwrap();
    assert_eq!(file.events(), maps.chips.events());
    assert_eq!(
        (file.lumi_blocks(), file.total_events(), file.processed_lumi_blocks()),
        (LUMI_BLOCKS, 7, 4)
    );
    for wafer in [0, 1, 1977, 4938, 8175].map(|hash| WaferHash::new(hash).unwrap()) {
        for in_side in 0..Chip::PER_SIDE {
            assert_eq!(
                file.chip(wafer, in_side).unwrap(),
                maps.chips.chip(wafer, in_side).unwrap()
            );
        }
        let windows = file.window_hits(wafer).unwrap().unwrap();
        assert_eq!(windows.len(), LUMI_BLOCKS.div_ceil(PER_WINDOW));
        for (window, row) in windows.iter().enumerate() {
            let mut counts = vec![0; Strip::PER_WAFER];
            maps.windows.counts(wafer, window, &mut counts);
            assert_eq!(*row, counts);
        }
    }
}

#[test]
fn bs_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("SCTBSErrors.root");
    let mut errors = BsErrorMap::new();
    errors.set_events(100);
    for (wafer, kind, events) in [(0, 0, 3), (5000, 14, 100), (5000, 20, 2)] {
        errors.fill(WaferHash::new(wafer).unwrap(), kind, events).unwrap();
    }
    write_bs_errors(&path, &errors).unwrap();
    assert_eq!(read_bs_errors(&path).unwrap(), (errors, Vec::new()));
}

#[test]
fn the_same_maps_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a", "b"].map(|name| folder.path().join(name).join("SCTHitMaps.root"));
    for path in &paths {
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        write_hit_maps(path, &maps().0).unwrap();
    }
    assert_eq!(std::fs::read(&paths[0]).unwrap(), std::fs::read(&paths[1]).unwrap());
}

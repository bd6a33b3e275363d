//! Hit maps without some windows of lumi blocks.

use std::sync::LazyLock;

use sct_histfile::{Error, LeftOut, LumiBlockFile, write_lumi_block_maps};
use sct_hitmap::Hitmap;
use sct_id::LumiBlockSet;
use tempfile::TempDir;

use crate::{HITS, LUMI_BLOCKS, PER_WINDOW, maps_of};

type Group = (usize, usize, usize, u32);

/// A lumi-block file of some hits.
fn file_of(groups: &[Group]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_lumi_block_maps(&folder.path().join("SCTLB.root"), &maps_of(groups).1).unwrap();
    folder
}

/// That of all hits, made once.
static ALL: LazyLock<TempDir> = LazyLock::new(|| file_of(&HITS));

/// Leaves lumi blocks out of the hits of `groups`.
fn leave_out(groups: &[Group], file: &TempDir, text: &str) -> Result<(Hitmap, LeftOut), Error> {
    let mut hits = maps_of(groups).0;
    let lumi_blocks: LumiBlockSet = text.parse().unwrap();
    let file = LumiBlockFile::open(&file.path().join("SCTLB.root")).unwrap();
    let left_out = file.leave_out(&mut hits, &lumi_blocks)?;
    Ok((hits, left_out))
}

fn within(keep: impl Fn(u32) -> bool) -> Vec<Group> {
    HITS.into_iter().filter(|group| keep(group.3)).collect()
}

#[test]
fn whole_windows_go_with_their_hits_and_events() {
    let (hits, left_out) = leave_out(&HITS, &ALL, "7").unwrap();
    assert!(hits == maps_of(&within(|lumi_block| !(1..=30).contains(&lumi_block))).0);
    let expected = LeftOut {
        lumi_blocks: "1-30".parse().unwrap(),
        windows: 1,
        window_width: PER_WINDOW,
        events: 3,
    };
    assert_eq!(left_out, expected);
}

#[test]
fn the_last_window_ends_with_the_axis() {
    let inside = within(|lumi_block| (1..=45).contains(&lumi_block));
    let (hits, left_out) = leave_out(&inside, &file_of(&inside), "31 45").unwrap();
    assert!(hits == maps_of(&within(|lumi_block| (1..=30).contains(&lumi_block))).0);
    assert_eq!((left_out.lumi_blocks.to_string(), left_out.events), ("31-45".to_owned(), 2));
    // Lumi block 46 lies in the last window and in no lumi block of the axis.
    let error = leave_out(&HITS, &ALL, "31").unwrap_err();
    assert!(matches!(error, Error::EventsOutside { events: 2, last: LUMI_BLOCKS, .. }), "{error}");
}

#[test]
fn nothing_goes_without_lumi_blocks_or_with_later_ones() {
    for text in ["", "0 61-99"] {
        let (hits, left_out) = leave_out(&HITS, &ALL, text).unwrap();
        assert!(hits == maps_of(&HITS).0);
        assert_eq!((left_out.windows, left_out.events), (0, 0));
    }
}

#[test]
fn files_of_different_runs_are_refused() {
    let mut other = HITS;
    other[0].1 = 9;
    let error = leave_out(&other, &ALL, "1").unwrap_err().to_string();
    assert_eq!(error, "strip 0 of wafer 0 (-2_0_0_0_0) has fewer hits than are to be left out");
}

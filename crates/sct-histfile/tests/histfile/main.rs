//! Maps written and read back; monitoring files; files that are wrong; files as ROOT would have filled them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod damage;
mod hist;
mod interop;
mod leave_out;
mod round_trip;

use sct_hitmap::{Hitmap, LumiBlockMaps};
use sct_id::{BarrelSwap, LumiBlock, ReadoutSwap, Strip, WaferHash};

/// Some hits: (wafer, first strip, group size, lumi block).
const HITS: [(usize, usize, usize, u32); 7] = [
    (0, 0, 1, 1),
    (0, 126, 4, 2),
    (1977, 126, 4, 2),
    (1977, 767, 1, 45),
    (4938, 300, 200, 31),
    (8175, 1, 3, 46),
    (8175, 5, 1, 0),
];
const LUMI_BLOCKS: usize = 45;
const PER_WINDOW: usize = 30;

fn maps() -> (Hitmap, LumiBlockMaps) {
    maps_of(&HITS)
}

fn maps_of(groups: &[(usize, usize, usize, u32)]) -> (Hitmap, LumiBlockMaps) {
    let swap = ReadoutSwap::new(BarrelSwap::Side1);
    let (mut hits, mut lumi_blocks) = (Hitmap::new(), LumiBlockMaps::new(LUMI_BLOCKS, PER_WINDOW));
    for &(wafer, first, size, lumi_block) in groups {
        let (wafer, first) = (WaferHash::new(wafer).unwrap(), Strip::new(first).unwrap());
        let lumi_block = LumiBlock::new(lumi_block);
        hits.add_event().unwrap();
        hits.fill_group(wafer, first, size).unwrap();
        lumi_blocks.add_event(lumi_block).unwrap();
        lumi_blocks.fill_group(wafer, first, size, lumi_block, &swap).unwrap();
    }
    (hits, lumi_blocks)
}

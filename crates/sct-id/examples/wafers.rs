//! Prints the wafer table: hash, identifier, position and read-out direction of all 8176 wafers as CSV.
#![expect(clippy::print_stdout, reason = "an example prints")]

use sct_id::{BarrelSwap, ReadoutSwap, WaferHash};

fn main() {
    let swap = ReadoutSwap::new(BarrelSwap::default());
    println!("hash,wafer_compact_id,bec,layer_disk,phi,eta,side,swap_phi_readout");
    for hash in WaferHash::all() {
        let wafer = hash.position();
        let fields = wafer.to_string().replace('_', ",");
        println!("{hash},{},{fields},{}", wafer.id(), u8::from(swap.is_swapped(hash)));
    }
}

//! The calibration loop as one program.
fn main() {}

//! Prints the simulated cabling as text, with made-up serial numbers.
#![expect(clippy::print_stdout, reason = "an example prints")]

use sct_cabling::{Cabling, text};
use sct_id::{ModuleHash, SerialNumber};

fn made_up(module: ModuleHash) -> SerialNumber {
    let digits = 500_000_000 + u32::try_from(module.index()).expect("modules are few");
    SerialNumber::from_truncated(digits).expect("nine digits")
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cabling = Cabling::simulated(made_up)?;
    print!("{}", text::write(&cabling)?);
    Ok(())
}

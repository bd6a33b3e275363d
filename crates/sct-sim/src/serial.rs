//! Serial numbers of the simulated modules.

use sct_conditions::SerialNumbers;
use sct_id::{ModuleHash, SerialNumber};

/// First of the last nine digits. No production line of real modules begins with 5, so that the two cannot be confused.
const BASE: u64 = 500_000_000;
/// A prime: multiplication modulo a prime never gives the same remainder twice.
const MODULUS: u64 = 99_999_989;
const FACTOR: u64 = 27_182_818;
const OFFSET: u64 = 31_415_926;

/// The made-up serial number of a module: 20220 and nine digits, different for every module and always the same.
pub fn serial_number(module: ModuleHash) -> SerialNumber {
    let digits = BASE + (module.index() as u64 * FACTOR + OFFSET) % MODULUS;
    let digits = u32::try_from(digits).expect("below 600 million");
    SerialNumber::from_truncated(digits).expect("nine digits")
}

/// The serial numbers of all modules.
pub fn serial_numbers() -> SerialNumbers {
    SerialNumbers::from_fn(serial_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_unique_and_well_formed() {
        let table = serial_numbers().to_csv();
        let read = SerialNumbers::from_csv(table.as_bytes()).unwrap();
        assert_eq!(read, serial_numbers());
        let first = serial_number(ModuleHash::new(0).unwrap()).to_string();
        assert_eq!(first, "20220531415926");
    }
}

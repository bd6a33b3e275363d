//! What one search reads.

use sct_conditions::KnownBad;
use sct_hitmap::{BsErrorMap, Hitmap};
use sct_id::ReadoutSwap;

/// What one search reads.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Hits per strip over the whole run.
    pub hitmap: &'a Hitmap,
    /// Byte-stream errors; without them no link is left out for its errors.
    pub bs_errors: Option<&'a BsErrorMap>,
    /// Components bad in the configuration; what calibration data say is not looked at.
    pub known_bad: Option<&'a KnownBad>,
    /// Read-out direction of the wafers.
    pub swap: &'a ReadoutSwap,
}

impl<'a> Inputs<'a> {
    /// A hit map alone.
    pub fn new(hitmap: &'a Hitmap, swap: &'a ReadoutSwap) -> Self {
        Self { hitmap, bs_errors: None, known_bad: None, swap }
    }
}

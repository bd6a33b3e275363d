//! Errors of an event, by wafer.

use std::fmt;

use sct_id::WaferHash;

use crate::{ByteStreamError, ErrorMask};

/// One mask a wafer, and a list of the wafers with any: clearing costs as much as there were errors.
#[derive(Clone)]
pub struct WaferErrors {
    masks: Box<[ErrorMask]>,
    touched: Vec<WaferHash>,
}

impl Default for WaferErrors {
    fn default() -> Self {
        Self { masks: vec![ErrorMask::NONE; WaferHash::COUNT].into(), touched: Vec::new() }
    }
}

impl WaferErrors {
    /// The errors of a wafer.
    pub fn of(&self, wafer: WaferHash) -> ErrorMask {
        self.masks[wafer.index()]
    }

    /// Wafers with errors in the order in which these were found.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (WaferHash, ErrorMask)> {
        self.touched.iter().map(|&wafer| (wafer, self.of(wafer)))
    }

    /// How many wafers have this error.
    pub fn count(&self, error: ByteStreamError) -> usize {
        self.iter().filter(|(_, mask)| mask.contains(error)).count()
    }

    /// Adds errors to a wafer.
    pub(super) fn add(&mut self, wafer: WaferHash, errors: ErrorMask) {
        let mask = &mut self.masks[wafer.index()];
        if mask.is_empty() && !errors.is_empty() {
            self.touched.push(wafer);
        }
        *mask = mask.with(errors);
    }

    pub(super) fn clear(&mut self) {
        for wafer in self.touched.drain(..) {
            self.masks[wafer.index()] = ErrorMask::NONE;
        }
    }
}

impl fmt::Debug for WaferErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(wafer, mask)| (wafer.index(), mask))).finish()
    }
}

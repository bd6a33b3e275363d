//! Events with byte-stream errors, per wafer and type.

use sct_id::WaferHash;

use crate::Error;

/// Events with each of the first 15 error types per wafer; later types count as entries only, as in the original's
/// histograms, where they fall into the overflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BsErrorMap {
    events: u64,
    counts: Vec<u32>,
    outside: Vec<u64>,
}

impl Default for BsErrorMap {
    fn default() -> Self {
        Self::new()
    }
}

impl BsErrorMap {
    /// Error types with a bin of their own. Source: the binning of SCTBSErrors.root.
    pub const TYPES: usize = 15;

    /// No events, no errors.
    pub fn new() -> Self {
        Self {
            events: 0,
            counts: vec![0; WaferHash::COUNT * Self::TYPES],
            outside: vec![0; WaferHash::COUNT],
        }
    }

    /// Number of events.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Sets the number of events.
    pub fn set_events(&mut self, events: u64) {
        self.events = events;
    }

    /// Events per error type of one wafer, 15 values.
    pub fn wafer(&self, wafer: WaferHash) -> &[u32] {
        &self.counts[wafer.index() * Self::TYPES..][..Self::TYPES]
    }

    /// Events with errors of later types, one wafer.
    pub fn outside(&self, wafer: WaferHash) -> u64 {
        self.outside[wafer.index()]
    }

    /// Counts `events` events with error type `kind`.
    ///
    /// # Errors
    ///
    /// [`Error::ErrorOverflow`].
    pub fn fill(&mut self, wafer: WaferHash, kind: usize, events: u32) -> Result<(), Error> {
        if kind >= Self::TYPES {
            let outside = &mut self.outside[wafer.index()];
            *outside = outside.saturating_add(u64::from(events));
            return Ok(());
        }
        let count = &mut self.counts[wafer.index() * Self::TYPES + kind];
        *count = count.checked_add(events).ok_or(Error::ErrorOverflow { wafer, kind })?;
        Ok(())
    }

    /// Adds another part of the run.
    ///
    /// # Errors
    ///
    /// [`Error::EventOverflow`], [`Error::ErrorOverflow`].
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        self.events = self.events.checked_add(other.events).ok_or(Error::EventOverflow)?;
        for wafer in WaferHash::all() {
            for (kind, &events) in other.wafer(wafer).iter().enumerate() {
                self.fill(wafer, kind, events)?;
            }
            let outside = &mut self.outside[wafer.index()];
            *outside = outside.saturating_add(other.outside(wafer));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_types_count_as_entries_only() {
        let wafer = WaferHash::new(3).unwrap();
        let mut map = BsErrorMap::new();
        map.fill(wafer, 14, 2).unwrap();
        map.fill(wafer, 15, 3).unwrap();
        assert_eq!((map.wafer(wafer)[14], map.outside(wafer)), (2, 3));
        map.fill(wafer, 14, u32::MAX).unwrap_err();
    }

    #[test]
    fn parts_add_up() {
        let wafer = WaferHash::new(8).unwrap();
        let mut parts = [BsErrorMap::new(), BsErrorMap::new()];
        for (part, kind) in parts.iter_mut().zip([2, 20]) {
            part.set_events(5);
            part.fill(wafer, 2, 1).unwrap();
            part.fill(wafer, kind, 3).unwrap();
        }
        let [mut sum, other] = parts;
        sum.merge(&other).unwrap();
        assert_eq!((sum.events(), sum.wafer(wafer)[2], sum.outside(wafer)), (10, 5, 3));
    }
}

//! The record at the end of a file.

use super::{
    Stamp,
    record::{FILE_END, FILE_END_LAST},
};
use crate::Words;

/// Statistics of a file that was closed properly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileEnd {
    /// When it was closed.
    pub closed: Stamp,
    /// Events in this file.
    pub events_in_file: u32,
    /// Their size, MB of 1024^2 bytes, rounded.
    pub mb_in_file: u32,
    /// Events in the files of the sequence so far.
    pub events_in_run: u32,
    /// Their size, MB.
    pub mb_in_run: u32,
    /// Whether this is the last file of the sequence.
    pub is_last: bool,
}

/// Length of the record, bytes.
pub(super) const LENGTH: usize = 40;

impl FileEnd {
    /// The record in the last 40 bytes of a file; none when it is not there, or has no date.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let record = Words::of(bytes.last_chunk::<LENGTH>()?);
        let mut words = [0; 10];
        words.iter_mut().zip(record.iter()).for_each(|(to, word)| *to = word);
        let [FILE_END, 10, date, time, events_in_file, mb_in_file, rest @ ..] = words else {
            return None;
        };
        let [events_in_run, mb_in_run, status, FILE_END_LAST] = rest else { return None };
        let closed = Stamp { date, time };
        let is_last = status == 1;
        let end = Self { closed, events_in_file, mb_in_file, events_in_run, mb_in_run, is_last };
        (date != 0).then_some(end)
    }

    pub(super) fn words(&self) -> [u32; 10] {
        [
            FILE_END,
            10,
            self.closed.date,
            self.closed.time,
            self.events_in_file,
            self.mb_in_file,
            self.events_in_run,
            self.mb_in_run,
            self.is_last.into(),
            FILE_END_LAST,
        ]
    }
}

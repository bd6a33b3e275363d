//! Full events.

use crate::{
    Words,
    inflate::{InflateError, Inflater},
    words::count,
};

use super::{EVENT_MARKER, EventVersion, Fragment, FragmentError, Level, Robs, StreamTags};

/// How the payload of an event is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PayloadCompression {
    /// As it is.
    #[default]
    None,
    /// As one zlib stream, padded with zeros to a whole word.
    Zlib,
}

/// What the header of an event says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventHeader {
    /// Time of the bunch crossing, seconds since 1970 UTC, as stored.
    pub seconds: u32,
    /// Rest of the time, nanoseconds, as stored; values above 10^9 occur.
    pub nanoseconds: u32,
    /// Event number; 32 bits before version 5.
    pub global_id: u64,
    /// 0 physics, 1 calibration, 2 cosmics, 15 test; bit 31 for simulation.
    pub run_type: u32,
    /// Run.
    pub run_number: u32,
    /// Lumi block, 16 bits.
    pub lumi_block: u16,
    /// Extended level-1 number.
    pub level1_id: u32,
    /// Bunch crossing, 12 bits.
    pub bunch_crossing: u16,
    /// Level-1 trigger type, 8 bits.
    pub trigger_type: u8,
}

/// Until this run the two words of the time were exchanged when the nanoseconds were above 10^9.
const FIRST_RUN_WITH_ORDERED_TIME: u32 = 20_920;
const NANOSECONDS: u32 = 1_000_000_000;

impl EventHeader {
    /// Time of the bunch crossing as the offline software takes it: seconds since 1970 UTC and nanoseconds, the latter at
    /// most 10^9; words that early runs exchanged are put right. Source: `EventInfoByteStreamAuxCnv`.
    pub fn time(&self) -> (u32, u32) {
        let exchanged =
            self.nanoseconds > NANOSECONDS && self.run_number < FIRST_RUN_WITH_ORDERED_TIME;
        let (seconds, nanoseconds) = if exchanged {
            (self.nanoseconds, self.seconds)
        } else {
            (self.seconds, self.nanoseconds)
        };
        (seconds, nanoseconds.min(NANOSECONDS))
    }
}

/// A full event whose header holds.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    fragment: Fragment<'a>,
    /// What the header says.
    pub header: EventHeader,
    /// How the payload is stored.
    pub compression: PayloadCompression,
    /// Size of the payload once inflated, words; version 4 does not say and has the stored size.
    pub payload_words: u32,
    /// Level-1 trigger words: before prescale, after prescale, after veto, a third each.
    pub level1_info: Words<'a>,
    /// Level-2 trigger words.
    pub level2_info: Words<'a>,
    /// High-level trigger (event filter) words.
    pub hlt_info: Words<'a>,
    /// Stream tags as stored.
    tags: Words<'a>,
}

/// Reads header words one after another.
struct Cursor<'a> {
    words: Words<'a>,
    next: usize,
    /// Words that the content asked for, also past the end.
    asked: u64,
}

impl<'a> Cursor<'a> {
    /// Next word; zero past the end, which the size check finds afterwards.
    fn word(&mut self) -> u32 {
        let word = self.words.get(self.next).unwrap_or(0);
        self.next += 1;
        self.asked += 1;
        word
    }

    /// A counted block.
    fn block(&mut self) -> Words<'a> {
        let count = self.word();
        self.asked += u64::from(count);
        let end = self.next.saturating_add(count as usize);
        let block = self.words.slice(self.next..end);
        self.next = if block.is_some() { end } else { self.words.len() };
        block.unwrap_or_default()
    }
}

impl<'a> Event<'a> {
    /// Reads an event that fills `words`.
    ///
    /// # Errors
    ///
    /// [`FragmentError`] when the frame or the header does not hold.
    pub fn parse(words: Words<'a>) -> Result<Self, FragmentError> {
        let level = Level::Event;
        let fragment = Fragment::parse(words, level, EVENT_MARKER, 0)?;
        if fragment.words().len() != words.len() {
            let (found, expected) = (fragment.words().len(), words.len());
            return Err(FragmentError::Size { level, word: 0, found, expected });
        }
        let mut cursor = Cursor { words: fragment.specific(), next: 0, asked: 0 };
        let version = fragment.event_version();
        let header = Self::header(version, &mut cursor);
        let at = fragment.specific_at() + cursor.next;
        let (kind, payload_words) = match version {
            EventVersion::V4 => (0, count(fragment.payload().len())),
            EventVersion::V5 => (cursor.word(), cursor.word()),
        };
        let [level1_info, level2_info, hlt_info, tags] = std::array::from_fn(|_| cursor.block());
        if cursor.asked != cursor.words.len() as u64 {
            let expected = fragment.specific_at() as u64 + cursor.asked;
            let found = count(fragment.header_len());
            return Err(FragmentError::HeaderSize { level, word: 2, found, expected });
        }
        let compression = match kind {
            0 => PayloadCompression::None,
            1 => PayloadCompression::Zlib,
            found => return Err(FragmentError::Compression { word: at, found }),
        };
        Ok(Self {
            fragment,
            header,
            compression,
            payload_words,
            level1_info,
            level2_info,
            hlt_info,
            tags,
        })
    }

    /// The words that both versions have, in the order of the version.
    fn header(version: EventVersion, cursor: &mut Cursor<'_>) -> EventHeader {
        let (seconds, nanoseconds) = (cursor.word(), cursor.word());
        let low = u64::from(cursor.word());
        let high = match version {
            EventVersion::V4 => 0,
            EventVersion::V5 => u64::from(cursor.word()),
        };
        EventHeader {
            seconds,
            nanoseconds,
            global_id: high << 32 | low,
            run_type: cursor.word(),
            run_number: cursor.word(),
            lumi_block: (cursor.word() & 0xFFFF) as u16,
            level1_id: cursor.word(),
            bunch_crossing: (cursor.word() & 0xFFF) as u16,
            trigger_type: (cursor.word() & 0xFF) as u8,
        }
    }

    /// The common part.
    pub const fn fragment(&self) -> &Fragment<'a> {
        &self.fragment
    }

    /// Stream tags.
    pub const fn stream_tags(&self) -> StreamTags<'a> {
        StreamTags::new(self.tags)
    }

    /// The ROBs of an event whose payload is not compressed; [`EventDecoder`](crate::EventDecoder) inflates others.
    pub fn robs(&self) -> Robs<'a> {
        Robs::new(self.fragment.payload(), self.fragment.header_len())
    }

    /// Inflates the payload into `target`.
    pub(crate) fn inflate(
        &self,
        inflater: &mut Inflater,
        target: &mut Vec<u8>,
    ) -> Result<(), InflateError> {
        let announced = (self.payload_words as usize).saturating_mul(4);
        inflater.exact(self.fragment.payload().bytes(), announced, target)
    }
}

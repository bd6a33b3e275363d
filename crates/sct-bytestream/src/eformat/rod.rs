//! ROD fragments.

use crate::Words;

use super::{FragmentError, Level, ROD_MARKER};

/// Where the status block of a ROD stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusPosition {
    /// Before the data.
    Before,
    /// After the data; the SCT writes it so.
    #[default]
    After,
}

/// What the header of a ROD says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RodHeader {
    /// Minor format version, the sub-detector's own.
    pub minor_version: u16,
    /// Source identifier.
    pub source_id: u32,
    /// Run, 31 bits.
    pub run_number: u32,
    /// Extended level-1 number.
    pub level1_id: u32,
    /// Bunch crossing.
    pub bunch_crossing: u32,
    /// Level-1 trigger type.
    pub trigger_type: u32,
    /// Detector event type. SCT: bit 20 simulated, bit 21 super-condensed.
    pub event_type: u32,
}

/// Words of the header.
pub(super) const HEADER: usize = 9;
/// Words of the trailer.
pub(super) const TRAILER: usize = 3;
/// Major version of all ROD fragments.
pub(super) const MAJOR: u32 = 0x0301;

/// One ROD fragment.
#[derive(Clone, Copy, Debug)]
pub struct Rod<'a> {
    /// The header.
    pub header: RodHeader,
    /// Status words.
    pub status: Words<'a>,
    /// Data words.
    pub data: Words<'a>,
    /// Sizes in the trailer did not add up: there is no status, and the data are the whole body with what should be the
    /// trailer.
    pub damage: Option<FragmentError>,
}

impl<'a> Rod<'a> {
    /// Reads the payload of a ROB, at place `word` of the event.
    ///
    /// # Errors
    ///
    /// [`FragmentError`] for a wrong marker, version or header size, and when header and trailer do not fit in.
    pub fn parse(words: Words<'a>, word: usize) -> Result<Self, FragmentError> {
        let (level, available) = (Level::Rod, words.len());
        let Some((head, body)) = words.quads().split_first_chunk::<HEADER>() else {
            return Err(FragmentError::Cut { level, word, needed: 12, available });
        };
        let head = head.map(u32::from_le_bytes);
        if head[0] != ROD_MARKER {
            let (found, expected) = (head[0], ROD_MARKER);
            return Err(FragmentError::Marker { level, word, found, expected });
        }
        if head[1] as usize != HEADER {
            let (word, expected) = (word + 1, HEADER as u64);
            return Err(FragmentError::HeaderSize { level, word, found: head[1], expected });
        }
        if head[2] >> 16 != MAJOR {
            let (word, expected) = (word + 2, "0x0301");
            return Err(FragmentError::Version { level, word, found: head[2], expected });
        }
        let Some((_, trailer)) = body.split_last_chunk::<TRAILER>() else {
            return Err(FragmentError::Cut { level, word, needed: 12, available });
        };
        let [status, data, position] = trailer.map(u32::from_le_bytes);
        let body = Words::of(body.as_flattened());
        Ok(Self::blocks(RodHeader::from_words(head), body, (status, data, position), word))
    }

    /// Finds status and data in a body that ends with the trailer.
    fn blocks(header: RodHeader, body: Words<'a>, trailer: (u32, u32, u32), word: usize) -> Self {
        let (status, data, position) = trailer;
        let available = body.len() - TRAILER;
        if u64::from(status) + u64::from(data) != available as u64 {
            let damage = Some(FragmentError::RodSize { word, status, data, available });
            return Self { header, status: Words::default(), data: body, damage };
        }
        let part = |from, to| body.slice(from..to).expect("status and data fill the body");
        let (ns, nd) = (status as usize, data as usize);
        let (status, data) = if position == 0 {
            (part(0, ns), part(ns, available))
        } else {
            (part(nd, available), part(0, nd))
        };
        Self { header, status, data, damage: None }
    }
}

impl RodHeader {
    fn from_words(words: [u32; HEADER]) -> Self {
        let [_, _, version, source_id, run, level1_id, bunch_crossing, trigger_type, event_type] =
            words;
        Self {
            minor_version: (version & 0xFFFF) as u16,
            source_id,
            // Bit 31 does not belong to the run.
            run_number: run & 0x7FFF_FFFF,
            level1_id,
            bunch_crossing,
            trigger_type,
            event_type,
        }
    }

    /// The words of the header.
    pub(super) fn to_words(self) -> [u32; HEADER] {
        [
            ROD_MARKER,
            9,
            MAJOR << 16 | u32::from(self.minor_version),
            self.source_id,
            self.run_number,
            self.level1_id,
            self.bunch_crossing,
            self.trigger_type,
            self.event_type,
        ]
    }
}

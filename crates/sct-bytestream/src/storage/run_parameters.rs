//! The run that a file belongs to.

use super::{
    Error, FileVersion,
    record::{Cursor, RUN_PARAMETERS},
};

/// What collides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BeamType {
    /// No beam; shown as cosmics.
    #[default]
    None,
    /// Protons.
    Protons,
    /// Ions.
    Ions,
    /// A number without meaning here.
    Other(u32),
}

impl BeamType {
    /// From the record.
    pub const fn from_u32(kind: u32) -> Self {
        match kind {
            0 => Self::None,
            1 => Self::Protons,
            2 => Self::Ions,
            other => Self::Other(other),
        }
    }

    /// As in the record.
    pub const fn to_u32(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Protons => 1,
            Self::Ions => 2,
            Self::Other(other) => other,
        }
    }
}

/// Run parameters record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunParameters {
    /// Run.
    pub run_number: u32,
    /// Limit of events, 0 for none.
    pub max_events: u32,
    /// Whether recording was on.
    pub rec_enable: u32,
    /// Trigger type.
    pub trigger_type: u32,
    /// Parts of the detector that were read out, a bit each; 0 when not known. 32 bits in file version 2, 64 in 5, 128 in 6.
    pub detector_mask: u128,
    /// What collided.
    pub beam_type: BeamType,
    /// Energy of one beam, `GeV`.
    pub beam_energy: u32,
}

impl RunParameters {
    /// Bits 4 to 7: barrel A, barrel C, end-cap A, end-cap C of the SCT.
    pub const SCT_MASK: u128 = 0xF0;

    /// Whether the SCT, or part of it, was read out; a mask of 0 is taken as everything.
    pub const fn has_sct(&self) -> bool {
        self.detector_mask == 0 || self.detector_mask & Self::SCT_MASK != 0
    }

    pub(super) fn read(cursor: &mut Cursor<'_>, version: FileVersion) -> Result<Self, Error> {
        const NAME: &str = "run parameters";
        Ok(match version {
            FileVersion::V2 => Self::of(&cursor.record::<7>(RUN_PARAMETERS, NAME)?),
            FileVersion::V5 => Self::of(&cursor.record::<8>(RUN_PARAMETERS, NAME)?),
            FileVersion::V6 => Self::of(&cursor.record::<10>(RUN_PARAMETERS, NAME)?),
        })
    }

    /// Four words, the detector mask from its low word up, two words.
    fn of(words: &[u32]) -> Self {
        let (head, rest) = words.split_at(4);
        let (mask, beam) = rest.split_at(rest.len() - 2);
        let mask = mask.iter().rev().fold(0, |mask, &word| mask << 32 | u128::from(word));
        Self {
            run_number: head[0],
            max_events: head[1],
            rec_enable: head[2],
            trigger_type: head[3],
            detector_mask: mask,
            beam_type: BeamType::from_u32(beam[0]),
            beam_energy: beam[1],
        }
    }

    /// The record; mask bits that the version has no room for are left out.
    pub(super) fn words(&self, version: FileVersion) -> Vec<u32> {
        let mask = self.detector_mask.to_le_bytes();
        let mask = crate::Words::of(&mask);
        let mut words = vec![RUN_PARAMETERS, 0];
        words.extend([self.run_number, self.max_events, self.rec_enable, self.trigger_type]);
        words.extend(mask.iter().take(version.mask_words()));
        words.extend([self.beam_type.to_u32(), self.beam_energy]);
        words[1] = u32::try_from(words.len()).expect("a record has few words");
        words
    }
}

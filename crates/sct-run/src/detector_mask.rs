//! Which parts of the detector are in the read-out: the detector mask of a run.
//!
//! Bits and names: `docs/formats/run-info.md`. Source: the decoders of the run query.

use std::{fmt, str::FromStr};

use sct_id::RunNumber;

/// A detector mask: a bit for each part in the read-out. Masks of Run 3 have more than 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DetectorMask(pub u128);

/// Which LHC run a mask is of: bits changed their meaning, those of the SCT never did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoder {
    /// Until 2013; 54 bits.
    Run1,
    /// 2014 to 2018; 64 bits.
    Run2,
    /// From 2021; 71 bits.
    Run3,
}

/// Parts of the SCT, by bit from [`FIRST_SCT_BIT`].
const SCT: [&str; 4] = ["SCTBA", "SCTBC", "SCTEA", "SCTEC"];
const FIRST_SCT_BIT: u32 = 4;

/// Bits 0 to 53 of all runs; the few that differ are below.
const COMMON: [&str; 54] = [
    "Pix Barrel",
    "Pix Disks",
    "Pix B-Layer",
    "",
    "SCT BA",
    "SCT BC",
    "SCT EA",
    "SCT EC",
    "TRT BA",
    "TRT BC",
    "TRT EA",
    "TRT EC",
    "LAr EMBA",
    "LAr EMBC",
    "LAr EMECA",
    "LAr EMECC",
    "LAr HECA",
    "LAr HECC",
    "LAr FCALA",
    "LAr FCALC",
    "Tile BA",
    "Tile BC",
    "Tile EA",
    "Tile EC",
    "MDT BA",
    "MDT BC",
    "MDT EA",
    "MDT EC",
    "RPC BA",
    "RPC BC",
    "TGC EA",
    "TGC EC",
    "CSC EA",
    "CSC EC",
    "L1Calo preprocessor",
    "L1Calo cluster DAQ",
    "L1Calo cluster RoI",
    "L1Calo Jet/E DAQ",
    "L1Calo Jet/E RoI",
    "MUCTPI",
    "CTP",
    "L2SV",
    "SFI",
    "SFO",
    "LVL2",
    "EF",
    "BCM",
    "Lucid",
    "ZDC",
    "Alfa",
    "TRT ancillary",
    "Tile laser",
    "Muon ancillary",
    "TDAQ beam crates",
];
/// Bits 54 to 63 from Run 2 on.
const RUN_2: [&str; 10] = [
    "FTK",
    "Offline",
    "L1Topo",
    "L1Calo DIG",
    "DAQ",
    "ROI",
    "MMEGA EA",
    "MMEGA EC",
    "Pix IBL",
    "Pix DBM",
];
/// Bits 64 to 70 from Run 3 on.
const RUN_3: [&str; 7] =
    ["AFP", "LAr EMBA-ECA", "LAr EMBA-ECC", "LAr EMHA-ECA", "LAr EMHA-ECC", "STGC A", "STGC C"];

impl Decoder {
    /// The decoder of run information: by the two-digit year of the project.
    pub const fn of_year(year: u32) -> Self {
        match year {
            0..12 => Self::Run1,
            12..21 => Self::Run2,
            _ => Self::Run3,
        }
    }

    /// The decoder of the run query: by run number.
    pub fn of_run(run: RunNumber) -> Self {
        match run.to_u32() {
            378_001.. => Self::Run3,
            249_001.. => Self::Run2,
            _ => Self::Run1,
        }
    }

    /// Bits that say nothing about the detector.
    const fn ignored(self) -> u128 {
        let bits: &[u32] = match self {
            Self::Run1 => &[3, 50, 51, 52, 53],
            Self::Run2 => &[3, 41, 42, 44, 50, 51, 52, 53, 55, 57, 58, 59],
            Self::Run3 => &[3, 32, 33, 41, 42, 44, 50, 51, 52, 53, 54, 55, 57, 58, 59, 63],
        };
        let (mut mask, mut index) = (0, 0);
        while index < bits.len() {
            mask |= 1 << bits[index];
            index += 1;
        }
        mask
    }

    /// Name of a bit; none beyond the table of this run.
    fn name(self, bit: u32) -> Option<&'static str> {
        let bit = bit as usize;
        match (self, bit) {
            (Self::Run2 | Self::Run3, 45) => Some("HLT"),
            (Self::Run2 | Self::Run3, 49) => Some("ALFA"),
            (_, 0..54) => Some(COMMON[bit]),
            (Self::Run2 | Self::Run3, 54..64) => Some(RUN_2[bit - 54]),
            (Self::Run3, 64..71) => Some(RUN_3[bit - 64]),
            _ => None,
        }
    }
}

/// A text that is no detector mask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is no detector mask, expected {expected}")]
pub struct MaskError {
    found: String,
    expected: &'static str,
}

impl DetectorMask {
    /// Reads the hexadecimal digits of Run 2 and later, at most 32 of them.
    ///
    /// # Errors
    ///
    /// [`MaskError`] for anything else.
    pub fn from_hexadecimal(text: &str) -> Result<Self, MaskError> {
        let digits = text.trim();
        let sound = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mask = if sound { u128::from_str_radix(digits, 16).ok() } else { None };
        let wrong = || MaskError {
            found: digits.chars().take(50).collect(),
            expected: "1 to 32 hexadecimal digits",
        };
        mask.map(Self).ok_or_else(wrong)
    }

    /// Parts in the read-out, by bit. Bits that are not in the table are named by their number.
    pub fn parts(self, decoder: Decoder) -> Vec<String> {
        let mask = self.0 & !decoder.ignored();
        let name =
            |bit: u32| decoder.name(bit).map_or_else(|| format!("unknown {bit}"), str::to_owned);
        (0..u128::BITS).filter(|bit| mask >> bit & 1 == 1).map(name).collect()
    }

    /// Parts of the SCT in the read-out, joined by commas, or `NONE`. The same in all runs.
    pub fn sct_parts(self) -> String {
        let bits = SCT.into_iter().zip(FIRST_SCT_BIT..);
        let parts: Vec<&str> =
            bits.filter(|(_, bit)| self.0 >> bit & 1 == 1).map(|(name, _)| name).collect();
        if parts.is_empty() { "NONE".to_owned() } else { parts.join(",") }
    }

    /// Parts of the SCT that are not in the read-out.
    pub fn missing_sct_parts(self) -> Vec<&'static str> {
        let bits = SCT.into_iter().zip(FIRST_SCT_BIT..);
        bits.filter(|(_, bit)| self.0 >> bit & 1 == 0).map(|(name, _)| name).collect()
    }
}

impl FromStr for DetectorMask {
    type Err = MaskError;

    /// Reads a decimal number, as on the command line and in Run 1.
    fn from_str(text: &str) -> Result<Self, MaskError> {
        let wrong = || MaskError {
            found: text.chars().take(50).collect(),
            expected: "a decimal number below 2^128",
        };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse().map(Self).map_err(|_| wrong()) } else { Err(wrong()) }
    }
}

impl fmt::Display for DetectorMask {
    /// Hexadecimal, at least 16 digits, as run control writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL_SCT: &str = "SCTBA,SCTBC,SCTEA,SCTEC";

    #[test]
    fn masks_of_genuine_runs() {
        let run_252233 = DetectorMask::from_hexadecimal("0d00069fffffffff0").unwrap();
        assert_eq!(run_252233.sct_parts(), ALL_SCT);
        assert!(run_252233.missing_sct_parts().is_empty());
        let run_211541: DetectorMask = "281474976710647".parse().unwrap();
        assert_eq!(run_211541.0, 0xffff_ffff_fff7);
        assert_eq!(run_211541.sct_parts(), ALL_SCT);
        let parts = run_211541.parts(Decoder::Run1);
        assert_eq!(
            (parts.len(), parts[0].as_str(), parts[46].as_str()),
            (47, "Pix Barrel", "Lucid")
        );
        let sample = DetectorMask::from_hexadecimal("00000000000000000000280400f00000").unwrap();
        assert_eq!(sample.sct_parts(), "NONE");
        assert_eq!(sample.missing_sct_parts().join(","), ALL_SCT);
        let without_one = DetectorMask(0x70);
        assert_eq!(without_one.missing_sct_parts(), ["SCTEC"]);
        assert_eq!(
            sample.parts(Decoder::Run2),
            ["Tile BA", "Tile BC", "Tile EA", "Tile EC", "L1Calo preprocessor", "SFO", "HLT"]
        );
    }

    #[test]
    fn the_decoders_differ_where_the_detector_did() {
        let names = |bit: u32| {
            [Decoder::Run1, Decoder::Run2, Decoder::Run3]
                .map(|run| DetectorMask(1 << bit).parts(run).join(""))
        };
        assert_eq!(names(45), ["EF", "HLT", "HLT"]);
        assert_eq!(names(33), ["CSC EC", "CSC EC", ""]);
        assert_eq!(names(62), ["unknown 62", "Pix IBL", "Pix IBL"]);
        assert_eq!(names(63), ["unknown 63", "Pix DBM", ""]);
        assert_eq!(names(70), ["unknown 70", "unknown 70", "STGC C"]);
        assert_eq!(names(127), ["unknown 127", "unknown 127", "unknown 127"]);
        assert_eq!(names(3), ["", "", ""]);
    }

    #[test]
    fn runs_and_years_choose_the_decoder() {
        let of = |run| Decoder::of_run(RunNumber::new(run).unwrap());
        assert_eq!(
            [of(249_000), of(249_001), of(378_000), of(378_001)],
            [Decoder::Run1, Decoder::Run2, Decoder::Run2, Decoder::Run3]
        );
        assert_eq!(
            [11, 12, 20, 21].map(Decoder::of_year),
            [Decoder::Run1, Decoder::Run2, Decoder::Run2, Decoder::Run3]
        );
    }

    #[test]
    fn damaged_masks_are_refused() {
        for text in ["", " ", "0xf0", "f0g", "-1", "123456789012345678901234567890123"] {
            assert!(DetectorMask::from_hexadecimal(text).is_err(), "{text}");
        }
        for text in ["", "+1", "0xf0", "340282366920938463463374607431768211456"] {
            assert!(text.parse::<DetectorMask>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn masks_round_trip(mask: u128) {
            let mask = DetectorMask(mask);
            prop_assert_eq!(DetectorMask::from_hexadecimal(&mask.to_string()), Ok(mask));
            prop_assert_eq!(mask.0.to_string().parse::<DetectorMask>(), Ok(mask));
        }
    }
}

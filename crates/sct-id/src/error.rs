//! What can be wrong with an identifier.

/// A number or position that does not exist in the detector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number past the end of its range.
    #[error("{what} {value} is out of range, expected {first} to {last}")]
    Range {
        /// Kind of number.
        what: &'static str,
        /// The number given.
        value: i64,
        /// Smallest valid number.
        first: i64,
        /// Largest valid number.
        last: i64,
    },
    /// A barrel or end-cap code other than -2, 0 and 2.
    #[error("barrel_ec {0} does not exist, expected -2, 0 or 2")]
    Region(i64),
    /// A position without a module.
    #[error(
        "there is no module at barrel_ec {barrel_ec}, layer or disk {layer_disk}, phi {phi}, eta {eta}"
    )]
    Position {
        /// -2, 0 or 2.
        barrel_ec: i8,
        /// Layer or disk.
        layer_disk: i64,
        /// Position in phi.
        phi: i64,
        /// Position in eta.
        eta: i64,
    },
    /// Bits that do not encode an SCT module, wafer or strip.
    #[error("compact identifier {0:#010x} does not belong to an SCT strip")]
    CompactId(u32),
    /// A 64-bit identifier whose lower half is not zero.
    #[error("64-bit identifier {0:#018x} is not a shifted 32-bit one")]
    WideId(u64),
    /// A text that is no position.
    #[error(
        "'{0}' is not a wafer position, expected barrel_ec, layer, phi, eta and side joined by '_'"
    )]
    Text(String),
    /// An interval that ends before it begins.
    #[error("interval [{since}, {until}) is empty or reversed")]
    Interval {
        /// First key.
        since: u64,
        /// First key past the end.
        until: u64,
    },
    /// Not 14 digits beginning with 20220.
    #[error("'{0}' is no serial number, expected 14 digits beginning with 20220")]
    SerialNumber(String),
    /// A swap rule other than `side0`, `side1` and `none`.
    #[error("unknown barrel swap '{0}', expected side0, side1 or none")]
    BarrelSwap(String),
    /// A text that is no set of lumi blocks.
    #[error("'{0}' is no lumi block or range of lumi blocks")]
    LumiBlocks(String),
}

//! What can be wrong with the numbers of the read-out, and with putting them together.

use sct_id::{ModuleHash, SerialNumber, WaferHash};

use crate::{OnlineId, RodId};

/// A number the read-out does not have, or an entry the cabling has no room for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A fibre past the last one.
    #[error("fibre {0} does not exist, expected 0 to 95")]
    Fibre(u64),
    /// A source identifier that is no ROD of the SCT.
    #[error("ROD {0:#x} does not exist, expected 0x21 to 0x24 with 00NN, 010N or 001N")]
    Rod(u32),
    /// A fibre that another wafer has.
    #[error("{online} already leads to wafer {first}, wafer {refused} is refused")]
    OnlineIdTaken {
        /// The fibre.
        online: OnlineId,
        /// The wafer that came first.
        first: WaferHash,
        /// The wafer that is left out.
        refused: WaferHash,
    },
    /// A wafer that has another fibre.
    #[error("wafer {wafer} is already at {first}, {refused} is refused")]
    WaferTaken {
        /// The wafer.
        wafer: WaferHash,
        /// Its fibre.
        first: OnlineId,
        /// The fibre that is left out.
        refused: OnlineId,
    },
    /// A ROD that exists in one numbering only, among RODs that exist in the other only.
    #[error("ROD {rod} is of the other numbering than the RODs before, wafer {refused} is refused")]
    OtherNumbering {
        /// The ROD.
        rod: RodId,
        /// The wafer that is left out.
        refused: WaferHash,
    },
    /// A module with two serial numbers.
    #[error("module {module} already has serial number {first}, {refused} is refused")]
    SerialNumberDiffers {
        /// The module.
        module: ModuleHash,
        /// Its serial number.
        first: SerialNumber,
        /// The serial number that is left out.
        refused: SerialNumber,
    },
    /// A serial number with two modules.
    #[error(
        "serial number {serial} already belongs to module {first}, module {refused} is refused"
    )]
    SerialNumberTaken {
        /// The serial number.
        serial: SerialNumber,
        /// The module that came first.
        first: ModuleHash,
        /// The module that stays without.
        refused: ModuleHash,
    },
}

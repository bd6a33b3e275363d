//! The cabling as text: one line for each wafer.
//!
//! A table inside an XML-like frame; the columns are separated by blanks, eta stands before phi, and fibre 255 marks a
//! dead link. See section 3 of `docs/formats/cabling.md`.
//!
//! ```
//! let text = "\
//! <textList name=\"SCT cabling mapping\" headings=\"Rod Fibre Bec LayerDisk Eta Phi Side RobId Sn\">
//! 0 4 0 0 -6 12 0 0x210000 20220500000123
//! 0 255 0 0 -6 12 1 0x210000 20220500000123
//! </textList>
//! ";
//! let read = sct_cabling::text::read(text)?;
//! assert!(read.refused.is_empty());
//! let module = sct_id::ModulePosition::new(sct_id::Region::Barrel, 0, 12, -6)?.hash();
//! let fibre = |side| read.cabling.online_id(module.wafer(side)).map(|id| id.fibre().index());
//! assert_eq!(sct_id::Side::ALL.map(fibre), [Some(4), Some(5)]);
//! assert_eq!(read.cabling.usable_links(module), sct_cabling::UsableLinks::OnlyLink0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod line;
mod read;
mod write;

pub use self::{
    line::LineError,
    read::{Error, Read, RefusedLine, read},
    write::{MissingSerialNumber, write},
};

/// Column names, by which the table is found.
const HEADINGS: &str = "Rod Fibre Bec LayerDisk Eta Phi Side RobId Sn";
/// Ends the table.
const END: &str = "</textList>";
/// The fibre of a dead link.
const DEAD: u64 = 255;

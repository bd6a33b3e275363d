//! One line of the table.

use std::str::SplitWhitespace;

use sct_id::{ModulePosition, Region, SerialNumber, Side, WaferHash};

use super::DEAD;
use crate::{Fibre, OnlineId, RodId};

/// Why a line is not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// Too few columns.
    #[error("column {0} is missing")]
    Missing(&'static str),
    /// A column that is no number.
    #[error("column {column} is '{text}', expected a number")]
    Number {
        /// The column.
        column: &'static str,
        /// What it holds.
        text: String,
    },
    /// A wafer or serial number that does not exist.
    #[error("{0}")]
    Identifier(#[from] sct_id::Error),
    /// A fibre or ROD that does not exist, or that is taken.
    #[error("{0}")]
    Cabling(#[from] crate::Error),
    /// A dead link whose partner gives no place.
    #[error("wafer {0} has a dead link, and its other side has no fibre either")]
    NoPartner(WaferHash),
    /// The text ends inside the table.
    #[error("the table is not closed")]
    NotClosed,
}

/// What a line says.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) wafer: WaferHash,
    pub(super) link: Link,
}

#[derive(Clone, Copy)]
pub(super) enum Link {
    Alive { online: OnlineId, serial: SerialNumber },
    Dead,
}

impl Line {
    /// Reads the nine columns; what stands after them is not looked at, as in the original.
    pub(super) fn parse(line: &str) -> Result<Self, LineError> {
        let mut words = Words(line.split_whitespace());
        words.decimal("Rod")?;
        let fibre = words.fibre()?;
        let [barrel_ec, layer_disk, eta, phi, side] =
            words.decimals(["Bec", "LayerDisk", "Eta", "Phi", "Side"])?;
        let rob = words.next("RobId").and_then(|text| hexadecimal("RobId", text))?;
        let serial = words.next("Sn")?;

        let region = Region::from_barrel_ec(barrel_ec)?;
        let side = Side::new(usize::try_from(side).unwrap_or(usize::MAX))?;
        let wafer = ModulePosition::new(region, layer_disk, phi, eta)?.wafer(side).hash();
        // A dead link takes ROD and serial number from the other side; its own may be placeholders.
        if fibre == DEAD {
            return Ok(Self { wafer, link: Link::Dead });
        }
        let fibre = Fibre::new(usize::try_from(fibre).unwrap_or(usize::MAX))?;
        let rod = RodId::new(u32::try_from(rob).unwrap_or(u32::MAX))?;
        let link = Link::Alive { online: OnlineId::new(rod, fibre), serial: serial.parse()? };
        Ok(Self { wafer, link })
    }
}

struct Words<'a>(SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn next(&mut self, column: &'static str) -> Result<&'a str, LineError> {
        self.0.next().ok_or(LineError::Missing(column))
    }

    fn decimal(&mut self, column: &'static str) -> Result<i64, LineError> {
        let text = self.next(column)?;
        text.parse().map_err(|_| no_number(column, text))
    }

    fn decimals<const N: usize>(
        &mut self,
        columns: [&'static str; N],
    ) -> Result<[i64; N], LineError> {
        let mut numbers = [0; N];
        for (number, column) in numbers.iter_mut().zip(columns) {
            *number = self.decimal(column)?;
        }
        Ok(numbers)
    }

    /// Decimal, or hexadecimal behind `0x`.
    fn fibre(&mut self) -> Result<u64, LineError> {
        let text = self.next("Fibre")?;
        if text.starts_with("0x") {
            hexadecimal("Fibre", text)
        } else {
            text.parse().map_err(|_| no_number("Fibre", text))
        }
    }
}

fn hexadecimal(column: &'static str, text: &str) -> Result<u64, LineError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    // A sign would pass the number parser.
    let sound = !digits.starts_with('+');
    let number = sound.then(|| u64::from_str_radix(digits, 16).ok()).flatten();
    number.ok_or_else(|| no_number(column, text))
}

fn no_number(column: &'static str, text: &str) -> LineError {
    LineError::Number { column, text: text.to_owned() }
}

//! From text to cabling.

use std::fmt;

use sct_id::WaferHash;

use super::{
    END, HEADINGS, LineError,
    line::{Line, Link},
};
use crate::Cabling;

/// Why a text gives no cabling at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No line with the column names.
    #[error("there is no table with the columns '{HEADINGS}'")]
    NoTable,
}

/// A cabling and what was left out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The cabling.
    pub cabling: Cabling,
    /// Lines that were not taken over, in the order in which that was noticed: dead links come last.
    pub refused: Vec<RefusedLine>,
}

/// A line that was not taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedLine {
    /// Its number in the text, from 1.
    pub line: usize,
    /// Why.
    pub reason: LineError,
}

impl fmt::Display for RefusedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// Reads the cabling table of a text. What stands before and behind it is not looked at, nor are empty lines and lines
/// with a dash and a blank.
///
/// # Errors
///
/// [`Error::NoTable`] without the line of column names. Bad lines are no error: they are in [`Read::refused`].
pub fn read(text: &str) -> Result<Read, Error> {
    let mut lines = text.lines().zip(1..);
    lines.find(|(line, _)| line.contains(HEADINGS)).ok_or(Error::NoTable)?;
    let mut reader = Reader::default();
    let mut last = 0;
    for (line, number) in lines {
        last = number;
        if line.contains("- ") || line.trim().is_empty() {
            continue;
        }
        if line.contains(END) {
            reader.place_dead_links();
            return Ok(reader.read);
        }
        let added = Line::parse(line).and_then(|line| reader.add(line, number));
        reader.note(number, added);
    }
    reader.note(last + 1, Err(LineError::NotClosed));
    reader.place_dead_links();
    Ok(reader.read)
}

struct Reader {
    read: Read,
    dead: Vec<(WaferHash, usize)>,
}

impl Default for Reader {
    fn default() -> Self {
        let read = Read { cabling: Cabling::default(), refused: Vec::new() };
        Self { read, dead: Vec::new() }
    }
}

impl Reader {
    fn note(&mut self, line: usize, result: Result<(), LineError>) {
        if let Err(reason) = result {
            self.read.refused.push(RefusedLine { line, reason });
        }
    }

    fn add(&mut self, line: Line, number: usize) -> Result<(), LineError> {
        match line.link {
            Link::Dead => self.dead.push((line.wafer, number)),
            Link::Alive { online, serial } => {
                self.read.cabling.insert(line.wafer, online)?;
                self.read.cabling.set_serial_number(line.wafer.module(), serial)?;
            }
        }
        Ok(())
    }

    /// Dead links come last, when the fibre of the other side is known.
    fn place_dead_links(&mut self) {
        for (wafer, number) in std::mem::take(&mut self.dead) {
            let placed = self.place_dead_link(wafer);
            self.note(number, placed);
        }
    }

    fn place_dead_link(&mut self, wafer: WaferHash) -> Result<(), LineError> {
        let cabling = &mut self.read.cabling;
        let other = cabling.online_id(wafer.other_side()).ok_or(LineError::NoPartner(wafer))?;
        cabling.insert(wafer, other.partner())?;
        let module = wafer.module();
        cabling.set_usable_links(module, cabling.usable_links(module).without(wafer.side()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OnlineId, UsableLinks};

    fn table(lines: &str) -> Read {
        read(&format!("Rod Fibre x\nx \"{HEADINGS}\">\n{lines}\n{END}\n9 9 9\n")).unwrap()
    }

    /// Fibres of the module at barrel layer 0, phi 12, eta -6 on ROD 0x210000, side 0 first.
    fn fibres(read: &Read) -> [Option<u32>; 2] {
        let module = sct_id::ModulePosition::new(sct_id::Region::Barrel, 0, 12, -6).unwrap();
        let id = |wafer| read.cabling.online_id(wafer).map(OnlineId::to_u32);
        module.hash().wafers().map(id)
    }

    #[test]
    fn columns_have_eta_before_phi() {
        let read = table("0 0x0a 0 0 -6 12 0 0x210000 20220330200123 more\n\n# - not a line");
        assert_eq!((read.refused.as_slice(), fibres(&read)), (&[][..], [Some(0x0A21_0000), None]));
        let module = read.cabling.module("20220330200123".parse().unwrap()).unwrap();
        assert_eq!(module.position().to_string(), "0.0.12.-6");
        assert_eq!(
            fibres(&table("7 10 0 0 -6 12 1 210000 20220330200123")),
            [None, Some(0x0A21_0000)]
        );
    }

    #[test]
    fn a_dead_link_takes_the_fibre_beside_its_partner() {
        for (alive, side, expected) in [
            (4, 1, [Some(0x0421_0000), Some(0x0521_0000)]),
            (5, 0, [Some(0x0421_0000), Some(0x0521_0000)]),
            // Exchanged: side 0 on the odd fibre.
            (5, 1, [Some(0x0521_0000), Some(0x0421_0000)]),
            (4, 0, [Some(0x0521_0000), Some(0x0421_0000)]),
        ] {
            let other = 1 - side;
            let read = table(&format!(
                "0 255 0 0 -6 12 {side} 0xffffff none\n0 {alive} 0 0 -6 12 {other} 0x210000 20220330200123"
            ));
            assert_eq!((read.refused.as_slice(), fibres(&read)), (&[][..], expected));
            let module = read.cabling.module("20220330200123".parse().unwrap()).unwrap();
            let expected = if side == 0 { UsableLinks::OnlyLink1 } else { UsableLinks::OnlyLink0 };
            assert_eq!(read.cabling.usable_links(module), expected);
        }
    }

    #[test]
    fn bad_lines_are_named_and_left_out() {
        for (line, expected) in [
            ("", ""),
            ("0", "line 3: column Fibre is missing"),
            (
                "x 0 0 0 -6 12 0 210000 20220330200123",
                "line 3: column Rod is 'x', expected a number",
            ),
            (
                "0 -1 0 0 -6 12 0 210000 20220330200123",
                "line 3: column Fibre is '-1', expected a number",
            ),
            (
                "0 0x 0 0 -6 12 0 210000 20220330200123",
                "line 3: column Fibre is '0x', expected a number",
            ),
            (
                "0 96 0 0 -6 12 0 210000 20220330200123",
                "line 3: fibre 96 does not exist, expected 0 to 95",
            ),
            (
                "0 0 1 0 -6 12 0 210000 20220330200123",
                "line 3: barrel_ec 1 does not exist, expected -2, 0 or 2",
            ),
            (
                "0 0 0 0 12 -6 0 210000 20220330200123",
                "line 3: there is no module at barrel_ec 0, layer or disk 0, phi -6, eta 12",
            ),
            (
                "0 0 0 0 -6 12 2 210000 20220330200123",
                "line 3: side 2 is out of range, expected 0 to 1",
            ),
            (
                "0 0 0 0 -6 12 0 +10000 20220330200123",
                "line 3: column RobId is '+10000', expected a number",
            ),
            (
                "0 0 0 0 -6 12 0 200000 20220330200123",
                "line 3: ROD 0x200000 does not exist, expected 0x21 to 0x24 with 00NN, 010N or 001N",
            ),
            (
                "0 0 0 0 -6 12 0 210000 123",
                "line 3: '123' is no serial number, expected 14 digits beginning with 20220",
            ),
            (
                "0 255 0 0 -6 12 0 210000 20220330200123",
                "line 3: wafer 2264 has a dead link, and its other side has no fibre either",
            ),
        ] {
            let read = table(line);
            let refused: Vec<String> = read.refused.iter().map(ToString::to_string).collect();
            assert_eq!(refused.join("\n"), expected);
            assert!(read.cabling.is_empty());
        }
    }

    #[test]
    fn later_lines_do_not_replace_earlier_ones() {
        let read = table(
            "0 4 0 0 -6 12 0 210000 20220330200123
             0 4 0 0 -5 12 0 210000 20220330200124
             0 6 0 0 -6 12 0 210000 20220330200123
             0 5 0 0 -6 12 1 210000 20220330200125
             0 255 0 0 -6 12 1 210000 20220330200123",
        );
        let lines: Vec<usize> = read.refused.iter().map(|refused| refused.line).collect();
        assert_eq!(
            (lines, fibres(&read)),
            (vec![4, 5, 6, 7], [Some(0x0421_0000), Some(0x0521_0000)])
        );
    }

    #[test]
    fn rods_of_the_other_numbering_are_refused() {
        let read =
            table("0 0 0 0 -6 12 0 220010 20220330200123\n0 0 0 0 -5 12 0 220105 20220330200124");
        assert_eq!((read.cabling.len(), read.refused.len(), read.refused[0].line), (1, 1, 4));
    }

    #[test]
    fn a_text_without_table_or_end_is_told() {
        assert_eq!(read(""), Err(Error::NoTable));
        assert_eq!(read("Rod Fibre Bec\n0 0 0\n"), Err(Error::NoTable));
        let open = read(&format!("{HEADINGS}\n0 4 0 0 -6 12 0 210000 20220330200123")).unwrap();
        assert_eq!(open.cabling.len(), 1);
        assert_eq!(open.refused, [RefusedLine { line: 3, reason: LineError::NotClosed }]);
    }
}

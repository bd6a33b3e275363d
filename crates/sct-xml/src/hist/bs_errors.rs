//! BSErrorModuleSummary.xml: byte-stream errors by wafer and type.

use std::{fmt::Write as _, io};

use sct_hitmap::ByteStreamError;
use sct_id::{SerialNumber, WaferHash};

use super::{RunHead, XmlFile, items, number, wafer, xml_file};
use crate::parse::{Element, Problem};

/// Values that give the position.
const POSITION: [&str; 5] = ["barrel_endcap", "layer", "eta", "phi", "side"];

/// Wafers that become text together: all of them take 7 MB.
const AT_ONCE: usize = 256;

/// One wafer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BsErrorWafer {
    /// Serial number of the module.
    pub serial: SerialNumber,
    /// The wafer.
    pub wafer: WaferHash,
    /// Events with errors, summed over the types.
    pub total: u64,
    /// Events with each error, in the order of [`ByteStreamError::ALL`].
    pub counts: [u64; ByteStreamError::COUNT],
}

/// Byte-stream errors by wafer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BsErrorModules {
    /// The run.
    pub head: RunHead,
    /// Wafers in the order of [`sct_id::Part`], and within a part of [`sct_id::Part::wafers`].
    pub wafers: Vec<BsErrorWafer>,
}

xml_file!(BsErrorModules, "run", in pieces);

impl XmlFile for BsErrorModules {
    fn write_to(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut xml = self.head.open("BSErrorInfo.xsl");
        xml.push_str("  <data>\n");
        let starts =
            ByteStreamError::ALL.map(|kind| format!("      <value name=\"{}\">", kind.name()));
        for wafers in self.wafers.chunks(AT_ONCE) {
            for wafer in wafers {
                wafer.put(&mut xml, &starts);
            }
            out.write_all(xml.as_bytes())?;
            xml.clear();
        }
        out.write_all(xml.as_bytes())?;
        out.write_all(b"  </data>\n</run>\n")
    }
}

impl BsErrorWafer {
    /// Its nineteen lines; `starts` are those of the lines of counts.
    fn put(&self, xml: &mut String, starts: &[String; ByteStreamError::COUNT]) {
        let module = self.wafer.position().module();
        xml.push_str("    <module>\n");
        number(xml, "      ", "SN", self.serial);
        number(xml, "      ", "barrel_endcap", module.region().barrel_ec());
        number(xml, "      ", "layer", module.layer_disk());
        number(xml, "      ", "side", self.wafer.side());
        number(xml, "      ", "eta", module.eta());
        number(xml, "      ", "phi", module.phi());
        number(xml, "      ", "nErrors", self.total);
        for (start, count) in starts.iter().zip(self.counts) {
            xml.push_str(start);
            // Nearly all of a hundred thousand numbers are 0, and formatting them would take longer than all else.
            if count == 0 {
                xml.push('0');
            } else {
                // Writing to a string cannot fail.
                let _ = write!(xml, "{count}");
            }
            xml.push_str("</value>\n");
        }
        xml.push_str("    </module>\n");
    }
}

impl BsErrorModules {
    /// The text of the file.
    pub fn to_xml(&self) -> String {
        let mut text = Vec::new();
        // Writing to memory cannot fail.
        let _ = self.write_to(&mut text);
        String::from_utf8(text).expect("pieces of text are a text")
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let entry = |element: &Element| {
            let mut counts = [0; ByteStreamError::COUNT];
            for kind in ByteStreamError::ALL {
                counts[kind.index()] = element.parsed(kind.name())?;
            }
            Ok(BsErrorWafer {
                serial: element.parsed("SN")?,
                wafer: wafer(element, POSITION)?,
                total: element.parsed("nErrors")?,
                counts,
            })
        };
        let wafers = items(root, "data", "module").map(entry).collect::<Result<_, _>>()?;
        Ok(Self { head: RunHead::from_element(root)?, wafers })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{change_bytes, head, serial},
        *,
    };

    fn modules() -> BsErrorModules {
        let entry = |name, counts: [u64; 12]| BsErrorWafer {
            serial: serial(),
            wafer: super::super::tests::wafer(name),
            total: counts.iter().sum(),
            counts,
        };
        let mut counts = [0; 12];
        (counts[6], counts[11]) = (12_345_678, 1);
        let wafers = vec![entry("-2_4_33_2_1", counts), entry("0_0_31_-6_0", [0; 12])];
        BsErrorModules { head: head(), wafers }
    }

    #[test]
    fn positions_are_true_and_counts_whole() {
        insta::assert_snapshot!(modules().to_xml());
    }

    #[test]
    fn lists_round_trip() {
        let found = BsErrorModules::from_xml("x", modules().to_xml().as_bytes()).unwrap();
        assert_eq!(found, modules());
    }

    #[test]
    fn problems_name_their_line() {
        let xml = modules().to_xml().replace("12345678", "1.5");
        let error = BsErrorModules::from_xml("x", xml.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("x: line 11: value "), "{error}");
    }

    #[test]
    fn changed_bytes_never_panic() {
        change_bytes(&modules().to_xml(), |bytes| BsErrorModules::from_xml("x", bytes).is_ok());
    }
}

//! EfficiencyModuleSummary.xml and EfficiencyChipSummary.xml: efficiency by wafer and by chip.

use sct_conditions::SixDigits;
use sct_id::{Chip, SerialNumber, WaferHash};

use super::{RunHead, SAMPLE_SIZE, items, number, wafer, xml_file};
use crate::parse::{Element, Problem};

/// Values that give the position.
const POSITION: [&str; 5] = ["barrel_endcap", "Layer", "Eta", "Phi", "Side"];

/// One wafer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EfficiencyWafer {
    /// Serial number of the module.
    pub serial: SerialNumber,
    /// The wafer.
    pub wafer: WaferHash,
    /// Part of the track crossings with a hit.
    pub efficiency: f32,
}

/// One chip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EfficiencyChip {
    /// Serial number of the module.
    pub serial: SerialNumber,
    /// The wafer.
    pub wafer: WaferHash,
    /// Chip within the side, 0 to 5.
    pub chip: usize,
    /// Part of the track crossings with a hit.
    pub efficiency: f32,
    /// The same for the first bunch of a train; left out without a map.
    pub first_bunch: Option<f32>,
}

/// Efficiency by wafer.
#[derive(Clone, Debug, PartialEq)]
pub struct EfficiencyModules {
    /// The run.
    pub head: RunHead,
    /// Wafers: end-cap C, end-cap A, barrel, each in the order of [`sct_id::Plane`].
    pub wafers: Vec<EfficiencyWafer>,
}

/// Efficiency by chip.
#[derive(Clone, Debug, PartialEq)]
pub struct EfficiencyChips {
    /// The run.
    pub head: RunHead,
    /// Chips in the order of the wafers in [`EfficiencyModules`].
    pub chips: Vec<EfficiencyChip>,
}

xml_file!(EfficiencyModules, "run");
xml_file!(EfficiencyChips, "run");

impl EfficiencyModules {
    /// The text of the file.
    pub fn to_xml(&self) -> String {
        let mut xml = self.head.open("EfficiencyInfo.xsl");
        xml.push_str("  <modules>\n");
        for EfficiencyWafer { serial, wafer, efficiency } in &self.wafers {
            xml.push_str("   <module>\n");
            position(&mut xml, *serial, *wafer);
            number(&mut xml, "    ", "Efficiency", SixDigits(f64::from(*efficiency)));
            number(&mut xml, "    ", "Side", wafer.side());
            xml.push_str("   </module>\n");
        }
        xml.push_str("  </modules>\n</run>\n");
        xml
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let entry = |element: &Element| {
            Ok(EfficiencyWafer {
                serial: element.parsed("SN")?,
                wafer: wafer(element, POSITION)?,
                efficiency: element.parsed("Efficiency")?,
            })
        };
        let wafers = items(root, "modules", "module").map(entry).collect::<Result<_, _>>()?;
        Ok(Self { head: RunHead::from_element(root)?, wafers })
    }
}

impl EfficiencyChips {
    /// The text of the file.
    pub fn to_xml(&self) -> String {
        let mut xml = self.head.open("EfficiencyChipInfo.xsl");
        xml.push_str("  <chips>\n");
        for EfficiencyChip { serial, wafer, chip, efficiency, first_bunch } in &self.chips {
            xml.push_str("   <chip>\n");
            position(&mut xml, *serial, *wafer);
            number(&mut xml, "    ", "Side", wafer.side());
            number(&mut xml, "    ", "Chip", chip);
            number(&mut xml, "    ", "Efficiency", SixDigits(f64::from(*efficiency)));
            if let Some(first_bunch) = first_bunch {
                let value = SixDigits(f64::from(*first_bunch));
                number(&mut xml, "    ", "Efficiency_bcid", value);
            }
            xml.push_str("   </chip>\n");
        }
        xml.push_str("  </chips>\n</run>\n");
        xml
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let entry = |element: &Element| {
            let chip = element.parsed("Chip")?;
            if chip >= Chip::PER_SIDE {
                return Err(element.problem(format!("value Chip is {chip}, expected 0 to 5")));
            }
            let first_bunch = "Efficiency_bcid";
            let has = element.value(first_bunch).is_ok();
            Ok(EfficiencyChip {
                serial: element.parsed("SN")?,
                wafer: wafer(element, POSITION)?,
                chip,
                efficiency: element.parsed("Efficiency")?,
                first_bunch: has.then(|| element.parsed(first_bunch)).transpose()?,
            })
        };
        let chips = items(root, "chips", "chip").map(entry).collect::<Result<_, _>>()?;
        Ok(Self { head: RunHead::from_element(root)?, chips })
    }
}

/// Serial number, sample size and position.
fn position(xml: &mut String, serial: SerialNumber, wafer: WaferHash) {
    let module = wafer.position().module();
    number(xml, "    ", "SN", serial);
    number(xml, "    ", "SampleSize", SAMPLE_SIZE);
    number(xml, "    ", "barrel_endcap", module.region().barrel_ec());
    number(xml, "    ", "Layer", module.layer_disk());
    number(xml, "    ", "Eta", module.eta());
    number(xml, "    ", "Phi", module.phi());
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{change_bytes, head, serial},
        *,
    };

    fn modules() -> EfficiencyModules {
        let entry = |name, efficiency| {
            let wafer = super::super::tests::wafer(name);
            EfficiencyWafer { serial: serial(), wafer, efficiency }
        };
        let wafers = vec![entry("-2_0_0_0_0", 0.990_123), entry("0_3_3_-1_1", 0.0)];
        EfficiencyModules { head: head(), wafers }
    }

    fn chips() -> EfficiencyChips {
        let entry = |name, chip, first_bunch| EfficiencyChip {
            serial: serial(),
            wafer: super::super::tests::wafer(name),
            chip,
            efficiency: 0.5,
            first_bunch,
        };
        let chips = vec![entry("2_8_51_0_1", 5, Some(0.25)), entry("0_0_0_6_0", 0, None)];
        EfficiencyChips { head: head(), chips }
    }

    #[test]
    fn the_texts_are_the_originals() {
        insta::assert_snapshot!("modules", modules().to_xml());
        insta::assert_snapshot!("chips", chips().to_xml());
    }

    #[test]
    fn lists_round_trip_in_six_digits() {
        let found = EfficiencyModules::from_xml("x", modules().to_xml().as_bytes()).unwrap();
        assert_eq!(found, modules());
        let found = EfficiencyChips::from_xml("x", chips().to_xml().as_bytes()).unwrap();
        assert_eq!(found, chips());
    }

    #[test]
    fn problems_name_their_line() {
        let xml = chips().to_xml().replace("\"Chip\">5", "\"Chip\">6");
        let error = EfficiencyChips::from_xml("x", xml.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "x: line 11: value Chip is 6, expected 0 to 5");
        let xml = modules().to_xml().replace("\"Eta\">-1", "\"Eta\">0");
        let error = EfficiencyModules::from_xml("x", xml.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("x: line 21: there is no module"), "{error}");
    }

    #[test]
    fn changed_bytes_never_panic() {
        change_bytes(&modules().to_xml(), |bytes| EfficiencyModules::from_xml("x", bytes).is_ok());
        change_bytes(&chips().to_xml(), |bytes| EfficiencyChips::from_xml("x", bytes).is_ok());
    }
}

//! DeadSummaryFile.xml and QuietSummaryFile.xml: numbers, upload flag and modules of one run.

use sct_conditions::{StripSet, normalized, parse_defect_list};
use sct_id::{ModuleHash, SerialNumber, Side};

use crate::{
    dead_lists::{chip_list, chips},
    hist::{RunHead, items, xml_file},
    parse::{Element, Problem},
    summary::{line, module, numbers, ranges},
};

/// A module with dead or quiet components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadSummaryModule {
    /// Serial number.
    pub serial: SerialNumber,
    /// The module.
    pub module: ModuleHash,
    /// Sides that were found as a whole.
    pub links: Vec<Side>,
    /// Chips, read-out numbering, ascending.
    pub chips: Vec<sct_id::Chip>,
    /// Strips in read-out order: `side * 768 + online`.
    pub strips: StripSet,
}

/// A module with sides on which the search for quiet components can tell nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntestableModule {
    /// Serial number.
    pub serial: SerialNumber,
    /// The module.
    pub module: ModuleHash,
    /// Sides on which chips cannot be judged.
    pub chips: Vec<Side>,
    /// Sides on which strips cannot be judged.
    pub strips: Vec<Side>,
}

/// The whole summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadSummary {
    /// The run. Lumi blocks are those with events.
    pub head: RunHead,
    /// Modules of which both sides were found as a whole.
    pub modules_count: u64,
    /// Modules of which one side alone was.
    pub links: u64,
    /// Chips.
    pub chips: u64,
    /// Strips.
    pub strips: u64,
    /// Upload flag: `G`, `R` or `U`.
    pub flag: char,
    /// Why.
    pub flag_reason: String,
    /// Whether the upload test is switched on.
    pub flag_enabled: bool,
    /// The criterion.
    pub check_list: String,
    /// Modules in hash order.
    pub modules: Vec<DeadSummaryModule>,
    /// What cannot be judged, modules in hash order; none in the summary of dead components.
    pub untestable: Option<Vec<UntestableModule>>,
}

xml_file!(DeadSummary, "run");

impl DeadSummary {
    /// The text of the file.
    pub fn to_xml(&self) -> String {
        let mut xml = self.head.open("DeadInfo.xsl");
        let enabled = if self.flag_enabled { "ENABLED" } else { "DISABLED" };
        for (name, value) in [
            ("Modules", self.modules_count.to_string()),
            ("Links", self.links.to_string()),
            ("Chips", self.chips.to_string()),
            ("Strips", self.strips.to_string()),
            ("Flag", self.flag.to_string()),
            ("FlagReason", self.flag_reason.clone()),
            ("FlagEnable", enabled.to_owned()),
            ("CheckList", self.check_list.clone()),
        ] {
            line(&mut xml, 2, name, &value);
        }
        xml.push_str("  <modules>\n");
        for module in &self.modules {
            module.put(&mut xml);
        }
        xml.push_str("  </modules>\n");
        if let Some(untestable) = &self.untestable {
            xml.push_str("  <untestable>\n");
            for module in untestable {
                module.put(&mut xml);
            }
            xml.push_str("  </untestable>\n");
        }
        xml.push_str("</run>\n");
        xml
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let untestable = root.all("untestable").next().map(|_| {
            items(root, "untestable", "module").map(UntestableModule::from_element).collect()
        });
        Ok(Self {
            head: RunHead::from_element(root)?,
            modules_count: root.parsed("Modules")?,
            links: root.parsed("Links")?,
            chips: root.parsed("Chips")?,
            strips: root.parsed("Strips")?,
            flag: root.parsed("Flag")?,
            flag_reason: root.value("FlagReason")?.to_owned(),
            flag_enabled: root.value("FlagEnable")?.trim() == "ENABLED",
            check_list: root.value("CheckList")?.to_owned(),
            modules: items(root, "modules", "module")
                .map(DeadSummaryModule::from_element)
                .collect::<Result<_, _>>()?,
            untestable: untestable.transpose()?,
        })
    }
}

fn sides(element: &Element, name: &str) -> Result<Vec<Side>, Problem> {
    let side = |number| Side::new(number).map_err(|error| element.problem(error.to_string()));
    ranges(element, name)?.into_iter().map(side).collect()
}

fn side_list(sides: &[Side]) -> String {
    numbers(sides.iter().map(|side| side.index()))
}

fn open(xml: &mut String, serial: SerialNumber, module: ModuleHash) {
    xml.push_str("    <module>\n");
    line(xml, 6, "SN", &serial.to_string());
    line(xml, 6, "BecLayerPhiEta", &module.position().to_string());
}

impl DeadSummaryModule {
    fn put(&self, xml: &mut String) {
        open(xml, self.serial, self.module);
        line(xml, 6, "LinkID", &side_list(&self.links));
        line(xml, 6, "ChipID", &normalized(&chip_list(&self.chips)));
        line(xml, 6, "StripIDOnline", &normalized(&self.strips.defect_list_by_side()));
        xml.push_str("    </module>\n");
    }

    fn from_element(element: &Element) -> Result<Self, Problem> {
        let strips = parse_defect_list(element.value("StripIDOnline")?);
        Ok(Self {
            serial: element.parsed("SN")?,
            module: module(element)?,
            links: sides(element, "LinkID")?,
            chips: chips(element, "ChipID")?,
            strips: strips.map_err(|error| element.problem(error.to_string()))?,
        })
    }
}

impl UntestableModule {
    fn put(&self, xml: &mut String) {
        open(xml, self.serial, self.module);
        line(xml, 6, "LinkIDChips", &side_list(&self.chips));
        line(xml, 6, "LinkIDStrips", &side_list(&self.strips));
        xml.push_str("    </module>\n");
    }

    fn from_element(element: &Element) -> Result<Self, Problem> {
        Ok(Self {
            serial: element.parsed("SN")?,
            module: module(element)?,
            chips: sides(element, "LinkIDChips")?,
            strips: sides(element, "LinkIDStrips")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use sct_id::{Chip, ModuleStrip, RunNumber};

    use super::*;

    fn summary() -> DeadSummary {
        let serial: SerialNumber = "20220170200653".parse().unwrap();
        let module = ModuleHash::new(2469).unwrap();
        let run = RunNumber::new(440_199).unwrap();
        let strips = [0, 5, 766, 767, 768].map(|strip| ModuleStrip::new(strip).unwrap());
        DeadSummary {
            head: RunHead::new(run, 1_669_852_800, 1_669_890_000, 900, 200_000),
            modules_count: 0,
            links: 1,
            chips: 7,
            strips: 5,
            flag: 'G',
            flag_reason: String::new(),
            flag_enabled: true,
            check_list: "#chips or #strips is non-zero".to_owned(),
            modules: vec![DeadSummaryModule {
                serial,
                module,
                links: vec![Side::Zero],
                chips: (0..7).map(|chip| Chip::new(chip).unwrap()).collect(),
                strips: strips.into_iter().collect(),
            }],
            untestable: None,
        }
    }

    fn quiet() -> DeadSummary {
        let DeadSummaryModule { serial, module, .. } = summary().modules[0];
        let (chips, strips) = (vec![], vec![Side::Zero, Side::One]);
        let untestable = Some(vec![UntestableModule { serial, module, chips, strips }]);
        DeadSummary { untestable, ..summary() }
    }

    #[test]
    fn dead_components_have_the_values_of_the_page() {
        insta::assert_snapshot!(summary().to_xml());
    }

    #[test]
    fn quiet_components_come_with_what_cannot_be_judged() {
        insta::assert_snapshot!(quiet().to_xml());
    }

    #[test]
    fn an_empty_summary_has_twenty_lines() {
        let empty = DeadSummary { modules: Vec::new(), ..summary() };
        assert_eq!(empty.to_xml().lines().count(), 20);
    }

    #[test]
    fn summaries_round_trip() {
        let empty = DeadSummary { untestable: Some(Vec::new()), ..summary() };
        for summary in [summary(), quiet(), empty] {
            let xml = summary.to_xml();
            assert_eq!(DeadSummary::from_xml("x", xml.as_bytes()).unwrap(), summary);
        }
    }

    #[test]
    fn problems_name_their_line() {
        let xml = summary().to_xml();
        let error = |from: &str, to: &str| {
            DeadSummary::from_xml("x", xml.replace(from, to).as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(error(">0-5 6<", ">x<"), "x: line 19: value ChipID has 'x'");
        assert!(error(">0<", ">2<").starts_with("x: line 19: side 2"));
        assert_eq!(error("\"Strips\"", "\"strips\""), "x: line 3: <run> has no value Strips");
    }

    #[test]
    fn changed_bytes_never_panic() {
        crate::hist::tests::change_bytes(&quiet().to_xml(), |bytes| {
            DeadSummary::from_xml("x", bytes).is_ok()
        });
    }
}

//! BadStripsSummaryFile.xml: numbers, upload flag, noisy chips and modules of one run.

use std::{fmt::Write as _, path::Path};

use quick_xml::escape::escape;
use sct_conditions::{
    SixDigits, StripSet, format_ranges, normalized, parse_defect_list, time_text,
};
use sct_id::{Chip, ModuleHash, ModulePosition, Region, RunNumber, SerialNumber, Side};

use crate::{
    Error,
    parse::{self, Element, Problem},
};

/// A noisy chip.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryChip {
    /// Serial number of the module.
    pub serial: SerialNumber,
    /// The module.
    pub module: ModuleHash,
    /// The chip, read-out numbering.
    pub chip: Chip,
    /// Zero-based numbers of the lumi blocks in which it was noisy, ascending.
    pub lumi_blocks: Vec<usize>,
    /// Their part of the lumi blocks with events.
    pub fraction: f32,
}

/// A module with noisy strips, or whose list differs from the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryModule {
    /// Serial number.
    pub serial: SerialNumber,
    /// The module.
    pub module: ModuleHash,
    /// Sides whose wafer is noisy as a whole.
    pub links: Vec<Side>,
    /// Noisy chips.
    pub chips: Vec<Chip>,
    /// All noisy strips.
    pub all: StripSet,
    /// Those that are not in the reference.
    pub new: StripSet,
    /// Strips of the reference.
    pub reference: StripSet,
}

/// The whole summary.
#[derive(Clone, Debug, PartialEq)]
pub struct BadStripsSummary {
    /// Run.
    pub run: RunNumber,
    /// Start of the run as text in UTC; see [`BadStripsSummary::set_times`].
    pub start: String,
    /// End of the run.
    pub end: String,
    /// Length of the run in seconds.
    pub duration: i64,
    /// Lumi blocks with events.
    pub lumi_blocks: u64,
    /// Events.
    pub events: u64,
    /// Modules with a noisy strip.
    pub modules_count: u64,
    /// Noisy wafers.
    pub links: u64,
    /// Modules with a noisy chip.
    pub chips_count: u64,
    /// Noisy strips.
    pub strips_all: u64,
    /// Noisy strips that are not in the reference.
    pub strips_new: u64,
    /// Modules with a strip in the reference.
    pub modules_reference: u64,
    /// Strips of the reference.
    pub strips_reference: u64,
    /// Modules whose list differs from the reference.
    pub modules_different: u64,
    /// Upload flag: `G`, `Y`, `R` or `U`.
    pub flag: char,
    /// Why.
    pub flag_reason: String,
    /// Whether the upload test is switched on.
    pub flag_enabled: bool,
    /// Whether numbers of recent uploads were available.
    pub recent_available: bool,
    /// The criteria.
    pub check_list: String,
    /// Noisy chips, modules in hash order.
    pub chips: Vec<SummaryChip>,
    /// Modules in hash order.
    pub modules: Vec<SummaryModule>,
}

impl BadStripsSummary {
    /// Sets start, end and duration from whole seconds since 1970.
    pub fn set_times(&mut self, start: i64, end: i64) {
        (self.start, self.end) = (time_text(start, 0), time_text(end, 0));
        self.duration = end.saturating_sub(start);
    }

    /// The text of the file.
    pub fn to_xml(&self) -> String {
        let mut xml = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?xml-stylesheet type=\"text/xsl\" href=\"BadStrips.xsl\"?>\n<run>\n",
        );
        for (name, value) in self.values() {
            line(&mut xml, 2, name, &value);
        }
        xml.push_str("  <chips>\n");
        self.chips.iter().for_each(|chip| chip.put(&mut xml));
        xml.push_str("  </chips>\n  <modules>\n");
        self.modules.iter().for_each(|module| module.put(&mut xml));
        xml.push_str("  </modules>\n</run>\n");
        xml
    }

    fn values(&self) -> [(&'static str, String); 19] {
        let either =
            |choice: bool, yes: &str, no: &str| if choice { yes.to_owned() } else { no.to_owned() };
        [
            ("RunNumber", self.run.to_string()),
            ("StartTime", self.start.clone()),
            ("EndTime", self.end.clone()),
            ("Duration", self.duration.to_string()),
            ("LB", self.lumi_blocks.to_string()),
            ("Events", self.events.to_string()),
            ("Modules", self.modules_count.to_string()),
            ("Links", self.links.to_string()),
            ("Chips", self.chips_count.to_string()),
            ("StripsOfflineAll", self.strips_all.to_string()),
            ("StripsOfflineNew", self.strips_new.to_string()),
            ("ModulesRef", self.modules_reference.to_string()),
            ("StripsOfflineRef", self.strips_reference.to_string()),
            ("ModulesDiff", self.modules_different.to_string()),
            ("Flag", self.flag.to_string()),
            ("FlagReason", self.flag_reason.clone()),
            ("FlagEnable", either(self.flag_enabled, "ENABLED", "DISABLED")),
            ("ReadCool", either(self.recent_available, "AVAILABLE", "UNAVAILABLE")),
            ("CheckList", self.check_list.clone()),
        ]
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        Ok(sct_wholefile::write(path, self.to_xml().as_bytes())?)
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and [`Error::Content`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        parse::file(path, "run", Self::from_element)
    }

    /// Reads a text; `name` stands for it in messages.
    ///
    /// # Errors
    ///
    /// [`Error::Content`].
    pub fn from_xml(name: &str, xml: &[u8]) -> Result<Self, Error> {
        parse::text(name, xml, "run", Self::from_element)
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let children = |list: &'static str, item: &'static str| {
            root.all(list)
                .flat_map(move |list| list.children.iter().filter(move |child| child.is(item)))
        };
        let yes = |name, yes| Ok::<_, Problem>(root.value(name)?.trim() == yes);
        Ok(Self {
            run: root.parsed("RunNumber")?,
            start: root.value("StartTime")?.to_owned(),
            end: root.value("EndTime")?.to_owned(),
            duration: root.parsed("Duration")?,
            lumi_blocks: root.parsed("LB")?,
            events: root.parsed("Events")?,
            modules_count: root.parsed("Modules")?,
            links: root.parsed("Links")?,
            chips_count: root.parsed("Chips")?,
            strips_all: root.parsed("StripsOfflineAll")?,
            strips_new: root.parsed("StripsOfflineNew")?,
            modules_reference: root.parsed("ModulesRef")?,
            strips_reference: root.parsed("StripsOfflineRef")?,
            modules_different: root.parsed("ModulesDiff")?,
            flag: root.parsed("Flag")?,
            flag_reason: root.value("FlagReason")?.to_owned(),
            flag_enabled: yes("FlagEnable", "ENABLED")?,
            recent_available: yes("ReadCool", "AVAILABLE")?,
            check_list: root.value("CheckList")?.to_owned(),
            chips: children("chips", "chip")
                .map(SummaryChip::from_element)
                .collect::<Result<_, _>>()?,
            modules: children("modules", "module")
                .map(SummaryModule::from_element)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// One value on a line of its own. Writing to a string cannot fail.
pub(crate) fn line(xml: &mut String, indent: usize, name: &str, value: &str) {
    let _ = writeln!(xml, "{:indent$}<value name=\"{name}\">{}</value>", "", escape(value));
}

/// Numbers one by one, never as ranges, as the summary lists links and chips.
pub(crate) fn numbers(numbers: impl Iterator<Item = usize>) -> String {
    numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
}

impl SummaryChip {
    fn put(&self, xml: &mut String) {
        xml.push_str("    <chip>\n");
        line(xml, 6, "SN", &self.serial.to_string());
        line(xml, 6, "BecLayerPhiEta", &self.module.position().to_string());
        line(xml, 6, "ChipID", &self.chip.to_string());
        line(xml, 6, "LB", &normalized(&format_ranges(self.lumi_blocks.iter().copied())));
        line(xml, 6, "LBFraction", &SixDigits(f64::from(self.fraction)).to_string());
        xml.push_str("    </chip>\n");
    }

    fn from_element(element: &Element) -> Result<Self, Problem> {
        let chip = Chip::new(element.parsed("ChipID")?)
            .map_err(|error| element.problem(error.to_string()))?;
        Ok(Self {
            serial: element.parsed("SN")?,
            module: module(element)?,
            chip,
            lumi_blocks: ranges(element, "LB")?,
            fraction: element.parsed("LBFraction")?,
        })
    }
}

impl SummaryModule {
    fn put(&self, xml: &mut String) {
        let strips = |set: &StripSet| normalized(&set.defect_list());
        xml.push_str("    <module>\n");
        line(xml, 6, "SN", &self.serial.to_string());
        line(xml, 6, "BecLayerPhiEta", &self.module.position().to_string());
        line(xml, 6, "LinkID", &numbers(self.links.iter().map(|side| side.index())));
        line(xml, 6, "ChipID", &numbers(self.chips.iter().map(|chip| chip.index())));
        line(xml, 6, "StripOfflineAll", &strips(&self.all));
        line(xml, 6, "StripOfflineNew", &strips(&self.new));
        line(xml, 6, "StripOfflineRef", &strips(&self.reference));
        xml.push_str("    </module>\n");
    }

    fn from_element(element: &Element) -> Result<Self, Problem> {
        let strips = |name| {
            parse_defect_list(element.value(name)?)
                .map_err(|error| element.problem(format!("{name}: {error}")))
        };
        let wrong = |error: sct_id::Error| element.problem(error.to_string());
        Ok(Self {
            serial: element.parsed("SN")?,
            module: module(element)?,
            links: ranges(element, "LinkID")?
                .into_iter()
                .map(Side::new)
                .collect::<Result<_, _>>()
                .map_err(wrong)?,
            chips: ranges(element, "ChipID")?
                .into_iter()
                .map(Chip::new)
                .collect::<Result<_, _>>()
                .map_err(wrong)?,
            all: strips("StripOfflineAll")?,
            new: strips("StripOfflineNew")?,
            reference: strips("StripOfflineRef")?,
        })
    }
}

/// The module named `barrel_ec.layer.phi.eta`.
pub(crate) fn module(element: &Element) -> Result<ModuleHash, Problem> {
    let text = element.value("BecLayerPhiEta")?;
    let bad = || element.problem(format!("'{}' is no module", parse::short(text)));
    let fields: Vec<i64> =
        text.split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| bad())?;
    let [bec, layer, phi, eta] = fields[..] else { return Err(bad()) };
    let module =
        Region::from_barrel_ec(bec).and_then(|region| ModulePosition::new(region, layer, phi, eta));
    Ok(module.map_err(|_| bad())?.hash())
}

/// Numbers and ranges of a value. Lumi blocks are 16 bits in the data, so longer ranges are a mistake.
pub(crate) fn ranges(element: &Element, name: &str) -> Result<Vec<usize>, Problem> {
    let mut found = Vec::new();
    for word in element.value(name)?.split_ascii_whitespace() {
        let bad = || element.problem(format!("value {name} has '{}'", parse::short(word)));
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let number = |text: &str| text.parse::<u16>().map(usize::from).map_err(|_| bad());
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(bad());
        }
        found.extend(first..=last);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sct_id::ModuleStrip;

    use super::*;

    fn strips(numbers: &[usize]) -> StripSet {
        numbers.iter().map(|&number| ModuleStrip::new(number).unwrap()).collect()
    }

    fn summary() -> BadStripsSummary {
        let serial: SerialNumber = "20220170200653".parse().unwrap();
        let module = ModuleHash::new(2469).unwrap();
        let mut summary = BadStripsSummary {
            run: RunNumber::new(440_199).unwrap(),
            start: String::new(),
            end: String::new(),
            duration: 0,
            lumi_blocks: 900,
            events: 200_000,
            modules_count: 1,
            links: 1,
            chips_count: 1,
            strips_all: 4,
            strips_new: 2,
            modules_reference: 1,
            strips_reference: 2,
            modules_different: 1,
            flag: 'Y',
            flag_reason: "FAILED in a < b; ".to_owned(),
            flag_enabled: true,
            recent_available: true,
            check_list: "a < b; c".to_owned(),
            chips: vec![SummaryChip {
                serial,
                module,
                chip: Chip::new(9).unwrap(),
                lumi_blocks: vec![3, 4, 5, 9],
                fraction: 4.0 / 900.0,
            }],
            modules: vec![SummaryModule {
                serial,
                module,
                links: vec![Side::Zero, Side::One],
                chips: [0, 1, 11].map(|chip| Chip::new(chip).unwrap()).to_vec(),
                all: strips(&[5, 766, 767, 768]),
                new: strips(&[5]),
                reference: strips(&[766, 1000]),
            }],
        };
        summary.set_times(1_669_852_800, 1_669_890_000);
        summary
    }

    #[test]
    fn the_text_is_the_originals() {
        insta::assert_snapshot!(summary().to_xml());
    }

    #[test]
    fn summaries_round_trip_in_six_digits() {
        let mut expected = summary();
        expected.chips[0].fraction = 0.004_444_44;
        assert_eq!(
            BadStripsSummary::from_xml("x", summary().to_xml().as_bytes()).unwrap(),
            expected
        );
    }

    #[test]
    fn problems_name_their_line() {
        let xml = summary().to_xml();
        let error = |from: &str, to: &str| {
            BadStripsSummary::from_xml("x", xml.replace(from, to).as_bytes())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(error(">200000<", ">many<"), "x: line 3: value Events is 'many'");
        assert_eq!(error("0.3.3.-1", "0.3.3.0"), "x: line 24: '0.3.3.0' is no module");
        assert_eq!(error("name=\"Flag\"", "name=\"flag\""), "x: line 3: <run> has no value Flag");
    }

    proptest! {
        #[test]
        fn changed_bytes_never_panic(changes in prop::collection::vec((0..3000_usize, any::<u8>()), 1..6)) {
            let mut xml = summary().to_xml().into_bytes();
            for (place, byte) in changes {
                if let Some(old) = xml.get_mut(place) {
                    *old = byte;
                }
            }
            let _ = BadStripsSummary::from_xml("x", &xml);
        }
    }
}

//! NoisyLBFile.xml: lumi blocks in which modules, links and chips were noisy. The file is our own; the original has none.

use sct_conditions::SixDigits;
use sct_id::{Chip, LumiBlock, LumiBlockSet, ModuleHash, SerialNumber, Side};

use crate::{
    hist::{RunHead, items, xml_file},
    parse::{Element, Problem},
    summary::{line, module},
};

/// Lumi blocks of one thing, and their part of the tested ones.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyTimes {
    /// When; lumi blocks count from 1.
    pub lumi_blocks: LumiBlockSet,
    /// Their part of the lumi blocks that were looked at.
    pub fraction: f32,
}

/// A module that was noisy at times.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyLbModule {
    /// Serial number.
    pub serial: SerialNumber,
    /// The module.
    pub module: ModuleHash,
    /// When any of its chips was noisy.
    pub times: NoisyTimes,
    /// Its noisy links.
    pub links: Vec<(Side, NoisyTimes)>,
    /// Its noisy chips, read-out numbering.
    pub chips: Vec<(Chip, NoisyTimes)>,
}

/// A lumi block with noisy modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoisyLumiBlock {
    /// The lumi block.
    pub lumi_block: LumiBlock,
    /// Its events.
    pub events: u64,
    /// How many modules were noisy.
    pub modules: u64,
    /// Whether that is a burst.
    pub burst: bool,
}

/// The whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyLbFile {
    /// The run. Its lumi blocks are those with events.
    pub head: RunHead,
    /// Lumi blocks that were looked at.
    pub tested: LumiBlockSet,
    /// Fewest events of a lumi block that is looked at.
    pub min_events: u64,
    /// Occupancy above which a chip is noisy, hits per strip and event.
    pub threshold: f32,
    /// Part of the modules above which a lumi block is a burst.
    pub burst_fraction: f32,
    /// What that is a part of: modules with hits.
    pub modules_with_hits: u64,
    /// Lumi blocks with a burst.
    pub bursts: LumiBlockSet,
    /// Lumi blocks with a noisy module, ascending.
    pub lumi_blocks: Vec<NoisyLumiBlock>,
    /// Noisy modules, in hash order.
    pub modules: Vec<NoisyLbModule>,
}

xml_file!(NoisyLbFile, "run");

impl NoisyLbFile {
    /// The text of the file.
    pub fn to_xml(&self) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<run>\n");
        self.head.put(&mut xml);
        let sum = |number: fn(&NoisyLbModule) -> usize| -> usize {
            self.modules.iter().map(number).sum()
        };
        line(&mut xml, 2, "LBTested", &self.tested.to_string());
        line(&mut xml, 2, "MinEvents", &self.min_events.to_string());
        line(&mut xml, 2, "Threshold", &SixDigits(self.threshold.into()).to_string());
        line(&mut xml, 2, "BurstFraction", &SixDigits(self.burst_fraction.into()).to_string());
        line(&mut xml, 2, "ModulesWithHits", &self.modules_with_hits.to_string());
        line(&mut xml, 2, "Modules", &self.modules.len().to_string());
        line(&mut xml, 2, "Links", &sum(|module| module.links.len()).to_string());
        line(&mut xml, 2, "Chips", &sum(|module| module.chips.len()).to_string());
        line(&mut xml, 2, "Bursts", &self.bursts.to_string());
        xml.push_str("  <lumi_blocks>\n");
        for block in &self.lumi_blocks {
            xml.push_str("    <lumi_block>\n");
            line(&mut xml, 6, "LB", &block.lumi_block.to_string());
            line(&mut xml, 6, "Events", &block.events.to_string());
            line(&mut xml, 6, "Modules", &block.modules.to_string());
            line(&mut xml, 6, "Burst", if block.burst { "1" } else { "0" });
            xml.push_str("    </lumi_block>\n");
        }
        xml.push_str("  </lumi_blocks>\n  <modules>\n");
        self.modules.iter().for_each(|module| module.put(&mut xml));
        xml.push_str("  </modules>\n</run>\n");
        xml
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let block = |element: &Element| {
            Ok(NoisyLumiBlock {
                lumi_block: LumiBlock::new(element.parsed("LB")?),
                events: element.parsed("Events")?,
                modules: element.parsed("Modules")?,
                burst: element.parsed::<u8>("Burst")? != 0,
            })
        };
        Ok(Self {
            head: RunHead::from_element(root)?,
            tested: root.parsed("LBTested")?,
            min_events: root.parsed("MinEvents")?,
            threshold: root.parsed("Threshold")?,
            burst_fraction: root.parsed("BurstFraction")?,
            modules_with_hits: root.parsed("ModulesWithHits")?,
            bursts: root.parsed("Bursts")?,
            lumi_blocks: items(root, "lumi_blocks", "lumi_block")
                .map(block)
                .collect::<Result<_, _>>()?,
            modules: items(root, "modules", "module")
                .map(NoisyLbModule::from_element)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl NoisyLbModule {
    fn put(&self, xml: &mut String) {
        xml.push_str("    <module>\n");
        line(xml, 6, "SN", &self.serial.to_string());
        line(xml, 6, "BecLayerPhiEta", &self.module.position().to_string());
        self.times.put(xml, 6);
        let links = self.links.iter().map(|(side, times)| ("link", "LinkID", side.index(), times));
        let chips = self.chips.iter().map(|(chip, times)| ("chip", "ChipID", chip.index(), times));
        for (name, id, number, times) in links.chain(chips) {
            xml.push_str(&format!("      <{name}>\n"));
            line(xml, 8, id, &number.to_string());
            times.put(xml, 8);
            xml.push_str(&format!("      </{name}>\n"));
        }
        xml.push_str("    </module>\n");
    }

    fn from_element(element: &Element) -> Result<Self, Problem> {
        let link = |link: &Element| {
            let side =
                Side::new(link.parsed("LinkID")?).map_err(|e| link.problem(e.to_string()))?;
            Ok((side, NoisyTimes::from_element(link)?))
        };
        let chip = |chip: &Element| {
            let number =
                Chip::new(chip.parsed("ChipID")?).map_err(|e| chip.problem(e.to_string()))?;
            Ok((number, NoisyTimes::from_element(chip)?))
        };
        Ok(Self {
            serial: element.parsed("SN")?,
            module: module(element)?,
            times: NoisyTimes::from_element(element)?,
            links: element.all("link").map(link).collect::<Result<_, _>>()?,
            chips: element.all("chip").map(chip).collect::<Result<_, _>>()?,
        })
    }
}

impl NoisyTimes {
    fn put(&self, xml: &mut String, indent: usize) {
        line(xml, indent, "LB", &self.lumi_blocks.to_string());
        line(xml, indent, "LBFraction", &SixDigits(self.fraction.into()).to_string());
    }

    fn from_element(element: &Element) -> Result<Self, Problem> {
        Ok(Self { lumi_blocks: element.parsed("LB")?, fraction: element.parsed("LBFraction")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hist::tests::{change_bytes, head, serial};

    fn times(text: &str, fraction: f32) -> NoisyTimes {
        NoisyTimes { lumi_blocks: text.parse().unwrap(), fraction }
    }

    fn file() -> NoisyLbFile {
        let module = NoisyLbModule {
            serial: serial(),
            module: ModuleHash::new(2469).unwrap(),
            times: times("3 7-9", 0.125),
            links: vec![(Side::One, times("8", 0.03125))],
            chips: vec![
                (Chip::new(4).unwrap(), times("3", 0.03125)),
                (Chip::new(11).unwrap(), times("7-9", 0.09375)),
            ],
        };
        let block = |number, modules, burst| NoisyLumiBlock {
            lumi_block: LumiBlock::new(number),
            events: 222,
            modules,
            burst,
        };
        NoisyLbFile {
            head: head(),
            tested: "1-20 25-36".parse().unwrap(),
            min_events: 10,
            threshold: 0.0075,
            burst_fraction: 0.1,
            modules_with_hits: 4076,
            bursts: "8".parse().unwrap(),
            lumi_blocks: vec![block(3, 1, false), block(8, 900, true)],
            modules: vec![module],
        }
    }

    #[test]
    fn module_links_and_chips_with_their_times() {
        insta::assert_snapshot!(file().to_xml());
    }

    #[test]
    fn files_round_trip() {
        assert_eq!(NoisyLbFile::from_xml("x", file().to_xml().as_bytes()).unwrap(), file());
        let quiet = NoisyLbFile {
            modules: vec![],
            lumi_blocks: vec![],
            bursts: LumiBlockSet::new(),
            ..file()
        };
        assert_eq!(NoisyLbFile::from_xml("x", quiet.to_xml().as_bytes()).unwrap(), quiet);
    }

    #[test]
    fn problems_name_their_line() {
        let xml = file().to_xml().replace("\"LB\">7-9<", "\"LB\">9-7<");
        let error = NoisyLbFile::from_xml("x", xml.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("x: line ") && error.ends_with("value LB is '9-7'"), "{error}");
    }

    #[test]
    fn changed_bytes_never_panic() {
        change_bytes(&file().to_xml(), |bytes| NoisyLbFile::from_xml("x", bytes).is_ok());
    }
}

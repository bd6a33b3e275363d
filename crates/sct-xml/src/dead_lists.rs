//! DeadStripsFile.xml, DeadChipsFile.xml, QuietStripsFile.xml, QuietChipsFile.xml: dead and quiet components by module.

use std::collections::BTreeMap;

use sct_conditions::{
    DEAD_CHIPS, DEAD_STRIPS, DefectType, SctFolder, StripSets, format_ranges_split,
    parse_defect_list,
};
use sct_id::{Chip, Iov, ModuleHash};

use crate::{
    channels::{self, Channels},
    hist::xml_file,
    parse::{Element, Problem},
    summary::ranges,
};

/// Dead or quiet strips by module, with what is needed to store them.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadStripsList {
    /// Interval.
    pub iov: Iov,
    /// Tag.
    pub tag: String,
    /// Dead or quiet.
    pub defect: DefectType,
    /// Significance of dead strips, or part of the mean below which strips are quiet.
    pub threshold: f32,
    /// Modules with their strips in read-out order (`side * 768 + online`), in hash order.
    pub modules: StripSets,
}

/// Dead or quiet chips by module, with what is needed to store them.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadChipsList {
    /// Interval.
    pub iov: Iov,
    /// Tag.
    pub tag: String,
    /// Dead or quiet.
    pub defect: DefectType,
    /// Significance of dead chips, or part of the mean below which chips are quiet.
    pub threshold: f32,
    /// Modules with their chips in read-out numbering, ascending.
    pub modules: BTreeMap<ModuleHash, Vec<Chip>>,
}

xml_file!(DeadStripsList, "channels");
xml_file!(DeadChipsList, "channels");

impl DeadStripsList {
    /// The text of the file. Channels are the 32-bit form of the module identifier.
    pub fn to_xml(&self) -> String {
        let list = |(&module, strips): (&ModuleHash, &sct_conditions::StripSet)| {
            (module, strips.defect_list_by_side())
        };
        let channels = narrow(DEAD_STRIPS, self.iov, &self.tag, self.defect, self.threshold);
        channels.to_xml(self.modules.iter().map(list))
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let (iov, tag) = channels::head(root)?;
        let (defect, threshold, modules) = modules(root, |channel| {
            parse_defect_list(channel.value("DefectList")?)
                .map_err(|error| channel.problem(error.to_string()))
        })?;
        Ok(Self { iov, tag, defect, threshold, modules })
    }
}

impl DeadChipsList {
    /// The text of the file. Channels are the 32-bit form of the module identifier.
    pub fn to_xml(&self) -> String {
        let list = |(&module, chips): (&ModuleHash, &Vec<Chip>)| (module, chip_list(chips));
        let channels = narrow(DEAD_CHIPS, self.iov, &self.tag, self.defect, self.threshold);
        channels.to_xml(self.modules.iter().map(list))
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let (iov, tag) = channels::head(root)?;
        let (defect, threshold, modules) = modules(root, |channel| chips(channel, "DefectList"))?;
        Ok(Self { iov, tag, defect, threshold, modules })
    }
}

fn narrow(
    folder: SctFolder,
    iov: Iov,
    tag: &str,
    defect: DefectType,
    threshold: f32,
) -> Channels<'_> {
    Channels { folder, iov, tag, defect, threshold, wide: false }
}

/// Chips as a list, side after side.
pub(crate) fn chip_list(chips: &[Chip]) -> String {
    format_ranges_split(chips.iter().map(|chip| chip.index()), Chip::PER_SIDE)
}

/// A list of chips.
pub(crate) fn chips(element: &Element, name: &str) -> Result<Vec<Chip>, Problem> {
    let chip = |number| Chip::new(number).map_err(|error| element.problem(error.to_string()));
    ranges(element, name)?.into_iter().map(chip).collect()
}

/// Type, threshold and contents of all channels. A list without channels says neither: it counts as dead, at 0.
fn modules<T>(
    root: &Element,
    list: impl Fn(&Element) -> Result<T, Problem>,
) -> Result<(DefectType, f32, BTreeMap<ModuleHash, T>), Problem> {
    let (mut defect, mut threshold, mut modules) = (DefectType::Dead, 0.0, BTreeMap::new());
    for channel in root.all("channel") {
        let text = channel.value("DefectType")?;
        let named = DefectType::ALL.into_iter().find(|defect| defect.name() == text.trim());
        defect =
            named.ok_or_else(|| channel.problem("value DefectType is neither DEAD nor QUIET"))?;
        threshold = channel.parsed("Threshold")?;
        let module = channels::module(channel)?;
        if modules.insert(module, list(channel)?).is_some() {
            return Err(channels::twice(channel, module));
        }
    }
    Ok((defect, threshold, modules))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sct_id::{ModuleStrip, RunNumber};

    use super::*;

    fn iov() -> Iov {
        Iov::run(RunNumber::new(440_199).unwrap())
    }

    fn strips(numbers: &[(usize, usize)]) -> DeadStripsList {
        let mut modules = StripSets::new();
        for &(module, strip) in numbers {
            let set = modules.entry(ModuleHash::new(module).unwrap()).or_default();
            set.insert(ModuleStrip::new(strip).unwrap());
        }
        let (tag, threshold) = ("Tag".to_owned(), 6.0);
        DeadStripsList { iov: iov(), tag, defect: DefectType::Dead, threshold, modules }
    }

    fn chips(numbers: &[(usize, &[usize])]) -> DeadChipsList {
        let chip = |&number: &usize| Chip::new(number).unwrap();
        let one = |&(module, numbers): &(usize, &[usize])| {
            (ModuleHash::new(module).unwrap(), numbers.iter().map(chip).collect())
        };
        let (tag, threshold) = ("Tag".to_owned(), 0.5);
        let modules = numbers.iter().map(one).collect();
        DeadChipsList { iov: iov(), tag, defect: DefectType::Quiet, threshold, modules }
    }

    #[test]
    fn strips_are_written_side_after_side() {
        insta::assert_snapshot!(strips(&[(0, 5), (2469, 766), (2469, 767), (2469, 768)]).to_xml());
    }

    #[test]
    fn chips_are_written_side_after_side() {
        let every: Vec<usize> = (0..12).collect();
        insta::assert_snapshot!(chips(&[(0, &[7]), (2469, &every)]).to_xml());
    }

    #[test]
    fn an_empty_list_has_two_lines() {
        assert_eq!(strips(&[]).to_xml().lines().count(), 2);
        assert_eq!(chips(&[]).to_xml().lines().count(), 2);
    }

    #[test]
    fn problems_name_their_line() {
        let xml = chips(&[(0, &[7]), (1, &[3])]).to_xml();
        let error = |from: &str, to: &str| {
            DeadChipsList::from_xml("x", xml.replace(from, to).as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(error(">7<", ">12<"), "x: line 2: chip 12 is out of range, expected 0 to 11");
        assert!(error("QUIET", "LOUD").starts_with("x: line 2: value DefectType is"));
        assert!(error("134232064", "134230016").contains("comes a second time"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn lists_round_trip(numbers in prop::collection::vec((0..4088_usize, 0..1536_usize), 1..60)) {
            let list = strips(&numbers);
            prop_assert_eq!(DeadStripsList::from_xml("x", list.to_xml().as_bytes()).unwrap(), list);
            let numbers: BTreeMap<usize, Vec<usize>> = numbers.iter().map(|(module, strip)| (*module, vec![strip % 12])).collect();
            let numbers: Vec<(usize, &[usize])> = numbers.iter().map(|(module, chips)| (*module, chips.as_slice())).collect();
            let list = chips(&numbers);
            prop_assert_eq!(DeadChipsList::from_xml("x", list.to_xml().as_bytes()).unwrap(), list);
        }

        #[test]
        fn changed_bytes_never_panic(changes in prop::collection::vec((0..900_usize, any::<u8>()), 1..6)) {
            let mut xml = chips(&[(0, &[5]), (1, &[6])]).to_xml().into_bytes();
            for (place, byte) in changes {
                if let Some(old) = xml.get_mut(place) {
                    *old = byte;
                }
            }
            let _ = DeadChipsList::from_xml("x", &xml);
            let _ = DeadStripsList::from_xml("x", &xml);
        }
    }
}

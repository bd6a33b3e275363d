//! BadStripsAllFile.xml and BadStripsNewFile.xml: noisy strips by module.

use std::path::Path;

use sct_conditions::{DefectType, MONITORING, StripSets, parse_defect_list};
use sct_id::Iov;

use crate::{
    Error,
    channels::{self, Channels},
    parse::{self, Element, Problem},
};

/// Noisy strips by module, with what is needed to store them.
#[derive(Clone, Debug, PartialEq)]
pub struct BadStripsList {
    /// Interval; the files name the last key of the run as its end.
    pub iov: Iov,
    /// Tag.
    pub tag: String,
    /// Occupancy above which a strip is noisy, hits per event.
    pub threshold: f32,
    /// Modules with their strips, in hash order.
    pub modules: StripSets,
}

impl BadStripsList {
    /// The text of the file. Channels are the 64-bit form of the module identifier.
    pub fn to_xml(&self) -> String {
        let channels = Channels {
            folder: MONITORING,
            iov: self.iov,
            tag: &self.tag,
            defect: DefectType::Noisy,
            threshold: self.threshold,
            wide: true,
        };
        channels.to_xml(self.modules.iter().map(|(&module, strips)| (module, strips.defect_list())))
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        Ok(sct_wholefile::write(path, self.to_xml().as_bytes())?)
    }

    /// Reads a file; channels may be in the 32-bit or the 64-bit form.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and [`Error::Content`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        parse::file(path, "channels", Self::from_element)
    }

    /// Reads a text; `name` stands for it in messages.
    ///
    /// # Errors
    ///
    /// [`Error::Content`].
    pub fn from_xml(name: &str, xml: &[u8]) -> Result<Self, Error> {
        parse::text(name, xml, "channels", Self::from_element)
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let (iov, tag) = channels::head(root)?;
        let mut list = Self { iov, tag, threshold: 0.0, modules: StripSets::new() };
        for channel in root.all("channel") {
            let module = channels::module(channel)?;
            let strips = parse_defect_list(channel.value("DefectList")?)
                .map_err(|error| channel.problem(error.to_string()))?;
            list.threshold = channel.parsed("Threshold")?;
            if list.modules.insert(module, strips).is_some() {
                return Err(channels::twice(channel, module));
            }
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sct_id::{ModuleHash, ModuleStrip, RunNumber};

    use super::*;

    fn list(strips: &[(usize, usize)]) -> BadStripsList {
        let mut modules = StripSets::new();
        for &(module, strip) in strips {
            modules
                .entry(ModuleHash::new(module).unwrap())
                .or_default()
                .insert(ModuleStrip::new(strip).unwrap());
        }
        let iov = Iov::run(RunNumber::new(440_199).unwrap());
        BadStripsList { iov, tag: "Tag-<1>".to_owned(), threshold: 0.015, modules }
    }

    #[test]
    fn the_text_is_the_originals() {
        insta::assert_snapshot!(
            list(&[(0, 5), (2469, 766), (2469, 767), (2469, 768), (2469, 900)]).to_xml()
        );
    }

    #[test]
    fn both_forms_of_identifiers_are_read() {
        let sample = list(&[(2469, 766)]);
        let short = sample.to_xml().replace("748063731073679360", "174172160");
        assert_ne!(short, sample.to_xml());
        assert_eq!(BadStripsList::from_xml("x", short.as_bytes()).unwrap(), sample);
    }

    #[test]
    fn problems_name_their_line() {
        let xml = list(&[(0, 5), (1, 6)]).to_xml();
        let error = |from: &str, to: &str| {
            BadStripsList::from_xml("x", xml.replace(from, to).as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(
            error("\"DefectList\">6<", "\"DefectList\">x6<"),
            "x: line 12: 'x6' (word 1 of the list) is no strip or range of strips from 0 to 1535"
        );
        assert_eq!(
            error("channels", "run"),
            "x: line 1: the outermost element is <run>, expected <channels>"
        );
        assert!(error("until=\"", "until=\"x").starts_with("x: line 1: attribute until is 'x"));
        assert!(BadStripsList::from_xml("x", &xml.as_bytes()[..300]).is_err());
        assert!(BadStripsList::from_xml("x", b"").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn lists_round_trip(strips in prop::collection::vec((0..4088_usize, 0..1536_usize), 0..60)) {
            let mut list = list(&strips);
            if strips.is_empty() {
                list.threshold = 0.0; // without a channel there is no threshold in the file
            }
            prop_assert_eq!(BadStripsList::from_xml("x", list.to_xml().as_bytes()).unwrap(), list);
        }

        #[test]
        fn changed_bytes_never_panic(changes in prop::collection::vec((0..900_usize, any::<u8>()), 1..6)) {
            let mut xml = list(&[(0, 5), (1, 6)]).to_xml().into_bytes();
            for (place, byte) in changes {
                if let Some(old) = xml.get_mut(place) {
                    *old = byte;
                }
            }
            let _ = BadStripsList::from_xml("x", &xml);
        }
    }
}

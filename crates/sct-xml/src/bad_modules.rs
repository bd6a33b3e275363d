//! BadModulesFile.xml: times in which modules were without high voltage.

use sct_id::{LumiBlock, ModuleHash, SerialNumber};

use crate::{
    hist::xml_file,
    parse::{Element, Problem},
    summary::{line, module},
};

/// One time in which a module was off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadModule {
    /// Serial number.
    pub serial: SerialNumber,
    /// The module.
    pub module: ModuleHash,
    /// Start and end, whole seconds since 1970: the first rounded down, the second up.
    pub seconds: (i64, i64),
    /// Lumi blocks in which it began and ended.
    pub lumi_blocks: (LumiBlock, LumiBlock),
}

/// Times in which modules were off, one element each; modules in hash order, and their times ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadModulesFile {
    /// The times.
    pub modules: Vec<BadModule>,
}

xml_file!(BadModulesFile, "modules");

impl BadModulesFile {
    /// The text of the file. Elements and values are the original's, which has no style sheet here.
    pub fn to_xml(&self) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<modules>\n");
        for bad in &self.modules {
            xml.push_str("  <module>\n");
            line(&mut xml, 4, "SN", &bad.serial.to_string());
            line(&mut xml, 4, "BecLayerPhiEta", &bad.module.position().to_string());
            line(&mut xml, 4, "StartTime", &bad.seconds.0.to_string());
            line(&mut xml, 4, "EndTime", &bad.seconds.1.to_string());
            line(&mut xml, 4, "StartLBN", &bad.lumi_blocks.0.to_string());
            line(&mut xml, 4, "EndLBN", &bad.lumi_blocks.1.to_string());
            xml.push_str("  </module>\n");
        }
        xml.push_str("</modules>\n");
        xml
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let bad = |element: &Element| {
            let lumi_block = |name| Ok::<_, Problem>(LumiBlock::new(element.parsed(name)?));
            Ok(BadModule {
                serial: element.parsed("SN")?,
                module: module(element)?,
                seconds: (element.parsed("StartTime")?, element.parsed("EndTime")?),
                lumi_blocks: (lumi_block("StartLBN")?, lumi_block("EndLBN")?),
            })
        };
        Ok(Self { modules: root.all("module").map(bad).collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hist::tests::{change_bytes, serial};

    fn file() -> BadModulesFile {
        let bad = |module, start: i64, first| BadModule {
            serial: serial(),
            module: ModuleHash::new(module).unwrap(),
            seconds: (start, start + 61),
            lumi_blocks: (LumiBlock::new(first), LumiBlock::new(first + 1)),
        };
        BadModulesFile {
            modules: vec![
                bad(17, 1_666_000_100, 2),
                bad(17, 1_666_000_500, 9),
                bad(4087, 1_666_000_000, 1),
            ],
        }
    }

    #[test]
    fn one_element_a_time() {
        insta::assert_snapshot!(file().to_xml());
    }

    #[test]
    fn files_round_trip() {
        for file in [file(), BadModulesFile { modules: vec![] }] {
            assert_eq!(BadModulesFile::from_xml("x", file.to_xml().as_bytes()).unwrap(), file);
        }
    }

    #[test]
    fn problems_name_their_line() {
        let xml = file().to_xml().replace("\"EndLBN\">10<", "\"EndLBN\">-1<");
        let error = BadModulesFile::from_xml("x", xml.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "x: line 11: value EndLBN is '-1'");
    }

    #[test]
    fn changed_bytes_never_panic() {
        change_bytes(&file().to_xml(), |bytes| BadModulesFile::from_xml("x", bytes).is_ok());
    }
}

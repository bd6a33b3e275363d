//! Files of the tasks that read monitoring histograms: summaries by layer and ring, and lists by wafer and chip.

mod bs_errors;
mod efficiency;
mod lorentz_angle;
mod noise;
mod summary;

use std::{
    fmt::{Debug, Display, Write as _},
    io,
    path::Path,
};

use quick_xml::escape::escape;
use sct_conditions::time_text;
use sct_id::{ModulePosition, Region, RunNumber, Side, WaferHash};
use sct_wholefile::Pending;

pub use self::{
    bs_errors::{BsErrorModules, BsErrorWafer},
    efficiency::{EfficiencyChip, EfficiencyChips, EfficiencyModules, EfficiencyWafer},
    lorentz_angle::{LorentzAngleFile, LorentzAnglePart, LorentzAngleSummary},
    noise::{NoiseOccupancyList, NoiseWafer},
    summary::{Measure, MonitoringSummary, PartValue, SummaryKind},
};
use crate::{
    parse::{Element, Problem},
    summary::line,
};

/// Sample size of lists: a constant of the original, whatever the number of events.
const SAMPLE_SIZE: u32 = 10_000;

/// The content of a file, whichever it is, that has not become text yet.
pub trait XmlFile: Debug + Send + Sync {
    /// Writes the text of the file.
    ///
    /// # Errors
    ///
    /// When `out` does not take it.
    fn write_to(&self, out: &mut dyn io::Write) -> io::Result<()>;

    /// The file, complete but for its name, so that it can appear together with others.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn prepare(&self, path: &Path) -> Result<Pending, sct_wholefile::Error> {
        let pending = Pending::create(path)?;
        let written = self.write_to(&mut pending.handle()?);
        written.map_err(|source| sct_wholefile::Error { path: path.to_owned(), source })?;
        Ok(pending)
    }
}

/// Writing and reading of a file whose text and elements are known.
macro_rules! xml_file {
    ($type:ident, $root:literal) => {
        impl crate::XmlFile for $type {
            fn write_to(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
                out.write_all(self.to_xml().as_bytes())
            }
        }

        crate::hist::xml_file!($type, $root, in pieces);
    };
    ($type:ident, $root:literal, in pieces) => {
        impl $type {
            /// Writes the file, whole or not at all.
            ///
            /// # Errors
            ///
            /// [`Error::Write`](crate::Error::Write).
            pub fn write(&self, path: &std::path::Path) -> Result<(), crate::Error> {
                Ok(crate::XmlFile::prepare(self, path)?.finish()?)
            }

            /// Reads a file.
            ///
            /// # Errors
            ///
            /// [`Error::Io`](crate::Error::Io) and [`Error::Content`](crate::Error::Content).
            pub fn read(path: &std::path::Path) -> Result<Self, crate::Error> {
                crate::parse::file(path, $root, Self::from_element)
            }

            /// Reads a text; `name` stands for it in messages.
            ///
            /// # Errors
            ///
            /// [`Error::Content`](crate::Error::Content).
            pub fn from_xml(name: &str, xml: &[u8]) -> Result<Self, crate::Error> {
                crate::parse::text(name, xml, $root, Self::from_element)
            }
        }
    };
}
pub(crate) use xml_file;

/// Which run a file is about: the first values of every summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunHead {
    /// Run.
    pub run: RunNumber,
    /// Start of the run as text in UTC.
    pub start: String,
    /// End of the run.
    pub end: String,
    /// Length of the run in seconds.
    pub duration: i64,
    /// Lumi blocks of the run.
    pub lumi_blocks: u64,
    /// Events monitored.
    pub events: u64,
}

impl RunHead {
    /// Times are whole seconds since 1970.
    pub fn new(run: RunNumber, start: i64, end: i64, lumi_blocks: u64, events: u64) -> Self {
        let duration = end.saturating_sub(start);
        let (start, end) = (time_text(start, 0), time_text(end, 0));
        Self { run, start, end, duration, lumi_blocks, events }
    }

    /// Declaration, style sheet, the outermost element and the values.
    pub(crate) fn open(&self, style_sheet: &str) -> String {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<?xml-stylesheet type=\"text/xsl\" href=\"{}\"?>\n<run>\n",
            escape(style_sheet)
        );
        self.put(&mut xml);
        xml
    }

    /// The values alone.
    pub(crate) fn put(&self, xml: &mut String) {
        line(xml, 2, "RunNumber", &self.run.to_string());
        line(xml, 2, "StartTime", &self.start);
        line(xml, 2, "EndTime", &self.end);
        line(xml, 2, "Duration", &self.duration.to_string());
        line(xml, 2, "LB", &self.lumi_blocks.to_string());
        line(xml, 2, "Events", &self.events.to_string());
    }

    pub(crate) fn from_element(root: &Element) -> Result<Self, Problem> {
        Ok(Self {
            run: root.parsed("RunNumber")?,
            start: root.value("StartTime")?.to_owned(),
            end: root.value("EndTime")?.to_owned(),
            duration: root.parsed("Duration")?,
            lumi_blocks: root.parsed("LB")?,
            events: root.parsed("Events")?,
        })
    }
}

/// One number on a line of its own. Lists have more than a hundred thousand of them, so nothing is allocated, and numbers
/// need no escaping.
fn number(xml: &mut String, indent: &str, name: &str, value: impl Display) {
    for piece in [indent, "<value name=\"", name, "\">"] {
        xml.push_str(piece);
    }
    // Writing to a string cannot fail.
    let _ = write!(xml, "{value}");
    xml.push_str("</value>\n");
}

/// The elements `item` inside the elements `list`.
pub(crate) fn items<'a>(
    root: &'a Element,
    list: &'a str,
    item: &'a str,
) -> impl Iterator<Item = &'a Element> {
    root.all(list).flat_map(move |list| list.all(item))
}

/// The wafer whose position stands in five values; names differ in their first letters.
fn wafer(element: &Element, [bec, layer, eta, phi, side]: [&str; 5]) -> Result<WaferHash, Problem> {
    let named = |error: sct_id::Error| element.problem(error.to_string());
    let region = Region::from_barrel_ec(element.parsed(bec)?).map_err(named)?;
    let (layer, phi, eta) = (element.parsed(layer)?, element.parsed(phi)?, element.parsed(eta)?);
    let module = ModulePosition::new(region, layer, phi, eta).map_err(named)?;
    let side = Side::new(element.parsed(side)?).map_err(named)?;
    Ok(module.wafer(side).hash())
}

#[cfg(test)]
pub(crate) mod tests {
    use sct_id::{SerialNumber, WaferPosition};

    use super::*;

    pub(crate) fn head() -> RunHead {
        let run = RunNumber::new(440_199).unwrap();
        RunHead::new(run, 1_669_852_800, 1_669_890_000, 900, 20_000)
    }

    pub(super) fn wafer(name: &str) -> WaferHash {
        name.parse::<WaferPosition>().unwrap().hash()
    }

    pub(crate) fn serial() -> SerialNumber {
        "20220170200653".parse().unwrap()
    }

    /// Reads `xml` with every byte of it changed in turn: whatever comes, no panic.
    pub(crate) fn change_bytes<T>(xml: &str, read: impl Fn(&[u8]) -> T) {
        for place in 0..xml.len() {
            for byte in [b'<', b'9', 0xFF] {
                let mut bytes = xml.as_bytes().to_vec();
                bytes[place] = byte;
                read(&bytes);
            }
        }
    }
}

//! How a simulated run is written as RAW files.

use serde::{Deserialize, Serialize};

use crate::Error;

/// How hits are packed on the links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// One or two strips a half word.
    #[default]
    Condensed,
    /// Strips with their time bins.
    Expanded,
    /// Up to 16 strips a half word.
    SuperCondensed,
}

/// What is packed with zlib.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zlib {
    /// Nothing.
    #[default]
    None,
    /// The payload of each event; events of version 5 only.
    Events,
    /// Whole events, as files of Run 1 may be.
    Files,
}

/// How a run is written. Missing fields take the defaults: files of Run 2 and 3 with a few faults.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawSettings {
    /// Packing of hits.
    pub packing: Packing,
    /// Version of the events, 4 or 5.
    pub event_version: u16,
    /// Version of the files: 2, 5 or 6.
    pub file_version: u32,
    /// Compression.
    pub zlib: Zlib,
    /// Whether events and ROBs end with their Adler-32.
    pub checksums: bool,
    /// Whether links without hits send header and trailer all the same.
    pub empty_links: bool,
    /// RODs that are absent from the whole run.
    pub missing_rods: usize,
    /// Probability that something is wrong with a ROD in an event.
    pub rod_faults: f64,
    /// Probability that an event has one to ten clusters on a fibre without a module.
    pub unknown_ids: f64,
    /// Probability that it has more: such an event must be left out.
    pub many_unknown_ids: f64,
}

impl Default for RawSettings {
    fn default() -> Self {
        Self {
            packing: Packing::Condensed,
            event_version: 5,
            file_version: 6,
            zlib: Zlib::None,
            checksums: true,
            empty_links: false,
            missing_rods: 1,
            rod_faults: 1e-5,
            unknown_ids: 1e-3,
            many_unknown_ids: 2e-4,
        }
    }
}

impl RawSettings {
    /// Checks all ranges.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] with the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let within = |good: bool, name: &'static str, value: String, expected: &'static str| {
            if good { Ok(()) } else { Err(Error::Setting { name, value, expected }) }
        };
        let (event, file) = (self.event_version, self.file_version);
        within([4, 5].contains(&event), "event_version", event.to_string(), "4 or 5")?;
        within([2, 5, 6].contains(&file), "file_version", file.to_string(), "2, 5 or 6")?;
        let packed = self.zlib != Zlib::Events || event == 5;
        within(packed, "zlib", "events".to_owned(), "files or none for events of version 4")?;
        let missing = self.missing_rods;
        within(missing <= 80, "missing_rods", missing.to_string(), "0 to 80")?;
        for (name, rate) in [
            ("rod_faults", self.rod_faults),
            ("unknown_ids", self.unknown_ids),
            ("many_unknown_ids", self.many_unknown_ids),
        ] {
            within((0.0..=0.2).contains(&rate), name, rate.to_string(), "0 to 0.2")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        RawSettings::default().check().unwrap();
        let check = |settings: RawSettings, name: &str| {
            assert!(settings.check().unwrap_err().to_string().contains(name), "{name}");
        };
        check(RawSettings { event_version: 3, ..RawSettings::default() }, "event_version");
        check(RawSettings { file_version: 4, ..RawSettings::default() }, "file_version");
        let packed = RawSettings { event_version: 4, zlib: Zlib::Events, ..RawSettings::default() };
        check(packed, "zlib");
        check(RawSettings { rod_faults: f64::NAN, ..RawSettings::default() }, "rod_faults");
    }
}

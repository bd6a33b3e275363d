//! Components known to be bad before a search.

use std::{
    collections::{HashMap, HashSet},
    io::Read,
};

use sct_id::{
    Chip, ModuleHash, ModulePosition, ModuleStrip, ReadoutSwap, Region, Side, Strip, WaferHash,
};
use serde::Deserialize;

use crate::StripSet;

/// Where a defect is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The run configuration: what is switched off.
    Configuration,
    /// Calibration data: what was found in calibration runs.
    Calibration,
}

/// Bad components of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Components {
    modules: HashSet<ModuleHash>,
    /// A link reads one side of a module.
    links: HashSet<WaferHash>,
    chips: HashSet<(ModuleHash, Chip)>,
    strips: HashMap<ModuleHash, StripSet>,
}

impl Components {
    fn is_good(&self, wafer: WaferHash, strip: Strip, swap: &ReadoutSwap) -> bool {
        let module = wafer.module();
        !self.modules.contains(&module)
            && !self.links.contains(&wafer)
            && !self.chips.contains(&(module, swap.chip(wafer, strip)))
            && !self
                .strips
                .get(&module)
                .is_some_and(|strips| strips.contains(strip.in_module(wafer.side())))
    }
}

/// Everything known to be bad, by source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownBad {
    configuration: Components,
    calibration: Components,
}

impl KnownBad {
    fn of(&self, source: Source) -> &Components {
        match source {
            Source::Configuration => &self.configuration,
            Source::Calibration => &self.calibration,
        }
    }

    fn of_mut(&mut self, source: Source) -> &mut Components {
        match source {
            Source::Configuration => &mut self.configuration,
            Source::Calibration => &mut self.calibration,
        }
    }

    /// Adds a bad module.
    pub fn add_module(&mut self, source: Source, module: ModuleHash) {
        self.of_mut(source).modules.insert(module);
    }

    /// Adds a bad link: one side of a module.
    pub fn add_link(&mut self, source: Source, wafer: WaferHash) {
        self.of_mut(source).links.insert(wafer);
    }

    /// Whether a source names this link as bad.
    pub fn is_bad_link(&self, source: Source, wafer: WaferHash) -> bool {
        self.of(source).links.contains(&wafer)
    }

    /// Whether a source names this module as bad.
    pub fn is_bad_module(&self, source: Source, module: ModuleHash) -> bool {
        self.of(source).modules.contains(&module)
    }

    /// Whether a source names this chip, in read-out numbering, as bad.
    pub fn is_bad_chip(&self, source: Source, module: ModuleHash, chip: Chip) -> bool {
        self.of(source).chips.contains(&(module, chip))
    }

    /// The strips of a module that a source names one by one, in offline numbering.
    pub fn bad_strips(&self, source: Source, module: ModuleHash) -> Option<&StripSet> {
        self.of(source).strips.get(&module)
    }

    /// Adds a bad chip in read-out numbering.
    pub fn add_chip(&mut self, source: Source, module: ModuleHash, chip: Chip) {
        self.of_mut(source).chips.insert((module, chip));
    }

    /// Adds a bad strip in offline numbering.
    pub fn add_strip(&mut self, source: Source, module: ModuleHash, strip: ModuleStrip) {
        self.of_mut(source).strips.entry(module).or_default().insert(strip);
    }

    /// Whether a source knows nothing bad of a strip: neither the strip nor its chip, link or module.
    pub fn is_good(
        &self,
        source: Source,
        wafer: WaferHash,
        strip: Strip,
        swap: &ReadoutSwap,
    ) -> bool {
        self.of(source).is_good(wafer, strip, swap)
    }

    /// Bad modules, links, chips and strips of a source, counted.
    pub fn counts(&self, source: Source) -> [usize; 4] {
        let Components { modules, links, chips, strips } = self.of(source);
        [modules.len(), links.len(), chips.len(), strips.values().map(StripSet::len).sum()]
    }

    /// Adds the components of a CSV table with the header `source,kind,bec,layer_disk,phi,eta,side,number`: source
    /// `configuration` or `calibration`; kind `module`, `link` (with side), `chip` (number 0 to 11 in read-out numbering)
    /// or `strip` (with side, number 0 to 767 in offline numbering).
    ///
    /// # Errors
    ///
    /// [`KnownBadError`] with the line.
    pub fn add_csv(&mut self, table: impl Read) -> Result<(), KnownBadError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(table);
        for (record, line) in reader.deserialize().zip(2..) {
            let record: Record = record?;
            self.add_record(&record).map_err(|what| KnownBadError::Row { line, what })?;
        }
        Ok(())
    }

    fn add_record(&mut self, record: &Record) -> Result<(), String> {
        let text = |error: sct_id::Error| error.to_string();
        let region = Region::from_barrel_ec(record.bec).map_err(text)?;
        let module = ModulePosition::new(region, record.layer_disk, record.phi, record.eta)
            .map_err(text)?
            .hash();
        let need = |value: Option<usize>, what: &str| {
            value.ok_or_else(|| format!("a {} needs a {what}", record.kind))
        };
        match record.kind.as_str() {
            "module" => self.add_module(record.source, module),
            "link" => {
                let side = Side::new(need(record.side, "side")?).map_err(text)?;
                self.add_link(record.source, module.wafer(side));
            }
            "chip" => {
                let chip = Chip::new(need(record.number, "number")?).map_err(text)?;
                self.add_chip(record.source, module, chip);
            }
            "strip" => {
                let side = Side::new(need(record.side, "side")?).map_err(text)?;
                let strip = Strip::new(need(record.number, "number")?).map_err(text)?;
                self.add_strip(record.source, module, strip.in_module(side));
            }
            other => {
                return Err(format!(
                    "unknown kind '{other}', expected module, link, chip or strip"
                ));
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Record {
    source: Source,
    kind: String,
    bec: i64,
    layer_disk: i64,
    phi: i64,
    eta: i64,
    side: Option<usize>,
    number: Option<usize>,
}

/// Why a table of known-bad components is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KnownBadError {
    /// No CSV with the expected columns.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A row that names nothing.
    #[error("line {line}: {what}")]
    Row {
        /// Line of the table, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
}

#[cfg(test)]
mod tests {
    use sct_id::BarrelSwap;

    use super::*;

    const HEADER: &str = "source,kind,bec,layer_disk,phi,eta,side,number\n";

    fn known(rows: &str) -> Result<KnownBad, KnownBadError> {
        let mut known = KnownBad::default();
        known.add_csv(format!("{HEADER}{rows}").as_bytes()).map(|()| known)
    }

    #[test]
    fn every_kind_makes_its_strips_bad() {
        let known = known(
            "configuration,module,0,0,0,1,,\nconfiguration,link,0,0,0,2,1,\ncalibration,chip,0,0,0,3,,11\ncalibration,strip,0,0,0,4,1,5\n",
        )
        .unwrap();
        let swap = ReadoutSwap::new(BarrelSwap::Side1);
        let good = |source, eta, side: usize, strip| {
            let module = ModulePosition::new(Region::Barrel, 0, 0, eta).unwrap();
            let wafer = module.wafer(Side::new(side).unwrap()).hash();
            known.is_good(source, wafer, Strip::new(strip).unwrap(), &swap)
        };
        let (configuration, calibration) = (Source::Configuration, Source::Calibration);
        assert!(
            !good(configuration, 1, 0, 0)
                && !good(configuration, 1, 1, 767)
                && good(calibration, 1, 0, 0)
        );
        assert!(good(configuration, 2, 0, 0) && !good(configuration, 2, 1, 0));
        // Side 1 of the barrel is read backwards: chip 11 has the first strips.
        assert!(
            !good(calibration, 3, 1, 0)
                && good(calibration, 3, 1, 128)
                && good(calibration, 3, 0, 0)
        );
        assert!(
            !good(calibration, 4, 1, 5) && good(calibration, 4, 0, 5) && good(calibration, 4, 1, 6)
        );
        assert_eq!(
            (known.counts(configuration), known.counts(calibration)),
            ([1, 1, 0, 0], [0, 0, 1, 1])
        );
    }

    #[test]
    fn rows_that_name_nothing_are_refused() {
        for (row, expected) in [
            ("configuration,wafer,0,0,0,1,,\n", "line 2: unknown kind 'wafer'"),
            ("configuration,link,0,0,0,1,,\n", "line 2: a link needs a side"),
            ("configuration,chip,0,0,0,1,,12\n", "line 2: chip 12 is out of range"),
            ("configuration,module,0,0,0,0,,\n", "line 2: there is no module"),
        ] {
            let error = known(row).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(known("database,module,0,0,0,1,,\n").is_err());
    }
}

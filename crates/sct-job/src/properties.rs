//! Thresholds, switches and tags under the original's property names.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Map, Value};

use crate::{Error, error::suggestion};

mod kind;
mod python;

use self::kind::Kind;

macro_rules! properties {
    ($($(#[$doc:meta])* $field:ident, $name:literal: $kind:ty = $default:expr;)*) => {
        /// All properties of the loop's tasks. Defaults are those of the original's shipped configuration.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Properties {
            $($(#[$doc])* pub $field: $kind,)*
            /// Names that were set, so that a default can be told from a choice.
            given: std::collections::BTreeSet<&'static str>,
        }

        impl Default for Properties {
            fn default() -> Self {
                Self { $($field: $default.into(),)* given: std::collections::BTreeSet::new() }
            }
        }

        impl Properties {
            /// Every name.
            pub const NAMES: &[&'static str] = &[$($name,)*];

            fn assign(&mut self, name: &str, value: &Value) -> Result<(), String> {
                match name {
                    $($name => {
                        self.$field = Kind::read(value)?;
                        self.given.insert($name);
                    })*
                    _ => return Err(format!(
                        "property {name} is not known{}", suggestion(name, Self::NAMES.iter().copied())
                    )),
                }
                Ok(())
            }

            /// All names and values, for reports.
            pub fn to_json(&self) -> Map<String, Value> {
                let mut map = Map::new();
                $(map.insert($name.to_owned(), self.$field.show());)*
                map
            }
        }
    };
}

properties! {
    /// Store only modules that differ from the reference.
    noisy_update, "NoisyUpdate": bool = false;
    /// Store a row for every module.
    noisy_write_all_modules, "NoisyWriteAllModules": bool = true;
    /// Hours after its end in which a run waits for earlier ones.
    run_selector_deadline, "RunSelectorDeadline": i64 = 24;
    /// Seconds between two questions of a run that waits.
    run_selector_poll, "RunSelectorPoll": i64 = 5;
    /// Events wanted for an upload.
    noisy_min_stat, "NoisyMinStat": i64 = 10_000;
    /// Store all noisy strips, not only new ones.
    noisy_strip_all, "NoisyStripAll": bool = true;
    /// Use the offline threshold.
    noisy_strip_thr_def, "NoisyStripThrDef": bool = true;
    /// Occupancy of noisy strips, offline.
    noisy_strip_thr_offline, "NoisyStripThrOffline": f32 = 0.015_f32;
    /// Occupancy of noisy strips, online.
    noisy_strip_thr_online, "NoisyStripThrOnline": f32 = 0.0015_f32;
    /// Treat noisy wafers specially.
    noisy_wafer_finder, "NoisyWaferFinder": bool = true;
    /// Keep the strips of noisy wafers.
    noisy_wafer_write, "NoisyWaferWrite": bool = true;
    /// Take all strips of noisy wafers.
    noisy_wafer_all_strips, "NoisyWaferAllStrips": bool = false;
    /// Average occupancy of noisy wafers, barrel.
    noisy_wafer_thr_barrel, "NoisyWaferThrBarrel": f32 = 0.001_f32;
    /// Average occupancy of noisy wafers, end-cap A.
    noisy_wafer_thr_eca, "NoisyWaferThrECA": f32 = 0.001_f32;
    /// Average occupancy of noisy wafers, end-cap C.
    noisy_wafer_thr_ecc, "NoisyWaferThrECC": f32 = 0.001_f32;
    /// Fraction of noisy strips on noisy wafers.
    noisy_wafer_fraction, "NoisyWaferFraction": f32 = 0.5_f32;
    /// Fraction of noisy strips on noisy chips.
    noisy_chip_fraction, "NoisyChipFraction": f32 = 0.5_f32;
    /// Judge the upload.
    noisy_upload_test, "NoisyUploadTest": bool = true;
    /// Average of noisy modules in recent uploads, -1 to read it.
    noisy_module_average_in_db, "NoisyModuleAverageInDB": f32 = -1.0_f32;
    /// Noisy strips of the last upload, -999 to read it.
    noisy_strip_last_run_in_db, "NoisyStripLastRunInDB": i64 = -999;
    /// Average of noisy strips in recent uploads, -999 to read it.
    noisy_strip_average_in_db, "NoisyStripAverageInDB": f32 = -999.0_f32;
    /// Noisy modules from which an upload is refused.
    noisy_module_list, "NoisyModuleList": i64 = 5_000;
    /// Tolerated increase of noisy modules.
    noisy_module_diff, "NoisyModuleDiff": f32 = 0.3_f32;
    /// Tolerated increase of noisy strips.
    noisy_strip_diff, "NoisyStripDiff": f32 = 0.3_f32;
    /// Uploads that are averaged.
    noisy_read_num_runs, "NoisyReadNumRuns": i64 = 3;
    /// Leave windows with a burst out of the noisy-strip search.
    noisy_strip_leave_out_bursts, "NoisyStripLeaveOutBursts": bool = false;
    /// Mean occupancy of a chip above which it is noisy in a lumi block.
    noisy_lb_thr_chip, "NoisyLBThrChip": f32 = 0.0075_f32;
    /// Events below which a lumi block is not looked at.
    noisy_lb_min_stat, "NoisyLBMinStat": i64 = 10;
    /// Fraction of noisy chips on noisy links in a lumi block.
    noisy_lb_link_fraction, "NoisyLBLinkFraction": f32 = 0.5_f32;
    /// Fraction of noisy modules in a burst.
    noisy_lb_burst_fraction, "NoisyLBBurstFraction": f32 = 0.1_f32;
    /// Lumi blocks in one window of the 2-D maps.
    lbs_per_window, "LbsPerWindow": i64 = 30;
    /// Lumi blocks on the axis of the maps; -1 for those of the run.
    lb_max, "LBMax": i64 = -1;
    /// Clusters on unknown fibres from which on an event is left out: more than this.
    max_unknown_ids, "MaxUnknownIds": i64 = 10;
    /// Part of the events that may be damaged or left out.
    max_skipped_fraction, "MaxSkippedFraction": f32 = 0.01_f32;
    /// Events wanted for dead strips.
    dead_strip_min_stat, "DeadStripMinStat": i64 = 5_000;
    /// The same in a busy stream.
    dead_strip_min_stat_busy, "DeadStripMinStatBusy": i64 = 5_000;
    /// Events wanted for dead chips.
    dead_chip_min_stat, "DeadChipMinStat": i64 = 5_000;
    /// Significance of dead strips.
    dead_strip_significance, "DeadStripSignificance": i64 = 6;
    /// Significance of dead chips.
    dead_chip_significance, "DeadChipSignificance": i64 = 6;
    /// Occupancy of a busy stream.
    busy_thr4_dead_finding, "BusyThr4DeadFinding": f32 = 1e-4_f32;
    /// Occupancy of strips left out of layer means.
    noisy_thr4_dead_finding, "NoisyThr4DeadFinding": f32 = 0.05_f32;
    /// Judge the upload of dead chips.
    dead_chip_upload_test, "DeadChipUploadTest": bool = true;
    /// Judge the upload of dead strips.
    dead_strip_upload_test, "DeadStripUploadTest": bool = true;
    /// Part of the mean below which a strip is quiet.
    quiet_threshold_strip, "QuietThresholdStrip": f32 = 0.5_f32;
    /// Part of the mean below which a chip is quiet.
    quiet_threshold_chip, "QuietThresholdChip": f32 = 0.5_f32;
    /// Efficiency by chip.
    efficiency_do_chips, "EfficiencyDoChips": bool = false;
    /// Noise occupancy of selected triggers.
    noise_occupancy_trigger_aware, "NoiseOccupancyTriggerAware": bool = false;
    /// Events wanted for noise occupancy.
    noise_occupancy_min_stat, "NoiseOccupancyMinStat": i64 = 5_000;
    /// Events wanted for raw occupancy.
    raw_occupancy_min_stat, "RawOccupancyMinStat": i64 = 5_000;
    /// Events wanted for efficiency.
    efficiency_min_stat, "EfficiencyMinStat": i64 = 5_000;
    /// Events wanted for byte-stream errors.
    bs_error_db_min_stat, "BSErrorDBMinStat": i64 = 5_000;
    /// Events wanted for the Lorentz angle.
    lorentz_angle_min_stat, "LorentzAngleMinStat": i64 = 5_000;
    /// Write the fitted profiles.
    lorentz_angle_debug_mode, "LorentzAngleDebugMode": bool = false;
    /// Largest gap between HV trips that are one.
    hv_bin_width, "HVBinWidth": i64 = 5;
    /// Voltage at or below which a module is off.
    hv_min_voltage, "HVMinVoltage": f32 = 55.0_f32;
    /// Voltage at or above which a module is off.
    hv_max_voltage, "HVMaxVoltage": f32 = 3000.0_f32;
    /// New strips are good in the configuration.
    use_configuration, "UseConfiguration": bool = true;
    /// New strips are good in calibration data.
    use_calibration, "UseCalibration": bool = true;
    /// Use events of good majority state only.
    use_majority, "UseMajority": bool = true;
    /// Write mycool.db.
    write_to_cool, "WriteToCool": bool = true;
    /// Tag of noisy strips.
    tag_noisy_strips, "TagID4NoisyStrips": String = "SctDerivedMonitoring-RUN2-UPD4-005";
    /// Tag whose recent uploads the upload test reads.
    tag_noisy_upload_test, "TagID4NoisyUploadTest": String = "SctDerivedMonitoring-RUN2-UPD4-005";
    /// Tag of dead strips.
    tag_dead_strips, "TagID4DeadStrips": String = "SctDerivedDeadStrips-003-00";
    /// Tag of dead chips.
    tag_dead_chips, "TagID4DeadChips": String = "SctDerivedDeadChips-003-00";
    /// Tag of noise occupancy.
    tag_noise_occupancy, "TagID4NoiseOccupancy": String = "SctDerivedNoiseOccupancy-003-01";
    /// Tag of raw occupancy.
    tag_raw_occupancy, "TagID4RawOccupancy": String = "SctDerivedRawOccupancy-003-00";
    /// Tag of efficiency.
    tag_efficiency, "TagID4Efficiency": String = "SctDerivedEfficiency-003-00";
    /// Tag of byte-stream errors.
    tag_bs_errors, "TagID4BSErrors": String = "SctDerivedBSErrorsRun2-001-00";
    /// Tag of the Lorentz angle.
    tag_lorentz_angle, "TagID4LorentzAngle": String = "SctDerivedLorentzAngleRun2_v2-001-00";
    /// More missing wafers in a hit map file are an error.
    max_missing_wafers, "MaxMissingWafers": i64 = 8_176;
    /// An analysis job whose inputs have fewer events ends at once and successfully.
    min_events_empty_input, "MinEventsEmptyInput": i64 = 10_000;
    /// Storage prefixes and local folders, as `from=to,from=to`.
    prefix_rewrites, "PrefixRewrites": String = "";
}

/// Properties that must not be negative.
const NOT_NEGATIVE: [&str; 28] = [
    "DeadStripMinStat",
    "DeadStripMinStatBusy",
    "DeadChipMinStat",
    "DeadStripSignificance",
    "DeadChipSignificance",
    "BusyThr4DeadFinding",
    "NoisyThr4DeadFinding",
    "QuietThresholdStrip",
    "QuietThresholdChip",
    "NoisyLBThrChip",
    "NoisyLBMinStat",
    "NoisyLBLinkFraction",
    "NoisyLBBurstFraction",
    "HVBinWidth",
    "MaxUnknownIds",
    "MaxSkippedFraction",
    "NoisyMinStat",
    "NoisyStripThrOffline",
    "NoisyStripThrOnline",
    "NoisyWaferThrBarrel",
    "NoisyWaferThrECA",
    "NoisyWaferThrECC",
    "NoisyWaferFraction",
    "NoisyChipFraction",
    "NoisyModuleList",
    "NoisyReadNumRuns",
    "MaxMissingWafers",
    "MinEventsEmptyInput",
];

impl Properties {
    /// Whether a property was set, rather than left at its default.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains(name)
    }

    /// Sets one property; `place` stands in messages.
    ///
    /// # Errors
    ///
    /// [`Error::Property`] for unknown names, with the nearest one, and for values of another type.
    pub fn set(&mut self, place: &str, name: &str, value: &Value) -> Result<(), Error> {
        let wrong = |what: String| Error::Property { place: place.to_owned(), what };
        self.assign(name, value).map_err(|what| {
            wrong(if what.starts_with("property ") {
                what
            } else {
                format!("property {name}: {what}")
            })
        })?;
        let negative =
            self.to_json().get(name).and_then(Value::as_f64).is_some_and(|number| number < 0.0);
        if negative && NOT_NEGATIVE.contains(&name) {
            return Err(wrong(format!("property {name} is {value}, expected 0 or more")));
        }
        if name == "LbsPerWindow" && self.lbs_per_window < 1 {
            return Err(wrong(format!("property {name} is {value}, expected 1 or more")));
        }
        Ok(())
    }

    /// Sets one property from `NAME=VALUE`.
    ///
    /// # Errors
    ///
    /// As [`Self::set`].
    pub fn set_text(&mut self, assignment: &str) -> Result<(), Error> {
        let place = format!("--set {assignment}");
        let Some((name, value)) = assignment.split_once('=') else {
            return Err(Error::Property { place, what: "expected NAME=VALUE".to_owned() });
        };
        self.set(&place, name.trim(), &Value::String(value.trim().to_owned()))
    }

    /// Adds the properties of a file: TOML, JSON, or the historic `.py` form with `Name = literal` lines only.
    ///
    /// # Errors
    ///
    /// [`Error::Read`], and [`Error::Property`] with the line.
    pub fn add_file(&mut self, path: &Path) -> Result<(), Error> {
        let text = fs::read_to_string(path)
            .map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let name = path.display().to_string();
        let kind = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        self.add_text(&name, kind, &text)
    }

    fn add_text(&mut self, file: &str, kind: &str, text: &str) -> Result<(), Error> {
        let wrong = |place: String, what: String| Error::Property { place, what };
        let values: Vec<(String, String, Value)> = match kind {
            "py" => python::parse(file, text)?,
            "json" => {
                let object = crate::parse_dictionary(file, text)?;
                object.into_iter().map(|(name, value)| (file.to_owned(), name, value)).collect()
            }
            _ => {
                let table: BTreeMap<String, Value> = toml::from_str(text).map_err(|error| {
                    let line = error.span().map_or(1, |span| {
                        1 + text[..span.start.min(text.len())].matches('\n').count()
                    });
                    wrong(format!("{file}: line {line}"), error.message().to_owned())
                })?;
                table.into_iter().map(|(name, value)| (file.to_owned(), name, value)).collect()
            }
        };
        values.into_iter().try_for_each(|(place, name, value)| self.set(&place, &name, &value))
    }

    /// The rewrites of storage prefixes.
    pub fn prefixes(&self) -> Vec<(String, String)> {
        let pair = |text: &str| {
            text.split_once('=').map(|(from, to)| (from.trim().to_owned(), to.trim().to_owned()))
        };
        self.prefix_rewrites.split(',').filter_map(pair).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(kind: &str, text: &str) -> Result<Properties, Error> {
        let mut properties = Properties::default();
        properties.add_text("f", kind, text).map(|()| properties)
    }

    #[test]
    fn three_forms_say_the_same() {
        let toml = read("toml", "NoisyStripThrOffline = 0.02\nNoisyUpdate = true\nTagID4NoisyStrips = \"T\"\nNoisyMinStat = 5").unwrap();
        let json = read(
            "json",
            r#"{"NoisyStripThrOffline": 0.02, "NoisyUpdate": true, "TagID4NoisyStrips": "T", "NoisyMinStat": 5}"#,
        );
        let python = read(
            "py",
            "# old\nNoisyStripThrOffline = 2.000E-2 # limit\nNoisyUpdate = True\nTagID4NoisyStrips = 'T'\nNoisyMinStat=5\n",
        );
        assert_eq!(
            (toml.noisy_strip_thr_offline, toml.noisy_update, toml.noisy_min_stat),
            (0.02, true, 5)
        );
        assert_eq!(json.unwrap(), toml);
        assert_eq!(python.unwrap(), toml);
        assert!(toml.is_given("NoisyUpdate") && !toml.is_given("UseMajority"));
    }

    #[test]
    fn slips_are_named() {
        let message = |kind, text| read(kind, text).unwrap_err().to_string();
        assert_eq!(
            message("toml", "NoisyStripThrOfline = 1"),
            "f: property NoisyStripThrOfline is not known; did you mean NoisyStripThrOffline?"
        );
        assert_eq!(
            message("toml", "NoisyUpdate = 1"),
            "f: property NoisyUpdate: 1 is neither true nor false"
        );
        assert_eq!(
            message("toml", "NoisyMinStat = 1.5"),
            "f: property NoisyMinStat: 1.5 is no whole number"
        );
        assert_eq!(
            message("toml", "NoisyStripThrOffline = -1"),
            "f: property NoisyStripThrOffline is -1, expected 0 or more"
        );
        assert!(message("toml", "a = \n").starts_with("f: line 1"));
        assert_eq!(
            message("py", "x = 1\nimport os\n"),
            "f: line 2: only 'Name = literal' lines and comments are read here"
        );
        let mut properties = Properties::default();
        assert!(properties.set_text("NoisyUpdate").is_err());
        properties.set_text("NoisyStripThrOffline=0.5").unwrap();
        assert_eq!(properties.noisy_strip_thr_offline.to_bits(), 0.5_f32.to_bits());
    }

    #[test]
    fn prefixes_are_pairs() {
        let properties = read("toml", "PrefixRewrites = \"/eos/atlas/=/data/, a=b\"").unwrap();
        let expected = [("/eos/atlas/", "/data/"), ("a", "b")]
            .map(|(from, to)| (from.to_owned(), to.to_owned()));
        assert_eq!(properties.prefixes(), expected);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            for kind in ["toml", "json", "py"] {
                let _ = read(kind, &text);
            }
        }
    }
}

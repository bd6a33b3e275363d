//! What the conditions database says about the detector, without the database: folders and their payload, rows, defect
//! lists, and sets of bad strips, chips, links and modules.

mod bad;
mod calibration;
mod configuration;
mod dcs;
mod defect_list;
mod defect_row;
mod difference;
mod folder;
mod hist_rows;
mod lorentz_angle;
mod majority;
mod number;
mod payload;
mod row;
pub mod run_control;
mod serial;
mod strip_set;
mod time;

pub use self::{
    bad::{KnownBad, KnownBadError, Source},
    calibration::{
        CALIBRATION_FOLDERS, CalibrationError, add_calibration_defects, calibration_folder,
        noise_defect_row,
    },
    configuration::{
        CHIP_FOLDERS, ChipMask, Configuration, ConfigurationError, ConfigurationFolder,
        ConfigurationKind, GEOG_COLUMNS, GEOG_FOLDERS, MODULE_FOLDERS, MUR_COLUMNS, MUR_FOLDERS,
        ROD_COLUMNS, ROD_FOLDERS, ROD_MUR_COLUMNS, ROD_MUR_FOLDERS, cabling_numbers, cabling_row,
        chip_row, module_row, mur_row,
    },
    dcs::{
        CHANNEL_STATE_FOLDER, DcsError, HV_FOLDER, HvState, LumiBlockTime, ModuleValue,
        channel_state_folder, channel_state_row, hv_folder, hv_row, hv_states, hv_voltages,
        lumi_block_row, lumi_block_times,
    },
    defect_list::{
        DefectListError, format_ranges, format_ranges_split, normalized, parse_defect_list,
    },
    defect_row::{
        DEAD_CHIPS, DEAD_STRIPS, DefectRowError, DefectType, MONITORING, defect_row, monitoring_row,
    },
    difference::{ChannelChange, DefectChange, Difference, NumberChange},
    folder::{
        ChannelId, Destination, Folder, FolderDescription, PayloadMode, SCT_FOLDERS, SctFolder,
        TimeStamp, Versioning,
    },
    hist_rows::{
        BS_ERRORS, EFFICIENCY, NOISE_OCCUPANCY, RAW_OCCUPANCY, bs_error_row, efficiency_row,
        noise_occupancy_row, raw_occupancy_row,
    },
    lorentz_angle::{LORENTZ_ANGLE, LorentzAngle, lorentz_angle_row},
    majority::{
        MAJORITY_FOLDER, Majority, MajorityError, MajorityHistory, MajorityRegion, majority_folder,
    },
    number::{SixDigits, six_digits},
    payload::{Field, PayloadError, PayloadSpec, StorageType, Value},
    row::{Row, VectorRow},
    serial::{SerialNumberError, SerialNumbers},
    strip_set::{StripSet, StripSets},
    time::{time_seconds, time_text},
};

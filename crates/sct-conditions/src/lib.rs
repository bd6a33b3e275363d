//! What the conditions database says about the detector, without the database: folders and their payload, rows, defect
//! lists, and sets of bad strips, chips, links and modules.

mod bad;
mod defect_list;
mod folder;
mod hist_rows;
mod monitoring;
mod number;
mod payload;
mod serial;
mod strip_set;
mod time;

pub use self::{
    bad::{KnownBad, KnownBadError, Source},
    defect_list::{DefectListError, format_ranges, normalized, parse_defect_list},
    folder::{
        ChannelId, Destination, Folder, FolderDescription, PayloadMode, SCT_FOLDERS, SctFolder,
        TimeStamp, Versioning,
    },
    hist_rows::{
        BS_ERRORS, EFFICIENCY, NOISE_OCCUPANCY, RAW_OCCUPANCY, bs_error_row, efficiency_row,
        noise_occupancy_row, raw_occupancy_row,
    },
    monitoring::{MONITORING, MonitoringError, monitoring_row},
    number::{SixDigits, six_digits},
    payload::{Field, PayloadError, PayloadSpec, Row, StorageType, Value},
    serial::{SerialNumberError, SerialNumbers},
    strip_set::{StripSet, StripSets},
    time::time_text,
};

//! Folders of run control, trigger, LHC and magnets: when runs were, with what, and with which beams.
//!
//! Source: section 14 of `docs/formats/cool.md`; `runInfo.py` and the run query. Names of columns are those of the readers;
//! types and order are inferred, so that readers go by name and take any width.

use crate::{ChannelId, Folder, FolderDescription, PayloadMode, TimeStamp, Versioning};

/// A folder of one version that is read by the names of its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunControlFolder {
    /// Full path.
    pub path: &'static str,
    /// What its keys are.
    pub time_stamp: TimeStamp,
    /// Its channel.
    pub channel: ChannelId,
    /// Columns as the simulation writes them.
    pub columns: &'static str,
}

/// Lumi blocks with their times, nanoseconds since 1970: an object for each.
pub const LUMI_BLOCKS: RunControlFolder = RunControlFolder {
    path: "/TRIGGER/LUMI/LBLB",
    time_stamp: TimeStamp::RunLumi,
    channel: ChannelId(0),
    columns: "StartTime:UInt63,EndTime:UInt63",
};

/// Run and lumi block at any time: an object for each lumi block.
pub const LUMI_BLOCK_TIMES: RunControlFolder = RunControlFolder {
    path: "/TRIGGER/LUMI/LBTIME",
    time_stamp: TimeStamp::Time,
    channel: ChannelId(0),
    columns: "Run:UInt32,LumiBlock:UInt32",
};

/// What was known at the start of each run. Times are nanoseconds since 1970.
pub const START_OF_RUN: RunControlFolder = RunControlFolder {
    path: "/TDAQ/RunCtrl/SOR",
    time_stamp: TimeStamp::RunLumi,
    channel: ChannelId(0),
    columns: "RunNumber:UInt32,SORTime:UInt63,RunType:String255,DAQConfiguration:String255,DetectorMask:String255,\
              T0ProjectTag:String255,RecordingEnabled:Bool",
};

/// What was known at the end of each run; a run that goes on has none.
pub const END_OF_RUN: RunControlFolder = RunControlFolder {
    path: "/TDAQ/RunCtrl/EOR",
    time_stamp: TimeStamp::RunLumi,
    channel: ChannelId(0),
    columns: "RunNumber:UInt32,SORTime:UInt63,EORTime:UInt63,TotalTime:UInt32,CleanStop:Bool,RunType:String255,\
              DAQConfiguration:String255,DetectorMask:String255,RecordingEnabled:Bool,T0ProjectTag:String255",
};

/// Run 1: the start of a run, with a number as detector mask.
pub const START_OF_RUN_1: RunControlFolder = RunControlFolder {
    path: "/TDAQ/RunCtrl/SOR_Params",
    time_stamp: TimeStamp::RunLumi,
    channel: ChannelId(0),
    columns: "RunNumber:UInt32,SORTime:UInt63,RunType:String255,DAQConfiguration:String255,DetectorMask:UInt63,\
              FilenameTag:String255,RecordingEnabled:Bool,DataSource:String255",
};

/// Run 1: the end of a run.
pub const END_OF_RUN_1: RunControlFolder = RunControlFolder {
    path: "/TDAQ/RunCtrl/EOR_Params",
    time_stamp: TimeStamp::RunLumi,
    channel: ChannelId(0),
    columns: "RunNumber:UInt32,SORTime:UInt63,EORTime:UInt63,TotalTime:UInt32,CleanStop:Bool,RunType:String255,\
              DAQConfiguration:String255,DetectorMask:UInt63,FilenameTag:String255,RecordingEnabled:Bool,\
              DataSource:String255",
};

/// Partition and trigger counters of a run.
pub const EVENT_COUNTERS: RunControlFolder = RunControlFolder {
    path: "/TDAQ/RunCtrl/EventCounters",
    time_stamp: TimeStamp::RunLumi,
    channel: ChannelId(0),
    columns: "PartitionName:String255,L1Events:UInt63,L2Events:UInt63,EFEvents:UInt63,RecordedEvents:UInt63",
};

/// Whether the detector takes data for physics, by lumi block.
pub const DATA_TAKING_MODE: RunControlFolder = RunControlFolder {
    path: "/TDAQ/RunCtrl/DataTakingMode",
    time_stamp: TimeStamp::RunLumi,
    channel: ChannelId(0),
    columns: "ReadyForPhysics:UInt32",
};

/// State of the LHC.
pub const FILL_STATE: RunControlFolder = RunControlFolder {
    path: "/LHC/DCS/FILLSTATE",
    time_stamp: TimeStamp::Time,
    channel: ChannelId(1),
    columns: "FillNumber:UInt32,MachineMode:String255,BeamMode:String255,BeamEnergyGeV:UInt32,StableBeams:Bool",
};

/// Measured current of the solenoid, amperes. Source: the field map's condition algorithm, where channels have no names.
pub const SOLENOID: RunControlFolder = RunControlFolder {
    path: "/EXT/DCS/MAGNETS/SENSORDATA",
    time_stamp: TimeStamp::Time,
    channel: ChannelId(1),
    columns: "value:Float",
};

/// Measured current of the toroids, in another channel of the same folder.
pub const TOROIDS: RunControlFolder = RunControlFolder { channel: ChannelId(3), ..SOLENOID };

impl RunControlFolder {
    /// All of them; the magnets' once.
    pub const ALL: [Self; 10] = [
        START_OF_RUN,
        END_OF_RUN,
        START_OF_RUN_1,
        END_OF_RUN_1,
        EVENT_COUNTERS,
        DATA_TAKING_MODE,
        LUMI_BLOCKS,
        LUMI_BLOCK_TIMES,
        FILL_STATE,
        SOLENOID,
    ];

    /// As it is created: one version, payload in place.
    pub fn folder(&self) -> Folder {
        let description =
            FolderDescription { time_stamp: self.time_stamp, ..FolderDescription::RUN_LUMI_LIST };
        Folder {
            path: self.path.to_owned(),
            description: description.to_string(),
            versioning: Versioning::Single,
            payload_mode: PayloadMode::Inline,
            payload: self.columns.parse().expect("the specifications of this page are well formed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_folders_are_well_formed() {
        for folder in RunControlFolder::ALL {
            assert_eq!(folder.folder().payload.to_string(), folder.columns, "{}", folder.path);
        }
    }
}

//! Folders: how they are described, and those of the calibration loop.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::PayloadSpec;

/// Channel of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(transparent)]
pub struct ChannelId(pub u32);

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Whether a folder keeps versions of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// One object per channel and key.
    Single,
    /// Later objects overlay earlier ones; tags.
    Multi,
}

/// Where the payload of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadMode {
    /// In the table of intervals.
    Inline,
    /// In a table of its own.
    Separate,
    /// Several payloads an interval.
    Vector,
}

/// What the keys of a folder mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeStamp {
    /// Run and lumi block.
    RunLumi,
    /// Nanoseconds since 1970.
    Time,
}

impl TimeStamp {
    /// What the description of a folder says.
    pub fn from_description(description: &str) -> Option<Self> {
        let (_, rest) = description.split_once("<timeStamp>")?;
        match rest.split_once("</timeStamp>")?.0.trim() {
            "run-lumi" => Some(Self::RunLumi),
            "time" => Some(Self::Time),
            _ => None,
        }
    }
}

/// The description Athena gives a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderDescription {
    /// Meaning of keys.
    pub time_stamp: TimeStamp,
    /// Class that holds the payload in memory, with its identifier.
    pub collection: (&'static str, u32),
}

impl FolderDescription {
    /// A collection of attribute lists by channel over run and lumi block: all folders of the loop. Source: the description
    /// written by Athena's registration service.
    pub const RUN_LUMI_LIST: Self = Self {
        time_stamp: TimeStamp::RunLumi,
        collection: ("CondAttrListCollection", 1_238_547_719),
    };
    /// The same over time.
    pub const TIME_LIST: Self = Self { time_stamp: TimeStamp::Time, ..Self::RUN_LUMI_LIST };
    /// Vectors of attribute lists by channel over run and lumi block.
    pub const RUN_LUMI_VECTOR: Self =
        Self { time_stamp: TimeStamp::RunLumi, collection: ("CondAttrListVec", 55_403_898) };
}

impl fmt::Display for FolderDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time_stamp = match self.time_stamp {
            TimeStamp::RunLumi => "run-lumi",
            TimeStamp::Time => "time",
        };
        let (name, clid) = self.collection;
        write!(
            f,
            "<timeStamp>{time_stamp}</timeStamp><addrHeader><address_header service_type=\"256\" clid=\"{clid}\" \
             /></addrHeader><typeName>{name}</typeName>"
        )
    }
}

/// A folder as it is created or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Full path.
    pub path: String,
    /// Description text.
    pub description: String,
    /// Versions.
    pub versioning: Versioning,
    /// Place of the payload.
    pub payload_mode: PayloadMode,
    /// Columns.
    pub payload: PayloadSpec,
}

/// The instance a folder is merged into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// `CONDBR2`, read by the reconstruction.
    Condbr2,
    /// `MONP200`, monitoring.
    Monp200,
}

impl Destination {
    /// Name of the instance.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Condbr2 => "CONDBR2",
            Self::Monp200 => "MONP200",
        }
    }
}

/// A folder the loop writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctFolder {
    /// Full path.
    pub path: &'static str,
    /// Tag used unless another is configured.
    pub tag: &'static str,
    /// Where it is merged.
    pub destination: Destination,
    /// Columns as COOL writes them down.
    pub payload: &'static str,
}

impl SctFolder {
    /// As it is created.
    pub fn folder(&self) -> Folder {
        Folder {
            path: self.path.to_owned(),
            description: FolderDescription::RUN_LUMI_LIST.to_string(),
            versioning: Versioning::Multi,
            payload_mode: PayloadMode::Separate,
            payload: self
                .payload
                .parse()
                .expect("the specifications of this table are well formed"),
        }
    }
}

const DEFECTS: &str = "SampleSize:Int32,BarrelEndcap:Int32,Layer:Int32,Eta:Int32,Phi:Int32,DefectType:String4k,\
                       Threshold:Float,DefectList:String4k";

/// Folders the loop writes, in the order in which a master database creates them. Source: `SCTCalibWriteTool`;
/// `docs/formats/cool.md`.
pub const SCT_FOLDERS: [SctFolder; 8] = [
    SctFolder {
        path: "/SCT/Derived/Monitoring",
        tag: "SctDerivedMonitoring-RUN2-UPD4-005",
        destination: Destination::Condbr2,
        payload: DEFECTS,
    },
    SctFolder {
        path: "/SCT/Derived/DeadStrips",
        tag: "SctDerivedDeadStrips-003-00",
        destination: Destination::Monp200,
        payload: DEFECTS,
    },
    SctFolder {
        path: "/SCT/Derived/DeadChips",
        tag: "SctDerivedDeadChips-003-00",
        destination: Destination::Monp200,
        payload: DEFECTS,
    },
    SctFolder {
        path: "/SCT/Derived/NoiseOccupancy",
        tag: "SctDerivedNoiseOccupancy-003-01",
        destination: Destination::Monp200,
        payload: "SampleSize:Int32,barrel_endcap:Int32,Layer:Int32,Eta:Int32,Phi:Int32,NoiseOccupancy:Float",
    },
    SctFolder {
        path: "/SCT/Derived/RawOccupancy",
        tag: "SctDerivedRawOccupancy-003-00",
        destination: Destination::Monp200,
        payload: "SampleSize:Int32,barrel_endcap:Int32,Layer:Int32,Eta:Int32,Phi:Int32,RawOccupancy:Float",
    },
    SctFolder {
        path: "/SCT/Derived/Efficiency",
        tag: "SctDerivedEfficiency-003-00",
        destination: Destination::Monp200,
        payload: "SampleSize:Int32,barrel_endcap:Int32,Layer:Int32,Eta:Int32,Phi:Int32,Efficiency:Float",
    },
    SctFolder {
        path: "/SCT/Derived/BSErrorsRun2",
        tag: "SctDerivedBSErrorsRun2-001-00",
        destination: Destination::Monp200,
        payload: "SampleSize:Int32,barrel_endcap:Int32,Layer:Int32,Eta:Int32,Phi:Int32,BSErrors:String4k,\
                  BadFraction:String4k",
    },
    SctFolder {
        path: "/SCT/Derived/LorentzAngleRun2_v2",
        tag: "SctDerivedLorentzAngleRun2_v2-001-00",
        destination: Destination::Monp200,
        payload: "SampleSize:Int32,barrel_endcap:Int32,Layer:Int32,Side:Int32,moduleType:Int32,lorentzAngle:Float,\
                  err_lorentzAngle:Float,chisq:Float,fitParam_a:Float,err_a:Float,fitParam_b:Float,err_b:Float,\
                  fitParam_sigma:Float,err_sigma:Float,minClusterWidth:Float,err_minClusterWidth:Float",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_loop_are_well_formed() {
        for folder in SCT_FOLDERS {
            assert_eq!(folder.folder().payload.to_string(), folder.payload);
        }
    }

    #[test]
    fn the_description_is_athenas() {
        assert_eq!(
            FolderDescription::RUN_LUMI_LIST.to_string(),
            "<timeStamp>run-lumi</timeStamp><addrHeader><address_header service_type=\"256\" clid=\"1238547719\" \
             /></addrHeader><typeName>CondAttrListCollection</typeName>"
        );
    }
    #[test]
    fn the_kind_of_keys_is_read_from_the_description() {
        for description in [FolderDescription::RUN_LUMI_VECTOR, FolderDescription::TIME_LIST] {
            let read = TimeStamp::from_description(&description.to_string());
            assert_eq!(read, Some(description.time_stamp));
        }
        for text in ["", "<timeStamp>run-lumi", "<timeStamp>day</timeStamp>"] {
            assert_eq!(TimeStamp::from_description(text), None);
        }
    }
}

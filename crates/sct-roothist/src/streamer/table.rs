//! The classes of a histogram file. Source: `docs/formats/root.md`, "Streamer list".

/// One class.
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) version: i32,
    pub(super) checksum: u32,
    pub(super) elements: &'static [Element],
}

/// One base or member.
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) kind: Kind,
    /// Type number.
    pub(super) code: i32,
    /// Size in memory.
    pub(super) size: i32,
    pub(super) type_name: &'static str,
}

/// What kind of element it is, with what only this kind has.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Base { version: i32, checksum: u32 },
    Basic,
    BasicPointer { count: &'static str },
    Object,
    ObjectAny,
    ObjectPointer,
    String,
}

impl Kind {
    pub(super) fn streamer_class(self) -> &'static str {
        match self {
            Self::Base { .. } => "TStreamerBase",
            Self::Basic => "TStreamerBasicType",
            Self::BasicPointer { .. } => "TStreamerBasicPointer",
            Self::Object => "TStreamerObject",
            Self::ObjectAny => "TStreamerObjectAny",
            Self::ObjectPointer => "TStreamerObjectPointer",
            Self::String => "TStreamerString",
        }
    }
}

/// Checksums that stand in a class and in the classes derived from it.
mod checksum {
    pub(super) const TOBJECT: u32 = 0x901b_c02d;
    pub(super) const TNAMED: u32 = 0xdfb7_4a3c;
    pub(super) const TATT_LINE: u32 = 0x9407_4549;
    pub(super) const TATT_FILL: u32 = 0xffd9_2a92;
    pub(super) const TATT_MARKER: u32 = 0x291d_8bec;
    pub(super) const TATT_AXIS: u32 = 0x5c6f_ff3e;
    pub(super) const TCOLLECTION: u32 = 0x57e3_cb9c;
    pub(super) const TSEQ_COLLECTION: u32 = 0xfc6c_3bc6;
    pub(super) const TLIST: u32 = 0x69c5_c3bb;
    pub(super) const TH1: u32 = 0x1c37_40c4;
    pub(super) const TH1D: u32 = 0xf9b1_569f;
    pub(super) const TH2: u32 = 0x0182_347f;
    pub(super) const TH2D: u32 = 0x7fba_82f0;
    pub(super) const TARRAY_F: u32 = 0x5a0b_f6f1;
    pub(super) const TARRAY_D: u32 = 0x7139_ef34;
    pub(super) const TARRAY_I: u32 = 0xd9d5_71c7;
}

const fn base(name: &'static str, version: i32, checksum: u32) -> Element {
    let code = match name.as_bytes() {
        b"TObject" => 66,
        b"TNamed" => 67,
        _ => 0,
    };
    let kind = Kind::Base { version, checksum };
    Element { name, title: "", kind, code, size: 0, type_name: "BASE" }
}

const fn basic(name: &'static str, code: i32, size: i32, type_name: &'static str) -> Element {
    Element { name, title: "", kind: Kind::Basic, code, size, type_name }
}

const fn short(name: &'static str) -> Element {
    basic(name, 2, 2, "short")
}

const fn int(name: &'static str) -> Element {
    basic(name, 3, 4, "int")
}

/// An enumeration, stored as an `int`.
const fn choice(name: &'static str, type_name: &'static str) -> Element {
    basic(name, 3, 4, type_name)
}

const fn float(name: &'static str) -> Element {
    basic(name, 5, 4, "float")
}

const fn double(name: &'static str) -> Element {
    basic(name, 8, 8, "double")
}

const fn string(name: &'static str) -> Element {
    Element { name, title: "", kind: Kind::String, code: 65, size: 24, type_name: "TString" }
}

const fn axis(name: &'static str) -> Element {
    Element { name, title: "", kind: Kind::Object, code: 61, size: 216, type_name: "TAxis" }
}

const fn array(name: &'static str) -> Element {
    Element { name, title: "", kind: Kind::ObjectAny, code: 62, size: 24, type_name: "TArrayD" }
}

/// A pointer; the title says whether it is never null and has no tag.
const fn pointer(
    name: &'static str,
    title: &'static str,
    code: i32,
    type_name: &'static str,
) -> Element {
    Element { name, title, kind: Kind::ObjectPointer, code, size: 8, type_name }
}

/// A histogram class: its base and its array.
macro_rules! histogram {
    ($name:literal, $version:literal, $checksum:expr, $base:expr, $array:literal, $array_checksum:expr) => {
        Class {
            name: $name,
            version: $version,
            checksum: $checksum,
            elements: &[$base, base($array, 1, $array_checksum)],
        }
    };
}

const TH1: Element = base("TH1", 8, checksum::TH1);
const TH2: Element = base("TH2", 5, checksum::TH2);

/// All classes, derived ones before their bases.
pub(super) const CLASSES: &[Class] = &[
    histogram!("TH1F", 3, 0xe293_9644, TH1, "TArrayF", checksum::TARRAY_F),
    histogram!("TH1D", 3, checksum::TH1D, TH1, "TArrayD", checksum::TARRAY_D),
    histogram!("TH1I", 3, 0x6275_64f6, TH1, "TArrayI", checksum::TARRAY_I),
    histogram!("TH2F", 4, 0x689c_c295, TH2, "TArrayF", checksum::TARRAY_F),
    histogram!("TH2D", 4, checksum::TH2D, TH2, "TArrayD", checksum::TARRAY_D),
    Class {
        name: "TProfile",
        version: 7,
        checksum: 0x4bed_ee54,
        elements: &[
            base("TH1D", 3, checksum::TH1D),
            array("fBinEntries"),
            choice("fErrorMode", "EErrorType"),
            double("fYmin"),
            double("fYmax"),
            double("fTsumwy"),
            double("fTsumwy2"),
            array("fBinSumw2"),
        ],
    },
    Class {
        name: "TProfile2D",
        version: 8,
        checksum: 0x36a1_42ac,
        elements: &[
            base("TH2D", 4, checksum::TH2D),
            array("fBinEntries"),
            choice("fErrorMode", "EErrorType"),
            double("fZmin"),
            double("fZmax"),
            double("fTsumwz"),
            double("fTsumwz2"),
            array("fBinSumw2"),
        ],
    },
    Class {
        name: "TH2",
        version: 5,
        checksum: checksum::TH2,
        elements: &[
            TH1,
            double("fScalefactor"),
            double("fTsumwy"),
            double("fTsumwy2"),
            double("fTsumwxy"),
        ],
    },
    Class {
        name: "TH1",
        version: 8,
        checksum: checksum::TH1,
        elements: &[
            base("TNamed", 1, checksum::TNAMED),
            base("TAttLine", 2, checksum::TATT_LINE),
            base("TAttFill", 2, checksum::TATT_FILL),
            base("TAttMarker", 3, checksum::TATT_MARKER),
            int("fNcells"),
            axis("fXaxis"),
            axis("fYaxis"),
            axis("fZaxis"),
            short("fBarOffset"),
            short("fBarWidth"),
            double("fEntries"),
            double("fTsumw"),
            double("fTsumw2"),
            double("fTsumwx"),
            double("fTsumwx2"),
            double("fMaximum"),
            double("fMinimum"),
            double("fNormFactor"),
            array("fContour"),
            array("fSumw2"),
            string("fOption"),
            pointer("fFunctions", "->", 63, "TList*"),
            basic("fBufferSize", 6, 4, "int"),
            Element {
                name: "fBuffer",
                title: "[fBufferSize]",
                kind: Kind::BasicPointer { count: "fBufferSize" },
                code: 48,
                size: 8,
                type_name: "double*",
            },
            choice("fBinStatErrOpt", "TH1::EBinErrorOpt"),
            choice("fStatOverflows", "TH1::EStatOverflows"),
        ],
    },
    Class {
        name: "TNamed",
        version: 1,
        checksum: checksum::TNAMED,
        elements: &[base("TObject", 1, checksum::TOBJECT), string("fName"), string("fTitle")],
    },
    Class {
        name: "TObject",
        version: 1,
        checksum: checksum::TOBJECT,
        elements: &[
            basic("fUniqueID", 13, 4, "unsigned int"),
            basic("fBits", 15, 4, "unsigned int"),
        ],
    },
    Class {
        name: "TAttLine",
        version: 2,
        checksum: checksum::TATT_LINE,
        elements: &[short("fLineColor"), short("fLineStyle"), short("fLineWidth")],
    },
    Class {
        name: "TAttFill",
        version: 2,
        checksum: checksum::TATT_FILL,
        elements: &[short("fFillColor"), short("fFillStyle")],
    },
    Class {
        name: "TAttMarker",
        version: 3,
        checksum: checksum::TATT_MARKER,
        elements: &[short("fMarkerColor"), short("fMarkerStyle"), float("fMarkerSize")],
    },
    Class {
        name: "TAttAxis",
        version: 4,
        checksum: checksum::TATT_AXIS,
        elements: &[
            int("fNdivisions"),
            short("fAxisColor"),
            short("fLabelColor"),
            short("fLabelFont"),
            float("fLabelOffset"),
            float("fLabelSize"),
            float("fTickLength"),
            float("fTitleOffset"),
            float("fTitleSize"),
            short("fTitleColor"),
            short("fTitleFont"),
        ],
    },
    Class {
        name: "TAxis",
        version: 10,
        checksum: 0x5a49_6e70,
        elements: &[
            base("TNamed", 1, checksum::TNAMED),
            base("TAttAxis", 4, checksum::TATT_AXIS),
            int("fNbins"),
            double("fXmin"),
            double("fXmax"),
            array("fXbins"),
            int("fFirst"),
            int("fLast"),
            basic("fBits2", 12, 2, "unsigned short"),
            basic("fTimeDisplay", 18, 1, "bool"),
            string("fTimeFormat"),
            pointer("fLabels", "", 64, "THashList*"),
            pointer("fModLabs", "", 64, "TList*"),
        ],
    },
    Class {
        name: "THashList",
        version: 0,
        checksum: 0xcc7e_49c1,
        elements: &[base("TList", 5, checksum::TLIST)],
    },
    Class {
        name: "TList",
        version: 5,
        checksum: checksum::TLIST,
        elements: &[base("TSeqCollection", 0, checksum::TSEQ_COLLECTION)],
    },
    Class {
        name: "TSeqCollection",
        version: 0,
        checksum: checksum::TSEQ_COLLECTION,
        elements: &[base("TCollection", 3, checksum::TCOLLECTION)],
    },
    Class {
        name: "TCollection",
        version: 3,
        checksum: checksum::TCOLLECTION,
        elements: &[base("TObject", 1, checksum::TOBJECT), string("fName"), int("fSize")],
    },
    Class { name: "TString", version: 2, checksum: 0x0001_7419, elements: &[] },
    Class {
        name: "TObjString",
        version: 1,
        checksum: 0x9c8e_4800,
        elements: &[base("TObject", 1, checksum::TOBJECT), string("fString")],
    },
];

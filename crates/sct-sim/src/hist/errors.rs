//! Kinds of byte-stream errors with maps of their own. Source: `SCT_ByteStreamErrors` and the booking code of Run 3.

use rand::{Rng, RngExt as _};
use serde::{Serialize, Serializer};

/// All single types.
const TYPES: [&str; 35] = [
    "ByteStreamParseError",
    "TimeOutError",
    "BCIDError",
    "LVL1IDError",
    "PreambleError",
    "FormatterError",
    "TrailerError",
    "TrailerOverflowError",
    "HeaderTrailerLimitError",
    "ABCDError",
    "RawError",
    "MaskedLink",
    "RODClockError",
    "TruncatedROD",
    "ROBFragmentError",
    "MissingLinkHeaderError",
    "MaskedROD",
    "ABCDError_Chip0",
    "ABCDError_Chip1",
    "ABCDError_Chip2",
    "ABCDError_Chip3",
    "ABCDError_Chip4",
    "ABCDError_Chip5",
    "ABCDError_Error1",
    "ABCDError_Error2",
    "ABCDError_Error4",
    "TempMaskedChip0",
    "TempMaskedChip1",
    "TempMaskedChip2",
    "TempMaskedChip3",
    "TempMaskedChip4",
    "TempMaskedChip5",
    "ABCDError_Error7",
    "ABCDError_Invalid",
    "RODSimulatedData",
];

/// Those that can go wrong here: the types of whole links and RODs.
const DRAWN: usize = 17;

/// A type of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ErrorKind(usize);

impl ErrorKind {
    /// Any of the first types.
    pub(super) fn drawn(rng: &mut impl Rng) -> Self {
        Self(rng.random_range(0..DRAWN))
    }

    pub(super) const fn name(self) -> &'static str {
        TYPES[self.0]
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.name())
    }
}

/// What one set of maps shows: a single type, or a group of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    Type(ErrorKind),
    Group(Group),
}

/// Types that are shown together. Source: groups of `SCT_ByteStreamErrors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    MaskedLinkAll,
    Errors,
    BadErrors,
    LinkLevelErrors,
    RodLevelErrors,
    MaskedChipAll,
}

impl Group {
    const ALL: [Self; 6] = [
        Self::MaskedLinkAll,
        Self::Errors,
        Self::BadErrors,
        Self::LinkLevelErrors,
        Self::RodLevelErrors,
        Self::MaskedChipAll,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::MaskedLinkAll => "MaskedLinkALL",
            Self::Errors => "Errors",
            Self::BadErrors => "BadErrors",
            Self::LinkLevelErrors => "LinkLevelErrors",
            Self::RodLevelErrors => "RODLevelErrors",
            Self::MaskedChipAll => "MaskedChipALL",
        }
    }

    /// Whether an error of a type is one of the group.
    fn contains(self, kind: ErrorKind) -> bool {
        let rod = matches!(
            kind.name(),
            "ByteStreamParseError"
                | "RODClockError"
                | "TruncatedROD"
                | "ROBFragmentError"
                | "MaskedROD"
        );
        let masked = matches!(kind.name(), "MaskedLink" | "MaskedROD");
        match self {
            Self::MaskedLinkAll => masked,
            Self::Errors => true,
            Self::BadErrors => !masked,
            Self::LinkLevelErrors => !rod,
            Self::RodLevelErrors => rod,
            Self::MaskedChipAll => kind.name().starts_with("TempMaskedChip"),
        }
    }
}

impl Category {
    /// All 41, groups first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let groups = Group::ALL.into_iter().map(Self::Group);
        groups.chain((0..TYPES.len()).map(|index| Self::Type(ErrorKind(index))))
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Type(kind) => kind.name(),
            Self::Group(group) => group.name(),
        }
    }

    pub(super) const fn is_group(self) -> bool {
        matches!(self, Self::Group(_))
    }

    /// Whether an error of a type counts here.
    pub(super) fn counts(self, kind: ErrorKind) -> bool {
        match self {
            Self::Type(own) => own == kind,
            Self::Group(group) => group.contains(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sct_hitmap::ByteStreamError;

    use super::*;

    #[test]
    fn forty_one_categories_with_names_of_their_own() {
        let names: BTreeSet<&str> = Category::all().map(Category::name).collect();
        assert_eq!(names.len(), 41);
        for kind in ByteStreamError::ALL {
            assert_eq!(TYPES[kind.slot()], kind.name());
        }
    }

    #[test]
    fn every_type_is_at_the_level_of_a_link_or_a_rod() {
        for kind in (0..TYPES.len()).map(ErrorKind) {
            let groups = [Group::LinkLevelErrors, Group::RodLevelErrors];
            assert_eq!(groups.into_iter().filter(|group| group.contains(kind)).count(), 1);
        }
    }
}

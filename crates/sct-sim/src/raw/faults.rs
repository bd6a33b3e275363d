//! What goes wrong on the way from the modules to the file.

use std::collections::BTreeSet;

use rand::{RngExt as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Poisson};
use sct_cabling::{Cabling, RodId, UsableLinks};
use sct_id::{Chip, WaferHash};

use super::RawSettings;
use crate::{
    Detector, Settings,
    stream::{Purpose, stream},
};

/// More clusters than this on unknown fibres and the event must be left out.
const MOST_UNPLACED: u32 = 10;
/// A masked ROD, and one whose fragment was lost or cut, have nothing to read.
const FRAGMENT: u8 = 14;

/// What is wrong with a ROD in one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RodFault {
    /// Its fragment is not in the event.
    Absent,
    /// The fragment was cut: no hits.
    Truncated,
    /// The ROD sent a place holder: no hits.
    Masked,
    /// The fragment came late; its hits are good.
    Fragment,
    /// Its clock is lost; its hits are good.
    Clock,
}

impl RodFault {
    const ALL: [Self; 5] =
        [Self::Absent, Self::Truncated, Self::Masked, Self::Fragment, Self::Clock];

    /// Whether hits of the ROD can be read.
    pub(crate) fn keeps_hits(self) -> bool {
        matches!(self, Self::Fragment | Self::Clock)
    }

    /// Error types on all wafers of the ROD.
    pub(crate) fn errors(self) -> &'static [u8] {
        match self {
            Self::Absent => &[],
            Self::Truncated => &[FRAGMENT, 13],
            Self::Masked => &[FRAGMENT, 16],
            Self::Fragment => &[FRAGMENT],
            Self::Clock => &[12],
        }
    }
}

/// What is wrong with the link of one wafer in one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkFault {
    /// A hit of a chip that does not exist.
    Parse,
    /// A header bit: error types 1 to 4.
    Header(u8),
    /// The formatter says so in the link number: for the first four links of a formatter only.
    Formatter,
    /// A trailer bit: error types 6 to 8.
    Trailer(u8),
    /// A chip states an error with code 4.
    Abcd(Chip),
    /// Data that the ROD could not decode.
    Raw,
    /// The link is masked.
    MaskedLink,
    /// Chips from this one on are masked for the moment.
    MaskedChips(Chip),
}

impl LinkFault {
    /// The fault behind an error type of the detector. Types of whole RODs have no place on a link; such wafers have masked
    /// chips instead. None where a link cannot have the fault.
    fn of_kind(kind: usize, wafer: WaferHash, fibre: usize) -> Option<Self> {
        let chip = Chip::on_side(wafer.side(), wafer.module().index() % Chip::PER_SIDE).ok()?;
        Some(match kind {
            0 => Self::Parse,
            1..=4 => Self::Header(u8::try_from(kind).ok()?),
            5 if fibre >= 12 && fibre % 12 < 4 => Self::Formatter,
            5 => return None,
            6..=8 => Self::Trailer(u8::try_from(kind).ok()?),
            9 => Self::Abcd(chip),
            10 => Self::Raw,
            11 => Self::MaskedLink,
            _ => Self::MaskedChips(chip),
        })
    }

    /// Error types on the wafer.
    pub(crate) fn errors(self) -> Vec<u8> {
        let place = |chip: Chip| u8::try_from(chip.in_side()).unwrap_or(u8::MAX);
        match self {
            Self::Parse => vec![0],
            Self::Header(kind) | Self::Trailer(kind) => vec![kind],
            Self::Formatter => vec![5],
            Self::Abcd(chip) => vec![9, 17 + place(chip), 25],
            Self::Raw => vec![10],
            Self::MaskedLink => vec![11],
            Self::MaskedChips(chip) => (26 + place(chip)..32).collect(),
        }
    }
}

/// What goes wrong in one event.
#[derive(Debug, Default)]
pub(crate) struct EventFaults {
    pub(crate) rods: Vec<(RodId, RodFault)>,
    /// By wafer, ascending; a wafer has one fault at most.
    pub(crate) links: Vec<(WaferHash, LinkFault)>,
    /// Clusters on a fibre without a module.
    pub(crate) unplaced: u32,
}

impl EventFaults {
    /// Whether the event must be left out of the hit maps.
    pub(crate) fn leaves_event_out(&self) -> bool {
        self.unplaced > MOST_UNPLACED
    }

    pub(crate) fn of_rod(&self, rod: RodId) -> Option<RodFault> {
        self.rods.iter().find(|(faulty, _)| *faulty == rod).map(|&(_, fault)| fault)
    }
}

/// Draws the faults of the events of a run.
#[derive(Debug)]
pub(crate) struct Faults<'a> {
    settings: &'a Settings,
    raw: &'a RawSettings,
    links: Vec<(WaferHash, LinkFault, f64)>,
    /// RODs that are there, ascending.
    rods: Vec<RodId>,
    missing: BTreeSet<RodId>,
}

impl<'a> Faults<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        raw: &'a RawSettings,
        detector: &Detector,
        cabling: &Cabling,
    ) -> Self {
        let mut rng = stream(settings.defect_seed, Purpose::Faults, usize::MAX, 0);
        let all = cabling.rods();
        let missing: BTreeSet<RodId> = all.sample(&mut rng, raw.missing_rods).copied().collect();
        let link = |error: &crate::ErrorRate| {
            let (wafer, module) = (error.wafer, error.wafer.module());
            // Errors of other links would reach the partner too; those are left to whole RODs.
            let plain =
                cabling.usable_links(module) == UsableLinks::Both && !cabling.is_crossed(module);
            let online = cabling.online_id(wafer).filter(|_| plain)?;
            let fault = LinkFault::of_kind(error.kind, wafer, online.fibre().index())?;
            (!missing.contains(&online.rod())).then_some((wafer, fault, error.rate))
        };
        Self {
            settings,
            raw,
            links: detector.errors.iter().filter_map(link).collect(),
            rods: all.iter().copied().filter(|rod| !missing.contains(rod)).collect(),
            missing,
        }
    }

    /// The RODs whose fragments are in the events.
    pub(crate) fn rods(&self) -> &[RodId] {
        &self.rods
    }

    /// The RODs that are absent from the whole run.
    pub(crate) fn missing(&self) -> impl Iterator<Item = RodId> + '_ {
        self.missing.iter().copied()
    }

    /// Whether a ROD is absent from the whole run.
    pub(crate) fn is_missing(&self, rod: RodId) -> bool {
        self.missing.contains(&rod)
    }

    /// The faults of one event of a file; always the same ones.
    pub(crate) fn draw(&self, file: usize, event: usize) -> EventFaults {
        let mut rng = stream(self.settings.seed, Purpose::Faults, file, event);
        let mut faults = EventFaults::default();
        let faulty = Poisson::new(self.raw.rod_faults * self.rods.len() as f64)
            .map_or(0.0, |law| law.sample(&mut rng));
        let mut left = faulty;
        while left >= 1.0 {
            left -= 1.0;
            let (Some(&rod), Some(&fault)) =
                (self.rods.choose(&mut rng), RodFault::ALL.choose(&mut rng))
            else {
                break;
            };
            if faults.of_rod(rod).is_none() {
                faults.rods.push((rod, fault));
            }
        }
        for &(wafer, fault, rate) in &self.links {
            if rng.random_bool(rate.clamp(0.0, 1.0)) {
                faults.links.push((wafer, fault));
            }
        }
        faults.unplaced = self.unplaced(&mut rng);
        faults
    }

    fn unplaced(&self, rng: &mut ChaCha8Rng) -> u32 {
        let chance: f64 = rng.random();
        if chance < self.raw.many_unknown_ids {
            rng.random_range(MOST_UNPLACED + 1..=40)
        } else if chance < self.raw.many_unknown_ids + self.raw.unknown_ids {
            rng.random_range(1..=MOST_UNPLACED)
        } else {
            0
        }
    }
}

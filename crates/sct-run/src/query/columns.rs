//! Values of runs with the verdict of the conditions on them, folder by folder.

use sct_conditions::{
    Value,
    run_control::{
        DATA_TAKING_MODE, EVENT_COUNTERS, FILL_STATE, SOLENOID, START_OF_RUN, START_OF_RUN_1,
        TOROIDS,
    },
};

use super::{
    answer::{Datum, Entry},
    lumi::{Extent, Stretches, by_run, by_time},
    runs::LumiBlocks,
    settle::{Folders, Wanted},
    show::{LhcShown, Show},
    spec::{LhcCondition, MagnetCondition, Query, Unknown},
};
use crate::{
    DetectorMask, Error, RunControl,
    control::{number, text},
    info,
};

/// A magnet with more current than this is on, amperes; nominal are 7730 and 20400.
const MAGNET_ON: f64 = 1000.0;
/// The LHC's number for beams of different energies. Source: the run query.
const ASYNCHRONOUS: u64 = 7864;

/// A column of the answer: its name, whether it is shown, and the entries of each run.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) shown: bool,
    pub(crate) entries: Vec<Vec<Entry>>,
}

/// Reads columns for some of `of` runs.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) control: &'a RunControl,
    pub(crate) query: &'a Query,
    pub(crate) blocks: &'a LumiBlocks<'a>,
    pub(crate) of: usize,
    /// Which columns are read.
    pub(crate) which: Which,
}

/// Which columns of a folder are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that are shown: the conditions on them are settled.
    Shown,
    /// Those that a condition is about as well.
    All,
}

type Columns = Result<Vec<Column>, Error>;

impl Reader<'_> {
    fn shows(&self, wanted: &Show) -> bool {
        self.query.show.contains(wanted)
    }

    /// Project tag and detector mask: what holds for a run as a whole.
    pub(crate) fn start_of_run(&self, runs: &[Extent]) -> Columns {
        self.about_start(|folders, wanted| self.constant(folders, runs, wanted))
    }

    /// Conditions on project tag and detector mask.
    pub(crate) fn settle_start(&self, runs: &mut Vec<Extent>) -> Result<bool, Error> {
        self.about_start(|folders, wanted| self.settle(folders, runs, wanted))
    }

    fn about_start<T>(&self, then: impl FnOnce(Folders<'_>, &[Wanted<'_>]) -> T) -> T {
        let columns = (&["T0ProjectTag", "DetectorMask"], &["FilenameTag", "DetectorMask"]);
        let wanted = [
            Wanted {
                name: "Project tag",
                shown: self.shows(&Show::ProjectTag),
                selects: self.query.project.is_some(),
                value: &|values| {
                    text(&values[0])
                        .filter(|tag| !tag.is_empty())
                        .map_or(Datum::Missing, Datum::Text)
                },
                accepts: &|value| match (value, &self.query.project) {
                    (Datum::Text(tag), Some(project)) => project.matches(tag),
                    _ => true,
                },
            },
            Wanted {
                name: "Detector systems",
                shown: self.shows(&Show::DetectorMask),
                selects: self.query.selects_mask(),
                value: &|values| {
                    info::mask(&values[1])
                        .map_or(Datum::Missing, |mask| Datum::Text(mask.to_string()))
                },
                accepts: &|value| match value {
                    Datum::Text(mask) => DetectorMask::from_hexadecimal(mask)
                        .is_ok_and(|mask| self.query.passes_mask(mask)),
                    _ => true,
                },
            },
        ];
        then(&[(&START_OF_RUN, columns.0), (&START_OF_RUN_1, columns.1)], &wanted)
    }

    /// Partition and trigger counters.
    pub(crate) fn counters(&self, runs: &[Extent]) -> Columns {
        self.about_counters(|folders, wanted| self.constant(folders, runs, wanted))
    }

    /// Conditions on the partition.
    pub(crate) fn settle_counters(&self, runs: &mut Vec<Extent>) -> Result<bool, Error> {
        self.about_counters(|folders, wanted| self.settle(folders, runs, wanted))
    }

    fn about_counters<T>(&self, then: impl FnOnce(Folders<'_>, &[Wanted<'_>]) -> T) -> T {
        let columns = ["PartitionName", "L1Events", "L2Events", "EFEvents", "RecordedEvents"];
        let all = self.shows(&Show::AllEvents);
        let count =
            |name, value| Wanted { name, shown: all, selects: false, value, accepts: &|_| true };
        let wanted = [
            Wanted {
                name: "Partition",
                shown: self.shows(&Show::Partition),
                selects: self.query.partition.is_some(),
                value: &|values| {
                    text(&values[0])
                        .filter(|name| !name.is_empty())
                        .map_or(Datum::Missing, Datum::Text)
                },
                accepts: &|value| match (value, &self.query.partition) {
                    (Datum::Text(name), Some(partition)) => partition.matches(name),
                    _ => true,
                },
            },
            count("#L1 events", &|values| number(&values[1]).map_or(Datum::Missing, Datum::Count)),
            count("#L2 events", &|values| number(&values[2]).map_or(Datum::Missing, Datum::Count)),
            count("#EF events", &|values| number(&values[3]).map_or(Datum::Missing, Datum::Count)),
            count("#Recorded events", &|values| {
                number(&values[4]).map_or(Datum::Missing, Datum::Count)
            }),
        ];
        let least = if all { &columns[..] } else { &columns[..1] };
        then(&[(&EVENT_COUNTERS, least)], &wanted)
    }

    /// Whether the detector takes data for physics.
    pub(crate) fn ready(&self, runs: &[Extent]) -> Columns {
        let wanted = [Wanted {
            name: "Ready for physics",
            shown: self.shows(&Show::ReadyForPhysics),
            selects: self.query.ready.is_some(),
            value: &|values| number(&values[0]).map_or(Datum::Missing, Datum::Count),
            accepts: &|value| match (value, self.query.ready) {
                (Datum::Count(state), Some(ready)) => (*state != 0) == ready,
                _ => true,
            },
        }];
        self.read(
            &[(&DATA_TAKING_MODE, &["ReadyForPhysics"])],
            &wanted,
            |found| by_run(found, runs, self.of),
            runs,
        )
    }

    /// Currents of the magnets.
    pub(crate) fn magnets(&self, runs: &[Extent]) -> Columns {
        let mut columns = Vec::new();
        for (folder, name) in [(&SOLENOID, "SolCurrent"), (&TOROIDS, "TorCurrent")] {
            let of_this = |condition: &MagnetCondition| match condition {
                MagnetCondition::Solenoid(on) if *folder == SOLENOID => Some(*on),
                MagnetCondition::Toroid(on) if *folder == TOROIDS => Some(*on),
                _ => None,
            };
            let states: Vec<bool> = self.query.magnets.iter().filter_map(of_this).collect();
            let wanted = [Wanted {
                name,
                shown: self.shows(&Show::Magnets),
                selects: !states.is_empty(),
                value: &|values| match values[0] {
                    Value::Real(current) => Datum::Real(current),
                    _ => Datum::Missing,
                },
                accepts: &|value| match value {
                    Datum::Real(current) => states.iter().all(|on| (*current > MAGNET_ON) == *on),
                    _ => true,
                },
            }];
            let read = |found: &crate::control::Found<'_>| by_time(found, self.blocks, runs);
            columns.extend(self.read(&[(folder, &["value"])], &wanted, read, runs)?);
        }
        Ok(columns)
    }

    /// State of the LHC. Values are texts, as the original has them.
    pub(crate) fn lhc(&self, runs: &[Extent]) -> Columns {
        let shown = self.query.show.iter().find_map(|show| match show {
            Show::Lhc(shown) => Some(*shown),
            _ => None,
        });
        let usual = matches!(shown, Some(LhcShown::Usual | LhcShown::All));
        let conditions = &self.query.lhc;
        let as_number = |value: &Value| {
            number(value).map_or(Datum::Missing, |number| Datum::Text(number.to_string()))
        };
        let within = |value: &Datum, ranges: &[(u64, u64)]| match value {
            Datum::Text(text) => text.parse().is_ok_and(|number: u64| {
                ranges.iter().any(|(first, last)| (first..=last).contains(&&number))
            }),
            _ => true,
        };
        let wanted = [
            Wanted {
                name: "lhc:fillnumber",
                shown: usual,
                selects: conditions
                    .iter()
                    .any(|condition| matches!(condition, LhcCondition::FillNumber(_))),
                value: &|values| as_number(&values[0]),
                accepts: &|value| {
                    conditions.iter().all(|condition| match condition {
                        LhcCondition::FillNumber(ranges) => within(value, ranges),
                        _ => true,
                    })
                },
            },
            Wanted {
                name: "lhc:stablebeams",
                shown: shown.is_some(),
                selects: conditions
                    .iter()
                    .any(|condition| matches!(condition, LhcCondition::StableBeams(_))),
                value: &|values| {
                    let stable =
                        number(&values[1]).map(|stable| if stable != 0 { "TRUE" } else { "FALSE" });
                    stable.map_or(Datum::Missing, |stable| Datum::Text(stable.to_owned()))
                },
                accepts: &|value| {
                    conditions.iter().all(|condition| match (condition, value) {
                        (LhcCondition::StableBeams(stable), Datum::Text(found)) => {
                            (found == "TRUE") == *stable
                        }
                        _ => true,
                    })
                },
            },
            Wanted {
                name: "lhc:beamenergy",
                shown: usual,
                selects: conditions
                    .iter()
                    .any(|condition| matches!(condition, LhcCondition::BeamEnergy(_))),
                value: &|values| match values[2] {
                    Value::Real(energy) => Datum::Text(energy.to_string()),
                    ref energy => as_number(energy),
                },
                accepts: &|value| {
                    conditions.iter().all(|condition| match condition {
                        LhcCondition::BeamEnergy(_)
                            if energy(value).is_some_and(|gev| gev >= ASYNCHRONOUS) =>
                        {
                            false
                        }
                        LhcCondition::BeamEnergy(ranges) => within(value, ranges),
                        _ => true,
                    })
                },
            },
            Wanted {
                name: "lhc:beammode",
                shown: shown == Some(LhcShown::All),
                selects: conditions
                    .iter()
                    .any(|condition| matches!(condition, LhcCondition::BeamMode(_))),
                value: &|values| {
                    text(&values[3])
                        .filter(|mode| !mode.is_empty())
                        .map_or(Datum::Missing, Datum::Text)
                },
                accepts: &|value| {
                    conditions.iter().all(|condition| match (condition, value) {
                        (LhcCondition::BeamMode(mode), Datum::Text(found)) => found == mode,
                        _ => true,
                    })
                },
            },
        ];
        let columns = ["FillNumber", "StableBeams", "BeamEnergyGeV", "BeamMode"];
        // The mode is a text: it is read only when somebody asks for it.
        let least = if wanted[3].shown || wanted[3].selects { &columns[..] } else { &columns[..3] };
        let read = |found: &crate::control::Found<'_>| by_time(found, self.blocks, runs);
        self.read(&[(&FILL_STATE, least)], &wanted, read, runs)
    }

    /// A folder whose objects are about whole runs: what it says holds to the next object or the end of the run.
    fn constant(&self, folders: Folders<'_>, runs: &[Extent], wanted: &[Wanted<'_>]) -> Columns {
        let read = |found: &crate::control::Found<'_>| {
            let mut stretches = by_run(found, runs, self.of)?;
            for (stretches, run) in stretches.iter_mut().zip(runs) {
                let starts: Vec<u32> =
                    stretches.iter().skip(1).map(|(blocks, _)| blocks.start).collect();
                let ends = starts.into_iter().chain([run.blocks().end]);
                for ((blocks, _), end) in stretches.iter_mut().zip(ends) {
                    blocks.end = end;
                }
                if let Some((blocks, _)) = stretches.first_mut() {
                    blocks.start = run.first;
                }
            }
            Ok(stretches)
        };
        self.read(folders, wanted, read, runs)
    }

    /// Columns of a folder that somebody asks for; without the folder nothing is known.
    fn read(
        &self,
        folders: Folders<'_>,
        wanted: &[Wanted<'_>],
        read: impl Fn(&crate::control::Found<'_>) -> Result<Vec<Stretches>, Error>,
        runs: &[Extent],
    ) -> Columns {
        let wanted: Vec<&Wanted<'_>> = wanted
            .iter()
            .filter(|wanted| match self.which {
                Which::Shown => wanted.shown,
                Which::All => wanted.selects || wanted.shown,
            })
            .collect();
        if wanted.is_empty() || runs.is_empty() {
            return Ok(Vec::new());
        }
        let stretches = match self.control.find(folders)? {
            Some(found) => read(&found)?,
            None => vec![Stretches::new(); runs.len()],
        };
        let skips = self.query.unknown == Unknown::Skip;
        let column = |wanted: &&Wanted<'_>| Column {
            name: wanted.name.to_owned(),
            shown: wanted.shown,
            entries: runs
                .iter()
                .zip(&stretches)
                .map(|(run, stretches)| entries(run, stretches, wanted, skips))
                .collect(),
        };
        Ok(wanted.iter().map(column).collect())
    }
}

fn energy(value: &Datum) -> Option<u64> {
    match value {
        Datum::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// Entries over all lumi blocks of a run: nothing is known between stretches. Equal neighbours are one.
fn entries(run: &Extent, stretches: &Stretches, wanted: &Wanted<'_>, skips: bool) -> Vec<Entry> {
    let all = run.blocks();
    let mut entries: Vec<Entry> = Vec::new();
    let mut add = |blocks: std::ops::Range<u32>, value: Datum| {
        if blocks.is_empty() {
            return;
        }
        let to_end = blocks.end == all.end;
        if let Some(last) =
            entries.last_mut().filter(|last| last.value == value && last.blocks.end == blocks.start)
        {
            (last.blocks.end, last.to_end) = (blocks.end, to_end);
            return;
        }
        let accepted = wanted.accepted(&value, skips);
        entries.push(Entry { blocks, to_end, accepted, value });
    };
    let mut from = all.start;
    for (blocks, values) in stretches {
        add(from..blocks.start.max(from), Datum::Missing);
        add(blocks.start.max(from)..blocks.end, (wanted.value)(values));
        from = from.max(blocks.end);
    }
    add(from..all.end, Datum::Missing);
    entries
}

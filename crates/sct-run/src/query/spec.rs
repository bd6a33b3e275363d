//! What a query asks for.

use jiff::Timestamp;

use super::{
    complaint::{Complaint, Piece},
    pattern::Patterns,
    ranges::{self, Bound, Runs},
    show::{Show, show},
    time::{self, Times},
};
use crate::{DetectorMask, Error};

/// What to do with a run whose value is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// Take it.
    #[default]
    Select,
    /// Leave it out.
    Skip,
}

/// A condition on streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamCondition {
    /// Streams whose events are summed.
    pub pattern: Patterns,
    /// What the sum must be; without it there must be such a stream.
    pub events: Option<Bound>,
}

/// A condition on the LHC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LhcCondition {
    /// Whether beams are stable.
    StableBeams(bool),
    /// Fill numbers.
    FillNumber(Vec<(u64, u64)>),
    /// Energy of a beam, `GeV`.
    BeamEnergy(Vec<(u64, u64)>),
    /// Mode of the machine, as it is spelled.
    BeamMode(String),
}

/// A condition on the magnets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MagnetCondition {
    /// Solenoid on or off.
    Solenoid(bool),
    /// Toroids on or off.
    Toroid(bool),
}

/// A query, ready to be answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Runs.
    pub runs: Vec<Runs>,
    /// Times.
    pub times: Vec<Times>,
    /// Partition.
    pub partition: Option<Patterns>,
    /// Whether the detector is ready for physics.
    pub ready: Option<bool>,
    /// Duration, seconds.
    pub duration: Option<Bound>,
    /// Number of events.
    pub events: Vec<(u64, u64)>,
    /// Magnets.
    pub magnets: Vec<MagnetCondition>,
    /// Bits that must be in the detector mask.
    pub mask_in: DetectorMask,
    /// Bits of which one must be.
    pub mask_any: DetectorMask,
    /// Bits that must not be.
    pub mask_out: DetectorMask,
    /// Project tag.
    pub project: Option<Patterns>,
    /// Streams; all must hold.
    pub streams: Vec<StreamCondition>,
    /// LHC; all must hold.
    pub lhc: Vec<LhcCondition>,
    /// What is shown.
    pub show: Vec<Show>,
    /// Values that are not known.
    pub unknown: Unknown,
    /// The conditions as a sentence, without what is shown.
    pub sentence: String,
}

/// Conditions: name of the option, shortest form in sentences, and what is needed when it cannot be answered.
pub(crate) const CONDITIONS: [(&str, &str, Option<&str>); 26] = [
    ("run", "r", None),
    ("time", "t", None),
    ("partition", "p", None),
    ("readyforphysics", "ready", None),
    ("duration", "dur", None),
    ("events", "ev", None),
    ("bfield", "b", None),
    ("detmaskin", "detmaskin", None),
    ("detmaskout", "detmaskout", None),
    ("projecttag", "pro", None),
    ("filenametag", "file", None),
    ("ptag", "ptag", None),
    ("streams", "st", None),
    ("lhc", "lhc", None),
    ("db", "db", None),
    ("smk", "smk", Some(TRIGGER)),
    ("release", "rel", Some(TRIGGER)),
    ("trigger", "tr", Some(TRIGGER)),
    ("ctag", "ctag", Some("folders with versions")),
    ("dq", "dq", Some("folders of data quality")),
    ("datasets", "dat", Some("the catalogue of data sets")),
    ("luminosity", "lum", Some("folders of luminosity")),
    ("olclumi", "olc", Some("folders of online luminosity")),
    ("beamspot", "beam", Some("folders of the beam spot")),
    ("bpm", "bpm", Some("folders of the beam monitors")),
    ("larcond", "lar", Some("folders of the calorimeter")),
];
pub(crate) const TRIGGER: &str = "the database of the trigger";
const DATABASES: [&str; 5] = ["COMP200", "CONDBR2", "OFLP200", "DATA", "MC"];
const LHC: [&str; 4] = ["stablebeams", "fillnumber", "beamenergy", "beammode"];
const MAGNETS: [&str; 6] = ["on", "off", "solenoidon", "solenoidoff", "toroidon", "toroidoff"];

impl Query {
    /// From options: names without dashes and their values, in order. Without [`Show`] tags, run and time are shown.
    ///
    /// # Errors
    ///
    /// [`Error::Syntax`] that points at the word, [`Error::Unavailable`].
    pub fn from_options(options: &[(&str, &str)], now: Timestamp) -> Result<Self, Error> {
        let mut query = Self::default();
        for (name, value) in options {
            let whole = format!("--{name} \"{value}\"");
            let start = name.len() + 4;
            let piece = Piece::new(&whole, start..start + value.len());
            if *name == "show" {
                show(&mut query.show, piece)?;
            } else {
                query.condition(name, piece, now)?;
            }
        }
        if query.show.is_empty() {
            query.show = vec![Show::Run, Show::Time];
        }
        Ok(query)
    }

    /// Takes one condition.
    pub(crate) fn condition(
        &mut self,
        name: &str,
        value: Piece<'_>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let known = CONDITIONS.iter().find(|(known, ..)| *known == name);
        if let Some((_, _, Some(needs))) = known {
            return Err(Error::Unavailable { option: format!("--{name}"), needs });
        }
        let value = value.trim();
        match name {
            "run" => self.runs.push(ranges::runs(value)?),
            "time" => self.times.push(time::times(value, now)?),
            "partition" => self.partition = Some(Patterns::new(value.text())),
            "readyforphysics" => self.ready = Some(flag(value)?),
            "duration" => self.duration = Some(ranges::bound(value)?),
            "events" => self.events = ranges::ranges(value)?,
            "bfield" => self.magnets.extend(magnets(value)?),
            "detmaskin" => self.detector_mask(value, true)?,
            "detmaskout" => self.detector_mask(value, false)?,
            "projecttag" | "filenametag" | "ptag" => {
                self.project = Some(Patterns::new(value.text()));
            }
            "streams" => self.streams.push(stream(value)?),
            "lhc" => self.lhc.push(lhc(value)?),
            // The COOL files at hand are the database; the name is checked and kept in the sentence.
            "db" if DATABASES.contains(&value.text()) => {}
            "db" => {
                return Err(value
                    .complain_of(
                        format!("unknown database '{}'", value.text()),
                        DATABASES.into_iter(),
                    )
                    .into());
            }
            _ => return Err(value.complain(format!("there is no condition '{name}'")).into()),
        }
        let and = if self.sentence.is_empty() { "find" } else { " and" };
        self.sentence.push_str(&format!("{and} {name} {}", value.text()));
        Ok(())
    }

    fn detector_mask(&mut self, value: Piece<'_>, inside: bool) -> Result<(), Complaint> {
        let text = value.text();
        let (digits, any) = match text.strip_suffix(['A', 'a']) {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let mask: DetectorMask = digits.parse().map_err(|_| {
            value.complain(format!("'{text}' is no decimal mask, with A behind it at most"))
        })?;
        match (inside, any) {
            (true, false) => self.mask_in.0 |= mask.0,
            (true, true) => self.mask_any.0 |= mask.0,
            (false, false) => self.mask_out.0 |= mask.0,
            (false, true) => {
                return Err(
                    value.complain("A stands for 'at least one of', which only --detmaskin knows")
                );
            }
        }
        Ok(())
    }

    /// Whether the detector mask is asked about.
    pub(crate) fn selects_mask(&self) -> bool {
        (self.mask_in.0 | self.mask_any.0 | self.mask_out.0) != 0
    }

    /// Whether a detector mask will do.
    pub(crate) fn passes_mask(&self, mask: DetectorMask) -> bool {
        let both = self.mask_in.0 | self.mask_out.0;
        mask.0 & both == self.mask_in.0 && (self.mask_any.0 == 0 || mask.0 & self.mask_any.0 != 0)
    }
}

fn flag(value: Piece<'_>) -> Result<bool, Complaint> {
    match value.text().to_ascii_lowercase().as_str() {
        "1" | "t" | "true" => Ok(true),
        "0" | "f" | "false" => Ok(false),
        other => Err(value.complain_of(
            format!("'{other}' is neither TRUE nor FALSE"),
            ["TRUE", "FALSE"].into_iter(),
        )),
    }
}

fn magnets(value: Piece<'_>) -> Result<Vec<MagnetCondition>, Complaint> {
    use MagnetCondition::{Solenoid, Toroid};
    let mut conditions = Vec::new();
    for word in value.words() {
        conditions.extend(match word.text() {
            "on" => vec![Solenoid(true), Toroid(true)],
            "off" => vec![Solenoid(false), Toroid(false)],
            "solenoidon" => vec![Solenoid(true)],
            "solenoidoff" => vec![Solenoid(false)],
            "toroidon" => vec![Toroid(true)],
            "toroidoff" => vec![Toroid(false)],
            other => {
                return Err(word.complain_of(
                    format!("unknown state of the magnets '{other}'"),
                    MAGNETS.into_iter(),
                ));
            }
        });
    }
    if conditions.is_empty() {
        return Err(value.complain(format!("expected one of {}", MAGNETS.join(", "))));
    }
    Ok(conditions)
}

/// `PATTERN [N[+/-]]`.
fn stream(value: Piece<'_>) -> Result<StreamCondition, Complaint> {
    let words = value.words();
    match words[..] {
        [pattern] => {
            Ok(StreamCondition { pattern: Patterns::of_streams(pattern.text()), events: None })
        }
        [pattern, events] => {
            let events = Some(ranges::bound(events)?);
            Ok(StreamCondition { pattern: Patterns::of_streams(pattern.text()), events })
        }
        [] => Err(value.complain("expected a stream, as in '*calibration_SCTNoise 10000+'")),
        [_, _, more, ..] => {
            Err(more.complain("expected a stream and a number of events, and nothing behind them"))
        }
    }
}

/// `KEY VALUE`.
fn lhc(value: Piece<'_>) -> Result<LhcCondition, Complaint> {
    let words = value.words();
    let (&key, rest) = words
        .split_first()
        .ok_or_else(|| value.complain(format!("expected one of {}", LHC.join(", "))))?;
    let name = key.text().to_ascii_lowercase();
    if !LHC.contains(&name.as_str()) {
        return Err(
            key.complain_of(format!("unknown LHC variable '{}'", key.text()), LHC.into_iter())
        );
    }
    let Some((&first, &last)) = rest.first().zip(rest.last()) else {
        return Err(key.complain(format!("'{name}' needs a value behind it")));
    };
    let rest = first.to(last);
    Ok(match name.as_str() {
        "stablebeams" => LhcCondition::StableBeams(flag(rest)?),
        "fillnumber" => LhcCondition::FillNumber(ranges::ranges(rest)?),
        "beamenergy" => LhcCondition::BeamEnergy(ranges::ranges(rest)?),
        _ => LhcCondition::BeamMode(rest.text().to_owned()),
    })
}

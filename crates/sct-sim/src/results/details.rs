//! Lists by module, and databases.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use sct_conditions::{
    BS_ERRORS, DEAD_CHIPS, DEAD_STRIPS, DefectType, EFFICIENCY, LORENTZ_ANGLE, LorentzAngle,
    MONITORING, NOISE_OCCUPANCY, RAW_OCCUPANCY, Row, SctFolder, StripSet, StripSets, bs_error_row,
    defect_row, efficiency_row, lorentz_angle_row, noise_occupancy_row, raw_occupancy_row,
};
use sct_cool::{FolderContent, write_file};
use sct_hitmap::ByteStreamError;
use sct_id::{Iov, ModuleStrip, Part, Sensors, WaferHash};
use sct_xml::{
    BsErrorModules, BsErrorWafer, EfficiencyModules, EfficiencyWafer, Measure, NoiseOccupancyList,
    NoiseWafer,
};

use super::{
    Place,
    drawn::{Drawn, single, strips_of},
};
use crate::{Error, serial_number};

/// Threshold of noisy strips, hits per event.
const THRESHOLD: f32 = 0.015;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Writes lists and database of a kind of task.
pub(super) fn write(drawn: &Drawn, kind: &str, place: &Place) -> Result<(), Error> {
    let path = place.path("mycool.db");
    let failed = |source: Failure| Error::Cool { path: path.clone(), source };
    let (folder, rows) = content(drawn, kind, place)?;
    let rows = rows.map_err(failed)?;
    let content = FolderContent { folder: folder.folder(), tag: folder.tag.to_owned(), rows };
    write_file(&path, folder.destination.name(), &[content]).map_err(|error| failed(error.into()))
}

type Rows = Result<Vec<Row>, Failure>;

fn content(drawn: &Drawn, kind: &str, place: &Place) -> Result<(SctFolder, Rows), Error> {
    let iov = Iov::run(drawn.head.run);
    Ok(match kind {
        "sctns" => (MONITORING, defects(&drawn.noisy, DefectType::Noisy, THRESHOLD, iov)),
        "sctds" => (DEAD_STRIPS, defects(&drawn.dead_strips, DefectType::Dead, 0.0, iov)),
        "sctdc" => {
            let strips = drawn.dead_chips.iter().map(|(&module, chips)| {
                let mut set = StripSet::default();
                let strips = chips.iter().flat_map(|&chip| strips_of(chip));
                strips
                    .filter_map(|strip| ModuleStrip::new(strip).ok())
                    .for_each(|one| set.insert(one));
                (module, set)
            });
            (DEAD_CHIPS, defects(&strips.collect(), DefectType::Dead, 0.0, iov))
        }
        "sctno" => {
            let found = wafers(drawn, 11, Measure::NoiseOccupancy, 1.5e-5, |rng, level| {
                level * rng.random_range(0.5..1.5)
            });
            let wafer = |&(wafer, occupancy): &(WaferHash, f32)| NoiseWafer {
                serial: serial_number(wafer.module()),
                wafer,
                occupancy,
            };
            let tag = NOISE_OCCUPANCY.tag.to_owned();
            let list = NoiseOccupancyList { iov, tag, wafers: found.iter().map(wafer).collect() };
            place.write("NoiseOccupancyFile.xml", &list.to_xml())?;
            (
                NOISE_OCCUPANCY,
                all(&found, |wafer, value| Ok(noise_occupancy_row(wafer, iov, value)?)),
            )
        }
        "sctro" => {
            let found = wafers(drawn, 12, Measure::RawOccupancy, 6e-3, |rng, level| {
                level * rng.random_range(0.7..1.3)
            });
            let events = drawn.head.events;
            (
                RAW_OCCUPANCY,
                all(&found, |wafer, value| Ok(raw_occupancy_row(wafer, iov, events, value)?)),
            )
        }
        "scteff" => {
            let found = wafers(drawn, 13, Measure::Efficiency, 0.007, |rng, missing| {
                1.0 - missing * rng.random_range(0.2..1.8)
            });
            let wafer = |&(wafer, efficiency): &(WaferHash, f32)| EfficiencyWafer {
                serial: serial_number(wafer.module()),
                wafer,
                efficiency,
            };
            let wafers = found.iter().map(wafer).collect();
            let list = EfficiencyModules { head: drawn.head.clone(), wafers };
            place.write("EfficiencyModuleSummary.xml", &list.to_xml())?;
            (EFFICIENCY, all(&found, |wafer, value| Ok(efficiency_row(wafer, iov, 10_000, value)?)))
        }
        "sctbse" => (BS_ERRORS, errors(drawn, place, iov)?),
        _ => (LORENTZ_ANGLE, angles(drawn, iov)),
    })
}

fn defects(sets: &StripSets, defect: DefectType, threshold: f32, iov: Iov) -> Rows {
    let row = |(&module, strips): (_, &StripSet)| {
        Ok(defect_row(module, iov, defect, threshold, &strips.defect_list())?)
    };
    sets.iter().map(row).collect()
}

/// A value of every wafer.
fn wafers(
    drawn: &Drawn,
    part: u64,
    measure: Measure,
    usual: f64,
    value: impl Fn(&mut ChaCha8Rng, f64) -> f64,
) -> Vec<(WaferHash, f32)> {
    let mut rng = drawn.generator(part);
    let mut found = Vec::with_capacity(WaferHash::COUNT);
    for part in Part::all() {
        let level = drawn.level(part, measure, usual);
        let per_wafer = match measure {
            // The value of a layer is a sum here, and a mean elsewhere.
            Measure::LinksWithErrors => level / part.wafers().len().max(1) as f64,
            _ => level,
        };
        let values = part.wafers().iter().map(|&wafer| (wafer, single(value(&mut rng, per_wafer))));
        found.extend(values);
    }
    found
}

fn all(found: &[(WaferHash, f32)], row: impl Fn(WaferHash, f32) -> Result<Row, Failure>) -> Rows {
    found.iter().map(|&(wafer, value)| row(wafer, value)).collect()
}

fn errors(drawn: &Drawn, place: &Place, iov: Iov) -> Result<Rows, Error> {
    let found = wafers(drawn, 14, Measure::LinksWithErrors, 6.0, |rng, share| {
        let has_errors = rng.random_bool(share.clamp(0.0, 1.0));
        if has_errors { rng.random_range(1.0_f64..50.0).round() } else { 0.0 }
    });
    let wafer = |&(wafer, errors): &(WaferHash, f32)| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small count"
        )]
        let total = errors as u64;
        let mut counts = [0; ByteStreamError::COUNT];
        counts[wafer.index() % ByteStreamError::COUNT] = total;
        BsErrorWafer { serial: serial_number(wafer.module()), wafer, total, counts }
    };
    let list =
        BsErrorModules { head: drawn.head.clone(), wafers: found.iter().map(wafer).collect() };
    let path = place.path("BSErrorModuleSummary.xml");
    let failed = |error: sct_xml::Error| Error::Cool { path: path.clone(), source: error.into() };
    list.write(&path).map_err(failed)?;
    let events = drawn.head.events;
    let row = |wafer: &BsErrorWafer| {
        let mut slots = [0; ByteStreamError::SLOTS];
        for (kind, count) in ByteStreamError::ALL.into_iter().zip(wafer.counts) {
            slots[kind.slot()] += count;
        }
        let fractions = slots.map(|count| count as f32 / events as f32);
        Ok(bs_error_row(wafer.wafer, iov, events, &slots, &fractions)?)
    };
    Ok(list.wafers.iter().filter(|wafer| wafer.total > 0).map(row).collect())
}

fn angles(drawn: &Drawn, iov: Iov) -> Rows {
    let row = |sensors: Sensors| {
        let mut numbers = [0.1; 11];
        (numbers[0], numbers[9]) = (drawn.angle(sensors), 1.2);
        Ok(lorentz_angle_row(sensors, iov, LorentzAngle::from_array(numbers))?)
    };
    Sensors::all().filter(|sensors| sensors.exist()).map(row).collect()
}

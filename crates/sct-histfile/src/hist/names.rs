//! Paths below `run_<N>/SCT`. Source: booking code of the monitoring tools (Run 2) and algorithms (Run 3), and what the
//! calibration tasks look for; the differences are listed in `docs/formats/hist.md`.

use sct_hitmap::ByteStreamError;
use sct_id::{Plane, Region, RunNumber, Sensors};

use super::{Bunches, NoiseTrigger};
use crate::names::folder;

pub(super) fn run_directory(run: RunNumber) -> String {
    format!("run_{run}")
}

/// The run of a directory at the top of a file.
pub(super) fn run_of_directory(directory: &str) -> Option<u32> {
    let digits = directory.strip_prefix("run_")?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// `<layer>_<side>`, the end of every name.
fn end(plane: Plane) -> String {
    format!("{}_{}", plane.layer_disk(), plane.side())
}

/// The region's mark in names of maps.
const fn map_mark(region: Region) -> &'static str {
    match region {
        Region::EndCapC => "ECm",
        Region::Barrel => "",
        Region::EndCapA => "ECp",
    }
}

/// The region's mark before names of efficiency maps.
const fn efficiency_mark(region: Region) -> &'static str {
    match region {
        Region::EndCapC => "m_eff_",
        Region::Barrel => "eff_",
        Region::EndCapA => "p_eff_",
    }
}

/// The region's mark in names of error maps.
const fn error_mark(region: Region) -> &'static str {
    match region {
        Region::EndCapC => "EC",
        Region::Barrel => "B",
        Region::EndCapA => "EA",
    }
}

pub(super) fn noise(plane: Plane, trigger: NoiseTrigger) -> String {
    let region = plane.region();
    let trigger = match trigger {
        NoiseTrigger::All => "",
        NoiseTrigger::Selected => "trigger",
    };
    let (folder, mark) = (folder(region), map_mark(region));
    format!("{folder}/Noise/hitoccupancymap{trigger}{mark}_{}", end(plane))
}

/// Today's name, and that of before 2010.
pub(super) fn hits(plane: Plane) -> [String; 2] {
    let (folder, mark, end) = (folder(plane.region()), map_mark(plane.region()), end(plane));
    let before_2010 =
        if mark.is_empty() { "hitsmap".to_owned() } else { format!("{mark}_hitsmap") };
    [format!("{folder}/hits/hitsmap{mark}_{end}"), format!("{folder}/hits/{before_2010}_{end}")]
}

const fn bunch_mark(bunches: Bunches) -> &'static str {
    match bunches {
        Bunches::All => "",
        Bunches::First => "_bcid",
    }
}

pub(super) fn efficiency(plane: Plane, bunches: Bunches) -> String {
    let (folder, mark) = (folder(plane.region()), efficiency_mark(plane.region()));
    format!("{folder}/eff/{mark}{}{}", end(plane), bunch_mark(bunches))
}

pub(super) fn chip_efficiency(plane: Plane, chip: usize, bunches: Bunches) -> String {
    let (folder, mark) = (folder(plane.region()), efficiency_mark(plane.region()));
    format!("{folder}/eff/chip{chip}/{mark}chip{chip}_{}{}", end(plane), bunch_mark(bunches))
}

/// Directories and names of an error map in the order in which they are tried. The first four are the original's, which
/// tries the third and fourth in the end-caps only; the last two are the maps of counts that Run 2 has beside them.
pub(super) fn errors(plane: Plane, kind: ByteStreamError) -> [(String, String); 6] {
    let flat = format!("{}/errors", folder(plane.region()));
    let nested = format!("{flat}/{kind}");
    let end = format!("{kind}{}_{}", error_mark(plane.region()), end(plane));
    let names = ["SCT_NumberOf", "SCT_", "SCT_T"].map(|start| format!("{start}{end}"));
    let [number_of, plain, counts] = names;
    [
        (nested.clone(), number_of.clone()),
        (flat.clone(), number_of),
        (nested.clone(), plain.clone()),
        (flat.clone(), plain),
        (nested, counts.clone()),
        (flat, counts),
    ]
}

pub(super) fn lorentz(sensors: Sensors) -> String {
    format!("GENERAL/lorentz/{}", lorentz_profile(sensors))
}

/// Name of the profile of cluster widths of some sensors: `h_phiVsNstrips_111_2Side1`.
pub fn lorentz_profile(sensors: Sensors) -> String {
    let Sensors { layer, side, crystal } = sensors;
    format!("h_phiVsNstrips_{crystal}_{layer}Side{side}")
}

#[cfg(test)]
mod tests {
    use sct_id::{Crystal, Side};

    use super::*;

    fn plane(region: Region, index: usize) -> Plane {
        Plane::of(region).nth(index).unwrap()
    }

    #[test]
    fn names_are_the_producers() {
        let (c, barrel, a) =
            (plane(Region::EndCapC, 17), plane(Region::Barrel, 2), plane(Region::EndCapA, 1));
        assert_eq!(noise(c, NoiseTrigger::All), "SCTEC/Noise/hitoccupancymapECm_8_1");
        assert_eq!(noise(barrel, NoiseTrigger::Selected), "SCTB/Noise/hitoccupancymaptrigger_1_0");
        assert_eq!(hits(a), ["SCTEA/hits/hitsmapECp_0_1", "SCTEA/hits/ECp_hitsmap_0_1"]);
        assert_eq!(hits(barrel), ["SCTB/hits/hitsmap_1_0", "SCTB/hits/hitsmap_1_0"]);
        assert_eq!(efficiency(c, Bunches::First), "SCTEC/eff/m_eff_8_1_bcid");
        assert_eq!(chip_efficiency(a, 3, Bunches::All), "SCTEA/eff/chip3/p_eff_chip3_0_1");
        assert_eq!(
            lorentz(Sensors { layer: 2, side: Side::One, crystal: Crystal::Plane111 }),
            "GENERAL/lorentz/h_phiVsNstrips_111_2Side1"
        );
        let errors = errors(barrel, ByteStreamError::RawError);
        let paths = errors.map(|(directory, name)| format!("{directory}/{name}"));
        assert_eq!(paths[0], "SCTB/errors/RawError/SCT_NumberOfRawErrorB_1_0");
        assert_eq!(paths[3], "SCTB/errors/SCT_RawErrorB_1_0");
        assert_eq!(paths[4], "SCTB/errors/RawError/SCT_TRawErrorB_1_0");
    }

    #[test]
    fn only_run_directories_at_the_top_name_runs() {
        assert_eq!(run_of_directory("run_440199"), Some(440_199));
        for other in ["", "run_", "run_1/SCT", "run_x", "SCT", "run_99999999999"] {
            assert_eq!(run_of_directory(other), None, "{other}");
        }
    }
}

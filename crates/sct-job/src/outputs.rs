//! Which files a job leaves.

use crate::{Part, Split};

/// One file a job leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Output {
    /// Name in reports, with `output` in front.
    pub argument: &'static str,
    /// Name after the prefix.
    pub name: &'static str,
}

const fn output(argument: &'static str, name: &'static str) -> Output {
    Output { argument, name }
}

const HIT_MAPS: Output = output("HITMapFile", "SCTHitMaps.root");
const LUMI_BLOCKS: Output = output("LBFile", "SCTLB.root");
const BS_ERRORS: Output = output("BSErrorsFile", "SCTBSErrors.root");
const COOL: Output = output("COOL", "mycool.db");

/// Files of some parts, each once, in the order in which they are listed.
pub fn outputs(parts: &[Part], split: Split) -> Vec<Output> {
    let mut all = Vec::new();
    for part in parts {
        let maps: &[Output] = match part {
            Part::NoisyStrip => &[HIT_MAPS, LUMI_BLOCKS],
            // Analysed alone, it reads hits by lumi block and no others.
            Part::NoisyLb if split == Split::Analyse => &[LUMI_BLOCKS],
            Part::NoisyLb => &[HIT_MAPS, LUMI_BLOCKS],
            Part::DeadChip | Part::DeadStrip | Part::QuietChip | Part::QuietStrip => {
                &[HIT_MAPS, BS_ERRORS]
            }
            _ => &[],
        };
        all.extend_from_slice(maps);
        if split == Split::Fill && !maps.is_empty() {
            continue;
        }
        all.extend_from_slice(results(*part));
    }
    let filled_only = split == Split::Fill && parts.iter().all(|part| !part.reads_hist());
    let stores = parts.iter().any(|part| *part != Part::NoisyLb);
    if !filled_only && stores && !parts.contains(&Part::Hv) {
        all.push(COOL);
    }
    let mut once: Vec<Output> = Vec::new();
    for output in all {
        if !once.contains(&output) {
            once.push(output);
        }
    }
    once
}

fn results(part: Part) -> &'static [Output] {
    match part {
        Part::NoisyStrip => {
            const {
                &[
                    output("BSSummaryFile", "BadStripsSummaryFile.xml"),
                    output("BSAllFile", "BadStripsAllFile.xml"),
                    output("BSNewFile", "BadStripsNewFile.xml"),
                ]
            }
        }
        Part::DeadStrip => {
            const {
                &[
                    output("DeadStripFile", "DeadStripsFile.xml"),
                    output("DeadSummaryFile", "DeadSummaryFile.xml"),
                ]
            }
        }
        Part::DeadChip => {
            const {
                &[
                    output("DeadChipFile", "DeadChipsFile.xml"),
                    output("DeadSummaryFile", "DeadSummaryFile.xml"),
                ]
            }
        }
        Part::QuietStrip => {
            const {
                &[
                    output("DeadStripFile", "QuietStripsFile.xml"),
                    output("DeadSummaryFile", "QuietSummaryFile.xml"),
                ]
            }
        }
        Part::QuietChip => {
            const {
                &[
                    output("DeadChipFile", "QuietChipsFile.xml"),
                    output("DeadSummaryFile", "QuietSummaryFile.xml"),
                ]
            }
        }
        Part::NoiseOccupancy => {
            const {
                &[
                    output("NOFile", "NoiseOccupancyFile.xml"),
                    output("NOSummaryFile", "NoiseOccupancySummaryFile.xml"),
                ]
            }
        }
        Part::LorentzAngle => {
            const {
                &[
                    output("LAFile", "LorentzAngleFile.xml"),
                    output("LASummaryFile", "LorentzAngleSummaryFile.xml"),
                ]
            }
        }
        Part::RawOccupancy => const { &[output("ROSummaryFile", "RawOccupancySummaryFile.xml")] },
        Part::Efficiency => {
            const {
                &[
                    output("EffModuleFile", "EfficiencyModuleSummary.xml"),
                    output("EffSummaryFile", "EfficiencySummaryFile.xml"),
                ]
            }
        }
        Part::BsErrorDb => {
            const {
                &[
                    output("BSModuleFile", "BSErrorModuleSummary.xml"),
                    output("BSSummaryFile", "BSErrorSummaryFile.xml"),
                ]
            }
        }
        Part::Hv => const { &[output("BadModulesFile", "BadModulesFile.xml")] },
        Part::NoisyLb => const { &[output("NoisyLBFile", "NoisyLBFile.xml")] },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(parts: &[Part], split: Split) -> Vec<&'static str> {
        outputs(parts, split).into_iter().map(|output| output.name).collect()
    }

    #[test]
    fn noisy_strips_by_split() {
        assert_eq!(names(&[Part::NoisyStrip], Split::Fill), ["SCTHitMaps.root", "SCTLB.root"]);
        let whole = names(&[Part::NoisyStrip], Split::Analyse);
        assert_eq!(
            whole[2..],
            [
                "BadStripsSummaryFile.xml",
                "BadStripsAllFile.xml",
                "BadStripsNewFile.xml",
                "mycool.db"
            ]
        );
    }

    #[test]
    fn shared_files_are_listed_once_and_hv_has_no_database() {
        let dead = names(&[Part::DeadStrip, Part::DeadChip], Split::Whole);
        assert_eq!(dead.iter().filter(|name| **name == "DeadSummaryFile.xml").count(), 1);
        assert_eq!(names(&[Part::Hv], Split::Whole), ["BadModulesFile.xml"]);
    }

    #[test]
    fn noisy_lumi_blocks_have_no_database_of_their_own() {
        let files = |split| names(&[Part::NoisyLb], split);
        assert_eq!(files(Split::Fill), ["SCTHitMaps.root", "SCTLB.root"]);
        assert_eq!(files(Split::Analyse), ["SCTLB.root", "NoisyLBFile.xml"]);
        let both = names(&[Part::NoisyStrip, Part::NoisyLb], Split::Whole);
        assert!(both.contains(&"mycool.db") && both.contains(&"NoisyLBFile.xml"));
    }
}

//! Whether the SCT was probably in STANDBY: looked for by every task, in the same maps, so that all say the same.

use sct_hitmap::{Evidence, Standby, StandbyLimits};
use sct_id::Sensors;
use sct_lorentz_angle::Config as FitRange;

use super::{Job, Monitoring};

/// Judges the run by the maps that are there, and warns. A map that is missing or damaged says nothing here; the task that
/// measures it says what is wrong.
pub fn standby(job: &Job<'_>, monitoring: &Monitoring) -> Option<Standby> {
    let events = monitoring.file.events().ok()?;
    let any = 0;
    let raw = monitoring.hits().ok().and_then(|hits| {
        let inputs = sct_raw_occupancy::Inputs { hits, events };
        let config = sct_raw_occupancy::Config { min_events: any };
        Some(sct_raw_occupancy::measure(&inputs, &config).ok()?.wafers)
    });
    let noise = monitoring.noise().ok().and_then(|maps| {
        let inputs = sct_noise_occupancy::Inputs { maps, events };
        let config = sct_noise_occupancy::Config { min_events: any };
        Some(sct_noise_occupancy::measure(&inputs, &config).ok()?.wafers)
    });
    #[expect(clippy::cast_possible_truncation, reason = "as the measurement rounds")]
    let efficiency = monitoring
        .efficiency()
        .ok()
        .map(|crossings| crossings.map(|cell| (cell.entries > 0.0).then(|| cell.mean() as f32)));
    let clusters = monitoring.profiles().ok().map(|profiles| {
        let FitRange { low, high, .. } = FitRange::PRODUCTION;
        let exist = profiles.iter().filter(|profile| Sensors::exist(profile.sensors));
        let clusters = exist.map(|profile| {
            let in_range = profile.edges.iter().zip(&profile.bins);
            in_range
                .filter(|(edge, _)| **edge >= low && **edge < high)
                .map(|(_, bin)| bin.entries)
                .sum()
        });
        clusters.collect::<Vec<f64>>()
    });
    let evidence = Evidence {
        raw_occupancy: raw.as_ref(),
        noise_occupancy: noise.as_ref(),
        efficiency: efficiency.as_ref(),
        clusters: clusters.as_deref(),
    };
    let standby = Standby::judge(job.run, &evidence, &StandbyLimits::PRODUCTION)?;
    tracing::warn!("{standby}");
    Some(standby)
}

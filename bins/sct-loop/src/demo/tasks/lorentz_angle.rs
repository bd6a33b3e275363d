//! The Lorentz angle.

use sct_sim::HistTruth;
use sct_xml::{LorentzAngleFile, LorentzAngleSummary};

use super::{Check, Found, Layers, Outputs, Task};

pub(super) const TASK: Task =
    Task { part: "doLorentzAngle", title: "Lorentz angle", plots: "lorentz-angle", read };

/// Chance alone moves a fit less far from the truth, in errors of the fit.
const FARTHEST: f64 = 5.0;

fn read(outputs: &Outputs, truth: &HistTruth) -> anyhow::Result<Found> {
    let list = LorentzAngleFile::read(&outputs.path("LorentzAngleFile.xml"))?;
    let summary = LorentzAngleSummary::read(&outputs.path("LorentzAngleSummaryFile.xml"))?;
    let mut fits = Check { what: "angles, within five errors", compared: 0, wrong: 0 };
    let mut values = Vec::new();
    for truth in &truth.lorentz {
        let same = |sensors: sct_id::Sensors| {
            let crystal = u32::from(sensors.crystal.number());
            (usize::from(sensors.layer), sensors.side, crystal)
                == (truth.layer, truth.side, truth.surface)
        };
        let good = summary.parts.iter().any(|part| same(part.sensors) && part.good);
        let Some((sensors, found)) = list.fits.iter().find(|(sensors, _)| same(*sensors)) else {
            continue;
        };
        let [angle, error] = found.angle.map(f64::from);
        // A fit that failed says so and is not stored; what it found is no result.
        if good {
            fits.compared += 1;
            fits.wrong += usize::from((angle - truth.angle).abs() > FARTHEST * error);
        }
        let verdict = if good { "" } else { ", fit failed" };
        values.push((format!("{sensors}{verdict}"), angle));
    }
    Ok(Found { checks: vec![fits], layers: vec![Layers { heading: "Angle, degrees", values }] })
}

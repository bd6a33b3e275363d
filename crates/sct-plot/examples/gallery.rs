//! Writes one plot of each kind, from made-up numbers, into the folder given.

use std::{env, error::Error, fs, path::PathBuf};

use sct_plot::{
    HeatMap, Histogram, LumiBlockSeries, Scale, Spectrum, Threshold, detector_map, heat_map,
    lumi_block_series, spectrum,
};

/// A number from 0 to 1 that looks random.
fn noise(n: usize) -> f64 {
    (n.wrapping_mul(2_654_435_761) % 1_000_003) as f64 / 1_000_003.0
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("usage: gallery FOLDER")?);
    let occupancy = |n: usize| 1e-5 * (2.0 * (noise(n) + noise(n + 7) - 1.0)).exp();
    let noisy =
        |n: usize| if n.is_multiple_of(61) { 10_f64.powf(3.0 * noise(n)).floor() } else { 0.0 };
    let title = "Run 437548: noisy strips per module";
    let value = |n: usize| (n % 97 != 5).then(|| noisy(n));
    let map = detector_map(title, |m| value(m.index()), Scale::Log, "noisy strips per module");
    fs::write(folder.join("map.svg"), map)?;

    let mut histogram = Histogram::new(Scale::Log, 120, 1e-6, 1.0)?;
    (0..600_000).for_each(|n| histogram.fill(occupancy(n)));
    (0..900).for_each(|n| histogram.fill(10_f64.powf(-3.5 + 3.4 * noise(n))));
    let threshold = Some(Threshold { value: 0.015, label: "threshold 0.015" });
    let (x_label, y_label, histogram, y_scale) =
        ("hits per event", "strips", &histogram, Scale::Log);
    let title = "Run 437548: strip occupancy";
    let marks_below = false;
    let plot = spectrum(&Spectrum {
        title,
        x_label,
        y_label,
        histogram,
        y_scale,
        threshold,
        marks_below,
    })?;
    fs::write(folder.join("spectrum.svg"), plot)?;

    let hits = |lb: usize| noise(lb) * 0.2 + if (300..340).contains(&lb) { 6.0 } else { 0.0 };
    let (values, marked): (Vec<f64>, Vec<usize>) =
        ((0..900).map(hits).collect(), (300..340).collect());
    let threshold = Some(Threshold { value: 0.96, label: "noisy above 0.96 hits per event" });
    let (title, y_label) = ("Chip 3 of module 0.3.12.-4", "hits per event");
    let plot = lumi_block_series(&LumiBlockSeries {
        title,
        y_label,
        values: &values,
        threshold,
        marked: &marked,
    })?;
    fs::write(folder.join("series.svg"), plot)?;

    let rows: Vec<String> = (0..40).map(|row| format!("0.3.{row}.-4")).collect();
    let values: Vec<f64> = (0..40 * 900).map(|n| hits((n % 900 + n / 900 * 31) % 900)).collect();
    let (title, legend) = ("Noisy chips by lumi block", "hits per event");
    let (x_label, columns, scale) = ("lumi block", 900, Scale::Log);
    let plot =
        heat_map(&HeatMap { title, x_label, rows: &rows, columns, values: &values, scale, legend });
    fs::write(folder.join("heat.svg"), plot)?;
    Ok(())
}

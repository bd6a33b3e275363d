//! Efficiency and purity of the searches for dead and quiet components against the number of events, on the full detector:
//! the table and the plots of `docs/physics/dead.md`.
//!
//! `cargo run --release -p sct-tasks --example dead_efficiency -- FOLDER [SEEDS] [EVENTS...]` writes the plots into FOLDER
//! and prints the
//! table.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use anyhow::Context as _;
use sct_conditions::KnownBad;
use sct_dead::{Config, Defect, Inputs, Outcome, find};
use sct_plot::{Curve, Curves, curves};
use sct_sim::{Detector, Settings, Silent, draw_hit_maps, known_bad_csv, quiet_by_rate};

const EVENTS: [u64; 9] =
    [5_000, 10_000, 20_000, 50_000, 200_000, 500_000, 1_000_000, 2_000_000, 4_000_000];

/// Hits per event above which a strip is left out of means: the original's default, and one for streams of noise.
const NOISY: [f32; 2] = [Config::PRODUCTION.noisy_occupancy, 0.001];

/// Found and expected, found in all, expected in all; summed over the seeds.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    common: usize,
    found: usize,
    expected: usize,
}

impl Sum {
    fn add<T: Ord>(&mut self, found: &BTreeSet<T>, expected: &BTreeSet<T>) {
        self.common += found.intersection(expected).count();
        self.found += found.len();
        self.expected += expected.len();
    }

    fn efficiency(self) -> f64 {
        part(self.common, self.expected)
    }

    fn purity(self) -> f64 {
        part(self.common, self.found)
    }
}

/// No number where nothing is there to divide by.
fn part(some: usize, all: usize) -> f64 {
    if all == 0 { f64::NAN } else { some as f64 / all as f64 }
}

/// What is counted at one number of events with one setting. Chips and strips of dead links are left out: where a link is
/// found, they are listed with it.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    events: u64,
    dead_links: Sum,
    dead_chips: Sum,
    dead_strips: Sum,
    quiet_chips: Sum,
    /// Strips that were made quiet.
    quiet_strips: Sum,
    /// Strips that are quiet by their rate, those that were made so among them.
    by_rate: Sum,
}

fn found(outcome: &Outcome, settings: &Settings) -> Silent {
    let (swap, mut found) = (settings.readout_swap(), Silent::default());
    for module in &outcome.modules {
        let (chips, links) = (module.chips.iter().copied(), module.links.iter().copied());
        found.add_found(module.module, &module.strips, chips, links, &swap);
    }
    found
}

fn measure(rows: &mut [Row; 2], settings: &Settings) -> anyhow::Result<()> {
    let (detector, swap) = (Detector::new(settings)?, settings.readout_swap());
    let (hitmap, errors) = draw_hit_maps(settings)?;
    let mut known_bad = KnownBad::default();
    known_bad.add_csv(known_bad_csv(settings)?.as_bytes())?;
    let known_bad = Some(&known_bad);
    let inputs = Inputs { hitmap: &hitmap, bs_errors: Some(&errors), known_bad, swap: &swap };
    let (dead, quiet) = (detector.dead(&swap), detector.quiet(&swap));
    let links = dead.links.clone();
    let without_links = |mut silent: Silent| {
        silent.retain(|wafer| !links.contains(&wafer));
        silent
    };
    let (own_dead, quiet) = (without_links(dead.clone()), without_links(quiet));
    let mut by_rate = quiet_by_rate(settings, f64::from(Config::PRODUCTION.quiet_strip))?;
    by_rate.retain(|(wafer, _)| !links.contains(wafer));
    by_rate.extend(&quiet.strips);
    for (row, noisy_occupancy) in rows.iter_mut().zip(NOISY) {
        let config = Config { noisy_occupancy, ..Config::PRODUCTION };
        let all = found(&find(&inputs, &config)?, settings);
        row.dead_links.add(&all.links, &dead.links);
        let own = without_links(all);
        row.dead_chips.add(&own.chips, &own_dead.chips);
        row.dead_strips.add(&own.strips, &own_dead.strips);
        let config = Config { defect: Defect::Quiet, ..config };
        let own = without_links(found(&find(&inputs, &config)?, settings));
        row.quiet_chips.add(&own.chips, &quiet.chips);
        row.quiet_strips.add(&own.strips, &quiet.strips);
        row.by_rate.add(&own.strips, &by_rate);
    }
    Ok(())
}

/// Both searches with one setting.
fn draw(rows: &[Row], noisy: f32) -> anyhow::Result<[(&'static str, String); 2]> {
    let points = |value: fn(Sum) -> f64, of: fn(&Row) -> Sum| {
        rows.iter().map(|row| (row.events as f64, value(of(row)))).collect()
    };
    let efficiency =
        |label, of| Curve { label, points: points(Sum::efficiency, of), dashed: false };
    let purity = |label, of| Curve { label, points: points(Sum::purity, of), dashed: true };
    let plot = |what: &str, curves_of: &[Curve<'_>]| {
        curves(&Curves {
            title: &format!("Search for {what} components, NoisyThr4DeadFinding = {noisy}"),
            x_label: "events",
            y_label: "efficiency, purity",
            y_range: (0.0, 1.05),
            curves: curves_of,
        })
        .context("plot")
    };
    let dead = [
        efficiency("links, efficiency", |row| row.dead_links),
        efficiency("chips, efficiency", |row| row.dead_chips),
        purity("chips, purity", |row| row.dead_chips),
        efficiency("strips, efficiency", |row| row.dead_strips),
        purity("strips, purity", |row| row.dead_strips),
    ];
    let quiet = [
        efficiency("chips, efficiency", |row| row.quiet_chips),
        purity("chips, purity", |row| row.quiet_chips),
        efficiency("strips made quiet, efficiency", |row| row.quiet_strips),
        efficiency("quiet by rate, efficiency", |row| row.by_rate),
        purity("quiet by rate, purity", |row| row.by_rate),
    ];
    Ok([("dead", plot("dead", &dead)?), ("quiet", plot("quiet", &quiet)?)])
}

fn line(row: &Row, noisy: f32) -> String {
    let cell =
        |sum: Sum| format!("{} of {}, {} beside", sum.common, sum.expected, sum.found - sum.common);
    let made = format!("{} of {}", row.quiet_strips.common, row.quiet_strips.expected);
    let sums = [row.dead_links, row.dead_chips, row.dead_strips, row.quiet_chips].map(cell);
    format!(
        "| {} | {noisy} | {} | {made} | {} |\n",
        row.events,
        sums.join(" | "),
        cell(row.by_rate)
    )
}

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("usage: dead_efficiency FOLDER")?);
    let seeds: u64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let chosen: Vec<u64> = arguments.map(|text| text.parse()).collect::<Result<_, _>>()?;
    let chosen = if chosen.is_empty() { EVENTS.to_vec() } else { chosen };
    sct_tasks::cli::print(
        "| events | noisy above | dead links | dead chips | dead strips | quiet chips | strips made quiet | strips quiet by rate |\n|---|---|---|---|---|---|---|---|\n",
    )?;
    let mut rows = NOISY.map(|_| Vec::new());
    for events in chosen {
        let mut both = [Row { events, ..Row::default() }; 2];
        for seed in 1..=seeds {
            let settings =
                Settings { events, seed, defect_seed: seed + 23, ..Settings::full_size() };
            measure(&mut both, &settings)?;
        }
        for ((rows, row), noisy) in rows.iter_mut().zip(both).zip(NOISY) {
            sct_tasks::cli::print(&line(&row, noisy))?;
            rows.push(row);
        }
    }
    fs::create_dir_all(&folder)?;
    for ((rows, noisy), suffix) in rows.iter().zip(NOISY).zip(["", "-low"]) {
        for (name, svg) in draw(rows, noisy)? {
            fs::write(folder.join(format!("{name}-efficiency{suffix}.svg")), svg)?;
        }
    }
    Ok(())
}

//! Efficiency and purity of the searches for dead and quiet components against the number of events, on the full detector:
//! the tables and the plots of `docs/physics/dead.md`.
//!
//! `cargo run --release -p sct-tasks --example dead_efficiency -- FOLDER [SEEDS] [EVENTS...]` writes the plots into FOLDER
//! and prints the tables.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use anyhow::Context as _;
use sct_conditions::KnownBad;
use sct_dead::{Config, Defect, Inputs, Outcome, find};
use sct_plot::{Curve, Curves, curves};
use sct_sim::{Detector, Settings, Silent, draw_hit_maps, known_bad_csv, quiet_by_rate};

const EVENTS: [u64; 9] =
    [5_000, 10_000, 20_000, 50_000, 200_000, 500_000, 1_000_000, 2_000_000, 4_000_000];

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

/// What is counted at one number of events.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    events: u64,
    dead_links: Sum,
    dead_chips: Sum,
    dead_strips: Sum,
    quiet_chips: Sum,
    /// Efficiency for what was made quiet, purity for what is quiet by its rate.
    quiet_strips: Sum,
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

fn measure(row: &mut Row, settings: &Settings) -> anyhow::Result<()> {
    let (detector, swap) = (Detector::new(settings)?, settings.readout_swap());
    let (hitmap, errors) = draw_hit_maps(settings)?;
    let mut known_bad = KnownBad::default();
    known_bad.add_csv(known_bad_csv(settings)?.as_bytes())?;
    let known_bad = Some(&known_bad);
    let inputs = Inputs { hitmap: &hitmap, bs_errors: Some(&errors), known_bad, swap: &swap };
    let dead = found(&find(&inputs, &Config::PRODUCTION)?, settings);
    let truth = detector.dead(&swap);
    row.dead_links.add(&dead.links, &truth.links);
    row.dead_chips.add(&dead.chips, &truth.chips);
    row.dead_strips.add(&dead.strips, &truth.strips);
    let config = Config { defect: Defect::Quiet, ..Config::PRODUCTION };
    let quiet = found(&find(&inputs, &config)?, settings);
    let truth = detector.quiet(&swap);
    row.quiet_chips.add(&quiet.chips, &truth.chips);
    row.quiet_strips.add(&quiet.strips, &truth.strips);
    let mut by_rate = quiet_by_rate(settings, f64::from(config.quiet_strip))?;
    by_rate.extend(&truth.strips);
    row.by_rate.add(&quiet.strips, &by_rate);
    Ok(())
}

fn draw(rows: &[Row]) -> anyhow::Result<Vec<(&'static str, String)>> {
    let curve = |label, value: fn(&Row) -> f64| Curve {
        label,
        points: rows.iter().map(|row| (row.events as f64, value(row))).collect(),
    };
    let plot = |title, curves_of: &[Curve<'_>]| {
        curves(&Curves {
            title,
            x_label: "events",
            y_label: "efficiency, purity",
            y_range: (0.0, 1.05),
            curves: curves_of,
        })
        .context("plot")
    };
    let dead = [
        curve("links, efficiency", |row| row.dead_links.efficiency()),
        curve("chips, efficiency", |row| row.dead_chips.efficiency()),
        curve("strips, efficiency", |row| row.dead_strips.efficiency()),
        curve("strips, purity", |row| row.dead_strips.purity()),
    ];
    let quiet = [
        curve("chips, efficiency", |row| row.quiet_chips.efficiency()),
        curve("chips, purity", |row| row.quiet_chips.purity()),
        curve("strips made quiet, efficiency", |row| row.quiet_strips.efficiency()),
        curve("strips quiet by rate, efficiency", |row| row.by_rate.efficiency()),
        curve("strips quiet by rate, purity", |row| row.by_rate.purity()),
    ];
    Ok(vec![
        ("dead-efficiency.svg", plot("Search for dead components", &dead)?),
        ("quiet-efficiency.svg", plot("Search for quiet components", &quiet)?),
    ])
}

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("usage: dead_efficiency FOLDER")?);
    let seeds: u64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let chosen: Vec<u64> = arguments.map(|text| text.parse()).collect::<Result<_, _>>()?;
    let chosen = if chosen.is_empty() { EVENTS.to_vec() } else { chosen };
    let mut table = String::from(
        "| events | dead links | dead chips | dead strips | quiet chips | strips made quiet | strips quiet by rate |\n|---|---|---|---|---|---|---|\n",
    );
    let mut rows = Vec::new();
    for events in chosen {
        let mut row = Row { events, ..Row::default() };
        for seed in 1..=seeds {
            let settings =
                Settings { events, seed, defect_seed: seed + 23, ..Settings::full_size() };
            measure(&mut row, &settings)?;
        }
        let cell = |sum: Sum| format!("{:.4} / {:.4}", sum.efficiency(), sum.purity());
        let cells = [
            row.dead_links,
            row.dead_chips,
            row.dead_strips,
            row.quiet_chips,
            row.quiet_strips,
            row.by_rate,
        ];
        let line = format!("| {events} | {} |\n", cells.map(cell).join(" | "));
        sct_tasks::cli::print(&line)?;
        table.push_str(&line);
        rows.push(row);
    }
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("dead-efficiency.md"), table)?;
    for (name, svg) in draw(&rows)? {
        fs::write(folder.join(name), svg)?;
    }
    Ok(())
}

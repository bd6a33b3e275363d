//! A quantity run by run.

use crate::{
    Threshold,
    number::short,
    svg::{Anchor, FAINT, INK, Svg},
};

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrendPoint {
    /// Run.
    pub run: u32,
    /// Value; what is not finite is left out.
    pub value: f64,
}

/// A quantity run by run, to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Trend<'a> {
    /// Title of the plot.
    pub title: &'a str,
    /// The quantity and its unit.
    pub y_label: &'a str,
    /// What is drawn together: a name and values by rising run number.
    pub series: &'a [(&'a str, &'a [TrendPoint])],
    /// Horizontal lines.
    pub thresholds: &'a [Threshold<'a>],
}

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 420;
const LEFT: f64 = 92.0;
const RIGHT: f64 = 1170.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 350.0;
/// Most marks of a series: more runs than this are drawn together.
const MOST: usize = 360;
const COLOURS: [&str; 4] = ["#2b6cb0", "#d55e00", "#007a5e", "#b03a83"];
/// A threshold so many times farther away than the values would leave nothing of them to be seen.
const FAR: f64 = 4.0;

/// Runs that are drawn as one mark.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark {
    runs: (u32, u32),
    /// Runs with a value.
    count: usize,
    low: f64,
    mean: f64,
    high: f64,
    /// Place among all runs, from 0 to 1.
    place: f64,
}

/// Draws values run by run, 1200 x 420 pixels; runs stand side by side, whatever lies between their numbers. More than 360
/// runs are drawn as columns with lowest, mean and highest value. `link` gives the address of the runs from the first to the
/// last of a mark, which are the same where runs are drawn one by one.
pub fn trend(trend: &Trend<'_>, link: impl Fn(u32, u32) -> String) -> String {
    let mut svg = Svg::with_links(WIDTH, HEIGHT, trend.title);
    let runs = runs(trend);
    let series: Vec<Vec<Mark>> =
        trend.series.iter().map(|(_, points)| marks(points, &runs)).collect();
    let Some((low, high)) = range(&series, trend.thresholds) else {
        svg.label(LEFT, 200.0, 15, Anchor::Start, FAINT, "no values");
        return svg.finish();
    };
    axes(&mut svg, trend, &runs, (low, high));
    let y = |value: f64| BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP);
    for (row, threshold) in trend.thresholds.iter().enumerate() {
        draw_threshold(&mut svg, *threshold, row, (low, high), &y);
    }
    for ((number, marks), (name, _)) in series.iter().enumerate().zip(trend.series) {
        let colour = COLOURS[number % COLOURS.len()];
        draw_marks(&mut svg, marks, colour, &y, &link);
        if trend.series.len() > 1 {
            let x = LEFT + 160.0 * number as f64;
            svg.label(x, f64::from(HEIGHT) - 10.0, 14, Anchor::Start, colour, &format!("● {name}"));
        }
    }
    svg.finish()
}

/// All runs of all series, rising.
fn runs(trend: &Trend<'_>) -> Vec<u32> {
    let mut runs: Vec<u32> = trend
        .series
        .iter()
        .flat_map(|(_, points)| points.iter())
        .filter(|point| point.value.is_finite())
        .map(|point| point.run)
        .collect();
    runs.sort_unstable();
    runs.dedup();
    runs
}

fn marks(points: &[TrendPoint], runs: &[u32]) -> Vec<Mark> {
    let size = runs.len().div_ceil(MOST).max(1);
    let mut groups: Vec<(usize, Mark)> = Vec::new();
    for point in points.iter().filter(|point| point.value.is_finite()) {
        let Ok(at) = runs.binary_search(&point.run) else { continue };
        let group = at / size;
        match groups.last_mut() {
            Some((known, mark)) if *known == group => mark.add(*point),
            _ => groups.push((group, Mark::new(*point))),
        }
    }
    let count = runs.len().div_ceil(size).max(1) as f64;
    let placed =
        |(group, mark): (usize, Mark)| Mark { place: (group as f64 + 0.5) / count, ..mark };
    groups.into_iter().map(placed).collect()
}

impl Mark {
    fn new(TrendPoint { run, value }: TrendPoint) -> Self {
        Self { runs: (run, run), count: 1, low: value, mean: value, high: value, place: 0.0 }
    }

    fn add(&mut self, TrendPoint { run, value }: TrendPoint) {
        self.runs = (self.runs.0.min(run), self.runs.1.max(run));
        self.count += 1;
        self.mean += (value - self.mean) / self.count as f64;
        (self.low, self.high) = (self.low.min(value), self.high.max(value));
    }

    fn x(&self) -> f64 {
        LEFT + self.place * (RIGHT - LEFT)
    }

    fn tip(&self) -> String {
        let (first, last) = self.runs;
        let mean = short(self.mean);
        if self.count == 1 {
            return format!("run {first}: {mean}");
        }
        let (low, high) = (short(self.low), short(self.high));
        format!("{} runs {first} to {last}: {low} to {high}, mean {mean}", self.count)
    }
}

/// Limits of the vertical axis; none without values.
fn range(series: &[Vec<Mark>], thresholds: &[Threshold<'_>]) -> Option<(f64, f64)> {
    let all = || series.iter().flatten();
    let low = all().map(|mark| mark.low).fold(f64::INFINITY, f64::min);
    let high = all().map(|mark| mark.high).fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return None;
    }
    // Small values start at zero; those far from it are looked at closely.
    let start = if low >= 0.0 && low < 0.5 * high { 0.0 } else { low };
    let near = |value: &f64| (value - high).abs() <= FAR * (high - start).max(0.1 * high.abs());
    let lines = thresholds.iter().map(|threshold| threshold.value).filter(|v| v.is_finite());
    let (start, high) = lines.filter(near).fold((start, high), |(a, b), v| (a.min(v), b.max(v)));
    let room = match high - start {
        span if span > 0.0 => 0.06 * span,
        // All values are alike.
        _ if high == 0.0 => 1.0,
        _ => 0.05 * high.abs(),
    };
    let bottom = if start == 0.0 { 0.0 } else { start - room };
    let top = high + room;
    // Values may be so large that their difference is not a number, or so alike that it is lost.
    ((top - bottom).is_finite() && top > bottom)
        .then_some((bottom, top))
        .or(Some((start - 1.0, start + 1.0)))
}

/// Round numbers of an axis, three to six; its ends where its numbers are too large or too small for that.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    if !(step.is_normal() && (1.0..=6.0).contains(&(last - first))) {
        return vec![low, high];
    }
    let all = std::iter::successors(Some(first), |at| Some(at + 1.0));
    all.take_while(|at| *at <= last).map(|at| at * step).collect()
}

fn axes(svg: &mut Svg, trend: &Trend<'_>, runs: &[u32], (low, high): (f64, f64)) {
    for tick in ticks(low, high) {
        let place = (tick - low) / (high - low);
        let y = BOTTOM - place * (BOTTOM - TOP);
        svg.add(format_args!("<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"#e4e7ec\"/>\n"));
        svg.label(LEFT - 8.0, y + 4.0, 13, Anchor::End, FAINT, &short(tick));
    }
    let last = runs.len().saturating_sub(1);
    let mut labelled: Vec<usize> = (0..=8).map(|step| step * last / 8).collect();
    labelled.dedup();
    for at in labelled {
        let x = LEFT + (at as f64 + 0.5) / runs.len().max(1) as f64 * (RIGHT - LEFT);
        svg.label(x, BOTTOM + 20.0, 13, Anchor::Middle, FAINT, &runs[at].to_string());
    }
    svg.label(f64::midpoint(LEFT, RIGHT), BOTTOM + 40.0, 14, Anchor::Middle, INK, "run");
    svg.upward_label(18.0, f64::midpoint(TOP, BOTTOM), 14, trend.y_label);
}

fn draw_threshold(
    svg: &mut Svg,
    threshold: Threshold<'_>,
    row: usize,
    (low, high): (f64, f64),
    y: &impl Fn(f64) -> f64,
) {
    let colour = "#d55e00";
    let text = format!("{}: {}", threshold.label, short(threshold.value));
    if (low..=high).contains(&threshold.value) {
        let y = y(threshold.value);
        svg.add(format_args!(
            "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"{colour}\" stroke-width=\"1.5\" stroke-dasharray=\"6 4\"/>\n"
        ));
        svg.label(RIGHT, y - 5.0, 13, Anchor::End, colour, &text);
    } else {
        let beyond = if threshold.value > high { "above the picture" } else { "below the picture" };
        let text = format!("{text}, {beyond}");
        svg.label(RIGHT, TOP - 8.0 - 15.0 * row as f64, 13, Anchor::End, colour, &text);
    }
}

fn draw_marks(
    svg: &mut Svg,
    marks: &[Mark],
    colour: &str,
    y: &impl Fn(f64) -> f64,
    link: &impl Fn(u32, u32) -> String,
) {
    let line: Vec<String> =
        marks.iter().map(|mark| format!("{:.1},{:.1}", mark.x(), y(mark.mean))).collect();
    svg.add(format_args!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"0.5\"/>\n",
        line.join(" ")
    ));
    svg.add(format_args!("<g fill=\"{colour}\">\n"));
    for mark in marks {
        let (x, mean) = (mark.x(), y(mark.mean));
        let path = if mark.count == 1 {
            format!("M{:.1} {mean:.1}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z", x - 3.5)
        } else {
            let (top, bottom) = (y(mark.high) - 1.0, y(mark.low) + 1.0);
            format!("M{:.1} {top:.1}h2V{bottom:.1}h-2z", x - 1.0)
        };
        svg.linked_shape(&path, &mark.tip(), &link(mark.runs.0, mark.runs.1));
    }
    svg.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(values: &[f64], thresholds: &[f64]) -> String {
        let point = |(run, &value): (u32, &f64)| TrendPoint { run, value };
        let points: Vec<TrendPoint> = (400_000..).zip(values).map(point).collect();
        let thresholds: Vec<Threshold<'_>> =
            thresholds.iter().map(|&value| Threshold { value, label: "limit" }).collect();
        let plot = Trend {
            title: "Strips <x>",
            y_label: "strips",
            series: &[("all", &points)],
            thresholds: &thresholds,
        };
        trend(&plot, |first, last| format!("/runs/{first}-{last}"))
    }

    #[test]
    fn axes_have_round_numbers() {
        let shown = |low, high| ticks(low, high).into_iter().map(short).collect::<Vec<_>>();
        assert_eq!(shown(23.04, 40.96), ["25", "30", "35", "40"]);
        assert_eq!(shown(0.0, 1.06), ["0", "0.5", "1"]);
        assert_eq!(shown(0.975, 1.05), ["0.98", "1", "1.02", "1.04"]);
        assert_eq!(shown(-4.6, -3.9), ["-4.4", "-4.2", "-4"]);
        assert_eq!(shown(1e-6, 9.3e-6), ["2e-6", "4e-6", "6e-6", "8e-6"]);
        for (low, high) in [(1e300, 1.7e308), (1e17, 1e17 + 64.0), (-1e-320, 1e-320), (4.0, 6.0)] {
            let ticks = ticks(low, high);
            assert!((2..=7).contains(&ticks.len()), "{low} to {high}: {ticks:?}");
            assert!(
                ticks.iter().all(|tick| (low..=high).contains(tick)),
                "{low} to {high}: {ticks:?}"
            );
        }
    }

    #[test]
    fn every_run_is_a_link() {
        let svg = draw(&[1.0, 2.0, f64::NAN, 3.0], &[]);
        assert_eq!(svg.matches("<a href=\"/runs/").count(), 3);
        assert!(svg.contains("run 400003: 3</title>") && svg.contains("Strips &lt;x&gt;"));
        assert!(!svg.contains("style="));
    }

    #[test]
    fn many_runs_are_drawn_together_and_nothing_is_lost() {
        let mut values: Vec<f64> = (0..20_000).map(|n| f64::from(n % 100)).collect();
        values[12_345] = 1e4;
        let svg = draw(&values, &[]);
        assert!(svg.len() < 100_000, "{}", svg.len());
        assert!(svg.matches("<a href=").count() <= MOST);
        assert!(
            svg.contains("to 10000, mean") && svg.contains("56 runs 400000 to 400055: 0 to 55")
        );
    }

    #[test]
    fn thresholds_are_drawn_or_said() {
        let near = draw(&[1.0, 2.0], &[2.5]);
        assert!(near.contains("stroke-dasharray") && near.contains("limit: 2.5<"));
        let far = draw(&[1.0, 2.0], &[5000.0]);
        assert!(
            !far.contains("stroke-dasharray") && far.contains("limit: 5000, above the picture")
        );
    }

    #[test]
    fn odd_numbers_draw_something() {
        for values in [&[][..], &[f64::NAN], &[0.0], &[-1.0, 1.0], &[1e300, -1e308], &[5.0, 5.0]] {
            let svg = draw(values, &[f64::NAN, 1e308]);
            assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN,"), "{values:?}");
        }
        assert!(draw(&[], &[]).contains("no values"));
    }
}

//! Colours for values.

use crate::{
    number::{decade, short},
    svg::{Anchor, FAINT, INK, Svg},
};

/// How values are spread over colours and axes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// In proportion, from zero (or the smallest value, if negative) to the largest.
    #[default]
    Linear,
    /// By powers of ten, between round numbers (1, 2 or 5 times a power of ten) around the positive values.
    Log,
}

/// Steps of the palette.
pub(crate) const STEPS: usize = 24;
/// Modules and cells without a value.
pub(crate) const NONE: &str = "#b4bac4";
/// Zero (and below zero, on a logarithmic scale): there is a value, but nothing to see.
pub(crate) const ZERO: &str = "#e9ecf1";
/// Anchors from low to high; lightness falls steadily.
const ANCHORS: [[f64; 3]; 6] = [
    [254.0, 226.0, 144.0],
    [250.0, 176.0, 76.0],
    [236.0, 112.0, 50.0],
    [196.0, 48.0, 78.0],
    [128.0, 22.0, 104.0],
    [44.0, 10.0, 72.0],
];

/// The colour of a step, `#rrggbb`.
pub(crate) fn step(step: usize) -> String {
    let place = step.min(STEPS - 1) as f64 / (STEPS - 1) as f64 * (ANCHORS.len() - 1) as f64;
    let below = (0..ANCHORS.len() - 1).rev().find(|&i| i as f64 <= place).unwrap_or(0);
    let part = place - below as f64;
    let channel = |i: usize| ANCHORS[below][i] * (1.0 - part) + ANCHORS[below + 1][i] * part;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between the anchors, all of which are bytes"
    )]
    let [r, g, b] = [0, 1, 2].map(|i| channel(i).round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// What a value is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    None,
    Zero,
    Step(usize),
}

impl Class {
    /// All classes with their colour, in drawing order.
    pub(crate) fn all() -> impl Iterator<Item = (Self, String)> {
        let steps = (0..STEPS).map(|number| (Self::Step(number), step(number)));
        [(Self::None, NONE.to_owned()), (Self::Zero, ZERO.to_owned())].into_iter().chain(steps)
    }
}

/// Room for rounding of logarithms.
const LEAST: f64 = 1e-9;

/// Logarithms of 1, 2, 5 and 10 times the power of ten at or below a value.
fn round_numbers(logarithm: f64) -> [f64; 4] {
    [1.0_f64, 2.0, 5.0, 10.0].map(|first| (logarithm + LEAST).floor() + first.log10())
}

/// The last round number up to `value`, as logarithm.
fn below(value: f64) -> f64 {
    let logarithm = value.log10();
    let numbers = round_numbers(logarithm);
    numbers.into_iter().rfind(|&number| number <= logarithm + LEAST).unwrap_or(numbers[0])
}

/// The first round number from `value` on, as logarithm.
fn above(value: f64) -> f64 {
    let logarithm = value.log10();
    let numbers = round_numbers(logarithm);
    numbers.into_iter().find(|&number| number >= logarithm - LEAST).unwrap_or(numbers[3])
}

/// Powers of ten between two logarithms, and 2 and 5 times them on a short axis, with their place from 0 to 1. Both ends have
/// a tick, unless it would run into the next one.
fn log_ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    /// Labels need this part of the bar.
    const APART: f64 = 0.08;
    // At most about nine decades get a label of their own.
    let stride = ((high - low) / 9.0).ceil().max(1.0);
    let mut powers = vec![(low - LEAST).ceil()];
    while powers.last().is_some_and(|power| power + stride <= high + LEAST) {
        powers.push(powers[powers.len() - 1] + stride);
    }
    if high - low < 2.0 {
        let first = powers[0] - 1.0;
        powers = (0..4_u8).flat_map(|n| round_numbers(first + f64::from(n))).collect();
        powers.dedup_by(|a, b| (*a - *b).abs() < LEAST);
    }
    let inside = |power: &f64| (low - LEAST..=high + LEAST).contains(power);
    powers.retain(inside);
    for end in [low, high] {
        if powers.iter().all(|power| (power - end).abs() > APART * (high - low)) {
            powers.push(end);
        }
    }
    powers.sort_by(f64::total_cmp);
    let tick = |power: f64| {
        let value = format!("{:.6e}", 10_f64.powf(power)).parse().unwrap_or(f64::NAN);
        ((power - low) / (high - low), decade(value))
    };
    powers.into_iter().map(tick).collect()
}

/// From values to colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColourAxis {
    scale: Scale,
    /// Limits, when there is a value to colour.
    range: Option<(f64, f64)>,
}

impl ColourAxis {
    /// The axis that covers `values`.
    pub(crate) fn new(scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        let visible = |value: &f64| match scale {
            Scale::Linear => value.is_finite(),
            Scale::Log => value.is_finite() && *value > 0.0,
        };
        let limits = values.filter(visible).fold(None, |range: Option<(f64, f64)>, value| {
            Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
        let range = limits.and_then(|(low, high)| match scale {
            Scale::Linear => {
                let low = low.min(0.0);
                (high > low && (high - low).is_finite()).then_some((low, high))
            }
            Scale::Log => {
                let (first, last) = (below(low), above(high));
                Some((first, if last > first { last } else { first + 2.0_f64.log10() }))
            }
        });
        Self { scale, range }
    }

    /// The class of a value.
    pub(crate) fn class(&self, value: Option<f64>) -> Class {
        let Some(value) = value.filter(|value| value.is_finite()) else { return Class::None };
        let Some((low, high)) = self.range else { return Class::Zero };
        let place = match self.scale {
            Scale::Linear if value.to_bits() << 1 == 0 => return Class::Zero,
            Scale::Log if value <= 0.0 => return Class::Zero,
            Scale::Linear => (value - low) / (high - low),
            Scale::Log => (value.log10() - low) / (high - low),
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the number of steps first"
        )]
        Class::Step((place * STEPS as f64).clamp(0.0, (STEPS - 1) as f64) as usize)
    }

    /// Values worth a tick, with their place from 0 to 1.
    fn ticks(&self) -> Vec<(f64, String)> {
        let Some((low, high)) = self.range else { return Vec::new() };
        match self.scale {
            Scale::Linear => [0.0, 0.25, 0.5, 0.75, 1.0]
                .map(|place| (place, short(low + place * (high - low))))
                .to_vec(),
            Scale::Log => log_ticks(low, high),
        }
    }

    /// Draws the colour bar with its legend, about 46 pixels high, from `x`, `y`.
    pub(crate) fn draw(&self, svg: &mut Svg, x: f64, y: f64, legend: &str) {
        const WIDTH: f64 = 480.0;
        let cell = WIDTH / STEPS as f64;
        if self.range.is_some() {
            for number in 0..STEPS {
                let (left, fill) = (x + cell * number as f64, step(number));
                svg.add(format_args!("<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{cell:.1}\" height=\"14\" fill=\"{fill}\" shape-rendering=\"crispEdges\"/>\n"));
            }
            for (place, text) in self.ticks() {
                svg.label(x + place * WIDTH, y + 30.0, 13, Anchor::Middle, FAINT, &text);
            }
        } else {
            svg.label(x, y + 12.0, 13, Anchor::Start, FAINT, "no value above zero");
        }
        svg.label(x, y - 8.0, 14, Anchor::Start, INK, legend);
        for (place, fill, text) in [(0.0, ZERO, "zero"), (90.0, NONE, "no value")] {
            let left = x + WIDTH + 40.0 + place;
            svg.add(format_args!("<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"14\" height=\"14\" fill=\"{fill}\" stroke=\"{FAINT}\" stroke-width=\"0.5\"/>\n"));
            svg.label(left + 20.0, y + 12.0, 13, Anchor::Start, FAINT, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, roughly.
    fn lightness(colour: &str) -> f64 {
        let channel = |at: usize| f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap());
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    #[test]
    fn higher_is_darker() {
        for number in 1..STEPS {
            assert!(lightness(&step(number)) < lightness(&step(number - 1)), "step {number}");
        }
    }

    fn labels(values: &[f64]) -> Vec<String> {
        let axis = ColourAxis::new(Scale::Log, values.iter().copied());
        axis.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn a_log_axis_ends_at_round_numbers_around_the_values() {
        assert_eq!(labels(&[1.0, 12.0]), ["1", "2", "5", "10", "20"]);
        assert_eq!(labels(&[1.0, 1.0]), ["1", "2"]);
        assert_eq!(labels(&[10.0, 99.0]), ["10", "20", "50", "100"]);
        // A label at 0.2 would run into that at 0.1.
        assert_eq!(labels(&[3e-5, 0.2]), ["2e-5", "10⁻⁴", "10⁻³", "0.01", "0.1"]);
        assert_eq!(labels(&[1.0, 1500.0]), ["1", "10", "100", "1000", "2000"]);
        let axis = ColourAxis::new(Scale::Log, [1e-5, 0.9, 0.0, f64::NAN].into_iter());
        assert_eq!(axis.class(Some(0.0)), Class::Zero);
        assert_eq!(axis.class(None), Class::None);
        assert_eq!(axis.class(Some(f64::INFINITY)), Class::None);
        assert_eq!(axis.class(Some(0.9)), Class::Step(STEPS - 1));
        assert_eq!(axis.class(Some(1e-5)), Class::Step(0));
    }

    #[test]
    fn extreme_values_do_not_stop_the_axis() {
        let linear = ColourAxis::new(Scale::Linear, [f64::MAX, f64::MIN].into_iter());
        assert_eq!(linear.class(Some(1.0)), Class::Zero);
        let log = ColourAxis::new(Scale::Log, [f64::MIN_POSITIVE / 4.0, f64::MAX].into_iter());
        assert!(log.ticks().len() < 12);
        let none = ColourAxis::new(Scale::Linear, std::iter::empty());
        assert_eq!((none.class(Some(0.0)), none.ticks().len()), (Class::Zero, 0));
    }
}

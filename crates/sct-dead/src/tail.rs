//! Probabilities as logarithms: those of long runs are below the smallest double.

use std::f64::consts::PI;

/// Above this many standard deviations the continued fraction is used, below it the series: each is good to 1e-13 there.
const SERIES_TO: f64 = 2.5;
/// Terms of the continued fraction; from 2.5 standard deviations on, forty more change nothing.
const TERMS: i32 = 80;

/// Logarithm of the probability that a standard normal number lies above `sigmas`, which is not negative.
pub(crate) fn ln_gaussian_tail(sigmas: f64) -> f64 {
    let ln_density = -0.5 * (sigmas * sigmas + (2.0 * PI).ln());
    if sigmas < SERIES_TO {
        // One half less the density times s + s^3/3 + s^5/15 + ...
        let (mut term, mut sum, mut odd) = (sigmas, sigmas, 1.0);
        while term > f64::EPSILON * sum {
            odd += 2.0;
            term *= sigmas * sigmas / odd;
            sum += term;
        }
        return (0.5 - ln_density.exp() * sum).ln();
    }
    // The density over s + 1/(s + 2/(s + 3/(s + ...))).
    let fraction = (1..=TERMS).rev().fold(sigmas, |below, n| sigmas + f64::from(n) / below);
    ln_density - fraction.ln()
}

/// Logarithm of the probability that `trials` trials at `rate` hits each give none: the binomial distribution at 0, exactly.
pub(crate) fn ln_no_hit(trials: u64, rate: f64) -> f64 {
    if trials == 0 { 0.0 } else { trials as f64 * (-rate.min(1.0)).ln_1p() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Upper tails from a table of fifty digits.
    #[test]
    fn tails_are_those_of_the_normal_distribution() {
        for (sigmas, tail) in [
            (0.0, 0.5),
            (0.5, 0.308_537_538_725_986_9),
            (1.0, 0.158_655_253_931_457_05),
            (2.4, 0.008_197_535_924_596_13),
            (2.6, 0.004_661_188_023_718_733),
            (3.0, 0.001_349_898_031_630_094_6),
            (6.0, 9.865_876_450_376_946e-10),
            (8.0, 6.220_960_574_271_785e-16),
        ] {
            let ratio = ln_gaussian_tail(sigmas).exp() / tail;
            assert!((ratio - 1.0).abs() < 1e-12, "{sigmas}: {ratio}");
        }
        // The tail itself is 1e-350 there.
        assert!((ln_gaussian_tail(40.0) + 804.608_442_013_754).abs() < 1e-9);
    }

    #[test]
    fn four_million_events_do_not_underflow() {
        let trials = 4_000_000 * 768;
        assert!((ln_no_hit(trials, 1e-5) + 30_720.153_6).abs() < 1e-3);
        assert_eq!(ln_no_hit(0, 0.3).to_bits(), 0.0_f64.to_bits());
        assert!(ln_no_hit(1, 1.0).is_infinite() && ln_no_hit(1, 1.5).is_infinite());
        // More trials than 32 bits hold.
        assert!(ln_no_hit(5_592_406 * 768, 1e-9) < -4.29);
    }

    proptest! {
        #[test]
        fn the_tail_falls_without_a_step(sigmas in 0.0..60.0_f64, step in 1e-6..0.1_f64) {
            let (near, far) = (ln_gaussian_tail(sigmas), ln_gaussian_tail(sigmas + step));
            // The slope of the logarithm lies between -s - 1/s and -s, and is -0.8 at 0.
            prop_assert!(far < near && near - far < step * (sigmas + step + 1.0));
        }

        #[test]
        fn no_hit_is_the_power_of_the_single_chance(trials in 1..200_u64, rate in 0.0..0.5_f64) {
            let power = (1.0 - rate).powi(i32::try_from(trials).unwrap());
            prop_assert!((ln_no_hit(trials, rate) - power.ln()).abs() < 1e-10 * trials as f64);
        }
    }
}

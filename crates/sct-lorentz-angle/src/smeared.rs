//! What the smearing sum comes to, and how its kinks are rounded.

use crate::kernel::{RADIAN, STEP};

/// Smeared |tan - tan L| at one angle, with derivatives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Smeared {
    /// The sum.
    pub(crate) value: f64,
    /// The sum with rounded kinks.
    pub(crate) smooth: f64,
    /// Derivative of `smooth` by tan L.
    pub(crate) by_tangent: f64,
    /// Derivative of `smooth` by sigma in degrees.
    pub(crate) by_sigma: f64,
}

impl Smeared {
    /// Nothing yet.
    pub(crate) const ZERO: Self = Self { value: 0.0, smooth: 0.0, by_tangent: 0.0, by_sigma: 0.0 };

    /// Adds one node, rounded.
    pub(crate) fn add(&mut self, node: Node, kink: Kink) {
        let (distance, by_sigma) = node.from(kink);
        let sign = node.weight.copysign(distance);
        self.value += sign * distance;
        self.smooth += sign * distance;
        self.by_tangent -= sign;
        self.by_sigma += sign * by_sigma;
        self.round(node, kink);
    }

    /// Replaces |y| of a node that is in already by y²/c + c/4 when y, its distance from the kink, is within c/2. Value and
    /// slope join at the ends.
    pub(crate) fn round(&mut self, node: Node, kink: Kink) {
        let (distance, by_sigma) = node.from(kink);
        let cell = kink.cell;
        let place = distance / cell;
        if place.abs() < 0.5 {
            let slope = 2.0 * place - 1.0_f64.copysign(distance);
            // The cell grows with sigma and with the slope of the tangent at the kink.
            let by_cell = 0.25 - place * place;
            self.smooth += node.weight * (distance * place + 0.25 * cell - distance.abs());
            self.by_tangent += node.weight * (by_cell * kink.cell_by_tangent - slope);
            self.by_sigma += node.weight * (slope * by_sigma + by_cell * kink.cell_by_sigma);
        }
    }
}

/// One node of the sum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// Weight in the sum.
    pub(crate) weight: f64,
    /// Offset u from the angle, in sigma.
    pub(crate) offset: f64,
    /// Tangent of the angle and the offset.
    pub(crate) tangent: f64,
}

impl Node {
    /// Tangent of the node less that of the kink, and its derivative by sigma.
    fn from(self, kink: Kink) -> (f64, f64) {
        (self.tangent - kink.tangent, self.offset * RADIAN * (1.0 + self.tangent * self.tangent))
    }
}

/// The kink: tan L, and the distance of nodes in its neighbourhood in units of the tangent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kink {
    /// tan L
    pub(crate) tangent: f64,
    cell: f64,
    cell_by_tangent: f64,
    cell_by_sigma: f64,
}

impl Kink {
    /// The kink at an angle with this tangent, for a sigma in degrees.
    pub(crate) fn new(tangent: f64, sigma: f64) -> Self {
        let cell_by_sigma = STEP * RADIAN * (1.0 + tangent * tangent);
        let cell_by_tangent = 2.0 * sigma * STEP * RADIAN * tangent;
        Self { tangent, cell: sigma * cell_by_sigma, cell_by_tangent, cell_by_sigma }
    }
}

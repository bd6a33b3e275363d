//! The way down to the minimum: damped Gauss-Newton steps (Levenberg and Marquardt) within limits, driven by argmin.

use argmin::core::{
    Error, Executor, IterState, KV, Problem, Solver, TerminationReason, TerminationStatus,
};

use crate::{
    chi_square::{Local, N, Point, Vector},
    linear::{dot, solve},
};

/// A place counts as the minimum when a further step would lower chi-square by less than this. Every parameter is within
/// 0.0003 of its error there. MIGRAD with ROOT's tolerance stops at 2e-5.
pub(crate) const FINE: f64 = 1e-7;
/// The same where only chi-square itself is asked for.
pub(crate) const COARSE: f64 = 1e-5;
/// Trials until the search is given up.
const MAX_TRIALS: u64 = 200;
/// Damping above which steps are too short to matter.
const MAX_DAMPING: f64 = 1e9;
/// Damping to start with.
const FIRST_DAMPING: f64 = 1e-3;
/// Damping grows by this factor when a step gains less than [`POOR`] of what was expected, and falls by it when it gains
/// more than [`GOOD`].
const DAMPING_STEP: f64 = 5.0;
/// Part of the expected gain.
const POOR: f64 = 0.3;
/// Part of the expected gain.
const GOOD: f64 = 0.7;

/// Under this name argmin counts.
const EVALUATIONS: &str = "evaluations";

/// Lower and upper limit of each parameter.
pub(crate) type Limits = [(f64, f64); N];

/// Where a search ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Minimum {
    /// Parameters, chi-square and derivatives.
    pub(crate) local: Local,
    /// By how much a further step might lower chi-square; infinite when the points do not determine the step.
    pub(crate) expected: f64,
    /// Whether this is a minimum.
    pub(crate) converged: bool,
}

/// Searches the minimum of chi-square from `start` in the parameters that are `free`, until a further step would gain less
/// than `tolerance`.
pub(crate) fn minimise(
    points: &[Point],
    start: Vector,
    free: [bool; N],
    limits: &Limits,
    tolerance: f64,
) -> Option<Minimum> {
    let start = clamp(start, limits);
    let descent = Descent {
        free,
        limits: *limits,
        tolerance,
        here: None,
        damping: FIRST_DAMPING,
        expected: f64::INFINITY,
    };
    let state = |state: IterState<Vector, (), (), (), (), f64>| {
        state.param(start).max_iters(MAX_TRIALS).target_cost(f64::NEG_INFINITY)
    };
    let executor = Executor::new(points, descent).configure(state).ctrlc(false).timer(false);
    let result = executor.run().ok()?;
    let descent = result.solver;
    let local = descent.here.filter(Local::is_finite)?;
    Some(Minimum { local, expected: descent.expected, converged: descent.converged() })
}

fn clamp(mut at: Vector, limits: &Limits) -> Vector {
    for (value, (low, high)) in at.iter_mut().zip(limits) {
        *value = value.clamp(*low, *high);
    }
    at
}

/// The solver. One iteration tries one step; value and derivatives come from one evaluation.
struct Descent {
    free: [bool; N],
    limits: Limits,
    tolerance: f64,
    here: Option<Local>,
    damping: f64,
    expected: f64,
}

type State = IterState<Vector, (), (), (), (), f64>;

impl Descent {
    fn converged(&self) -> bool {
        self.expected < self.tolerance
    }

    /// The step from `local` that would lead to the minimum if the model were linear and the curvature so much larger.
    /// Parameters on a limit that the step would cross are held.
    fn step(&self, local: &Local, damping: f64) -> Option<Vector> {
        let mut curvature = local.curvature;
        for (i, row) in curvature.iter_mut().enumerate() {
            row[i] *= 1.0 + damping;
        }
        let mut free = self.free;
        loop {
            let step = solve(&curvature, &local.downhill, free)?;
            let crosses = |i: usize| {
                let (low, high) = self.limits[i];
                free[i]
                    && (step[i] < 0.0 && local.at[i] <= low || step[i] > 0.0 && local.at[i] >= high)
            };
            let Some(crossing) = (0..N).find(|&i| crosses(i)) else { return Some(step) };
            free[crossing] = false;
        }
    }

    fn arrive(&mut self, local: Local, state: State) -> State {
        let step = self.step(&local, 0.0);
        self.expected = step.map_or(f64::INFINITY, |step| dot(&step, &local.downhill));
        self.here = Some(local);
        state.param(local.at).cost(local.smooth)
    }

    /// The place one step away, and what chi-square should lose on the way.
    fn trial(&self, here: &Local) -> Option<(Vector, f64)> {
        let step = self.step(here, self.damping)?;
        let at = clamp(std::array::from_fn(|i| here.at[i] + step[i]), &self.limits);
        let step = std::array::from_fn(|i| at[i] - here.at[i]);
        let bent = here.curvature.map(|row| dot(&row, &step));
        Some((at, 2.0 * dot(&step, &here.downhill) - dot(&step, &bent)))
    }
}

impl Solver<&[Point], State> for Descent {
    fn name(&self) -> &'static str {
        "damped Gauss-Newton steps within limits"
    }

    fn init(
        &mut self,
        problem: &mut Problem<&[Point]>,
        mut state: State,
    ) -> Result<(State, Option<KV>), Error> {
        let at = state.take_param().ok_or_else(|| Error::msg("no start values"))?;
        let free = self.free;
        let local = problem.problem(EVALUATIONS, |points| Ok(Local::new(points, at, free)))?;
        Ok((self.arrive(local, state), None))
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<&[Point]>,
        state: State,
    ) -> Result<(State, Option<KV>), Error> {
        let here = self.here.ok_or_else(|| Error::msg("no start values"))?;
        let Some((at, expected)) = self.trial(&here) else {
            self.damping *= DAMPING_STEP;
            return Ok((state.param(here.at).cost(here.smooth), None));
        };
        let free = self.free;
        let local = problem.problem(EVALUATIONS, |points| Ok(Local::new(points, at, free)))?;
        let gain = here.smooth - local.smooth;
        if gain > GOOD * expected {
            self.damping /= DAMPING_STEP;
        } else if gain.is_nan() || gain < POOR * expected {
            self.damping *= DAMPING_STEP;
        }
        let next = if local.is_finite() && gain > 0.0 { local } else { here };
        Ok((self.arrive(next, state), None))
    }

    fn terminate(&mut self, _: &State) -> TerminationStatus {
        let unusable = self.here.is_none_or(|local| !local.is_finite());
        if self.converged() {
            TerminationStatus::Terminated(TerminationReason::SolverConverged)
        } else if self.damping > MAX_DAMPING || unusable {
            let reason = "no step lowers chi-square".to_owned();
            TerminationStatus::Terminated(TerminationReason::SolverExit(reason))
        } else {
            TerminationStatus::NotTerminated
        }
    }
}

//! Learning rates: constant, or by the step.

use lazulite_core::ops::select;
use lazulite_core::{Array, Dtype};
use std::fmt;
use std::sync::Arc;

/// A learning rate: a number, or a [`Schedule`].
///
/// ```
/// use lazulite::optim::{Adam, Schedule, Sgd};
/// let _ = Sgd::new(0.1);
/// let _ = Adam::new(Schedule::cosine(1e-3, 1000, 0.0));
/// ```
#[derive(Clone, Debug)]
pub enum Rate {
    /// The same at every step.
    Constant(f64),
    /// By the number of steps done.
    Schedule(Schedule),
}

/// A rate at one step.
pub(crate) enum Factor {
    /// A literal: a parameter of the tapes that it is used in.
    Constant(f64),
    /// A float32 scalar.
    Scalar(Array),
}

impl Rate {
    /// The rate after `step` steps.
    pub(crate) fn at(&self, step: &Array) -> Factor {
        match self {
            Rate::Constant(rate) => Factor::Constant(*rate),
            Rate::Schedule(s) => Factor::Scalar(s.at(step)),
        }
    }
}

impl Factor {
    /// `x` times the rate and `by`, in the dtype of `x`.
    pub(crate) fn times(&self, x: &Array, by: f64) -> Array {
        match self {
            Factor::Constant(rate) => x * (rate * by),
            Factor::Scalar(rate) if by == 1.0 => x * rate.astype(x.dtype()),
            Factor::Scalar(rate) => x * (rate.astype(x.dtype()) * by),
        }
    }
}

impl From<f32> for Rate {
    fn from(rate: f32) -> Rate {
        Rate::Constant(rate as f64)
    }
}

impl From<f64> for Rate {
    fn from(rate: f64) -> Rate {
        Rate::Constant(rate)
    }
}

impl From<Schedule> for Rate {
    fn from(schedule: Schedule) -> Rate {
        Rate::Schedule(schedule)
    }
}

/// A learning rate as a function of the number of steps done, an array: so that a compiled step needs no other trace as it changes.
///
/// ```
/// use lazulite::optim::Schedule;
/// let warm = Schedule::linear(0.0, 0.1, 10).then(10, Schedule::cosine(0.1, 100, 0.0));
/// assert_eq!(warm.rate(0), 0.0);
/// assert!((warm.rate(5) - 0.05).abs() < 1e-6);
/// assert!((warm.rate(10) - 0.1).abs() < 1e-6);
/// assert!(warm.rate(110) < 1e-6);
/// ```
#[derive(Clone)]
pub struct Schedule(Arc<dyn Fn(&Array) -> Array + Send + Sync>);

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schedule")
    }
}

impl Schedule {
    /// A schedule of one's own: from the number of steps done, a float32 scalar, to the rate.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// use lazulite::prelude::*;
    /// let s = Schedule::new(|step: &Array| (step + 1.0).rsqrt());
    /// assert_eq!(s.rate(3), 0.5);
    /// ```
    pub fn new(f: impl Fn(&Array) -> Array + Send + Sync + 'static) -> Schedule {
        Schedule(Arc::new(f))
    }

    /// From `start` to `end` in a straight line over `steps` steps, then `end`: a warm-up.
    ///
    /// # Panics
    /// For no steps.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// assert_eq!(Schedule::linear(0.0, 1.0, 4).rate(2), 0.5);
    /// ```
    #[track_caller]
    pub fn linear(start: f32, end: f32, steps: u32) -> Schedule {
        assert!(steps > 0, "a schedule takes a step at least");
        Schedule::new(move |step| step.minimum(steps as f32) * ((end - start) / steps as f32) + start)
    }

    /// From `start` to `end` along half a cosine over `steps` steps, then `end`.
    ///
    /// # Panics
    /// For no steps.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// assert!((Schedule::cosine(1.0, 10, 0.0).rate(5) - 0.5).abs() < 1e-6);
    /// ```
    #[track_caller]
    pub fn cosine(start: f32, steps: u32, end: f32) -> Schedule {
        assert!(steps > 0, "a schedule takes a step at least");
        Schedule::new(move |step| {
            let angle = step.minimum(steps as f32) * (std::f32::consts::PI / steps as f32);
            (angle.cos() + 1.0) * (0.5 * (start - end)) + end
        })
    }

    /// `start`, multiplied by `factor` every `steps` steps.
    ///
    /// # Panics
    /// For no steps.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// assert_eq!(Schedule::step(1.0, 0.5, 10).rate(25), 0.25);
    /// ```
    #[track_caller]
    pub fn step(start: f32, factor: f32, steps: u32) -> Schedule {
        assert!(steps > 0, "a schedule takes a step at least");
        Schedule::new(move |step| Array::from(factor).power(step.floor_divide(steps as f32)) * start)
    }

    /// `start`, multiplied by `factor` every step.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// assert_eq!(Schedule::exponential(1.0, 0.5).rate(2), 0.25);
    /// ```
    pub fn exponential(start: f32, factor: f32) -> Schedule {
        Schedule::new(move |step| Array::from(factor).power(step) * start)
    }

    /// This schedule for `steps` steps, then `next`, which counts from there.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// let s = Schedule::linear(0.0, 1.0, 2).then(2, Schedule::exponential(1.0, 0.5));
    /// assert_eq!([s.rate(1), s.rate(2), s.rate(3)], [0.5, 1.0, 0.5]);
    /// ```
    #[must_use]
    pub fn then(self, steps: u32, next: Schedule) -> Schedule {
        Schedule::new(move |step| {
            let after = step - steps as f32;
            // Both are computed: the one that is not taken must not see a number of steps that it never would.
            select(&after.lt(0), (self.0)(step), (next.0)(&after.maximum(0)))
        })
    }

    /// The rate after `step` steps, a scalar array.
    pub(crate) fn at(&self, step: &Array) -> Array {
        (self.0)(&step.astype(Dtype::F32))
    }

    /// The rate after `step` steps.
    ///
    /// # Panics
    /// If the schedule is one's own and gives no scalar.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// assert_eq!(Schedule::exponential(0.5, 1.0).rate(7), 0.5);
    /// ```
    pub fn rate(&self, step: u32) -> f32 {
        match self.at(&Array::from(step)).item() {
            Ok(rate) => rate,
            Err(e) => e.raise(),
        }
    }
}

//! Learning rates: constants, and schedules that compute the rate of a step from its number.

use crate::check::{finite, positive};
use lazulite_core::{Array, Dtype, Error, ErrorKind, Result, ops};
use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

/// A learning rate as a function of the number of the step, which counts from zero.
///
/// Numbers are schedules, too, and so is an array of one number: pass that to a compiled step as an argument to set the rate from
/// outside. A schedule is evaluated lazily from the step's number in the optimizer's state, so a compiled step that uses it is traced
/// once.
///
/// ```
/// use lazulite::optim::{Optimizer, Schedule, SGD};
/// use lazulite::prelude::*;
///
/// let halving = SGD::new(Schedule::exponential(1.0, 0.5));
/// let (mut x, mut state) = (array![0.0], halving.init(&array![0.0]));
/// for _ in 0..3 {
///     (x, state) = halving.update(&x, &array![-1.0], &state);
/// }
/// assert_eq!(x.item::<f32>().unwrap(), 1.0 + 0.5 + 0.25);
///
/// let step = compile(|(x, rate): &(Array, Array)| {
///     let opt = SGD::new(rate);
///     opt.update(x, &x.ones_like(), &opt.init(x)).0
/// });
/// assert_eq!(step(&(array![1.0], 0.25f32.into())).item::<f32>().unwrap(), 0.75);
/// ```
#[derive(Clone)]
pub struct Schedule(Kind);

#[derive(Clone)]
enum Kind {
    Constant(f64),
    Function(Arc<dyn Fn(&Array) -> Array + Send + Sync>),
}

/// The rate of one step: a literal stays a literal, exact in every dtype.
pub(crate) enum Rate {
    Literal(f64),
    Array(Array),
}

impl Rate {
    /// The rate times `x`, in the dtype of `x`.
    pub fn times(&self, x: &Array) -> Array {
        match self {
            Rate::Literal(rate) => x * *rate,
            Rate::Array(rate) => x * rate.astype(x.dtype()),
        }
    }

    /// The rate, of a dtype.
    pub fn array(&self, dtype: Dtype) -> Array {
        match self {
            Rate::Literal(rate) => Array::full([], *rate, dtype),
            Rate::Array(rate) => rate.astype(dtype),
        }
    }
}

impl Schedule {
    /// A schedule of your own: from the number of the step, a 0-d `uint32`, to the rate, 0-d and floating point.
    ///
    /// Inverse square root with a warmup, as of Vaswani et al., *Attention is all you need* (2017):
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// use lazulite::prelude::*;
    /// let s = Schedule::new(|step| {
    ///     let t = (step + 1).astype(Dtype::F32);
    ///     t.rsqrt().minimum(&t * 4000.0f64.powf(-1.5)) * 512.0f64.powf(-0.5)
    /// });
    /// let rate = s.at(&3999u32.into()).item::<f32>().unwrap();
    /// assert!((rate - 6.987712e-4).abs() < 1e-9);
    /// ```
    pub fn new(f: impl Fn(&Array) -> Array + Send + Sync + 'static) -> Schedule {
        Schedule(Kind::Function(Arc::new(f)))
    }

    /// The same rate at every step; `Schedule::from(rate)`, and a number in place of a schedule, mean this.
    ///
    /// # Panics
    /// If the rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// assert_eq!(Schedule::constant(0.5).at(&7u32.into()).item::<f32>().unwrap(), 0.5);
    /// ```
    #[track_caller]
    pub fn constant(rate: f64) -> Schedule {
        Schedule(Kind::Constant(finite("the learning rate", rate)))
    }

    /// Multiplied by `factor` after every `every` steps: `start * factor^floor(t / every)`.
    ///
    /// # Panics
    /// If `every` is 0, `start` is not finite, or `factor` is not positive and finite.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// let s = Schedule::step(0.5, 0.5, 10);
    /// let rate = |t: u32| s.at(&t.into()).item::<f32>().unwrap();
    /// assert_eq!([rate(0), rate(9), rate(10), rate(20)], [0.5, 0.5, 0.25, 0.125]);
    /// ```
    #[track_caller]
    pub fn step(start: f64, factor: f64, every: u32) -> Schedule {
        let (start, log) = (finite("the initial rate", start), log_factor(factor));
        let every = steps(every);
        Schedule::new(move |t| (t.floor_divide(every).astype(Dtype::F32) * log).exp() * start)
    }

    /// Multiplied by `factor` after every step: `start * factor^t`.
    ///
    /// # Panics
    /// If `start` is not finite, or `factor` is not positive and finite.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// let s = Schedule::exponential(1.0, 0.9);
    /// let rate = s.at(&10u32.into()).item::<f32>().unwrap();
    /// assert!((rate - 0.9f32.powi(10)).abs() < 1e-6);
    /// ```
    #[track_caller]
    pub fn exponential(start: f64, factor: f64) -> Schedule {
        let (start, log) = (finite("the initial rate", start), log_factor(factor));
        Schedule::new(move |t| (t.astype(Dtype::F32) * log).exp() * start)
    }

    /// Half a wave of the cosine from `start` down to `end` over `steps` steps, then `end`:
    /// `end + (start - end) / 2 * (1 + cos(pi * min(t / steps, 1)))`. One period of Loshchilov & Hutter, *SGDR: stochastic gradient
    /// descent with warm restarts* (2017), equation 5.
    ///
    /// # Panics
    /// If `steps` is 0, or a rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// let s = Schedule::cosine(0.5, 100, 0.25);
    /// let rate = |t: u32| s.at(&t.into()).item::<f32>().unwrap();
    /// assert_eq!([rate(0), rate(100), rate(1000)], [0.5, 0.25, 0.25]);
    /// assert!((rate(50) - 0.375).abs() < 1e-6);
    /// ```
    #[track_caller]
    pub fn cosine(start: f64, steps: u32, end: f64) -> Schedule {
        between(start, end, steps, |done| 0.5f32 - (done * PI).cos() * 0.5)
    }

    /// In equal parts from `start` to `end` over `steps` steps, then `end`: `start + (end - start) * min(t / steps, 1)`.
    ///
    /// # Panics
    /// If `steps` is 0, or a rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// let s = Schedule::linear(0.0, 1.0, 4);
    /// let rate = |t: u32| s.at(&t.into()).item::<f32>().unwrap();
    /// assert_eq!([rate(0), rate(1), rate(4), rate(9)], [0.0, 0.25, 1.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn linear(start: f64, end: f64, steps: u32) -> Schedule {
        between(start, end, steps, Array::clone)
    }

    /// This schedule up to step `at`, and from there on `next`, which counts its steps from there. Joins of joins count `at` from the
    /// first schedule's start.
    ///
    /// # Panics
    /// If `next` is a number that is not finite.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// let s = Schedule::linear(0.0, 1.0, 4).then(4, Schedule::exponential(1.0, 0.5)).then(7, 0.0);
    /// let rate = |t: u32| s.at(&t.into()).item::<f32>().unwrap();
    /// assert_eq!([rate(3), rate(4), rate(6), rate(7)], [0.75, 1.0, 0.25, 0.0]);
    /// ```
    #[track_caller]
    pub fn then(self, at: u32, next: impl Into<Schedule>) -> Schedule {
        let next = next.into();
        Schedule::new(move |t| {
            let after = t.maximum(at) - at;
            ops::select(&t.less(at), self.at(t), next.at(&after))
        })
    }

    /// The rate of step `t`, an unsigned 0-d array; lazy.
    ///
    /// ```
    /// use lazulite::optim::Schedule;
    /// assert_eq!(Schedule::linear(0.0, 1.0, 2).at(&1u32.into()).item::<f32>().unwrap(), 0.5);
    /// ```
    pub fn at(&self, t: &Array) -> Array {
        match &self.0 {
            Kind::Constant(rate) => Array::from(*rate as f32),
            Kind::Function(f) => f(t),
        }
    }

    /// The rate of step `t` for the rule `name`.
    #[track_caller]
    pub(crate) fn rate(&self, name: &str, t: &Array) -> Result<Rate> {
        let rate = match &self.0 {
            Kind::Constant(rate) => return Ok(Rate::Literal(*rate)),
            Kind::Function(f) => f(t),
        };
        if rate.ndim() == 0 && rate.dtype().is_float() {
            return Ok(Rate::Array(rate));
        }
        let kind = if rate.ndim() == 0 { ErrorKind::Type } else { ErrorKind::Value };
        let text = format!("the learning rate is {} of shape {:?}, not one floating-point number", rate.dtype(), rate.shape());
        Err(Error::new(kind, name, text))
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Constant(rate) => write!(f, "Schedule({rate})"),
            Kind::Function(_) => f.write_str("Schedule(..)"),
        }
    }
}

impl From<f64> for Schedule {
    #[track_caller]
    fn from(rate: f64) -> Schedule {
        Schedule::constant(rate)
    }
}

impl From<f32> for Schedule {
    #[track_caller]
    fn from(rate: f32) -> Schedule {
        Schedule::constant(rate as f64)
    }
}

impl From<Array> for Schedule {
    fn from(rate: Array) -> Schedule {
        Schedule::new(move |_| rate.clone())
    }
}

impl From<&Array> for Schedule {
    fn from(rate: &Array) -> Schedule {
        Schedule::from(rate.clone())
    }
}

/// From one rate to another over a number of steps, by the share of the way that belongs to the share of the steps done. Both ends are
/// exact.
#[track_caller]
fn between(start: f64, end: f64, n: u32, way: impl Fn(&Array) -> Array + Send + Sync + 'static) -> Schedule {
    let (start, end) = (finite("the initial rate", start), finite("the final rate", end));
    let n = steps(n);
    Schedule::new(move |t| {
        let way = way(&(t.minimum(n).astype(Dtype::F32) / n as f64));
        &way * end + (1.0f32 - way) * start
    })
}

/// A number of steps, at least 1.
#[track_caller]
fn steps(n: u32) -> u32 {
    assert!(n > 0, "a schedule over 0 steps");
    n
}

/// The logarithm of a factor: a power is its multiple's exponential, which keeps `factor` to more digits than `float32` has of it.
#[track_caller]
fn log_factor(factor: f64) -> f64 {
    positive("the factor", factor).ln()
}

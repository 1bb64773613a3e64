//! Interpolation along the axes between the first (the batch) and the last (the channels).
//!
//! An output is a sum of few inputs, the *taps*, with weights that depend on its place alone. They are made on the host.

use crate::norm::{narrow, wide};
use crate::{Module, raised};
use lazulite_base::key::KeyHasher;
use lazulite_core::{Array, Static};

/// How [`Upsample`] makes values between those that there are.
///
/// ```
/// use lazulite::nn::UpsampleMode;
/// assert_eq!(UpsampleMode::default(), UpsampleMode::Nearest);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum UpsampleMode {
    /// The nearest one.
    #[default]
    Nearest,
    /// On a line between two; over two axes bilinear, and so on.
    Linear,
    /// By a cubic of four (Keys 1981); over two axes bicubic, and so on.
    Cubic,
}

impl Static for UpsampleMode {
    fn feed(&self, key: &mut KeyHasher) {
        (*self as usize).feed(key);
    }
}

/// By how much [`Upsample`] multiplies sizes: one number for all axes, or one for each.
///
/// ```
/// use lazulite::nn::ScaleFactor;
/// assert_ne!(ScaleFactor::from(2.0), ScaleFactor::from([2.0, 2.0]));
/// ```
#[derive(Clone, PartialEq, Debug)]
pub enum ScaleFactor {
    /// For all axes.
    All(f64),
    /// For each axis between the first and the last.
    Each(Vec<f64>),
}

impl From<f64> for ScaleFactor {
    fn from(scale: f64) -> ScaleFactor {
        ScaleFactor::All(scale)
    }
}

impl<const N: usize> From<[f64; N]> for ScaleFactor {
    fn from(scales: [f64; N]) -> ScaleFactor {
        ScaleFactor::Each(scales.to_vec())
    }
}

impl Static for ScaleFactor {
    fn feed(&self, key: &mut KeyHasher) {
        match self {
            ScaleFactor::All(scale) => scale.feed(key),
            ScaleFactor::Each(list) => list.feed(key),
        }
    }
}

/// Changes the size of signals, images or volumes by interpolation.
///
/// ```
/// use lazulite::nn::{Upsample, UpsampleMode};
/// use lazulite::prelude::*;
/// let x = array![1.0, 2.0].reshape([1, 2, 1]);
/// assert_eq!(Upsample::new(2.0).forward(&x).to_vec::<f32>().unwrap(), [1.0, 1.0, 2.0, 2.0]);
/// let linear = Upsample::new(2.0).mode(UpsampleMode::Linear);
/// assert_eq!(linear.forward(&x).to_vec::<f32>().unwrap(), [1.0, 1.25, 1.75, 2.0]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct Upsample {
    #[module(static)]
    scale_factor: ScaleFactor,
    #[module(static)]
    mode: UpsampleMode,
    #[module(static)]
    align_corners: bool,
    #[module(static)]
    antialias: bool,
}

impl Upsample {
    /// To sizes multiplied by `scale_factor`, rounded down, from the nearest values.
    ///
    /// # Panics
    /// For a factor that is not positive and finite.
    ///
    /// ```
    /// use lazulite::nn::Upsample;
    /// use lazulite::prelude::*;
    /// let y = Upsample::new([2.0, 0.5]).forward(&Array::ones([1, 4, 4, 3], Dtype::F32));
    /// assert_eq!(y.shape(), [1, 8, 2, 3]);
    /// ```
    #[track_caller]
    pub fn new(scale_factor: impl Into<ScaleFactor>) -> Upsample {
        let scale_factor = scale_factor.into();
        let good = |scale: &f64| *scale > 0.0 && scale.is_finite();
        let positive = match &scale_factor {
            ScaleFactor::All(scale) => good(scale),
            ScaleFactor::Each(list) => list.iter().all(good),
        };
        assert!(positive, "Upsample: scale factors must be positive and finite, not {scale_factor:?}");
        Upsample { scale_factor, mode: UpsampleMode::Nearest, align_corners: false, antialias: false }
    }

    /// How values between are made.
    ///
    /// ```
    /// use lazulite::nn::{Upsample, UpsampleMode};
    /// use lazulite::prelude::*;
    /// let y = Upsample::new(2.0).mode(UpsampleMode::Cubic).forward(&Array::ones([1, 4, 1], Dtype::F32));
    /// assert!((y - 1.0).abs().max(..).item::<f32>().unwrap() < 1e-6);
    /// ```
    #[must_use]
    pub fn mode(self, mode: UpsampleMode) -> Upsample {
        Upsample { mode, ..self }
    }

    /// Whether the first and last places of input and output coincide, rather than their outer edges. Not for the nearest values.
    ///
    /// ```
    /// use lazulite::nn::{Upsample, UpsampleMode};
    /// use lazulite::prelude::*;
    /// let up = Upsample::new(1.5).mode(UpsampleMode::Linear).align_corners(true);
    /// assert_eq!(up.forward(&array![1.0, 3.0].reshape([1, 2, 1])).to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0]);
    /// ```
    #[must_use]
    pub fn align_corners(self, on: bool) -> Upsample {
        Upsample { align_corners: on, ..self }
    }

    /// Whether an output that is smaller averages over all inputs that fall on a value. For linear and cubic interpolation, not with
    /// `align_corners`; cubics then have the slope -1/2 instead of -3/4.
    ///
    /// ```
    /// use lazulite::nn::{Upsample, UpsampleMode};
    /// use lazulite::prelude::*;
    /// let down = Upsample::new(0.5).mode(UpsampleMode::Linear).antialias(true);
    /// assert_eq!(down.forward(&array![0.0, 4.0].reshape([1, 2, 1])).to_vec::<f32>().unwrap(), [2.0]);
    /// ```
    #[must_use]
    pub fn antialias(self, on: bool) -> Upsample {
        Upsample { antialias: on, ..self }
    }

    /// `(n, places.., channels)` to the same number of axes. Floats keep their dtype: halves are interpolated in `float32` and rounded
    /// once. What lies between integers is `float32`.
    ///
    /// ```
    /// use lazulite::nn::Upsample;
    /// use lazulite::prelude::*;
    /// assert_eq!(Upsample::new(2.0).forward(&Array::ones([1, 3, 3, 2], Dtype::F32)).shape(), [1, 6, 6, 2]);
    /// ```
    ///
    /// # Panics
    /// For fewer than three axes, other than one factor for each axis of places, more places than `int32` counts, or antialiasing where it
    /// does not apply.
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        assert!(x.ndim() >= 3, "Upsample takes (n, places.., channels), not {:?}", x.shape());
        let applies = self.mode != UpsampleMode::Nearest && !self.align_corners;
        assert!(!self.antialias || applies, "Upsample: antialiasing is for linear and cubic interpolation without align_corners");
        let axes = x.ndim() - 2;
        let scales = match &self.scale_factor {
            ScaleFactor::All(scale) => vec![*scale; axes],
            ScaleFactor::Each(list) => list.clone(),
        };
        assert!(scales.len() == axes, "Upsample: {} scale factors for {axes} axes of places, {:?}", scales.len(), x.shape());
        let along = |x: Array, (axis, &scale): (usize, &f64)| if scale == 1.0 { x } else { self.resize(&x, axis + 1, scale) };
        match self.mode {
            UpsampleMode::Nearest => scales.iter().enumerate().fold(x.clone(), along),
            _ => narrow(scales.iter().enumerate().fold(wide(x), along), x),
        }
    }

    /// `x` with one axis resized.
    #[track_caller]
    fn resize(&self, x: &Array, axis: usize, scale: f64) -> Array {
        let n = x.shape()[axis];
        assert!(scale * n as f64 <= i32::MAX as f64, "Upsample: {scale:?} times the {n} places of {:?} are too many", x.shape());
        let taps = match self.mode {
            UpsampleMode::Nearest => vec![Tap { places: nearest(n, scale), weights: None }],
            UpsampleMode::Linear | UpsampleMode::Cubic => self.taps(n, scale),
        };
        let parts = taps.into_iter().map(|tap| {
            let part = x.take(&raised(Array::from_slice(&tap.places, [tap.places.len()])), axis as i64);
            let Some(weights) = tap.weights else { return part };
            let mut shape = vec![1; x.ndim() - axis];
            shape[0] = weights.len() as i64;
            let weights = raised(Array::from_slice(&weights, [weights.len()])).reshape(shape);
            // Weights are floats of any width: the values' dtype decides.
            if x.dtype().is_inexact() { part * weights.astype(x.dtype()) } else { part * weights }
        });
        parts.reduce(|a, b| a + b).expect("every kernel has a tap")
    }

    /// The taps of linear and cubic interpolation. Without antialiasing inputs beyond the ends are those at the ends; with it they are
    /// left out, and the weights add up to one.
    fn taps(&self, n: usize, scale: f64) -> Vec<Tap> {
        let linear = self.mode == UpsampleMode::Linear;
        let stretch = if self.antialias { (1.0 / scale).max(1.0) } else { 1.0 };
        let width = if linear { 1.0 } else { 2.0 };
        let reach = (width * stretch).ceil() as i64;
        let slope = if self.antialias { -0.5 } else { -0.75 };
        let last = n as f32 - 1.0;
        let positions = positions(n, scale, self.align_corners);
        let tap = |offset: i64| {
            let one = |position: &f32| {
                let place = position.floor() + offset as f32;
                let distance = (position - place).abs() / stretch as f32;
                let weight = if linear { (1.0 - distance).max(0.0) } else { cubic(distance, slope) };
                let outside = self.antialias && !(0.0..=last).contains(&place);
                (place.clamp(0.0, last.max(0.0)) as i32, if outside { 0.0 } else { weight })
            };
            let (places, weights) = positions.iter().map(one).unzip();
            Tap { places, weights: Some(weights) }
        };
        let mut taps: Vec<Tap> = (1 - reach..=reach).map(tap).collect();
        if self.antialias {
            for i in 0..positions.len() {
                let mut each: Vec<&mut f32> = taps.iter_mut().flat_map(|t| &mut t.weights).map(|w| &mut w[i]).collect();
                let total: f32 = each.iter().map(|w| **w).sum();
                each.iter_mut().for_each(|w| **w /= total);
            }
        }
        taps
    }
}

/// One input for each output, and its weight; one if there are none.
struct Tap {
    places: Vec<i32>,
    weights: Option<Vec<f32>>,
}

/// Where the outputs lie between `n` inputs: `1 / scale` apart and centred, or from end to end.
fn positions(n: usize, scale: f64, align_corners: bool) -> Vec<f32> {
    let m = (scale * n as f64) as usize;
    let (last, end) = (n as f64 - 1.0, m as f64 - 1.0);
    let (step, first) = match align_corners {
        true => (if m > 1 { last / end } else { 0.0 }, 0.0),
        false => (1.0 / scale, -(end / scale - last) / 2.0),
    };
    (0..m).map(|i| i as f32 * step as f32 + first as f32).collect()
}

/// The input for each output: where there are more of them, the one nearest to its centre, else the one at its lower end.
fn nearest(n: usize, scale: f64) -> Vec<i32> {
    let m = (scale * n as f64) as usize;
    let each = (n as f64 / m as f64) as f32;
    let place = |i: usize| if m > n { ((i as f32 + 0.5) * each - 0.5).round_ties_even() } else { (i as f32 * each).floor() };
    (0..m).map(|i| place(i).clamp(0.0, n as f32 - 1.0) as i32).collect()
}

/// Keys' cubic kernel, with its slope at 1.
fn cubic(distance: f32, slope: f32) -> f32 {
    let d = distance;
    if d <= 1.0 {
        ((slope + 2.0) * d - (slope + 3.0)) * d * d + 1.0
    } else if d < 2.0 {
        ((d - 5.0) * d + 8.0) * d * slope - 4.0 * slope
    } else {
        0.0
    }
}

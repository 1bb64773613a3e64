//! Activations: functions of each element, softmax and gates. All keep the dtype of floats, and all but [`glu`] the shape; integers become
//! `float32` where needed. Complex numbers go where the operations take them: their order is that of the real parts, then the imaginary.
//!
//! A function with settings is a layer as `Activation::new(|x| nn::celu(x, 0.5))`.

use lazulite_base::Dtype;
use lazulite_core::Array;
use lazulite_core::ops::{Axes, keep, select};
use lazulite_core::panicking::split;

/// Declares an elementwise activation with a doctest of its value.
macro_rules! activations {
    ($($(#[$meta:meta])* $name:ident($x:ident) = $body:expr, at $at:literal => $value:literal;)*) => {$(
        $(#[$meta])*
        ///
        /// Of any shape, which it keeps.
        ///
        /// ```
        /// use lazulite::prelude::*;
        #[doc = concat!("let y = lazulite::nn::", stringify!($name), "(&Array::from(", stringify!($at), "f32)).item::<f32>().unwrap();")]
        #[doc = concat!("assert!((y - ", stringify!($value), ").abs() < 1e-5, \"{y}\");")]
        /// ```
        #[track_caller]
        pub fn $name($x: &Array) -> Array {
            $body
        }
    )*};
}

activations! {
    /// `max(x, 0)`.
    relu(x) = x.maximum(0), at 1.5 => 1.5;
    /// `max(x, 0)²` (So et al., Primer, 2021).
    relu2(x) = x.maximum(0).square(), at 3.0 => 9.0;
    /// `min(max(x, 0), 6)`.
    relu6(x) = x.clip(0.0, 6.0), at 7.0 => 6.0;
    /// `x Φ(x)`, with the normal distribution Φ by the error function. Panics for complex numbers, which have none here.
    gelu(x) = x * ((1.0 + (x * std::f32::consts::FRAC_1_SQRT_2).erf()) * 0.5), at 1.0 => 0.8413447;
    /// [`gelu`] by a hyperbolic tangent: off by 5e-4 at most.
    gelu_approx(x) = {
        // The tangent is ±1 far before 16; without the limit the cube of a half would overflow, and the gradient be NaN.
        let near = if x.dtype().is_half() { x.clip(-16.0, 16.0) } else { x.clone() };
        let inner = (&near + near.square() * &near * 0.044715) * (2.0 * std::f32::consts::FRAC_1_PI).sqrt();
        x * ((1.0 + inner.tanh()) * 0.5)
    }, at 1.0 => 0.841192;
    /// [`gelu`] by a logistic function, `x σ(1.702 x)`: off by 0.02 at most.
    gelu_fast_approx(x) = x * (x * 1.702).sigmoid(), at 1.0 => 0.845796;
    /// `x σ(x)`, also called swish.
    silu(x) = x * x.sigmoid(), at 1.0 => 0.7310586;
    /// `1 / (1 + exp(-x))`.
    sigmoid(x) = x.sigmoid(), at 1.0 => 0.7310586;
    /// The hyperbolic tangent.
    tanh(x) = x.tanh(), at 1.0 => 0.7615942;
    /// `log(1 + exp(x))`.
    softplus(x) = x.logaddexp(0), at 1.0 => 1.3132617;
    /// `log(σ(x))`.
    log_sigmoid(x) = -(-x).logaddexp(0), at 1.0 => -0.3132617;
    /// `x / (1 + |x|)`.
    softsign(x) = x / (x.abs() + 1), at -1.0 => -0.5;
    /// `x tanh(softplus(x))`.
    mish(x) = x * softplus(x).tanh(), at 1.0 => 0.8650984;
    /// `x min(max(x + 3, 0), 6) / 6`.
    hardswish(x) = x * ((x + 3.0).clip(0.0, 6.0) * (1.0 / 6.0)), at 1.0 => 0.6666667;
    /// The self-normalising [`elu`].
    selu(x) = elu(x, 1.673_263_2) * 1.050_701, at -1.0 => -1.1113307;
}

/// `x`, of any shape, limited to `min_val` and `max_val`; MLX's defaults are -1 and 1.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::hard_tanh(&array![-2.0, 0.5, 2.0], -1.0, 1.0);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [-1.0, 0.5, 1.0]);
/// ```
#[track_caller]
pub fn hard_tanh(x: &Array, min_val: f32, max_val: f32) -> Array {
    x.clip(min_val, max_val)
}

/// `max(slope * x, x)`, of any shape, which it keeps (Maas et al. 2013).
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::leaky_relu(&array![2.0, -2.0], 0.5);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [2.0, -1.0]);
/// ```
#[track_caller]
pub fn leaky_relu(x: &Array, slope: f32) -> Array {
    (x * slope).maximum(x)
}

/// `x`, of any shape, where positive, else `alpha * (exp(x) - 1)`.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::elu(&array![2.0, -1.0], 1.0).to_vec::<f32>().unwrap();
/// assert!(y[0] == 2.0 && (y[1] + 0.632_12).abs() < 1e-5);
/// ```
#[track_caller]
pub fn elu(x: &Array, alpha: f32) -> Array {
    // The branch that is not taken stays finite, so that its derivative is no NaN.
    select(&x.gt(0), x, x.minimum(0).expm1() * alpha)
}

/// `max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)` (Barron 2017), of any shape, which it keeps.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::celu(&array![2.0, -1.0], 0.5).to_vec::<f32>().unwrap();
/// assert!(y[0] == 2.0 && (y[1] + 0.432_332).abs() < 1e-5);
/// ```
#[track_caller]
pub fn celu(x: &Array, alpha: f32) -> Array {
    x.maximum(0) + (x.minimum(0) * (1.0 / alpha)).expm1() * alpha
}

/// `x` where positive, else `alpha * x`, with slopes `alpha` that are learned and broadcast to the shape of `x` (He et al. 2015).
///
/// # Panics
/// For slopes that do not broadcast.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::prelu(&array![2.0, -2.0], &array![0.25]);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [2.0, -0.5]);
/// ```
#[track_caller]
pub fn prelu(x: &Array, alpha: &Array) -> Array {
    x.maximum(0) + alpha * x.minimum(0)
}

/// `x`, of any shape, where further from zero than `lambd`, else zero.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::hard_shrink(&array![2.0, -0.3, -0.7], 0.5);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [2.0, 0.0, -0.7]);
/// ```
#[track_caller]
pub fn hard_shrink(x: &Array, lambd: f32) -> Array {
    select(&x.abs().gt(lambd), x, 0)
}

/// `x`, of any shape, moved by `lambd` towards zero where further from it than that, else zero.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::softshrink(&array![2.0, -0.3, -0.75], 0.5);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [1.5, 0.0, -0.25]);
/// ```
#[track_caller]
pub fn softshrink(x: &Array, lambd: f32) -> Array {
    select(&x.abs().gt(lambd), x - x.sign() * lambd, 0)
}

/// 1 where `x`, of any shape, is `threshold` or more, else 0; `int32`.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::step(&array![2.0, 0.5, -0.5], 0.5);
/// assert_eq!(y.to_vec::<i32>().unwrap(), [1, 1, 0]);
/// ```
#[track_caller]
pub fn step(x: &Array, threshold: f32) -> Array {
    x.ge(threshold).astype(Dtype::I32)
}

/// The first half of `x` along `axis` times the sigmoid of the second half (Dauphin et al. 2017); half as long there.
///
/// # Panics
/// For an axis out of range, or one that has no halves.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::glu(&array![[3.0, 0.0], [5.0, 0.0]], -1);
/// assert_eq!((y.shape(), y.to_vec::<f32>().unwrap()), (&[2, 1][..], vec![1.5, 2.5]));
/// ```
#[track_caller]
pub fn glu(x: &Array, axis: i64) -> Array {
    let halves = split(x, 2, axis);
    &halves[0] * halves[1].sigmoid()
}

/// `softmax(-x)` over `axes`; of the shape of `x`.
///
/// # Panics
/// As [`softmax`] does.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::softmin(&array![[3.0, 3.0]], -1);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [0.5, 0.5]);
/// ```
#[track_caller]
pub fn softmin(x: &Array, axes: impl Into<Axes>) -> Array {
    (-x).softmax(axes)
}

/// `exp(x) / sum(exp(x))` over `axes`, without overflow; of the shape of `x`.
///
/// # Panics
/// For an axis out of range, or one without elements.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::softmax(&array![[0.0, 0.0]], -1);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [0.5, 0.5]);
/// ```
#[track_caller]
pub fn softmax(x: &Array, axes: impl Into<Axes>) -> Array {
    x.softmax(axes)
}

/// `log(softmax(x))` over `axes`, without overflow; of the shape of `x`.
///
/// # Panics
/// As [`softmax`] does.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::log_softmax(&array![[0.0, 0.0]], -1).to_vec::<f32>().unwrap();
/// assert!((y[0] + 2f32.ln()).abs() < 1e-6);
/// ```
#[track_caller]
pub fn log_softmax(x: &Array, axes: impl Into<Axes>) -> Array {
    x - x.logsumexp(keep(axes))
}

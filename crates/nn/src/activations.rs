//! Activations: functions of each element, and softmax. All keep shape and dtype; integers become `float32` where needed.

use lazulite_core::Array;
use lazulite_core::ops::{Axes, keep, select};

/// Declares an elementwise activation with a doctest of its value.
macro_rules! activations {
    ($($(#[$meta:meta])* $name:ident($x:ident) = $body:expr, at $at:literal => $value:literal;)*) => {$(
        $(#[$meta])*
        ///
        /// Of any shape, which it keeps.
        ///
        /// # Panics
        /// For complex numbers.
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
    /// `min(max(x, 0), 6)`.
    relu6(x) = x.clip(0, 6), at 7.0 => 6.0;
    /// `x Φ(x)`, with the normal distribution Φ by the error function.
    gelu(x) = x * (1.0 + (x * std::f32::consts::FRAC_1_SQRT_2).erf()) * 0.5, at 1.0 => 0.8413447;
    /// [`gelu`] by a hyperbolic tangent: off by 5e-4 at most.
    gelu_approx(x) = {
        let inner = (x + x.square() * x * 0.044715) * (2.0 * std::f32::consts::FRAC_1_PI).sqrt();
        x * (1.0 + inner.tanh()) * 0.5
    }, at 1.0 => 0.841192;
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
    hard_swish(x) = x * (x + 3).clip(0, 6) * (1.0 / 6.0), at 1.0 => 0.6666667;
    /// `x` limited to -1 and 1.
    hard_tanh(x) = x.clip(-1, 1), at -2.0 => -1.0;
    /// The self-normalising [`elu`].
    selu(x) = elu(x, 1.673_263_2) * 1.050_701, at -1.0 => -1.1113307;
}

/// `x`, of any shape, where positive, else `slope * x`.
///
/// # Panics
/// For complex numbers.
///
/// ```
/// use lazulite::prelude::*;
/// let y = lazulite::nn::leaky_relu(&array![2.0, -2.0], 0.5);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [2.0, -1.0]);
/// ```
#[track_caller]
pub fn leaky_relu(x: &Array, slope: f32) -> Array {
    select(&x.gt(0), x, x * slope)
}

/// `x`, of any shape, where positive, else `alpha * (exp(x) - 1)`.
///
/// # Panics
/// For complex numbers.
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

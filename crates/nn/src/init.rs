//! Initial values, float32. Weights are `(out, in)`; further axes, such as a convolution's window, count to both sides.

use lazulite_base::Dtype;
use lazulite_core::ops::Shape;
use lazulite_core::{Array, random};

/// Uniform in `low..high`, of any shape.
///
/// # Panics
/// For a shape beyond the address space.
///
/// ```
/// use lazulite::nn::init;
/// use lazulite::prelude::*;
/// let x = init::uniform([100], -0.5, 0.5, &random::key(0));
/// assert!(x.abs().max(..).item::<f32>().unwrap() <= 0.5);
/// ```
#[track_caller]
pub fn uniform(shape: impl Into<Shape>, low: f32, high: f32, key: &Array) -> Array {
    random::uniform_in(low, high, shape, Dtype::F32, key)
}

/// Normal, with a mean and a standard deviation, of any shape.
///
/// # Panics
/// For a shape beyond the address space.
///
/// ```
/// use lazulite::nn::init;
/// use lazulite::prelude::*;
/// let x = init::normal([1000], 3.0, 0.1, &random::key(0));
/// assert!((x.mean(..).item::<f32>().unwrap() - 3.0).abs() < 0.05);
/// ```
#[track_caller]
pub fn normal(shape: impl Into<Shape>, mean: f32, deviation: f32, key: &Array) -> Array {
    random::normal_with(mean, deviation, shape, Dtype::F32, key)
}

/// One value everywhere, of any shape.
///
/// # Panics
/// For a shape beyond the address space.
///
/// ```
/// use lazulite::nn::init;
/// assert_eq!(init::constant([2], 0.5).to_vec::<f32>().unwrap(), [0.5, 0.5]);
/// ```
#[track_caller]
pub fn constant(shape: impl Into<Shape>, value: f32) -> Array {
    Array::full(shape, value, Dtype::F32)
}

/// Declares the schemes that go by the number of inputs and outputs.
macro_rules! scaled {
    ($($(#[$meta:meta])* $name:ident: $draw:ident, |$ins:ident, $outs:ident| $scale:expr;)*) => {$(
        $(#[$meta])*
        ///
        /// # Panics
        /// For a shape of fewer than two axes, or beyond the address space.
        ///
        /// ```
        /// use lazulite::nn::init;
        /// use lazulite::prelude::*;
        #[doc = concat!("let x = init::", stringify!($name), "([64, 32], 1.0, &random::key(0));")]
        /// assert_eq!(x.shape(), [64, 32]);
        /// assert!(x.mean(..).item::<f32>().unwrap().abs() < 0.05);
        /// ```
        #[track_caller]
        pub fn $name(shape: impl Into<Shape>, gain: f32, key: &Array) -> Array {
            let shape = shape.into();
            let ($ins, $outs) = fans(&shape);
            $draw(shape, gain * ($scale).sqrt(), key)
        }
    )*};
}

scaled! {
    /// Glorot's uniform: in ± gain √(6 / (in + out)).
    glorot_uniform: within, |ins, outs| 6.0 / (ins + outs);
    /// Glorot's normal: of deviation gain √(2 / (in + out)).
    glorot_normal: around_zero, |ins, outs| 2.0 / (ins + outs);
    /// He's uniform, for rectifiers: in ± gain √(6 / in).
    he_uniform: within, |ins, _outs| 6.0 / ins;
    /// He's normal, for rectifiers: of deviation gain √(2 / in).
    he_normal: around_zero, |ins, _outs| 2.0 / ins;
}

#[track_caller]
fn within(shape: Shape, bound: f32, key: &Array) -> Array {
    uniform(shape, -bound, bound, key)
}

#[track_caller]
fn around_zero(shape: Shape, deviation: f32, key: &Array) -> Array {
    normal(shape, 0.0, deviation, key)
}

/// Numbers of inputs and of outputs of one element.
#[track_caller]
fn fans(shape: &Shape) -> (f32, f32) {
    let d = &shape.0;
    assert!(d.len() >= 2, "this initial value needs a weight of two axes at least, not of shape {:?}", &d[..]);
    let window: usize = d[1..d.len() - 1].iter().product();
    ((d[d.len() - 1] * window).max(1) as f32, (d[0] * window).max(1) as f32)
}

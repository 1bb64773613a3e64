//! Initial values, float32. Weights are `(out, in)`; further axes, such as a convolution's window, count to both sides.

use lazulite_base::Dtype;
use lazulite_core::ops::{Shape, select};
use lazulite_core::{Array, linalg, random};

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

/// The identity matrix, `(n, n)`.
///
/// # Panics
/// For a shape that is no square.
///
/// ```
/// use lazulite::nn::init;
/// assert_eq!(init::identity([2, 2]).to_vec::<f32>().unwrap(), [1.0, 0.0, 0.0, 1.0]);
/// ```
#[track_caller]
pub fn identity(shape: impl Into<Shape>) -> Array {
    let [rows, columns] = matrix("identity", &shape.into());
    assert!(rows == columns, "init::identity is a square matrix, not of shape [{rows}, {columns}]");
    Array::eye(rows, rows, 0, Dtype::F32)
}

/// `gain` times a random matrix whose rows, or columns if they are fewer, are orthonormal (Saxe et al. 2014): uniform among these.
///
/// # Panics
/// For other than two axes. Evaluation needs a decomposition: the feature `linalg`, which is on by default.
///
/// ```
/// use lazulite::nn::init;
/// use lazulite::prelude::*;
/// let w = init::orthogonal([2, 4], 3.0, &random::key(0));
/// assert!((w.matmul(&w.t()) - init::identity([2, 2]) * 9).abs().max(..).item::<f32>().unwrap() < 1e-4);
/// ```
#[track_caller]
pub fn orthogonal(shape: impl Into<Shape>, gain: f32, key: &Array) -> Array {
    let [rows, columns] = matrix("orthogonal", &shape.into());
    let (q, r) = linalg::qr(&random::normal([rows.max(columns), rows.min(columns)], key));
    // With the signs that make the decomposition unique Q is uniform (Mezzadri 2007).
    let q = q * select(&r.diagonal(0).lt(0), -gain, gain);
    if rows < columns { q.t() } else { q }
}

/// Normal, with a share of each row set to zero (Martens 2010): `sparsity`, from 0 to 1, of `(rows, columns)`, rounded up to whole elements.
///
/// # Panics
/// For other than two axes, or a share outside of 0 to 1.
///
/// ```
/// use lazulite::nn::init;
/// use lazulite::prelude::*;
/// let w = init::sparse([3, 4], 0.5, 0.0, 1.0, &random::key(0));
/// assert_eq!(w.eq(0).sum(1).to_vec::<i32>().unwrap(), [2, 2, 2]);
/// ```
#[track_caller]
pub fn sparse(shape: impl Into<Shape>, sparsity: f64, mean: f32, deviation: f32, key: &Array) -> Array {
    let [rows, columns] = matrix("sparse", &shape.into());
    assert!((0.0..=1.0).contains(&sparsity), "init::sparse: a share of {sparsity} is not in 0..=1");
    let (a, b) = random::split(key);
    let rank = random::uniform([rows, columns], &a).argsort(1).argsort(1);
    let zeros = (sparsity * columns as f64).ceil() as u32;
    select(&rank.lt(zeros), 0, normal([rows, columns], mean, deviation, &b))
}

/// Uniform in ±1/√`n`, as the parameters of most layers start.
#[track_caller]
pub(crate) fn by_root(n: usize, shape: impl Into<Shape>, key: &Array) -> Array {
    let bound = 1.0 / (n.max(1) as f32).sqrt();
    uniform(shape, -bound, bound, key)
}

/// The sizes of a matrix.
#[track_caller]
fn matrix(name: &str, shape: &Shape) -> [usize; 2] {
    let Ok(sizes) = <[usize; 2]>::try_from(&shape.0[..]) else { panic!("init::{name} is a matrix, not of shape {:?}", &shape.0[..]) };
    sizes
}

/// Which of a weight's sizes [`he_normal`] and [`he_uniform`] go by.
///
/// ```
/// use lazulite::nn::init::{Fan, he_uniform};
/// use lazulite::prelude::*;
/// let most = |fan| he_uniform([3, 12], fan, 1.0, &random::key(0)).abs().max(..).item::<f32>().unwrap();
/// assert!(most(Fan::In) <= 0.5 && most(Fan::Out) > 0.5);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fan {
    /// The number of inputs: keeps the variance forwards.
    In,
    /// The number of outputs: keeps it backwards.
    Out,
}

/// Declares the schemes that go by the number of inputs and outputs.
macro_rules! scaled {
    ($($(#[$meta:meta])* $name:ident($($fan:ident: $Fan:ident)?): $draw:ident, |$ins:ident, $outs:ident| $scale:expr, like $example:literal;)*) => {$(
        $(#[$meta])*
        ///
        /// # Panics
        /// For a shape of fewer than two axes, or beyond the address space.
        ///
        /// ```
        /// use lazulite::nn::init;
        /// use lazulite::prelude::*;
        #[doc = concat!("let x = init::", $example, ";")]
        /// assert_eq!(x.shape(), [64, 32]);
        /// assert!(x.mean(..).item::<f32>().unwrap().abs() < 0.05);
        /// ```
        #[track_caller]
        pub fn $name(shape: impl Into<Shape>, $($fan: $Fan,)? gain: f32, key: &Array) -> Array {
            let shape = shape.into();
            let ($ins, $outs) = fans(&shape);
            $draw(shape, gain * ($scale).sqrt(), key)
        }
    )*};
}

scaled! {
    /// Glorot's uniform: in ± gain √(6 / (in + out)).
    glorot_uniform(): within, |ins, outs| 6.0 / (ins + outs), like "glorot_uniform([64, 32], 1.0, &random::key(0))";
    /// Glorot's normal: of deviation gain √(2 / (in + out)).
    glorot_normal(): around_zero, |ins, outs| 2.0 / (ins + outs), like "glorot_normal([64, 32], 1.0, &random::key(0))";
    /// He's uniform: in ± gain √(3 / fan). For rectifiers the gain is √2.
    he_uniform(fan: Fan): within, |ins, outs| 3.0 / fan.of(ins, outs), like "he_uniform([64, 32], init::Fan::In, 2f32.sqrt(), &random::key(0))";
    /// He's normal: of deviation gain / √fan. For rectifiers the gain is √2.
    he_normal(fan: Fan): around_zero, |ins, outs| 1.0 / fan.of(ins, outs), like "he_normal([64, 32], init::Fan::In, 2f32.sqrt(), &random::key(0))";
}

impl Fan {
    fn of(self, ins: f32, outs: f32) -> f32 {
        match self {
            Fan::In => ins,
            Fan::Out => outs,
        }
    }
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

//! Random numbers from keys. A key is an array of two `uint32`; one key always gives the same numbers, and they are MLX's.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::create::{checked, fits};
use crate::ops::{IntoOperand, Rhs, Shape, free, view};
use crate::primitive::{KernelOf, Primitive, Role, Vmap, flat};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{View, Work};
use lazulite_base::{Dims, Dtype, Element, Op, Scalar, meaning};
use smallvec::smallvec;

/// `n` draws of `width` bytes from each key.
struct RandomBits {
    n: usize,
    width: usize,
}

stored!("random_bits", RandomBits { n, width });

impl Primitive for RandomBits {
    fn name(&self) -> &'static str {
        "random_bits"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.n as u64);
        h.word(self.width as u64);
    }
    fn attributes(&self) -> String {
        format!("{} of {} bytes", self.n, self.width)
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let mut dims = inputs[0].shape.clone();
        if dims.last() != Some(&2) || inputs[0].dtype != Dtype::U32 {
            return Err(Error::value("random", format!("a key is uint32[2], not {}{:?}", inputs[0].dtype, &dims[..])));
        }
        dims.pop();
        dims.push(self.n);
        let dtype = match self.width {
            1 => Dtype::U8,
            2 => Dtype::U16,
            _ => Dtype::U32,
        };
        Ok(smallvec![Aval::new(dims, dtype)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    flat!();
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![draw(&cx.inputs[0].array(), self.n, self.width)?])
    }
}

impl KernelOf for RandomBits {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        let keys = inputs[0].dims[..inputs[0].dims.len() - 1].iter().product();
        Work::RandomBits { keys, n: self.n, width: self.width }
    }
}

/// Bits from each of the keys, `(.., 2)` to `(.., n)`.
#[track_caller]
fn draw(keys: &Array, n: usize, width: usize) -> Result<Array> {
    apply(RandomBits { n, width }, &[&crate::ops::contiguous(keys)?])
}

/// 32 random bits an element.
#[track_caller]
fn words(op: &str, shape: Shape, key: &Array) -> Result<Array> {
    if key.dims() != [2] || key.dtype() != Dtype::U32 {
        return Err(Error::value(op, format!("a key is uint32[2], not {}{:?}", key.dtype(), key.dims())));
    }
    let dims = checked(op, shape, Dtype::U32)?;
    view::reshape_to(&draw(key, dims.iter().product(), 4)?, dims)
}

/// Uniform numbers in [0, 1).
#[track_caller]
fn unit(op: &str, shape: Shape, dtype: Dtype, key: &Array) -> Result<Array> {
    if !dtype.is_float() {
        return Err(Error::dtype(op, format!("draws floating-point numbers, not {dtype}")));
    }
    let u = crate::ops::astype(&words(op, shape, key)?, Dtype::F32)?;
    let u = crate::ops::multiply(&u, 2f32.powi(-32))?;
    let below = |u: &Array, bits: i32| crate::ops::minimum(u, 1.0 - 2f64.powi(-bits));
    match dtype {
        Dtype::F16 => below(&crate::ops::astype(&u, dtype)?, 11),
        Dtype::BF16 => below(&crate::ops::astype(&u, dtype)?, 8),
        _ => crate::ops::astype(&below(&u, 24)?, dtype),
    }
}

/// An operand as a value of `dtype`: a literal stays one; an array must broadcast to `dims`.
#[track_caller]
fn meet(op: &str, x: Rhs, dims: &[usize], dtype: Dtype) -> Result<Rhs> {
    match x {
        Rhs::Literal(s) => Ok(Rhs::Literal(fits(op, s, dtype)?)),
        Rhs::Array(a) => {
            if lazulite_base::shape::broadcast(a.dims(), dims).is_none_or(|s| s[..] != *dims) {
                return Err(Error::value(op, format!("a parameter of shape {:?} does not broadcast to {dims:?}", a.dims())));
            }
            Ok(Rhs::Array(crate::ops::astype(&a, dtype)?))
        }
    }
}

/// `x op y`, at once for two literals (of one dtype).
#[track_caller]
fn combine(op: Op, x: &Rhs, y: &Rhs) -> Result<Rhs> {
    match (x, y) {
        (Rhs::Literal(a), Rhs::Literal(b)) => Ok(Rhs::Literal(meaning::apply(op, &[*a, *b]))),
        _ => Ok(Rhs::Array(crate::ops::elementwise::apply(op, None, &[x.clone(), y.clone()])?)),
    }
}

/// `op(x)`, at once for a literal.
#[track_caller]
fn map(op: Op, x: &Rhs) -> Result<Rhs> {
    match x {
        Rhs::Literal(a) => Ok(Rhs::Literal(meaning::apply(op, &[*a]))),
        Rhs::Array(a) => Ok(Rhs::Array(crate::ops::elementwise::unary(op, a)?)),
    }
}

impl IntoOperand for Rhs {
    fn into_operand(self) -> Rhs {
        self
    }
}

/// Whether an operand is this literal.
fn is(x: &Rhs, v: f64) -> bool {
    matches!(x, Rhs::Literal(s) if s.as_f64() == v)
}

/// `(high - low) * u + low`, of `dtype`.
#[track_caller]
fn between(op: &str, low: Rhs, high: Rhs, shape: Shape, dtype: Dtype, key: &Array) -> Result<Array> {
    let u = unit(op, shape, dtype, key)?;
    let (low, high) = (meet(op, low, u.dims(), dtype)?, meet(op, high, u.dims(), dtype)?);
    let width = combine(Op::Subtract, &high, &low)?;
    let scaled = if is(&width, 1.0) { u } else { crate::ops::multiply(&u, width)? };
    if is(&low, 0.0) { Ok(scaled) } else { crate::ops::add(&scaled, low) }
}

/// The largest f32 above -1.
const ABOVE_MINUS_ONE: f32 = -0.999_999_94;

/// Uniform f32 in (-1, 1).
#[track_caller]
fn symmetric(op: &str, shape: Shape, key: &Array) -> Result<Array> {
    between(op, ABOVE_MINUS_ONE.into_operand(), 1f32.into_operand(), shape, Dtype::F32, key)
}

/// `scale * x + loc`.
#[track_caller]
fn place(op: &str, x: &Array, loc: Rhs, scale: Rhs) -> Result<Array> {
    let (loc, scale) = (meet(op, loc, x.dims(), x.dtype())?, meet(op, scale, x.dims(), x.dtype())?);
    let scaled = if is(&scale, 1.0) { x.clone() } else { crate::ops::multiply(x, scale)? };
    if is(&loc, 0.0) { Ok(scaled) } else { crate::ops::add(&scaled, loc) }
}

fn halved(x: &Array) -> Result<(Array, Array)> {
    Ok((view::pick(x, 0, 0)?, view::pick(x, 0, 1)?))
}

free! {
    /// The key of a seed.
    ///
    /// # Errors
    /// Out of memory.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(random::key(7).to_vec::<u32>().unwrap(), [0, 7]);
    /// ```
    pub fn key(seed: u64) -> Array {
        Array::from_slice(&[(seed >> 32) as u32, seed as u32], [2])
    }

    /// Two keys whose draws are independent of each other and of the key's own.
    ///
    /// # Errors
    /// A value error for what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (a, b) = random::split(&random::key(0));
    /// assert_ne!(a.to_vec::<u32>().unwrap(), b.to_vec::<u32>().unwrap());
    /// ```
    pub fn split(key: &Array) -> (Array, Array) {
        halved(&split_n(key, 2)?)
    }

    /// `n` independent keys, as the rows of an array.
    ///
    /// # Errors
    /// A value error for what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(random::split_n(&random::key(0), 5).shape(), [5, 2]);
    /// ```
    pub fn split_n(key: &Array, n: usize) -> Array {
        words("random.split", [n, 2].into(), key)
    }

    /// Random bits: `uint8`, `uint16` or `uint32`.
    ///
    /// # Errors
    /// A type error for another dtype, a value error for what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(random::bits([2, 3], Dtype::U8, &random::key(0)).shape(), [2, 3]);
    /// ```
    pub fn bits(shape: impl Into<Shape>, dtype: Dtype, key: &Array) -> Array {
        if !matches!(dtype, Dtype::U8 | Dtype::U16 | Dtype::U32) {
            return Err(Error::dtype("random.bits", format!("draws uint8, uint16 or uint32, not {dtype}")));
        }
        if key.dims() != [2] {
            return Err(Error::value("random.bits", format!("a key is uint32[2], not {}{:?}", key.dtype(), key.dims())));
        }
        let dims = checked("random.bits", shape.into(), dtype)?;
        view::reshape_to(&draw(key, dims.iter().product(), dtype.size())?, dims)
    }

    /// Uniform `float32` in [0, 1).
    ///
    /// # Errors
    /// A value error for what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let u = random::uniform([100], &random::key(0));
    /// assert!(u.lt(1.0).logical_and(u.ge(0.0)).all(..).item::<bool>().unwrap());
    /// ```
    pub fn uniform(shape: impl Into<Shape>, key: &Array) -> Array {
        unit("random.uniform", shape.into(), Dtype::F32, key)
    }

    /// Uniform in [low, high); the bounds may be arrays that broadcast to the shape.
    ///
    /// # Errors
    /// A type error for a dtype that is no float, a value error for bounds that do not broadcast or what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let u = random::uniform_in(-2.0, 2.0, [100], Dtype::F32, &random::key(0));
    /// assert!(u.abs().le(2.0).all(..).item::<bool>().unwrap());
    /// ```
    pub fn uniform_in(low: impl IntoOperand, high: impl IntoOperand, shape: impl Into<Shape>, dtype: Dtype, key: &Array) -> Array {
        between("random.uniform", low.into_operand(), high.into_operand(), shape.into(), dtype, key)
    }

    /// Standard normal `float32`.
    ///
    /// # Errors
    /// A value error for what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = random::normal([10_000], &random::key(0));
    /// assert!((x.std(.., 0).item::<f32>().unwrap() - 1.0).abs() < 0.05);
    /// ```
    pub fn normal(shape: impl Into<Shape>, key: &Array) -> Array {
        normal_with(0.0, 1.0, shape, Dtype::F32, key)
    }

    /// Normal around `loc` with the standard deviation `scale`, which may be arrays that broadcast to the shape. `float64` has the
    /// resolution of `float32`; `complex64` has independent parts.
    ///
    /// # Errors
    /// A type error for an integer dtype, a value error for parameters that do not broadcast or what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = random::normal_with(3.0, 0.1, [1000], Dtype::F32, &random::key(0));
    /// assert!((x.mean(..).item::<f32>().unwrap() - 3.0).abs() < 0.05);
    /// ```
    pub fn normal_with(loc: impl IntoOperand, scale: impl IntoOperand, shape: impl Into<Shape>, dtype: Dtype, key: &Array) -> Array {
        let (loc, scale, mut shape) = (loc.into_operand(), scale.into_operand(), shape.into());
        if !dtype.is_inexact() {
            return Err(Error::dtype("random.normal", format!("draws floating-point or complex numbers, not {dtype}")));
        }
        if dtype == Dtype::C64 {
            shape.0.push(2);
            let parts = crate::ops::erfinv(&symmetric("random.normal", shape, key)?)?;
            let (re, im) = halved(&crate::ops::moveaxis(&parts, -1, 0)?)?;
            let i = num_complex::Complex32::new(0.0, 1.0);
            let z = crate::ops::add(&crate::ops::multiply(&crate::ops::astype(&im, dtype)?, i)?, &re)?;
            return place("random.normal", &z, loc, scale);
        }
        let e = crate::ops::astype(&crate::ops::erfinv(&symmetric("random.normal", shape, key)?)?, dtype)?;
        // The scale is multiplied by the root of two first, at least in f32.
        let root = if dtype == Dtype::F64 { std::f64::consts::SQRT_2 } else { std::f32::consts::SQRT_2 as f64 };
        let wide = promote_to_f32(dtype);
        let scale = meet("random.normal", scale, e.dims(), wide)?;
        let scale = combine(Op::Multiply, &scale, &Rhs::Literal(Scalar::new(root, wide)))?;
        place("random.normal", &e, loc, scale)
    }

    /// Normal vectors, `float32`, around `mean`, whose last axis they are, with the covariances `cov`, of square last axes; the other axes
    /// broadcast to `shape`, or make it if it is `None`. The covariances should be symmetric and without negative eigenvalues; the draws
    /// are made of standard normal ones by their square roots, from singular values.
    ///
    /// # Errors
    /// A value error for sizes that do not match, axes that do not broadcast to the shape, or what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (mean, cov) = (array![1.0, 5.0], array![[1.0, 0.5], [0.5, 1.0]]);
    /// assert_eq!(random::multivariate_normal(&mean, &cov, Some(&[3, 4]), &random::key(0)).shape(), [3, 4, 2]);
    /// ```
    pub fn multivariate_normal(mean: &Array, cov: &Array, shape: Option<&[usize]>, key: &Array) -> Array {
        let op = "random.multivariate_normal";
        let refuse = || Err(Error::value(op, format!("means of shape {:?} and covariances of {:?} do not fit", mean.dims(), cov.dims())));
        let (Some((&n, lead)), [batch @ .., rows, columns]) = (mean.shape().split_last(), cov.shape()) else { return refuse() };
        if *rows != n || *columns != n {
            return refuse();
        }
        let Some(common) = lazulite_base::shape::broadcast(lead, batch) else { return refuse() };
        let dims: Dims = match shape {
            None => common,
            Some(given) => match lazulite_base::shape::broadcast(given, &common) {
                Some(dims) if dims[..] == *given => dims,
                _ => return Err(Error::value(op, format!("axes {:?} do not broadcast to {given:?}", &common[..]))),
            },
        };
        let (u, s, vt) = crate::ops::linalg::svd(&crate::ops::astype(cov, Dtype::F32)?)?;
        let root = crate::ops::matmul(&crate::ops::multiply(&u, &crate::ops::expand_dims(&crate::ops::sqrt(&s)?, -2)?)?, &vt)?;
        let draws = normal(dims.iter().copied().chain([n]).collect::<Dims>(), key)?;
        let turned = crate::ops::squeeze(&crate::ops::matmul(&crate::ops::expand_dims(&draws, -2)?, &root)?, -2)?;
        crate::ops::add(&turned, &crate::ops::astype(mean, Dtype::F32)?)
    }

    /// Whether a draw succeeds that does with probability `p`, a float or an array of floats that broadcasts to the shape.
    ///
    /// # Errors
    /// A value error for a `p` that is no float or does not broadcast, or what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let heads = random::bernoulli(0.5, [1000], &random::key(0)).sum(..).item::<i32>().unwrap();
    /// assert!((400..600).contains(&heads));
    /// ```
    pub fn bernoulli(p: impl IntoOperand, shape: impl Into<Shape>, key: &Array) -> Array {
        let p = p.into_operand();
        let d = match &p {
            Rhs::Array(a) => a.dtype(),
            Rhs::Literal(s) => s.dtype(),
        };
        if !d.is_float() {
            return Err(Error::value("random.bernoulli", format!("a probability is a float, not {d}")));
        }
        let u = unit("random.bernoulli", shape.into(), Dtype::F32, key)?;
        let p = meet("random.bernoulli", p, u.dims(), Dtype::F32)?;
        crate::ops::less(&u, p)
    }

    /// Integers from `low` to below `high` (`low` where that is no larger), which may be arrays that broadcast to the shape. They come
    /// from `float32` uniforms: a range beyond 2^24 has gaps.
    ///
    /// # Errors
    /// A value error for a dtype that is no integer, bounds that do not broadcast, or what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let dice = random::randint(1, 7, [100], Dtype::I32, &random::key(0));
    /// assert!(dice.ge(1).logical_and(dice.le(6)).all(..).item::<bool>().unwrap());
    /// ```
    pub fn randint(low: impl IntoOperand, high: impl IntoOperand, shape: impl Into<Shape>, dtype: Dtype, key: &Array) -> Array {
        if dtype.is_inexact() {
            return Err(Error::value("random.randint", format!("draws integers or bool, not {dtype}")));
        }
        let (low, high) = (low.into_operand(), high.into_operand());
        let x = crate::ops::floor(&between("random.randint", low.clone(), high.clone(), shape.into(), Dtype::F32, key)?)?;
        let x = crate::ops::astype(&x, dtype)?;
        let largest = match &high {
            Rhs::Literal(s) if s.dtype().is_inexact() => Rhs::Literal(Scalar::new(s.as_f64() - 1.0, Dtype::F64)),
            Rhs::Literal(s) => Rhs::Literal(((s.as_i128() - 1) as i64).scalar()),
            Rhs::Array(a) => Rhs::Array(crate::ops::subtract(a, 1)?),
        };
        let wrap = |x: Rhs| -> Result<Rhs> {
            match x {
                Rhs::Literal(s) => Ok(Rhs::Literal(s.cast(dtype))),
                Rhs::Array(a) => Ok(Rhs::Array(crate::ops::astype(&a, dtype)?)),
            }
        };
        crate::ops::maximum(&crate::ops::minimum(&x, wrap(largest)?)?, wrap(low)?)
    }

    /// Standard Gumbel.
    ///
    /// # Errors
    /// A type error for a dtype that is no float, a value error for what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(random::gumbel([3], Dtype::F32, &random::key(0)).shape(), [3]);
    /// ```
    pub fn gumbel(shape: impl Into<Shape>, dtype: Dtype, key: &Array) -> Array {
        let u = unit("random.gumbel", shape.into(), dtype, key)?;
        crate::ops::negative(&crate::ops::log(&crate::ops::negative(&crate::ops::log(&u)?)?)?)
    }

    /// Laplace around `loc` with the width `scale`, which may be arrays that broadcast to the shape.
    ///
    /// # Errors
    /// A type error for a dtype that is no float, a value error for parameters that do not broadcast or what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(random::laplace(0.0, 1.0, [3], Dtype::F32, &random::key(0)).shape(), [3]);
    /// ```
    pub fn laplace(loc: impl IntoOperand, scale: impl IntoOperand, shape: impl Into<Shape>, dtype: Dtype, key: &Array) -> Array {
        if !dtype.is_float() {
            return Err(Error::dtype("random.laplace", format!("draws floating-point numbers, not {dtype}")));
        }
        let v = symmetric("random.laplace", shape.into(), key)?;
        let tail = crate::ops::log1p(&crate::ops::negative(&crate::ops::abs(&v)?)?)?;
        let x = crate::ops::astype(&crate::ops::multiply(&crate::ops::sign(&v)?, &tail)?, dtype)?;
        place("random.laplace", &x, loc.into_operand(), scale.into_operand())
    }

    /// Standard normal, kept between `low` and `high`, which may be arrays that broadcast to the shape.
    ///
    /// # Errors
    /// A value error for a dtype that is no float, bounds that do not broadcast, or what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = random::truncated_normal(-1.0, 1.0, [100], Dtype::F32, &random::key(0));
    /// assert!(x.abs().le(1.0).all(..).item::<bool>().unwrap());
    /// ```
    pub fn truncated_normal(low: impl IntoOperand, high: impl IntoOperand, shape: impl Into<Shape>, dtype: Dtype, key: &Array) -> Array {
        if !dtype.is_float() {
            return Err(Error::value("random.truncated_normal", format!("draws floating-point numbers, not {dtype}")));
        }
        let shape = shape.into();
        let root = Rhs::Literal(Scalar::new(std::f64::consts::SQRT_2, dtype));
        let low = meet("random.truncated_normal", low.into_operand(), &shape.0, dtype)?;
        let high = meet("random.truncated_normal", high.into_operand(), &shape.0, dtype)?;
        let (a, b) = (map(Op::Erf, &combine(Op::Divide, &low, &root)?)?, map(Op::Erf, &combine(Op::Divide, &high, &root)?)?);
        let u = between("random.truncated_normal", a, b, shape, dtype, key)?;
        crate::ops::clip(&crate::ops::multiply(&crate::ops::erfinv(&u)?, root)?, low, high)
    }

    /// Indices, `uint32`, drawn along `axis` with the probabilities `softmax(logits)`.
    ///
    /// # Errors
    /// An index error for an axis out of range, a value error for an empty axis or what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let sure = array![[0.0, f32::NEG_INFINITY], [f32::NEG_INFINITY, 0.0]];
    /// assert_eq!(random::categorical(&sure, -1, &random::key(0)).to_vec::<u32>().unwrap(), [0, 1]);
    /// ```
    pub fn categorical(logits: &Array, axis: i64, key: &Array) -> Array {
        let at = lazulite_base::shape::axis("random.categorical", axis, logits.ndim())?;
        sample(logits, at, logits.shape().into(), key)
    }

    /// `n` draws of each of the distributions that [`categorical`] draws from, along a new last axis.
    ///
    /// # Errors
    /// As for `categorical`; a value error for no draws.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[0.0, 1.0], [1.0, 0.0]];
    /// assert_eq!(random::categorical_n(&x, -1, 5, &random::key(0)).shape(), [2, 5]);
    /// ```
    pub fn categorical_n(logits: &Array, axis: i64, n: usize, key: &Array) -> Array {
        let at = lazulite_base::shape::axis("random.categorical", axis, logits.ndim())?;
        let dims: Dims = logits.shape().iter().copied().chain([n]).collect();
        sample(&crate::ops::expand_dims(logits, -1)?, at, dims.into(), key)
    }

    /// Draws of a given shape, to which the logits' shape without `axis` broadcasts.
    ///
    /// # Errors
    /// As for `categorical`; a value error if the logits do not broadcast to the shape.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[0.0, 1.0], [1.0, 0.0]];
    /// assert_eq!(random::categorical_shaped(&x, -1, [4, 2], &random::key(0)).shape(), [4, 2]);
    /// ```
    pub fn categorical_shaped(logits: &Array, axis: i64, shape: impl Into<Shape>, key: &Array) -> Array {
        let at = lazulite_base::shape::axis("random.categorical", axis, logits.ndim())?;
        let mut dims = shape.into().0;
        let mut rest: Dims = logits.shape().into();
        let n = rest.remove(at);
        if lazulite_base::shape::broadcast(&rest, &dims).is_none_or(|s| s != dims) {
            return Err(Error::value("random.categorical", format!("logits of shape {:?} do not broadcast to {:?}", logits.dims(), &dims[..])));
        }
        // The axis counts from the end: more axes may come before.
        let at = dims.len() + 1 - (logits.ndim() - at);
        dims.insert(at, n);
        sample(logits, at, dims.into(), key)
    }

    /// The numbers below `n`, as `uint32`, or the slices of an array along its first axis, in random order.
    ///
    /// # Errors
    /// An index error for a 0-d array, a value error for a negative number or what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let p = random::permutation(4, &random::key(0));
    /// assert_eq!(p.sort(0).to_vec::<u32>().unwrap(), [0, 1, 2, 3]);
    /// ```
    pub fn permutation(x: impl Permutable, key: &Array) -> Array {
        x.permuted(key)
    }

    /// The slices of an array along `axis` in random order.
    ///
    /// # Errors
    /// An index error for an axis out of range, a value error for what is no key.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = random::permutation_along(&array![[1, 2, 3, 4]], 1, &random::key(0));
    /// assert_eq!(x.sort(1).to_vec::<i32>().unwrap(), [1, 2, 3, 4]);
    /// ```
    pub fn permutation_along(x: &Array, axis: i64, key: &Array) -> Array {
        let at = lazulite_base::shape::axis("random.permutation", axis, x.ndim())?;
        crate::ops::take(x, &below(x.shape()[at], key)?, axis)
    }
}

/// What [`permutation`] puts in random order: a number stands for all that are smaller.
///
/// ```
/// use lazulite::prelude::*;
/// let key = random::key(0);
/// assert_eq!(random::permutation(4, &key).sort(0).to_vec::<u32>().unwrap(), [0, 1, 2, 3]);
/// assert_eq!(random::permutation(&array![7, 7], &key).to_vec::<i32>().unwrap(), [7, 7]);
/// ```
pub trait Permutable {
    /// The permuted array.
    ///
    /// # Errors
    /// As for [`permutation`].
    fn permuted(self, key: &Array) -> Result<Array>;
}

impl Permutable for usize {
    fn permuted(self, key: &Array) -> Result<Array> {
        below(self, key)
    }
}

impl Permutable for i32 {
    fn permuted(self, key: &Array) -> Result<Array> {
        match usize::try_from(self) {
            Ok(n) => below(n, key),
            Err(_) => Err(Error::value("random.permutation", format!("there are no numbers from 0 to below {self}"))),
        }
    }
}

impl Permutable for &Array {
    fn permuted(self, key: &Array) -> Result<Array> {
        permutation_along(self, 0, key)
    }
}

/// The numbers below `n` in random order.
#[track_caller]
fn below(n: usize, key: &Array) -> Result<Array> {
    crate::ops::argsort(&words("random.permutation", [n].into(), key)?, 0)
}

/// The argmax along `axis` of the logits with Gumbel noise of shape `shape`. Draws of one distribution need fewer random numbers: each is
/// the first category at which the cumulative distribution reaches a uniform number. (MLX draws so, and the numbers are to be the same.)
#[track_caller]
fn sample(logits: &Array, axis: usize, shape: Shape, key: &Array) -> Result<Array> {
    let n = shape.0[axis];
    if shape.0.len() > 1 && n > 0 && logits.size() == n {
        let mut dims = shape.0;
        dims.remove(axis);
        let probability = crate::ops::softmax(&crate::ops::astype(&crate::ops::reshape(logits, [-1])?, Dtype::F32)?, -1)?;
        let u = crate::ops::expand_dims(&unit("random.categorical", dims.into(), Dtype::F32, key)?, -1)?;
        let below = crate::ops::sum(&crate::ops::less(&cumulative(&probability)?, &u)?, -1)?;
        return crate::ops::astype(&crate::ops::minimum(&below, n as i32 - 1)?, Dtype::U32);
    }
    let noise = gumbel(shape, Dtype::F32, key)?;
    crate::ops::argmax(&crate::ops::add(logits, &noise)?, axis as i64)
}

/// The sums of all leading elements of a vector: within rows of a square, and over the rows.
#[track_caller]
fn cumulative(x: &Array) -> Result<Array> {
    let n = x.size();
    let side = n.isqrt() + usize::from(n.isqrt().pow(2) < n);
    let square = crate::ops::reshape(&crate::ops::pad(x, &[(0, side * side - n)], 0.0)?, [side as i64, side as i64])?;
    let within = crate::ops::matmul(&square, &crate::ops::transpose(&Array::tri(side, side, 0, Dtype::F32), [1, 0])?)?;
    let rows = crate::ops::sum(&square, crate::ops::keep(-1))?;
    let before = crate::ops::matmul(&Array::tri(side, side, -1, Dtype::F32), &rows)?;
    let all = crate::ops::reshape(&crate::ops::add(&within, &before)?, [-1])?;
    crate::ops::split_at(&all, &[n], 0).map(|mut parts| parts.swap_remove(0))
}

/// The dtype, at least f32.
fn promote_to_f32(d: Dtype) -> Dtype {
    lazulite_base::dtype::promote(d, Dtype::F32)
}

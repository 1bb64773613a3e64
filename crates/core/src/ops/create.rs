//! Creation: constants, indices along an axis, and what is built of them.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::node;
use crate::graph::node::{Aval, Avals, Operand, Operands};
use crate::ops::{IntoOperand, Rhs, Shape};
use crate::primitive::{Prim, Primitive, Role, Vmap, flat};
use lazulite_base::error::{Error, ErrorKind, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::{Dims, Dtype, Element, Scalar};
use smallvec::smallvec;

/// One scalar everywhere; the scalar is an operand, so that a new value is no new plan.
pub(crate) struct Constant {
    shape: Dims,
    weak: bool,
}

stored!("full", Constant { shape, weak });

impl Primitive for Constant {
    fn name(&self) -> &'static str {
        "full"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.dims(&self.shape);
        h.word(self.weak as u64);
    }
    fn attributes(&self) -> String {
        format!("{:?}", &self.shape[..])
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![Aval { shape: self.shape.clone(), dtype: inputs[0].dtype, weak: self.weak }])
    }
    fn role(&self) -> Role<'_> {
        Role::Constant
    }
    flat!();
    fn vmap(&self, _: &Vmap<'_>) -> Result<Vec<Array>> {
        crate::primitive::unsupported("full", "batching")
    }
}

/// A constant array, without the check of its size.
#[track_caller]
pub(crate) fn constant(s: Scalar, shape: Dims, weak: bool) -> Array {
    let aval = Aval { shape: shape.clone(), dtype: s.dtype(), weak };
    node(Prim::new(Constant { shape, weak }), smallvec![Operand::Scalar(s)], aval)
}

/// The index along an axis.
struct Iota {
    shape: Dims,
    axis: usize,
    dtype: Dtype,
}

stored!("iota", Iota { shape, axis, dtype });

impl Primitive for Iota {
    fn name(&self) -> &'static str {
        "iota"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.dims(&self.shape);
        h.word((self.axis as u64) << 8 | self.dtype as u64);
    }
    fn attributes(&self) -> String {
        format!("{:?}, axis {}", &self.shape[..], self.axis)
    }
    fn infer(&self, _: &[Aval]) -> Result<Avals> {
        Ok(smallvec![Aval::new(self.shape.clone(), self.dtype)])
    }
    fn role(&self) -> Role<'_> {
        Role::Index(self.axis)
    }
    flat!();
    fn vmap(&self, _: &Vmap<'_>) -> Result<Vec<Array>> {
        crate::primitive::unsupported("iota", "batching")
    }
}

/// An array whose elements are their own index along `axis`.
#[track_caller]
pub(crate) fn index_along(shape: &[usize], axis: usize, dtype: Dtype) -> Array {
    let shape = Dims::from_slice(shape);
    let aval = Aval::new(shape.clone(), dtype);
    node(Prim::new(Iota { shape, axis, dtype }), Operands::new(), aval)
}

/// An array of `shape` whose elements are their own index along `axis`; it costs no memory where it fuses.
///
/// # Errors
/// An index error for an axis out of range; out of memory for a shape beyond the address space.
///
/// ```
/// use lazulite::prelude::*;
/// let x = ops::iota([2, 3], 1, Dtype::I32).unwrap();
/// assert_eq!(x.to_vec::<i32>().unwrap(), [0, 1, 2, 0, 1, 2]);
/// ```
#[track_caller]
pub fn iota(shape: impl Into<Shape>, axis: i64, dtype: Dtype) -> Result<Array> {
    let dims = checked("iota", shape.into(), dtype)?;
    let axis = lazulite_base::shape::axis("iota", axis, dims.len())?;
    Ok(index_along(&dims, axis, dtype))
}

/// The shape, if an array of it has a place in the address space.
#[track_caller]
pub(crate) fn checked(op: &str, shape: Shape, dtype: Dtype) -> Result<Dims> {
    addressable(op, &shape.0, dtype).map(|()| shape.0)
}

/// An error for an array that has no place in the address space.
#[inline]
#[track_caller]
pub(crate) fn addressable(op: &str, shape: &[usize], dtype: Dtype) -> Result<()> {
    if lazulite_base::shape::addressable(shape, dtype.size()) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::OutOfMemory, op, format!("an array of shape {shape:?} and {dtype} exceeds the address space")))
}

/// `value` everywhere, cast to `dtype`.
///
/// # Errors
/// Out of memory for a shape beyond the address space; a value error for a float that is not finite, or a value that does not fit, into
/// an integer dtype.
///
/// ```
/// use lazulite::prelude::*;
/// assert_eq!(ops::full([2], 7, Dtype::F32).unwrap().to_vec::<f32>().unwrap(), [7.0, 7.0]);
/// assert!(ops::full([2], f32::NAN, Dtype::I32).is_err());
/// ```
#[track_caller]
pub fn full(shape: impl Into<Shape>, value: impl IntoOperand, dtype: Dtype) -> Result<Array> {
    let shape = checked("full", shape.into(), dtype)?;
    match value.into_operand() {
        Rhs::Literal(s) => Ok(constant(fits("full", s, dtype)?, shape, false)),
        Rhs::Array(a) => crate::ops::broadcast_to(&crate::ops::astype(&a, dtype)?, shape),
    }
}

/// The literal as a value of `dtype`, if it is one.
#[track_caller]
pub(crate) fn fits(op: &str, s: Scalar, dtype: Dtype) -> Result<Scalar> {
    if dtype.is_integer() {
        let v = s.as_f64();
        let wrong = if s.dtype().is_inexact() { !v.is_finite() } else { s.cast(dtype).as_i128() != s.as_i128() };
        if wrong {
            return Err(Error::value(op, format!("{s:?} does not fit {dtype}")));
        }
    }
    Ok(s.cast(dtype))
}

impl Array {
    /// `value` everywhere.
    ///
    /// # Panics
    /// As [`ops::full`](full) errs.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::full([2, 1], 3, Dtype::I8).to_vec::<i8>().unwrap(), [3, 3]);
    /// ```
    #[track_caller]
    pub fn full(shape: impl Into<Shape>, value: impl IntoOperand, dtype: Dtype) -> Array {
        match full(shape, value, dtype) {
            Ok(a) => a,
            Err(e) => e.raise(),
        }
    }

    /// Zeros.
    ///
    /// # Panics
    /// For a shape beyond the address space.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::zeros([2], Dtype::F32).to_vec::<f32>().unwrap(), [0.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn zeros(shape: impl Into<Shape>, dtype: Dtype) -> Array {
        Array::full(shape, 0, dtype)
    }

    /// Ones.
    ///
    /// # Panics
    /// For a shape beyond the address space.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::ones([2], Dtype::I32).to_vec::<i32>().unwrap(), [1, 1]);
    /// ```
    #[track_caller]
    pub fn ones(shape: impl Into<Shape>, dtype: Dtype) -> Array {
        Array::full(shape, 1, dtype)
    }

    /// Zeros of this array's shape and dtype.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, 2.0].zeros_like().to_vec::<f32>().unwrap(), [0.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn zeros_like(&self) -> Array {
        crate::ops::view::filled_like(self, Scalar::new(0.0, self.dtype()))
    }

    /// Ones of this array's shape and dtype.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![5, 6].ones_like().to_vec::<i32>().unwrap(), [1, 1]);
    /// ```
    #[track_caller]
    pub fn ones_like(&self) -> Array {
        crate::ops::view::filled_like(self, Scalar::new(1.0, self.dtype()))
    }

    /// `start, start + step, ...` below `stop` (above it for a negative step), in `dtype`: element `i` is `start + i * step`, computed
    /// in f64 for floats.
    ///
    /// # Panics
    /// As [`ops::arange`](arange) errs.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::arange(0, 6, 2, Dtype::I32).to_vec::<i32>().unwrap(), [0, 2, 4]);
    /// ```
    #[track_caller]
    pub fn arange(start: impl Number, stop: impl Number, step: impl Number, dtype: Dtype) -> Array {
        match arange(start, stop, step, dtype) {
            Ok(a) => a,
            Err(e) => e.raise(),
        }
    }

    /// The `n` by `m` matrix with ones on its diagonal `k`.
    ///
    /// # Panics
    /// As [`ops::eye`](eye) errs.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::eye(2, 3, 1, Dtype::I32).to_vec::<i32>().unwrap(), [0, 1, 0, 0, 0, 1]);
    /// ```
    #[track_caller]
    pub fn eye(n: usize, m: usize, k: i64, dtype: Dtype) -> Array {
        match eye(n, m, k, dtype) {
            Ok(a) => a,
            Err(e) => e.raise(),
        }
    }

    /// `n` numbers from `start` to `stop`, both included, evenly spaced.
    ///
    /// # Panics
    /// As [`ops::linspace`](linspace) errs.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::linspace(0.0, 1.0, 3, Dtype::F32).to_vec::<f32>().unwrap(), [0.0, 0.5, 1.0]);
    /// ```
    #[track_caller]
    pub fn linspace(start: impl Number, stop: impl Number, n: usize, dtype: Dtype) -> Array {
        match linspace(start, stop, n, dtype) {
            Ok(a) => a,
            Err(e) => e.raise(),
        }
    }

    /// Ones on and below diagonal `k`, zeros above: `n` by `m`.
    ///
    /// # Panics
    /// As [`ops::tri`](tri) errs.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::tri(2, 2, 0, Dtype::I32).to_vec::<i32>().unwrap(), [1, 0, 1, 1]);
    /// ```
    #[track_caller]
    pub fn tri(n: usize, m: usize, k: i64, dtype: Dtype) -> Array {
        match tri(n, m, k, dtype) {
            Ok(a) => a,
            Err(e) => e.raise(),
        }
    }
}

/// The indices of the rows of an `n` by `m` matrix, each plus `k`, and those of its columns.
#[track_caller]
fn rows_and_columns(op: &str, n: usize, m: usize, k: i64, dtype: Dtype) -> Result<(Array, Array)> {
    let dims = checked(op, [n, m].into(), dtype)?;
    Ok((index_along(&dims, 0, Dtype::I64) + k, index_along(&dims, 1, Dtype::I64)))
}

/// The `n` by `m` matrix with ones on its diagonal `k`.
///
/// # Errors
/// Out of memory for a shape beyond the address space.
///
/// ```
/// use lazulite::prelude::*;
/// assert_eq!(ops::eye(2, 2, 0, Dtype::I32).unwrap().to_vec::<i32>().unwrap(), [1, 0, 0, 1]);
/// ```
#[track_caller]
pub fn eye(n: usize, m: usize, k: i64, dtype: Dtype) -> Result<Array> {
    let (row, column) = rows_and_columns("eye", n, m, k, dtype)?;
    Ok(row.eq(column).astype(dtype))
}

/// Ones on and below diagonal `k`, zeros above: `n` by `m`.
///
/// # Errors
/// Out of memory for a shape beyond the address space.
///
/// ```
/// use lazulite::prelude::*;
/// assert_eq!(ops::tri(2, 2, -1, Dtype::I32).unwrap().to_vec::<i32>().unwrap(), [0, 0, 1, 0]);
/// ```
#[track_caller]
pub fn tri(n: usize, m: usize, k: i64, dtype: Dtype) -> Result<Array> {
    let (row, column) = rows_and_columns("tri", n, m, k, dtype)?;
    Ok(row.ge(column).astype(dtype))
}

/// `n` numbers from `start` to `stop`, both included, evenly spaced.
///
/// # Errors
/// Out of memory for a shape beyond the address space.
///
/// ```
/// use lazulite::prelude::*;
/// assert_eq!(ops::linspace(0, 4, 3, Dtype::F32).unwrap().to_vec::<f32>().unwrap(), [0.0, 2.0, 4.0]);
/// ```
#[track_caller]
pub fn linspace(start: impl Number, stop: impl Number, n: usize, dtype: Dtype) -> Result<Array> {
    let (a, b) = (start.number(), stop.number());
    let dims = checked("linspace", [n].into(), dtype)?;
    if n == 1 {
        return full([1], a, dtype);
    }
    let t = index_along(&dims, 0, Dtype::F64) * (1.0 / (n.max(2) - 1) as f64);
    let last = index_along(&dims, 0, Dtype::I64).eq((n.max(1) - 1) as i64);
    let y = &t * b + (1.0f32 - &t) * a;
    Ok(crate::ops::elementwise::select_scalar(&last, b, &y).astype(dtype))
}

/// A number given as any of Rust's number types.
///
/// ```
/// use lazulite::ops::Number;
/// assert_eq!((3u8.number(), (-0.5f32).number()), (3.0, -0.5));
/// ```
pub trait Number: Copy {
    /// The number as f64.
    fn number(self) -> f64;
}

macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl Number for $t {
            fn number(self) -> f64 {
                self as f64
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, f32, f64);

/// See [`Array::arange`].
///
/// # Errors
/// A value error for a zero or non-finite step, or ends that are not finite.
///
/// ```
/// use lazulite::prelude::*;
/// assert!(ops::arange(0, 1, 0, Dtype::I32).is_err());
/// ```
#[track_caller]
pub fn arange(start: impl Number, stop: impl Number, step: impl Number, dtype: Dtype) -> Result<Array> {
    let (start, stop, step) = (start.number(), stop.number(), step.number());
    if step == 0.0 || !(start.is_finite() && stop.is_finite() && step.is_finite()) {
        return Err(Error::value("arange", format!("cannot count from {start} to {stop} in steps of {step}")));
    }
    let n = ((stop - start) / step).ceil().max(0.0);
    if n > (isize::MAX as usize / dtype.size()) as f64 {
        return Err(Error::new(ErrorKind::OutOfMemory, "arange", format!("{n} elements exceed the address space")));
    }
    let exact = |v: f64| v.fract() == 0.0;
    let wide = if exact(start) && exact(step) && !dtype.is_inexact() { Dtype::I64 } else { Dtype::F64 };
    let index = index_along(&[n as usize], 0, wide);
    let line = index * Scalar::new(step, wide) + Scalar::new(start, wide);
    crate::ops::astype(&line, dtype)
}

impl<T: Element> From<T> for Array {
    /// A 0-d array.
    #[track_caller]
    fn from(v: T) -> Array {
        Array::scalar(v.scalar())
    }
}

/// A 0-d array of a weak dtype, which gives way to the other operand's like a literal: for scalars that change from call to call.
///
/// ```
/// use lazulite::prelude::*;
/// let half = array![1.0, 2.0].astype(Dtype::F16);
/// assert_eq!((half * weak(2.0)).dtype(), Dtype::F16);
/// ```
#[track_caller]
pub fn weak(v: impl Number) -> Array {
    let s = v.number().scalar().cast(Dtype::F32);
    constant(s, Dims::new(), true)
}

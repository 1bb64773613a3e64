//! Arrays from nothing: constants, ranges, triangles, windows.

use super::args::{Side, count, float, functions};
use crate::array::Out;
use crate::convert::{ArrayArg, DtypeArg, OperandArg, ShapeArg, default_scalar};
use crate::errors::Raised;
use lazulite::ops::{self, Rhs};
use lazulite::{Array, Dtype, Result, Scalar};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

fn filled(shape: ShapeArg, v: f64, dtype: Option<DtypeArg>) -> PyResult<Out> {
    let d = float(dtype);
    ops::full(shape.sizes("full")?, Scalar::new(v, d), d).raised().map(Out)
}

/// An array of the shape of `a` with `v` everywhere.
fn like(a: &Array, v: f64, dtype: Option<DtypeArg>) -> Result<Array> {
    let filled = if v == 0.0 { a.zeros_like() } else { a.ones_like() };
    dtype.map_or(Ok(filled.clone()), |d| ops::astype(&filled, d.0))
}

/// A bound of a range: a Python number.
struct Bound_(Scalar);

impl<'py> FromPyObject<'_, 'py> for Bound_ {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Bound_> {
        match crate::convert::number(&obj)? {
            Some(s) if s.dtype() != Dtype::C64 => Ok(Bound_(s)),
            _ => Err(crate::errors::wrong_type("a number", &obj)),
        }
    }
}

/// The numbers from `start` below `stop` in steps, in the dtype that the bounds have together.
fn range(start: Scalar, stop: Scalar, step: Scalar, dtype: Option<DtypeArg>) -> PyResult<Out> {
    let bounds = [start, stop, step].map(|s| default_scalar(s).dtype());
    let found = bounds.into_iter().filter(|&d| d != Dtype::Bool).fold(Dtype::I32, lazulite_base::dtype::promote);
    let d = dtype.map_or(found, |d| d.0);
    if d == Dtype::Bool {
        return Err(PyValueError::new_err("bool not supported for arange."));
    }
    ops::arange(start.as_f64(), stop.as_f64(), step.as_f64(), d).raised().map(Out)
}

fn square(op: &str, n: i64, m: Option<i64>) -> PyResult<(usize, usize)> {
    let size = |n: i64| usize::try_from(n).map_err(|_| PyValueError::new_err(format!("[{op}] N and M must be positive integers.")));
    Ok((size(n)?, size(m.unwrap_or(n))?))
}

functions! {
    /// Zeros of a shape.
    #[doc = about!(filled)]
    ///
    /// >>> mx.zeros((2, 3)).shape
    /// (2, 3)
    [shape, dtype=None, *,] fn zeros = "zeros" ["empty"] (shape: ShapeArg, dtype: Option<DtypeArg>) -> Out {
        filled(shape, 0.0, dtype)
    }

    /// Ones of a shape.
    #[doc = about!(filled)]
    ///
    /// >>> mx.ones(2)
    /// array([1, 1], dtype=float32)
    [shape, dtype=None, *,] fn ones(shape: ShapeArg, dtype: Option<DtypeArg>) -> Out {
        filled(shape, 1.0, dtype)
    }

    /// `vals` everywhere, broadcast to the shape. `dtype` says how a number is stored; an array keeps its own.
    ///
    /// Raises `ValueError` for a negative size or values that do not broadcast to the shape.
    ///
    /// >>> mx.full((2,), 7)
    /// array([7, 7], dtype=int32)
    [shape, vals, dtype=None, *,] fn full(shape: ShapeArg, vals: Side, dtype: Option<DtypeArg>) -> Out {
        let shape = shape.sizes("full")?;
        match vals.0 {
            Rhs::Array(a) => ops::broadcast_to(&a, shape).raised().map(Out),
            Rhs::Literal(s) => {
                let own = default_scalar(s).dtype();
                let d = dtype.map_or(own, |d| lazulite_base::dtype::promote_weak(d.0, own));
                ops::full(shape, s, d).raised().map(Out)
            }
        }
    }

    /// Zeros of the shape of `a`, and of its dtype unless one is given.
    #[doc = about!(like)]
    ///
    /// >>> mx.zeros_like(mx.array([1, 2]))
    /// array([0, 0], dtype=int32)
    [a, /, dtype=None, *,] fn zeros_like = "zeros_like" ["empty_like"] (a: ArrayArg, dtype: Option<DtypeArg>) -> Out {
        like(&a.0, 0.0, dtype).raised().map(Out)
    }

    /// Ones of the shape of `a`, and of its dtype unless one is given.
    #[doc = about!(like)]
    ///
    /// >>> mx.ones_like(mx.array([5, 6]))
    /// array([1, 1], dtype=int32)
    [a, /, dtype=None, *,] fn ones_like(a: ArrayArg, dtype: Option<DtypeArg>) -> Out {
        like(&a.0, 1.0, dtype).raised().map(Out)
    }

    /// `vals` everywhere in the shape of `a`, cast to its dtype or the given one.
    ///
    /// Raises `ValueError` for values that do not broadcast to the shape.
    ///
    /// >>> mx.full_like(mx.array([1, 2]), 3)
    /// array([3, 3], dtype=int32)
    [a, vals, dtype=None, *,] fn full_like(a: ArrayArg, vals: Side, dtype: Option<DtypeArg>) -> Out {
        let d = dtype.map_or(a.0.dtype(), |d| d.0);
        match vals.0 {
            Rhs::Array(v) => ops::astype(&v, d).and_then(|v| ops::broadcast_to(&v, a.0.shape())).raised().map(Out),
            Rhs::Literal(s) => ops::full(a.0.shape(), s.cast(d), d).raised().map(Out),
        }
    }

    /// The `n` by `m` matrix with ones on diagonal `k`.
    #[doc = about!(matrix)]
    ///
    /// >>> mx.eye(2)
    /// array([[1, 0],
    ///        [0, 1]], dtype=float32)
    [n, m=None, k=0, dtype=None, *,] fn eye(n: i64, m: Option<i64>, k: i64, dtype: Option<DtypeArg>) -> Out {
        let (n, m) = square("eye", n, m)?;
        ops::eye(n, m, k, float(dtype)).raised().map(Out)
    }

    /// The `n` by `n` identity matrix.
    #[doc = about!(matrix)]
    ///
    /// >>> mx.identity(2)
    /// array([[1, 0],
    ///        [0, 1]], dtype=float32)
    [n, dtype=None, *,] fn identity(n: i64, dtype: Option<DtypeArg>) -> Out {
        let (n, m) = square("eye", n, None)?;
        ops::eye(n, m, 0, float(dtype)).raised().map(Out)
    }

    /// Ones on and below diagonal `k` of an `n` by `m` matrix, zeros above.
    ///
    /// Shape: `(n, m)`, with `m` the same as `n` by default and nothing for negative sizes; float32 unless a dtype is given. Raises
    /// `TypeError` for what is no integer.
    ///
    /// >>> mx.tri(2)
    /// array([[1, 0],
    ///        [1, 1]], dtype=float32)
    [n, m=None, k=0, dtype=None, *,] fn tri(n: i64, m: Option<i64>, k: i64, dtype: Option<DtypeArg>) -> Out {
        let (n, m) = (count("tri", n.max(0))?, count("tri", m.unwrap_or(n).max(0))?);
        ops::tri(n, m, k, float(dtype)).raised().map(Out)
    }

    /// `num` numbers from `start` to `stop`, evenly spaced; `stop` is one of them unless `endpoint` is false.
    ///
    /// Shape: `(num,)`; float32 unless a dtype is given. Raises `ValueError` for a negative `num`.
    ///
    /// >>> mx.linspace(0, 1, 3)
    /// array([0, 0.5, 1], dtype=float32)
    [start, stop, num=Some(50), endpoint=true, dtype=None,]
    fn linspace(start: OperandArg, stop: OperandArg, num: Option<i64>, endpoint: bool, dtype: Option<DtypeArg>) -> Out {
        let n = num.unwrap_or(50);
        let refuse = || PyValueError::new_err(format!("[linspace] number of samples, {n}, must be non-negative."));
        let n = usize::try_from(n).map_err(|_| refuse())?;
        let (a, b) = (super::args::literal(start)?.as_f64(), super::args::literal(stop)?.as_f64());
        let last = if endpoint { b } else { a + (b - a) * (n as f64 - 1.0) / n.max(1) as f64 };
        ops::linspace(a, last, n, float(dtype)).raised().map(Out)
    }

    /// Bartlett's window of `M` points.
    ///
    /// Shape: `(M,)`, empty for less than one point; float32. Raises `TypeError` for what is no integer.
    ///
    /// >>> mx.bartlett(3)
    /// array([0, 1, 0], dtype=float32)
    #[allow(non_snake_case)]
    [M, *,] fn bartlett(M: i64) -> Out {
        ops::bartlett(M.max(0) as usize).raised().map(Out)
    }

    /// Blackman's window of `M` points.
    ///
    /// Shape: `(M,)`, empty for less than one point; float32. Raises `TypeError` for what is no integer.
    ///
    /// >>> mx.blackman(3).round(4)
    /// array([-0, 1, -0], dtype=float32)
    #[allow(non_snake_case)]
    [M, *,] fn blackman(M: i64) -> Out {
        ops::blackman(M.max(0) as usize).raised().map(Out)
    }

    /// The Hamming window of `M` points.
    ///
    /// Shape: `(M,)`, empty for less than one point; float32. Raises `TypeError` for what is no integer.
    ///
    /// >>> mx.hamming(3)
    /// array([0.08, 1, 0.08], dtype=float32)
    #[allow(non_snake_case)]
    [M, *,] fn hamming(M: i64) -> Out {
        ops::hamming(M.max(0) as usize).raised().map(Out)
    }

    /// The Hann window of `M` points.
    ///
    /// Shape: `(M,)`, empty for less than one point; float32. Raises `TypeError` for what is no integer.
    ///
    /// >>> mx.hanning(3)
    /// array([0, 1, 0], dtype=float32)
    #[allow(non_snake_case)]
    [M, *,] fn hanning(M: i64) -> Out {
        ops::hanning(M.max(0) as usize).raised().map(Out)
    }

    /// The numbers from `start` (0 if only one bound is given) below `stop`, `step` apart.
    ///
    /// Shape: one axis. The dtype is that of the numbers, int32 or float32, unless one is given. Raises `ValueError` for a step of zero.
    ///
    /// >>> mx.arange(3)
    /// array([0, 1, 2], dtype=int32)
    /// >>> mx.arange(1, 2, 0.5)
    /// array([1, 1.5], dtype=float32)
    [*args, start=None, stop=None, step=None, dtype=None,]
    fn arange(
        args: &Bound<'_, pyo3::types::PyTuple>, start: Option<Bound_>, stop: Option<Bound_>, step: Option<Bound_>, dtype: Option<DtypeArg>,
    ) -> Out {
        let mut given: Vec<Option<Bound_>> = Vec::new();
        let mut dtype = dtype;
        for x in args.iter() {
            match x.extract::<DtypeArg>() {
                Ok(d) if dtype.is_none() => dtype = Some(d),
                _ => given.push(x.extract()?),
            }
        }
        let refuse = || PyTypeError::new_err("arange(): expected (stop), (start, stop) or (start, stop, step), then a dtype");
        let mut at = given.into_iter();
        let (mut a, mut b, mut c) = (start, stop, step);
        match (at.len(), a.is_some(), b.is_some()) {
            (0, ..) => {}
            (1, false, false) => b = at.next().flatten(),
            (1, false, true) => a = at.next().flatten(),
            (1, true, false) => b = at.next().flatten(),
            (2 | 3, false, false) => {
                (a, b) = (at.next().flatten(), at.next().flatten());
                if let Some(step) = at.next() {
                    c = step;
                }
            }
            _ => return Err(refuse()),
        }
        // A second bound of `None` leaves the first as the stop.
        if b.is_none() {
            (a, b) = (None, a);
        }
        let Some(b) = b else { return Err(refuse()) };
        let (zero, one) = (Scalar::new(0.0, Dtype::I64), Scalar::new(1.0, Dtype::I64));
        range(a.map_or(zero, |s| s.0), b.0, c.map_or(one, |s| s.0), dtype)
    }
}

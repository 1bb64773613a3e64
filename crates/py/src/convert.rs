//! Reading Python arguments: arrays, operands (arrays or numbers), shapes, axes, dtypes. The types here are what functions take; their
//! extraction is written by hand, so that a call of an operation does no more than look at types.

use crate::array::{PyArray, construct};
use crate::dtype::PyDtype;
use crate::errors::{Raised, wrong_type};
use lazulite::ops::{self, Rhs};
use lazulite::{Array, Complex32, Dtype, Element, Scalar};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyComplexMethods, PyFloat, PyFloatMethods, PyInt, PyList, PySequence, PyString, PyTuple};
use smallvec::SmallVec;

/// An argument `a: array`: the array itself, nothing that could become one.
pub struct ArrayArg(pub Array);

impl<'py> FromPyObject<'_, 'py> for ArrayArg {
    type Error = PyErr;

    #[inline]
    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<ArrayArg> {
        match obj.cast::<PyArray>() {
            Ok(a) => Ok(ArrayArg(a.get().get())),
            Err(_) => Err(wrong_type("an array", &obj)),
        }
    }
}

/// An argument `a: scalar | array`: an array, a Python number (which gives way to the other operand's dtype) or anything that exports
/// its memory, such as a NumPy array.
pub struct OperandArg(pub Rhs);

impl<'py> FromPyObject<'_, 'py> for OperandArg {
    type Error = PyErr;

    #[inline]
    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<OperandArg> {
        match operand(&obj)? {
            Some(o) => Ok(OperandArg(o)),
            None => Err(wrong_type("an array or a number", &obj)),
        }
    }
}

/// The operand that an object is: an array, a number, or an array of exported memory; `None` if it is none of these.
#[inline]
pub fn operand(obj: &Bound<'_, PyAny>) -> PyResult<Option<Rhs>> {
    if let Ok(a) = obj.cast::<PyArray>() {
        return Ok(Some(Rhs::Array(a.get().get())));
    }
    if let Some(s) = number(obj)? {
        return Ok(Some(Rhs::Literal(s)));
    }
    Ok(construct::exported(obj)?.map(Rhs::Array))
}

/// The operand that an object is beside the array `a`: as [`operand`], but foreign memory takes the array's dtype, as a number does.
#[inline]
pub fn operand_for(a: &Array, obj: &Bound<'_, PyAny>) -> PyResult<Option<Rhs>> {
    if let Ok(b) = obj.cast::<PyArray>() {
        return Ok(Some(Rhs::Array(b.get().get())));
    }
    if let Some(s) = number(obj)? {
        return Ok(Some(Rhs::Literal(s)));
    }
    match construct::stand_in(obj)? {
        Some(b) => Ok(Some(Rhs::Array(b))),
        None => match construct::foreign(obj, None)? {
            Some(b) => ops::astype(&b, a.dtype()).raised().map(|b| Some(Rhs::Array(b))),
            None => Ok(None),
        },
    }
}

/// The value of a Python number, in the dtype that it has by itself: `bool`, `int32` (`int64` beyond it), `float32` (kept as f64, to be
/// rounded once to what it meets), `complex64`.
#[inline]
pub fn number(obj: &Bound<'_, PyAny>) -> PyResult<Option<Scalar>> {
    if let Ok(f) = obj.cast::<PyFloat>() {
        return Ok(Some(f.value().scalar()));
    }
    if let Ok(b) = obj.cast::<PyBool>() {
        return Ok(Some(b.is_true().scalar()));
    }
    if let Ok(i) = obj.cast::<PyInt>() {
        let v: i64 = i.extract().map_err(|_| PyRuntimeError::new_err("the integer exceeds 64 bits"))?;
        return Ok(Some(v.scalar()));
    }
    if let Ok(c) = obj.cast::<PyComplex>() {
        return Ok(Some(Complex32::new(c.real() as f32, c.imag() as f32).scalar()));
    }
    Ok(None)
}

/// The number as an array element: in the dtype that MLX gives a number by itself.
pub fn default_scalar(s: Scalar) -> Scalar {
    match s.dtype() {
        Dtype::F64 => s.cast(Dtype::F32),
        Dtype::I64 if s.cast(Dtype::I32).as_i128() == s.as_i128() => s.cast(Dtype::I32),
        _ => s,
    }
}

/// An argument `dtype: Dtype`.
#[derive(Clone, Copy)]
pub struct DtypeArg(pub Dtype);

impl<'py> FromPyObject<'_, 'py> for DtypeArg {
    type Error = PyErr;

    #[inline]
    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<DtypeArg> {
        match obj.cast::<PyDtype>() {
            Ok(d) => Ok(DtypeArg(d.get().0)),
            Err(_) => Err(wrong_type("a Dtype", &obj)),
        }
    }
}

/// An integer, or an object that stands for one.
pub fn integer(obj: &Bound<'_, PyAny>) -> PyResult<i64> {
    obj.extract::<i64>()
}

/// A list of integers, from a list, a tuple, an array of one axis (NumPy's too) or another sequence; `None` if the object is no sequence.
pub fn integers(obj: &Bound<'_, PyAny>) -> PyResult<Option<SmallVec<[i64; 4]>>> {
    if let Ok(t) = obj.cast::<PyTuple>() {
        return t.iter().map(|x| integer(&x)).collect::<PyResult<_>>().map(Some);
    }
    if let Ok(l) = obj.cast::<PyList>() {
        return l.iter().map(|x| integer(&x)).collect::<PyResult<_>>().map(Some);
    }
    if obj.cast::<PyInt>().is_ok() || obj.cast::<PyString>().is_ok() {
        return Ok(None);
    }
    // NumPy's arrays are not registered as sequences. One without axes has no length, and is an integer if anything.
    let sequence = obj.cast::<PySequence>().is_ok() || (obj.hasattr("__array__")? && obj.len().is_ok());
    if !sequence {
        return Ok(None);
    }
    obj.try_iter()?.map(|x| integer(&x?)).collect::<PyResult<_>>().map(Some)
}

/// An argument `shape: int | Sequence[int]`.
pub struct ShapeArg(pub SmallVec<[i64; 4]>);

impl<'py> FromPyObject<'_, 'py> for ShapeArg {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<ShapeArg> {
        if let Some(list) = integers(&obj)? {
            return Ok(ShapeArg(list));
        }
        match integer(&obj) {
            Ok(n) => Ok(ShapeArg(smallvec::smallvec![n])),
            Err(_) => Err(wrong_type("an integer or a sequence of integers", &obj)),
        }
    }
}

impl ShapeArg {
    /// The sizes, none of which may be negative.
    pub fn sizes(&self, op: &str) -> PyResult<Vec<usize>> {
        let negative = || pyo3::exceptions::PyValueError::new_err(format!("[{op}] Negative dimensions not allowed."));
        self.0.iter().map(|&n| usize::try_from(n).map_err(|_| negative())).collect()
    }
}

/// An argument `axis: None | int | Sequence[int]`, `None` being all axes.
#[derive(Default)]
pub struct AxesArg(pub Option<SmallVec<[i64; 4]>>);

impl<'py> FromPyObject<'_, 'py> for AxesArg {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<AxesArg> {
        if obj.is_none() {
            return Ok(AxesArg(None));
        }
        ShapeArg::extract(obj).map(|s| AxesArg(Some(s.0)))
    }
}

impl AxesArg {
    /// The axes as the core takes them.
    pub fn axes(&self, keep: bool) -> ops::Axes {
        let axes: ops::Axes = match &self.0 {
            None => (..).into(),
            Some(list) => list[..].into(),
        };
        if keep { ops::keep(axes) } else { axes }
    }
}

/// A list of arrays, as in `concatenate([a, b])`.
pub struct ArraysArg(pub Vec<Array>);

impl<'py> FromPyObject<'_, 'py> for ArraysArg {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<ArraysArg> {
        let one = |x: Bound<'_, PyAny>| construct::array_of(&x);
        if let Ok(l) = obj.cast::<PyList>() {
            return l.iter().map(one).collect::<PyResult<_>>().map(ArraysArg);
        }
        if let Ok(t) = obj.cast::<PyTuple>() {
            return t.iter().map(one).collect::<PyResult<_>>().map(ArraysArg);
        }
        Err(PyTypeError::new_err("expected a list of arrays"))
    }
}

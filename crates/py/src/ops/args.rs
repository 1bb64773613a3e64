//! What the operations take beside arrays and operands: optional axes, sequences of sizes, and the macros that declare functions.

use crate::array::{Out, PyArray, construct};
use crate::convert::{AxesArg, DtypeArg, OperandArg, ShapeArg, integers};
use crate::errors::{Raised, wrong_type};
use lazulite::ops::{Axes, Rhs};
use lazulite::{Array, Dtype};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use smallvec::SmallVec;

/// An argument that elementwise functions take for an array: an array, a Python number, or exported memory.
pub struct LikeArg(pub Array);

impl<'py> FromPyObject<'_, 'py> for LikeArg {
    type Error = PyErr;

    #[inline]
    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<LikeArg> {
        if obj.is_none() {
            return Err(wrong_type("an array or a number", &obj));
        }
        construct::array_of(&obj).map(LikeArg)
    }
}

/// An operand of a binary operation, and whether it is foreign memory. What is neither array nor number is refused as the array
/// constructor does.
pub struct Side(pub Rhs, bool);

impl<'py> FromPyObject<'_, 'py> for Side {
    type Error = PyErr;

    #[inline]
    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Side> {
        match crate::convert::operand(&obj)? {
            Some(o) => {
                let foreign = matches!(o, Rhs::Array(_)) && obj.cast::<PyArray>().is_err();
                Ok(Side(o, foreign))
            }
            None if obj.is_none() => Err(wrong_type("an array or a number", &obj)),
            None => construct::array_of(&obj).map(|a| Side(Rhs::Array(a), true)),
        }
    }
}

impl Side {
    /// The operand beside `other`: foreign memory takes the dtype of an array of ours, as a number does.
    pub fn beside(self, other: Option<Dtype>) -> PyResult<Rhs> {
        match (self, other) {
            (Side(Rhs::Array(a), true), Some(d)) => lazulite::ops::astype(&a, d).raised().map(Rhs::Array),
            (side, _) => Ok(side.0),
        }
    }

    /// The dtype of an array of ours.
    pub fn own_dtype(&self) -> Option<Dtype> {
        match self {
            Side(Rhs::Array(a), false) => Some(a.dtype()),
            _ => None,
        }
    }

    /// Two operands beside one another.
    pub fn pair(a: Side, b: Side) -> PyResult<(Rhs, Rhs)> {
        let (of_a, of_b) = (a.own_dtype(), b.own_dtype());
        Ok((a.beside(of_b)?, b.beside(of_a)?))
    }
}

/// A sequence of sizes, not a single one.
pub struct SizesArg(pub SmallVec<[i64; 4]>);

impl<'py> FromPyObject<'_, 'py> for SizesArg {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<SizesArg> {
        match integers(&obj) {
            Ok(Some(list)) => Ok(SizesArg(list)),
            _ => Err(wrong_type("a sequence of integers", &obj)),
        }
    }
}

impl SizesArg {
    /// The sizes, none of which may be negative.
    pub fn sizes(self, op: &str) -> PyResult<Vec<usize>> {
        ShapeArg(self.0).sizes(op)
    }
}

/// What functions return for several arrays.
pub fn outs(list: Vec<Array>) -> Vec<Out> {
    list.into_iter().map(Out).collect()
}

/// A tuple of arrays.
pub struct Tuple(pub Vec<Array>);

impl<'py> IntoPyObject<'py> for Tuple {
    type Target = PyTuple;
    type Output = Bound<'py, PyTuple>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        PyTuple::new(py, outs(self.0))
    }
}

/// A list or tuple of arrays, or an array, which stands for its slices.
pub struct ArraysOrOne(pub Vec<Array>);

impl<'py> FromPyObject<'_, 'py> for ArraysOrOne {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<ArraysOrOne> {
        if let Ok(a) = obj.cast::<PyArray>() {
            return lazulite::ops::unstack(&a.get().get(), 0).raised().map(ArraysOrOne);
        }
        strict(&obj).map(ArraysOrOne)
    }
}

/// A list of arrays proper: numbers and lists are a `TypeError`.
pub fn strict(obj: &Bound<'_, PyAny>) -> PyResult<Vec<Array>> {
    let items: Vec<Bound<'_, PyAny>> = if let Ok(l) = obj.cast::<PyList>() {
        l.iter().collect()
    } else if let Ok(t) = obj.cast::<PyTuple>() {
        t.iter().collect()
    } else {
        return Err(wrong_type("a list of arrays", obj));
    };
    items.iter().map(|x| x.cast::<PyArray>().map(|a| a.get().get()).map_err(|_| wrong_type("a list of arrays", x))).collect()
}

/// The axes of a reduction.
pub fn axes(axis: Option<AxesArg>, keep: bool) -> Axes {
    axis.unwrap_or_default().axes(keep)
}

/// One axis, or all: the array to go on with and the axis in it.
pub fn one_axis(a: &Array, axis: Option<i64>) -> lazulite::Result<(Array, i64)> {
    match axis {
        Some(axis) => Ok((a.clone(), axis)),
        None => Ok((lazulite::ops::reshape(a, [-1])?, 0)),
    }
}

/// The dtype that was passed, or `float32`.
pub fn float(dtype: Option<DtypeArg>) -> Dtype {
    dtype.map_or(Dtype::F32, |d| d.0)
}

/// A number that may not be negative.
pub fn count(op: &str, n: i64) -> PyResult<usize> {
    usize::try_from(n).map_err(|_| PyValueError::new_err(format!("[{op}] Negative dimensions not allowed.")))
}

/// An operand as a plain number, such as the bounds of a range.
pub fn literal(x: OperandArg) -> PyResult<lazulite::Scalar> {
    match x.0 {
        Rhs::Literal(s) => Ok(s),
        Rhs::Array(a) => a.item_scalar().raised(),
    }
}

/// Declares functions of the module and the `register` that adds them.
///
/// `[signature] fn name(arg: Type, ..) -> Ret { body }` is a function of that Python signature; `stream` is added to the Rust arguments
/// where the signature names it last, and the body builds for it. After the name may come `= "python_name"`, and then aliases in
/// brackets: `= "concatenate" ["concat"]`.
macro_rules! functions {
    ($($(#[$meta:meta])* [$($sig:tt)*] fn $name:ident $(= $python:literal)? $([$($alias:literal),+])? ($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty $body:block)*) => {
        $(
            $(#[$meta])*
            #[::pyo3::pyfunction]
            $(#[pyo3(name = $python)])?
            #[pyo3(signature = ($($sig)* stream=None))]
            #[allow(clippy::too_many_arguments)]
            fn $name($($arg: $ty,)* stream: Option<$crate::device::StreamArg>) -> ::pyo3::PyResult<$ret> {
                $crate::device::on(stream, || $body)
            }
        )*

        /// Adds the functions of this file to the module.
        pub fn register(m: &::pyo3::Bound<'_, ::pyo3::types::PyModule>) -> ::pyo3::PyResult<()> {
            use ::pyo3::types::{PyAnyMethods, PyModuleMethods};
            $({
                let function = ::pyo3::wrap_pyfunction!($name, m)?;
                $($(m.add($alias, &function)?;)+)?
                m.add(function.getattr("__name__")?.extract::<String>()?, function)?;
            })*
            Ok(())
        }
    };
}
pub(crate) use functions;

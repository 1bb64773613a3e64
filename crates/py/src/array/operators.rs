//! Python's operators on arrays, in both orders and in place.

use crate::array::{Out, PyArray};
use crate::convert::operand;
use crate::errors::Raised;
use lazulite::ops::{Rhs, binary_op};
use lazulite::{Array, Op};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// The other operand of an operator.
#[inline]
fn other(word: &str, obj: &Bound<'_, PyAny>) -> PyResult<Rhs> {
    match operand(obj)? {
        Some(o) => Ok(o),
        None => Err(refuse(word, obj)),
    }
}

#[cold]
fn refuse(word: &str, obj: &Bound<'_, PyAny>) -> PyErr {
    if obj.is_none() {
        return crate::errors::wrong_type("an array or a number", obj);
    }
    let name = obj.get_type().name().unwrap_or_else(|_| PyString::new(obj.py(), "?"));
    PyValueError::new_err(format!("Cannot perform {word} on an array and {name}"))
}

/// Declares a binary operator: the method, its reflection and its in-place form, with the word for it in errors.
macro_rules! operators {
    ($($op:ident, $word:literal: $name:ident $reflected:ident $in_place:ident;)*) => {
        #[pymethods]
        impl PyArray {$(
            #[inline]
            fn $name(&self, other_: &Bound<'_, PyAny>) -> PyResult<Out> {
                let y = other($word, other_)?;
                binary_op(Op::$op, Rhs::Array(self.get()), y).raised().map(Out)
            }

            fn $reflected(&self, other_: &Bound<'_, PyAny>) -> PyResult<Out> {
                let x = other($word, other_)?;
                binary_op(Op::$op, x, Rhs::Array(self.get())).raised().map(Out)
            }

            fn $in_place(&self, other_: &Bound<'_, PyAny>) -> PyResult<()> {
                let y = other($word, other_)?;
                self.set(binary_op(Op::$op, Rhs::Array(self.get()), y).raised()?);
                Ok(())
            }
        )*}
    };
}

operators! {
    Add, "addition": __add__ __radd__ __iadd__;
    Subtract, "subtraction": __sub__ __rsub__ __isub__;
    Multiply, "multiplication": __mul__ __rmul__ __imul__;
    Divide, "division": __truediv__ __rtruediv__ __itruediv__;
}

#[pymethods]
impl PyArray {
    fn __neg__(&self) -> PyResult<Out> {
        lazulite::ops::negative(&self.get()).raised().map(Out)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let a: Array = self.get();
        py.detach(|| a.to_string())
    }
}

//! Python's operators on arrays, in both orders and in place. In place means that the array is rebound: every name for it sees the result.

use crate::array::{Out, PyArray};
use crate::convert::operand_for;
use crate::errors::{Raised, type_name, wrong_type};
use lazulite::ops::{self, Rhs, binary_op};
use lazulite::{Array, Op};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;

/// The other operand of an operator.
#[inline]
fn other(word: &str, a: &Array, obj: &Bound<'_, PyAny>) -> PyResult<Rhs> {
    match operand_for(a, obj)? {
        Some(o) => Ok(o),
        None => Err(refuse(word, obj)),
    }
}

#[cold]
fn refuse(word: &str, obj: &Bound<'_, PyAny>) -> PyErr {
    if obj.is_none() {
        return wrong_type("an array or a number", obj);
    }
    PyValueError::new_err(format!("Cannot perform {word} on an array and {}", type_name(obj)))
}

/// Declares arithmetic operators: the method, its reflections and its in-place form, with the word for it in errors.
macro_rules! arithmetic {
    ($($op:ident, $word:literal: $name:ident $reflected:ident $in_place:ident;)*) => {
        #[pymethods]
        impl PyArray {$(
            #[inline]
            fn $name(&self, other_: &Bound<'_, PyAny>) -> PyResult<Out> {
                let x = self.get();
                let y = other($word, &x, other_)?;
                binary_op(Op::$op, Rhs::Array(x), y).raised().map(Out)
            }

            fn $reflected(&self, other_: &Bound<'_, PyAny>) -> PyResult<Out> {
                let y = self.get();
                let x = other($word, &y, other_)?;
                binary_op(Op::$op, x, Rhs::Array(y)).raised().map(Out)
            }

            fn $in_place(&self, other_: &Bound<'_, PyAny>) -> PyResult<()> {
                let x = self.get();
                let y = other($word, &x, other_)?;
                self.set(binary_op(Op::$op, Rhs::Array(x), y).raised()?);
                Ok(())
            }
        )*}
    };
}

arithmetic! {
    Add, "addition": __add__ __radd__ __iadd__;
    Subtract, "subtraction": __sub__ __rsub__ __isub__;
    Multiply, "multiplication": __mul__ __rmul__ __imul__;
    FloorDivide, "floor division": __floordiv__ __rfloordiv__ __ifloordiv__;
    Remainder, "modulus": __mod__ __rmod__ __imod__;
}

/// Whether an operand has a fractional or imaginary part: what operators on bits refuse.
fn is_inexact(x: &Rhs) -> bool {
    match x {
        Rhs::Array(a) => a.dtype().is_inexact(),
        Rhs::Literal(s) => s.dtype().is_inexact(),
    }
}

/// `x op y` on bits.
fn bits(op: Op, word: &str, x: Array, y: &Bound<'_, PyAny>) -> PyResult<Array> {
    let y = other(word, &x, y)?;
    let x = Rhs::Array(x);
    if is_inexact(&x) || is_inexact(&y) {
        return Err(PyValueError::new_err(format!("Floating point types not allowed with {word}.")));
    }
    binary_op(op, x, y).raised()
}

/// Declares operators on bits: the method and its in-place form.
macro_rules! bitwise {
    ($($op:ident, $word:literal: $name:ident $in_place:ident;)*) => {
        #[pymethods]
        impl PyArray {$(
            fn $name(&self, other_: &Bound<'_, PyAny>) -> PyResult<Out> {
                bits(Op::$op, $word, self.get(), other_).map(Out)
            }

            fn $in_place(&self, other_: &Bound<'_, PyAny>) -> PyResult<()> {
                self.set(bits(Op::$op, $word, self.get(), other_)?);
                Ok(())
            }
        )*}
    };
}

bitwise! {
    BitwiseAnd, "bitwise and": __and__ __iand__;
    BitwiseOr, "bitwise or": __or__ __ior__;
    BitwiseXor, "bitwise xor": __xor__ __ixor__;
    LeftShift, "left shift": __lshift__ __ilshift__;
    RightShift, "right shift": __rshift__ __irshift__;
}

/// `x == y` and `x != y`: elementwise, or one truth value for what is no number.
fn equality<'py>(op: Op, a: &PyArray, obj: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = obj.py();
    let x = a.get();
    match operand_for(&x, obj)? {
        Some(y) => Ok(Out(binary_op(op, Rhs::Array(x), y).raised()?).into_pyobject(py)?.into_any()),
        None if obj.is_none() => Err(wrong_type("an array or a number", obj)),
        None => Ok((op == Op::NotEqual).into_pyobject(py)?.to_owned().into_any()),
    }
}

/// `x < y` and its like, elementwise.
fn ordered<'py>(op: Op, word: &str, a: &PyArray, obj: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let x = a.get();
    let y = other(word, &x, obj)?;
    Ok(Out(binary_op(op, Rhs::Array(x), y).raised()?).into_pyobject(obj.py())?.into_any())
}

/// `x / y`.
fn divided(x: Array, obj: &Bound<'_, PyAny>) -> PyResult<Array> {
    let y = other("division", &x, obj)?;
    binary_op(Op::Divide, Rhs::Array(x), y).raised()
}

/// `x / y` with the array on the right.
fn divides(y: Array, obj: &Bound<'_, PyAny>) -> PyResult<Array> {
    let x = other("division", &y, obj)?;
    binary_op(Op::Divide, x, Rhs::Array(y)).raised()
}

/// The other operand of `@`, which must be an array.
fn matrix(obj: &Bound<'_, PyAny>) -> PyResult<Array> {
    match obj.cast::<PyArray>() {
        Ok(a) => Ok(a.get().get()),
        Err(_) => Err(wrong_type("an array", obj)),
    }
}

#[pymethods]
impl PyArray {
    fn __richcmp__<'py>(&self, other: &Bound<'py, PyAny>, op: CompareOp) -> PyResult<Bound<'py, PyAny>> {
        match op {
            CompareOp::Eq => equality(Op::Equal, self, other),
            CompareOp::Ne => equality(Op::NotEqual, self, other),
            CompareOp::Lt => ordered(Op::Less, "less than", self, other),
            CompareOp::Le => ordered(Op::LessEqual, "less than or equal", self, other),
            CompareOp::Gt => ordered(Op::Greater, "greater than", self, other),
            CompareOp::Ge => ordered(Op::GreaterEqual, "greater than or equal", self, other),
        }
    }

    /// By identity, as objects that change must hash.
    fn __hash__(slf: &Bound<'_, Self>) -> isize {
        slf.as_ptr() as isize >> 4
    }

    fn __truediv__(&self, other: &Bound<'_, PyAny>) -> PyResult<Out> {
        divided(self.get(), other).map(Out)
    }

    fn __rtruediv__(&self, other: &Bound<'_, PyAny>) -> PyResult<Out> {
        divides(self.get(), other).map(Out)
    }

    fn __div__(&self, other: &Bound<'_, PyAny>) -> PyResult<Out> {
        divided(self.get(), other).map(Out)
    }

    fn __rdiv__(&self, other: &Bound<'_, PyAny>) -> PyResult<Out> {
        divides(self.get(), other).map(Out)
    }

    fn __itruediv__(&self, other: &Bound<'_, PyAny>) -> PyResult<()> {
        let x = self.get();
        if !x.dtype().is_inexact() {
            return Err(PyValueError::new_err("In place division cannot cast to non-floating point type."));
        }
        self.set(divided(x, other)?);
        Ok(())
    }

    fn __pow__(&self, other_: &Bound<'_, PyAny>, modulo: Option<&Bound<'_, PyAny>>) -> PyResult<Out> {
        if let Some(m) = modulo {
            return Err(wrong_type("no modulus", m));
        }
        let x = self.get();
        let y = other("power", &x, other_)?;
        binary_op(Op::Power, Rhs::Array(x), y).raised().map(Out)
    }

    fn __rpow__(&self, other_: &Bound<'_, PyAny>, _modulo: Option<&Bound<'_, PyAny>>) -> PyResult<Out> {
        let y = self.get();
        let x = other("power", &y, other_)?;
        binary_op(Op::Power, x, Rhs::Array(y)).raised().map(Out)
    }

    fn __ipow__(&self, other_: &Bound<'_, PyAny>, _modulo: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let x = self.get();
        let y = other("power", &x, other_)?;
        self.set(binary_op(Op::Power, Rhs::Array(x), y).raised()?);
        Ok(())
    }

    fn __matmul__(&self, other: &Bound<'_, PyAny>) -> PyResult<Out> {
        ops::matmul(&self.get(), &matrix(other)?).raised().map(Out)
    }

    fn __imatmul__(&self, other: &Bound<'_, PyAny>) -> PyResult<()> {
        self.set(ops::matmul(&self.get(), &matrix(other)?).raised()?);
        Ok(())
    }

    fn __neg__(&self) -> PyResult<Out> {
        ops::negative(&self.get()).raised().map(Out)
    }

    fn __pos__(&self) -> Out {
        Out(self.get())
    }

    fn __abs__(&self) -> PyResult<Out> {
        ops::abs(&self.get()).raised().map(Out)
    }

    fn __invert__(&self) -> PyResult<Out> {
        let x = self.get();
        if x.dtype().is_inexact() {
            return Err(PyValueError::new_err("Floating point types not allowed with bitwise inversion."));
        }
        ops::bitwise_invert(&x).raised().map(Out)
    }
}

//! Elementwise operations of two operands, each an array or a number.

use super::args::{Side, functions};
use crate::array::Out;
use crate::convert::ArrayArg;
use crate::device::{StreamArg, on};
use crate::errors::Raised;
use lazulite::ops::{self, Rhs, binary_op};
use lazulite::{Array, Op, Result};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Declares functions of two operands by their rows of the elementwise table; aliases follow in brackets.
macro_rules! binary {
    ($($(#[$meta:meta])* $name:ident $([$($alias:literal),+])? => $op:ident;)*) => {
        $(
            $(#[$meta])*
            ///
            /// Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
            #[pyfunction]
            #[pyo3(signature = (a, b, /, *, stream=None))]
            fn $name(a: Side, b: Side, stream: Option<StreamArg>) -> PyResult<Out> {
                on(stream, || {
                    let (a, b) = Side::pair(a, b)?;
                    binary_op(Op::$op, a, b).raised().map(Out)
                })
            }
        )*

        fn register_table(m: &Bound<'_, PyModule>) -> PyResult<()> {
            $({
                let function = wrap_pyfunction!($name, m)?;
                $($(m.add($alias, &function)?;)+)?
                m.add(stringify!($name), function)?;
            })*
            Ok(())
        }
    };
}

binary! {
    /// `a + b`. `add(mx.array([1, 2]), 3)` is `[4, 5]`.
    add => Add;
    /// The angle of the point `(b, a)`, in radians. `arctan2(mx.array([0.0]), 1.0)` is `[0.0]`.
    arctan2 ["atan2"] => Arctan2;
    /// The bits set in both. `bitwise_and(mx.array([6]), 3)` is `[2]`.
    bitwise_and => BitwiseAnd;
    /// The bits set in either. `bitwise_or(mx.array([6]), 3)` is `[7]`.
    bitwise_or => BitwiseOr;
    /// The bits set in one. `bitwise_xor(mx.array([6]), 3)` is `[5]`.
    bitwise_xor => BitwiseXor;
    /// `a / b`, always inexact. `divide(mx.array([1]), 2)` is `[0.5]`.
    divide => Divide;
    /// Whether equal. `equal(mx.array([1, 2]), 2)` is `[False, True]`.
    equal => Equal;
    /// The quotient rounded down. `floor_divide(mx.array([-7]), 2)` is `[-4]`.
    floor_divide => FloorDivide;
    /// Whether `a > b`. `greater(mx.array([1, 3]), 2)` is `[False, True]`.
    greater => Greater;
    /// Whether `a >= b`. `greater_equal(mx.array([1, 2]), 2)` is `[False, True]`.
    greater_equal => GreaterEqual;
    /// `a` with its bits moved left by `b`. `left_shift(mx.array([1]), 3)` is `[8]`.
    left_shift ["bitwise_left_shift"] => LeftShift;
    /// Whether `a < b`. `less(mx.array([1, 3]), 2)` is `[True, False]`.
    less => Less;
    /// Whether `a <= b`. `less_equal(mx.array([2, 3]), 2)` is `[True, False]`.
    less_equal => LessEqual;
    /// `log(exp(a) + exp(b))` without overflow. `logaddexp(mx.array([0.0]), 0.0)` is `[0.693147]`.
    logaddexp => Logaddexp;
    /// Whether both differ from zero. `logical_and(mx.array([1, 0]), 1)` is `[True, False]`.
    logical_and => LogicalAnd;
    /// Whether one differs from zero. `logical_or(mx.array([1, 0]), 0)` is `[True, False]`.
    logical_or => LogicalOr;
    /// The larger one; NaN if one is. `maximum(mx.array([1, 5]), 3)` is `[3, 5]`.
    maximum => Maximum;
    /// The smaller one; NaN if one is. `minimum(mx.array([1, 5]), 3)` is `[1, 3]`.
    minimum => Minimum;
    /// `a * b`. `multiply(mx.array([1, 2]), 3)` is `[3, 6]`.
    multiply => Multiply;
    /// Whether different. `not_equal(mx.array([1, 2]), 2)` is `[True, False]`.
    not_equal => NotEqual;
    /// `a` to the power `b`. `power(mx.array([2]), 3)` is `[8]`.
    power ["pow"] => Power;
    /// What is left of the quotient rounded down; it has the sign of `b`. `remainder(mx.array([-7]), 2)` is `[1]`.
    remainder => Remainder;
    /// `a` with its bits moved right by `b`. `right_shift(mx.array([8]), 3)` is `[1]`.
    right_shift ["bitwise_right_shift"] => RightShift;
    /// `a - b`. `subtract(mx.array([5]), 3)` is `[2]`.
    subtract => Subtract;
}

/// An operand as an array.
fn array(x: Rhs) -> Array {
    match x {
        Rhs::Array(a) => a,
        Rhs::Literal(s) => Array::scalar(crate::convert::default_scalar(s)),
    }
}

fn quotient_and_rest(a: Rhs, b: Rhs) -> Result<Vec<Out>> {
    Ok(vec![Out(binary_op(Op::FloorDivide, a.clone(), b.clone())?), Out(binary_op(Op::Remainder, a, b)?)])
}

mod table {
    use super::*;

    functions! {
        /// The quotient rounded down and the remainder, as a list of two arrays. `divmod(mx.array([7]), 2)` is `[[3], [1]]`.
        [a, b, /, *,] fn divmod(a: Side, b: Side) -> Vec<Out> {
            let (a, b) = Side::pair(a, b)?;
            quotient_and_rest(a, b).raised()
        }

        /// Whether exactly one differs from zero. `logical_xor(mx.array([1, 0]), 1)` is `[False, True]`.
        [a, b, /, *,] fn logical_xor(a: Side, b: Side) -> Out {
            let (a, b) = Side::pair(a, b)?;
            ops::logical_xor(&array(a), &array(b)).raised().map(Out)
        }

        /// Whether `a` and `b` have one shape and equal elements, NaN equal to NaN if `equal_nan`: a bool of shape `()`.
        /// `array_equal(mx.array([1, 2]), mx.array([1, 2]))` is `True`.
        [a, b, /, equal_nan=false, *,] fn array_equal(a: Side, b: Side, equal_nan: bool) -> Out {
            let (a, b) = Side::pair(a, b)?;
            ops::array_equal(&array(a), &array(b), equal_nan).raised().map(Out)
        }

        /// Whether `abs(a - b) <= atol + rtol * abs(b)`, elementwise. `isclose(x, x)` is true but for NaN.
        [a, b, /, rtol=1e-5, atol=1e-8, *, equal_nan=false,]
        fn isclose(a: ArrayArg, b: ArrayArg, rtol: f64, atol: f64, equal_nan: bool) -> Out {
            ops::isclose_within(&a.0, &b.0, rtol, atol, equal_nan).raised().map(Out)
        }

        /// Whether all elements are close, as `isclose` says: a bool of shape `()`. `allclose(x, x)` is `True` without NaN.
        [a, b, /, rtol=1e-5, atol=1e-8, *, equal_nan=false,]
        fn allclose(a: ArrayArg, b: ArrayArg, rtol: f64, atol: f64, equal_nan: bool) -> Out {
            ops::allclose(&a.0, &b.0, rtol, atol, equal_nan).raised().map(Out)
        }

        /// `x` where `condition` holds, else `y`; all three broadcast. `where(mx.array([True, False]), 1, 2)` is `[1, 2]`.
        [condition, x, y, /, *,] fn where_ = "where" (condition: Side, x: Side, y: Side) -> Out {
            match Side::pair(x, y)? {
                (Rhs::Literal(s), Rhs::Literal(t)) => ops::try_select(&array(condition.0), array(Rhs::Literal(s)), Rhs::Literal(t)),
                (x, y) => ops::try_select(&array(condition.0), x, y),
            }
            .raised()
            .map(Out)
        }

        /// The array limited from below by `a_min` and from above by `a_max`, one of which may be `None`.
        /// `clip(mx.array([1, 5]), 2, 3)` is `[2, 3]`.
        [a, /, a_min, a_max, *,] fn clip(a: ArrayArg, a_min: Option<Side>, a_max: Option<Side>) -> Out {
            if a_min.is_none() && a_max.is_none() {
                return Err(PyValueError::new_err("At most one of a_min and a_max may be None"));
            }
            let beside = |s: Option<Side>| s.map(|s| s.beside(Some(a.0.dtype()))).transpose();
            ops::clip_by(&a.0, beside(a_min)?, beside(a_max)?).raised().map(Out)
        }
    }
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    register_table(m)?;
    table::register(m)
}

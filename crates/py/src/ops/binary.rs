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

/// Declares functions of two operands by their rows of the elementwise table, what is said [`about`](crate::about) them, and an example
/// with what it gives; aliases follow in brackets.
macro_rules! binary {
    ($($(#[$meta:meta])* $name:ident $([$($alias:literal),+])? => $op:ident, $about:ident, $example:literal => $value:literal;)*) => {
        $(
            $(#[$meta])*
            #[doc = about!($about)]
            #[doc = concat!("\n>>> ", $example, "\n", $value)]
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
    /// `a + b`.
    add => Add, any2, "mx.add(mx.array([1, 2]), 3)" => "array([4, 5], dtype=int32)";
    /// The angle of the point `(b, a)`, in radians.
    arctan2 ["atan2"] => Arctan2, float2, "mx.arctan2(mx.array([0.0]), 1.0)" => "array([0], dtype=float32)";
    /// The bits set in both.
    bitwise_and => BitwiseAnd, bits2, "mx.bitwise_and(mx.array([6]), 3)" => "array([2], dtype=int32)";
    /// The bits set in either.
    bitwise_or => BitwiseOr, bits2, "mx.bitwise_or(mx.array([6]), 3)" => "array([7], dtype=int32)";
    /// The bits set in one.
    bitwise_xor => BitwiseXor, bits2, "mx.bitwise_xor(mx.array([6]), 3)" => "array([5], dtype=int32)";
    /// `a / b`, always inexact.
    divide => Divide, inexact2, "mx.divide(mx.array([1]), 2)" => "array([0.5], dtype=float32)";
    /// Whether equal.
    equal => Equal, flags2, "mx.equal(mx.array([1, 2]), 2)" => "array([False, True], dtype=bool)";
    /// The quotient rounded down.
    floor_divide => FloorDivide, real2, "mx.floor_divide(mx.array([-7]), 2)" => "array([-4], dtype=int32)";
    /// Whether `a > b`.
    greater => Greater, flags2, "mx.greater(mx.array([1, 3]), 2)" => "array([False, True], dtype=bool)";
    /// Whether `a >= b`.
    greater_equal => GreaterEqual, flags2, "mx.greater_equal(mx.array([1, 2]), 2)" => "array([False, True], dtype=bool)";
    /// `a` with its bits moved left by `b`.
    left_shift ["bitwise_left_shift"] => LeftShift, bits2, "mx.left_shift(mx.array([1]), 3)" => "array([8], dtype=int32)";
    /// Whether `a < b`.
    less => Less, flags2, "mx.less(mx.array([1, 3]), 2)" => "array([True, False], dtype=bool)";
    /// Whether `a <= b`.
    less_equal => LessEqual, flags2, "mx.less_equal(mx.array([2, 3]), 2)" => "array([True, False], dtype=bool)";
    /// `log(exp(a) + exp(b))` without overflow.
    logaddexp => Logaddexp, inexact2, "mx.logaddexp(mx.array([0.0]), 0.0)" => "array([0.693147], dtype=float32)";
    /// Whether both differ from zero.
    logical_and => LogicalAnd, flags2, "mx.logical_and(mx.array([1, 0]), 1)" => "array([True, False], dtype=bool)";
    /// Whether one differs from zero.
    logical_or => LogicalOr, flags2, "mx.logical_or(mx.array([1, 0]), 0)" => "array([True, False], dtype=bool)";
    /// The larger one; NaN if one is.
    maximum => Maximum, any2, "mx.maximum(mx.array([1, 5]), 3)" => "array([3, 5], dtype=int32)";
    /// The smaller one; NaN if one is.
    minimum => Minimum, any2, "mx.minimum(mx.array([1, 5]), 3)" => "array([1, 3], dtype=int32)";
    /// `a * b`.
    multiply => Multiply, any2, "mx.multiply(mx.array([1, 2]), 3)" => "array([3, 6], dtype=int32)";
    /// Whether different.
    not_equal => NotEqual, flags2, "mx.not_equal(mx.array([1, 2]), 2)" => "array([True, False], dtype=bool)";
    /// `a` to the power `b`.
    power ["pow"] => Power, any2, "mx.power(mx.array([2]), 3)" => "array([8], dtype=int32)";
    /// What is left of the quotient rounded down; it has the sign of `b`.
    remainder => Remainder, real2, "mx.remainder(mx.array([-7]), 2)" => "array([1], dtype=int32)";
    /// `a` with its bits moved right by `b`.
    right_shift ["bitwise_right_shift"] => RightShift, bits2, "mx.right_shift(mx.array([8]), 3)" => "array([1], dtype=int32)";
    /// `a - b`.
    subtract => Subtract, any2, "mx.subtract(mx.array([5]), 3)" => "array([2], dtype=int32)";
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
        /// The quotient rounded down and the remainder, as a list of two arrays.
        #[doc = about!(real2)]
        ///
        /// >>> mx.divmod(mx.array([7]), 2)
        /// [array([3], dtype=int32), array([1], dtype=int32)]
        [a, b, /, *,] fn divmod(a: Side, b: Side) -> Vec<Out> {
            let (a, b) = Side::pair(a, b)?;
            quotient_and_rest(a, b).raised()
        }

        /// Whether exactly one differs from zero.
        #[doc = about!(flags2)]
        ///
        /// >>> mx.logical_xor(mx.array([1, 0]), 1)
        /// array([False, True], dtype=bool)
        [a, b, /, *,] fn logical_xor(a: Side, b: Side) -> Out {
            let (a, b) = Side::pair(a, b)?;
            ops::logical_xor(&array(a), &array(b)).raised().map(Out)
        }

        /// Whether `a` and `b` have one shape and equal elements, NaN equal to NaN if `equal_nan`: a bool of shape `()`.
        ///
        /// Shapes and dtypes: any. Raises `TypeError` or `ValueError` for what is no array or number.
        ///
        /// >>> mx.array_equal(mx.array([1, 2]), mx.array([1, 2]))
        /// array(True, dtype=bool)
        [a, b, /, equal_nan=false, *,] fn array_equal(a: Side, b: Side, equal_nan: bool) -> Out {
            let (a, b) = Side::pair(a, b)?;
            ops::array_equal(&array(a), &array(b), equal_nan).raised().map(Out)
        }

        /// Whether `abs(a - b) <= atol + rtol * abs(b)`, elementwise.
        #[doc = about!(close)]
        ///
        /// >>> mx.isclose(mx.array([1.0, 2.0]), mx.array([1.0, 2.1]))
        /// array([True, False], dtype=bool)
        [a, b, /, rtol=1e-5, atol=1e-8, *, equal_nan=false,]
        fn isclose(a: ArrayArg, b: ArrayArg, rtol: f64, atol: f64, equal_nan: bool) -> Out {
            ops::isclose_within(&a.0, &b.0, rtol, atol, equal_nan).raised().map(Out)
        }

        /// Whether all elements are close, as `isclose` says: a bool of shape `()`.
        #[doc = about!(close)]
        ///
        /// >>> mx.allclose(mx.array([1.0]), mx.array([1.000001]))
        /// array(True, dtype=bool)
        [a, b, /, rtol=1e-5, atol=1e-8, *, equal_nan=false,]
        fn allclose(a: ArrayArg, b: ArrayArg, rtol: f64, atol: f64, equal_nan: bool) -> Out {
            ops::allclose(&a.0, &b.0, rtol, atol, equal_nan).raised().map(Out)
        }

        /// `x` where `condition` holds, else `y`; all three broadcast.
        ///
        /// Dtypes promote; numbers take the other's dtype. Raises `ValueError` for shapes that do not broadcast.
        ///
        /// >>> mx.where(mx.array([True, False]), 1, 2)
        /// array([1, 2], dtype=int32)
        [condition, x, y, /, *,] fn where_ = "where" (condition: Side, x: Side, y: Side) -> Out {
            match Side::pair(x, y)? {
                (Rhs::Literal(s), Rhs::Literal(t)) => ops::try_select(&array(condition.0), array(Rhs::Literal(s)), Rhs::Literal(t)),
                (x, y) => ops::try_select(&array(condition.0), x, y),
            }
            .raised()
            .map(Out)
        }

        /// The array limited from below by `a_min` and from above by `a_max`, one of which may be `None`.
        ///
        /// Shapes broadcast and dtypes promote; numbers take the array's dtype. Raises `ValueError` if both bounds are `None` or do not
        /// broadcast.
        ///
        /// >>> mx.clip(mx.array([1, 5]), 2, 3)
        /// array([2, 3], dtype=int32)
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

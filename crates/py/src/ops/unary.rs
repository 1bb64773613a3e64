//! Elementwise operations of one array: functions that also take a number, and methods of `array` where MLX has them.

use super::args::LikeArg;
use crate::array::{Out, PyArray};
use crate::device::{StreamArg, on};
use crate::errors::Raised;
use lazulite::ops;
use pyo3::prelude::*;

/// Declares elementwise functions by the core function they call, what is said [`about`](crate::about) them, and an example with what it
/// gives; `both` makes them methods, too. Aliases follow in brackets.
macro_rules! elementwise {
    ($(
        $(#[$meta:meta])*
        $kind:ident $name:ident = $python:literal $([$($alias:literal),+])? => $core:path, $about:ident, $example:literal => $value:literal;
    )*) => {
        $(
            $(#[$meta])*
            #[doc = about!($about)]
            #[doc = concat!("\n>>> ", $example, "\n", $value)]
            #[pyfunction]
            #[pyo3(name = $python, signature = (a, /, *, stream=None))]
            fn $name(a: LikeArg, stream: Option<StreamArg>) -> PyResult<Out> {
                on(stream, || $core(&a.0)).raised().map(Out)
            }
            elementwise!(@$kind [
                $(#[$meta])*
                #[doc = about!($about)]
                #[doc = concat!("\n>>> ", $example, "\n", $value)]
            ] $name $python $core);
        )*

        fn register_table(m: &Bound<'_, PyModule>) -> PyResult<()> {
            $({
                let function = wrap_pyfunction!($name, m)?;
                $($(m.add($alias, &function)?;)+)?
                m.add($python, function)?;
            })*
            Ok(())
        }
    };
    (@function $($rest:tt)*) => {};
    (@both [$(#[$meta:meta])*] $name:ident $python:literal $core:path) => {
        #[pymethods]
        impl PyArray {
            $(#[$meta])*
            #[pyo3(name = $python, signature = (*, stream=None))]
            fn $name(&self, stream: Option<StreamArg>) -> PyResult<Out> {
                on(stream, || $core(&self.get())).raised().map(Out)
            }
        }
    };
}

elementwise! {
    /// The absolute value; of a complex number its modulus.
    both abs = "abs" => ops::abs, parts, "mx.abs(mx.array([-1, 2]))" => "array([1, 2], dtype=int32)";
    /// The inverse cosine, in radians.
    function arccos = "arccos" ["acos"] => ops::arccos, inexact, "mx.arccos(mx.array([1.0]))" => "array([0], dtype=float32)";
    /// The inverse hyperbolic cosine.
    function arccosh = "arccosh" ["acosh"] => ops::arccosh, inexact, "mx.arccosh(mx.array([1.0]))" => "array([0], dtype=float32)";
    /// The inverse sine, in radians.
    function arcsin = "arcsin" ["asin"] => ops::arcsin, inexact, "mx.arcsin(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// The inverse hyperbolic sine.
    function arcsinh = "arcsinh" ["asinh"] => ops::arcsinh, inexact, "mx.arcsinh(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// The inverse tangent, in radians.
    function arctan = "arctan" ["atan"] => ops::arctan, inexact, "mx.arctan(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// The inverse hyperbolic tangent.
    function arctanh = "arctanh" ["atanh"] => ops::arctanh, inexact, "mx.arctanh(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// Every bit flipped; for bool the opposite.
    function bitwise_invert = "bitwise_invert" => ops::bitwise_invert, bits, "mx.bitwise_invert(mx.array([0, 5]))" => "array([-1, -6], dtype=int32)";
    /// The smallest integer that is not less.
    function ceil = "ceil" => ops::ceil, real, "mx.ceil(mx.array([0.5]))" => "array([1], dtype=float32)";
    /// The complex conjugate.
    function conjugate = "conjugate" => ops::conjugate, any, "mx.conjugate(mx.array([1+2j]))" => "array([1-2j], dtype=complex64)";
    /// The cosine of radians.
    both cos = "cos" => ops::cos, inexact, "mx.cos(mx.array([0.0]))" => "array([1], dtype=float32)";
    /// The hyperbolic cosine.
    function cosh = "cosh" => ops::cosh, inexact, "mx.cosh(mx.array([0.0]))" => "array([1], dtype=float32)";
    /// Angles in degrees, from radians.
    function degrees = "degrees" => ops::degrees, inexact, "mx.degrees(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// The error function.
    function erf = "erf" => ops::erf, float, "mx.erf(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// The inverse of the error function.
    function erfinv = "erfinv" => ops::erfinv, float, "mx.erfinv(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// The exponential.
    both exp = "exp" => ops::exp, inexact, "mx.exp(mx.array([0.0]))" => "array([1], dtype=float32)";
    /// `exp(a) - 1`, exact also near zero.
    function expm1 = "expm1" => ops::expm1, inexact, "mx.expm1(mx.array([0.0, 1e-10]))" => "array([0, 1e-10], dtype=float32)";
    /// The largest integer that is not greater.
    function floor = "floor" => ops::floor, real, "mx.floor(mx.array([1.5]))" => "array([1], dtype=float32)";
    /// The imaginary part.
    function imag = "imag" => ops::imag, parts, "mx.imag(mx.array([1+2j]))" => "array([2], dtype=float32)";
    /// Whether neither infinite nor NaN.
    function isfinite = "isfinite" => ops::isfinite, flags, "mx.isfinite(mx.array([1.0, mx.inf]))" => "array([True, False], dtype=bool)";
    /// Whether infinite.
    function isinf = "isinf" => ops::isinf, flags, "mx.isinf(mx.array([1.0, mx.inf]))" => "array([False, True], dtype=bool)";
    /// Whether NaN.
    function isnan = "isnan" => ops::isnan, flags, "mx.isnan(mx.array([1.0, mx.nan]))" => "array([False, True], dtype=bool)";
    /// Whether negative infinity.
    function isneginf = "isneginf" => ops::isneginf, flags, "mx.isneginf(mx.array([mx.inf, -mx.inf]))" => "array([False, True], dtype=bool)";
    /// Whether positive infinity.
    function isposinf = "isposinf" => ops::isposinf, flags, "mx.isposinf(mx.array([mx.inf, -mx.inf]))" => "array([True, False], dtype=bool)";
    /// The natural logarithm.
    both log = "log" => ops::log, inexact, "mx.log(mx.array([1.0]))" => "array([0], dtype=float32)";
    /// The logarithm to base 10.
    both log10 = "log10" => ops::log10, inexact, "mx.log10(mx.array([100.0]))" => "array([2], dtype=float32)";
    /// `log(1 + a)`, exact also near zero.
    both log1p = "log1p" => ops::log1p, inexact, "mx.log1p(mx.array([0.0, 1e-10]))" => "array([0, 1e-10], dtype=float32)";
    /// The logarithm to base 2.
    both log2 = "log2" => ops::log2, inexact, "mx.log2(mx.array([8.0]))" => "array([3], dtype=float32)";
    /// Whether zero.
    function logical_not = "logical_not" => ops::logical_not, flags, "mx.logical_not(mx.array([0, 3]))" => "array([True, False], dtype=bool)";
    /// `-a`.
    function negative = "negative" => ops::negative, number, "mx.negative(mx.array([1, -2]))" => "array([-1, 2], dtype=int32)";
    /// Angles in radians, from degrees.
    function radians = "radians" => ops::radians, inexact, "mx.radians(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// The real part.
    function real = "real" => ops::real, parts, "mx.real(mx.array([1+2j]))" => "array([1], dtype=float32)";
    /// `1 / a`.
    both reciprocal = "reciprocal" => ops::reciprocal, inexact, "mx.reciprocal(mx.array([4.0]))" => "array([0.25], dtype=float32)";
    /// `1 / sqrt(a)`.
    both rsqrt = "rsqrt" => ops::rsqrt, inexact, "mx.rsqrt(mx.array([4.0]))" => "array([0.5], dtype=float32)";
    /// `1 / (1 + exp(-a))`.
    function sigmoid = "sigmoid" => ops::sigmoid, inexact, "mx.sigmoid(mx.array([0.0]))" => "array([0.5], dtype=float32)";
    /// -1, 0 or 1, as the sign is; of a complex number its direction.
    function sign = "sign" => ops::sign, any, "mx.sign(mx.array([-3.0, 0.0]))" => "array([-1, 0], dtype=float32)";
    /// The sine of radians.
    both sin = "sin" => ops::sin, inexact, "mx.sin(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// The hyperbolic sine.
    function sinh = "sinh" => ops::sinh, inexact, "mx.sinh(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// The square root.
    both sqrt = "sqrt" => ops::sqrt, inexact, "mx.sqrt(mx.array([4.0]))" => "array([2], dtype=float32)";
    /// `a * a`.
    both square = "square" => ops::square, any, "mx.square(mx.array([3]))" => "array([9], dtype=int32)";
    /// The tangent of radians.
    function tan = "tan" => ops::tan, inexact, "mx.tan(mx.array([0.0]))" => "array([0], dtype=float32)";
    /// The hyperbolic tangent.
    function tanh = "tanh" => ops::tanh, inexact, "mx.tanh(mx.array([0.0]))" => "array([0], dtype=float32)";
}

#[pymethods]
impl PyArray {
    /// The complex conjugate.
    ///
    /// Shape and dtype stay. Raises `TypeError` for what is no stream.
    ///
    /// >>> mx.array([1+2j]).conj()
    /// array([1-2j], dtype=complex64)
    #[pyo3(signature = (*, stream=None))]
    fn conj(&self, stream: Option<StreamArg>) -> PyResult<Out> {
        on(stream, || ops::conjugate(&self.get())).raised().map(Out)
    }

    /// Rounds to `decimals` places, halves to even.
    ///
    /// Shape and dtype stay. Raises `TypeError` or `ValueError` for what is no array or number.
    ///
    /// >>> mx.array([1.26]).round(1)
    /// array([1.3], dtype=float32)
    #[pyo3(signature = (decimals=0, *, stream=None))]
    fn round(&self, decimals: i32, stream: Option<StreamArg>) -> PyResult<Out> {
        on(stream, || ops::round(&self.get(), decimals)).raised().map(Out)
    }
}

mod others {
    use super::super::args::{LikeArg, functions};
    use crate::array::Out;
    use crate::convert::{ArrayArg, DtypeArg};
    use crate::errors::Raised;
    use lazulite::ops;

    functions! {
        /// The complex conjugate; `a` may be passed by name.
        #[doc = about!(any)]
        ///
        /// >>> mx.conj(mx.array([1+2j]))
        /// array([1-2j], dtype=complex64)
        [a, *,] fn conj(a: LikeArg) -> Out {
            ops::conjugate(&a.0).raised().map(Out)
        }

        /// The array itself.
        ///
        /// Shape and dtype stay. Raises `TypeError` for what is no array.
        ///
        /// >>> mx.positive(mx.array([1]))
        /// array([1], dtype=int32)
        [a, /, *,] fn positive(a: ArrayArg) -> Out {
            Ok(Out(a.0))
        }

        /// Rounds to `decimals` places, halves to even.
        ///
        /// Shape and dtype stay. Raises `TypeError` or `ValueError` for what is no array or number.
        ///
        /// >>> mx.round(mx.array([1.26]), 1)
        /// array([1.3], dtype=float32)
        [a, /, decimals=0, *,] fn round(a: LikeArg, decimals: i32) -> Out {
            ops::round(&a.0, decimals).raised().map(Out)
        }

        /// The bytes of the elements as elements of another dtype; if their sizes differ the last axis grows or shrinks.
        ///
        /// The other axes of the shape stay. Raises `ValueError` for bytes that are no whole number of elements.
        ///
        /// >>> mx.view(mx.array([1.0]), mx.uint32)
        /// array([1065353216], dtype=uint32)
        [a, dtype, *,] fn view(a: LikeArg, dtype: DtypeArg) -> Out {
            ops::view(&a.0, dtype.0).raised().map(Out)
        }

        /// Rounds toward zero.
        ///
        /// Shape and dtype stay. Raises `ValueError` for complex numbers.
        ///
        /// >>> mx.trunc(mx.array([-1.7]))
        /// array([-1], dtype=float32)
        [a, /, *,] fn trunc(a: ArrayArg) -> Out {
            ops::trunc(&a.0).raised().map(Out)
        }

        /// The array, through which no gradient flows: `grad(lambda x: x * stop_gradient(x))` of 3 is 3.
        ///
        /// Shape and dtype stay. Raises `TypeError` for what is no array.
        ///
        /// >>> mx.grad(lambda x: x * mx.stop_gradient(x))(mx.array(3.0))
        /// array(3, dtype=float32)
        [a, /, *,] fn stop_gradient(a: ArrayArg) -> Out {
            ops::stop_gradient(&a.0).raised().map(Out)
        }

        /// NaN replaced by `nan`, infinities by `posinf` and `neginf` or the dtype's largest numbers.
        ///
        /// Shape and dtype stay. Raises `ValueError` for complex numbers.
        ///
        /// >>> mx.nan_to_num(mx.array([float("nan"), 1.0]))
        /// array([0, 1], dtype=float32)
        [a, nan=0.0, posinf=None, neginf=None, *,]
        fn nan_to_num(a: LikeArg, nan: f64, posinf: Option<f64>, neginf: Option<f64>) -> Out {
            ops::nan_to_num(&a.0, nan, posinf, neginf).raised().map(Out)
        }
    }
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    register_table(m)?;
    others::register(m)
}

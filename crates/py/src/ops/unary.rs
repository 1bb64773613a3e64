//! Elementwise operations of one array: functions that also take a number, and methods of `array` where MLX has them.

use super::args::LikeArg;
use crate::array::{Out, PyArray};
use crate::device::{StreamArg, on};
use crate::errors::Raised;
use lazulite::ops;
use pyo3::prelude::*;

/// Declares elementwise functions by the core function they call; `both` makes them methods, too. Aliases follow in brackets.
macro_rules! elementwise {
    ($($(#[$meta:meta])* $kind:ident $name:ident = $python:literal $([$($alias:literal),+])? => $core:path;)*) => {
        $(
            $(#[$meta])*
            ///
            /// Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
            #[pyfunction]
            #[pyo3(name = $python, signature = (a, /, *, stream=None))]
            fn $name(a: LikeArg, stream: Option<StreamArg>) -> PyResult<Out> {
                on(stream, || $core(&a.0)).raised().map(Out)
            }
            elementwise!(@$kind [$(#[$meta])*] $name $python $core);
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
    /// The absolute value; of a complex number its modulus. `abs([-1, 2])` is `[1, 2]`.
    both abs = "abs" => ops::abs;
    /// The inverse cosine, in radians. `arccos([1.0])` is `[0.0]`.
    function arccos = "arccos" ["acos"] => ops::arccos;
    /// The inverse hyperbolic cosine. `arccosh([1.0])` is `[0.0]`.
    function arccosh = "arccosh" ["acosh"] => ops::arccosh;
    /// The inverse sine, in radians. `arcsin([0.0])` is `[0.0]`.
    function arcsin = "arcsin" ["asin"] => ops::arcsin;
    /// The inverse hyperbolic sine. `arcsinh([0.0])` is `[0.0]`.
    function arcsinh = "arcsinh" ["asinh"] => ops::arcsinh;
    /// The inverse tangent, in radians. `arctan([0.0])` is `[0.0]`.
    function arctan = "arctan" ["atan"] => ops::arctan;
    /// The inverse hyperbolic tangent. `arctanh([0.0])` is `[0.0]`.
    function arctanh = "arctanh" ["atanh"] => ops::arctanh;
    /// Every bit flipped; for bool the opposite. `bitwise_invert([0, 5])` is `[-1, -6]`.
    function bitwise_invert = "bitwise_invert" => ops::bitwise_invert;
    /// The smallest integer that is not less. `ceil([0.5])` is `[1.0]`.
    function ceil = "ceil" => ops::ceil;
    /// The complex conjugate. `conjugate([1+2j])` is `[1-2j]`.
    function conjugate = "conjugate" => ops::conjugate;
    /// The cosine of radians. `cos([0.0])` is `[1.0]`.
    both cos = "cos" => ops::cos;
    /// The hyperbolic cosine. `cosh([0.0])` is `[1.0]`.
    function cosh = "cosh" => ops::cosh;
    /// Angles in degrees, from radians. `degrees([0.0])` is `[0.0]`.
    function degrees = "degrees" => ops::degrees;
    /// The error function. `erf([0.0])` is `[0.0]`.
    function erf = "erf" => ops::erf;
    /// The inverse of the error function. `erfinv([0.0])` is `[0.0]`.
    function erfinv = "erfinv" => ops::erfinv;
    /// The exponential. `exp([0.0])` is `[1.0]`.
    both exp = "exp" => ops::exp;
    /// `exp(a) - 1`, exact also near zero. `expm1([0.0])` is `[0.0]`.
    function expm1 = "expm1" => ops::expm1;
    /// The largest integer that is not greater. `floor([1.5])` is `[1.0]`.
    function floor = "floor" => ops::floor;
    /// The imaginary part. `imag([1+2j])` is `[2.0]`.
    function imag = "imag" => ops::imag;
    /// Whether neither infinite nor NaN. `isfinite([1.0, inf])` is `[True, False]`.
    function isfinite = "isfinite" => ops::isfinite;
    /// Whether infinite. `isinf([1.0, inf])` is `[False, True]`.
    function isinf = "isinf" => ops::isinf;
    /// Whether NaN. `isnan([1.0, nan])` is `[False, True]`.
    function isnan = "isnan" => ops::isnan;
    /// Whether negative infinity. `isneginf([inf, -inf])` is `[False, True]`.
    function isneginf = "isneginf" => ops::isneginf;
    /// Whether positive infinity. `isposinf([inf, -inf])` is `[True, False]`.
    function isposinf = "isposinf" => ops::isposinf;
    /// The natural logarithm. `log([1.0])` is `[0.0]`.
    both log = "log" => ops::log;
    /// The logarithm to base 10. `log10([100.0])` is `[2.0]`.
    both log10 = "log10" => ops::log10;
    /// `log(1 + a)`, exact also near zero. `log1p([0.0])` is `[0.0]`.
    both log1p = "log1p" => ops::log1p;
    /// The logarithm to base 2. `log2([8.0])` is `[3.0]`.
    both log2 = "log2" => ops::log2;
    /// Whether zero. `logical_not([0, 3])` is `[True, False]`.
    function logical_not = "logical_not" => ops::logical_not;
    /// `-a`. `negative([1, -2])` is `[-1, 2]`.
    function negative = "negative" => ops::negative;
    /// Angles in radians, from degrees. `radians([0.0])` is `[0.0]`.
    function radians = "radians" => ops::radians;
    /// The real part. `real([1+2j])` is `[1.0]`.
    function real = "real" => ops::real;
    /// `1 / a`. `reciprocal([4.0])` is `[0.25]`.
    both reciprocal = "reciprocal" => ops::reciprocal;
    /// `1 / sqrt(a)`. `rsqrt([4.0])` is `[0.5]`.
    both rsqrt = "rsqrt" => ops::rsqrt;
    /// `1 / (1 + exp(-a))`. `sigmoid([0.0])` is `[0.5]`.
    function sigmoid = "sigmoid" => ops::sigmoid;
    /// -1, 0 or 1, as the sign is; of a complex number its direction. `sign([-3.0, 0.0])` is `[-1.0, 0.0]`.
    function sign = "sign" => ops::sign;
    /// The sine of radians. `sin([0.0])` is `[0.0]`.
    both sin = "sin" => ops::sin;
    /// The hyperbolic sine. `sinh([0.0])` is `[0.0]`.
    function sinh = "sinh" => ops::sinh;
    /// The square root. `sqrt([4.0])` is `[2.0]`.
    both sqrt = "sqrt" => ops::sqrt;
    /// `a * a`. `square([3])` is `[9]`.
    both square = "square" => ops::square;
    /// The tangent of radians. `tan([0.0])` is `[0.0]`.
    function tan = "tan" => ops::tan;
    /// The hyperbolic tangent. `tanh([0.0])` is `[0.0]`.
    function tanh = "tanh" => ops::tanh;
}

#[pymethods]
impl PyArray {
    /// The complex conjugate.
    #[pyo3(signature = (*, stream=None))]
    fn conj(&self, stream: Option<StreamArg>) -> PyResult<Out> {
        on(stream, || ops::conjugate(&self.get())).raised().map(Out)
    }

    /// Rounds to `decimals` places, halves to even.
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
        /// The complex conjugate; `a` may be passed by name. `conj(mx.array([1+2j]))` is `[1-2j]`.
        [a, *,] fn conj(a: LikeArg) -> Out {
            ops::conjugate(&a.0).raised().map(Out)
        }

        /// The array itself. `positive(mx.array([1]))` is `[1]`.
        [a, /, *,] fn positive(a: ArrayArg) -> Out {
            Ok(Out(a.0))
        }

        /// Rounds to `decimals` places, halves to even. `round(mx.array([1.25]), 1)` is `[1.2]`.
        [a, /, decimals=0, *,] fn round(a: LikeArg, decimals: i32) -> Out {
            ops::round(&a.0, decimals).raised().map(Out)
        }

        /// The bytes of the elements as elements of another dtype; if their sizes differ the last axis grows or shrinks.
        /// `view(mx.array([1.0]), mx.uint32)` is `[1065353216]`.
        [a, dtype, *,] fn view(a: LikeArg, dtype: DtypeArg) -> Out {
            ops::view(&a.0, dtype.0).raised().map(Out)
        }

        /// Rounds toward zero. `trunc(mx.array([-1.7]))` is `[-1.0]`.
        [a, /, *,] fn trunc(a: ArrayArg) -> Out {
            ops::trunc(&a.0).raised().map(Out)
        }

        /// The array, through which no gradient flows: `grad(lambda x: x * stop_gradient(x))` of 3 is 3.
        [a, /, *,] fn stop_gradient(a: ArrayArg) -> Out {
            ops::stop_gradient(&a.0).raised().map(Out)
        }

        /// NaN replaced by `nan`, infinities by `posinf` and `neginf` or the dtype's largest numbers.
        /// `nan_to_num(mx.array([float("nan"), 1.0]))` is `[0.0, 1.0]`.
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

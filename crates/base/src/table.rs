//! The elementwise operations: one row of data each.
//!
//! A row is data only. What an operation computes is its arm in [`crate::meaning`]; its derivative is its arm in
//! `lazulite_core::ops::derivative`. Everything else is derived from these three: the Rust function and method, the vjp, the jvp, the
//! batching rule, fusion, kernels and the tests.

use crate::dtype::Dtype;

/// Which dtypes an operation takes, and what it does with the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Accepts {
    /// Every dtype.
    Any,
    /// Every dtype but complex.
    Real,
    /// Floats and complex; integers and bool become `float32`.
    Inexact,
    /// Floats; integers and bool become `float32`; complex is refused.
    Float,
    /// Integers and bool; others are refused.
    Bits,
    /// Integers; bool and others are refused.
    Integer,
    /// Everything is first cast to bool.
    Logical,
    /// Every dtype but bool.
    Number,
}

/// The dtype of the result, given the (promoted) dtype of the operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gives {
    /// The operands' dtype.
    Same,
    /// `bool`.
    Bool,
    /// The real part's dtype: `float32` for complex, else the operands'.
    RealPart,
}

/// How an operation differentiates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Smooth {
    /// By a factor for each argument; on complex numbers it is holomorphic, so one factor serves both modes.
    Yes,
    /// With a jvp and a vjp of its own (`abs`, `conj`, `real`, `imag`).
    Own,
    /// Piecewise constant: its derivative is zero everywhere.
    Flat,
}

/// One row of the table.
#[derive(Debug)]
pub struct Info {
    /// The Rust and Python name.
    pub name: &'static str,
    /// Number of operands.
    pub arity: usize,
    /// Which dtypes it takes.
    pub accepts: Accepts,
    /// Its result's dtype.
    pub gives: Gives,
    /// How it differentiates.
    pub smooth: Smooth,
    /// How a GPU kernel writes it, over operands `a`, `b`, `c` and the prelude's overloaded functions.
    pub gpu: &'static str,
    /// The interval that tests draw operands from.
    pub domain: (f64, f64),
    /// Largest error in f32, in units in the last place of the f64 result.
    pub ulp: f64,
    /// First line of the documentation.
    pub doc: &'static str,
}

/// Calls `$back!` with every row of the table; how the enum, the functions and the methods are made.
#[macro_export]
macro_rules! elementwise_table {
    ($back:ident) => { $back! {
        // variant, name, arity, accepts, gives, smooth, gpu text, test domain, ulp, documentation
        (Negative, negative, 1, Number, Same, Yes, "-a", (-4.0, 4.0), 0.0, "`-x`.")
        (Abs, abs, 1, Any, RealPart, Own, "lz_abs(a)", (-4.0, 4.0), 0.5, "The absolute value; the modulus of a complex number.")
        (Sign, sign, 1, Any, Same, Flat, "lz_sign(a)", (-4.0, 4.0), 0.5, "-1, 0 or 1 with the sign of `x`; `z / |z|` for complex numbers.")
        (Floor, floor, 1, Real, Same, Flat, "lz_floor(a)", (-4.0, 4.0), 0.0, "The largest integer not above `x`.")
        (Ceil, ceil, 1, Real, Same, Flat, "lz_ceil(a)", (-4.0, 4.0), 0.0, "The smallest integer not below `x`.")
        (Rint, rint, 1, Any, Same, Flat, "lz_rint(a)", (-4.0, 4.0), 0.0, "The nearest integer, halves to even.")
        (Square, square, 1, Any, Same, Yes, "a * a", (-4.0, 4.0), 0.5, "`x * x`.")
        (Sqrt, sqrt, 1, Inexact, Same, Yes, "lz_sqrt(a)", (0.1, 4.0), 0.5, "The square root.")
        (Rsqrt, rsqrt, 1, Inexact, Same, Yes, "lz_rsqrt(a)", (0.1, 4.0), 1.0, "`1 / sqrt(x)`.")
        (Reciprocal, reciprocal, 1, Inexact, Same, Yes, "1 / a", (0.25, 4.0), 0.5, "`1 / x`.")
        (Exp, exp, 1, Inexact, Same, Yes, "lz_exp(a)", (-4.0, 4.0), 2.0, "The exponential.")
        (Expm1, expm1, 1, Inexact, Same, Yes, "lz_expm1(a)", (-2.0, 2.0), 2.0, "`exp(x) - 1`, exact near zero.")
        (Log, log, 1, Inexact, Same, Yes, "lz_log(a)", (0.1, 8.0), 2.0, "The natural logarithm.")
        (Log2, log2, 1, Inexact, Same, Yes, "lz_log2(a)", (0.1, 8.0), 2.0, "The logarithm to base 2.")
        (Log10, log10, 1, Inexact, Same, Yes, "lz_log10(a)", (0.1, 8.0), 2.0, "The logarithm to base 10.")
        (Log1p, log1p, 1, Inexact, Same, Yes, "lz_log1p(a)", (-0.5, 4.0), 2.0, "`log(1 + x)`, exact near zero.")
        (Sin, sin, 1, Inexact, Same, Yes, "lz_sin(a)", (-4.0, 4.0), 2.0, "The sine of an angle in radians.")
        (Cos, cos, 1, Inexact, Same, Yes, "lz_cos(a)", (-4.0, 4.0), 2.0, "The cosine of an angle in radians.")
        (Tan, tan, 1, Inexact, Same, Yes, "lz_tan(a)", (-1.2, 1.2), 4.0, "The tangent of an angle in radians.")
        (Arcsin, arcsin, 1, Inexact, Same, Yes, "lz_asin(a)", (-0.9, 0.9), 2.0, "The inverse sine, in radians.")
        (Arccos, arccos, 1, Inexact, Same, Yes, "lz_acos(a)", (-0.9, 0.9), 2.0, "The inverse cosine, in radians.")
        (Arctan, arctan, 1, Inexact, Same, Yes, "lz_atan(a)", (-4.0, 4.0), 2.0, "The inverse tangent, in radians.")
        (Sinh, sinh, 1, Inexact, Same, Yes, "lz_sinh(a)", (-3.0, 3.0), 2.0, "The hyperbolic sine.")
        (Cosh, cosh, 1, Inexact, Same, Yes, "lz_cosh(a)", (-3.0, 3.0), 2.0, "The hyperbolic cosine.")
        (Tanh, tanh, 1, Inexact, Same, Yes, "lz_tanh(a)", (-3.0, 3.0), 2.0, "The hyperbolic tangent.")
        (Arcsinh, arcsinh, 1, Inexact, Same, Yes, "lz_asinh(a)", (-3.0, 3.0), 2.0, "The inverse hyperbolic sine.")
        (Arccosh, arccosh, 1, Inexact, Same, Yes, "lz_acosh(a)", (1.2, 4.0), 2.0, "The inverse hyperbolic cosine.")
        (Arctanh, arctanh, 1, Inexact, Same, Yes, "lz_atanh(a)", (-0.9, 0.9), 2.0, "The inverse hyperbolic tangent.")
        (Erf, erf, 1, Float, Same, Yes, "lz_erf(a)", (-3.0, 3.0), 2.0, "The error function.")
        (Erfinv, erfinv, 1, Float, Same, Yes, "lz_erfinv(a)", (-0.9, 0.9), 8.0, "The inverse of the error function.")
        (Sigmoid, sigmoid, 1, Inexact, Same, Yes, "lz_sigmoid(a)", (-4.0, 4.0), 3.0, "The logistic function `1 / (1 + exp(-x))`.")
        (Conjugate, conjugate, 1, Any, Same, Own, "lz_conj(a)", (-4.0, 4.0), 0.0, "The complex conjugate.")
        (Real, real, 1, Any, RealPart, Own, "lz_real(a)", (-4.0, 4.0), 0.0, "The real part.")
        (Imag, imag, 1, Any, RealPart, Own, "lz_imag(a)", (-4.0, 4.0), 0.0, "The imaginary part; zero for real numbers.")
        (LogicalNot, logical_not, 1, Logical, Bool, Flat, "!a", (-1.0, 1.0), 0.0, "Whether `x` is zero.")
        (BitwiseInvert, bitwise_invert, 1, Bits, Same, Flat, "lz_invert(a)", (-4.0, 4.0), 0.0, "Every bit turned over; `not` for bool.")
        (Add, add, 2, Any, Same, Yes, "a + b", (-4.0, 4.0), 0.5, "`x + y`; logical or for bool.")
        (Subtract, subtract, 2, Any, Same, Yes, "a - b", (-4.0, 4.0), 0.5, "`x - y`.")
        (Multiply, multiply, 2, Any, Same, Yes, "a * b", (-4.0, 4.0), 0.5, "`x * y`; logical and for bool.")
        (Divide, divide, 2, Inexact, Same, Yes, "a / b", (0.5, 4.0), 0.5, "`x / y`; integers become `float32`.")
        (Remainder, remainder, 2, Real, Same, Yes, "lz_remainder(a, b)", (0.5, 4.0), 0.5, "The remainder of `x / y`, with the sign of `y`; of integers by zero, zero.")
        (FloorDivide, floor_divide, 2, Real, Same, Flat, "lz_floordiv(a, b)", (0.5, 4.0), 0.5, "`x / y` rounded down; integers divided by zero give zero.")
        (Power, power, 2, Any, Same, Yes, "lz_pow(a, b)", (0.5, 3.0), 2.0, "`x` to the power `y`.")
        (Maximum, maximum, 2, Any, Same, Yes, "lz_max(a, b)", (-4.0, 4.0), 0.0, "The larger of the two; NaN if either is.")
        (Minimum, minimum, 2, Any, Same, Yes, "lz_min(a, b)", (-4.0, 4.0), 0.0, "The smaller of the two; NaN if either is.")
        (Arctan2, arctan2, 2, Float, Same, Yes, "lz_atan2(a, b)", (0.25, 4.0), 2.0, "The angle of the point (y, x) = (first, second), in radians.")
        (Logaddexp, logaddexp, 2, Inexact, Same, Yes, "lz_logaddexp(a, b)", (-4.0, 4.0), 4.0, "`log(exp(x) + exp(y))` without overflow.")
        (Equal, equal, 2, Any, Bool, Flat, "a == b", (-2.0, 2.0), 0.0, "Whether `x == y`.")
        (NotEqual, not_equal, 2, Any, Bool, Flat, "a != b", (-2.0, 2.0), 0.0, "Whether `x != y`.")
        (Less, less, 2, Any, Bool, Flat, "a < b", (-2.0, 2.0), 0.0, "Whether `x < y`; complex numbers compare by real part, then imaginary.")
        (LessEqual, less_equal, 2, Any, Bool, Flat, "a <= b", (-2.0, 2.0), 0.0, "Whether `x <= y`.")
        (Greater, greater, 2, Any, Bool, Flat, "a > b", (-2.0, 2.0), 0.0, "Whether `x > y`.")
        (GreaterEqual, greater_equal, 2, Any, Bool, Flat, "a >= b", (-2.0, 2.0), 0.0, "Whether `x >= y`.")
        (LogicalAnd, logical_and, 2, Logical, Bool, Flat, "a && b", (-1.0, 1.0), 0.0, "Whether both differ from zero.")
        (LogicalOr, logical_or, 2, Logical, Bool, Flat, "a || b", (-1.0, 1.0), 0.0, "Whether either differs from zero.")
        (BitwiseAnd, bitwise_and, 2, Bits, Same, Flat, "a & b", (0.0, 8.0), 0.0, "Bits set in both.")
        (BitwiseOr, bitwise_or, 2, Bits, Same, Flat, "a | b", (0.0, 8.0), 0.0, "Bits set in either.")
        (BitwiseXor, bitwise_xor, 2, Bits, Same, Flat, "a ^ b", (0.0, 8.0), 0.0, "Bits set in one of the two.")
        (LeftShift, left_shift, 2, Bits, Same, Flat, "lz_shl(a, b)", (0.0, 6.0), 0.0, "`x << y`; zero bits come in.")
        (RightShift, right_shift, 2, Bits, Same, Flat, "lz_shr(a, b)", (0.0, 6.0), 0.0, "`x >> y`, keeping the sign.")
        (Select, select, 3, Any, Same, Yes, "a ? b : c", (-1.0, 1.0), 0.0, "`y` where the condition `x` holds, else `z`.")
    } };
}

macro_rules! define {
    ($(($variant:ident, $name:ident, $arity:literal, $accepts:ident, $gives:ident, $smooth:ident, $gpu:literal, $domain:expr, $ulp:literal, $doc:literal))*) => {
        /// An elementwise operation; its data are [`Op::info`].
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $(#[doc = $doc] $variant),* }

        impl Op {
            /// Every operation, in the table's order.
            pub const ALL: &'static [Op] = &[$(Op::$variant),*];
        }

        static TABLE: &[Info] = &[$(Info {
            name: stringify!($name), arity: $arity, accepts: Accepts::$accepts, gives: Gives::$gives, smooth: Smooth::$smooth,
            gpu: $gpu, domain: $domain, ulp: $ulp, doc: $doc,
        }),*];
    };
}

elementwise_table!(define);

impl Op {
    /// The operation's row.
    pub fn info(self) -> &'static Info {
        &TABLE[self as usize]
    }

    /// The operation's name.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The dtype in which operands of dtype `d` are taken; `None` if they are refused. (For `select`: of the two choices.)
    pub fn operand_dtype(self, d: Dtype) -> Option<Dtype> {
        match self.info().accepts {
            Accepts::Any => Some(d),
            Accepts::Real => (d != Dtype::C64).then_some(d),
            Accepts::Inexact => Some(d.to_inexact()),
            Accepts::Float => (d != Dtype::C64).then_some(d.to_inexact()),
            Accepts::Bits => (!d.is_inexact()).then_some(d),
            Accepts::Integer => d.is_integer().then_some(d),
            Accepts::Logical => Some(Dtype::Bool),
            Accepts::Number => (d != Dtype::Bool).then_some(d),
        }
    }

    /// The dtype of the result for operands of dtype `d` (as [`Op::operand_dtype`] gives it).
    pub fn result_dtype(self, d: Dtype) -> Dtype {
        match self.info().gives {
            Gives::Same => d,
            Gives::Bool => Dtype::Bool,
            Gives::RealPart => d.real(),
        }
    }

    /// Whether swapping the two operands changes nothing, bit for bit (but for the payload of a NaN).
    pub fn commutes(self) -> bool {
        matches!(
            self,
            Op::Add
                | Op::Multiply
                | Op::Equal
                | Op::NotEqual
                | Op::LogicalAnd
                | Op::LogicalOr
                | Op::BitwiseAnd
                | Op::BitwiseOr
                | Op::BitwiseXor
        )
    }
}

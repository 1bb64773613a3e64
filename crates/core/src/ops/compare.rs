//! Elementwise operations composed of the table's rows: tests of special values, closeness, truncation.

use crate::Array;
use crate::ops::{Rhs, op};
use lazulite_base::error::Result;
use lazulite_base::{Dtype, Element, Scalar};

/// The largest finite number of a float dtype.
fn largest(d: Dtype) -> f64 {
    match d {
        Dtype::F16 => half::f16::MAX.to_f64(),
        Dtype::BF16 => half::bf16::MAX.to_f64(),
        Dtype::F64 => f64::MAX,
        _ => f32::MAX as f64,
    }
}

/// Whether each element is this infinity, a complex one with an imaginary part of zero; nothing is, of a dtype without infinities.
fn is_infinity(x: &Array, infinity: f64) -> Result<Array> {
    if x.dtype().is_float() || x.dtype() == Dtype::C64 {
        crate::ops::equal(x, infinity)
    } else {
        crate::ops::astype(&x.zeros_like(), Dtype::Bool)
    }
}

op! {
    /// Rounds toward zero; integers and bool stay as they are.
    ///
    /// # Errors
    /// A type error for complex numbers.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![-1.7, 1.7].trunc().to_vec::<f32>().unwrap(), [-1.0, 1.0]);
    /// ```
    pub fn trunc(x) -> Array {
        if x.dtype() == Dtype::C64 {
            return Err(crate::ops::refuse_dtype("trunc", x.dtype()));
        }
        if !x.dtype().is_float() {
            return Ok(x.clone());
        }
        crate::ops::try_select(&crate::ops::less(x, 0)?, crate::ops::ceil(x)?, crate::ops::floor(x)?)
    }

    /// Whether exactly one of two elements differs from zero.
    ///
    /// # Errors
    /// A value error for shapes that do not broadcast.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 0].logical_xor(&array![1, 1]).to_vec::<bool>().unwrap(), [false, true]);
    /// ```
    pub fn logical_xor(x, y: &Array) -> Array {
        crate::ops::not_equal(&crate::ops::astype(x, Dtype::Bool)?, &crate::ops::astype(y, Dtype::Bool)?)
    }

    /// Whether each element is positive infinity.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, f32::INFINITY].isposinf().to_vec::<bool>().unwrap(), [false, true]);
    /// ```
    pub fn isposinf(x) -> Array {
        is_infinity(x, f64::INFINITY)
    }

    /// Whether each element is negative infinity.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, -f32::INFINITY].isneginf().to_vec::<bool>().unwrap(), [false, true]);
    /// ```
    pub fn isneginf(x) -> Array {
        is_infinity(x, f64::NEG_INFINITY)
    }

    /// The array with NaN replaced by `nan` and the infinities by `high` and `low`, or by the dtype's largest and smallest numbers.
    /// Integers have none of these and stay as they are.
    ///
    /// # Errors
    /// A type error for complex numbers.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![f32::NAN, f32::INFINITY, 1.0].nan_to_num(0.0, Some(9.0), None);
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [0.0, 9.0, 1.0]);
    /// ```
    pub fn nan_to_num(x, nan: f64, high: Option<f64>, low: Option<f64>) -> Array {
        let d = x.dtype();
        if d == Dtype::C64 {
            return Err(crate::ops::refuse_dtype("nan_to_num", d));
        }
        if !d.is_float() {
            return Ok(x.clone());
        }
        let s = |v: f64| Scalar::new(v, d);
        let y = crate::ops::try_select(&crate::ops::isnan(x)?, s(nan), x)?;
        let y = crate::ops::try_select(&isposinf(x)?, s(high.unwrap_or(largest(d))), &y)?;
        crate::ops::try_select(&isneginf(x)?, s(low.unwrap_or(-largest(d))), &y)
    }

    /// Whether `|x - y| <= atol + rtol * |y|`; equal infinities are close, and NaN to NaN if `equal_nan`.
    ///
    /// # Errors
    /// A value error for shapes that do not broadcast.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let near = array![1.0, 2.0].isclose_within(&array![1.05, 3.0], 0.0, 0.1, false);
    /// assert_eq!(near.to_vec::<bool>().unwrap(), [true, false]);
    /// ```
    pub fn isclose_within(x, y: &Array, rtol: f64, atol: f64, equal_nan: bool) -> Array {
        let slack = crate::ops::add(&crate::ops::multiply(&crate::ops::abs(y)?, rtol)?, atol)?;
        let near = crate::ops::less_equal(&crate::ops::abs(&crate::ops::subtract(x, y)?)?, &slack)?;
        let close = crate::ops::logical_or(&crate::ops::logical_and(&near, &crate::ops::isfinite(y)?)?, &crate::ops::equal(x, y)?)?;
        if !equal_nan {
            return Ok(close);
        }
        crate::ops::logical_or(&close, &crate::ops::logical_and(&crate::ops::isnan(x)?, &crate::ops::isnan(y)?)?)
    }

    /// Whether all elements are close, as [`isclose_within`] says.
    ///
    /// # Errors
    /// As for `isclose_within`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert!(array![1.0, 2.0].allclose(&array![1.0, 2.0], 1e-5, 1e-8, false).item::<bool>().unwrap());
    /// ```
    pub fn allclose(x, y: &Array, rtol: f64, atol: f64, equal_nan: bool) -> Array {
        crate::ops::all(&isclose_within(x, y, rtol, atol, equal_nan)?, ..)
    }

    /// Whether two arrays have the same shape and equal elements; NaN equals NaN if `equal_nan`.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert!(array![1, 2].array_equal(&array![1.0, 2.0], false).item::<bool>().unwrap());
    /// assert!(!array![1, 2].array_equal(&array![1], false).item::<bool>().unwrap());
    /// ```
    pub fn array_equal(x, y: &Array, equal_nan: bool) -> Array {
        if x.shape() != y.shape() {
            return Ok(Array::scalar(false.scalar()));
        }
        let equal = crate::ops::equal(x, y)?;
        if !equal_nan {
            return crate::ops::all(&equal, ..);
        }
        let both = crate::ops::logical_and(&crate::ops::isnan(x)?, &crate::ops::isnan(y)?)?;
        crate::ops::all(&crate::ops::logical_or(&equal, &both)?, ..)
    }

    /// The array limited from below, from above, or both; bounds broadcast.
    ///
    /// # Errors
    /// A value error for shapes that do not broadcast.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::Rhs;
    /// assert_eq!(array![-2, 5].clip_by(None, Some(Rhs::Literal(2.scalar()))).to_vec::<i32>().unwrap(), [-2, 2]);
    /// ```
    pub fn clip_by(x, low: Option<Rhs>, high: Option<Rhs>) -> Array {
        let y = low.map_or_else(|| Ok(x.clone()), |low| crate::ops::maximum(x, low))?;
        high.map_or_else(|| Ok(y.clone()), |high| crate::ops::minimum(&y, high))
    }
}

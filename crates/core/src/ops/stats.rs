//! Statistics that are composed of sorting, sums and differences.

use crate::Array;
use crate::ops::view::{self, Range};
use crate::ops::{Axes, create, op};
use lazulite_base::error::{Error, Result};
use lazulite_base::{Dims, Dtype, Scalar, shape};
use smallvec::{SmallVec, smallvec};

/// A slice `start..stop` along one axis.
fn along(x: &Array, axis: usize, start: i64, stop: Option<i64>) -> Result<Array> {
    let mut ranges: SmallVec<[Range; 4]> = smallvec![Range::FULL; x.ndim()];
    ranges[axis] = Range { start, stop, step: 1 };
    view::slice_ranges(x, ranges)
}

op! {
    /// The median over `axes`: the middle element, or the mean of the two in the middle; NaN if there is one. Integers become
    /// `float32`.
    ///
    /// # Errors
    /// An index error for an axis out of range; a value error where there are no elements, or for an axis named twice.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![4.0, 1.0, 2.0, 3.0].median(..).item::<f32>().unwrap(), 2.5);
    /// ```
    pub fn median(x, axes: impl Into<Axes>) -> Array {
        let (list, keep) = axes.into().resolve("median", x.ndim())?;
        let dims = x.shape();
        let n: usize = list.iter().map(|&a| dims[a]).product();
        if n == 0 {
            return Err(Error::value("median", format!("there is no median of nothing: shape {dims:?}, axes {:?}", &list[..])));
        }
        let kept: Dims = (0..x.ndim()).filter(|a| !list.contains(a)).collect();
        let rows: Dims = kept.iter().map(|&a| dims[a]).chain([n]).collect();
        let order: Dims = kept.iter().chain(&list).copied().collect();
        let x = crate::ops::astype(x, x.dtype().to_inexact())?;
        let flat = view::reshape_to(&view::permute(&x, order)?, rows)?;
        let sorted = crate::ops::sort(&flat, -1)?;
        let last = kept.len();
        let (low, high) = (view::pick(&sorted, last, (n - 1) / 2)?, view::pick(&sorted, last, n / 2)?);
        let middle = crate::ops::multiply(&crate::ops::add(&low, &high)?, 0.5)?;
        // NaN is sorted last.
        let worst = view::pick(&sorted, last, n - 1)?;
        let y = crate::ops::try_select(&crate::ops::isnan(&worst)?, &worst, &middle)?;
        if !keep {
            return Ok(y);
        }
        let dims: Dims = (0..x.ndim()).map(|a| if list.contains(&a) { 1 } else { dims[a] }).collect();
        view::reshape_to(&y, dims)
    }

    /// How many elements along `axes` differ from zero, as `int32`.
    ///
    /// # Errors
    /// As for `sum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 0], [3, 2]].count_nonzero(0).to_vec::<i32>().unwrap(), [2, 1]);
    /// ```
    pub fn count_nonzero(x, axes: impl Into<Axes>) -> Array {
        crate::ops::sum(&crate::ops::astype(x, Dtype::Bool)?, axes)
    }

    /// The differences of neighbours along `axis`, taken `n` times; for bool, whether neighbours differ.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 4, 9].diff(1, 0).to_vec::<i32>().unwrap(), [3, 5]);
    /// ```
    pub fn diff(x, n: usize, axis: i64) -> Array {
        let at = shape::axis("diff", axis, x.ndim())?;
        let mut y = x.clone();
        for _ in 0..n.min(x.shape()[at]) {
            let (after, before) = (along(&y, at, 1, None)?, along(&y, at, 0, Some(-1))?);
            y = if y.dtype() == Dtype::Bool { crate::ops::not_equal(&after, &before)? } else { crate::ops::subtract(&after, &before)? };
        }
        Ok(y)
    }
}

/// Element `i` of `n` of a symmetric window: `f` of the angle `2 pi i / (n - 1)`, and one for a window of one.
fn window(n: usize, f: impl Fn(&Array) -> Result<Array>) -> Result<Array> {
    if n <= 1 {
        return Ok(Array::ones([n], Dtype::F32));
    }
    let index = create::index_along(&[n], 0, Dtype::F64);
    crate::ops::astype(&f(&crate::ops::multiply(&index, std::f64::consts::TAU / (n - 1) as f64)?)?, Dtype::F32)
}

/// `a - b cos(t) + c cos(2t)`.
fn cosines(n: usize, a: f64, b: f64, c: f64) -> Result<Array> {
    let scaled = |x: Array, s: f64| crate::ops::multiply(&crate::ops::cos(&x)?, Scalar::new(s, Dtype::F64));
    window(n, |t| {
        let y = crate::ops::subtract(&scaled(t.clone(), -b)?, -a)?;
        if c == 0.0 { Ok(y) } else { crate::ops::add(&y, scaled(crate::ops::multiply(t, 2)?, c)?) }
    })
}

crate::ops::free! {
    /// Bartlett's window of `n` points: a triangle from zero to one to zero.
    ///
    /// # Errors
    /// Out of memory.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(ops::bartlett(5).unwrap().to_vec::<f32>().unwrap(), [0.0, 0.5, 1.0, 0.5, 0.0]);
    /// ```
    pub fn bartlett(n: usize) -> Array {
        window(n, |t| {
            let ramp = crate::ops::multiply(t, 1.0 / std::f64::consts::PI)?;
            crate::ops::subtract(&ramp.ones_like(), &crate::ops::abs(&crate::ops::subtract(&ramp, 1.0)?)?)
        })
    }

    /// The Hann window of `n` points: a raised cosine.
    ///
    /// # Errors
    /// Out of memory.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(ops::hanning(3).unwrap().to_vec::<f32>().unwrap(), [0.0, 1.0, 0.0]);
    /// ```
    pub fn hanning(n: usize) -> Array {
        cosines(n, 0.5, 0.5, 0.0)
    }

    /// The Hamming window of `n` points: a raised cosine on a pedestal.
    ///
    /// # Errors
    /// Out of memory.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(ops::hamming(3).unwrap().to_vec::<f32>().unwrap(), [0.08, 1.0, 0.08]);
    /// ```
    pub fn hamming(n: usize) -> Array {
        cosines(n, 0.54, 0.46, 0.0)
    }

    /// Blackman's window of `n` points: three cosine terms.
    ///
    /// # Errors
    /// Out of memory.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(ops::blackman(3).unwrap().to_vec::<f32>().unwrap()[1], 1.0);
    /// ```
    pub fn blackman(n: usize) -> Array {
        cosines(n, 0.42, 0.5, 0.08)
    }
}

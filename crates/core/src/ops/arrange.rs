//! Arrays laid out anew: repeated, rolled, cut to a triangle, put on a diagonal.

use crate::Array;
use crate::ops::view::{self, Range};
use crate::ops::{create, op};
use lazulite_base::error::{Error, Result};
use lazulite_base::{Dims, Dtype, Scalar, shape};
use smallvec::smallvec;

/// The number of axes, which is at least two.
#[track_caller]
fn two_axes(name: &str, x: &Array) -> Result<usize> {
    if x.ndim() < 2 {
        return Err(Error::value(name, format!("needs two axes, not the shape {:?}", x.dims())));
    }
    Ok(x.ndim())
}

/// `x` where the column is at most `k` to the right of the row (or, with `above`, at least), else zero.
#[track_caller]
fn triangle(name: &str, x: &Array, k: i64, above: bool) -> Result<Array> {
    let n = two_axes(name, x)?;
    let dims = [x.shape()[n - 2], x.shape()[n - 1]];
    let row = crate::ops::add(&create::index_along(&dims, 0, Dtype::I64), k)?;
    let column = create::index_along(&dims, 1, Dtype::I64);
    let kept = if above { crate::ops::less_equal(&row, &column)? } else { crate::ops::greater_equal(&row, &column)? };
    crate::ops::try_select(&kept, x, Scalar::new(0.0, x.dtype()))
}

op! {
    /// The array `counts` times along each axis; missing leading axes, of the array or of `counts`, count as one.
    ///
    /// # Errors
    /// Out of memory for a shape beyond the address space.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].tile(&[2, 2]).to_vec::<i32>().unwrap(), [1, 2, 1, 2, 1, 2, 1, 2]);
    /// ```
    pub fn tile(x, counts: &[usize]) -> Array {
        let n = x.ndim().max(counts.len());
        let size = |a: usize| if a + x.ndim() < n { 1 } else { x.shape()[a + x.ndim() - n] };
        let count = |a: usize| if a + counts.len() < n { 1 } else { counts[a + counts.len() - n] };
        let dims: Dims = (0..n).map(|a| count(a).saturating_mul(size(a))).collect();
        let dims = create::checked("tile", dims.into(), x.dtype())?;
        let apart = (0..n).flat_map(|a| [1, size(a)]).collect();
        let repeated: Dims = (0..n).flat_map(|a| [count(a), size(a)]).collect();
        view::reshape_to(&crate::ops::broadcast_to(&view::reshape_to(x, apart)?, repeated)?, dims)
    }

    /// Every element along `axis` `count` times.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].repeat(2, 0).to_vec::<i32>().unwrap(), [1, 1, 2, 2]);
    /// ```
    pub fn repeat(x, count: usize, axis: i64) -> Array {
        let at = shape::axis("repeat", axis, x.ndim())?;
        let mut dims: Dims = x.shape().into();
        dims.insert(at + 1, count);
        let y = crate::ops::broadcast_to(&crate::ops::expand_dims(x, at as i64 + 1)?, &dims)?;
        dims.remove(at + 1);
        dims[at] = dims[at].saturating_mul(count);
        view::reshape_to(&y, dims)
    }

    /// The elements moved `shift` places along `axis`; those that fall off the end come in at the start.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2, 3].roll(1, 0).to_vec::<i32>().unwrap(), [3, 1, 2]);
    /// ```
    pub fn roll(x, shift: i64, axis: i64) -> Array {
        let at = shape::axis("roll", axis, x.ndim())?;
        let n = x.shape()[at];
        if n == 0 || shift.rem_euclid(n as i64) == 0 {
            return Ok(x.clone());
        }
        let cut = n as i64 - shift.rem_euclid(n as i64);
        let part = |start: i64, stop: Option<i64>| {
            let mut ranges: view::Ranges = smallvec![Range::FULL; x.ndim()];
            ranges[at] = Range { start, stop, step: 1 };
            view::slice_ranges(x, ranges)
        };
        crate::ops::concatenate(&[&part(cut, None)?, &part(0, Some(cut))?], at as i64)
    }

    /// The elements rolled along several axes, by a shift for each; one shift or one axis serves for all. Without axes the flattened array
    /// is rolled by the sum of the shifts.
    ///
    /// # Errors
    /// An index error for an axis out of range, a value error for shifts and axes of different number.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[1, 2], [3, 4]];
    /// assert_eq!(x.roll_all(&[1], Some(&[0, 1])).to_vec::<i32>().unwrap(), [4, 3, 2, 1]);
    /// assert_eq!(x.roll_all(&[1], None).to_vec::<i32>().unwrap(), [4, 1, 2, 3]);
    /// ```
    pub fn roll_all(x, shifts: &[i64], axes: Option<&[i64]>) -> Array {
        let Some(axes) = axes else {
            let flat = roll(&crate::ops::reshape(x, [-1])?, shifts.iter().sum(), 0)?;
            return view::reshape_to(&flat, x.shape().into());
        };
        if shifts.len() != axes.len() && shifts.len() != 1 && axes.len() != 1 {
            return Err(Error::value("roll", format!("{} shifts for {} axes", shifts.len(), axes.len())));
        }
        let n = if shifts.is_empty() || axes.is_empty() { 0 } else { shifts.len().max(axes.len()) };
        (0..n).try_fold(x.clone(), |y, i| roll(&y, shifts[i.min(shifts.len() - 1)], axes[i.min(axes.len() - 1)]))
    }

    /// The matrix with a vector on its diagonal `k`, or the diagonal `k` of a matrix.
    ///
    /// # Errors
    /// A value error for other numbers of axes.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].diag(0).to_vec::<i32>().unwrap(), [1, 0, 0, 2]);
    /// assert_eq!(array![[1, 2], [3, 4]].diag(1).to_vec::<i32>().unwrap(), [2]);
    /// ```
    pub fn diag(x, k: i64) -> Array {
        match x.ndim() {
            2 => crate::ops::diagonal(x, k),
            1 => {
                let n = x.shape()[0] + k.unsigned_abs() as usize;
                let padded = crate::ops::pad(x, &[((-k).max(0) as usize, k.max(0) as usize)], Scalar::new(0.0, x.dtype()))?;
                let row = crate::ops::add(&create::index_along(&[n, n], 0, Dtype::I64), k)?;
                let on = crate::ops::equal(&row, create::index_along(&[n, n], 1, Dtype::I64))?;
                crate::ops::try_select(&on, &crate::ops::expand_dims(&padded, 1)?, Scalar::new(0.0, x.dtype()))
            }
            _ => Err(Error::value("diag", format!("needs one or two axes, not the shape {:?}", x.dims()))),
        }
    }

    /// The sum of the diagonal `k` of the last two axes; small integers sum in 32 bits.
    ///
    /// # Errors
    /// A value error for fewer than two axes.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 2], [3, 4]].trace(0).item::<i32>().unwrap(), 5);
    /// ```
    pub fn trace(x, k: i64) -> Array {
        two_axes("trace", x)?;
        crate::ops::sum(&crate::ops::diagonal(x, k)?, -1)
    }

    /// The elements on and below diagonal `k` of the last two axes, zeros above.
    ///
    /// # Errors
    /// A value error for fewer than two axes.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 2], [3, 4]].tril(0).to_vec::<i32>().unwrap(), [1, 0, 3, 4]);
    /// ```
    pub fn tril(x, k: i64) -> Array {
        triangle("tril", x, k, false)
    }

    /// The elements on and above diagonal `k` of the last two axes, zeros below.
    ///
    /// # Errors
    /// A value error for fewer than two axes.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 2], [3, 4]].triu(0).to_vec::<i32>().unwrap(), [1, 2, 0, 4]);
    /// ```
    pub fn triu(x, k: i64) -> Array {
        triangle("triu", x, k, true)
    }
}

//! Axes split, added, taken apart and laid out anew: compositions of views, joins and gathers.

use crate::Array;
use crate::ops::{create, free, op, references, view};
use crate::transforms::custom::{Backward, Custom, Rule};
use lazulite_base::error::{Error, Result};
use lazulite_base::{Dims, Dtype, shape};
use std::borrow::Borrow;
use std::panic::Location;
use std::sync::Arc;

/// What [`pad_with`] puts around an array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PadMode {
    /// The element at the edge.
    Edge,
    /// The elements mirrored at the edge element, which is not repeated.
    Reflect,
    /// The elements mirrored at the edge, the edge element repeated.
    Symmetric,
}

impl PadMode {
    /// Which of `n` elements stands at place `i`, which may lie outside.
    fn source(self, i: i64, n: i64) -> i64 {
        match self {
            PadMode::Edge => i.clamp(0, n - 1),
            PadMode::Reflect if n == 1 => 0,
            PadMode::Reflect => {
                let at = i.rem_euclid(2 * (n - 1));
                at.min(2 * (n - 1) - at)
            }
            PadMode::Symmetric => {
                let at = i.rem_euclid(2 * n);
                at.min(2 * n - 1 - at)
            }
        }
    }
}

op! {
    /// The axis split into several, whose sizes multiply to its own; one may be -1.
    ///
    /// # Errors
    /// An index error for an axis out of range, a value error for sizes that do not fit, or none.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::zeros([2, 6], Dtype::F32).unflatten(1, &[3, -1]).shape(), [2, 3, 2]);
    /// ```
    pub fn unflatten(x, axis: i64, sizes: &[i64]) -> Array {
        let at = shape::axis("unflatten", axis, x.ndim())?;
        let n = x.shape()[at] as i64;
        let known: i64 = sizes.iter().filter(|&&s| s != -1).product();
        let open = sizes.iter().filter(|&&s| s == -1).count();
        let fits = match open {
            0 => known == n,
            1 => known > 0 && n % known == 0,
            _ => false,
        };
        if sizes.is_empty() || !fits || sizes.iter().any(|&s| s < -1) {
            return Err(Error::value("unflatten", format!("axis {at} of size {n} does not split into {sizes:?}")));
        }
        let parts = sizes.iter().map(|&s| if s == -1 { (n / known) as usize } else { s as usize });
        let dims: Dims = x.shape()[..at].iter().copied().chain(parts).chain(x.shape()[at + 1..].iter().copied()).collect();
        view::reshape_to(x, dims)
    }

    /// The array with new axes of size one at the given places of the result.
    ///
    /// # Errors
    /// An index error for a place out of range, a value error for one named twice.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].expand_axes(&[0, -1]).shape(), [1, 2, 1]);
    /// ```
    pub fn expand_axes(x, axes: &[i64]) -> Array {
        let n = x.ndim() + axes.len();
        let mut places: Dims = axes.iter().map(|&a| shape::axis("expand_dims", a, n)).collect::<Result<_>>()?;
        places.sort_unstable();
        if places.windows(2).any(|w| w[0] == w[1]) {
            return Err(Error::value("expand_dims", format!("an axis is named twice in {axes:?}")));
        }
        places.iter().try_fold(x.clone(), |y, &a| crate::ops::expand_dims(&y, a as i64))
    }

    /// The diagonal `offset` of the axes `a` and `b`, as the last axis.
    ///
    /// # Errors
    /// An index error for an axis out of range, a value error for fewer than two axes or one axis twice.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = Array::arange(0, 12, 1, Dtype::I32).reshape([2, 2, 3]);
    /// assert_eq!(x.diagonal_of(0, 0, 1).shape(), [3, 2]);
    /// ```
    pub fn diagonal_of(x, offset: i64, a: i64, b: i64) -> Array {
        if x.ndim() < 2 {
            return Err(Error::value("diagonal_of", format!("needs two axes, not the shape {:?}", x.dims())));
        }
        let (a, b) = (shape::axis("diagonal_of", a, x.ndim())?, shape::axis("diagonal_of", b, x.ndim())?);
        if a == b {
            return Err(Error::value("diagonal_of", format!("axis {a} is named twice")));
        }
        let order: Dims = (0..x.ndim()).filter(|&i| i != a && i != b).chain([a, b]).collect();
        crate::ops::diagonal(&view::permute(x, order)?, offset)
    }

    /// The slices along `axis`, each without it.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let rows = array![[1, 2], [3, 4]].unstack(0);
    /// assert_eq!(rows[1].to_vec::<i32>().unwrap(), [3, 4]);
    /// ```
    pub fn unstack(x, axis: i64) -> Vec<Array> {
        let at = shape::axis("unstack", axis, x.ndim())?;
        let parts: Vec<Array> = (0..x.shape()[at]).map(|i| view::pick(x, at, i)).collect::<Result<_>>()?;
        if parts.len() < 2 {
            return Ok(parts);
        }
        // Each slice's own cotangent is as large as `x`: together they are one stack.
        let rule: Backward = Arc::new(move |_, _, ct| Ok(vec![crate::ops::stack(ct, at as i64)?]));
        Ok(Custom::new(Rule::Vjp(rule), parts.len()).own().wrap(std::slice::from_ref(x), &parts, Location::caller()))
    }

    /// The array with at least `n` axes, up to three: leading ones are added, and for a third a trailing one.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].at_least(2).shape(), [1, 2]);
    /// assert_eq!(array![1, 2].at_least(3).shape(), [1, 2, 1]);
    /// ```
    pub fn at_least(x, n: usize) -> Array {
        if x.ndim() >= n {
            return Ok(x.clone());
        }
        let mut dims: Dims = x.shape().into();
        if n == 3 && dims.len() == 2 {
            dims.push(1);
        }
        while dims.len() < n {
            match (n, dims.len()) {
                (3, 1) => dims = [1, dims[0], 1].as_slice().into(),
                _ => dims.insert(0, 1),
            }
        }
        view::reshape_to(x, dims)
    }

    /// Elements of the array in row-major order, picked by strides: element `i` is number `offset + sum(i * strides)`.
    ///
    /// # Errors
    /// A value error for strides of another number than the shape's axes, or that lead outside the array.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = Array::arange(0, 6, 1, Dtype::I32);
    /// assert_eq!(x.as_strided(&[2, 2], &[1, 2], 1).to_vec::<i32>().unwrap(), [1, 3, 2, 4]);
    /// ```
    pub fn as_strided(x, shape: &[usize], strides: &[i64], offset: usize) -> Array {
        if shape.len() != strides.len() {
            return Err(Error::value("as_strided", format!("{} strides for the {} axes of {shape:?}", strides.len(), shape.len())));
        }
        let dims = create::checked("as_strided", shape.into(), x.dtype())?;
        if dims.contains(&0) {
            return Ok(Array::zeros(dims, x.dtype()));
        }
        // Exact: 64 bits would wrap around.
        let reach = |positive: bool| -> i128 {
            shape.iter().zip(strides).filter(|(_, s)| (**s > 0) == positive).map(|(&n, &s)| (n as i128 - 1) * s as i128).sum()
        };
        let (low, high) = (offset as i128 + reach(false), offset as i128 + reach(true));
        if low < 0 || high >= x.size() as i128 {
            let text = format!("shape {shape:?} with strides {strides:?} from {offset} leads outside the {} elements", x.size());
            return Err(Error::value("as_strided", text));
        }
        let mut index = create::full(&dims, offset as i64, Dtype::I64)?;
        for (axis, &s) in strides.iter().enumerate() {
            index = crate::ops::add(&index, &crate::ops::multiply(&create::index_along(&dims, axis, Dtype::I64), s)?)?;
        }
        crate::ops::take(&crate::ops::reshape(x, [-1])?, &index, 0)
    }

    /// The array with elements of its own around it; `widths` has the numbers before and after, for each axis.
    ///
    /// # Errors
    /// A value error if there is not one pair for each axis, or for an axis without elements.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::PadMode;
    /// let x = array![1, 2, 3].pad_with(&[(2, 1)], PadMode::Reflect);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [3, 2, 1, 2, 3, 2]);
    /// ```
    pub fn pad_with(x, widths: &[(usize, usize)], mode: PadMode) -> Array {
        if widths.len() != x.ndim() {
            return Err(Error::value("pad_with", format!("{} pairs for the {} axes of {:?}", widths.len(), x.ndim(), x.dims())));
        }
        let mut y = x.clone();
        for (axis, &(before, after)) in widths.iter().enumerate().filter(|(_, w)| **w != (0, 0)) {
            let n = x.shape()[axis];
            if n == 0 {
                return Err(Error::value("pad_with", format!("axis {axis} of {:?} has no elements to repeat", x.dims())));
            }
            let places = -(before as i64)..(n + after) as i64;
            let index: Vec<i64> = places.map(|i| mode.source(i, n as i64)).collect();
            y = crate::ops::take(&y, &Array::from_slice(&index, [index.len()])?, axis as i64)?;
        }
        Ok(y)
    }
}

free! {
    /// The coordinates of a grid: vectors spread along an axis each, the first two swapped unless `matrix`. With `sparse` the other
    /// axes have size one.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let grid = ops::meshgrid(&[&array![1, 2], &array![3, 4, 5]], false, true).unwrap();
    /// assert_eq!(grid[0].shape(), [2, 3]);
    /// ```
    pub fn meshgrid(arrays: &[impl Borrow<Array>], sparse: bool, matrix: bool) -> Vec<Array> {
        let arrays = references(arrays);
        let n = arrays.len();
        let place = |i: usize| if !matrix && n > 1 && i < 2 { 1 - i } else { i };
        let lines = arrays.iter().enumerate().map(|(i, x)| {
            let mut dims = Dims::from_elem(1, n);
            dims[place(i)] = x.size();
            view::reshape_to(x, dims)
        });
        let lines: Vec<Array> = lines.collect::<Result<_>>()?;
        if sparse { Ok(lines) } else { crate::ops::broadcast_arrays(&lines) }
    }
}

//! Reductions: sum, product, extrema, logic, and what is composed of them.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::{Axes, op, view};
use crate::primitive::{Jvp, Primitive, Role, Vjp, Vmap};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::tape::ReduceOp;
use lazulite_base::{Dims, Dtype};
use smallvec::smallvec;

/// A reduction over `axes` (rising), which are dropped.
struct Reduce {
    op: ReduceOp,
    axes: Dims,
}

stored!("reduce", Reduce { op, axes });

impl Primitive for Reduce {
    fn name(&self) -> &'static str {
        self.op.name()
    }
    fn key(&self, h: &mut KeyHasher) {
        h.dims(&self.axes);
    }
    fn attributes(&self) -> String {
        format!("axes {:?}", &self.axes[..])
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let dims: Dims = (0..inputs[0].shape.len()).filter(|a| !self.axes.contains(a)).map(|a| inputs[0].shape[a]).collect();
        Ok(smallvec![Aval { shape: dims, ..inputs[0].clone() }])
    }
    fn role(&self) -> Role<'_> {
        Role::Reduce(self.op, &self.axes)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let x = cx.inputs[0].array();
        if !x.dtype().is_inexact() {
            return Ok(vec![None]);
        }
        let back = |y: &Array| view::like(&self.restore(y)?, &x);
        let ct = back(&cx.cotangent(0))?;
        Ok(vec![Some(match self.op {
            ReduceOp::Sum => ct,
            ReduceOp::Prod => crate::ops::multiply(&ct, &crate::ops::conjugate(&self.others(&x)?)?)?,
            ReduceOp::Min | ReduceOp::Max => {
                let (mask, count) = self.ties(&x, &cx.outputs[0])?;
                crate::ops::multiply(&crate::ops::divide(&ct, &back(&count)?)?, &mask)?
            }
            ReduceOp::All | ReduceOp::Any => return Ok(vec![None]),
        })])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let x = cx.inputs[0].array();
        if !x.dtype().is_inexact() {
            return Ok(vec![None]);
        }
        let t = cx.tangent(0);
        let sum = |a: &Array| reduce(ReduceOp::Sum, a, self.axes.clone());
        Ok(vec![Some(match self.op {
            ReduceOp::Sum => sum(&t)?,
            ReduceOp::Prod => sum(&crate::ops::multiply(&t, &self.others(&x)?)?)?,
            ReduceOp::Min | ReduceOp::Max => {
                let (mask, count) = self.ties(&x, &cx.outputs[0])?;
                crate::ops::divide(&sum(&crate::ops::multiply(&t, &mask)?)?, &count)?
            }
            ReduceOp::All | ReduceOp::Any => return Ok(vec![None]),
        })])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![reduce(self.op, &cx.inputs[0].array(), self.axes.iter().map(|a| a + 1).collect())?])
    }
}

impl Reduce {
    /// `y`, reduced, with the dropped axes back at size one.
    fn restore(&self, y: &Array) -> Result<Array> {
        let mut y = y.clone();
        for &a in &self.axes {
            y = crate::ops::expand_dims(&y, a as i64)?;
        }
        Ok(y)
    }

    /// Which elements equal the extremum, as 0 and 1, and how many do: the derivative is shared among ties.
    fn ties(&self, x: &Array, y: &Array) -> Result<(Array, Array)> {
        let mask = crate::ops::astype(&crate::ops::equal(x, &view::like(&self.restore(y)?, x)?)?, x.dtype())?;
        let count = reduce(ReduceOp::Sum, &mask, self.axes.clone())?;
        Ok((mask, count))
    }

    /// For each element the product of the others along the axes, by halving: only multiplications, so it holds where elements are
    /// zero, and for every further derivative.
    fn others(&self, x: &Array) -> Result<Array> {
        let kept: Dims = (0..x.ndim()).filter(|a| !self.axes.contains(a)).collect();
        let order: Dims = kept.iter().chain(&self.axes).copied().collect();
        let moved = view::permute(x, order.clone())?;
        let moved_dims: Dims = moved.shape().into();
        let n: usize = self.axes.iter().map(|&a| x.dims()[a]).product();
        let mut dims: Dims = kept.iter().map(|&a| x.dims()[a]).collect();
        dims.push(n);
        let y = view::reshape_to(&moved, dims)?;
        let y = view::reshape_to(&products_of_others(&y)?, moved_dims)?;
        let mut inverse: Dims = smallvec![0; order.len()];
        order.iter().enumerate().for_each(|(i, &a)| inverse[a] = i);
        view::permute(&y, inverse)
    }
}

/// For each element along the last axis, the product of the others.
fn products_of_others(x: &Array) -> Result<Array> {
    let axis = x.ndim() - 1;
    let n = x.dims()[axis];
    if n < 2 {
        return Ok(x.ones_like());
    }
    let half = n / 2;
    let part = |a: &Array, from: usize, to: usize| {
        let mut ranges: smallvec::SmallVec<[view::Range; 4]> = smallvec![view::Range::FULL; a.ndim()];
        ranges[axis] = view::Range { start: from as i64, stop: Some(to as i64), step: 1 };
        view::slice_ranges(a, ranges)
    };
    let (left, right) = (part(x, 0, half)?, part(x, half, 2 * half)?);
    let mut pairs = crate::ops::multiply(&left, &right)?;
    if n % 2 == 1 {
        pairs = crate::ops::concatenate(&[&pairs, &part(x, n - 1, n)?], -1)?;
    }
    let others = products_of_others(&pairs)?;
    let of_pairs = part(&others, 0, half)?;
    let mut list = vec![crate::ops::multiply(&of_pairs, &right)?, crate::ops::multiply(&of_pairs, &left)?];
    if n % 2 == 1 {
        list.push(part(&others, half, half + 1)?);
    }
    crate::ops::concatenate(&list, -1)
}

/// A reduction over axes in range.
#[track_caller]
fn reduce(op: ReduceOp, x: &Array, axes: Dims) -> Result<Array> {
    if axes.is_empty() {
        return Ok(x.clone());
    }
    apply(Reduce { op, axes }, &[x])
}

/// Reduces over axes as the user gives them.
#[track_caller]
fn along(op: ReduceOp, x: &Array, axes: Axes) -> Result<Array> {
    let (list, keep) = axes.resolve(op.name(), x.ndim())?;
    if matches!(op, ReduceOp::Min | ReduceOp::Max) && list.iter().any(|&a| x.dims()[a] == 0) {
        return Err(Error::value(op.name(), format!("there is no {} of nothing: shape {:?}, axes {:?}", op.name(), x.dims(), &list[..])));
    }
    let y = reduce(op, x, list.clone())?;
    if keep { restore_axes(&y, &list) } else { Ok(y) }
}

fn restore_axes(y: &Array, axes: &[usize]) -> Result<Array> {
    axes.iter().try_fold(y.clone(), |y, &a| crate::ops::expand_dims(&y, a as i64))
}

/// The dtype in which sums and products are taken: small integers widen to 32 bits.
fn summed(d: Dtype) -> Dtype {
    match d {
        Dtype::Bool | Dtype::I8 | Dtype::I16 => Dtype::I32,
        Dtype::U8 | Dtype::U16 => Dtype::U32,
        d => d,
    }
}

/// How many elements a reduction takes together, as an array that adapts in a shapeless trace.
fn count(x: &Array, axes: &[usize], d: Dtype) -> Result<Count> {
    if x.tag().shapeless {
        let ones = x.ones_like();
        return Ok(Count::Traced(crate::ops::astype(&reduce(ReduceOp::Sum, &ones, axes.into())?, d)?));
    }
    Ok(Count::Known(axes.iter().map(|&a| x.dims()[a]).product::<usize>() as f64))
}

enum Count {
    Known(f64),
    Traced(Array),
}

op! {
    /// The sum over `axes`; small integers and bool sum in 32 bits.
    ///
    /// # Errors
    /// An index error for an axis out of range, a value error for one named twice.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 2], [3, 4]].sum(0).to_vec::<i32>().unwrap(), [4, 6]);
    /// ```
    pub fn sum(x, axes: impl Into<Axes>) -> Array {
        along(ReduceOp::Sum, &crate::ops::astype(x, summed(x.dtype()))?, axes.into())
    }

    /// The product over `axes`; small integers and bool multiply in 32 bits.
    ///
    /// # Errors
    /// As for `sum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![2, 3, 4].prod(..).item::<i32>().unwrap(), 24);
    /// ```
    pub fn prod(x, axes: impl Into<Axes>) -> Array {
        along(ReduceOp::Prod, &crate::ops::astype(x, summed(x.dtype()))?, axes.into())
    }

    /// The smallest element along `axes`; NaN if there is one.
    ///
    /// # Errors
    /// As for `sum`; a value error where there are no elements.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![3, 1, 2].min(..).item::<i32>().unwrap(), 1);
    /// ```
    pub fn min(x, axes: impl Into<Axes>) -> Array {
        along(ReduceOp::Min, x, axes.into())
    }

    /// The largest element along `axes`; NaN if there is one.
    ///
    /// # Errors
    /// As for `sum`; a value error where there are no elements.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![3, 1, 2].max(..).item::<i32>().unwrap(), 3);
    /// ```
    pub fn max(x, axes: impl Into<Axes>) -> Array {
        along(ReduceOp::Max, x, axes.into())
    }

    /// Whether all elements along `axes` differ from zero.
    ///
    /// # Errors
    /// As for `sum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert!(!array![1, 0].all(..).item::<bool>().unwrap());
    /// ```
    pub fn all(x, axes: impl Into<Axes>) -> Array {
        along(ReduceOp::All, &crate::ops::astype(x, Dtype::Bool)?, axes.into())
    }

    /// Whether any element along `axes` differs from zero.
    ///
    /// # Errors
    /// As for `sum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert!(array![1, 0].any(..).item::<bool>().unwrap());
    /// ```
    pub fn any(x, axes: impl Into<Axes>) -> Array {
        along(ReduceOp::Any, &crate::ops::astype(x, Dtype::Bool)?, axes.into())
    }

    /// The mean over `axes`; integers become `float32`.
    ///
    /// # Errors
    /// As for `sum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].mean(..).item::<f32>().unwrap(), 1.5);
    /// ```
    pub fn mean(x, axes: impl Into<Axes>) -> Array {
        let (list, keep) = axes.into().resolve("mean", x.ndim())?;
        let x = crate::ops::astype(x, x.dtype().to_inexact())?;
        let total = reduce(ReduceOp::Sum, &x, list.clone())?;
        let y = match count(&x, &list, x.dtype())? {
            Count::Known(n) => crate::ops::multiply(&total, 1.0 / n)?,
            Count::Traced(n) => crate::ops::divide(&total, &n)?,
        };
        if keep { restore_axes(&y, &list) } else { Ok(y) }
    }

    /// The variance over `axes`: the mean square deviation from the mean, over n - ddof.
    ///
    /// # Errors
    /// As for `sum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, 3.0].var(.., 0).item::<f32>().unwrap(), 1.0);
    /// ```
    pub fn var(x, axes: impl Into<Axes>, ddof: usize) -> Array {
        variance("var", x, axes.into(), ddof)
    }

    /// The standard deviation over `axes`: the square root of the variance.
    ///
    /// # Errors
    /// As for `sum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, 3.0].std(.., 0).item::<f32>().unwrap(), 1.0);
    /// ```
    pub fn std(x, axes: impl Into<Axes>, ddof: usize) -> Array {
        crate::ops::sqrt(&variance("std", x, axes.into(), ddof)?)
    }
    /// `log(sum(exp(x)))` over `axes`, without overflow.
    ///
    /// # Errors
    /// As for `sum`; a value error where there are no elements.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![0.0].logsumexp(..).item::<f32>().unwrap(), 0.0);
    /// ```
    pub fn logsumexp(x, axes: impl Into<Axes>) -> Array {
        let (list, keep) = axes.into().resolve("logsumexp", x.ndim())?;
        let x = crate::ops::astype(x, x.dtype().to_inexact())?;
        if list.iter().any(|&a| x.dims()[a] == 0) {
            return Err(Error::value("logsumexp", format!("there is no logsumexp of nothing: shape {:?}", x.dims())));
        }
        let largest = restore_axes(&reduce(ReduceOp::Max, &x, list.clone())?, &list)?;
        // An infinite maximum would make inf - inf.
        let shift = crate::ops::stop_gradient(&finite_or_zero(&largest)?)?;
        let sum = reduce(ReduceOp::Sum, &crate::ops::exp(&crate::ops::subtract(&x, &shift)?)?, list.clone())?;
        let y = crate::ops::add(&crate::ops::log(&restore_axes(&sum, &list)?)?, &shift)?;
        if keep { Ok(y) } else { crate::ops::squeeze(&y, list.iter().map(|&a| a as i64).collect::<Vec<_>>()) }
    }

    /// `exp(x) / sum(exp(x))` over `axes`, without overflow; halves are computed in f32 and rounded once.
    ///
    /// # Errors
    /// As for `sum`; a value error where there are no elements.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, 1.0].softmax(-1).to_vec::<f32>().unwrap(), [0.5, 0.5]);
    /// ```
    pub fn softmax(x, axes: impl Into<Axes>) -> Array {
        let (list, _) = axes.into().resolve("softmax", x.ndim())?;
        let d = x.dtype().to_inexact();
        let wide = crate::ops::astype(x, d.accumulator())?;
        if list.iter().any(|&a| x.dims()[a] == 0) {
            return Err(Error::value("softmax", format!("there is no softmax of nothing: shape {:?}", x.dims())));
        }
        let largest = crate::ops::stop_gradient(&restore_axes(&reduce(ReduceOp::Max, &wide, list.clone())?, &list)?)?;
        let e = crate::ops::exp(&crate::ops::subtract(&wide, &largest)?)?;
        let total = restore_axes(&reduce(ReduceOp::Sum, &e, list.clone())?, &list)?;
        crate::ops::astype(&crate::ops::multiply(&e, &crate::ops::reciprocal(&total)?)?, d)
    }
}

/// `x` where it is finite, else zero.
fn finite_or_zero(x: &Array) -> Result<Array> {
    if x.dtype() == Dtype::C64 {
        return Ok(x.clone());
    }
    crate::ops::try_select(&crate::ops::isfinite(x)?, x, 0)
}

/// The variance, for the op of that name.
#[track_caller]
fn variance(op: &str, x: &Array, axes: Axes, ddof: usize) -> Result<Array> {
    let (list, keep) = axes.resolve(op, x.ndim())?;
    let x = crate::ops::astype(x, x.dtype().to_inexact())?;
    let kept: Vec<i64> = list.iter().map(|&a| a as i64).collect();
    let deviation = crate::ops::subtract(&x, &mean(&x, crate::ops::keep(kept))?)?;
    let square = if x.dtype() == Dtype::C64 {
        crate::ops::real(&crate::ops::multiply(&deviation, &crate::ops::conjugate(&deviation)?)?)?
    } else {
        crate::ops::square(&deviation)?
    };
    let total = reduce(ReduceOp::Sum, &square, list.clone())?;
    let y = match count(&x, &list, square.dtype())? {
        Count::Known(n) => crate::ops::divide(&total, (n - ddof as f64).max(0.0))?,
        Count::Traced(n) => crate::ops::divide(&total, &crate::ops::maximum(&crate::ops::subtract(&n, ddof as f32)?, 0)?)?,
    };
    if keep { restore_axes(&y, &list) } else { Ok(y) }
}

//! Scans: running sums, products, extrema and logarithms of sums of exponentials along an axis.
//!
//! The rules are written for the forward, inclusive form. The tangent of a sum is a sum; an extremum's follows the element that is it. The
//! tangents of products and of logarithms of sums are linear recurrences, `y[i] = f[i] * y[i - 1] + x[i]`, which are a scan of their own
//! whose derivatives are recurrences again: no division, so they hold where elements are zero, and for every further derivative.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::elementwise::conjugated;
use crate::ops::gather::{Place, gather, scatter};
use crate::ops::{op, view};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap};
use lazulite_base::error::Result;
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{Combine, ScanOp, View, Work};
use lazulite_base::{Dtype, Scalar, shape};
use smallvec::{SmallVec, smallvec};
use std::ops::RangeFull;

/// How a scan runs along an array: an axis, or all elements in row-major order (`..`), from which end, and whether an element is part of
/// its own result.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::ops::Along;
/// let (along_axis, all): (Along, Along) = (0.into(), (..).into());
/// let x = array![[1, 2], [3, 4]];
/// assert_eq!((x.cumsum(along_axis).ndim(), x.cumsum(all).ndim()), (2, 1));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Along {
    axis: Option<i64>,
    reverse: bool,
    exclusive: bool,
}

/// The way of a scan along an axis, or along all elements (`..`), to be turned round or made exclusive.
///
/// ```
/// use lazulite::prelude::*;
/// let x = array![1, 2, 3];
/// assert_eq!(x.cumsum(along(0).reverse()).to_vec::<i32>().unwrap(), [6, 5, 3]);
/// assert_eq!(x.cumsum(along(0).exclusive()).to_vec::<i32>().unwrap(), [0, 1, 3]);
/// ```
pub fn along(way: impl Into<Along>) -> Along {
    way.into()
}

impl From<i64> for Along {
    fn from(axis: i64) -> Along {
        Along { axis: Some(axis), reverse: false, exclusive: false }
    }
}

impl From<RangeFull> for Along {
    fn from(_: RangeFull) -> Along {
        Along { axis: None, reverse: false, exclusive: false }
    }
}

impl Along {
    /// From the other end.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].cumsum(along(0).reverse()).to_vec::<i32>().unwrap(), [3, 2]);
    /// ```
    #[must_use]
    pub fn reverse(self) -> Along {
        Along { reverse: !self.reverse, ..self }
    }

    /// Without the element itself: the first result is what nothing gives.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![5, 2].cumprod(along(0).exclusive()).to_vec::<i32>().unwrap(), [1, 5]);
    /// ```
    #[must_use]
    pub fn exclusive(self) -> Along {
        Along { exclusive: true, ..self }
    }
}

/// A scan along an axis; `Linear` has the factors as its second input.
#[derive(Clone, Copy)]
struct Scan {
    op: ScanOp,
    axis: usize,
    reverse: bool,
    exclusive: bool,
}

stored!("scan", Scan { op, axis, reverse, exclusive });

impl Primitive for Scan {
    fn name(&self) -> &'static str {
        match self.op {
            ScanOp::Sum => "cumsum",
            ScanOp::Prod => "cumprod",
            ScanOp::Max => "cummax",
            ScanOp::Min => "cummin",
            ScanOp::LogAddExp => "logcumsumexp",
            ScanOp::Linear => "linear_recurrence",
        }
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word((self.axis as u64) << 2 | (self.reverse as u64) << 1 | self.exclusive as u64);
    }
    fn attributes(&self) -> String {
        let flag = |is, name| if is { name } else { "" };
        format!("axis {}{}{}", self.axis, flag(self.reverse, ", reverse"), flag(self.exclusive, ", exclusive"))
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![inputs[0].clone()])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let x = cx.inputs[0].array();
        if !x.dtype().is_inexact() {
            return Ok(vec![None; cx.inputs.len()]);
        }
        let ct = cx.cotangent(0);
        let back = Scan { reverse: !self.reverse, ..*self };
        if self.op == ScanOp::Sum {
            return Ok(vec![Some(back.of(&ct)?)]);
        }
        // Of an exclusive scan, each result is the inclusive one of the element before.
        let ct = if self.exclusive { self.later(&ct)? } else { ct };
        let y = self.inclusive(&x, &cx.outputs[0])?;
        let adjoint = |factors: &Array| back.recurrence(&ct, &self.later(&conjugated(factors)?)?);
        Ok(match self.op {
            ScanOp::Prod => {
                let before = Scan { exclusive: true, ..*self }.of(&x)?;
                vec![Some(crate::ops::multiply(&conjugated(&before)?, &adjoint(&x)?)?)]
            }
            ScanOp::LogAddExp => {
                let (factors, weights) = self.shares(&x, &y)?;
                vec![Some(crate::ops::multiply(&conjugated(&weights)?, &adjoint(&factors)?)?)]
            }
            ScanOp::Linear => {
                let to_x = adjoint(&cx.inputs[1].array())?;
                let to_factors = match cx.needed[1] {
                    true => Some(crate::ops::multiply(&to_x, &conjugated(&self.earlier(&y, 0.0)?)?)?),
                    false => None,
                };
                vec![Some(to_x), to_factors]
            }
            ScanOp::Sum | ScanOp::Max | ScanOp::Min => {
                let place = self.holders(&x, &y)?;
                vec![Some(scatter(&x.zeros_like(), &Place::Along(self.axis), &ct, &[place], Combine::Add, true)?)]
            }
        })
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let x = cx.inputs[0].array();
        if !x.dtype().is_inexact() {
            return Ok(vec![None]);
        }
        let t = cx.tangent(0);
        if self.op == ScanOp::Sum {
            return Ok(vec![Some(self.of(&t)?)]);
        }
        let y = self.inclusive(&x, &cx.outputs[0])?;
        let ty = match self.op {
            ScanOp::Prod => {
                let before = Scan { exclusive: true, ..*self }.of(&x)?;
                self.recurrence(&crate::ops::multiply(&t, &before)?, &x)?
            }
            ScanOp::LogAddExp => {
                let (factors, weights) = self.shares(&x, &y)?;
                self.recurrence(&crate::ops::multiply(&t, &weights)?, &factors)?
            }
            ScanOp::Linear => {
                let rest = match &cx.tangents[1] {
                    Some(tf) => crate::ops::add(&t, &crate::ops::multiply(tf, &self.earlier(&y, 0.0)?)?)?,
                    None => t,
                };
                self.recurrence(&rest, &cx.inputs[1].array())?
            }
            ScanOp::Sum | ScanOp::Max | ScanOp::Min => gather(&t, &Place::Along(self.axis), &[self.holders(&x, &y)?], true)?,
        };
        Ok(vec![Some(if self.exclusive { self.earlier(&ty, 0.0)? } else { ty })])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let inputs: Vec<Array> = (0..cx.inputs.len()).map(|i| cx.batched_input(i)).collect();
        Ok(vec![apply(Scan { axis: self.axis + 1, ..*self }, &inputs.iter().collect::<Vec<_>>())?])
    }
}

impl KernelOf for Scan {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        let Scan { op, axis, reverse, exclusive } = *self;
        Work::Scan { x: inputs[0].clone(), factors: inputs.get(1).cloned(), axis, op, reverse, exclusive }
    }
}

impl Scan {
    /// The scan of another array.
    fn of(self, x: &Array) -> Result<Array> {
        apply(self, &[x])
    }

    /// The recurrence `y[i] = factors[i] * y[i - 1] + x[i]` in the direction of this scan.
    fn recurrence(self, x: &Array, factors: &Array) -> Result<Array> {
        apply(Scan { op: ScanOp::Linear, exclusive: false, ..self }, &[x, factors])
    }

    /// The inclusive result, given the result.
    fn inclusive(self, x: &Array, y: &Array) -> Result<Array> {
        if self.exclusive { Scan { exclusive: false, ..self }.of(x) } else { Ok(y.clone()) }
    }

    /// Everything but one element at an end of the axis, and `edge` joined to the other end.
    fn moved(self, y: &Array, to_later: bool, edge: impl FnOnce(&Array) -> Array) -> Result<Array> {
        let part = |start, stop| {
            let mut ranges: SmallVec<[view::Range; 4]> = smallvec![view::Range::FULL; y.ndim()];
            ranges[self.axis] = view::Range { start, stop, step: 1 };
            view::slice_ranges(y, ranges)
        };
        let edge = edge(&part(0, Some(1))?);
        if to_later {
            crate::ops::concatenate(&[&edge, &part(0, Some(-1))?], self.axis as i64)
        } else {
            crate::ops::concatenate(&[&part(1, None)?, &edge], self.axis as i64)
        }
    }

    /// At each place the element that the scan met before, at the first `edge`.
    fn earlier(self, y: &Array, edge: f64) -> Result<Array> {
        self.moved(y, !self.reverse, |e| view::filled_like(e, Scalar::new(edge, y.dtype())))
    }

    /// At each place the element that the scan meets next, at the last zero.
    fn later(self, y: &Array) -> Result<Array> {
        self.moved(y, self.reverse, |e| e.zeros_like())
    }

    /// For the logarithm `y` of running sums of exponentials, how much of each sum is the one before, and how much the element.
    fn shares(self, x: &Array, y: &Array) -> Result<(Array, Array)> {
        // Where the sum is zero, both shares are.
        let nothing = Scalar::new(f64::NEG_INFINITY, y.dtype());
        let finite = crate::ops::try_select(&crate::ops::equal(&crate::ops::real(y)?, f64::NEG_INFINITY)?, 0, y)?;
        let share = |of: &Array| crate::ops::exp(&crate::ops::subtract(of, &finite)?);
        let before = self.moved(y, !self.reverse, |e| view::filled_like(e, nothing))?;
        Ok((share(&before)?, share(x)?))
    }

    /// The place along the axis of the element that is the running extremum `y`: of equal ones the one met last.
    fn holders(self, x: &Array, y: &Array) -> Result<Array> {
        let place = Scan { op: ScanOp::Sum, reverse: false, exclusive: true, ..self };
        let place = place.of(&view::filled_like(x, Scalar::new(1.0, Dtype::I32)))?;
        let is = crate::ops::logical_or(&crate::ops::equal(x, y)?, &crate::ops::isnan(x)?)?;
        let (op, never) = if self.reverse { (ScanOp::Min, i32::MAX) } else { (ScanOp::Max, 0) };
        Scan { op, exclusive: false, ..self }.of(&crate::ops::try_select(&is, &place, never)?)
    }
}

/// Scans the way the user says.
#[track_caller]
fn scan(name: &'static str, op: ScanOp, x: &Array, way: Along) -> Result<Array> {
    let Along { axis, reverse, exclusive } = way;
    let (x, axis) = match axis {
        Some(axis) => (x.clone(), shape::axis(name, axis, x.ndim())?),
        None => (crate::ops::reshape(x, [-1])?, 0),
    };
    Scan { op, axis, reverse, exclusive }.of(&x)
}

op! {
    /// The running sums along an axis, or of all elements in row-major order (`..`), in the dtype of `x`; bool sums in `int32`. Integers
    /// wrap; halves are added in `float32`, and each sum is rounded once.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[1, 2], [3, 4]];
    /// assert_eq!(x.cumsum(0).to_vec::<i32>().unwrap(), [1, 2, 4, 6]);
    /// assert_eq!(x.cumsum(..).to_vec::<i32>().unwrap(), [1, 3, 6, 10]);
    /// ```
    pub fn cumsum(x, way: impl Into<Along>) -> Array {
        let x = if x.dtype() == Dtype::Bool { crate::ops::astype(x, Dtype::I32)? } else { x.clone() };
        scan("cumsum", ScanOp::Sum, &x, way.into())
    }

    /// The running products along an axis, or of all elements (`..`), in the dtype of `x`.
    ///
    /// # Errors
    /// As for `cumsum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![2, 3, 4].cumprod(0).to_vec::<i32>().unwrap(), [2, 6, 24]);
    /// ```
    pub fn cumprod(x, way: impl Into<Along>) -> Array {
        scan("cumprod", ScanOp::Prod, x, way.into())
    }

    /// The running maxima along an axis, or of all elements (`..`); NaN from the first one on. The derivative of equal elements goes to the
    /// one that the scan met last.
    ///
    /// # Errors
    /// As for `cumsum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![2, 1, 4].cummax(0).to_vec::<i32>().unwrap(), [2, 2, 4]);
    /// ```
    pub fn cummax(x, way: impl Into<Along>) -> Array {
        scan("cummax", ScanOp::Max, x, way.into())
    }

    /// The running minima along an axis, or of all elements (`..`): the counterpart of [`cummax`].
    ///
    /// # Errors
    /// As for `cumsum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![2, 1, 4].cummin(0).to_vec::<i32>().unwrap(), [2, 1, 1]);
    /// ```
    pub fn cummin(x, way: impl Into<Along>) -> Array {
        scan("cummin", ScanOp::Min, x, way.into())
    }

    /// The logarithms of the running sums of `exp(x)` along an axis, or over all elements (`..`), without overflow; integers become
    /// `float32`.
    ///
    /// # Errors
    /// As for `cumsum`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![0.0, 0.0].logcumsumexp(0).to_vec::<f32>().unwrap(), [0.0, 2f32.ln()]);
    /// ```
    pub fn logcumsumexp(x, way: impl Into<Along>) -> Array {
        scan("logcumsumexp", ScanOp::LogAddExp, &crate::ops::astype(x, x.dtype().to_inexact())?, way.into())
    }
}

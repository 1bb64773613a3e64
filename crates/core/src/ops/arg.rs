//! Where things are: argmax, argmin, argsort, argpartition, and sorting.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::gather::{Place, gather, scatter};
use crate::ops::{Axes, op, view};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap, flat};
use lazulite_base::Dtype;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::tape::ReduceOp;
use lazulite_base::work::{Combine, View, Work};
use smallvec::smallvec;

/// The index of the first extremum along an axis, which is dropped.
struct ArgReduce {
    op: ReduceOp,
    axis: usize,
}

stored!("arg_reduce", ArgReduce { op, axis });

impl Primitive for ArgReduce {
    fn name(&self) -> &'static str {
        if self.op == ReduceOp::Max { "argmax" } else { "argmin" }
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.axis as u64);
    }
    fn attributes(&self) -> String {
        format!("axis {}", self.axis)
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        if inputs[0].size() == 0 {
            return Err(Error::value(self.name(), format!("there is no {} of nothing: shape {:?}", self.name(), &inputs[0].shape[..])));
        }
        let mut dims = inputs[0].shape.clone();
        dims.remove(self.axis);
        Ok(smallvec![Aval::new(dims, Dtype::U32)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    flat!();
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![apply(ArgReduce { op: self.op, axis: self.axis + 1 }, &[&cx.inputs[0].array()])?])
    }
}

impl KernelOf for ArgReduce {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::ArgReduce { x: inputs[0].clone(), axis: self.axis, op: self.op }
    }
}

/// The indices of an order along the last axis: of a partition at a place, or of a stable sort.
#[derive(Clone, Copy)]
struct Order {
    partition: Option<usize>,
}

stored!("order", Order { partition });

impl Primitive for Order {
    fn name(&self) -> &'static str {
        if self.partition.is_some() { "argpartition" } else { "argsort" }
    }
    fn key(&self, h: &mut KeyHasher) {
        if let Some(kth) = self.partition {
            h.word(kth as u64);
        }
    }
    fn attributes(&self) -> String {
        self.partition.map_or(String::new(), |kth| format!("place {kth}"))
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![Aval::new(inputs[0].shape.clone(), Dtype::U32)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    flat!();
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![apply(*self, &[&cx.inputs[0].array()])?])
    }
}

impl KernelOf for Order {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        let x = inputs[0].clone();
        match self.partition {
            None => Work::ArgSort { x },
            Some(kth) => Work::ArgPartition { x, kth },
        }
    }
}

/// The elements in ascending order along the last axis.
struct Sort;

stored!("sort", Sort {});

impl Sort {
    /// Where the elements of the result come from.
    fn places(x: &Array) -> Result<(Place, Array)> {
        Ok((Place::Along(x.ndim() - 1), apply(Order { partition: None }, &[x])?))
    }
}

impl Primitive for Sort {
    fn name(&self) -> &'static str {
        "sort"
    }
    fn key(&self, _: &mut KeyHasher) {}
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![inputs[0].clone()])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let x = cx.inputs[0].array();
        if !x.dtype().is_inexact() {
            return Ok(vec![None]);
        }
        let (place, order) = Sort::places(&x)?;
        Ok(vec![Some(scatter(&x.zeros_like(), &place, &cx.cotangent(0), &[order], Combine::Add, true)?)])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let (place, order) = Sort::places(&cx.inputs[0].array())?;
        Ok(vec![Some(gather(&cx.tangent(0), &place, &[order], true)?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![apply(Sort, &[&cx.inputs[0].array()])?])
    }
}

impl KernelOf for Sort {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::Sort { x: inputs[0].clone() }
    }
}

/// A primitive of the last axis along another one.
fn along(p: impl Primitive, x: &Array, at: usize) -> Result<Array> {
    let last = x.ndim() - 1;
    view::move_axis(&apply(p, &[&view::move_axis(x, at, last)?])?, last, at)
}

/// The axis and the place, counted from the end if negative.
#[track_caller]
fn place(op: &str, x: &Array, kth: i64, axis: i64) -> Result<(usize, usize)> {
    let at = lazulite_base::shape::axis(op, axis, x.ndim())?;
    let n = x.shape()[at] as i64;
    if kth < -n || kth >= n {
        return Err(Error::value(op, format!("place {kth} is outside axis {axis} of {:?}", x.dims())));
    }
    Ok((at, kth.rem_euclid(n) as usize))
}

/// The index of the extremum along one axis, or among all elements.
#[track_caller]
fn extremum(op: ReduceOp, x: &Array, axes: Axes) -> Result<Array> {
    let name = if op == ReduceOp::Max { "argmax" } else { "argmin" };
    let all = axes.is_all();
    let (list, keep) = axes.resolve(name, x.ndim())?;
    if !all && list.len() != 1 {
        return Err(Error::value(name, format!("takes one axis or `..`, not the axes {:?}", &list[..])));
    }
    if all {
        let y = apply(ArgReduce { op, axis: 0 }, &[&crate::ops::reshape(x, [-1])?])?;
        return if keep { view::reshape_to(&y, smallvec![1; x.ndim()]) } else { Ok(y) };
    }
    let y = apply(ArgReduce { op, axis: list[0] }, &[x])?;
    if keep { crate::ops::expand_dims(&y, list[0] as i64) } else { Ok(y) }
}

op! {
    /// The index, `uint32`, of the first largest element along an axis, or among all elements in row-major order (`..`); NaN counts as
    /// largest.
    ///
    /// # Errors
    /// A value error for an array without elements or several axes; an index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[1, 5], [7, 2]];
    /// assert_eq!(x.argmax(0).to_vec::<u32>().unwrap(), [1, 0]);
    /// assert_eq!(x.argmax(..).item::<u32>().unwrap(), 2);
    /// assert_eq!(x.argmax(keep(1)).shape(), [2, 1]);
    /// ```
    pub fn argmax(x, axis: impl Into<Axes>) -> Array {
        extremum(ReduceOp::Max, x, axis.into())
    }

    /// The index, `uint32`, of the first smallest element along an axis, or among all elements in row-major order (`..`); NaN counts
    /// as smallest.
    ///
    /// # Errors
    /// As for `argmax`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![3, 1, 1].argmin(0).item::<u32>().unwrap(), 1);
    /// ```
    pub fn argmin(x, axis: impl Into<Axes>) -> Array {
        extremum(ReduceOp::Min, x, axis.into())
    }

    /// The indices, `uint32`, that sort along `axis`: ascending, stable, NaN last.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![3, 1, 2].argsort(0).to_vec::<u32>().unwrap(), [1, 2, 0]);
    /// ```
    pub fn argsort(x, axis: i64) -> Array {
        let at = lazulite_base::shape::axis("argsort", axis, x.ndim())?;
        along(Order { partition: None }, x, at)
    }

    /// The elements along `axis` in ascending order, NaN last.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![3, 1, 2].sort(0).to_vec::<i32>().unwrap(), [1, 2, 3]);
    /// ```
    pub fn sort(x, axis: i64) -> Array {
        let at = lazulite_base::shape::axis("sort", axis, x.ndim())?;
        along(Sort, x, at)
    }

    /// The indices, `uint32`, that put the elements along `axis` in the order of [`partition`]. A negative place counts from the end.
    ///
    /// # Errors
    /// An index error for an axis out of range, a value error for a place outside it.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![9, 3, 8, 1].argpartition(1, 0).index(1).item::<u32>().unwrap(), 1);
    /// ```
    pub fn argpartition(x, kth: i64, axis: i64) -> Array {
        let (at, kth) = place("argpartition", x, kth, axis)?;
        along(Order { partition: Some(kth) }, x, at)
    }

    /// The elements along `axis` such that at place `kth` is the one that sorting puts there, before it none that is larger, after it none
    /// that is smaller. The order before the place, and after it, is the device's.
    ///
    /// # Errors
    /// As for `argpartition`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![9, 3, 8, 1].partition(1, 0).index(1).item::<i32>().unwrap(), 3);
    /// ```
    pub fn partition(x, kth: i64, axis: i64) -> Array {
        let (at, kth) = place("partition", x, kth, axis)?;
        gather(x, &Place::Along(at), &[along(Order { partition: Some(kth) }, x, at)?], true)
    }

    /// The `k` largest elements along `axis`, in ascending order.
    ///
    /// # Errors
    /// An index error for an axis out of range, a value error for a `k` beyond its size.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![3, 1, 2].topk(2, 0).to_vec::<i32>().unwrap(), [2, 3]);
    /// ```
    pub fn topk(x, k: usize, axis: i64) -> Array {
        let at = lazulite_base::shape::axis("topk", axis, x.ndim())?;
        let n = x.shape()[at];
        if k > n {
            return Err(Error::value("topk", format!("there are no {k} elements along axis {at} of {:?}", x.dims())));
        }
        if k == 0 || k == n {
            let sorted = along(Sort, x, at)?;
            return Ok(crate::ops::split_at(&sorted, &[n - k], axis)?.swap_remove(1));
        }
        let last = crate::ops::split_at(&along(Order { partition: Some(n - k) }, x, at)?, &[n - k], axis)?.swap_remove(1);
        along(Sort, &gather(x, &Place::Along(at), &[last], true)?, at)
    }
}

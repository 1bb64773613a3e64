//! Views: broadcast, reshape, transpose, slice, and what is composed of them. A view computes nothing; it reads its input's memory
//! through other strides.

use crate::Array;
use crate::export::stored::{self, Field, Reader, Writer, stored, stored_struct};
use crate::graph::array::{apply, node};
use crate::graph::node::{Aval, Avals, Operand};
use crate::ops::{Shape, free, op, references};
use crate::primitive::{Jvp, Prim, Primitive, Role, ViewOf, Vjp, Vmap, flat};
use crate::runtime::buffer::Layout;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::{Dims, Scalar, Strides, shape};
use smallvec::smallvec;
use std::borrow::Borrow;

/// Broadcasts its first input to a fixed shape, or (in a shapeless trace) to the shape that its inputs broadcast to together.
struct Broadcast {
    shape: Dims,
    /// The shape follows the inputs.
    adapts: bool,
}

stored!("broadcast", Broadcast { shape, adapts });

impl Primitive for Broadcast {
    fn name(&self) -> &'static str {
        "broadcast"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.dims(&self.shape);
        h.word(self.adapts as u64);
    }
    fn attributes(&self) -> String {
        format!("{:?}", &self.shape[..])
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let first = &inputs[0];
        let shape = if self.adapts {
            let mut dims = Dims::new();
            for a in inputs {
                dims = shape::broadcast(&dims, &a.shape)
                    .ok_or_else(|| Error::value("broadcast", format!("shapes {dims:?} and {:?} do not broadcast", &a.shape[..])))?;
            }
            dims
        } else {
            match shape::broadcast(&first.shape, &self.shape) {
                Some(s) if s == self.shape => s,
                _ => return Err(Error::value("broadcast_to", format!("cannot broadcast {:?} to {:?}", &first.shape[..], &self.shape[..]))),
            }
        };
        Ok(smallvec![Aval { shape, ..first.clone() }])
    }
    fn role(&self) -> Role<'_> {
        Role::View(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let mut out = vec![None; cx.inputs.len()];
        out[0] = Some(sum_to(&cx.cotangent(0), &cx.inputs[0].array())?);
        Ok(out)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let Some(t) = &cx.tangents[0] else { return Ok(vec![None]) };
        Ok(vec![Some(like(t, &cx.outputs[0])?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        // The batch stays in front; the example's axes align from the right.
        let x = cx.batched_input(0);
        let mut dims: Dims = smallvec![cx.size];
        dims.extend_from_slice(&self.shape);
        let missing = dims.len() - x.ndim();
        let mut at: Dims = smallvec![cx.size];
        at.extend(std::iter::repeat_n(1, missing));
        at.extend_from_slice(&x.dims()[1..]);
        Ok(vec![broadcast_to(&reshape_to(&x, at)?, dims)?])
    }
}

impl ViewOf for Broadcast {
    fn layout(&self, input: &Aval, layout: &Layout, out: &Aval) -> Option<Layout> {
        let pad = out.shape.len() - input.shape.len();
        let strides = (0..out.shape.len())
            .map(|i| if i < pad || input.shape[i - pad] == 1 && out.shape[i] != 1 { 0 } else { layout.strides[i - pad] })
            .collect();
        Some(Layout { strides, offset: layout.offset })
    }
}

/// `x` in the shape that it and `others` broadcast to, which is `dims`.
#[track_caller]
pub(crate) fn broadcast_with(x: &Array, dims: &[usize], others: &[&Array]) -> Result<Array> {
    let adapts = x.tag().shapeless || others.iter().any(|o| o.tag().shapeless);
    if x.dims() == dims && !adapts {
        return Ok(x.clone());
    }
    if !adapts {
        return broadcast_to(x, Shape(Dims::from_slice(dims)));
    }
    let mut inputs = vec![x];
    inputs.extend(others.iter().filter(|o| o.node().id != x.node().id));
    apply(Broadcast { shape: Dims::from_slice(dims), adapts }, &inputs)
}

/// `x` broadcast to the shape of `target`.
#[track_caller]
pub(crate) fn like(x: &Array, target: &Array) -> Result<Array> {
    broadcast_with(x, target.dims(), &[target])
}

/// `s` everywhere, in the shape of `x`.
#[track_caller]
pub(crate) fn filled_like(x: &Array, s: Scalar) -> Array {
    if x.tag().shapeless
        && let Ok(a) = like(&Array::scalar(s), x)
    {
        return a;
    }
    crate::ops::create::constant(s, x.aval().shape.clone(), false)
}

/// `ct` summed over the axes along which something of `x`'s shape was broadcast.
pub(crate) fn sum_to(ct: &Array, x: &Array) -> Result<Array> {
    if ct.dims() == x.dims() && !ct.tag().shapeless {
        return Ok(ct.clone());
    }
    let pad = ct.ndim() - x.ndim();
    let axes: Vec<i64> = (0..ct.ndim()).filter(|&i| i < pad || x.dims()[i - pad] == 1 && ct.dims()[i] != 1).map(|i| i as i64).collect();
    let mut y = ct.clone();
    if !axes.is_empty() {
        y = crate::ops::sum(&y, crate::ops::keep(axes))?;
    }
    let lead: Vec<i64> = (0..pad as i64).collect();
    if lead.is_empty() { Ok(y) } else { squeeze(&y, lead) }
}

/// `x` with a new first axis of `size`, broadcast.
pub(crate) fn prepend_axis(x: &Array, size: usize) -> Array {
    let mut dims: Dims = smallvec![size];
    dims.extend_from_slice(x.shape());
    match broadcast_to(x, dims) {
        Ok(a) => a,
        Err(e) => e.raise(),
    }
}

/// A size in a reshape: fixed, an axis of the input, or what is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Size {
    Fixed(usize),
    Axis(usize),
    Rest,
}

/// Other axes over the same elements in row-major order. Sizes may be those of the input's axes, so that a shapeless program adapts.
struct Reshape(smallvec::SmallVec<[Size; 4]>);

stored!("reshape", Reshape { 0 });

impl Field for Size {
    fn write(&self, w: &mut Writer) {
        match *self {
            Size::Fixed(n) => (0u8, n),
            Size::Axis(n) => (1, n),
            Size::Rest => (2, 0),
        }
        .write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Size> {
        match Field::read(r)? {
            (0u8, n) => Ok(Size::Fixed(n)),
            (1, n) => Ok(Size::Axis(n)),
            (2, 0) => Ok(Size::Rest),
            (kind, _) => Err(stored::unknown("Size", kind as usize)),
        }
    }
}

impl Primitive for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.words(self.0.iter().map(|s| match *s {
            Size::Fixed(n) => (n as u64) << 2,
            Size::Axis(a) => (a as u64) << 2 | 1,
            Size::Rest => 2,
        }));
    }
    fn attributes(&self) -> String {
        let each: Vec<String> = self
            .0
            .iter()
            .map(|s| match s {
                Size::Fixed(n) => n.to_string(),
                Size::Axis(a) => format!("axis {a}"),
                Size::Rest => "-1".into(),
            })
            .collect();
        each.join(", ")
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let from = &inputs[0];
        let size = from.size();
        let fixed = |s: &Size| match *s {
            Size::Fixed(n) => n,
            Size::Axis(a) => from.shape[a],
            Size::Rest => 1,
        };
        let known: usize = self.0.iter().map(fixed).product();
        let fail = || Error::value("reshape", format!("cannot reshape {:?} ({size} elements) to [{}]", &from.shape[..], self.attributes()));
        let rest = if self.0.contains(&Size::Rest) {
            if known == 0 || !size.is_multiple_of(known) {
                return Err(fail());
            }
            size / known
        } else {
            1
        };
        if known * rest != size {
            return Err(fail());
        }
        let shape = self.0.iter().map(|s| if *s == Size::Rest { rest } else { fixed(s) }).collect();
        Ok(smallvec![Aval { shape, ..from.clone() }])
    }
    fn role(&self) -> Role<'_> {
        Role::View(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![Some(reshape_like(&cx.cotangent(0), &cx.inputs[0].array())?)])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![Some(apply(Reshape(self.0.clone()), &[&cx.tangent(0)])?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let mut sizes = smallvec![Size::Axis(0)];
        sizes.extend(self.0.iter().map(|s| if let Size::Axis(a) = s { Size::Axis(a + 1) } else { *s }));
        Ok(vec![apply(Reshape(sizes), &[&cx.inputs[0].array()])?])
    }
}

impl ViewOf for Reshape {
    fn layout(&self, input: &Aval, layout: &Layout, out: &Aval) -> Option<Layout> {
        reshape_strides(&input.shape, &layout.strides, &out.shape).map(|strides| Layout { strides, offset: layout.offset })
    }
}

/// Strides of a reshape that needs no copy: groups of axes with equal products, each walked in one stride.
fn reshape_strides(from: &[usize], strides: &[isize], to: &[usize]) -> Option<Strides> {
    if from.contains(&0) {
        return Some(shape::contiguous(to));
    }
    let (dims, merged) = shape::coalesce(from, &[strides]);
    let merged = &merged[0];
    let mut out: Strides = smallvec![0; to.len()];
    let (mut j, mut left) = (dims.len(), 1usize);
    let mut step = 0isize;
    for i in (0..to.len()).rev() {
        if to[i] == 1 {
            out[i] = if i + 1 < to.len() { out[i + 1] * to[i + 1] as isize } else { 1 };
            continue;
        }
        if left == 1 {
            j = j.checked_sub(1)?;
            left = dims[j];
            step = merged[j];
        }
        if left % to[i] != 0 {
            return None;
        }
        out[i] = step;
        step *= to[i] as isize;
        left /= to[i];
    }
    Some(out)
}

#[track_caller]
pub(crate) fn reshape_to(x: &Array, dims: Dims) -> Result<Array> {
    if x.dims() == &dims[..] {
        return Ok(x.clone());
    }
    apply(Reshape(dims.iter().map(|&d| Size::Fixed(d)).collect()), &[x])
}

/// The given axes of `x` in order, `None` being a new one of size one; axes of size one may be left out.
#[track_caller]
pub(crate) fn pick_axes(x: &Array, axes: &[Option<usize>]) -> Result<Array> {
    if axes.len() == x.ndim() && axes.iter().enumerate().all(|(i, a)| *a == Some(i)) {
        return Ok(x.clone());
    }
    apply(Reshape(axes.iter().map(|a| a.map_or(Size::Fixed(1), Size::Axis)).collect()), &[x])
}

/// `ct`, with the elements of `x` in order, in the shape of `x`.
pub(crate) fn reshape_like(ct: &Array, x: &Array) -> Result<Array> {
    if !x.tag().shapeless {
        return reshape_to(ct, x.aval().shape.clone());
    }
    // One unknown size adapts; more are guarded.
    reshape_to(ct, x.shape().into())
}

/// Other order of axes.
struct Transpose(Dims);

stored!("transpose", Transpose { 0 });

impl Primitive for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.dims(&self.0);
    }
    fn attributes(&self) -> String {
        format!("{:?}", &self.0[..])
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![Aval { shape: self.0.iter().map(|&a| inputs[0].shape[a]).collect(), ..inputs[0].clone() }])
    }
    fn role(&self) -> Role<'_> {
        Role::View(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let mut inverse: Dims = smallvec![0; self.0.len()];
        self.0.iter().enumerate().for_each(|(i, &a)| inverse[a] = i);
        Ok(vec![Some(permute(&cx.cotangent(0), inverse)?)])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![Some(permute(&cx.tangent(0), self.0.clone())?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let order = std::iter::once(0).chain(self.0.iter().map(|a| a + 1)).collect();
        Ok(vec![permute(&cx.inputs[0].array(), order)?])
    }
}

impl ViewOf for Transpose {
    fn layout(&self, _: &Aval, layout: &Layout, _: &Aval) -> Option<Layout> {
        Some(Layout { strides: self.0.iter().map(|&a| layout.strides[a]).collect(), offset: layout.offset })
    }
}

/// The axes in the given order, which is a permutation.
#[track_caller]
pub(crate) fn permute(x: &Array, order: Dims) -> Result<Array> {
    if order.iter().enumerate().all(|(i, &a)| i == a) {
        return Ok(x.clone());
    }
    apply(Transpose(order), &[x])
}

/// Moves axis `from` to `to`; both are in range.
#[track_caller]
pub(crate) fn move_axis(x: &Array, from: usize, to: usize) -> Result<Array> {
    let mut order: Dims = (0..x.ndim()).filter(|&a| a != from).collect();
    order.insert(to, from);
    permute(x, order)
}

/// A range of an axis: `start`, then every `step`-th element (negative: backwards), to the end of the axis or `len` elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    pub start: i64,
    /// `None` reaches to the axis's end, whatever its size.
    pub stop: Option<i64>,
    pub step: i64,
}

stored_struct!(Range { start, stop, step });

impl Range {
    pub const FULL: Range = Range { start: 0, stop: None, step: 1 };

    /// First index and number of elements on an axis of size `n`; negative ends count from the end, others are clamped.
    pub fn resolve(&self, n: usize) -> (usize, usize) {
        let n = n as i64;
        let wrap = |v: i64| if v < 0 { v + n } else { v };
        if self.step > 0 {
            let start = wrap(self.start).clamp(0, n);
            let stop = self.stop.map_or(n, |s| wrap(s).clamp(0, n));
            (start as usize, ((stop - start).max(0) as u64).div_ceil(self.step as u64) as usize)
        } else {
            let start = wrap(self.start).clamp(-1, n - 1);
            let stop = self.stop.map_or(-1, |s| wrap(s).clamp(-1, n - 1));
            (start.max(0) as usize, ((start - stop).max(0) as u64).div_ceil(self.step.unsigned_abs()) as usize)
        }
    }
}

/// A range of each axis.
pub(crate) type Ranges = smallvec::SmallVec<[Range; 4]>;

/// A range of every axis.
pub(crate) struct Slice(pub Ranges);

stored!("slice", Slice { 0 });

impl Primitive for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }
    fn key(&self, h: &mut KeyHasher) {
        for r in &self.0 {
            h.word(r.start as u64);
            h.word(r.stop.map_or(u64::MAX >> 1, |s| s as u64));
            h.word(r.step as u64);
        }
    }
    fn attributes(&self) -> String {
        let end = |r: &Range| r.stop.map_or(String::new(), |s| s.to_string());
        let each: Vec<String> = self.0.iter().map(|r| format!("{}:{}:{}", r.start, end(r), r.step)).collect();
        each.join(", ")
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let dims = self.0.iter().zip(&inputs[0].shape).map(|(r, &n)| r.resolve(n).1).collect();
        Ok(smallvec![Aval { shape: dims, ..inputs[0].clone() }])
    }
    fn role(&self) -> Role<'_> {
        Role::View(self)
    }
    fn slice(&self) -> Option<&[Range]> {
        Some(&self.0)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let zeros = cx.inputs[0].array().zeros_like();
        Ok(vec![Some(crate::ops::join::slice_update(&zeros, &cx.cotangent(0), &self.0)?)])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![Some(apply(Slice(self.0.clone()), &[&cx.tangent(0)])?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let ranges = std::iter::once(Range::FULL).chain(self.0.iter().copied()).collect();
        Ok(vec![apply(Slice(ranges), &[&cx.inputs[0].array()])?])
    }
}

/// Layout of a slice.
pub(crate) fn slice_layout(ranges: &[Range], dims: &[usize], layout: &Layout) -> Layout {
    let mut offset = layout.offset as isize;
    let mut strides = Strides::with_capacity(dims.len());
    for ((r, &n), &s) in ranges.iter().zip(dims).zip(&layout.strides) {
        let (start, len) = r.resolve(n);
        if len > 0 {
            offset += start as isize * s;
        }
        strides.push(s * r.step as isize);
    }
    Layout { strides, offset: offset as usize }
}

impl ViewOf for Slice {
    fn layout(&self, input: &Aval, layout: &Layout, out: &Aval) -> Option<Layout> {
        if out.size() == 0 {
            return Some(Layout { strides: shape::contiguous(&out.shape), offset: layout.offset });
        }
        Some(slice_layout(&self.0, &input.shape, layout))
    }
}

/// A slice of every axis; `ranges` has one for each.
#[track_caller]
pub(crate) fn slice_ranges(x: &Array, ranges: Ranges) -> Result<Array> {
    if ranges.iter().all(|r| *r == Range::FULL) {
        return Ok(x.clone());
    }
    apply(Slice(ranges), &[x])
}

/// The element `i`, in range, of axis `axis`, which goes away.
#[track_caller]
pub(crate) fn pick(x: &Array, axis: usize, i: usize) -> Result<Array> {
    let mut ranges: Ranges = smallvec![Range::FULL; x.ndim()];
    ranges[axis] = Range { start: i as i64, stop: Some(i as i64 + 1), step: 1 };
    squeeze(&slice_ranges(x, ranges)?, axis as i64)
}

op! {
    /// The array in a larger shape: axes of size one and missing leading axes repeat.
    ///
    /// # Errors
    /// A value error if the shapes do not broadcast.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].broadcast_to([2, 2]).to_vec::<i32>().unwrap(), [1, 2, 1, 2]);
    /// ```
    pub fn broadcast_to(x, shape: impl Into<Shape>) -> Array {
        let shape = shape.into().0;
        if x.dims() == &shape[..] {
            return Ok(x.clone());
        }
        apply(Broadcast { shape, adapts: false }, &[x])
    }

    /// The elements, in row-major order, in another shape; one size may be -1: what is left.
    ///
    /// # Errors
    /// A value error if the number of elements differs, or for two sizes of -1.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::arange(0, 6, 1, Dtype::I32).reshape([2, -1]).shape(), [2, 3]);
    /// ```
    pub fn reshape(x, shape: impl AsRef<[i64]>) -> Array {
        let list = shape.as_ref();
        if list.iter().filter(|&&d| d == -1).count() > 1 || list.iter().any(|&d| d < -1) {
            return Err(Error::value("reshape", format!("{list:?} is not a shape with at most one -1")));
        }
        let sizes = list.iter().map(|&d| if d == -1 { Size::Rest } else { Size::Fixed(d as usize) }).collect();
        apply(Reshape(sizes), &[x])
    }

    /// The axes `start` to `end`, both included, as one.
    ///
    /// # Errors
    /// An index error for axes out of range, a value error if `start` comes after `end`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::zeros([2, 3, 4], Dtype::F32).flatten(0, 1).shape(), [6, 4]);
    /// ```
    pub fn flatten(x, start: i64, end: i64) -> Array {
        if x.ndim() == 0 {
            return apply(Reshape(smallvec![Size::Fixed(1)]), &[x]);
        }
        let (a, b) = (shape::axis("flatten", start, x.ndim())?, shape::axis("flatten", end, x.ndim())?);
        if a > b {
            return Err(Error::value("flatten", format!("axis {start} comes after axis {end}")));
        }
        let sizes = (0..a).map(Size::Axis).chain([Size::Rest]).chain((b + 1..x.ndim()).map(Size::Axis)).collect();
        if x.aval().size() == 0 {
            let dims = (0..a).map(|i| x.dims()[i]).chain([x.dims()[a..=b].iter().product()]).chain(x.dims()[b + 1..].iter().copied()).collect();
            return reshape_to(x, dims);
        }
        apply(Reshape(sizes), &[x])
    }

    /// The axes in another order.
    ///
    /// # Errors
    /// A value error if `order` is no permutation of the axes.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::zeros([2, 3, 4], Dtype::F32).transpose([2, 0, 1]).shape(), [4, 2, 3]);
    /// ```
    pub fn transpose(x, order: impl AsRef<[i64]>) -> Array {
        let order: Dims = order.as_ref().iter().map(|&a| shape::axis("transpose", a, x.ndim())).collect::<Result<_>>()?;
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if sorted.len() != x.ndim() || sorted.windows(2).any(|w| w[0] == w[1]) {
            return Err(Error::value("transpose", format!("{:?} is no permutation of the {} axes", &order[..], x.ndim())));
        }
        permute(x, order)
    }

    /// The array with its axes in reverse order.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 2], [3, 4]].t().to_vec::<i32>().unwrap(), [1, 3, 2, 4]);
    /// ```
    pub fn t(x) -> Array {
        permute(x, (0..x.ndim()).rev().collect())
    }

    /// The axis `from` moved to place `to`.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::zeros([2, 3, 4], Dtype::F32).moveaxis(0, -1).shape(), [3, 4, 2]);
    /// ```
    pub fn moveaxis(x, from: i64, to: i64) -> Array {
        move_axis(x, shape::axis("moveaxis", from, x.ndim())?, shape::axis("moveaxis", to, x.ndim())?)
    }

    /// The axes `a` and `b` swapped.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::zeros([2, 3, 4], Dtype::F32).swapaxes(0, 2).shape(), [4, 3, 2]);
    /// ```
    pub fn swapaxes(x, a: i64, b: i64) -> Array {
        let mut order: Dims = (0..x.ndim()).collect();
        order.swap(shape::axis("swapaxes", a, x.ndim())?, shape::axis("swapaxes", b, x.ndim())?);
        permute(x, order)
    }

    /// The array with a new axis of size one at `axis` of the result.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].expand_dims(-1).shape(), [2, 1]);
    /// ```
    pub fn expand_dims(x, axis: i64) -> Array {
        let at = shape::axis("expand_dims", axis, x.ndim() + 1)?;
        let mut sizes: smallvec::SmallVec<[Size; 4]> = (0..x.ndim()).map(Size::Axis).collect();
        sizes.insert(at, Size::Fixed(1));
        apply(Reshape(sizes), &[x])
    }

    /// The array without the given axes, which have size one; `..` drops all such axes.
    ///
    /// # Errors
    /// A value error for an axis of another size, an index error for one out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::zeros([1, 3, 1], Dtype::F32).squeeze(..).shape(), [3]);
    /// ```
    pub fn squeeze(x, axes: impl Into<crate::ops::Axes>) -> Array {
        let axes = axes.into();
        let gone: Dims = if axes.list.is_none() {
            (0..x.ndim()).filter(|&a| x.shape()[a] == 1).collect()
        } else {
            axes.resolve("squeeze", x.ndim())?.0
        };
        if let Some(&a) = gone.iter().find(|&&a| x.dims()[a] != 1) {
            return Err(Error::value("squeeze", format!("axis {a} of {:?} has size {}, not 1", x.dims(), x.dims()[a])));
        }
        let sizes = (0..x.ndim()).filter(|a| !gone.contains(a)).map(Size::Axis).collect();
        apply(Reshape(sizes), &[x])
    }

    /// The elements in reverse order along the given axes.
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2, 3].flip(0).to_vec::<i32>().unwrap(), [3, 2, 1]);
    /// ```
    pub fn flip(x, axes: impl Into<crate::ops::Axes>) -> Array {
        let (axes, _) = axes.into().resolve("flip", x.ndim())?;
        let ranges = (0..x.ndim()).map(|a| if axes.contains(&a) { Range { start: -1, stop: None, step: -1 } } else { Range::FULL }).collect();
        slice_ranges(x, ranges)
    }

    /// The diagonal `offset` of the last two axes, as the last axis.
    ///
    /// # Errors
    /// A value error for fewer than two axes.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 2], [3, 4]].diagonal(0).to_vec::<i32>().unwrap(), [1, 4]);
    /// ```
    pub fn diagonal(x, offset: i64) -> Array {
        let n = x.ndim();
        if n < 2 {
            return Err(Error::value("diagonal", format!("needs two axes, not the shape {:?}", x.dims())));
        }
        let (rows, cols) = (x.shape()[n - 2] as i64, x.shape()[n - 1] as i64);
        let (r0, c0) = ((-offset).max(0), offset.max(0));
        let len = (rows - r0).min(cols - c0).max(0);
        // Row-major, the diagonal is every (cols + 1)-th element: a slice of the flattened matrix.
        let flat = flatten(x, -2, -1)?;
        let mut ranges: Ranges = smallvec![Range::FULL; n - 1];
        let start = r0 * cols + c0;
        ranges[n - 2] = Range { start, stop: Some(start + (len * (cols + 1)).min(rows * cols - start).max(0)), step: cols + 1 };
        slice_ranges(&flat, ranges)
    }

    /// The array with its elements in row-major order in memory: itself, or a copy.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 2], [3, 4]].t().contiguous().to_vec::<i32>().unwrap(), [1, 3, 2, 4]);
    /// ```
    pub fn contiguous(x) -> Array {
        apply(Contiguous { rows: false }, &[x])
    }

    /// The array itself, through which no derivative flows.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let g = grad(|x: &Array| x * x.stop_gradient())(&Array::from(3.0f32));
    /// assert_eq!(g.item::<f32>().unwrap(), 3.0);
    /// ```
    pub fn stop_gradient(x) -> Array {
        Ok(node(Prim::new(StopGradient), smallvec![Operand::Edge(x.edge())], x.aval().clone()))
    }
}

/// `x` with the elements of each row next to each other: itself, or a copy.
pub(crate) fn dense_rows(x: &Array) -> Result<Array> {
    apply(Contiguous { rows: true }, &[x])
}

/// Its input in row-major order: a copy if it lies otherwise, or, with `rows`, if its rows aren't contiguous.
#[derive(Clone, Copy)]
struct Contiguous {
    rows: bool,
}

stored!("contiguous", Contiguous { rows });

impl Primitive for Contiguous {
    fn name(&self) -> &'static str {
        "contiguous"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.rows as u64);
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![inputs[0].clone()])
    }
    fn role(&self) -> Role<'_> {
        Role::View(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![cx.cotangents[0].clone()])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![cx.tangents[0].clone()])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![apply(*self, &[&cx.inputs[0].array()])?])
    }
}

impl ViewOf for Contiguous {
    fn layout(&self, input: &Aval, layout: &Layout, _: &Aval) -> Option<Layout> {
        let dense = || input.shape.last().is_none_or(|&n| n <= 1) || layout.strides.last() == Some(&1);
        let lies = if self.rows { dense() } else { shape::is_contiguous(&input.shape, &layout.strides) };
        lies.then(|| layout.clone())
    }
}

/// Its input, with derivative zero.
struct StopGradient;

stored!("stop_gradient", StopGradient {});

impl Primitive for StopGradient {
    fn name(&self) -> &'static str {
        "stop_gradient"
    }
    fn key(&self, _: &mut KeyHasher) {}
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![inputs[0].clone()])
    }
    fn role(&self) -> Role<'_> {
        Role::Alias
    }
    flat!();
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![stop_gradient(&cx.inputs[0].array())?])
    }
}

free! {
    /// Arrays broadcast to the shape they have in common.
    ///
    /// # Errors
    /// A value error if they do not broadcast.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let list = ops::broadcast_arrays(&[&array![1, 2], &array![[1], [2]]]).unwrap();
    /// assert_eq!(list[0].shape(), [2, 2]);
    /// ```
    pub fn broadcast_arrays(arrays: &[impl Borrow<Array>]) -> Vec<Array> {
        let arrays = &references(arrays)[..];
        let mut dims = Dims::new();
        for a in arrays {
            dims = shape::broadcast(&dims, a.dims())
                .ok_or_else(|| Error::value("broadcast_arrays", format!("cannot broadcast {}", crate::ops::describe(arrays))))?;
        }
        arrays.iter().map(|a| broadcast_with(a, &dims, arrays)).collect()
    }
}

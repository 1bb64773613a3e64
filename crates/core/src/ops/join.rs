//! Arrays put together: concatenation, stacking, splitting, slice updates, padding. Each is a handful of copies into views of its output.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::view::{self, Range, Ranges};
use crate::ops::{IntoOperand, Rhs, free, op, references};
use crate::primitive::{AssembleOf, Jvp, Part, Primitive, Role, Vjp, Vmap};
use crate::runtime::buffer::Layout;
use lazulite_base::dtype::promote;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::{Dims, shape};
use smallvec::smallvec;
use std::borrow::Borrow;

/// Inputs one after the other along an axis.
struct Concatenate(usize);

impl Concatenate {
    /// The range of each input along the axis.
    fn ranges(&self, inputs: &[Aval]) -> Vec<Range> {
        let mut at = 0;
        inputs
            .iter()
            .map(|a| {
                let start = at;
                at += a.shape[self.0] as i64;
                Range { start, stop: Some(at), step: 1 }
            })
            .collect()
    }
}

stored!("concatenate", Concatenate { 0 });

impl Primitive for Concatenate {
    fn name(&self) -> &'static str {
        "concatenate"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.0 as u64);
    }
    fn attributes(&self) -> String {
        format!("axis {}", self.0)
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let mut out = inputs[0].clone();
        out.weak = false;
        out.shape[self.0] = inputs.iter().fold(0, |n, a| n.saturating_add(a.shape[self.0]));
        for a in inputs {
            if a.ndim() != out.ndim() || (0..a.ndim()).any(|i| i != self.0 && a.shape[i] != out.shape[i]) {
                let shapes: Vec<_> = inputs.iter().map(|a| &a.shape[..]).collect();
                return Err(Error::value("concatenate", format!("shapes {shapes:?} differ beside axis {}", self.0)));
            }
        }
        Ok(smallvec![out])
    }
    fn role(&self) -> Role<'_> {
        Role::Assemble(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let ct = cx.cotangent(0);
        // Sizes are static data of the slices: guarded in a shapeless trace.
        let avals: Vec<Aval> = cx.inputs.iter().map(|v| Aval::new(v.array().shape(), ct.dtype())).collect();
        let part = |r: Range| {
            let mut ranges: Ranges = smallvec![Range::FULL; ct.ndim()];
            ranges[self.0] = r;
            view::slice_ranges(&ct, ranges)
        };
        self.ranges(&avals).into_iter().zip(cx.needed).map(|(r, &n)| if n { part(r).map(Some) } else { Ok(None) }).collect()
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let list: Vec<Array> = (0..cx.inputs.len()).map(|i| cx.tangent(i)).collect();
        Ok(vec![Some(apply(Concatenate(self.0), &list.iter().collect::<Vec<_>>())?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let list: Vec<Array> = (0..cx.inputs.len()).map(|i| cx.batched_input(i)).collect();
        Ok(vec![apply(Concatenate(self.0 + 1), &list.iter().collect::<Vec<_>>())?])
    }
}

impl AssembleOf for Concatenate {
    fn parts(&self, inputs: &[Aval], out: &Aval) -> Vec<Part> {
        let layout = Layout::contiguous(&out.shape);
        let mut at = 0;
        let all = inputs.iter().enumerate().map(|(input, a)| {
            let offset = at * layout.strides[self.0] as usize;
            at += a.shape[self.0];
            Part { input, dims: a.shape.clone(), strides: layout.strides.clone(), offset }
        });
        // An output without elements is made by a step, too.
        let empty = out.shape.contains(&0);
        all.enumerate().filter(|(i, p)| !p.dims.contains(&0) || empty && *i == 0).map(|(_, p)| p).collect()
    }
}

/// The first input with the second written over a slice of it.
struct SliceUpdate(Ranges);

stored!("slice_update", SliceUpdate { 0 });

impl Primitive for SliceUpdate {
    fn name(&self) -> &'static str {
        "slice_update"
    }
    fn key(&self, h: &mut KeyHasher) {
        view::Slice(self.0.clone()).key(h);
    }
    fn attributes(&self) -> String {
        view::Slice(self.0.clone()).attributes()
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let want: Dims = self.0.iter().zip(&inputs[0].shape).map(|(r, &n)| r.resolve(n).1).collect();
        if want != inputs[1].shape {
            let text = format!("the update has shape {:?}, the slice {:?}", &inputs[1].shape[..], &want[..]);
            return Err(Error::value("slice_update", text));
        }
        Ok(smallvec![Aval { weak: false, ..inputs[0].clone() }])
    }
    fn role(&self) -> Role<'_> {
        Role::Assemble(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let ct = cx.cotangent(0);
        let mut out = vec![None, None];
        if cx.needed[0] {
            let zeros = cx.inputs[1].array().zeros_like();
            out[0] = Some(slice_update(&ct, &zeros, &self.0)?);
        }
        if cx.needed[1] {
            out[1] = Some(view::slice_ranges(&ct, self.0.clone())?);
        }
        Ok(out)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![Some(slice_update(&cx.tangent(0), &cx.tangent(1), &self.0)?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let ranges: Ranges = std::iter::once(Range::FULL).chain(self.0.iter().copied()).collect();
        Ok(vec![slice_update(&cx.batched_input(0), &cx.batched_input(1), &ranges)?])
    }
}

impl AssembleOf for SliceUpdate {
    fn parts(&self, inputs: &[Aval], out: &Aval) -> Vec<Part> {
        let whole = Layout::contiguous(&out.shape);
        let slice = view::slice_layout(&self.0, &out.shape, &whole);
        let mut parts = vec![Part { input: 0, dims: out.shape.clone(), strides: whole.strides, offset: 0 }];
        if !inputs[1].shape.contains(&0) {
            parts.push(Part { input: 1, dims: inputs[1].shape.clone(), strides: slice.strides, offset: slice.offset });
        }
        parts
    }
}

/// `x` with `update` in place of a slice; dtypes and shapes agree already.
#[track_caller]
pub(crate) fn slice_update(x: &Array, update: &Array, ranges: &[Range]) -> Result<Array> {
    apply(SliceUpdate(ranges.into()), &[x, update])
}

free! {
    /// The arrays one after the other along an axis; dtypes promote.
    ///
    /// # Errors
    /// A value error for no arrays or shapes that differ beside the axis; an index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = ops::concatenate(&[&array![1, 2], &array![3]], 0).unwrap();
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [1, 2, 3]);
    /// ```
    pub fn concatenate(arrays: &[impl Borrow<Array>], axis: i64) -> Array {
        let arrays = references(arrays);
        let Some(first) = arrays.first() else { return Err(Error::value("concatenate", "needs at least one array")) };
        let at = shape::axis("concatenate", axis, first.ndim())?;
        let d = arrays.iter().map(|a| a.dtype()).reduce(promote).expect("one array");
        let list: Vec<Array> = arrays.iter().map(|a| crate::ops::astype(a, d)).collect::<Result<_>>()?;
        if list.len() == 1 {
            return Ok(list.into_iter().next().expect("one array"));
        }
        apply(Concatenate(at), &list.iter().collect::<Vec<_>>())
    }

    /// The arrays, of one shape, along a new axis.
    ///
    /// # Errors
    /// As for [`concatenate`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(ops::stack(&[&array![1, 2], &array![3, 4]], 0).unwrap().shape(), [2, 2]);
    /// let rows: Vec<Array> = (0..3).map(|i| array![i, i * i]).collect();
    /// assert_eq!(ops::stack(&rows, 0).unwrap().shape(), [3, 2]);
    /// ```
    pub fn stack(arrays: &[impl Borrow<Array>], axis: i64) -> Array {
        let arrays = references(arrays);
        let Some(first) = arrays.first() else { return Err(Error::value("stack", "needs at least one array")) };
        if let Some(other) = arrays.iter().find(|a| a.dims() != first.dims()) {
            return Err(Error::value("stack", format!("shapes {:?} and {:?} differ", first.dims(), other.dims())));
        }
        let at = shape::axis("stack", axis, first.ndim() + 1)? as i64;
        let list: Vec<Array> = arrays.iter().map(|a| crate::ops::expand_dims(a, at)).collect::<Result<_>>()?;
        concatenate(&list, at)
    }

    /// The array cut along `axis` into parts that end at `ends` (rising) and at the axis's end.
    ///
    /// # Errors
    /// A value error for ends that fall or lie beyond the axis; an index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let parts = ops::split_at(&array![1, 2, 3], &[1], 0).unwrap();
    /// assert_eq!(parts[1].to_vec::<i32>().unwrap(), [2, 3]);
    /// ```
    pub fn split_at(x: &Array, ends: &[usize], axis: i64) -> Vec<Array> {
        let at = shape::axis("split", axis, x.ndim())?;
        let n = x.shape()[at];
        let bounds: Vec<usize> = std::iter::once(0).chain(ends.iter().copied()).chain([n]).collect();
        if bounds.windows(2).any(|w| w[0] > w[1]) {
            return Err(Error::value("split", format!("{ends:?} are no rising places on an axis of size {n}")));
        }
        // A loop: a closure would be the site of the slices.
        let mut parts = Vec::with_capacity(bounds.len() - 1);
        for w in bounds.windows(2) {
            let mut ranges: Ranges = smallvec![Range::FULL; x.ndim()];
            ranges[at] = Range { start: w[0] as i64, stop: Some(w[1] as i64), step: 1 };
            parts.push(view::slice_ranges(x, ranges)?);
        }
        Ok(parts)
    }

    /// The array cut along `axis` into `parts` equal parts.
    ///
    /// # Errors
    /// A value error if the axis does not divide; an index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(ops::split(&array![1, 2, 3, 4], 2, 0).unwrap().len(), 2);
    /// ```
    pub fn split(x: &Array, parts: usize, axis: i64) -> Vec<Array> {
        let at = shape::axis("split", axis, x.ndim())?;
        let n = x.shape()[at];
        if parts == 0 || !n.is_multiple_of(parts) {
            return Err(Error::value("split", format!("an axis of size {n} does not divide into {parts} parts")));
        }
        let ends: Vec<usize> = (1..parts).map(|i| i * (n / parts)).collect();
        split_at(x, &ends, axis)
    }
}

op! {
    /// The array with `before` and `after` elements of `value` added along each axis.
    ///
    /// # Errors
    /// A value error if there is not one pair for each axis.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].pad(&[(1, 0)], 0).to_vec::<i32>().unwrap(), [0, 1, 2]);
    /// ```
    pub fn pad(x, widths: &[(usize, usize)], value: impl IntoOperand) -> Array {
        if widths.len() != x.ndim() {
            return Err(Error::value("pad", format!("{} pairs for the {} axes of {:?}", widths.len(), x.ndim(), x.dims())));
        }
        let dims: Dims = widths.iter().zip(x.shape()).map(|(w, n)| w.0.saturating_add(*n).saturating_add(w.1)).collect();
        let dims = crate::ops::create::checked("pad", dims.into(), x.dtype())?;
        let filler = match value.into_operand() {
            Rhs::Literal(s) => crate::ops::create::constant(crate::ops::create::fits("pad", s, x.dtype())?, dims, false),
            Rhs::Array(a) => crate::ops::broadcast_to(&crate::ops::astype(&a, x.dtype())?, dims)?,
        };
        let ranges: Ranges =
            widths.iter().zip(x.dims()).map(|(w, &n)| Range { start: w.0 as i64, stop: Some((w.0 + n) as i64), step: 1 }).collect();
        slice_update(&filler, x, &ranges)
    }
}

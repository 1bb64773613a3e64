//! Products of matrices that index arrays pick, and products of parts: masked in blocks, or a segment of the sums at a time.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::gather::{Place, scatter};
use crate::ops::quantized::{flat_batch, gathered, picked};
use crate::ops::{create, op, view};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap};
use lazulite_base::dtype::promote;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{Combine, View, Work};
use lazulite_base::{Dims, Dtype, Scalar, shape};
use smallvec::smallvec;

/// `out[i..] = a[lhs[i..]] @ b[rhs[i..]]`. Inputs: a `(count, m, k)`, b `(count, k, n)`, lhs and rhs of one shape.
struct GatherMatMul;

stored!("gather_mm", GatherMatMul {});

impl Primitive for GatherMatMul {
    fn name(&self) -> &'static str {
        "gather_mm"
    }
    fn key(&self, _: &mut KeyHasher) {}
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let (a, b) = (&inputs[0].shape[..], &inputs[1].shape[..]);
        if a.len() != 3 || b.len() != 3 || a[2] != b[1] || inputs[2].shape != inputs[3].shape {
            let shapes: Vec<_> = inputs.iter().map(|a| &a.shape[..]).collect();
            return Err(Error::value("gather_mm", format!("cannot multiply matrices and indices of shapes {shapes:?}")));
        }
        if inputs[2].size() > 0 && a[0] * b[0] == 0 {
            return Err(Error::value("gather_mm", "cannot take matrices from an empty batch"));
        }
        let dims: Dims = inputs[2].shape.iter().copied().chain([a[1], b[2]]).collect();
        Ok(smallvec![Aval::new(dims, inputs[0].dtype)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let [a, b, lhs, rhs] = [0, 1, 2, 3].map(|i| cx.inputs[i].array());
        let ct = flat_batch(&cx.cotangent(0))?;
        let count = ct.shape()[0];
        let [lhs, rhs] = [view::reshape_to(&lhs, smallvec![count])?, view::reshape_to(&rhs, smallvec![count])?];
        let own = create::index_along(&[count], 0, Dtype::I32);
        let back =
            |x: &Array, at: Array, part: Array| scatter(&x.zeros_like(), &Place::Axes(smallvec![0]), &part, &[at], Combine::Add, false);
        let of_a = |b: &Array| apply(GatherMatMul, &[&ct, &crate::ops::swapaxes(b, -1, -2)?, &own, &rhs]);
        let of_b = |a: &Array| apply(GatherMatMul, &[&crate::ops::swapaxes(a, -1, -2)?, &ct, &lhs, &own]);
        Ok(vec![
            if cx.needed[0] { Some(back(&a, lhs.clone(), of_a(&b)?)?) } else { None },
            if cx.needed[1] { Some(back(&b, rhs.clone(), of_b(&a)?)?) } else { None },
            None,
            None,
        ])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let [a, b, lhs, rhs] = [0, 1, 2, 3].map(|i| cx.inputs[i].array());
        let of_a = cx.tangents[0].as_ref().map(|t| apply(GatherMatMul, &[t, &b, &lhs, &rhs])).transpose()?;
        let of_b = cx.tangents[1].as_ref().map(|t| apply(GatherMatMul, &[&a, t, &lhs, &rhs])).transpose()?;
        Ok(vec![match (of_a, of_b) {
            (Some(x), Some(y)) => Some(crate::ops::add(&x, &y)?),
            (x, y) => x.or(y),
        }])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![apply(GatherMatMul, &gathered(cx, 1, 2)?.iter().collect::<Vec<_>>())?])
    }
}

impl KernelOf for GatherMatMul {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::GatherMatMul { a: inputs[0].clone(), b: inputs[1].clone(), gather: [inputs[2].clone(), inputs[3].clone()] }
    }
}

/// The dtype of a product of real floats.
#[track_caller]
fn float(op: &str, a: &Array, b: &Array) -> Result<Dtype> {
    let d = promote(a.dtype(), b.dtype());
    if d.is_float() { Ok(d) } else { Err(Error::value(op, format!("multiplies floats, not {}", crate::ops::describe(&[a, b])))) }
}

/// One number for each block of the last two axes of `dims`, at each element.
#[track_caller]
fn spread(op: &str, mask: &Array, block: usize, dims: &[usize]) -> Result<Array> {
    let lead = dims.len() - 2;
    let blocks = [dims[lead].div_ceil(block), dims[lead + 1].div_ceil(block)];
    let full: Dims = dims[..lead].iter().copied().chain(blocks).collect();
    if shape::broadcast(mask.dims(), &full).is_none_or(|d| d[..] != full[..]) {
        return Err(Error::value(op, format!("a mask of shape {:?} does not broadcast to the blocks {full:?}", mask.dims())));
    }
    let mut y = crate::ops::broadcast_to(mask, full)?;
    for (axis, i) in [(-2, lead), (-1, lead + 1)] {
        y = crate::ops::repeat(&y, block, axis)?;
        let mut ranges: smallvec::SmallVec<[view::Range; 4]> = smallvec![view::Range::FULL; y.ndim()];
        ranges[i] = view::Range { start: 0, stop: Some(dims[i] as i64), step: 1 };
        y = view::slice_ranges(&y, ranges)?;
    }
    Ok(y)
}

/// `x` with its blocks kept or dropped (a mask of bool), or multiplied.
#[track_caller]
fn masked(op: &str, x: &Array, mask: Option<&Array>, block: usize) -> Result<Array> {
    let Some(mask) = mask else { return Ok(x.clone()) };
    let mask = spread(op, mask, block, x.shape())?;
    if mask.dtype() == Dtype::Bool {
        return crate::ops::try_select(&mask, x, Scalar::new(0.0, x.dtype()));
    }
    crate::ops::multiply(x, &crate::ops::astype(&mask, x.dtype())?)
}

op! {
    /// Products of matrices that index arrays pick: `out[i..] = x[lhs[i..]] @ y[rhs[i..]]`, each index counting over all batch axes of its
    /// operand; without an index array all matrices take part in order. Index arrays broadcast. A 1-d `x` counts as a row, a 1-d `y` as a
    /// column. Items that share a matrix of `y` are one product, in any order.
    ///
    /// # Errors
    /// A value error for shapes that do not match, operands that are no real floats, or indices that are no integers.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (x, y) = (Array::ones([2, 3, 4], Dtype::F32), Array::ones([5, 4, 6], Dtype::F32));
    /// assert_eq!(x.gather_mm(&y, None, Some(&array![4, 0])).shape(), [2, 3, 6]);
    /// ```
    pub fn gather_mm(x, y: &Array, lhs: Option<&Array>, rhs: Option<&Array>) -> Array {
        let op = "gather_mm";
        let d = float(op, x, y)?;
        if x.ndim() == 0 || y.ndim() == 0 {
            return Err(Error::value(op, format!("needs at least one axis on each side, not {}", crate::ops::describe(&[x, y]))));
        }
        let (row, column) = (x.ndim() == 1, y.ndim() == 1);
        let mut a = crate::ops::astype(x, d)?;
        let mut b = crate::ops::astype(y, d)?;
        if row {
            a = crate::ops::expand_dims(&a, 0)?;
        }
        if column {
            b = crate::ops::expand_dims(&b, 1)?;
        }
        if a.shape()[a.ndim() - 1] != b.shape()[b.ndim() - 2] {
            return Err(Error::value(op, format!("cannot multiply {}", crate::ops::describe(&[x, y]))));
        }
        let [lhs, rhs] = picked(op, (&a, lhs), (b.shape(), rhs))?;
        let mut z = apply(GatherMatMul, &[&flat_batch(&a)?, &flat_batch(&b)?, &lhs, &rhs])?;
        if column {
            z = crate::ops::squeeze(&z, -1)?;
        }
        if row {
            z = crate::ops::squeeze(&z, if column { -1 } else { -2 })?;
        }
        Ok(z)
    }

    /// The matrix product of operands, and with a result, whose blocks of `block` by `block` elements are kept or dropped by masks of bool,
    /// or multiplied by other masks: `masks` are those of the result, of `x` and of `y`, one element a block; they broadcast over batches.
    ///
    /// # Errors
    /// As for `matmul`; a value error for a mask that does not fit, or blocks of no size.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = Array::ones([4, 4], Dtype::F32);
    /// let keep = array![[true, false], [false, true]];
    /// let y = x.block_masked_mm(&x, 2, [Some(&keep), None, None]);
    /// assert_eq!(y.sum(..).item::<f32>().unwrap(), 32.0);
    /// ```
    pub fn block_masked_mm(x, y: &Array, block: usize, masks: [Option<&Array>; 3]) -> Array {
        let op = "block_masked_mm";
        let d = float(op, x, y)?;
        if block == 0 {
            return Err(Error::value(op, "blocks have at least one element"));
        }
        if masks.iter().all(Option::is_none) {
            return crate::ops::matmul(x, y);
        }
        if x.ndim() < 2 || y.ndim() < 2 {
            return Err(Error::value(op, format!("needs two axes on each side, not {}", crate::ops::describe(&[x, y]))));
        }
        let a = masked(op, &crate::ops::astype(x, d)?, masks[1], block)?;
        let b = masked(op, &crate::ops::astype(y, d)?, masks[2], block)?;
        masked(op, &crate::ops::matmul(&a, &b)?, masks[0], block)
    }

    /// For each segment `[start, end)` of the last axis of `segments`, the product of those columns of `x` and rows of `y`:
    /// `(m, k)`, `(k, n)` and `(.., 2)` give `(.., m, n)`.
    ///
    /// # Errors
    /// A value error for operands that are no matrices of real floats that match, or segments that are no pairs of integers.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (x, y) = (Array::ones([2, 5], Dtype::F32), Array::ones([5, 3], Dtype::F32));
    /// let z = x.segmented_mm(&y, &array![[0, 2], [2, 5]]);
    /// assert_eq!(z.max([1, 2]).to_vec::<f32>().unwrap(), [2.0, 3.0]);
    /// ```
    pub fn segmented_mm(x, y: &Array, segments: &Array) -> Array {
        let op = "segmented_mm";
        let d = float(op, x, y)?;
        if x.ndim() != 2 || y.ndim() != 2 || x.shape()[1] != y.shape()[0] {
            return Err(Error::value(op, format!("cannot multiply {}", crate::ops::describe(&[x, y]))));
        }
        if !segments.dtype().is_integer() || segments.shape().last() != Some(&2) {
            return Err(Error::value(op, format!("segments are pairs of integers, not {}", crate::ops::describe(&[segments]))));
        }
        let lead = segments.ndim() - 1;
        let bounds = crate::ops::astype(segments, Dtype::I64)?;
        let bound = |i: usize| crate::ops::expand_dims(&crate::ops::expand_dims(&view::pick(&bounds, lead, i)?, -1)?, -1);
        let k = x.shape()[1];
        let step = create::index_along(&[1, k], 1, Dtype::I64);
        let inside = crate::ops::logical_and(&crate::ops::less_equal(&bound(0)?, &step)?, &crate::ops::less(&step, &bound(1)?)?)?;
        let zero = Scalar::new(0.0, d);
        // Both sides are cut, so that nothing outside a segment, were it infinite, touches the result.
        let a = crate::ops::try_select(&inside, &crate::ops::astype(x, d)?, zero)?;
        let b = crate::ops::try_select(&crate::ops::swapaxes(&inside, -1, -2)?, &crate::ops::astype(y, d)?, zero)?;
        crate::ops::matmul(&a, &b)
    }
}

//! Products with quantized numbers. They never become an array: the backend takes codes apart as it multiplies.

use super::convert::format_key;
use super::{Quantized, global_factors, global_scales, grouped};
use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::gather::{Place, scatter};
use crate::ops::view::dense_rows;
use crate::ops::{create, op, view};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap};
use lazulite_base::dtype::promote;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{Combine, View, Work};
use lazulite_base::{Dims, Dtype, Format, Scalar, shape};
use smallvec::smallvec;

/// x times quantized numbers. Inputs: x `(batch.., m, k)`, words, scales and, for an affine format, biases `(batch.., rows, ..)`; the
/// batches broadcast. With `gather`, x and the numbers have one batch axis, and index arrays of one shape, which is the output's batch,
/// follow.
#[derive(Clone, Copy)]
struct QuantizedMatMul {
    format: Format,
    transpose: bool,
    gather: bool,
}

stored!("quantized_matmul", QuantizedMatMul { format, transpose, gather });

impl QuantizedMatMul {
    /// Number of inputs that hold numbers.
    fn parts(&self) -> usize {
        3 + self.format.is_affine() as usize
    }

    fn of(&self, inputs: &[Array]) -> Result<Array> {
        let mut list = inputs.to_vec();
        for x in &mut list[1..self.parts()] {
            *x = dense_rows(x)?;
        }
        apply(*self, &list.iter().collect::<Vec<_>>())
    }

    /// The axes of the product after the batch: columns, and the length of the sums.
    fn sizes(&self, words: &[usize]) -> [usize; 2] {
        let [rows, last] = [words[words.len() - 2], self.format.numbers(words[words.len() - 1])];
        if self.transpose { [rows, last] } else { [last, rows] }
    }

    /// The gradients of scales and biases from that of the numbers, whose rows are theirs.
    fn of_parameters(&self, numbers: &Array, words: &Array, scales: &Array) -> Result<[Array; 2]> {
        let (d, group) = (numbers.dtype(), self.format.group());
        let one = crate::ops::astype(&scales.ones_like(), d)?;
        let quantized = Quantized { weight: words.clone(), biases: Some(one.zeros_like()), scales: one, format: self.format };
        let codes = crate::ops::dequantize(&quantized, None, None)?;
        let sum = |x: &Array| crate::ops::astype(&crate::ops::sum(&grouped(x, group)?, -1)?, scales.dtype());
        Ok([sum(&crate::ops::multiply(numbers, &codes)?)?, sum(numbers)?])
    }
}

impl Primitive for QuantizedMatMul {
    fn name(&self) -> &'static str {
        if self.gather { "gather_qmm" } else { "quantized_matmul" }
    }
    fn key(&self, h: &mut KeyHasher) {
        format_key(self.format, h);
        h.word(self.transpose as u64);
    }
    fn attributes(&self) -> String {
        format!("{}{}", self.format, if self.transpose { "" } else { ", not transposed" })
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let fail = || {
            let shapes: Vec<_> = inputs.iter().map(|a| &a.shape[..]).collect();
            Error::value(self.name(), format!("cannot multiply x, words and scales of shapes {shapes:?} ({})", self.attributes()))
        };
        let (x, words) = (&inputs[0].shape[..], &inputs[1].shape[..]);
        if x.len() < 2 || words.len() < 2 {
            return Err(fail());
        }
        let [n, k] = self.sizes(words);
        let lead = |d: &[usize]| Dims::from_slice(&d[..d.len() - 2]);
        let mut batch = lead(x);
        if self.gather {
            let (left, right) = (&inputs[self.parts()].shape, &inputs[self.parts() + 1].shape);
            if left != right || x.len() != 3 || words.len() != 3 {
                return Err(fail());
            }
            batch = left.clone();
            if shape::size(&batch) > 0 && x[0] * words[0] == 0 {
                return Err(Error::value(self.name(), "cannot take matrices from an empty batch"));
            }
        } else {
            for a in &inputs[1..self.parts()] {
                batch = shape::broadcast(&batch, &lead(&a.shape)).ok_or_else(fail)?;
            }
        }
        if x[x.len() - 1] != k {
            return Err(fail());
        }
        batch.extend([x[x.len() - 2], n]);
        Ok(smallvec![Aval::new(batch, inputs[0].dtype)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let parts = self.parts();
        let mut out = vec![None; cx.inputs.len()];
        let input = |i: usize| cx.inputs[i].array();
        let (ct, x) = (cx.cotangent(0), input(0));
        if cx.needed[0] {
            let back = QuantizedMatMul { transpose: !self.transpose, ..*self };
            let mut inputs: Vec<Array> = (0..cx.inputs.len()).map(input).collect();
            inputs[0] = ct.clone();
            out[0] = Some(if self.gather {
                let items = flat_batch(&ct)?;
                inputs[0] = items;
                let count = inputs[parts].size();
                let own = create::index_along(&[count], 0, Dtype::I32);
                let flat = |i: &Array| view::reshape_to(i, smallvec![count]);
                let (left, right) = (flat(&inputs[parts])?, flat(&inputs[parts + 1])?);
                (inputs[parts], inputs[parts + 1]) = (own, right);
                scatter(&x.zeros_like(), &Place::Axes(smallvec![0]), &back.of(&inputs)?, &[left], Combine::Add, false)?
            } else {
                view::sum_to(&back.of(&inputs)?, &x)?
            });
        }
        if self.format.is_affine() && (cx.needed[2] || cx.needed[3]) {
            let (words, scales) = (input(1), input(2));
            let (mut left, mut right, mut at) = (x, ct, None);
            if self.gather {
                let count = shape::size(input(parts).shape());
                let flat = |i: Array| view::reshape_to(&i, smallvec![count]);
                left = crate::ops::take(&left, &flat(input(parts))?, 0)?;
                (right, at) = (flat_batch(&right)?, Some(flat(input(parts + 1))?));
            }
            let (rows, columns) = if self.transpose { (&right, &left) } else { (&left, &right) };
            let numbers = crate::ops::matmul(&crate::ops::swapaxes(rows, -1, -2)?, columns)?;
            let own = words.shape()[..words.ndim() - 2].iter().chain(&numbers.shape()[numbers.ndim() - 2..]).copied();
            let zeros = create::constant(Scalar::new(0.0, numbers.dtype()), own.collect(), false);
            let numbers = match at {
                None => view::sum_to(&numbers, &zeros)?,
                Some(at) => scatter(&zeros, &Place::Axes(smallvec![0]), &numbers, &[at], Combine::Add, false)?,
            };
            let [of_scales, of_biases] = self.of_parameters(&numbers, &words, &scales)?;
            out[2] = cx.needed[2].then_some(of_scales);
            out[3] = cx.needed[3].then_some(of_biases);
        }
        Ok(out)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let mut inputs: Vec<Array> = cx.inputs.iter().map(|v| v.array()).collect();
        let mut terms = Vec::new();
        if let Some(t) = &cx.tangents[0] {
            let x = std::mem::replace(&mut inputs[0], t.clone());
            terms.push(self.of(&inputs)?);
            inputs[0] = x;
        }
        if self.format.is_affine() && (cx.tangents[2].is_some() || cx.tangents[3].is_some()) {
            (inputs[2], inputs[3]) = (cx.tangent(2), cx.tangent(3));
            terms.push(self.of(&inputs)?);
        }
        let mut terms = terms.into_iter();
        let Some(first) = terms.next() else { return Ok(vec![None]) };
        Ok(vec![Some(terms.try_fold(first, |a, b| crate::ops::add(&a, &b))?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let parts = self.parts();
        if !self.gather {
            // The batch comes before the longest of the operands' own axes; from there on they align from the right.
            let own = |i: usize| cx.inputs[i].array().ndim() - cx.batched[i] as usize;
            let rank = (0..parts).map(own).max().expect("there are operands");
            let aligned = |i: usize| {
                let x = cx.inputs[i].array();
                let missing = if cx.batched[i] { rank - own(i) } else { 0 };
                (0..missing).try_fold(x, |x, _| crate::ops::expand_dims(&x, 1))
            };
            return Ok(vec![self.of(&(0..parts).map(aligned).collect::<Result<Vec<_>>>()?)?]);
        }
        Ok(vec![self.of(&gathered(cx, 1, parts)?)?])
    }
}

impl KernelOf for QuantizedMatMul {
    fn work(&self, inputs: &[View], outs: &[Aval]) -> Work {
        let parts = self.parts();
        let lead = outs[0].ndim() - 2;
        let spread = |x: &View| {
            if self.gather {
                return x.clone();
            }
            let own = x.dims.len() - 2;
            let mut y = View { dtype: x.dtype, dims: outs[0].shape[..lead].into(), strides: smallvec![0; lead] };
            for axis in 0..own {
                if x.dims[axis] != 1 {
                    y.strides[lead - own + axis] = x.strides[axis];
                }
            }
            y.dims.extend_from_slice(&x.dims[own..]);
            y.strides.extend_from_slice(&x.strides[own..]);
            y
        };
        Work::QuantizedMatMul {
            x: spread(&inputs[0]),
            words: spread(&inputs[1]),
            scales: spread(&inputs[2]),
            biases: self.format.is_affine().then(|| spread(&inputs[3])),
            format: self.format,
            transpose: self.transpose,
            gather: self.gather.then(|| [inputs[parts].clone(), inputs[parts + 1].clone()]),
        }
    }
}

/// The inputs of a batch of gathered products: operands `..split` are the left sides, `split..parts` the right ones; two index arrays
/// follow. All batched matrices come below one another, and indices count on from those before.
pub(crate) fn gathered(cx: &Vmap<'_>, split: usize, parts: usize) -> Result<Vec<Array>> {
    let index = cx.inputs[parts].array().ndim() - cx.batched[parts] as usize;
    let steps: Dims = std::iter::once(cx.size).chain(std::iter::repeat_n(1, index)).collect();
    let (mut inputs, mut lists) = (Vec::new(), Vec::new());
    for (side, operands) in [0..split, split..parts].into_iter().enumerate() {
        let mut list = cx.batched_input(parts + side);
        if !operands.clone().any(|i| cx.batched[i]) {
            inputs.extend(operands.map(|i| cx.inputs[i].array()));
            lists.push(list);
            continue;
        }
        let first = operands.start;
        for x in operands.map(|i| cx.batched_input(i)) {
            let rows = std::iter::once(x.shape()[0] * x.shape()[1]).chain(x.shape()[2..].iter().copied());
            inputs.push(view::reshape_to(&x, rows.collect())?);
        }
        let count = inputs[first].shape()[0] / cx.size;
        list = crate::ops::astype(&list, Dtype::I32)?;
        list = crate::ops::try_select(&crate::ops::less(&list, 0)?, crate::ops::add(&list, count)?, &list)?;
        let start = crate::ops::multiply(&create::index_along(&steps, 0, Dtype::I32), count)?;
        lists.push(crate::ops::add(&crate::ops::clip(&list, 0, count.max(1) - 1)?, &start)?);
    }
    inputs.extend(lists);
    Ok(inputs)
}

/// The batch axes as one.
pub(crate) fn flat_batch(x: &Array) -> Result<Array> {
    let lead = x.ndim() - 2;
    let count = x.shape()[..lead].iter().product();
    view::reshape_to(x, std::iter::once(count).chain(x.shape()[lead..].iter().copied()).collect())
}

/// `x` in the dtype of the product.
#[track_caller]
fn operand(op: &str, x: &Array, w: &Quantized) -> Result<Array> {
    let d = if w.format.is_affine() { promote(x.dtype(), w.scales.dtype()) } else { x.dtype() };
    if !d.is_float() {
        return Err(Error::value(op, format!("multiplies floats, not {}", x.dtype())));
    }
    crate::ops::astype(x, d)
}

#[track_caller]
fn mismatch(op: &str, x: &Array, w: &Quantized, transpose: bool) -> Error {
    let text = format!("{} does not meet numbers of shape {:?} with transpose={transpose}", crate::ops::describe(&[x]), w.shape());
    Error::value(op, text)
}

/// Index arrays of a gathered product, of one shape: those given, else the numbers of the batch's matrices.
#[track_caller]
pub(crate) fn picked(op: &str, left: (&Array, Option<&Array>), right: (&[usize], Option<&Array>)) -> Result<[Array; 2]> {
    let all = |dims: &[usize]| -> Result<Array> {
        let batch: Dims = dims[..dims.len() - 2].into();
        view::reshape_to(&create::index_along(&[shape::size(&batch)], 0, Dtype::U32), batch)
    };
    for i in [left.1, right.1].into_iter().flatten() {
        if !i.dtype().is_integer() {
            return Err(Error::value(op, format!("indices are integers, not {}", i.dtype())));
        }
    }
    let lhs = left.1.map_or_else(|| all(left.0.shape()), |i| Ok(i.clone()))?;
    let rhs = right.1.map_or_else(|| all(right.0), |i| Ok(i.clone()))?;
    let dims = shape::broadcast(lhs.dims(), rhs.dims())
        .ok_or_else(|| Error::value(op, format!("indices of shapes {:?} and {:?} do not broadcast", lhs.dims(), rhs.dims())))?;
    Ok([view::broadcast_with(&lhs, &dims, &[&rhs])?, view::broadcast_with(&rhs, &dims, &[&lhs])?])
}

op! {
    /// `x` times quantized numbers: their transpose if `transpose` (then their rows are the result's columns), else themselves. Axes before
    /// the last two are a batch and broadcast; a 1-d `x` counts as a row. The result has the dtype that `x` and the scales promote to;
    /// sums are of `float32`. Derivatives flow into `x`, scales and biases.
    ///
    /// # Errors
    /// A value error for shapes that do not match, or operands that are no floats.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let w = Array::ones([8, 64], Dtype::F32).quantize(Format::Affine { bits: 8, group: 32 }, None);
    /// let x = Array::ones([3, 64], Dtype::F32);
    /// assert_eq!(x.quantized_matmul(&w, true).shape(), [3, 8]);
    /// assert_eq!(Array::ones([3, 8], Dtype::F32).quantized_matmul(&w, false).to_vec::<f32>().unwrap(), [8.0; 192]);
    /// ```
    pub fn quantized_matmul(x, w: &Quantized, transpose: bool) -> Array {
        let op = "quantized_matmul";
        let row = x.ndim() == 1;
        let own = QuantizedMatMul { format: w.format, transpose, gather: false };
        let [_, k] = own.sizes(w.weight.shape());
        if x.shape().last() != Some(&k) {
            return Err(mismatch(op, x, w, transpose));
        }
        let mut y = operand(op, x, w)?;
        if row {
            y = crate::ops::expand_dims(&y, 0)?;
        }
        let inputs: Vec<Array> = std::iter::once(y).chain(w.parts()?).collect();
        let z = own.of(&inputs)?;
        if row { crate::ops::squeeze(&z, -2) } else { Ok(z) }
    }

    /// Products of matrices with quantized ones, both picked from batches by index arrays: `out[i..] = x[lhs[i..]] w[rhs[i..]]`, each
    /// index counting over all batch axes of its operand; without an index array all matrices take part in order. Index arrays broadcast.
    /// `global` is the global scale of an `Nvfp4` `w`: one, or one for each matrix. What MLX's `sorted_indices` promises is not needed:
    /// items that share a matrix are one product in any order.
    ///
    /// # Errors
    /// A value error for shapes that do not match, operands that are no floats, or indices that are no integers.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let w = Array::ones([4, 8, 64], Dtype::F32).quantize(Format::default(), None);
    /// let x = Array::ones([2, 3, 64], Dtype::F32);
    /// assert_eq!(x.gather_qmm(&w, None, Some(&array![3, 0]), None, true).shape(), [2, 3, 8]);
    /// ```
    pub fn gather_qmm(
        x, w: &Quantized, lhs: Option<&Array>, rhs: Option<&Array>, global: Option<&Array>, transpose: bool
    ) -> Array {
        let op = "gather_qmm";
        let own = QuantizedMatMul { format: w.format, transpose, gather: true };
        let [_, k] = own.sizes(w.weight.shape());
        if x.ndim() < 2 || x.shape().last() != Some(&k) {
            return Err(mismatch(op, x, w, transpose));
        }
        let global = global_scales(op, w.format, global, w.weight.shape())?;
        let picks = picked(op, (x, lhs), (w.weight.shape(), rhs))?;
        let y = operand(op, x, w)?;
        let d = y.dtype();
        // Halves are rounded once, after the global scale.
        let y = if global.is_some() { crate::ops::astype(&y, d.accumulator())? } else { y };
        let mut inputs = vec![flat_batch(&y)?];
        for part in w.parts()? {
            inputs.push(flat_batch(&part)?);
        }
        let [lhs, rhs] = picks;
        inputs.extend([lhs, rhs.clone()]);
        let z = own.of(&inputs)?;
        let Some(g) = global else { return Ok(z) };
        crate::ops::astype(&crate::ops::multiply(&z, &global_factors(&g, Some(&rhs))?)?, d)
    }
}

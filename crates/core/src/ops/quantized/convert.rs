//! Numbers to codes and back.

use super::{Quantized, check_format, check_global, dense_rows, grouped};
use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::{apply, node_many};
use crate::graph::node::{Aval, Avals, Operand};
use crate::ops::{op, view};
use crate::primitive::{Jvp, KernelOf, Prim, Primitive, Role, Vjp, Vmap};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{View, Work};
use lazulite_base::{Dims, Dtype, Format, Scalar};
use smallvec::smallvec;
use std::panic::Location;

pub(super) fn format_key(format: Format, h: &mut KeyHasher) {
    h.text(format.name());
    h.word(format.bits() as u64);
    h.word(format.group() as u64);
}

/// `x[i]` for every `i` of a batch, through `f`, put together again.
fn each(cx: &Vmap<'_>, f: impl Fn(&[Array]) -> Result<Vec<Array>>) -> Result<Vec<Array>> {
    let mut lists: Vec<Vec<Array>> = Vec::new();
    for i in 0..cx.size {
        let one = |(x, &b): (&crate::primitive::Val, &bool)| if b { view::pick(&x.array(), 0, i) } else { Ok(x.array()) };
        let inputs = cx.inputs.iter().zip(cx.batched).map(one).collect::<Result<Vec<_>>>()?;
        lists.push(f(&inputs)?);
    }
    (0..lists[0].len()).map(|o| crate::ops::stack(&lists.iter().map(|l| &l[o]).collect::<Vec<_>>(), 0)).collect()
}

/// Codes, scales and biases of numbers; a second input is the global scale.
struct Quantize(Format);

stored!("quantize", Quantize { 0 });

#[track_caller]
fn encode(format: Format, x: &Array, global: Option<&Array>) -> Result<Vec<Array>> {
    let inputs: Vec<&Array> = std::iter::once(x).chain(global).collect();
    let avals: Vec<Aval> = inputs.iter().map(|a| a.aval().clone()).collect();
    let outs = crate::ops::at_caller(Quantize(format).infer(&avals))?;
    let operands = inputs.iter().map(|a| Operand::Edge(a.edge())).collect();
    Ok(node_many(Prim::new(Quantize(format)), operands, outs, Location::caller()))
}

impl Primitive for Quantize {
    fn name(&self) -> &'static str {
        "quantize"
    }
    fn key(&self, h: &mut KeyHasher) {
        format_key(self.0, h);
    }
    fn attributes(&self) -> String {
        self.0.to_string()
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let mut dims = inputs[0].shape.clone();
        let n = dims.pop().filter(|n| !dims.is_empty() && n % self.0.group() == 0);
        let Some(n) = n else {
            let text = format!("cannot quantize the shape {:?} to {}", &inputs[0].shape[..], self.0);
            return Err(Error::value("quantize", text));
        };
        let with = |last: usize, d: Dtype| Aval::new(dims.iter().copied().chain([last]).collect::<Dims>(), d);
        let (groups, d) = (n / self.0.group(), inputs[0].dtype);
        let words = with(self.0.words(n), Dtype::U32);
        Ok(match self.0.is_affine() {
            true => smallvec![words, with(groups, d), with(groups, d)],
            false => smallvec![words, with(groups, Dtype::U8)],
        })
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let mut out = vec![None; cx.inputs.len()];
        if self.0.is_affine() && cx.needed[0] && (cx.cotangents[1].is_some() || cx.cotangents[2].is_some()) {
            let format = self.0;
            let (_, pullback) = crate::vjp(move |x: &Array| parameters(x, format))(&cx.inputs[0].array())?;
            out[0] = Some(pullback(&(cx.cotangent(1), cx.cotangent(2))));
        }
        Ok(out)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let Some(t) = cx.tangents[0].as_ref().filter(|_| self.0.is_affine()) else { return Ok(vec![None; cx.outputs.len()]) };
        let format = self.0;
        let (_, (scales, biases)) = crate::jvp(move |x: &Array| parameters(x, format))(&cx.inputs[0].array(), t)?;
        Ok(vec![None, Some(scales), Some(biases)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        if cx.batched.get(1) == Some(&true) {
            return each(cx, |x| encode(self.0, &x[0], x.get(1)));
        }
        let global = cx.inputs.get(1).map(|g| g.array());
        encode(self.0, &cx.inputs[0].array(), global.as_ref())
    }
}

impl KernelOf for Quantize {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::Quantize { x: inputs[0].clone(), format: self.0, global: inputs.len() > 1 }
    }
}

/// Scales and biases of an affine format as the kernel chooses them, made of operations that have derivatives.
fn parameters(x: &Array, format: Format) -> Result<(Array, Array)> {
    use crate::ops::{abs, divide, equal, greater, maximum, negative, round, subtract, try_select};
    let d = x.dtype();
    let x = grouped(&crate::ops::astype(x, d.accumulator())?, format.group())?;
    let (low, high) = (crate::ops::min(&x, -1)?, crate::ops::max(&x, -1)?);
    let top = ((1u32 << format.bits()) - 1) as f64;
    let scale = maximum(&divide(&subtract(&high, &low)?, top)?, 1e-7f32 as f64)?;
    let (scale, bias) = if format.bits() == 1 {
        (scale, low)
    } else {
        let from_low = greater(&abs(&low)?, &abs(&high)?)?;
        let scale = try_select(&from_low, &scale, &negative(&scale)?)?;
        let edge = try_select(&from_low, &low, &high)?;
        let q = crate::ops::stop_gradient(&round(&divide(&edge, &scale)?, 0)?)?;
        let none = equal(&q, 0.0)?;
        let q = try_select(&none, Scalar::new(1.0, q.dtype()), &q)?;
        (try_select(&none, &scale, &divide(&edge, &q)?)?, try_select(&none, Scalar::new(0.0, edge.dtype()), &edge)?)
    };
    Ok((crate::ops::astype(&scale, d)?, crate::ops::astype(&bias, d)?))
}

/// Numbers from codes, scales and, for an affine format, biases; else a third input is the global scale.
struct Dequantize {
    format: Format,
    dtype: Dtype,
}

stored!("dequantize", Dequantize { format, dtype });

impl Dequantize {
    fn of(&self, inputs: &[Array]) -> Result<Array> {
        let dense = inputs.iter().map(dense_rows).collect::<Result<Vec<_>>>()?;
        apply(Dequantize { ..*self }, &dense.iter().collect::<Vec<_>>())
    }

    /// The same with other scales and biases.
    fn with(&self, cx: &[crate::primitive::Val], scales: Array, third: Option<Array>) -> Result<Array> {
        self.of(&[cx[0].array(), scales].into_iter().chain(third).collect::<Vec<_>>())
    }
}

impl Primitive for Dequantize {
    fn name(&self) -> &'static str {
        "dequantize"
    }
    fn key(&self, h: &mut KeyHasher) {
        format_key(self.format, h);
        h.word(self.dtype as u64);
    }
    fn attributes(&self) -> String {
        self.format.to_string()
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let mut dims = inputs[0].shape.clone();
        let last = dims.last_mut().expect("a quantized matrix has axes");
        *last = self.format.numbers(*last);
        Ok(smallvec![Aval::new(dims, self.dtype)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let mut out = vec![None; cx.inputs.len()];
        let ct = cx.cotangent(0);
        if self.format.is_affine() {
            let (scales, biases) = (cx.inputs[1].array(), cx.inputs[2].array());
            if cx.needed[1] {
                let codes = self.with(cx.inputs, scales.ones_like(), Some(biases.zeros_like()))?;
                out[1] = Some(crate::ops::sum(&grouped(&crate::ops::multiply(&ct, &codes)?, self.format.group())?, -1)?);
            }
            if cx.needed[2] {
                out[2] = Some(crate::ops::sum(&grouped(&ct, self.format.group())?, -1)?);
            }
        } else if cx.inputs.len() > 2 && cx.needed[2] {
            let global = cx.inputs[2].array();
            let rate = self.with(cx.inputs, cx.inputs[1].array(), Some(global.ones_like()))?;
            let sum = crate::ops::sum(&crate::ops::multiply(&ct, &rate)?, ..)?;
            out[2] = Some(view::reshape_like(&crate::ops::astype(&sum, global.dtype())?, &global)?);
        }
        Ok(out)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        if self.format.is_affine() {
            return Ok(vec![Some(self.with(cx.inputs, cx.tangent(1), Some(cx.tangent(2)))?)]);
        }
        let global = cx.tangents.get(2).cloned().flatten();
        Ok(vec![global.map(|g| self.with(cx.inputs, cx.inputs[1].array(), Some(g))).transpose()?])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let affine = self.format.is_affine();
        if !affine && cx.batched.get(2) == Some(&true) {
            return each(cx, |x| Ok(vec![self.of(x)?]));
        }
        let input = |i: usize| if i < 2 || affine { cx.batched_input(i) } else { cx.inputs[i].array() };
        Ok(vec![self.of(&(0..cx.inputs.len()).map(input).collect::<Vec<_>>())?])
    }
}

impl KernelOf for Dequantize {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        let affine = self.format.is_affine();
        Work::Dequantize {
            words: inputs[0].clone(),
            scales: inputs[1].clone(),
            biases: affine.then(|| inputs[2].clone()),
            format: self.format,
            global: !affine && inputs.len() > 2,
            dtype: self.dtype,
        }
    }
}

/// 8-bit floats from floats, or floats from 8-bit floats.
struct Fp8(Dtype);

stored!("fp8", Fp8 { 0 });

impl Primitive for Fp8 {
    fn name(&self) -> &'static str {
        "fp8"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.0 as u64);
    }
    fn attributes(&self) -> String {
        self.0.to_string()
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![Aval::new(inputs[0].shape.clone(), self.0)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, _: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![None])
    }
    fn jvp(&self, _: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![None])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![apply(Fp8(self.0), &[&cx.inputs[0].array()])?])
    }
}

impl KernelOf for Fp8 {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::Fp8 { x: inputs[0].clone(), dtype: self.0 }
    }
}

op! {
    /// Rows of numbers as codes of few bits with a scale for each group; the last axis is a multiple of the group. The codes and scales
    /// are MLX's, bit for bit. `global`, one `float32`, is the largest magnitude of a tensor quantized to `Nvfp4`. Derivatives flow into
    /// the scales and biases of an affine format, none into codes.
    ///
    /// # Errors
    /// A value error for numbers that are no floats, fewer than two axes, a last axis that the group does not divide, or a global scale
    /// that the format does not have.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let w = Array::ones([2, 64], Dtype::F32);
    /// let q = w.quantize(Format::Mxfp4, None);
    /// assert_eq!(q.scales.to_vec::<u8>().unwrap(), [125; 4]);
    /// ```
    pub fn quantize(x, format: Format, global: Option<&Array>) -> Quantized {
        check_format("quantize", format)?;
        check_global("quantize", format, global)?;
        if !x.dtype().is_float() {
            return Err(Error::value("quantize", format!("quantizes floats, not {}", x.dtype())));
        }
        if x.ndim() < 2 {
            return Err(Error::value("quantize", format!("needs at least two axes, not the shape {:?}", x.dims())));
        }
        let mut list = encode(format, x, global)?.into_iter();
        let (weight, scales) = (list.next().expect("words"), list.next().expect("scales"));
        Ok(Quantized { weight, scales, biases: list.next(), format })
    }

    /// The nearest 8-bit floats (e4m3), ties to even, as `uint8`; what is too large becomes the largest, 448. It is constant to
    /// differentiation.
    ///
    /// # Errors
    /// A value error for numbers that are no floats.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, -2.0, 1e9].to_fp8().to_vec::<u8>().unwrap(), [56, 192, 126]);
    /// ```
    pub fn to_fp8(x) -> Array {
        if !x.dtype().is_float() {
            return Err(Error::value("to_fp8", format!("takes floats, not {}", x.dtype())));
        }
        apply(Fp8(Dtype::U8), &[x])
    }

    /// The floats that `uint8` codes of 8-bit floats (e4m3) stand for.
    ///
    /// # Errors
    /// A value error for codes that are not `uint8`, or a dtype that is no float.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let codes = array![1.5, -448.0].to_fp8();
    /// assert_eq!(codes.from_fp8(Dtype::F32).to_vec::<f32>().unwrap(), [1.5, -448.0]);
    /// ```
    pub fn from_fp8(x, dtype: Dtype) -> Array {
        if x.dtype() != Dtype::U8 {
            return Err(Error::value("from_fp8", format!("takes uint8, not {}", x.dtype())));
        }
        if !dtype.is_float() {
            return Err(Error::value("from_fp8", format!("gives floats, not {dtype}")));
        }
        apply(Fp8(dtype), &[x])
    }
}

/// The numbers that codes stand for: of the scales' dtype for an affine format, else `bfloat16`, unless `dtype` is given; with a global
/// scale always `float32`.
///
/// # Errors
/// A value error for a dtype that is no float, or a global scale that the format does not have.
///
/// ```
/// use lazulite::prelude::*;
/// let q = Array::ones([2, 64], Dtype::F32).quantize(Format::default(), None);
/// assert_eq!(ops::dequantize(&q, None, None).unwrap().to_vec::<f32>().unwrap(), [1.0; 128]);
/// ```
#[track_caller]
pub fn dequantize(w: &Quantized, global: Option<&Array>, dtype: Option<Dtype>) -> Result<Array> {
    check_global("dequantize", w.format, global)?;
    let own = match (w.format.is_affine(), global) {
        (true, _) => w.scales.dtype(),
        (_, Some(_)) => Dtype::F32,
        _ => dtype.unwrap_or(Dtype::BF16),
    };
    if let Some(d) = dtype.filter(|d| !d.is_float()) {
        return Err(Error::value("dequantize", format!("gives floats, not {d}")));
    }
    let mut inputs = w.parts()?;
    inputs.extend(global.cloned());
    let y = Dequantize { format: w.format, dtype: own }.of(&inputs)?;
    if w.format.is_affine() { crate::ops::astype(&y, dtype.unwrap_or(own)) } else { Ok(y) }
}

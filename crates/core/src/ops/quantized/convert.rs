//! Numbers to codes and back.

use super::{Quantized, check_format, global_scales, grouped};
use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::{apply, apply_many};
use crate::graph::node::{Aval, Avals};
use crate::ops::op;
use crate::ops::view::{self, dense_rows};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{View, Work};
use lazulite_base::{Dims, Dtype, Format, Scalar, shape};
use smallvec::smallvec;

pub(super) fn format_key(format: Format, h: &mut KeyHasher) {
    h.text(format.name());
    h.word(format.bits() as u64);
    h.word(format.group() as u64);
}

/// The global scales' dims spread over a matrix's rows, which are all of its axes but the last.
fn check_rows(op: &str, rows: &[usize], global: Option<&Aval>) -> Result<()> {
    let fits = global.is_none_or(|g| shape::broadcast(rows, &g.shape).is_some_and(|d| d[..] == *rows));
    if fits { Ok(()) } else { Err(Error::value(op, format!("global scales of {:?} for rows of {rows:?}", global.map(|g| &g.shape[..])))) }
}

/// The global scales of a batch of `rank` axes of rows, which follow the batch's own axis.
fn global_rows(cx: &Vmap<'_>, i: usize, rank: usize) -> Result<Array> {
    let g = cx.inputs[i].array();
    let missing = if cx.batched[i] { rank + 1 - g.ndim() } else { 0 };
    (0..missing).try_fold(g, |g, _| crate::ops::expand_dims(&g, 1))
}

/// The same for a kernel.
fn spread_rows(g: &View, rows: &[usize]) -> View {
    let pad = rows.len() - g.dims.len();
    let stride = |i: usize| if i < pad || g.dims[i - pad] == 1 { 0 } else { g.strides[i - pad] };
    View { dtype: g.dtype, dims: rows.into(), strides: (0..rows.len()).map(stride).collect() }
}

/// Codes, scales and biases of numbers; a second input is the global scale, whose axes broadcast over the rows.
struct Quantize(Format);

stored!("quantize", Quantize { 0 });

#[track_caller]
fn encode(format: Format, x: &Array, global: Option<&Array>) -> Result<Vec<Array>> {
    let inputs: Vec<&Array> = std::iter::once(x).chain(global).collect();
    apply_many(Quantize(format), &inputs)
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
        check_rows("quantize", &dims, inputs.get(1))?;
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
        let x = cx.batched_input(0);
        let global = if cx.inputs.len() > 1 { Some(global_rows(cx, 1, x.ndim() - 2)?) } else { None };
        encode(self.0, &x, global.as_ref())
    }
}

impl KernelOf for Quantize {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        let rows = &inputs[0].dims[..inputs[0].dims.len() - 1];
        Work::Quantize { x: inputs[0].clone(), format: self.0, global: inputs.get(1).map(|g| spread_rows(g, rows)) }
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

/// Numbers from codes, scales and, for an affine format, biases; else a third input is the global scale, as for [`Quantize`].
struct Dequantize {
    format: Format,
    dtype: Dtype,
}

stored!("dequantize", Dequantize { format, dtype });

impl Dequantize {
    fn of(&self, inputs: &[Array]) -> Result<Array> {
        let matrices = 2 + self.format.is_affine() as usize;
        let dense = |(i, x): (usize, &Array)| if i < matrices { dense_rows(x) } else { Ok(x.clone()) };
        let dense = inputs.iter().enumerate().map(dense).collect::<Result<Vec<_>>>()?;
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
        if !self.format.is_affine() {
            check_rows("dequantize", &dims[..dims.len() - 1], inputs.get(2))?;
        }
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
            let rows = crate::ops::sum(&crate::ops::multiply(&ct, &rate)?, -1)?;
            out[2] = Some(crate::ops::astype(&view::sum_to(&rows, &global)?, global.dtype())?);
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
        let mut inputs: Vec<Array> = (0..2).map(|i| cx.batched_input(i)).collect();
        if cx.inputs.len() > 2 {
            inputs.push(if self.format.is_affine() { cx.batched_input(2) } else { global_rows(cx, 2, inputs[0].ndim() - 2)? });
        }
        Ok(vec![self.of(&inputs)?])
    }
}

impl KernelOf for Dequantize {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        let affine = self.format.is_affine();
        let rows = &inputs[0].dims[..inputs[0].dims.len() - 1];
        Work::Dequantize {
            words: inputs[0].clone(),
            scales: inputs[1].clone(),
            biases: affine.then(|| inputs[2].clone()),
            format: self.format,
            global: inputs.get(2).filter(|_| !affine).map(|g| spread_rows(g, rows)),
            dtype: self.dtype,
        }
    }
}

/// 8-bit floats from floats, or floats from 8-bit floats. It is no `Cast`, which reads `uint8` as a number, where this reads a code: one of
/// the two would need a dtype that arrays do not have. And it is no row of the elementwise table, where its dtypes would be the only ones
/// of their kind, for work that is done once a weight.
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
    /// are MLX's, bit for bit. `global` is the largest magnitude of what is quantized to `Nvfp4`: one `float32`, or one for each matrix of a batch. Derivatives flow into
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
        if !x.dtype().is_float() {
            return Err(Error::value("quantize", format!("quantizes floats, not {}", x.dtype())));
        }
        if x.ndim() < 2 {
            return Err(Error::value("quantize", format!("needs at least two axes, not the shape {:?}", x.dims())));
        }
        let global = global_scales("quantize", format, global, x.shape())?;
        let mut list = encode(format, x, global.as_ref())?.into_iter();
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
    let global = global_scales("dequantize", w.format, global, w.weight.shape())?;
    let own = match (w.format.is_affine(), &global) {
        (true, _) => w.scales.dtype(),
        (_, Some(_)) => Dtype::F32,
        _ => dtype.unwrap_or(Dtype::BF16),
    };
    if let Some(d) = dtype.filter(|d| !d.is_float()) {
        return Err(Error::value("dequantize", format!("gives floats, not {d}")));
    }
    let mut inputs = w.parts()?;
    inputs.extend(global);
    let y = Dequantize { format: w.format, dtype: own }.of(&inputs)?;
    if w.format.is_affine() { crate::ops::astype(&y, dtype.unwrap_or(own)) } else { Ok(y) }
}

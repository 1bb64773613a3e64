//! Products whose both sides are quantized.

use super::product::{gather_qmm, quantized_matmul};
use super::{Quantized, global_factors, global_scales};
use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::gathered::gather_mm;
use crate::ops::op;
use crate::primitive::{Jvp, Primitive, Role, Vjp, Vmap};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::{Dtype, Format};
use smallvec::smallvec;

/// The right side of [`qqmm`] and [`gather_qqmm`].
///
/// ```
/// use lazulite::prelude::*;
/// let (x, w) = (Array::ones([2, 32], Dtype::F32), Array::ones([8, 32], Dtype::F32));
/// let codes = w.quantize(Format::Mxfp8, None);
/// assert_eq!(x.qqmm(&codes, [None, None]).to_vec::<f32>().unwrap(), x.qqmm((&w, Format::Mxfp8), [None, None]).to_vec::<f32>().unwrap());
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Weight<'a> {
    /// Quantized numbers; no derivative flows into them.
    Quantized(&'a Quantized),
    /// Floats, to be quantized to this format; derivatives flow into them as if they were not.
    Float(&'a Array, Format),
}

/// What may be the right side: quantized numbers, or floats with the format that they are to be quantized to.
///
/// ```
/// use lazulite::ops::quantized::{AsWeight, Weight};
/// use lazulite::prelude::*;
/// let w = Array::ones([8, 32], Dtype::F32);
/// assert!(matches!((&w, Format::Mxfp8).as_weight(), Weight::Float(..)));
/// assert!(matches!((&w.quantize(Format::Mxfp8, None)).as_weight(), Weight::Quantized(_)));
/// ```
pub trait AsWeight {
    /// The right side.
    fn as_weight(&self) -> Weight<'_>;
}

impl AsWeight for &Quantized {
    fn as_weight(&self) -> Weight<'_> {
        Weight::Quantized(self)
    }
}

impl AsWeight for (&Array, Format) {
    fn as_weight(&self) -> Weight<'_> {
        Weight::Float(self.0, self.1)
    }
}

impl AsWeight for Weight<'_> {
    fn as_weight(&self) -> Weight<'_> {
        *self
    }
}

impl Weight<'_> {
    fn format(&self) -> Format {
        match self {
            Weight::Quantized(w) => w.format,
            Weight::Float(_, format) => *format,
        }
    }

    /// The shape of the numbers.
    fn shape(&self) -> Vec<usize> {
        match self {
            Weight::Quantized(w) => w.shape(),
            Weight::Float(w, _) => w.shape().to_vec(),
        }
    }
}

/// Its first input; what differentiation sees is the second, of the same shape and dtype.
struct StandIn;

stored!("stand_in", StandIn {});

impl Primitive for StandIn {
    fn name(&self) -> &'static str {
        "stand_in"
    }
    fn key(&self, _: &mut KeyHasher) {}
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![inputs[0].clone()])
    }
    fn role(&self) -> Role<'_> {
        Role::Alias
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![None, cx.cotangents[0].clone()])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![cx.tangents[1].clone()])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![apply(StandIn, &[&cx.batched_input(0), &cx.batched_input(1)])?])
    }
}

/// The numbers that quantizing `x` leaves of it, of `dtype`; derivatives pass as if it left all.
#[track_caller]
fn rounded(x: &Array, format: Format, global: Option<&Array>, dtype: Dtype) -> Result<Array> {
    let q = crate::ops::quantize(x, format, global)?;
    let y = crate::ops::astype(&crate::ops::dequantize(&q, global, Some(dtype))?, dtype)?;
    apply(StandIn, &[&y, &crate::ops::astype(x, dtype)?])
}

/// The dtype that both sides are multiplied in. Every quantized number is one of bfloat16, but for a global scale.
fn computed(d: Dtype, globals: [Option<&Array>; 2]) -> Dtype {
    if d == Dtype::F64 || d == Dtype::BF16 && globals.iter().all(Option::is_none) { d } else { Dtype::F32 }
}

/// The right side's global scales over its rows.
#[track_caller]
fn check(op: &str, x: &Array, w: &Weight<'_>, globals: [Option<&Array>; 2]) -> Result<Option<Array>> {
    let (format, dims) = (w.format(), w.shape());
    if format.is_affine() {
        return Err(Error::value(op, format!("multiplies formats of floats, not {format}")));
    }
    let float = if let Weight::Float(w, _) = w { w.dtype().is_float() } else { true };
    if !x.dtype().is_float() || !float {
        return Err(Error::value(op, format!("multiplies floats, not {}", crate::ops::describe(&[x]))));
    }
    if x.ndim() < 2 || dims.len() < 2 || x.shape().last() != dims.last() {
        return Err(Error::value(op, format!("{} does not meet rows of the shape {dims:?}", crate::ops::describe(&[x]))));
    }
    global_scales(op, format, globals[1], &dims)
}

op! {
    /// `x`, quantized to the format of `w`, times the transpose of `w`, which is quantized, or is here. Derivatives flow into `x`, and into
    /// `w` if it is of floats, as if they were not quantized. `globals` are the global scales of `x` and of `w`, for `Nvfp4`. A 1-d `x`
    /// counts as a row. The result has the dtype of `x`; sums are of `float32`.
    ///
    /// # Errors
    /// As for [`quantize`](crate::ops::quantize) and [`quantized_matmul`](crate::ops::quantized_matmul); a value error for an affine format.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let w = Array::ones([8, 32], Dtype::F32).quantize(Format::Mxfp8, None);
    /// let y = Array::ones([2, 32], Dtype::F32).qqmm(&w, [None, None]);
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [32.0; 16]);
    /// ```
    pub fn qqmm(x, w: impl AsWeight, globals: [Option<&Array>; 2]) -> Array {
        let w = w.as_weight();
        let row = x.ndim() == 1;
        let left = if row { crate::ops::expand_dims(x, 0)? } else { x.clone() };
        let global = check("qqmm", &left, &w, globals)?;
        let d = computed(x.dtype(), globals);
        let left = rounded(&left, w.format(), globals[0], d)?;
        let mut y = match w {
            Weight::Float(w, format) => crate::ops::matmul(&left, &crate::ops::swapaxes(&rounded(w, format, globals[1], d)?, -1, -2)?)?,
            Weight::Quantized(w) => quantized_matmul(&left, w, true)?,
        };
        if let (Weight::Quantized(_), Some(g)) = (w, global) {
            y = crate::ops::multiply(&y, &global_factors(&g, None)?)?;
        }
        crate::ops::astype(&if row { crate::ops::squeeze(&y, -2)? } else { y }, x.dtype())
    }

    /// [`qqmm`] of matrices that index arrays pick: `out[i..] = x[lhs[i..]] w[rhs[i..]]'`, each index counting over all batch axes of its
    /// operand; without an index array all matrices take part in order. Index arrays broadcast. A global scale is one for all matrices of
    /// its side, or one for each.
    ///
    /// # Errors
    /// As for [`qqmm`]; a value error for fewer than two axes, or indices that are no integers.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let w = Array::ones([4, 8, 32], Dtype::F32).quantize(Format::Mxfp8, None);
    /// let x = Array::ones([2, 3, 32], Dtype::F32);
    /// let y = x.gather_qqmm(&w, None, Some(&array![3, 0]), [None, None]);
    /// assert_eq!((y.shape(), y.max(..).item::<f32>().unwrap()), (&[2, 3, 8][..], 32.0));
    /// ```
    pub fn gather_qqmm(x, w: impl AsWeight, lhs: Option<&Array>, rhs: Option<&Array>, globals: [Option<&Array>; 2]) -> Array {
        let op = "gather_qqmm";
        let w = w.as_weight();
        check(op, x, &w, globals)?;
        let d = computed(x.dtype(), globals);
        let left = rounded(x, w.format(), globals[0], d)?;
        let y = match w {
            Weight::Float(w, format) => {
                gather_mm(&left, &crate::ops::swapaxes(&rounded(w, format, globals[1], d)?, -1, -2)?, lhs, rhs)?
            }
            Weight::Quantized(w) => gather_qmm(&left, w, lhs, rhs, globals[1], true)?,
        };
        crate::ops::astype(&y, x.dtype())
    }
}

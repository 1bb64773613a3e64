//! Products whose both sides are quantized.

use super::{Quantized, check_global};
use crate::ops::{op, view};
use crate::{Array, Rules};
use lazulite_base::error::{Error, Result};
use lazulite_base::format::GLOBAL;
use lazulite_base::{Dims, Format};
use std::sync::Arc;

/// The numbers that quantizing `x` leaves of it; derivatives pass as if it left all.
fn rounded(x: &Array, format: Format, global: Option<&Array>) -> Result<Array> {
    let q = crate::ops::quantize(x, format, global)?;
    let y = crate::ops::astype(&crate::ops::dequantize(&q, global, None)?, x.dtype())?;
    let rules = Rules { vjp: Some(Arc::new(|_, _, ct| Ok(ct.to_vec()))), jvp: Some(Arc::new(|_, t| Ok(t.to_vec()))), vmap: None };
    Ok(rules.apply(std::slice::from_ref(x), &[y]).remove(0))
}

op! {
    /// `x`, quantized to the format of `w`, times the transpose of `w`. Derivatives flow into `x` as if it were not quantized. `globals`
    /// are the global scales of `x` and of `w`, for `Nvfp4`.
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
    pub fn qqmm(x, w: &Quantized, globals: [Option<&Array>; 2]) -> Array {
        let x = left(x, w, globals)?;
        let y = crate::ops::quantized_matmul(&x, w, true)?;
        let Some(g) = globals[1] else { return Ok(y) };
        let by = crate::ops::divide(&view::reshape_to(g, Dims::new())?, GLOBAL)?;
        crate::ops::astype(&crate::ops::multiply(&y, &by)?, y.dtype())
    }
}

#[track_caller]
fn left(x: &Array, w: &Quantized, globals: [Option<&Array>; 2]) -> Result<Array> {
    if w.format.is_affine() {
        return Err(Error::value("qqmm", format!("multiplies formats of floats, not {}", w.format)));
    }
    globals.into_iter().try_for_each(|g| check_global("qqmm", w.format, g))?;
    if x.ndim() < 2 {
        return Err(Error::value("qqmm", format!("needs two axes, not the shape {:?}", x.dims())));
    }
    rounded(x, w.format, globals[0])
}

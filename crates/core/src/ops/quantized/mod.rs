//! Quantized numbers: made, taken apart, multiplied. [`lazulite_base::format`] says how they lie.

mod both;
mod convert;
mod product;

pub use both::{AsWeight, Weight, gather_qqmm, qqmm};
pub use convert::{dequantize, from_fp8, quantize, to_fp8};
pub(crate) use product::{flat_batch, gathered, picked};
pub use product::{gather_qmm, quantized_matmul};

use crate::Array;
use crate::ops::view::{self, dense_rows};
use lazulite_base::error::{Error, Result};
use lazulite_base::format::GLOBAL;
use lazulite_base::{Dims, Dtype, Format, shape};

/// Quantized numbers: rows of codes with a scale for each group, and a bias for an affine format.
///
/// ```
/// use lazulite::prelude::*;
/// let w = Array::ones([8, 64], Dtype::F32);
/// let q = w.quantize(Format::Affine { bits: 4, group: 64 }, None);
/// assert_eq!((q.weight.shape(), q.scales.shape()), (&[8, 8][..], &[8, 1][..]));
/// assert_eq!(Array::ones([1, 64], Dtype::F32).quantized_matmul(&q, true).to_vec::<f32>().unwrap(), [64.0; 8]);
/// ```
#[derive(Clone, Debug)]
pub struct Quantized {
    /// The codes: uint32, `(.., rows, words)`.
    pub weight: Array,
    /// The scales, `(.., rows, groups)`: floats for an affine format, else uint8.
    pub scales: Array,
    /// The biases of an affine format, of the scales' shape and dtype.
    pub biases: Option<Array>,
    /// The format.
    pub format: Format,
}

impl Quantized {
    /// Quantized numbers from their parts, as a file holds them.
    ///
    /// # Errors
    /// A value error for parts whose dtypes or shapes do not fit the format, or biases where there should be none.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::Quantized;
    /// let q = Array::ones([8, 64], Dtype::F32).quantize(Format::default(), None);
    /// assert!(Quantized::new(&q.weight, &q.scales, q.biases.as_ref(), Format::Mxfp4).is_err());
    /// ```
    #[track_caller]
    pub fn new(weight: &Array, scales: &Array, biases: Option<&Array>, format: Format) -> Result<Quantized> {
        Quantized::of("quantized", weight, scales, biases, format)
    }

    /// The same, for an operation that errors name.
    ///
    /// # Errors
    /// As for [`Quantized::new`].
    ///
    /// ```
    /// use lazulite::ops::Quantized;
    /// use lazulite::prelude::*;
    /// let (codes, scales) = (Array::zeros([8, 8], Dtype::F32), Array::ones([8, 1], Dtype::F32));
    /// let error = Quantized::of("mine", &codes, &scales, None, Format::default()).unwrap_err();
    /// assert_eq!(error.op(), "mine");
    /// ```
    #[track_caller]
    pub fn of(op: &str, weight: &Array, scales: &Array, biases: Option<&Array>, format: Format) -> Result<Quantized> {
        check_format(op, format)?;
        if weight.dtype() != Dtype::U32 {
            return Err(Error::value(op, format!("the quantized matrix is uint32, not {}", weight.dtype())));
        }
        let n = weight.ndim();
        if n < 2 {
            return Err(Error::value(op, format!("a quantized matrix has at least two axes, not the shape {:?}", weight.dims())));
        }
        let mut biases = biases.cloned();
        let mut scales = scales.clone();
        match (&biases, format.is_affine()) {
            (None, true) => return Err(Error::value(op, "an affine format needs biases")),
            (Some(_), false) => return Err(Error::value(op, format!("the format {format} has no biases"))),
            (None, false) if scales.dtype() != Dtype::U8 => {
                return Err(Error::value(op, format!("the scales of {format} are uint8, not {}", scales.dtype())));
            }
            (Some(b), true) => {
                let d = lazulite_base::dtype::promote(scales.dtype(), b.dtype());
                if !d.is_float() {
                    let text = format!("scales and biases are floats, not {} and {}", scales.dtype(), b.dtype());
                    return Err(Error::value(op, text));
                }
                if b.dims() != scales.dims() {
                    return Err(Error::value(op, format!("scales of {:?} and biases of {:?} differ", scales.dims(), b.dims())));
                }
                (biases, scales) = (Some(crate::ops::astype(b, d)?), crate::ops::astype(&scales, d)?);
            }
            _ => {}
        }
        let fits = |words: usize, groups: usize| words * 32 == groups * format.group() * format.bits();
        let (w, s) = (weight.dims(), scales.dims());
        if s.len() != n || s[..n - 1] != w[..n - 1] || !fits(w[n - 1], s[n - 1]) {
            let text = format!("words of shape {w:?} and scales of shape {s:?} do not fit {format}");
            return Err(Error::value(op, text));
        }
        Ok(Quantized { weight: weight.clone(), scales, biases, format })
    }

    /// The shape of the numbers.
    pub fn shape(&self) -> Vec<usize> {
        let mut dims = self.weight.shape().to_vec();
        if let Some(last) = dims.last_mut() {
            *last = self.format.numbers(*last);
        }
        dims
    }

    /// Words, scales and biases, rows contiguous.
    fn parts(&self) -> Result<Vec<Array>> {
        [&self.weight, &self.scales].into_iter().chain(&self.biases).map(dense_rows).collect()
    }
}

/// Refuses bits and groups that no affine format has.
#[track_caller]
fn check_format(op: &str, format: Format) -> Result<()> {
    let Format::Affine { bits, group } = format else { return Ok(()) };
    if !matches!(bits, 1..=6 | 8) {
        return Err(Error::value(op, format!("{bits} bits are not supported; 1, 2, 3, 4, 5, 6 and 8 are")));
    }
    if !matches!(group, 32 | 64 | 128) {
        return Err(Error::value(op, format!("groups of {group} are not supported; 32, 64 and 128 are")));
    }
    Ok(())
}

/// Global scales of matrices of these dims, as they broadcast over the matrices' rows: one, or one a matrix.
#[track_caller]
fn global_scales(op: &str, format: Format, global: Option<&Array>, dims: &[usize]) -> Result<Option<Array>> {
    let Some(g) = global else { return Ok(None) };
    if format != Format::Nvfp4 {
        return Err(Error::value(op, format!("a global scale is for nvfp4, not {format}")));
    }
    let batch = &dims[..dims.len() - 2];
    if g.dtype() != Dtype::F32 || g.size() != 1 && g.size() != shape::size(batch) {
        let text = format!("a global scale is one float32, or one for each matrix of {batch:?}, not {}", crate::ops::describe(&[g]));
        return Err(Error::value(op, text));
    }
    let rows = if g.size() == 1 { Dims::new() } else { batch.iter().copied().chain([1]).collect() };
    view::reshape_to(g, rows).map(Some)
}

/// What a product is multiplied with for the global scales of its right side, which `picks` picks, or which take part in order.
fn global_factors(rows: &Array, picks: Option<&Array>) -> Result<Array> {
    use crate::ops::{expand_dims, flatten, take};
    let f = crate::ops::divide(rows, GLOBAL)?;
    match picks {
        _ if f.ndim() == 0 => Ok(f),
        None => expand_dims(&f, -1),
        Some(p) => expand_dims(&expand_dims(&take(&flatten(&f, 0, -1)?, p, 0)?, -1)?, -1),
    }
}

/// The last axis in groups of `group`.
fn grouped(x: &Array, group: usize) -> Result<Array> {
    crate::ops::unflatten(x, -1, &[-1, group as i64])
}

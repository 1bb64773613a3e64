//! Quantized numbers and products with them.

use super::args::{functions, outs};
use crate::array::Out;
use crate::convert::{ArrayArg, DtypeArg};
use crate::errors::Raised;
use lazulite::ops::{self, Quantized};
use lazulite::{Array, Dtype, Format};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The array of an optional argument.
fn given(a: &Option<ArrayArg>) -> Option<&Array> {
    a.as_ref().map(|a| &a.0)
}

/// The format that a mode, a group size and a number of bits name.
pub fn format(op: &str, mode: &str, group_size: Option<i64>, bits: Option<i64>) -> PyResult<Format> {
    let fixed = |group: i64, width: i64, format: Format| {
        if let Some(g) = group_size.filter(|&g| g != group) {
            return Err(PyValueError::new_err(format!("[{op}] {mode} quantization requires group size {group} but got {g}.")));
        }
        if let Some(b) = bits.filter(|&b| b != width) {
            return Err(PyValueError::new_err(format!("[{op}] {mode} quantization requires bits to be {width} but got {b}.")));
        }
        Ok(format)
    };
    match mode {
        "affine" => {
            let (bits, group) = (bits.unwrap_or(4), group_size.unwrap_or(64));
            if !matches!(bits, 1..=6 | 8) {
                let text =
                    format!("[{op}] The requested number of bits {bits} is not supported. The supported bits are 1, 2, 3, 4, 5, 6 and 8.");
                return Err(PyValueError::new_err(text));
            }
            if !matches!(group, 32 | 64 | 128) {
                let text =
                    format!("[{op}] The requested group size {group} is not supported. The supported group sizes are 32, 64, and 128.");
                return Err(PyValueError::new_err(text));
            }
            Ok(Format::Affine { bits: bits as usize, group: group as usize })
        }
        "mxfp4" => fixed(32, 4, Format::Mxfp4),
        "mxfp8" => fixed(32, 8, Format::Mxfp8),
        "nvfp4" => fixed(16, 4, Format::Nvfp4),
        _ => Err(PyValueError::new_err(format!("[{op}] Invalid quantization mode '{mode}'."))),
    }
}

/// Quantized numbers from the arguments of a function.
fn quantized(op: &str, w: &ArrayArg, scales: &ArrayArg, biases: &Option<ArrayArg>, format: Format) -> PyResult<Quantized> {
    Quantized::of(op, &w.0, &scales.0, given(biases), format).raised()
}

/// Numbers to be quantized; codes come with scales.
fn floats<'a>(op: &str, w: &'a ArrayArg, format: Format) -> PyResult<(&'a Array, Format)> {
    if w.0.dtype().is_integer() {
        return Err(PyValueError::new_err(format!("[{op}] Scales must be provided if second argument is quantized.")));
    }
    Ok((&w.0, format))
}

functions! {
    /// Rows of `w` as codes of a few bits with a scale for each group of the last axis: `[codes, scales, biases]` for the mode "affine",
    /// `[codes, scales]` for "mxfp4", "mxfp8" and "nvfp4". Codes are packed in uint32. `global_scale` is the largest magnitude, for
    /// "nvfp4".
    ///
    /// Shapes: `(..., n)` gives codes `(..., n * bits / 32)` and `(..., n / group_size)` of the others. Takes floats of two axes or more.
    /// Raises `ValueError` for an axis that is no multiple of the group, or an unknown mode.
    ///
    /// >>> codes, scales, biases = mx.quantize(mx.ones((2, 64)))
    /// >>> codes.shape, scales.shape
    /// ((2, 8), (2, 1))
    [w, /, group_size=None, bits=None, mode="affine", *, global_scale=None,]
    fn quantize(w: ArrayArg, group_size: Option<i64>, bits: Option<i64>, mode: &str, global_scale: Option<ArrayArg>) -> Vec<Out> {
        let format = format("quantize", mode, group_size, bits)?;
        let q = ops::quantize(&w.0, format, given(&global_scale)).raised()?;
        Ok(outs([q.weight, q.scales].into_iter().chain(q.biases).collect()))
    }

    /// The numbers that codes stand for, of the scales' dtype or `dtype`.
    ///
    /// Shapes: `(..., n * bits / 32)` codes give `(..., n)`. Raises `ValueError` for shapes, a mode or sizes that do not fit.
    ///
    /// >>> codes, scales, biases = mx.quantize(mx.ones((2, 64)))
    /// >>> mx.dequantize(codes, scales, biases).shape
    /// (2, 64)
    [w, /, scales, biases=None, group_size=None, bits=None, mode="affine", global_scale=None, dtype=None, *,]
    fn dequantize(
        w: ArrayArg, scales: ArrayArg, biases: Option<ArrayArg>, group_size: Option<i64>, bits: Option<i64>, mode: &str,
        global_scale: Option<ArrayArg>, dtype: Option<DtypeArg>,
    ) -> Out {
        let q = quantized("dequantize", &w, &scales, &biases, format("dequantize", mode, group_size, bits)?)?;
        ops::dequantize(&q, given(&global_scale), dtype.map(|d| d.0)).raised().map(Out)
    }

    /// `x @ w.T`, or `x @ w` with `transpose=False`, for the quantized `w` that `w`, `scales` and `biases` stand for.
    ///
    /// Shapes: `(..., k)` and codes of `(n, k)` give `(..., n)`, in the dtype of `x`. Raises `ValueError` for shapes, a mode or sizes that
    /// do not fit.
    ///
    /// >>> mx.quantized_matmul(mx.ones((1, 64)), *mx.quantize(mx.ones((2, 64))))
    /// array([[64, 64]], dtype=float32)
    [x, w, /, scales, biases=None, transpose=true, group_size=None, bits=None, mode="affine", *,]
    fn quantized_matmul(
        x: ArrayArg, w: ArrayArg, scales: ArrayArg, biases: Option<ArrayArg>, transpose: bool, group_size: Option<i64>, bits: Option<i64>,
        mode: &str,
    ) -> Out {
        let q = quantized("quantized_matmul", &w, &scales, &biases, format("quantized_matmul", mode, group_size, bits)?)?;
        ops::quantized_matmul(&x.0, &q, transpose).raised().map(Out)
    }

    /// Products of matrices of `x` that `lhs_indices` picks with quantized ones that `rhs_indices` picks, each from the batch of its
    /// operand. `sorted_indices` changes nothing: items that share a matrix are one product in any order. `global_scale`, for "nvfp4", is
    /// the largest magnitude of each of the matrices of `w`, or of all. The result has the indices' shape before its rows and columns.
    ///
    /// Shapes: as for `gather_mm`, with codes of `(..., n, k)`; floats. Raises `ValueError` for shapes, a mode or sizes that do not fit.
    ///
    /// >>> w = mx.quantize(mx.ones((4, 8, 64)))
    /// >>> mx.gather_qmm(mx.ones((2, 1, 64)), *w, rhs_indices=mx.array([3, 0])).shape
    /// (2, 1, 8)
    [x, w, /, scales, biases=None, lhs_indices=None, rhs_indices=None, transpose=true, group_size=None, bits=None, mode="affine",
     global_scale=None, *, sorted_indices=false,]
    fn gather_qmm(
        x: ArrayArg, w: ArrayArg, scales: ArrayArg, biases: Option<ArrayArg>, lhs_indices: Option<ArrayArg>,
        rhs_indices: Option<ArrayArg>, transpose: bool, group_size: Option<i64>, bits: Option<i64>, mode: &str,
        global_scale: Option<ArrayArg>, sorted_indices: bool,
    ) -> Out {
        let _ = sorted_indices;
        let q = quantized("gather_qmm", &w, &scales, &biases, format("gather_qmm", mode, group_size, bits)?)?;
        ops::gather_qmm(&x.0, &q, given(&lhs_indices), given(&rhs_indices), given(&global_scale), transpose).raised().map(Out)
    }

    /// The nearest 8-bit floats (e4m3) as uint8; what is too large becomes 448.
    ///
    /// The shape stays. Raises `ValueError` for what are no floats.
    ///
    /// >>> mx.to_fp8(mx.array([1.0]))
    /// array([56], dtype=uint8)
    [x, *,] fn to_fp8(x: ArrayArg) -> Out {
        ops::to_fp8(&x.0).raised().map(Out)
    }

    /// The floats that uint8 codes of 8-bit floats (e4m3) stand for.
    ///
    /// The shape stays. Raises `ValueError` for another dtype than uint8.
    ///
    /// >>> mx.from_fp8(mx.array([56], mx.uint8))
    /// array([1], dtype=bfloat16)
    [x, dtype=DtypeArg(Dtype::BF16), *,] fn from_fp8(x: ArrayArg, dtype: DtypeArg) -> Out {
        ops::from_fp8(&x.0, dtype.0).raised().map(Out)
    }

    /// `x @ w.T` with both sides quantized: `x` is quantized here, `w` is (with `scales`) or is here. The result has the dtype of `x`.
    /// Derivatives flow into `x`, and into `w` without `scales`, as if they were not quantized. `global_scale_x` and `global_scale_w` are
    /// the largest magnitudes, for "nvfp4".
    ///
    /// Shapes: `(..., k)` and `(n, k)` give `(..., n)`. Raises `ValueError` for shapes, a mode or sizes that do not fit.
    ///
    /// >>> mx.qqmm(mx.ones((2, 32)), mx.ones((4, 32))).shape
    /// (2, 4)
    [x, w, scales=None, group_size=None, bits=None, mode="nvfp4", global_scale_x=None, global_scale_w=None, *,]
    fn qqmm(
        x: ArrayArg, w: ArrayArg, scales: Option<ArrayArg>, group_size: Option<i64>, bits: Option<i64>, mode: &str,
        global_scale_x: Option<ArrayArg>, global_scale_w: Option<ArrayArg>,
    ) -> Out {
        let format = format("qqmm", mode, group_size, bits)?;
        let globals = [given(&global_scale_x), given(&global_scale_w)];
        match &scales {
            Some(s) => ops::qqmm(&x.0, &quantized("qqmm", &w, s, &None, format)?, globals),
            None => ops::qqmm(&x.0, floats("qqmm", &w, format)?, globals),
        }
        .raised()
        .map(Out)
    }

    /// `qqmm` of the matrices of `x` that `lhs_indices` picks and those of `w` that `rhs_indices` picks, each from the batch of its operand.
    /// `sorted_indices` changes nothing: items that share a matrix are one product in any order. A global scale, for "nvfp4", is one for
    /// each matrix of its side, or one for all. The result has the indices' shape before its rows and columns.
    ///
    /// Shapes: `(..., n, k)` and `(..., m, k)`; floats, and the result has the dtype of `x`. Raises `ValueError` for shapes, a mode or sizes
    /// that do not fit.
    ///
    /// >>> mx.gather_qqmm(mx.ones((2, 1, 32)), mx.ones((4, 8, 32)), rhs_indices=mx.array([3, 0])).shape
    /// (2, 1, 8)
    [x, w, /, scales=None, lhs_indices=None, rhs_indices=None, group_size=None, bits=None, mode="nvfp4", global_scale_x=None,
     global_scale_w=None, *, sorted_indices=false,]
    fn gather_qqmm(
        x: ArrayArg, w: ArrayArg, scales: Option<ArrayArg>, lhs_indices: Option<ArrayArg>, rhs_indices: Option<ArrayArg>,
        group_size: Option<i64>, bits: Option<i64>, mode: &str, global_scale_x: Option<ArrayArg>, global_scale_w: Option<ArrayArg>,
        sorted_indices: bool,
    ) -> Out {
        let _ = sorted_indices;
        let format = format("gather_qqmm", mode, group_size, bits)?;
        let globals = [given(&global_scale_x), given(&global_scale_w)];
        let [lhs, rhs] = [given(&lhs_indices), given(&rhs_indices)];
        match &scales {
            Some(s) => ops::gather_qqmm(&x.0, &quantized("gather_qqmm", &w, s, &None, format)?, lhs, rhs, globals),
            None => ops::gather_qqmm(&x.0, floats("gather_qqmm", &w, format)?, lhs, rhs, globals),
        }
        .raised()
        .map(Out)
    }

    /// Products of matrices of `a` that `lhs_indices` picks with those of `b` that `rhs_indices` picks, each from the batch of its
    /// operand. `sorted_indices` changes nothing: items that share a matrix are one product in any order. The result has the indices'
    /// shape before its rows and columns.
    ///
    /// Shapes: `(..., n, k)` and `(..., k, m)`; floats. Raises `ValueError` for shapes that do not match.
    ///
    /// >>> mx.gather_mm(mx.ones((2, 2, 3)), mx.ones((4, 3, 5)), rhs_indices=mx.array([3, 0])).shape
    /// (2, 2, 5)
    [a, b, /, lhs_indices=None, rhs_indices=None, *, sorted_indices=false,]
    fn gather_mm(
        a: ArrayArg, b: ArrayArg, lhs_indices: Option<ArrayArg>, rhs_indices: Option<ArrayArg>, sorted_indices: bool,
    ) -> Out {
        let _ = sorted_indices;
        ops::gather_mm(&a.0, &b.0, given(&lhs_indices), given(&rhs_indices)).raised().map(Out)
    }

    /// `a @ b`, with blocks of `block_size` by `block_size` elements of the result and of the operands kept or dropped by masks of bool,
    /// or multiplied by other masks, one element a block. The result has the shape of `a @ b`.
    ///
    /// Shapes: `(..., n, k)` and `(..., k, m)` give `(..., n, m)`; masks have an element a block. Floats. Raises `ValueError` for shapes
    /// that do not match.
    ///
    /// >>> out = mx.array([[True, False]])
    /// >>> mx.block_masked_mm(mx.ones((32, 8)), mx.ones((8, 64)), 32, out)[0, ::32]
    /// array([8, 0], dtype=float32)
    [a, b, /, block_size=64, mask_out=None, mask_lhs=None, mask_rhs=None, *,]
    fn block_masked_mm(
        a: ArrayArg, b: ArrayArg, block_size: usize, mask_out: Option<ArrayArg>, mask_lhs: Option<ArrayArg>, mask_rhs: Option<ArrayArg>,
    ) -> Out {
        ops::block_masked_mm(&a.0, &b.0, block_size, [given(&mask_out), given(&mask_lhs), given(&mask_rhs)]).raised().map(Out)
    }

    /// For each segment `[start, end)` of the last axis of `segments`, the product of those columns of `a` and rows of `b`.
    ///
    /// Shapes: `(n, k)`, `(k, m)` and `(..., 2)` give `(..., n, m)`; floats. Raises `ValueError` for shapes that do not match.
    ///
    /// >>> mx.segmented_mm(mx.ones((2, 5)), mx.ones((5, 3)), mx.array([[0, 2], [2, 5]])).shape
    /// (2, 2, 3)
    [a, b, /, segments, *,] fn segmented_mm(a: ArrayArg, b: ArrayArg, segments: ArrayArg) -> Out {
        ops::segmented_mm(&a.0, &b.0, &segments.0).raised().map(Out)
    }
}

//! Convolutions.

use super::args::functions;
use crate::array::Out;
use crate::convert::{ArrayArg, integers};
use crate::errors::{Raised, wrong_type};
use lazulite::Array;
use lazulite::ops::{self, Conv, ConvMode, ConvTranspose, PerAxis};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// An argument `int | tuple[int, ..]` of exactly `N` integers.
struct Each<const N: usize>(PerAxis);

impl<'py, const N: usize> FromPyObject<'_, 'py> for Each<N> {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Each<N>> {
        match integers(&obj)? {
            Some(list) if list.len() == N => Ok(Each(list[..].into())),
            Some(_) => Err(wrong_type(&format!("an integer or {N} of them"), &obj)),
            None => obj.extract::<i64>().map(|n| Each(n.into())).map_err(|_| wrong_type(&format!("an integer or {N} of them"), &obj)),
        }
    }
}

/// An argument `int | Sequence[int]`.
struct Sizes(PerAxis);

impl<'py> FromPyObject<'_, 'py> for Sizes {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Sizes> {
        match integers(&obj)? {
            Some(list) => Ok(Sizes(list[..].into())),
            None => obj.extract::<i64>().map(|n| Sizes(n.into())).map_err(|_| wrong_type("an integer or a sequence of integers", &obj)),
        }
    }
}

/// An argument `int | Sequence[int] | tuple[Sequence[int], Sequence[int]]`: the same on both sides, or each its own.
struct Sides(PerAxis, PerAxis);

impl<'py> FromPyObject<'_, 'py> for Sides {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Sides> {
        if let Ok((low, high)) = obj.extract::<(Vec<i64>, Vec<i64>)>() {
            return Ok(Sides(low[..].into(), high[..].into()));
        }
        if let Ok([low, high]) = obj.extract::<[Vec<i64>; 2]>() {
            return Ok(Sides(low[..].into(), high[..].into()));
        }
        Sizes::extract(obj).map(|s| Sides(s.0.clone(), s.0))
    }
}

/// The number of groups.
fn groups(n: i64) -> PyResult<usize> {
    usize::try_from(n).map_err(|_| PyValueError::new_err(format!("[conv] the number of groups must be positive, not {n}")))
}

/// The input, which must be of floats.
fn floats(x: ArrayArg) -> PyResult<Array> {
    match x.0.dtype() {
        d if d.is_float() => Ok(x.0),
        d => Err(PyValueError::new_err(format!("[conv] takes floating-point arrays, not an input of {d}"))),
    }
}

fn plain(stride: PerAxis, padding: PerAxis, dilation: PerAxis, n: i64) -> PyResult<Conv> {
    Ok(Conv::default().stride(stride).padding(padding).dilation(dilation).groups(groups(n)?))
}

fn transposed(stride: PerAxis, padding: PerAxis, dilation: PerAxis, output_padding: PerAxis, n: i64) -> PyResult<ConvTranspose> {
    let how = ConvTranspose::default().stride(stride).padding(padding).dilation(dilation);
    Ok(how.output_padding(output_padding).groups(groups(n)?))
}

functions! {
    /// The convolution of `(N, L, C)` with `(O, K, C / groups)`, without turning the kernel around.
    #[doc = about!(conv)]
    ///
    /// >>> mx.conv1d(mx.ones((1, 5, 2)), mx.ones((3, 2, 2))).shape
    /// (1, 4, 3)
    [input, weight, /, stride=1, padding=0, dilation=1, groups=1, *,]
    fn conv1d(input: ArrayArg, weight: ArrayArg, stride: i64, padding: i64, dilation: i64, groups: i64) -> Out {
        let how = plain(stride.into(), padding.into(), dilation.into(), groups)?;
        ops::conv1d(&floats(input)?, &weight.0, &how).raised().map(Out)
    }

    /// The convolution of `(N, H, W, C)` with `(O, KH, KW, C / groups)`, without turning the kernel around.
    #[doc = about!(conv)]
    ///
    /// >>> mx.conv2d(mx.ones((1, 5, 5, 2)), mx.ones((3, 3, 3, 2)), padding=1).shape
    /// (1, 5, 5, 3)
    [input, weight, /, stride=Each(1.into()), padding=Each(0.into()), dilation=Each(1.into()), groups=1, *,]
    fn conv2d(input: ArrayArg, weight: ArrayArg, stride: Each<2>, padding: Each<2>, dilation: Each<2>, groups: i64) -> Out {
        let how = plain(stride.0, padding.0, dilation.0, groups)?;
        ops::conv2d(&floats(input)?, &weight.0, &how).raised().map(Out)
    }

    /// The convolution of `(N, D, H, W, C)` with `(O, KD, KH, KW, C / groups)`, without turning the kernel around.
    #[doc = about!(conv)]
    ///
    /// >>> mx.conv3d(mx.ones((1, 4, 4, 4, 2)), mx.ones((3, 2, 2, 2, 2)), stride=2).shape
    /// (1, 2, 2, 2, 3)
    [input, weight, /, stride=Each(1.into()), padding=Each(0.into()), dilation=Each(1.into()), groups=1, *,]
    fn conv3d(input: ArrayArg, weight: ArrayArg, stride: Each<3>, padding: Each<3>, dilation: Each<3>, groups: i64) -> Out {
        let how = plain(stride.0, padding.0, dilation.0, groups)?;
        ops::conv3d(&floats(input)?, &weight.0, &how).raised().map(Out)
    }

    /// The convolution of `(N, ..., C)`, of one to three spatial axes, with `(O, ..., C / groups)`. `padding` may be a pair: before and
    /// after. The input's elements lie `input_dilation` apart; `flip` turns the kernel around.
    #[doc = about!(conv)]
    ///
    /// >>> mx.conv_general(mx.ones((1, 4, 1)), mx.ones((1, 3, 1)), padding=([2], [0])).shape
    /// (1, 4, 1)
    [
        input, weight, /, stride=Sizes(1.into()), padding=Sides(0.into(), 0.into()), kernel_dilation=Sizes(1.into()),
        input_dilation=Sizes(1.into()), groups=1, flip=false, *,
    ]
    fn conv_general(
        input: ArrayArg, weight: ArrayArg, stride: Sizes, padding: Sides, kernel_dilation: Sizes, input_dilation: Sizes, groups: i64, flip: bool,
    ) -> Out {
        let how = plain(stride.0, 0.into(), kernel_dilation.0, groups)?.padding_sides(padding.0, padding.1);
        ops::conv_general(&floats(input)?, &weight.0, &how.input_dilation(input_dilation.0).flip(flip)).raised().map(Out)
    }

    /// The transposed convolution of `(N, L, C)` with `(O, K, C / groups)`: windows of the output, `stride` apart, are added up.
    #[doc = about!(conv)]
    ///
    /// >>> mx.conv_transpose1d(mx.ones((1, 2, 1)), mx.ones((1, 3, 1)), stride=2).flatten()
    /// array([1, 1, 2, 1, 1], dtype=float32)
    [input, weight, /, stride=1, padding=0, dilation=1, output_padding=0, groups=1, *,]
    fn conv_transpose1d(
        input: ArrayArg, weight: ArrayArg, stride: i64, padding: i64, dilation: i64, output_padding: i64, groups: i64,
    ) -> Out {
        let how = transposed(stride.into(), padding.into(), dilation.into(), output_padding.into(), groups)?;
        ops::conv_transpose1d(&floats(input)?, &weight.0, &how).raised().map(Out)
    }

    /// The transposed convolution of `(N, H, W, C)` with `(O, KH, KW, C / groups)`.
    #[doc = about!(conv)]
    ///
    /// >>> mx.conv_transpose2d(mx.ones((1, 4, 4, 2)), mx.ones((3, 2, 2, 2)), stride=2).shape
    /// (1, 8, 8, 3)
    [
        input, weight, /, stride=Each(1.into()), padding=Each(0.into()), dilation=Each(1.into()), output_padding=Each(0.into()), groups=1, *,
    ]
    fn conv_transpose2d(
        input: ArrayArg, weight: ArrayArg, stride: Each<2>, padding: Each<2>, dilation: Each<2>, output_padding: Each<2>, groups: i64,
    ) -> Out {
        let how = transposed(stride.0, padding.0, dilation.0, output_padding.0, groups)?;
        ops::conv_transpose2d(&floats(input)?, &weight.0, &how).raised().map(Out)
    }

    /// The transposed convolution of `(N, D, H, W, C)` with `(O, KD, KH, KW, C / groups)`.
    #[doc = about!(conv)]
    ///
    /// >>> mx.conv_transpose3d(mx.ones((1, 2, 2, 2, 1)), mx.ones((1, 2, 2, 2, 1))).shape
    /// (1, 3, 3, 3, 1)
    [
        input, weight, /, stride=Each(1.into()), padding=Each(0.into()), dilation=Each(1.into()), output_padding=Each(0.into()), groups=1, *,
    ]
    fn conv_transpose3d(
        input: ArrayArg, weight: ArrayArg, stride: Each<3>, padding: Each<3>, dilation: Each<3>, output_padding: Each<3>, groups: i64,
    ) -> Out {
        let how = transposed(stride.0, padding.0, dilation.0, output_padding.0, groups)?;
        ops::conv_transpose3d(&floats(input)?, &weight.0, &how).raised().map(Out)
    }

    /// The convolution of two sequences: `mode` is "full", "same" (as many elements as the longer has) or "valid".
    ///
    /// Shapes: `(n,)` and `(m,)`; dtypes promote. Raises `ValueError` for empty sequences, more axes or another mode.
    ///
    /// >>> mx.convolve(mx.array([1.0, 2.0, 3.0]), mx.array([0.0, 1.0, 0.5]), "same")
    /// array([1, 2.5, 4], dtype=float32)
    [a, v, /, mode="full", *,] fn convolve(a: ArrayArg, v: ArrayArg, mode: &str) -> Out {
        let mode = match mode {
            "full" => ConvMode::Full,
            "same" => ConvMode::Same,
            "valid" => ConvMode::Valid,
            _ => return Err(PyValueError::new_err(format!("[convolve] mode must be 'full', 'same' or 'valid', not '{mode}'"))),
        };
        ops::convolve(&floats(a)?, &v.0, mode).raised().map(Out)
    }
}

//! `mx.fft`: Fourier transforms.

use crate::array::Out;
use crate::convert::{ArrayArg, AxesArg};
use crate::errors::Raised;
use crate::ops::args::{SizesArg, functions};
use lazulite::fft::{Frames, Norm};
use lazulite::ops::{PadMode, fft as core};
use lazulite::{Array, Result};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

fn norm_of(op: &str, name: &str) -> PyResult<Norm> {
    match name {
        "backward" => Ok(Norm::Backward),
        "ortho" => Ok(Norm::Ortho),
        "forward" => Ok(Norm::Forward),
        _ => Err(PyValueError::new_err(format!("[{op}] Invalid norm. Expected one of {{'backward', 'ortho', 'forward'}}."))),
    }
}

/// A length that was asked for.
fn length(n: i64) -> PyResult<usize> {
    let refuse = |_| PyValueError::new_err(format!("[fftn] Invalid FFT output size requested ({n})"));
    usize::try_from(n).map_err(refuse)
}

/// A number of elements that must be there.
fn positive(op: &str, name: &str, n: i64) -> PyResult<usize> {
    let found = usize::try_from(n).ok().filter(|&n| n > 0);
    found.ok_or_else(|| PyValueError::new_err(format!("[{op}] {name} must be positive.")))
}

type One = fn(&Array, Option<usize>, i64, Norm) -> Result<Array>;

fn one(op: &str, f: One, a: &ArrayArg, n: Option<i64>, axis: i64, norm: &str) -> PyResult<Out> {
    let norm = norm_of(op, norm)?;
    f(&a.0, n.map(length).transpose()?, axis, norm).raised().map(Out)
}

type Many = fn(&Array, Option<&[usize]>, Option<&[i64]>, Norm) -> Result<Array>;

fn many(op: &str, f: Many, a: &ArrayArg, s: Option<SizesArg>, axes: Option<SizesArg>, norm: &str) -> PyResult<Out> {
    let norm = norm_of(op, norm)?;
    if s.is_some() && axes.is_none() {
        return Err(PyValueError::new_err(format!("[{op}] `axes` should not be `None` if `s` is not `None`.")));
    }
    let s: Option<Vec<usize>> = s.map(|s| s.0.iter().map(|&n| length(n)).collect()).transpose()?;
    f(&a.0, s.as_deref(), axes.as_ref().map(|l| &l.0[..]), norm).raised().map(Out)
}

/// The last two axes, over which the two-dimensional transforms go by default.
fn last() -> Option<SizesArg> {
    Some(SizesArg(smallvec::smallvec![-2, -1]))
}

fn shifted(f: fn(&Array, Option<&[i64]>) -> Result<Array>, a: &ArrayArg, axes: Option<AxesArg>) -> PyResult<Out> {
    let list = axes.and_then(|a| a.0);
    f(&a.0, list.as_deref()).raised().map(Out)
}

#[allow(clippy::too_many_arguments)]
fn frames(
    op: &str,
    n_fft: i64,
    hop: Option<i64>,
    window_size: Option<i64>,
    window: Option<ArrayArg>,
    center: bool,
    norm: &str,
    onesided: Option<bool>,
) -> PyResult<Frames> {
    let size = positive(op, "n_fft", n_fft)?;
    let hop = positive(op, "hop_length", hop.unwrap_or(n_fft / 4))?;
    let negative = |_| PyValueError::new_err("[full] Negative dimensions not allowed.");
    let window_size = window_size.map(usize::try_from).transpose().map_err(negative)?;
    Ok(Frames { size, hop: Some(hop), window: window.map(|w| w.0), window_size, center, norm: norm_of(op, norm)?, onesided })
}

fn padding(mode: &str) -> PyResult<Option<PadMode>> {
    match mode {
        "constant" => Ok(None),
        "edge" => Ok(Some(PadMode::Edge)),
        "reflect" => Ok(Some(PadMode::Reflect)),
        "symmetric" => Ok(Some(PadMode::Symmetric)),
        other => Err(PyValueError::new_err(format!("Invalid padding mode ({other}) passed to pad"))),
    }
}

functions! {
    /// The discrete Fourier transform along `axis`, complex64, of the array cut or filled with zeros to `n` elements. `norm` says which
    /// direction is divided: "backward", "ortho" (both, by the root) or "forward".
    #[doc = about!(fft)]
    ///
    /// >>> mx.fft.fft(mx.array([1.0, 2.0]))
    /// array([3+0j, -1+0j], dtype=complex64)
    [a, n=None, axis=-1, norm="backward",] fn fft(a: ArrayArg, n: Option<i64>, axis: i64, norm: &str) -> Out {
        one("fft", core::fft, &a, n, axis, norm)
    }

    /// The inverse of `fft`.
    #[doc = about!(fft)]
    ///
    /// >>> mx.fft.ifft(mx.array([3.0, -1.0]))
    /// array([1+0j, 2+0j], dtype=complex64)
    [a, n=None, axis=-1, norm="backward",] fn ifft(a: ArrayArg, n: Option<i64>, axis: i64, norm: &str) -> Out {
        one("ifft", core::ifft, &a, n, axis, norm)
    }

    /// The first `n // 2 + 1` numbers of the transform of a real array.
    #[doc = about!(fft)]
    ///
    /// >>> mx.fft.rfft(mx.array([1.0, 2.0]))
    /// array([3+0j, -1+0j], dtype=complex64)
    [a, n=None, axis=-1, norm="backward",] fn rfft(a: ArrayArg, n: Option<i64>, axis: i64, norm: &str) -> Out {
        one("rfft", core::rfft, &a, n, axis, norm)
    }

    /// The inverse of `rfft`, float32, of an even length unless `n` is given.
    #[doc = about!(fft)]
    ///
    /// >>> mx.fft.irfft(mx.array([3.0, -1.0]))
    /// array([1, 2], dtype=float32)
    [a, n=None, axis=-1, norm="backward",] fn irfft(a: ArrayArg, n: Option<i64>, axis: i64, norm: &str) -> Out {
        one("irfft", core::irfft, &a, n, axis, norm)
    }

    /// `fftn` over the last two axes.
    #[doc = about!(fftn)]
    ///
    /// >>> mx.fft.fft2(mx.ones((2, 2)))
    /// array([[4+0j, 0+0j],
    ///        [0+0j, 0+0j]], dtype=complex64)
    [a, s=None, axes=last(), norm="backward",] fn fft2(a: ArrayArg, s: Option<SizesArg>, axes: Option<SizesArg>, norm: &str) -> Out {
        many("fft2", core::fftn, &a, s, axes, norm)
    }

    /// The inverse of `fft2`.
    #[doc = about!(fftn)]
    ///
    /// >>> mx.fft.ifft2(mx.ones((2, 2)))
    /// array([[1+0j, 0+0j],
    ///        [0+0j, 0+0j]], dtype=complex64)
    [a, s=None, axes=last(), norm="backward",] fn ifft2(a: ArrayArg, s: Option<SizesArg>, axes: Option<SizesArg>, norm: &str) -> Out {
        many("ifft2", core::ifftn, &a, s, axes, norm)
    }

    /// `rfftn` over the last two axes.
    #[doc = about!(fftn)]
    ///
    /// >>> mx.fft.rfft2(mx.ones((4, 4))).shape
    /// (4, 3)
    [a, s=None, axes=last(), norm="backward",] fn rfft2(a: ArrayArg, s: Option<SizesArg>, axes: Option<SizesArg>, norm: &str) -> Out {
        many("rfft2", core::rfftn, &a, s, axes, norm)
    }

    /// The inverse of `rfft2`.
    #[doc = about!(fftn)]
    ///
    /// >>> mx.fft.irfft2(mx.ones((4, 3))).shape
    /// (4, 4)
    [a, s=None, axes=last(), norm="backward",] fn irfft2(a: ArrayArg, s: Option<SizesArg>, axes: Option<SizesArg>, norm: &str) -> Out {
        many("irfft2", core::irfftn, &a, s, axes, norm)
    }

    /// The transform along several axes, all by default, each cut or filled with zeros to its length in `s`.
    #[doc = about!(fftn)]
    ///
    /// >>> mx.fft.fftn(mx.ones((2, 3)), s=[4, 4], axes=[0, 1]).shape
    /// (4, 4)
    [a, s=None, axes=None, norm="backward",] fn fftn(a: ArrayArg, s: Option<SizesArg>, axes: Option<SizesArg>, norm: &str) -> Out {
        many("fftn", core::fftn, &a, s, axes, norm)
    }

    /// The inverse of `fftn`.
    #[doc = about!(fftn)]
    ///
    /// >>> mx.fft.ifftn(mx.ones((2, 3))).shape
    /// (2, 3)
    [a, s=None, axes=None, norm="backward",] fn ifftn(a: ArrayArg, s: Option<SizesArg>, axes: Option<SizesArg>, norm: &str) -> Out {
        many("ifftn", core::ifftn, &a, s, axes, norm)
    }

    /// `rfft` along the last of the axes and `fft` along the others.
    #[doc = about!(fftn)]
    ///
    /// >>> mx.fft.rfftn(mx.ones((2, 4))).shape
    /// (2, 3)
    [a, s=None, axes=None, norm="backward",] fn rfftn(a: ArrayArg, s: Option<SizesArg>, axes: Option<SizesArg>, norm: &str) -> Out {
        many("rfftn", core::rfftn, &a, s, axes, norm)
    }

    /// The inverse of `rfftn`.
    #[doc = about!(fftn)]
    ///
    /// >>> mx.fft.irfftn(mx.ones((2, 3))).shape
    /// (2, 4)
    [a, s=None, axes=None, norm="backward",] fn irfftn(a: ArrayArg, s: Option<SizesArg>, axes: Option<SizesArg>, norm: &str) -> Out {
        many("irfftn", core::irfftn, &a, s, axes, norm)
    }

    /// The array with the frequency 0 in the middle of the axes.
    ///
    /// Shape and dtype stay. Raises `IndexError` for an axis that is not there.
    ///
    /// >>> mx.fft.fftshift(mx.array([0, 1, -1]))
    /// array([-1, 0, 1], dtype=int32)
    [a, axes=None,] fn fftshift(a: ArrayArg, axes: Option<AxesArg>) -> Out {
        shifted(core::fftshift, &a, axes)
    }

    /// The inverse of `fftshift`.
    ///
    /// Shape and dtype stay. Raises `IndexError` for an axis that is not there.
    ///
    /// >>> mx.fft.ifftshift(mx.array([-1, 0, 1]))
    /// array([0, 1, -1], dtype=int32)
    [a, axes=None,] fn ifftshift(a: ArrayArg, axes: Option<AxesArg>) -> Out {
        shifted(core::ifftshift, &a, axes)
    }

    /// The frequencies of a transform of `n` samples, `d` apart.
    ///
    /// Shape: `(n,)`, float32. Raises `ValueError` for less than one sample.
    ///
    /// >>> mx.fft.fftfreq(4)
    /// array([0, 0.25, -0.5, -0.25], dtype=float32)
    [n, d=1.0,] fn fftfreq(n: i64, d: f64) -> Out {
        core::fftfreq(usize::try_from(n).unwrap_or(0), d).raised().map(Out)
    }

    /// The frequencies of a real transform.
    ///
    /// Shape: `(n // 2 + 1,)`, float32. Raises `ValueError` for less than one sample.
    ///
    /// >>> mx.fft.rfftfreq(4)
    /// array([0, 0.25, 0.5], dtype=float32)
    [n, d=1.0,] fn rfftfreq(n: i64, d: f64) -> Out {
        core::rfftfreq(usize::try_from(n).unwrap_or(0), d).raised().map(Out)
    }

    /// The transforms of overlapping frames of `n_fft` elements, `(..., signal)` to `(..., frequency, frame)`.
    ///
    /// Shapes: `(..., n)` to `(..., n_fft // 2 + 1, frames)`, complex64. Raises `ValueError` for a window or frames that do not fit, or an
    /// unknown mode.
    ///
    /// >>> mx.fft.stft(mx.ones((16,)), n_fft=4).shape
    /// (3, 17)
    [x, n_fft=2048, hop_length=None, win_length=None, window=None, center=true, pad_mode="reflect", norm="backward", onesided=None,]
    fn stft(
        x: ArrayArg, n_fft: i64, hop_length: Option<i64>, win_length: Option<i64>, window: Option<ArrayArg>, center: bool, pad_mode: &str,
        norm: &str, onesided: Option<bool>,
    ) -> Out {
        let frames = frames("stft", n_fft, hop_length, win_length, window, center, norm, onesided)?;
        core::stft(&x.0, &frames, padding(pad_mode)?).raised().map(Out)
    }

    /// The signal that `stft` made a matrix from, cut or filled with zeros to `length` elements.
    ///
    /// Shapes: `(..., frequencies, frames)` to `(..., n)`, float32. Raises `ValueError` for fewer axes or a window that does not fit.
    ///
    /// >>> mx.fft.istft(mx.fft.stft(mx.ones((16,)), n_fft=4)).shape
    /// (16,)
    [
        stft_matrix, n_fft=None, hop_length=None, win_length=None, window=None, center=true, norm="backward", onesided=None,
        length=None,
    ]
    fn istft(
        stft_matrix: ArrayArg, n_fft: Option<i64>, hop_length: Option<i64>, win_length: Option<i64>, window: Option<ArrayArg>,
        center: bool, norm: &str, onesided: Option<bool>, length: Option<i64>,
    ) -> Out {
        let x = &stft_matrix.0;
        let Some(&rows) = x.shape().len().checked_sub(2).and_then(|i| x.shape().get(i)) else {
            return Err(PyValueError::new_err("[istft] Input must have at least two dimensions (freq, frames)."));
        };
        let size = n_fft.unwrap_or(if onesided == Some(false) { rows as i64 } else { 2 * (rows as i64 - 1) });
        let frames = frames("istft", size, hop_length, win_length, window, center, norm, onesided)?;
        core::istft(x, &frames, length.map(|n| n.max(0) as usize)).raised().map(Out)
    }
}

/// Adds the module.
pub fn register_all(m: &Bound<'_, PyModule>) -> PyResult<()> {
    register(&crate::submodule(m, "fft")?)
}

"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

def fft(a: array, n: int | None = None, axis: int = -1, norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """The discrete Fourier transform along `axis`, complex64, of the array cut or filled with zeros to `n` elements. `norm` says which
    direction is divided: "backward", "ortho" (both, by the root) or "forward".

    Shapes: any of at least one axis. Raises `ValueError` for a length of zero or an unknown `norm`, `IndexError` for an
    axis that is not there.

    >>> mx.fft.fft(mx.array([1.0, 2.0]))
    array([3+0j, -1+0j], dtype=complex64)
    """
def fft2(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = [-2, -1], norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """`fftn` over the last two axes.

    Shapes: any with these axes; complex64, but for an inverse of a real transform, float32. Raises `ValueError` for a
    length of zero or an unknown `norm`, `IndexError` for an axis that is not there.

    >>> mx.fft.fft2(mx.ones((2, 2)))
    array([[4+0j, 0+0j],
           [0+0j, 0+0j]], dtype=complex64)
    """
def fftfreq(n: int, d: float = 1.0, stream: _StreamOrDevice = None) -> array:
    """The frequencies of a transform of `n` samples, `d` apart.

    Shape: `(n,)`, float32. Raises `ValueError` for less than one sample.

    >>> mx.fft.fftfreq(4)
    array([0, 0.25, -0.5, -0.25], dtype=float32)
    """
def fftn(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = None, norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """The transform along several axes, all by default, each cut or filled with zeros to its length in `s`.

    Shapes: any with these axes; complex64, but for an inverse of a real transform, float32. Raises `ValueError` for a
    length of zero or an unknown `norm`, `IndexError` for an axis that is not there.

    >>> mx.fft.fftn(mx.ones((2, 3)), s=[4, 4], axes=[0, 1]).shape
    (4, 4)
    """
def fftshift(a: array, axes: int | Sequence[int] | None = None, stream: _StreamOrDevice = None) -> array:
    """The array with the frequency 0 in the middle of the axes.

    Shape and dtype stay. Raises `IndexError` for an axis that is not there.

    >>> mx.fft.fftshift(mx.array([0, 1, -1]))
    array([-1, 0, 1], dtype=int32)
    """
def ifft(a: array, n: int | None = None, axis: int = -1, norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """The inverse of `fft`.

    Shapes: any of at least one axis. Raises `ValueError` for a length of zero or an unknown `norm`, `IndexError` for an
    axis that is not there.

    >>> mx.fft.ifft(mx.array([3.0, -1.0]))
    array([1+0j, 2+0j], dtype=complex64)
    """
def ifft2(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = [-2, -1], norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """The inverse of `fft2`.

    Shapes: any with these axes; complex64, but for an inverse of a real transform, float32. Raises `ValueError` for a
    length of zero or an unknown `norm`, `IndexError` for an axis that is not there.

    >>> mx.fft.ifft2(mx.ones((2, 2)))
    array([[1+0j, 0+0j],
           [0+0j, 0+0j]], dtype=complex64)
    """
def ifftn(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = None, norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """The inverse of `fftn`.

    Shapes: any with these axes; complex64, but for an inverse of a real transform, float32. Raises `ValueError` for a
    length of zero or an unknown `norm`, `IndexError` for an axis that is not there.

    >>> mx.fft.ifftn(mx.ones((2, 3))).shape
    (2, 3)
    """
def ifftshift(a: array, axes: int | Sequence[int] | None = None, stream: _StreamOrDevice = None) -> array:
    """The inverse of `fftshift`.

    Shape and dtype stay. Raises `IndexError` for an axis that is not there.

    >>> mx.fft.ifftshift(mx.array([-1, 0, 1]))
    array([0, 1, -1], dtype=int32)
    """
def irfft(a: array, n: int | None = None, axis: int = -1, norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """The inverse of `rfft`, float32, of an even length unless `n` is given.

    Shapes: any of at least one axis. Raises `ValueError` for a length of zero or an unknown `norm`, `IndexError` for an
    axis that is not there.

    >>> mx.fft.irfft(mx.array([3.0, -1.0]))
    array([1, 2], dtype=float32)
    """
def irfft2(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = [-2, -1], norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """The inverse of `rfft2`.

    Shapes: any with these axes; complex64, but for an inverse of a real transform, float32. Raises `ValueError` for a
    length of zero or an unknown `norm`, `IndexError` for an axis that is not there.

    >>> mx.fft.irfft2(mx.ones((4, 3))).shape
    (4, 4)
    """
def irfftn(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = None, norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """The inverse of `rfftn`.

    Shapes: any with these axes; complex64, but for an inverse of a real transform, float32. Raises `ValueError` for a
    length of zero or an unknown `norm`, `IndexError` for an axis that is not there.

    >>> mx.fft.irfftn(mx.ones((2, 3))).shape
    (2, 4)
    """
def istft(stft_matrix: array, n_fft: int | None = None, hop_length: int | None = None, win_length: int | None = None, window: array | None = None, center: bool = True, norm: str = 'backward', onesided: bool | None = None, length: int | None = None, stream: _StreamOrDevice = None) -> array:
    """The signal that `stft` made a matrix from, cut or filled with zeros to `length` elements.

    Shapes: `(..., frequencies, frames)` to `(..., n)`, float32. Raises `ValueError` for fewer axes or a window that does not fit.

    >>> mx.fft.istft(mx.fft.stft(mx.ones((16,)), n_fft=4)).shape
    (16,)
    """
def rfft(a: array, n: int | None = None, axis: int = -1, norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """The first `n // 2 + 1` numbers of the transform of a real array.

    Shapes: any of at least one axis. Raises `ValueError` for a length of zero or an unknown `norm`, `IndexError` for an
    axis that is not there.

    >>> mx.fft.rfft(mx.array([1.0, 2.0]))
    array([3+0j, -1+0j], dtype=complex64)
    """
def rfft2(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = [-2, -1], norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """`rfftn` over the last two axes.

    Shapes: any with these axes; complex64, but for an inverse of a real transform, float32. Raises `ValueError` for a
    length of zero or an unknown `norm`, `IndexError` for an axis that is not there.

    >>> mx.fft.rfft2(mx.ones((4, 4))).shape
    (4, 3)
    """
def rfftfreq(n: int, d: float = 1.0, stream: _StreamOrDevice = None) -> array:
    """The frequencies of a real transform.

    Shape: `(n // 2 + 1,)`, float32. Raises `ValueError` for less than one sample.

    >>> mx.fft.rfftfreq(4)
    array([0, 0.25, 0.5], dtype=float32)
    """
def rfftn(a: array, s: tuple[int, ...] | None = None, axes: Sequence[int] | None = None, norm: str = 'backward', stream: _StreamOrDevice = None) -> array:
    """`rfft` along the last of the axes and `fft` along the others.

    Shapes: any with these axes; complex64, but for an inverse of a real transform, float32. Raises `ValueError` for a
    length of zero or an unknown `norm`, `IndexError` for an axis that is not there.

    >>> mx.fft.rfftn(mx.ones((2, 4))).shape
    (2, 3)
    """
def stft(x: array, n_fft: int = 2048, hop_length: int | None = None, win_length: int | None = None, window: array | None = None, center: bool = True, pad_mode: str = 'reflect', norm: str = 'backward', onesided: bool | None = None, stream: _StreamOrDevice = None) -> array:
    """The transforms of overlapping frames of `n_fft` elements, `(..., signal)` to `(..., frequency, frame)`.

    Shapes: `(..., n)` to `(..., n_fft // 2 + 1, frames)`, complex64. Raises `ValueError` for a window or frames that do not fit, or an
    unknown mode.

    >>> mx.fft.stft(mx.ones((16,)), n_fft=4).shape
    (3, 17)
    """

"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

def cross(a: array, b: array, axis: int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The cross product of the vectors along `axis`, which has three elements, or two.
    `cross(mx.array([1, 0, 0]), mx.array([0, 1, 0]))` is `[0, 0, 1]`.
    """
def norm(a: array, /, ord: None | int | float | str = None, axis: None | int | list[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The norm of vectors along one axis, of matrices along two, or of all elements. `ord` is the order, "fro", or `None` for the root
    of the sum of squares. `norm(mx.array([3.0, 4.0]))` is `5.0`.
    """

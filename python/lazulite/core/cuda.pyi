"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

def is_available() -> bool:
    """Whether a CUDA device is there.

    >>> mx.cuda.is_available() == (mx.device_count(mx.gpu) > 0)
    True
    """

"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

def clear_cache() -> None:
    """Gives kept memory back to the system.

    >>> mx.clear_cache()
    >>> mx.get_cache_memory() < mx.get_memory_limit()
    True
    """
def device_info() -> dict[str, str | int]:
    """What is known about the Metal device: nothing where there is none.

    >>> mx.metal.device_info()
    {}
    """
def get_active_memory() -> int:
    """Bytes that arrays take.

    >>> x = mx.ones((1000,))
    >>> mx.eval(x)
    >>> mx.get_active_memory() >= 4000
    False
    """
def get_cache_memory() -> int:
    """Freed bytes that are kept for reuse.

    >>> mx.get_cache_memory() >= 0
    True
    """
def get_peak_memory() -> int:
    """The most bytes that arrays took at once, since the start or `reset_peak_memory`.

    >>> mx.get_peak_memory() >= mx.get_active_memory()
    True
    """
def is_available() -> bool:
    """Whether the backend of this submodule is there.

    >>> mx.metal.is_available()
    False
    """
def reset_peak_memory() -> None:
    """Makes `get_peak_memory` count from now.

    >>> mx.reset_peak_memory()
    """
def set_cache_limit(limit: int) -> int:
    """Keeps at most `limit` bytes of freed memory; returns the former limit.

    Raises `TypeError` for what is no number of bytes.

    >>> former = mx.set_cache_limit(1 << 20)
    >>> mx.set_cache_limit(former)
    1048576
    """
def set_memory_limit(limit: int) -> int:
    """Refuses allocations that would take active memory beyond `limit` bytes; returns the former limit.

    Raises `TypeError` for what is no number of bytes.

    >>> former = mx.set_memory_limit(1 << 34)
    >>> mx.set_memory_limit(former)
    17179869184
    """
def set_wired_limit(limit: int) -> int:
    """Sets how many bytes stay wired; there is nothing to wire here, so the former limit is always 0.

    Raises `TypeError` for what is no number of bytes.

    >>> mx.set_wired_limit(0)
    0
    """
def start_capture(path: str) -> None:
    """Starts a capture of Metal's work; there is none to capture here.

    >>> mx.metal.start_capture("trace")
    """
def stop_capture() -> None:
    """Ends a capture of Metal's work.

    >>> mx.metal.stop_capture()
    """

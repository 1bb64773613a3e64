"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

def clear_cache() -> None:
    """Gives kept memory back to the system."""
def device_info() -> dict[str, str | int]:
    """What is known about the Metal device: nothing where there is none."""
def get_active_memory() -> int:
    """Bytes that arrays take."""
def get_cache_memory() -> int:
    """Freed bytes that are kept for reuse."""
def get_peak_memory() -> int:
    """The most bytes that arrays took at once, since the start or `reset_peak_memory`."""
def is_available() -> bool:
    """Whether the backend of this submodule is there."""
def reset_peak_memory() -> None:
    """Makes `get_peak_memory` count from now."""
def set_cache_limit(limit: int) -> int:
    """Keeps at most `limit` bytes of freed memory; returns the former limit."""
def set_memory_limit(limit: int) -> int:
    """Refuses allocations that would take active memory beyond `limit` bytes; returns the former limit."""
def set_wired_limit(limit: int) -> int:
    """Sets how many bytes stay wired; there is nothing to wire here, so the former limit is always 0."""
def start_capture(path: str) -> None:
    """Starts a capture of Metal's work; there is none to capture here."""
def stop_capture() -> None:
    """Ends a capture of Metal's work."""

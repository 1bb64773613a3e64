"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

def all_gather(x: array, *, group: Any | None = None, stream: _StreamOrDevice = None) -> array:
    """The arrays `x` of the group's processes, joined along the first axis."""
def all_max(x: array, *, group: Any | None = None, stream: _StreamOrDevice = None) -> array:
    """The largest of `x` over the processes of the group, element by element."""
def all_min(x: array, *, group: Any | None = None, stream: _StreamOrDevice = None) -> array:
    """The smallest of `x` over the processes of the group, element by element."""
def all_sum(x: array, *, group: Any | None = None, stream: _StreamOrDevice = None) -> array:
    """The sum of `x` over the processes of the group."""
def init(strict: bool = False, backend: str = 'any', *, all_gather_factory: Callable[[int, int], Callable[[bytes, int], bytes]] | None = None) -> Any:
    """The group of all processes. Without a backend that connects them it is this one; with `strict` that is an error."""
def is_available(backend: str = 'any') -> bool:
    """Whether a backend that connects processes is there."""
def recv(shape: Sequence[int], dtype: Dtype, src: int, *, group: Any | None = None, stream: _StreamOrDevice = None) -> array:
    """An array of this shape and dtype from the process with rank `src`; an error in a group of one."""
def recv_like(x: array, src: int, *, group: Any | None = None, stream: _StreamOrDevice = None) -> array:
    """An array like `x` from the process with rank `src`; an error in a group of one."""
def send(x: array, dst: int, *, group: Any | None = None, stream: _StreamOrDevice = None) -> array:
    """Sends `x` to the process with rank `dst`; an error in a group of one."""
def sum_scatter(x: array, *, group: Any | None = None, stream: _StreamOrDevice = None) -> array:
    """This process's part along the first axis of the sum of `x` over the processes of the group."""

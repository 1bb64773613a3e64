"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

class Group:
    """Processes that communicate."""

    def rank(self) -> int: ...
    def size(self) -> int: ...
    def split(self, color: int, key: int = -1) -> Group: ...

def all_gather(x: array, *, group: Group | None = None, stream: _StreamOrDevice = None) -> array:
    """The arrays `x` of the group's processes, joined along the first axis.

    Shape: as many times the first axis as there are processes; the dtype stays. Raises `TypeError` for what is no array.

    >>> mx.distributed.all_gather(mx.array([1, 2]))
    array([1, 2], dtype=int32)
    """
def all_max(x: array, *, group: Group | None = None, stream: _StreamOrDevice = None) -> array:
    """The largest of `x` over the processes of the group, element by element.

    Shape and dtype stay. Raises `TypeError` for what is no array.

    >>> mx.distributed.all_max(mx.array([1, 2]))
    array([1, 2], dtype=int32)
    """
def all_min(x: array, *, group: Group | None = None, stream: _StreamOrDevice = None) -> array:
    """The smallest of `x` over the processes of the group, element by element.

    Shape and dtype stay. Raises `TypeError` for what is no array.

    >>> mx.distributed.all_min(mx.array([1, 2]))
    array([1, 2], dtype=int32)
    """
def all_sum(x: array, *, group: Group | None = None, stream: _StreamOrDevice = None) -> array:
    """The sum of `x` over the processes of the group.

    Shape and dtype stay. Raises `TypeError` for what is no array.

    >>> mx.distributed.all_sum(mx.array([1, 2]))
    array([1, 2], dtype=int32)
    """
def init(strict: bool = False, backend: str = 'any', *, all_gather_factory: Callable[[int, int], Callable[[bytes, int], bytes]] | None = None) -> Group:
    """The group of all processes. Without a backend that connects them it is this one; with `strict` that is an error.

    Raises `RuntimeError` for `strict` without such a backend.

    >>> mx.distributed.init().size()
    1
    """
def is_available(backend: str = 'any') -> bool:
    """Whether a backend that connects processes is there.

    >>> mx.distributed.is_available()
    False
    """
def recv(shape: Sequence[int], dtype: Dtype, src: int, *, group: Group | None = None, stream: _StreamOrDevice = None) -> array:
    """An array of this shape and dtype from the process with rank `src`; an error in a group of one.

    Raises `ValueError` in a group of one.

    >>> mx.distributed.recv((2,), mx.float32, 0)
    Traceback (most recent call last):
        ...
    ValueError: [recv] Cannot recv from a singleton group (float32[2] from rank 0)
    """
def recv_like(x: array, src: int, *, group: Group | None = None, stream: _StreamOrDevice = None) -> array:
    """An array like `x` from the process with rank `src`; an error in a group of one.

    Shape and dtype are those of `x`. Raises `ValueError` in a group of one.

    >>> mx.distributed.recv_like(mx.ones(2), 0)
    Traceback (most recent call last):
        ...
    ValueError: [recv] Cannot recv from a singleton group (float32[2] from rank 0)
    """
def send(x: array, dst: int, *, group: Group | None = None, stream: _StreamOrDevice = None) -> array:
    """Sends `x` to the process with rank `dst`; an error in a group of one.

    Arrays of any shape and dtype. Raises `ValueError` in a group of one.

    >>> mx.distributed.send(mx.ones(2), 0)
    Traceback (most recent call last):
        ...
    ValueError: [send] Cannot send to a singleton group (to rank 0)
    """
def sum_scatter(x: array, *, group: Group | None = None, stream: _StreamOrDevice = None) -> array:
    """This process's part along the first axis of the sum of `x` over the processes of the group.

    Shape: the first axis over the number of processes; the dtype stays. Raises `TypeError` for what is no array.

    >>> mx.distributed.sum_scatter(mx.array([1, 2]))
    array([1, 2], dtype=int32)
    """

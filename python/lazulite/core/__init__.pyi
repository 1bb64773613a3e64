"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

__version__: str

P = ParamSpec("P")
R = TypeVar("R")

_Scalar: TypeAlias = bool | int | float | complex
_Operand: TypeAlias = bool | int | float | complex | array | Any
_StreamOrDevice: TypeAlias = Stream | ThreadLocalStream | Device | DeviceType | None

class Dtype:
    """The type of an array's elements."""

    @property
    def size(self) -> int: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

class DtypeCategory(Enum):
    """A family of dtypes, for `issubdtype`."""

    complexfloating = 0
    floating = 1
    inexact = 2
    signedinteger = 3
    unsignedinteger = 4
    integer = 5
    number = 6
    generic = 7

class DeviceType(Enum):
    """The kind of a device."""

    cpu = 0
    gpu = 1

class Device:
    """A place where work runs."""

    def __init__(self, type: DeviceType, index: int = 0) -> None: ...
    @property
    def type(self) -> DeviceType: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

class Stream:
    """A queue of work on a device."""

    @property
    def device(self) -> Device: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

class ThreadLocalStream:
    """A stream that is another one in each thread."""

    @property
    def device(self) -> Device: ...

class StreamContext:
    """The stream of a `with` block."""

    def __enter__(self) -> None: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...

class PrintOptions:
    """How arrays print, and the context that `printoptions` gives."""

    @property
    def precision(self) -> int: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...

class ArrayAt:
    """`a.at`: updates that accumulate over equal indices. Each gives a new array."""

    def __getitem__(self, index: Any, /) -> ArrayAt: ...
    def add(self, value: _Operand) -> array: ...
    def subtract(self, value: _Operand) -> array: ...
    def multiply(self, value: _Operand) -> array: ...
    def divide(self, value: _Operand) -> array: ...
    def maximum(self, value: _Operand) -> array: ...
    def minimum(self, value: _Operand) -> array: ...

class ArrayIterator:
    """The rows of an array, in turn."""

    def __iter__(self) -> ArrayIterator: ...
    def __next__(self) -> array: ...

class finfo:
    """The limits of a floating-point dtype."""

    def __init__(self, dtype: Dtype) -> None: ...
    @property
    def bits(self) -> int: ...
    @property
    def dtype(self) -> Dtype: ...
    @property
    def eps(self) -> float: ...
    @property
    def max(self) -> float: ...
    @property
    def min(self) -> float: ...
    @property
    def smallest_normal(self) -> float: ...

class iinfo:
    """The limits of an integer dtype."""

    def __init__(self, dtype: Dtype) -> None: ...
    @property
    def dtype(self) -> Dtype: ...
    @property
    def max(self) -> int: ...
    @property
    def min(self) -> int: ...

class custom_function:
    """A function with derivatives or batching of one's own."""

    def __init__(self, f: Callable[..., Any]) -> None: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def vjp(self, f: Callable[..., Any]) -> Callable[..., Any]: ...
    def jvp(self, f: Callable[..., Any]) -> Callable[..., Any]: ...
    def vmap(self, f: Callable[..., Any]) -> Callable[..., Any]: ...

class FunctionExporter:
    """Writes traces of a function to a file."""

    def __call__(self, *args: Any, **kwargs: Any) -> None: ...
    def close(self) -> None: ...

class array:
    """A lazy array."""

    @property
    def T(self) -> array:
        """The array with its axes reversed.

        The dtype stays.

        >>> mx.ones((2, 3)).T.shape
        (3, 2)
        """
    def __abs__(self) -> array: ...
    def __add__(self, other: _Operand) -> array: ...
    def __and__(self, other: _Operand) -> array: ...
    def __array__(self, dtype: Any | None = None, copy: Any | None = None) -> Any: ...
    def __array_namespace__(self, api_version: str | None = None) -> ModuleType: ...
    def __bool__(self) -> bool: ...
    def __bytes__(self) -> bytes: ...
    def __complex__(self) -> complex: ...
    def __copy__(self) -> array: ...
    def __deepcopy__(self, memo: dict[Any, Any]) -> array: ...
    def __dlpack__(self, *, stream: Any | None = None, max_version: Any | None = None, dl_device: tuple[int, int] | None = None, copy: bool | None = None) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    def __eq__(self, other: object) -> array: ...  # type: ignore[override]
    def __float__(self) -> float: ...
    def __floordiv__(self, other: _Operand) -> array: ...
    def __format__(self, arg: Any, /) -> str: ...
    def __ge__(self, other: _Operand) -> array: ...
    def __getitem__(self, arg: Any, /) -> array: ...
    def __getstate__(self) -> tuple[Any, ...]: ...
    def __gt__(self, other: _Operand) -> array: ...
    def __iadd__(self, other: _Operand) -> array: ...
    def __iand__(self, other: _Operand) -> array: ...
    def __ifloordiv__(self, other: _Operand) -> array: ...
    def __ilshift__(self, other: _Operand) -> array: ...
    def __imatmul__(self, other: array) -> array: ...
    def __imod__(self, other: _Operand) -> array: ...
    def __imul__(self, other: _Operand) -> array: ...
    def __index__(self) -> int: ...
    def __init__(self, val: Any, dtype: Dtype | None = None) -> None: ...
    def __int__(self) -> int: ...
    def __invert__(self) -> array: ...
    def __ior__(self, other: _Operand) -> array: ...
    def __ipow__(self, other: _Operand) -> array: ...
    def __irshift__(self, other: _Operand) -> array: ...
    def __isub__(self, other: _Operand) -> array: ...
    def __iter__(self) -> Iterator[array]: ...
    def __itruediv__(self, other: _Operand) -> array: ...
    def __ixor__(self, other: _Operand) -> array: ...
    def __le__(self, other: _Operand) -> array: ...
    def __len__(self) -> int: ...
    def __lshift__(self, other: _Operand) -> array: ...
    def __lt__(self, other: _Operand) -> array: ...
    def __matmul__(self, other: array) -> array: ...
    def __mod__(self, other: _Operand) -> array: ...
    def __mul__(self, other: _Operand) -> array: ...
    def __ne__(self, other: object) -> array: ...  # type: ignore[override]
    def __neg__(self) -> array: ...
    def __or__(self, other: _Operand) -> array: ...
    def __pos__(self) -> array: ...
    def __pow__(self, other: _Operand) -> array: ...
    def __radd__(self, other: _Operand) -> array: ...
    def __repr__(self) -> str: ...
    def __rfloordiv__(self, other: _Operand) -> array: ...
    def __rmod__(self, other: _Operand) -> array: ...
    def __rmul__(self, other: _Operand) -> array: ...
    def __rpow__(self, other: _Operand) -> array: ...
    def __rshift__(self, other: _Operand) -> array: ...
    def __rsub__(self, other: _Operand) -> array: ...
    def __rtruediv__(self, other: _Operand) -> array: ...
    def __setitem__(self, arg0: Any, arg1: _Operand, /) -> None: ...
    def __setstate__(self, arg: tuple[Any, ...], /) -> None: ...
    def __sub__(self, other: _Operand) -> array: ...
    def __truediv__(self, other: _Operand) -> array: ...
    def __xor__(self, other: _Operand) -> array: ...
    def abs(self, *, stream: _StreamOrDevice = None) -> array:
        """The absolute value; of a complex number its modulus.

        Shape: any, and the result has it; complex64 gives float32, other dtypes stay. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.abs(mx.array([-1, 2]))
        array([1, 2], dtype=int32)
        """
    def all(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """Whether all elements along `axis` differ from zero.

        Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
        not there, `ValueError` for one named twice.

        >>> mx.all(mx.array([1, 0]))
        array(False, dtype=bool)
        """
    def any(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """Whether any element along `axis` differs from zero.

        Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
        not there, `ValueError` for one named twice.

        >>> mx.any(mx.array([[1, 0], [0, 0]]), axis=1)
        array([True, False], dtype=bool)
        """
    def argmax(self, axis: int | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The index, uint32, of the first largest element along `axis`, or in the flattened array.

        Shapes: any; the axes of `axis`, all if it is `None`, go, or stay with size one with `keepdims`. The dtype stays,
        but for indices. Raises `IndexError` for an axis that is not there, `ValueError` where there is nothing to choose
        from.

        >>> mx.argmax(mx.array([[1, 5], [7, 0]]), axis=1)
        array([1, 0], dtype=uint32)
        """
    def argmin(self, axis: int | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The index, uint32, of the first smallest element along `axis`, or in the flattened array.

        Shapes: any; the axes of `axis`, all if it is `None`, go, or stay with size one with `keepdims`. The dtype stays,
        but for indices. Raises `IndexError` for an axis that is not there, `ValueError` where there is nothing to choose
        from.

        >>> mx.argmin(mx.array([1, 5]))
        array(0, dtype=uint32)
        """
    def astype(self, dtype: Dtype, stream: _StreamOrDevice = None) -> array:
        """The elements converted to a dtype.

        The shape stays. Complex numbers lose their imaginary part, floats their fraction. Raises `TypeError` for what is no dtype.

        >>> mx.array([1.7]).astype(mx.int32)
        array([1], dtype=int32)
        """
    @property
    def at(self) -> ArrayAt:
        """Updates at an index.

        An update keeps shape and dtype. Raises `ValueError` for a value that does not broadcast to the index, `IndexError` for an axis
        that is not there.

        >>> mx.zeros(3).at[mx.array([0, 0])].add(1)
        array([2, 0, 0], dtype=float32)
        """
    def conj(self, *, stream: _StreamOrDevice = None) -> array:
        """The complex conjugate.

        Shape and dtype stay. Raises `TypeError` for what is no stream.

        >>> mx.array([1+2j]).conj()
        array([1-2j], dtype=complex64)
        """
    def cos(self, *, stream: _StreamOrDevice = None) -> array:
        """The cosine of radians.

        Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.cos(mx.array([0.0]))
        array([1], dtype=float32)
        """
    def cummax(self, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
        """The running maxima along `axis`, of the flattened array if it is `None`.

        Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
        axis that is not there.

        >>> mx.cummax(mx.array([2, 1, 3]))
        array([2, 2, 3], dtype=int32)
        """
    def cummin(self, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
        """The running minima along `axis`, of the flattened array if it is `None`.

        Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
        axis that is not there.

        >>> mx.cummin(mx.array([2, 1, 3]))
        array([2, 1, 1], dtype=int32)
        """
    def cumprod(self, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
        """The running products along `axis`, as the function of this name gives them.

        Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
        axis that is not there.

        >>> mx.array([1, 2, 3]).cumprod()
        array([1, 2, 6], dtype=int32)
        """
    def cumsum(self, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
        """The running sums along `axis`, as the function of this name gives them.

        Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
        axis that is not there.

        >>> mx.array([1, 2, 3]).cumsum()
        array([1, 3, 6], dtype=int32)
        """
    def diag(self, k: int = 0, *, stream: _StreamOrDevice = None) -> array:
        """The diagonal `k` of a matrix, or the matrix with a vector on it.

        Shapes: `(n,)` gives a square matrix, a matrix a vector; the dtype stays. Raises `ValueError` for more axes.

        >>> mx.diag(mx.array([1, 2]))
        array([[1, 0],
               [0, 2]], dtype=int32)
        """
    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1, stream: _StreamOrDevice = None) -> array:
        """The diagonal `offset` of the axes `axis1` and `axis2`, as the last axis.

        Shapes: any of two axes or more; the two go and the diagonal is last. The dtype stays. Raises `IndexError` for an axis that is not
        there.

        >>> mx.array([[1, 2], [3, 4]]).diagonal()
        array([1, 4], dtype=int32)
        """
    @property
    def dtype(self) -> Dtype:
        """The type of the elements.

        >>> mx.ones(2).dtype == mx.float32
        True
        """
    def exp(self, *, stream: _StreamOrDevice = None) -> array:
        """The exponential.

        Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.exp(mx.array([0.0]))
        array([1], dtype=float32)
        """
    def flatten(self, start_axis: int = 0, end_axis: int = -1, *, stream: _StreamOrDevice = None) -> array:
        """The axes `start_axis` to `end_axis` as one.

        Axes beyond the array's are its last or first. Raises `ValueError` for axes the wrong way round. Shape: the axes' sizes are multiplied.
        The dtype stays.

        >>> mx.flatten(mx.ones((2, 3))).shape
        (6,)
        """
    @property
    def imag(self) -> array:
        """The imaginary part.

        The shape stays; complex64 gives float32.

        >>> mx.array([1+2j]).imag
        array([2], dtype=float32)
        """
    def item(self) -> Any:
        """The one element, as a Python number.

        Raises `ValueError` if there are more elements than one, or none.

        >>> mx.array([1.5]).item()
        1.5
        """
    @property
    def itemsize(self) -> int:
        """Bytes that an element takes.

        >>> mx.ones(2).itemsize
        4
        """
    def log(self, *, stream: _StreamOrDevice = None) -> array:
        """The natural logarithm.

        Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.log(mx.array([1.0]))
        array([0], dtype=float32)
        """
    def log10(self, *, stream: _StreamOrDevice = None) -> array:
        """The logarithm to base 10.

        Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.log10(mx.array([100.0]))
        array([2], dtype=float32)
        """
    def log1p(self, *, stream: _StreamOrDevice = None) -> array:
        """`log(1 + a)`, exact also near zero.

        Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.log1p(mx.array([0.0, 1e-10]))
        array([0, 1e-10], dtype=float32)
        """
    def log2(self, *, stream: _StreamOrDevice = None) -> array:
        """The logarithm to base 2.

        Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.log2(mx.array([8.0]))
        array([3], dtype=float32)
        """
    def logcumsumexp(self, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
        """The logarithms of the running sums of `exp(a)` along `axis`, without overflow.

        Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
        axis that is not there.

        >>> mx.logcumsumexp(mx.array([0.0, 0.0]))
        array([0, 0.693147], dtype=float32)
        """
    def logsumexp(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """`log(sum(exp(a)))` over `axis`, without overflow.

        Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
        not there, `ValueError` for one named twice.

        >>> mx.logsumexp(mx.array([0.0, 0.0]))
        array(0.693147, dtype=float32)
        """
    @property
    def mT(self) -> array:
        """The array with its last two axes exchanged.

        The dtype stays. Raises `ValueError` for fewer than two axes.

        >>> mx.ones((2, 3, 4)).mT.shape
        (2, 4, 3)
        """
    def max(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The largest element along `axis`; NaN if there is one.

        Shapes: any; the axes of `axis`, all if it is `None`, go, or stay with size one with `keepdims`. The dtype stays,
        but for indices. Raises `IndexError` for an axis that is not there, `ValueError` where there is nothing to choose
        from.

        >>> mx.max(mx.array([[1, 3], [4, 2]]), axis=0)
        array([4, 3], dtype=int32)
        """
    def mean(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The mean over `axis`; integers become float32.

        Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
        not there, `ValueError` for one named twice.

        >>> mx.mean(mx.array([[1, 2], [3, 5]]), axis=1)
        array([1.5, 4], dtype=float32)
        """
    def min(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The smallest element along `axis`; NaN if there is one.

        Shapes: any; the axes of `axis`, all if it is `None`, go, or stay with size one with `keepdims`. The dtype stays,
        but for indices. Raises `IndexError` for an axis that is not there, `ValueError` where there is nothing to choose
        from.

        >>> mx.min(mx.array([1, 3]), keepdims=True)
        array([1], dtype=int32)
        """
    def moveaxis(self, source: int, destination: int, *, stream: _StreamOrDevice = None) -> array:
        """The axis `source` moved to place `destination`.

        Raises `IndexError` for an axis that is not there. Shape: the same sizes in the new order. The dtype stays.

        >>> mx.moveaxis(mx.ones((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
        """
    @property
    def nbytes(self) -> int:
        """Bytes that the elements take.

        >>> mx.ones((2, 3)).nbytes
        24
        """
    @property
    def ndim(self) -> int:
        """Number of axes.

        >>> mx.ones((2, 3)).ndim
        2
        """
    def prod(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The product over `axis`. Small integers multiply in 32 bits.

        Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
        not there, `ValueError` for one named twice.

        >>> mx.prod(mx.array([2, 3]))
        array(6, dtype=int32)
        """
    @property
    def real(self) -> array:
        """The real part.

        The shape stays; complex64 gives float32.

        >>> mx.array([1+2j]).real
        array([1], dtype=float32)
        """
    def reciprocal(self, *, stream: _StreamOrDevice = None) -> array:
        """`1 / a`.

        Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.reciprocal(mx.array([4.0]))
        array([0.25], dtype=float32)
        """
    def reshape(self, *shape: int | Sequence[int], stream: _StreamOrDevice = None) -> array:
        """The elements in another shape, given as integers or one sequence of them; -1 stands for what remains.

        The dtype stays. Raises `ValueError` for a shape of another number of elements.

        >>> mx.arange(6).reshape(2, -1).shape
        (2, 3)
        """
    def round(self, decimals: int = 0, *, stream: _StreamOrDevice = None) -> array:
        """Rounds to `decimals` places, halves to even.

        Shape and dtype stay. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.array([1.26]).round(1)
        array([1.3], dtype=float32)
        """
    def rsqrt(self, *, stream: _StreamOrDevice = None) -> array:
        """`1 / sqrt(a)`.

        Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.rsqrt(mx.array([4.0]))
        array([0.5], dtype=float32)
        """
    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes, as a tuple.

        >>> mx.ones((2, 3)).shape
        (2, 3)
        """
    def sin(self, *, stream: _StreamOrDevice = None) -> array:
        """The sine of radians.

        Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.sin(mx.array([0.0]))
        array([0], dtype=float32)
        """
    @property
    def size(self) -> int:
        """Number of elements.

        >>> mx.ones((2, 3)).size
        6
        """
    def split(self, indices_or_sections: int | tuple[int, ...], axis: int = 0, *, stream: _StreamOrDevice = None) -> list[array]:
        """Parts along `axis`: equal ones, or ending at the given places.

        Shapes: that of `a` but along `axis`. The dtype stays. Raises `ValueError` for a size that does not divide, `IndexError` for an axis
        that is not there.

        >>> [x.shape for x in mx.split(mx.arange(6), 3)]
        [(2,), (2,), (2,)]
        """
    def sqrt(self, *, stream: _StreamOrDevice = None) -> array:
        """The square root.

        Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.sqrt(mx.array([4.0]))
        array([2], dtype=float32)
        """
    def square(self, *, stream: _StreamOrDevice = None) -> array:
        """`a * a`.

        Shape: any, and the result has it; the dtype stays. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

        >>> mx.square(mx.array([3]))
        array([9], dtype=int32)
        """
    def squeeze(self, axis: int | Sequence[int] | None = None, *, stream: _StreamOrDevice = None) -> array:
        """Without the axes of size one, or those of `axis`.

        Raises `IndexError` for an axis that is not there, `ValueError` for one of another size. Shape: the other sizes. The dtype stays.

        >>> mx.squeeze(mx.ones((1, 2))).shape
        (2,)
        """
    def std(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, ddof: int = 0, *, correction: int | None = None, stream: _StreamOrDevice = None) -> array:
        """The standard deviation over `axis`, the root of the variance.

        Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
        not there, `ValueError` for one named twice.

        >>> mx.std(mx.array([1.0, 3.0]))
        array(1, dtype=float32)
        """
    def sum(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The sum over `axis` (all axes if `None`), which `keepdims` keeps with size one. Small integers sum in 32 bits.

        Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
        not there, `ValueError` for one named twice.

        >>> mx.sum(mx.ones((2, 3)), axis=0)
        array([2, 2, 2], dtype=float32)
        """
    def swapaxes(self, axis1: int, axis2: int, *, stream: _StreamOrDevice = None) -> array:
        """Two axes swapped.

        Raises `IndexError` for an axis that is not there. Shape: the same sizes in the new order. The dtype stays.

        >>> mx.swapaxes(mx.ones((2, 3, 4)), 0, 2).shape
        (4, 3, 2)
        """
    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers; of a 0-d array, the number.

        Bfloat16 and float16 give floats. Raises what the work raises.

        >>> mx.ones((2, 2)).tolist()
        [[1.0, 1.0], [1.0, 1.0]]
        """
    def transpose(self, *axes: int | Sequence[int], stream: _StreamOrDevice = None) -> array:
        """The array with its axes in another order, given as integers or one sequence of them; reversed if none is given.

        Shape: the sizes in that order. The dtype stays. Raises `ValueError` for what is no order of the axes.

        >>> mx.ones((2, 3, 4)).transpose(2, 0, 1).shape
        (4, 2, 3)
        """
    def var(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, ddof: int = 0, *, correction: int | None = None, stream: _StreamOrDevice = None) -> array:
        """The variance over `axis`, the sum of squares over n - `ddof`, or n - `correction` if that is given.

        Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
        not there, `ValueError` for one named twice.

        >>> mx.var(mx.array([1.0, 3.0]), ddof=1)
        array(2, dtype=float32)
        """
    def view(self, dtype: Dtype, *, stream: _StreamOrDevice = None) -> array:
        """The elements' bytes as elements of another dtype; if their sizes differ the last axis grows or shrinks.

        The other axes of the shape stay. Raises `ValueError` for bytes that are no whole number of elements.

        >>> mx.array([1.0]).view(mx.uint32)
        array([1065353216], dtype=uint32)
        """
    def __rmatmul__(self, other: array) -> array: ...
    def __hash__(self) -> int: ...

def abs(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The absolute value; of a complex number its modulus.

    Shape: any, and the result has it; complex64 gives float32, other dtypes stay. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.abs(mx.array([-1, 2]))
    array([1, 2], dtype=int32)
    """
def acos(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse cosine, in radians.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arccos(mx.array([1.0]))
    array([0], dtype=float32)
    """
def acosh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic cosine.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arccosh(mx.array([1.0]))
    array([0], dtype=float32)
    """
def add(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a + b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.add(mx.array([1, 2]), 3)
    array([4, 5], dtype=int32)
    """
def addmm(c: array, a: array, b: array, /, alpha: float = 1.0, beta: float = 1.0, *, stream: _StreamOrDevice = None) -> array:
    """`alpha * (a @ b) + beta * c`, `c` broadcast to the product.

    Shapes: as for `matmul`; `c` broadcasts to the product. Dtypes promote to a float or complex one. Raises `ValueError` for shapes
    that do not match or operands that are all integers.

    >>> mx.addmm(mx.array(1.0), mx.eye(2), mx.eye(2))
    array([[2, 1],
           [1, 2]], dtype=float32)
    """
def all(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """Whether all elements along `axis` differ from zero.

    Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
    not there, `ValueError` for one named twice.

    >>> mx.all(mx.array([1, 0]))
    array(False, dtype=bool)
    """
def allclose(a: array, b: array, /, rtol: float = 1e-05, atol: float = 1e-08, *, equal_nan: bool = False, stream: _StreamOrDevice = None) -> array:
    """Whether all elements are close, as `isclose` says: a bool of shape `()`.

    Shapes broadcast and dtypes promote; the result is bool. Raises `ValueError` for shapes that do not broadcast,
    `TypeError` for what is no array.

    >>> mx.allclose(mx.array([1.0]), mx.array([1.000001]))
    array(True, dtype=bool)
    """
def any(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """Whether any element along `axis` differs from zero.

    Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
    not there, `ValueError` for one named twice.

    >>> mx.any(mx.array([[1, 0], [0, 0]]), axis=1)
    array([True, False], dtype=bool)
    """
@overload
def arange(start: int | float, stop: int | float | None, step: int | float | None = None, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The numbers from `start` (0 if only one bound is given) below `stop`, `step` apart.

    Shape: one axis. The dtype is that of the numbers, int32 or float32, unless one is given. Raises `ValueError` for a step of zero.

    >>> mx.arange(3)
    array([0, 1, 2], dtype=int32)
    >>> mx.arange(1, 2, 0.5)
    array([1, 1.5], dtype=float32)
    """
@overload
def arange(stop: int | float, *, step: int | float | None = None, dtype: Dtype | None = None, stream: _StreamOrDevice = None) -> array:
    """The numbers from `start` (0 if only one bound is given) below `stop`, `step` apart.

    Shape: one axis. The dtype is that of the numbers, int32 or float32, unless one is given. Raises `ValueError` for a step of zero.

    >>> mx.arange(3)
    array([0, 1, 2], dtype=int32)
    >>> mx.arange(1, 2, 0.5)
    array([1, 1.5], dtype=float32)
    """
def arccos(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse cosine, in radians.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arccos(mx.array([1.0]))
    array([0], dtype=float32)
    """
def arccosh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic cosine.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arccosh(mx.array([1.0]))
    array([0], dtype=float32)
    """
def arcsin(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse sine, in radians.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arcsin(mx.array([0.0]))
    array([0], dtype=float32)
    """
def arcsinh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic sine.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arcsinh(mx.array([0.0]))
    array([0], dtype=float32)
    """
def arctan(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse tangent, in radians.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arctan(mx.array([0.0]))
    array([0], dtype=float32)
    """
def arctan2(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """The angle of the point `(b, a)`, in radians.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool give float32. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast or complex numbers.

    >>> mx.arctan2(mx.array([0.0]), 1.0)
    array([0], dtype=float32)
    """
def arctanh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic tangent.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arctanh(mx.array([0.0]))
    array([0], dtype=float32)
    """
def argmax(a: array, /, axis: None | int = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The index, uint32, of the first largest element along `axis`, or in the flattened array.

    Shapes: any; the axes of `axis`, all if it is `None`, go, or stay with size one with `keepdims`. The dtype stays,
    but for indices. Raises `IndexError` for an axis that is not there, `ValueError` where there is nothing to choose
    from.

    >>> mx.argmax(mx.array([[1, 5], [7, 0]]), axis=1)
    array([1, 0], dtype=uint32)
    """
def argmin(a: array, /, axis: None | int = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The index, uint32, of the first smallest element along `axis`, or in the flattened array.

    Shapes: any; the axes of `axis`, all if it is `None`, go, or stay with size one with `keepdims`. The dtype stays,
    but for indices. Raises `IndexError` for an axis that is not there, `ValueError` where there is nothing to choose
    from.

    >>> mx.argmin(mx.array([1, 5]))
    array(0, dtype=uint32)
    """
def argpartition(a: array, /, kth: int, axis: None | int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The indices, uint32, that put the elements along `axis` in the order of `partition`.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.argpartition(mx.array([3, 1, 2]), 1)[1]
    array(2, dtype=uint32)
    """
def argsort(a: array, /, axis: None | int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The indices, uint32, that sort along `axis`: stable, NaN last.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.argsort(mx.array([3, 1]))
    array([1, 0], dtype=uint32)
    """
def array_equal(a: _Operand, b: _Operand, equal_nan: bool = False, stream: _StreamOrDevice = None) -> array:
    """Whether `a` and `b` have one shape and equal elements, NaN equal to NaN if `equal_nan`: a bool of shape `()`.

    Shapes and dtypes: any. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.array_equal(mx.array([1, 2]), mx.array([1, 2]))
    array(True, dtype=bool)
    """
def as_strided(a: array, /, shape: Sequence[int] | None = None, strides: Sequence[int] | None = None, offset: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """Elements picked by strides from the flattened array.

    The result has the shape `shape` and the dtype of `a`; the strides count elements. Raises `ValueError` for strides that lead
    outside the array.

    >>> mx.as_strided(mx.arange(6), (2, 2), (1, 2), 1)
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
def asarray(a: Any, dtype: Dtype | None = None, *, copy: bool | None = None) -> array:
    """An array of `a`: itself if it is one, else as `array(a, dtype)`. With `copy=True` its memory is its own; with `copy=False` it shares
    the memory of `a`, which must be contiguous, of the dtype, and stay unchanged, or it is an error.

    Shape and dtype: those of `a`, with Python's floats as float32, unless `dtype` is given. Raises `TypeError` or `ValueError` for what is
    no array, number or memory, or cannot be shared.

    >>> mx.asarray([[1, 2], [3, 4]])
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
def asin(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse sine, in radians.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arcsin(mx.array([0.0]))
    array([0], dtype=float32)
    """
def asinh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic sine.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arcsinh(mx.array([0.0]))
    array([0], dtype=float32)
    """
def astype(a: array, dtype: Dtype, /, *, stream: _StreamOrDevice = None) -> array:
    """The array in another dtype.

    The shape stays. Complex numbers lose their imaginary part, floats their fraction. Raises `TypeError` for what is no dtype.

    >>> mx.array([1.7]).astype(mx.int32)
    array([1], dtype=int32)
    """
def async_eval(*args: Any) -> Any:
    """Starts computing the arrays in the arguments and returns at once; whoever reads one waits for it.

    Arrays of any shape and dtype; other leaves are passed over. Raises `MemoryError` or `RuntimeError` where the work cannot be started.

    >>> x = mx.ones(3) + 1
    >>> mx.async_eval(x)
    >>> x.tolist()
    [2.0, 2.0, 2.0]
    """
def atan(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse tangent, in radians.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arctan(mx.array([0.0]))
    array([0], dtype=float32)
    """
def atan2(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """The angle of the point `(b, a)`, in radians.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool give float32. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast or complex numbers.

    >>> mx.arctan2(mx.array([0.0]), 1.0)
    array([0], dtype=float32)
    """
def atanh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic tangent.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.arctanh(mx.array([0.0]))
    array([0], dtype=float32)
    """
def atleast_1d(*arys: array, stream: _StreamOrDevice = None) -> array | list[array]:
    """The arrays with at least one axis.

    Shapes and dtypes: any. One argument gives an array, several a list. Raises `TypeError` for what is no array.

    >>> mx.atleast_1d(mx.array(1)).shape
    (1,)
    """
def atleast_2d(*arys: array, stream: _StreamOrDevice = None) -> array | list[array]:
    """The arrays with at least two axes.

    Shapes and dtypes: any. One argument gives an array, several a list. Raises `TypeError` for what is no array.

    >>> mx.atleast_2d(mx.array([1, 2])).shape
    (1, 2)
    """
def atleast_3d(*arys: array, stream: _StreamOrDevice = None) -> array | list[array]:
    """The arrays with at least three axes.

    Shapes and dtypes: any. One argument gives an array, several a list. Raises `TypeError` for what is no array.

    >>> mx.atleast_3d(mx.array([1, 2])).shape
    (1, 2, 1)
    """
def bartlett(M: int, *, stream: _StreamOrDevice = None) -> array:
    """Bartlett's window of `M` points.

    Shape: `(M,)`, empty for less than one point; float32. Raises `TypeError` for what is no integer.

    >>> mx.bartlett(3)
    array([0, 1, 0], dtype=float32)
    """
bfloat16: Final[Dtype]
def bitwise_and(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """The bits set in both.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool only. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast, `RuntimeError` for other dtypes.

    >>> mx.bitwise_and(mx.array([6]), 3)
    array([2], dtype=int32)
    """
def bitwise_invert(a: _Operand, stream: _StreamOrDevice = None) -> array:
    """Every bit flipped; for bool the opposite.

    Shape: any, and the result has it; the dtype, of integers or bool, stays. `stream` is the stream or device to run on. Raises `ValueError` for other dtypes, `TypeError` or `ValueError` for what is no array or number.

    >>> mx.bitwise_invert(mx.array([0, 5]))
    array([-1, -6], dtype=int32)
    """
def bitwise_left_shift(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a` with its bits moved left by `b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool only. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast, `RuntimeError` for other dtypes.

    >>> mx.left_shift(mx.array([1]), 3)
    array([8], dtype=int32)
    """
def bitwise_or(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """The bits set in either.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool only. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast, `RuntimeError` for other dtypes.

    >>> mx.bitwise_or(mx.array([6]), 3)
    array([7], dtype=int32)
    """
def bitwise_right_shift(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a` with its bits moved right by `b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool only. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast, `RuntimeError` for other dtypes.

    >>> mx.right_shift(mx.array([8]), 3)
    array([1], dtype=int32)
    """
def bitwise_xor(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """The bits set in one.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool only. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast, `RuntimeError` for other dtypes.

    >>> mx.bitwise_xor(mx.array([6]), 3)
    array([5], dtype=int32)
    """
def blackman(M: int, *, stream: _StreamOrDevice = None) -> array:
    """Blackman's window of `M` points.

    Shape: `(M,)`, empty for less than one point; float32. Raises `TypeError` for what is no integer.

    >>> mx.blackman(3).round(4)
    array([-0, 1, -0], dtype=float32)
    """
def block_masked_mm(a: array, b: array, /, block_size: int = 64, mask_out: array | None = None, mask_lhs: array | None = None, mask_rhs: array | None = None, *, stream: _StreamOrDevice = None) -> array:
    """`a @ b`, with blocks of `block_size` by `block_size` elements of the result and of the operands kept or dropped by masks of bool,
    or multiplied by other masks, one element a block. The result has the shape of `a @ b`.

    Shapes: `(..., n, k)` and `(..., k, m)` give `(..., n, m)`; masks have an element a block. Floats. Raises `ValueError` for shapes
    that do not match.

    >>> out = mx.array([[True, False]])
    >>> mx.block_masked_mm(mx.ones((32, 8)), mx.ones((8, 64)), 32, out)[0, ::32]
    array([8, 0], dtype=float32)
    """
bool_: Final[Dtype]
def broadcast_arrays(*arrays: array, stream: _StreamOrDevice = None) -> tuple[array, ...]:
    """The arrays in the shape that they have in common, as a list.

    Raises `ValueError` for shapes that do not broadcast. The dtypes stay.

    >>> [x.shape for x in mx.broadcast_arrays(mx.ones((2, 1)), mx.ones((3,)))]
    [(2, 3), (2, 3)]
    """
def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape that shapes have in common.

    Raises `ValueError` for shapes that have none in common.

    >>> mx.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
def broadcast_to(a: _Operand, /, shape: Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """The array repeated to a larger shape.

    The dtype stays. Raises `ValueError` for a shape that the array's does not broadcast to.

    >>> mx.broadcast_to(mx.array([1, 2]), (2, 2))
    array([[1, 2],
           [1, 2]], dtype=int32)
    """
def can_cast(from_: array | Dtype, to: Dtype) -> bool:
    """Whether values of one dtype are converted to another by promotion.

    `from_` is a dtype or an array of any shape. Raises `ValueError` for anything else.

    >>> mx.can_cast(mx.int32, mx.float16), mx.can_cast(mx.float32, mx.int32)
    (True, False)
    """
def ceil(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The smallest integer that is not less.

    Shape: any, and the result has it; the dtype stays. `stream` is the stream or device to run on. Raises `ValueError` for complex64, `TypeError` or `ValueError` for what is no array or number.

    >>> mx.ceil(mx.array([0.5]))
    array([1], dtype=float32)
    """
def checkpoint(fun: Callable[P, R]) -> Callable[P, R]:
    """The function with its intermediate values computed again for its gradient instead of kept: less memory for more work.

    Arguments and results are trees of arrays of any shape and dtype. Raises `TypeError` for what is no function.

    >>> f = mx.checkpoint(lambda x: mx.sin(x).sum())
    >>> mx.grad(f)(mx.zeros((2,)))
    array([1, 1], dtype=float32)
    """
def clear_cache() -> None:
    """Gives kept memory back to the system.

    >>> mx.clear_cache()
    >>> mx.get_cache_memory() < mx.get_memory_limit()
    True
    """
def clear_streams() -> None:
    """Forgets the streams that this thread was given.

    >>> mx.clear_streams()
    """
def clip(a: array, /, a_min: _Operand | None, a_max: _Operand | None, *, stream: _StreamOrDevice = None) -> array:
    """The array limited from below by `a_min` and from above by `a_max`, one of which may be `None`.

    Shapes broadcast and dtypes promote; numbers take the array's dtype. Raises `ValueError` if both bounds are `None` or do not
    broadcast.

    >>> mx.clip(mx.array([1, 5]), 2, 3)
    array([2, 3], dtype=int32)
    """
def compile(fun: Callable[P, R], inputs: Any = None, outputs: Any = None, shapeless: bool = False) -> Callable[P, R]:
    """The function, traced once for each structure, shapes, dtypes and constants of its arguments, and run as one unit from then on. `inputs`
    and `outputs` are trees of arrays that it captures: read at each call, and written back. With `shapeless` a trace serves for every
    shape of a rank.

    Arguments and results are trees of arrays of any shape and dtype, numbers and strings. Raises `TypeError` for what is no function, and
    `ValueError` where a value is asked for while tracing.

    >>> mx.compile(lambda x: mx.exp(-x))(mx.zeros((2,)))
    array([1, 1], dtype=float32)
    """
complex64: Final[Dtype]
complexfloating: Final[DtypeCategory]
def concat(arrays: Sequence[array], axis: int | None = 0, *, stream: _StreamOrDevice = None) -> array:
    """The arrays one after the other along `axis`, or flattened if it is `None`. Dtypes promote.

    Shapes agree but for `axis`, along which the sizes add up. Raises `ValueError` for other shapes or no array, `IndexError` for an
    axis that is not there.

    >>> mx.concatenate([mx.array([1]), mx.array([2])])
    array([1, 2], dtype=int32)
    """
def concatenate(arrays: Sequence[array], axis: int | None = 0, *, stream: _StreamOrDevice = None) -> array:
    """The arrays one after the other along `axis`, or flattened if it is `None`. Dtypes promote.

    Shapes agree but for `axis`, along which the sizes add up. Raises `ValueError` for other shapes or no array, `IndexError` for an
    axis that is not there.

    >>> mx.concatenate([mx.array([1]), mx.array([2])])
    array([1, 2], dtype=int32)
    """
def conj(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The complex conjugate; `a` may be passed by name.

    Shape: any, and the result has it; the dtype stays. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.conj(mx.array([1+2j]))
    array([1-2j], dtype=complex64)
    """
def conjugate(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The complex conjugate.

    Shape: any, and the result has it; the dtype stays. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.conjugate(mx.array([1+2j]))
    array([1-2j], dtype=complex64)
    """
def contiguous(a: array, /, allow_col_major: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The array with its elements in row-major order in memory. It is always so here, also with `allow_col_major`.

    Shape and dtype stay. Raises `TypeError` for what is no array.

    >>> mx.contiguous(mx.array([[1, 2], [3, 4]]).T)
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
def conv1d(input: array, weight: array, /, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The convolution of `(N, L, C)` with `(O, K, C / groups)`, without turning the kernel around.

    Floats and complex numbers, whose dtypes promote. Raises `ValueError` for shapes, strides or groups that do not fit.

    >>> mx.conv1d(mx.ones((1, 5, 2)), mx.ones((3, 2, 2))).shape
    (1, 4, 3)
    """
def conv2d(input: array, weight: array, /, stride: int | tuple[int, int] = 1, padding: int | tuple[int, int] = 0, dilation: int | tuple[int, int] = 1, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The convolution of `(N, H, W, C)` with `(O, KH, KW, C / groups)`, without turning the kernel around.

    Floats and complex numbers, whose dtypes promote. Raises `ValueError` for shapes, strides or groups that do not fit.

    >>> mx.conv2d(mx.ones((1, 5, 5, 2)), mx.ones((3, 3, 3, 2)), padding=1).shape
    (1, 5, 5, 3)
    """
def conv3d(input: array, weight: array, /, stride: int | tuple[int, int, int] = 1, padding: int | tuple[int, int, int] = 0, dilation: int | tuple[int, int, int] = 1, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The convolution of `(N, D, H, W, C)` with `(O, KD, KH, KW, C / groups)`, without turning the kernel around.

    Floats and complex numbers, whose dtypes promote. Raises `ValueError` for shapes, strides or groups that do not fit.

    >>> mx.conv3d(mx.ones((1, 4, 4, 4, 2)), mx.ones((3, 2, 2, 2, 2)), stride=2).shape
    (1, 2, 2, 2, 3)
    """
def conv_general(input: array, weight: array, /, stride: int | Sequence[int] = 1, padding: int | Sequence[int] | tuple[Sequence[int], Sequence[int]] = 0, kernel_dilation: int | Sequence[int] = 1, input_dilation: int | Sequence[int] = 1, groups: int = 1, flip: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The convolution of `(N, ..., C)`, of one to three spatial axes, with `(O, ..., C / groups)`. `padding` may be a pair: before and
    after. The input's elements lie `input_dilation` apart; `flip` turns the kernel around.

    Floats and complex numbers, whose dtypes promote. Raises `ValueError` for shapes, strides or groups that do not fit.

    >>> mx.conv_general(mx.ones((1, 4, 1)), mx.ones((1, 3, 1)), padding=([2], [0])).shape
    (1, 4, 1)
    """
def conv_transpose1d(input: array, weight: array, /, stride: int = 1, padding: int = 0, dilation: int = 1, output_padding: int = 0, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The transposed convolution of `(N, L, C)` with `(O, K, C / groups)`: windows of the output, `stride` apart, are added up.

    Floats and complex numbers, whose dtypes promote. Raises `ValueError` for shapes, strides or groups that do not fit.

    >>> mx.conv_transpose1d(mx.ones((1, 2, 1)), mx.ones((1, 3, 1)), stride=2).flatten()
    array([1, 1, 2, 1, 1], dtype=float32)
    """
def conv_transpose2d(input: array, weight: array, /, stride: int | tuple[int, int] = 1, padding: int | tuple[int, int] = 0, dilation: int | tuple[int, int] = 1, output_padding: int | tuple[int, int] = 0, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The transposed convolution of `(N, H, W, C)` with `(O, KH, KW, C / groups)`.

    Floats and complex numbers, whose dtypes promote. Raises `ValueError` for shapes, strides or groups that do not fit.

    >>> mx.conv_transpose2d(mx.ones((1, 4, 4, 2)), mx.ones((3, 2, 2, 2)), stride=2).shape
    (1, 8, 8, 3)
    """
def conv_transpose3d(input: array, weight: array, /, stride: int | tuple[int, int, int] = 1, padding: int | tuple[int, int, int] = 0, dilation: int | tuple[int, int, int] = 1, output_padding: int | tuple[int, int, int] = 0, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The transposed convolution of `(N, D, H, W, C)` with `(O, KD, KH, KW, C / groups)`.

    Floats and complex numbers, whose dtypes promote. Raises `ValueError` for shapes, strides or groups that do not fit.

    >>> mx.conv_transpose3d(mx.ones((1, 2, 2, 2, 1)), mx.ones((1, 2, 2, 2, 1))).shape
    (1, 3, 3, 3, 1)
    """
def convolve(a: array, v: array, /, mode: str = 'full', *, stream: _StreamOrDevice = None) -> array:
    """The convolution of two sequences: `mode` is "full", "same" (as many elements as the longer has) or "valid".

    Shapes: `(n,)` and `(m,)`; dtypes promote. Raises `ValueError` for empty sequences, more axes or another mode.

    >>> mx.convolve(mx.array([1.0, 2.0, 3.0]), mx.array([0.0, 1.0, 0.5]), "same")
    array([1, 2.5, 4], dtype=float32)
    """
def cos(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The cosine of radians.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.cos(mx.array([0.0]))
    array([1], dtype=float32)
    """
def cosh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The hyperbolic cosine.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.cosh(mx.array([0.0]))
    array([1], dtype=float32)
    """
def count_nonzero(a: array, /, *, axis: None | int | Sequence[int] = None, keepdims: bool = False, stream: _StreamOrDevice = None) -> array:
    """How many elements along `axis` differ from zero, as int32.

    Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
    not there, `ValueError` for one named twice.

    >>> mx.count_nonzero(mx.array([1, 0, 2]))
    array(2, dtype=int32)
    """
cpu: Final[DeviceType]
def cummax(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
    """The running maxima along `axis`, of the flattened array if it is `None`.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.cummax(mx.array([2, 1, 3]))
    array([2, 2, 3], dtype=int32)
    """
def cummin(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
    """The running minima along `axis`, of the flattened array if it is `None`.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.cummin(mx.array([2, 1, 3]))
    array([2, 1, 1], dtype=int32)
    """
def cumprod(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, dtype: Dtype | None = None, stream: _StreamOrDevice = None) -> array:
    """The running products along `axis`, as `cumsum` sums.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.cumprod(mx.array([1, 2, 3]))
    array([1, 2, 6], dtype=int32)
    """
def cumsum(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, dtype: Dtype | None = None, stream: _StreamOrDevice = None) -> array:
    """The running sums along `axis` (of the flattened array if `None`), in `dtype`, else in that of `a`; bool sums in int32. `reverse`
    runs from the end; not `inclusive`, an element is no part of its own result.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.cumsum(mx.array([1, 2, 3]), reverse=True)
    array([6, 5, 3], dtype=int32)
    """
def cumulative_prod(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, dtype: Dtype | None = None, stream: _StreamOrDevice = None) -> array:
    """The running products along `axis`, as `cumsum` sums.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.cumprod(mx.array([1, 2, 3]))
    array([1, 2, 6], dtype=int32)
    """
def cumulative_sum(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, dtype: Dtype | None = None, stream: _StreamOrDevice = None) -> array:
    """The running sums along `axis` (of the flattened array if `None`), in `dtype`, else in that of `a`; bool sums in int32. `reverse`
    runs from the end; not `inclusive`, an element is no part of its own result.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.cumsum(mx.array([1, 2, 3]), reverse=True)
    array([6, 5, 3], dtype=int32)
    """
def default_device() -> Device:
    """The device of ops for which no stream is named.

    >>> x = mx.ones(2, stream=mx.default_device())
    """
def default_stream(device: Device | DeviceType) -> Stream:
    """The stream of a device that ops in this thread use when they name none.

    Raises `TypeError` for what is no device.

    >>> mx.default_stream(mx.cpu).device == mx.Device(mx.cpu)
    True
    """
def degrees(a: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """Angles in degrees, from radians.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.degrees(mx.array([0.0]))
    array([0], dtype=float32)
    """
def depends(inputs: array | Sequence[array], dependencies: array | Sequence[array]) -> list[array]:
    """The inputs as they are, which are computed only after the dependencies are.

    Arrays of any shape and dtype: one array, or a list for a list. Raises `TypeError` for what is no array.

    >>> x = mx.depends(mx.array([1, 2]), mx.ones(3))
    >>> x
    array([1, 2], dtype=int32)
    """
def dequantize(w: array, /, scales: array, biases: array | None = None, group_size: int | None = None, bits: int | None = None, mode: str = 'affine', global_scale: array | None = None, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The numbers that codes stand for, of the scales' dtype or `dtype`.

    Shapes: `(..., n * bits / 32)` codes give `(..., n)`. Raises `ValueError` for shapes, a mode or sizes that do not fit.

    >>> codes, scales, biases = mx.quantize(mx.ones((2, 64)))
    >>> mx.dequantize(codes, scales, biases).shape
    (2, 64)
    """
def device_count(device_type: DeviceType) -> int:
    """How many devices of a kind there are.

    >>> mx.device_count(mx.cpu)
    1
    """
def device_info(d: None | Device | DeviceType = None) -> dict[str, str | int]:
    """What is known about a device: its name, its architecture, and of a GPU its memory; nothing of a device that is not there.

    >>> "device_name" in mx.device_info(mx.cpu)
    True
    """
def diag(a: array, /, k: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """The diagonal `k` of a matrix, or the matrix with a vector on it.

    Shapes: `(n,)` gives a square matrix, a matrix a vector; the dtype stays. Raises `ValueError` for more axes.

    >>> mx.diag(mx.array([1, 2]))
    array([[1, 0],
           [0, 2]], dtype=int32)
    """
def diagonal(a: array, offset: int = 0, axis1: int = 0, axis2: int = 1, stream: _StreamOrDevice = None) -> array:
    """The diagonal `offset` of the axes `axis1` and `axis2`, as the last axis.

    Shapes: any of two axes or more; the two go and the diagonal is last. The dtype stays. Raises `IndexError` for an axis that is not
    there.

    >>> mx.diagonal(mx.array([[1, 2], [3, 4]]))
    array([1, 4], dtype=int32)
    """
def diff(a: array, /, n: int = 1, axis: int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The differences of neighbours along `axis`, `n` times.

    Shapes: any; `axis` is `n` shorter. The dtype stays. Raises `IndexError` for an axis that is not there, `ValueError` for a negative
    `n`.

    >>> mx.diff(mx.array([1, 4, 9]))
    array([3, 5], dtype=int32)
    """
def disable_compile() -> None:
    """From now on compiled functions run as they are.

    >>> mx.disable_compile()
    >>> mx.enable_compile()
    """
def divide(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a / b`, always inexact.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool give float32. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.divide(mx.array([1]), 2)
    array([0.5], dtype=float32)
    """
def divmod(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """The quotient rounded down and the remainder, as a list of two arrays.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast or complex numbers.

    >>> mx.divmod(mx.array([7]), 2)
    [array([3], dtype=int32), array([1], dtype=int32)]
    """
e: Final[float]
def einsum(subscripts: str, *operands: array, stream: _StreamOrDevice = None) -> array:
    """Einstein summation: letters name axes, those missing after `->` are summed over.

    Shapes: an axis a letter; dtypes promote. Raises `ValueError` for subscripts that do not fit the operands.

    >>> mx.einsum("ij,jk->ik", mx.ones((2, 3)), mx.ones((3, 1)))
    array([[3],
           [3]], dtype=float32)
    """
def einsum_path(subscripts: str, *operands: array) -> tuple[list[tuple[int, ...]], str]:
    """The order in which `einsum` contracts operands without intermediates larger than these and the result, as tuples of places, and a
    report.

    Operands of any dtype; only their shapes matter. Raises `ValueError` for subscripts that do not fit the operands.

    >>> mx.einsum_path("ij,jk->ik", mx.ones((2, 3)), mx.ones((3, 1)))[0]
    [(0, 1)]
    """
def empty(shape: int | Sequence[int], dtype: Dtype | None = ..., *, stream: _StreamOrDevice = None) -> array:
    """Zeros of a shape.

    float32 unless a dtype is given. Raises `ValueError` for a negative size in the shape, `MemoryError` for a shape
    that is too large.

    >>> mx.zeros((2, 3)).shape
    (2, 3)
    """
def empty_like(a: array, /, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """Zeros of the shape of `a`, and of its dtype unless one is given.

    Raises `TypeError` for what is no array.

    >>> mx.zeros_like(mx.array([1, 2]))
    array([0, 0], dtype=int32)
    """
def enable_compile() -> None:
    """From now on compiled functions run compiled, whatever `MLX_DISABLE_COMPILE` says.

    >>> mx.enable_compile()
    """
def equal(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether equal.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; the result is bool. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.equal(mx.array([1, 2]), 2)
    array([False, True], dtype=bool)
    """
def erf(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The error function.

    Shape: any, and the result has it; floats stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `ValueError` for complex64, `TypeError` or `ValueError` for what is no array or number.

    >>> mx.erf(mx.array([0.0]))
    array([0], dtype=float32)
    """
def erfinv(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse of the error function.

    Shape: any, and the result has it; floats stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `ValueError` for complex64, `TypeError` or `ValueError` for what is no array or number.

    >>> mx.erfinv(mx.array([0.0]))
    array([0], dtype=float32)
    """
euler_gamma: Final[float]
def eval(*args: Any) -> None:
    """Computes the arrays in the arguments, which may be trees, and waits for them.

    Arrays of any shape and dtype; other leaves are passed over. Raises `MemoryError` or `RuntimeError` where the work fails.

    >>> x = mx.ones(3) + 1
    >>> mx.eval(x)
    >>> x.tolist()
    [2.0, 2.0, 2.0]
    """
def exp(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The exponential.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.exp(mx.array([0.0]))
    array([1], dtype=float32)
    """
def expand_dims(a: array, /, axis: int | Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """New axes of size one at the places `axis` of the result.

    Raises `IndexError` for an axis that is not there in the result, `ValueError` for one named twice. Shape: as many ones more. The
    dtype stays.

    >>> mx.expand_dims(mx.ones((2,)), 0).shape
    (1, 2)
    """
def expm1(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`exp(a) - 1`, exact also near zero.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.expm1(mx.array([0.0, 1e-10]))
    array([0, 1e-10], dtype=float32)
    """
def export_function(file_or_callback: str | Callable[..., Any], fun: Callable[..., Any], *args: Any, shapeless: bool = False, metadata: str | None = None, **kwargs: Any) -> None:
    """Traces a function on arrays like the arguments, and writes it to a file. The arguments are arrays, some of them with keywords, or one
    tuple and one dict of arrays. With `shapeless` the trace holds for every shape of a rank. In place of a file a function may be given;
    it is called with a dict for each part of what was traced.

    Arrays of any shape and dtype. Raises `RuntimeError` where the file cannot be written, `ValueError` for a function of other results.

    >>> mx.export_function("f.mlxfn", lambda x: x + 1, mx.array(1.0))
    >>> mx.import_function("f.mlxfn")(mx.array(2.0))
    (array(3, dtype=float32),)
    """
def export_to_dot(file: Any, *args: Any, **kwargs: Any) -> None:
    """Writes the pending graph behind the arrays in `args`, which may be trees, as text of Graphviz's language DOT, to a name or an object
    opened in text mode. Arrays with keywords have these names there.

    Arrays of any shape and dtype. Raises `ValueError` for what is no file.

    >>> import io; text = io.StringIO()
    >>> mx.export_to_dot(text, y=mx.ones(2) + 1)
    >>> text.getvalue().startswith("digraph")
    True
    """
def exporter(file: str, fun: Callable[..., Any], *, shapeless: bool = False, metadata: str | None = None) -> FunctionExporter:
    """A context that traces a function for several signatures and writes all to one file.

    Arrays of any shape and dtype. Raises `RuntimeError` where the file cannot be written.

    >>> with mx.exporter("g.mlxfn", lambda x: x * 2) as exporter:
    ...     exporter(mx.ones((1,)))
    ...     exporter(mx.ones((2,)))
    >>> mx.import_function("g.mlxfn")(mx.ones((2,)))
    (array([2, 2], dtype=float32),)
    """
def eye(n: int, m: int | None = None, k: int = 0, dtype: Dtype | None = ..., *, stream: _StreamOrDevice = None) -> array:
    """The `n` by `m` matrix with ones on diagonal `k`.

    The shape is `(n, m)`, with `m` the same as `n` by default; float32 unless a dtype is given. Raises `ValueError` for
    a negative size.

    >>> mx.eye(2)
    array([[1, 0],
           [0, 1]], dtype=float32)
    """
def flatten(a: array, /, start_axis: int = 0, end_axis: int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The axes `start_axis` to `end_axis` as one.

    Axes beyond the array's are its last or first. Raises `ValueError` for axes the wrong way round. Shape: the axes' sizes are multiplied.
    The dtype stays.

    >>> mx.flatten(mx.ones((2, 3))).shape
    (6,)
    """
def flip(a: array, /, axis: None | int | Sequence[int] = None, *, stream: _StreamOrDevice = None) -> array:
    """The elements in reverse order along `axis`.

    Shape and dtype stay; all axes turn if `axis` is `None`. Raises `IndexError` for an axis that is not there.

    >>> mx.flip(mx.array([1, 2]))
    array([2, 1], dtype=int32)
    """
float16: Final[Dtype]
float32: Final[Dtype]
float64: Final[Dtype]
floating: Final[DtypeCategory]
def floor(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The largest integer that is not greater.

    Shape: any, and the result has it; the dtype stays. `stream` is the stream or device to run on. Raises `ValueError` for complex64, `TypeError` or `ValueError` for what is no array or number.

    >>> mx.floor(mx.array([1.5]))
    array([1], dtype=float32)
    """
def floor_divide(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """The quotient rounded down.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast or complex numbers.

    >>> mx.floor_divide(mx.array([-7]), 2)
    array([-4], dtype=int32)
    """
def from_dlpack(x: Any, /, *, copy: bool | None = None) -> array:
    """An array of what `x` exports by DLPack: a copy, or with `copy=False` over the same memory, which must stay unchanged.

    Shape and dtype are those of `x`. Raises `TypeError` for what exports nothing, `ValueError` for what cannot be shared.

    >>> mx.from_dlpack(mx.array([1, 2]))
    array([1, 2], dtype=int32)
    """
def from_fp8(x: array, dtype: Dtype = ..., *, stream: _StreamOrDevice = None) -> array:
    """The floats that uint8 codes of 8-bit floats (e4m3) stand for.

    The shape stays. Raises `ValueError` for another dtype than uint8.

    >>> mx.from_fp8(mx.array([56], mx.uint8))
    array([1], dtype=bfloat16)
    """
def full(shape: int | Sequence[int], vals: _Operand, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """`vals` everywhere, broadcast to the shape. `dtype` says how a number is stored; an array keeps its own.

    Raises `ValueError` for a negative size or values that do not broadcast to the shape.

    >>> mx.full((2,), 7)
    array([7, 7], dtype=int32)
    """
def full_like(a: array, vals: _Operand, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """`vals` everywhere in the shape of `a`, cast to its dtype or the given one.

    Raises `ValueError` for values that do not broadcast to the shape.

    >>> mx.full_like(mx.array([1, 2]), 3)
    array([3, 3], dtype=int32)
    """
def gather_mm(a: array, b: array, /, lhs_indices: array | None = None, rhs_indices: array | None = None, *, sorted_indices: bool = False, stream: _StreamOrDevice = None) -> array:
    """Products of matrices of `a` that `lhs_indices` picks with those of `b` that `rhs_indices` picks, each from the batch of its
    operand. `sorted_indices` changes nothing: items that share a matrix are one product in any order. The result has the indices'
    shape before its rows and columns.

    Shapes: `(..., n, k)` and `(..., k, m)`; floats. Raises `ValueError` for shapes that do not match.

    >>> mx.gather_mm(mx.ones((2, 2, 3)), mx.ones((4, 3, 5)), rhs_indices=mx.array([3, 0])).shape
    (2, 2, 5)
    """
def gather_qmm(x: array, w: array, /, scales: array, biases: array | None = None, lhs_indices: array | None = None, rhs_indices: array | None = None, transpose: bool = True, group_size: int | None = None, bits: int | None = None, mode: str = 'affine', global_scale: array | None = None, *, sorted_indices: bool = False, stream: _StreamOrDevice = None) -> array:
    """Products of matrices of `x` that `lhs_indices` picks with quantized ones that `rhs_indices` picks, each from the batch of its
    operand. `sorted_indices` changes nothing: items that share a matrix are one product in any order. `global_scale`, for "nvfp4", is
    the largest magnitude of each of the matrices of `w`, or of all. The result has the indices' shape before its rows and columns.

    Shapes: as for `gather_mm`, with codes of `(..., n, k)`; floats. Raises `ValueError` for shapes, a mode or sizes that do not fit.

    >>> w = mx.quantize(mx.ones((4, 8, 64)))
    >>> mx.gather_qmm(mx.ones((2, 1, 64)), *w, rhs_indices=mx.array([3, 0])).shape
    (2, 1, 8)
    """
def gather_qqmm(x: array, w: array, /, scales: array | None = None, lhs_indices: array | None = None, rhs_indices: array | None = None, group_size: int | None = None, bits: int | None = None, mode: str = 'nvfp4', global_scale_x: array | None = None, global_scale_w: array | None = None, *, sorted_indices: bool = False, stream: _StreamOrDevice = None) -> array:
    """`qqmm` of the matrices of `x` that `lhs_indices` picks and those of `w` that `rhs_indices` picks, each from the batch of its operand.
    `sorted_indices` changes nothing: items that share a matrix are one product in any order. A global scale, for "nvfp4", is one for
    each matrix of its side, or one for all. The result has the indices' shape before its rows and columns.

    Shapes: `(..., n, k)` and `(..., m, k)`; floats, and the result has the dtype of `x`. Raises `ValueError` for shapes, a mode or sizes
    that do not fit.

    >>> mx.gather_qqmm(mx.ones((2, 1, 32)), mx.ones((4, 8, 32)), rhs_indices=mx.array([3, 0])).shape
    (2, 1, 8)
    """
generic: Final[DtypeCategory]
def get_active_memory() -> int:
    """Bytes that arrays take.

    >>> x = mx.ones((1000,))
    >>> mx.eval(x)
    >>> mx.get_active_memory() >= 4000
    False
    """
def get_array_buffer_size(*args: Any) -> int:
    """Bytes that the arrays in the arguments take.

    Arrays of any shape and dtype, or trees of them.

    >>> mx.get_array_buffer_size(mx.ones((2, 3))) >= 24
    True
    """
def get_cache_memory() -> int:
    """Freed bytes that are kept for reuse.

    >>> mx.get_cache_memory() >= 0
    True
    """
def get_memory_limit() -> int:
    """The limit of `set_memory_limit`.

    >>> mx.get_memory_limit() > 0
    True
    """
def get_peak_memory() -> int:
    """The most bytes that arrays took at once, since the start or `reset_peak_memory`.

    >>> mx.get_peak_memory() >= mx.get_active_memory()
    True
    """
def get_printoptions() -> PrintOptions:
    """The options now.

    >>> mx.get_printoptions().precision
    -1
    """
gpu: Final[DeviceType]
def grad(fun: Callable[P, R], argnums: int | Sequence[int] | None = None, argnames: str | Sequence[str] = []) -> Callable[P, Any]:
    """The function that gives the gradient of `fun`, which returns a scalar array: with respect to its first argument, or to those that
    `argnums` and `argnames` name. An argument is an array or a tree of arrays; its gradient has the same structure, shapes and dtypes.
    Several numbers give a tuple; with names the result is `(by number, {name: gradient})`. The gradient of an integer or bool, and that
    with respect to one, is zero.

    Raises `ValueError` if `fun` returns no scalar, `TypeError` for what is no function.

    >>> mx.grad(lambda x: x * x)(mx.array(3.0))
    array(6, dtype=float32)
    """
def greater(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether `a > b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; the result is bool. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.greater(mx.array([1, 3]), 2)
    array([False, True], dtype=bool)
    """
def greater_equal(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether `a >= b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; the result is bool. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.greater_equal(mx.array([1, 2]), 2)
    array([False, True], dtype=bool)
    """
def hadamard_transform(a: array, scale: float | None = None, stream: _StreamOrDevice = None) -> array:
    """The Hadamard transform along the last axis, of a size `m * 2**k` with `m` in (1, 12, 20, 28), times `scale`, one over the root of
    the size by default.

    Shape and dtype stay, floats; integers become float32. Raises `ValueError` for another size.

    >>> mx.hadamard_transform(mx.array([1.0, 2.0]), scale=1.0)
    array([3, -1], dtype=float32)
    """
def hamming(M: int, *, stream: _StreamOrDevice = None) -> array:
    """The Hamming window of `M` points.

    Shape: `(M,)`, empty for less than one point; float32. Raises `TypeError` for what is no integer.

    >>> mx.hamming(3)
    array([0.08, 1, 0.08], dtype=float32)
    """
def hanning(M: int, *, stream: _StreamOrDevice = None) -> array:
    """The Hann window of `M` points.

    Shape: `(M,)`, empty for less than one point; float32. Raises `TypeError` for what is no integer.

    >>> mx.hanning(3)
    array([0, 1, 0], dtype=float32)
    """
def identity(n: int, dtype: Dtype | None = ..., *, stream: _StreamOrDevice = None) -> array:
    """The `n` by `n` identity matrix.

    The shape is `(n, m)`, with `m` the same as `n` by default; float32 unless a dtype is given. Raises `ValueError` for
    a negative size.

    >>> mx.identity(2)
    array([[1, 0],
           [0, 1]], dtype=float32)
    """
def imag(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The imaginary part.

    Shape: any, and the result has it; complex64 gives float32, other dtypes stay. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.imag(mx.array([1+2j]))
    array([2], dtype=float32)
    """
def import_function(file: str, return_metadata: bool = False) -> Callable[..., Any] | tuple[Callable[..., Any], str]:
    """The function in a file that `export_function` or an exporter wrote; with `return_metadata` the text beside it, too.

    Arrays must have the shapes and dtypes of one of its traces. Raises `RuntimeError` for a file that is not there or not whole.

    >>> mx.export_function("h.mlxfn", lambda x: x + 1, mx.array(1.0))
    >>> mx.import_function("h.mlxfn")(mx.array(2.0))
    (array(3, dtype=float32),)
    """
inexact: Final[DtypeCategory]
inf: Final[float]
def inner(a: array, b: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The products of the vectors along the last axes, each of `a` with each of `b`.

    Shapes: `(n, k)` and `(m, k)` give `(n, m)`. Dtypes promote to a float or complex one. Raises `ValueError` for last axes of
    different sizes, or integers on both sides.

    >>> mx.inner(mx.ones((2, 3)), mx.ones((4, 3))).shape
    (2, 4)
    """
int16: Final[Dtype]
int32: Final[Dtype]
int64: Final[Dtype]
int8: Final[Dtype]
integer: Final[DtypeCategory]
def is_available(device: Device | DeviceType) -> bool:
    """Whether a device is there.

    >>> mx.is_available(mx.cpu)
    True
    """
def isclose(a: array, b: array, /, rtol: float = 1e-05, atol: float = 1e-08, *, equal_nan: bool = False, stream: _StreamOrDevice = None) -> array:
    """Whether `abs(a - b) <= atol + rtol * abs(b)`, elementwise.

    Shapes broadcast and dtypes promote; the result is bool. Raises `ValueError` for shapes that do not broadcast,
    `TypeError` for what is no array.

    >>> mx.isclose(mx.array([1.0, 2.0]), mx.array([1.0, 2.1]))
    array([True, False], dtype=bool)
    """
def isdtype(dtype: Dtype, kind: Dtype | str | tuple[Dtype | str, ...]) -> bool:
    """Whether a dtype is of a kind: a dtype, a name of the array API ("bool", "signed integer", "unsigned integer", "integral", "real
    floating", "complex floating", "numeric"), or a tuple of these, any of which may hold.

    Raises `ValueError` for an unknown kind.

    >>> mx.isdtype(mx.float16, "real floating"), mx.isdtype(mx.int8, (mx.int8, "bool"))
    (True, True)
    """
def isfinite(a: array, stream: _StreamOrDevice = None) -> array:
    """Whether neither infinite nor NaN.

    Shape: any, and the result has it; of any dtype, and the result is bool. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.isfinite(mx.array([1.0, mx.inf]))
    array([True, False], dtype=bool)
    """
def isinf(a: array, stream: _StreamOrDevice = None) -> array:
    """Whether infinite.

    Shape: any, and the result has it; of any dtype, and the result is bool. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.isinf(mx.array([1.0, mx.inf]))
    array([False, True], dtype=bool)
    """
def isnan(a: array, stream: _StreamOrDevice = None) -> array:
    """Whether NaN.

    Shape: any, and the result has it; of any dtype, and the result is bool. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.isnan(mx.array([1.0, mx.nan]))
    array([False, True], dtype=bool)
    """
def isneginf(a: array, stream: _StreamOrDevice = None) -> array:
    """Whether negative infinity.

    Shape: any, and the result has it; of any dtype, and the result is bool. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.isneginf(mx.array([mx.inf, -mx.inf]))
    array([False, True], dtype=bool)
    """
def isposinf(a: array, stream: _StreamOrDevice = None) -> array:
    """Whether positive infinity.

    Shape: any, and the result has it; of any dtype, and the result is bool. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.isposinf(mx.array([mx.inf, -mx.inf]))
    array([True, False], dtype=bool)
    """
def issubdtype(arg1: Dtype | DtypeCategory, arg2: Dtype | DtypeCategory) -> bool:
    """Whether the first dtype or kind is the second or part of it.

    Raises `ValueError` for what is no dtype or kind.

    >>> mx.issubdtype(mx.float16, mx.floating)
    True
    """
def jvp(fun: Callable[..., Any], primals: Sequence[array], tangents: Sequence[array]) -> tuple[list[array], list[array]]:
    """The outputs of `fun` at the primals, and the products of the Jacobian with the tangents, of the primals' shapes: two lists of arrays.

    Raises `ValueError` for tangents of other shapes. Dtypes are those of the outputs.

    >>> mx.jvp(lambda x: x * x, [mx.array(3.0)], [mx.array(1.0)])
    ([array(9, dtype=float32)], [array(6, dtype=float32)])
    """
def kron(a: array, b: array, *, stream: _StreamOrDevice = None) -> array:
    """The Kronecker product.

    The shapes' sizes are multiplied; dtypes promote. Raises `ValueError` for an empty array.

    >>> mx.kron(mx.array([1, 10]), mx.array([1, 2]))
    array([1, 2, 10, 20], dtype=int32)
    """
def left_shift(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a` with its bits moved left by `b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool only. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast, `RuntimeError` for other dtypes.

    >>> mx.left_shift(mx.array([1]), 3)
    array([8], dtype=int32)
    """
def less(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether `a < b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; the result is bool. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.less(mx.array([1, 3]), 2)
    array([True, False], dtype=bool)
    """
def less_equal(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether `a <= b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; the result is bool. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.less_equal(mx.array([2, 3]), 2)
    array([True, False], dtype=bool)
    """
def linspace(start: _Scalar, stop: _Scalar, num: int | None = 50, endpoint: bool = True, dtype: Dtype | None = ..., stream: _StreamOrDevice = None) -> array:
    """`num` numbers from `start` to `stop`, evenly spaced; `stop` is one of them unless `endpoint` is false.

    Shape: `(num,)`; float32 unless a dtype is given. Raises `ValueError` for a negative `num`.

    >>> mx.linspace(0, 1, 3)
    array([0, 0.5, 1], dtype=float32)
    """
def load(file: IO[bytes] | str | PathLike[str], /, format: str | None = None, return_metadata: bool = False, *, stream: _StreamOrDevice = None) -> Any:
    """What is in a file: the array of a `.npy`; a dict of the arrays of a `.npz`, `.safetensors` or `.gguf`, and for the latter two with
    `return_metadata` a dict of what is said beside them as a second one. The format is that of the name's extension unless it is given.

    Arrays of any shape and dtype. Raises `RuntimeError` for a file that is not there or not whole, `ValueError` for such a `.npz` or an
    unknown format.

    >>> mx.save_safetensors("weights", {"w": mx.array([1, 2])})
    >>> mx.load("weights.safetensors")
    {'w': array([1, 2], dtype=int32)}
    """
def log(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The natural logarithm.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.log(mx.array([1.0]))
    array([0], dtype=float32)
    """
def log10(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The logarithm to base 10.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.log10(mx.array([100.0]))
    array([2], dtype=float32)
    """
def log1p(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`log(1 + a)`, exact also near zero.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.log1p(mx.array([0.0, 1e-10]))
    array([0, 1e-10], dtype=float32)
    """
def log2(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The logarithm to base 2.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.log2(mx.array([8.0]))
    array([3], dtype=float32)
    """
def logaddexp(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """`log(exp(a) + exp(b))` without overflow.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool give float32. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.logaddexp(mx.array([0.0]), 0.0)
    array([0.693147], dtype=float32)
    """
def logcumsumexp(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
    """The logarithms of the running sums of `exp(a)` along `axis`, without overflow.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.logcumsumexp(mx.array([0.0, 0.0]))
    array([0, 0.693147], dtype=float32)
    """
def logical_and(a: array, b: array, /, *, stream: _StreamOrDevice = None) -> array:
    """Whether both differ from zero.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; the result is bool. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.logical_and(mx.array([1, 0]), 1)
    array([True, False], dtype=bool)
    """
def logical_not(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """Whether zero.

    Shape: any, and the result has it; of any dtype, and the result is bool. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.logical_not(mx.array([0, 3]))
    array([True, False], dtype=bool)
    """
def logical_or(a: array, b: array, /, *, stream: _StreamOrDevice = None) -> array:
    """Whether one differs from zero.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; the result is bool. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.logical_or(mx.array([1, 0]), 0)
    array([True, False], dtype=bool)
    """
def logical_xor(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """Whether exactly one differs from zero.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; the result is bool. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.logical_xor(mx.array([1, 0]), 1)
    array([False, True], dtype=bool)
    """
def logsumexp(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """`log(sum(exp(a)))` over `axis`, without overflow.

    Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
    not there, `ValueError` for one named twice.

    >>> mx.logsumexp(mx.array([0.0, 0.0]))
    array(0.693147, dtype=float32)
    """
def matmul(a: array, b: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The matrix product; axes before the last two are a batch and broadcast.

    A vector is a row on the left and a column on the right. Dtypes promote to a float or complex one. Raises `ValueError` for shapes
    that do not match, or integers on both sides.

    >>> mx.matmul(mx.ones((2, 3)), mx.ones((3,)))
    array([3, 3], dtype=float32)
    """
def matrix_norm(a: array, /, ord: None | int | float | str = None, axis: None | int | list[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The norm of vectors along one axis, of matrices along two, or of all elements. `ord` is the order, "fro", or `None` for the root of
    the sum of squares.

    Shapes: any; the axes go, or stay with size one with `keepdims`. Floats stay, integers give float32. Raises `ValueError` for an
    unknown order or more than two axes with one, `IndexError` for an axis that is not there.

    >>> mx.linalg.norm(mx.array([3.0, 4.0]))
    array(5, dtype=float32)
    """
def matrix_transpose(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The last two axes swapped.

    Shapes: `(..., n, m)` to `(..., m, n)`. The dtype stays. Raises `ValueError` for fewer than two axes.

    >>> mx.matrix_transpose(mx.ones((2, 3, 4))).shape
    (2, 4, 3)
    """
def max(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The largest element along `axis`; NaN if there is one.

    Shapes: any; the axes of `axis`, all if it is `None`, go, or stay with size one with `keepdims`. The dtype stays,
    but for indices. Raises `IndexError` for an axis that is not there, `ValueError` where there is nothing to choose
    from.

    >>> mx.max(mx.array([[1, 3], [4, 2]]), axis=0)
    array([4, 3], dtype=int32)
    """
def maximum(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """The larger one; NaN if one is.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.maximum(mx.array([1, 5]), 3)
    array([3, 5], dtype=int32)
    """
def mean(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The mean over `axis`; integers become float32.

    Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
    not there, `ValueError` for one named twice.

    >>> mx.mean(mx.array([[1, 2], [3, 5]]), axis=1)
    array([1.5, 4], dtype=float32)
    """
def median(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The middle element along `axis`, or the mean of the two in the middle.

    Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
    not there, `ValueError` for one named twice.

    >>> mx.median(mx.array([1, 2, 5, 9]))
    array(3.5, dtype=float32)
    """
def meshgrid(*arrays: array, sparse: bool | None = False, indexing: str | None = 'xy', stream: _StreamOrDevice = None) -> tuple[array, ...]:
    """The coordinates of a grid over vectors, as a tuple: by columns and rows ("xy") or rows and columns ("ij"). With `sparse` the axes
    that a vector does not go along have size one.

    Shapes: `(n,)` and `(m,)` give `(m, n)` twice for "xy", `(n, m)` for "ij". The dtypes stay, and arrays of more axes are flattened.
    Raises `ValueError` for another order.

    >>> [x.shape for x in mx.meshgrid(mx.array([1, 2]), mx.array([3, 4, 5]))]
    [(3, 2), (3, 2)]
    """
def min(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The smallest element along `axis`; NaN if there is one.

    Shapes: any; the axes of `axis`, all if it is `None`, go, or stay with size one with `keepdims`. The dtype stays,
    but for indices. Raises `IndexError` for an axis that is not there, `ValueError` where there is nothing to choose
    from.

    >>> mx.min(mx.array([1, 3]), keepdims=True)
    array([1], dtype=int32)
    """
def minimum(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """The smaller one; NaN if one is.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.minimum(mx.array([1, 5]), 3)
    array([1, 3], dtype=int32)
    """
def minmax(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """The smallest and the largest element along `axis`, as a tuple.

    Shapes: any; the axes of `axis`, all if it is `None`, go, or stay with size one with `keepdims`. The dtype stays,
    but for indices. Raises `IndexError` for an axis that is not there, `ValueError` where there is nothing to choose
    from.

    >>> mx.minmax(mx.array([1, 3]))
    (array(1, dtype=int32), array(3, dtype=int32))
    """
def moveaxis(a: array, /, source: int, destination: int, *, stream: _StreamOrDevice = None) -> array:
    """The axis `source` moved to place `destination`.

    Raises `IndexError` for an axis that is not there. Shape: the same sizes in the new order. The dtype stays.

    >>> mx.moveaxis(mx.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
def multiply(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a * b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.multiply(mx.array([1, 2]), 3)
    array([3, 6], dtype=int32)
    """
nan: Final[float]
def nan_to_num(a: _Operand, nan: float = 0, posinf: float | None = None, neginf: float | None = None, *, stream: _StreamOrDevice = None) -> array:
    """NaN replaced by `nan`, infinities by `posinf` and `neginf` or the dtype's largest numbers.

    Shape and dtype stay. Raises `ValueError` for complex numbers.

    >>> mx.nan_to_num(mx.array([float("nan"), 1.0]))
    array([0, 1], dtype=float32)
    """
def negative(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`-a`.

    Shape: any, and the result has it; the dtype stays. `stream` is the stream or device to run on. Raises `ValueError` for bool, `TypeError` or `ValueError` for what is no array or number.

    >>> mx.negative(mx.array([1, -2]))
    array([-1, 2], dtype=int32)
    """
def new_stream(device: Device | DeviceType) -> Stream:
    """A new stream of a device.

    Raises `ValueError` if there is no such device.

    >>> s = mx.new_stream(mx.cpu)
    >>> mx.exp(mx.array([0.0]), stream=s)
    array([1], dtype=float32)
    """
def new_thread_local_stream(device: Device | DeviceType) -> ThreadLocalStream:
    """A stream that stands for another stream of the device in each thread.

    Raises `ValueError` if there is no such device.

    >>> s = mx.new_thread_local_stream(mx.cpu)
    >>> mx.exp(mx.array([0.0]), stream=s)
    array([1], dtype=float32)
    """
def new_thread_unsafe_stream(device: Device | DeviceType) -> Stream:
    """A new stream of a device; here every stream may be used by any thread.

    Raises `ValueError` if there is no such device.

    >>> s = mx.new_thread_unsafe_stream(mx.cpu)
    >>> mx.exp(mx.array([0.0]), stream=s)
    array([1], dtype=float32)
    """
newaxis: None
def not_equal(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether different.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; the result is bool. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.not_equal(mx.array([1, 2]), 2)
    array([True, False], dtype=bool)
    """
number: Final[DtypeCategory]
def ones(shape: int | Sequence[int], dtype: Dtype | None = ..., *, stream: _StreamOrDevice = None) -> array:
    """Ones of a shape.

    float32 unless a dtype is given. Raises `ValueError` for a negative size in the shape, `MemoryError` for a shape
    that is too large.

    >>> mx.ones(2)
    array([1, 1], dtype=float32)
    """
def ones_like(a: array, /, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """Ones of the shape of `a`, and of its dtype unless one is given.

    Raises `TypeError` for what is no array.

    >>> mx.ones_like(mx.array([5, 6]))
    array([1, 1], dtype=int32)
    """
def outer(a: array, b: array, /, *, stream: _StreamOrDevice = None) -> array:
    """Each element of `a` times each of `b`, both flattened.

    Shape: `(size of a, size of b)`; dtypes promote. Raises `TypeError` for what is no array.

    >>> mx.outer(mx.array([1, 2]), mx.array([3, 4]))
    array([[3, 4],
           [6, 8]], dtype=int32)
    """
def pad(a: array, pad_width: int | tuple[int] | tuple[int, int] | list[tuple[int, int]], mode: Literal['constant', 'edge', 'reflect', 'symmetric'] = 'constant', constant_values: _Operand = 0, *, stream: _StreamOrDevice = None) -> array:
    """The array with `pad_width` elements around it, before and after each axis: `constant_values`, the "edge", or mirrored ("reflect",
    "symmetric").

    The shape grows by the widths; the dtype stays. Raises `ValueError` for negative widths or an unknown mode.

    >>> mx.pad(mx.array([1, 2]), (1, 0))
    array([0, 1, 2], dtype=int32)
    """
def partition(a: array, /, kth: int, axis: None | int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The elements along `axis` such that none before place `kth` is larger than the one there, and none after it smaller.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.partition(mx.array([3, 1, 2]), 1)[1]
    array(2, dtype=int32)
    """
def permute_dims(a: array, /, axes: Sequence[int] | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The axes in the order of `axes`, or reversed.

    Shape: the sizes in that order. The dtype stays. Raises `ValueError` for what is no order of the axes.

    >>> mx.transpose(mx.ones((2, 3))).shape
    (3, 2)
    """
pi: Final[float]
def positive(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The array itself.

    Shape and dtype stay. Raises `TypeError` for what is no array.

    >>> mx.positive(mx.array([1]))
    array([1], dtype=int32)
    """
def pow(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """`a` to the power `b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.power(mx.array([2]), 3)
    array([8], dtype=int32)
    """
def power(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """`a` to the power `b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.power(mx.array([2]), 3)
    array([8], dtype=int32)
    """
def printoptions(precision: int = -1) -> PrintOptions:
    """A context in which floats print with other options: `with printoptions(precision=3): ...`

    Raises `TypeError` for what is no integer.

    >>> with mx.printoptions(precision=2):
    ...     print(mx.array([0.125]))
    array([0.12], dtype=float32)
    """
def prod(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The product over `axis`. Small integers multiply in 32 bits.

    Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
    not there, `ValueError` for one named twice.

    >>> mx.prod(mx.array([2, 3]))
    array(6, dtype=int32)
    """
def put_along_axis(a: array, /, indices: array, values: array, axis: int | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The array with `values` at the places along `axis` that `indices` names; in the flattened array if it is `None`.

    The shape and dtype are those of `a`; indices and values broadcast to it but for `axis`. Raises `ValueError` for shapes that do not
    go together or indices that are no integers.

    >>> mx.put_along_axis(mx.array([[1, 2]]), mx.array([[1]]), mx.array([[9]]), 1)
    array([[1, 9]], dtype=int32)
    """
def qqmm(x: array, w: array, scales: array | None = None, group_size: int | None = None, bits: int | None = None, mode: str = 'nvfp4', global_scale_x: array | None = None, global_scale_w: array | None = None, *, stream: _StreamOrDevice = None) -> array:
    """`x @ w.T` with both sides quantized: `x` is quantized here, `w` is (with `scales`) or is here. The result has the dtype of `x`.
    Derivatives flow into `x`, and into `w` without `scales`, as if they were not quantized. `global_scale_x` and `global_scale_w` are
    the largest magnitudes, for "nvfp4".

    Shapes: `(..., k)` and `(n, k)` give `(..., n)`. Raises `ValueError` for shapes, a mode or sizes that do not fit.

    >>> mx.qqmm(mx.ones((2, 32)), mx.ones((4, 32))).shape
    (2, 4)
    """
def quantize(w: array, /, group_size: int | None = None, bits: int | None = None, mode: str = 'affine', *, global_scale: array | None = None, stream: _StreamOrDevice = None) -> list[array]:
    """Rows of `w` as codes of a few bits with a scale for each group of the last axis: `[codes, scales, biases]` for the mode "affine",
    `[codes, scales]` for "mxfp4", "mxfp8" and "nvfp4". Codes are packed in uint32. `global_scale` is the largest magnitude, for
    "nvfp4".

    Shapes: `(..., n)` gives codes `(..., n * bits / 32)` and `(..., n / group_size)` of the others. Takes floats of two axes or more.
    Raises `ValueError` for an axis that is no multiple of the group, or an unknown mode.

    >>> codes, scales, biases = mx.quantize(mx.ones((2, 64)))
    >>> codes.shape, scales.shape
    ((2, 8), (2, 1))
    """
def quantized_matmul(x: array, w: array, /, scales: array, biases: array | None = None, transpose: bool = True, group_size: int | None = None, bits: int | None = None, mode: str = 'affine', *, stream: _StreamOrDevice = None) -> array:
    """`x @ w.T`, or `x @ w` with `transpose=False`, for the quantized `w` that `w`, `scales` and `biases` stand for.

    Shapes: `(..., k)` and codes of `(n, k)` give `(..., n)`, in the dtype of `x`. Raises `ValueError` for shapes, a mode or sizes that
    do not fit.

    >>> mx.quantized_matmul(mx.ones((1, 64)), *mx.quantize(mx.ones((2, 64))))
    array([[64, 64]], dtype=float32)
    """
def radians(a: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """Angles in radians, from degrees.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.radians(mx.array([0.0]))
    array([0], dtype=float32)
    """
def real(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The real part.

    Shape: any, and the result has it; complex64 gives float32, other dtypes stay. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.real(mx.array([1+2j]))
    array([1], dtype=float32)
    """
def reciprocal(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`1 / a`.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.reciprocal(mx.array([4.0]))
    array([0.25], dtype=float32)
    """
def remainder(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """What is left of the quotient rounded down; it has the sign of `b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast or complex numbers.

    >>> mx.remainder(mx.array([-7]), 2)
    array([1], dtype=int32)
    """
def repeat(array: array, repeats: int, axis: int | None = None, *, stream: _StreamOrDevice = None) -> array:
    """Every element `repeats` times along `axis`, or in the flattened array.

    The shape grows along `axis`; the dtype stays. Raises `ValueError` for a negative number, `IndexError` for an axis that is not
    there.

    >>> mx.repeat(mx.array([1, 2]), 2)
    array([1, 1, 2, 2], dtype=int32)
    """
def reset_peak_memory() -> None:
    """Makes `get_peak_memory` count from now.

    >>> mx.reset_peak_memory()
    """
def reshape(a: array, /, shape: Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """The elements in another shape, one size of which may be -1.

    The dtype stays. Raises `ValueError` for a shape of another number of elements.

    >>> mx.reshape(mx.arange(6), (2, -1)).shape
    (2, 3)
    """
def result_type(*arrays_and_dtypes: array | Dtype) -> Dtype:
    """The dtype to which all of the arrays and dtypes promote.

    Arrays of any shape. Raises `ValueError` if there are none.

    >>> mx.result_type(mx.int32, mx.float16) == mx.float16
    True
    """
def right_shift(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a` with its bits moved right by `b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype; integers and bool only. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast, `RuntimeError` for other dtypes.

    >>> mx.right_shift(mx.array([8]), 3)
    array([1], dtype=int32)
    """
def roll(a: array, shift: int | tuple[int], axis: None | int | tuple[int] = None, /, *, stream: _StreamOrDevice = None) -> array:
    """The elements moved by `shift` along `axis`, or in the flattened array; several shifts and axes pair up.

    Shape and dtype stay. Raises `IndexError` for an axis that is not there.

    >>> mx.roll(mx.array([1, 2, 3]), 1)
    array([3, 1, 2], dtype=int32)
    """
def round(a: array, /, decimals: int = 0, stream: _StreamOrDevice = None) -> array:
    """Rounds to `decimals` places, halves to even.

    Shape and dtype stay. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.round(mx.array([1.26]), 1)
    array([1.3], dtype=float32)
    """
def rsqrt(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`1 / sqrt(a)`.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.rsqrt(mx.array([4.0]))
    array([0.5], dtype=float32)
    """
def save(file: IO[bytes] | str | PathLike[str], arr: array) -> None:
    """Writes an array as a `.npy` file. A name without the extension gets it.

    Arrays of any shape, and of any dtype that the format has. Raises `RuntimeError` where the file cannot be written,
    `TypeError` or `ValueError` for what the format cannot hold.

    >>> mx.save("x", mx.array([1, 2]))
    >>> mx.load("x.npy")
    array([1, 2], dtype=int32)
    """
def save_gguf(file: IO[bytes] | str | PathLike[str], arrays: dict[str, array], metadata: dict[str, array | str | list[str]]) -> None:
    """Writes a dict of arrays with a dict of settings (strings, lists of strings, and arrays of at most one axis) as a GGUF file. A name
    without the extension gets it.

    Arrays of any shape, and of any dtype that the format has. Raises `RuntimeError` where the file cannot be written,
    `TypeError` or `ValueError` for what the format cannot hold.

    >>> mx.save_gguf("model", {"w": mx.array([1.0, 2.0])}, {"general.name": "tiny"})
    >>> mx.load("model.gguf")
    {'w': array([1, 2], dtype=float32)}
    """
def save_safetensors(file: IO[bytes] | str | PathLike[str], arrays: dict[str, array], metadata: dict[str, str] | None = None) -> None:
    """Writes a dict of arrays, with a dict of strings beside them, as a safetensors file. A name without the extension gets it.

    Arrays of any shape, and of any dtype that the format has. Raises `RuntimeError` where the file cannot be written,
    `TypeError` or `ValueError` for what the format cannot hold.

    >>> mx.save_safetensors("w", {"w": mx.array([1, 2])}, {"by": "me"})
    >>> mx.load("w.safetensors", return_metadata=True)
    ({'w': array([1, 2], dtype=int32)}, {'by': 'me'})
    """
def savez(file: IO[bytes] | str | PathLike[str], *args: array, **kwargs: Any) -> None:
    """Writes arrays as a `.npz` file: those without a name as `arr_0`, `arr_1`, and so on. A name of a file without the extension gets it.

    Arrays of any shape, and of any dtype that the format has. Raises `RuntimeError` where the file cannot be written,
    `TypeError` or `ValueError` for what the format cannot hold.

    >>> mx.savez("all", mx.array(1), w=mx.array(2))
    >>> mx.load("all.npz")
    {'arr_0': array(1, dtype=int32), 'w': array(2, dtype=int32)}
    """
def savez_compressed(file: IO[bytes] | str | PathLike[str], *args: array, **kwargs: Any) -> None:
    """As `savez`, with the arrays compressed.

    Arrays of any shape, and of any dtype that the format has. Raises `RuntimeError` where the file cannot be written,
    `TypeError` or `ValueError` for what the format cannot hold.

    >>> mx.savez_compressed("small", w=mx.array(2))
    >>> mx.load("small.npz")
    {'w': array(2, dtype=int32)}
    """
def searchsorted(sorted_sequence: array, values: array, /, side: str = 'left', *, stream: _StreamOrDevice = None) -> array:
    """For each of `values`, the first place in the ascending one-dimensional array where it keeps the order ("left"), or the last
    ("right"), as uint32.

    The result has the shape of `values`. Raises `ValueError` for a sorted array of more axes or another side.

    >>> mx.searchsorted(mx.array([1, 2, 2, 4]), mx.array([2, 5]))
    array([1, 4], dtype=uint32)
    """
def segmented_mm(a: array, b: array, /, segments: array, *, stream: _StreamOrDevice = None) -> array:
    """For each segment `[start, end)` of the last axis of `segments`, the product of those columns of `a` and rows of `b`.

    Shapes: `(n, k)`, `(k, m)` and `(..., 2)` give `(..., n, m)`; floats. Raises `ValueError` for shapes that do not match.

    >>> mx.segmented_mm(mx.ones((2, 5)), mx.ones((5, 3)), mx.array([[0, 2], [2, 5]])).shape
    (2, 2, 3)
    """
def set_cache_limit(limit: int) -> int:
    """Keeps at most `limit` bytes of freed memory; returns the former limit.

    Raises `TypeError` for what is no number of bytes.

    >>> former = mx.set_cache_limit(1 << 20)
    >>> mx.set_cache_limit(former)
    1048576
    """
def set_default_device(device: Device | DeviceType) -> None:
    """Makes a device the one of ops for which no stream is named.

    Raises `ValueError` if there is no such device.

    >>> mx.set_default_device(mx.default_device())
    """
def set_default_stream(stream: Stream) -> None:
    """Makes a stream the default one of its device in this thread.

    Raises `TypeError` for what is no stream.

    >>> mx.set_default_stream(mx.default_stream(mx.cpu))
    """
def set_memory_limit(limit: int) -> int:
    """Refuses allocations that would take active memory beyond `limit` bytes; returns the former limit.

    Raises `TypeError` for what is no number of bytes.

    >>> former = mx.set_memory_limit(1 << 34)
    >>> mx.set_memory_limit(former)
    17179869184
    """
def set_printoptions(precision: int = -1) -> None:
    """Sets how floats print: with `precision` digits after the point, or (-1) six significant digits.

    Raises `TypeError` for what is no integer.

    >>> mx.set_printoptions(precision=2)
    >>> mx.array([0.125])
    array([0.12], dtype=float32)
    >>> mx.set_printoptions(precision=-1)
    """
def set_wired_limit(limit: int) -> int:
    """Sets how many bytes stay wired; there is nothing to wire here, so the former limit is always 0.

    Raises `TypeError` for what is no number of bytes.

    >>> mx.set_wired_limit(0)
    0
    """
def sigmoid(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`1 / (1 + exp(-a))`.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.sigmoid(mx.array([0.0]))
    array([0.5], dtype=float32)
    """
def sign(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """-1, 0 or 1, as the sign is; of a complex number its direction.

    Shape: any, and the result has it; the dtype stays. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.sign(mx.array([-3.0, 0.0]))
    array([-1, 0], dtype=float32)
    """
signedinteger: Final[DtypeCategory]
def sin(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The sine of radians.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.sin(mx.array([0.0]))
    array([0], dtype=float32)
    """
def sinh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The hyperbolic sine.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.sinh(mx.array([0.0]))
    array([0], dtype=float32)
    """
def slice(a: array, start_indices: array, axes: Sequence[int], slice_size: Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """The block of size `slice_size` that starts at `start_indices`, one for each of `axes`, and at zero along the others.

    The shape is that of `a` with `slice_size` along the axes; the dtype stays. Raises `IndexError` for an axis that is not there,
    `ValueError` for a block that is too large.

    >>> mx.slice(mx.arange(10), mx.array([2]), (0,), (3,))
    array([2, 3, 4], dtype=int32)
    """
def slice_update(a: array, update: array, start_indices: array, axes: Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """The array with the block at `start_indices`, one for each of `axes`, replaced by `update`.

    Shape and dtype stay. Raises `IndexError` for an axis that is not there, `ValueError` for a block that is too large.

    >>> mx.slice_update(mx.zeros(3), mx.ones(2), mx.array([1]), (0,))
    array([0, 1, 1], dtype=float32)
    """
def softmax(a: array, /, axis: None | int | Sequence[int] = None, *, precise: bool = False, stream: _StreamOrDevice = None) -> array:
    """`exp(a) / sum(exp(a))` over `axis`, without overflow; halves are always computed in float32, as `precise` asks for.

    The shape stays; integers give float32. Raises `IndexError` for an axis that is not there.

    >>> mx.softmax(mx.array([1.0, 1.0]))
    array([0.5, 0.5], dtype=float32)
    """
def sort(a: array, /, axis: None | int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The elements in ascending order along `axis`, NaN last; the flattened array if it is `None`.

    Shapes: any; the result has that of `a`, or of the flattened `a` where `axis` is `None`. Raises `IndexError` for an
    axis that is not there.

    >>> mx.sort(mx.array([3, 1]))
    array([1, 3], dtype=int32)
    """
def split(a: array, /, indices_or_sections: int | Sequence[int], axis: int = 0, *, stream: _StreamOrDevice = None) -> list[array]:
    """Parts along `axis`: equal ones, or ending at the given places.

    Shapes: that of `a` but along `axis`. The dtype stays. Raises `ValueError` for a size that does not divide, `IndexError` for an axis
    that is not there.

    >>> [x.shape for x in mx.split(mx.arange(6), 3)]
    [(2,), (2,), (2,)]
    """
def sqrt(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The square root.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.sqrt(mx.array([4.0]))
    array([2], dtype=float32)
    """
def square(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`a * a`.

    Shape: any, and the result has it; the dtype stays. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.square(mx.array([3]))
    array([9], dtype=int32)
    """
def squeeze(a: array, /, axis: None | int | Sequence[int] = None, *, stream: _StreamOrDevice = None) -> array:
    """Without the axes of size one, or those of `axis`.

    Raises `IndexError` for an axis that is not there, `ValueError` for one of another size. Shape: the other sizes. The dtype stays.

    >>> mx.squeeze(mx.ones((1, 2))).shape
    (2,)
    """
def stack(arrays: Sequence[array], axis: int | None = 0, *, stream: _StreamOrDevice = None) -> array:
    """The arrays, of one shape, side by side along a new axis; after flattening them if it is `None`.

    A new axis of as many elements as there are arrays; dtypes promote. Raises `ValueError` for shapes that differ or no array,
    `IndexError` for an axis that is not there.

    >>> mx.stack([mx.array([1]), mx.array([2])])
    array([[1],
           [2]], dtype=int32)
    """
def std(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, ddof: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """The standard deviation over `axis`, the root of the variance.

    Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
    not there, `ValueError` for one named twice.

    >>> mx.std(mx.array([1.0, 3.0]))
    array(1, dtype=float32)
    """
def stop_gradient(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The array, through which no gradient flows: `grad(lambda x: x * stop_gradient(x))` of 3 is 3.

    Shape and dtype stay. Raises `TypeError` for what is no array.

    >>> mx.grad(lambda x: x * mx.stop_gradient(x))(mx.array(3.0))
    array(3, dtype=float32)
    """
def stream(s: Stream | ThreadLocalStream | Device | DeviceType) -> StreamContext:
    """A context in which a stream or device is the default: `with stream(cpu): ...`

    Raises `TypeError` for anything else.

    >>> with mx.stream(mx.cpu):
    ...     x = mx.ones(2)
    >>> x
    array([1, 1], dtype=float32)
    """
def subtract(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a - b`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.subtract(mx.array([5]), 3)
    array([2], dtype=int32)
    """
def sum(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The sum over `axis` (all axes if `None`), which `keepdims` keeps with size one. Small integers sum in 32 bits.

    Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
    not there, `ValueError` for one named twice.

    >>> mx.sum(mx.ones((2, 3)), axis=0)
    array([2, 2, 2], dtype=float32)
    """
def swapaxes(a: array, /, axis1: int, axis2: int, *, stream: _StreamOrDevice = None) -> array:
    """Two axes swapped.

    Raises `IndexError` for an axis that is not there. Shape: the same sizes in the new order. The dtype stays.

    >>> mx.swapaxes(mx.ones((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
def synchronize(stream: _StreamOrDevice = None) -> None:
    """Waits until everything submitted to a stream so far has run; `None` is the default stream.

    Raises `TypeError` for what is no stream, and what the work raises.

    >>> mx.synchronize()
    """
def take(a: array, /, indices: int | array, axis: int | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The slices of `axis` that `indices` names, or elements of the flattened array.

    The indices' shape stands in place of `axis`; the dtype is that of `a`. Raises `ValueError` for indices that are no integers,
    `IndexError` for an axis that is not there.

    >>> mx.take(mx.array([5, 6, 7]), mx.array([2, 0]))
    array([7, 5], dtype=int32)
    """
def take_along_axis(a: array, /, indices: array, axis: int | None = -1, *, stream: _StreamOrDevice = None) -> array:
    """The elements along `axis` that `indices`, of as many axes as `a`, names at each place; in the flattened array if it is `None`.

    The shape is that of the indices, the dtype that of `a`. Raises `ValueError` for shapes that do not go together or indices that are
    no integers.

    >>> mx.take_along_axis(mx.array([[1, 2]]), mx.array([[1]]), 1)
    array([[2]], dtype=int32)
    """
def tan(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The tangent of radians.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.tan(mx.array([0.0]))
    array([0], dtype=float32)
    """
def tanh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The hyperbolic tangent.

    Shape: any, and the result has it; floats and complex64 stay, integers and bool give float32. `stream` is the stream or device to run on. Raises `TypeError` or `ValueError` for what is no array or number.

    >>> mx.tanh(mx.array([0.0]))
    array([0], dtype=float32)
    """
def tensordot(a: array, b: array, /, axes: int | list[Sequence[int]] = 2, *, stream: _StreamOrDevice = None) -> array:
    """The sum of products over the last `axes` axes of `a` and the first of `b`, or over two lists of axes.

    Shape: the axes of `a` that remain, then those of `b`. Dtypes promote to a float or complex one. Raises `ValueError` for axes that
    do not match.

    >>> mx.tensordot(mx.ones((2, 3)), mx.ones((3, 4)), 1).shape
    (2, 4)
    """
def tile(a: array, reps: int | Sequence[int], /, *, stream: _StreamOrDevice = None) -> array:
    """The array repeated as a whole, `reps` times along each axis.

    The axes' sizes are multiplied and the dtype stays; a shape of fewer axes gets ones in front. Raises `ValueError` for a negative
    number.

    >>> mx.tile(mx.array([1, 2]), 2)
    array([1, 2, 1, 2], dtype=int32)
    """
def to_fp8(x: array, *, stream: _StreamOrDevice = None) -> array:
    """The nearest 8-bit floats (e4m3) as uint8; what is too large becomes 448.

    The shape stays. Raises `ValueError` for what are no floats.

    >>> mx.to_fp8(mx.array([1.0]))
    array([56], dtype=uint8)
    """
def topk(a: array, /, k: int, axis: None | int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The `k` largest elements along `axis`, ascending.

    Shapes: any; `axis` has the size `k` in the result, of the dtype of `a`. Raises `IndexError` for an axis that is not there,
    `ValueError` for more elements than there are.

    >>> mx.topk(mx.array([3, 1, 2]), 2)
    array([2, 3], dtype=int32)
    """
def trace(a: array, /, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The sum of the diagonal `offset` of the axes `axis1` and `axis2`, in `dtype` if it is given.

    Shapes: any of two axes or more; the two go. Raises `IndexError` for an axis that is not there.

    >>> mx.trace(mx.eye(3))
    array(3, dtype=float32)
    """
def transpose(a: array, /, axes: Sequence[int] | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The axes in the order of `axes`, or reversed.

    Shape: the sizes in that order. The dtype stays. Raises `ValueError` for what is no order of the axes.

    >>> mx.transpose(mx.ones((2, 3))).shape
    (3, 2)
    """
def tri(n: int, m: int | None = None, k: int = 0, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """Ones on and below diagonal `k` of an `n` by `m` matrix, zeros above.

    Shape: `(n, m)`, with `m` the same as `n` by default and nothing for negative sizes; float32 unless a dtype is given. Raises
    `TypeError` for what is no integer.

    >>> mx.tri(2)
    array([[1, 0],
           [1, 1]], dtype=float32)
    """
def tril(x: array, k: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """The elements on and below diagonal `k`, zeros above.

    Shapes: matrices, `(..., n, m)`; shape and dtype stay. Raises `ValueError` for fewer axes.

    >>> mx.tril(mx.ones((2, 2)))
    array([[1, 0],
           [1, 1]], dtype=float32)
    """
def triu(x: array, k: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """The elements on and above diagonal `k`, zeros below.

    Shapes: matrices, `(..., n, m)`; shape and dtype stay. Raises `ValueError` for fewer axes.

    >>> mx.triu(mx.ones((2, 2)))
    array([[1, 1],
           [0, 1]], dtype=float32)
    """
def trunc(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """Rounds toward zero.

    Shape and dtype stay. Raises `ValueError` for complex numbers.

    >>> mx.trunc(mx.array([-1.7]))
    array([-1], dtype=float32)
    """
uint16: Final[Dtype]
uint32: Final[Dtype]
uint64: Final[Dtype]
uint8: Final[Dtype]
def unflatten(a: array, /, axis: int, shape: Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """`axis` split into the sizes of `shape`, one of which may be -1.

    Raises `IndexError` for an axis that is not there, `ValueError` for sizes that do not fit. The dtype stays.

    >>> mx.unflatten(mx.ones((6,)), 0, (2, -1)).shape
    (2, 3)
    """
def unique(a: array, /, size: int, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, fill_value: _Scalar | array | None = None, *, stream: _StreamOrDevice = None) -> array | tuple[array, ...]:
    """The `size` smallest distinct elements of the flattened array, ascending, filled up with `fill_value` (the smallest if `None`). On
    request, in a tuple with them: where each occurs first, for each element the place of its value, and how often each occurs.

    Shapes: `(size,)`, of places uint32. Raises `ValueError` for an empty array.

    >>> mx.unique(mx.array([3, 1, 3]), 2)
    array([1, 3], dtype=int32)
    >>> mx.unique(mx.array([3, 1, 3]), 2, return_counts=True)
    (array([1, 3], dtype=int32), array([1, 2], dtype=int32))
    """
unsignedinteger: Final[DtypeCategory]
def unstack(x: array, /, *, axis: int = 0, stream: _StreamOrDevice = None) -> tuple[array, ...]:
    """The slices along `axis`, each without it, as a tuple.

    Raises `IndexError` for an axis that is not there. Shapes: that of `a` without `axis`. The dtype stays.

    >>> mx.unstack(mx.array([[1, 2], [3, 4]]))
    (array([1, 2], dtype=int32), array([3, 4], dtype=int32))
    """
def value_and_grad(fun: Callable[P, R], argnums: int | Sequence[int] | None = None, argnames: str | Sequence[str] = []) -> Callable[P, tuple[R, Any]]:
    """The function that gives `fun`'s value and its gradient, as `grad` does, in one run. `fun` returns a scalar array, or a tuple that
    starts with one; the rest of the tuple is passed through.

    Shapes and dtypes of the gradient are those of the argument. Raises `ValueError` if `fun` returns no scalar, `TypeError` for what is no
    function.

    >>> mx.value_and_grad(lambda x: x * x)(mx.array(3.0))
    (array(9, dtype=float32), array(6, dtype=float32))
    """
def var(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, ddof: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """The variance over `axis`, the sum of squares over n - `ddof`, or n - `correction` if that is given.

    Shapes: any; the axes of `axis` go, or stay with size one with `keepdims`. Raises `IndexError` for an axis that is
    not there, `ValueError` for one named twice.

    >>> mx.var(mx.array([1.0, 3.0]), ddof=1)
    array(2, dtype=float32)
    """
def vecdot(a: array, b: array, /, *, axis: int = -1, stream: _StreamOrDevice = None) -> array:
    """The products of the vectors along `axis`, those of `a` conjugated.

    The other axes broadcast, so `(n, k)` and `(k,)` give the shape `(n,)`; dtypes promote. Raises `ValueError` for shapes that do not
    match.

    >>> mx.vecdot(mx.array([1.0, 2.0]), mx.array([3.0, 4.0]))
    array(11, dtype=float32)
    """
def view(a: _Operand, dtype: Dtype, stream: _StreamOrDevice = None) -> array:
    """The bytes of the elements as elements of another dtype; if their sizes differ the last axis grows or shrinks.

    The other axes of the shape stay. Raises `ValueError` for bytes that are no whole number of elements.

    >>> mx.view(mx.array([1.0]), mx.uint32)
    array([1065353216], dtype=uint32)
    """
def vjp(fun: Callable[..., Any], primals: Sequence[array], cotangents: Sequence[array]) -> tuple[list[array], list[array]]:
    """The outputs of `fun` at the primals, and the products of the cotangents, of the outputs' shapes, with the Jacobian: two lists of
    arrays.

    Raises `ValueError` for cotangents of other shapes. Dtypes are those of the primals.

    >>> mx.vjp(lambda x: x * x, [mx.array(3.0)], [mx.array(1.0)])
    ([array(9, dtype=float32)], [array(6, dtype=float32)])
    """
def vmap(fun: Callable[P, R], in_axes: Any = 0, out_axes: Any = 0) -> Callable[P, R]:
    """The function over a batch: `fun` of every example, stacked. `in_axes` says along which axis each argument is batched: an integer for
    all, `None` for what every example shares, or a tree of these with an entry for each argument; `out_axes` the same of the result.

    Arrays of any dtype; batches have one size. Raises `ValueError` for batches of different sizes or arguments that hold more than arrays.

    >>> mx.vmap(lambda row: row.sum())(mx.ones((4, 3)))
    array([3, 3, 3, 3], dtype=float32)
    """
def where(condition: _Operand, x: _Operand, y: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """`x` where `condition` holds, else `y`; all three broadcast.

    Dtypes promote; numbers take the other's dtype. Raises `ValueError` for shapes that do not broadcast.

    >>> mx.where(mx.array([True, False]), 1, 2)
    array([1, 2], dtype=int32)
    """
def zeros(shape: int | Sequence[int], dtype: Dtype | None = ..., *, stream: _StreamOrDevice = None) -> array:
    """Zeros of a shape.

    float32 unless a dtype is given. Raises `ValueError` for a negative size in the shape, `MemoryError` for a shape
    that is too large.

    >>> mx.zeros((2, 3)).shape
    (2, 3)
    """
def zeros_like(a: array, /, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """Zeros of the shape of `a`, and of its dtype unless one is given.

    Raises `TypeError` for what is no array.

    >>> mx.zeros_like(mx.array([1, 2]))
    array([0, 0], dtype=int32)
    """
def _print_as(package: str) -> None:
    """Makes dtypes print as members of another package: of `mlx`, for programs that were written for it."""
def hessian(fun: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]:
    """The function that gives the matrix of second derivatives of `fun`, from one array to a scalar array: of shape input shape twice.

    Raises `ValueError` for another result than a scalar. The dtype is that of the argument.

    >>> mx.hessian(lambda x: (x ** 3).sum())(mx.array([1.0, 2.0]))
    array([[6, 0],
           [0, 12]], dtype=float32)
    """
def jacfwd(fun: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]:
    """The function that gives the Jacobian of `fun`, from one array to one array, by forward mode: of shape output shape + input shape. Good
    for more outputs than inputs.

    Raises `TypeError` for other arguments and results. The dtype is that of the result.

    >>> mx.jacfwd(lambda x: x * x)(mx.array([1.0, 2.0]))
    array([[2, 0],
           [0, 4]], dtype=float32)
    """
def jacrev(fun: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]:
    """The function that gives the Jacobian of `fun` by reverse mode. Good for more inputs than outputs.

    Shape: output shape + input shape. Raises `TypeError` for other arguments and results. The dtype is that of the argument.

    >>> mx.jacrev(lambda x: x * x)(mx.array([1.0, 2.0]))
    array([[2, 0],
           [0, 4]], dtype=float32)
    """
def register_tree(*args: Any, **kwargs: Any) -> Any:
    """Makes the objects of a class trees: `flatten(object)` gives `(children, static)` and `unflatten(static, children)` the object again.

    Raises `TypeError` for what is no class.

    >>> class Pair:
    ...     def __init__(self, a, b):
    ...         self.a, self.b = a, b
    >>> mx.register_tree(Pair, lambda p: ([p.a, p.b], None), lambda _, children: Pair(*children))
    >>> mx.grad(lambda p: p.a * p.b)(Pair(mx.array(2.0), mx.array(3.0))).a
    array(3, dtype=float32)
    """
from . import linalg as linalg
from . import fft as fft
from . import random as random
from . import fast as fast
from . import distributed as distributed
from . import metal as metal
from . import cuda as cuda

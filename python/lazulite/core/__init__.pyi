"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

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
        """The array with its axes reversed."""
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
        """The absolute value; of a complex number its modulus. `abs([-1, 2])` is `[1, 2]`."""
    def all(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """Whether all elements along `axis` differ from zero. `all(mx.array([1, 0]))` is `False`."""
    def any(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """Whether any element along `axis` differs from zero. `any(mx.array([1, 0]))` is `True`."""
    def argmax(self, axis: int | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The index, uint32, of the first largest element along `axis`, or in the flattened array. `argmax(mx.array([1, 5]))` is `1`."""
    def argmin(self, axis: int | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The index, uint32, of the first smallest element along `axis`, or in the flattened array. `argmin(mx.array([1, 5]))` is `0`."""
    def astype(self, dtype: Dtype, stream: _StreamOrDevice = None) -> array:
        """The elements converted to a dtype."""
    @property
    def at(self) -> ArrayAt:
        """Updates at an index: `x.at[index].add(value)` is `x` with the value added there, also where the index repeats."""
    def conj(self, *, stream: _StreamOrDevice = None) -> array:
        """The complex conjugate."""
    def cos(self, *, stream: _StreamOrDevice = None) -> array:
        """The cosine of radians. `cos([0.0])` is `[1.0]`."""
    def cummax(self, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
        """The running maxima along `axis`, of the flattened array if it is `None`. `cummax(mx.array([2, 1, 3]))` is `[2, 2, 3]`."""
    def cummin(self, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
        """The running minima along `axis`, of the flattened array if it is `None`. `cummin(mx.array([2, 1, 3]))` is `[2, 1, 1]`."""
    def cumprod(self, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
        """The running products along `axis`, as the function of this name gives them."""
    def cumsum(self, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
        """The running sums along `axis`, as the function of this name gives them."""
    def diag(self, k: int = 0, *, stream: _StreamOrDevice = None) -> array:
        """The diagonal `k` of a matrix, or the matrix with a vector on it. `diag(mx.array([1, 2]))` is `[[1, 0], [0, 2]]`."""
    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1, stream: _StreamOrDevice = None) -> array:
        """The diagonal `offset` of the axes `axis1` and `axis2`, as the last axis."""
    @property
    def dtype(self) -> Dtype:
        """The type of the elements."""
    def exp(self, *, stream: _StreamOrDevice = None) -> array:
        """The exponential. `exp([0.0])` is `[1.0]`."""
    def flatten(self, start_axis: int = 0, end_axis: int = -1, *, stream: _StreamOrDevice = None) -> array:
        """The axes `start_axis` to `end_axis` as one. `flatten(mx.ones((2, 3)))` has the shape `(6,)`."""
    @property
    def imag(self) -> array:
        """The imaginary part."""
    def item(self) -> Any:
        """The one element, as a Python number."""
    @property
    def itemsize(self) -> int:
        """Bytes that an element takes."""
    def log(self, *, stream: _StreamOrDevice = None) -> array:
        """The natural logarithm. `log([1.0])` is `[0.0]`."""
    def log10(self, *, stream: _StreamOrDevice = None) -> array:
        """The logarithm to base 10. `log10([100.0])` is `[2.0]`."""
    def log1p(self, *, stream: _StreamOrDevice = None) -> array:
        """`log(1 + a)`, exact also near zero. `log1p([0.0])` is `[0.0]`."""
    def log2(self, *, stream: _StreamOrDevice = None) -> array:
        """The logarithm to base 2. `log2([8.0])` is `[3.0]`."""
    def logcumsumexp(self, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
        """The logarithms of the running sums of `exp(a)` along `axis`, without overflow. `logcumsumexp(mx.array([0.0, 0.0]))` is
        `[0, 0.693147]`.
        """
    def logsumexp(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """`log(sum(exp(a)))` over `axis`, without overflow. `logsumexp(mx.array([0.0]))` is `0.0`."""
    @property
    def mT(self) -> array:
        """The array with its last two axes exchanged."""
    def max(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The largest element along `axis`; NaN if there is one. `max(mx.array([1, 3]))` is `3`."""
    def mean(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The mean over `axis`; integers become float32. `mean(mx.array([1, 2]))` is `1.5`."""
    def min(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The smallest element along `axis`; NaN if there is one. `min(mx.array([1, 3]))` is `1`."""
    def moveaxis(self, source: int, destination: int, *, stream: _StreamOrDevice = None) -> array:
        """The axis `source` moved to place `destination`. `moveaxis(mx.ones((2, 3, 4)), 0, -1)` has the shape `(3, 4, 2)`."""
    @property
    def nbytes(self) -> int:
        """Bytes that the elements take."""
    @property
    def ndim(self) -> int:
        """Number of axes."""
    def prod(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The product over `axis`. Small integers multiply in 32 bits. `prod(mx.array([2, 3]))` is `6`."""
    @property
    def real(self) -> array:
        """The real part."""
    def reciprocal(self, *, stream: _StreamOrDevice = None) -> array:
        """`1 / a`. `reciprocal([4.0])` is `[0.25]`."""
    def reshape(self, *shape: int | Sequence[int], stream: _StreamOrDevice = None) -> array:
        """The elements in another shape, given as integers or one sequence of them; -1 stands for what remains."""
    def round(self, decimals: int = 0, *, stream: _StreamOrDevice = None) -> array:
        """Rounds to `decimals` places, halves to even."""
    def rsqrt(self, *, stream: _StreamOrDevice = None) -> array:
        """`1 / sqrt(a)`. `rsqrt([4.0])` is `[0.5]`."""
    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes, as a tuple."""
    def sin(self, *, stream: _StreamOrDevice = None) -> array:
        """The sine of radians. `sin([0.0])` is `[0.0]`."""
    @property
    def size(self) -> int:
        """Number of elements."""
    def split(self, indices_or_sections: int | tuple[int, ...], axis: int = 0, *, stream: _StreamOrDevice = None) -> list[array]:
        """Parts along `axis`: equal ones, or ending at the given places. `split(mx.arange(6), 3)` has three arrays of shape `(2,)`."""
    def sqrt(self, *, stream: _StreamOrDevice = None) -> array:
        """The square root. `sqrt([4.0])` is `[2.0]`."""
    def square(self, *, stream: _StreamOrDevice = None) -> array:
        """`a * a`. `square([3])` is `[9]`."""
    def squeeze(self, axis: int | Sequence[int] | None = None, *, stream: _StreamOrDevice = None) -> array:
        """Without the axes of size one, or those of `axis`. `squeeze(mx.ones((1, 2)))` has the shape `(2,)`."""
    def std(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, ddof: int = 0, *, correction: int | None = None, stream: _StreamOrDevice = None) -> array:
        """The standard deviation over `axis`, the root of the variance. `std(mx.array([1.0, 3.0]))` is `1.0`."""
    def sum(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
        """The sum over `axis` (all axes if `None`), which `keepdims` keeps with size one. Small integers sum in 32 bits.
        `sum(mx.ones((2, 3)), axis=0)` has the shape `(3,)`.
        """
    def swapaxes(self, axis1: int, axis2: int, *, stream: _StreamOrDevice = None) -> array:
        """Two axes swapped. `swapaxes(mx.ones((2, 3, 4)), 0, 2)` has the shape `(4, 3, 2)`."""
    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers; of a 0-d array, the number."""
    def transpose(self, *axes: int | Sequence[int], stream: _StreamOrDevice = None) -> array:
        """The array with its axes in another order, given as integers or one sequence of them; reversed if none is given."""
    def var(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, ddof: int = 0, *, correction: int | None = None, stream: _StreamOrDevice = None) -> array:
        """The variance over `axis`, the sum of squares over n - `ddof`, or n - `correction` if that is given. `var(mx.array([1.0, 3.0]))` is
        `1.0`.
        """
    def view(self, dtype: Dtype, *, stream: _StreamOrDevice = None) -> array:
        """The elements' bytes as elements of another dtype; if their sizes differ the last axis grows or shrinks."""
    def __rmatmul__(self, other: array) -> array: ...
    def __hash__(self) -> int: ...

def abs(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The absolute value; of a complex number its modulus. `abs([-1, 2])` is `[1, 2]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def acos(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse cosine, in radians. `arccos([1.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def acosh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic cosine. `arccosh([1.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def add(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a + b`. `add(mx.array([1, 2]), 3)` is `[4, 5]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def addmm(c: array, a: array, b: array, /, alpha: float = 1.0, beta: float = 1.0, *, stream: _StreamOrDevice = None) -> array:
    """`alpha * (a @ b) + beta * c`, `c` broadcast to the product. `addmm(mx.array(1.0), mx.eye(2), mx.eye(2))` is `[[2, 1], [1, 2]]`."""
def all(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """Whether all elements along `axis` differ from zero. `all(mx.array([1, 0]))` is `False`."""
def allclose(a: array, b: array, /, rtol: float = 1e-05, atol: float = 1e-08, *, equal_nan: bool = False, stream: _StreamOrDevice = None) -> array:
    """Whether all elements are close, as `isclose` says: a bool of shape `()`. `allclose(x, x)` is `True` without NaN."""
def any(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """Whether any element along `axis` differs from zero. `any(mx.array([1, 0]))` is `True`."""
@overload
def arange(start: int | float, stop: int | float | None, step: int | float | None = None, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The numbers from `start` (0 if only one bound is given) below `stop`, `step` apart: `arange(3)` is `[0, 1, 2]`,
    `arange(1, 2, 0.5)` is `[1.0, 1.5]`.
    """
@overload
def arange(stop: int | float, *, step: int | float | None = None, dtype: Dtype | None = None, stream: _StreamOrDevice = None) -> array:
    """The numbers from `start` (0 if only one bound is given) below `stop`, `step` apart: `arange(3)` is `[0, 1, 2]`,
    `arange(1, 2, 0.5)` is `[1.0, 1.5]`.
    """
def arccos(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse cosine, in radians. `arccos([1.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def arccosh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic cosine. `arccosh([1.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def arcsin(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse sine, in radians. `arcsin([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def arcsinh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic sine. `arcsinh([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def arctan(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse tangent, in radians. `arctan([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def arctan2(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """The angle of the point `(b, a)`, in radians. `arctan2(mx.array([0.0]), 1.0)` is `[0.0]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def arctanh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic tangent. `arctanh([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def argmax(a: array, /, axis: None | int = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The index, uint32, of the first largest element along `axis`, or in the flattened array. `argmax(mx.array([1, 5]))` is `1`."""
def argmin(a: array, /, axis: None | int = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The index, uint32, of the first smallest element along `axis`, or in the flattened array. `argmin(mx.array([1, 5]))` is `0`."""
def argpartition(a: array, /, kth: int, axis: None | int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The indices, uint32, that put the elements along `axis` in the order of `partition`.
    `argpartition(mx.array([3, 1, 2]), 1)[1]` is `2`.
    """
def argsort(a: array, /, axis: None | int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The indices, uint32, that sort along `axis`: stable, NaN last. `argsort(mx.array([3, 1]))` is `[1, 0]`."""
def array_equal(a: _Operand, b: _Operand, equal_nan: bool = False, stream: _StreamOrDevice = None) -> array:
    """Whether `a` and `b` have one shape and equal elements, NaN equal to NaN if `equal_nan`: a bool of shape `()`.
    `array_equal(mx.array([1, 2]), mx.array([1, 2]))` is `True`.
    """
def as_strided(a: array, /, shape: Sequence[int] | None = None, strides: Sequence[int] | None = None, offset: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """Elements picked by strides from the flattened array. `as_strided(mx.arange(6), (2, 2), (1, 2), 1)` is `[[1, 3], [2, 4]]`."""
def asarray(a: Any, dtype: Dtype | None = None, *, copy: bool | None = None) -> array:
    """An array of `a`: itself if it is one, else as `array(a, dtype)`. With `copy=True` its memory is its own; with `copy=False` it shares
    the memory of `a`, which must be contiguous, of the dtype, and stay unchanged, or it is an error.
    """
def asin(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse sine, in radians. `arcsin([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def asinh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic sine. `arcsinh([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def astype(a: array, dtype: Dtype, /, *, stream: _StreamOrDevice = None) -> array:
    """The array in another dtype. `astype(mx.array([1.7]), mx.int32)` is `[1]`."""
def async_eval(*args: Any) -> Any:
    """Starts computing the arrays in the arguments and returns at once; whoever reads one waits for it."""
def atan(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse tangent, in radians. `arctan([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def atan2(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """The angle of the point `(b, a)`, in radians. `arctan2(mx.array([0.0]), 1.0)` is `[0.0]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def atanh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse hyperbolic tangent. `arctanh([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def atleast_1d(*arys: array, stream: _StreamOrDevice = None) -> array | list[array]:
    """The arrays with at least one axis. `atleast_1d(mx.array(1))` has the shape `(1,)`."""
def atleast_2d(*arys: array, stream: _StreamOrDevice = None) -> array | list[array]:
    """The arrays with at least two axes. `atleast_2d(mx.array([1, 2]))` has the shape `(1, 2)`."""
def atleast_3d(*arys: array, stream: _StreamOrDevice = None) -> array | list[array]:
    """The arrays with at least three axes. `atleast_3d(mx.array([1, 2]))` has the shape `(1, 2, 1)`."""
def bartlett(M: int, *, stream: _StreamOrDevice = None) -> array:
    """Bartlett's window of `M` points. `bartlett(3)` is `[0, 1, 0]`."""
bfloat16: Final[Dtype]
def bitwise_and(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """The bits set in both. `bitwise_and(mx.array([6]), 3)` is `[2]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def bitwise_invert(a: _Operand, stream: _StreamOrDevice = None) -> array:
    """Every bit flipped; for bool the opposite. `bitwise_invert([0, 5])` is `[-1, -6]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def bitwise_left_shift(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a` with its bits moved left by `b`. `left_shift(mx.array([1]), 3)` is `[8]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def bitwise_or(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """The bits set in either. `bitwise_or(mx.array([6]), 3)` is `[7]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def bitwise_right_shift(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a` with its bits moved right by `b`. `right_shift(mx.array([8]), 3)` is `[1]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def bitwise_xor(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """The bits set in one. `bitwise_xor(mx.array([6]), 3)` is `[5]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def blackman(M: int, *, stream: _StreamOrDevice = None) -> array:
    """Blackman's window of `M` points. `blackman(3)` is `[0, 1, 0]`."""
def block_masked_mm(a: array, b: array, /, block_size: int = 64, mask_out: array | None = None, mask_lhs: array | None = None, mask_rhs: array | None = None, *, stream: _StreamOrDevice = None) -> array:
    """`a @ b`, with blocks of `block_size` by `block_size` elements of the result and of the operands kept or dropped by masks of bool,
    or multiplied by other masks, one element a block. The result has the shape of `a @ b`.
    """
bool_: Final[Dtype]
def broadcast_arrays(*arrays: array, stream: _StreamOrDevice = None) -> tuple[array, ...]:
    """The arrays in the shape that they have in common, as a list. `broadcast_arrays(mx.ones((2, 1)), mx.ones((3,)))` has two arrays of
    shape `(2, 3)`.
    """
def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape that shapes have in common. `broadcast_shapes((2, 1), (3,))` is `(2, 3)`."""
def broadcast_to(a: _Operand, /, shape: Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """The array repeated to a larger shape. `broadcast_to(mx.array([1, 2]), (2, 2))` is `[[1, 2], [1, 2]]`."""
def can_cast(from_: array | Dtype, to: Dtype) -> bool:
    """Whether values of one dtype are converted to another by promotion."""
def ceil(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The smallest integer that is not less. `ceil([0.5])` is `[1.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def checkpoint(fun: Callable[P, R]) -> Callable[P, R]:
    """The function with its intermediate values computed again for its gradient instead of kept: less memory for more work.
    `grad(checkpoint(f))` equals `grad(f)`.
    """
def clear_cache() -> None:
    """Gives kept memory back to the system."""
def clear_streams() -> None:
    """Forgets the streams that this thread was given."""
def clip(a: array, /, a_min: _Operand | None, a_max: _Operand | None, *, stream: _StreamOrDevice = None) -> array:
    """The array limited from below by `a_min` and from above by `a_max`, one of which may be `None`.
    `clip(mx.array([1, 5]), 2, 3)` is `[2, 3]`.
    """
def compile(fun: Callable[P, R], inputs: Any = None, outputs: Any = None, shapeless: bool = False) -> Callable[P, R]:
    """The function, traced once for each structure, shapes, dtypes and constants of its arguments, and run as one unit from then on.
    `inputs` and `outputs` are trees of arrays that it captures: read at each call, and written back. With `shapeless` a trace serves for
    every shape of a rank. `compile(lambda x: mx.exp(-x))(mx.zeros((2,)))` is `[1.0, 1.0]`.
    """
complex64: Final[Dtype]
complexfloating: Final[DtypeCategory]
def concat(arrays: Sequence[array], axis: int | None = 0, *, stream: _StreamOrDevice = None) -> array:
    """The arrays one after the other along `axis`, or flattened if it is `None`. Dtypes promote.
    `concatenate([mx.array([1]), mx.array([2])])` is `[1, 2]`.
    """
def concatenate(arrays: Sequence[array], axis: int | None = 0, *, stream: _StreamOrDevice = None) -> array:
    """The arrays one after the other along `axis`, or flattened if it is `None`. Dtypes promote.
    `concatenate([mx.array([1]), mx.array([2])])` is `[1, 2]`.
    """
def conj(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The complex conjugate; `a` may be passed by name. `conj(mx.array([1+2j]))` is `[1-2j]`."""
def conjugate(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The complex conjugate. `conjugate([1+2j])` is `[1-2j]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def contiguous(a: array, /, allow_col_major: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The array with its elements in row-major order in memory. It is always so here, also with `allow_col_major`."""
def conv1d(input: array, weight: array, /, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The convolution of `(N, L, C)` with `(O, K, C / groups)`, without turning the kernel around.
    `conv1d(mx.ones((1, 5, 2)), mx.ones((3, 2, 2)))` has the shape `(1, 4, 3)`.
    """
def conv2d(input: array, weight: array, /, stride: int | tuple[int, int] = 1, padding: int | tuple[int, int] = 0, dilation: int | tuple[int, int] = 1, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The convolution of `(N, H, W, C)` with `(O, KH, KW, C / groups)`, without turning the kernel around.
    `conv2d(mx.ones((1, 5, 5, 2)), mx.ones((3, 3, 3, 2)), padding=1)` has the shape `(1, 5, 5, 3)`.
    """
def conv3d(input: array, weight: array, /, stride: int | tuple[int, int, int] = 1, padding: int | tuple[int, int, int] = 0, dilation: int | tuple[int, int, int] = 1, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The convolution of `(N, D, H, W, C)` with `(O, KD, KH, KW, C / groups)`, without turning the kernel around.
    `conv3d(mx.ones((1, 4, 4, 4, 2)), mx.ones((3, 2, 2, 2, 2)), stride=2)` has the shape `(1, 2, 2, 2, 3)`.
    """
def conv_general(input: array, weight: array, /, stride: int | Sequence[int] = 1, padding: int | Sequence[int] | tuple[Sequence[int], Sequence[int]] = 0, kernel_dilation: int | Sequence[int] = 1, input_dilation: int | Sequence[int] = 1, groups: int = 1, flip: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The convolution of `(N, ..., C)`, of one to three spatial axes, with `(O, ..., C / groups)`. `padding` may be a pair: before and
    after. The input's elements lie `input_dilation` apart; `flip` turns the kernel around.
    `conv_general(mx.ones((1, 4, 1)), mx.ones((1, 3, 1)), padding=([2], [0]))` has the shape `(1, 4, 1)`.
    """
def conv_transpose1d(input: array, weight: array, /, stride: int = 1, padding: int = 0, dilation: int = 1, output_padding: int = 0, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The transposed convolution of `(N, L, C)` with `(O, K, C / groups)`: windows of the output, `stride` apart, are added up.
    `conv_transpose1d(mx.ones((1, 2, 1)), mx.ones((1, 3, 1)), stride=2)` is `[1, 1, 2, 1, 1]` in the shape `(1, 5, 1)`.
    """
def conv_transpose2d(input: array, weight: array, /, stride: int | tuple[int, int] = 1, padding: int | tuple[int, int] = 0, dilation: int | tuple[int, int] = 1, output_padding: int | tuple[int, int] = 0, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The transposed convolution of `(N, H, W, C)` with `(O, KH, KW, C / groups)`.
    `conv_transpose2d(mx.ones((1, 4, 4, 2)), mx.ones((3, 2, 2, 2)), stride=2)` has the shape `(1, 8, 8, 3)`.
    """
def conv_transpose3d(input: array, weight: array, /, stride: int | tuple[int, int, int] = 1, padding: int | tuple[int, int, int] = 0, dilation: int | tuple[int, int, int] = 1, output_padding: int | tuple[int, int, int] = 0, groups: int = 1, *, stream: _StreamOrDevice = None) -> array:
    """The transposed convolution of `(N, D, H, W, C)` with `(O, KD, KH, KW, C / groups)`.
    `conv_transpose3d(mx.ones((1, 2, 2, 2, 1)), mx.ones((1, 2, 2, 2, 1)))` has the shape `(1, 3, 3, 3, 1)`.
    """
def convolve(a: array, v: array, /, mode: str = 'full', *, stream: _StreamOrDevice = None) -> array:
    """The convolution of two sequences: `mode` is "full", "same" (as many elements as the longer has) or "valid".
    `convolve(mx.array([1.0, 2.0, 3.0]), mx.array([0.0, 1.0, 0.5]), "same")` is `[1, 2.5, 4]`.
    """
def cos(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The cosine of radians. `cos([0.0])` is `[1.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def cosh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The hyperbolic cosine. `cosh([0.0])` is `[1.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def count_nonzero(a: array, /, *, axis: None | int | Sequence[int] = None, keepdims: bool = False, stream: _StreamOrDevice = None) -> array:
    """How many elements along `axis` differ from zero, as int32. `count_nonzero(mx.array([1, 0, 2]))` is `2`."""
cpu: Final[DeviceType]
def cummax(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
    """The running maxima along `axis`, of the flattened array if it is `None`. `cummax(mx.array([2, 1, 3]))` is `[2, 2, 3]`."""
def cummin(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
    """The running minima along `axis`, of the flattened array if it is `None`. `cummin(mx.array([2, 1, 3]))` is `[2, 1, 1]`."""
def cumprod(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, dtype: Dtype | None = None, stream: _StreamOrDevice = None) -> array:
    """The running products along `axis`, as `cumsum` sums. `cumprod(mx.array([1, 2, 3]))` is `[1, 2, 6]`."""
def cumsum(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, dtype: Dtype | None = None, stream: _StreamOrDevice = None) -> array:
    """The running sums along `axis` (of the flattened array if `None`), in `dtype`, else in that of `a`; bool sums in int32. `reverse` runs
    from the end; not `inclusive`, an element is no part of its own result. `cumsum(mx.array([1, 2, 3]))` is `[1, 3, 6]`.
    """
def cumulative_prod(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, dtype: Dtype | None = None, stream: _StreamOrDevice = None) -> array:
    """The running products along `axis`, as `cumsum` sums. `cumprod(mx.array([1, 2, 3]))` is `[1, 2, 6]`."""
def cumulative_sum(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, dtype: Dtype | None = None, stream: _StreamOrDevice = None) -> array:
    """The running sums along `axis` (of the flattened array if `None`), in `dtype`, else in that of `a`; bool sums in int32. `reverse` runs
    from the end; not `inclusive`, an element is no part of its own result. `cumsum(mx.array([1, 2, 3]))` is `[1, 3, 6]`.
    """
def default_device() -> Device:
    """The device of ops for which no stream is named."""
def default_stream(device: Device | DeviceType) -> Stream:
    """The stream of a device that ops in this thread use when they name none."""
def degrees(a: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """Angles in degrees, from radians. `degrees([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def depends(inputs: array | Sequence[array], dependencies: array | Sequence[array]) -> list[array]:
    """The inputs as they are, which are computed only after the dependencies are. `depends(x, y)` is `x`, after `y`."""
def dequantize(w: array, /, scales: array, biases: array | None = None, group_size: int | None = None, bits: int | None = None, mode: str = 'affine', global_scale: array | None = None, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The numbers that codes stand for, of the scales' dtype or `dtype`. `dequantize(*quantize(mx.ones((2, 64))))` is all ones."""
def device_count(device_type: DeviceType) -> int:
    """How many devices of a kind there are."""
def device_info(d: None | Device | DeviceType = None) -> dict[str, str | int]:
    """What is known about a device: its name and architecture."""
def diag(a: array, /, k: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """The diagonal `k` of a matrix, or the matrix with a vector on it. `diag(mx.array([1, 2]))` is `[[1, 0], [0, 2]]`."""
def diagonal(a: array, offset: int = 0, axis1: int = 0, axis2: int = 1, stream: _StreamOrDevice = None) -> array:
    """The diagonal `offset` of the axes `axis1` and `axis2`, as the last axis. `diagonal(mx.array([[1, 2], [3, 4]]))` is `[1, 4]`."""
def diff(a: array, /, n: int = 1, axis: int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The differences of neighbours along `axis`, `n` times. `diff(mx.array([1, 4, 9]))` is `[3, 5]`."""
def disable_compile() -> None:
    """From now on compiled functions run as they are."""
def divide(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a / b`, always inexact. `divide(mx.array([1]), 2)` is `[0.5]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def divmod(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """The quotient rounded down and the remainder, as a list of two arrays. `divmod(mx.array([7]), 2)` is `[[3], [1]]`."""
e: Final[float]
def einsum(subscripts: str, *operands: array, stream: _StreamOrDevice = None) -> array:
    """Einstein summation: letters name axes, those missing after `->` are summed over. `einsum("ij,jk->ik", a, b)` is `a @ b`."""
def einsum_path(subscripts: str, *operands: array) -> tuple[list[tuple[int, ...]], str]:
    """The order in which `einsum` contracts operands without intermediates larger than these and the result, as tuples of places, and a
    report. `einsum_path("ij,jk->ik", a, b)[0]` is `[(0, 1)]`.
    """
def empty(shape: int | Sequence[int], dtype: Dtype | None = ..., *, stream: _StreamOrDevice = None) -> array:
    """Zeros of a shape. `zeros((2, 3))` has the shape `(2, 3)`."""
def empty_like(a: array, /, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """Zeros of the shape of `a`, and of its dtype unless one is given. `zeros_like(mx.array([1, 2]))` is `[0, 0]`."""
def enable_compile() -> None:
    """From now on compiled functions run compiled, whatever `MLX_DISABLE_COMPILE` says."""
def equal(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether equal. `equal(mx.array([1, 2]), 2)` is `[False, True]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def erf(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The error function. `erf([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def erfinv(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The inverse of the error function. `erfinv([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
euler_gamma: Final[float]
def eval(*args: Any) -> None:
    """Computes the arrays in the arguments, which may be trees, and waits for them."""
def exp(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The exponential. `exp([0.0])` is `[1.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def expand_dims(a: array, /, axis: int | Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """New axes of size one at the places `axis` of the result. `expand_dims(mx.ones((2,)), 0)` has the shape `(1, 2)`."""
def expm1(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`exp(a) - 1`, exact also near zero. `expm1([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def export_function(file_or_callback: str | Callable[..., Any], fun: Callable[..., Any], *args: Any, shapeless: bool = False, metadata: str | None = None, **kwargs: Any) -> None:
    """Traces a function on arrays like the arguments, and writes it to a file. The arguments are arrays, some of them with keywords, or one
    tuple and one dict of arrays. With `shapeless` the trace holds for every shape of a rank. In place of a file a function may be given; it
    is called with a dict for each part of what was traced. `export_function("f.mlxfn", lambda x: x + 1, mx.array(1.0))` writes `f.mlxfn`.
    """
def export_to_dot(file: Any, *args: Any, **kwargs: Any) -> None:
    """Writes the pending graph behind the arrays in `args`, which may be trees, as text of Graphviz's language DOT, to a name or an object
    opened in text mode. Arrays with keywords have these names there.
    """
def exporter(file: str, fun: Callable[..., Any], *, shapeless: bool = False, metadata: str | None = None) -> FunctionExporter:
    """A context that traces a function for several signatures and writes all to one file."""
def eye(n: int, m: int | None = None, k: int = 0, dtype: Dtype | None = ..., *, stream: _StreamOrDevice = None) -> array:
    """The `n` by `m` matrix with ones on diagonal `k`. `eye(2)` is `[[1, 0], [0, 1]]`."""
def flatten(a: array, /, start_axis: int = 0, end_axis: int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The axes `start_axis` to `end_axis` as one. `flatten(mx.ones((2, 3)))` has the shape `(6,)`."""
def flip(a: array, /, axis: None | int | Sequence[int] = None, *, stream: _StreamOrDevice = None) -> array:
    """The elements in reverse order along `axis`. `flip(mx.array([1, 2]))` is `[2, 1]`."""
float16: Final[Dtype]
float32: Final[Dtype]
float64: Final[Dtype]
floating: Final[DtypeCategory]
def floor(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The largest integer that is not greater. `floor([1.5])` is `[1.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def floor_divide(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """The quotient rounded down. `floor_divide(mx.array([-7]), 2)` is `[-4]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def from_dlpack(x: Any, /, *, copy: bool | None = None) -> array:
    """An array of what `x` exports by DLPack: a copy, or with `copy=False` over the same memory, which must stay unchanged."""
def from_fp8(x: array, dtype: Dtype = ..., *, stream: _StreamOrDevice = None) -> array:
    """The floats that uint8 codes of 8-bit floats (e4m3) stand for. `from_fp8(mx.array([56], mx.uint8))` is `[1]`."""
def full(shape: int | Sequence[int], vals: _Operand, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """`vals` everywhere, broadcast to the shape. `dtype` says how a number is stored; an array keeps its own.
    `full((2,), 7)` is `[7, 7]`.
    """
def full_like(a: array, vals: _Operand, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """`vals` everywhere in the shape of `a`, cast to its dtype or the given one. `full_like(mx.array([1, 2]), 3)` is `[3, 3]`."""
def gather_mm(a: array, b: array, /, lhs_indices: array | None = None, rhs_indices: array | None = None, *, sorted_indices: bool = False, stream: _StreamOrDevice = None) -> array:
    """Products of matrices of `a` that `lhs_indices` picks with those of `b` that `rhs_indices` picks, each from the batch of its operand.
    `sorted_indices` changes nothing: items that share a matrix are one product in any order.
    The result has the indices' shape before its rows and columns.
    """
def gather_qmm(x: array, w: array, /, scales: array, biases: array | None = None, lhs_indices: array | None = None, rhs_indices: array | None = None, transpose: bool = True, group_size: int | None = None, bits: int | None = None, mode: str = 'affine', global_scale: array | None = None, *, sorted_indices: bool = False, stream: _StreamOrDevice = None) -> array:
    """Products of matrices of `x` that `lhs_indices` picks with quantized ones that `rhs_indices` picks, each from the batch of its
    operand. `sorted_indices` changes nothing: items that share a matrix are one product in any order. `global_scale`, for "nvfp4", is
    the largest magnitude of each of the matrices of `w`, or of all.
    The result has the indices' shape before its rows and columns.
    """
def gather_qqmm(x: array, w: array, /, scales: array | None = None, lhs_indices: array | None = None, rhs_indices: array | None = None, group_size: int | None = None, bits: int | None = None, mode: str = 'nvfp4', global_scale_x: array | None = None, global_scale_w: array | None = None, *, sorted_indices: bool = False, stream: _StreamOrDevice = None) -> array:
    """`qqmm` of the matrices of `x` that `lhs_indices` picks and those of `w` that `rhs_indices` picks, each from the batch of its operand.
    `sorted_indices` changes nothing: items that share a matrix are one product in any order. A global scale, for "nvfp4", is one for
    each matrix of its side, or one for all. The result has the indices' shape before its rows and columns.
    """
generic: Final[DtypeCategory]
def get_active_memory() -> int:
    """Bytes that arrays take."""
def get_array_buffer_size(*args: Any) -> int:
    """Bytes that the arrays in the arguments take."""
def get_cache_memory() -> int:
    """Freed bytes that are kept for reuse."""
def get_memory_limit() -> int:
    """The limit of `set_memory_limit`."""
def get_peak_memory() -> int:
    """The most bytes that arrays took at once, since the start or `reset_peak_memory`."""
def get_printoptions() -> PrintOptions:
    """The options now."""
gpu: Final[DeviceType]
def grad(fun: Callable[P, R], argnums: int | Sequence[int] | None = None, argnames: str | Sequence[str] = []) -> Callable[P, Any]:
    """The function that gives the gradient of `fun`, which returns a scalar array: with respect to its first argument, or to those that
    `argnums` and `argnames` name. An argument is an array or a tree of arrays; its gradient has the same structure, shapes and dtypes.
    Several numbers give a tuple; with names the result is `(by number, {name: gradient})`. The gradient of an integer or bool, and that with
    respect to one, is zero.
    `grad(lambda x: x * x)(mx.array(3.0))` is `6.0`.
    """
def greater(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether `a > b`. `greater(mx.array([1, 3]), 2)` is `[False, True]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def greater_equal(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether `a >= b`. `greater_equal(mx.array([1, 2]), 2)` is `[False, True]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def hadamard_transform(a: array, scale: float | None = None, stream: _StreamOrDevice = None) -> array:
    """The Hadamard transform along the last axis, of a size `m * 2**k` with `m` in (1, 12, 20, 28), times `scale`, one over the root of the
    size by default. `hadamard_transform(mx.array([1.0, 2.0]), scale=1.0)` is `[3, -1]`.
    """
def hamming(M: int, *, stream: _StreamOrDevice = None) -> array:
    """The Hamming window of `M` points. `hamming(3)` is `[0.08, 1, 0.08]`."""
def hanning(M: int, *, stream: _StreamOrDevice = None) -> array:
    """The Hann window of `M` points. `hanning(3)` is `[0, 1, 0]`."""
def identity(n: int, dtype: Dtype | None = ..., *, stream: _StreamOrDevice = None) -> array:
    """The `n` by `n` identity matrix. `identity(2)` is `[[1, 0], [0, 1]]`."""
def imag(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The imaginary part. `imag([1+2j])` is `[2.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def import_function(file: str, return_metadata: bool = False) -> Callable[..., Any] | tuple[Callable[..., Any], str]:
    """The function in a file that `export_function` or an exporter wrote; with `return_metadata` the text beside it, too."""
inexact: Final[DtypeCategory]
inf: Final[float]
def inner(a: array, b: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The products of the vectors along the last axes, each of `a` with each of `b`. `inner(mx.ones((2, 3)), mx.ones((4, 3)))` has the
    shape `(2, 4)`.
    """
int16: Final[Dtype]
int32: Final[Dtype]
int64: Final[Dtype]
int8: Final[Dtype]
integer: Final[DtypeCategory]
def is_available(device: Device | DeviceType) -> bool:
    """Whether a device is there."""
def isclose(a: array, b: array, /, rtol: float = 1e-05, atol: float = 1e-08, *, equal_nan: bool = False, stream: _StreamOrDevice = None) -> array:
    """Whether `abs(a - b) <= atol + rtol * abs(b)`, elementwise. `isclose(x, x)` is true but for NaN."""
def isdtype(dtype: Dtype, kind: Dtype | str | tuple[Dtype | str, ...]) -> bool:
    """Whether a dtype is of a kind: a dtype, a name of the array API ("bool", "signed integer", "unsigned integer", "integral",
    "real floating", "complex floating", "numeric"), or a tuple of these, any of which may hold.
    """
def isfinite(a: array, stream: _StreamOrDevice = None) -> array:
    """Whether neither infinite nor NaN. `isfinite([1.0, inf])` is `[True, False]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def isinf(a: array, stream: _StreamOrDevice = None) -> array:
    """Whether infinite. `isinf([1.0, inf])` is `[False, True]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def isnan(a: array, stream: _StreamOrDevice = None) -> array:
    """Whether NaN. `isnan([1.0, nan])` is `[False, True]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def isneginf(a: array, stream: _StreamOrDevice = None) -> array:
    """Whether negative infinity. `isneginf([inf, -inf])` is `[False, True]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def isposinf(a: array, stream: _StreamOrDevice = None) -> array:
    """Whether positive infinity. `isposinf([inf, -inf])` is `[True, False]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def issubdtype(arg1: Dtype | DtypeCategory, arg2: Dtype | DtypeCategory) -> bool:
    """Whether the first dtype or kind is the second or part of it.

    >>> issubdtype(float16, floating)
    True
    """
def jvp(fun: Callable[..., Any], primals: Sequence[array], tangents: Sequence[array]) -> tuple[list[array], list[array]]:
    """The outputs of `fun` at the primals, and the products of the Jacobian with the tangents, of the primals' shapes: two lists of arrays.
    `jvp(lambda x: x * x, [x], [mx.ones_like(x)])` has `[2 * x]` second.
    """
def kron(a: array, b: array, *, stream: _StreamOrDevice = None) -> array:
    """The Kronecker product. `kron(mx.array([1, 10]), mx.array([1, 2]))` is `[1, 2, 10, 20]`."""
def left_shift(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a` with its bits moved left by `b`. `left_shift(mx.array([1]), 3)` is `[8]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def less(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether `a < b`. `less(mx.array([1, 3]), 2)` is `[True, False]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def less_equal(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether `a <= b`. `less_equal(mx.array([2, 3]), 2)` is `[True, False]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def linspace(start: _Scalar, stop: _Scalar, num: int | None = 50, endpoint: bool = True, dtype: Dtype | None = ..., stream: _StreamOrDevice = None) -> array:
    """`num` numbers from `start` to `stop`, evenly spaced; `stop` is one of them unless `endpoint` is false.
    `linspace(0, 1, 3)` is `[0.0, 0.5, 1.0]`.
    """
def load(file: IO[bytes] | str | PathLike[str], /, format: str | None = None, return_metadata: bool = False, *, stream: _StreamOrDevice = None) -> Any:
    """What is in a file: the array of a `.npy`; a dict of the arrays of a `.npz`, `.safetensors` or `.gguf`, and for the latter two with
    `return_metadata` a dict of what is said beside them as a second one. The format is that of the name's extension unless it is given.
    `load("weights.safetensors")` is `{"w": array(...)}`.
    """
def log(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The natural logarithm. `log([1.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def log10(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The logarithm to base 10. `log10([100.0])` is `[2.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def log1p(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`log(1 + a)`, exact also near zero. `log1p([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def log2(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The logarithm to base 2. `log2([8.0])` is `[3.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def logaddexp(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """`log(exp(a) + exp(b))` without overflow. `logaddexp(mx.array([0.0]), 0.0)` is `[0.693147]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def logcumsumexp(a: array, /, axis: int | None = None, *, reverse: bool = False, inclusive: bool = True, stream: _StreamOrDevice = None) -> array:
    """The logarithms of the running sums of `exp(a)` along `axis`, without overflow. `logcumsumexp(mx.array([0.0, 0.0]))` is
    `[0, 0.693147]`.
    """
def logical_and(a: array, b: array, /, *, stream: _StreamOrDevice = None) -> array:
    """Whether both differ from zero. `logical_and(mx.array([1, 0]), 1)` is `[True, False]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def logical_not(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """Whether zero. `logical_not([0, 3])` is `[True, False]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def logical_or(a: array, b: array, /, *, stream: _StreamOrDevice = None) -> array:
    """Whether one differs from zero. `logical_or(mx.array([1, 0]), 0)` is `[True, False]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def logical_xor(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """Whether exactly one differs from zero. `logical_xor(mx.array([1, 0]), 1)` is `[False, True]`."""
def logsumexp(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """`log(sum(exp(a)))` over `axis`, without overflow. `logsumexp(mx.array([0.0]))` is `0.0`."""
def matmul(a: array, b: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The matrix product; axes before the last two are a batch and broadcast. `(n, k)` with `(k, m)` gives `(n, m)`.
    `matmul(mx.ones((2, 3)), mx.ones((3,)))` is `[3, 3]`.
    """
def matrix_norm(a: array, /, ord: None | int | float | str = None, axis: None | int | list[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The norm of vectors along one axis, of matrices along two, or of all elements. `ord` is the order, "fro", or `None` for the root
    of the sum of squares. `norm(mx.array([3.0, 4.0]))` is `5.0`.
    """
def matrix_transpose(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The last two axes swapped. `matrix_transpose(mx.ones((2, 3, 4)))` has the shape `(2, 4, 3)`."""
def max(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The largest element along `axis`; NaN if there is one. `max(mx.array([1, 3]))` is `3`."""
def maximum(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """The larger one; NaN if one is. `maximum(mx.array([1, 5]), 3)` is `[3, 5]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def mean(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The mean over `axis`; integers become float32. `mean(mx.array([1, 2]))` is `1.5`."""
def median(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The middle element along `axis`, or the mean of the two in the middle. `median(mx.array([1, 2]))` is `1.5`."""
def meshgrid(*arrays: array, sparse: bool | None = False, indexing: str | None = 'xy', stream: _StreamOrDevice = None) -> tuple[array, ...]:
    """The coordinates of a grid over vectors, as a tuple: by columns and rows ("xy") or rows and columns ("ij"). With `sparse` the axes
    that a vector does not go along have size one. `meshgrid(mx.array([1, 2]), mx.array([3, 4, 5]))` has two arrays of shape `(3, 2)`.
    """
def min(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The smallest element along `axis`; NaN if there is one. `min(mx.array([1, 3]))` is `1`."""
def minimum(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """The smaller one; NaN if one is. `minimum(mx.array([1, 5]), 3)` is `[1, 3]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def minmax(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """The smallest and the largest element along `axis`, as a tuple. `minmax(mx.array([1, 3]))` is `(1, 3)`."""
def moveaxis(a: array, /, source: int, destination: int, *, stream: _StreamOrDevice = None) -> array:
    """The axis `source` moved to place `destination`. `moveaxis(mx.ones((2, 3, 4)), 0, -1)` has the shape `(3, 4, 2)`."""
def multiply(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a * b`. `multiply(mx.array([1, 2]), 3)` is `[3, 6]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
nan: Final[float]
def nan_to_num(a: _Operand, nan: float = 0, posinf: float | None = None, neginf: float | None = None, *, stream: _StreamOrDevice = None) -> array:
    """NaN replaced by `nan`, infinities by `posinf` and `neginf` or the dtype's largest numbers.
    `nan_to_num(mx.array([float("nan"), 1.0]))` is `[0.0, 1.0]`.
    """
def negative(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`-a`. `negative([1, -2])` is `[-1, 2]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def new_stream(device: Device | DeviceType) -> Stream:
    """A new stream of a device."""
def new_thread_local_stream(device: Device | DeviceType) -> ThreadLocalStream:
    """A stream that stands for another stream of the device in each thread."""
def new_thread_unsafe_stream(device: Device | DeviceType) -> Stream:
    """A new stream of a device; here every stream may be used by any thread."""
newaxis: None
def not_equal(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """Whether different. `not_equal(mx.array([1, 2]), 2)` is `[True, False]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
number: Final[DtypeCategory]
def ones(shape: int | Sequence[int], dtype: Dtype | None = ..., *, stream: _StreamOrDevice = None) -> array:
    """Ones of a shape. `ones(2)` is `[1.0, 1.0]`."""
def ones_like(a: array, /, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """Ones of the shape of `a`, and of its dtype unless one is given. `ones_like(mx.array([5, 6]))` is `[1, 1]`."""
def outer(a: array, b: array, /, *, stream: _StreamOrDevice = None) -> array:
    """Each element of `a` times each of `b`, both flattened. `outer(mx.array([1, 2]), mx.array([3, 4]))` is `[[3, 4], [6, 8]]`."""
def pad(a: array, pad_width: int | tuple[int] | tuple[int, int] | list[tuple[int, int]], mode: Literal['constant', 'edge', 'reflect', 'symmetric'] = 'constant', constant_values: _Operand = 0, *, stream: _StreamOrDevice = None) -> array:
    """The array with `pad_width` elements around it, before and after each axis: `constant_values`, the "edge", or mirrored
    ("reflect", "symmetric"). `pad(mx.array([1, 2]), (1, 0))` is `[0, 1, 2]`.
    """
def partition(a: array, /, kth: int, axis: None | int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The elements along `axis` such that none before place `kth` is larger than the one there, and none after it smaller.
    `partition(mx.array([3, 1, 2]), 1)[1]` is `2`.
    """
def permute_dims(a: array, /, axes: Sequence[int] | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The axes in the order of `axes`, or reversed. `transpose(mx.ones((2, 3)))` has the shape `(3, 2)`."""
pi: Final[float]
def positive(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The array itself. `positive(mx.array([1]))` is `[1]`."""
def pow(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """`a` to the power `b`. `power(mx.array([2]), 3)` is `[8]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def power(a: _Operand, b: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """`a` to the power `b`. `power(mx.array([2]), 3)` is `[8]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def printoptions(precision: int = -1) -> PrintOptions:
    """A context in which floats print with other options: `with printoptions(precision=3): ...`"""
def prod(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The product over `axis`. Small integers multiply in 32 bits. `prod(mx.array([2, 3]))` is `6`."""
def put_along_axis(a: array, /, indices: array, values: array, axis: int | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The array with `values` at the places along `axis` that `indices` names; in the flattened array if it is `None`.
    `put_along_axis(mx.array([[1, 2]]), mx.array([[1]]), mx.array([[9]]), 1)` is `[[1, 9]]`.
    """
def qqmm(x: array, w: array, scales: array | None = None, group_size: int | None = None, bits: int | None = None, mode: str = 'nvfp4', global_scale_x: array | None = None, global_scale_w: array | None = None, *, stream: _StreamOrDevice = None) -> array:
    """`x @ w.T` with both sides quantized: `x` is quantized here, `w` is (with `scales`) or is here. The result has the dtype of `x`.
    Derivatives flow into `x`, and into `w` without `scales`, as if they were not quantized. `global_scale_x` and `global_scale_w` are
    the largest magnitudes, for "nvfp4". `qqmm(mx.ones((2, 32)), mx.ones((8, 32))).shape` is `(2, 8)`.
    """
def quantize(w: array, /, group_size: int | None = None, bits: int | None = None, mode: str = 'affine', *, global_scale: array | None = None, stream: _StreamOrDevice = None) -> tuple[array, array, array]:
    """Rows of `w` as codes of a few bits with a scale for each group of the last axis: `[codes, scales, biases]` for the mode "affine",
    `[codes, scales]` for "mxfp4", "mxfp8" and "nvfp4". Codes are packed in uint32. `global_scale` is the largest magnitude, for "nvfp4".
    `quantize(mx.ones((2, 64)))[0].shape` is `(2, 8)`.
    """
def quantized_matmul(x: array, w: array, /, scales: array, biases: array | None = None, transpose: bool = True, group_size: int | None = None, bits: int | None = None, mode: str = 'affine', *, stream: _StreamOrDevice = None) -> array:
    """`x @ w.T`, or `x @ w` with `transpose=False`, for the quantized `w` that `w`, `scales` and `biases` stand for.
    `quantized_matmul(mx.ones((1, 64)), *quantize(mx.ones((8, 64))))` is `[[64, ...]]`.
    """
def radians(a: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """Angles in radians, from degrees. `radians([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def real(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The real part. `real([1+2j])` is `[1.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def reciprocal(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`1 / a`. `reciprocal([4.0])` is `[0.25]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def remainder(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """What is left of the quotient rounded down; it has the sign of `b`. `remainder(mx.array([-7]), 2)` is `[1]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def repeat(array: array, repeats: int, axis: int | None = None, *, stream: _StreamOrDevice = None) -> array:
    """Every element `repeats` times along `axis`, or in the flattened array. `repeat(mx.array([1, 2]), 2)` is `[1, 1, 2, 2]`."""
def reset_peak_memory() -> None:
    """Makes `get_peak_memory` count from now."""
def reshape(a: array, /, shape: Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """The elements in another shape, one size of which may be -1. `reshape(mx.arange(6), (2, -1))` has the shape `(2, 3)`."""
def result_type(*arrays_and_dtypes: array | Dtype) -> Dtype:
    """The dtype to which all of the arrays and dtypes promote."""
def right_shift(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a` with its bits moved right by `b`. `right_shift(mx.array([8]), 3)` is `[1]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def roll(a: array, shift: int | tuple[int], axis: None | int | tuple[int] = None, /, *, stream: _StreamOrDevice = None) -> array:
    """The elements moved by `shift` along `axis`, or in the flattened array; several shifts and axes pair up.
    `roll(mx.array([1, 2, 3]), 1)` is `[3, 1, 2]`.
    """
def round(a: array, /, decimals: int = 0, stream: _StreamOrDevice = None) -> array:
    """Rounds to `decimals` places, halves to even. `round(mx.array([1.25]), 1)` is `[1.2]`."""
def rsqrt(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`1 / sqrt(a)`. `rsqrt([4.0])` is `[0.5]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def save(file: IO[bytes] | str | PathLike[str], arr: array) -> None:
    """Writes an array as a `.npy` file. A name without the extension gets it. `save("x", mx.ones((2, 3)))` writes `x.npy`."""
def save_gguf(file: IO[bytes] | str | PathLike[str], arrays: dict[str, array], metadata: dict[str, array | str | list[str]]) -> None:
    """Writes a dict of arrays with a dict of settings (strings, lists of strings, and arrays of at most one axis) as a GGUF file. A name
    without the extension gets it. `save_gguf("model", {"w": mx.ones((2, 3))}, {"general.name": "tiny"})` writes `model.gguf`.
    """
def save_safetensors(file: IO[bytes] | str | PathLike[str], arrays: dict[str, array], metadata: dict[str, str] | None = None) -> None:
    """Writes a dict of arrays, with a dict of strings beside them, as a safetensors file. A name without the extension gets it.
    `save_safetensors("weights", {"w": mx.ones((2, 3))})` writes `weights.safetensors`.
    """
def savez(file: IO[bytes] | str | PathLike[str], *args: array, **kwargs: Any) -> None:
    """Writes arrays as a `.npz` file: those without a name as `arr_0`, `arr_1`, and so on. A name of a file without the extension gets it.
    `savez("all", mx.ones(2), w=mx.zeros(3))` writes `arr_0` and `w` to `all.npz`.
    """
def savez_compressed(file: IO[bytes] | str | PathLike[str], *args: array, **kwargs: Any) -> None:
    """As `savez`, with the arrays compressed."""
def searchsorted(sorted_sequence: array, values: array, /, side: str = 'left', *, stream: _StreamOrDevice = None) -> array:
    """For each of `values`, the first place in the ascending one-dimensional array where it keeps the order ("left"), or the last
    ("right"), as uint32. `searchsorted(mx.array([1, 2, 2, 4]), mx.array([2, 5]))` is `[1, 4]`.
    """
def segmented_mm(a: array, b: array, /, segments: array, *, stream: _StreamOrDevice = None) -> array:
    """For each segment `[start, end)` of the last axis of `segments`, the product of those columns of `a` and rows of `b`.
    `segmented_mm(mx.ones((2, 5)), mx.ones((5, 3)), mx.array([[0, 2], [2, 5]])).shape` is `(2, 2, 3)`.
    """
def set_cache_limit(limit: int) -> int:
    """Keeps at most `limit` bytes of freed memory; returns the former limit."""
def set_default_device(device: Device | DeviceType) -> None:
    """Makes a device the one of ops for which no stream is named."""
def set_default_stream(stream: Stream) -> None:
    """Makes a stream the default one of its device in this thread."""
def set_memory_limit(limit: int) -> int:
    """Refuses allocations that would take active memory beyond `limit` bytes; returns the former limit."""
def set_printoptions(precision: int = -1) -> None:
    """Sets how floats print: with `precision` digits after the point, or (-1) six significant digits."""
def set_wired_limit(limit: int) -> int:
    """Sets how many bytes stay wired; there is nothing to wire here, so the former limit is always 0."""
def sigmoid(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`1 / (1 + exp(-a))`. `sigmoid([0.0])` is `[0.5]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def sign(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """-1, 0 or 1, as the sign is; of a complex number its direction. `sign([-3.0, 0.0])` is `[-1.0, 0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
signedinteger: Final[DtypeCategory]
def sin(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The sine of radians. `sin([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def sinh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The hyperbolic sine. `sinh([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def slice(a: array, start_indices: array, axes: Sequence[int], slice_size: Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """The block of size `slice_size` that starts at `start_indices`, one for each of `axes`, and at zero along the others.
    `slice(mx.arange(10), mx.array([2]), (0,), (3,))` is `[2, 3, 4]`.
    """
def slice_update(a: array, update: array, start_indices: array, axes: Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """The array with the block at `start_indices`, one for each of `axes`, replaced by `update`.
    `slice_update(mx.zeros(3), mx.ones(2), mx.array([1]), (0,))` is `[0, 1, 1]`.
    """
def softmax(a: array, /, axis: None | int | Sequence[int] = None, *, precise: bool = False, stream: _StreamOrDevice = None) -> array:
    """`exp(a) / sum(exp(a))` over `axis`, without overflow; halves are always computed in float32, as `precise` asks for.
    `softmax(mx.array([1.0, 1.0]))` is `[0.5, 0.5]`.
    """
def sort(a: array, /, axis: None | int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The elements in ascending order along `axis`, NaN last; the flattened array if it is `None`. `sort(mx.array([3, 1]))` is `[1, 3]`."""
def split(a: array, /, indices_or_sections: int | Sequence[int], axis: int = 0, *, stream: _StreamOrDevice = None) -> list[array]:
    """Parts along `axis`: equal ones, or ending at the given places. `split(mx.arange(6), 3)` has three arrays of shape `(2,)`."""
def sqrt(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The square root. `sqrt([4.0])` is `[2.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def square(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """`a * a`. `square([3])` is `[9]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def squeeze(a: array, /, axis: None | int | Sequence[int] = None, *, stream: _StreamOrDevice = None) -> array:
    """Without the axes of size one, or those of `axis`. `squeeze(mx.ones((1, 2)))` has the shape `(2,)`."""
def stack(arrays: Sequence[array], axis: int | None = 0, *, stream: _StreamOrDevice = None) -> array:
    """The arrays, of one shape, side by side along a new axis; after flattening them if it is `None`.
    `stack([mx.array([1]), mx.array([2])])` is `[[1], [2]]`.
    """
def std(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, ddof: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """The standard deviation over `axis`, the root of the variance. `std(mx.array([1.0, 3.0]))` is `1.0`."""
def stop_gradient(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The array, through which no gradient flows: `grad(lambda x: x * stop_gradient(x))` of 3 is 3."""
def stream(s: Stream | ThreadLocalStream | Device | DeviceType) -> StreamContext:
    """A context in which a stream or device is the default: `with stream(cpu): ...`"""
def subtract(a: _Operand, b: _Operand, stream: _StreamOrDevice = None) -> array:
    """`a - b`. `subtract(mx.array([5]), 3)` is `[2]`.

    Shapes broadcast and dtypes promote; a Python number takes the array's dtype. `stream` is the stream or device to run on.
    """
def sum(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The sum over `axis` (all axes if `None`), which `keepdims` keeps with size one. Small integers sum in 32 bits.
    `sum(mx.ones((2, 3)), axis=0)` has the shape `(3,)`.
    """
def swapaxes(a: array, /, axis1: int, axis2: int, *, stream: _StreamOrDevice = None) -> array:
    """Two axes swapped. `swapaxes(mx.ones((2, 3, 4)), 0, 2)` has the shape `(4, 3, 2)`."""
def synchronize(stream: _StreamOrDevice = None) -> None:
    """Waits until everything submitted to a stream so far has run; `None` is the default stream."""
def take(a: array, /, indices: int | array, axis: int | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The slices of `axis` that `indices` names, or elements of the flattened array. `take(mx.array([5, 6, 7]), mx.array([2, 0]))` is
    `[7, 5]`.
    """
def take_along_axis(a: array, /, indices: array, axis: int | None = -1, *, stream: _StreamOrDevice = None) -> array:
    """The elements along `axis` that `indices`, of as many axes as `a`, names at each place; in the flattened array if it is `None`.
    `take_along_axis(mx.array([[1, 2]]), mx.array([[1]]), 1)` is `[[2]]`.
    """
def tan(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The tangent of radians. `tan([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def tanh(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """The hyperbolic tangent. `tanh([0.0])` is `[0.0]`.

    Shape: any; the result has the shape of `a`. `stream` is the stream or device to run on.
    """
def tensordot(a: array, b: array, /, axes: int | list[Sequence[int]] = 2, *, stream: _StreamOrDevice = None) -> array:
    """The sum of products over the last `axes` axes of `a` and the first of `b`, or over two lists of axes.
    `tensordot(mx.ones((2, 3)), mx.ones((3, 4)), 1)` has the shape `(2, 4)`.
    """
def tile(a: array, reps: int | Sequence[int], /, *, stream: _StreamOrDevice = None) -> array:
    """The array repeated as a whole, `reps` times along each axis. `tile(mx.array([1, 2]), 2)` is `[1, 2, 1, 2]`."""
def to_fp8(x: array, *, stream: _StreamOrDevice = None) -> array:
    """The nearest 8-bit floats (e4m3) as uint8; what is too large becomes 448. `to_fp8(mx.array([1.0]))` is `[56]`."""
def topk(a: array, /, k: int, axis: None | int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The `k` largest elements along `axis`, ascending. `topk(mx.array([3, 1, 2]), 2)` is `[2, 3]`."""
def trace(a: array, /, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The sum of the diagonal `offset` of the axes `axis1` and `axis2`, in `dtype` if it is given. `trace(mx.eye(3))` is `3.0`."""
def transpose(a: array, /, axes: Sequence[int] | None = None, *, stream: _StreamOrDevice = None) -> array:
    """The axes in the order of `axes`, or reversed. `transpose(mx.ones((2, 3)))` has the shape `(3, 2)`."""
def tri(n: int, m: int | None = None, k: int = 0, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """Ones on and below diagonal `k` of an `n` by `m` matrix, zeros above. `tri(2)` is `[[1, 0], [1, 1]]`."""
def tril(x: array, k: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """The elements on and below diagonal `k`, zeros above. `tril(mx.ones((2, 2)))` is `[[1, 0], [1, 1]]`."""
def triu(x: array, k: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """The elements on and above diagonal `k`, zeros below. `triu(mx.ones((2, 2)))` is `[[1, 1], [0, 1]]`."""
def trunc(a: array, /, *, stream: _StreamOrDevice = None) -> array:
    """Rounds toward zero. `trunc(mx.array([-1.7]))` is `[-1.0]`."""
uint16: Final[Dtype]
uint32: Final[Dtype]
uint64: Final[Dtype]
uint8: Final[Dtype]
def unflatten(a: array, /, axis: int, shape: Sequence[int], *, stream: _StreamOrDevice = None) -> array:
    """`axis` split into the sizes of `shape`, one of which may be -1. `unflatten(mx.ones((6,)), 0, (2, -1))` has the shape `(2, 3)`."""
def unique(a: array, /, size: int, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, fill_value: _Scalar | array | None = None, *, stream: _StreamOrDevice = None) -> array | tuple[array, ...]:
    """The `size` smallest distinct elements of the flattened array, ascending, filled up with `fill_value` (the smallest if `None`). On
    request, in a tuple with them: where each occurs first, for each element the place of its value, and how often each occurs.
    `unique(mx.array([3, 1, 3]), 2)` is `[1, 3]`.
    """
unsignedinteger: Final[DtypeCategory]
def unstack(x: array, /, *, axis: int = 0, stream: _StreamOrDevice = None) -> tuple[array, ...]:
    """The slices along `axis`, each without it, as a tuple. `unstack(mx.ones((2, 3)))` has two arrays of shape `(3,)`."""
def value_and_grad(fun: Callable[P, R], argnums: int | Sequence[int] | None = None, argnames: str | Sequence[str] = []) -> Callable[P, tuple[R, Any]]:
    """The function that gives `fun`'s value and its gradient, as `grad` does, in one run. `fun` returns a scalar array, or a tuple that
    starts with one; the rest of the tuple is passed through.
    `value_and_grad(lambda x: x * x)(mx.array(3.0))` is `(9.0, 6.0)`.
    """
def var(a: array, /, axis: None | int | Sequence[int] = None, keepdims: bool = False, ddof: int = 0, *, stream: _StreamOrDevice = None) -> array:
    """The variance over `axis`, the sum of squares over n - `ddof`, or n - `correction` if that is given. `var(mx.array([1.0, 3.0]))` is
    `1.0`.
    """
def vecdot(a: array, b: array, /, *, axis: int = -1, stream: _StreamOrDevice = None) -> array:
    """The products of the vectors along `axis`, those of `a` conjugated. `vecdot(mx.array([1.0, 2.0]), mx.array([3.0, 4.0]))` is `11.0`."""
def view(a: _Operand, dtype: Dtype, stream: _StreamOrDevice = None) -> array:
    """The bytes of the elements as elements of another dtype; if their sizes differ the last axis grows or shrinks.
    `view(mx.array([1.0]), mx.uint32)` is `[1065353216]`.
    """
def vjp(fun: Callable[..., Any], primals: Sequence[array], cotangents: Sequence[array]) -> tuple[list[array], list[array]]:
    """The outputs of `fun` at the primals, and the products of the cotangents, of the outputs' shapes, with the Jacobian: two lists of
    arrays. `vjp(lambda x: x * x, [x], [mx.ones_like(x)])` has `[2 * x]` second.
    """
def vmap(fun: Callable[P, R], in_axes: Any = 0, out_axes: Any = 0) -> Callable[P, R]:
    """The function over a batch: `fun` of every example, stacked. `in_axes` says along which axis each argument is batched: an integer for
    all, `None` for what every example shares, or a tree of these with an entry for each argument; `out_axes` the same of the result.
    `vmap(lambda row: row.sum())(mx.ones((4, 3)))` has the shape `(4,)`.
    """
def where(condition: _Operand, x: _Operand, y: _Operand, /, *, stream: _StreamOrDevice = None) -> array:
    """`x` where `condition` holds, else `y`; all three broadcast. `where(mx.array([True, False]), 1, 2)` is `[1, 2]`."""
def zeros(shape: int | Sequence[int], dtype: Dtype | None = ..., *, stream: _StreamOrDevice = None) -> array:
    """Zeros of a shape. `zeros((2, 3))` has the shape `(2, 3)`."""
def zeros_like(a: array, /, dtype: Dtype | None = None, *, stream: _StreamOrDevice = None) -> array:
    """Zeros of the shape of `a`, and of its dtype unless one is given. `zeros_like(mx.array([1, 2]))` is `[0, 0]`."""
def _print_as(package: str) -> None:
    """Makes dtypes print as members of another package: of `mlx`, for programs that were written for it."""
def hessian(fun: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]:
    """The function that gives the matrix of second derivatives of `fun`, from one array to a scalar array: of shape input shape twice.
    `hessian(lambda x: (x ** 3).sum())(mx.array([1.0, 2.0]))` is `[[6, 0], [0, 12]]`.
    """
def jacfwd(fun: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]:
    """The function that gives the Jacobian of `fun`, from one array to one array, by forward mode: of shape output shape + input shape.
    Good for more outputs than inputs. `jacfwd(lambda x: x * x)(mx.array([1.0, 2.0]))` is `[[2, 0], [0, 4]]`.
    """
def jacrev(fun: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]:
    """The function that gives the Jacobian of `fun` by reverse mode. Good for more inputs than outputs.
    `jacrev(lambda x: x * x)(mx.array([1.0, 2.0]))` is `[[2, 0], [0, 4]]`.
    """
def register_tree(*args: Any, **kwargs: Any) -> Any:
    """Makes the objects of a class trees: `flatten(object)` gives `(children, static)` and `unflatten(static, children)` the object again."""
from . import linalg as linalg
from . import fft as fft
from . import random as random
from . import fast as fast
from . import distributed as distributed
from . import metal as metal
from . import cuda as cuda

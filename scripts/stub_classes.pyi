P = ParamSpec("P")
R = TypeVar("R")

_Scalar: TypeAlias = bool | int | float | complex
_Operand: TypeAlias = bool | int | float | complex | array | Any
_StreamOrDevice: TypeAlias = Stream | ThreadLocalStream | Device | DeviceType | None

# ---
class Dtype:
    """The type of an array's elements."""

    @property
    def size(self) -> int: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

# ---
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

# ---
class DeviceType(Enum):
    """The kind of a device."""

    cpu = 0
    gpu = 1

# ---
class Device:
    """A place where work runs."""

    def __init__(self, type: DeviceType, index: int = 0) -> None: ...
    @property
    def type(self) -> DeviceType: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

# ---
class Stream:
    """A queue of work on a device."""

    @property
    def device(self) -> Device: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

# ---
class ThreadLocalStream:
    """A stream that is another one in each thread."""

    @property
    def device(self) -> Device: ...

# ---
class StreamContext:
    """The stream of a `with` block."""

    def __enter__(self) -> None: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...

# ---
class PrintOptions:
    """How arrays print, and the context that `printoptions` gives."""

    @property
    def precision(self) -> int: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...

# ---
class ArrayAt:
    """`a.at`: updates that accumulate over equal indices. Each gives a new array."""

    def __getitem__(self, index: Any, /) -> ArrayAt: ...
    def add(self, value: _Operand) -> array: ...
    def subtract(self, value: _Operand) -> array: ...
    def multiply(self, value: _Operand) -> array: ...
    def divide(self, value: _Operand) -> array: ...
    def maximum(self, value: _Operand) -> array: ...
    def minimum(self, value: _Operand) -> array: ...

# ---
class ArrayIterator:
    """The rows of an array, in turn."""

    def __iter__(self) -> ArrayIterator: ...
    def __next__(self) -> array: ...

# ---
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

# ---
class iinfo:
    """The limits of an integer dtype."""

    def __init__(self, dtype: Dtype) -> None: ...
    @property
    def dtype(self) -> Dtype: ...
    @property
    def max(self) -> int: ...
    @property
    def min(self) -> int: ...

# ---
class custom_function:
    """A function with derivatives or batching of one's own."""

    def __init__(self, f: Callable[..., Any]) -> None: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def vjp(self, f: Callable[..., Any]) -> Callable[..., Any]: ...
    def jvp(self, f: Callable[..., Any]) -> Callable[..., Any]: ...
    def vmap(self, f: Callable[..., Any]) -> Callable[..., Any]: ...

# ---
class FunctionExporter:
    """Writes traces of a function to a file."""

    def __call__(self, *args: Any, **kwargs: Any) -> None: ...
    def close(self) -> None: ...

# ---
class Group:
    """Processes that communicate."""

    def rank(self) -> int: ...
    def size(self) -> int: ...
    def split(self, color: int, key: int = -1) -> Group: ...

"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

def cross_entropy(logits: array, targets: array, *, stream: _StreamOrDevice = None) -> array:
    """`logsumexp(logits)` less the logit of the target class, for each vector along the last axis: `(..., classes)` and `(...)` give
    `(...)`.

    The dtype is that of the logits. Raises `ValueError` for targets that do not fit the logits' shape.

    >>> mx.fast.cross_entropy(mx.array([[0.0, 0.0]]), mx.array([1]))
    array([0.693147], dtype=float32)
    """
def cuda_kernel(name: str, input_names: Sequence[str], output_names: Sequence[str], source: str, header: str = '', ensure_row_contiguous: bool = True, shared_memory: int = 0) -> Any:
    """A kernel from CUDA source text. No backend takes one: an error.

    Raises `RuntimeError`.

    >>> mx.fast.cuda_kernel("mine", ["x"], ["y"], "")
    Traceback (most recent call last):
        ...
    RuntimeError: [cuda_kernel] No CUDA back-end takes a kernel from outside (kernel mine).
    """
def gated_delta_update(q: array, k: array, v: array, gamma: array, beta: array, initial_state: array | None = None, mask: array | None = None, stream: _StreamOrDevice = None) -> list[array]:
    """The gated delta rule over `(batch, steps, heads, features)`: at each step a head's state fades, `S = S * gamma`, learns,
    `S = S + beta * outer(v - S @ k, k)`, and gives `S @ q`. Heads of `v` share those of `q` and `k` in groups; `gamma` may have a
    last axis of the keys' features. Returns the outputs, `(batch, steps, heads of v, features of v)`, and the last state,
    `(batch, heads of v, features of v, features of k)`. Where `mask`, `(batch, steps)`, is false the output is zero and the state
    stays.

    Floats. Raises `ValueError` for shapes that do not fit.

    >>> q, v, gate = mx.ones((1, 3, 2, 32)), mx.ones((1, 3, 2, 8)), mx.full((1, 3, 2), 0.5)
    >>> y, state = mx.fast.gated_delta_update(q, q, v, gate, gate)
    >>> y.shape, state.shape
    ((1, 3, 2, 8), (1, 2, 8, 32))
    """
def layer_norm(x: array, weight: array | None, bias: array | None, eps: float, *, stream: _StreamOrDevice = None) -> array:
    """Each vector along the last axis with mean zero and variance one, times `weight` plus `bias`.

    Shapes: `(..., n)`, and `(n,)` of the parameters; shape and dtype stay. Raises `ValueError` for parameters of another shape.

    >>> mx.fast.layer_norm(mx.array([[1.0, 3.0]]), None, None, 0.0)
    array([[-1, 1]], dtype=float32)
    """
def metal_kernel(name: str, input_names: Sequence[str], output_names: Sequence[str], source: str, header: str = '', ensure_row_contiguous: bool = True, atomic_outputs: bool = False, compile_options: Any | None = None) -> Any:
    """A kernel from Metal source text. There is no Metal here: calling it is an error.

    Raises `ValueError` without a name of an output; the call raises `RuntimeError`.

    >>> kernel = mx.fast.metal_kernel("mine", ["x"], ["y"], "")
    """
def precompiled_cuda_kernel(*, name: str, compiled_source: bytes, inputs: Sequence[bool | int | float | array | Any | complex | Any], output_shapes: Sequence[tuple[int, ...]], output_dtypes: Sequence[Dtype], scalars: Sequence[Any], grid: tuple[int, int, int], threadgroup: tuple[int, int, int], shared_memory: int = 0, init_value: float | None = None, ensure_row_contiguous: bool = False, stream: _StreamOrDevice = None) -> list[array]:
    """Runs compiled CUDA code. No backend takes it: an error.

    Shapes and dtypes of the results are what the caller says. Raises `RuntimeError`.

    >>> mx.fast.precompiled_cuda_kernel(
    ...     name="mine", compiled_source=b"", inputs=[], output_shapes=[], output_dtypes=[], scalars=[], grid=(1, 1, 1), threadgroup=(1, 1, 1)
    ... )
    Traceback (most recent call last):
        ...
    RuntimeError: [cuda_kernel] No CUDA back-end takes a kernel from outside (kernel mine).
    """
def rms_norm(x: array, weight: array | None, eps: float, *, stream: _StreamOrDevice = None) -> array:
    """Each vector along the last axis over the root of its mean square, times `weight`.

    Shapes: `(..., n)`, and `(n,)` of the weight; shape and dtype stay. Raises `ValueError` for a weight of another shape.

    >>> mx.fast.rms_norm(mx.array([[3.0, -3.0]]), None, 0.0)
    array([[1, -1]], dtype=float32)
    """
def rope(a: array, dims: int, *, traditional: bool, base: float | None, scale: float, offset: int | array, freqs: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Rotary positions: features of `(..., length, features)` turned in pairs by an angle that grows along the sequence. The result
    has the shape of `a`.

    The first `dims` features turn, by angles over powers of `base` or over `freqs`; positions start at `offset` and are multiplied
    by `scale`. The dtype stays. Raises `ValueError` for features that do not pair up.

    >>> mx.fast.rope(mx.ones((1, 2, 2)), 2, traditional=False, base=10000.0, scale=1.0, offset=0)
    array([[[1, 1],
            [-0.301169, 1.38177]]], dtype=float32)
    """
def scaled_dot_product_attention(q: array, k: array, v: array, *, scale: float, mask: None | str | array = None, sinks: array | None = None, force_fused: bool = False, stream: _StreamOrDevice = None) -> array:
    """`softmax(scale * q @ k.T + mask) @ v` of `(batch, heads, length, features)`. `mask` is "causal", bool (False leaves out) or
    added; the queries' heads may be a multiple of the keys'. `force_fused` changes nothing: it is always fused as far as it can.

    Shapes: `(b, h, n, d)`, `(b, g, m, d)` and `(b, g, m, e)`, g a divisor of h, give `(b, h, n, e)`; floats, whose dtypes promote.
    Raises `ValueError` for shapes that do not match or an unknown mask.

    >>> q = mx.ones((1, 4, 3, 8))
    >>> mx.fast.scaled_dot_product_attention(q, q, q, scale=8 ** -0.5, mask="causal").shape
    (1, 4, 3, 8)
    """

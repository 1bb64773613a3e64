"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

def cross_entropy(logits: array, targets: array, *, stream: _StreamOrDevice = None) -> array:
    """`logsumexp(logits)` less the logit of the target class, for each vector along the last axis: `(..., classes)` and `(...)` give
    `(...)`. `cross_entropy(mx.array([[0.0, 0.0]]), mx.array([1]))` is `[0.693147]`.
    """
def cuda_kernel(name: str, input_names: Sequence[str], output_names: Sequence[str], source: str, header: str = '', ensure_row_contiguous: bool = True, shared_memory: int = 0) -> Any:
    """A kernel from CUDA source text. No backend takes one: an error."""
def gated_delta_update(q: array, k: array, v: array, gamma: array, beta: array, initial_state: array | None = None, mask: array | None = None, stream: _StreamOrDevice = None) -> list[array]:
    """The gated delta rule over `(batch, steps, heads, features)`: at each step a head's state fades, `S = S * gamma`, learns,
    `S = S + beta * outer(v - S @ k, k)`, and gives `S @ q`. Heads of `v` share those of `q` and `k` in groups; `gamma` may have a
    last axis of the keys' features. Returns the outputs, `(batch, steps, heads of v, features of v)`, and the last state,
    `(batch, heads of v, features of v, features of k)`. Where `mask`, `(batch, steps)`, is false the output is zero and the state
    stays.
    """
def layer_norm(x: array, weight: array | None, bias: array | None, eps: float, *, stream: _StreamOrDevice = None) -> array:
    """Each vector along the last axis with mean zero and variance one, times `weight` plus `bias`.
    `layer_norm(mx.array([[1.0, 3.0]]), None, None, 0.0)` is `[[-1, 1]]`.
    """
def metal_kernel(name: str, input_names: Sequence[str], output_names: Sequence[str], source: str, header: str = '', ensure_row_contiguous: bool = True, atomic_outputs: bool = False, compile_options: Any | None = None) -> Any:
    """A kernel from Metal source text. There is no Metal here: calling it is an error."""
def precompiled_cuda_kernel(*, name: str, compiled_source: bytes, inputs: Sequence[bool | int | float | array | Any | complex | Any], output_shapes: Sequence[tuple[int, ...]], output_dtypes: Sequence[Dtype], scalars: Sequence[Any], grid: tuple[int, int, int], threadgroup: tuple[int, int, int], shared_memory: int = 0, init_value: float | None = None, ensure_row_contiguous: bool = False, stream: _StreamOrDevice = None) -> list[array]:
    """Runs compiled CUDA code. No backend takes it: an error."""
def rms_norm(x: array, weight: array | None, eps: float, *, stream: _StreamOrDevice = None) -> array:
    """Each vector along the last axis over the root of its mean square, times `weight`.
    `rms_norm(mx.array([[3.0, -3.0]]), None, 0.0)` is `[[1, -1]]`.
    """
def rope(a: array, dims: int, *, traditional: bool, base: float | None, scale: float, offset: int | array, freqs: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Rotary positions: features of `(..., length, features)` turned in pairs by an angle that grows along the sequence.
    The result has the shape of `a`.
    """
def scaled_dot_product_attention(q: array, k: array, v: array, *, scale: float, mask: None | str | array = None, sinks: array | None = None, force_fused: bool = False, stream: _StreamOrDevice = None) -> array:
    """`softmax(scale * q @ k.T + mask) @ v` of `(batch, heads, length, features)`. `mask` is "causal", bool (False leaves out) or
    added; the queries' heads may be a multiple of the keys'. `force_fused` changes nothing: it is always fused as far as it can.
    """

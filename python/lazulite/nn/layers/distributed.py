"""Layers whose weights are divided among the processes of a group, and functions that divide a model's layers.

A group of one process holds everything, so there the layers are plain ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import lazulite.core as mx
from lazulite.nn.layers.base import Module
from lazulite.nn.layers.quantized import Quantized, QuantizedLinear
from lazulite.utils import tree_flatten, tree_map_with_path, tree_unflatten

_Group = mx.distributed.Group
_Segments = int | list[int] | list[float]
# From a parameter's path and the parameter to the axis to divide, or the axis and the segments; `None` to leave it.
_Predicate = Callable[[str, mx.array], int | tuple[int, _Segments] | None]


@cache
def sum_gradients(group: _Group) -> Callable[[mx.array], mx.array]:
    """The function that gives back its input, and whose gradient is summed over the group.

    Example:
        >>> f = nn.layers.distributed.sum_gradients(mx.distributed.init())
        >>> f(mx.array([1.0, 2.0]))
        array([1, 2], dtype=float32)
    """
    if group.size() == 1:
        return lambda x: x

    @mx.custom_function
    def same(x: mx.array) -> mx.array:
        return x

    @same.vjp
    def summed(_: mx.array, cotangent: mx.array, __: mx.array) -> mx.array:
        return mx.distributed.all_sum(cotangent, group=group)

    whole: Callable[[mx.array], mx.array] = same
    return whole


def _pieces(weight: mx.array, segments: _Segments, axis: int) -> list[mx.array]:
    """The segments of a weight: so many, or cut at these places, which may be fractions of the axis."""
    if isinstance(segments, int):
        return mx.split(weight, segments, axis=axis)
    size = weight.shape[axis]
    return mx.split(weight, [int(s * size) if isinstance(s, float) else s for s in segments], axis=axis)


def _shard(parameters: dict[str, Any], predicate: _Predicate, group: _Group) -> Any:
    """The part of each parameter that this process holds: of each segment an equal part."""
    size, rank = group.size(), group.rank()

    def part(path: str, weight: Any) -> Any:
        where = predicate(path, weight) if isinstance(weight, mx.array) else None
        if where is None:
            return weight
        axis, segments = (where, 1) if isinstance(where, int) else where
        parts = [mx.split(piece, size, axis=axis)[rank] for piece in _pieces(weight, segments, axis)]
        return mx.contiguous(mx.concatenate(parts, axis=axis))

    return tree_map_with_path(part, parameters)


def _predicate(sharding: str, segments: _Segments) -> _Predicate:
    """Which axes a way of sharding divides: outputs, of weights and biases, or inputs, of weights alone."""
    if sharding == "all-to-sharded":
        return lambda path, weight: (-1 if path.endswith("bias") else max(weight.ndim - 2, 0), segments)
    if sharding == "sharded-to-all":
        return lambda path, weight: None if path.endswith("bias") else (-1, segments)
    raise ValueError(
        f"Sharding type sharding={sharding!r} not supported, choose one of 'all-to-sharded' or 'sharded-to-all'"
    )


def shard_inplace(
    module: Module, sharding: str | _Predicate, *, segments: _Segments = 1, group: _Group | None = None
) -> None:
    """Divides a module's parameters among the processes of a group. The module itself stays as it is.

    Args:
        module: the module.
        sharding: "all-to-sharded" (outputs are divided), "sharded-to-all" (inputs are), or a function from a
            parameter's path and the parameter to the axis to divide, or the axis and the segments, or `None`.
        segments: how many weights lie side by side in one (3 for a joint projection to queries, keys and values), or
            where they are cut. For a named way of sharding.
        group: the processes; all of them by default.

    Example:
        >>> layer = nn.Linear(8, 6)
        >>> nn.layers.distributed.shard_inplace(layer, "all-to-sharded")
        >>> layer.weight.shape
        (6, 8)
    """
    predicate = _predicate(sharding, segments) if isinstance(sharding, str) else sharding
    module.update(_shard(module.parameters(), predicate, group or mx.distributed.init()))


def shard_linear(module: Module, sharding: str, *, segments: _Segments = 1, group: _Group | None = None) -> Module:
    """A new layer with this process's part of a linear or quantized linear layer, which communicates when it is used.

    Args:
        module: the layer.
        sharding: "all-to-sharded" (outputs are divided) or "sharded-to-all" (inputs are, and outputs summed).
        segments: how many weights lie side by side in one, or where they are cut.
        group: the processes; all of them by default.

    Example:
        >>> nn.layers.distributed.shard_linear(nn.Linear(8, 6), "all-to-sharded")
        AllToShardedLinear(input_dims=8, output_dims=6, bias=True)
    """
    _predicate(sharding, segments)
    outputs = sharding == "all-to-sharded"
    if isinstance(module, QuantizedLinear):
        quantized = QuantizedAllToShardedLinear if outputs else QuantizedShardedToAllLinear
        return quantized.from_quantized_linear(module, segments=segments, group=group)
    plain = AllToShardedLinear if outputs else ShardedToAllLinear
    return plain.from_linear(module, segments=segments, group=group)


def _share(layer: str, what: str, dims: int, group: _Group) -> int:
    """One process's share of so many features."""
    if dims % group.size():
        raise ValueError(f"{layer}: {what}={dims} is no multiple of the group's size, {group.size()}")
    return dims // group.size()


class _Sharded(Module):
    """What the layers with a part of a weight share: the group, and the sizes of the whole."""

    _divides_outputs: bool

    def _sizes(self, input_dims: int, output_dims: int, group: _Group | None) -> tuple[int, int]:
        """The group is kept; the sizes of this process's part."""
        self.group = group or mx.distributed.init()
        name = type(self).__name__
        if self._divides_outputs:
            return input_dims, _share(name, "output_dims", output_dims, self.group)
        return _share(name, "input_dims", input_dims, self.group), output_dims

    def _whole(self, input_dims: int, output_dims: int) -> str:
        n = self.group.size()
        inputs, outputs = (1, n) if self._divides_outputs else (n, 1)
        return f"input_dims={input_dims * inputs}, output_dims={output_dims * outputs}, bias={'bias' in self}"

    def _take(self, layer: Module, segments: _Segments) -> None:
        """Makes this process's part of a whole layer's parameters the layer's own."""
        way = "all-to-sharded" if self._divides_outputs else "sharded-to-all"
        self.update(_shard(layer.parameters(), _predicate(way, segments), self.group))

    def _product(self, x: mx.array) -> mx.array:
        """`x` times the weights: each kind of weights has its own."""
        raise NotImplementedError

    def __call__(self, x: mx.array) -> mx.array:
        if self._divides_outputs:
            y = self._product(sum_gradients(self.group)(x))
        else:
            y = mx.distributed.all_sum(self._product(x), group=self.group)
        return y + self["bias"] if "bias" in self else y


class _ShardedLinear(_Sharded):
    """The layers with weights of floats."""

    def __init__(self, input_dims: int, output_dims: int, bias: bool = True, group: _Group | None = None) -> None:
        super().__init__()
        inputs, outputs = self._sizes(input_dims, output_dims, group)
        k = math.sqrt(1.0 / input_dims)
        self.weight = mx.random.uniform(low=-k, high=k, shape=(outputs, inputs))
        if bias:
            self.bias = mx.random.uniform(low=-k, high=k, shape=(outputs,))

    def _extra_repr(self) -> str:
        return self._whole(self.weight.shape[1], self.weight.shape[0])

    def _product(self, x: mx.array) -> mx.array:
        weight: mx.array = self["weight"]
        return x @ weight.T

    @classmethod
    def from_linear(cls, linear_layer: Module, *, segments: _Segments = 1, group: _Group | None = None) -> Module:
        """This process's part of a `Linear`."""
        outputs, inputs = linear_layer.weight.shape
        layer = cls(inputs, outputs, "bias" in linear_layer, group)
        layer._take(linear_layer, segments)
        return layer


class AllToShardedLinear(_ShardedLinear):
    """A `Linear` of which each process computes some of the outputs.

    Gradients of the input are summed over the group.

    Args:
        input_dims: the size of the input's last axis.
        output_dims: the size of the output's last axis, of all processes together.
        bias: whether to add a bias.
        group: the processes; all of them by default.

    Shape:
        `(..., input_dims)` to `(..., output_dims / processes)`.

    Raises:
        `ValueError` for `output_dims` that the processes do not divide, and for an input whose last axis is not of
        `input_dims`.

    Example:
        >>> nn.AllToShardedLinear(8, 6)(mx.ones((2, 8))).shape
        (2, 6)
    """

    _divides_outputs = True


class ShardedToAllLinear(_ShardedLinear):
    """A `Linear` of which each process has some of the inputs; the outputs are summed over the group.

    Args:
        input_dims: the size of the input's last axis, of all processes together.
        output_dims: the size of the output's last axis.
        bias: whether to add a bias.
        group: the processes; all of them by default.

    Shape:
        `(..., input_dims / processes)` to `(..., output_dims)`.

    Raises:
        `ValueError` for `input_dims` that the processes do not divide, and for an input whose last axis is not of this
        process's share of them.

    Example:
        >>> nn.ShardedToAllLinear(8, 6)(mx.ones((2, 8))).shape
        (2, 6)
    """

    _divides_outputs = False


class _QuantizedSharded(Quantized, _Sharded):
    """The layers with quantized weights; all parameters are frozen."""

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        bias: bool = True,
        group_size: int = 64,
        bits: int = 4,
        mode: str = "affine",
        group: _Group | None = None,
    ) -> None:
        inputs, outputs = self._sizes(input_dims, output_dims, group)
        k = math.sqrt(1.0 / input_dims)
        super().__init__(mx.random.uniform(low=-k, high=k, shape=(outputs, inputs)), group_size, bits, mode)
        if bias:
            self.bias = mx.zeros((outputs,))
        self.freeze()

    def unfreeze(self, *args: Any, **kwargs: Any) -> Module:
        """As `Module.unfreeze`, but the layer's own parameters stay frozen."""
        super().unfreeze(*args, **kwargs)
        return self.freeze(recurse=False)

    def _extra_repr(self) -> str:
        outputs, words = self.weight.shape
        return f"{self._whole(words * 32 // self.bits, outputs)}, {self._format_repr()}"

    @classmethod
    def from_quantized_linear(
        cls, quantized_linear_layer: Module, *, segments: _Segments = 1, group: _Group | None = None
    ) -> Module:
        """This process's part of a `QuantizedLinear`."""
        whole = quantized_linear_layer
        outputs, words = whole.weight.shape
        layer = cls(words * 32 // whole.bits, outputs, "bias" in whole, whole.group_size, whole.bits, whole.mode, group)
        layer._take(whole, segments)
        return layer


class QuantizedAllToShardedLinear(_QuantizedSharded):
    """An `AllToShardedLinear` with quantized weights, which are frozen.

    Args:
        input_dims: the size of the input's last axis.
        output_dims: the size of the output's last axis, of all processes together.
        bias: whether to add a bias.
        group_size: how many weights share a scale.
        bits: bits of a weight.
        mode: "affine", "mxfp4", "mxfp8" or "nvfp4".
        group: the processes; all of them by default.

    Shape:
        `(..., input_dims)` to `(..., output_dims / processes)`.

    Raises:
        As `AllToShardedLinear`, and `ValueError` for an unknown mode and for `input_dims` that groups do not divide.

    Example:
        >>> nn.QuantizedAllToShardedLinear(64, 6)(mx.ones((2, 64))).shape
        (2, 6)
    """

    _divides_outputs = True


class QuantizedShardedToAllLinear(_QuantizedSharded):
    """A `ShardedToAllLinear` with quantized weights, which are frozen.

    Args:
        input_dims: the size of the input's last axis, of all processes together.
        output_dims: the size of the output's last axis.
        bias: whether to add a bias.
        group_size: how many weights share a scale.
        bits: bits of a weight.
        mode: "affine", "mxfp4", "mxfp8" or "nvfp4".
        group: the processes; all of them by default.

    Shape:
        `(..., input_dims / processes)` to `(..., output_dims)`.

    Raises:
        As `ShardedToAllLinear`, and `ValueError` for an unknown mode and for a share of `input_dims` that groups do not
        divide.

    Example:
        >>> nn.QuantizedShardedToAllLinear(64, 6)(mx.ones((2, 64))).shape
        (2, 6)
    """

    _divides_outputs = False


class FullyShardedModule(Module):
    """A module of whose parameters each process holds a part; they are gathered when the module is used, and gradients
    are summed and divided again (Rajbhandari et al., ZeRO, 2020).

    Args:
        module: the module. The first axis of every parameter must be a multiple of the group's size.
        group: the processes; all of them by default.
        compute_dtype: cast the gathered parameters to this dtype.

    Shape:
        That of the module.

    Raises:
        `ValueError` for a parameter whose first axis the processes do not divide, or without axes; what the module
        raises.

    Example:
        >>> nn.FullyShardedModule(nn.Linear(8, 6))(mx.ones((2, 8))).shape
        (2, 6)
    """

    def __init__(self, module: Module, group: _Group | None = None, compute_dtype: mx.Dtype | None = None) -> None:
        super().__init__()
        self._group = group or mx.distributed.init()
        self._compute_dtype = compute_dtype
        size = self._group.size()
        for path, weight in tree_flatten(module.parameters()):
            if weight.ndim == 0 or weight.shape[0] % size:
                raise ValueError(
                    f"FullyShardedModule: {path} of shape {weight.shape} cannot be divided among {size} processes"
                )
        module.update(_shard(module.parameters(), lambda path, weight: 0, self._group))
        self.module = module

    def _extra_repr(self) -> str:
        return f"num_sharded_params={len(tree_flatten(self.module.parameters()))}"

    def _gathered(self, weight: mx.array) -> mx.array:
        group = self._group
        if group.size() > 1:

            @mx.custom_function
            def gather(part: mx.array) -> mx.array:
                return mx.distributed.all_gather(part, group=group)

            @gather.vjp
            def scatter(_: mx.array, cotangent: mx.array, __: mx.array) -> mx.array:
                return mx.distributed.sum_scatter(cotangent, group=group)

            weight = gather(weight)
        return weight if self._compute_dtype is None else weight.astype(self._compute_dtype)

    def _whole(self, use: Callable[[], Any]) -> Any:
        """What a use of the module gives while it holds whole parameters."""
        parts = self.module.parameters()
        self.module.update(tree_unflatten([(path, self._gathered(w)) for path, w in tree_flatten(parts)]))
        try:
            return use()
        finally:
            self.module.update(parts)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._whole(lambda: self.module(*args, **kwargs))

    def as_linear(self, *args: Any, **kwargs: Any) -> Any:
        """The module's `as_linear`, such as an embedding's.

        Example:
            >>> nn.FullyShardedModule(nn.Embedding(5, 4)).as_linear(mx.ones((2, 4))).shape
            (2, 5)
        """
        return self._whole(lambda: self.module.as_linear(*args, **kwargs))


def fully_shard(module: Module, *, group: _Group | None = None, compute_dtype: mx.Dtype | None = None) -> Module:
    """A `FullyShardedModule` of a module; the module itself in a group of one process, or if it has no parameters.

    Args:
        module: the module.
        group: the processes; all of them by default.
        compute_dtype: cast the gathered parameters to this dtype.

    Example:
        >>> nn.fully_shard(nn.Linear(8, 6))
        Linear(input_dims=8, output_dims=6, bias=True)
    """
    group = group or mx.distributed.init()
    if group.size() == 1 or not tree_flatten(module.parameters()):
        return module
    return FullyShardedModule(module, group, compute_dtype)

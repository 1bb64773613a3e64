"""Layers that normalize: `LayerNorm`, `RMSNorm`, `GroupNorm`, `InstanceNorm`, `BatchNorm`."""

from __future__ import annotations

from typing import Any

import lazulite.core as mx
from lazulite.nn.layers.base import Module


def _affine(module: Module, y: mx.array) -> mx.array:
    """`y * weight + bias`, if the module has them."""
    return module.weight * y + module.bias if "weight" in module else y


class LayerNorm(Module):
    """`y = (x - E[x]) / sqrt(Var[x] + eps) * weight + bias` over the last axis (Ba et al. 2016).

    Args:
        dims: the size of the last axis.
        eps: keeps the division finite.
        affine: whether to have the parameters.
        bias: whether to have `bias`, if affine.

    Parameters:
        weight: `(dims,)`, ones; bias: `(dims,)`, zeros.

    Shape:
        `(..., dims)`, kept.

    Raises:
        `ValueError` for an input whose last axis is not of `dims`, or without axes.

    Example:
        >>> nn.LayerNorm(2)(mx.array([[1.0, 3.0]]))
        array([[-0.999995, 0.999995]], dtype=float32)
    """

    def __init__(self, dims: int, eps: float = 1e-5, affine: bool = True, bias: bool = True) -> None:
        super().__init__()
        if affine:
            self.weight = mx.ones((dims,))
            if bias:
                self.bias = mx.zeros((dims,))
        self.eps = eps
        self.dims = dims

    def _extra_repr(self) -> str:
        return f"{self.dims}, eps={self.eps}, affine={'weight' in self}"

    def __call__(self, x: mx.array) -> mx.array:
        return mx.fast.layer_norm(x, self.get("weight"), self.get("bias"), self.eps)


class RMSNorm(Module):
    """`y = x / sqrt(E[x²] + eps) * weight` over the last axis (Zhang & Sennrich 2019).

    The mean is taken in `float32` for shorter floats.

    Args:
        dims: the size of the last axis.
        eps: keeps the division finite.

    Parameters:
        weight: `(dims,)`, ones.

    Shape:
        `(..., dims)`, kept.

    Raises:
        `ValueError` for an input whose last axis is not of `dims`, or without axes.

    Example:
        >>> nn.RMSNorm(2)(mx.array([3.0, 4.0]))
        array([0.848528, 1.13137], dtype=float32)
    """

    def __init__(self, dims: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = mx.ones((dims,))
        self.eps = eps

    def _extra_repr(self) -> str:
        return f"{self.weight.shape[0]}, eps={self.eps}"

    def __call__(self, x: mx.array) -> mx.array:
        return mx.fast.rms_norm(x, self["weight"], self.eps)


class GroupNorm(Module):
    """`LayerNorm` over all positions of each group of features (Wu & He 2018).

    The features are the last axis, the first axis is the batch, those between are positions. The features are split
    into `num_groups` groups; mean and variance are taken over a group's features at all positions.

    Args:
        num_groups: how many groups.
        dims: the number of features, a multiple of `num_groups`.
        eps: keeps the division finite.
        affine: whether to scale and shift each feature.
        pytorch_compatible: group neighbouring features, as PyTorch does. Otherwise features that are `num_groups`
            apart form a group.

    Parameters:
        weight: `(dims,)`, ones; bias: `(dims,)`, zeros.

    Shape:
        `(N, ..., dims)`, kept.

    Raises:
        `ValueError` for an input of fewer than 2 axes, or whose features `num_groups` does not divide or are not
        `dims`.

    Example:
        >>> nn.GroupNorm(2, 4)(mx.ones((2, 5, 4))).shape
        (2, 5, 4)
    """

    def __init__(
        self, num_groups: int, dims: int, eps: float = 1e-5, affine: bool = True, pytorch_compatible: bool = False
    ) -> None:
        super().__init__()
        if affine:
            self.bias = mx.zeros((dims,))
            self.weight = mx.ones((dims,))
        self.num_groups = num_groups
        self.dims = dims
        self.eps = eps
        self.pytorch_compatible = pytorch_compatible

    def _extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.dims}, eps={self.eps}, affine={'weight' in self}, "
            f"pytorch_compatible={self.pytorch_compatible}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        if x.ndim < 2:
            raise ValueError(f"GroupNorm: the input must have at least 2 axes, got {x.ndim}")
        batch, features, groups = x.shape[0], x.shape[-1], self.num_groups
        if features % groups:
            raise ValueError(f"GroupNorm: {features} features cannot be split into {groups} groups")
        if self.pytorch_compatible:
            rows = x.reshape(batch, -1, groups, features // groups).swapaxes(1, 2)
            y = mx.fast.layer_norm(rows.reshape(batch, groups, -1), None, None, self.eps)
            y = y.reshape(batch, groups, -1, features // groups).swapaxes(1, 2)
        else:
            rows = x.reshape(batch, -1, groups)
            mean = mx.mean(rows, axis=1, keepdims=True)
            y = (rows - mean) * mx.rsqrt(mx.var(rows, axis=1, keepdims=True) + self.eps)
        return _affine(self, y.reshape(x.shape))


class InstanceNorm(Module):
    """`y = (x - E[x]) / sqrt(Var[x] + eps) * weight + bias`, for each entry and feature over all positions.

    See Ulyanov et al., Instance Normalization, 2016.

    Args:
        dims: the number of features.
        eps: keeps the division finite.
        affine: whether to scale and shift each feature.

    Parameters:
        weight: `(dims,)`, ones; bias: `(dims,)`, zeros.

    Shape:
        `(N, ..., dims)` with at least one axis between, kept.

    Raises:
        `ValueError` for an input of fewer than 3 axes; if `affine`, for one whose features are not `dims`.

    Example:
        >>> nn.InstanceNorm(16)(mx.ones((8, 4, 4, 16))).shape
        (8, 4, 4, 16)
    """

    def __init__(self, dims: int, eps: float = 1e-5, affine: bool = False) -> None:
        super().__init__()
        if affine:
            self.weight = mx.ones((dims,))
            self.bias = mx.zeros((dims,))
        self.dims = dims
        self.eps = eps

    def _extra_repr(self) -> str:
        return f"{self.dims}, eps={self.eps}, affine={'weight' in self}"

    def __call__(self, x: mx.array) -> mx.array:
        if x.ndim < 3:
            raise ValueError(f"InstanceNorm: the input must have at least 3 axes (N, ..., C), got {x.ndim}")
        axes = tuple(range(1, x.ndim - 1))
        mean = mx.mean(x, axis=axes, keepdims=True)
        return _affine(self, (x - mean) * mx.rsqrt(mx.var(x, axis=axes, keepdims=True) + self.eps))


class BatchNorm(Module):
    """`y = (x - E[x]) / sqrt(Var[x] + eps) * weight + bias`, for each feature over all entries and positions.

    While training the statistics are those of the batch, and running averages of them are kept; in evaluation mode
    the running ones are used (Ioffe & Szegedy 2015). The running variance is the unbiased one.

    Args:
        num_features: the size of the last axis.
        eps: keeps the division finite.
        momentum: the weight of the new batch in the running averages.
        affine: whether to scale and shift each feature.
        track_running_stats: whether to keep running averages. If not, the batch's statistics are used always.

    Parameters:
        weight: `(num_features,)`, ones; bias: `(num_features,)`, zeros; running_mean and running_var:
        `(num_features,)`, zeros and ones, frozen.

    Shape:
        `(N, C)`, `(N, L, C)` or `(N, H, W, C)`, kept.

    Raises:
        `ValueError` for an input of other than 2 to 4 axes, whose features are not `num_features`, or, in training,
        with a single value of each feature.

    Example:
        >>> nn.BatchNorm(4)(mx.ones((5, 4))).shape
        (5, 4)
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = mx.ones((num_features,))
            self.bias = mx.zeros((num_features,))
        if track_running_stats:
            self.running_mean = mx.zeros((num_features,))
            self.running_var = mx.ones((num_features,))
            self.freeze(keys=["running_mean", "running_var"], recurse=False)

    def unfreeze(self, *args: Any, **kwargs: Any) -> Module:
        """`Module.unfreeze`, after which the running averages are still frozen.

        As in MLX, unfreezing a module above this one does unfreeze them.
        """
        super().unfreeze(*args, **kwargs)
        return self.freeze(keys=["running_mean", "running_var"], recurse=False)

    def _extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={'weight' in self}, "
            f"track_running_stats={self.track_running_stats}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        if not 2 <= x.ndim <= 4:
            raise ValueError(f"BatchNorm: the input must have 2, 3 or 4 axes, got {x.ndim}")
        count = x.size // max(x.shape[-1], 1)
        if self.training and count == 1:
            raise ValueError("BatchNorm: training needs more than one value of each feature")
        if self.training or not self.track_running_stats:
            axes = tuple(range(x.ndim - 1))
            mean, variance = mx.mean(x, axis=axes), mx.var(x, axis=axes)
        else:
            mean, variance = self.running_mean, self.running_var
        if self.training and self.track_running_stats:
            unbiased = variance * (count / (count - 1))
            keep = 1 - self.momentum
            self.running_mean = keep * self.running_mean + self.momentum * mean
            self.running_var = keep * self.running_var + self.momentum * unbiased
        return _affine(self, (x - mean) * mx.rsqrt(variance + self.eps))

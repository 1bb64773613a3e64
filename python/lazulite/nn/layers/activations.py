"""Activation functions, and the modules that apply them.

All work element by element but `softmax`, `softmin`, `log_softmax` and `glu`, which go along an axis. They keep the
shape (`glu` halves its axis) and the dtype of a floating input; integers become `float32` where the result is not
whole. A Python number is taken as an array of no axes.
"""

from __future__ import annotations

import math
from typing import Any

import lazulite.core as mx
from lazulite.nn.layers.base import Module


def relu(x: mx.array) -> mx.array:
    """`max(x, 0)`.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> relu(mx.array([-1.0, 2.0]))
        array([0, 2], dtype=float32)
    """
    return mx.maximum(x, 0)


def relu2(x: mx.array) -> mx.array:
    """`max(x, 0)²` (So et al., Primer, 2021).

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> relu2(mx.array([-1.0, 3.0]))
        array([0, 9], dtype=float32)
    """
    return mx.square(mx.maximum(x, 0))


def relu6(x: mx.array) -> mx.array:
    """`min(max(x, 0), 6)` (Krizhevsky 2010).

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> relu6(mx.array([-1.0, 8.0]))
        array([0, 6], dtype=float32)
    """
    return mx.minimum(mx.maximum(x, 0), 6.0)


def leaky_relu(x: mx.array, negative_slope: float = 0.01) -> mx.array:
    """`max(negative_slope x, x)` (Maas et al. 2013).

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> leaky_relu(mx.array([-1.0, 2.0]))
        array([-0.01, 2], dtype=float32)
    """
    return mx.maximum(negative_slope * x, x)


def prelu(x: mx.array, alpha: mx.array) -> mx.array:
    """`max(0, x) + alpha min(0, x)` with a learned slope (He et al. 2015).

    Args:
        x: the input.
        alpha: the slope, an array that broadcasts against `x`.

    Shape: that of `x`. Raises `ValueError` for a slope that does not broadcast.

    Example:
        >>> prelu(mx.array([-2.0, 2.0]), mx.array(0.25))
        array([-0.5, 2], dtype=float32)
    """
    return mx.maximum(0, x) + alpha * mx.minimum(0, x)


def elu(x: mx.array, alpha: float = 1.0) -> mx.array:
    """`x` where `x > 0`, else `alpha (exp(x) - 1)` (Clevert et al. 2016).

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> mx.round(elu(mx.array([-1.0, 2.0])), 3)
        array([-0.632, 2], dtype=float32)
    """
    return mx.where(x > 0, x, alpha * (mx.exp(x) - 1))


def celu(x: mx.array, alpha: float = 1.0) -> mx.array:
    """`max(0, x) + min(0, alpha (exp(x / alpha) - 1))` (Barron 2017).

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> mx.round(celu(mx.array([-1.0, 2.0])), 3)
        array([-0.632, 2], dtype=float32)
    """
    return mx.maximum(x, 0.0) + alpha * (mx.exp(mx.minimum(x, 0.0) / alpha) - 1)


def selu(x: mx.array) -> mx.array:
    """`1.0507 elu(x, 1.67326)`, which keeps activations at mean 0 and variance 1 (Klambauer et al. 2017).

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> selu(mx.array([-1.0, 2.0]))
        array([-1.11133, 2.1014], dtype=float32)
    """
    return elu(x, 1.67326) * 1.0507


def gelu(x: mx.array) -> mx.array:
    """`x Φ(x)`, `Φ` being the normal distribution function (Hendrycks & Gimpel 2016).

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> gelu(mx.array([-1.0, 2.0]))
        array([-0.158655, 1.9545], dtype=float32)
    """
    return x * (1 + mx.erf(x / math.sqrt(2))) / 2


def gelu_approx(x: mx.array) -> mx.array:
    """`gelu` by `x (1 + tanh(sqrt(2 / π) (x + 0.044715 x³))) / 2`; off by less than 0.0005 in `[-6, 6]`.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> gelu_approx(mx.array([-1.0, 2.0]))
        array([-0.158808, 1.9546], dtype=float32)
    """
    return 0.5 * x * (1 + mx.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gelu_fast_approx(x: mx.array) -> mx.array:
    """`gelu` by `x σ(1.702 x)`; off by less than 0.015 in `[-6, 6]`.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> gelu_fast_approx(mx.array([-1.0, 2.0]))
        array([-0.154204, 1.93566], dtype=float32)
    """
    return x * mx.sigmoid(1.702 * x)


def silu(x: mx.array) -> mx.array:
    """`x σ(x)`, also known as swish (Elfwing et al. 2018; Ramachandran et al. 2017).

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> silu(mx.array([0.0, 1.0]))
        array([0, 0.731059], dtype=float32)
    """
    return x * mx.sigmoid(x)


def mish(x: mx.array) -> mx.array:
    """`x tanh(softplus(x))` (Misra 2019).

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> mish(mx.array([0.0, 1.0]))
        array([0, 0.865098], dtype=float32)
    """
    return x * mx.tanh(softplus(x))


def sigmoid(x: mx.array) -> mx.array:
    """`1 / (1 + exp(-x))`.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> sigmoid(mx.array([0.0, 1.0]))
        array([0.5, 0.731059], dtype=float32)
    """
    return mx.sigmoid(x)


def log_sigmoid(x: mx.array) -> mx.array:
    """`log σ(x)`, computed as `-softplus(-x)`.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> log_sigmoid(mx.array([0.0, 1.0]))
        array([-0.693147, -0.313262], dtype=float32)
    """
    return -softplus(-x)


def softplus(x: mx.array) -> mx.array:
    """`log(1 + exp(x))` without overflow.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> softplus(mx.array([0.0, 1.0]))
        array([0.693147, 1.31326], dtype=float32)
    """
    return mx.logaddexp(x, 0)


def softsign(x: mx.array) -> mx.array:
    """`x / (1 + |x|)`.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> softsign(mx.array([-1.0, 3.0]))
        array([-0.5, 0.75], dtype=float32)
    """
    return mx.divide(x, 1 + mx.abs(x))


def softshrink(x: mx.array, lambd: float = 0.5) -> mx.array:
    """`x` moved towards zero by `lambd`, and zero within `[-lambd, lambd]`.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> softshrink(mx.array([-1.0, 0.2, 2.0]))
        array([-0.5, 0, 1.5], dtype=float32)
    """
    return mx.where(mx.abs(x) > lambd, x - mx.sign(x) * lambd, 0)


def hard_shrink(x: mx.array, lambd: float = 0.5) -> mx.array:
    """`x` where `|x| > lambd`, else zero.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> hard_shrink(mx.array([-1.0, 0.2, 2.0]))
        array([-1, 0, 2], dtype=float32)
    """
    return mx.where(mx.abs(x) > lambd, x, 0)


def hard_tanh(x: mx.array, min_val: float = -1.0, max_val: float = 1.0) -> mx.array:
    """`x` cut off below at `min_val` and above at `max_val`.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> hard_tanh(mx.array([-2.0, 0.5, 2.0]))
        array([-1, 0.5, 1], dtype=float32)
    """
    return mx.minimum(mx.maximum(x, min_val), max_val)


def hardswish(x: mx.array) -> mx.array:
    """`x min(max(x + 3, 0), 6) / 6` (Howard et al., MobileNetV3, 2019).

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> hardswish(mx.array([-3.0, 1.0, 3.0]))
        array([-0, 0.666667, 3], dtype=float32)
    """
    return x * mx.minimum(mx.maximum(x + 3, 0), 6) / 6


def tanh(x: mx.array) -> mx.array:
    """The hyperbolic tangent.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> tanh(mx.array([0.0, 1.0]))
        array([0, 0.761594], dtype=float32)
    """
    return mx.tanh(x)


def step(x: mx.array, threshold: float = 0.0) -> mx.array:
    """1 where `x >= threshold`, else 0, as `int32`.

    Shape: any, kept. Raises `TypeError` or `ValueError` for what is no array or number.

    Example:
        >>> step(mx.array([-1.0, 0.0, 1.0]))
        array([0, 1, 1], dtype=int32)
    """
    return mx.where(x >= threshold, 1, 0)


def softmax(x: mx.array, axis: int = -1) -> mx.array:
    """`exp(x) / Σ exp(x)` along `axis`.

    Shape: any of at least one axis, kept. Raises `IndexError` for an axis that is not there.

    Example:
        >>> softmax(mx.array([1.0, 2.0]))
        array([0.268941, 0.731059], dtype=float32)
    """
    return mx.softmax(x, axis=axis)


def softmin(x: mx.array, axis: int = -1) -> mx.array:
    """`softmax(-x)` along `axis`.

    Shape: any of at least one axis, kept. Raises `IndexError` for an axis that is not there.

    Example:
        >>> softmin(mx.array([1.0, 2.0]))
        array([0.731059, 0.268941], dtype=float32)
    """
    return mx.softmax(-x, axis=axis)


def log_softmax(x: mx.array, axis: int = -1) -> mx.array:
    """`x - log Σ exp(x)` along `axis`.

    Shape: any of at least one axis, kept. Raises `IndexError` for an axis that is not there.

    Example:
        >>> log_softmax(mx.array([1.0, 2.0]))
        array([-1.31326, -0.313262], dtype=float32)
    """
    return x - mx.logsumexp(x, axis=axis, keepdims=True)


def glu(x: mx.array, axis: int = -1) -> mx.array:
    """The gated linear unit `a σ(b)`, `a` and `b` being the halves of `x` along `axis` (Dauphin et al. 2017).

    Shape: `axis` is halved. Raises `ValueError` for an odd size, `IndexError` for an axis that is not there.

    Example:
        >>> glu(mx.array([1.0, 0.0]))
        array([0.5], dtype=float32)
    """
    a, b = mx.split(x, 2, axis=axis)
    return a * mx.sigmoid(b)


class ReLU(Module):
    """The module for `relu`: `nn.ReLU()(x)` is `nn.relu(x)`.

    Example:
        >>> nn.ReLU()(mx.array([-1.0, 2.0]))
        array([0, 2], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return relu(x)


class ReLU2(Module):
    """The module for `relu2`: `nn.ReLU2()(x)` is `nn.relu2(x)`.

    Example:
        >>> nn.ReLU2()(mx.array([-1.0, 2.0]))
        array([0, 4], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return relu2(x)


class ReLU6(Module):
    """The module for `relu6`: `nn.ReLU6()(x)` is `nn.relu6(x)`.

    Example:
        >>> nn.ReLU6()(mx.array([-1.0, 2.0]))
        array([0, 2], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return relu6(x)


class SELU(Module):
    """The module for `selu`: `nn.SELU()(x)` is `nn.selu(x)`.

    Example:
        >>> nn.SELU()(mx.array([-1.0, 2.0]))
        array([-1.11133, 2.1014], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return selu(x)


class SiLU(Module):
    """The module for `silu`: `nn.SiLU()(x)` is `nn.silu(x)`.

    Example:
        >>> nn.SiLU()(mx.array([-1.0, 2.0]))
        array([-0.268941, 1.76159], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return silu(x)


class Mish(Module):
    """The module for `mish`: `nn.Mish()(x)` is `nn.mish(x)`.

    Example:
        >>> nn.Mish()(mx.array([-1.0, 2.0]))
        array([-0.303401, 1.94396], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return mish(x)


class Sigmoid(Module):
    """The module for `sigmoid`: `nn.Sigmoid()(x)` is `nn.sigmoid(x)`.

    Example:
        >>> nn.Sigmoid()(mx.array([-1.0, 2.0]))
        array([0.268941, 0.880797], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return sigmoid(x)


class LogSigmoid(Module):
    """The module for `log_sigmoid`: `nn.LogSigmoid()(x)` is `nn.log_sigmoid(x)`.

    Example:
        >>> nn.LogSigmoid()(mx.array([-1.0, 2.0]))
        array([-1.31326, -0.126928], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return log_sigmoid(x)


class Softplus(Module):
    """The module for `softplus`: `nn.Softplus()(x)` is `nn.softplus(x)`.

    Example:
        >>> nn.Softplus()(mx.array([-1.0, 2.0]))
        array([0.313262, 2.12693], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return softplus(x)


class Softsign(Module):
    """The module for `softsign`: `nn.Softsign()(x)` is `nn.softsign(x)`.

    Example:
        >>> nn.Softsign()(mx.array([-1.0, 2.0]))
        array([-0.5, 0.666667], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return softsign(x)


class HardTanh(Module):
    """The module for `hard_tanh` with its default bounds -1 and 1.

    Example:
        >>> nn.HardTanh()(mx.array([-1.0, 2.0]))
        array([-1, 1], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return hard_tanh(x)


class Hardswish(Module):
    """The module for `hardswish`: `nn.Hardswish()(x)` is `nn.hardswish(x)`.

    Example:
        >>> nn.Hardswish()(mx.array([-1.0, 2.0]))
        array([-0.333333, 1.66667], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return hardswish(x)


class Tanh(Module):
    """The module for `tanh`: `nn.Tanh()(x)` is `nn.tanh(x)`.

    Example:
        >>> nn.Tanh()(mx.array([-1.0, 2.0]))
        array([-0.761594, 0.964028], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return tanh(x)


class Softmax(Module):
    """The module for `softmax` along the last axis.

    Example:
        >>> nn.Softmax()(mx.array([-1.0, 2.0]))
        array([0.0474259, 0.952574], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return softmax(x)


class Softmin(Module):
    """The module for `softmin` along the last axis.

    Example:
        >>> nn.Softmin()(mx.array([-1.0, 2.0]))
        array([0.952574, 0.0474259], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return softmin(x)


class LogSoftmax(Module):
    """The module for `log_softmax` along the last axis.

    Example:
        >>> nn.LogSoftmax()(mx.array([-1.0, 2.0]))
        array([-3.04859, -0.0485873], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return log_softmax(x)


class LeakyReLU(Module):
    """The module for `leaky_relu`.

    Args:
        negative_slope: the slope where `x < 0`.

    Example:
        >>> nn.LeakyReLU(0.1)(mx.array([-1.0, 2.0]))
        array([-0.1, 2], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__()
        self._negative_slope = negative_slope

    def __call__(self, x: mx.array) -> mx.array:
        return leaky_relu(x, self._negative_slope)


class ELU(Module):
    """The module for `elu`.

    Args:
        alpha: the scale of the negative part.

    Example:
        >>> nn.ELU(alpha=2.0)(mx.array([-1.0, 2.0]))
        array([-1.26424, 2], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self._alpha = alpha

    def __call__(self, x: mx.array) -> mx.array:
        return elu(x, self._alpha)


class CELU(Module):
    """The module for `celu`.

    Args:
        alpha: the scale of the negative part.

    Example:
        >>> nn.CELU(alpha=2.0)(mx.array([-1.0, 2.0]))
        array([-0.786939, 2], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self._alpha = alpha

    def __call__(self, x: mx.array) -> mx.array:
        return celu(x, self._alpha)


class PReLU(Module):
    """The module for `prelu`, with the slopes as its parameter `weight`.

    Args:
        num_parameters: how many slopes: one for all, or one for each entry of the last axis.
        init: what they start with.

    Parameters:
        weight: `(num_parameters,)`.

    Example:
        >>> nn.PReLU()(mx.array([-1.0, 2.0]))
        array([-0.25, 2], dtype=float32)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        super().__init__()
        self.weight = mx.full([num_parameters], init)

    def __call__(self, x: mx.array) -> mx.array:
        return prelu(x, self.weight)


class Softshrink(Module):
    """The module for `softshrink`.

    Args:
        lambd: half the width of the zero part.

    Example:
        >>> nn.Softshrink()(mx.array([-1.0, 2.0]))
        array([-0.5, 1.5], dtype=float32)
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def __call__(self, x: mx.array) -> mx.array:
        return softshrink(x, self.lambd)


class HardShrink(Module):
    """The module for `hard_shrink`.

    Args:
        lambd: half the width of the zero part.

    Example:
        >>> nn.HardShrink()(mx.array([-1.0, 2.0]))
        array([-1, 2], dtype=float32)
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def __call__(self, x: mx.array) -> mx.array:
        return hard_shrink(x, self.lambd)


class Step(Module):
    """The module for `step`.

    Args:
        threshold: where the result becomes 1.

    Example:
        >>> nn.Step(0.5)(mx.array([-1.0, 2.0]))
        array([0, 1], dtype=int32)
    """

    def __init__(self, threshold: float = 0.0) -> None:
        super().__init__()
        self.threshold = threshold

    def __call__(self, x: mx.array) -> mx.array:
        return step(x, self.threshold)


class GLU(Module):
    """The module for `glu`.

    Args:
        axis: the axis that is halved.

    Example:
        >>> nn.GLU()(mx.array([-1.0, 2.0]))
        array([-0.880797], dtype=float32)
    """

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = axis

    def __call__(self, x: mx.array) -> mx.array:
        return glu(x, axis=self.axis)


_GELUS = {"none": gelu, "precise": gelu_approx, "tanh": gelu_approx, "fast": gelu_fast_approx}


class GELU(Module):
    """The module for `gelu` or one of its approximations.

    Args:
        approx: `"none"` for `gelu`, `"precise"` or `"tanh"` for `gelu_approx`, `"fast"` for `gelu_fast_approx`.

    Raises:
        `ValueError` for another `approx`.

    Example:
        >>> nn.GELU(approx="fast")(mx.array(1.0))
        array(0.845796, dtype=float32)
    """

    def __init__(self, approx: Any = "none") -> None:
        super().__init__()
        if approx not in _GELUS:
            raise ValueError(f"GELU: approx must be one of {list(_GELUS)}, not {approx!r}")
        self._approx = approx

    def __call__(self, x: mx.array) -> mx.array:
        return _GELUS[self._approx](x)

"""Loss functions.

Each takes `reduction`: `"none"` for one loss an element (or a row), `"mean"` or `"sum"` of them for a scalar.
"""

from __future__ import annotations

import math
from typing import Literal

import lazulite.core as mx

Reduction = Literal["none", "mean", "sum"]


def _reduce(loss: mx.array, reduction: Reduction) -> mx.array:
    if reduction == "mean":
        return mx.mean(loss)
    if reduction == "sum":
        return mx.sum(loss)
    if reduction == "none":
        return loss
    raise ValueError(f"reduction must be 'none', 'mean' or 'sum', not {reduction!r}")


def _same_shape(name: str, /, **arrays: mx.array) -> None:
    """Raise a `ValueError` unless all arrays have one shape."""
    if len({array.shape for array in arrays.values()}) > 1:
        shapes = ", ".join(f"{key} {array.shape}" for key, array in arrays.items())
        raise ValueError(f"{name}: shapes must be equal, got {shapes}")


def cross_entropy(
    logits: mx.array,
    targets: mx.array,
    weights: mx.array | None = None,
    axis: int = -1,
    label_smoothing: float = 0.0,
    reduction: Reduction = "none",
) -> mx.array:
    """The cross entropy between `softmax(logits)` and the targets: `-Σ_c t_c log softmax(logits)_c` along `axis`.

    Args:
        logits: unnormalized scores.
        targets: class numbers, in the shape of `logits` without `axis`; or probabilities, in the shape of `logits`.
        weights: multiplies the loss of each row; has the shape of the unreduced loss.
        axis: the axis of the classes.
        label_smoothing: the share of each target spread evenly over all classes, in `[0, 1)` (Szegedy et al. 2016).
        reduction: see above.

    Raises:
        ValueError: shapes that do not fit or a `label_smoothing` outside `[0, 1)`, or an unknown `reduction`.

    Example:
        >>> cross_entropy(mx.array([[2.0, -1.0], [-1.0, 2.0]]), mx.array([0, 1]))
        array([0.0485873, 0.0485873], dtype=float32)
    """
    if label_smoothing < 0 or label_smoothing >= 1:
        raise ValueError(f"cross_entropy: label_smoothing must be in [0, 1), got {label_smoothing}")
    as_probabilities = targets.ndim == logits.ndim
    without_axis = list(logits.shape)
    del without_axis[axis]
    if as_probabilities and targets.shape != logits.shape:
        raise ValueError(f"cross_entropy: targets of shape {targets.shape} do not fit logits of shape {logits.shape}")
    if not as_probabilities and list(targets.shape) != without_axis:
        raise ValueError(f"cross_entropy: targets of shape {targets.shape} do not fit logits of shape {logits.shape}")

    if as_probabilities:
        score = mx.sum(logits * targets, axis=axis)
    else:
        score = mx.take_along_axis(logits, mx.expand_dims(targets, axis), axis).squeeze(axis)
    log_sum = mx.logsumexp(logits, axis=axis)
    if label_smoothing > 0:
        score = (1 - label_smoothing) * score
        loss = log_sum - score - label_smoothing * mx.mean(logits, axis=axis)
    else:
        loss = log_sum - score

    if weights is not None:
        _same_shape("cross_entropy", weights=weights, loss=loss)
        loss = loss * weights
    return _reduce(loss, reduction)


def binary_cross_entropy(
    inputs: mx.array,
    targets: mx.array,
    weights: mx.array | None = None,
    with_logits: bool = True,
    reduction: Reduction = "mean",
) -> mx.array:
    """The cross entropy `-(t log p + (1 - t) log(1 - p))` of yes-or-no predictions.

    Args:
        inputs: logits, `p` being `σ(inputs)`; or `p` itself.
        targets: 0 or 1 or a probability, in the shape of `inputs`.
        weights: multiplies each loss; has the shape of `inputs`.
        with_logits: whether `inputs` are logits. If not, logarithms are cut off at -100.
        reduction: see above.

    Raises:
        ValueError: shapes that do not fit, or an unknown `reduction`.

    Example:
        >>> binary_cross_entropy(mx.array([0.0, 2.0]), mx.array([0, 1]))
        array(0.410038, dtype=float32)
    """
    _same_shape("binary_cross_entropy", inputs=inputs, targets=targets)
    if with_logits:
        loss = mx.logaddexp(0.0, inputs) - inputs * targets
    else:
        log_p = mx.maximum(mx.log(inputs), -100)
        log_not_p = mx.maximum(mx.log(1 - inputs), -100)
        loss = -(targets * log_p + (1 - targets) * log_not_p)
    if weights is not None:
        _same_shape("binary_cross_entropy", weights=weights, inputs=inputs)
        loss = loss * weights
    return _reduce(loss, reduction)


def l1_loss(predictions: mx.array, targets: mx.array, reduction: Reduction = "mean") -> mx.array:
    """`|predictions - targets|`.

    Args:
        predictions, targets: of one shape.
        reduction: see above.

    Raises:
        ValueError: shapes that do not fit, or an unknown `reduction`.

    Example:
        >>> l1_loss(mx.array([1.0, 3.0]), mx.array([1.0, 1.0]))
        array(1, dtype=float32)
    """
    _same_shape("l1_loss", predictions=predictions, targets=targets)
    return _reduce(mx.abs(predictions - targets), reduction)


def mse_loss(predictions: mx.array, targets: mx.array, reduction: Reduction = "mean") -> mx.array:
    """`(predictions - targets)²`.

    Args:
        predictions, targets: of one shape.
        reduction: see above.

    Raises:
        ValueError: shapes that do not fit, or an unknown `reduction`.

    Example:
        >>> mse_loss(mx.array([1.0, 3.0]), mx.array([1.0, 1.0]))
        array(2, dtype=float32)
    """
    _same_shape("mse_loss", predictions=predictions, targets=targets)
    return _reduce(mx.square(predictions - targets), reduction)


def nll_loss(inputs: mx.array, targets: mx.array, axis: int = -1, reduction: Reduction = "none") -> mx.array:
    """`-inputs[target]` along `axis`: the negative log likelihood of the target classes.

    Args:
        inputs: log probabilities.
        targets: class numbers, in the shape of `inputs` without `axis`.
        axis: the axis of the classes.
        reduction: see above.

    Raises:
        ValueError: shapes that do not fit, targets that are no integers, or an unknown `reduction`.

    Example:
        >>> nll_loss(mx.log(mx.array([[0.25, 0.75]])), mx.array([1]))
        array([0.287682], dtype=float32)
    """
    picked = mx.take_along_axis(inputs, mx.expand_dims(targets, axis), axis)
    return _reduce(-picked.squeeze(axis), reduction)


def gaussian_nll_loss(
    inputs: mx.array,
    targets: mx.array,
    vars: mx.array,
    full: bool = False,
    eps: float = 1e-6,
    reduction: Reduction = "mean",
) -> mx.array:
    """`(log v + (inputs - targets)² / v) / 2` with `v = max(vars, eps)` (Nix & Weigend 1994).

    Args:
        inputs: the predicted means.
        targets: the samples, in the shape of `inputs`.
        vars: the predicted variances, in the shape of `inputs`.
        full: add the constant `log(2 π) / 2`.
        eps: keeps the division finite.
        reduction: see above.

    Raises:
        ValueError: shapes that do not fit, or an unknown `reduction`.

    Example:
        >>> gaussian_nll_loss(mx.array([1.0]), mx.array([2.0]), mx.array([1.0]))
        array(0.5, dtype=float32)
    """
    _same_shape("gaussian_nll_loss", inputs=inputs, targets=targets, vars=vars)
    v = mx.maximum(vars, eps)
    loss = 0.5 * (mx.log(v) + mx.square(targets - inputs) / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduce(loss, reduction)


def kl_div_loss(inputs: mx.array, targets: mx.array, axis: int = -1, reduction: Reduction = "none") -> mx.array:
    """The Kullback-Leibler divergence `Σ exp(targets) (targets - inputs)` along `axis`.

    Args:
        inputs: log probabilities of the prediction.
        targets: log probabilities of the target, in the shape of `inputs`.
        axis: the axis of the classes.
        reduction: see above.

    Raises:
        ValueError: shapes that do not broadcast, or an unknown `reduction`.

    Example:
        >>> p = mx.log(mx.array([[0.5, 0.5]]))
        >>> kl_div_loss(p, p)
        array([0], dtype=float32)
    """
    return _reduce(mx.sum(mx.exp(targets) * (targets - inputs), axis=axis), reduction)


def smooth_l1_loss(
    predictions: mx.array, targets: mx.array, beta: float = 1.0, reduction: Reduction = "mean"
) -> mx.array:
    """`d² / (2 beta)` where `d = |predictions - targets| < beta`, else `d - beta / 2` (Girshick, Fast R-CNN, 2015).

    Args:
        predictions, targets: of one shape.
        beta: where the square meets the line.
        reduction: see above.

    Raises:
        ValueError: shapes that do not fit, or an unknown `reduction`.

    Example:
        >>> smooth_l1_loss(mx.array([0.5, 3.0]), mx.array([0.0, 0.0]), reduction="none")
        array([0.125, 2.5], dtype=float32)
    """
    _same_shape("smooth_l1_loss", predictions=predictions, targets=targets)
    difference = predictions - targets
    distance = mx.abs(difference)
    loss = mx.where(distance < beta, 0.5 * mx.square(difference) / beta, distance - 0.5 * beta)
    return _reduce(loss, reduction)


def triplet_loss(
    anchors: mx.array,
    positives: mx.array,
    negatives: mx.array,
    axis: int = -1,
    p: int = 2,
    margin: float = 1.0,
    eps: float = 1e-6,
    reduction: Reduction = "none",
) -> mx.array:
    """`max(‖anchor - positive‖ - ‖anchor - negative‖ + margin, 0)` along `axis` (Schroff et al., FaceNet, 2015).

    Args:
        anchors, positives, negatives: of one shape.
        axis: the axis of the features.
        p: which norm.
        margin: by how much the negative should be farther away.
        eps: added under the root.
        reduction: see above.

    Raises:
        ValueError: shapes that do not broadcast, or an unknown `reduction`.

    Example:
        >>> a, n = mx.array([[0.0, 0.0]]), mx.array([[3.0, 4.0]])
        >>> triplet_loss(a, a, n, margin=6.0)
        array([1.001], dtype=float32)
    """

    def distance(others: mx.array) -> mx.array:
        return mx.power(mx.power(mx.abs(anchors - others), p).sum(axis) + eps, 1 / p)

    return _reduce(mx.maximum(distance(positives) - distance(negatives) + margin, 0), reduction)


def hinge_loss(inputs: mx.array, targets: mx.array, reduction: Reduction = "none") -> mx.array:
    """`max(1 - inputs * targets, 0)`.

    Args:
        inputs: the predictions.
        targets: -1 or 1, in the shape of `inputs`.
        reduction: see above.

    Raises:
        ValueError: shapes that do not broadcast, or an unknown `reduction`.

    Example:
        >>> hinge_loss(mx.array([0.5, 2.0]), mx.array([1.0, -1.0]))
        array([0.5, 3], dtype=float32)
    """
    return _reduce(mx.maximum(1 - inputs * targets, 0), reduction)


def huber_loss(inputs: mx.array, targets: mx.array, delta: float = 1.0, reduction: Reduction = "none") -> mx.array:
    """`d² / 2` where `d = |inputs - targets| <= delta`, else `delta (d - delta / 2)` (Huber 1964).

    Args:
        inputs, targets: of one shape.
        delta: where the square meets the line.
        reduction: see above.

    Raises:
        ValueError: shapes that do not broadcast, or an unknown `reduction`.

    Example:
        >>> huber_loss(mx.array([0.5, 3.0]), mx.array([0.0, 0.0]))
        array([0.125, 2.5], dtype=float32)
    """
    difference = inputs - targets
    distance = mx.abs(difference)
    loss = mx.where(distance <= delta, 0.5 * mx.square(difference), delta * (distance - 0.5 * delta))
    return _reduce(loss, reduction)


def log_cosh_loss(inputs: mx.array, targets: mx.array, reduction: Reduction = "none") -> mx.array:
    """`log(cosh(inputs - targets))`: a square near zero, a line far from it.

    Args:
        inputs, targets: of one shape.
        reduction: see above.

    Raises:
        ValueError: shapes that do not broadcast, or an unknown `reduction`.

    Example:
        >>> log_cosh_loss(mx.array([1.0]), mx.array([0.0]))
        array([0.433781], dtype=float32)
    """
    difference = inputs - targets
    return _reduce(mx.logaddexp(difference, -difference) - math.log(2), reduction)


def cosine_similarity_loss(
    x1: mx.array,
    x2: mx.array,
    axis: int = 1,
    eps: float = 1e-8,
    reduction: Reduction = "none",
) -> mx.array:
    """The cosine of the angle between two vectors: `x1 · x2 / max(‖x1‖ ‖x2‖, eps)` along `axis`.

    Args:
        x1, x2: the vectors, arrays of one shape.
        axis: the axis of the features.
        eps: keeps the division finite.
        reduction: see above.

    Raises:
        ValueError: shapes that do not broadcast, or an unknown `reduction`.

    Example:
        >>> cosine_similarity_loss(mx.array([[1.0, 0.0]]), mx.array([[1.0, 1.0]]))
        array([0.707107], dtype=float32)
    """

    def norm(x: mx.array) -> mx.array:
        return mx.sqrt(mx.sum(mx.square(x), axis=axis))

    return _reduce(mx.sum(x1 * x2, axis=axis) / mx.maximum(norm(x1) * norm(x2), eps), reduction)


def margin_ranking_loss(
    inputs1: mx.array,
    inputs2: mx.array,
    targets: mx.array,
    margin: float = 0.0,
    reduction: Reduction = "none",
) -> mx.array:
    """`max(-targets (inputs1 - inputs2) + margin, 0)`.

    Args:
        inputs1, inputs2: scores, of one shape.
        targets: 1 where the first score should be higher, -1 where the second should.
        margin: by how much.
        reduction: see above.

    Raises:
        ValueError: shapes that do not fit, or an unknown `reduction`.

    Example:
        >>> margin_ranking_loss(mx.array([1.0, 1.0]), mx.array([0.0, 3.0]), mx.array([1, 1]))
        array([0, 2], dtype=float32)
    """
    _same_shape("margin_ranking_loss", inputs1=inputs1, inputs2=inputs2, targets=targets)
    return _reduce(mx.maximum(0, -targets * (inputs1 - inputs2) + margin), reduction)

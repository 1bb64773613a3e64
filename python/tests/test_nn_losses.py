"""Losses against their formulas."""

import math

import lazulite.core as mx
import lazulite.nn as nn
import numpy as np
import pytest
from reference import array, assert_close, random

losses = nn.losses


def log_softmax(x, axis=-1):
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


def norm(x, p=2, axis=-1, eps=1e-6):
    return ((np.abs(x) ** p).sum(axis) + eps) ** (1 / p)


X, Y, Z = random(5, 4), random(5, 4, seed=1), random(5, 4, seed=2)
CLASSES = np.array([0, 3, 1, 1, 2])
SIGNS = np.array([1, -1, 1, 1, -1])
LOG_P, LOG_Q = log_softmax(X), log_softmax(Y)
PICKED = -LOG_P[np.arange(5), CLASSES]
VARS = np.abs(Z)
D = X - Y

# Name, arguments, keywords, the loss of each element, the reduction by default.
CASES = [
    ("cross_entropy", (X, CLASSES), {}, PICKED, "none"),
    ("cross_entropy", (X.T, CLASSES), {"axis": 0}, PICKED, "none"),
    ("cross_entropy", (X, np.exp(LOG_Q)), {}, -(np.exp(LOG_Q) * LOG_P).sum(-1), "none"),
    ("cross_entropy", (X, CLASSES), {"label_smoothing": 0.2}, 0.8 * PICKED - 0.2 * LOG_P.mean(-1), "none"),
    ("nll_loss", (LOG_P, CLASSES), {}, PICKED, "none"),
    ("nll_loss", (LOG_P.T, CLASSES), {"axis": 0}, PICKED, "none"),
    ("kl_div_loss", (LOG_P, LOG_Q), {}, (np.exp(LOG_Q) * (LOG_Q - LOG_P)).sum(-1), "none"),
    ("l1_loss", (X, Y), {}, np.abs(D), "mean"),
    ("mse_loss", (X, Y), {}, D**2, "mean"),
    ("smooth_l1_loss", (X, Y), {}, np.where(np.abs(D) < 1, D**2 / 2, np.abs(D) - 0.5), "mean"),
    ("smooth_l1_loss", (X, Y), {"beta": 0.5}, np.where(np.abs(D) < 0.5, D**2, np.abs(D) - 0.25), "mean"),
    ("huber_loss", (X, Y), {"delta": 0.5}, np.where(np.abs(D) < 0.5, D**2 / 2, 0.5 * (np.abs(D) - 0.25)), "none"),
    ("log_cosh_loss", (X, Y), {}, np.log(np.cosh(D)), "none"),
    ("hinge_loss", (X[:, 0], SIGNS), {}, np.maximum(0, 1 - X[:, 0] * SIGNS), "none"),
    (
        "margin_ranking_loss",
        (X[:, 0], Y[:, 0], SIGNS),
        {"margin": 0.3},
        np.maximum(0, 0.3 - SIGNS * D[:, 0]),
        "none",
    ),
    ("triplet_loss", (X, Y, Z), {}, np.maximum(norm(X - Y) - norm(X - Z) + 1, 0), "none"),
    (
        "triplet_loss",
        (X, Y, Z),
        {"p": 3, "axis": 0, "margin": 2.0, "eps": 0.1},
        np.maximum(norm(X - Y, 3, 0, 0.1) - norm(X - Z, 3, 0, 0.1) + 2, 0),
        "none",
    ),
    (
        "cosine_similarity_loss",
        (X, Y),
        {},
        (X * Y).sum(1) / (np.linalg.norm(X, axis=1) * np.linalg.norm(Y, axis=1)),
        "none",
    ),
    ("gaussian_nll_loss", (X, Y, VARS), {}, (np.log(VARS) + D**2 / VARS) / 2, "mean"),
    (
        "gaussian_nll_loss",
        (X, Y, VARS),
        {"full": True, "eps": 0.5},
        (np.log(np.maximum(VARS, 0.5)) + D**2 / np.maximum(VARS, 0.5) + math.log(2 * math.pi)) / 2,
        "mean",
    ),
]
REDUCE = {"none": lambda x: x, "mean": np.mean, "sum": np.sum}


def as_arrays(arguments):
    return [mx.array(a) if a.dtype.kind == "i" else array(a) for a in arguments]


@pytest.mark.parametrize("reduction", [None, "none", "mean", "sum"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[2]}")
def test_formula(case, reduction):
    name, arguments, keywords, expected, default = case
    chosen = {} if reduction is None else {"reduction": reduction}
    loss = getattr(losses, name)(*as_arrays(arguments), **keywords, **chosen)
    assert_close(loss, REDUCE[reduction or default](expected), 1e-4)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[2]}")
def test_unknown_reduction(case):
    name, arguments, keywords, _, _ = case
    with pytest.raises(ValueError, match="reduction"):
        getattr(losses, name)(*as_arrays(arguments), **keywords, reduction="nonsense")


def test_weights_multiply_the_loss():
    weights = np.array([0, 1, 2, 3, 4.0])
    loss = losses.cross_entropy(array(X), mx.array(CLASSES), weights=array(weights))
    assert_close(loss, weights * PICKED)
    loss = losses.cross_entropy(array(X), mx.array(CLASSES), weights=array(weights), reduction="mean")
    assert_close(loss, (weights * PICKED).mean())


def test_binary_cross_entropy():
    targets = np.array([0, 1, 1, 0, 0.3])
    x = random(5) * 3
    p = 1 / (1 + np.exp(-x))
    expected = -(targets * np.log(p) + (1 - targets) * np.log(1 - p))
    assert_close(losses.binary_cross_entropy(array(x), array(targets), reduction="none"), expected)
    assert_close(losses.binary_cross_entropy(array(x), array(targets)), expected.mean())
    loss = losses.binary_cross_entropy(array(p), array(targets), with_logits=False, reduction="none")
    assert_close(loss, expected, 1e-4)
    weights = np.arange(5.0)
    loss = losses.binary_cross_entropy(array(x), array(targets), weights=array(weights), reduction="sum")
    assert_close(loss, (weights * expected).sum())


def test_binary_cross_entropy_cuts_off_logarithms():
    loss = losses.binary_cross_entropy(mx.array([0.0, 1.0]), mx.array([1, 0]), with_logits=False, reduction="none")
    assert loss.tolist() == [100, 100]


def test_losses_stay_finite():
    big = mx.array([[1e4, -1e4]])
    assert losses.cross_entropy(big, mx.array([1])).item() == 2e4
    assert mx.isfinite(losses.log_cosh_loss(big, mx.zeros((1, 2)), "sum")).item()
    assert losses.binary_cross_entropy(big, mx.array([[1, 0]])).item() == 0


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("cross_entropy", [(4, 5), (3,)]),
        ("cross_entropy", [(4, 5), (4, 4)]),
        ("binary_cross_entropy", [(4,), (3,)]),
        ("l1_loss", [(4, 2), (2,)]),
        ("mse_loss", [(4, 2), (2,)]),
        ("smooth_l1_loss", [(4, 2), (2,)]),
        ("gaussian_nll_loss", [(4,), (4,), (3,)]),
        ("margin_ranking_loss", [(4,), (4,), (3,)]),
    ],
)
def test_shapes_must_fit(name, shapes):
    with pytest.raises(ValueError, match=name):
        getattr(losses, name)(*[mx.zeros(shape) for shape in shapes])


def test_weights_and_smoothing_must_fit():
    x, t = array(X), mx.array(CLASSES)
    for smoothing in (-0.1, 1.0):
        with pytest.raises(ValueError, match="label_smoothing"):
            losses.cross_entropy(x, t, label_smoothing=smoothing)
    with pytest.raises(ValueError, match="weights"):
        losses.cross_entropy(x, t, weights=mx.ones((3,)))
    with pytest.raises(ValueError, match="weights"):
        losses.binary_cross_entropy(x, x, weights=mx.ones((3,)))

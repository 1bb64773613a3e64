"""Activations against their formulas."""

import math

import lazulite.core as mx
import lazulite.nn as nn
import numpy as np
import pytest
from reference import array, assert_close, random

ERF = np.vectorize(math.erf)


def sigma(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


FORMULAS = {
    "relu": lambda x: np.maximum(x, 0),
    "relu2": lambda x: np.maximum(x, 0) ** 2,
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.0507 * np.where(x > 0, x, 1.67326 * np.expm1(x)),
    "gelu": lambda x: x * (1 + ERF(x / math.sqrt(2))) / 2,
    "gelu_approx": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "gelu_fast_approx": lambda x: x * sigma(1.702 * x),
    "silu": lambda x: x * sigma(x),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "sigmoid": sigma,
    "log_sigmoid": lambda x: np.log(sigma(x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "softshrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "tanh": np.tanh,
    "softmax": softmax,
    "softmin": lambda x: softmax(-x),
    "log_softmax": lambda x: np.log(softmax(x)),
    "glu": lambda x: x[..., :3] * sigma(x[..., 3:]),
}
MODULES = {
    "relu": nn.ReLU,
    "relu2": nn.ReLU2,
    "relu6": nn.ReLU6,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "celu": nn.CELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "sigmoid": nn.Sigmoid,
    "log_sigmoid": nn.LogSigmoid,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "softshrink": nn.Softshrink,
    "hard_shrink": nn.HardShrink,
    "hard_tanh": nn.HardTanh,
    "hardswish": nn.Hardswish,
    "tanh": nn.Tanh,
    "softmax": nn.Softmax,
    "softmin": nn.Softmin,
    "log_softmax": nn.LogSoftmax,
    "glu": nn.GLU,
}


@pytest.mark.parametrize("dtype", [mx.float32, mx.float16, mx.bfloat16], ids=str)
@pytest.mark.parametrize("name", FORMULAS)
def test_formula(name, dtype):
    x = array(random(5, 6) * 4, dtype)
    y = getattr(nn, name)(x)
    assert y.dtype == dtype
    # relu6 and its like are compared on what the shorter float holds.
    assert_close(y, FORMULAS[name](np.array(x.astype(mx.float32), dtype=np.float64)))


@pytest.mark.parametrize("name", MODULES)
def test_module_applies_the_function(name):
    x = array(random(5, 6))
    assert mx.array_equal(MODULES[name]()(x), getattr(nn, name)(x)).item()


def test_arguments():
    x, a = random(4, 6), array(random(4, 6))
    assert_close(nn.leaky_relu(a, 0.2), np.where(x > 0, x, 0.2 * x))
    assert_close(nn.LeakyReLU(0.2)(a), np.where(x > 0, x, 0.2 * x))
    assert_close(nn.ELU(0.5)(a), np.where(x > 0, x, 0.5 * np.expm1(x)))
    assert_close(nn.CELU(0.5)(a), np.where(x > 0, x, 0.5 * np.expm1(x / 0.5)))
    assert_close(nn.Softshrink(1.0)(a), np.sign(x) * np.maximum(np.abs(x) - 1, 0))
    assert_close(nn.HardShrink(1.0)(a), np.where(np.abs(x) > 1, x, 0))
    assert_close(nn.hard_tanh(a, -0.5, 0.25), np.clip(x, -0.5, 0.25))
    assert_close(nn.softmax(a, axis=0), softmax(x, 0))
    assert_close(nn.log_softmax(a, axis=0), np.log(softmax(x, 0)))
    assert_close(nn.GLU(axis=0)(a), x[:2] * sigma(x[2:]))
    assert_close(nn.GELU("tanh")(a), FORMULAS["gelu_approx"](x))
    assert_close(nn.GELU("precise")(a), FORMULAS["gelu_approx"](x))
    assert_close(nn.GELU("fast")(a), FORMULAS["gelu_fast_approx"](x))
    with pytest.raises(ValueError, match="nonsense"):
        nn.GELU("nonsense")
    with pytest.raises(ValueError):
        nn.glu(array(random(3)))


def test_step_counts_the_threshold_in():
    x = mx.array([-1.0, 0.0, 0.5, 1.0])
    assert nn.step(x).tolist() == [0, 1, 1, 1] and nn.step(x).dtype == mx.int32
    assert nn.Step(0.5)(x).tolist() == [0, 0, 1, 1]


def test_prelu_learns_its_slopes():
    x = random(4, 6)
    assert_close(nn.PReLU()(array(x)), np.where(x > 0, x, 0.25 * x))
    layer = nn.PReLU(6, 0.1)
    assert layer.weight.shape == (6,) and list(layer.trainable_parameters()) == ["weight"]
    assert_close(layer(array(x)), np.where(x > 0, x, 0.1 * x))


@pytest.mark.parametrize("name", ["softplus", "log_sigmoid", "sigmoid", "silu", "mish", "softmax", "log_softmax"])
def test_no_overflow(name):
    assert mx.all(mx.isfinite(getattr(nn, name)(mx.array([-1e4, 0.0, 1e4])))).item()


def test_numbers_and_integers():
    assert nn.relu(-3.0).item() == 0
    assert nn.relu(mx.array([1, -2])).tolist() == [1, 0]
    assert nn.gelu(mx.array([1, 2])).dtype == mx.float32

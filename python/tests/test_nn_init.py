"""Initializers: distributions, shapes, and the draws behind them."""

import math

import lazulite.core as mx
import numpy as np
import pytest
from lazulite.nn import init
from reference import assert_close

SHAPE = (200, 300)


def drawn(initializer, shape=SHAPE, **keywords):
    mx.random.seed(0)
    result = initializer(mx.zeros(shape), **keywords)
    assert result.shape == shape and result.dtype == mx.float32
    return np.array(result)


def test_constant_and_identity():
    assert init.constant(3, mx.int32)(mx.zeros((2,))).tolist() == [3, 3]
    assert_close(init.identity()(mx.zeros((3, 3))), np.eye(3))
    for shape in [(2, 3), (2, 2, 2)]:
        with pytest.raises(ValueError, match="square"):
            init.identity()(mx.zeros(shape))


def test_normal_and_uniform():
    x = drawn(init.normal(mean=1.0, std=2.0))
    assert abs(x.mean() - 1) < 0.03 and abs(x.std() - 2) < 0.03
    x = drawn(init.uniform(-1, 3))
    assert x.min() >= -1 and x.max() < 3 and abs(x.mean() - 1) < 0.03
    mx.random.seed(0)
    assert np.array_equal(x, np.array(mx.random.uniform(-1, 3, SHAPE)))


@pytest.mark.parametrize(
    ("initializer", "keywords", "deviation"),
    [
        (init.glorot_normal, {}, math.sqrt(2 / 500)),
        (init.glorot_normal, {"gain": 3.0}, 3 * math.sqrt(2 / 500)),
        (init.glorot_uniform, {}, math.sqrt(2 / 500)),
        (init.he_normal, {}, math.sqrt(1 / 300)),
        (init.he_normal, {"mode": "fan_out", "gain": 2.0}, 2 * math.sqrt(1 / 200)),
        (init.he_uniform, {}, math.sqrt(1 / 300)),
        (init.he_uniform, {"mode": "fan_out"}, math.sqrt(1 / 200)),
    ],
)
def test_deviation_follows_the_fans(initializer, keywords, deviation):
    x = drawn(initializer(), **keywords)
    assert abs(x.mean()) < deviation / 50 and abs(x.std() / deviation - 1) < 0.02
    if "uniform" in initializer.__name__:
        limit = deviation * math.sqrt(3)
        assert limit * 0.99 < np.abs(x).max() <= limit * 1.000001


def test_fans_count_the_axes_between():
    x = drawn(init.he_uniform(), (16, 5, 5, 40))
    assert abs(np.abs(x).max() / math.sqrt(3 / 1000) - 1) < 0.01


@pytest.mark.parametrize("name", ["glorot_normal", "glorot_uniform", "he_normal", "he_uniform"])
def test_fans_need_two_axes(name):
    with pytest.raises(ValueError, match=name):
        getattr(init, name)()(mx.zeros((3,)))


@pytest.mark.parametrize("name", ["he_normal", "he_uniform"])
def test_unknown_mode(name):
    with pytest.raises(ValueError, match="nonsense"):
        getattr(init, name)()(mx.zeros((3, 3)), mode="nonsense")


@pytest.mark.parametrize(("sparsity", "zeros"), [(0.0, 0), (0.4, 3), (0.5, 3), (1.0, 6)])
def test_sparse(sparsity, zeros):
    x = drawn(init.sparse(sparsity, std=2.0), (50, 6))
    assert ((x == 0).sum(axis=1) == zeros).all()
    if zeros == 3:
        assert abs(x[x != 0].std() - 2) < 0.4 and len(np.unique((x == 0).argmax(axis=1))) > 1
    with pytest.raises(ValueError, match="matrix"):
        init.sparse(0.5)(mx.zeros((3,)))
    with pytest.raises(ValueError, match="sparsity"):
        init.sparse(1.5)


@pytest.mark.parametrize("shape", [(4, 4), (30, 50), (50, 30), (1, 1)])
def test_orthogonal(shape):
    x = drawn(init.orthogonal(gain=2.0), shape)
    product = x @ x.T if shape[0] <= shape[1] else x.T @ x
    np.testing.assert_allclose(product, 4 * np.eye(min(shape)), atol=1e-5)
    mx.random.seed(0)
    q, r = np.linalg.qr(np.array(mx.random.normal((max(shape), max(shape)))))
    np.testing.assert_allclose(x, (2 * q * np.sign(np.diag(r)))[: shape[0], : shape[1]], atol=1e-4)


def test_orthogonal_needs_a_matrix():
    with pytest.raises(ValueError, match="matrix"):
        init.orthogonal()(mx.zeros((3,)))


@pytest.mark.parametrize("name", ["normal", "uniform", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform"])
def test_dtype(name):
    assert getattr(init, name)(dtype=mx.float16)(mx.zeros((3, 3))).dtype == mx.float16

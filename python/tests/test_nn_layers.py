"""Layers against NumPy: linear, embedding, norms, dropout, positions."""

import lazulite.core as mx
import lazulite.nn as nn
import numpy as np
import pytest
from reference import array, assert_close, random


def normalized(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def of(layer, name):
    return np.array(layer[name].astype(mx.float32), dtype=np.float64)


def test_linear():
    x = random(3, 5, 4)
    layer = nn.Linear(4, 2)
    assert layer.weight.shape == (2, 4) and layer.bias.shape == (2,)
    assert_close(layer(array(x)), x @ of(layer, "weight").T + of(layer, "bias"))
    plain = nn.Linear(4, 2, bias=False)
    assert "bias" not in plain
    assert_close(plain(array(x)), x @ of(plain, "weight").T)
    with pytest.raises(ValueError):
        layer(array(random(3, 5)))


def test_linear_draws_from_the_uniform_within_one_over_root_inputs():
    mx.random.seed(3)
    layer = nn.Linear(100, 50)
    mx.random.seed(3)
    assert mx.array_equal(layer.weight, mx.random.uniform(-0.1, 0.1, (50, 100))).item()
    assert mx.array_equal(layer.bias, mx.random.uniform(-0.1, 0.1, (50,))).item()


def test_linear_has_the_weights_that_mlx_draws():
    mx.random.seed(0)
    layer = nn.Linear(2, 2)
    assert_close(layer.weight, np.array([[0.526673, -0.0805805], [-0.315256, 0.405307]]), 1e-5)
    assert_close(layer.bias, np.array([0.0049125, -0.0275695]), 1e-5)


def test_bilinear():
    x1, x2 = random(3, 2, 4), random(3, 2, 5)
    layer = nn.Bilinear(4, 5, 6)
    expected = np.einsum("oji,nmi,nmj->nmo", of(layer, "weight"), x1, x2) + of(layer, "bias")
    assert_close(layer(array(x1), array(x2)), expected)
    assert "bias" not in nn.Bilinear(1, 1, 1, bias=False)


def test_identity_ignores_its_arguments():
    x = array(random(2))
    assert nn.Identity(3, bias=False)(x) is x


def test_embedding():
    layer = nn.Embedding(7, 3)
    ids = np.array([[1, 6], [0, 3]])
    assert_close(layer(mx.array(ids)), of(layer, "weight")[ids])
    x = random(2, 3)
    assert_close(layer.as_linear(array(x)), x @ of(layer, "weight").T)
    with pytest.raises(ValueError):
        layer(mx.array([1.0]))


def test_embedding_draws_from_the_normal():
    mx.random.seed(0)
    weight = of(nn.Embedding(1000, 16), "weight")
    assert abs(weight.std() - 0.25) < 0.005 and abs(weight.mean()) < 0.005


@pytest.mark.parametrize("dtype", [mx.float32, mx.float16, mx.bfloat16], ids=str)
def test_layer_norm(dtype):
    x = random(3, 4, 8)
    layer = nn.LayerNorm(8)
    layer.weight, layer.bias = array(random(8), dtype), array(random(8, seed=1), dtype)
    y = layer(array(x, dtype))
    assert y.dtype == dtype
    assert_close(y, normalized(x, -1) * random(8) + random(8, seed=1), None if dtype == mx.float32 else 5e-2)


def test_layer_norm_options():
    x = random(3, 8)
    assert_close(nn.LayerNorm(8, affine=False, eps=0.5)(array(x)), normalized(x, -1, 0.5))
    assert list(nn.LayerNorm(8, bias=False).parameters()) == ["weight"]
    with pytest.raises(ValueError):
        nn.LayerNorm(4)(array(x))


def test_rms_norm():
    x = random(3, 8)
    layer = nn.RMSNorm(8, eps=1e-3)
    layer.weight = array(random(8))
    assert_close(layer(array(x)), x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-3) * random(8))


@pytest.mark.parametrize("shape", [(3, 8), (3, 5, 8), (2, 4, 3, 8)])
def test_group_norm(shape):
    x = random(*shape)
    weight, bias = random(8), random(8, seed=1)

    def check(compatible, groups):
        layer = nn.GroupNorm(2, 8, pytorch_compatible=compatible)
        layer.weight, layer.bias = array(weight), array(bias)
        expected = np.empty_like(x)
        for features in groups:
            part = x[..., features]
            expected[..., features] = normalized(part, tuple(range(1, x.ndim)))
        assert_close(layer(array(x)), expected * weight + bias)

    check(False, [slice(0, 8, 2), slice(1, 8, 2)])
    check(True, [slice(0, 4), slice(4, 8)])


def test_group_norm_errors():
    with pytest.raises(ValueError, match="3 groups"):
        nn.GroupNorm(3, 8)(array(random(2, 8)))
    with pytest.raises(ValueError, match="axes"):
        nn.GroupNorm(2, 8)(array(random(8)))


def test_instance_norm():
    x = random(2, 5, 3, 4)
    assert_close(nn.InstanceNorm(4)(array(x)), normalized(x, (1, 2)))
    layer = nn.InstanceNorm(4, affine=True)
    layer.weight = array(random(4))
    assert_close(layer(array(x)), normalized(x, (1, 2)) * random(4))
    with pytest.raises(ValueError, match="3 axes"):
        nn.InstanceNorm(4)(array(random(2, 4)))


@pytest.mark.parametrize("shape", [(6, 4), (3, 5, 4), (2, 3, 5, 4)])
def test_batch_norm(shape):
    x = random(*shape)
    axes = tuple(range(len(shape) - 1))
    layer = nn.BatchNorm(4, momentum=0.2)
    assert_close(layer(array(x)), normalized(x, axes))
    assert_close(layer.running_mean, 0.2 * x.mean(axes))
    assert_close(layer.running_var, 0.8 + 0.2 * x.var(axes, ddof=1))
    mean, var = of(layer, "running_mean"), of(layer, "running_var")
    layer.eval()
    assert_close(layer(array(x)), (x - mean) / np.sqrt(var + 1e-5))
    assert_close(layer.running_mean, mean)


def test_batch_norm_without_running_averages_or_enough_values():
    x = random(6, 4)
    layer = nn.BatchNorm(4, affine=False, track_running_stats=False)
    assert layer.parameters() == {}
    assert_close(layer.eval()(array(x)), normalized(x, 0))
    with pytest.raises(ValueError, match="more than one"):
        nn.BatchNorm(4)(array(x[:1]))
    with pytest.raises(ValueError, match="axes"):
        nn.BatchNorm(4)(array(x[0]))


def test_dropout():
    x = mx.ones((100, 100))
    layer = nn.Dropout(0.25)
    mx.random.seed(0)
    y = np.array(layer(x))
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((y == 0).mean() - 0.25) < 0.02
    assert mx.array_equal(layer.eval()(x), x).item()
    assert nn.Dropout(0.0)(x) is x
    for p in (1.0, -0.1):
        with pytest.raises(ValueError, match=r"\[0, 1\)"):
            nn.Dropout(p)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.Dropout2d, (8, 4, 5, 32)), (nn.Dropout2d, (4, 5, 32)), (nn.Dropout3d, (2, 3, 4, 5, 32))],
)
def test_dropout_of_channels(layer, shape):
    mx.random.seed(0)
    y = np.array(layer(0.5)(mx.ones(shape)))
    y = y.reshape(shape[0] if len(shape) % 2 == 0 or layer is nn.Dropout3d else 1, -1, shape[-1])
    assert (y == y[:, :1]).all() and set(np.unique(y)) == {0, 2}
    with pytest.raises(ValueError, match="axes"):
        layer(0.5)(mx.ones((2, 3)))


@pytest.mark.parametrize("traditional", [False, True])
@pytest.mark.parametrize("offset", [0, 3])
def test_rope(traditional, offset):
    x = random(2, 3, 5, 8)
    y = nn.RoPE(6, traditional=traditional, base=100.0, scale=0.5)(array(x), offset=offset)
    angles = np.outer((np.arange(5) + offset) * 0.5, 100.0 ** (-np.arange(3) / 3))
    a, b = (slice(0, 6, 2), slice(1, 6, 2)) if traditional else (slice(0, 3), slice(3, 6))
    expected = x.copy()
    expected[..., a] = x[..., a] * np.cos(angles) - x[..., b] * np.sin(angles)
    expected[..., b] = x[..., a] * np.sin(angles) + x[..., b] * np.cos(angles)
    assert_close(y, expected)


def test_rope_errors():
    with pytest.raises(ValueError):
        nn.RoPE(3)(array(random(1, 2, 4)))
    with pytest.raises(ValueError):
        nn.RoPE(8)(array(random(1, 2, 4)))


def test_sinusoidal_positional_encoding():
    x = np.arange(7.0)
    freqs = np.exp(np.linspace(np.log(1), np.log(0.0001), 4))
    waves = np.concatenate([np.sin(np.outer(x, freqs)), np.cos(np.outer(x, freqs))], -1)
    layer = nn.SinusoidalPositionalEncoding(8)
    assert layer.parameters() == {}
    assert_close(layer(array(x)), waves / 2)
    turned = nn.SinusoidalPositionalEncoding(8, scale=1.0, cos_first=True, full_turns=True)
    angles = 2 * np.pi * np.outer(x, freqs)
    assert_close(turned(array(x)), np.concatenate([np.cos(angles), np.sin(angles)], -1), 1e-4)
    with pytest.raises(ValueError, match="even"):
        nn.SinusoidalPositionalEncoding(5)


def test_alibi():
    slopes = np.array(nn.ALiBi.create_alibi_slope(8)).ravel()
    assert_close(mx.array(slopes), 0.5 ** np.arange(1, 9))
    # A number of heads that is no power of two takes every second slope of the next power.
    assert nn.ALiBi.create_alibi_slope(3).reshape(-1).tolist() == [0.0625, 0.00390625, 0.25]
    scores = random(2, 8, 3, 5)
    distance = np.abs(np.arange(2, 5)[:, None] - np.arange(5))
    assert_close(nn.ALiBi()(array(scores), offset=2), scores - slopes[:, None, None] * distance)
    mask = random(3, 5)
    assert_close(nn.ALiBi()(array(scores), 2, array(mask)), scores - slopes[:, None, None] * distance + mask)

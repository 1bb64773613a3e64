"""Layers divided among the processes of a group: in a group of one they are the layers that they come from."""

import lazulite.core as mx
import lazulite.nn as nn
import pytest
from lazulite.nn.layers.distributed import shard_inplace, shard_linear, sum_gradients
from lazulite.utils import tree_flatten

WAYS = {"all-to-sharded": "AllToShardedLinear", "sharded-to-all": "ShardedToAllLinear"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("segments", [1, 2, [2], [0.5]])
def test_linear(way, bias, segments):
    layer, x = nn.Linear(8, 6, bias=bias), mx.random.normal((3, 8))
    part = shard_linear(layer, way, segments=segments)
    assert repr(part) == f"{WAYS[way]}(input_dims=8, output_dims=6, bias={bias})"
    assert mx.allclose(part(x), layer(x))
    gradient = mx.grad(lambda x: part(x).square().sum())(x)
    assert mx.allclose(gradient, mx.grad(lambda x: layer(x).square().sum())(x), atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_quantized(way):
    layer, x = nn.QuantizedLinear(64, 32), mx.random.normal((3, 64))
    part = shard_linear(layer, way)
    sizes = "input_dims=64, output_dims=32, bias=True, group_size=64, bits=4, mode=affine"
    assert repr(part) == f"Quantized{WAYS[way]}({sizes})"
    assert mx.allclose(part(x), layer(x))
    part.unfreeze()
    assert tree_flatten(part.trainable_parameters()) == []


def test_in_place():
    layer = nn.Linear(8, 6)
    before = layer.weight
    shard_inplace(layer, lambda path, weight: (0, 2) if path == "weight" else None)
    assert mx.array_equal(layer.weight, before)
    for call in (shard_inplace, shard_linear):
        with pytest.raises(ValueError, match="'x' not supported, choose one of 'all-to-sharded' or 'sharded-to-all'"):
            call(layer, "x")


def test_fully_sharded():
    layer, x = nn.Linear(8, 6), mx.random.normal((3, 8))
    assert nn.fully_shard(layer) is layer
    whole = nn.FullyShardedModule(layer)
    assert [path for path, _ in tree_flatten(whole.parameters())] == ["module.weight", "module.bias"]
    assert repr(whole).startswith("FullyShardedModule(num_sharded_params=2\n  (module): Linear(")
    loss, gradients = nn.value_and_grad(whole, lambda x: whole(x).sum())(x)
    assert mx.allclose(gradients["module"]["bias"], mx.full((6,), 3.0))
    assert nn.FullyShardedModule(nn.Embedding(8, 4)).as_linear(mx.ones((1, 4))).shape == (1, 8)
    assert mx.array_equal(sum_gradients(mx.distributed.init())(x), x)

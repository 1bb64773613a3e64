"""Attention and transformers against NumPy, and their gradients through checkpointing."""

import lazulite.core as mx
import lazulite.nn as nn
import numpy as np
import pytest
from lazulite.utils import tree_flatten
from reference import array, assert_close, random


def of(module, name):
    return np.array(module[name], dtype=np.float64)


def linear(layer, x):
    y = x @ of(layer, "weight").T
    return y + of(layer, "bias") if "bias" in layer else y


def norm(layer, x):
    y = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + layer.eps)
    return y * of(layer, "weight") + of(layer, "bias")


def attention(layer, q, k, v, mask=0.0):
    def heads(x):
        return x.reshape(*x.shape[:2], layer.num_heads, -1).transpose(0, 2, 1, 3)

    q, k, v = heads(linear(layer.query_proj, q)), heads(linear(layer.key_proj, k)), heads(linear(layer.value_proj, v))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]) + mask
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    y = weights / weights.sum(-1, keepdims=True) @ v
    return linear(layer.out_proj, y.transpose(0, 2, 1, 3).reshape(y.shape[0], y.shape[2], -1))


def mlp(layer, x):
    return linear(layer.linear2, np.maximum(linear(layer.linear1, x), 0))


def causal(n):
    return np.where(np.tri(n, dtype=bool), 0, -np.inf)


def test_attention():
    q, k, v = random(2, 3, 6), random(2, 5, 4, seed=1), random(2, 5, 10, seed=2)
    layer = nn.MultiHeadAttention(8, 2, 6, 4, 10, value_dims=12, value_output_dims=7, bias=True)
    assert_close(layer(array(q), array(k), array(v)), attention(layer, q, k, v))
    assert sorted(layer.parameters()) == ["key_proj", "out_proj", "query_proj", "value_proj"]


@pytest.mark.parametrize("kind", ["additive", "boolean", "named", "created"])
def test_attention_with_a_mask(kind):
    x = random(2, 5, 8)
    layer = nn.MultiHeadAttention(8, 4)
    mask = {
        "additive": mx.array(causal(5).astype(np.float32)),
        "boolean": mx.array(np.tri(5, dtype=bool)),
        "named": "causal",
        "created": layer.create_additive_causal_mask(5),
    }[kind]
    assert_close(layer(array(x), array(x), array(x), mask), attention(layer, x, x, x, causal(5)))


def test_attention_errors():
    with pytest.raises(ValueError, match="3 heads"):
        nn.MultiHeadAttention(8, 3)
    x = array(random(5, 8))
    with pytest.raises(ValueError, match="3 axes"):
        nn.MultiHeadAttention(8, 2)(x, x, x)


def test_causal_mask():
    mask = nn.MultiHeadAttention.create_additive_causal_mask(3, mx.float16)
    assert mask.dtype == mx.float16
    assert_close(mask, np.where(np.tri(3, dtype=bool), 0, -65504.0))


@pytest.mark.parametrize("norm_first", [True, False])
def test_encoder(norm_first):
    x = random(2, 5, 8)
    encoder = nn.TransformerEncoder(2, 8, 2, 12, norm_first=norm_first)
    y = x
    for layer in encoder.layers:
        if norm_first:
            n = norm(layer.ln1, y)
            y = y + attention(layer.attention, n, n, n, causal(5))
            y = y + mlp(layer, norm(layer.ln2, y))
        else:
            y = norm(layer.ln1, y + attention(layer.attention, y, y, y, causal(5)))
            y = norm(layer.ln2, y + mlp(layer, y))
    mask = nn.MultiHeadAttention.create_additive_causal_mask(5)
    assert_close(encoder(array(x), mask), norm(encoder.ln, y), 1e-4)


@pytest.mark.parametrize("norm_first", [True, False])
def test_decoder(norm_first):
    x, memory = random(2, 5, 8), random(2, 4, 8, seed=1)
    decoder = nn.TransformerDecoder(2, 8, 2, 12, norm_first=norm_first)
    y = x
    for layer in decoder.layers:
        if norm_first:
            n = norm(layer.ln1, y)
            y = y + attention(layer.self_attention, n, n, n, causal(5))
            y = y + attention(layer.cross_attention, norm(layer.ln2, y), memory, memory)
            y = y + mlp(layer, norm(layer.ln3, y))
        else:
            y = norm(layer.ln1, y + attention(layer.self_attention, y, y, y, causal(5)))
            y = norm(layer.ln2, y + attention(layer.cross_attention, y, memory, memory))
            y = norm(layer.ln3, y + mlp(layer, y))
    mask = nn.MultiHeadAttention.create_additive_causal_mask(5)
    assert_close(decoder(array(x), array(memory), mask, None), norm(decoder.ln, y), 1e-4)


def test_transformer_joins_encoder_and_decoder():
    source, target = array(random(2, 4, 8)), array(random(2, 5, 8))
    model = nn.Transformer(8, 2, 1, 2, 12)
    expected = model.decoder(target, model.encoder(source, None), "causal", None)
    assert mx.array_equal(model(source, target, None, "causal", None), expected).item()
    own = nn.Transformer(8, 2, custom_encoder=nn.Identity(), custom_decoder=model.decoder)
    assert isinstance(own.encoder, nn.Identity) and own.decoder is model.decoder


def test_dropout_sits_within_the_layers():
    layer = nn.TransformerEncoderLayer(8, 2, dropout=0.5)
    x = array(random(2, 5, 8))
    assert not mx.array_equal(layer(x, None), layer(x, None)).item()
    layer.eval()
    assert mx.array_equal(layer(x, None), layer(x, None)).item()


def test_checkpointing_changes_no_gradient():
    x = array(random(2, 5, 8))

    def gradients(checkpoint):
        mx.random.seed(0)
        encoder = nn.TransformerEncoder(2, 8, 2, checkpoint=checkpoint)
        return nn.value_and_grad(encoder, lambda x: encoder(x, None).square().sum() * 0.1 + encoder(x, None)[0, 0, 0])(
            x
        )

    (plain, plain_grads), (kept, kept_grads) = gradients(False), gradients(True)
    assert_close(kept, np.array(plain))
    for (_, a), (_, b) in zip(tree_flatten(plain_grads), tree_flatten(kept_grads), strict=True):
        assert_close(b, np.array(a), 1e-4)

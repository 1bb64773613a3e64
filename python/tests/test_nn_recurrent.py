"""Recurrent layers against their formulas in NumPy."""

import lazulite.core as mx
import lazulite.nn as nn
import numpy as np
import pytest
from reference import array, assert_close, random

X, H, C = random(2, 5, 3), random(2, 4), random(2, 4, seed=1)


def of(layer, name):
    return np.array(layer[name], dtype=np.float64) if name in layer else 0.0


def sigma(x):
    return 1 / (1 + np.exp(-x))


def rnn(layer, x, h, function=np.tanh):
    states = []
    for t in range(x.shape[1]):
        h = function(x[:, t] @ of(layer, "Wxh").T + of(layer, "bias") + h @ of(layer, "Whh").T)
        states.append(h)
    return np.stack(states, 1)


def gru(layer, x, h):
    states = []
    for t in range(x.shape[1]):
        xr, xz, xn = np.split(x[:, t] @ of(layer, "Wx").T + of(layer, "b"), 3, -1)
        hr, hz, hn = np.split(h @ of(layer, "Wh").T, 3, -1)
        r, z = sigma(xr + hr), sigma(xz + hz)
        n = np.tanh(xn + r * (hn + of(layer, "bhn")))
        h = (1 - z) * n + z * h
        states.append(h)
    return np.stack(states, 1)


def lstm(layer, x, h, c):
    states, cells = [], []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ of(layer, "Wx").T + of(layer, "bias") + h @ of(layer, "Wh").T, 4, -1)
        c = sigma(f) * c + sigma(i) * np.tanh(g)
        h = sigma(o) * np.tanh(c)
        states.append(h)
        cells.append(c)
    return np.stack(states, 1), np.stack(cells, 1)


@pytest.mark.parametrize("bias", [True, False])
def test_rnn(bias):
    layer = nn.RNN(3, 4, bias)
    assert_close(layer(array(X)), rnn(layer, X, np.zeros((2, 4))))
    assert_close(layer(array(X), array(H)), rnn(layer, X, H))
    assert_close(layer(array(X[0])), rnn(layer, X, np.zeros((2, 4)))[0])
    relu = nn.RNN(3, 4, bias, nonlinearity=nn.ReLU())
    assert_close(relu(array(X), array(H)), rnn(relu, X, H, lambda x: np.maximum(x, 0)))


@pytest.mark.parametrize("bias", [True, False])
def test_gru(bias):
    layer = nn.GRU(3, 4, bias)
    assert_close(layer(array(X)), gru(layer, X, np.zeros((2, 4))))
    assert_close(layer(array(X), array(H)), gru(layer, X, H))


@pytest.mark.parametrize("bias", [True, False])
def test_lstm(bias):
    layer = nn.LSTM(3, 4, bias)
    zeros = np.zeros((2, 4))
    for given, (h, c) in [((), (zeros, zeros)), ((H, C), (H, C)), ((None, C), (zeros, C)), ((H,), (H, zeros))]:
        actual = layer(array(X), *(None if state is None else array(state) for state in given))
        for a, expected in zip(actual, lstm(layer, X, h, c), strict=True):
            assert_close(a, expected)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_parameters_lie_within_one_over_root_hidden(kind):
    mx.random.seed(0)
    for name, value in kind(3, 25).parameters().items():
        values = np.array(value)
        assert np.abs(values).max() <= 0.2 and (values.size < 50 or values.std() > 0.1), name


def test_errors():
    for kind in (nn.RNN, nn.GRU, nn.LSTM):
        with pytest.raises(ValueError, match="2 axes"):
            kind(3, 4)(array(random(3)))
        with pytest.raises(ValueError, match="one step"):
            kind(3, 4)(mx.zeros((2, 0, 3)))
    with pytest.raises(ValueError, match="nonlinearity"):
        nn.RNN(3, 4, nonlinearity=3)

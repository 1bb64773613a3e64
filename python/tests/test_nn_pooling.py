"""Pooling and upsampling against NumPy."""

import itertools
import math

import lazulite.core as mx
import lazulite.nn as nn
import numpy as np
import pytest
from reference import array, assert_close, random

SIZES = (7, 6, 5)
SETTINGS = [(2, None, 0), (3, 2, 1), (2, 1, 0), (1, 2, 0), (7, None, 2)]


def pooled(x, kernel, stride, padding, reduce, fill):
    axes = x.ndim - 2
    x = np.pad(x, [(0, 0), *[(padding, padding)] * axes, (0, 0)], constant_values=fill)
    counts = [(n - kernel) // (stride or kernel) + 1 for n in x.shape[1:-1]]
    y = np.empty((x.shape[0], *counts, x.shape[-1]))
    for place in itertools.product(*map(range, counts)):
        window = tuple(slice(i * (stride or kernel), i * (stride or kernel) + kernel) for i in place)
        y[(slice(None), *place)] = reduce(x[(slice(None), *window)], axis=tuple(range(1, axes + 1)))
    return y


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_pooling(axes, setting):
    x = random(2, *SIZES[:axes], 3)
    largest, mean = getattr(nn, f"MaxPool{axes}d"), getattr(nn, f"AvgPool{axes}d")
    assert_close(largest(*setting)(array(x)), pooled(x, *setting, np.max, -np.inf))
    assert_close(mean(*setting)(array(x)), pooled(x, *setting, np.mean, 0))


def test_pooling_of_integers():
    x = mx.array([[-4, -2, -3]]).reshape(1, 3, 1)
    assert nn.MaxPool1d(2, 1, 1)(x).reshape(-1).tolist() == [-4, -2, -2, -3]
    assert nn.AvgPool1d(3)(x).reshape(-1).tolist() == [-3.0]


def test_pooling_passes_the_gradient_to_the_largest():
    x = array(np.array([1.0, 5, 2, 3]).reshape(1, 4, 1))
    gradient = mx.grad(lambda x: nn.MaxPool1d(2, 1)(x).sum())(x)
    assert gradient.reshape(-1).tolist() == [0, 2, 0, 1]


def test_pooling_repr_and_errors():
    assert repr(nn.MaxPool2d((2, 3), stride=1, padding=1)) == (
        "MaxPool2d(kernel_size=(2, 3), stride=(1, 1), padding=(1, 1))"
    )
    for arguments in [(0,), ("a",), ((1, 2, 3),), (2, 0), (2, 1, -1), (2, None, None)]:
        with pytest.raises(ValueError, match="MaxPool2d"):
            nn.MaxPool2d(*arguments)
    with pytest.raises(ValueError, match="4 axes"):
        nn.MaxPool2d(2)(mx.zeros((4, 4, 1)))


def matrix(n, scale, **keywords):
    """The matrix by which a layer multiplies an axis of `n` places."""
    return nn.Upsample(scale, **keywords)(mx.eye(n)[:, :, None])[..., 0].T


def cubic_weight(d, a):
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0


@pytest.mark.parametrize("mode", ["linear", "cubic"])
@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize(("n", "scale"), [(3, 2.0), (4, 2.5), (5, 0.6), (1, 3.0)])
def test_upsample_weighs_inputs_by_distance(n, scale, mode, align_corners):
    m = int(n * scale)
    expected = np.zeros((m, n))
    for i in range(m):
        if align_corners:
            at = i * (n - 1) / max(m - 1, 1)
        else:
            at = n / 2 - 0.5 + (i - (m - 1) / 2) / scale
        at = min(max(at, 0), n - 1) if mode == "linear" else at
        for place in range(math.floor(at) - 1, math.floor(at) + 3):
            d = abs(at - place)
            weight = max(1 - d, 0) if mode == "linear" else cubic_weight(d, -0.75)
            expected[i, min(max(place, 0), n - 1)] += weight
    assert_close(matrix(n, scale, mode=mode, align_corners=align_corners), expected)


@pytest.mark.parametrize("mode", ["linear", "cubic"])
@pytest.mark.parametrize(("n", "scale"), [(6, 0.5), (9, 1 / 3), (5, 0.6), (3, 2.0)])
def test_antialiasing_averages(n, scale, mode):
    m = int(n * scale)
    stretch = max(1, 1 / scale)
    expected = np.zeros((m, n))
    for i, place in itertools.product(range(m), range(n)):
        d = abs(n / 2 - 0.5 + (i - (m - 1) / 2) / scale - place) / stretch
        expected[i, place] = max(1 - d, 0) if mode == "linear" else cubic_weight(d, -0.5)
    expected /= expected.sum(1, keepdims=True)
    assert_close(matrix(n, scale, mode=mode, antialias=True), expected, 1e-4)


def test_upsample_takes_the_nearest():
    x = mx.array([1, 2, 3], mx.uint8).reshape(1, 3, 1)
    for scale, expected in [(2, [1, 1, 2, 2, 3, 3]), (2.5, [1, 1, 2, 2, 2, 3, 3]), (1, [1, 2, 3]), (0.7, [1, 2])]:
        y = nn.Upsample(scale)(x)
        assert y.dtype == mx.uint8 and y.reshape(-1).tolist() == expected


def test_upsample_over_several_axes():
    x = random(2, 3, 4, 2)
    y = nn.Upsample((2, 1.5), mode="linear")(array(x))
    rows, columns = np.array(matrix(3, 2, mode="linear")), np.array(matrix(4, 1.5, mode="linear"))
    assert_close(y, np.einsum("ij,kl,njlc->nikc", rows, columns, x))
    assert repr(nn.Upsample((2, 3), "linear", True)) == (
        "Upsample(scale_factor=(2.0, 3.0), mode='linear', align_corners=True)"
    )


def test_upsample_errors():
    for arguments in [(2, "nonsense"), (2, "nearest", False, True), (2, "linear", True, True), ("a",)]:
        with pytest.raises(ValueError):
            nn.Upsample(*arguments)
    with pytest.raises(ValueError, match="3 axes"):
        nn.Upsample(2)(mx.zeros((2, 2)))
    with pytest.raises(ValueError, match="1 scale factors"):
        nn.Upsample((2, 2))(mx.zeros((2, 2, 2)))
    with pytest.raises(ValueError, match="positive"):
        nn.Upsample(0)(mx.zeros((2, 2, 2)))

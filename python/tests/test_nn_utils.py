"""`nn.value_and_grad`, `nn.utils.checkpoint`, `nn.average_gradients`."""

import lazulite.core as mx
import lazulite.nn as nn
import numpy as np
import pytest
from reference import array, assert_close, random


def loss_fn(model, x, y):
    """The mean squared error of a model."""
    return nn.losses.mse_loss(model(x), y)


def test_gradient_of_a_linear_model():
    x, y = random(6, 3), random(6, 1)
    model = nn.Linear(3, 1)
    weight, bias = np.array(model.weight, np.float64), np.array(model.bias, np.float64)
    loss, grads = nn.value_and_grad(model, loss_fn)(model, array(x), array(y))
    error = x @ weight.T + bias - y
    assert_close(loss, (error**2).mean())
    assert_close(grads["weight"], 2 * (error * x).mean(0, keepdims=True))
    assert_close(grads["bias"], 2 * error.mean(0))


def test_model_from_around_keywords_and_further_values():
    model = nn.Linear(3, 1)

    def fn(x, *, scale):
        y = model(x)
        return scale * y.sum(), y

    (value, y), grads = nn.value_and_grad(model, fn)(array(random(6, 3)), scale=2.0)
    assert y.shape == (6, 1)
    assert_close(value, 2 * np.array(y).sum())
    assert_close(grads["bias"], np.array([12.0]))


def test_only_trainable_parameters_get_a_gradient():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm(2), nn.Linear(2, 1))
    model.layers[0].freeze()
    grads = nn.value_and_grad(model, loss_fn)(model, array(random(4, 2)), array(random(4, 1)))[1]
    assert grads["layers"][0] == {}
    assert list(grads["layers"][1]) == ["weight", "bias"]


def test_the_model_keeps_its_arrays():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm(2))
    weight, mean = np.array(model.layers[0].weight), model.layers[1].running_mean
    nn.value_and_grad(model, loss_fn)(model, array(random(4, 2)), array(random(4, 2)))
    assert np.array_equal(np.array(model.layers[0].weight), weight)
    # What the function itself changed stays changed, and can be read.
    assert model.layers[1].running_mean is not mean
    assert np.isfinite(np.array(model.layers[1].running_mean)).all()


def test_what_the_function_replaces_stays_replaced():
    model = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1))
    new = mx.zeros((1, 2))

    def changes(model, x):
        y = model(x).sum()
        model.layers[0].weight = new
        del model.layers[0]["bias"]
        model.layers.pop()
        return y

    nn.value_and_grad(model, changes)(model, array(random(4, 2)))
    assert model.layers[0].weight.tolist() == [[0, 0]] and "bias" not in model.layers[0] and len(model.layers) == 1


def test_an_exception_leaves_the_model_as_it_was():
    model = nn.Linear(2, 1)
    weight = np.array(model.weight)

    def fails(model, x):
        model(x)
        raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        nn.value_and_grad(model, fails)(model, array(random(4, 2)))
    assert np.array_equal(np.array(model.weight), weight)
    assert np.isfinite(np.array(model(array(random(4, 2))))).all()


def test_checkpoint_gives_the_same_value_and_gradient():
    x, y = array(random(6, 3)), array(random(6, 1))
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    saved = nn.utils.checkpoint(model)
    assert_close(saved(x), np.array(model(x)))
    plain = nn.value_and_grad(model, loss_fn)(model, x, y)[1]
    kept = nn.value_and_grad(model, lambda x, y: nn.losses.mse_loss(saved(x), y))(x, y)[1]
    for i in (0, 2):
        for name in ("weight", "bias"):
            assert_close(kept["layers"][i][name], np.array(plain["layers"][i][name]))


def test_checkpoint_of_a_function():
    model = nn.Linear(3, 1)
    doubled = nn.utils.checkpoint(model, lambda x, factor: factor * model(x))
    x = array(random(6, 3))
    assert_close(doubled(x, factor=2.0), 2 * np.array(model(x)))


def test_average_in_a_group_of_one():
    grads = {"a": mx.ones((2,)), "b": [mx.zeros((3,))]}
    assert nn.average_gradients(grads) is grads

"""The gated delta rule against the rule as the paper writes it, in NumPy."""

import lazulite.core as mx
import numpy as np
import pytest


def inputs(batch=2, steps=37, groups=2, heads=4, keys=24, values=19, each=False):
    rng = np.random.default_rng(3)
    draw = rng.standard_normal
    shape = (batch, steps, heads, keys) if each else (batch, steps, heads)
    return (
        draw((batch, steps, groups, keys)) / keys**0.5,
        draw((batch, steps, groups, keys)) / keys**0.5,
        draw((batch, steps, heads, values)),
        rng.uniform(0.5, 1, shape),
        rng.uniform(0, 1, (batch, steps, heads)),
        draw((batch, heads, values, keys)),
    )


def rule(q, k, v, gamma, beta, state):
    share = v.shape[2] // q.shape[2]
    q, k = np.repeat(q, share, 2), np.repeat(k, share, 2)
    gamma = gamma[..., None] if gamma.ndim == 3 else gamma
    out = []
    for t in range(q.shape[1]):
        state = state * gamma[:, t, :, None, :]
        error = v[:, t] - np.einsum("bhmn,bhn->bhm", state, k[:, t])
        state = state + np.einsum("bhm,bhn->bhmn", beta[:, t, :, None] * error, k[:, t])
        out.append(np.einsum("bhmn,bhn->bhm", state, q[:, t]))
    return np.stack(out, 1), state


@pytest.mark.parametrize("each", [False, True], ids=["a factor a head", "a factor a feature"])
@pytest.mark.parametrize(
    "dtype, error", [(mx.float32, 1e-5), (mx.float16, 1e-2), (mx.bfloat16, 6e-2), (mx.float64, 1e-13)]
)
def test_it_is_the_rule(each, dtype, error):
    arrays = inputs(each=each)
    typed = [mx.array(a, mx.float64).astype(dtype) for a in arrays]
    y, state = mx.fast.gated_delta_update(*typed)
    want = rule(*(np.array(a.astype(mx.float64)) for a in typed))
    assert (y.dtype, state.dtype) == (dtype, mx.float64 if dtype == mx.float64 else mx.float32)
    assert np.abs(np.array(y.astype(mx.float64)) - want[0]).max() < error
    assert np.abs(np.array(state.astype(mx.float64)) - want[1]).max() < min(error, 1e-4)


def test_a_sequence_in_parts_is_the_sequence():
    q, k, v, gamma, beta, state = (mx.array(a, mx.float32) for a in inputs())
    whole, last = mx.fast.gated_delta_update(q, k, v, gamma, beta, state)
    first, state = mx.fast.gated_delta_update(q[:, :30], k[:, :30], v[:, :30], gamma[:, :30], beta[:, :30], state)
    second, state = mx.fast.gated_delta_update(q[:, 30:], k[:, 30:], v[:, 30:], gamma[:, 30:], beta[:, 30:], state)
    assert mx.array_equal(mx.concatenate([first, second], 1), whole)
    assert mx.array_equal(state, last)


def test_what_is_masked_changes_nothing():
    q, k, v, gamma, beta, state = (mx.array(a, mx.float32) for a in inputs(steps=4))
    v[:, 2] = mx.nan
    mask = mx.array([[True, True, False, True]] * 2)
    y, last = mx.fast.gated_delta_update(q, k, v, gamma, beta, state, mask)
    kept = [a[:, mx.array([0, 1, 3])] for a in (q, k, v, gamma, beta)]
    want, state = mx.fast.gated_delta_update(*kept, state)
    assert mx.array_equal(y[:, mx.array([0, 1, 3])], want) and mx.array_equal(last, state)
    assert mx.array_equal(y[:, 2], mx.zeros_like(y[:, 2]))


@pytest.mark.parametrize("each", [False, True], ids=["a factor a head", "a factor a feature"])
def test_gradients_are_those_of_the_rule(each):
    typed = [mx.array(a, mx.float64) for a in inputs(steps=11, each=each)]
    weights = mx.array(np.random.default_rng(4).standard_normal((2, 11, 4, 19)))

    def loss(*a):
        y, state = mx.fast.gated_delta_update(*a)
        return (y * weights).sum() + state.square().sum()

    grads = mx.grad(loss, argnums=tuple(range(6)))(*typed)
    for i, grad in enumerate(grads):
        assert grad.shape == typed[i].shape
        direction = mx.array(np.random.default_rng(i).standard_normal(grad.shape))

        def along(h, i=i, direction=direction):
            return loss(*typed[:i], typed[i] + h * direction, *typed[i + 1 :])

        slope = (along(1e-5) - along(-1e-5)) / 2e-5
        assert abs(((grad * direction).sum() - slope).item()) < 1e-6 * max(1, abs(slope.item()))


def test_long_sequences_need_little_memory():
    q, k, v, gamma, beta, _ = (mx.array(a, mx.float32) for a in inputs(1, 2000, 1, 2, 64, 64))
    mx.eval(q, k, v, gamma, beta)
    mx.clear_cache()
    mx.reset_peak_memory()
    before = mx.get_active_memory()
    mx.eval(mx.fast.gated_delta_update(q, k, v, gamma, beta))
    states = 2000 * 2 * 64 * 64 * 4
    assert mx.get_peak_memory() - before < states / 20


@pytest.mark.parametrize(
    "change, text",
    [
        ({"k": (1, 2, 2, 3)}, "shapes do not match"),
        ({"v": (1, 2, 3, 4)}, "shapes do not match"),
        ({"gamma": (1, 2)}, "shapes do not match"),
        ({"beta": (1, 3, 4)}, "shapes do not match"),
        ({"initial_state": (1, 4, 4, 4)}, "shapes do not match"),
        ({"mask": (1, 3)}, "shapes do not match"),
    ],
)
def test_wrong_shapes_are_value_errors(change, text):
    shapes = {"q": (1, 2, 2, 5), "k": (1, 2, 2, 5), "v": (1, 2, 4, 4), "gamma": (1, 2, 4), "beta": (1, 2, 4)} | change
    with pytest.raises(ValueError, match=text):
        mx.fast.gated_delta_update(**{name: mx.ones(shape) for name, shape in shapes.items()})

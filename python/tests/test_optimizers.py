"""Optimizers against the formulas of their papers over 20 steps, schedules, clipping, and training."""

import math

import lazulite.core as mx
import lazulite.nn as nn
import lazulite.optimizers as optim
import numpy as np
import pytest
from lazulite.utils import tree_flatten, tree_map
from reference import array, assert_close, random

STEPS = 20
START = {"w": random(4, 3), "v": random(5)}


def gradient(name, t, w):
    """A gradient that changes with the step and the parameter."""
    return 0.3 * w + random(*w.shape, seed=t + 1)


def sgd(lr=0.1, momentum=0.0, weight_decay=0.0, dampening=0.0, nesterov=False):
    def step(w, g, s, t):
        g = g + weight_decay * w
        if momentum == 0:
            return w - lr * g
        s["v"] = momentum * s.get("v", 0) + (1 - dampening) * g
        return w - lr * (g + momentum * s["v"] if nesterov else s["v"])

    return step


def adam(lr=0.1, b1=0.9, b2=0.999, eps=1e-8, weight_decay=0.0, corrected=False):
    def step(w, g, s, t):
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
        m, v = (s["m"] / (1 - b1**t), s["v"] / (1 - b2**t)) if corrected else (s["m"], s["v"])
        return w * (1 - lr * weight_decay) - lr * m / (np.sqrt(v) + eps)

    return step


def adamax(lr=0.1, b1=0.9, b2=0.999, eps=1e-8):
    def step(w, g, s, t):
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = np.maximum(b2 * s.get("v", 0), np.abs(g))
        return w - lr * s["m"] / (s["v"] + eps)

    return step


def lion(lr=0.01, b1=0.9, b2=0.99, weight_decay=0.0):
    def step(w, g, s, t):
        c = b1 * s.get("m", 0) + (1 - b1) * g
        s["m"] = b2 * s.get("m", 0) + (1 - b2) * g
        return w - lr * (np.sign(c) + weight_decay * w)

    return step


def rmsprop(lr=0.01, alpha=0.99, eps=1e-8):
    def step(w, g, s, t):
        s["v"] = alpha * s.get("v", 0) + (1 - alpha) * g**2
        return w - lr * g / (np.sqrt(s["v"]) + eps)

    return step


def adagrad(lr=0.1, eps=1e-8):
    def step(w, g, s, t):
        s["v"] = s.get("v", 0) + g**2
        return w - lr * g / (np.sqrt(s["v"]) + eps)

    return step


def adadelta(lr=1.0, rho=0.9, eps=1e-6):
    def step(w, g, s, t):
        s["v"] = rho * s.get("v", 0) + (1 - rho) * g**2
        d = np.sqrt(s.get("u", 0) + eps) / np.sqrt(s["v"] + eps) * g
        s["u"] = rho * s.get("u", 0) + (1 - rho) * d**2
        return w - lr * d

    return step


def adafactor(
    lr=None, eps=(1e-30, 1e-3), clip=1.0, decay=-0.8, beta_1=None, weight_decay=0.0, scale=True, warmup=False
):
    def rms(x):
        return np.sqrt((x**2).mean())

    def step(w, g, s, t):
        size = lr if lr is not None else min(1e-6 * t if warmup else 1e-2, 1 / math.sqrt(t))
        size *= max(eps[1], rms(w)) if scale else 1
        b, q = 1 - t**decay, g**2 + eps[0]
        if w.ndim >= 2:
            s["r"] = b * s.get("r", 0) + (1 - b) * q.mean(-1)
            s["c"] = b * s.get("c", 0) + (1 - b) * q.mean(-2)
            v = np.outer(s["r"], s["c"]) / s["r"].mean()
        else:
            v = s["q"] = b * s.get("q", 0) + (1 - b) * q
        u = g / np.sqrt(v)
        u = size * u / max(1, rms(u) / clip)
        if beta_1 is not None:
            u = s["u"] = beta_1 * s.get("u", 0) + (1 - beta_1) * u
        return w - size * weight_decay * w - u

    return step


def muon(lr=0.1, momentum=0.95, weight_decay=0.01, nesterov=True, iterations=5):
    def step(w, g, s, t):
        g = g + weight_decay * w
        s["v"] = momentum * s.get("v", 0) + (1 - momentum) * g
        u = (1 - momentum) * g + momentum * s["v"] if nesterov else s["v"]
        if u.ndim < 2:
            return w - lr * u
        # Acting on singular values is what the iteration does.
        left, values, right = np.linalg.svd(u, full_matrices=False)
        values = values / (np.linalg.norm(values) + 1e-7)
        for _ in range(iterations):
            values = 3.4445 * values - 4.775 * values**3 + 2.0315 * values**5
        return w - lr * math.sqrt(max(1, u.shape[0] / u.shape[1])) * (left * values) @ right

    return step


CASES = [
    (optim.SGD(0.1), sgd()),
    (optim.SGD(0.1, momentum=0.9, weight_decay=0.01), sgd(momentum=0.9, weight_decay=0.01)),
    (optim.SGD(0.1, momentum=0.9, dampening=0.2), sgd(momentum=0.9, dampening=0.2)),
    (optim.SGD(0.1, momentum=0.9, nesterov=True), sgd(momentum=0.9, nesterov=True)),
    (optim.Adam(0.1), adam()),
    (optim.Adam(0.1, betas=[0.8, 0.9], eps=1e-3), adam(b1=0.8, b2=0.9, eps=1e-3)),
    (optim.Adam(0.1, bias_correction=True), adam(corrected=True)),
    (optim.AdamW(0.1), adam(weight_decay=0.01)),
    (optim.AdamW(0.1, weight_decay=0.1, bias_correction=True), adam(weight_decay=0.1, corrected=True)),
    (optim.Adamax(0.1), adamax()),
    (optim.Lion(0.01), lion()),
    (optim.Lion(0.01, betas=[0.7, 0.8], weight_decay=0.1), lion(b1=0.7, b2=0.8, weight_decay=0.1)),
    (optim.RMSprop(0.01), rmsprop()),
    (optim.RMSprop(0.01, alpha=0.5, eps=0.1), rmsprop(alpha=0.5, eps=0.1)),
    (optim.Adagrad(0.1), adagrad()),
    (optim.AdaDelta(1.0), adadelta()),
    (optim.AdaDelta(1.0, rho=0.5, eps=0.1), adadelta(rho=0.5, eps=0.1)),
    (optim.Adafactor(), adafactor()),
    (optim.Adafactor(0.1, relative_step=False, scale_parameter=False), adafactor(0.1, scale=False)),
    (optim.Adafactor(beta_1=0.9, weight_decay=0.1), adafactor(beta_1=0.9, weight_decay=0.1)),
    (
        optim.Adafactor(warmup_init=True, clip_threshold=0.1, decay_rate=-0.5, eps=(1e-3, 0.1)),
        adafactor(warmup=True, clip=0.1, decay=-0.5, eps=(1e-3, 0.1)),
    ),
    (optim.Muon(0.1), muon()),
    (optim.Muon(0.1, 0.8, 0.1, False, 3), muon(momentum=0.8, weight_decay=0.1, nesterov=False, iterations=3)),
]


@pytest.mark.parametrize(
    ("optimizer", "step"), CASES, ids=[f"{type(o).__name__}-{i}" for i, (o, _) in enumerate(CASES)]
)
def test_follows_its_paper(optimizer, step):
    parameters = {name: array(w) for name, w in START.items()}
    expected, states = dict(START), {name: {} for name in START}
    for t in range(1, STEPS + 1):
        grads = {name: gradient(name, t, w) for name, w in expected.items()}
        parameters = optimizer.apply_gradients({name: array(g) for name, g in grads.items()}, parameters)
        expected = {name: step(w, grads[name], states[name], t) for name, w in expected.items()}
    assert optimizer.step.item() == STEPS
    for name in START:
        assert_close(parameters[name], expected[name], 2e-4)


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.AdamW, optim.Lion, optim.RMSprop, optim.Adagrad])
@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16], ids=str)
def test_short_floats_stay_short(kind, dtype):
    parameters = {"w": mx.ones((3,), dtype=dtype)}
    optimizer = kind(0.1)
    parameters = optimizer.apply_gradients(tree_map(mx.ones_like, parameters), parameters)
    assert parameters["w"].dtype == dtype
    assert all(x.dtype == dtype for _, x in tree_flatten(optimizer.state["w"]))


@pytest.mark.parametrize(
    "make",
    [
        lambda: optim.SGD(0.1, nesterov=True),
        lambda: optim.SGD(0.1, 0.9, dampening=0.1, nesterov=True),
        lambda: optim.Adam(0.1, betas=[1.0, 0.9]),
        lambda: optim.AdamW(0.1, betas=[0.9, -0.1]),
        lambda: optim.Adam(0.1, eps=-1),
        lambda: optim.Adamax(0.1, eps=-1),
        lambda: optim.Lion(0.1, betas=[0.9, 1.0]),
        lambda: optim.RMSprop(0.1, alpha=-1),
        lambda: optim.RMSprop(0.1, eps=0),
        lambda: optim.Adagrad(0.1, eps=0),
        lambda: optim.AdaDelta(0.1, rho=-1),
        lambda: optim.AdaDelta(0.1, eps=0),
        lambda: optim.SGD("a"),
        lambda: optim.MultiOptimizer([optim.SGD(0.1), optim.SGD(0.1)], []),
    ],
)
def test_bad_hyperparameters(make):
    with pytest.raises(ValueError):
        make()


def test_state():
    optimizer = optim.Adam(0.1)
    assert {key: (x.item(), x.dtype) for key, x in optimizer.state.items()} == {
        "step": (0, mx.uint64),
        "learning_rate": (np.float32(0.1), mx.float32),
    }
    optimizer.init({"w": mx.ones((2,)), "layers": [{"b": mx.ones((3,))}]})
    assert [name for name, _ in tree_flatten(optimizer.state)] == [
        "step",
        "learning_rate",
        "w.m",
        "w.v",
        "layers.0.b.m",
        "layers.0.b.v",
    ]


def test_state_can_be_carried_over():
    def run(optimizer, parameters, steps):
        for _ in range(steps):
            parameters = optimizer.apply_gradients(tree_map(lambda w: 0.3 * w + 1, parameters), parameters)
        return parameters

    start = {"w": array(random(3)), "l": [{"b": array(random(2))}]}
    whole = run(optim.Adam(0.1), start, 4)
    first, second = optim.Adam(0.1), optim.Adam(0.1)
    half = run(first, start, 2)
    second.state = tree_map(lambda x: x, first.state)
    resumed = run(second, half, 2)
    assert second.step.item() == 4
    assert mx.array_equal(whole["w"], resumed["w"]).item()
    assert mx.array_equal(whole["l"][0]["b"], resumed["l"][0]["b"]).item()


def test_init_keeps_the_state_that_is_there():
    optimizer = optim.SGD(0.1, momentum=0.9)
    optimizer.apply_gradients({"w": mx.ones((2,))}, {"w": mx.ones((2,))})
    kept = optimizer.state["w"]["v"]
    optimizer.init({"w": mx.ones((2,)), "z": [mx.ones((1,))]})
    assert optimizer.state["w"]["v"] is kept
    assert optimizer.state["z"][0]["v"].tolist() == [0]


def test_gradients_of_a_part():
    updated = optim.SGD(0.5).apply_gradients({"a": mx.array(1.0)}, {"a": mx.array(1.0), "b": mx.array(2.0)})
    assert list(updated) == ["a"] and updated["a"].item() == 0.5
    with pytest.raises(KeyError):
        optim.SGD(0.5).apply_gradients({"a": mx.array(1.0)}, {"b": mx.array(2.0)})


def test_update_changes_the_model():
    model = nn.Sequential(nn.Linear(2, 1), nn.ReLU())
    weight = np.array(model.layers[0].weight)
    optim.SGD(0.5).update(model, {"layers": [{"weight": mx.ones((1, 2))}]})
    assert_close(model.layers[0].weight, weight - 0.5)


def test_learning_rate():
    optimizer = optim.SGD(0.1)
    assert optimizer.learning_rate.item() == np.float32(0.1)
    optimizer.learning_rate = 0.5
    assert optimizer.state["learning_rate"].item() == 0.5
    with pytest.raises(KeyError):
        _ = optim.Adafactor().learning_rate


def test_learning_rate_follows_its_schedule():
    optimizer = optim.SGD(lambda step: 1.0 - 0.25 * step)
    rates = []
    parameters = {"w": mx.array(0.0)}
    for _ in range(4):
        parameters = optimizer.apply_gradients({"w": mx.array(1.0)}, parameters)
        rates.append(optimizer.learning_rate.item())
    assert rates == [1.0, 0.75, 0.5, 0.25]
    assert parameters["w"].item() == -2.5


def test_multi_optimizer():
    asked = []

    def is_matrix(path, gradient):
        asked.append(path)
        return gradient.ndim == 2

    inner = [optim.SGD(0.5), optim.Lion(0.25)]
    optimizer = optim.MultiOptimizer(inner, [is_matrix])
    parameters = {"w": mx.ones((1, 2)), "l": [{"b": mx.ones((2,))}]}
    updated = optimizer.apply_gradients(tree_map(mx.ones_like, parameters), parameters)
    assert updated["w"].tolist() == [[0.5, 0.5]] and updated["l"][0]["b"].tolist() == [0.75, 0.75]
    assert asked == ["w", "l.0.b"]
    first, second = optimizer.state["states"]
    assert "w" in first and "l" not in first and "l" in second
    optimizer.learning_rate = 0.125
    assert [o.learning_rate.item() for o in inner] == [0.125, 0.125]
    optimizer.state = optimizer.state
    with pytest.raises(ValueError, match="2 states"):
        optimizer.state = {"states": []}


def test_subclasses_write_two_methods():
    class Signs(optim.Optimizer):
        def init_single(self, parameter, state):
            state["count"] = mx.array(0)

        def apply_single(self, gradient, parameter, state):
            state["count"] = state["count"] + 1
            return parameter - mx.sign(gradient)

    optimizer = Signs()
    assert optimizer.apply_gradients({"w": mx.array(-3.0)}, {"w": mx.array(1.0)})["w"].item() == 2
    assert optimizer.state["w"]["count"].item() == 1
    with pytest.raises(NotImplementedError, match="Optimizer"):
        optim.Optimizer().apply_gradients({"w": mx.array(-3.0)}, {"w": mx.array(1.0)})


SCHEDULES = [
    (optim.exponential_decay(0.5, 0.9), lambda t: 0.5 * 0.9**t),
    (optim.step_decay(0.5, 0.9, 4), lambda t: 0.5 * 0.9 ** (t // 4)),
    (optim.cosine_decay(0.5, 10), lambda t: 0.25 * (1 + math.cos(math.pi * min(t, 10) / 10))),
    (optim.cosine_decay(0.5, 10, 0.1), lambda t: 0.1 + 0.2 * (1 + math.cos(math.pi * min(t, 10) / 10))),
    (optim.linear_schedule(0.1, 0.5, 10), lambda t: 0.1 + 0.04 * min(t, 10)),
    (
        optim.join_schedules(
            [optim.linear_schedule(0, 1, 5), optim.cosine_decay(1.0, 10), optim.exponential_decay(0.2, 0.5)], [5, 8]
        ),
        lambda t: t / 5 if t < 5 else 0.5 * (1 + math.cos(math.pi * (t - 5) / 10)) if t < 8 else 0.2 * 0.5 ** (t - 8),
    ),
]


@pytest.mark.parametrize(("schedule", "formula"), SCHEDULES)
def test_schedules(schedule, formula):
    for t in range(15):
        for step in (t, mx.array(t, mx.uint64)):
            assert math.isclose(float(schedule(step)), formula(t), rel_tol=1e-5, abs_tol=1e-6)
    assert schedule(mx.array(3, mx.uint64)).dtype == mx.float32


@pytest.mark.parametrize(
    "make",
    [
        lambda: optim.cosine_decay(1.0, 0),
        lambda: optim.linear_schedule(0.0, 1.0, 0),
        lambda: optim.step_decay(1.0, 0.5, 0),
        lambda: optim.join_schedules([], []),
        lambda: optim.join_schedules([optim.cosine_decay(1.0, 5)], [3]),
    ],
)
def test_bad_schedules(make):
    with pytest.raises(ValueError):
        make()


def test_clip_grad_norm():
    grads = {"a": mx.array([2.0, 3.0]), "b": [mx.array([6.0], mx.float16)]}
    clipped, norm = optim.clip_grad_norm(grads, 3.5)
    assert_close(norm, np.array(7.0))
    assert_close(clipped["a"], np.array([1.0, 1.5]))
    assert clipped["b"][0].dtype == mx.float16 and clipped["b"][0].item() == 3
    same, norm = optim.clip_grad_norm(grads, 10.0)
    assert_close(same["a"], np.array([2.0, 3.0]))
    assert optim.clip_grad_norm({}, 1.0)[1].item() == 0
    big, norm = optim.clip_grad_norm({"a": mx.array([3e4, 4e4], mx.float16)}, 1.0)
    assert_close(norm, np.array(5e4), 1e-3)
    assert_close(big["a"], np.array([0.6, 0.8]))


def loss_fn(model, x, y):
    """The mean squared error of a model."""
    return nn.losses.mse_loss(model(x), y)


def test_training_finds_the_weights():
    x = random(64, 10)
    weight = random(10, 1)
    model = nn.Linear(10, 1)
    optimizer = optim.SGD(learning_rate=0.1)
    step = nn.value_and_grad(model, loss_fn)
    for _ in range(300):
        loss, grads = step(model, array(x), array(x @ weight + 3))
        optimizer.update(model, grads)
        mx.eval(model.parameters(), optimizer.state)
    assert loss.item() < 1e-6
    assert_close(model.weight, weight.T, 1e-3)
    assert_close(model.bias, np.array([3.0]), 1e-3)


def test_a_compiled_step_trains_as_an_eager_one():
    def losses(compiled):
        mx.random.seed(0)
        model = nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.1), nn.Tanh(), nn.Linear(16, 1))
        optimizer = optim.Adam(optim.cosine_decay(0.05, 50))
        state = [model.state, optimizer.state, mx.random.state]
        x, y = array(random(32, 4)), array(random(32, 1))

        def step(x, y):
            loss, grads = nn.value_and_grad(model, loss_fn)(model, x, y)
            optimizer.update(model, grads)
            return loss

        if compiled:
            optimizer.init(model.trainable_parameters())
            step = mx.compile(step, inputs=state, outputs=state)
        found = []
        for _ in range(20):
            loss = step(x, y)
            mx.eval(loss, state)
            found.append(loss.item())
        return found

    eager, compiled = losses(False), losses(True)
    np.testing.assert_allclose(eager, compiled, rtol=1e-4)
    assert compiled[-1] < compiled[0]

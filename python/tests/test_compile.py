"""`compile`: when it traces again, constants, captured state, shapeless traces."""

import functools
import gc
import os
import subprocess
import sys
import weakref

import lazulite.core as mx
import pytest

X = mx.array([1.0, 2.0])
W = mx.array(3.0)


class Counted:
    """A function that counts its calls."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        return self.function(*args, **kwargs)


def test_a_trace_serves_for_its_signature() -> None:
    f = Counted(lambda x, s=1: x * s)
    c = mx.compile(f)
    for x in (X, X + 1, W, X):
        assert mx.array_equal(c(x), x)
    assert f.calls == 2
    assert [c(X, s).tolist() for s in (2, 2, 3, 2.0, True)] == [
        [2.0, 4.0],
        [2.0, 4.0],
        [3.0, 6.0],
        [2.0, 4.0],
        [1.0, 2.0],
    ]
    assert f.calls == 6
    c(X, s=2), c(X, s=2)
    assert f.calls == 7
    c(X.astype(mx.float16))
    assert f.calls == 8


def test_strings_none_and_structure_are_part_of_the_signature() -> None:
    f = Counted(lambda x, s: x if s in ("a", None) else x * 2)
    c = mx.compile(f)
    assert [c(X, s).tolist() for s in ("a", "b", "a", None)] == [[1.0, 2.0], [2.0, 4.0], [1.0, 2.0], [1.0, 2.0]]
    assert f.calls == 3
    for s in ((1, "a"), [1, "a"], {"k": X}, {"j": X}, {"k": X}):
        c(X, s)
    assert f.calls == 7


def test_what_is_no_constant_is_refused() -> None:
    c = mx.compile(lambda x, s: x)
    for s in (object(), mx.float32, 1j, b"a", len):
        with pytest.raises(ValueError, match="compile"):
            c(X, s)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: None,
        lambda x: 3,
        lambda x: (x, x * 2),
        lambda x: {"a": x, "b": [x, "text", None]},
        lambda x: (),
        lambda x: x,
        lambda x: W,
    ],
)
def test_results_have_the_functions_structure(make) -> None:
    c = mx.compile(make)
    for _ in range(2):
        assert str(c(X)) == str(make(X))


def test_captured_state_is_read_and_written() -> None:
    state = {"n": mx.array(1.0), "l": [mx.array(2.0)], "text": "kept", "frozen": X}
    frozen = state["frozen"]

    def step(x):
        state["n"] = state["n"] + x.sum()
        state["l"][0] = state["l"][0] * 2
        return state["n"] * state["frozen"]

    f = Counted(step)
    c = mx.compile(f, inputs=[state], outputs=[state])
    for i in range(4):
        y = c(X)
        assert y.tolist() == [1.0 + 3 * (i + 1), 2 * (1.0 + 3 * (i + 1))]
        assert state["l"][0].item() == 2.0 ** (i + 2)
    assert f.calls == 1 and state["text"] == "kept" and state["frozen"] is frozen
    state["n"] = mx.array(0.0)
    assert c(X).tolist() == [3.0, 6.0] and f.calls == 1
    state["frozen"] = mx.array([1.0, 1.0])
    assert c(X).tolist() == [6.0, 6.0] and f.calls == 1
    state["new"] = mx.array(5.0)
    assert c(X).tolist() == [9.0, 9.0] and f.calls == 2 and state["new"].item() == 5.0


def test_state_that_the_function_adds() -> None:
    state: dict = {}

    def step(x):
        state["m"] = state.get("m", mx.zeros_like(x)) * 0.5 + x
        return state["m"]

    c = mx.compile(step, inputs=state, outputs=state)
    values = [c(X).tolist() for _ in range(3)]
    assert values == [[1.0, 2.0], [1.5, 3.0], [1.75, 3.5]] and state["m"].tolist() == values[-1]


def test_state_that_swaps() -> None:
    state = {"a": mx.array(1.0), "b": mx.array(2.0)}

    def swap():
        state["a"], state["b"] = state["b"], state["a"]

    c = mx.compile(swap, inputs=state, outputs=state)
    for i in range(3):
        assert c() is None
        assert (state["a"].item(), state["b"].item()) == ((2.0, 1.0) if i % 2 == 0 else (1.0, 2.0))


def test_captured_arrays_themselves() -> None:
    a = mx.array(1.0)
    c = mx.compile(lambda x: x + a, inputs=[a])
    assert c(W).item() == 4.0
    a += 1
    assert c(W).item() == 5.0 and a.item() == 2.0


def test_an_exception_leaves_the_state_as_it_was() -> None:
    state = {"a": X, "l": [W]}

    def fail(x):
        state["a"] = x
        state["l"].append(x)
        state["new"] = x
        del state["l"][0]
        raise KeyError("mine")

    for kwargs in ({"inputs": state, "outputs": state}, {"inputs": state}, {"outputs": state}):
        with pytest.raises(KeyError, match="mine"):
            mx.compile(fail, **kwargs)(W)
        assert state["a"] is X and state["l"] == [W] and list(state) == ["a", "l"]
        assert X.tolist() == [1.0, 2.0] and W.item() == 3.0


def test_reading_a_value_is_an_error_that_says_so() -> None:
    for read in (lambda x: x.item(), lambda x: mx.eval(x), lambda x: bool(x > 0), lambda x: str(x)):
        with pytest.raises(ValueError, match="compile"):
            mx.compile(read)(W)


def test_shapeless() -> None:
    f = Counted(lambda x: mx.exp(x) / mx.exp(x).sum(axis=-1, keepdims=True))
    c = mx.compile(f, shapeless=True)
    for n in (2, 3, 5):
        x = mx.arange(float(n))
        assert mx.allclose(c(x), mx.softmax(x, axis=-1), rtol=1e-5)
    assert f.calls == 1
    guarded = mx.compile(lambda x: x.shape[0] * x, shapeless=True)
    assert guarded(mx.ones((2,))).tolist() == [2.0, 2.0] and guarded(mx.ones((3,))).tolist() == [3.0, 3.0, 3.0]


def test_disable_and_enable() -> None:
    f = Counted(lambda x: x * 2)
    c = mx.compile(f)
    mx.disable_compile()
    try:
        c(X), c(X)
        assert f.calls == 2
    finally:
        mx.enable_compile()
    c(X), c(X)
    assert f.calls == 3


def test_the_environment_disables() -> None:
    code = (
        "import lazulite.core as mx\nn = []\nf = mx.compile(lambda x: n.append(1) or x)\n"
        "f(mx.array(1)), f(mx.array(1))\nprint(len(n))"
    )
    for value, expected in (({}, "1"), ({"MLX_DISABLE_COMPILE": "1"}, "2")):
        env = {**os.environ, **value, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected


def test_decorators_partials_and_callables() -> None:
    @functools.partial(mx.compile, shapeless=True)
    def double(x):
        return x * 2

    class Module:
        def __call__(self, x):
            return x * 3

        def method(self, x):
            return x * 4

    assert (
        double(W).item() == 6.0
        and mx.compile(Module())(W).item() == 9.0
        and mx.compile(Module().method)(W).item() == 12.0
    )
    assert mx.compile(functools.partial(lambda a, b: a - b, W))(mx.array(1.0)).item() == 2.0
    assert mx.compile(lambda *, a, b: a - b)(b=W, a=mx.array(5.0)).item() == 2.0


def test_a_training_step() -> None:
    x, y = mx.random.normal((32, 4), key=mx.random.key(0)), mx.random.normal((32, 1), key=mx.random.key(1))
    state = {"w": mx.zeros((4, 1)), "m": mx.zeros((4, 1))}

    def loss(w, x, y):
        return mx.mean(mx.square(x @ w - y))

    def step(x, y):
        value, g = mx.value_and_grad(loss)(state["w"], x, y)
        state["m"] = 0.9 * state["m"] + g
        state["w"] = state["w"] - 0.05 * state["m"]
        return value

    plain = [step(x, y).item() for _ in range(10)]
    state.update(w=mx.zeros((4, 1)), m=mx.zeros((4, 1)))
    compiled = mx.compile(step, inputs=state, outputs=state)
    assert [compiled(x, y).item() for _ in range(10)] == plain and plain[-1] < plain[0]


def test_a_compiled_function_does_not_outlive_its_cycle() -> None:
    class Holder:
        def __init__(self):
            self.f = mx.compile(lambda x: x + len(vars(self)))

    h = Holder()
    assert h.f(W).item() == 4.0
    seen = weakref.ref(h)
    del h
    gc.collect()
    assert seen() is None


class Scaled:
    """A registered class: an array, and how often it is taken."""

    def __init__(self, times, x):
        self.times, self.x = times, x


mx.register_tree(Scaled, lambda s: ([s.x], s.times), lambda times, parts: Scaled(times, *parts))


def test_constants_of_one_hash_are_told_apart() -> None:
    assert hash(-1) == hash(-2) and hash(1) == hash(1.0)
    x = mx.array([2, 3])
    scaled = mx.compile(lambda s: s.x * s.times)
    for times in (1, 1.0, -1, -2, True):
        y, expected = scaled(Scaled(times, x)), x * times
        assert y.dtype == expected.dtype and y.tolist() == expected.tolist()
    keyed = mx.compile(lambda d: {key: value + 1 for key, value in d.items()})
    for key in (-1, -2, (-1, 1), (-2, 1), "a", frozenset({-1}), frozenset({-2})):
        assert list(keyed({key: x})) == [key]


def test_equal_constants_of_other_classes_share_a_trace() -> None:
    counted = Counted(lambda s: s.x)
    c = mx.compile(counted)
    for _ in range(3):
        c(Scaled(frozenset({1, 2}), X))
    assert counted.calls == 1


class Holder:
    """An object that a trace is keyed by, by identity or as a constant."""


def test_what_a_trace_is_keyed_by_goes_with_the_function() -> None:
    held, constant = Holder(), Holder()
    f = mx.compile(lambda d: X * 2, inputs=[held])
    held.function = constant.function = f
    f({constant: X})
    gone = weakref.ref(held), weakref.ref(constant), weakref.ref(f)
    del held, constant, f
    gc.collect()
    assert [ref() for ref in gone] == [None, None, None]

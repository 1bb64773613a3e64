"""Trees: containers, named tuples, dataclasses and registered classes in transforms."""

import dataclasses
import subprocess
import sys
from typing import NamedTuple

import lazulite.core as mx
import pytest

X = mx.array([1.0, 2.0])
W = mx.array(3.0)


class Pair(NamedTuple):
    a: mx.array
    b: object


@dataclasses.dataclass
class Model:
    w: mx.array
    layers: list
    name: str = "model"
    scale: float = 2.0


@dataclasses.dataclass(frozen=True)
class Frozen:
    w: mx.array


class Matrix:
    def __init__(self, rows, label):
        self.rows, self.label = rows, label


mx.register_tree(Matrix, lambda m: ([m.rows], m.label), lambda label, children: Matrix(children[0], label))


class Dict(dict):
    """As modules are: a dict with methods."""

    def total(self):
        return self["w"].sum() * self["inner"]["v"]


def test_dicts_lists_tuples_and_none() -> None:
    g = mx.grad(lambda t: (t["a"] * t["b"][0]).sum())({"a": X, "b": [W, (X, None)], "none": None})
    assert g["a"].tolist() == [3.0, 3.0] and g["b"][0].item() == 3.0 and g["b"][1][0].tolist() == [0.0, 0.0]
    assert g["b"][1][1] is None and g["none"] is None and isinstance(g["b"][1], tuple) and list(g) == ["a", "b", "none"]


def test_named_tuples() -> None:
    g = mx.grad(lambda p: (p.a * p.b).sum())(Pair(X, W))
    assert isinstance(g, Pair) and g.a.tolist() == [3.0, 3.0] and g.b.item() == 3.0
    y = mx.compile(lambda p: Pair(p.b, [p.a]))(Pair(X, W))
    assert isinstance(y, Pair) and y.a.item() == 3.0 and y.b[0].tolist() == [1.0, 2.0]
    assert isinstance(mx.vmap(lambda p: p)(Pair(X, X)), Pair)


def test_dataclasses() -> None:
    model = Model(X, [W, X])
    g = mx.grad(lambda m: (m.w * m.layers[0] * m.scale).sum())(model)
    assert isinstance(g, Model) and g.w.tolist() == [6.0, 6.0] and g.layers[0].item() == 6.0 and g.name == "model"
    assert model.w is X
    c = mx.compile(lambda m: m.w * m.scale)
    assert c(model).tolist() == [2.0, 4.0]
    model.scale = 3.0
    assert c(model).tolist() == [3.0, 6.0]
    assert isinstance(mx.grad(lambda m: m.w.sum())(Frozen(X)), Frozen)


def test_a_dataclass_is_captured_state() -> None:
    model = Model(X, [W])

    def step():
        model.w = model.w + 1
        model.layers[0] = model.layers[0] * 2

    c = mx.compile(step, inputs=[model], outputs=[model])
    c(), c()
    assert model.w.tolist() == [3.0, 4.0] and model.layers[0].item() == 12.0 and X.tolist() == [1.0, 2.0]


def test_registered_classes() -> None:
    g = mx.grad(lambda m: (m.rows * 2).sum())(Matrix(X, "label"))
    assert isinstance(g, Matrix) and g.rows.tolist() == [2.0, 2.0] and g.label == "label"
    calls = []

    def f(m):
        calls.append(m.label)
        return Matrix(m.rows + 1, m.label)

    c = mx.compile(f)
    assert [c(Matrix(X, s)).label for s in ("a", "b", "a")] == ["a", "b", "a"] and calls == ["a", "b"]
    assert mx.vmap(lambda m: m.rows, in_axes=([0],))(Matrix(X, "")).tolist() == [1.0, 2.0]
    with pytest.raises(TypeError):
        mx.register_tree(Matrix, 1, 2)


def test_classes_derived_from_dict() -> None:
    d = Dict(w=X, inner=Dict(v=W), size=3)
    c = mx.compile(lambda d: Dict.total(d))
    assert c(d).item() == 9.0
    assert mx.checkpoint(lambda d: d.total())(d).item() == 9.0

    def step():
        d["w"] = d["w"] * 2
        d["inner"]["v"] = d["inner"]["v"] + 1

    s = mx.compile(step, inputs=[d], outputs=[d])
    s(), s()
    assert d["w"].tolist() == [4.0, 8.0] and d["inner"]["v"].item() == 5.0 and isinstance(d["inner"], Dict)


def test_leaves_that_are_no_arrays() -> None:
    with pytest.raises(ValueError, match="only arrays"):
        mx.grad(lambda d: d["a"].sum())({"a": X, "b": "text"})
    with pytest.raises(ValueError, match="only arrays"):
        mx.vmap(lambda pair: pair[0])([X, 3])


def test_containers_that_hold_themselves_are_refused():
    """Where a walk would never end, or end the stack."""
    x = mx.array([1.0])
    loop, mixed, ring, state, deep = [], [x], {}, [x], [1.0]
    loop.append(loop)
    mixed.append(mixed)
    ring["a"] = ring
    state.append(state)
    for _ in range(5000):
        deep = [deep]
    calls = [
        lambda: mx.array(loop),
        lambda: mx.array(mixed),
        lambda: mx.array(deep),
        lambda: mx.eval(loop),
        lambda: mx.eval(ring),
        lambda: x[loop],
        lambda: mx.grad(lambda a: x.sum())(ring),
        lambda: mx.vmap(lambda a: a)(mixed),
        lambda: mx.compile(lambda a: 1)(deep),
        lambda: mx.compile(lambda a: 1)(ring),
        lambda: mx.compile(lambda: 1, inputs=state)(),
        lambda: mx.compile(lambda: x, outputs=state)(),
        lambda: mx.checkpoint(lambda a: x)(loop),
    ]
    for call in calls:
        with pytest.raises(RecursionError, match="containers are nested more than 1000 deep"):
            call()
    # What is nested less works, and the depth is that of each walk.
    for _ in range(3):
        fine = [x]
        for _ in range(900):
            fine = [fine]
        mx.eval(fine)
        assert mx.compile(lambda a: x * 2)(fine).item() == 2.0


REPLACED = """
import lazulite.core as mx

class Last:
    def __del__(self):
        mx.eval([mx.ones(1) + 1])
        f(mx.ones(1))

class Box:
    pass

def with_last():
    last = Last()
    return lambda *_: last

f = mx.custom_function(lambda x: x * 2)
for _ in range(2):
    mx.register_tree(Box, with_last(), with_last())
    f.vjp(with_last())
print("done")
"""


def test_what_is_replaced_may_run_python_as_it_ends():
    """No lock is held then: this would hang."""
    done = subprocess.run([sys.executable, "-c", REPLACED], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "done\n" and not done.stderr

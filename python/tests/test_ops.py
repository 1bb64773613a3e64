"""Operations against MLX: dtypes, shapes, values and error types of the calls in `cases.py`, by MLX's fixture."""

import json
import math
import pathlib

import lazulite.core as mx
import pytest
from cases import describe

FIXTURE = json.loads((pathlib.Path(__file__).parent / "fixtures" / "ops.json").read_text())

# MLX approximates: erf is good to 2.5e-7 absolute, erfinv and tan to a few units in the last place.
RELATIVE = {"float32": 4e-6, "float16": 2e-3, "bfloat16": 2e-2, "complex64": 4e-6}
ABSOLUTE = 5e-7

# What lazulite gives on purpose where MLX gives something else, with the reason.
OTHERWISE = json.loads((pathlib.Path(__file__).parent / "fixtures" / "otherwise.json").read_text())


def close(a: object, b: object, dtype: str) -> bool:
    """Whether two nested lists of numbers agree to the dtype's precision."""
    if isinstance(a, list) or isinstance(b, list):
        return (
            isinstance(a, list)
            and isinstance(b, list)
            and len(a) == len(b)
            and all(close(x, y, dtype) for x, y in zip(a, b, strict=True))
        )
    if dtype not in RELATIVE:
        return a == b
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or math.isclose(a, b, rel_tol=RELATIVE[dtype], abs_tol=ABSOLUTE)


def same(found: object, expected: object) -> bool:
    """Whether two descriptions agree."""
    if isinstance(expected, dict):
        (kind, items) = next(iter(expected.items()))
        return (
            isinstance(found, dict)
            and kind in found
            and len(found[kind]) == len(items)
            and all(map(same, found[kind], items))
        )
    if isinstance(expected, list) and len(expected) == 3 and isinstance(expected[0], str):
        return isinstance(found, list) and found[:2] == expected[:2] and close(found[2], expected[2], expected[0])
    return found == expected


@pytest.mark.parametrize("call", FIXTURE)
def test_as_mlx(call: str) -> None:
    expected = OTHERWISE[call]["gives"] if call in OTHERWISE else FIXTURE[call]
    found = json.loads(json.dumps(describe(call, mx)))
    assert same(found, expected), f"{found}, not {expected}"


def test_aliases_are_one_function() -> None:
    pairs = {
        "acos": "arccos",
        "pow": "power",
        "concat": "concatenate",
        "cumulative_sum": "cumsum",
        "cumulative_prod": "cumprod",
        "empty": "zeros",
        "bitwise_left_shift": "left_shift",
    }
    for alias, name in pairs.items():
        assert getattr(mx, alias) is getattr(mx, name)
        assert getattr(mx, alias).__name__ == name


def test_every_function_is_documented() -> None:
    for module in (mx, mx.random, mx.linalg, mx.fast):
        for name in dir(module):
            function = getattr(module, name)
            if callable(function) and not name.startswith("_") and not isinstance(function, type):
                assert function.__doc__, name


def test_streams_reach_the_operations() -> None:
    s = mx.new_stream(mx.cpu)
    assert mx.exp(mx.array([0.0]), stream=s).item() == 1.0
    assert mx.add(1, 2, stream=s).item() == 3
    assert mx.zeros((2,), stream=mx.cpu).shape == (2,)


def test_methods_are_the_functions() -> None:
    x = mx.array([[1.0, 2.0], [3.0, 4.0]])
    same = (
        "abs all any argmax argmin conj cos cummax cummin cumprod cumsum diag diagonal exp flatten log log10 log1p "
        "log2 logcumsumexp logsumexp max mean min prod reciprocal round rsqrt sin sqrt square squeeze std sum var"
    )
    for name in same.split():
        assert mx.array_equal(getattr(x, name)(), getattr(mx, name)(x)), name
    assert x.moveaxis(0, 1).shape == (2, 2) and x.swapaxes(0, 1)[0, 1].item() == 3.0
    assert [p.shape for p in x.split(2)] == [(1, 2), (1, 2)]
    assert x.sum(axis=0, keepdims=True).shape == (1, 2)


def test_scans_differentiate_where_elements_are_zero() -> None:
    x = mx.array([2.0, 0.0, 3.0, 0.0])
    weights = mx.array([1.0, 2.0, 3.0, 4.0])
    gradient = mx.grad(lambda x: (mx.cumprod(x) * weights).sum())(x)
    assert gradient.tolist() == [1.0, 2.0 * (2.0 + 3.0 * 3.0), 0.0, 0.0]
    tangent = mx.jvp(lambda x: mx.cumprod(x, reverse=True), [x], [mx.ones((4,))])[1][0]
    assert tangent.tolist() == [0.0, 0.0, 3.0, 1.0]
    tangent = mx.jvp(mx.cummax, [mx.array([1.0, 3.0, 2.0])], [mx.array([10.0, 20.0, 30.0])])[1][0]
    assert tangent.tolist() == [10.0, 20.0, 20.0]


def test_searchsorted_batches_over_the_sorted_side() -> None:
    rows = mx.array([[1, 3, 5], [2, 4, 6]])
    assert mx.vmap(lambda r: mx.searchsorted(r, mx.array([3, 6])))(rows).tolist() == [[1, 3], [1, 2]]
    both = mx.vmap(lambda r, v: mx.searchsorted(r, v, "right"))(rows, mx.array([[5], [1]]))
    assert both.tolist() == [[3], [0]]


def test_the_gradient_of_an_integer_is_zero() -> None:
    x = mx.array([1.0, 2.0])
    assert mx.grad(lambda x: x.argmax())(x).tolist() == [0.0, 0.0]
    value, gradient = mx.value_and_grad(lambda x: (x > 1).sum())(x)
    assert value.item() == 1 and value.dtype == mx.int32
    assert gradient.tolist() == [0.0, 0.0]

"""Random numbers: bits, uniforms and what is computed from them equal MLX's for the same key, by MLX's fixture."""

import json
import pathlib

import lazulite.core as mx
import pytest
from cases import describe
from test_ops import same

FIXTURE = json.loads((pathlib.Path(__file__).parent / "fixtures" / "random.json").read_text())

# Drawn without a transcendental function: these agree bit for bit.
EXACT = ("uniform", "bernoulli", "randint", "key", "split", "permutation", "categorical")


@pytest.mark.parametrize("call", FIXTURE)
def test_as_mlx(call: str) -> None:
    found, expected = json.loads(json.dumps(describe(call, mx))), FIXTURE[call]
    if call.startswith(tuple(f"mx.random.{name}(" for name in EXACT)):
        assert found == expected
    else:
        assert same(found, expected), f"{found} where MLX gives {expected}"


def test_a_draw_takes_one_key_and_an_explicit_key_none() -> None:
    mx.random.seed(3)
    before = mx.random.state[0].tolist()
    mx.random.uniform(key=mx.random.key(0))
    assert mx.random.state[0].tolist() == before
    mx.random.normal((4,))
    kept, drawn = mx.random.split(mx.array(before, mx.uint32)).tolist()
    assert mx.random.state[0].tolist() == kept
    mx.random.seed(3)
    assert mx.array_equal(mx.random.normal((4,)), mx.random.normal((4,), key=mx.array(drawn, mx.uint32)))


def test_the_state_is_a_list_of_one_key() -> None:
    assert len(mx.random.state) == 1 and mx.random.state[0].shape == (2,)
    mx.random.seed(7)
    assert mx.random.state[0].tolist() == [0, 7]


def test_a_compiled_function_captures_the_state() -> None:
    def draw():
        return mx.random.uniform(shape=(2,))

    mx.random.seed(1)
    plain = [draw().tolist() for _ in range(3)]
    mx.random.seed(1)
    compiled = mx.compile(draw, inputs=mx.random.state, outputs=mx.random.state)
    assert [compiled().tolist() for _ in range(3)] == plain


def test_vmap_over_keys_draws_each_alone() -> None:
    keys = mx.random.split(mx.random.key(0), 3)
    rows = mx.vmap(lambda k: mx.random.uniform(shape=(4,), key=k))(keys)
    alone = mx.stack([mx.random.uniform(shape=(4,), key=k) for k in keys])
    assert mx.array_equal(rows, alone)

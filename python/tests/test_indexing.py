"""Indexing and assignment, against NumPy: chosen cases and random ones."""

import random

import lazulite.core as mx
import numpy as np
import pytest

SHAPES = [(), (1,), (5,), (3, 4), (1, 4), (2, 3, 4), (2, 1, 3, 2)]


def numbers(shape):
    return np.arange(np.prod(shape, dtype=int), dtype=np.int32).reshape(shape)


def pair(index):
    """The index for each library: lists of integers become their arrays."""

    def one(part, make):
        return make(part) if isinstance(part, list) else part

    if isinstance(index, tuple):
        return tuple(one(p, mx.array) for p in index), tuple(one(p, np.array) for p in index)
    return one(index, mx.array), one(index, np.array)


def random_slice(rng, n):
    end = [None, None, *range(-n - 2, n + 3)]
    return slice(rng.choice(end), rng.choice(end), rng.choice([None, None, 1, 2, 3, -1, -2]))


def random_index(rng, shape):
    """Numbers, slices, integer lists of one broadcast shape, new axes and one ellipsis."""
    common = rng.choice([(2,), (3,), (2, 3)])
    parts, axis, dots = [], 0, False
    for _ in range(rng.randint(0, len(shape))):
        if rng.random() < 0.12:
            parts.append(None)
        n = shape[axis]
        kind = rng.random()
        if kind < 0.3:
            parts.append(rng.randrange(-n, n))
        elif kind < 0.65:
            parts.append(random_slice(rng, n))
        else:
            dims = rng.choice([common, common[-1:], (1,) + common[-1:]])
            parts.append(np.array([rng.randrange(-n, n) for _ in range(int(np.prod(dims)))]).reshape(dims).tolist())
        axis += 1
    if not dots and rng.random() < 0.2:
        parts.append(...)
    return tuple(parts)


def cases(count):
    rng = random.Random(7)
    for i in range(count):
        shape = rng.choice(SHAPES)
        yield i, shape, random_index(rng, shape), rng


def test_random_indices_select_what_numpy_selects():
    for i, shape, index, _ in cases(800):
        x = numbers(shape)
        ours, theirs = pair(index)
        want = x[theirs]
        got = mx.array(x)[ours]
        assert got.shape == want.shape and got.tolist() == want.tolist(), (i, shape, index)


def test_random_assignments():
    for i, shape, index, rng in cases(800):
        x = numbers(shape)
        ours, theirs = pair(index)
        selected = x[theirs].shape
        dims = rng.choice([selected, selected[1:], (), tuple(1 for _ in selected)])
        value = np.array(rng.choices(range(100, 200), k=int(np.prod(dims, dtype=int))), dtype=np.int32).reshape(dims)
        y = mx.array(x)
        x[theirs] = value
        y[ours] = mx.array(value)
        assert y.tolist() == x.tolist(), (i, shape, index, dims)
        x[theirs] = 7
        y[ours] = 7
        assert y.tolist() == x.tolist(), (i, shape, index)


UPDATES = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
}


@pytest.mark.parametrize("name", UPDATES)
def test_random_updates_count_every_repeat(name):
    for i, shape, index, rng in cases(250):
        x = numbers(shape)
        ours, theirs = pair(index)
        selected = x[theirs].shape
        value = np.array(rng.choices(range(1, 9), k=int(np.prod(selected, dtype=int))), dtype=np.int32).reshape(
            selected
        )
        y = getattr(mx.array(x).at[ours], name)(mx.array(value))
        UPDATES[name].at(x, theirs, value)
        assert y.tolist() == x.tolist(), (i, shape, index)


def test_divide_at():
    x = mx.array([6.0, 2.0, 3.0])
    assert x.at[mx.array([0, 0])].divide(mx.array([2.0, 4.0])).tolist() == [0.75, 2.0, 3.0]
    assert x.at[1:].divide(2).tolist() == [6.0, 1.0, 1.5]
    assert mx.array([6, 2]).at[0].divide(4).tolist() == [0, 2]
    assert x.tolist() == [6.0, 2.0, 3.0]


def test_updates_keep_the_dtype():
    assert mx.array([6, 2]).at[0].add(1.7).tolist() == [7, 2]
    assert mx.array([1], mx.uint8).at[0].add(mx.array(300)).tolist() == [45]
    x = mx.array([1, 2, 3])
    x[0] = 9.7
    x[1:] = mx.array([1.5, 2.5])
    assert x.dtype == mx.int32 and x.tolist() == [9, 1, 2]
    x[...] = 4.5
    assert x.dtype == mx.int32 and x.tolist() == [4, 4, 4]


@pytest.mark.parametrize("dtype", [mx.uint8, mx.int8, mx.uint32, mx.int64], ids=str)
def test_index_dtypes(dtype):
    assert mx.array([10, 20, 30])[mx.array([2, 0], dtype)].tolist() == [30, 10]


def test_other_indices():
    x = mx.array([10, 20, 30])
    assert x[[0, -1]].tolist() == [10, 30]
    assert x[np.int64(1)].item() == 20 and x[np.int64(1) :].tolist() == [20, 30]
    assert x[mx.array(1)].item() == 20
    assert x[()].tolist() == x[...].tolist() == x.tolist()
    assert x[None].shape == (1, 3) and x[..., None].shape == (3, 1)


def test_every_alias_sees_an_assignment_and_no_other_array_does():
    x = mx.array([1, 2, 3])
    alias, view, copied = x, x[:2], +x
    x[0] = 9
    assert alias.tolist() == [9, 2, 3]
    assert view.tolist() == [1, 2] and copied.tolist() == [1, 2, 3]


def test_masks():
    x = mx.array([1.0, 2.0, 3.0])
    x[mx.array([True, False, True])] = 0
    assert x.tolist() == [0.0, 2.0, 0.0]
    x[x == 0] = mx.array([7, 8])
    assert x.tolist() == [7.0, 2.0, 8.0]
    x[[False, True, False]] = 5.5
    x[np.array([True, False, False])] = 1
    assert x.tolist() == [1.0, 5.5, 8.0]
    x[mx.array([False] * 3)] = mx.array([1.0, 2.0])
    assert x.tolist() == [1.0, 5.5, 8.0]
    x[True] = 2
    assert x.tolist() == [2.0, 2.0, 2.0]


def test_masks_of_leading_axes():
    def updated(mask, value):
        x = mx.array(np.zeros((2, 2, 2), dtype=np.int32))
        x[mx.array(mask)] = mx.array(value)
        return x.tolist()

    assert updated([[True, False], [True, True]], [[1, 2], [3, 4], [5, 6]]) == [[[1, 2], [0, 0]], [[3, 4], [5, 6]]]
    assert updated([[True, False], [True, True]], [1, 2]) == [[[1, 2], [0, 0]], [[1, 2], [1, 2]]]
    assert updated([[True, False], [True, True]], [[1], [2], [3]]) == [[[1, 1], [0, 0]], [[2, 2], [3, 3]]]
    assert updated([False, True], [[1, 2], [3, 4]]) == [[[0, 0], [0, 0]], [[1, 2], [3, 4]]]
    assert updated([False, True], [[[1], [3]]]) == [[[0, 0], [0, 0]], [[1, 1], [3, 3]]]


def test_random_masks():
    rng = np.random.default_rng(3)
    for n in (1, 7, 1000):
        mask = rng.random(n) < 0.4
        x, value = rng.random(n, dtype=np.float32), rng.random(n, dtype=np.float32)
        y = mx.array(x)
        y[mx.array(mask)] = mx.array(value)
        x[mask] = value[: mask.sum()]
        assert y.tolist() == x.tolist()

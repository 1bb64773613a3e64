"""The class array: construction, operators, values, printing, copies."""

import copy
import math
import weakref

import lazulite.core as mx
import pytest

INTEGERS = [mx.uint8, mx.uint16, mx.uint32, mx.uint64, mx.int8, mx.int16, mx.int32, mx.int64]
FLOATS = [mx.float16, mx.bfloat16, mx.float32, mx.float64]


def same(a, b, dtype=None):
    """Equal in shape and values, and of the dtype."""
    assert dtype is None or a.dtype == dtype
    assert a.tolist() == b


@pytest.mark.parametrize(
    "value, dtype, shape",
    [
        (1, mx.int32, ()),
        (2**31, mx.int64, ()),
        (-(2**31), mx.int32, ()),
        (1.5, mx.float32, ()),
        (True, mx.bool_, ()),
        (1j, mx.complex64, ()),
        ([1, 2], mx.int32, (2,)),
        ([1, 2.0], mx.float32, (2,)),
        ([True, 2], mx.int32, (2,)),
        ([1, 2**40], mx.int64, (2,)),
        ([1, 1j], mx.complex64, (2,)),
        ([], mx.float32, (0,)),
        ([[], []], mx.float32, (2, 0)),
        ((1, 2), mx.int32, (2,)),
        ([[1, 2], [3, 4]], mx.int32, (2, 2)),
        (((1, 2), (3, 4)), mx.int32, (2, 2)),
        ([(1, 2), [3.0, 4]], mx.float32, (2, 2)),
        (((), ()), mx.float32, (2, 0)),
    ],
)
def test_dtype_and_shape_of_python_values(value, dtype, shape):
    x = mx.array(value)
    assert (x.dtype, x.shape, x.ndim, x.size) == (dtype, shape, len(shape), math.prod(shape))
    assert x.itemsize == dtype.size and x.nbytes == x.size * dtype.size


def test_given_dtype_converts():
    same(mx.array([1.7, -1.7], mx.int32), [1, -1], mx.int32)
    same(mx.array(300, mx.uint8), 44, mx.uint8)
    same(mx.array([1j], mx.float32), [0.0], mx.float32)
    same(mx.array(1e300, mx.float64), 1e300, mx.float64)
    same(mx.array(mx.array([1, 2]), mx.float16), [1.0, 2.0], mx.float16)


def test_lists_of_arrays_stack():
    same(mx.array([mx.array([1, 2]), mx.array([3, 4])]), [[1, 2], [3, 4]], mx.int32)
    same(mx.array([mx.array([1, 2]), [3, 4]]), [[1, 2], [3, 4]], mx.int32)
    same(mx.array([mx.array(1, mx.uint8), 2.5]), [1.0, 2.5], mx.float32)
    same(mx.array([[mx.array(1), 2], [3, 4]]), [[1, 2], [3, 4]], mx.int32)


def test_a_stand_in_gives_its_array():
    class Table:
        def __mlx_array__(self):
            return mx.array([3.5])

    same(mx.array(Table()), [3.5])
    same(mx.array([1]) + Table(), [4.5], mx.float32)
    same(mx.array(mx.ArrayLike([1, 2])), [1, 2])


def test_numbers_give_way_to_the_array():
    assert (mx.array([1], mx.uint8) + 1).dtype == mx.uint8
    assert (mx.array([1], mx.uint8) + 1.0).dtype == mx.float32
    assert (mx.array([1.0], mx.bfloat16) * 2.0).dtype == mx.bfloat16
    assert (mx.array([True]) + 1).dtype == mx.int32
    assert (2j * mx.array([1.0], mx.float16)).dtype == mx.complex64
    assert (mx.array([1], mx.uint64) + mx.array([1], mx.int8)).dtype == mx.float32


def test_arithmetic_in_both_orders():
    x = mx.array([6, -7])
    same(x + 1, [7, -6])
    same(1 + x, [7, -6])
    same(x - 1, [5, -8])
    same(1 - x, [-5, 8])
    same(x * 2, [12, -14])
    same(2 * x, [12, -14])
    same(x / 2, [3.0, -3.5])
    same(12 / x, [2.0, pytest.approx(-12 / 7)])
    same(x // 4, [1, -2])
    same(20 // x, [3, -3])
    same(x % 4, [2, 1])
    same(20 % x, [2, -1])
    same(x**2, [36, 49])
    same(2 ** mx.array([3, 0]), [8, 1])
    same(-x, [-6, 7])
    same(+x, [6, -7])
    same(abs(x), [6, 7])
    same(~x, [-7, 6])
    same(x & 3, [2, 1])
    same(x | 8, [14, -7])
    same(x ^ 1, [7, -8])
    same(x << 1, [12, -14])
    same(x >> 1, [3, -4])


def test_comparison():
    x = mx.array([1, 2, 3])
    same(x < 2, [True, False, False], mx.bool_)
    same(x <= 2, [True, True, False])
    same(x > 2, [False, False, True])
    same(x >= 2, [False, True, True])
    same(x == 2, [False, True, False])
    same(x != 2, [True, False, True])
    same(2 < x, [False, False, True])
    assert (x == "a") is False and (x != [1]) is True
    assert 2 in x and 5 not in x


def test_matrix_product():
    a = mx.array([[1.0, 2.0], [3.0, 4.0]])
    same(a @ mx.array([1.0, 1.0]), [3.0, 7.0])
    a @= a
    same(a, [[7.0, 10.0], [15.0, 22.0]])


def test_in_place_operators_rebind_every_name():
    x = mx.array([1, 2])
    alias, was = x, +x
    x += 1.5
    assert alias is x
    same(alias, [2.5, 3.5], mx.float32)
    same(was, [1, 2], mx.int32)
    for op, want in [("-=", 1), ("*=", 6), ("//=", 1), ("%=", 1), ("**=", 9)]:
        scope = {"y": mx.array(3)}
        exec(f"y {op} 2", scope)
        assert scope["y"].item() == want, op
    for op, want in [("&=", 2), ("|=", 7), ("^=", 5), ("<<=", 12 * 4), (">>=", 0)]:
        scope = {"y": mx.array(6)}
        exec(f"y {op} 3", scope)
        assert scope["y"].item() == want, op
    y = mx.array([1.0])
    y /= 4
    same(y, [0.25])


def test_nothing_computes_before_a_read():
    x = mx.array([1.0]) * 2
    y = x + mx.array([1.0])
    mx.eval(y, [x, {"a": y, "b": (x, 3, None)}])
    same(y, [3.0])
    mx.async_eval(x * y)


def test_values_of_one_element():
    assert mx.array(1.5).item() == 1.5 and isinstance(mx.array(1.5).item(), float)
    assert mx.array([True]).item() is True
    assert mx.array([[2**40]]).item() == 2**40
    assert mx.array(1j).item() == 1j
    assert int(mx.array(2.7)) == 2 and float(mx.array([2])) == 2.0 and complex(mx.array(1j)) == 1j
    assert bool(mx.array([1])) and not bool(mx.array(0.0)) and bool(mx.array(1j))
    assert [10, 20][mx.array(1)] == 20 and list(range(mx.array(2))) == [0, 1]


@pytest.mark.parametrize("dtype", [mx.bool_, *INTEGERS, *FLOATS, mx.complex64], ids=str)
def test_every_dtype_round_trips_through_lists(dtype):
    x = mx.array([[0, 1], [1, 0]], dtype)
    assert mx.array(x.tolist(), dtype).tolist() == x.tolist()
    assert x.T.tolist() == [list(r) for r in zip(*x.tolist(), strict=True)]


def test_shapes():
    x = mx.array([[1, 2, 3], [4, 5, 6]])
    assert x.T.shape == (3, 2) and x.mT.shape == (3, 2)
    assert x.reshape(3, 2).shape == x.reshape((3, -1)).shape == x.reshape([3, 2]).shape == (3, 2)
    assert x.reshape(-1).tolist() == [1, 2, 3, 4, 5, 6]
    assert x.transpose().shape == x.transpose(1, 0).shape == x.transpose([1, 0]).shape == (3, 2)
    assert len(x) == 2
    assert mx.array([1 + 2j]).real.item() == 1.0 and mx.array([1 + 2j]).imag.item() == 2.0
    assert x.astype(mx.float16).dtype == mx.float16


def test_printing():
    assert repr(mx.array([1, 2.5])) == "array([1, 2.5], dtype=float32)"
    assert str(mx.array([[True, False]])) == "array([[True, False]], dtype=bool)"
    assert repr(mx.array([[1, 2], [3, 4]])) == "array([[1, 2],\n       [3, 4]], dtype=int32)"
    assert repr(mx.array(list(range(10)))) == "array([0, 1, 2, ..., 7, 8, 9], dtype=int32)"
    assert repr(mx.array(1e-5)) == "array(1e-05, dtype=float32)"
    assert repr(mx.array(complex(1, -2))) == "array(1-2j, dtype=complex64)"
    assert repr(mx.array(math.nan)) == "array(nan, dtype=float32)"
    with mx.printoptions(precision=2):
        assert repr(mx.array([1 / 3, 1000.0])) == "array([0.33, 1000.00], dtype=float32)"
        assert mx.get_printoptions().precision == 2
    assert mx.get_printoptions().precision == -1
    assert f"{mx.array(1.5)}" == "1.5" and f"{mx.array(1.5):.3f}" == "1.500"
    assert f"{mx.array([1])}" == "array([1], dtype=int32)"


def test_printing_reads_no_more_than_it_shows():
    x = mx.array(list(range(20)))
    assert repr(x[::-1]) == "array([19, 18, 17, ..., 2, 1, 0], dtype=int32)"
    assert repr(mx.array([[1], [2]])[:, None]) == "array([[[1]],\n       [[2]]], dtype=int32)"


def test_iteration():
    assert [x.item() for x in mx.array([1, 2])] == [1, 2]
    assert [x.tolist() for x in reversed(mx.array([[1], [2]]))] == [[2], [1]]
    it = iter(mx.array([1]))
    assert next(it).item() == 1
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(it)
    a, b = mx.array([1, 2])
    assert (a + b).item() == 3


def test_hash_and_references():
    x = mx.array(1)
    assert hash(x) == hash(x) and {x: 1}[x] == 1
    assert weakref.ref(x)() is x

    class Sub(mx.array):
        pass

    assert isinstance(Sub([1]), mx.array)


def test_copies_are_apart():
    x = mx.array([1, 2])
    for y in (copy.copy(x), copy.deepcopy(x), mx.array(x), copy.deepcopy([x])[0]):
        y[0] = 9
        y += 1
        assert x.tolist() == [1, 2] and y.tolist() == [10, 3]


def test_dtypes():
    assert mx.float32 == mx.float32 and mx.float32 != mx.float16 and mx.float32 != 3
    assert mx.float32.size == 4 and str(mx.bfloat16).endswith(".bfloat16")
    assert mx.issubdtype(mx.bfloat16, mx.inexact) and not mx.issubdtype(mx.bool_, mx.number)
    assert mx.issubdtype(mx.floating, mx.inexact) and not mx.issubdtype(mx.floating, mx.float32)
    assert mx.isdtype(mx.int8, ("real floating", "integral")) and not mx.isdtype(mx.int8, "unsigned integer")
    assert mx.can_cast(mx.int64, mx.float32) and not mx.can_cast(mx.float32, mx.int32)
    assert mx.result_type(mx.uint8, mx.int8, mx.array(1.0)) == mx.float32
    assert mx.finfo(mx.float16).max == 65504.0 and mx.finfo(mx.bfloat16).eps == 0.0078125
    assert repr(mx.finfo(mx.float32)) == "finfo(min=-3.40282e+38, max=3.40282e+38, dtype=float32)"
    assert (mx.iinfo(mx.int8).min, mx.iinfo(mx.uint64).max) == (-128, 2**64 - 1)


def test_devices_and_streams():
    assert mx.default_device() == mx.cpu == mx.Device(mx.cpu, 0) != mx.gpu
    assert mx.device_count(mx.cpu) == 1 and mx.is_available(mx.cpu) and not mx.is_available(mx.Device(mx.cpu, 7))
    assert set(mx.device_info(mx.cpu)) == {"architecture", "device_name"}
    assert set(mx.device_info()) >= {"architecture", "device_name"}
    former = mx.default_stream(mx.cpu)
    s = mx.new_stream(mx.cpu)
    assert s.device == mx.cpu and s != former
    with mx.stream(s):
        assert mx.default_stream(mx.cpu) == s
        with mx.stream(mx.cpu):
            assert mx.default_stream(mx.cpu) == former
        y = mx.array([1.0]) + 1
    assert mx.default_stream(mx.cpu) == former
    assert y.item() == 2.0
    mx.set_default_stream(s)
    assert mx.default_stream(mx.cpu) == s
    mx.clear_streams()
    assert mx.default_stream(mx.cpu) == former
    t = mx.new_thread_local_stream(mx.cpu)
    with mx.stream(t):
        assert mx.default_stream(mx.cpu) not in (s, former)
    mx.synchronize(t)
    mx.synchronize()


def test_memory():
    mx.clear_cache()
    zeros = mx.array([0.0] * 1024)
    x = zeros + 1
    before = mx.get_active_memory()
    mx.eval(x)
    assert mx.get_active_memory() >= before + 4096
    assert mx.get_peak_memory() >= mx.get_active_memory()
    assert mx.get_array_buffer_size(x, [x]) == 8192
    former = mx.set_cache_limit(0)
    del x
    assert mx.get_cache_memory() == 0
    mx.set_cache_limit(former)
    limit = mx.set_memory_limit(1 << 40)
    assert mx.get_memory_limit() == 1 << 40
    mx.set_memory_limit(limit)
    assert mx.metal.is_available() is False and mx.metal.device_info() == {}
    assert isinstance(mx.cuda.is_available(), bool)

"""Arrays to and from NumPy, buffers, DLPack, pickles; many threads."""

import array
import copy
import gc
import pickle
import subprocess
import sys
import threading

import lazulite.core as mx
import numpy as np
import pytest

DTYPES = {
    "bool": mx.bool_,
    "uint8": mx.uint8,
    "uint16": mx.uint16,
    "uint32": mx.uint32,
    "uint64": mx.uint64,
    "int8": mx.int8,
    "int16": mx.int16,
    "int32": mx.int32,
    "int64": mx.int64,
    "float16": mx.float16,
    "float32": mx.float32,
    "complex64": mx.complex64,
}


@pytest.mark.parametrize("name", DTYPES)
def test_numpy_there_and_back(name):
    x = np.array([[0, 1, 2], [3, 4, 5]]).astype(name)
    for y in (x, x.T, x[::-1, ::2], np.asfortranarray(x), x[:0], x[0, 0]):
        a = mx.array(y)
        assert a.dtype == DTYPES[name] and a.shape == y.shape
        back = np.array(a)
        assert back.dtype == y.dtype and np.array_equal(back, y)
        assert np.array_equal(np.asarray(a), y)
        assert np.array_equal(np.from_dlpack(a), y)
        assert np.array_equal(np.array(mx.from_dlpack(np.array(y))), y)


def test_wide_numbers_become_narrower_unless_asked():
    assert mx.array(np.array([1.5])).dtype == mx.float32
    assert mx.array(np.array([1 + 2j])).tolist() == [1 + 2j]
    assert mx.array(np.array([1 + 2j])).dtype == mx.complex64
    third = np.array([1 / 3])
    assert mx.array(third, mx.float64).tolist() == third.tolist()
    assert mx.array(np.array([1.9, -1.9]), mx.int32).tolist() == [1, -1]


def test_numpy_scalars():
    assert mx.array(np.float64(1.5)).dtype == mx.float32
    assert mx.array(np.float16(1.5)).dtype == mx.float16
    assert mx.array(np.int64(3)).dtype == mx.int64
    assert mx.array(np.bool_(True)).dtype == mx.bool_
    assert (mx.array([1.0], mx.float16) + np.float32(1.5)).dtype == mx.float16
    assert (mx.array([1], mx.int32) + np.array([1.5])).tolist() == [2]
    assert isinstance(np.array([3]) + mx.array([1]), np.ndarray)


def test_elements_without_a_dtype_are_refused():
    for x in (np.array(["a"]), np.array([1], dtype=object), np.array([1], dtype=">i4")):
        with pytest.raises(RuntimeError, match="format|type"):
            mx.array(x)


def test_other_exporters():
    assert mx.array(b"abc").tolist() == mx.array(bytearray(b"abc")).tolist() == [97, 98, 99]
    assert mx.array(memoryview(b"abc")[::2]).tolist() == [97, 99]
    assert mx.array(array.array("h", [1, -2])).dtype == mx.int16
    assert mx.array(array.array("d", [1.5])).tolist() == [1.5]


def test_constructors_copy():
    x = np.array([1.0, 2.0], dtype=np.float32)
    for make in (mx.array, mx.asarray, mx.from_dlpack):
        y = make(x)
        x[0] += 1
        assert y[0].item() == x[0] - 1


def test_asked_for_no_copy():
    x = np.arange(6, dtype=np.float32)
    for make in (mx.asarray, mx.from_dlpack):
        y = make(x, copy=False)
        assert np.shares_memory(np.asarray(y), x)
        assert (y + 1).tolist() == (x + 1).tolist()
    kept = mx.asarray(np.arange(3, dtype=np.int64), copy=False)
    gc.collect()
    assert kept.tolist() == [0, 1, 2]
    for bad in ([1, 2], 3, x[::2], np.array([True])):
        with pytest.raises(ValueError, match="copy"):
            mx.asarray(bad, copy=False)
    with pytest.raises(ValueError, match="float32"):
        mx.asarray(x, mx.int32, copy=False)


def test_borrowed_memory_is_never_written():
    x = np.zeros(1024, dtype=np.float32)
    y = mx.asarray(x, copy=False)
    y = y + 1
    y += 1
    mx.eval(y)
    assert not x.any() and y[0].item() == 2.0


def test_views_share_memory_both_ways():
    x = mx.array([1, 2, 3])
    view = np.asarray(x)
    view[0] = 9
    assert x.tolist() == [9, 2, 3] and np.asarray(x)[0] == 9
    x += 1
    assert view.tolist() == [9, 2, 3]
    assert np.array(x, copy=True).flags.writeable


def test_writing_to_a_view_changes_no_other_array():
    a = mx.array([1.0, 2.0])
    c, d = a + 1, a + 1
    part = c[:1]
    mx.eval(c, d, part)
    np.asarray(c)[0] = 50
    assert (
        c.tolist() == [50.0, 3.0] and d.tolist() == [2.0, 3.0] and part.tolist() == [2.0] and a.tolist() == [1.0, 2.0]
    )
    e = copy.copy(c)
    np.asarray(e)[0] = 60
    assert e.tolist() == [60.0, 3.0] and c.tolist() == [50.0, 3.0]


def test_shared_memory_is_never_reused():
    x = mx.array([1.0] * 4096)
    y = x + 1
    view = np.asarray(y)
    y = y * 2 + 1
    mx.eval(y)
    del x, y
    mx.eval([mx.array([0.0] * 4096) + i for i in range(8)])
    assert (view == 2).all()


def test_memoryviews():
    x = mx.array([[1, 2], [3, 4]])
    t = x.T
    mx.eval(t)
    m = memoryview(x)
    assert (m.shape, m.strides, m.format, m.itemsize, m.readonly) == ((2, 2), (8, 4), "i", 4, False)
    x = np.asfortranarray(x)
    m = memoryview(mx.asarray(x.T, copy=False).T)
    assert (m.shape, m.strides, m.format, m.itemsize, m.readonly) == ((2, 2), (4, 8), "i", 4, False)
    assert m.tolist() == x.tolist()
    assert memoryview(mx.array(1.0)).shape == () and memoryview(mx.array([])).shape == (0,)
    assert bytes(t) == bytes([1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0])
    kept = memoryview(mx.array([5]))
    gc.collect()
    assert kept[0] == 5


def test_array_method():
    x = mx.array([1, 2])
    assert x.__array__().dtype == np.int32 and x.__array__(np.float64).dtype == np.float64
    assert not np.shares_memory(x.__array__(copy=True), np.asarray(x))
    with pytest.raises(TypeError, match="bfloat16"):
        mx.array([1.0], mx.bfloat16).__array__()
    assert x.__array_namespace__() is mx


def test_dlpack():
    x = mx.array([[1.0, 2.0], [3.0, 4.0]])
    assert x.__dlpack_device__() == (1, 0)
    for y in (x, x.T, x[::-1], x[:, 1:]):
        assert np.from_dlpack(y).tolist() == y.tolist()
        assert mx.from_dlpack(y).tolist() == y.tolist()
    assert mx.from_dlpack(mx.array([1.5], mx.bfloat16)).dtype == mx.bfloat16
    assert 'dltensor_versioned"' in repr(x.__dlpack__(max_version=(1, 0))) and 'dltensor"' in repr(x.__dlpack__())
    with pytest.raises(BufferError, match="kind 2"):
        x.__dlpack__(dl_device=(2, 0))
    with pytest.raises(BufferError, match="backwards"):
        x[::-1].__dlpack__(copy=False)
    for _ in range(100):
        x.__dlpack__()
    shared = np.from_dlpack(x)
    del x
    gc.collect()
    assert shared.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_pytorch():
    torch = pytest.importorskip("torch")
    t = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    for source in (t, t.T, t[:, ::2], t.to(torch.bfloat16), t.to(torch.int64), t > 2, t.to(torch.complex64)):
        assert mx.array(source).tolist() == source.tolist()
        back = torch.from_dlpack(mx.array(source))
        assert back.dtype == source.dtype and back.tolist() == source.tolist()
    shared = mx.from_dlpack(t, copy=False)
    assert np.shares_memory(np.asarray(shared), t.numpy())


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(protocol):
    for x in (
        mx.array([[1, 2], [3, 4]]).T,
        mx.array([1.5], mx.bfloat16),
        mx.array([]),
        mx.array(True),
        mx.array([1j]),
    ):
        y = pickle.loads(pickle.dumps(x, protocol))
        assert y.dtype == x.dtype and y.shape == x.shape and y.tolist() == x.tolist()
    assert pickle.loads(pickle.dumps(mx.bool_, protocol)) is mx.bool_
    x = mx.array([1, 2])
    x.__setstate__(mx.array([3.5]).__getstate__())
    assert x.tolist() == [3.5]


def test_threads_share_arrays():
    x = mx.array(np.arange(1000, dtype=np.float32))
    errors = []

    def work(seed):
        try:
            for i in range(100):
                y = (x * seed + i)[::2]
                assert y[1].item() == 2.0 * seed + i
                assert np.asarray(y).shape == (500,)
        except BaseException as e:
            errors.append(e)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not errors


def test_import_is_light():
    code = "import lazulite.core, sys; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_forked_child_computes():
    code = """
import os, lazulite.core as mx
mx.set_default_device(mx.cpu)  # no process can use a GPU that another had before the fork
x = mx.array([1.0] * 100000)
mx.eval(x + 1)
pid = os.fork()
if pid == 0:
    os._exit(0 if (x * 2)[5].item() == 2.0 else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_arrays_stand_for_shapes_and_axes() -> None:
    shape, axes = np.array([3, 2]), np.array([1, 0])
    assert (
        mx.zeros(shape).shape == mx.ones((2, 3)).reshape(shape).shape == mx.ones((2, 3)).transpose(axes).shape == (3, 2)
    )
    assert mx.sum(mx.ones((2, 3)), axis=axes).item() == 6
    assert mx.zeros(mx.array([2, 0])).shape == mx.random.normal(np.array([2, 0], np.uint8)).shape == (2, 0)
    assert mx.zeros(np.array(3)).shape == mx.zeros(mx.array(3)).shape == (3,)
    for wrong in (np.array([2.0]), np.ones((2, 2)), mx.array([2.5]), {2: 1}):
        with pytest.raises(TypeError):
            mx.zeros(wrong)

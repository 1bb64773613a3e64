"""What is refused, and with which exception."""

import lazulite.core as mx
import pytest

A = mx.array

CASES = [
    (ValueError, "Invalid type str", lambda: A("a")),
    (ValueError, "Invalid type set", lambda: A({1, 2})),
    (ValueError, "non-uniform length", lambda: A([[1, 2], [3]])),
    (ValueError, "non-uniform length", lambda: A([[1], 2])),
    (ValueError, "extra dimension", lambda: A([1, [2]])),
    (ValueError, "extra dimension", lambda: A((1, (2,)))),
    (ValueError, "non-uniform length", lambda: A(((1, 2), (3,)))),
    (RuntimeError, "64 bits", lambda: A(2**63)),
    (TypeError, None, lambda: A(None)),
    (TypeError, None, lambda: A()),
    (TypeError, "Dtype", lambda: A(1, float)),
    (TypeError, None, lambda: A([1]) + None),
    (TypeError, None, lambda: A([1]) == None),  # noqa: E711
    (ValueError, "addition", lambda: A([1]) + "a"),
    (ValueError, "addition", lambda: [1] + A([1])),
    (ValueError, "less than", lambda: A([1]) < "a"),
    (ValueError, "uint8", lambda: A([1], mx.uint8) + 300),
    (ValueError, "broadcast", lambda: A([1, 2]) + A([1, 2, 3])),
    (ValueError, "broadcast", lambda: A([1, 2]) == A([1, 2, 3])),
    (ValueError, "left shift", lambda: A([1.0]) << 2),
    (ValueError, "bitwise and", lambda: A([1]) & 2.0),
    (ValueError, "bitwise inversion", lambda: ~A([1.0])),
    (TypeError, None, lambda: A([1.0]) @ 2),
    (TypeError, None, lambda: 1 << A([2])),
    (TypeError, None, lambda: divmod(A([7]), 2)),
    (TypeError, None, lambda: pow(A([2]), 2, 3)),
    (ValueError, "matmul", lambda: A([1, 2]) @ A([1, 2])),
    (ValueError, "length-1", lambda: A([1, 2]).item()),
    (ValueError, "length-1", lambda: bool(A([1, 2]))),
    (ValueError, "length-1", lambda: int(A([]))),
    (TypeError, "complex", lambda: float(A(1j))),
    (ValueError, "NaN", lambda: int(A(float("nan")))),
    (OverflowError, "infinity", lambda: int(A(float("inf")))),
    (TypeError, "0-dimensional", lambda: [1, 2][A([1])]),
    (TypeError, "0-dimensional", lambda: len(A(1))),
    (TypeError, "0-dimensional", lambda: iter(A(1))),
    (TypeError, "format", lambda: f"{A([1]):d}"),
    (IndexError, "out of bounds", lambda: A([1])[1]),
    (IndexError, "out of bounds", lambda: A([1])[-2]),
    (ValueError, "too many", lambda: A([1])[0, 0]),
    (ValueError, "too many", lambda: A(1)[0]),
    (ValueError, "Ellipsis", lambda: A([1])[..., ...]),
    (ValueError, "step 0", lambda: A([1])[::0]),
    (ValueError, "index an array with float", lambda: A([1])[1.0]),
    (ValueError, "index an array with bool", lambda: A([1])[True]),
    (ValueError, "index an array with str", lambda: A([1])["a"]),
    (ValueError, "integers or None", lambda: A([1])[A(0) :]),
    (ValueError, "mask", lambda: A([1])[A([True])]),
    (ValueError, "integers", lambda: A([1])[A([0.0])]),
    (ValueError, "Must give indices", lambda: A([1]).at.add(1)),
    (ValueError, "Invalid type list", lambda: A([1]).at[0].add([1])),
    (ValueError, "2 dimensions", lambda: A([1]).mT),
    (ValueError, "reshape", lambda: A([1, 2]).reshape(3)),
    (IndexError, "axis", lambda: A([[1]]).transpose(0, 5)),
    (TypeError, "Dtype", lambda: A([1]).astype("float32")),
    (AttributeError, None, lambda: A([1]).nothing),
    (ValueError, None, lambda: A([1]).__array_namespace__(api_version="2022.12")),
    (ValueError, "finfo", lambda: mx.finfo(mx.int32)),
    (ValueError, "iinfo", lambda: mx.iinfo(mx.bool_)),
    (ValueError, "issubdtype", lambda: mx.issubdtype(3, mx.inexact)),
    (ValueError, "isdtype", lambda: mx.isdtype(mx.int8, "foo")),
    (ValueError, "result_type", lambda: mx.result_type()),
    (ValueError, "cpu", lambda: mx.new_stream(mx.Device(mx.cpu, 9))),
    (TypeError, None, lambda: mx.stream(3)),
    (TypeError, None, lambda: mx.set_cache_limit(-1)),
    (TypeError, None, lambda: mx.eval(x=A(1))),
]


@pytest.mark.parametrize("kind, text, call", CASES, ids=[str(i) for i in range(len(CASES))])
def test_refused(kind, text, call):
    with pytest.raises(kind, match=text) as caught:
        call()
    assert caught.type is kind


def test_refused_assignments_change_nothing():
    x = A([1, 2, 3])
    for index, value, kind in [
        (5, 0, IndexError),
        ("a", 0, ValueError),
        (0, "a", ValueError),
        (0, None, TypeError),
        (slice(1, None), A([1, 2, 3]), ValueError),
        (A([True, False]), 0, ValueError),
        (A([True, True, True]), A([1, 2]), ValueError),
        ((A([True, False, True]), None), 0, ValueError),
    ]:
        with pytest.raises(kind):
            x[index] = value
        assert x.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="floating"):
        x /= 2
    assert x.tolist() == [1, 2, 3]


@pytest.mark.skipif(mx.is_available(mx.gpu), reason="there is a GPU")
def test_a_missing_device_is_refused():
    for call in (mx.set_default_device, mx.new_stream, mx.default_stream, mx.synchronize):
        with pytest.raises(ValueError, match="gpu"):
            call(mx.gpu)


def test_out_of_memory_leaves_the_array_pending():
    zeros = A([0.0] * 1024)
    x = zeros + 1
    former = mx.set_memory_limit(mx.get_active_memory())
    mx.clear_cache()
    try:
        with pytest.raises(MemoryError, match="out of memory"):
            mx.eval(x)
    finally:
        mx.set_memory_limit(former)
    assert x[0].item() == 1.0


@pytest.mark.parametrize(
    "call",
    [
        "mx.broadcast_to(mx.ones((1, 1)), (2**40, 2**40))",
        "mx.broadcast_to(mx.ones((1, 1)), (2**33, 1)) * mx.broadcast_to(mx.ones((1, 1)), (1, 2**33))",
        "mx.outer(mx.broadcast_to(mx.ones(1), (2**33,)), mx.broadcast_to(mx.ones(1), (2**33,)))",
        "mx.concatenate([mx.broadcast_to(mx.ones(1), (2**60,))] * 17)",
        "mx.repeat(mx.ones((2,)), 2**62)",
        "mx.tile(mx.ones((2,)), (2**40, 2**62))",
        "mx.pad(mx.ones((2, 2)), ((0, 2**40), (0, 2**40)))",
        "mx.eye(2**33)",
        "mx.tri(2**33)",
        "mx.linspace(0, 1, 2**62)",
        "mx.zeros((2**40, 2**40))",
    ],
)
def test_arrays_beyond_the_address_space_are_refused(call):
    with pytest.raises(MemoryError, match="exceeds the address space"):
        eval(call, {"mx": mx})

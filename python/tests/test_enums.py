"""Device kinds and dtype kinds are members of Python enums; kernels of a user's own need a device that isn't there."""

import copy
import enum
import pickle

import lazulite.core as mx
import pytest


def test_they_are_enums() -> None:
    for kind, members in (
        (mx.DeviceType, ["cpu", "gpu"]),
        (
            mx.DtypeCategory,
            "complexfloating floating inexact signedinteger unsignedinteger integer number generic".split(),
        ),
    ):
        assert issubclass(kind, enum.Enum) and [m.name for m in kind] == members
        for i, name in enumerate(members):
            member = getattr(mx, name)
            assert member is kind[name] is kind(i) and member.value == i
            assert repr(member) == str(member) == f"{kind.__name__}.{name}"
            assert pickle.loads(pickle.dumps(member)) is copy.deepcopy(member) is member
    assert mx.cpu == mx.Device(mx.cpu) and mx.Device(mx.cpu) == mx.cpu and mx.Device(mx.cpu).type is mx.cpu
    assert mx.cpu != mx.gpu and mx.cpu != 0
    assert mx.issubdtype(mx.float16, mx.floating) and not mx.issubdtype(mx.int8, mx.floating)
    with mx.stream(mx.cpu):
        assert (mx.ones(2) + 1).tolist() == [2.0, 2.0]
    for wrong in (lambda: mx.DeviceType("cpu"), lambda: mx.DeviceType(2)):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(TypeError):
        mx.Device("cpu")


def test_kernels_of_a_users_own() -> None:
    kernel = mx.fast.metal_kernel("twice", ["a"], ["b"], "b[0] = a[0];")
    x = mx.ones(2)
    call = {"grid": (1, 1, 1), "threadgroup": (1, 1, 1), "output_shapes": [(2,)], "output_dtypes": [mx.float32]}
    with pytest.raises(RuntimeError, match="No Metal"):
        kernel(inputs=[x], **call)
    with pytest.raises(ValueError):
        mx.fast.metal_kernel("none", [], [], "")
    with pytest.raises(RuntimeError, match="No CUDA"):
        mx.fast.cuda_kernel("twice", ["a"], ["b"], "")
    with pytest.raises(RuntimeError, match="No CUDA"):
        mx.fast.precompiled_cuda_kernel(name="twice", compiled_source=b"", inputs=[x], scalars=[], **call)

"""Groups of one process: every collective is the array itself, there is nobody to send to."""

import lazulite.core as mx
import pytest

COLLECTIVES = [getattr(mx.distributed, f) for f in ("all_sum", "all_max", "all_min", "all_gather", "sum_scatter")]


def test_the_group() -> None:
    group = mx.distributed.init()
    assert (group.rank(), group.size()) == (0, 1)
    assert not mx.distributed.is_available() and not mx.distributed.is_available("ring")
    for backend in ("any", "mpi", "ring", "nccl", "jaccl"):
        assert mx.distributed.init(backend=backend).size() == 1
        with pytest.raises(RuntimeError):
            mx.distributed.init(True, backend)
    for call, error in (
        (lambda: group.split(0), RuntimeError),
        (lambda: group.split(color=0, key=1), RuntimeError),
        (lambda: mx.distributed.init(backend="other"), ValueError),
        (lambda: mx.distributed.init(all_gather_factory=lambda r, s: None), ValueError),
        (lambda: mx.distributed.Group(), TypeError),
    ):
        with pytest.raises(error):
            call()


@pytest.mark.parametrize("collective", COLLECTIVES)
def test_collectives_and_their_rules(collective) -> None:
    group, x = mx.distributed.init(), mx.array([1.0, 2.0])
    for a in (x, mx.array(1.0), mx.ones((0, 2)), mx.array([True]), mx.array([1j]), mx.array([1], mx.bfloat16)):
        for y in (collective(a), collective(a, group=group), collective(a, group=group, stream=mx.cpu)):
            assert mx.array_equal(y, a) and y.dtype == a.dtype
    assert collective(2.0).item() == 2.0
    assert mx.grad(lambda a: (collective(a) ** 2).sum())(x).tolist() == [2.0, 4.0]
    assert mx.jvp(collective, [x], [x])[1][0].tolist() == [1.0, 2.0]
    assert mx.vmap(collective)(mx.ones((2, 3))).shape == (2, 3)
    assert mx.compile(lambda a: collective(a, group=group))(x).tolist() == [1.0, 2.0]
    with pytest.raises(TypeError):
        collective(x, group)


def test_nobody_to_talk_to() -> None:
    x = mx.array([1.0])
    for call in (
        lambda: mx.distributed.send(x, 0),
        lambda: mx.distributed.recv((1,), mx.float32, 0),
        lambda: mx.distributed.recv_like(x, 1, group=mx.distributed.init()),
    ):
        with pytest.raises(ValueError, match="singleton"):
            call()

"""What a program keeps and does not read holds no more than itself: losses of a loop, and one of several outputs."""

import gc

import lazulite.core as mx
import lazulite.nn as nn
import lazulite.optimizers as optim
import pytest

STEPS = 300
SMALL = 128 << 10  # bytes for 150 losses, and what else a loop may hold


def active() -> int:
    """Bytes of arrays, without what the collector would free."""
    gc.collect()
    return mx.get_active_memory()


def train(every: int, read: bool, keep: bool = True) -> tuple[list[mx.array], dict, int, int]:
    """Losses, parameters, growth of the second half of a loop, and its peak above what was there before.

    `every` so many steps the state is evaluated, with the loss if `read`.
    """
    before = active()
    mx.random.seed(0)
    model, optimizer = (
        nn.Sequential(nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, 128)),
        optim.Adam(learning_rate=1e-3),
    )
    x = mx.random.normal((32, 128))
    y = mx.sin(x * 3)
    loss_and_grad = nn.value_and_grad(model, lambda m, x, y: nn.losses.mse_loss(m(x), y))
    state = [model.state, optimizer.state]

    def plain(x, y):
        loss, grads = loss_and_grad(model, x, y)
        optimizer.update(model, grads)
        return loss

    step = mx.compile(plain, inputs=state, outputs=state)
    mx.eval(x, y, state)
    losses, middle = [], 0
    for i in range(1, STEPS + 1):
        loss = step(x, y)
        if i % every == 0:
            mx.eval(state, loss) if read else mx.eval(state)
        if keep:
            losses.append(loss)
        del loss
        if i == STEPS // 2:
            middle = active()
            mx.reset_peak_memory()
    grown, peak = active() - middle, mx.get_peak_memory() - before
    return losses, model.parameters(), grown, peak


@pytest.fixture(scope="module")
def expected() -> tuple[list[float], list, int]:
    losses, parameters, _, _ = train(1, read=True)
    _, _, _, peak = train(1, read=False, keep=False)
    return [loss.item() for loss in losses], parameters["layers"][0]["weight"].tolist(), peak


@pytest.mark.parametrize("every", [1, 10])
def test_losses_that_are_never_read_hold_no_step(every, expected):
    values, weight, _ = expected
    losses, parameters, grown, _ = train(every, read=False)
    assert grown < SMALL
    assert parameters["layers"][0]["weight"].tolist() == weight
    assert [loss.item() for loss in losses] == values
    assert values[-1] < 0.5 * values[0]


def test_a_pending_loss_does_not_keep_the_next_step_from_writing_in_place(expected):
    *_, peak = expected
    *_, with_losses = train(1, read=False)
    assert with_losses <= peak + 2 * SMALL


def test_losses_dropped_unread_leave_nothing():
    before = active()
    losses, _, grown, _ = train(1, read=False)
    assert grown < SMALL
    del losses, _
    assert active() <= before + SMALL


def test_a_compiled_loss_does_not_keep_the_parameters_of_its_gradient():
    x = mx.sin(mx.arange(128 * 128).reshape(128, 128) * 0.1)
    step = mx.value_and_grad(mx.compile(lambda w: mx.square(x @ w - x).mean()))

    def run(read: bool) -> tuple[list[float], int]:
        w, losses, middle = mx.zeros((128, 128)), [], 0
        for i in range(60):
            loss, g = step(w)
            w = w - 0.1 * g
            mx.eval(w, loss) if read else mx.eval(w)
            losses.append(loss)
            del loss, g
            if i == 30:
                middle = active()
        grown = active() - middle
        return [loss.item() for loss in losses], grown

    values, grown = run(read=False)
    assert grown < x.nbytes
    assert values == run(read=True)[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda x: mx.compile(lambda x: (x.sum(), x + 1, x * 2))(x),
        lambda x: mx.linalg.svd(x),
        lambda x: mx.linalg.qr(x),
        lambda x: mx.quantize(x),
    ],
    ids=["compile", "svd", "qr", "quantize"],
)
def test_one_of_several_outputs_holds_only_its_own(make):
    x = mx.random.normal((256, 256))
    # What runs on another device than x leaves a copy of x there.
    mx.eval(make(x))
    before = active()
    first, *rest = make(x)
    mx.eval(rest[0])
    assert active() <= before + first.nbytes + sum(r.nbytes for r in rest) + 4096
    del rest
    assert active() <= before + first.nbytes + 4096
    assert mx.isfinite(first.astype(mx.float32)).all().item()

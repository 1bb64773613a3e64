"""Ctrl-C during a long evaluation: KeyboardInterrupt at once, and the work is done all the same."""

import os
import signal
import threading
import time

import lazulite.core as mx
import pytest


@pytest.mark.parametrize("read", [mx.eval, lambda a: a.tolist(), lambda a: a.item()])
def test_a_long_evaluation_can_be_interrupted(read) -> None:
    def work():
        x = mean = mx.full((1024, 1024), 1 / 1024)
        for _ in range(120):
            x = x @ mean
        return x.sum()

    start = time.perf_counter()
    mx.eval(work())
    whole = time.perf_counter() - start
    y = work()
    timer = threading.Timer(whole / 8, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        read(y)
    assert time.perf_counter() - start < 0.7 * whole + 0.2
    timer.join()
    assert y.item() == pytest.approx(1024, rel=1e-3)

"""Threads, fork, interruption and exceptions: nothing hangs, nothing is left behind.

`LAZULITE_SOAK_SECONDS` is how long the threads run: 10 by default.
"""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import lazulite.core as mx
import pytest

SECONDS = float(os.environ.get("LAZULITE_SOAK_SECONDS", "10"))
THREADS = 8


def run(code: str, timeout: float = 60, **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=timeout, **kwargs
    )


def test_eight_threads_build_and_evaluate_shared_arrays():
    shared = [mx.arange(64).astype(mx.float32).reshape(8, 8) / 64 + i for i in range(4)]
    pending = [shared[i] @ shared[(i + 1) % 4] for i in range(4)]  # evaluated by whoever comes first
    expected = [(shared[i] @ shared[(i + 1) % 4]).tolist() for i in range(4)]
    compiled = mx.compile(lambda a, b: mx.tanh(a) * b + a.sum())
    gradient = mx.grad(lambda a, b: (mx.sin(a) * b).sum())
    want = [(compiled(shared[i], shared[0]).tolist(), gradient(shared[i], shared[0]).tolist()) for i in range(4)]
    until, faults, counts = time.monotonic() + SECONDS, [], [0] * THREADS

    def work(me: int) -> None:
        try:
            while time.monotonic() < until:
                i = (counts[me] + me) % 4
                assert pending[i].tolist() == expected[i]
                fresh = mx.maximum(shared[i] @ shared[(i + 1) % 4], -1e9)
                mx.eval(fresh)
                assert fresh.tolist() == expected[i]
                assert compiled(shared[i], shared[0]).tolist() == want[i][0]
                assert gradient(shared[i], shared[0]).tolist() == want[i][1]
                rows = mx.vmap(lambda r: r.sum())(shared[i])
                mx.async_eval(rows)
                assert abs(rows.sum().item() - shared[i].sum().item()) < 1e-2
                pending[i] = shared[i] @ shared[(i + 1) % 4]
                counts[me] += 1
        except BaseException as e:  # it is the main thread that reports
            faults.append(e)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(SECONDS + 60)
        assert not t.is_alive(), "a thread hangs"
    if faults:
        raise faults[0]
    assert all(n > 0 for n in counts), f"a thread did nothing: {counts}"


def test_evaluating_lets_other_threads_run():
    """The interpreter's lock is free while a long product is computed."""
    a = mx.random.normal((1200, 1200))
    mx.eval(a)
    ticks, stop = [], threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.monotonic()
    b = a
    for _ in range(12):
        b = b @ a
    mx.eval(b)
    end = time.monotonic()
    stop.set()
    thread.join()
    during = [t for t in ticks if start < t < end]
    assert len(during) >= 0.1 * (end - start) / 0.001, f"{len(during)} ticks in {end - start:.3f} s"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_evaluates():
    done = run(
        """
        import os, sys
        import lazulite.core as mx
        mx.set_default_device(mx.cpu)  # no process can use a GPU that another had before the fork
        x = mx.random.normal((256, 256), key=mx.random.key(0))
        pending = x @ x
        mx.eval(x.sum())
        want = mx.sum(mx.abs(x)).item()
        child = os.fork()
        if child == 0:
            ok = mx.sum(mx.abs(x)).item() == want and (x @ x).shape == (256, 256)
            mx.eval(pending, mx.grad(lambda x: (x * x).sum())(x))
            os._exit(0 if ok else 1)
        _, status = os.waitpid(child, 0)
        assert mx.sum(mx.abs(x)).item() == want
        print(os.waitstatus_to_exitcode(status))
        """
    )
    assert done.stdout.strip() == "0", done.stderr


@pytest.mark.parametrize(
    "loop",
    [
        "while True:\n    x = x + 1.0",
        "while True:\n    x = mx.tanh(x @ x)\n    mx.eval(x)",
        "while True:\n    step(x)",
        "while True:\n    x = mx.vmap(mx.grad(lambda r: (r * r).sum()))(x)",
    ],
)
def test_an_interrupt_ends_a_loop(loop):
    code = "import lazulite.core as mx\nx = mx.ones((64, 64))\nstep = mx.compile(lambda x: x * 2 + 1)\n"
    code += "print('go', flush=True)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", code + loop], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "go\n"
    time.sleep(0.3)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        _, err = process.communicate(timeout=10)
    finally:
        process.kill()
    assert "KeyboardInterrupt" in err
    assert time.monotonic() - start < 1.0 + 1.0, "the interrupt came late"  # the second is for Python to shut down


@pytest.mark.parametrize("transform", ["grad", "vmap", "compile", "value_and_grad", "checkpoint"])
def test_an_exception_inside_a_traced_function_leaves_no_state(transform):
    x = mx.array([1.0, 2.0, 3.0])
    kept = []

    def fails(x):
        kept.append(x * 2)
        raise KeyError("mine")

    for _ in range(3):
        with pytest.raises(KeyError, match="mine"):
            getattr(mx, transform)(fails)(x)
    nested = mx.grad(lambda x: getattr(mx, transform)(fails)(x).sum())
    with pytest.raises(KeyError, match="mine"):
        nested(x)
    assert mx.grad(lambda x: (x * x).sum())(x).tolist() == [2.0, 4.0, 6.0]
    assert mx.vmap(lambda r: r * 2)(x).tolist() == [2.0, 4.0, 6.0]
    assert mx.compile(lambda x: x + 1)(x).tolist() == [2.0, 3.0, 4.0]
    assert (x + 1).tolist() == [2.0, 3.0, 4.0]


def test_an_exception_in_a_compiled_step_leaves_its_state_alone():
    state = [mx.array(1.0)]

    def step(x, fail=False):
        state[0] = state[0] + x
        if fail:
            raise ValueError("mine")
        return state[0] * 2

    compiled = mx.compile(step, inputs=state, outputs=state)
    assert compiled(mx.array(1.0)).item() == 4.0
    with pytest.raises(ValueError, match="mine"):
        compiled(mx.array(1.0), fail=True)
    state[0] = mx.array(2.0)
    assert compiled(mx.array(1.0)).item() == 6.0
    assert state[0].item() == 3.0


def test_an_array_may_die_in_another_thread():
    for _ in range(50):
        held = [mx.ones((100,)) * i for i in range(20)]
        thread = threading.Thread(target=lambda a: mx.eval(a), args=(held,))
        thread.start()
        del held
        thread.join()

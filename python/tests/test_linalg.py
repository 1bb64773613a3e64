"""Linear algebra and Fourier transforms where MLX is no measure: derivatives that it lacks, and what has no result."""

import lazulite.core as mx
import numpy as np
import pytest

REGULAR = np.array([[4.0, 1.0, 0.5], [0.3, 6.0, -1.0], [-0.7, 0.2, 9.0]])
POSITIVE = REGULAR @ REGULAR.T

FUNCTIONS = {
    "inv": (mx.linalg.inv, REGULAR),
    "pinv": (mx.linalg.pinv, REGULAR[:, :2]),
    "cholesky": (mx.linalg.cholesky, POSITIVE),
    "det": (mx.linalg.det, REGULAR),
    "slogdet": (lambda a: mx.linalg.slogdet(a)[1], REGULAR),
    "solve": (lambda a: mx.linalg.solve(a, a[:, 0] + 1), REGULAR),
    "solve_triangular": (lambda a: mx.linalg.solve_triangular(a, a[:, 0] + 1), REGULAR),
    "qr": (lambda a: mx.linalg.qr(a)[0] ** 2 + mx.linalg.qr(a)[1] ** 2, REGULAR),
    "lu": (lambda a: mx.linalg.lu(a)[1] + mx.linalg.lu(a)[2], REGULAR),
    "svd": (lambda a: mx.linalg.svd(a)[0] ** 2 * mx.linalg.svd(a)[1], REGULAR),
    "svdvals": (lambda a: mx.linalg.svd(a, compute_uv=False), REGULAR),
    "eigh": (lambda a: mx.linalg.eigh(a)[0] * mx.linalg.eigh(a)[1] ** 2, POSITIVE),
    "eigvals": (lambda a: mx.sort(mx.real(mx.linalg.eigvals(a))), REGULAR),
    "norm": (lambda a: mx.linalg.norm(a, "nuc"), REGULAR),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_finite_differences(name):
    f, a = FUNCTIONS[name]
    complex64 = name == "eigvals"
    weights = np.cos(np.arange(f(mx.array(a, mx.float64)).size)).reshape(f(mx.array(a, mx.float64)).shape)

    def loss(x):
        return (f(x) * mx.array(weights, mx.float64)).sum()

    gradient = np.array(mx.grad(loss)(mx.array(a, mx.float64)))
    step = 1e-2 if complex64 else 1e-5
    for i in np.ndindex(a.shape):
        e = np.zeros_like(a)
        e[i] = step
        up, down = (loss(mx.array(a + s * e, mx.float64)).item() for s in (1, -1))
        assert abs((up - down) / (2 * step) - gradient[i]) < (2e-3 if complex64 else 1e-6) * (
            1 + np.abs(gradient).max()
        )


def test_batches_of_gradients():
    batch = mx.array(np.stack([REGULAR, 2 * REGULAR.T]), mx.float64)
    both = mx.vmap(mx.grad(lambda a: mx.linalg.inv(a).sum()))(batch)
    for one, a in zip(both, batch, strict=True):
        assert mx.allclose(one, mx.grad(lambda a: mx.linalg.inv(a).sum())(a))


@pytest.mark.parametrize(
    "call",
    [
        lambda: mx.linalg.cholesky(mx.array([[1.0, 2.0], [2.0, 1.0]])),
        lambda: mx.linalg.inv(mx.ones((2, 2))),
        lambda: mx.linalg.solve(mx.ones((2, 2)), mx.ones(2)),
        lambda: mx.linalg.solve_triangular(mx.zeros((2, 2)), mx.ones(2)),
        lambda: mx.linalg.svd(mx.full((3, 3), mx.nan))[1],
    ],
)
def test_what_has_no_result_is_an_error_when_it_is_evaluated(call):
    x = call()
    with pytest.raises(RuntimeError, match="linalg"):
        mx.eval(x)
    assert mx.ones(2).sum().item() == 2


def test_numbers_that_are_not_finite_end():
    for bad in (mx.nan, mx.inf):
        a = mx.full((3, 3), bad)
        for f in (mx.linalg.eigvals, mx.linalg.eigvalsh, mx.linalg.qr, mx.linalg.lu, mx.linalg.det, mx.linalg.pinv):
            try:
                mx.eval(f(a))
            except RuntimeError as e:
                assert "linalg" in str(e)


def test_transforms_undo_each_other():
    x = mx.random.normal((3, 5, 7), key=mx.random.key(0))
    for norm in ("backward", "ortho", "forward"):
        assert mx.allclose(
            mx.fft.irfftn(mx.fft.rfftn(x, norm=norm), s=x.shape, axes=[0, 1, 2], norm=norm), x, atol=1e-5
        )
        assert mx.allclose(mx.real(mx.fft.ifftn(mx.fft.fftn(x, norm=norm), norm=norm)), x, atol=1e-5)

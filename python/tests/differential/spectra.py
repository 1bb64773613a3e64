"""Calls of Fourier transforms and linear algebra: random shapes, batches, axes, lengths and norms.

Vectors of a spectrum are determined up to a factor, so what is compared is made of them such that it cancels.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from inputs import ALL, spec

NORMS = ["", ", norm='ortho'", ", norm='forward'", ", norm='backward'"]
SHAPES = [(8,), (1,), (7,), (3, 6), (6, 5), (2, 3, 4), (4, 1, 5), (2, 3, 2, 4), (33,), (2, 64), (100,), (0, 4)]
LENGTHS = ["", ", n=4", ", n=9", ", n=1", ", n=16"]


def call(id: str, code: str, tolerance: str, **arrays: list) -> dict:
    return {"id": id, "code": code, "tolerance": tolerance, "inputs": arrays}


def fourier() -> Iterator[dict]:
    for name in ("fft", "ifft", "rfft", "irfft"):
        for n in range(24):
            rng = Random(f"{name} {n}")
            shape, dtype = rng.choice(SHAPES), rng.choice([*ALL, "float32", "complex64"])
            axis = rng.choice(["", f", axis={rng.randint(-len(shape), len(shape) - 1)}"])
            code = f"mx.fft.{name}(a{rng.choice(LENGTHS)}{axis}{rng.choice(NORMS)})"
            yield call(f"fft/{n}/{code}/{dtype}{shape}", code, "loose", a=spec(dtype, shape, "real", n))
    for name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"):
        for n in range(14):
            rng = Random(f"{name} {n}")
            shape = rng.choice([s for s in SHAPES if len(s) > 1])
            dtype = rng.choice(["float32", "complex64", "float16", "int32"])
            axes = rng.sample(range(len(shape)), 2 if name.endswith("2") else rng.randint(1, len(shape)))
            sizes = [rng.randint(2, 7) for _ in axes]
            arguments = rng.choice(
                ["", f", axes={axes}", f", s={sizes}, axes={axes}", f", s={sizes[:1]}, axes={axes[:1]}"]
            )
            code = f"mx.fft.{name}(a{arguments}{rng.choice(NORMS)})"
            yield call(f"fft/{n}/{code}/{dtype}{shape}", code, "loose", a=spec(dtype, shape, "real", n))
    for n in range(10):
        rng = Random(f"shift {n}")
        shape, dtype = rng.choice(SHAPES), rng.choice(ALL)
        axes = rng.choice(["", f", axes={rng.randint(-len(shape), len(shape) - 1)}", ", axes=[0, -1]", ", axes=None"])
        for name in ("fftshift", "ifftshift"):
            code = f"mx.fft.{name}(a{axes})"
            yield call(f"fft/{n}/{code}/{dtype}{shape}", code, "exact", a=spec(dtype, shape, "real", n))
    for code in (
        *(
            f"mx.fft.{name}freq({n}{d})"
            for name in ("fft", "rfft")
            for n in (1, 4, 5, 0, -2)
            for d in ("", ", 0.5", ", d=0.0")
        ),
        "mx.fft.stft(a, 8)",
        "mx.fft.stft(a, 8, 3)",
        "mx.fft.stft(a, 5, 2, center=False)",
        "mx.fft.stft(a, 8, 4, 6)",
        "mx.fft.stft(a, n_fft=8, hop_length=2, window=mx.hanning(8))",
        "mx.fft.stft(a, n_fft=8, hop_length=2, window=mx.hanning(5), norm='ortho')",
        "mx.fft.stft(a, 8, 4, pad_mode='edge')",
        "mx.fft.stft(a, 8, 4, pad_mode='constant', norm='forward')",
        "mx.fft.stft(a, 8, 4, pad_mode='symmetric')",
        "mx.fft.stft(a, 8, 4, onesided=False)",
        "mx.fft.stft(a + 1j * a[::-1], 8, 4)",
        "mx.fft.stft(mx.stack([a, 2 * a]), 8, 4)",
        "mx.fft.istft(mx.fft.stft(a, 8, 2), 8, 2)",
        "mx.fft.istft(mx.fft.stft(a, 8, 2, window=mx.hamming(8)), 8, 2, window=mx.hamming(8))",
        "mx.fft.istft(mx.fft.stft(a, 8, 2), hop_length=2, length=20)",
        "mx.fft.istft(mx.fft.stft(a, 8, 2), hop_length=2, length=50)",
        "mx.fft.istft(mx.fft.stft(a, 8, 2, onesided=False), 8, 2, onesided=False)",
        "mx.fft.istft(mx.fft.stft(a, 8, 2, center=False), 8, 2, center=False)",
        "mx.fft.istft(mx.fft.stft(a, 8, 2), 6, 3, norm='ortho')",
        "mx.fft.stft(a, 0)",
        "mx.fft.stft(a, 8, 0)",
        "mx.fft.stft(a, 3)",
        "mx.fft.stft(a, 8, 2, 9)",
        "mx.fft.stft(a, 64, center=False)",
        "mx.fft.stft(a, 8, window=mx.ones((2, 2)))",
        "mx.fft.stft(a, 8, pad_mode='other')",
        "mx.fft.istft(a, 8)",
        "mx.fft.fft(a, norm='other')",
        "mx.fft.fft(a, n=0)",
        "mx.fft.fft(a, n=-1)",
        "mx.fft.fft(a, axis=1)",
        "mx.fft.irfft(mx.ones(1))",
        "mx.fft.fftn(a, s=[4])",
        "mx.fft.fftn(a, s=[4, 4], axes=[0])",
        "mx.fft.fftn(mx.array(1.0))",
        "mx.fft.fft2(a)",
        "mx.fft.fft2(mx.ones((2, 2)), axes=[0, 0])",
        "mx.fft.fftn(mx.ones((2, 2)), axes=[])",
        "mx.fft.fftshift(a, axes=[1])",
        "mx.grad(lambda x: (mx.abs(mx.fft.fft(x)) * w).sum())(a)",
        "mx.grad(lambda x: (mx.abs(mx.fft.rfft(x)) ** 2).sum())(a)",
        "mx.grad(lambda x: (mx.fft.irfft(x * (1 + 1j)) * w[:-2]).sum())(a[:16])",
        "mx.jvp(lambda x: mx.fft.rfft(x), [a], [w])",
        "mx.vmap(lambda x: mx.fft.rfft(x, n=6))(mx.stack([a, w]))",
        "mx.vmap(mx.fft.fft, in_axes=1)(mx.stack([a, w], axis=1))",
    ):
        arrays = {"a": spec("float32", (32,), "real", 1), "w": spec("float32", (32,), "real", 2)}
        yield call(f"fft/{code}", code, "loose", **arrays)


# Functions of a regular square matrix `s`, of a positive definite one `p`, and of one of any shape `a`.
SQUARE = [
    "mx.linalg.inv(s)",
    "mx.linalg.tri_inv(s)",
    "mx.linalg.tri_inv(s, upper=True)",
    "mx.linalg.solve(s, mx.ones(s.shape[-1])) if s.ndim == 2 else mx.linalg.solve(s, s + 1)",
    "mx.linalg.solve(s, s[..., :2])",
    "mx.linalg.lu(s)",
    "mx.linalg.lu_factor(s)",
    "mx.linalg.det(s)",
    "mx.linalg.slogdet(s)",
    "mx.sort(mx.abs(mx.linalg.eigvals(s)), axis=-1)",
    "w, v = mx.linalg.eig(s)\nmx.abs(s @ v - v * w[..., None, :]).max() < 1e-3",
    "w, v = mx.linalg.eig(s)\nmx.abs(mx.abs(v * mx.conj(v)).sum(-2) - 1).max() < 1e-4",
    "mx.linalg.norm(s, ord=2) if s.ndim == 2 else mx.linalg.norm(s, ord=2, axis=[1, 2])",
]
POSITIVE = [
    "mx.linalg.solve_triangular(p, p[..., :2])",
    "mx.linalg.solve_triangular(p, p[..., :1], upper=True)",
    "mx.linalg.cholesky(p)",
    "mx.linalg.cholesky(p, upper=True)",
    "mx.linalg.cholesky(mx.tril(p))",
    "mx.linalg.cholesky_inv(mx.linalg.cholesky(p))",
    "mx.linalg.cholesky_inv(mx.linalg.cholesky(p, upper=True), upper=True)",
    "mx.linalg.eigvalsh(p)",
    "mx.linalg.eigvalsh(mx.tril(p), UPLO='L')",
    "mx.linalg.eigvalsh(mx.triu(p), 'U')",
    "w, v = mx.linalg.eigh(p)\nw, mx.abs(v), (v * w[..., None, :]) @ v.swapaxes(-1, -2)",
]
ANY = [
    "mx.linalg.qr(a)",
    "mx.linalg.svd(a, compute_uv=False)",
    "u, s, vt = mx.linalg.svd(a)\nk = s.shape[-1]\nu.shape, vt.shape, (u[..., :k] * s[..., None, :]) @ vt[..., :k, :]",
    "mx.linalg.pinv(a)",
    "mx.linalg.norm(a, 'nuc') if a.ndim == 2 else mx.linalg.norm(a, 'nuc', axis=[-2, -1], keepdims=True)",
    "mx.linalg.lu(a)",
]
BAD = (
    [
        f"mx.linalg.{name}({x})"
        for name in (
            "cholesky",
            "cholesky_inv",
            "inv",
            "tri_inv",
            "eig",
            "eigvals",
            "eigh",
            "eigvalsh",
            "det",
            "slogdet",
        )
        for x in ("mx.ones((2, 3))", "mx.ones(3)", "mx.array([[1, 2], [3, 4]])")
    ]
    + [
        f"mx.linalg.{name}({x})"
        for name in ("lu", "lu_factor", "qr", "svd", "pinv")
        for x in ("mx.array(1.0)", "mx.ones(3)", "mx.array([[1, 2], [3, 4]])")
    ]
    + [
        "mx.linalg.inv(mx.array([[1.0, 2.0], [2.0, 4.0]])).tolist()",
        "mx.linalg.inv(mx.zeros((2, 2))).tolist()",
        "mx.linalg.tri_inv(mx.zeros((2, 2))).tolist()",
        "mx.linalg.solve(mx.ones((2, 2)), mx.ones(2)).tolist()",
        "mx.linalg.solve(mx.ones((2, 2)), mx.ones(3))",
        "mx.linalg.solve(mx.ones((2, 2)), mx.array(1.0))",
        "mx.linalg.solve(mx.ones(2), mx.ones(2))",
        "mx.linalg.solve(mx.ones((2, 2), mx.int32), mx.ones(2, mx.int32))",
        "mx.linalg.solve_triangular(mx.zeros((2, 2)), mx.ones(2)).tolist()",
        "mx.linalg.solve_triangular(mx.ones((2, 3)), mx.ones(3))",
        "mx.linalg.svd(mx.array([[float('nan'), 1.0], [1.0, 1.0]]))[1].tolist()",
        "mx.linalg.det(mx.zeros((2, 2))), mx.linalg.slogdet(mx.zeros((2, 2)))",
        "mx.linalg.det(mx.ones((2, 2), mx.complex64))",
        "mx.linalg.inv(mx.ones((2, 2), mx.complex64))",
        "mx.linalg.qr(mx.zeros((0, 3))), mx.linalg.svd(mx.zeros((0, 3))), mx.linalg.svd(mx.zeros((3, 0)))",
        "mx.linalg.det(mx.zeros((0, 0))), mx.linalg.slogdet(mx.zeros((2, 0, 0)))",
        "mx.linalg.inv(mx.zeros((0, 2, 2))), mx.linalg.cholesky(mx.zeros((0, 0))), mx.linalg.eigh(mx.zeros((2, 0, 0)))",
        "mx.linalg.norm(mx.ones(3), 'nuc')",
        "mx.linalg.norm(mx.ones((2, 2, 2)), 2)",
    ]
)


def algebra() -> Iterator[dict]:
    for group, codes in (("s", SQUARE), ("p", POSITIVE), ("a", ANY)):
        for code in codes:
            for n in range(5):
                rng = Random(f"{code} {n}")
                batch = rng.choice([(), (), (3,), (2, 2), (1,)])
                size = rng.choice([1, 2, 3, 4, 6, 17])
                other = size if group != "a" else rng.choice([1, 2, 3, 5, 20])
                dtype = rng.choice(["float32", "float32", "float64"])
                make = {
                    "s": f"s = a + 8 * mx.eye({size})[::-1].astype(a.dtype)",
                    "p": f"p = a @ a.swapaxes(-1, -2) + {size} * mx.eye({size}).astype(a.dtype)",
                    "a": f"a = a + 8 * mx.eye({size}, {other}).astype(a.dtype)",
                }[group]
                a = spec(dtype, (*batch, size, other), "unit", n)
                yield call(f"linalg/{n}/{code}/{dtype}{batch}{size}x{other}", f"{make}\n{code}", "solved", a=a)
    for code in BAD:
        yield call(f"linalg/{code}", code, "solved")
    h = "h = a + mx.conj(a.swapaxes(-1, -2))\n"
    for n, code in enumerate(
        (
            h + "w, v = mx.linalg.eigh(h)\nw, (v * w[..., None, :]) @ mx.conj(v.swapaxes(-1, -2))",
            h + "mx.linalg.eigvalsh(h)",
            "u, s, vt = mx.linalg.svd(a)\ns, (u * s[..., None, :]) @ vt",
            "mx.linalg.svd(a, compute_uv=False)",
            "mx.sort(mx.abs(mx.linalg.eigvals(a)))",
            "w, v = mx.linalg.eig(a)\nmx.abs(a @ v - v * w[..., None, :]).max() < 1e-3",
        )
    ):
        for size in (2, 5):
            yield call(f"linalg/complex {n} {size}", code, "solved", a=spec("complex64", (2, size, size), "real", n))


def products() -> Iterator[dict]:
    letters = "abcdef"
    for n in range(30):
        rng = Random(f"einsum {n}")
        sizes = {c: rng.randint(1, 4) for c in letters}
        terms = ["".join(rng.sample(letters, rng.randint(1, 3))) for _ in range(rng.randint(1, 5))]
        out = "".join(c for c in letters if any(c in t for t in terms) and rng.random() < 0.5)
        arrays = {
            v: spec("float32", tuple(sizes[c] for c in t), "real", n + i)
            for i, (v, t) in enumerate(zip("abcde", terms, strict=False))
        }
        text = f"'{','.join(terms)}->{out}', {', '.join(arrays)}"
        yield call(f"einsum/{n}/{text}", f"mx.einsum({text})", "loose", **arrays)
        yield call(f"einsum/{n}/path {text}", f"mx.einsum_path({text})", "exact", **arrays)
    for n in (1, 2, 4, 64, 128, 512, 4096, 12, 20, 28, 24, 40, 56, 96, 160, 28 * 32):
        rng = Random(str(n))
        dtype, scale = (
            rng.choice(["float32", "float16", "int32", "bfloat16"]),
            rng.choice(["", ", scale=0.25", ", 1.0"]),
        )
        code = f"mx.hadamard_transform(a{scale})"
        tolerance = "whole" if dtype == "bfloat16" else "loose"  # MLX rounds each step to bfloat16
        yield call(f"hadamard/{n}/{code}/{dtype}", code, tolerance, a=spec(dtype, (2, n), "real", n))
    for code in (
        "mx.hadamard_transform(mx.ones(6)).tolist()",
        "mx.hadamard_transform(mx.zeros((2, 0)))",
        "mx.hadamard_transform(mx.ones(4, mx.float64))",
        "mx.kron(mx.array(2.0), mx.array(3.0)), mx.kron(mx.ones((2, 1)), mx.arange(3))",
        "mx.kron(mx.ones((2, 2, 1)), mx.ones(2))",
        "mx.kron(mx.zeros((0,)), mx.ones(2))",
        "mx.inner(mx.array(2.0), mx.ones(2)), mx.inner(mx.ones((2, 2, 3)), mx.ones((4, 3)))",
        "mx.inner(mx.zeros((2, 0)), mx.zeros((3, 0)))",
        "mx.inner(mx.ones((2, 3)), mx.ones((2, 2)))",
        "mx.inner(mx.arange(3), mx.arange(3))",
        "mx.outer(mx.array(2.0), mx.ones(2)), mx.outer(mx.ones((2, 2)), mx.ones(3))",
        "mx.outer(mx.zeros((0,)), mx.ones(2))",
        "mx.tensordot(mx.ones((2, 3)), mx.ones((2, 3)), 0), mx.tensordot(mx.array(2.0), mx.array(3.0), 0)",
        "mx.tensordot(mx.zeros((2, 0)), mx.zeros((0, 2)), 1)",
        "mx.tensordot(mx.ones((2, 3)), mx.ones((3, 2)), [[-1], [-2]])",
        "mx.tensordot(mx.ones(2), mx.ones(2), 3)",
        "mx.tensordot(mx.ones(2), mx.ones(2), -1)",
        "mx.tensordot(mx.ones((2, 3)), mx.ones((3, 2)), [[1, 0], [0]])",
        "mx.tensordot(mx.ones((2, 3)), mx.ones((3, 2)), [[5], [0]])",
        "mx.einsum_path('ij,jk->ik', mx.ones((2, 3)))",
        "mx.einsum_path('ij,jk->ik')",
        "mx.einsum_path('...ij,...jk,kl', mx.ones((5, 2, 3)), mx.ones((5, 3, 2)), mx.ones((2, 2)))",
        "mx.einsum('ij,jk->ii', mx.ones((2, 3)), mx.ones((3, 2)))",
        "mx.random.multivariate_normal(mx.zeros(3), mx.diag(mx.array([1.0, 4.0, 9.0])), [5], key=mx.random.key(1))",
        "mx.random.multivariate_normal(mx.array([1.0, 2.0]), mx.array([[2.0, 0.5], [0.5, 1.0]]), key=mx.random.key(2))",
        "mx.random.multivariate_normal(mx.zeros((3, 2)), mx.eye(2), [4, 3], key=mx.random.key(3))",
        "mx.random.multivariate_normal(mx.zeros(2), mx.stack([mx.eye(2)] * 3), key=mx.random.key(4))",
        "mx.random.multivariate_normal(mx.zeros(2), mx.eye(2), [0], key=mx.random.key(4))",
        "mx.random.multivariate_normal(mx.zeros((3, 2)), mx.eye(2), [4], key=mx.random.key(3))",
        "mx.random.multivariate_normal(mx.zeros(2), mx.eye(3))",
        "mx.random.multivariate_normal(mx.array(0.0), mx.eye(1))",
        "mx.random.multivariate_normal(mx.zeros(2), mx.eye(2), dtype=mx.float16)",
    ):
        yield call(f"product/{code}", code, "loose")

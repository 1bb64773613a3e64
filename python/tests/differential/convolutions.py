"""Calls of convolutions with random windows; what MLX is known to get wrong is left to `deviations`."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from inputs import FLOATS, spec


def _sizes(rng: Random, d: int, low: int, high: int) -> list[int]:
    return [rng.randint(low, high) for _ in range(d)]


def _text(sizes: list[int]) -> str:
    return str(sizes[0]) if len(sizes) == 1 else str(tuple(sizes))


def one(rng: Random) -> tuple[str, str, dict[str, list]]:
    """A kind of call, its code and its inputs."""
    kind = rng.choice(["conv", "general", "transpose", "convolve", "grad", "grad transpose"])
    dtype = rng.choice(["float32", *FLOATS])
    seed = rng.randint(0, 999)
    if kind == "convolve":
        a, v = (spec(dtype, (rng.randint(1, 12),), "real", seed + i) for i in (0, 1))
        return kind, f"mx.convolve(a, v, {rng.choice(['full', 'same', 'valid'])!r})", {"a": a, "v": v}
    d = rng.choice([1, 2, 2, 3])
    groups = rng.choice([1, 1, 2, 4]) if d < 3 and kind != "grad transpose" else 1
    channels, outputs = groups * rng.choice([1, 2, 3, 8]), groups * rng.choice([1, 2, 5])
    kernel, dilation, stride = _sizes(rng, d, 1, 3), _sizes(rng, d, 1, 2), _sizes(rng, d, 1, 3)
    span = [(k - 1) * n + 1 for k, n in zip(kernel, dilation, strict=True)]
    padding = [rng.randint(0, min(2, s - 1)) for s in span]
    places = [max(s, rng.randint(3, [14, 9, 5][d - 1])) for s in span]
    if kind == "grad":  # MLX drops places that no window reaches
        ends = zip(places, padding, span, stride, strict=True)
        stride = [s if (n + 2 * p - k) % s == 0 else 1 for n, p, k, s in ends]
        dtype = "float32"
    x = spec(dtype, (rng.randint(1, 3), *places, channels), "real", seed)
    w = spec(dtype, (outputs, *kernel, channels // groups), "real", seed + 1)
    arguments = f"x, w, {_text(stride)}, {_text(padding)}, {_text(dilation)}"
    code = f"mx.conv{d}d({arguments}, {groups})"
    if kind == "general":
        low, high = _sizes(rng, d, 0, 2), _sizes(rng, d, 0, 2)
        code = (
            f"mx.conv_general(x, w, {stride}, ({low}, {high}), {dilation}, {_sizes(rng, d, 1, 2)}, {groups}, "
            f"{rng.random() < 0.5})"
        )
    elif "transpose" in kind:
        more = [0] * d if kind == "grad transpose" else _sizes(rng, d, 0, 1)
        code = f"mx.conv_transpose{d}d({arguments}, {_text(more)}, {groups})"
    if kind.startswith("grad"):
        x[0] = w[0] = "float32"
        code = f"mx.grad(lambda x, w: ({code} ** 2).mean(), (0, 1))(x, w)"
    return kind, code, {"x": x, "w": w}


LISTED = r"""
mx.conv1d(x, w, groups=3)
mx.conv1d(x, w, stride=0)
mx.conv1d(x, w, dilation=-1)
mx.conv1d(x, w, stride=(2,))
mx.conv1d(x, w[:, :, :1])
mx.conv1d(x, w[0])
mx.conv1d(x[0], w)
mx.conv2d(x, w)
mx.conv2d(x[:, None], w[:, None], stride=[1, 2])
mx.conv2d(x[:, None], w[:, None], stride=(1, 2, 3))
mx.conv1d(x[:, :2], w)
mx.conv1d(x[:0], w)
mx.conv1d(x, w[:0])
mx.conv1d(x, w.astype(mx.float16))
mx.conv1d(x.astype(mx.bfloat16), w.astype(mx.float16))
mx.conv1d(x.astype(mx.int32), w)
mx.conv1d(x.astype(mx.complex64), w)
mx.conv1d(x, w, padding=-1)
mx.conv1d(x.swapaxes(0, 1)[::2], w[:, ::-1])
mx.conv_general(x, w, padding=([2], [0]))
mx.conv_general(x, w, stride=[])
mx.conv_general(x[:, None], w[:, None], stride=[2])
mx.conv_general(x[:, None], w[:, None], stride=[1, 2, 3])
mx.conv_general(x[:, None], w[:, None], padding=([1, 1], [0]))
mx.conv_general(x[:, None], w[:, None], padding=[[0, 1], [0, 2]])
mx.conv_general(x[:, :, None, None, None], w[:, :, None, None, None])
mx.conv_general(x, w, input_dilation=0)
mx.conv_transpose1d(x, w, stride=2, padding=1, output_padding=-1)
mx.conv_transpose1d(x, w, stride=2, padding=1, output_padding=5)
mx.conv_transpose1d(x, w, padding=9)
mx.convolve(x, w)
mx.convolve(x[0, :, 0], w[0, :, 0], "other")
mx.convolve(x[0, :0, 0], w[0, :, 0])
mx.convolve([1.0], [2.0])
mx.conv3d(x[:, None, None], mx.concatenate([w[:, None, None, :, :1]] * 2), groups=2)
mx.conv1d(x[:, :4], w, stride=2, dilation=2)
mx.conv_transpose1d(x, w, stride=3, padding=3)
mx.jvp(lambda x, w: mx.conv1d(x, w, stride=2), (x, w), (x * 2, w + 1))
mx.grad(lambda x: (mx.grad(lambda x: (mx.conv1d(x, w) ** 3).mean())(x) ** 2).mean())(x)
mx.random.seed(3)\nl = nn.Conv1d(2, 4, 3, stride=2, padding=1, groups=2); l(x), repr(l), sorted(l.keys())
mx.random.seed(3)\nl = nn.Conv2d(2, 3, (1, 2), padding=(0, 1), dilation=(1, 2)); l(x[:, None]), repr(l)
mx.random.seed(3)\nl = nn.Conv3d(2, 3, (1, 1, 2), bias=False); l(x[:, None, None]), repr(l), list(l.keys())
mx.random.seed(3)\nl = nn.ConvTranspose1d(2, 3, 3, stride=2, output_padding=1); l(x), repr(l)
mx.random.seed(3)\nl = nn.ConvTranspose2d(2, 3, (1, 2), stride=2, bias=False); l(x[:, None]), repr(l)
mx.random.seed(3)\nl = nn.ConvTranspose3d(2, 3, 2, padding=(0, 0, 1)); l(x[:, None, None]), repr(l)
nn.Conv2d(3, 4, 2, groups=2)
nn.Conv1d(3, 4, (2,))
"""


def calls() -> Iterator[tuple[str, str, dict[str, list]]]:
    """Names, code and inputs."""
    rng = Random("convolutions")
    for n in range(260):
        kind, code, given = one(rng)
        yield f"{kind}/{n} {code}", code, given
    arrays = {"x": spec("float32", (2, 7, 2), "real", 1), "w": spec("float32", (3, 3, 2), "real", 2)}
    for line in LISTED.strip().splitlines():
        yield f"listed/{line}", line.replace("\\n", "\n"), arrays

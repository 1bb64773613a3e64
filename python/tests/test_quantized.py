"""Quantized numbers against what MLX 0.32.4 gives, byte for byte; products with them; the layers that hold them."""

import json
from pathlib import Path

import lazulite.core as mx
import numpy as np
import pytest
from lazulite import nn, utils

RECORDED = json.loads((Path(__file__).parent / "fixtures" / "quantized.json").read_text())
MODES = [("affine", 4, 64), ("affine", 3, 32), ("affine", 6, 128), ("mxfp4", 4, 32), ("mxfp8", 8, 32), ("nvfp4", 4, 16)]


def raw(a):
    a = a.astype(mx.float32) if a.dtype in (mx.float16, mx.bfloat16) else a
    return np.array(a).tobytes().hex()


@pytest.mark.parametrize(
    "case", RECORDED["cases"], ids=lambda c: f"{c['mode']}-{c['bits']}-{c['group_size']}-{c['dtype']}"
)
def test_codes_scales_and_numbers_are_mlx_bytes(case):
    w = mx.array(RECORDED["w"], mx.float32).astype(getattr(mx, case["dtype"]))
    how = {"group_size": case["group_size"], "bits": case["bits"], "mode": case["mode"]}
    parts = mx.quantize(w, **how)
    assert [raw(a) for a in parts] == case["parts"]
    got = np.frombuffer(bytes.fromhex(raw(mx.dequantize(*parts, **how))), np.float32)
    assert np.array_equal(got, np.frombuffer(bytes.fromhex(case["numbers"]), np.float32))


@pytest.mark.parametrize("mode, bits, group", MODES)
@pytest.mark.parametrize("rows", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("transpose", [True, False])
def test_products_are_those_of_the_numbers(mode, bits, group, rows, transpose):
    mx.random.seed(1)
    how = {"group_size": group, "bits": bits, "mode": mode}
    parts = mx.quantize(mx.random.normal((96, 384)), **how)
    w = mx.dequantize(*parts, dtype=mx.float32, **how)
    x = mx.random.normal((rows, 384 if transpose else 96))
    want = x @ (w.T if transpose else w)
    got = mx.quantized_matmul(x, *parts, transpose=transpose, **how)
    assert mx.abs(got - want).max().item() < 1e-3


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 6, 8])
@pytest.mark.parametrize("group", [32, 64, 128])
def test_rows_that_end_within_a_chunk(bits, group):
    mx.random.seed(7)
    how = {"group_size": group, "bits": bits}
    for columns in (group, 3 * group, 1024 + 5 * group):
        parts = mx.quantize(mx.random.normal((37, columns)), **how)
        w = mx.dequantize(*parts, **how)
        for rows in (1, 3, 70):
            x, y = mx.random.normal((rows, columns)), mx.random.normal((rows, 37))
            assert mx.abs(mx.quantized_matmul(x, *parts, **how) - x @ w.T).max().item() < 2e-3
            assert mx.abs(mx.quantized_matmul(y, *parts, transpose=False, **how) - y @ w).max().item() < 2e-3


def test_gathered_products_pick_their_matrices():
    mx.random.seed(2)
    w = mx.random.normal((5, 32, 128))
    parts = mx.quantize(w)
    x = mx.random.normal((3, 4, 128))
    left, right = mx.array([[0, 2], [1, 1]], mx.uint32), mx.array([[4, 0], [4, 3]], mx.uint32)
    got = mx.gather_qmm(x, *parts, lhs_indices=left, rhs_indices=right)
    numbers = mx.dequantize(*parts)
    plain = mx.gather_mm(x, numbers.swapaxes(-1, -2), left, right)
    want = x[left] @ numbers[right].swapaxes(-1, -2)
    assert got.shape == want.shape == (2, 2, 4, 32)
    assert mx.abs(got - want).max().item() < 1e-3
    assert mx.abs(plain - want).max().item() < 1e-3


def expected(x, w, left, right, of_x, of_w):
    """Products of what quantizing leaves of both sides, each matrix with its own global scale."""

    def rounded(a, g):
        parts = mx.quantize(a, mode="nvfp4", global_scale=g)
        return mx.dequantize(*parts, mode="nvfp4", global_scale=g, dtype=mx.float32)

    x = mx.stack([rounded(a, None if of_x is None else g) for a, g in zip(x, of_x or [None] * len(x), strict=True)])
    w = mx.stack([rounded(a, None if of_w is None else g) for a, g in zip(w, of_w or [None] * len(w), strict=True)])
    return x[left] @ w[right].swapaxes(-1, -2)


@pytest.mark.parametrize("scaled", [(), ("x",), ("w",), ("x", "w")])
def test_gathered_products_of_two_quantized_sides(scaled):
    mx.random.seed(4)
    x, w = mx.random.normal((3, 4, 64)), mx.random.normal((5, 8, 64)) * mx.arange(1, 6).reshape(5, 1, 1)
    left, right = mx.array([[0], [2]]), mx.array([[4, 0, 4]])
    of_x = list(mx.abs(x).max((1, 2))) if "x" in scaled else None
    of_w = list(mx.abs(w).max((1, 2))) if "w" in scaled else None
    want = expected(x, w, left, right, of_x, of_w)
    globals_x, globals_w = (None if g is None else mx.stack(g) for g in (of_x, of_w))
    got = mx.gather_qqmm(x, w, lhs_indices=left, rhs_indices=right, global_scale_x=globals_x, global_scale_w=globals_w)
    assert got.shape == (2, 3, 4, 8)
    assert mx.abs(got - want).max().item() < 1e-3
    one = [mx.quantize(a, mode="nvfp4", global_scale=g) for a, g in zip(w, of_w or [None] * 5, strict=True)]
    codes, scales = (mx.stack(parts) for parts in zip(*one, strict=True))
    got = mx.gather_qqmm(x, codes, scales, left, right, global_scale_x=globals_x, global_scale_w=globals_w)
    assert mx.abs(got - want).max().item() < 1e-3
    x = x.astype(mx.float16)
    want = expected(x, w, left, right, of_x, of_w)
    half = mx.gather_qqmm(x, codes, scales, left, right, global_scale_x=globals_x, global_scale_w=globals_w)
    assert half.dtype == mx.float16
    assert mx.allclose(half, want, rtol=1e-3, atol=1e-2)


def test_a_global_scale_for_each_expert():
    mx.random.seed(5)
    x, w = mx.random.normal((3, 4, 64)), mx.random.normal((5, 8, 64)) * mx.arange(1, 6).reshape(5, 1, 1)
    largest = mx.abs(w).max((1, 2))
    one = [mx.quantize(a, mode="nvfp4", global_scale=g) for a, g in zip(w, largest, strict=True)]
    codes, scales = (mx.stack(parts) for parts in zip(*one, strict=True))
    right = mx.array([4, 0, 2])
    numbers = [mx.dequantize(*p, mode="nvfp4", global_scale=g) for p, g in zip(one, largest, strict=True)]
    want = x @ mx.stack([numbers[i] for i in (4, 0, 2)]).swapaxes(-1, -2)
    for sorted_indices in (False, True):
        got = mx.gather_qmm(
            x, codes, scales, rhs_indices=right, mode="nvfp4", global_scale=largest, sorted_indices=sorted_indices
        )
        assert mx.abs(got - want).max().item() < 1e-3
    with pytest.raises(ValueError, match="each matrix"):
        mx.gather_qmm(x, codes, scales, rhs_indices=right, mode="nvfp4", global_scale=largest[:2])


def test_derivatives_pass_through_the_rounding():
    mx.random.seed(6)
    x, w = mx.random.normal((4, 64)), mx.random.normal((8, 64))

    def left_of(a, mode):
        return mx.dequantize(*mx.quantize(a, mode=mode), mode=mode, dtype=mx.float32)

    for mode in ("nvfp4", "mxfp8", "mxfp4"):
        of_x, of_w = mx.grad(lambda x, w, mode=mode: mx.qqmm(x, w, mode=mode).square().sum(), argnums=(0, 1))(x, w)
        y = mx.qqmm(x, w, mode=mode)
        assert mx.allclose(of_x, 2 * y @ left_of(w, mode), rtol=1e-4, atol=1e-3)
        assert mx.allclose(of_w, 2 * y.T @ left_of(x, mode), rtol=1e-4, atol=1e-3)
        assert mx.allclose(mx.qqmm(x, *mx.quantize(w, mode=mode), mode=mode), y, rtol=1e-4, atol=1e-4)
        assert mx.qqmm(x[0], w, mode=mode).shape == (8,)


def test_products_of_two_quantized_sides_are_exported(tmp_path):
    w = mx.quantize(mx.random.normal((8, 64)), mode="nvfp4")
    x = mx.random.normal((4, 64))

    def f(x):
        return mx.qqmm(x, *w)

    mx.export_function(str(tmp_path / "f"), f, x)
    (got,) = mx.import_function(str(tmp_path / "f"))(x)
    assert mx.array_equal(got, f(x))


def test_masks_and_segments():
    mx.random.seed(3)
    a, b = mx.random.normal((50, 70)), mx.random.normal((70, 40))
    keep = mx.array([[True, False, True], [False, True, True]])
    full = mx.repeat(mx.repeat(keep, 32, 0), 32, 1)[:50, :70]
    got = mx.block_masked_mm(a, b, 32, mask_lhs=keep)
    assert mx.abs(got - mx.where(full, a, 0) @ b).max().item() < 1e-4
    parts = mx.segmented_mm(a, b, mx.array([[0, 30], [30, 70]], mx.uint32))
    assert mx.abs(parts[0] - a[:, :30] @ b[:30]).max().item() < 1e-4
    assert mx.abs(parts[1] - a[:, 30:] @ b[30:]).max().item() < 1e-4


def test_eight_bit_floats():
    codes = mx.to_fp8(mx.array([0.0, 1.0, -2.0, 1.0625, 1.1875, 1e9, 0.001953125]))
    assert codes.tolist() == [0, 56, 192, 56, 58, 126, 1]
    assert mx.from_fp8(codes, mx.float32).tolist() == [0.0, 1.0, -2.0, 1.0, 1.25, 448.0, 0.001953125]


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda w: mx.quantize(w, bits=7), "bits 7"),
        (lambda w: mx.quantize(w, group_size=16), "group size 16"),
        (lambda w: mx.quantize(w, mode="other"), "Invalid quantization mode 'other'"),
        (lambda w: mx.quantize(w, bits=8, mode="mxfp4"), "bits to be 4"),
        (lambda w: mx.quantized_matmul(w, *mx.quantize(w)[:2]), "iases"),
        (lambda w: mx.quantized_matmul(w, w, *mx.quantize(w)[1:]), "uint32"),
        (lambda w: mx.from_fp8(w), "uint8"),
        (lambda w: mx.qqmm(w, mx.quantize(w, mode="nvfp4")[0]), "Scales must be provided"),
        (lambda w: mx.qqmm(w, w, mode="affine"), "affine"),
        (lambda w: mx.qqmm(w, w[:, :32]), "does not meet"),
        (lambda w: mx.gather_qqmm(w[0], w), "does not meet"),
        (lambda w: mx.gather_qqmm(w, w, lhs_indices=mx.array([0.5])), "indices are integers"),
        (lambda w: mx.gather_qqmm(w, w, mode="mxfp8", global_scale_x=mx.array(1.0)), "for nvfp4"),
    ],
)
def test_wrong_arguments_are_value_errors(call, text):
    with pytest.raises(ValueError, match=text):
        call(mx.ones((4, 64)))


def test_a_model_is_quantized_in_place():
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 100), nn.Embedding(4, 64))
    nn.quantize(model)
    assert repr(model.layers[0]) == (
        "QuantizedLinear(input_dims=64, output_dims=64, bias=True, group_size=64, bits=4, mode=affine)"
    )
    assert repr(model.layers[3]) == "QuantizedEmbedding(4, 64, group_size=64, bits=4, mode=affine)"
    assert [k for k, _ in utils.tree_flatten(model.trainable_parameters())] == ["layers.0.bias", "layers.2.bias"]
    assert model.layers[3](mx.array([[1, 2]])).shape == (1, 2, 64)
    assert model.layers[3].as_linear(mx.ones((3, 64))).shape == (3, 4)


def test_a_layer_that_cannot_be_quantized_says_so():
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
    with pytest.raises(ValueError, match="Unable to quantize model of type"):
        nn.quantize(model, class_predicate=lambda path, layer: True)
    with pytest.raises(NotImplementedError, match="does not support bias"):
        nn.Linear(64, 64).to_quantized(mode="nvfp4", quantize_input=True)
    with pytest.raises(ValueError, match="Quantized input is not supported"):
        nn.Embedding(4, 64).to_quantized(quantize_input=True)


def test_a_doubly_quantized_layer_keeps_codes_in_evaluation():
    layer = nn.Linear(64, 8, bias=False).to_quantized(mode="mxfp8", quantize_input=True)
    assert [k for k, _ in utils.tree_flatten(layer.parameters())] == ["weight"]
    layer.eval()
    assert layer.weight.dtype == mx.uint32
    layer.train()
    assert layer.weight.dtype == mx.bfloat16

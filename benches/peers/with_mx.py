"""The workloads in MLX's interface: `mx:mlx`, `mx:lazulite`."""

from __future__ import annotations

import importlib
import math

import workloads as w
from workloads import BATCH, DIMS, GPU, HALVES, HEADS, LAYERS, TOKENS


def framework(package: str) -> w.Framework:
    mx = importlib.import_module(package + ".core")
    mx.set_default_device(mx.gpu if GPU else mx.cpu)
    i = {k: mx.array(v) for k, v in w.inputs().items()}
    if GPU:
        i.update({k: i[k].astype(mx.bfloat16) for k in HALVES})
    mx.eval(list(i.values()))
    work: dict = {}

    def run(f, *args):
        r = f(*args)
        mx.eval(r)
        return r

    def add(name, f, *args):
        work[name] = lambda: run(f, *args)

    def both(name, f, *args, eager="_eager"):
        add(name + eager, f, *args)
        add(name + "_compiled", mx.compile(f), *args)

    def chain(x):
        for _ in range(500):
            x = (x + 1.0) * 0.5
        return x

    def layer_norm(x, g):
        m, v = mx.mean(x, axis=-1, keepdims=True), mx.var(x, axis=-1, keepdims=True)
        return (x - m) * mx.rsqrt(v + 1e-5) * g

    def attention(mask):
        return lambda q, k, v: mx.fast.scaled_dot_product_attention(q, k, v, scale=0.125, mask=mask)

    both("dispatch_chain_1000", chain, i["small"], eager="")  # 1000 dependent ops on 16 elements: overhead
    both("gelu", lambda x: x * (1 + mx.erf(x / math.sqrt(2))) / 2, i["el"])
    add("add", mx.add, i["el"], i["el2"])
    both("sin_exp_chain", lambda x, y: mx.exp(mx.sin(x) * y) + mx.cos(x), i["el"], i["el2"], eager="")
    add("sum_all", mx.sum, i["el"])
    add("sum_axis0", lambda x: mx.sum(x, axis=0), i["mat"])
    add("sum_axis1", lambda x: mx.sum(x, axis=1), i["mat"])
    add("softmax", lambda x: mx.softmax(x, axis=-1), i["mat"])
    both("layernorm", layer_norm, i["mat"], i["row"])
    add("layernorm_fast", lambda x, g: mx.fast.layer_norm(x, g, None, 1e-5), i["mat"], i["row"])
    add("transpose_add", lambda x: x + x.T if x.shape[0] == x.shape[1] else x.T + 1.0, i["mat"])
    add("matmul", mx.matmul, i["a"], i["b"])
    add("matmul_t", lambda a, b: a @ b.T, i["a"], i["b"])
    add("sdpa", attention(None), i["q"], i["k"], i["v"])
    add("sdpa_causal", attention("causal"), i["q"], i["k"], i["v"])
    add("conv2d", lambda x, k: mx.conv2d(x, k, padding=1), i["img"], i["ker"])
    add("gather_rows", lambda x, n: mx.take(x, n, axis=0), i["mat"], i["idx"])
    add("sort", lambda x: mx.sort(x, axis=-1), i["mat"])
    add("argmax", lambda x: mx.argmax(x, axis=-1), i["mat"])
    add("cumsum", lambda x: mx.cumsum(x, axis=-1), i["mat"])
    add("rfft", lambda x: mx.abs(mx.fft.rfft(x)), i["fft"])
    add("random_normal", lambda: mx.random.normal((w.ELEMENTS,)))
    add("vmap_matvec", mx.vmap(lambda m, x: mx.tanh(m @ x)), i["vb"], i["vx"])

    def evaluated(step, *args):
        loss, new = step(*args)
        mx.eval(loss, new)
        return [loss, *new]

    params = [mx.array(p) for p in w.mlp_parameters()]

    def cross_entropy(z, y):
        picked = mx.take_along_axis(z, y[..., None], axis=-1).squeeze(-1)
        return mx.mean(mx.logsumexp(z, axis=-1) - picked)

    def mlp_loss(p, x, y):
        h = mx.maximum(x @ p[0] + p[1], 0)
        h = mx.maximum(h @ p[2] + p[3], 0)
        return cross_entropy(h @ p[4] + p[5], y)

    mlp_gradient = mx.value_and_grad(mlp_loss)

    def mlp_step(p, x, y):
        loss, g = mlp_gradient(p, x, y)
        return loss, [a - 1e-3 * d for a, d in zip(p, g, strict=True)]

    compiled_mlp = mx.compile(mlp_step)
    work["mlp_train"] = lambda: evaluated(mlp_step, params, i["mx_"], i["my"])
    work["mlp_train_compiled"] = lambda: evaluated(compiled_mlp, params, i["mx_"], i["my"])

    gpt: dict = {}

    def weights():
        if not gpt:
            dtype = mx.bfloat16 if GPU else mx.float32
            gpt.update({k: mx.array(v).astype(dtype) for k, v in w.gpt_parameters().items()})
            mx.eval(list(gpt.values()))
        return gpt

    def gpt_loss(p, t):
        x = p["emb"][t] + p["pos"]
        for n in range(LAYERS):
            y = mx.fast.rms_norm(x, p[f"{n}.n1"], 1e-5) @ p[f"{n}.qkv"]
            y = y.reshape(BATCH, TOKENS, 3 * HEADS, DIMS // HEADS).transpose(0, 2, 1, 3)
            q, k, v = mx.split(y, 3, axis=1)
            o = mx.fast.scaled_dot_product_attention(q, k, v, scale=(DIMS // HEADS) ** -0.5, mask="causal")
            x = x + o.transpose(0, 2, 1, 3).reshape(BATCH, TOKENS, DIMS) @ p[f"{n}.o"]
            u = mx.fast.rms_norm(x, p[f"{n}.n2"], 1e-5) @ p[f"{n}.u"]
            x = x + (u * (1 + mx.erf(u / math.sqrt(2))) / 2) @ p[f"{n}.d"]
        return cross_entropy((x[:, :-1] @ p["emb"].T).astype(mx.float32), t[:, 1:])

    gpt_gradient = mx.value_and_grad(gpt_loss)

    def gpt_step(p, t):
        loss, g = gpt_gradient(p, t)
        return loss, {k: p[k] - (1e-3 * g[k]).astype(p[k].dtype) for k in p}

    compiled_gpt = mx.compile(gpt_step)

    def train(step):
        p = weights()
        loss, new = step(p, i["tok"])
        mx.eval(loss, new)
        return [loss, *(new[k] for k in p)]

    work["gpt_train"] = lambda: train(gpt_step)
    work["gpt_train_compiled"] = lambda: train(compiled_gpt)
    work["gpt_forward"] = lambda: run(gpt_loss, weights(), i["tok"])

    quantized: dict = {}

    def qmv():  # one token through a 4-bit weight: what decoding a language model does
        if not quantized:
            n, dtype = w.on(4096, 16384), mx.bfloat16 if GPU else mx.float32
            made = mx.quantize(mx.random.normal((n, n), key=mx.random.key(0)), group_size=64, bits=4)
            quantized["w"] = [a.astype(dtype) if a.dtype == mx.float32 else a for a in made]
            quantized["x"] = mx.random.normal((1, n), key=mx.random.key(1)).astype(dtype)
            mx.eval(quantized["w"], quantized["x"])
        options = {"transpose": True, "group_size": 64, "bits": 4}
        return run(lambda x: mx.quantized_matmul(x, *quantized["w"], **options), quantized["x"])

    work["qmv_4bit"] = qmv

    def part(r):
        def values(index):
            if index is None:
                return r.size
            return w.np.array(mx.take(r.flatten(), mx.array(index)).astype(mx.float32))

        return values

    return work, lambda name, r: w.digest(name, [part(x) for x in w.parts_of(r)])

"""The workloads in JAX, under jit except where the eager cost is what is measured."""

from __future__ import annotations

import math
import os

import workloads as w
from workloads import BATCH, DIMS, GPU, HALVES, HEADS, LAYERS, TOKENS

os.environ.setdefault("JAX_PLATFORMS", "cuda" if GPU else "cpu")
import jax  # noqa: E402 - it reads the platform when it is imported
import jax.numpy as jnp  # noqa: E402


def framework() -> w.Framework:
    i = {k: jnp.asarray(v) for k, v in w.inputs().items()}
    if GPU:
        i.update({k: i[k].astype(jnp.bfloat16) for k in HALVES})
    work: dict = {}

    def add(name, f, *args):
        jitted = jax.jit(f)
        work[name] = lambda: jax.block_until_ready(jitted(*args))

    def eager(name, f, *args):
        work[name] = lambda: jax.block_until_ready(f(*args))

    def gelu(x):
        return x * (1 + jax.scipy.special.erf(x / math.sqrt(2))) / 2

    def chain(x):
        for _ in range(500):
            x = (x + 1.0) * 0.5
        return x

    def layer_norm(x, g):
        m, v = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        return (x - m) * jax.lax.rsqrt(v + 1e-5) * g

    def attention(causal):
        def run(q, k, v):
            q, k, v = (x.swapaxes(1, 2) for x in (q, k, v))
            return jax.nn.dot_product_attention(q, k, v, scale=0.125, is_causal=causal)

        return run

    def convolve(x, k):
        return jax.lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=("NHWC", "OHWI", "NHWC"))

    eager("dispatch_chain_1000", chain, i["small"])
    add("dispatch_chain_1000_compiled", chain, i["small"])
    eager("gelu_eager", gelu, i["el"])
    add("gelu_compiled", gelu, i["el"])
    add("add", jnp.add, i["el"], i["el2"])
    add("sin_exp_chain_compiled", lambda x, y: jnp.exp(jnp.sin(x) * y) + jnp.cos(x), i["el"], i["el2"])
    add("sum_all", jnp.sum, i["el"])
    add("sum_axis0", lambda x: x.sum(0), i["mat"])
    add("sum_axis1", lambda x: x.sum(1), i["mat"])
    add("softmax", lambda x: jax.nn.softmax(x, -1), i["mat"])
    add("layernorm_compiled", layer_norm, i["mat"], i["row"])
    add("layernorm_fast", layer_norm, i["mat"], i["row"])
    add("transpose_add", lambda x: x + x.T if w.ROWS == w.COLS else x.T + 1.0, i["mat"])
    add("matmul", jnp.matmul, i["a"], i["b"])
    add("matmul_t", lambda a, b: a @ b.T, i["a"], i["b"])
    add("sdpa", attention(False), i["q"], i["k"], i["v"])
    add("sdpa_causal", attention(True), i["q"], i["k"], i["v"])
    add("conv2d", convolve, i["img"], i["ker"])
    add("gather_rows", lambda x, n: x[n], i["mat"], i["idx"])
    add("sort", lambda x: jnp.sort(x, -1), i["mat"])
    add("argmax", lambda x: x.argmax(-1), i["mat"])
    add("cumsum", lambda x: jnp.cumsum(x, -1), i["mat"])
    add("rfft", lambda x: jnp.abs(jnp.fft.rfft(x)), i["fft"])
    add("random_normal", lambda k: jax.random.normal(k, (w.ELEMENTS,)), jax.random.key(0))
    add("vmap_matvec", jax.vmap(lambda m, x: jnp.tanh(m @ x)), i["vb"], i["vx"])

    params = [jnp.asarray(p) for p in w.mlp_parameters()]

    def cross_entropy(z, y):
        return jnp.mean(jax.nn.logsumexp(z, -1) - jnp.take_along_axis(z, y[..., None], -1)[..., 0])

    def mlp_loss(p, x, y):
        h = jax.nn.relu(x @ p[0] + p[1])
        h = jax.nn.relu(h @ p[2] + p[3])
        return cross_entropy(h @ p[4] + p[5], y)

    @jax.jit
    def mlp_step(p, x, y):
        loss, g = jax.value_and_grad(mlp_loss)(p, x, y)
        return loss, [a - 1e-3 * d for a, d in zip(p, g, strict=True)]

    def mlp_train():
        loss, new = jax.block_until_ready(mlp_step(params, i["mx_"], i["my"]))
        return [loss, *new]

    work["mlp_train_compiled"] = mlp_train

    gpt: dict = {}

    def rms_norm(x, g):
        return (x * jax.lax.rsqrt(jnp.mean(x.astype(jnp.float32) ** 2, -1, keepdims=True) + 1e-5)).astype(x.dtype) * g

    def gpt_loss(p, t):
        x = p["emb"][t] + p["pos"]
        for n in range(LAYERS):
            y = rms_norm(x, p[f"{n}.n1"]) @ p[f"{n}.qkv"]
            q, k, v = jnp.split(y.reshape(BATCH, TOKENS, 3 * HEADS, DIMS // HEADS), 3, axis=2)
            o = jax.nn.dot_product_attention(q, k, v, is_causal=True, implementation="cudnn" if GPU else None)
            x = x + o.reshape(BATCH, TOKENS, DIMS) @ p[f"{n}.o"]
            u = rms_norm(x, p[f"{n}.n2"]) @ p[f"{n}.u"]
            x = x + jax.nn.gelu(u, approximate=False) @ p[f"{n}.d"]
        return cross_entropy((x[:, :-1] @ p["emb"].T).astype(jnp.float32), t[:, 1:])

    @jax.jit
    def gpt_step(p, t):
        loss, g = jax.value_and_grad(gpt_loss)(p, t)
        return loss, {k: p[k] - (1e-3 * g[k]).astype(p[k].dtype) for k in p}

    def gpt_train():
        if not gpt:
            dtype = jnp.bfloat16 if GPU else jnp.float32
            gpt.update({k: jnp.asarray(v).astype(dtype) for k, v in w.gpt_parameters().items()})
        loss, new = jax.block_until_ready(gpt_step(gpt, i["tok"]))
        return [loss, *(new[k] for k in gpt)]

    work["gpt_train_compiled"] = gpt_train

    def part(name, r):
        if name.startswith("sdpa"):
            r = r.swapaxes(1, 2)

        def values(index):
            if index is None:
                return r.size
            return w.np.asarray(r.reshape(-1)[jnp.asarray(index)].astype(jnp.float32))

        return values

    return work, lambda name, r: w.digest(name, [part(name, x) for x in w.parts_of(r)])

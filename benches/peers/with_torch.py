"""The workloads in PyTorch, eager (`torch`) or with torch.compile (`torchc`)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
import workloads as w
from workloads import BATCH, DIMS, GPU, HALVES, HEADS, LAYERS, TOKENS


def framework(compiled: bool) -> w.Framework:
    torch.set_num_threads(w.THREADS)
    device = "cuda" if GPU else "cpu"
    i = {k: torch.from_numpy(v).to(device) for k, v in w.inputs().items()}
    if GPU:
        i.update({k: i[k].bfloat16() for k in HALVES})
    work: dict = {}
    suffix = "_compiled" if compiled else ""

    def maybe(f):
        return torch.compile(f) if compiled else f

    def finish(r):
        if GPU:
            torch.cuda.synchronize()
        return r

    def add(name, f, *args):
        def run():
            with torch.no_grad():
                return finish(f(*args))

        work[name] = run

    def chain(x):
        for _ in range(500):
            x = (x + 1.0) * 0.5
        return x

    def layer_norm(x, g):
        m, v = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, unbiased=False)
        return (x - m) * torch.rsqrt(v + 1e-5) * g

    if not compiled:
        img, ker, idx = i["img"].permute(0, 3, 1, 2), i["ker"].permute(0, 3, 1, 2), i["idx"].long()
        sdpa, heads = F.scaled_dot_product_attention, (i["q"], i["k"], i["v"])
        add("dispatch_chain_1000", chain, i["small"])
        add("add", torch.add, i["el"], i["el2"])
        add("sum_all", lambda x: x.sum(), i["el"])
        add("sum_axis0", lambda x: x.sum(0), i["mat"])
        add("sum_axis1", lambda x: x.sum(1), i["mat"])
        add("softmax", lambda x: F.softmax(x, -1), i["mat"])
        add("layernorm_fast", lambda x, g: F.layer_norm(x, (w.COLS,), g, None, 1e-5), i["mat"], i["row"])
        add("transpose_add", lambda x: x + x.T if w.ROWS == w.COLS else x.T + 1.0, i["mat"])
        add("matmul", lambda a, b: a @ b, i["a"], i["b"])
        add("matmul_t", lambda a, b: a @ b.T, i["a"], i["b"])
        add("sdpa", lambda q, k, v: sdpa(q, k, v, scale=0.125), *heads)
        add("sdpa_causal", lambda q, k, v: sdpa(q, k, v, scale=0.125, is_causal=True), *heads)
        add("conv2d", lambda x, k: F.conv2d(x, k, padding=1), img, ker)
        add("gather_rows", lambda x, n: x[n], i["mat"], idx)
        add("sort", lambda x: torch.sort(x, -1)[0], i["mat"])
        add("argmax", lambda x: x.argmax(-1), i["mat"])
        add("cumsum", lambda x: x.cumsum(-1), i["mat"])
        add("rfft", lambda x: torch.fft.rfft(x).abs(), i["fft"])
        add("random_normal", lambda: torch.randn(w.ELEMENTS, device=device))
        add("vmap_matvec", lambda m, x: torch.vmap(lambda a, b: torch.tanh(a @ b))(m, x), i["vb"], i["vx"])
    named = suffix or "_eager"
    add("gelu" + named, maybe(lambda x: x * (1 + torch.erf(x / math.sqrt(2))) / 2), i["el"])
    add("sin_exp_chain" + suffix, maybe(lambda x, y: torch.exp(torch.sin(x) * y) + torch.cos(x)), i["el"], i["el2"])
    add("layernorm" + named, maybe(layer_norm), i["mat"], i["row"])

    params = [torch.from_numpy(p).to(device).requires_grad_() for p in w.mlp_parameters()]
    labels, tokens = i["my"].long(), i["tok"].long()

    def mlp_loss(x, y):
        h = F.relu(x @ params[0] + params[1])
        h = F.relu(h @ params[2] + params[3])
        return F.cross_entropy(h @ params[4] + params[5], y)

    maybe_mlp = maybe(mlp_loss)

    def stepped(loss, leaves):
        gradients = torch.autograd.grad(loss, leaves)
        with torch.no_grad():
            new = [p - 1e-3 * d for p, d in zip(leaves, gradients, strict=True)]
        return finish([loss.detach(), *new])

    work["mlp_train" + suffix] = lambda: stepped(maybe_mlp(i["mx_"], labels), params)

    p: dict = {}

    def gpt_loss(t):
        x = p["emb"][t] + p["pos"]
        for n in range(LAYERS):
            y = F.rms_norm(x, (DIMS,), p[f"{n}.n1"], 1e-5) @ p[f"{n}.qkv"]
            q, k, v = y.view(BATCH, TOKENS, 3 * HEADS, DIMS // HEADS).transpose(1, 2).chunk(3, 1)
            o = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + o.transpose(1, 2).reshape(BATCH, TOKENS, DIMS) @ p[f"{n}.o"]
            x = x + F.gelu(F.rms_norm(x, (DIMS,), p[f"{n}.n2"], 1e-5) @ p[f"{n}.u"]) @ p[f"{n}.d"]
        z = (x[:, :-1] @ p["emb"].T).float()
        return F.cross_entropy(z.reshape(-1, w.VOCABULARY), t[:, 1:].reshape(-1))

    maybe_gpt = maybe(gpt_loss)

    def gpt_train():
        if not p:
            dtype = torch.bfloat16 if GPU else torch.float32
            made = w.gpt_parameters().items()
            p.update({k: torch.from_numpy(v).to(device).to(dtype).requires_grad_() for k, v in made})
        return stepped(maybe_gpt(tokens), list(p.values()))

    work["gpt_train" + suffix] = gpt_train

    def part(name, r):
        if name == "conv2d":
            r = r.permute(0, 2, 3, 1)

        def values(index):
            if index is None:
                return r.numel()
            return r.detach().reshape(-1)[torch.from_numpy(index).to(device)].float().cpu().numpy()

        return values

    return work, lambda name, r: w.digest(name, [part(name, x) for x in w.parts_of(r)])

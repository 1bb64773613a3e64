"""A causal LM: RoPE, GQA attention by mx.fast, RMSNorm, cosine schedule, clip."""

from functools import partial

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_flatten, tree_map, tree_reduce

mx.random.seed(7)


class Attention(nn.Module):
    def __init__(self, dims, heads, kv):
        super().__init__()
        self.heads, self.kv = heads, kv
        self.scale = (dims // heads) ** -0.5
        self.q_proj = nn.Linear(dims, dims, bias=False)
        self.k_proj = nn.Linear(dims, dims // heads * kv, bias=False)
        self.v_proj = nn.Linear(dims, dims // heads * kv, bias=False)
        self.o_proj = nn.Linear(dims, dims, bias=False)
        self.rope = nn.RoPE(dims // heads, traditional=False, base=1000)

    def __call__(self, x, mask=None, cache=None):
        B, L, D = x.shape
        q = self.q_proj(x).reshape(B, L, self.heads, -1).transpose(0, 2, 1, 3)
        k = self.k_proj(x).reshape(B, L, self.kv, -1).transpose(0, 2, 1, 3)
        v = self.v_proj(x).reshape(B, L, self.kv, -1).transpose(0, 2, 1, 3)
        if cache is not None:
            q = self.rope(q, offset=cache[0].shape[2])
            k = self.rope(k, offset=cache[0].shape[2])
            k = mx.concatenate([cache[0], k], axis=2)
            v = mx.concatenate([cache[1], v], axis=2)
        else:
            q, k = self.rope(q), self.rope(k)
        o = mx.fast.scaled_dot_product_attention(q, k, v, scale=self.scale, mask=mask)
        return self.o_proj(o.transpose(0, 2, 1, 3).reshape(B, L, D)), (k, v)


class Block(nn.Module):
    def __init__(self, dims, heads, kv):
        super().__init__()
        self.attn = Attention(dims, heads, kv)
        self.n1 = nn.RMSNorm(dims)
        self.n2 = nn.RMSNorm(dims)
        self.gate = nn.Linear(dims, 2 * dims, bias=False)
        self.up = nn.Linear(dims, 2 * dims, bias=False)
        self.down = nn.Linear(2 * dims, dims, bias=False)

    def __call__(self, x, mask=None, cache=None):
        h, c = self.attn(self.n1(x), mask, cache)
        x = x + h
        y = self.n2(x)
        return x + self.down(nn.silu(self.gate(y)) * self.up(y)), c


class LM(nn.Module):
    def __init__(self, vocab, dims, layers):
        super().__init__()
        self.embed = nn.Embedding(vocab, dims)
        self.layers = [Block(dims, 4, 2) for _ in range(layers)]
        self.norm = nn.RMSNorm(dims)

    def __call__(self, t, cache=None):
        x = self.embed(t)
        mask = "causal" if t.shape[1] > 1 else None
        out = []
        for i, layer in enumerate(self.layers):
            x, c = layer(x, mask, cache[i] if cache else None)
            out.append(c)
        return self.embed.as_linear(self.norm(x)), out


model = LM(17, 16, 2)
mx.eval(model.parameters())
print(model)
print(sum(v.size for _, v in tree_flatten(model.parameters())))
print([k for k, _ in tree_flatten(model.trainable_parameters())])
print(tree_map(lambda p: p.shape, model.parameters()))
data = mx.random.randint(0, 17, (4, 13))
warm = optim.linear_schedule(0, 1e-2, steps=5)
cos = optim.cosine_decay(1e-2, 20)
sched = optim.join_schedules([warm, cos], [5])
opt = optim.AdamW(learning_rate=sched, weight_decay=0.01, betas=[0.9, 0.95])


def loss_fn(model, t):
    logits, _ = model(t[:, :-1])
    return nn.losses.cross_entropy(logits, t[:, 1:], reduction="mean")


step_fn = nn.value_and_grad(model, loss_fn)
state = [model.state, opt.state, mx.random.state]


@partial(mx.compile, inputs=state, outputs=state)
def step(t):
    loss, g = step_fn(model, t)
    g, n = optim.clip_grad_norm(g, 1.0)
    opt.update(model, g)
    return loss, n


for i in range(12):
    loss, n = step(data)
    mx.eval(state)
    print(i, f"{loss.item():.4f} {n.item():.4f} {opt.learning_rate.item():.6f}", opt.step.item())
logits, cache = model(data[:1, :4])
tok = mx.argmax(logits[:, -1:], axis=-1)
out = []
for _ in range(6):
    logits, cache = model(tok, cache)
    tok = mx.argmax(logits[:, -1:, :], axis=-1)
    out.append(tok.item())
print(out)
full, _ = model(mx.concatenate([data[:1, :4], mx.array([[1, 2]])], axis=1))
l4, c4 = model(data[:1, :4])
l5, c5 = model(mx.array([[1]]), c4)
l6, _ = model(mx.array([[2]]), c5)
print(mx.allclose(full[:, -1], l6[:, -1], atol=1e-4))
print(tree_reduce(lambda a, x: a + x.size, model.parameters(), 0))
print(sorted(opt.state.keys()), opt.state["step"].dtype)

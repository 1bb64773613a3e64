"""A character-level transformer: attention, layer norm, embedding, AdamW with a schedule, gradient clipping."""

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_flatten


class TransformerLM(nn.Module):
    def __init__(self, vocab_size: int, num_layers: int, dims: int, num_heads: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dims)
        self.pe = nn.SinusoidalPositionalEncoding(dims)
        self.transformer = nn.TransformerEncoder(num_layers, dims, num_heads, norm_first=True)
        self.out_proj = nn.Linear(dims, vocab_size)

    def __call__(self, x):
        length = x.shape[1]
        mask = nn.MultiHeadAttention.create_additive_causal_mask(length)
        x = self.embedding(x) + self.pe(mx.arange(length))[None]
        return self.out_proj(self.transformer(x, mask))


text = "the quick brown fox jumps over the lazy dog. " * 4
letters = sorted(set(text))
data = mx.array([letters.index(c) for c in text])

mx.random.seed(11)
model = TransformerLM(len(letters), 1, 32, 4)
mx.eval(model.parameters())
print("parameters", sum(p.size for _, p in tree_flatten(model.parameters())))


def loss_fn(model, x, y):
    return nn.losses.cross_entropy(model(x), y, reduction="mean")


schedule = optim.join_schedules([optim.linear_schedule(0.0, 1e-2, 10), optim.cosine_decay(1e-2, 60)], [10])
optimizer = optim.AdamW(learning_rate=schedule, weight_decay=0.01)
loss_and_grad = nn.value_and_grad(model, loss_fn)
x = mx.stack([data[i : i + 24] for i in range(0, 96, 8)])
y = mx.stack([data[i + 1 : i + 25] for i in range(0, 96, 8)])
first = last = None
for step in range(60):
    loss, grads = loss_and_grad(model, x, y)
    grads, norm = optim.clip_grad_norm(grads, 1.0)
    optimizer.update(model, grads)
    mx.eval(model.parameters(), optimizer.state, norm)
    last = loss.item()
    first = last if first is None else first
print("first loss", first)
print("learnt", last < 0.2 * first, "steps", optimizer.step.item())
assert last < 0.2 * first
model.eval()
prompt = data[:10][None]
for _ in range(12):
    following = mx.argmax(model(prompt)[:, -1], axis=-1, keepdims=True)
    prompt = mx.concatenate([prompt, following], axis=1)
print("".join(letters[i] for i in prompt[0].tolist()))

"""LoRA as mlx users do: freeze, update_modules, save adapters, load strict=False."""

import math
import os
import tempfile

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_flatten, tree_map, tree_map_with_path, tree_unflatten

mx.random.seed(0)


def attempt(f):
    try:
        print("done", f())
    except Exception as e:
        print(type(e).__name__)


class LoRALinear(nn.Module):
    @staticmethod
    def from_linear(linear, r=4):
        o, i = linear.weight.shape
        layer = LoRALinear(i, o, r)
        layer.linear = linear
        return layer

    def __init__(self, i, o, r, scale=2.0):
        super().__init__()
        self.linear = nn.Linear(i, o)
        self.scale = scale
        s = 1 / math.sqrt(i)
        self.lora_a = mx.random.uniform(low=-s, high=s, shape=(i, r))
        self.lora_b = mx.zeros(shape=(r, o))

    def _extra_repr(self):
        return f"scale={self.scale}"

    def __call__(self, x):
        return self.linear(x) + self.scale * ((x @ self.lora_a) @ self.lora_b)


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 2)]
        self.norm = nn.LayerNorm(8)
        self.drop = nn.Dropout(0.1)
        self.tag = "x"
        self._hidden = mx.ones((3,))

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = nn.gelu_approx(layer(x))
        return self.layers[-1](self.drop(self.norm(x)))


m = MLP()
print([k for k, _ in tree_flatten(m.parameters())])
print(sorted(k for k, _ in m.named_modules()))
print([type(x).__name__ for x in m.modules()])
print(tree_map(lambda x: type(x).__name__, m.leaf_modules(), is_leaf=nn.Module.is_module))
print(list(m.children().keys()))
m.freeze()
print(m.trainable_parameters())
lora = [
    (k, LoRALinear.from_linear(v))
    for k, v in tree_flatten(m.leaf_modules(), is_leaf=nn.Module.is_module)
    if isinstance(v, nn.Linear) and not k.endswith("2")
]
print([k for k, _ in lora])
m.update_modules(tree_unflatten(lora))
print(m)
print([k for k, _ in tree_flatten(m.trainable_parameters())])
m.unfreeze(keys=["bias"])
print([k for k, _ in tree_flatten(m.trainable_parameters())])
m.freeze(keys="bias")
m.layers[0].unfreeze(recurse=False)
m.norm.unfreeze(keys=["weight"], strict=True)
print([k for k, _ in tree_flatten(m.trainable_parameters())])
attempt(lambda: m.unfreeze(keys=["nothing"], strict=True))
m.apply_to_modules(lambda k, v: v.unfreeze(keys=["lora_a", "lora_b"]) if isinstance(v, LoRALinear) else None)
print([k for k, _ in tree_flatten(m.trainable_parameters())])
print(m.training)
m.eval()
print(m.training, m.drop.training)
m.train()
print(m.drop.training)
m.eval()
x = mx.random.normal((16, 6))
y = mx.random.normal((16, 2))
opt = optim.SGD(learning_rate=0.1, momentum=0.9, nesterov=True)
f = nn.value_and_grad(m, lambda x, y: nn.losses.mse_loss(m(x), y))
before = m.layers[0].linear.weight
for _ in range(5):
    layer, g = f(x, y)
    opt.update(m, g)
    print(layer)
print(mx.array_equal(before, m.layers[0].linear.weight))
print([k for k, _ in tree_flatten(g)], [k for k, _ in tree_flatten(opt.state)])
with tempfile.TemporaryDirectory() as d:
    p = os.path.join(d, "a.safetensors")
    mx.save_safetensors(p, dict(tree_flatten(m.trainable_parameters())), {"format": "mlx", "rank": "4"})
    w, meta = mx.load(p, return_metadata=True)
    print(sorted(w), dict(sorted(meta.items())))
    m2 = MLP()
    m2.freeze()
    attempt(lambda: m2.load_weights(p))
    m2.load_weights(p, strict=False)
    q = os.path.join(d, "m.npz")
    m.save_weights(q)
    m.load_weights(q)
    m.save_weights(os.path.join(d, "m.safetensors"))
    m.load_weights(os.path.join(d, "m.safetensors"), strict=True)
    attempt(lambda: m.save_weights(os.path.join(d, "m.bin")))
    attempt(lambda: m.load_weights([("layers.0.linear.weight", mx.zeros((2, 2)))], strict=False) is m)
    bad = [(k, (mx.zeros((3,)) if k == "norm.bias" else v)) for k, v in tree_flatten(m.parameters())]
    attempt(lambda: m.load_weights(bad))
    attempt(lambda: m.load_weights(bad[:-1]))
    attempt(lambda: m.load_weights(bad + [("more", mx.zeros(1))]))
m = MLP()
m.eval()
m.apply(lambda p: p.astype(mx.float16))
print(m.layers[0].weight.dtype, m(x).dtype)
m.set_dtype(mx.bfloat16)
print(m.norm.weight.dtype)
m.set_dtype(mx.float32, lambda d: d == mx.float16)
print(m.norm.weight.dtype)
m.apply(
    lambda p: p * 0 + 1,
    filter_fn=lambda mod, k, v: isinstance(v, mx.array) and v.ndim == 2 or isinstance(v, (list, dict)),
)
print(m.layers[0].weight.sum(), m.layers[0].bias.dtype)
print(m.filter_and_map(lambda mod, k, v: k == "norm"))
print(m.filter_and_map(lambda mod, k, v: isinstance(v, mx.array), map_fn=lambda v: v.shape))
print(tree_map_with_path(lambda k, v: f"{k}:{v.ndim}", m.parameters()))
attempt(lambda: m.update({"layers": [{"nope": mx.ones(2)}]}))
m.update({"layers": [{"nope": mx.ones(2)}]}, strict=False)
print("nope" in m.layers[0])
attempt(lambda: m.update({"layers": {"0": mx.ones(2)}}))
attempt(lambda: m.update_modules({"norm": mx.ones(2)}))
attempt(lambda: m.missing)
m.tag2 = mx.zeros(2)
del m.tag2
print(hasattr(m, "tag2"))
print("norm" in m, m["norm"], len(list(m.items())))

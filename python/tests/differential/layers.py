"""Calls of layers, losses, optimizers and tree functions, written out; the inputs are named as in `listed`."""

ACTIVATIONS = (
    "celu elu gelu gelu_approx gelu_fast_approx glu hard_shrink hard_tanh hardswish leaky_relu log_sigmoid log_softmax mish relu relu2 "
    "relu6 selu sigmoid silu softmax softmin softplus softshrink softsign step tanh"
).split()

ACTIVATION_LAYERS = (
    "CELU() ELU(0.5) GELU() GELU('precise') GELU('fast') GLU() HardShrink() HardTanh() Hardswish() LeakyReLU(0.2) LogSigmoid() "
    "LogSoftmax() Mish() PReLU() ReLU() ReLU2() ReLU6() SELU() SiLU() Sigmoid() Softmax() Softmin() Softplus() Softshrink() Softsign() "
    "Step(0.5) Tanh() Identity()"
).split()

LAYERS = (
    "x:2,3,4::float32 w:5,4::float32 v:4::float32 s:4:positive:float32 h:2,3,8::float32 q:2,4,3,8::float32",
    "loose",
    "none",
    1,
    r"""
l = nn.Linear(4, 5); l.update({"weight": w}); l(x) - l.bias
l = nn.Linear(4, 5, bias=False); l.weight = w; l(x)
l = nn.Bilinear(4, 4, 2); [p.shape for _, p in utils.tree_flatten(l.parameters())]
e = nn.Embedding(5, 4); e.weight = w; e(mx.array([[0, 2], [4, 1]])), e.as_linear(x)
nn.LayerNorm(4)(x)
nn.LayerNorm(4, affine=False)(x)
n = nn.LayerNorm(4, eps=1e-3); n.weight = v; n.bias = s; n(x)
nn.RMSNorm(4)(x)
n = nn.RMSNorm(4, eps=1e-3); n.weight = v; n(x)
nn.GroupNorm(2, 4)(x)
nn.GroupNorm(2, 4, pytorch_compatible=True)(x)
nn.InstanceNorm(4)(x)
b = nn.BatchNorm(4); y = b(x); y, b.running_mean, b.running_var
b = nn.BatchNorm(4); b.eval(); b(x)
nn.BatchNorm(4, affine=False, track_running_stats=False)(x)
d = nn.Dropout(0.5); d.eval(); d(x)
mx.random.seed(4)\nnn.Dropout(0.5)(x)
mx.random.seed(4)\nnn.Dropout2d(0.5)(x[None])
nn.RoPE(8)(q)
nn.RoPE(4, traditional=True, base=100.0)(q, offset=3)
nn.SinusoidalPositionalEncoding(8)(mx.arange(4))
nn.ALiBi.create_alibi_slope(4)
nn.ALiBi()(q @ q.swapaxes(-1, -2))
nn.MultiHeadAttention.create_additive_causal_mask(4)
mx.random.seed(2)\na = nn.MultiHeadAttention(8, 2); a(h, h, h)
mx.random.seed(2)\na = nn.MultiHeadAttention(8, 2, bias=True); a(h, h, h, nn.MultiHeadAttention.create_additive_causal_mask(3))
mx.random.seed(2)\nt = nn.TransformerEncoderLayer(8, 2); t(h, None)
mx.random.seed(2)\nt = nn.TransformerEncoder(2, 8, 2, norm_first=False); t(h, nn.MultiHeadAttention.create_additive_causal_mask(3))
mx.random.seed(2)\nt = nn.TransformerDecoder(1, 8, 2); t(h, h, None, None)
mx.random.seed(2)\nt = nn.Transformer(8, 2, 1, 1, 16); t(h, h, None, None, None)
mx.random.seed(2)\nnn.Linear(4, 3)(x)
mx.random.seed(2)\nnn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))(x)
mx.random.seed(2)\nnn.Embedding(3, 4).weight
nn.Sequential(nn.Linear(4, 8), nn.ReLU(), lambda x: x * 2)(x).shape
m = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 1))); [(k, p.shape) for k, p in utils.tree_flatten(m.parameters())]
m = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)); m.layers[0].freeze(); [k for k, _ in utils.tree_flatten(m.trainable_parameters())]
m = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)); m.freeze(keys="bias"); [k for k, _ in utils.tree_flatten(m.trainable_parameters())]
m = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)); m.freeze(); m.unfreeze(keys=["weight"]); [k for k, _ in utils.tree_flatten(m.trainable_parameters())]
m = nn.Sequential(nn.Linear(2, 3), nn.ReLU()); [k for k, _ in m.named_modules()], len(m.modules()), m.training
m = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5)); m.eval(); m.training, m.layers[1].training
m = nn.Sequential(nn.Linear(2, 3), nn.ReLU()); [k for k, _ in utils.tree_flatten(m.leaf_modules(), is_leaf=nn.Module.is_module)]
m = nn.Linear(2, 3); m.apply(lambda p: p * 0 + 1); m.parameters()
m = nn.Linear(2, 3); m.set_dtype(mx.float16); m.weight.dtype, m.bias.dtype
m = nn.Linear(2, 3); repr(m), repr(nn.Sequential(m, nn.ReLU())), repr(nn.LayerNorm(3)), repr(nn.Dropout(0.5)), repr(nn.Embedding(3, 2))
m = nn.Linear(2, 3); sorted(m.state), m.children(), "weight" in m, sorted(m.keys())
mx.random.seed(5)\nm = nn.Linear(4, 1); nn.value_and_grad(m, lambda m, x: m(x).square().mean())(m, x)
mx.random.seed(5)\nm = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1)); nn.value_and_grad(m, lambda x: m(x).sum())(x)
mx.random.seed(5)\nm = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 1)); m.layers[0].freeze(); nn.value_and_grad(m, lambda x: m(x).sum())(x)
nn.losses.mse_loss(x, x * 2)
nn.losses.mse_loss(x, x * 2, reduction="none")
nn.losses.l1_loss(x, x * 2, "sum")
nn.losses.smooth_l1_loss(x, x * 2, beta=0.5)
nn.losses.huber_loss(x, x * 2, delta=0.5)
nn.losses.log_cosh_loss(x, x * 0.5)
nn.losses.hinge_loss(x, mx.sign(x * 2))
nn.losses.cross_entropy(x, mx.array([[0, 1, 2], [3, 2, 1]]))
nn.losses.cross_entropy(x, mx.array([[0, 1, 2], [3, 2, 1]]), label_smoothing=0.1, reduction="mean")
nn.losses.cross_entropy(x, mx.softmax(x * 2, axis=-1), axis=-1)
nn.losses.cross_entropy(x, mx.array([[0, 1, 2], [3, 2, 1]]), weights=mx.ones((2, 3)) * 2, reduction="sum")
nn.losses.binary_cross_entropy(x, mx.sigmoid(x))
nn.losses.binary_cross_entropy(mx.sigmoid(x), mx.sigmoid(x * 2), with_logits=False, reduction="none")
nn.losses.nll_loss(mx.log(mx.softmax(x, axis=-1)), mx.array([[0, 1, 2], [3, 2, 1]]))
nn.losses.kl_div_loss(mx.log(mx.softmax(x, axis=-1)), mx.log(mx.softmax(2 * x, axis=-1)))
nn.losses.gaussian_nll_loss(x, x * 2, s)
nn.losses.gaussian_nll_loss(x, x * 2, s, full=True, reduction="none")
nn.losses.triplet_loss(x, x * 2, x + 1)
nn.losses.cosine_similarity_loss(x, x * x + 1)
nn.losses.margin_ranking_loss(x, x * 2, mx.sign(x))
mx.random.seed(6)\nnn.init.constant(0.5)(x)
mx.random.seed(6)\nnn.init.normal(1.0, 0.5)(w)
mx.random.seed(6)\nnn.init.uniform(-1, 1)(w)
mx.random.seed(6)\nnn.init.identity()(mx.zeros((3, 3)))
mx.random.seed(6)\nnn.init.glorot_normal()(w)
mx.random.seed(6)\nnn.init.glorot_uniform()(w, 2.0)
mx.random.seed(6)\nnn.init.he_normal()(w)
mx.random.seed(6)\nnn.init.he_uniform()(w, "fan_out", 0.5)
mx.random.seed(6)\no = nn.init.orthogonal()(mx.zeros((3, 3))); o @ o.T
mx.random.seed(6)\n(nn.init.sparse(0.5)(mx.zeros((4, 4))) == 0).sum()
mx.fast.layer_norm(x, v, s, 1e-5)
mx.fast.layer_norm(x, None, s, eps=1e-5)
mx.fast.rms_norm(x, v, 1e-5)
mx.fast.rms_norm(x, None, eps=1e-5)
mx.fast.rope(q, 8, traditional=False, base=10000.0, scale=1.0, offset=0)
mx.fast.rope(q, 4, traditional=True, base=10000.0, scale=0.5, offset=2)
mx.fast.scaled_dot_product_attention(q, q, q, scale=0.35)
mx.fast.scaled_dot_product_attention(q, q * 2, q + 1, scale=0.35, mask="causal")
mx.fast.scaled_dot_product_attention(q, q, q, scale=0.35, mask=mx.tril(mx.ones((3, 3))) > 0)
mx.fast.scaled_dot_product_attention(q, q[:, :2], q[:, 2:], scale=0.35)
mx.fast.scaled_dot_product_attention(q, q[:, :, :2], q[:, :, 1:], scale=0.35, mask="causal")
mx.fast.scaled_dot_product_attention(q, q, q, scale=0.35, mask=mx.tri(3, 3, -1) > 0)
mx.fast.scaled_dot_product_attention(q, q, q, scale=0.35, mask=mx.tri(3, 3, -1) > 0, sinks=q[0, :, 0, 0])
mx.fast.scaled_dot_product_attention(q, q, q[..., :5], scale=0.35, mask=q[..., :3])
mx.fast.scaled_dot_product_attention(q, q, q, scale=0.35, mask=mx.array([0.5, -mx.inf, -1.0]))
mx.fast.scaled_dot_product_attention(q, q, q, scale=0.35, mask=mx.ones((3, 3), mx.int32))
mx.fast.scaled_dot_product_attention(q, q, q, scale=-0.35, mask="causal")
mx.fast.scaled_dot_product_attention(q, q[:, :, :0], q[:, :, :0], scale=0.35)
mx.jvp(lambda q: mx.fast.scaled_dot_product_attention(q, q * 2, q + 1, scale=0.35, mask="causal"), [q], [q + 2])
mx.vmap(lambda q: mx.fast.scaled_dot_product_attention(q, q[:, :1], q[:, :1], scale=0.35))(mx.stack([q, q + 1]))
""",
)

# Gradients in which more cancels, so that MLX itself is 1e-5 of the largest element from float64.
CANCELLING_TWICE = (
    "q:2,4,3,8::float32",
    "twice",
    "none",
    1,
    r"""
mx.grad(lambda m: (mx.fast.scaled_dot_product_attention(q, q * 2, q + 1, scale=0.35, mask=m) * q).sum())(q[0, 0, :, :3])
mx.grad(lambda q: mx.grad(lambda q: (mx.fast.scaled_dot_product_attention(q, q, q, scale=0.35) ** 2).sum())(q).sum())(q)
""",
)

# Gradients in which terms cancel: their errors are a share of the largest element.
CANCELLING = (
    "q:2,4,3,8::float32",
    "whole",
    "none",
    1,
    r"""
mx.grad(lambda q: mx.fast.scaled_dot_product_attention(q, q, q, scale=0.35).sum())(q)
mx.grad(lambda q, k, v: (mx.fast.scaled_dot_product_attention(q, k, v, scale=0.35, mask="causal") * v).sum(), argnums=(0, 1, 2))(q, q * 2, q + 1)
mx.grad(lambda s: (mx.fast.scaled_dot_product_attention(q, q * 2, q + 1, scale=0.35, sinks=s) * q).sum())(q[0, :, 0, 0])
mx.fast.gated_delta_update(q, q * 0.3, q[..., :5], mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))
mx.fast.gated_delta_update(q[:, :, :1], q[:, :, 1:2] * 0.3, q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))
mx.fast.gated_delta_update(q, q * 0.3, q[..., :5], mx.sigmoid(q), mx.sigmoid(q[..., 1]))
mx.fast.gated_delta_update(q, q * 0.3, q[..., :5], mx.sigmoid(q[..., :1]), mx.sigmoid(q[..., 1]))
mx.fast.gated_delta_update(q, q * 0.3, q[..., :3], mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]), mx.swapaxes(q, 1, 2)[:, :, :3])
mx.fast.gated_delta_update(q=q, k=q * 0.3, v=q, gamma=q[..., 0], beta=q[..., 1], initial_state=mx.ones((3, 8, 8)), mask=q[..., 0, 0] > 0)
mx.fast.gated_delta_update(q, q * 0.3, q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]), None, mx.array([[1, 0, 0.5, 1]]))
mx.fast.gated_delta_update(q[:1], q * 0.3, q, mx.sigmoid(q[:1, ..., 0]), mx.sigmoid(q[..., 1]))
mx.fast.gated_delta_update(*[a.astype(mx.float16) for a in (q, q * 0.3, q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))])
mx.fast.gated_delta_update(*[a.astype(mx.bfloat16) for a in (q, q * 0.3, q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))])
mx.fast.gated_delta_update(*[a.astype(mx.float64) for a in (q, q * 0.3, q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))])
mx.fast.gated_delta_update(*[a.astype(mx.complex64) for a in (q, q * 0.3, q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))])
mx.fast.gated_delta_update(q.astype(mx.float16), q.astype(mx.bfloat16), q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))
mx.fast.gated_delta_update(q.astype(mx.float16), q.astype(mx.float16), q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))
mx.fast.gated_delta_update(q.astype(mx.int32), q.astype(mx.int32), q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))
mx.fast.gated_delta_update(q, q, q[:, :, :2], q[:, :, :2, 0], q[:, :, :2, 1])
mx.fast.gated_delta_update(q, q[:, :3], q, q[..., 0], q[..., 1])
mx.fast.gated_delta_update(q, q[..., :3], q, q[..., 0], q[..., 1])
mx.fast.gated_delta_update(q, q, q, q[..., 0], q)
mx.fast.gated_delta_update(q, q, q, q[..., 0], q[..., 1], mx.ones((2, 3, 8, 7)))
mx.grad(lambda *a: sum(o.square().sum() for o in mx.fast.gated_delta_update(*a)), argnums=(0, 1, 2, 3, 4))(q, q * 0.3, q[..., :5], mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))
mx.grad(lambda *a: sum(o.square().sum() for o in mx.fast.gated_delta_update(*a)), argnums=(0, 1, 2, 3, 4))(q[:, :, :1], q[:, :, :1] * 0.3, q, mx.sigmoid(q), mx.sigmoid(q[..., 1]))
mx.jvp(lambda q: mx.fast.gated_delta_update(q, q * 0.3, q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))[0], [q], [q + 2])
mx.vmap(lambda q: mx.fast.gated_delta_update(q, q * 0.3, q, mx.sigmoid(q[..., 0]), mx.sigmoid(q[..., 1]))[1])(mx.stack([q, q + 1]))
""",
)

OPTIMIZERS = (
    "w:3,4::float32 v:4::float32 g:3,4::float32 h:4::float32",
    "loose",
    "none",
    1,
    r"""
[optim.linear_schedule(0.1, 1.0, 5)(mx.array(i)) for i in range(7)]
[optim.cosine_decay(0.1, 5, 0.01)(mx.array(i)) for i in range(7)]
[optim.exponential_decay(0.1, 0.9)(mx.array(i)) for i in range(4)]
[optim.step_decay(0.1, 0.9, 2)(mx.array(i)) for i in range(5)]
[optim.join_schedules([optim.linear_schedule(0, 0.1, 3), optim.cosine_decay(0.1, 5)], [3])(mx.array(i)) for i in range(8)]
optim.clip_grad_norm({"w": g, "v": h}, 1.0)
optim.clip_grad_norm({"w": g * 1e-3, "v": h * 1e-3}, 1.0)
o = optim.SGD(optim.linear_schedule(0.1, 1.0, 5)); p = o.apply_gradients({"w": g}, {"w": w}); p = o.apply_gradients({"w": g}, p); p, o.learning_rate, o.step
o = optim.SGD(0.1); o.learning_rate = 0.5; o.apply_gradients({"w": g}, {"w": w}), o.learning_rate
o = optim.Adam(0.1); o.init({"w": w, "v": v}); utils.tree_flatten(o.state)
o = optim.Adam(0.1); o.apply_gradients({"w": g}, {"w": w}); s = o.state; n = optim.Adam(0.1); n.state = s; n.apply_gradients({"w": g}, {"w": w})
mx.random.seed(9)\nm = nn.Linear(4, 3); o = optim.AdamW(1e-2); o.update(m, {"weight": g, "bias": g[:, 0]}); m.parameters(), o.state["step"]
mx.random.seed(9)\nm = nn.Linear(4, 3); o = optim.SGD(1e-2); o.update(m, {"weight": g}); m.parameters()
""",
)

OPTIMIZER_FORMS = (
    "SGD(0.1) SGD(0.1,momentum=0.9) SGD(0.1,momentum=0.9,nesterov=True) SGD(0.1,momentum=0.9,dampening=0.5) SGD(0.1,weight_decay=0.01) "
    "Adam(0.1) Adam(0.1,betas=[0.8,0.9]) Adam(0.1,eps=1e-4) Adam(0.1,bias_correction=True) AdamW(0.1) AdamW(0.1,weight_decay=0.1) "
    "Lion(0.1) Lion(0.1,betas=[0.8,0.9],weight_decay=0.1) RMSprop(0.1) RMSprop(0.1,alpha=0.9) Adagrad(0.1) Adagrad(0.1,eps=1e-4) "
    "AdaDelta(0.1) Adamax(0.1) Adafactor(0.1) Muon(0.1)"
).split()

TREES = (
    "x:2::float32 y:3::float32",
    "exact",
    "none",
    1,
    r"""
utils.tree_map(lambda p: p * 2, {"a": x, "b": [y, (x,)]})
utils.tree_map(lambda p, q: p + q, [x, {"k": y}], [x, {"k": y}])
utils.tree_map(lambda p: p.shape, {"a": [x, y]})
utils.tree_map(len, {"a": [x, y]}, is_leaf=lambda t: isinstance(t, list))
utils.tree_flatten({"a": x, "b": [y, {"c": x}]})
utils.tree_flatten([x, (y, x)], prefix="p")
utils.tree_flatten({"a": x}, destination={})
utils.tree_unflatten([("a.0", 1), ("a.1", 2), ("b", 3)])
utils.tree_unflatten({"x.y": 1, "x.z": 2})
utils.tree_reduce(lambda acc, p: acc + p.size, {"a": x, "b": [y]}, 0)
utils.tree_reduce(lambda acc, p: acc + p, [1, 2, 3])
utils.tree_merge({"a": 1, "b": {"c": 2}}, {"b": {"d": 3}})
utils.tree_merge([1, None], [None, 2])
utils.tree_map_with_path(lambda k, p: k, {"a": x, "b": [y, (x,)]})
""",
)

TRANSFORMS = (
    "x:3,4::float32 y:3,4::float32 v:4::float32 w:4::float32 k:4:nonzero:float32",
    "loose",
    "none",
    1,
    r"""
mx.grad(lambda x, y: (x * y).sum())(x, y)
mx.grad(lambda x, y: (x * y).sum(), argnums=1)(x, y)
mx.grad(lambda x, y: (x * y).sum(), argnums=(0, 1))(x, y)
mx.grad(lambda x, y: (x * y).sum(), argnums=[1])(x, y)
mx.grad(lambda x, *, y: (x * y).sum(), argnames="y")(x, y=y)
mx.grad(lambda x, *, y: (x * y).sum(), argnums=0, argnames=["y"])(x, y=y)
mx.grad(lambda p: (p["a"] * p["b"][0]).sum())({"a": x, "b": [y]})
mx.grad(lambda p: (p[0] * p[1]).sum())([x, y])
mx.grad(lambda p: (p[0] * p[1]).sum())((x, y))
mx.value_and_grad(lambda x: (x * x).sum())(x)
mx.value_and_grad(lambda x: ((x * x).sum(), x.sum(), {"a": x}))(x)
mx.value_and_grad(lambda x, y: ((x * y).sum(), y), argnums=(0, 1))(x, y)
mx.value_and_grad(lambda w, x, y: ((x @ w - y[:, 0]) ** 2).mean())(w, x, y)
mx.grad(mx.grad(lambda x: x * x * x))(mx.array(2.0))
mx.grad(mx.grad(mx.grad(mx.sin)))(mx.array(0.5))
mx.grad(lambda x: mx.grad(lambda y: (x * y * y))(x))(mx.array(3.0))
mx.grad(lambda x: x[0] * 2)(v)
mx.grad(lambda x: x)(2.0)
mx.grad(lambda x: (x.astype(mx.float16) * 2).sum())(v)
mx.grad(lambda x: (x * mx.array([1, 0, 2, 0])).sum())(v)
mx.grad(lambda x: mx.stop_gradient(x * 2).sum() + x.sum())(v)
mx.grad(lambda x: (mx.argmax(x) * 1.0) + x.sum())(v)
mx.jvp(lambda x: mx.sin(x), [v], [w])
mx.jvp(lambda x, y: (x * y, x + y), [v, w], [w, v])
mx.vjp(lambda x: mx.sin(x), [v], [w])
mx.vjp(lambda x, y: (x * y, x + y), [v, w], [w, v])
mx.vmap(lambda r: r.sum())(x)
mx.vmap(lambda r: r * 2, out_axes=1)(x)
mx.vmap(lambda a, b: a + b, in_axes=(0, None))(x, v)
mx.vmap(lambda a, b: a + b, in_axes=(None, 0))(v, x)
mx.vmap(lambda a, b: a @ b, in_axes=(1, 1))(x, y)
mx.vmap(lambda a, b: a + b, in_axes=(0, 1))(x, y.T)
mx.vmap(lambda p: p["a"] * p["b"])({"a": x, "b": y})
mx.vmap(lambda p: p["a"] * p["b"], in_axes={"a": 0, "b": None})({"a": x, "b": v}) if False else mx.vmap(lambda a, p: a * p, in_axes=(0, None))(x, v)
mx.vmap(lambda a: (a, a.sum()))(x)
mx.vmap(lambda a: [a * 2, {"s": a.sum()}])(x)
mx.vmap(lambda a: a, in_axes=-1)(x)
mx.vmap(lambda a: a, in_axes=-1, out_axes=-1)(x)
mx.vmap(mx.vmap(mx.sin))(x)
mx.vmap(mx.grad(lambda r: (r * r).sum()))(x)
mx.grad(lambda x: mx.vmap(lambda r: (r * v).sum())(x).sum())(x)
mx.vmap(lambda r: mx.sort(r))(x)
mx.vmap(lambda r: r[1:3])(x)
mx.vmap(lambda r: r[mx.array([0, 2])])(x)
mx.vmap(lambda r, i: mx.take(r, i))(x, mx.array([0, 1, 3]))
mx.vmap(lambda r: r.at[0].add(5))(x)
mx.vmap(lambda r: mx.softmax(r))(x)
mx.vmap(lambda r: x @ r)(y)
mx.vmap(lambda a, b: mx.outer(a, b))(x, y)
mx.vmap(lambda r: mx.concatenate([r, v]))(x)
mx.vmap(lambda r: mx.where(r > 0, r, 0))(x)
mx.vmap(lambda r: mx.argmax(r))(x)
mx.vmap(lambda r: mx.zeros((2,)) + r[:2])(x)
mx.vmap(lambda k: mx.random.uniform(shape=(3,), key=k))(mx.random.split(mx.random.key(0), 4))
mx.vmap(lambda k: mx.random.split(k))(mx.random.split(mx.random.key(0), 2))
mx.vmap(lambda r: r + mx.random.uniform(shape=(4,), key=mx.random.key(1)))(x)
f = mx.custom_function(lambda x, y: x * y)\nf(v, w)
f = mx.custom_function(lambda x, y: x * y)\n@f.vjp\ndef _(p, c, o): return c * 10, c * 20\nmx.grad(lambda x, y: f(x, y).sum(), argnums=(0, 1))(v, w)
f = mx.custom_function(lambda x: x * 2)\n@f.jvp\ndef _(p, t): return t * 7\nmx.jvp(f, [v], [w])
f = mx.custom_function(lambda x: x * 2)\n@f.vmap\ndef _(x, a): return x * 3, a\nmx.vmap(f)(x)
mx.checkpoint(lambda x: mx.sin(x) * x)(v)
mx.grad(lambda x: mx.checkpoint(lambda x: mx.sin(x) * x)(x).sum())(v)
mx.compile(lambda x: mx.exp(x) * 2 + x)(v)
f = mx.compile(lambda x, y: {"a": x + y, "b": [x * y]})\nf(v, w), f(v, 2.0), f(v, w)
f = mx.compile(lambda x: x.sum(axis=0) * 2, shapeless=True)\nf(x), f(y)
s = [v]\ndef g(x):\n    s[0] = s[0] + x\n    return s[0] * 2\nf = mx.compile(g, inputs=s, outputs=s)\nf(w), f(w), s
f = mx.compile(mx.grad(lambda x: (mx.sin(x) * x).sum()))\nf(v)
mx.grad(lambda x: mx.compile(lambda y: mx.tanh(y) * y)(x).sum())(v)
mx.compile(mx.vmap(mx.grad(lambda r: (r * r * r).sum())))(x)
mx.random.seed(3)\nf = mx.compile(lambda: mx.random.uniform(shape=(2,)), inputs=[mx.random.state], outputs=[mx.random.state])\nf(), f()
f = mx.compile(lambda x, n=2: x * n)\nf(v), f(v, n=3), f(v, n=v)
""",
)

BLOCKS = {
    "layers": LAYERS,
    "cancelling": CANCELLING,
    "cancelling twice": CANCELLING_TWICE,
    "optimizers": OPTIMIZERS,
    "trees": TREES,
    "transforms": TRANSFORMS,
}

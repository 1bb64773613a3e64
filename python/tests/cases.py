"""Calls that are compared with MLX: expressions over `mx`, with `A` for `mx.array`."""

UNARY = (
    "abs arccos arccosh arcsin arcsinh arctan arctanh bitwise_invert ceil conj conjugate cos cosh degrees erf erfinv "
    "exp expm1 floor imag isfinite isinf isnan isneginf isposinf log log10 log1p log2 logical_not nan_to_num negative "
    "positive radians real reciprocal round rsqrt sigmoid sign sin sinh sqrt square stop_gradient tan tanh trunc"
).split()
BINARY = (
    "add arctan2 bitwise_and bitwise_or bitwise_xor divide divmod equal floor_divide greater greater_equal left_shift "
    "less less_equal logaddexp logical_and logical_or logical_xor maximum minimum multiply not_equal power remainder "
    "right_shift subtract"
).split()
REDUCE = "sum prod max min minmax mean var std all any logsumexp median count_nonzero".split()
DTYPES = "bool_ uint8 uint32 int8 int32 int64 float16 bfloat16 float32 complex64".split()

OPS = [
    *(f"mx.{op}(A([0.25, 0.5, 0.75]))" for op in UNARY),
    *(f"mx.{op}(A([1, 0, 3], mx.{d}))" for op in UNARY for d in DTYPES),
    *(
        f"mx.{op}(A([5, 3, 4], mx.{d}), A([2, 3, 1], mx.{e}))"
        for op in BINARY
        for d in DTYPES
        for e in ("uint8", "int32", "float16", "float32")
    ),
    *(f"mx.{op}(A([5.5, -3.25]), {s})" for op in BINARY for s in ("2", "0.5", "True")),
    *(f"mx.{op}({s}, A([5, 3]))" for op in BINARY for s in ("2", "0.5", "True")),
    *(
        f"mx.{op}(A([[1, 5, 2], [3, 2, 9]], mx.{d}){axis})"
        for op in REDUCE
        for d in DTYPES
        for axis in ("", ", axis=0", ", axis=-1, keepdims=True", ", axis=(0, 1)")
    ),
    *(
        f"mx.{op}(A([[1, 5, 2], [3, 2, 9]]), axis={axis})"
        for op in ("argmax", "argmin", "sort", "argsort", "softmax")
        for axis in (None, 0, -1, 2)
    ),
    *(f"mx.{op}(mx.zeros((0, 3)), axis={axis})" for op in REDUCE for axis in (0, 1)),
    *(f"mx.{w}({n})" for w in ("bartlett", "blackman", "hamming", "hanning") for n in (0, 1, 2, 7)),
    *(
        f"mx.linalg.norm(A([[1.0, 2.0], [3.0, -4.0]]), {a})"
        for a in (
            "None",
            "'fro'",
            "1",
            "-1",
            "3",
            "float('inf')",
            "None, 0",
            "3, 1",
            "0, 1",
            "1, (0, 1)",
            "'fro', 0",
            "None, None, True",
        )
    ),
    *(
        f"mx.einsum({s!r}, {args})"
        for s, args in (
            ("ij,jk->ik", "mx.ones((2, 3)), mx.ones((3, 4))"),
            ("ij,jk", "mx.ones((2, 3)), mx.ones((3, 4))"),
            ("ii->i", "mx.arange(4.0).reshape(2, 2)"),
            ("ii", "mx.arange(4.0).reshape(2, 2)"),
            ("ba", "mx.arange(6).reshape(2, 3)"),
            ("...ij->...ji", "mx.arange(12).reshape(2, 2, 3)"),
            ("bhqd,bhkd->bhqk", "mx.ones((2, 1, 3, 4)), mx.ones((2, 1, 5, 4))"),
            ("i,j,k->ijk", "A([1, 2]), A([3, 4]), A([5, 6])"),
            ("ij,kl->ij", "mx.ones((2, 2)), mx.ones((2, 2))"),
            ("i,i->i", "mx.ones((2,)), mx.ones((3,))"),
            ("i,i", "A([1, 2]), A([3, 4])"),
            ("ij,jk->ik", "mx.ones((2, 2))"),
            ("ij->k", "mx.ones((2, 2))"),
        )
    ),
    "mx.where(A([True, False]), 1, 2.0)",
    "mx.where(A([1, 0]), A([1, 2], mx.uint8), A([1, 2], mx.int8))",
    "mx.where(A([True, False]), A([1, 2, 3]), 0)",
    "mx.clip(A([1, 5]), 2, 3)",
    "mx.clip(A([1, 5]), None, 3)",
    "mx.clip(A([1, 5]), 1.5, None)",
    "mx.clip(A([1, 5]), None, None)",
    "mx.clip(A([1, 5], mx.uint8), -1, 3)",
    "mx.round(A([1.25, -2.675]), 2)",
    "mx.round(A([125, 135, -15]), -1)",
    "mx.nan_to_num(A([float('nan'), float('inf'), -float('inf')]), nan=1.0, posinf=2.0, neginf=-3.0)",
    "mx.isclose(A([1.0, 2.0]), A([1.0, 2.1]), atol=0.2)",
    "mx.isclose(A([float('nan')]), A([float('nan')]), equal_nan=True)",
    "mx.allclose(A([1.0]), A([1.0 + 1e-6]))",
    "mx.array_equal(A([1, 2]), A([1.0, 2.0]))",
    "mx.array_equal(A([1, 2]), A([1, 2, 3]))",
    "mx.array_equal(1, 1)",
    "mx.zeros((2, 3))",
    "mx.zeros(2, mx.int8)",
    "mx.zeros(-1)",
    "mx.ones([2], dtype=None)",
    "mx.full((2,), 3)",
    "mx.full((2,), 3.5, mx.int32)",
    "mx.full((2,), True)",
    "mx.full((2,), A([1, 2]), mx.float16)",
    "mx.full((2,), 300, mx.uint8)",
    "mx.full_like(A([1, 2]), 3.7)",
    "mx.full_like(A([1, 2]), 3, mx.float16)",
    "mx.zeros_like(A([1, 2]))",
    "mx.ones_like(A([1, 2]), mx.float16)",
    "mx.eye(2, 3, 1)",
    "mx.eye(2, dtype=mx.int32)",
    "mx.eye(-1)",
    "mx.identity(2)",
    "mx.tri(3, 2, -1)",
    "mx.tril(mx.ones((3, 3)), 1)",
    "mx.triu(mx.ones((2, 3, 3)), -1)",
    "mx.arange(3)",
    "mx.arange(3.0)",
    "mx.arange(1, 2, 0.25)",
    "mx.arange(5, 0, -2)",
    "mx.arange(3, dtype=mx.float16)",
    "mx.arange(0, 3, dtype=mx.bool_)",
    "mx.arange(0, 5, 0)",
    "mx.arange(1, None)",
    "mx.arange(start=1, stop=3)",
    "mx.arange(3, step=2)",
    "mx.arange(2**31, 2**31 + 2)",
    "mx.arange()",
    "mx.linspace(0, 1, 5)",
    "mx.linspace(0, 1, 5, endpoint=False)",
    "mx.linspace(0, 10, 4, dtype=mx.int32)",
    "mx.linspace(0, 1, -1)",
    "mx.linspace(0, 1, 1)",
    "mx.concatenate([A([[1, 2]]), A([[3.0, 4.0]])])",
    "mx.concatenate([A([[1, 2]]), A([[3.0, 4.0]])], axis=None)",
    "mx.concatenate([A([1]), A([2])], axis=2)",
    "mx.concatenate([])",
    "mx.concatenate([A([1]), [2]])",
    "mx.concat((A([1]), A([2])), 0)",
    "mx.stack([A([1, 2]), A([3, 4])], axis=-1)",
    "mx.stack([A([1]), A([2, 3])])",
    "mx.split(mx.arange(6), 3)",
    "mx.split(mx.arange(6), [2, 4])",
    "mx.split(mx.arange(6), 4)",
    "mx.split(mx.arange(6), 0)",
    "mx.unstack(A([[1, 2], [3, 4]]), axis=1)",
    "mx.tile(A([1, 2]), (2, 2))",
    "mx.tile(A([[1, 2]]), 2)",
    "mx.repeat(A([[1, 2], [3, 4]]), 2)",
    "mx.repeat(A([[1, 2]]), 2, axis=0)",
    "mx.repeat(A([1]), -1)",
    "mx.roll(A([[1, 2], [3, 4]]), 1)",
    "mx.roll(A([[1, 2], [3, 4]]), (1, 1), (0, 1))",
    "mx.roll(A([[1, 2], [3, 4]]), 1, (0, 1))",
    "mx.roll(A([[1, 2], [3, 4]]), shift=1, axis=0)",
    "mx.roll(A([[1, 2], [3, 4]]), (1, 2), 0)",
    "mx.pad(A([1, 2]), 1)",
    "mx.pad(A([1, 2]), (1, 2), constant_values=7.5)",
    "mx.pad(A([[1, 2], [3, 4]]), ((1, 0), (0, 2)), mode='edge')",
    "mx.pad(A([1, 2, 3]), (5, 1), mode='reflect')",
    "mx.pad(A([1, 2, 3]), (4, 1), mode='symmetric')",
    "mx.pad(A([1, 2]), 1, mode='other')",
    "mx.pad(A([1, 2]), -1)",
    "mx.reshape(mx.arange(6), (2, -1))",
    "mx.reshape(mx.arange(6), (4,))",
    "mx.reshape(mx.arange(6), -1)",
    "mx.flatten(mx.ones((2, 3, 4)), 0, 1)",
    "mx.flatten(mx.ones((2, 3, 4)), 0, 5)",
    "mx.flatten(mx.ones((2, 3, 4)), -5, 1)",
    "mx.flatten(mx.ones((2, 3, 4)), 1, 0)",
    "mx.flatten(mx.ones((2, 3, 4)), 3, 4)",
    "mx.flatten(A(1))",
    "mx.unflatten(mx.ones((6,)), 0, (2, -1))",
    "mx.unflatten(mx.ones((6,)), 0, (4, 2))",
    "mx.unflatten(mx.ones((6,)), 1, (2, 3))",
    "mx.unflatten(mx.ones((6,)), 0, ())",
    "mx.transpose(mx.arange(6).reshape(1, 2, 3), (1, 0, 2))",
    "mx.transpose(mx.ones((2, 3)), (0, 0))",
    "mx.transpose(mx.ones((2, 3)), (0, 2))",
    "mx.permute_dims(mx.ones((2, 3)))",
    "mx.matrix_transpose(mx.ones((2, 3, 4)))",
    "mx.matrix_transpose(mx.ones((2,)))",
    "mx.moveaxis(mx.ones((2, 3, 4)), 0, 2)",
    "mx.moveaxis(mx.ones((2, 3, 4)), 3, 0)",
    "mx.swapaxes(mx.ones((2, 3, 4)), 0, 2)",
    "mx.expand_dims(A([1]), (0, -1))",
    "mx.expand_dims(A([1]), (0, 0))",
    "mx.expand_dims(A([1]), 2)",
    "mx.squeeze(mx.ones((1, 2, 1)))",
    "mx.squeeze(mx.ones((1, 2, 1)), (0, -1))",
    "mx.squeeze(mx.ones((1, 2, 1)), 1)",
    "mx.flip(A([[1, 2], [3, 4]]))",
    "mx.flip(A([[1, 2], [3, 4]]), 0)",
    "mx.diag(A([1, 2]), -1)",
    "mx.diag(mx.ones((2, 2, 2)))",
    "mx.diagonal(mx.arange(24).reshape(2, 3, 4))",
    "mx.diagonal(mx.arange(24).reshape(2, 3, 4), 1, 1, 2)",
    "mx.diagonal(mx.ones((2, 2)), 0, 1, 1)",
    "mx.trace(A([[1, 2], [3, 4]]), dtype=mx.float32)",
    "mx.trace(mx.ones((2, 3, 4)))",
    "mx.broadcast_to(A([1, 2]), (2, 2))",
    "mx.broadcast_to(A([1, 2]), (2, 3))",
    "mx.broadcast_to(1, (2,))",
    "mx.broadcast_arrays(A([1, 2]), A([[1], [2]]))",
    "mx.broadcast_shapes((2, 1), (3,))",
    "mx.broadcast_shapes((2,), (3,))",
    "mx.broadcast_shapes()",
    "mx.meshgrid(A([1, 2]), A([3, 4, 5]))",
    "mx.meshgrid(A([1, 2]), A([3, 4, 5]), sparse=True)",
    "mx.meshgrid(A([1, 2]), A([3, 4, 5]), indexing='ij')",
    "mx.meshgrid(A([1, 2]), indexing='other')",
    "mx.atleast_1d(A(1))",
    "mx.atleast_2d(A([1, 2]), A(1))",
    "mx.atleast_3d(A([1, 2]))",
    "mx.atleast_3d(mx.ones((2, 3)))",
    "mx.as_strided(mx.arange(6), (2, 2), (1, 2), 1)",
    "mx.contiguous(mx.ones((2, 3)).T)",
    "mx.matmul(mx.ones((2, 3)), mx.ones((3,)))",
    "mx.matmul(mx.ones((2, 3)), mx.ones((2, 3)))",
    "mx.matmul(A([[1]]), A([[2]]))",
    "mx.matmul(mx.ones((2, 3)), 1.0)",
    "mx.addmm(A([1.0, 2.0]), mx.ones((2, 2)), mx.ones((2, 2)), alpha=2.0, beta=0.5)",
    "mx.addmm(A([1.0, 2.0, 3.0]), mx.ones((2, 2)), mx.ones((2, 2)))",
    "mx.inner(A([1.0, 2.0]), A([3.0, 4.0]))",
    "mx.outer(A([1, 2]), A([3, 4]))",
    "mx.kron(A([1, 2]), A([[1, 10], [3, 4]]))",
    "mx.vecdot(A([1j, 2.0]), A([3.0, 4.0]))",
    "mx.vecdot(A([[1, 2], [3, 4]]), A([3, 4]), axis=0)",
    "mx.vecdot(A([[1.0, 2.0], [3.0, 4.0]]), A([3.0, 4.0]), 0)",
    "mx.count_nonzero(A([[1, 0], [3, 4]]), 0)",
    "mx.zeros(A([2, 3]))",
    "mx.tensordot(mx.ones((2, 3)), mx.ones((3, 2)), 1)",
    "mx.tensordot(mx.ones((2, 3)), mx.ones((2, 3)))",
    "mx.tensordot(mx.ones((2, 3)), mx.ones((3, 2)), [[1], [0]])",
    "mx.tensordot(mx.ones((2, 3)), mx.ones((2, 3)), 1)",
    "mx.tensordot(mx.ones((2, 3)), mx.ones((3, 2)), -1)",
    "mx.diff(A([1, 4, 9]), n=2)",
    "mx.diff(A([[1, 4], [9, 1]]), axis=0)",
    "mx.diff(A([True, False, True]))",
    "mx.diff(A([1, 4]), n=-1)",
    "mx.diff(A(1))",
    "mx.topk(A([3, 1, 2]), 2)",
    "mx.topk(A([3, 1, 2]), 4)",
    "mx.partition(A([3, 1, 2]), 1)",
    "mx.take(A([[1, 2], [3, 4]]), A([[0, 1]]), axis=1)",
    "mx.take(A([10, 20, 30]), A([-1, 0]))",
    "mx.take(A([10, 20, 30]), 1)",
    "mx.take(A([10, 20, 30]), A([0.0]))",
    "mx.take(A([[1, 2], [3, 4]]), A([0]), axis=2)",
    "mx.take(A([10, 20, 30]), [0, 1])",
    "mx.take_along_axis(A([[1, 2], [3, 4]]), A([[1], [0]]), axis=1)",
    "mx.take_along_axis(A([[1, 2], [3, 4]]), A([0, 1, 0, 1]), axis=None)",
    "mx.take_along_axis(A([[1, 2], [3, 4]]), A([1]), axis=1)",
    "mx.put_along_axis(A([[1, 2], [3, 4]]), A([[1], [0]]), A([[9], [8]]), axis=1)",
    "mx.put_along_axis(A([[1, 2], [3, 4]]), A([0, 3]), A([9, 8]))",
    "mx.slice(mx.arange(12).reshape(3, 4), A([1, 1]), [0, 1], [2, 3])",
    "mx.slice(mx.arange(12).reshape(3, 4), A([1]), [1], [3, 2])",
    "mx.slice_update(mx.zeros((5,)), mx.ones((2,)), A([1]), [0])",
    "mx.linalg.cross(A([1.0, 2.0, 3.0]), A([4.0, 5.0, 6.0]))",
    "mx.linalg.cross(A([1.0, 2.0]), A([4.0, 5.0, 6.0]))",
    "mx.linalg.cross(A([1.0]), A([4.0]))",
    "mx.fast.layer_norm(A([[1.0, 2.0, 4.0]]), A([1.0, 2.0, 3.0]), A([1.0, 1.0, 1.0]), 1e-5)",
    "mx.fast.layer_norm(A([[1, 2, 4]]), None, None, 1e-5)",
    "mx.fast.rms_norm(A([[1.0, 2.0, 4.0]], mx.float16), A([1.0, 2.0, 3.0], mx.float16), 1e-5)",
    "mx.fast.rope(mx.arange(8.0).reshape(1, 2, 4), 4, traditional=True, base=10000.0, scale=1.0, offset=0)",
    "mx.fast.rope(mx.arange(8.0).reshape(1, 2, 4), 4, traditional=False, base=10000.0, scale=0.5, offset=3)",
    "mx.fast.rope(mx.ones((1, 2, 4)), 2, traditional=False, base=None, scale=1.0, offset=1, freqs=A([3.0]))",
    "mx.fast.rope(mx.arange(16.0).reshape(2, 1, 2, 4), 4, traditional=False, base=100.0, scale=1.0, offset=A([1, 5]))",
    *(
        f"mx.fast.scaled_dot_product_attention({q}, {kv}, {kv} * 2, scale=0.5{rest})"
        for q in ("mx.arange(32.0).reshape(1, 2, 4, 4) / 32",)
        for kv in ("mx.arange(32.0).reshape(1, 2, 4, 4) / 8", "mx.arange(16.0).reshape(1, 1, 4, 4) / 8")
        for rest in ("", ", mask='causal'", ", mask=mx.tri(4).astype(mx.bool_)", ", mask=mx.tri(4)")
    ),
    "mx.fast.cross_entropy(A([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]), A([0, 2]))",
    "mx.exp(a=A([1.0]))",
    "mx.exp(None)",
    "mx.exp([1.0])",
    "mx.exp(1.0)",
    "mx.exp(A([1.0]), stream=3)",
    "mx.exp(A([1.0]), stream=mx.cpu)",
    "mx.exp(A([1.0]), mx.cpu)",
    "mx.add(1, 2.0)",
    "mx.add(A([1]), None)",
    "mx.add(A([1]), 'a')",
    "mx.add(A([1, 2]), A([1, 2, 3]))",
    "mx.sum(A([1]), axis=1.0)",
    "mx.sum(A([1]), axis=(0, 0))",
    "mx.sum(A([1]), keepdims=1)",
    "mx.sum(1.0)",
    "mx.isclose(A([1.0]), 2.0)",
]

DRAWS = (
    "uniform(shape={s}, key=K)",
    "uniform(-2.0, 5.0, {s}, key=K)",
    "uniform(shape={s}, dtype=mx.float16, key=K)",
    "uniform(shape={s}, dtype=mx.bfloat16, key=K)",
    "bernoulli(0.3, {s}, key=K)",
    "randint(0, 10, {s}, key=K)",
    "randint(-100, 100, {s}, mx.int8, key=K)",
    "randint(0, 2**20, {s}, mx.uint32, key=K)",
    "normal({s}, key=K)",
    "normal({s}, loc=1.0, scale=2.0, key=K)",
    "normal({s}, dtype=mx.float16, key=K)",
    "gumbel({s}, key=K)",
    "laplace({s}, loc=0.5, scale=2.0, key=K)",
    "truncated_normal(-1.0, 1.0, {s}, key=K)",
)

RANDOM = [
    *(
        f"mx.random.{d.format(s=s)}".replace("K", f"mx.random.key({k})")
        for d in DRAWS
        for s in ("()", "(5,)", "(3, 4)")
        for k in (0, 2**40 + 7)
    ),
    *(f"mx.random.key({s})" for s in (0, 7, 2**32 + 5, 2**64 - 1)),
    *(f"mx.random.split(mx.random.key({k}), {n})" for k in (0, 5) for n in (0, 1, 2, 3)),
    "mx.random.split(mx.random.key(1))",
    *(
        f"mx.random.permutation({x}, key=mx.random.key(3))"
        for x in ("0", "7", "A([1, 2, 3], mx.int8)", "mx.arange(12).reshape(4, 3)", "-1", "A(3)")
    ),
    "mx.random.permutation(mx.arange(12).reshape(3, 4), axis=1, key=mx.random.key(3))",
    "mx.random.categorical(mx.zeros((2, 3)), key=mx.random.key(0))",
    "mx.random.categorical(mx.arange(6.0).reshape(2, 3), axis=0, key=mx.random.key(0))",
    "mx.random.categorical(mx.zeros((2, 3)), num_samples=4, key=mx.random.key(0))",
    "mx.random.categorical(mx.zeros((2, 3)), shape=(5, 2), key=mx.random.key(0))",
    "mx.random.categorical(mx.zeros((2, 3)), shape=(2,), num_samples=2)",
    "mx.random.categorical(mx.zeros((2, 3)), axis=2)",
    "mx.random.uniform(A([0.0, 1.0]), A([1.0, 2.0]), (2,), key=mx.random.key(0))",
    "mx.random.uniform(0, A([1.0, 2.0]))",
    "mx.random.uniform(shape=(2,), dtype=mx.int32)",
    "mx.random.uniform(shape=2)",
    "mx.random.uniform(0, 1, (-1,))",
    "mx.random.uniform(key=A([0, 1]))",
    "mx.random.uniform(key=mx.random.split(mx.random.key(0), 3))",
    "mx.random.bernoulli(A([0.2, 0.8]), key=mx.random.key(0))",
    "mx.random.bernoulli(1, (3,))",
    "mx.random.randint(0, 10, (3,), mx.float32)",
    "mx.random.randint(10, 0, (3,), key=mx.random.key(0))",
    "mx.random.normal((2,), loc=A([0.0, 10.0]), scale=A([1.0, 2.0]), key=mx.random.key(0))",
    "mx.random.normal((2,), mx.int32)",
    "mx.random.truncated_normal(A([-1.0, 0.0]), A([1.0, 2.0]), key=mx.random.key(0))",
    "mx.random.key(-1)",
    "mx.random.key(2**64)",
    "mx.random.key(1.5)",
    "mx.random.seed(-1)",
    "(mx.random.seed(5), mx.random.uniform(shape=(3,)), mx.random.permutation(4), mx.random.state[0])[1:]",
]


def describe(call: str, mx) -> object:
    """What a call gives, as JSON: `[dtype, shape, elements]` for an array, the exception's name for an error."""

    def plain(x):
        if isinstance(x, mx.array):
            x = x.astype(mx.float32) if x.dtype in (mx.float16, mx.bfloat16) else x
            return numbers(x.tolist())
        return x

    def numbers(x):
        if isinstance(x, list):
            return [numbers(y) for y in x]
        return [x.real, x.imag] if isinstance(x, complex) else x

    def walk(y):
        if isinstance(y, mx.array):
            return [str(y.dtype).split(".")[-1], list(y.shape), plain(y)]
        if isinstance(y, (list, tuple)):
            return {type(y).__name__: [walk(z) for z in y]}
        return y

    try:
        return walk(eval(call, {"mx": mx, "A": mx.array}))
    except Exception as e:
        return type(e).__name__

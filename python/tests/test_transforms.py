"""Transforms: gradients, products with Jacobians, batches, rules of one's own."""

import lazulite.core as mx
import pytest


def near(a, b, tol: float = 1e-5) -> bool:
    return mx.allclose(mx.array(a), mx.array(b), rtol=tol, atol=tol).item()


X = mx.array([1.0, 2.0])
W = mx.array(3.0)


def test_grad_of_grad() -> None:
    d = mx.grad(mx.sin)
    x = mx.array(0.5)
    assert near(d(x), mx.cos(x)) and near(mx.grad(d)(x), -mx.sin(x)) and near(mx.grad(mx.grad(d))(x), -mx.cos(x))


def test_value_and_grad_of_a_loss() -> None:
    def loss(w, x, y):
        return mx.mean(mx.square(w * x - y))

    value, gradient = mx.value_and_grad(loss)(mx.array(1.0), mx.array([1.0, 2.0, 3.0]), mx.array([2.0, 4.0, 6.0]))
    assert near(value, 4.6666667) and near(gradient, -9.3333333)


def test_argnums_and_argnames() -> None:
    def f(x, y):
        return (x * y).sum()

    assert near(mx.grad(f, argnums=1)(X, W), 3.0)
    a, b = mx.grad(f, argnums=(0, 1))(X, W)
    assert near(a, [3.0, 3.0]) and near(b, 3.0)
    assert near(mx.grad(f, argnums=[0])(X, W), [3.0, 3.0])
    number, names = mx.grad(f, argnames="y")(X, y=W)
    assert number is None and near(names["y"], 3.0)
    number, names = mx.grad(f, argnums=0, argnames=["y", "y"])(X, y=W)
    assert near(number, [3.0, 3.0]) and list(names) == ["y"]
    value, (number, names) = mx.value_and_grad(f, argnums=[0], argnames=["y"])(X, y=W)
    assert near(value, 9.0) and near(number, [3.0, 3.0]) and near(names["y"], 3.0)


@pytest.mark.parametrize(
    ("make", "call"),
    [
        (lambda: mx.grad(lambda x: x.sum(), argnums=[]), None),
        (lambda: mx.grad(lambda x: x.sum(), argnums=-1), None),
        (lambda: mx.grad(lambda x: x.sum(), argnums=(0, 0)), None),
        (lambda: mx.grad(lambda x: x.sum(), argnums=2), (X,)),
        (lambda: mx.grad(lambda x: x.sum(), argnames="y"), (X,)),
        (lambda: mx.grad(lambda x: x * 2), (X,)),
        (lambda: mx.grad(lambda x: x.sum(keepdims=True)), (X,)),
        (lambda: mx.grad(lambda x: None), (X,)),
        (lambda: mx.grad(lambda x: 1.0), (X,)),
        (lambda: mx.grad(lambda x: (x.sum(), x)), (X,)),
        (lambda: mx.value_and_grad(lambda x: [x.sum()]), (X,)),
        (lambda: mx.value_and_grad(lambda x: ()), (X,)),
        (lambda: mx.value_and_grad(lambda x: (1, x)), (X,)),
        (lambda: mx.grad(lambda x: X.sum()), (2.0,)),
        (lambda: mx.grad(lambda x: X.sum()), ("a",)),
    ],
)
def test_what_grad_refuses_is_a_value_error(make, call) -> None:
    with pytest.raises(ValueError):
        f = make()
        f(*call)


def test_what_is_no_function_is_a_type_error() -> None:
    for transform in (mx.grad, mx.value_and_grad, mx.vmap, mx.compile, mx.checkpoint, mx.custom_function):
        with pytest.raises(TypeError):
            transform(3)
    with pytest.raises(TypeError):
        mx.grad(lambda x: x, argnums="a")


def test_an_auxiliary_output_passes_through() -> None:
    (value, extra, note), gradient = mx.value_and_grad(lambda x: ((x * 2).sum(), x * 3, {"k": "text"}))(X)
    assert near(value, 6.0) and near(extra, [3.0, 6.0]) and note == {"k": "text"} and near(gradient, [2.0, 2.0])


def test_reading_inside_grad() -> None:
    def f(x):
        return x.sum() * 2 if x[0].item() > 0 else x.sum()

    assert near(mx.grad(f)(X), [2.0, 2.0]) and near(mx.grad(f)(-X), [1.0, 1.0])


def test_vjp_and_jvp() -> None:
    outputs, pulled = mx.vjp(lambda x, y: (x * y, x + y), [X, W], [X, X])
    assert isinstance(outputs, list) and near(outputs[0], [3.0, 6.0]) and near(outputs[1], [4.0, 5.0])
    assert near(pulled[0], [4.0, 8.0]) and near(pulled[1], 8.0)
    outputs, pushed = mx.jvp(lambda x, y: (x * y, x + y), [X, W], [X, W])
    assert near(pushed[0], [6.0, 12.0]) and near(pushed[1], [4.0, 5.0])
    outputs, pushed = mx.jvp(lambda x: x * x, (X,), (mx.array([1, 1]),))
    assert near(outputs[0], [1.0, 4.0]) and near(pushed[0], [2.0, 4.0])
    for call in (
        lambda: mx.vjp(lambda x: x * x, (X,), (W,)),
        lambda: mx.vjp(lambda x: (x, x), (X,), (X,)),
        lambda: mx.jvp(lambda x: x * x, (X,), (W,)),
        lambda: mx.jvp(lambda x: x * x, (X,), (X, X)),
    ):
        with pytest.raises(ValueError):
            call()


M = mx.arange(6.0).reshape(2, 3)


def test_vmap() -> None:
    rows = mx.random.uniform(shape=(100, 10), key=mx.random.key(0))
    assert near(
        mx.vmap(lambda row: mx.softmax(row) * row.sum())(rows), mx.softmax(rows, axis=-1) * rows.sum(-1, keepdims=True)
    )
    assert near(mx.vmap(lambda x: x.sum(), in_axes=1)(M), [3.0, 5.0, 7.0])
    assert near(mx.vmap(lambda x: x.sum(), in_axes=-1)(M), [3.0, 5.0, 7.0])
    assert mx.vmap(lambda x: x * 2, out_axes=1)(M).shape == (3, 2)
    assert near(mx.vmap(lambda x, y: x + y, in_axes=(0, 1))(M, M.T), M + M)
    assert near(mx.vmap(lambda x, y: x + y, in_axes=(0, None))(M, W), M + 3)
    a, b = mx.vmap(lambda x: (x, x * 2), out_axes=(0, 1))(M)
    assert near(a, M) and near(b, 2 * M.T)
    assert near(mx.vmap(mx.grad(lambda x: (x**3).sum()))(M), 3 * M * M)
    assert near(mx.vmap(mx.vmap(lambda x: x * x))(M), M * M)


def test_vmap_over_trees() -> None:
    tree = {"a": M, "b": [W]}
    assert near(mx.vmap(lambda d: d["a"] + d["b"][0], in_axes={"a": 0, "b": None})(tree), M + 3)
    assert near(mx.vmap(lambda d, x: d["a"] + x, in_axes=({"a": 0, "b": None}, 0))(tree, M), M + M)
    assert mx.vmap(lambda x: {"y": x}, out_axes={"y": 1})(M)["y"].shape == (3, 2)
    x, w = mx.vmap(lambda x: (x, W), out_axes=(0, None))(M)
    assert near(x, M) and w.shape == ()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: mx.vmap(lambda x, y: x)(M, mx.ones((3,))), ValueError),
        (lambda: mx.vmap(lambda x, y: x, in_axes=(0, 0, 0))(M, M), ValueError),
        (lambda: mx.vmap(lambda x: x)(W), IndexError),
        (lambda: mx.vmap(lambda x: x, in_axes=2)(M), IndexError),
        (lambda: mx.vmap(lambda x: x, in_axes="a")(M), ValueError),
        (lambda: mx.vmap(lambda x: x, in_axes=None), TypeError),
        (lambda: mx.vmap(lambda x, y: x)(M, y=M), TypeError),
        (lambda: mx.vmap(lambda x, y: x)(M, 3), ValueError),
        (lambda: mx.vmap(lambda x: 3)(M), ValueError),
        (lambda: mx.vmap(lambda x: x.sum().item())(M), ValueError),
    ],
)
def test_what_vmap_refuses(call, error) -> None:
    with pytest.raises(error):
        call()


class Special(Exception):
    pass


@pytest.mark.parametrize(
    "transform",
    [
        mx.grad,
        mx.value_and_grad,
        mx.vmap,
        mx.compile,
        mx.checkpoint,
        mx.jacfwd,
        mx.jacrev,
        mx.hessian,
        lambda f: mx.grad(mx.compile(mx.vmap(f))),
        lambda f: lambda x: mx.vjp(f, [x], [x]),
        lambda f: lambda x: mx.jvp(f, [x], [x]),
    ],
)
def test_an_exception_comes_out_as_it_is(transform) -> None:
    raised = Special("mine")

    def fail(x):
        raise raised

    with pytest.raises(Special) as caught:
        transform(fail)(X)
    assert caught.value is raised
    # Nothing is left behind: a later error is its own.
    with pytest.raises(ValueError):
        mx.grad(lambda x: x)(X)
    assert near(mx.grad(lambda x: x.sum())(X), [1.0, 1.0])


def test_jacobians() -> None:
    def f(x):
        return mx.stack([x[0] * x[1], x[0] ** 2])

    expected = [[2.0, 1.0], [2.0, 0.0]]
    assert near(mx.jacfwd(f)(X), expected) and near(mx.jacrev(f)(X), expected)
    assert near(mx.hessian(lambda x: (x**3).sum())(X), [[6.0, 0.0], [0.0, 12.0]])
    assert near(mx.jacrev(lambda a, x: a * x, argnums=1)(2.0, X), [[2.0, 0.0], [0.0, 2.0]])


def test_checkpoint() -> None:
    def f(x, scale=1.0, *, tree):
        return (mx.sin(x) * scale * tree["w"]).sum()

    plain = mx.grad(lambda x: f(x, 2.0, tree={"w": W}))(X)
    assert near(mx.grad(lambda x: mx.checkpoint(f)(x, 2.0, tree={"w": W}))(X), plain)
    assert mx.checkpoint(lambda x: {"y": x, "n": 3})(X)["n"] == 3


def test_stop_gradient_and_depends() -> None:
    assert near(mx.grad(lambda x: x * mx.stop_gradient(x))(W), 3.0)
    assert near(mx.depends(X, W), X) and len(mx.depends([X, W], [X])) == 2


def test_custom_function() -> None:
    @mx.custom_function
    def f(x, y):
        return x * y

    @f.vjp
    def f_vjp(primals, cotangent, output):
        x, y = primals
        assert near(output, x * y)
        return cotangent * 10, (cotangent * 20).sum()

    @f.jvp
    def f_jvp(primals, tangents):
        return tangents[0] * 100

    @f.vmap
    def f_vmap(inputs, axes):
        assert axes == (0, None)
        return inputs[0] * 1000, 0

    assert near(f(X, W), [3.0, 6.0])
    a, b = mx.grad(lambda x, y: f(x, y).sum(), argnums=(0, 1))(X, W)
    assert near(a, [10.0, 10.0]) and near(b, 40.0)
    assert near(mx.jvp(f, [X, W], [X, W])[1][0], [100.0, 200.0])
    assert near(mx.vmap(f, in_axes=(0, None))(X, W), [1000.0, 2000.0])


def test_custom_function_of_one_argument_and_of_trees() -> None:
    @mx.custom_function
    def one(x, *, k=1):
        return x * k

    one.vjp(lambda primal, cotangent, output, k: cotangent * k * 7)
    assert near(mx.grad(lambda x: one(x, k=2).sum())(X), [14.0, 14.0])
    assert near(mx.vmap(mx.grad(lambda x: one(x, k=2)))(X), [14.0, 14.0])
    assert near(mx.grad(mx.compile(lambda x: one(x, k=2).sum()))(X), [14.0, 14.0])

    @mx.custom_function
    def tree(d):
        return [d["a"] * 2, d["b"]]

    tree.vjp(lambda p, ct, out: {"a": ct[0] * 7, "b": None})
    g = mx.grad(lambda d: tree(d)[0].sum() + tree(d)[1])({"a": X, "b": W})
    assert near(g["a"], [7.0, 7.0]) and near(g["b"], 0.0)

    def bad(primals, cotangent, output):
        raise Special

    one.vjp(bad)
    with pytest.raises(Special):
        mx.grad(lambda x: one(x).sum())(X)


def test_transforms_compose() -> None:
    f = mx.compile(mx.vmap(mx.grad(lambda x: mx.sin(x) ** 2)))
    x = mx.array([0.1, 0.2, 0.3])
    assert near(f(x), mx.sin(2 * x)) and near(f(x + 1), mx.sin(2 * (x + 1)))
    assert near(mx.grad(lambda x: mx.compile(mx.sin)(x).sum())(x), mx.cos(x))


def test_a_transformed_function_is_named_like_the_function() -> None:
    def mine(x):
        """What it does."""
        return x.sum()

    for transform in (mx.grad, mx.value_and_grad, mx.vmap, mx.compile, mx.checkpoint):
        assert transform(mine).__name__ == "mine" and transform(mine).__wrapped__ is mine


def test_checkpoint_composes_with_every_transform() -> None:
    def f(x):
        return mx.square(mx.cumprod(mx.sin(x) * x)).sum()

    def close(a, b):
        assert mx.allclose(a, b, rtol=1e-4).item()

    kept = mx.checkpoint(f)
    x = mx.arange(12.0).reshape(3, 4) * 0.3 + 0.2
    row, along = x[0], mx.cos(x[0])

    def pushed(g):
        return mx.jvp(g, [row], [along])[1][0]

    close(mx.vmap(kept)(x), mx.vmap(f)(x))
    close(mx.vmap(mx.grad(kept))(x), mx.vmap(mx.grad(f))(x))
    close(mx.grad(lambda x: mx.vmap(kept)(x).sum())(x), mx.grad(lambda x: mx.vmap(f)(x).sum())(x))
    close(pushed(kept), pushed(f))
    close(pushed(mx.grad(kept)), pushed(mx.grad(f)))
    close(mx.compile(mx.vmap(mx.grad(kept)))(x), mx.vmap(mx.grad(f))(x))


@pytest.mark.own_core
@pytest.mark.parametrize("rule", ["vjp", "jvp", "vmap"])
def test_a_panic_in_a_custom_rule_is_an_error(rule):
    """What a rule calls may panic; PyO3 raises that as `PanicException` and panics again where Rust receives it."""
    with pytest.raises(ZeroDivisionError):  # the class exists once an exception has come through
        mx.grad(lambda x: x / (1 // 0))(mx.array(1.0))
    panic = next(e for e in BaseException.__subclasses__() if e.__name__ == "PanicException")

    @mx.custom_function
    def f(x):
        return x * 2

    def bad(*_):
        raise panic("lost")

    getattr(f, rule)(bad)
    x = mx.array([1.0, 2.0])
    run = {
        "vjp": lambda: mx.grad(lambda x: f(x).sum())(x),
        "jvp": lambda: mx.jvp(f, [x], [x]),
        "vmap": lambda: mx.vmap(f)(x),
    }[rule]
    with pytest.raises(RuntimeError, match="panic in a custom rule"):
        run()
    assert f(x).tolist() == [2, 4]
    assert mx.grad(lambda x: (x * x).sum())(x).tolist() == [2, 4]

"""Exported functions: signatures, files, what MLX refuses, and programs that were damaged."""

import io
import pathlib

import lazulite.core as mx
import pytest

X, Y = mx.array([1.0, 2.0]), mx.array([3.0, 4.0])


def roundtrip(path: pathlib.Path, fun, *args, **kwargs):
    mx.export_function(str(path / "f.mlxfn"), fun, *args, **kwargs)
    return mx.import_function(str(path / "f.mlxfn"))


def test_arguments(tmp_path: pathlib.Path) -> None:
    f = roundtrip(tmp_path, lambda x, y: x - y, X, Y)
    for call in (lambda: f(X, Y), lambda: f([X, Y]), lambda: f((X, Y))):
        (result,) = call()
        assert result.tolist() == [-2.0, -2.0]
    for call in (
        lambda: f(X),
        lambda: f(X, Y, X),
        lambda: f(X, mx.array([1, 2])),
        lambda: f(mx.ones(3), mx.ones(3)),
        lambda: f(X, 2.0),
        lambda: f({"x": X}),
    ):
        with pytest.raises(ValueError, match="import_function::call"):
            call()
    f = roundtrip(tmp_path, lambda x, y: x - y, X, y=Y)
    for call in (lambda: f(X, y=Y), lambda: f((X,), {"y": Y}), lambda: f([X], {"y": Y})):
        assert call()[0].tolist() == [-2.0, -2.0]
    for call in (lambda: f(X, Y), lambda: f(X, {"y": Y}), lambda: f(X, y=Y, z=Y), lambda: f(y=Y), lambda: f()):
        with pytest.raises(ValueError):
            call()
    f = roundtrip(tmp_path, lambda b, a: b - a, b=X, a=Y)
    assert f(a=Y, b=X)[0].tolist() == f({"b": X, "a": Y})[0].tolist() == [-2.0, -2.0]
    assert roundtrip(tmp_path, lambda a: a, {"a": X})(a=X)[0].tolist() == [1.0, 2.0]
    assert roundtrip(tmp_path, lambda: X + Y)()[0].tolist() == [4.0, 6.0]
    assert roundtrip(tmp_path, lambda x, y: x + y, (X, Y))(X, Y)[0].tolist() == [4.0, 6.0]


def test_results_constants_and_metadata(tmp_path: pathlib.Path) -> None:
    a, b = roundtrip(tmp_path, lambda x: (x, x + 1), X)(X)
    assert a.tolist() == [1.0, 2.0] and b.tolist() == [2.0, 3.0]
    assert isinstance(roundtrip(tmp_path, lambda x: [x], X)(X), tuple)
    w = mx.random.normal((2, 3))
    assert mx.array_equal(roundtrip(tmp_path, lambda x: x @ w, X)(X)[0], X @ w)
    mx.export_function(tmp_path / "m", lambda x: x.sum(), X, metadata="hello")
    f, text = mx.import_function(tmp_path / "m", return_metadata=True)
    assert text == "hello" and f(X)[0].item() == 3.0
    f = roundtrip(tmp_path, lambda x: mx.random.normal((2,)) + x, X)
    assert f(X)[0].tolist() == f(X)[0].tolist()
    for wrong in (lambda x: {"a": x}, lambda x: (x, [x]), lambda x: 1, lambda x: None):
        with pytest.raises(ValueError, match="Outputs"):
            roundtrip(tmp_path, wrong, X)


def test_shapeless(tmp_path: pathlib.Path) -> None:
    f = roundtrip(tmp_path, lambda x: (x * 2).sum(-1), mx.ones((2, 3)), shapeless=True)
    assert f(mx.ones((4, 5)))[0].tolist() == [10.0] * 4
    for wrong in (mx.ones(5), mx.ones((2, 3, 4)), mx.ones((2, 3), mx.int32)):
        with pytest.raises(ValueError):
            f(wrong)
    # MLX writes the shape down that was read, and is silently wrong for another.
    f = roundtrip(tmp_path, lambda x: x.reshape(x.shape[0] // 2, 2), mx.ones(4), shapeless=True)
    assert f(mx.ones(4))[0].shape == (2, 2)
    with pytest.raises(ValueError, match="shape"):
        f(mx.ones(6))


def test_transforms(tmp_path: pathlib.Path) -> None:
    loss = lambda x: (mx.sin(x) * x).sum()  # noqa: E731
    gradient = roundtrip(tmp_path, mx.compile(mx.grad(loss)), X)
    assert mx.allclose(gradient(X)[0], mx.grad(loss)(X))
    f = roundtrip(tmp_path, mx.compile(loss), X)
    assert mx.allclose(mx.grad(lambda x: f(x)[0])(X), mx.grad(loss)(X))
    assert mx.allclose(mx.vmap(lambda x: f(x)[0])(mx.stack([X, Y])), mx.stack([loss(X), loss(Y)]))
    assert mx.allclose(mx.compile(f)(X)[0], loss(X))
    f = roundtrip(tmp_path, mx.checkpoint(loss), X)
    assert mx.allclose(mx.grad(lambda x: f(x)[0])(X), mx.grad(loss)(X))
    f = roundtrip(tmp_path, lambda x: mx.stop_gradient(x) * x, X)
    assert mx.grad(lambda x: f(x)[0].sum())(X).tolist() == X.tolist()


def test_the_exporter(tmp_path: pathlib.Path) -> None:
    def fun(x, y=None):
        return mx.abs(x) if y is None else mx.abs(x) + y

    with mx.exporter(str(tmp_path / "e"), fun, metadata="two") as exporter:
        assert isinstance(exporter, mx.FunctionExporter)
        exporter(X)
        exporter(X, y=Y)
        exporter(mx.ones(3))
        with pytest.raises(RuntimeError, match="twice"):
            exporter(X)
    with pytest.raises(RuntimeError, match="closed"):
        exporter(X)
    exporter.close()
    f = mx.import_function(str(tmp_path / "e"))
    assert f(-X)[0].tolist() == [1.0, 2.0] and f(X, y=Y)[0].tolist() == [4.0, 6.0] and f(mx.ones(3))[0].shape == (3,)
    with pytest.raises(ValueError):
        f(mx.ones(4))


def test_a_callback_is_told() -> None:
    said: list[dict] = []
    w = mx.array([5.0, 6.0])
    mx.export_function(said.append, lambda x, y: mx.exp(x) * w - y, X, y=Y)
    assert [d["type"] for d in said] == ["inputs", "keyword_inputs", "outputs", "constants"] + ["primitive"] * 3
    assert said[0]["inputs"] == [("A", (2,), mx.float32), ("B", (2,), mx.float32)]
    assert said[1]["keywords"] == [("y", "B")]
    ((name, value),) = said[3]["constants"]
    assert value.tolist() == [5.0, 6.0]
    assert [d["name"] for d in said[4:]] == ["exp", "multiply", "subtract"]
    assert name in [i[0] for i in said[5]["inputs"]] and said[6]["outputs"] == said[2]["outputs"]


def test_errors(tmp_path: pathlib.Path) -> None:
    @mx.custom_function
    def own(x):
        return x * 2

    @own.vjp
    def own_vjp(primals, cotangent, output):
        return cotangent * 10

    def raises(x):
        raise KeyError("mine")

    path = str(tmp_path / "f")
    (tmp_path / "bad").write_bytes(b"abc")
    for call, error in (
        (lambda: mx.export_function(path, own, X), ValueError),
        (lambda: mx.export_function(path, raises, X), KeyError),
        (lambda: mx.export_function(path, lambda x: x * x.sum().item(), X), ValueError),
        (lambda: mx.export_function(path, lambda x, y: x + y, X, 2.0), ValueError),
        (lambda: mx.export_function(path, lambda x, y: x + y, X, y="a"), ValueError),
        (lambda: mx.export_function(path, 3, X), TypeError),
        (lambda: mx.export_function(str(tmp_path / "no" / "f"), lambda x: x, X), RuntimeError),
        (lambda: mx.import_function(str(tmp_path / "none")), RuntimeError),
        (lambda: mx.import_function(str(tmp_path / "bad")), RuntimeError),
        (lambda: mx.export_to_dot(3, X), ValueError),
        (lambda: mx.export_to_dot(path, 3), ValueError),
    ):
        with pytest.raises(error):
            call()


def test_dot(tmp_path: pathlib.Path) -> None:
    a = mx.array(1.0) + mx.array(2.0)
    b = mx.exp(a) * a
    text = io.StringIO()
    mx.export_to_dot(text, b, a=a)
    lines = text.getvalue().splitlines()
    assert lines[0] == "digraph {" and lines[-1] == "}"
    for name in ("add", "exp", "multiply"):
        assert sum(f'label ="{name}", shape=rectangle' in line for line in lines) == 1
    assert any('{ "a"; }' in line for line in lines) and sum("rank=sink" in line for line in lines) == 1
    mx.export_to_dot(str(tmp_path / "d"), [b, {"a": a}])
    assert "rank=source" in (tmp_path / "d").read_text()
    mx.export_to_dot(str(tmp_path / "d"))
    assert (tmp_path / "d").read_text() == "digraph {\n}\n"

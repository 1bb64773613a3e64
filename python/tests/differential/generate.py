"""Makes the calls from the rows: the same ones every time.

python generate.py CALLS.jsonl
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import convolutions
import indexing
import inputs
import layers
import listed
import quantized
import rows
import spectra
from inputs import ALL, FLOATS, INEXACT, INTS, spec

SHAPES = [(), (1,), (5,), (0,), (2, 3), (3, 1), (2, 0, 3), (2, 3, 4), (1, 4, 1), (17,), (33,), (2, 1, 3, 2), (70,)]
PAIRS = [
    ((), ()),
    ((5,), (5,)),
    ((2, 3), (3,)),
    ((3, 1), (1, 4)),
    ((2, 3, 4), (3, 1)),
    ((), (4,)),
    ((0,), (1,)),
    ((2, 0, 3), (3,)),
    ((33,), (33,)),
    ((2, 1, 3), (4, 1)),
    ((70,), ()),
]
KINDS = {"all": ALL, "floats": FLOATS, "inexact": INEXACT, "ints": INTS, "products": (*INEXACT, "int32")}


def call(id: str, code: str, tolerance: str, **arrays: list) -> dict:
    return {"id": id, "code": code, "tolerance": tolerance, "inputs": arrays}


def unary() -> Iterator[dict]:
    forms = [(f"mx.{name}(a)", domain, tol) for name, domain, tol in rows.UNARY] + rows.UNARY_FORMS
    for code, domain, tol in forms:
        rng = Random(code)
        for dtype in ALL:
            shape = rng.choice(SHAPES)
            yield call(f"unary/{code}/{dtype}", code, tol, a=spec(dtype, shape, domain, rng.randint(0, 999)))
    for name, _, tol in rows.UNARY:
        for dtype in FLOATS:
            rng = Random(name + dtype)
            a = spec(dtype, (24,), "special", rng.randint(0, 999))
            yield call(f"special/mx.{name}(a)/{dtype}", f"mx.{name}(a)", tol, a=a)


def binary() -> Iterator[dict]:
    for name, da, db, tol in rows.BINARY:
        rng = Random(name)
        for n in range(12):
            x, y = rng.choice(ALL), rng.choice(ALL)
            if n < 3:
                y = x
            elif n < 6:
                x = y = ("int8", "int32", "int64")[n - 3]
            p, q = rng.choice(PAIRS)
            if rng.random() < 0.5:
                p, q = q, p
            arrays = {"a": spec(x, p, da, rng.randint(0, 999)), "b": spec(y, q, db, rng.randint(0, 999))}
            yield call(f"binary/{name}/{n} {x} {y}", f"mx.{name}(a, b)", tol, **arrays)
        for n in range(3):
            x, s = rng.choice(ALL), rng.choice(rows.SCALARS)
            a = spec(
                x,
                rng.choice(SHAPES),
                "positive" if name == "power" or "shift" in name else "nonzero",
                rng.randint(0, 999),
            )
            code = f"mx.{name}(a, {s})" if n else f"mx.{name}({s}, a)"
            yield call(f"binary/{code}/{x}", code, tol, a=a)
        if name != "divmod":
            for dtype in ("float32", "float16"):
                arrays = {v: spec(dtype, (40,), "special", rng.randint(0, 999)) for v in "ab"}
                yield call(f"special/mx.{name}(a, b)/{dtype}", f"mx.{name}(a, b)", tol, **arrays)


def operators() -> Iterator[dict]:
    for op, da, db, tol in rows.OPERATORS:
        rng = Random(op)
        positive = "positive" if da == "positive" else "nonzero"
        for n in range(4):
            x, y = rng.choice(ALL), rng.choice(ALL)
            p, q = rng.choice(PAIRS)
            arrays = {"a": spec(x, p, da, rng.randint(0, 999)), "b": spec(y, q, db, rng.randint(0, 999))}
            yield call(f"operator/a {op} b/{n} {x} {y}", f"a {op} b", tol, **arrays)
        for n in range(7):
            x, s = rng.choice(ALL), rng.choice(rows.SCALARS[:-2])
            a = spec(x, rng.choice(SHAPES), positive, rng.randint(0, 999))
            code = f"a {op} {s}" if n % 2 else f"{s} {op} a"
            yield call(f"operator/{code}/{n} {x}", code, tol, a=a)
        for s in ("np.float32(1.5)", "np.int64(2)", "np.array([1.0, 2.0, 3.0])", "np.array([1, 2, 3], np.int8)"):
            x = rng.choice(ALL)
            a = spec(x, (2, 3), positive, rng.randint(0, 999))
            yield call(f"operator/a {op} {s}/{x}", f"a {op} {s}", tol, a=a)
        if op in ("+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>"):
            for n in range(3):
                x, s = rng.choice(ALL), rng.choice([*rows.SCALARS[:-2], "b"])
                arrays = {"a": spec(x, (2, 3), positive, n), "b": spec(rng.choice(ALL), (3,), positive, n)}
                yield call(f"operator/a {op}= {s}/{n} {x}", f"c = a\na {op}= {s}\na, c", tol, **arrays)


def reductions() -> Iterator[dict]:
    for name, domain, tol, several in rows.REDUCTIONS:
        rng = Random(name)
        for n in range(14):
            dtype, shape = rng.choice(ALL), rng.choice(SHAPES)
            axes = ["None", *(str(i) for i in range(-len(shape), len(shape)))]
            if several:
                axes += ["()", "[0]"] + (["(0, 1)", "(-1, 0)", "[0, -1]"] if len(shape) > 1 else [])
            axis, keep = rng.choice(axes), rng.choice(["", ", keepdims=True"])
            ddof = rng.choice(["", ", ddof=1"]) if name in ("var", "std") else ""
            code = f"mx.{name}(a, axis={axis}{keep}{ddof})"
            if n % 2 and name in rows.REDUCING_METHODS:
                code = f"a.{name}(axis={axis}{keep}{ddof})"
            yield call(f"reduction/{n}/{code}/{dtype}{shape}", code, tol, a=spec(dtype, shape, domain, n))


def along_axis() -> Iterator[dict]:
    for form, domain, tol in rows.ALONG_AXIS:
        rng = Random(form)
        for n in range(8):
            dtype = rng.choice(ALL)
            shape = rng.choice([s for s in SHAPES if s and 0 not in s])
            axis = rng.randint(-len(shape), len(shape) - 1)
            code = form.format(axis=axis)
            yield call(f"axis/{n}/{code}/{dtype}{shape}", code, tol, a=spec(dtype, shape, domain, n))


def random() -> Iterator[dict]:
    for form, tol in rows.RANDOM:
        rng = Random(form)
        for n in range(5 if "{shape}" in form else 2):
            fields = {
                "shape": rng.choice(["(5,)", "(2, 3)", "[4]", "(33,)", "()", "(0,)", "(3, 0, 2)", "(257,)"]),
                "key": rng.choice([f"mx.random.key({rng.randint(0, 10**12)})", "None"]),
                "float": rng.choice(["mx.float32", "mx.float16", "mx.bfloat16"]),
                "int": rng.choice([f"mx.{t}" for t in INTS if t != "uint64"]),
            }
            if "split({key}" in form and fields["key"] == "None":
                fields["key"] = "mx.random.key(5)"
            code = form.format(**fields)
            yield call(f"random/{n}/{code}", code, tol)


def transforms() -> Iterator[dict]:
    for body, domain, tol in rows.DIFFERENTIABLE:
        f = f"f = lambda x: {body}\n"
        for n, (form, dtype) in enumerate(
            [
                ("mx.grad(lambda x: f(x).sum())(a)", "float32"),
                ("mx.grad(f)(a[0])", "float16"),
                ("mx.grad(mx.grad(f))(a[0])", "float32"),
                ("mx.jvp(f, [a], [b])", "float32"),
                ("mx.vjp(f, [a], [b])", "bfloat16"),
                ("mx.vmap(f)(a)", "float32"),
            ]
        ):
            arrays = {"a": spec(dtype, (6,), domain, n), "b": spec(dtype, (6,), "real", n + 10)}
            yield call(f"derivative/{body}/{form}", f + form, tol, **arrays)
    for body, domain, tol in rows.MATRIX_FUNCTIONS:
        f = f"f = lambda x: {body}\n"
        for n, form in enumerate(
            [
                "f(a), mx.grad(lambda x: (f(x) * f(x)).sum())(a)",
                "mx.jvp(f, [a], [b])",
                "mx.vjp(f, [a], [f(b)])",
                "mx.vmap(f)(mx.stack([a, b]))",
                "mx.vmap(f, in_axes=2, out_axes=0)(mx.stack([a, b], axis=-1))",
                "mx.vmap(mx.grad(lambda x: f(x).sum()))(mx.stack([a, b]))",
            ]
        ):
            arrays = {"a": spec("float32", (3, 4), domain, n), "b": spec("float32", (3, 4), domain, n + 10)}
            yield call(f"derivative/{body}/{form}", f + form, tol, **arrays)


def indices() -> Iterator[dict]:
    for n in range(260):
        rng = Random(f"read {n}")
        shape, dtype = rng.choice(indexing.SHAPES), rng.choice(ALL)
        code = f"a[{indexing.index(rng, shape)}]"
        yield call(f"read/{n}/{code}/{dtype}{shape}", code, "exact", a=spec(dtype, shape, "real", n))
    for n in range(200):
        rng = Random(f"write {n}")
        shape, dtype, other = rng.choice(indexing.SHAPES), rng.choice(ALL), rng.choice(ALL)
        if other == "complex64" and dtype != other:
            other = dtype
        index = indexing.index(rng, shape, unique=rng.random() < 0.7)
        value = rng.choice(
            ["1", "0.5", "b", "b.astype(a.dtype)", "a[{i}] * 0", "a[{i}][..., :1] if a[{i}].ndim else 3"]
        )
        code = f"c = a + 0\nc[{index}] = {value.format(i=index)}\nc"
        arrays = {"a": spec(dtype, shape, "positive", n), "b": spec(other, (), "positive", n + 1)}
        yield call(f"write/{n}/{code}/{dtype}{shape}", code, "exact", **arrays)
    for n in range(40):
        rng = Random(f"mask {n}")
        shape, dtype = rng.choice([(6,), (3, 4)]), rng.choice(ALL)
        mask = rng.choice(["m", "m", "m[0] if a.ndim > 1 else m"])
        value = rng.choice(["0", "a.flatten()"]) if mask == "m" else "1"
        code = f"c = a + 0\nc[{mask}] = {value}\nc"
        arrays = {"a": spec(dtype, shape, "positive", n), "m": spec("bool", shape, "real", n)}
        yield call(f"mask/{n}/{code}/{dtype}{shape}", code, "exact", **arrays)
    for n in range(120):
        rng = Random(f"at {n}")
        op = rng.choice(["add", "subtract", "multiply", "maximum", "minimum", "divide"])
        dtype = rng.choice(FLOATS if op == "divide" else [t for t in ALL if t not in ("bool", "complex64", "float64")])
        shape = rng.choice(indexing.SHAPES)
        index = indexing.index(rng, shape)
        value = rng.choice(["2", "b", f"a[{index}]"])
        code = f"a.at[{index}].{op}({value}), a"
        arrays = {"a": spec(dtype, shape, "positive", n), "b": spec(dtype, (), "positive", n + 1)}
        yield call(f"at/{n}/{code}/{dtype}{shape}", code, "loose" if dtype in FLOATS else "exact", **arrays)


def casts() -> Iterator[dict]:
    for x in ALL:
        for y in ALL:
            domain = "positive" if y.startswith("u") else "real"
            name = "bool_" if y == "bool" else y
            yield call(f"cast/{x} to {y}", f"a.astype(mx.{name})", "exact", a=spec(x, (2, 5), domain, 3))


def blocks() -> Iterator[dict]:
    for name, (arrays, tol, kind, count, lines) in {**listed.BLOCKS, **layers.BLOCKS, **quantized.BLOCKS}.items():
        for line in lines.strip().splitlines():
            rng = Random(line)
            for dtype in ["float32"] if kind == "none" else rng.sample(KINDS[kind], count):
                given = {}
                for i, item in enumerate(arrays.split()):
                    v, shape, domain, own = (item.split(":") + ["", "", ""])[:4]
                    size = tuple(int(n) for n in shape.split(",") if n)
                    given[v] = spec(own or dtype, size, domain or "real", i)
                if dtype == "complex64" and "where(a > 0" in line:
                    continue
                yield call(f"{name}/{line}/{dtype}", line.replace("\\n", "\n"), tol, **given)
    floats = {v: spec("float32", (3, 4), "real", 5) for v in "x"}
    for name in layers.ACTIVATIONS:
        extra = ", mx.array(0.3)" if name == "prelu" else ""
        for dtype in ("float32", "float16"):
            x = spec(dtype, (3, 4), "real", 5)
            yield call(f"activation/{name}/{dtype}", f"nn.{name}(x{extra})", "approx", x=x)
        yield call(f"activation/grad {name}", f"mx.grad(lambda x: nn.{name}(x{extra}).sum())(x)", "approx", **floats)
    for name in layers.ACTIVATION_LAYERS:
        yield call(f"activation/{name}", f"nn.{name}(x)", "approx", **floats)
    for name in layers.OPTIMIZER_FORMS:
        code = (
            f"o = optim.{name}\np = {{'w': w, 'b': [v]}}\n"
            "for _ in range(4): p = o.apply_gradients({'w': g, 'b': [h]}, p)\np, o.state"
        )
        given = {
            "w": spec("float32", (3, 4), "real", 1),
            "v": spec("float32", (4,), "real", 2),
            "g": spec("float32", (3, 4), "real", 3),
            "h": spec("float32", (4,), "real", 4),
        }
        yield call(f"optimizer/{name}", code, "loose", **given)


def convolved() -> Iterator[dict]:
    for name, code, given in convolutions.calls():
        yield call(f"conv/{name}", code, "loose", **given)


def calls() -> list[dict]:
    """All of them, with distinct names."""
    made = [
        c
        for f in (
            unary,
            binary,
            operators,
            reductions,
            along_axis,
            random,
            transforms,
            indices,
            casts,
            blocks,
            convolved,
            spectra.fourier,
            spectra.algebra,
            spectra.products,
        )
        for c in f()
    ]
    assert len({c["id"] for c in made}) == len(made), "two calls have one name"
    return made


if __name__ == "__main__":
    made = calls()
    Path(sys.argv[1]).write_text("".join(json.dumps(c) + "\n" for c in made))
    for c in made:
        for s in c["inputs"].values():
            inputs.values(*s)
    print(f"{len(made)} calls")

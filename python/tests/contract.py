"""Reads `mlx_api.txt`, the names and signatures of MLX's Python interface: what the API walk checks and what the
stubs are made from.

A line is one of
    mx.NAME: SIGNATURE [|| SIGNATURE]     a function
    mx.NAME: class; MEMBER, MEMBER        a class of the extension
    mx.NAME: = VALUE                      a constant
    array.NAME[: SIGNATURE]               a method, or a property if it has no signature
    nn.NAME(PARAMETERS)[ -> T][; MEMBERS] a function or class in Python
    NAME, NAME, ...                       methods of nn.Module, under the heading "# nn.Module methods"
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path

PATH = Path(__file__).with_name("mlx_api.txt")

REQUIRED = Parameter.empty


@dataclass(frozen=True)
class Param:
    """A parameter: its default is `REQUIRED`, or the text of an expression."""

    name: str
    kind: object
    annotation: str | None
    default: object

    @property
    def required(self) -> bool:
        return self.default is REQUIRED and self.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Signature:
    """The parameters of one overload and the type of what it returns."""

    params: tuple[Param, ...]
    returns: str | None


@dataclass(frozen=True)
class Entry:
    """One name of the interface."""

    group: str  # as in the file's headings: "mlx.core", "array", "nn", ...
    path: str  # dotted, from the package: "core.fft.rfft", "core.array.sum", "nn.Linear"
    kind: str  # "function", "class", "constant", "property"
    signatures: tuple[Signature, ...] = ()
    members: tuple[str, ...] = ()
    value: str | None = None

    @property
    def name(self) -> str:
        return self.path.rsplit(".", 1)[-1]


def parse_signature(text: str) -> Signature:
    """Parses `name(a: T, /, b: U = 1) -> V`; types and defaults that are no Python become `...`."""
    text = re.sub(r"<[^>]*>", "...", text)
    text = text.replace("[writable=False]", "").replace("ndarray[]", "ndarray")
    head, _, tail = text.partition("(")
    depth, end = 1, len(tail)
    for i, c in enumerate(tail):
        depth += (c in "([{") - (c in ")]}")
        if depth == 0:
            end = i
            break
    parameters, rest = tail[:end], tail[end + 1 :].strip()
    returns = rest.removeprefix("->").strip() or None
    tree = ast.parse(f"def f({parameters}): ...").body[0]
    assert isinstance(tree, ast.FunctionDef)
    a = tree.args
    out: list[Param] = []

    def add(arg: ast.arg, kind: object, default: ast.expr | None) -> None:
        annotation = ast.unparse(arg.annotation) if arg.annotation else None
        out.append(Param(arg.arg, kind, annotation, REQUIRED if default is None else ast.unparse(default)))

    positional = [(x, Parameter.POSITIONAL_ONLY) for x in a.posonlyargs] + [
        (x, Parameter.POSITIONAL_OR_KEYWORD) for x in a.args
    ]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(a.defaults)) + list(a.defaults)
    for (arg, kind), default in zip(positional, defaults, strict=True):
        if arg.arg != "self":
            add(arg, kind, default)
    if a.vararg:
        add(a.vararg, Parameter.VAR_POSITIONAL, None)
    for arg, default in zip(a.kwonlyargs, a.kw_defaults, strict=True):
        add(arg, Parameter.KEYWORD_ONLY, default)
    if a.kwarg:
        add(a.kwarg, Parameter.VAR_KEYWORD, None)
    return Signature(tuple(out), returns)


def _names(text: str) -> tuple[str, ...]:
    return tuple(n.strip() for n in text.split(",") if n.strip())


def _core(group: str, line: str) -> Entry:
    name, _, rest = line.partition(":")
    path, rest = "core." + name.removeprefix("mx."), rest.strip()
    if rest.startswith("class;"):
        return Entry(group, path, "class", members=_names(rest.removeprefix("class;")))
    if rest.startswith("= "):
        return Entry(group, path, "constant", value=rest.removeprefix("= "))
    return Entry(group, path, "function", tuple(parse_signature(s) for s in rest.split(" || ")))


def _array(line: str) -> Entry:
    name, _, rest = line.partition(":")
    path = "core." + name
    if not rest:
        return Entry("array", path, "property")
    return Entry("array", path, "function", (parse_signature(rest.strip()),))


def _python(group: str, line: str) -> Entry:
    head, _, members = line.partition(";")
    name = head[: head.index("(")]
    kind = "class" if ";" in line else "function"
    return Entry(group, name, kind, (parse_signature(head.strip()),), _names(members))


def entries(path: Path = PATH) -> list[Entry]:
    """Every name of the interface, in the file's order."""
    out: list[Entry] = []
    group = ""
    for line in path.read_text().splitlines()[1:]:
        if line.startswith("# "):
            group = line[2:]
        elif not line.strip():
            continue
        elif group.startswith("mlx.core"):
            out.append(_core(group, line))
        elif group == "array":
            out.append(_array(line))
        elif group == "nn.Module methods":
            out += [Entry(group, f"nn.Module.{n}", "property") for n in _names(line)]
        else:
            out.append(_python(group, line))
    return out

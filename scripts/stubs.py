"""Writes the typed stubs of the extension: `python/lazulite/core/__init__.pyi` and one file a submodule.

    python scripts/stubs.py            writes them
    python scripts/stubs.py --check    fails if what is checked in is not what would be written

Names and docstrings come from the extension itself (so it must be importable), parameters and types from
`python/tests/mlx_api.txt`, the classes from `scripts/stub_classes.pyi`, and what lazulite has beyond MLX from `BEYOND`
below.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import sys
import textwrap
from inspect import Parameter
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python/tests"))
import contract  # noqa: E402 - the path comes first
from contract import Entry, Param, Signature  # noqa: E402

OUT = ROOT / "python/lazulite/core"
SUBMODULES = ("linalg", "fft", "random", "fast", "distributed", "metal", "cuda")

HEADER = '''"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

'''

# Types of the contract, as the stubs name them.
NAMES = {
    "scalar": "_Scalar",
    "StreamOrDevice": "_StreamOrDevice",
    "ArrayLike": "Any",
    "Callable": "Callable[..., Any]",
    "Sequence": "Sequence[Any]",
    "dict": "dict[Any, Any]",
    "list": "list[Any]",
    "tuple": "tuple[Any, ...]",
    "DLPackCompatible": "Any",
    "ndarray": "Any",
    "list_or_scalar": "Any",
    "file": "IO[bytes]",
    "object": "Any",
    "_PrintOptionsContext": "PrintOptions",
}
QUALIFIED = {
    "collections.abc.Callable": "Callable[..., Any]",
    "collections.abc.Sequence": "Sequence[Any]",
    "numpy.ndarray": "Any",
    "types.ModuleType": "ModuleType",
    "pathlib.Path": "PathLike[str]",
}
ALIASES = {
    "Stream | ThreadLocalStream | Device | DeviceType | None": "_StreamOrDevice",
    "bool | int | float | array | Any | complex | Any": "_Operand",
    "_Scalar | array": "_Operand",
    "array | Any": "_Operand",
}
# What functions return where the contract says nothing, or says what isn't so.
RETURNS = {
    "core.array.item": "Any",
    "core.broadcast_shapes": "tuple[int, ...]",
    "core.depends": "list[array]",
    "core.divmod": "tuple[array, array]",
    "core.einsum_path": "tuple[list[tuple[int, ...]], str]",
    "core.load": "Any",
    "core.save_gguf": "None",
    "core.save_safetensors": "None",
    "core.savez": "None",
    "core.savez_compressed": "None",
    "core.quantize": "list[array]",
    "core.split": "list[array]",
    "core.array.__array__": "Any",
    "core.array.__dlpack__": "Any",
    "core.array.__dlpack_device__": "tuple[int, int]",
    "core.array.__eq__": "array",
    "core.array.__ne__": "array",
    "core.array.__init__": "None",
    "core.array.__iter__": "Iterator[array]",
    "core.array.__getstate__": "tuple[Any, ...]",
}
# Parameters whose type the contract leaves open or gives too narrowly.
PARAMETERS = {
    ("core.array.reshape", "shape"): "int | Sequence[int]",
    ("core.array.transpose", "axes"): "int | Sequence[int]",
    ("core.array.__getitem__", "arg"): "Any",
    ("core.array.__setitem__", "arg0"): "Any",
    ("core.array.__setitem__", "arg1"): "_Operand",
    ("core.array.__init__", "val"): "Any",
    ("core.array.__eq__", "other"): "object",
    ("core.array.__ne__", "other"): "object",
    ("core.eval", "args"): "Any",
    ("core.async_eval", "args"): "Any",
    ("core.einsum", "operands"): "array",
    ("core.einsum_path", "operands"): "array",
    ("core.export_function", "args"): "Any",
    ("core.export_to_dot", "args"): "Any",
    ("core.savez", "args"): "array",
    ("core.savez_compressed", "args"): "array",
    ("core.concatenate", "arrays"): "Sequence[array]",
    ("core.concat", "arrays"): "Sequence[array]",
    ("core.stack", "arrays"): "Sequence[array]",
    ("core.jvp", "primals"): "Sequence[array]",
    ("core.jvp", "tangents"): "Sequence[array]",
    ("core.vjp", "primals"): "Sequence[array]",
    ("core.vjp", "cotangents"): "Sequence[array]",
    ("core.asarray", "a"): "Any",
    ("core.zeros", "dtype"): "Dtype | None",
    ("core.ones", "dtype"): "Dtype | None",
    ("core.clip", "a_min"): "_Operand | None",
    ("core.clip", "a_max"): "_Operand | None",
    ("core.compile", "inputs"): "Any",
    ("core.compile", "outputs"): "Any",
}
PROPERTIES = {
    "T": "array",
    "at": "ArrayAt",
    "dtype": "Dtype",
    "imag": "array",
    "itemsize": "int",
    "mT": "array",
    "nbytes": "int",
    "ndim": "int",
    "real": "array",
    "shape": "tuple[int, ...]",
    "size": "int",
}
# Signatures that the contract gives as two alternatives of which a call needs a third.
SIGNATURES = {
    "core.arange": [
        "arange(start: int | float, stop: int | float | None, step: int | float | None = None, "
        "dtype: Dtype | None = None, *, stream: StreamOrDevice = None) -> array",
        "arange(stop: int | float, *, step: int | float | None = None, dtype: Dtype | None = None, "
        "stream: StreamOrDevice = None) -> array",
    ],
}
# What lazulite has and MLX doesn't: full signatures.
BEYOND = {
    "_print_as": "(package: str) -> None",
    "hessian": "(fun: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]",
    "jacfwd": "(fun: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]",
    "jacrev": "(fun: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]",
}


class Types(ast.NodeTransformer):
    """Renames the types of the contract in an annotation."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        text = ast.unparse(node)
        return ast.parse(QUALIFIED[text], mode="eval").body if text in QUALIFIED else node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.parse(NAMES.get(node.id, node.id), mode="eval").body

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if not isinstance(node.value, ast.Name):  # a bare generic has its parameters in NAMES
            node.value = ast.Name(ast.unparse(node.value).rsplit(".", 1)[-1])
        node.slice = self.visit(node.slice)
        return node


def type_of(text: str | None) -> str:
    """An annotation of the contract as one of the stubs."""
    if text is None:
        return "Any"
    if text in ALIASES:
        return ALIASES[text]
    new = ast.unparse(Types().visit(ast.parse(text, mode="eval").body))
    return ALIASES.get(new, new)


def parameter(entry: Entry, p: Param) -> str:
    """One parameter of a stub."""
    given = PARAMETERS.get((entry.path, p.name))
    kind = type_of(p.annotation) if given is None else given
    star = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}.get(p.kind, "")
    if p.default == "None" and "None" not in kind and kind not in ("Any", "_StreamOrDevice", "object"):
        kind += " | None"
    if p.required or star:
        return f"{star}{p.name}: {kind}"
    default = p.default if p.default[0] in "0123456789-'\"NTF[" else "..."
    return f"{p.name}: {kind} = {default}"


def parameters(entry: Entry, signature: Signature, method: bool) -> str:
    """The parameters of a stub, with the markers that fix how each is passed."""
    out, position, keyword = ["self"] if method else [], False, False
    for i, p in enumerate(signature.params):
        if position and p.kind is not Parameter.POSITIONAL_ONLY:
            out.append("/")
            position = False
        if p.kind is Parameter.KEYWORD_ONLY and not keyword:
            keyword = True
            if not any(q.kind is Parameter.VAR_POSITIONAL for q in signature.params[:i]):
                out.append("*")
        position = position or p.kind is Parameter.POSITIONAL_ONLY
        out.append(parameter(entry, p))
    return ", ".join([*out, "/"] if position else out)


def documented(head: str, doc: str | None, indent: str) -> list[str]:
    """A definition with its docstring."""
    if not doc:
        return [f"{indent}{head} ..."]
    body = (
        textwrap.indent(inspect.cleandoc(doc).replace("\\", "\\\\").replace('"""', "'''"), indent + "    ")
        .strip()
        .splitlines()
    )
    body = [line.rstrip() for line in body]
    if len(body) == 1:
        return [f"{indent}{head}", f'{indent}    """{body[0]}"""']
    return [f"{indent}{head}", f'{indent}    """{body[0]}', *body[1:], f'{indent}    """']


def function(entry: Entry, doc: str | None, method: bool = False) -> list[str]:
    """The stub of a function, an overload for each of its signatures."""
    indent, lines = "    " if method else "", []
    signatures = [contract.parse_signature(t) for t in SIGNATURES.get(entry.path, [])] or entry.signatures
    for signature in signatures:
        returns = RETURNS.get(entry.path) or type_of(signature.returns)
        head = f"def {entry.name}({parameters(entry, signature, method)}) -> {returns}:"
        if len(signatures) > 1:
            lines.append(f"{indent}@overload")
        made = documented(head, doc, indent)
        if entry.name in ("__eq__", "__ne__"):
            made[0] = made[0].replace(" ...", "") + (
                "  # type: ignore[override]" if doc else " ...  # type: ignore[override]"
            )
        lines += made
    return lines


def class_array(entries: list[Entry], doc: str | None, core: ModuleType) -> list[str]:
    """The stub of `array`."""
    lines = ["class array:", f'    """{inspect.cleandoc(doc or "").splitlines()[0] if doc else "An array."}"""', ""]
    for e in entries:
        own = getattr(core.array, e.name, None)
        if own is None or e.name in ("__hash__", "__str__", "__reduce__", "__div__", "__rdiv__"):
            continue
        doc = own.__doc__ if not e.name.startswith("__") else None
        if e.kind == "property":
            lines.append("    @property")
            lines += documented(f"def {e.name}(self) -> {PROPERTIES[e.name]}:", doc, "    ")
        else:
            lines += function(e, doc, method=True)
    return [*lines, "    def __rmatmul__(self, other: array) -> array: ...", "    def __hash__(self) -> int: ...", ""]


def own_functions(module: ModuleType, known: set[str]) -> list[str]:
    """What the module has beyond the contract."""
    lines = []
    for name in sorted(set(vars(module)) - known):
        thing = getattr(module, name)
        hidden = name.startswith("_") and name not in BEYOND
        if hidden or isinstance(thing, (ModuleType, type)) or not callable(thing):
            continue
        signature = BEYOND.get(name, "(*args: Any, **kwargs: Any) -> Any")
        lines += documented(f"def {name}{signature}:", thing.__doc__, "")
    return lines


def stubs() -> dict[Path, str]:
    """Every stub file and its text."""
    core = importlib.import_module("lazulite.core")
    entries = contract.entries()
    classes = (ROOT / "scripts/stub_classes.pyi").read_text().split("# ---\n")
    made = [HEADER, "__version__: str\n\n", classes[0]]
    known = {e.path.split(".")[1] for e in entries if e.path.startswith("core.")}
    present = [s for s in SUBMODULES if hasattr(core, s)]
    inside: dict[str, list[str]] = {s: [] for s in present}
    for text in classes[1:]:
        tree = ast.parse(text).body[0]
        name = getattr(tree, "name", None)
        if name is None or hasattr(core, name) or name.startswith("_"):
            made.append(text.rstrip() + "\n\n")
        for s in present:
            if name is not None and hasattr(getattr(core, s), name):
                inside[s].append(text.rstrip() + "\n")
    methods = [e for e in entries if e.group == "array"]
    made.append("\n".join(class_array(methods, core.array.__doc__, core)) + "\n")
    lines: list[str] = []
    for e in entries:
        if e.group != "mlx.core" or not hasattr(core, e.name):
            continue
        if e.kind == "constant":
            thing = getattr(core, e.name)
            kind = "None" if thing is None else type(thing).__name__
            lines.append(f"{e.name}: Final[{kind}]" if kind != "None" else f"{e.name}: None")
        elif e.kind == "function":
            lines += function(e, getattr(core, e.name).__doc__)
    lines += own_functions(core, known)
    lines += [f"from . import {s} as {s}" for s in present]
    files = {OUT / "__init__.pyi": "".join(made) + "\n".join(lines) + "\n"}
    for s in present:
        module = getattr(core, s)
        mine = [e for e in entries if e.group == f"mlx.core.{s}" and e.kind == "function" and hasattr(module, e.name)]
        head = HEADER + "from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32\n\n"
        body = inside[s] + [line for e in mine for line in function(e, getattr(module, e.name).__doc__)]
        if s == "random":
            body = ["state: list[array]", *body]
        body += own_functions(module, {e.name for e in mine})
        files[OUT / f"{s}.pyi"] = head + "\n".join(body) + "\n"
    return files


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stale = []
    for path, text in stubs().items():
        if options.check:
            if not path.exists() or path.read_text() != text:
                stale.append(str(path.relative_to(ROOT)))
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    if stale:
        print("not current, run `python scripts/stubs.py`: " + ", ".join(stale))
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())

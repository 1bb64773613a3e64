"""Walks the contract: does each name exist, and does it accept its signature?

A function of the extension is called: once with what it requires, once with the others at their defaults, too (by
keyword where the contract allows that). It accepts the signature unless it raises TypeError. What is written in
Python is bound with `inspect.signature`, and so is everything that says its own signature.

    python api_walk.py [PACKAGE]      prints what is missing, by group
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import tempfile
from collections import Counter
from inspect import Parameter

import contract
from contract import Entry, Param, Signature

_FILE = os.path.join(tempfile.mkdtemp(prefix="api-walk-"), "x")

# Arguments by annotation: the first row whose text is in the annotation.
BY_ANNOTATION = [
    ("list[array]", "[mx.ones((2, 2))]"),
    ("Sequence[array]", "[mx.ones((2, 2))]"),
    ("dict[str, array]", "{'w': mx.ones((2, 2))}"),
    ("array", "mx.ones((2, 2))"),
    ("scalar", "1.0"),
    ("Callable", "lambda x: x"),
    ("Device", "mx.cpu"),
    ("Dtype", "mx.float32"),
    ("Sequence[int]", "(2, 2)"),
    ("Sequence[Sequence[int]]", "[(2, 2)]"),
    ("bool", "False"),
    ("int", "1"),
    ("float", "1.0"),
    ("str", "'affine'"),
    ("tuple", "(0,)"),
    ("object", "None"),
]

# Arguments by function and parameter, where the annotation doesn't say enough.
BY_NAME = {
    "core.export_function": {"file_or_callback": "FILE + '.mlxfn'", "fun": "lambda x: x", "args": "mx.ones(2)"},
    "core.export_to_dot": {"file": "FILE + '.dot'", "args": "mx.ones(2)"},
    "core.exporter": {"file": "FILE + '.mlxfn2'"},
    "core.import_function": {"file": "FILE + '.mlxfn'"},
    "core.load": {"file": "FILE + '.npy'"},
    "core.save": {"file": "FILE + '.npy'"},
    "core.save_gguf": {"file": "FILE + '.gguf'", "metadata": "{}"},
    "core.save_safetensors": {"file": "FILE + '.safetensors'"},
    "core.savez": {"file": "FILE + '.npz'", "args": "mx.ones(2)"},
    "core.savez_compressed": {"file": "FILE + 'c.npz'", "args": "mx.ones(2)"},
    "core.set_memory_limit": {"limit": "mx.get_memory_limit()"},
    "core.metal.set_memory_limit": {"limit": "mx.get_memory_limit()"},
    "core.set_default_stream": {"stream": "mx.default_stream(mx.cpu)"},
    "core.jvp": {"primals": "[mx.ones(2)]", "tangents": "[mx.ones(2)]"},
    "core.vjp": {"fun": "lambda x: x.sum()", "primals": "[mx.ones(2)]", "cotangents": "[mx.array(1.0)]"},
    "core.take": {"indices": "mx.array([0])"},
    "core.broadcast_shapes": {"shapes": "(2, 2)"},
    "core.result_type": {"arrays_and_dtypes": "mx.float32"},
    "core.isdtype": {"kind": "mx.float32"},
    "core.can_cast": {"from_": "mx.float32", "to": "mx.float32"},
    "core.einsum": {"subscripts": "'ij->ji'", "operands": "mx.ones((2, 2))"},
    "core.einsum_path": {"subscripts": "'ij->ji'", "operands": "mx.ones((2, 2))"},
    "core.random.split": {"key": "mx.random.key(0)"},
    "core.random.permutation": {"x": "4"},
    "core.fast.metal_kernel": {"input_names": "['a']", "output_names": "['b']", "source": "''"},
    "core.fast.cuda_kernel": {"input_names": "['a']", "output_names": "['b']", "source": "''"},
    "core.distributed.recv": {"shape": "(1,)"},
    "core.array.__array__": {"dtype": "None", "copy": "None"},
    "core.array.__getitem__": {"arg": "0"},
    "core.array.__setitem__": {"arg0": "0", "arg1": "1.0"},
    "core.array.__format__": {"arg": "''"},
    "core.array.__deepcopy__": {"memo": "{}"},
    "core.array.__setstate__": {"arg": "mx.ones((2, 2)).__getstate__()"},
    "core.array.__init__": {"val": "1.0"},
    "core.issubdtype": {"arg1": "mx.float32", "arg2": "mx.floating"},
    "core.slice": {"start_indices": "mx.array([0, 0])", "axes": "(0, 1)", "slice_size": "(1, 1)"},
    "core.slice_update": {"start_indices": "mx.array([0, 0])", "axes": "(0, 1)"},
    "core.array.reshape": {"shape": "4"},
    "core.array.transpose": {"axes": "(1, 0)"},
}

# Methods that are defined for some arrays only.
SELF = {
    "core.array.__index__": "mx.array(1)",
    "core.array.__invert__": "mx.array([1])",
    "core.array.__complex__": "mx.array(1.0)",
    "core.array.__int__": "mx.array(1.0)",
    "core.array.__float__": "mx.array(1.0)",
    "core.array.__bool__": "mx.array(True)",
}
for _op in ("and", "or", "xor", "iand", "ior", "ixor", "lshift", "rshift", "ilshift", "irshift"):
    SELF[f"core.array.__{_op}__"] = "mx.array([1])"
    BY_NAME[f"core.array.__{_op}__"] = {"other": "mx.array([1])"}

# What is not called but bound, because calling it changes the process or waits for something outside.
NOT_CALLED = (
    "core.array.__setstate__",
    "core.clear_streams",
    "core.distributed.",
    "core.fast.precompiled_cuda_kernel",
    "core.metal.start_capture",
    "core.metal.stop_capture",
)


def find(package: str, path: str) -> object:
    """The object at a dotted path below the package; AttributeError if there is none."""
    parts = path.split(".")
    thing: object = importlib.import_module(f"{package}.{parts[0]}")
    for i, part in enumerate(parts[1:], 1):
        try:
            thing = getattr(thing, part)
        except AttributeError:
            try:
                thing = importlib.import_module(".".join([package, *parts[: i + 1]]))
            except ImportError:
                raise AttributeError(part) from None
    return thing


class Walk:
    """The walk over one package: `missing` has a line for each entry that fails."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.mx = importlib.import_module(package + ".core")
        self.entries = contract.entries()
        self.missing: dict[Entry, str] = {}
        for entry in self.entries:
            try:
                fault = self.check(entry)
            except AttributeError as e:
                fault = f"no {e}"
            if fault:
                self.missing[entry] = fault

    @property
    def found(self) -> int:
        return len(self.entries) - len(self.missing)

    def report(self) -> str:
        """A line for each group, and one for each entry that is missing."""
        total = Counter(e.group for e in self.entries)
        lost = Counter(e.group for e in self.missing)
        lines = [f"{g}: {total[g] - lost[g]} of {total[g]}" for g in total]
        lines += [f"  missing {e.path}: {why}" for e, why in self.missing.items()]
        return "\n".join([*lines, f"{self.found} of {len(self.entries)} names"])

    def check(self, entry: Entry) -> str | None:
        """Why the entry fails, or None."""
        thing = find(self.package, entry.path)
        if entry.kind == "constant":
            return self.constant(entry, thing)
        if entry.kind == "class":
            lost = [m for m in entry.members if m != "state" and not self.has_member(thing, m)]
            if lost:
                return "without " + ", ".join(lost)
        for signature in entry.signatures:
            fault = self.accepts(entry, thing, signature)
            if fault:
                return fault
        return None

    @staticmethod
    def has_member(thing: object, name: str) -> bool:
        return hasattr(thing, name) or name in getattr(thing, "__annotations__", {})

    def constant(self, entry: Entry, thing: object) -> str | None:
        ours = str(thing).rsplit(".", 1)[-1] if not isinstance(thing, float) else str(thing)
        theirs = entry.value if isinstance(thing, float) else entry.value.rsplit(".", 1)[-1]
        return None if ours == theirs else f"is {ours}, not {theirs}"

    def accepts(self, entry: Entry, thing: object, signature: Signature) -> str | None:
        own = own_signature(thing, entry.path.startswith("core.array."))
        if own is not None:
            fault = differs(signature, own)
            if fault:
                return fault
        if entry.path.startswith(NOT_CALLED) or (own is not None and not entry.path.startswith("core.")):
            return None
        return self.called(entry, thing, signature)

    def called(self, entry: Entry, thing: object, signature: Signature) -> str | None:
        """Calls with what is required, then with everything; TypeError means that the signature isn't accepted."""
        if entry.path.startswith("core.array."):
            if entry.name == "__init__":
                thing = self.mx.array
            else:
                thing = getattr(self.value(SELF.get(entry.path, "mx.ones((2, 2))")), entry.name)
        for everything in (False, True):
            args: list[object] = []
            kwargs: dict[str, object] = {}
            for p in signature.params:
                if p.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
                    text = BY_NAME.get(entry.path, {}).get(p.name)
                    text = text or ("mx.ones((2, 2))" if p.annotation == "array" else None)
                    if text and p.kind is Parameter.VAR_POSITIONAL:
                        args.append(self.value(text))
                elif p.required or everything:
                    value = self.value(argument(entry, p))
                    if p.kind is Parameter.POSITIONAL_ONLY or (p.required and p.kind is not Parameter.KEYWORD_ONLY):
                        args.append(value)
                    else:
                        kwargs[p.name] = value
            try:
                thing(*args, **kwargs)  # type: ignore[operator]
            except TypeError as e:
                how = f"{len(args)} arguments and {', '.join(kwargs) or 'no keywords'}"
                return f"called with {how}: {str(e).splitlines()[0][:150]}"
            except Exception:  # the arguments were taken; what became of them is for other tests
                pass
        return None

    def value(self, text: str) -> object:
        names = {"mx": self.mx, "FILE": _FILE, **{n: getattr(self.mx, n) for n in ("float32", "bfloat16", "int32")}}
        return eval(text, names)


def argument(entry: Entry, p: Param) -> str:
    """An expression for the parameter: its default, or something that fits its annotation."""
    named = BY_NAME.get(entry.path, {}).get(p.name)
    if named is not None:
        return named
    if not p.required:
        return str(p.default)
    for part, text in BY_ANNOTATION:
        if part in (p.annotation or ""):
            return text
    return "mx.ones((2, 2))"


def own_signature(thing: object, method: bool) -> inspect.Signature | None:
    """What the object says of its parameters; None if it says nothing, or only (*args, **kwargs)."""
    try:
        own = inspect.signature(thing)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    params = list(own.parameters.values())
    if method and params and params[0].name == "self":
        params = params[1:]
    if all(p.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD) for p in params) and len(params) == 2:
        return None
    return own.replace(parameters=params)


def differs(theirs: Signature, own: inspect.Signature) -> str | None:
    """Why a call that the contract allows would not bind, or a default that isn't the same."""
    named = [p for p in theirs.params if p.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)]
    calls = [
        [p.required and p.kind is not Parameter.KEYWORD_ONLY for p in named],
        [
            p.kind is not Parameter.KEYWORD_ONLY and p.name != "stream" for p in named
        ],  # MLX takes it by keyword, whatever it says
        [p.kind is Parameter.POSITIONAL_ONLY or (p.required and p.kind is not Parameter.KEYWORD_ONLY) for p in named],
    ]
    for n, positional in enumerate(calls):
        chosen = [(p, q) for p, q in zip(named, positional, strict=True) if n > 0 or p.required]
        args = [p.name for p, q in chosen if q]
        kwargs = {p.name: p.name for p, q in chosen if not q}
        try:
            own.bind(*args, **kwargs)
        except TypeError as e:
            return f"{own} takes no ({', '.join([*args, *(k + '=' for k in kwargs)])}): {e}"
    for p in named:
        mine = own.parameters.get(p.name)
        if mine is None or p.required or mine.default in (Parameter.empty, None, ...):  # None stands for what fits
            continue
        if (
            isinstance(mine.default, bool | int | float | str | None)
            and p.default != "..."
            and p.default[0] in "0123456789-'TFN"
        ):
            if repr(mine.default) != p.default and mine.default != eval(p.default):
                return f"{p.name} is {mine.default!r} by default, not {p.default}"
    return None


if __name__ == "__main__":
    print(Walk(sys.argv[1] if len(sys.argv) > 1 else "lazulite").report())

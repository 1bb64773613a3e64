"""Every public name says what it takes and gives, with shapes, dtypes and errors where there are arrays, and has an
example. Every example is run and gives what it says."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import contract
import lazulite.core as mx
import lazulite.nn as nn
import lazulite.optimizers as optim
import pytest

SUBMODULES = ("linalg", "fft", "random", "fast", "distributed", "metal", "cuda")
# What the packages in Python offer.
NAMESPACES = (
    "lazulite.nn",
    "lazulite.nn.init",
    "lazulite.nn.losses",
    "lazulite.nn.utils",
    "lazulite.nn.layers.distributed",
    "lazulite.optimizers",
    "lazulite.utils",
)
# Functions whose contract has an array among what they take or give.
ARRAYS = {
    e.path
    for e in contract.entries()
    if any("array" in f"{s.returns}{[p.annotation for p in s.params]}" for s in e.signatures)
}
# What a docstring must say where there are arrays, and how it may.
SHAPE = re.compile(r"\bshapes?\b", re.IGNORECASE)
DTYPE = re.compile(r"\bdtypes?\b|float|int\d|integer|complex|\bbool\b", re.IGNORECASE)
RAISES = re.compile(r"\bRaises\b|\braises\b|`\w+Error`")


def prose(doc: str) -> str:
    """The text without the examples."""
    return doc.split(">>>")[0]


def members(cls: type) -> Iterator[str]:
    """A class's own public methods and properties, without those that stand in for a base class's."""
    for name, thing in vars(cls).items():
        inherited = any(name in vars(base) for base in cls.__mro__[1:-1])
        if (
            not name.startswith("_")
            and not inherited
            and (callable(getattr(cls, name)) or inspect.isdatadescriptor(thing))
        ):
            yield name


def public(module: ModuleType) -> Iterator[tuple[str, object]]:
    """The functions and classes that a module offers by their dotted names: its own, or for a package all of ours."""
    extension, package = module.__name__.startswith("lazulite.core"), hasattr(module, "__path__")
    for key, thing in vars(module).items():
        home = getattr(thing, "__module__", None) or module.__name__
        if key.startswith("_") or isinstance(thing, ModuleType) or not callable(thing):
            continue
        ours = home.startswith("lazulite") and home.startswith("lazulite.core") == extension
        if ours and (extension or package or home == module.__name__):
            yield f"{module.__name__}.{key}", thing


def pure_modules() -> Iterator[str]:
    """`lazulite.utils` and every module of `lazulite.nn` and `lazulite.optimizers`."""
    yield "lazulite.utils"
    for package in (nn, optim):
        yield package.__name__
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield found.name


def core_names() -> Iterator[tuple[str, object]]:
    """The functions and classes of the extension."""
    for module in (mx, *(getattr(mx, sub) for sub in SUBMODULES)):
        yield from public(module)


def faults(name: str, thing: object) -> Iterator[str]:
    """What the documentation of a function or class lacks."""
    doc = thing.__doc__ or ""
    if ">>>" not in doc:
        yield f"{name}: no example"
    if not isinstance(thing, type):
        yield from unsaid(name, thing, doc)
        return
    layer = issubclass(thing, nn.Module) and thing is not nn.Module
    if layer and "The module for `" not in doc:  # the module for a function is documented there
        yield from unsaid_of_a_layer(name, doc)
    shown = "".join(re.findall(r">>> .*|\.\.\. .*", doc))
    for key in members(thing):
        text = inspect.getdoc(getattr(thing, key)) or ""
        if not text:
            yield f"{name}.{key}: no text"
        elif ">>>" not in text and not re.search(rf"\.{key}\b", shown):
            yield f"{name}.{key}: no example"
        if thing is mx.array:
            yield from unsaid(f"{name}.{key}", getattr(thing, key), text)
        if layer and takes_an_array(getattr(thing, key)):
            yield from unsaid_of_a_layer(f"{name}.{key}", text)


def unsaid_of_a_layer(name: str, doc: str) -> Iterator[str]:
    """What the text leaves out of a layer, or of a method that is another use of it."""
    if not (SHAPE.search(prose(doc)) or "`(" in prose(doc)):
        yield f"{name}: nothing on shapes"
    if not RAISES.search(prose(doc)):
        yield f"{name}: nothing on errors"


def takes_an_array(thing: object) -> bool:
    """Whether a function in Python says that it takes one."""
    return inspect.isfunction(thing) and "mx.array" in thing.__annotations__.values()


def unsaid(name: str, thing: object, doc: str) -> Iterator[str]:
    """What the text leaves out of a function that has to do with arrays."""
    if name.removeprefix("lazulite.") in ARRAYS or takes_an_array(thing):
        if not SHAPE.search(prose(doc)):
            yield f"{name}: nothing on shapes"
        if not DTYPE.search(doc):
            yield f"{name}: nothing on dtypes"
        if not RAISES.search(prose(doc)):
            yield f"{name}: nothing on errors"


@pytest.mark.own_core
def test_everything_in_the_core_is_documented():
    names = list(core_names())
    assert len(names) > 330
    lacking = [f for name, thing in names for f in faults(name, thing)]
    assert not lacking, "\n".join(lacking)


def test_everything_in_python_is_documented():
    names = {id(thing): (name, thing) for m in NAMESPACES for name, thing in public(importlib.import_module(m))}
    assert len(names) > 150
    lacking = [f for name, thing in names.values() for f in faults(name, thing)]
    assert not lacking, "\n".join(lacking)


def raised(body: ast.AST) -> set[str]:
    """The names of the exceptions that a function's own lines raise, but for what stands for a subclass's method."""
    calls = [n.exc for n in ast.walk(body) if isinstance(n, ast.Raise) and n.exc is not None]
    names = [c.func.id for c in calls if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)]
    return {name for name in names if name != "NotImplementedError"}


def unsaid_errors(body: ast.Module | ast.ClassDef, where: str, around: str) -> Iterator[str]:
    """Public functions and methods below that do not name an exception they raise; `around` is their class's text."""
    for node in body.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from unsaid_errors(node, f"{where}.{node.name}", ast.get_docstring(node) or "")
        if not isinstance(node, ast.FunctionDef):
            continue
        if node.name.startswith("_") and node.name not in ("__init__", "__call__"):
            continue
        doc = around + (ast.get_docstring(node) or "")
        yield from (f"{where}.{node.name}: nothing on {e}" for e in sorted(raised(node)) if e not in doc)


def test_errors_that_python_raises_are_documented():
    modules = [importlib.import_module(name) for name in pure_modules()]
    lacking = [f for m in modules for f in unsaid_errors(ast.parse(inspect.getsource(m)), m.__name__, "")]
    assert not lacking, "\n".join(lacking)


def run(tests: list[doctest.DocTest]) -> None:
    """Runs examples, each list of them with names of its own."""
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in tests:
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.own_core
def test_examples_of_the_core(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    docs: dict[str, str] = {}
    for name, thing in core_names():
        docs.setdefault(inspect.getdoc(thing) or "", name)
        for key in members(thing) if isinstance(thing, type) else ():
            docs.setdefault(inspect.getdoc(getattr(thing, key)) or "", f"{name}.{key}")
    parser = doctest.DocTestParser()
    tests = [parser.get_doctest(doc, {"mx": mx}, name, None, 0) for doc, name in docs.items()]
    assert sum(len(t.examples) for t in tests) > 330
    run(tests)


@pytest.mark.parametrize("name", list(pure_modules()))
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    known = {"mx": mx, "nn": nn, "optim": optim, **vars(module), "model": nn.Linear(2, 1)}
    run(doctest.DocTestFinder().find(module, name, module=module, extraglobs=known))

"""The examples in the docstrings of the pure Python layers give what they say."""

import doctest
import importlib
import pkgutil

import lazulite.core as mx
import lazulite.nn as nn
import lazulite.optimizers as optim
import pytest

# Examples that need a part of the core which is still to come.
NEEDS = {
    "lazulite.nn.layers.base.Module.save_weights": "save_safetensors",
    "lazulite.nn.utils.average_gradients": "distributed",
}


def modules():
    """`lazulite.utils` and every module of `lazulite.nn` and `lazulite.optimizers`."""
    yield "lazulite.utils"
    for package in (nn, optim):
        yield package.__name__
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield found.name


@pytest.mark.parametrize("name", list(modules()))
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    known = {"mx": mx, "nn": nn, "optim": optim, **vars(module), "model": nn.Linear(2, 1)}
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in finder.find(module, name, module=module, extraglobs=known):
        if hasattr(mx, NEEDS.get(test.name, "array")):
            runner.run(test)
    assert runner.summarize(verbose=False).failed == 0

"""The import hook: finds `mlx` and every module below it as the lazulite module that stands for it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# Modules of MLX whose contents lie in a lazulite module of another name.
_ELSEWHERE = {"mlx.optimizers.optimizers": "lazulite.optimizers"}


class MlxFinder(MetaPathFinder):
    """Finds `mlx.x.y` as `lazulite.x.y`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of MLX; `None` for any other, which the finders behind this one look for."""
        if fullname != "mlx" and not fullname.startswith("mlx."):
            return None
        real = _ELSEWHERE.get(fullname, "lazulite" + fullname.removeprefix("mlx"))
        return ModuleSpec(fullname, _AliasLoader(fullname, real))


class _AliasLoader(Loader):
    """Loads a lazulite module and files it under the name that MLX has for it."""

    def __init__(self, name: str, real: str):
        self.name = name
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module: what `import` fills in belongs to it, and never to the lazulite module."""
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Replace the empty module by the lazulite one; `import` gives out what `sys.modules` holds now."""
        try:
            real = importlib.import_module(self.real)
        except ModuleNotFoundError as error:
            if error.name != self.real:
                raise
            raise ModuleNotFoundError(
                f"No module named {self.name!r}: lazulite has no {self.real}", name=self.name
            ) from None
        sys.modules[self.name] = real

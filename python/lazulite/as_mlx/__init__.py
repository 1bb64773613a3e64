"""Make programs written for MLX import lazulite: after `import lazulite.as_mlx`, `mlx` and what is in it are lazulite.

`import mlx.core as mx`, `from mlx.nn.layers.base import Module` and the like then give lazulite's own modules, the same
objects that `import lazulite.core` gives, whether or not an `mlx` is installed. Pickles that name classes of `mlx`
load as lazulite's, and `mx.__version__` is that of the MLX whose interface this is. Import it before the first import
of `mlx`.

A program or module runs unchanged, as the main program, with

    python -m lazulite.as_mlx script.py arguments…
    python -m lazulite.as_mlx -m module arguments…

Example:
    >>> import lazulite.as_mlx
    >>> import lazulite.nn
    >>> import mlx.nn as nn
    >>> nn is lazulite.nn
    True
"""

from __future__ import annotations

import sys

import lazulite.core
from lazulite.as_mlx.finder import MlxFinder

VERSION = "0.32.4"  # of the MLX whose interface this is


def install() -> None:
    """Put the import hook first in line. Importing the package does this; doing it again changes nothing.

    Raises `ImportError` if another `mlx` was imported before: its modules are already in use.
    """
    if any(isinstance(finder, MlxFinder) for finder in sys.meta_path):
        return
    if "mlx" in sys.modules:
        raise ImportError("lazulite.as_mlx: another mlx was imported already; import lazulite.as_mlx before it")
    sys.meta_path.insert(0, MlxFinder())
    lazulite.core._print_as("mlx")
    lazulite.core.__version__ = VERSION


install()

"""Test set-up: with `LAZULITE_CORE=mlx` the pure Python layers run over MLX's own core instead of lazulite's.

That tells faults of the layers from faults of the core. MLX must be installed for it.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path

import pytest

# A shell that starts the tests in the background has Ctrl-C ignored, here and in what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

OVER_MLX = os.environ.get("LAZULITE_CORE") == "mlx"

if OVER_MLX:
    sys.path.insert(0, str(Path(__file__).parent.parent))
    sys.modules["lazulite.core"] = importlib.import_module("mlx.core")
    importlib.import_module("lazulite").core = sys.modules["lazulite.core"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs lazulite's core when it is replaced."""
    if OVER_MLX:
        for item in items:
            if item.get_closest_marker("own_core"):
                item.add_marker(pytest.mark.skip(reason="LAZULITE_CORE=mlx replaces lazulite's core"))


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "own_core: needs lazulite's own core")

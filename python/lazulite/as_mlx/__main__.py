"""Run a program or a module written for MLX over lazulite.

python -m lazulite.as_mlx script.py arguments…
python -m lazulite.as_mlx -m module arguments…
"""

from __future__ import annotations

import importlib.util
import io
import os
import runpy
import sys
from types import ModuleType, TracebackType

_USAGE = "usage: python -m lazulite.as_mlx (script.py | -m module) [arguments…]"


def _hide_own_frames() -> None:
    """Let the traceback of an error that ends the program begin with the program's own frames."""
    show = sys.excepthook
    own = {main.__code__.co_filename, runpy.run_module.__code__.co_filename}

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        while trace is not None and trace.tb_frame.f_code.co_filename in own:
            trace = trace.tb_next
        show(kind, error.with_traceback(trace), trace)

    sys.excepthook = hook


def _run_script(script: str) -> None:
    """Run a file as the module `__main__`, which stays so until the process ends."""
    path = os.path.abspath(script)
    with io.open_code(path) as file:
        code = compile(file.read(), path, "exec")
    module = ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    exec(code, module.__dict__)


def main(arguments: list[str]) -> None:
    """Run what the arguments name as `__main__`, with `sys.argv` and `sys.path` as `python` itself would set them."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(_USAGE)
        return
    as_module = arguments[:1] == ["-m"]
    rest = arguments[1:] if as_module else arguments
    if not rest or (rest[0].startswith("-") and not as_module):
        sys.exit(_USAGE)
    sys.argv[:] = rest
    _hide_own_frames()
    if as_module:
        if importlib.util.find_spec(rest[0]) is None:
            sys.exit(f"{sys.executable}: No module named {rest[0]}")
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        return
    if not os.path.isfile(rest[0]):
        sys.exit(f"{sys.executable}: can't open file {rest[0]!r}: no such file")
    # `python -m` put the working directory first; `python script.py` has the script's directory there.
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(rest[0]))
    _run_script(rest[0])


main(sys.argv[1:])

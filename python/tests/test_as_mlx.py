"""`lazulite.as_mlx`: programs that import `mlx` get lazulite, in processes of their own."""

import os
import pickle
import subprocess
import sys
from textwrap import dedent

import pytest

pytestmark = pytest.mark.own_core


def python(*arguments, cwd, path=()):
    """Run Python in `cwd`, with directories `path` first on the import path."""
    places = os.pathsep.join(map(str, (*path, *filter(None, [os.environ.get("PYTHONPATH")]))))
    environment = {**os.environ, "PYTHONPATH": places}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True)


def output(*arguments, cwd, path=()):
    """What Python printed; it must have ended well."""
    done = python(*arguments, cwd=cwd, path=path)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write(path, text):
    """A file with dedented text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text))
    return path


IMPORTS = """
    import mlx
    import mlx.core as mx
    import mlx.nn as nn
    import mlx.optimizers as optim
    import mlx.nn.losses, mlx.nn.init, mlx.nn.utils, mlx.optimizers.schedulers
    from mlx.core import array
    from mlx.nn.layers.base import Module
    from mlx.nn.layers.activations import relu
    from mlx.nn.layers import containers, dropout, embedding, linear, normalization, positional_encoding, transformer
    from mlx.optimizers.optimizers import Adam
    from mlx.utils import tree_flatten
    import lazulite
    import lazulite.core, lazulite.nn, lazulite.optimizers, lazulite.utils, lazulite.nn.layers.linear

    assert mlx is lazulite and mx is lazulite.core and nn is lazulite.nn and optim is lazulite.optimizers
    assert mlx.utils is lazulite.utils and linear is lazulite.nn.layers.linear
    assert Module is nn.Module and Adam is optim.Adam and relu is nn.relu and array is mx.array
    assert isinstance(nn.Linear(1, 1), Module) and isinstance(nn.Linear(1, 1).weight, mx.array)
    assert nn.Linear(1, 1)(mx.ones((2, 1))).shape == (2, 1)
    print("same")
"""


def test_modules_are_lazulites(tmp_path):
    script = write(tmp_path / "program.py", IMPORTS)
    assert output("-m", "lazulite.as_mlx", "program.py", cwd=tmp_path) == "same"
    script.write_text("import lazulite.as_mlx\n" + script.read_text())
    assert output("program.py", cwd=tmp_path) == "same"


def test_an_installed_mlx_is_shadowed(tmp_path):
    site = tmp_path / "site"
    write(site / "mlx" / "__init__.py", "raise RuntimeError('the wrong mlx')")
    write(site / "mlx" / "core.py", "raise RuntimeError('the wrong core')")
    write(tmp_path / "program.py", IMPORTS)
    assert output("-m", "lazulite.as_mlx", "program.py", cwd=tmp_path, path=[site]) == "same"


def test_the_version_is_that_of_the_interface(tmp_path):
    program = "import mlx.core as mx; print(tuple(map(int, mx.__version__.split('.'))) >= (0, 32))"
    assert output("-c", "import lazulite.as_mlx; " + program, cwd=tmp_path) == "True"


def test_too_late_is_an_error(tmp_path):
    site = tmp_path / "site"
    write(site / "mlx" / "__init__.py", "")
    done = python("-c", "import mlx; import lazulite.as_mlx", cwd=tmp_path, path=[site])
    assert done.returncode == 1 and "another mlx was imported already" in done.stderr
    assert output("-c", "import lazulite.as_mlx, mlx, lazulite.as_mlx; lazulite.as_mlx.install()", cwd=tmp_path) == ""


def test_what_lazulite_lacks_is_not_found(tmp_path):
    write(
        tmp_path / "program.py",
        """
        try:
            import mlx.nn.layers.nonsense
        except ModuleNotFoundError as error:
            print(error.name)
        import importlib.util
        assert importlib.util.find_spec("mlx.core") is not None
        assert importlib.util.find_spec("mlx_other") is None
        """,
    )
    assert output("-m", "lazulite.as_mlx", "program.py", cwd=tmp_path) == "mlx.nn.layers.nonsense"


def test_pickles_by_mlx_names(tmp_path):
    # A pickle of the class mlx.nn.layers.linear.Linear, as MLX writes it.
    data = b"\x80\x04\x8c\x14mlx.nn.layers.linear\x8c\x06Linear\x93."
    write(
        tmp_path / "program.py",
        f"""
        import pickle
        import mlx.nn as nn
        assert pickle.loads({data!r}) is nn.Linear
        assert repr(pickle.loads(pickle.dumps(nn.Linear(2, 1)))) == repr(nn.Linear(2, 1))
        print("loaded")
        """,
    )
    assert output("-m", "lazulite.as_mlx", "program.py", cwd=tmp_path) == "loaded"
    with pytest.raises(ModuleNotFoundError):
        sys.modules.get("mlx") or pickle.loads(data.replace(b"mlx.", b"mlq."))


def test_script_gets_its_arguments_and_its_directory(tmp_path):
    write(tmp_path / "programs" / "beside.py", "value = 'beside'")
    write(
        tmp_path / "programs" / "program.py",
        """
        import sys
        import beside
        print(__name__, sys.argv, beside.value, __file__)
        """,
    )
    expected = output("programs/program.py", "-x", "a b", cwd=tmp_path)
    assert output("-m", "lazulite.as_mlx", "programs/program.py", "-x", "a b", cwd=tmp_path) == expected


def test_module_gets_its_arguments(tmp_path):
    write(tmp_path / "package" / "__init__.py", "")
    write(
        tmp_path / "package" / "__main__.py",
        """
        import sys
        import mlx.core as mx
        print(__name__, __package__, sys.argv, mx.array(1).item())
        """,
    )
    found = output("-m", "lazulite.as_mlx", "-m", "package", "-m", "x", cwd=tmp_path)
    assert found == f"__main__ package {[str(tmp_path / 'package' / '__main__.py'), '-m', 'x']} 1"


@pytest.mark.parametrize(("end", "code"), [("sys.exit(3)", 3), ("sys.exit()", 0), ("sys.exit('no')", 1), ("1 / 0", 1)])
def test_exit_code(tmp_path, end, code):
    write(tmp_path / "program.py", f"import sys\n{end}\n")
    plain = python("program.py", cwd=tmp_path)
    done = python("-m", "lazulite.as_mlx", "program.py", cwd=tmp_path)
    assert plain.returncode == done.returncode == code


@pytest.mark.parametrize(
    "text",
    [
        "def inner():\n    raise ValueError('wrong')\n\ninner()\n",
        "x = = 1\n",
        "import absent_module\n",
        "raise KeyError",
    ],
)
def test_traceback_is_that_of_the_program_alone(tmp_path, text):
    write(tmp_path / "program.py", text)
    plain = python("program.py", cwd=tmp_path)
    done = python("-m", "lazulite.as_mlx", "program.py", cwd=tmp_path)
    assert done.returncode == 1 and done.stderr == plain.stderr


def test_the_program_stays_the_main_module(tmp_path):
    write(
        tmp_path / "program.py",
        """
        import atexit, pickle, sys

        class Thing:
            pass

        assert type(pickle.loads(pickle.dumps(Thing()))) is Thing
        atexit.register(lambda: print(sys.modules["__main__"].Thing is Thing))
        """,
    )
    assert output("-m", "lazulite.as_mlx", "program.py", cwd=tmp_path) == "True"


def test_usage(tmp_path):
    for arguments in ([], ["-m"], ["--nonsense"], ["absent.py"], ["-m", "absent"]):
        done = python("-m", "lazulite.as_mlx", *arguments, cwd=tmp_path)
        assert done.returncode == 1 and done.stderr and "Traceback" not in done.stderr
    assert "usage" in output("-m", "lazulite.as_mlx", "--help", cwd=tmp_path)

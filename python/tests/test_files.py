"""Files of arrays: round trips through names, paths and objects, errors, and exchange with real MLX and NumPy."""

import io
import json
import os
import pathlib
import subprocess
import sys

import lazulite.core as mx
import numpy as np
import pytest
import real_mlx

ARRAYS = {"x": mx.array([[1.0, 2.0]]), "n": mx.array([1, 2], mx.int8), "h": mx.array([0.5], mx.bfloat16)}
DTYPES = "bool_ uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64".split()


def same(found: dict, wanted: dict = ARRAYS) -> bool:
    if found.keys() != wanted.keys():
        return False
    return all(mx.array_equal(found[k], a) and found[k].dtype == a.dtype for k, a in wanted.items())


def test_save_and_load(tmp_path: pathlib.Path) -> None:
    mx.save_safetensors(str(tmp_path / "named"), ARRAYS, {"epoch": "3"})
    mx.save_safetensors(tmp_path / "path.safetensors", ARRAYS)
    assert same(mx.load(tmp_path / "path.safetensors"))
    arrays, metadata = mx.load(str(tmp_path / "named.safetensors"), return_metadata=True)
    assert same(arrays) and metadata == {"epoch": "3"}


def test_npy_and_npz(tmp_path: pathlib.Path) -> None:
    for name, a in ARRAYS.items():
        mx.save(str(tmp_path / name), a)
        assert same({name: mx.load(tmp_path / f"{name}.npy")}, {name: a})
    for save in (mx.savez, mx.savez_compressed):
        save(tmp_path / "all", ARRAYS["x"], h=ARRAYS["h"])
        assert same(mx.load(str(tmp_path / "all.npz")), {"arr_0": ARRAYS["x"], "h": ARRAYS["h"]})
        with pytest.raises(ValueError):
            save(tmp_path / "all", ARRAYS["x"], arr_0=ARRAYS["h"])


def test_gguf(tmp_path: pathlib.Path) -> None:
    arrays = {"x": ARRAYS["x"], "n": ARRAYS["n"]}
    about = {"general.name": "tiny", "list": ["a", "b"], "none": [], "n": mx.array([1, 2]), "f": mx.array(2.5)}
    mx.save_gguf(str(tmp_path / "m"), arrays, about)
    assert same(mx.load(str(tmp_path / "m.gguf")), arrays)
    back, found = mx.load(tmp_path / "m.gguf", return_metadata=True)
    assert same(back, arrays) and found.keys() == about.keys()
    assert all(found[k] == about[k] for k in ("general.name", "list", "none"))
    assert same({k: found[k] for k in ("n", "f")}, {k: about[k] for k in ("n", "f")})
    mx.save_gguf(tmp_path / "without", arrays)
    assert mx.load(tmp_path / "without.gguf", return_metadata=True)[1] == {}


def test_numpy_reads_and_is_read(tmp_path: pathlib.Path) -> None:
    x = np.arange(24).reshape(2, 3, 4)
    for order in "CF":
        for kind in ("<i4", ">i4", ">f8", ">c8", "<f2", "|b1", ">u8", "|u1"):
            a = np.asarray(x.astype(kind), order=order)
            for version in ((1, 0), (2, 0), (3, 0)):
                memory = io.BytesIO()
                np.lib.format.write_array(memory, a, version=version)
                memory.seek(0)
                back = mx.load(memory, format="npy")
                assert np.array_equal(np.array(back), a) and back.shape == a.shape
    np.savez(tmp_path / "n", a=x, b=x.T)
    assert same(mx.load(str(tmp_path / "n.npz")), {"a": mx.array(x), "b": mx.array(x.T)})
    y = mx.arange(6).reshape(2, 3)
    mx.savez_compressed(tmp_path / "ours", y=y, t=y.T)
    with np.load(tmp_path / "ours.npz") as found:
        assert np.array_equal(found["y"], np.array(y)) and np.array_equal(found["t"], np.array(y.T))


def test_file_objects(tmp_path: pathlib.Path) -> None:
    memory = io.BytesIO()
    mx.save_safetensors(memory, ARRAYS)
    memory.seek(0)
    assert same(mx.load(memory, format="safetensors"))
    with open(tmp_path / "f.safetensors", "wb") as f:
        mx.save_safetensors(f, ARRAYS)
    with open(tmp_path / "f.safetensors", "rb") as f:
        assert same(mx.load(f))
    for save, name in ((mx.save, "npy"), (mx.savez, "npz"), (mx.savez_compressed, "npz")):
        memory = io.BytesIO()
        save(memory, ARRAYS["h"])
        memory.seek(0)
        found = mx.load(memory, name)
        assert same({"h": found["arr_0"] if name == "npz" else found}, {"h": ARRAYS["h"]})


def test_a_large_file_is_mapped_and_survives_its_replacement(tmp_path: pathlib.Path) -> None:
    x = mx.arange(1 << 20, dtype=mx.float32)
    mx.save(tmp_path / "x", x)
    y = mx.load(tmp_path / "x.npy")
    mx.save(tmp_path / "x", mx.zeros(1 << 20))
    assert mx.array_equal(x, y)
    np.array(y, copy=False)[0] = 5.0
    assert y[0].item() == 5.0 and mx.load(tmp_path / "x.npy")[0].item() == 0.0


def test_errors(tmp_path: pathlib.Path) -> None:
    (tmp_path / "junk.safetensors").write_bytes(b"junkjunkjunk")
    mx.save(tmp_path / "x", ARRAYS["x"])
    for call, error in (
        (lambda: mx.load(str(tmp_path / "missing.safetensors")), RuntimeError),
        (lambda: mx.load(str(tmp_path / "missing.npy")), RuntimeError),
        (lambda: mx.load(str(tmp_path / "junk.safetensors")), RuntimeError),
        (lambda: mx.load(str(tmp_path / "missing.npz")), ValueError),
        (lambda: mx.load(str(tmp_path / "x.npy"), format="npz"), ValueError),
        (lambda: mx.load(str(tmp_path / "x.npy"), format="gguf"), RuntimeError),
        (lambda: mx.load(str(tmp_path / "x.npy"), return_metadata=True), ValueError),
        (lambda: mx.load("none"), ValueError),
        (lambda: mx.load("x.other"), ValueError),
        (lambda: mx.load(3), ValueError),
        (lambda: mx.load(io.BytesIO()), AttributeError),
        (lambda: mx.load(io.StringIO("x"), "npy"), ValueError),
        (lambda: mx.save(3, ARRAYS["x"]), ValueError),
        (lambda: mx.save("x", [1]), TypeError),
        (lambda: mx.save(str(tmp_path / "no" / "x"), ARRAYS["x"]), RuntimeError),
        (lambda: mx.save_gguf(tmp_path / "g", {"x": mx.array([True])}, {}), RuntimeError),
        (lambda: mx.save_safetensors(str(tmp_path / "no" / "x"), ARRAYS), RuntimeError),
        (lambda: mx.save_safetensors("x", [ARRAYS["x"]]), TypeError),
        (lambda: mx.save_safetensors("x", ARRAYS, {"k": 1}), ValueError),
    ):
        with pytest.raises(error):
            call()


# Runs with either package: writes every file, and says what is in the other's.
EXCHANGE = """
import importlib, json, os, sys
core, mine, theirs, dtypes = sys.argv[1:]
mx = importlib.import_module(core)
mx.set_default_device(mx.cpu)
os.makedirs(mine, exist_ok=True)
os.chdir(mine)
shapes = [(), (0, 3), (1, 4), (2, 3), (3, 1), (7,), (1, 1, 1, 1, 1, 1, 1)]
names = []
for d in dtypes.split():
    for shape in shapes:
        n = 1
        for k in shape: n *= k
        x = (mx.arange(n + 1)[:n] * 3).reshape(shape).astype(getattr(mx, d))
        for kind, a in (("plain", x), ("turned", x.T), ("every second", mx.arange(2 * n)[::2].reshape(shape))):
            name = f"{d}-{'x'.join(map(str, shape))}-{kind}"
            mx.eval(a)
            mx.save(name, a); mx.savez(name, a); mx.savez_compressed(name + "-c", a)
            names += [name + ".npy", name + ".npz", name + "-c.npz"]
            if d != "float64":
                mx.save_safetensors(name, {"a": a}, {"k": "v"}); names.append(name + ".safetensors")
            if d in ("float32", "float16", "int8", "int16", "int32") and kind == "plain":
                about = {"t": ["x", ""]} if n else {"n": mx.array([1, 2, 3], mx.uint16)}
                mx.save_gguf(name, {"a": a}, about); names.append(name + ".gguf")
print(json.dumps(names), flush=True)
sys.stdin.readline()
def said(x):
    if isinstance(x, mx.array): return [str(x.dtype).split(".")[-1], list(x.shape), str(x.tolist())]
    if isinstance(x, dict): return {k: said(v) for k, v in sorted(x.items())}
    return [said(y) for y in x] if isinstance(x, (list, tuple)) else x
for name in names + json.loads(os.environ["GGUF"]):
    metadata = name.endswith((".safetensors", ".gguf"))
    print(json.dumps(said(mx.load(os.path.join(theirs, name), return_metadata=metadata))), flush=True)
"""


def quantized(kind: int, last: int, size: int, rng: np.random.Generator) -> bytes:
    """A GGUF file with one tensor of three rows of random blocks."""
    head = b"GGUF" + np.array([3], "<u4").tobytes() + np.array([1, 0, 8], "<u8").tobytes() + b"a.weight"
    head += (
        np.array([2], "<u4").tobytes() + np.array([last, 3], "<u8").tobytes() + np.array([kind, 0, 0], "<u4").tobytes()
    )
    head += bytes(-len(head) % 32)
    return head + (rng.integers(0, 256, 3 * size, dtype=np.uint8) & 0x7B).tobytes()


@real_mlx.needed
def test_exchange_with_mlx(tmp_path: pathlib.Path) -> None:
    """Either side reads the other's files; those of one array (and no compression) are the same to the byte."""
    rng = np.random.default_rng(3)
    # Without 12, Q4_K: MLX reads its scales otherwise than GGML, which lazulite agrees with.
    kinds = {2: (32, 18), 3: (32, 20), 8: (32, 34), 10: (256, 84), 14: (256, 210)}
    for folder in ("mlx", "lazulite"):
        (tmp_path / folder).mkdir()
    for kind, (last, size) in kinds.items():
        data = quantized(kind, last, size, rng)
        for folder in ("mlx", "lazulite"):
            (tmp_path / folder / f"q{kind}.gguf").write_bytes(data)
    running = {}
    for core, python, mine, theirs in (
        ("mlx.core", real_mlx.python(), "mlx", "lazulite"),
        ("lazulite.core", sys.executable, "lazulite", "mlx"),
    ):
        command = [python, "-c", EXCHANGE, core, str(tmp_path / mine), str(tmp_path / theirs), " ".join(DTYPES)]
        env = os.environ | {"GGUF": json.dumps([f"q{kind}.gguf" for kind in kinds])}
        running[mine] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
    names = {mine: json.loads(p.stdout.readline()) for mine, p in running.items()}
    found = {mine: p.communicate("go\n")[0].splitlines() for mine, p in running.items()}
    assert all(p.returncode == 0 for p in running.values())
    assert names["mlx"] == names["lazulite"] and len(names["mlx"]) > 900
    every = names["mlx"] + [f"q{kind}.gguf" for kind in kinds]
    for name, ours, theirs in zip(every, found["lazulite"], found["mlx"], strict=True):
        assert ours == theirs, name
        if name.endswith((".npy", ".gguf")) and "every" not in name:  # the order written is that in memory
            a, b = ((tmp_path / folder / name).read_bytes() for folder in ("mlx", "lazulite"))
            assert a == b, name

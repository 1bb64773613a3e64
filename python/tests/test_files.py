"""Files of arrays."""

import io
import pathlib

import lazulite.core as mx
import pytest

ARRAYS = {"x": mx.array([[1.0, 2.0]]), "n": mx.array([1, 2], mx.int8), "h": mx.array([0.5], mx.bfloat16)}


def same(found: dict) -> bool:
    if found.keys() != ARRAYS.keys():
        return False
    return all(mx.array_equal(found[k], a) and found[k].dtype == a.dtype for k, a in ARRAYS.items())


def test_save_and_load(tmp_path: pathlib.Path) -> None:
    mx.save_safetensors(str(tmp_path / "named"), ARRAYS, {"epoch": "3"})
    mx.save_safetensors(tmp_path / "path.safetensors", ARRAYS)
    assert same(mx.load(tmp_path / "path.safetensors"))
    arrays, metadata = mx.load(str(tmp_path / "named.safetensors"), return_metadata=True)
    assert same(arrays) and metadata == {"epoch": "3"}


def test_file_objects(tmp_path: pathlib.Path) -> None:
    memory = io.BytesIO()
    mx.save_safetensors(memory, ARRAYS)
    memory.seek(0)
    assert same(mx.load(memory, format="safetensors"))
    with open(tmp_path / "f.safetensors", "wb") as f:
        mx.save_safetensors(f, ARRAYS)
    with open(tmp_path / "f.safetensors", "rb") as f:
        assert same(mx.load(f))


def test_errors(tmp_path: pathlib.Path) -> None:
    (tmp_path / "junk.safetensors").write_bytes(b"junkjunkjunk")
    for call, error in (
        (lambda: mx.load(str(tmp_path / "missing.safetensors")), RuntimeError),
        (lambda: mx.load(str(tmp_path / "junk.safetensors")), RuntimeError),
        (lambda: mx.load("none"), ValueError),
        (lambda: mx.load("x.other"), ValueError),
        (lambda: mx.load(3), ValueError),
        (lambda: mx.save_safetensors(str(tmp_path / "no" / "x"), ARRAYS), RuntimeError),
        (lambda: mx.save_safetensors("x", [ARRAYS["x"]]), TypeError),
        (lambda: mx.save_safetensors("x", ARRAYS, {"k": 1}), ValueError),
    ):
        with pytest.raises(error):
            call()

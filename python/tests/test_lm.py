"""mlx-lm as PyPI has it, over lazulite: the models of five families compute what they compute over real MLX, in floats
and in 4 bits, in one piece and token by token; decoding streams the same tokens; its trainer of adapters learns. The
other architectures compute the same, in floats.

`lm/expected.json` is what they compute over MLX 0.32.4; `lm/record.py` writes it.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).with_name("lm")
EXPECTED = json.loads((HERE / "expected.json").read_text())
ARCHITECTURES = [name for name in EXPECTED if name.startswith("architecture")]
MODELS = [name for name in EXPECTED if name != "lora" and name not in ARCHITECTURES]


@pytest.fixture(scope="module")
def found():
    done = subprocess.run(
        [sys.executable, "-m", "lazulite.as_mlx", HERE / "report.py"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", MODELS)
def test_logits(found, name):
    """Within 1e-4 of the largest logit, whole and through the cache."""
    entry, expected = found[name], EXPECTED[name]
    assert "error" not in entry, entry["error"]
    for what in ("logits", "stepped"):
        np.testing.assert_allclose(entry[what], expected[what], rtol=1e-4, atol=1e-4 * expected["size"], err_msg=what)


@pytest.mark.parametrize("name", MODELS)
def test_generated_tokens(found, name):
    """`generate_step` streams the tokens that it streams over MLX."""
    assert "error" not in found[name], found[name]["error"]
    assert found[name]["generated"] == EXPECTED[name]["generated"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architectures(found, name):
    """What the last token gives, whole and through the cache, within 1e-4 of the largest logit."""
    entry, expected = found[name], EXPECTED[name]
    assert "error" not in entry, entry["error"]
    np.testing.assert_allclose(entry["digests"], expected["digests"], rtol=0, atol=1e-4 * expected["size"])


def test_lora_trainer(found):
    """Twenty steps of the adapters' trainer: the loss falls as it does over MLX."""
    assert "error" not in found["lora"], found["lora"]["error"]
    losses = found["lora"]["losses"]
    assert len(losses) == 20 and losses[-1] < 0.2 * losses[0]
    np.testing.assert_allclose(losses, EXPECTED["lora"]["losses"], rtol=2e-3)

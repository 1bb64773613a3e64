"""Prints as JSON what mlx-lm computes with each family: for `record.py` over MLX, for `test_lm.py` over lazulite.

A family that fails has its error there instead.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import traceback
from typing import Any

import architectures
import families


def figures(family: str, quantized: bool) -> dict[str, Any]:
    """A sample of the logits, in one piece and through the cache, and the tokens that greedy decoding streams."""
    made = families.model(family, quantized)
    whole, stepped = families.logits(made), families.stepped_logits(made)
    return {
        "size": float(abs(whole).max()),
        "logits": [float(v) for v in whole.reshape(-1)[::23]],
        "stepped": [float(v) for v in stepped.reshape(-1)[::23]],
        "generated": families.generated(made),
    }


def report() -> dict[str, Any]:
    """Everything, by name."""
    made: dict[str, Any] = {}
    for family in families.FAMILIES:
        for quantized in (False, True):
            name = f"{family} in 4 bits" if quantized else family
            try:
                made[name] = figures(family, quantized)
            except Exception:
                made[name] = {"error": traceback.format_exc()}
    with tempfile.TemporaryDirectory() as folder:
        try:
            made["lora"] = {"losses": families.lora_losses(folder)}
        except Exception:
            made["lora"] = {"error": traceback.format_exc()}
    for name in architectures.NAMES:
        try:
            made[f"architecture {name}"] = architectures.digest(name)
        except Exception:
            made[f"architecture {name}"] = {"error": traceback.format_exc()}
    return made


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        text = json.dumps(report())
    print(text)

"""Compares what two packages gave for the same calls.

python compare.py CALLS.jsonl OURS.jsonl THEIRS.jsonl
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from deviations import DEVIATIONS

# Relative and absolute tolerance by class and dtype.
TOLERANCE = {
    "arith": {"float16": (2e-3, 1e-6), "bfloat16": (1.6e-2, 1e-6), "float64": (1e-14, 1e-15), "": (5e-7, 1e-7)},
    "approx": {"float16": (4e-3, 1e-3), "bfloat16": (3e-2, 8e-3), "float64": (1e-6, 1e-6), "": (5e-6, 2e-6)},
    "loose": {"float16": (1e-2, 5e-3), "bfloat16": (6e-2, 3e-2), "float64": (1e-6, 1e-6), "": (3e-5, 1e-5)},
    "solved": {"float64": (1e-8, 1e-8), "": (3e-4, 1e-4)},
}
TOLERANCE["divmod"] = TOLERANCE["approx"]
# The share of the largest element that an error may be where terms cancel; "twice": MLX itself is off by 1e-5.
WHOLE = {"whole": {"float16": 2e-3, "bfloat16": 1e-2, "": 3e-6}, "twice": {"": 3e-5}}


@dataclass
class Outcome:
    """What the comparison found."""

    compared: int = 0
    absent: Counter = field(default_factory=Counter)  # names that our package lacks
    unusable: list[str] = field(default_factory=list)  # calls that kill MLX or are none
    differences: dict[str, str] = field(default_factory=dict)
    deviations: Counter = field(default_factory=Counter)  # by reason

    def stale(self) -> list[str]:
        """Deviations that no call shows any more."""
        return [reason for _, _, reason in DEVIATIONS if not self.deviations[reason]]

    def report(self) -> str:
        lines = [f"differs {id}: {why}" for id, why in self.differences.items()]
        lines += [f"absent: {name} ({n} calls)" for name, n in self.absent.most_common()]
        lines += [f"no verdict, MLX crashes: {id}" for id in self.unusable]
        lines += [f"{n} calls deviate: {reason}" for reason, n in self.deviations.items()]
        lines.append(
            f"{self.compared} calls compared, {len(self.differences)} differ, {sum(self.deviations.values())} deviate "
            f"for a reason, {sum(self.absent.values())} use a name that is absent"
        )
        return "\n".join(lines)


def leaf(encoded: list) -> tuple[str, list[int], np.ndarray]:
    dtype, shape, data, stored = encoded
    return dtype, shape, np.frombuffer(base64.b64decode(data), stored).reshape(shape)


def close(a: np.ndarray, b: np.ndarray, dtype: str, tolerance: str) -> bool:
    """Do the values agree, as closely as the class of the operation and the dtype ask for?"""
    if a.dtype.kind == "c":
        return close(a.real, b.real, dtype, tolerance) and close(a.imag, b.imag, dtype, tolerance)
    if a.dtype.kind != "f" or tolerance == "exact":
        return bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
    if tolerance in WHOLE:
        shares, largest = WHOLE[tolerance], np.abs(b).max(initial=0)
        return bool(np.allclose(a, b, rtol=0, atol=shares.get(dtype, shares[""]) * largest, equal_nan=True))
    classes = TOLERANCE[tolerance]
    relative, absolute = classes.get(dtype.rsplit(" ", 1)[-1] if not dtype.startswith("python") else "", classes[""])
    if dtype.startswith("python"):  # read from an array of unknown dtype
        relative, absolute = classes["bfloat16"]
    return bool(np.allclose(a, b, rtol=relative, atol=absolute, equal_nan=True))


def difference(call: dict, ours: dict, theirs: dict) -> str | None:
    """How two results differ, or None."""
    if "error" in theirs or "absent" in theirs:
        wanted = theirs.get("error", "AttributeError")
        got = "AttributeError" if "absent" in ours else ours.get("error", "a result")
        return (
            None
            if got == wanted
            else f"{got} ({ours.get('text', ours.get('tree', ''))}), not {wanted}: {theirs.get('text', '')}"
        )
    if "error" in ours:
        return f"{ours['error']}: {ours['text']}"
    if ours["tree"] != theirs["tree"]:
        return f"structure {ours['tree'][:300]}, not {theirs['tree'][:300]}"
    for a, b in zip(ours["leaves"], theirs["leaves"], strict=True):
        dtype, shape, x = leaf(a)
        expected_dtype, expected_shape, y = leaf(b)
        if dtype != expected_dtype:
            return f"dtype {dtype}, not {expected_dtype}"
        if shape != expected_shape:
            return f"shape {shape}, not {expected_shape}"
        if not close(x, y, dtype, call["tolerance"]):
            with np.errstate(all="ignore"):
                wrong = np.flatnonzero(~np.isclose(x.ravel(), y.ravel(), rtol=1e-7, atol=0, equal_nan=True))[:4]
            return f"value {x.ravel()[wrong]}, not {y.ravel()[wrong]} at {wrong.tolist()} of {dtype}{shape}"
    return None


def compare(calls: list[dict], ours: list[dict], theirs: list[dict]) -> Outcome:
    """The outcome over all calls."""
    out = Outcome()
    patterns = [(re.compile(p), re.compile(q), reason) for p, q, reason in DEVIATIONS]
    for call, a, b in zip(calls, ours, theirs, strict=True):
        assert call["id"] == a["id"] == b["id"]
        if b.get("error") in ("crash", "Slow"):
            out.unusable.append(call["id"])
            continue
        if "absent" in a and "absent" not in b:
            out.absent[a["absent"]] += 1
            continue
        out.compared += 1
        why = difference(call, a, b)
        if why is None:
            continue
        reason = next((reason for p, q, reason in patterns if p.search(call["id"]) and q.match(why)), None)
        if reason is None:
            out.differences[call["id"]] = why
        else:
            out.deviations[reason] += 1
    return out


def read(path: str | Path) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


if __name__ == "__main__":
    print(compare(*(read(p) for p in sys.argv[1:4])).report())

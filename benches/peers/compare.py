"""Runs work.py under several frameworks in turn and prints who is ahead.

    compare.py [--rounds 3] [--only W1,W2] [--json OUT] OURS@PYTHON PEER@PYTHON ...

Each argument is FRAMEWORK@PYTHON: mx:lazulite@.venv/bin/python torch@..., torchc@..., jax@..., mx:mlx@..., numpy@...
The first is ours. Rounds alternate the frameworks, so that drift of the machine falls on all of them; a figure is the
median over rounds of the median time. `ratio` is ours over the best peer: below 1 we are ahead. A workload counts
against the best way a peer has of doing that work: eager and compiled forms of one name compete together, but for the
rows that measure the cost of an op itself. A row that we lack is reported.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent


class Figures:
    """What each framework gave: times, first calls and digests by workload."""

    def __init__(self) -> None:
        self.times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.first: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.checks: dict[str, dict[str, list[float]]] = defaultdict(dict)
        self.errors: dict[str, dict[str, str]] = defaultdict(dict)

    def run(self, framework: str, only: list[str], environment: dict[str, str]) -> None:
        """One round of one framework."""
        name, python = framework.split("@")
        done = subprocess.run(
            [python, HERE / "work.py", name, *only], env=environment, capture_output=True, text=True, cwd=HERE
        )
        for line in done.stdout.splitlines():
            try:
                d = json.loads(line)
            except ValueError:
                continue
            if "error" in d:
                self.errors[framework][d["w"]] = d["error"]
                continue
            self.times[framework][d["w"]].append(d["ms"])
            self.first[framework][d["w"]].append(d["first"])
            self.checks[d["w"]][framework] = d["check"]
        if done.returncode:
            self.errors[framework]["(exit)"] = f"status {done.returncode}: {done.stderr[-400:]}"

    def median(self, framework: str, work: str) -> float | None:
        values = self.times[framework].get(work)
        return statistics.median(values) if values else None


def base(work: str) -> str:
    """The work that a row measures, whatever the form."""
    if work.startswith("dispatch"):
        return work
    return work.removesuffix("_compiled").removesuffix("_eager").removesuffix("_fast")


def label(framework: str) -> str:
    return framework.split("@")[0]


def table(figures: Figures, ours: str, peers: list[str]) -> list[str]:
    """Prints the table; gives the rows that peers have and we lack."""
    works = list(
        dict.fromkeys([*figures.times[ours], *figures.errors[ours], *(w for p in peers for w in figures.times[p])])
    )
    print(f"{'workload':32}{'ours ms':>10}  {'best peer':>24}{'ratio':>8}{'first ms':>10}  all")
    logs, lacking = [], []
    for work in works:
        if work == "(exit)":
            continue
        rivals = {(p, v): figures.median(p, v) for p in peers for v in figures.times[p] if base(v) == base(work)}
        own, best = figures.median(ours, work), min(rivals, key=rivals.__getitem__) if rivals else None
        if own is None:
            if not any(base(v) == base(work) for v in figures.times[ours]):
                lacking.append(f"missing: {work} {figures.errors[ours].get(work, '')}".strip())
        ratio = own / rivals[best] if own and best else None
        if ratio:
            logs.append(math.log(ratio))
        first = figures.first[ours].get(work)
        print(
            f"{work:32}{f'{own:.3f}' if own else 'missing':>10}  "
            f"{f'{label(best[0])} {rivals[best]:.3f}' if best else '-':>24}{f'{ratio:.2f}' if ratio else '-':>8}"
            f"{f'{statistics.median(first):.1f}' if first else '-':>10}  "
            + " ".join(f"{label(p)}={figures.median(p, work):.3f}" for p in peers if figures.median(p, work))
        )
    if logs:
        mean, ahead, worst = math.exp(sum(logs) / len(logs)), sum(x < 0 for x in logs), math.exp(max(logs))
        print(f"geometric mean of ratio {mean:.3f} over {len(logs)}; ahead on {ahead}; worst {worst:.2f}")
    return lacking


def disagreements(figures: Figures, ours: str, gpu: bool) -> list[str]:
    """Workloads whose result is like no peer's."""
    tolerance, out = 3e-2 if gpu else 2e-3, []
    for work, checks in figures.checks.items():
        mine, theirs = checks.get(ours), [v for k, v in checks.items() if k != ours]
        if mine and theirs and min(abs(mine[0] - t[0]) for t in theirs) > tolerance * max(t[1] for t in theirs):
            out.append(f"result differs: {work} " + ", ".join(f"{label(k)} {v}" for k, v in checks.items()))
    return out


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", default="")
    parser.add_argument("frameworks", nargs="+")
    options = parser.parse_args()
    only = [w for w in options.only.split(",") if w]
    environment = {**os.environ, "BENCH_SECONDS": os.environ.get("BENCH_SECONDS", "1")}
    # The interpreters are named from where we were called; the workloads run beside their files.
    frameworks = ["@".join([f.split("@")[0], os.path.abspath(f.split("@")[1])]) for f in options.frameworks]
    figures = Figures()
    for _ in range(options.rounds):
        for framework in frameworks:
            figures.run(framework, only, environment)
    ours, peers = frameworks[0], frameworks[1:]
    wrong = table(figures, ours, peers) + disagreements(figures, ours, environment.get("BENCH_DEVICE") == "gpu")
    for framework in frameworks:
        for work, text in figures.errors[framework].items():
            if framework != ours or work == "(exit)":
                print(f"# {label(framework)} {work}: {text}")
    if options.json:
        medians = {f: {w: figures.median(f, w) for w in figures.times[f]} for f in frameworks}
        Path(options.json).write_text(json.dumps(medians, indent=1))
    print("\n".join(wrong) or "all results agree")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

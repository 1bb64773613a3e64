"""The workloads that NumPy has."""

from __future__ import annotations

import numpy as np
import workloads as w


def framework() -> w.Framework:
    i = w.inputs()
    work = {
        "add": lambda: i["el"] + i["el2"],
        "sum_all": lambda: i["el"].sum(),
        "sum_axis0": lambda: i["mat"].sum(0),
        "sum_axis1": lambda: i["mat"].sum(1),
        "matmul": lambda: i["a"] @ i["b"],
        "matmul_t": lambda: i["a"] @ i["b"].T,
        "sort": lambda: np.sort(i["mat"], -1),
        "transpose_add": lambda: i["mat"] + i["mat"].T if w.ROWS == w.COLS else i["mat"].T + 1.0,
        "gather_rows": lambda: i["mat"][i["idx"]],
        "cumsum": lambda: i["mat"].cumsum(-1),
        "argmax": lambda: i["mat"].argmax(-1),
        "rfft": lambda: np.abs(np.fft.rfft(i["fft"])),
    }
    return work, lambda name, r: w.digest(name, [lambda n: r.size if n is None else np.asarray(r).reshape(-1)[n]])

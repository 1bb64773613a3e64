"""The API walk: as many names of MLX's interface exist and accept their signature as `api_floor.txt` says, or more."""

from pathlib import Path

import api_walk

FLOOR = Path(__file__).with_name("api_floor.txt")


def test_names_and_signatures(capsys):
    walk = api_walk.Walk("lazulite")
    with capsys.disabled():
        print(f"\n{walk.report()}")
    floor = int(FLOOR.read_text())
    assert walk.found >= floor, f"{walk.found} names are there; there were {floor}"

"""The gateway's speed as a share of a bare pass-through's: a generous floor that a slow or busy machine holds, too.

Ratios of CPU time within one run, not seconds. What is aimed at is written in docs/benchmarks.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.long, pytest.mark.timeout(420)]

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "bench_gateway.py"
FLOORS = {"short, seen text": 0.22, "30 turns, seen text": 0.17, "short stream, seen text": 0.16}


def test_a_warm_request_costs_a_bounded_multiple_of_a_pass_through(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    options = ["--quick", "--policy", "fast", "--seconds", "1.5", "--rounds", "3", "--json", str(told)]
    subprocess.run([sys.executable, str(BENCHMARK), *options], check=True, timeout=400, stdout=subprocess.DEVNULL)
    rows = {row["scenario"]: row for row in json.loads(told.read_text())[0]["closed"]}
    assert rows.keys() == FLOORS.keys()
    assert all(row["failed"] == 0 for row in rows.values())
    slow = {name: row["cpu_ratio"] for name, row in rows.items() if row["cpu_ratio"] < FLOORS[name]}
    assert not slow

"""A thousand open streams, bursts, clients that do not read, and a full worker: what `make bench-load` measures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.long, pytest.mark.timeout(850)]

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "bench_load.py"
MOST_KIB_PER_STREAM, MOST_MIB_PER_SLOW_CLIENT = 512, 32
"""Many times what is measured on a quiet machine; a buffer without a bound passes any such line."""


def told(tmp_path: Path, *words: str) -> dict[str, dict[str, Any]]:
    path = tmp_path / "told.json"
    command = [sys.executable, str(BENCHMARK), "--json", str(path), *words]
    ended = subprocess.run(command, timeout=800, capture_output=True, text=True, check=False)
    if not path.exists():  # trouble of the machine, which is no failed assertion
        raise RuntimeError(ended.stderr[-2000:])
    return dict(json.loads(path.read_text()))


def test_a_thousand_streams_are_open_at_once_and_all_restored(tmp_path: Path) -> None:
    row = told(tmp_path, "streams", "--streams", "1000")["streams"]
    assert row["whole"] == row["restored"] == row["of"] == 1000
    assert row["kib_per_stream"] < MOST_KIB_PER_STREAM


def test_bursts_are_answered_slow_clients_hold_little_and_a_full_worker_refuses(tmp_path: Path) -> None:
    rows = told(tmp_path, "burst", "slow", "overload")
    assert all(row["fine"] for row in rows.values()), rows
    assert rows["slow"]["held_mib_per_client"] < MOST_MIB_PER_SLOW_CLIENT

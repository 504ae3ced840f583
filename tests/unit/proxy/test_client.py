"""How commands find the gateway that runs on their data_dir."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from policies.running import RUN_FILE, Running, find_running

PLACE = {"gateway": "http://127.0.0.1:8080", "local_key": "k", "redis": "unix:///valkey.sock"}


def write(folder: Path, content: object) -> None:
    (folder / RUN_FILE).write_text(json.dumps(content))


def test_a_run_file_of_a_living_process_is_used(tmp_path: Path) -> None:
    write(tmp_path, {"pid": os.getpid(), **PLACE})
    assert find_running(tmp_path) == Running(os.getpid(), PLACE["gateway"], PLACE["local_key"], PLACE["redis"])


@pytest.mark.parametrize("pid", [2**22 + 1, None, ""])
def test_a_run_file_of_a_dead_process_is_not(tmp_path: Path, pid: object) -> None:
    write(tmp_path, {"pid": pid, **PLACE})
    assert find_running(tmp_path) is None


def test_no_run_file_or_a_broken_one_is_none(tmp_path: Path) -> None:
    assert find_running(tmp_path) is None
    (tmp_path / RUN_FILE).write_text('{"pid": ')
    assert find_running(tmp_path) is None

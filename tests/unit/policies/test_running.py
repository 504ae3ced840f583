from __future__ import annotations

import os
from pathlib import Path

from policies.running import RUN_FILE, Running, find_running, note_running, run_file

PLACE = Running(os.getpid(), "http://127.0.0.1:1", "local-secret", "unix:///nowhere")


def test_a_running_gateway_is_found_and_gone_afterwards(tmp_path: Path) -> None:
    with run_file(tmp_path, PLACE):
        assert find_running(tmp_path) == PLACE
        assert (tmp_path / RUN_FILE).stat().st_mode & 0o777 == 0o600
    assert find_running(tmp_path) is None


def test_the_console_adds_itself(tmp_path: Path) -> None:
    with run_file(tmp_path, PLACE):
        note_running(tmp_path, {"console": "http://127.0.0.1:2"})
        found = find_running(tmp_path)
    assert found is not None
    assert found.console == "http://127.0.0.1:2"
    assert found.gateway == PLACE.gateway


def test_a_dead_process_is_not_running(tmp_path: Path) -> None:
    with run_file(tmp_path, Running(2**22 + 1, "http://127.0.0.1:1", "x", "unix:///nowhere")):
        assert find_running(tmp_path) is None


def test_no_secret_is_in_its_repr() -> None:
    assert "local-secret" not in repr(PLACE)

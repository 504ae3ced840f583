from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from policies.running import RUN_FILE, Running, begun, find_running, is_begun, note_running, run_file

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


def test_another_process_of_the_same_number_is_not_it(tmp_path: Path) -> None:
    """After a restart of the machine or the container some other program has the number."""
    with run_file(tmp_path, PLACE):
        note_running(tmp_path, {"born": 1})
        assert find_running(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "7", '{"pid": "x"}', '{"pid": 1}', "\x00" * 162])
def test_a_broken_file_is_no_gateway_and_is_written_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / RUN_FILE).write_text(content)
    assert find_running(tmp_path) is None
    note_running(tmp_path, {"console": "http://127.0.0.1:2"})
    assert json.loads((tmp_path / RUN_FILE).read_text())["console"] == "http://127.0.0.1:2"
    with run_file(tmp_path, PLACE):
        assert find_running(tmp_path) == PLACE


def test_a_gateway_that_starts_is_seen_before_it_serves(tmp_path: Path) -> None:
    assert not is_begun(tmp_path)
    with begun(tmp_path / "new"), begun(tmp_path / "new"):  # several may share the folder, over stores elsewhere
        assert is_begun(tmp_path / "new")
        assert find_running(tmp_path / "new") is None
    assert not is_begun(tmp_path / "new")


def test_no_secret_is_in_its_repr() -> None:
    assert "local-secret" not in repr(PLACE)

"""Folders of metrics that killed gateways left behind are removed, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from proxy.workers import metrics_folder

HOLDS = """
import signal
from proxy.workers import metrics_folder
with metrics_folder() as folder:
    print(folder, flush=True)
    signal.pause()
"""


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of this test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_a_folder_stays_while_its_gateway_lives_and_goes_after_it_was_killed(there: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        folder = Path(other.stdout.readline().strip())
        try:
            assert folder.parent == there
            assert (folder / "owner").read_text() == str(other.pid)
            with metrics_folder() as own:
                assert folder.is_dir()
            assert not own.exists()
        finally:
            other.send_signal(signal.SIGKILL)
        other.wait()
    assert folder.is_dir()
    with metrics_folder():
        assert not folder.exists()


def test_what_is_not_surely_a_dead_gateways_stays(there: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "owner").write_text("1")
    (there / "sting-metrics-link").symlink_to(elsewhere)
    for name in ("sting-metrics-without-owner", "other-metrics-1"):
        (there / name).mkdir()
    (there / "other-metrics-1" / "owner").write_text("1")
    (there / "sting-metrics-file").write_text("")
    strangers = there / "sting-metrics-strangers"
    strangers.mkdir()
    (strangers / "owner").write_text("1")
    if os.geteuid() == 0:
        os.chown(strangers, 12345, 12345)
    with metrics_folder():
        pass
    left = {"sting-metrics-link", "sting-metrics-without-owner", "other-metrics-1", "sting-metrics-file"}
    assert {path.name for path in there.iterdir()} == left | ({strangers.name} if os.geteuid() == 0 else set())
    assert (elsewhere / "owner").exists()

"""Which workers of a machine have ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from reports.lives import buried, ended, living

_LIVES = """
import sys
from pathlib import Path
from reports.lives import living

with living(Path(sys.argv[1]), "w_other"):
    print("lives", flush=True)
    sys.stdin.read()
"""


def test_a_worker_that_gives_back_what_it_held_leaves_nothing(tmp_path: Path) -> None:
    with living(tmp_path, "w_1"):
        assert ended(tmp_path) == []
    assert ended(tmp_path) == []


def test_there_may_be_no_workers(tmp_path: Path) -> None:
    assert ended(tmp_path) == []


def test_a_killed_worker_has_ended_until_it_is_buried(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _LIVES, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"lives\n"
        assert ended(tmp_path) == []
        other.kill()
    assert ended(tmp_path) == ["w_other"]
    buried(tmp_path, "w_other")
    assert ended(tmp_path) == []

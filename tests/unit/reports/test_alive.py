"""A worker that was killed is told from one that lives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from reports.alive import buried, dead, living

_LIVES = """
import sys
from pathlib import Path
from reports.alive import living
with living(Path(sys.argv[1]), "w_killed"):
    print("lives", flush=True)
    sys.stdin.read()
"""


def test_who_lives_is_not_dead_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with living(tmp_path, "w_a"), living(tmp_path, "w_b"):
        assert dead(tmp_path) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_killed_worker_is_found_until_it_is_buried(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _LIVES, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"lives\n"
            assert dead(tmp_path) == []
        finally:
            child.kill()
    with living(tmp_path, "w_next"):
        assert dead(tmp_path) == ["w_killed"]
        assert dead(tmp_path) == ["w_killed"]
        buried(tmp_path, "w_killed")
        assert dead(tmp_path) == []

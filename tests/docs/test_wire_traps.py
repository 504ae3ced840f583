"""docs/wire-traps.md names every trap, and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "wire-traps.md").read_text(encoding="utf-8")


def test_every_gap_has_a_test_that_exists() -> None:
    rows = re.findall(r"^\| (?!T\d|gap|trap|---)(.*)\|(.*)\|$", PAGE, re.MULTILINE)
    assert rows
    for gap, shown in rows:
        named = re.findall(r"`([^`:]+)::(\w+)`", shown)
        assert named, gap
        for path, name in named:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{name}"


def test_every_trap_has_a_row_with_tests_that_exist() -> None:
    rows = re.findall(r"^\| T(\d+) .*\|.*\|(.*)\|$", PAGE, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 22))
    for number, shown in rows:
        named = re.findall(r"`([^`:]+)::(\w+)`", shown)
        assert named, f"T{number} has no test"
        for path, name in named:
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"T{number}: {path}::{name}"

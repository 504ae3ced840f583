"""docs/editions.md says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from policies.quotas import PROFILES
from policies.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/editions.md").read_text(encoding="utf-8")


def cells(row: str) -> list[str]:
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {row} ")]
    return [cell.strip() for cell in line.split("|")[2:5]]


def test_tests_that_are_named_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", PAGE)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_row_names_its_setting_and_its_proof() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.partition("## Moving up")[0].splitlines()
        if line.startswith("| ")
    ][1:]
    assert [row[0] for row in rows if len(row) != 6] == []
    assert {row[0] for row in rows if "no software" in row[4]} == {"Support"}
    for name, *_, setting, proof in rows:
        if name == "Support":
            continue
        words = re.findall(r"`([a-z_]+)[^`]*`", setting)
        assert words, name
        assert [word for word in words if word not in {*Settings.model_fields, "hsm"}] == [], name
        assert re.search(r"`tests/[\w/]+\.py`", proof), name


def test_limits_are_those_of_the_profiles() -> None:
    for row, field in (
        ("Concurrent reports", "concurrent_reports"),
        ("Rows in honey jars", "rows"),
        ("People of the console", "users"),
    ):
        limits = [getattr(PROFILES[name], field) for name in ("community", "enterprise", "unlimited")]
        assert cells(row) == ["unlimited" if limit is None else f"{limit:,}" for limit in limits]

"""The table of faults: every test records one row; `CHAOS=write` puts the table into docs/faults.md."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policies.settings import environment
from tests.chaos.plant import RECOVERY_SECONDS, Outcome

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
_HEAD = f"""# Faults

Written by `make chaos`, last on {{day}}; a run of some faults alone (`ARGS`) writes their rows anew, others stay.
Real gateway processes under load of four clients (plain and streamed requests in turns, each with a value never seen
before), struck by the fault, mended, and judged. The command fails on a value that reached the provider or a log, on an
answer that is not exactly right, on an acknowledged exchange that is missing from the audit trail ("lost"), on an
acknowledged SQL write that is missing, and on recovery later than {RECOVERY_SECONDS:g} s after the dependency's return.
"Refused" are clear errors in the caller's dialect, "broken" are connections or streams that ended early: a client knows
that it has no answer. Killed as well, but without a row, since their command is simply given again: an import (every
row is there, none twice) and a migration (all of it or nothing).

| fault | right | refused | broken | lost | recovery |
|---|---|---|---|---|---|
"""


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Callable[[Outcome], None]:
    """Records a row."""
    return lambda outcome: record_property("fault", json.dumps(outcome.row()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table; write it when asked."""
    reports = terminalreporter.getreports("passed")
    rows = [json.loads(str(text)) for report in reports for name, text in report.user_properties if name == "fault"]
    if not rows:
        return
    lines = {row["fault"]: _line(row) for row in rows}
    terminalreporter.section("faults")
    terminalreporter.write("\n".join(lines.values()) + "\n")
    if environment().get("CHAOS") == "write":
        skipped = sorted({_reason(report) for report in terminalreporter.getreports("skipped")})
        notes = {row["fault"]: f"- {row['fault']}: {row['note']}" for row in rows}
        _write(lines, notes, [f"- Not run here: {reason}" for reason in skipped])


def _write(lines: dict[str, str], notes: dict[str, str], skipped: list[str]) -> None:
    """Put rows and notes of a run into the page, in the places of those that are of the same faults."""
    page = PAGE.read_text().splitlines()
    before = {line.split("|")[1].strip(): line for line in page if line.startswith("| ") and line.endswith(" s |")}
    table = {**before, **lines}
    told = {fault: line for fault in before for line in page if line.startswith(f"- {fault}: ")}
    below = [line for fault, line in {**told, **notes}.items() if not line.endswith(": ")] + skipped
    day = dt.datetime.now(tz=dt.UTC).strftime("%d %B %Y")
    PAGE.write_text(_HEAD.format(day=day) + "\n".join([*table.values(), "", *below]).rstrip() + "\n")


def _line(row: dict[str, Any]) -> str:
    refused, broken = (_counted(row[name]) for name in ("refused", "broken"))
    return f"| {row['fault']} | {row['right']} | {refused} | {broken} | {row['lost']} | {row['recovery_s']:.2f} s |"


def _counted(kinds: dict[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())) or "0"


def _reason(report: Any) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)

"""`sting jars demo` beside another process that makes the same jars, as `sting up --demo` and a report do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from click.testing import CliRunner

from connectors import commands_jars, demo_jars
from connectors.jar_imports import TakenOver


async def _taken(*_given: Any, **_named: Any) -> list[Any]:
    raise TakenOver("another process imports the table 'branches' now; its rows will count")


class _Store:
    database = sealer = None


def test_jars_that_another_process_makes_are_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_jars, "ensure_demo_jars", _taken)
    monkeypatch.setattr(commands_jars, "with_gateway", lambda _config, _folder, work: asyncio.run(work(_Store(), None)))
    ran = CliRunner().invoke(commands_jars.demo, ["--json"])
    assert ran.exit_code == 0, ran.output
    assert ran.stdout.strip() == "[]"
    assert ran.stderr == "another process makes the demo jars now\n"

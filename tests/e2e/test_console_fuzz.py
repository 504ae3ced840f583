"""Schemathesis over the console's description: no fault of ours, problems as answers, nothing changed by nonsense."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from policies.key_rows import KeyRequest, create_key
from tests.console_fixture import console_settings, running_console

pytestmark = pytest.mark.timeout(280)
_TABLES = ("users", "virtual_keys", "installation_secrets")
_EDITS = "'%/providers/%', '%/models/%', '%/prices/%', '%/policies/%'"
_CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance,ignored_auth"
_ELSEWHERE = "playground|dry-run|link$|verify$"
"""Routes that need a gateway, and those whose every call does what it says: they take no input."""


def rows(data: Path) -> dict[str, list[object]]:
    """All rows that people change."""
    with closing(sqlite3.connect(data / "sting.db")) as database:
        edits = " OR ".join(f"route LIKE {pattern}" for pattern in _EDITS.split(", "))
        recorded = database.execute(f"SELECT count(*) FROM audit_events WHERE {edits}").fetchone()  # noqa: S608
        kept = database.execute("SELECT count(*) FROM records").fetchone()
        assert kept == recorded, "one version for each edit that was let through, none for any other request"
        return {table: database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in _TABLES}  # noqa: S608


@pytest.mark.long
async def test_nonsense_is_answered_with_problems_and_changes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running_console(console_settings(data), []) as console:
        admin = (await create_key(console.parts.database, KeyRequest("fuzz", roles=("admin",)), now=1)).secret
        before = rows(data)
        program = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            f"{console.url}/api/v1/openapi.json",
            *("--header", f"Authorization: Bearer {admin}"),
            *("--mode", "negative", "--max-examples", "15", "--seed", "7", "--generation-deterministic"),
            *("--checks", _CHECKS, "--exclude-path-regex", _ELSEWHERE, "--phases", "coverage,fuzzing"),
            *("--continue-on-failure", "--no-color", "--workers", "1"),  # threads break ast.parse of Python 3.11
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
        )
        told, _ = await asyncio.wait_for(program.communicate(), 250)
        assert program.returncode == 0, told.decode()[-6000:]
        assert rows(data) == before

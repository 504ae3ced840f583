"""Schemathesis over the console's description: no fault of ours, problems as answers, nothing changed by nonsense."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest

from policies.console_routes import ConsoleCall, ConsoleContext, ConsoleRoute
from policies.key_rows import KeyRequest, create_key
from tests.console_fixture import RunningConsole, console_settings, running_console

pytestmark = pytest.mark.timeout(280)
_TABLES = ("users", "virtual_keys", "installation_secrets")
_RECORDS = "providers models prices policies permissions corrections tenants tenant-providers provider-keys"
_EDITS = ", ".join(f"'%/{name}%'" for name in _RECORDS.split())
_CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"
"""Not `ignored_auth`: nonsense as a cookie beside the right key is let in, as it should be. Strangers have a test."""
_ELSEWHERE = "playground|dry-run|link$|verify$|events$|/approve$|/undo$"
"""Routes that need a gateway, and those whose every call does what it says: they take no input."""


def rows(data: Path) -> dict[str, list[object]]:
    """All rows that people change."""
    with closing(sqlite3.connect(data / "sting.db")) as database:
        edits = " OR ".join(f"route LIKE {pattern}" for pattern in _EDITS.split(", "))
        recorded = database.execute(f"SELECT count(*) FROM audit_events WHERE {edits}").fetchone()  # noqa: S608
        kept = database.execute("SELECT count(*) FROM records").fetchone()
        assert kept == recorded, "one version for each edit that was let through, none for any other request"
        return {table: database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in _TABLES}  # noqa: S608


async def attacked(console: RunningConsole, folder: Path, *options: str) -> tuple[int, str]:
    """Exit status and report of a run with an administrator's key."""
    made = await create_key(console.parts.database, KeyRequest("fuzz", roles=("admin",)), now=1)
    before = rows(console.settings.data_dir)
    program = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{console.url}/api/v1/openapi.json",
        *("--header", f"Authorization: Bearer {made.secret}"),
        *("--max-examples", "15", "--seed", "7", "--generation-deterministic"),
        *("--exclude-path-regex", _ELSEWHERE, "--phases", "coverage,fuzzing"),
        *("--continue-on-failure", "--no-color", "--workers", "1"),  # threads break ast.parse of Python 3.11
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
    )
    told, _ = await asyncio.wait_for(program.communicate(), 250)
    assert rows(console.settings.data_dir) == before
    return program.returncode or 0, told.decode()[-6000:]


async def test_no_route_that_needs_somebody_answers_a_stranger(tmp_path: Path) -> None:
    async with running_console(console_settings(tmp_path / "data")) as console, aiohttp.ClientSession() as stranger:
        async with stranger.get(f"{console.url}/api/v1/openapi.json") as told:
            described = await told.json()
        answered: dict[int, list[str]] = {}
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                if operation.get("security", described.get("security")):
                    address = console.url + re.sub(r"\{\w+\}", "1", path)
                    for headers in ({}, {"Authorization": "Bearer sk-sting-nobody"}, {"Cookie": "sting_session=x"}):
                        async with stranger.request(method, address, headers=headers) as answer:
                            answered.setdefault(answer.status, []).append(f"{method} {path}")
        assert list(answered) == [401], {status: paths[:5] for status, paths in answered.items() if status != 401}
        assert len(answered[401]) > 200


@pytest.mark.long
async def test_nonsense_is_answered_with_problems_and_changes_nothing(tmp_path: Path) -> None:
    async with running_console(console_settings(tmp_path / "data"), []) as console:
        status, told = await attacked(console, tmp_path, "--mode", "negative", "--checks", _CHECKS)
    assert status == 0, told


@pytest.mark.long
async def test_whatever_is_asked_for_is_no_fault_of_ours(tmp_path: Path) -> None:
    """Looking, at what there is and is not, on all packages' routes.

    Nonsense alone (`--mode negative`) leaves out routes whose only input is a name in the path: any text may be one.
    """
    async with running_console(console_settings(tmp_path / "data")) as console:
        all_of_them = ("--mode", "all", "--include-method", "GET")
        # the key stands in a header of every request, and figures come as CSV too: two checks that mean nothing here
        checks = ("--checks", "not_a_server_error,response_schema_conformance")
        status, told = await attacked(console, tmp_path, *all_of_them, *checks)
    assert status == 0, told


@pytest.mark.long
async def test_the_run_sees_a_route_that_breaks(tmp_path: Path) -> None:
    async def breaks(_call: ConsoleCall) -> object:
        raise KeyError("nobody")

    @asynccontextmanager
    async def broken(_context: ConsoleContext) -> AsyncIterator[Sequence[ConsoleRoute]]:
        yield [ConsoleRoute("GET", "/broken/{name}", breaks, "breaks", "broken")]

    async with running_console(console_settings(tmp_path / "data"), [broken]) as console:
        only = ("--mode", "all", "--include-path-regex", "broken", "--checks", "not_a_server_error")
        status, told = await attacked(console, tmp_path, *only)
    assert status == 1
    assert "Server error" in told

"""Every route of the console's description, asked with nonsense: a problem of 4xx, never a fault, nothing changed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from policies.console_routes import ConsoleCall, ConsoleContext, ConsoleRoute
from tests.console_fixture import Answer, Browser, RunningConsole, console_settings, running_console

SEGMENTS = ("balanced", "none-such", "..%2F%00%F0%9F%92%A5", "x" * 300)
"""What stands in the place of each name in a path: one that there is, and what nobody means."""
BODIES: tuple[Any, ...] = ({"unknown": "jane.roe@corp.test"}, ["jane.roe@corp.test"])
ELSEWHERE = {"gateway_unreachable"}
"""What may be answered with 5xx here: nobody listens where the gateway would."""
_PARAMETER = re.compile(r"\{[a-z_]+\}")


def filled(path: str, segment: str) -> str:
    return _PARAMETER.sub(segment, path)


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path behind /api/v1, and description."""
    for path, item in description["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path.removeprefix("/api/v1"), operation


def rows(data: Path) -> dict[str, list[Any]]:
    """Everything in the database but what tells of the requests themselves."""
    with closing(sqlite3.connect(data / "sting.db")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        own = [name for name in names if not name.startswith(("audit_", "user_sessions"))]
        return {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in own}  # noqa: S608 - its own names


def fault(answer: Answer) -> str:
    """What is wrong with an answer to nonsense; empty when nothing is."""
    data = answer.data if isinstance(answer.data, dict) else {}
    if answer.status >= 500 and data.get("code") not in ELSEWHERE:
        return f"{answer.status} {data}"
    if answer.status >= 400 and answer.headers.get("Content-Type") != "application/problem+json":
        return f"{answer.status} is no problem"
    if answer.status >= 400 and not (data.get("status") == answer.status and data.get("title") and data.get("code")):
        return f"an incomplete problem: {data}"
    return "it repeats what was sent" if "jane.roe" in str(data) else ""


async def faults(admin: Browser, description: dict[str, Any]) -> list[str]:
    found = []
    for method, path, operation in operations(description):
        if "events" in path and method == "GET":
            continue  # a stream that lasts
        segments = SEGMENTS if "{" in path else ("",)
        if method == "GET":
            tries: list[tuple[str, Any]] = [(segment, None) for segment in segments]
        elif "requestBody" in operation:
            tries = [(segments[0], body) for body in BODIES] + [(segment, BODIES[0]) for segment in segments[2:3]]
        else:
            tries = [(segment, None) for segment in segments[1:]]
        for segment, body in tries:
            answer = await admin.call(method, filled(path, segment), body)
            wrong = fault(answer)
            if body is not None and answer.status < 400:
                wrong = f"{answer.status} for nonsense"
            if wrong:
                found.append(f"{method} {filled(path, segment)[:60]} {body}: {wrong}")
    return found


async def test_nonsense_is_answered_with_a_problem_and_changes_nothing(console: RunningConsole) -> None:
    admin = await console.person("admin", "editor", "auditor")
    description = (await admin.call("GET", "/openapi.json")).data
    assert len(list(operations(description))) > 120, "jars, connectors and reports are among them"
    before = rows(console.settings.data_dir)
    assert await faults(admin, description) == []
    assert rows(console.settings.data_dir) == before


async def test_a_fault_of_ours_would_be_seen(tmp_path: Path) -> None:
    """The check above can fail: a route that breaks is named."""

    async def breaks(_call: ConsoleCall) -> object:
        raise KeyError("jane.roe@corp.test")

    @asynccontextmanager
    async def broken(_context: ConsoleContext) -> AsyncIterator[Sequence[ConsoleRoute]]:
        yield [ConsoleRoute("GET", "/broken/{name}", breaks, "breaks", "broken")]

    async with running_console(console_settings(tmp_path / "data"), [broken]) as console:
        admin = await console.person("admin")
        description = (await admin.call("GET", "/openapi.json")).data
        only = {"paths": {path: item for path, item in description["paths"].items() if "broken" in path}}
        found = await faults(admin, only)
        assert len(found) == len(SEGMENTS)
        assert all("500" in one and "jane.roe" not in one for one in found)

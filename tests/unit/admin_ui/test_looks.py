"""Who looks at originals stands in the audit before they see them; who looks at anything else does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from policies.acts import Acts
from policies.audit_query import AuditFilter, query
from policies.console_routes import Caller, ConsoleAnswer, ConsoleCall, ConsoleContext, ConsoleRoute
from policies.db import DatabaseUnavailable
from tests.console_fixture import console_settings, running_console


@asynccontextmanager
async def looks(_context: ConsoleContext) -> AsyncIterator[Sequence[ConsoleRoute]]:
    """A route that shows originals when it is asked to."""

    async def look(call: ConsoleCall) -> ConsoleAnswer:
        return ConsoleAnswer({"name": "Maria Garcia"}, originals=call.path["view"] == "original")

    yield [ConsoleRoute("GET", "/look/{view}", look, "Look", "test")]


async def test_a_look_at_originals_is_an_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_console(console_settings(tmp_path / "data"), mounts=[looks]) as console:
        viewer = await console.person("viewer")
        assert (await viewer.call("GET", "/look/scrambled")).status == 200
        assert (await viewer.call("GET", "/look/original")).data == {"name": "Maria Garcia"}
        page = await query(console.parts.database, AuditFilter(outcome="originals"), before=None, size=10)
        assert [(event.route, event.status) for event in page.events] == [("GET /api/v1/look/original", 200)]
        assert page.events[0].key.startswith("usr_")

        async def fails(_self: Acts, _caller: Caller, *_args: object) -> None:
            raise DatabaseUnavailable("down")

        monkeypatch.setattr(Acts, "record", fails)
        refused = await viewer.call("GET", "/look/original")
        assert refused.status == 503
        assert "Maria" not in str(refused.data)

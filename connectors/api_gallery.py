"""Console routes of the starter gallery."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from connectors.console_calls import Desk, handled
from connectors.gallery import add_starter, shown_starters
from connectors.jar_bodies import StarterBody
from connectors.jar_sources import Reach
from connectors.jar_summary import head
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute

_TAG = "jars"


def gallery_routes(desk: Desk) -> Sequence[ConsoleRoute]:
    """The routes below `/jar-starters`: no jar's name can be taken for them."""
    return (
        ConsoleRoute("GET", "/jar-starters", handled(desk, _starters), "Ready-made jars to begin with", _TAG),
        ConsoleRoute(
            "POST", "/jar-starters/{name}", handled(desk, _add), "Make a jar of a starter", _TAG,
            roles=("editor",), body=StarterBody, status=201,
        ),
    )  # fmt: skip


async def _starters(_desk: Desk, _call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    return {"items": await asyncio.to_thread(shown_starters), "next": None}


async def _add(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    body: StarterBody = call.body
    jars = desk.jars(call)
    async with desk.gateway(call) as gateway:
        reach = Reach(desk.boundaries, gateway, call.caller.user)
        row, filled = await add_starter(jars, call.path["name"], reach, name=body.name)
    return ConsoleAnswer({**head(await jars.row(row.id)), **asdict(filled)}, status=201, subject=row.name)

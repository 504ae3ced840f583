"""Console routes of connectors and uploads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import unquote

from connectors.console_calls import Desk, handled
from connectors.jar_bodies import ConfigBody, ConnectorBody
from connectors.registry import KINDS, open_connector, schema_of
from connectors.saved import SavedConnector, all_saved, change, forget, save, saved
from connectors.uploads import MOST_BYTES, count_uploads, receive, shred_old
from policies.console_routes import (
    ConsoleAnswer,
    ConsoleCall,
    ConsoleRoute,
    Problem,
    UserRole,
    require_version,
    version_of,
)
from policies.pacing import TooSlow, paced

_TAG = "connectors"
FILE_NAME = "X-Sting-File-Name"
_LONGEST_NAME = 255


def connector_routes(desk: Desk) -> Sequence[ConsoleRoute]:
    """The routes below `/connectors` and `/uploads`."""
    editor: tuple[UserRole, ...] = ("editor",)
    one = "/connectors/{id}"
    return (
        ConsoleRoute("GET", "/connectors/kinds", handled(desk, _kinds), "Kinds and their settings", _TAG),
        ConsoleRoute("GET", "/connectors", handled(desk, _list), "All connectors", _TAG),
        ConsoleRoute(
            "POST", "/connectors", handled(desk, _add), "Set up a connector", _TAG, editor, ConnectorBody, status=201
        ),
        ConsoleRoute(
            "POST", "/connectors/test", handled(desk, _try), "Try settings before saving them", _TAG, editor,
            ConnectorBody, act=False,
        ),
        ConsoleRoute("GET", one, handled(desk, _show), "One connector, without secrets", _TAG),
        ConsoleRoute("PUT", one, handled(desk, _change), "Other settings", _TAG, editor, ConfigBody),
        ConsoleRoute("DELETE", one, handled(desk, _forget), "Forget a connector and its secrets", _TAG, editor),
        ConsoleRoute("POST", f"{one}/test", handled(desk, _test), "Can it be reached?", _TAG, editor, act=False),
        ConsoleRoute("GET", f"{one}/tables", handled(desk, _tables), "What it can read", _TAG, editor),
        ConsoleRoute(
            "POST", "/uploads", handled(desk, _upload), "A file as the body; it is stored sealed", _TAG, editor,
            status=201, streams=True,
            headers={FILE_NAME: "The file's name, percent-encoded UTF-8; its ending says how it is read"},
        ),
    )  # fmt: skip


def _shown(one: SavedConnector, call: ConsoleCall) -> dict[str, Any]:
    """A connector without secrets; its settings (hosts, own SELECTs) are for those who may change it."""
    config = one.config if call.caller.has_role("editor") else {}
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "created_by": one.created_by,
        "created_at": one.created_at,
        "config": config,
        "secrets": sorted(one.secrets),
        "version": _version(one) if config else "",
    }


def _version(one: SavedConnector) -> str:
    return version_of([one.config, sorted(one.secrets)])


async def _kinds(_desk: Desk, _call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    return {"items": [{"kind": kind, "schema": schema_of(kind)} for kind in KINDS], "next": None}


async def _list(desk: Desk, call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    return {"items": [_shown(one, call) for one in await all_saved(desk.jars(call))], "next": None}


async def _add(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    body: ConnectorBody = call.body
    made = await save(desk.jars(call), body.name, body.kind, body.config, person=call.caller.user)
    return ConsoleAnswer(_shown(made, call), status=201, subject=made.id)


async def _try(desk: Desk, call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    body: ConnectorBody = call.body
    source = open_connector(body.kind, body.config, desk.boundaries)
    try:
        return {"ok": True, **asdict(await source.ping())}
    finally:
        await source.close()


def _answer(one: SavedConnector, call: ConsoleCall) -> ConsoleAnswer:
    return ConsoleAnswer(_shown(one, call), etag=_version(one))


async def _show(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    return _answer(await saved(desk.jars(call), call.path["id"]), call)


async def _change(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    body: ConfigBody = call.body
    before = await saved(desk.jars(call), call.path["id"])
    require_version(call, _version(before))
    return _answer(await change(desk.jars(call), before.id, body.config), call)


async def _forget(desk: Desk, call: ConsoleCall) -> None:
    await forget(desk.jars(call), call.path["id"])


async def _test(desk: Desk, call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    source = (await saved(desk.jars(call), call.path["id"])).open(desk.boundaries)
    try:
        return {"ok": True, **asdict(await source.ping())}
    finally:
        await source.close()


async def _tables(desk: Desk, call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    source = (await saved(desk.jars(call), call.path["id"])).open(desk.boundaries)
    try:
        return {"items": [asdict(table) for table in await source.describe()], "next": None}
    finally:
        await source.close()


async def _upload(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    """The body is the file itself, read as it comes: never in memory as a whole, never in clear on disk."""
    settings = desk.context.settings
    most = settings.demo.upload_mib * 1024**2 if settings.demo_mode else MOST_BYTES
    length = call.request.content_length
    if length is not None and length > most:
        raise Problem(413, "too_large", f"An upload has at most {most // 1024**2:,} MiB: use a connector.")
    name = _file_name(call)
    jars = desk.jars(call)
    await shred_old(jars)
    if settings.demo_mode and await count_uploads(jars) >= settings.demo.uploads:
        raise Problem(429, "demo_uploads", "This demo holds as many uploaded files as it may; its reset makes room.")
    try:
        made = await receive(jars, name, paced(call.request.content.read), owner=call.caller.user, most=most)
    except TooSlow:
        raise Problem(408, "too_slow", "The file came too slowly, and nothing was kept. Upload it again.") from None
    return ConsoleAnswer({"id": made.id, "name": made.name, "size": made.size}, status=201, subject=made.id)


def _file_name(call: ConsoleCall) -> str:
    """The uploaded file's name: from a header, because a name may be personal and addresses stand in logs."""
    name = unquote(call.request.headers.get(FILE_NAME, "")).strip()
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise Problem(422, "file_name", f"Send the file's name, percent-encoded, in the header `{FILE_NAME}`.")
    return name

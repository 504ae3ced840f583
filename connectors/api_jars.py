"""Console routes of honey jars."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, select

from connectors.console_calls import Desk, access, allowed, grants, handled
from connectors.documents import add_uploaded_document, is_document
from connectors.embedders import embedder_for
from connectors.jar_bodies import GrantsBody, JarBody, JarChange, PreviewBody, ReviewBody, SearchBody, SourceBody
from connectors.jar_events import add_event, note_event
from connectors.jar_filling import Filled
from connectors.jar_members import remove_member
from connectors.jar_preview import Window, preview
from connectors.jar_review import ColumnWord, ReviewConflict, ValueWord, decide, rescan
from connectors.jar_sources import Reach, add_tables, add_upload
from connectors.jar_summary import findings, head, page, settings_version, shown_column
from connectors.jar_tables import GrantRow, ImportRow, JarRow
from connectors.jar_values import list_name
from connectors.jars import JarProblem, Jars, JarSpec
from connectors.searching import build, search, session_of
from connectors.uploads import upload
from connectors.whole_scan import here, parts_of, take
from policies.console_routes import (
    ConsoleAnswer,
    ConsoleCall,
    ConsoleRoute,
    Problem,
    require_version,
    version_of,
)

_TAG = "jars"
_PROTECTING = frozenset({"policy", "review_required"})
_ANSWER_WITHIN = 15.0
"""An import that takes longer goes on, and the jar's page shows how far it is."""


def jar_routes(desk: Desk) -> Sequence[ConsoleRoute]:
    """The routes below `/jars`."""
    editor, one = ("editor",), "/jars/{name}"

    def route(method: Any, path: str, work: Any, summary: str, **more: Any) -> ConsoleRoute:  # noqa: ANN401 - a table
        return ConsoleRoute(method, path, handled(desk, work), summary, _TAG, **more)

    return (
        route("GET", "/jars", _list, "Jars that you may see"),
        route("POST", "/jars", _create, "Make a jar", roles=editor, body=JarBody, status=201),
        route("GET", one, _show, "A jar: tables, columns, sources, events"),
        route("PATCH", one, _change, "Change a jar", roles=editor, body=JarChange),
        route("DELETE", one, _delete, "Shred a jar", roles=editor),
        route("GET", f"{one}/grants", _grants, "Who else may do what"),
        route("PUT", f"{one}/grants", _grant, "Say who else may do what", body=GrantsBody),
        route("POST", f"{one}/sources", _add, "Put a file or tables in", roles=editor, body=SourceBody),
        route("DELETE", one + "/sources/{source}", _remove, "Take a source out", roles=editor),
        route("GET", f"{one}/columns", _columns, "Classes of columns and what waits for review"),
        route("PUT", f"{one}/columns", _review, "Confirm or correct classes", roles=editor, body=ReviewBody),
        route(
            "POST", f"{one}/preview", _preview, "Rows as they leave, or beside their originals", body=PreviewBody,
            act=False,
        ),
        route("GET", f"{one}/findings", _findings, "What of the jar is personal"),
        route("POST", f"{one}/rescan", _rescan, "Classify anew and tell the gateway the values", roles=editor),
        route("POST", f"{one}/scan", _scan, "Look at every row, not at a sample", roles=editor, status=202),
        route("POST", f"{one}/search", _search, "Search texts by meaning", body=SearchBody, act=False),
        route("POST", f"{one}/index", _index, "Build the index that is searched", roles=editor, status=202),
    )  # fmt: skip


async def _list(desk: Desk, call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    jars = desk.jars(call)
    items = []
    for row in await jars.rows():
        rights = await access(jars, row, call)
        if rights:
            tables = await jars.tables(row)
            items.append({**head(row, rights), "tables": len(tables), "rows": sum(table.rows for table in tables)})
    return {"items": items, "next": None}


async def _create(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    body: JarBody = call.body
    spec = JarSpec(**{**body.model_dump(), "tags": tuple(body.tags)})
    row = await desk.jars(call).create(spec, call.caller.user)
    return ConsoleAnswer(head(row), status=201, subject=row.name)


async def _show(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    jars = desk.jars(call)
    row = await allowed(jars, call, "metadata")
    async with jars.database.session() as session:
        query = select(ImportRow).where(ImportRow.jar == row.id, ImportRow.state == "running")
        running = (await session.scalars(query)).all()
    imports = [{"table": one.table_name, "rows": one.rows, "started_at": one.started_at} for one in running]
    shown = {**await page(jars, row), "access": sorted(await access(jars, row, call)), "importing": imports}
    return ConsoleAnswer(shown, etag=settings_version(row))


async def _change(desk: Desk, call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    jars = desk.jars(call)
    row = await allowed(jars, call, "manage")
    require_version(call, settings_version(row))
    body: JarChange = call.body
    given = {key: getattr(body, key) for key in body.model_fields_set}
    if _PROTECTING & given.keys():  # a weaker policy would show originals to who may not see them
        await allowed(jars, call, "original")
    async with jars.database.session(write=True) as session:
        stored = await session.get_one(JarRow, row.id)
        for key, value in given.items():
            setattr(stored, key, json.dumps(value or []) if key == "tags" else value)
        stored.changed_at = jars.now()
        add_event(session, jars, row.id, call.caller.user, "changed", {"fields": sorted(given)})
    return head(await jars.row(row.id))


async def _delete(desk: Desk, call: ConsoleCall) -> None:
    jars = desk.jars(call)
    row = await allowed(jars, call, "manage")
    await jars.delete(row)
    async with desk.gateway(call) as gateway:
        await gateway.delete_values(list_name(row))


async def _grants(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    jars = desk.jars(call)
    return await _granted(jars, await allowed(jars, call, "manage"))


async def _granted(jars: Jars, row: JarRow) -> ConsoleAnswer:
    items = sorted((asdict(one) for one in await grants(jars, row)), key=lambda one: (one["grantee"], one["access"]))
    version = version_of(items)
    return ConsoleAnswer({"items": items, "next": None, "version": version}, etag=version)


async def _grant(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    jars = desk.jars(call)
    row = await allowed(jars, call, "manage")
    require_version(call, str((await _granted(jars, row)).etag))
    body: GrantsBody = call.body
    wanted = {(one.grantee, one.access) for one in body.grants}
    async with jars.database.session(write=True) as session:
        await session.execute(delete(GrantRow).where(GrantRow.jar == row.id))
        session.add_all(GrantRow(jar=row.id, grantee=grantee, access=right) for grantee, right in sorted(wanted))
        given = [f"{grantee} {right}" for grantee, right in sorted(wanted)]
        add_event(session, jars, row.id, call.caller.user, "granted", {"grants": given})
    return await _granted(jars, row)


async def _add(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    jars = desk.jars(call)
    row = await allowed(jars, call, "manage")
    body: SourceBody = call.body
    if (body.upload is None) == (body.connector is None):
        raise Problem(422, "one_source", "Give `upload` or `connector`, one of them.")
    task = asyncio.get_running_loop().create_task(_import(desk, call, jars, row, body))
    desk.running.add(task)
    task.add_done_callback(desk.running.discard)
    done, _ = await asyncio.wait({task}, timeout=_ANSWER_WITHIN)
    if not done:
        return ConsoleAnswer({"state": "importing", "jar": row.name}, status=202, subject=row.name)
    return ConsoleAnswer({"state": "done", "jar": row.name, **asdict(task.result())}, subject=row.name)


async def _import(desk: Desk, call: ConsoleCall, jars: Jars, row: JarRow, body: SourceBody) -> Filled:
    try:
        async with desk.gateway(call) as gateway:
            reach = Reach(desk.boundaries, gateway, call.caller.user)
            if body.connector is not None:
                return await add_tables(jars, row, body.connector, body.tables, reach)
            if is_document((await upload(jars, str(body.upload), owner=call.caller.user)).name):
                return await add_uploaded_document(jars, row, str(body.upload), reach)
            return await add_upload(jars, row, str(body.upload), reach, config=body.config)
    except Exception as error:
        await note_event(jars, row.id, call.caller.user, "import failed", {"what": type(error).__name__})
        raise


async def _remove(desk: Desk, call: ConsoleCall) -> None:
    jars = desk.jars(call)
    row = await allowed(jars, call, "manage")
    await remove_member(jars, row, call.path["source"])
    await note_event(jars, row.id, call.caller.user, "source removed", {"source": call.path["source"]})


async def _columns(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    jars = desk.jars(call)
    row = await allowed(jars, call, "metadata")
    return await _classes(jars, row)


async def _classes(jars: Jars, row: JarRow) -> ConsoleAnswer:
    items = [shown_column(column) for column in await jars.columns(row)]
    version = version_of([(one["table"], one["name"], one["version"]) for one in items])
    return ConsoleAnswer({"items": items, "next": None}, etag=version)


async def _review(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    jars = desk.jars(call)
    row = await allowed(jars, call, "manage")
    body: ReviewBody = call.body
    require_version(call, str((await _classes(jars, row)).etag))
    columns = [
        ColumnWord(one.table, one.name, one.confirm, one.entity_type, one.role, one.version) for one in body.columns
    ]
    values = [ValueWord(one.table, one.column, one.entity_type, one.value) for one in body.values]
    classes = {(one.table_name, one.name): one.entity_type for one in await jars.columns(row)}
    cleared = [not one.confirm and not one.entity_type and classes.get((one.table, one.column)) for one in columns]
    if any(cleared) or any(one.entity_type is None for one in values):  # what is not personal is shown as it is
        await allowed(jars, call, "original")
    try:
        await decide(jars, row, columns, values, person=call.caller.user)
    except ReviewConflict:
        raise Problem(
            412, "version_conflict", "Somebody else has reviewed this column meanwhile. Load it again."
        ) from None
    return await _classes(jars, row)


async def _preview(desk: Desk, call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    jars = desk.jars(call)
    body: PreviewBody = call.body
    originals = body.view == "original"
    row = await allowed(jars, call, "original" if originals else "preview")
    manages = "manage" in await access(jars, row, call)
    window = Window(body.table, body.offset, body.limit)
    async with desk.gateway(call) as gateway:
        shown = await preview(
            jars, row, window, gateway, person=call.caller.user, originals=originals, unreviewed=manages
        )
    return ConsoleAnswer(asdict(shown), originals=originals)


async def _findings(desk: Desk, call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    jars = desk.jars(call)
    return await findings(jars, await allowed(jars, call, "metadata"))


async def _rescan(desk: Desk, call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    jars = desk.jars(call)
    row = await allowed(jars, call, "manage")
    async with desk.gateway(call) as gateway:
        return asdict(await rescan(jars, row, gateway, person=call.caller.user))


async def _scan(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    jars = desk.jars(call)
    row = await allowed(jars, call, "manage")

    async def work() -> None:
        try:
            async with desk.gateway(call) as gateway:
                found = [looked async for looked in here(jars, row, gateway, await parts_of(jars, row))]
                await take(jars, row, gateway, found, person=call.caller.user)
        except Exception as error:
            await note_event(jars, row.id, call.caller.user, "scan failed", {"what": type(error).__name__})
            raise

    return await _answered(desk, row, work(), "scanning")


async def _search(desk: Desk, call: ConsoleCall) -> Any:  # noqa: ANN401 - JSON
    jars = desk.jars(call)
    body: SearchBody = call.body
    originals = body.view == "original"
    row = await allowed(jars, call, "original" if originals else "preview")
    async with desk.gateway(call) as gateway:
        model = desk.context.settings.connectors.embedding_model
        hits = await search(
            jars, row, body.q, gateway, embedder_for(gateway, model, session_of(row), row.policy),
            most=body.limit, table=body.table, person=call.caller.user if originals else None,
        )  # fmt: skip
    return ConsoleAnswer({"items": [asdict(hit) for hit in hits], "next": None}, originals=originals)


async def _index(desk: Desk, call: ConsoleCall) -> ConsoleAnswer:
    jars = desk.jars(call)
    row = await allowed(jars, call, "manage")

    async def work() -> None:
        async with desk.gateway(call) as gateway:
            model = desk.context.settings.connectors.embedding_model
            embedder = embedder_for(gateway, model, session_of(row), row.policy)
            counts = await build(jars, row, gateway, embedder)
            if not counts:
                raise JarProblem("There is nothing to index: no column of this jar is of texts that may leave.")
            await note_event(jars, row.id, call.caller.user, "indexed", counts)

    return await _answered(desk, row, work(), "indexing")


async def _answered(desk: Desk, row: JarRow, work: Coroutine[Any, Any, None], state: str) -> ConsoleAnswer:
    """The answer once the work is done, or that it goes on; the jar's events tell when it is done."""
    task = asyncio.get_running_loop().create_task(work)
    desk.running.add(task)
    task.add_done_callback(desk.running.discard)
    done, _ = await asyncio.wait({task}, timeout=_ANSWER_WITHIN)
    if done:
        task.result()
    return ConsoleAnswer({"state": "done" if done else state, "jar": row.name}, status=202, subject=row.name)

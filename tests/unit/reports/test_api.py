from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectors.jars import Jars, JarSpec
from connectors.objects import open_store
from reports.document import Paragraph, ReportDocument, Section, SeenByModel
from reports.previewing import Prepared, PreparedPrompt
from reports.store import RunStore
from tests.console_fixture import Browser, RunningConsole

ORDER = {"template": "customer-insights", "jar": "shop", "level": "aggregates"}


async def make_jar(console: RunningConsole, kind: Any = "public") -> None:
    parts = console.parts
    await Jars(parts.database, parts.sealer, open_store(console.settings)).create(JarSpec("shop", kind), "usr_owner")


async def ordered(console: RunningConsole, editor: Browser) -> str:
    await make_jar(console)
    answer = await editor.call("POST", "/reports", ORDER)
    assert answer.status == 201, answer.data
    return str(answer.data["id"])


async def finished(console: RunningConsole, run: str) -> RunStore:
    """As if a worker had made it."""
    store = RunStore(console.parts.database, console.parts.sealer)
    document = ReportDocument(
        id=run, title="T", template="customer-insights", template_version="1", created="2026-01-01T00:00:00+00:00",
        level="aggregates",
        sections=(Section(id="a", title="A", blocks=(Paragraph(text="PERSON_K7Q2M9XA waits.", origin="model"),)),),
        seen=SeenByModel(level="aggregates", explanation="", k=5, policy="balanced", session=f"report-{run}"),
    )  # fmt: skip
    lease = await store.claim(run, "w", limit=5, now=1)
    assert not isinstance(lease, str)
    await store.keep_document(run, document.model_dump_json().encode(), run, now=2, version=1)
    await store.finish(lease, "done", now=3)
    return store


async def test_templates_are_listed_with_their_roles(console: RunningConsole) -> None:
    viewer = await console.person("viewer")
    listed = await viewer.call("GET", "/templates")
    assert [one["name"] for one in listed.data][:3] == [
        "customer-insights", "operational-efficiency", "compliance-audit",
    ]  # fmt: skip
    one = await viewer.call("GET", "/templates/customer-insights")
    assert any(role["name"] == "order.amount" for role in one.data["roles"])
    assert (await viewer.call("GET", "/templates/nothing")).status == 404


async def test_the_life_of_an_order(console: RunningConsole) -> None:
    editor = await console.person("editor")
    run = await ordered(console, editor)
    assert (await editor.call("GET", f"/reports/{run}")).data["state"] == "queued"
    assert [one["id"] for one in (await editor.call("GET", "/reports")).data["items"]] == [run]
    assert (await editor.call("GET", f"/reports/{run}/document")).data["code"] == "not_finished"
    assert (await editor.call("POST", f"/reports/{run}/approve", {})).status == 409
    assert (await editor.call("POST", f"/reports/{run}/cancel", {})).data["state"] == "cancelled"
    async with editor.http.get(f"{editor.url}/api/v1/reports/{run}/events") as answer:
        events = await asyncio.wait_for(answer.text(), 10)
    assert "event: progress" in events
    assert 'event: end\ndata: {"state": "cancelled"}' in events
    assert (await editor.call("POST", f"/reports/{run}/retry", {})).data["state"] == "queued"
    again = await editor.call("POST", f"/reports/{run}/repeat", {})
    assert (again.status, again.data["template"], again.data["state"]) == (201, ORDER["template"], "queued")
    assert again.data["id"] != run


async def test_who_may_do_what(console: RunningConsole) -> None:
    editor, viewer = await console.person("editor"), await console.person("viewer")
    stranger = await console.person("admin", tenant="other")
    run = await ordered(console, editor)
    assert (await viewer.call("POST", "/reports", ORDER)).status == 403
    assert (await viewer.call("GET", f"/reports/{run}")).status == 200
    assert (await stranger.call("GET", f"/reports/{run}")).status == 404
    assert (await stranger.call("POST", "/reports", ORDER)).status == 404
    assert (await stranger.call("GET", "/reports")).data["items"] == []
    await finished(console, run)
    for path in (f"/reports/{run}/document?original=true", f"/reports/{run}/export?original=true"):
        assert (await viewer.call("GET", path)).data["code"] == "original_not_allowed"
    assert (await stranger.call("GET", f"/reports/{run}/export")).status == 404


async def test_a_jar_that_takes_the_name_of_a_deleted_one_opens_none_of_its_reports(console: RunningConsole) -> None:
    owner, other = await console.person("editor"), await console.person("editor", email="other@example.com")
    await owner.call("POST", "/jars", {"name": "shop", "kind": "private"})
    run = (await owner.call("POST", "/reports", ORDER)).data["id"]
    schedule = (await owner.call("POST", "/report-schedules", {"cron": "0 6 * * 1", "order": ORDER})).data["id"]
    await finished(console, run)
    parts = console.parts
    jars = Jars(parts.database, parts.sealer, open_store(console.settings))
    gone = await jars.row("shop")
    await jars.delete(gone)
    assert (await other.call("POST", "/jars", {"name": gone.id, "kind": "private"})).status == 422, "an id is no name"
    assert (await other.call("POST", "/jars", {"name": "shop", "kind": "private"})).status == 201
    assert (await other.call("GET", f"/reports/{run}/document", original="true")).status == 404
    assert (await other.call("GET", "/reports")).data["items"] == []
    assert (await other.call("GET", "/report-schedules")).data["items"] == []
    assert (await other.call("DELETE", f"/report-schedules/{schedule}")).status == 404
    assert (await owner.call("GET", f"/reports/{run}/document", original="true")).status == 404
    assert (await owner.call("DELETE", f"/report-schedules/{schedule}")).status == 204


async def test_prompts_are_looked_at_while_a_run_waits(console: RunningConsole) -> None:
    editor, viewer = await console.person("editor"), await console.person("viewer")
    run = await ordered(console, editor)
    assert (await editor.call("GET", f"/reports/{run}/preview")).data["code"] == "no_preview"
    marks = {"version": "v", "marks": [{"section": "a", "kind": "missed", "text": "Ann"}]}
    assert (await editor.call("POST", f"/reports/{run}/marks", marks)).data["code"] == "not_waiting"
    assert (await viewer.call("POST", f"/reports/{run}/marks", marks)).status == 403
    assert (await editor.call("POST", f"/reports/{run}/review", {"decision": "send"})).data["code"] == "not_waiting"
    store = RunStore(console.parts.database, console.parts.sealer)
    lease = await store.claim(run, "w", limit=5, now=1)
    assert not isinstance(lease, str)
    prompts = (PreparedPrompt(section="a", title="A", models=("m",), prompt="Ask PERSON_K7Q2M9XA, not Ann."),)
    prepared = Prepared(system="s", prompts=prompts)
    await store.keep_step(lease, "preview", "d", prepared.model_dump_json().encode(), now=2, ms=0.0)
    await store.finish(lease, "waiting", now=3)
    seen = (await editor.call("GET", f"/reports/{run}/preview")).data
    assert [part["entity_type"] for part in seen["items"][0]["parts"]] == [None, "PERSON", None]
    bad = {"version": seen["version"], "marks": [{"section": "a", "kind": "missed", "text": "Bob"}]}
    assert (await editor.call("POST", f"/reports/{run}/marks", bad)).data["code"] == "not_in_prompt"
    wrong = {"section": "a", "kind": "wrong", "text": "PERSON_K7Q2M9XA"}
    told = await editor.call("POST", f"/reports/{run}/marks", {"version": seen["version"], "marks": [wrong]})
    assert told.data["state"] == "waiting"
    missed = {**marks, "version": seen["version"]}
    assert (await editor.call("POST", f"/reports/{run}/marks", marks)).data["code"] == "changed_meanwhile"
    assert (await editor.call("POST", f"/reports/{run}/marks", missed)).data["state"] == "queued"
    kept = await store.marks(run)
    assert [(mark.kind, mark.text) for mark in kept] == [("wrong", "PERSON_K7Q2M9XA"), ("missed", "Ann")]
    assert "Ann" not in repr(kept)
    path = f"/reports/{run}/marks"
    made = await editor.call("POST", f"{path}/{kept[1].id}/propose", {})
    correction = (await editor.call("GET", f"/corrections/{made.data['correction']}")).data
    assert [correction[name] for name in ("kind", "entity_type", "value", "source")] == ["known", "PERSON", "Ann", run]
    assert (await editor.call("POST", f"{path}/{kept[0].id}/propose", {})).data["code"] == "policy_needed"
    wanted = await editor.call("POST", f"{path}/{kept[0].id}/propose", {"policy": "balanced"})
    assert wanted.data["code"] == "original_not_allowed"
    assert (await editor.call("POST", f"{path}/mrk_none/propose", {})).status == 404
    assert (await viewer.call("POST", f"{path}/{kept[1].id}/propose", {})).status == 403


async def test_a_private_jar_is_not_there_for_others(console: RunningConsole) -> None:
    await make_jar(console, "private")
    editor = await console.person("editor")
    assert (await editor.call("POST", "/reports", ORDER)).data["code"] == "no_such_jar"


@pytest.mark.parametrize("form", ["html", "md", "json"])
async def test_a_link_opens_the_report_with_tokens_until_it_is_closed(console: RunningConsole, form: str) -> None:
    editor = await console.person("editor")
    run = await ordered(console, editor)
    await finished(console, run)
    async with editor.http.get(f"{editor.url}/api/v1/reports/{run}/export?format={form}") as answer:
        assert "PERSON_K7Q2M9XA waits." in (await answer.text()).replace("\\", "")  # Markdown escapes underscores
    share = (await editor.call("POST", f"/reports/{run}/shares", {"days": 1})).data
    path = "/api/v1/shared/" + share["url"].rpartition("/")[2]
    stranger = console.stranger()
    async with stranger.http.get(console.url + path) as answer:
        assert answer.status == 200
        assert "PERSON_K7Q2M9XA waits." in await answer.text()
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert (await editor.call("DELETE", f"/reports/{run}/shares/{share['id']}")).status == 204
    async with stranger.http.get(console.url + path) as answer:
        assert answer.status == 404


async def test_two_editors_do_not_overwrite_each_other(console: RunningConsole) -> None:
    editor = await console.person("editor")
    run = await ordered(console, editor)
    await finished(console, run)
    answer = await editor.call(
        "PUT", f"/reports/{run}/sections/a", {"text": "Other words."}, headers={"If-Match": '"7"'}
    )
    assert answer.data["code"] == "changed_meanwhile"
    approved = await editor.call("POST", f"/reports/{run}/approve", {})
    assert approved.data["approved_by"]
    assert (await editor.call("GET", f"/reports/{run}/document")).data["approved_by"]


async def test_schedules_are_made_and_stopped(console: RunningConsole) -> None:
    editor = await console.person("editor")
    await make_jar(console)
    made = await editor.call("POST", "/report-schedules", {"order": ORDER, "cron": "0 6 * * 1"})
    assert made.status == 201
    assert len((await editor.call("GET", "/report-schedules")).data["items"]) == 1
    bad = await editor.call("POST", "/report-schedules", {"order": ORDER, "cron": "* * * * *"})
    assert bad.data["code"] == "bad_schedule"
    assert (await editor.call("DELETE", f"/report-schedules/{made.data['id']}")).status == 204

"""Reports made from the demo sets through a real gateway: what leaves, what stands in them, and who gets it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from connectors.gateway_client import gateway_client
from connectors.jar_values import NEVER_KNOWN
from policies.service_keys import GatewayAccess
from proxy.upstream.demo.sections import section_reply
from reports.gate import doubtful, tell_tale
from reports.numbers import TOKEN
from reports.reading import restored
from reports.store import Remark
from tests.demo_sets import demo_set
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running
from tests.report_fixture import Bench, FrameReader, bench, demo_frames, demo_jar, personal_values

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("reports")]
TEMPLATES = ("customer-insights", "operational-efficiency", "compliance-audit")
SETS = ("techcorp", "healthcare", "financial")
EVERY_TIME = {
    ("customer-insights", "techcorp", "scrambled"),
    ("operational-efficiency", "techcorp", "aggregates"),
    ("compliance-audit", "financial", "local"),
}
"""Each template and level once; the whole matrix is `make test-matrix`."""
MODELS = {"write": "fake/writer", "revise": "none"}


def written(prompt: str) -> str:
    """A section as a model would write it from the prompt, or a text that says nothing."""
    return section_reply(prompt) or "Nothing to say."


@pytest_asyncio.fixture(loop_scope="session")
async def reports(real_gateway: Running, tmp_path: Path) -> AsyncIterator[Bench]:
    real_gateway.provider.behaviour = Behaviour(mutate=written)
    access = GatewayAccess(real_gateway.url, "sk-test-service")
    reader = FrameReader({name: demo_jar(name) for name in SETS}, {name: demo_frames(name) for name in SETS})
    async with bench(tmp_path, real_gateway.settings, real_gateway.gateway.valkey_url, access, reader) as made:
        yield made


def row_values(name: str) -> set[str]:
    """Values of a set that tell of one row: personal ones, and free texts."""
    values = {value for value in personal_values(name) if tell_tale(value)}
    for frame in demo_frames(name).values():
        for column in frame.columns:
            if column in {"body", "subject", "resolution_note", "memo", "clinical_note", "cover_letter"}:
                values |= {text for text in frame[column].drop_nulls().unique() if len(text) > 30}
    return values


async def register(gateway: Running, name: str) -> None:
    """Tell the gateway the values of the set's personal columns, as filling a jar does."""
    dataset = demo_set(name)
    pairs = dict.fromkeys(
        (span.label[3], span.label[2])
        for span in dataset.spans()
        if span.label[2] not in NEVER_KNOWN and (span.table, span.column) not in dataset.labels
    )
    for frame in demo_frames(name).values():
        if {"first_name", "last_name"} <= set(frame.columns):
            names = zip(frame["first_name"], frame["last_name"], strict=True)
            pairs |= dict.fromkeys((f"{first} {last}", "PERSON") for first, last in names)
    async with gateway_client(GatewayAccess(gateway.url, gateway.place.local_key)) as client:
        await client.put_values(f"jar-{name}", pairs)


async def check_one(reports: Bench, gateway: Running, template: str, name: str, level: str) -> None:
    await register(gateway, name)
    _, document = await reports.made(template=template, jar=name, level=level, models=MODELS)
    left = gateway.provider.bytes_seen.decode()
    found = [value for value in row_values(name) if value in left]
    assert not [value for value in found if _stands(value, left)]
    assert doubtful(document) == []
    assert document.seen.prompts
    assert len(document.sections) >= 3


def _stands(value: str, text: str) -> bool:
    """Whether the value stands there by itself, not inside a longer word or number."""
    at = text.find(value)
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(value) : at + len(value) + 1]
        if not any(sign.isalnum() for sign in around):
            return True
        at = text.find(value, at + 1)
    return False


async def test_an_audit_report_from_order_to_document(reports: Bench, real_gateway: Running) -> None:
    await check_one(reports, real_gateway, "compliance-audit", "techcorp", "aggregates")


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("template", "name", "level"),
    [
        pytest.param(template, name, level, marks=[] if (template, name, level) in EVERY_TIME else pytest.mark.matrix)
        for template, name, level in itertools.product(TEMPLATES, SETS, ("aggregates", "scrambled", "local"))
    ],
)
async def test_no_personal_value_leaves_and_every_number_is_a_fact(
    reports: Bench, real_gateway: Running, template: str, name: str, level: str
) -> None:
    await check_one(reports, real_gateway, template, name, level)


async def test_a_person_edits_and_asks_again_and_finished_sections_are_not_paid_twice(
    reports: Bench, real_gateway: Running
) -> None:
    row, _ = await reports.made(template="compliance-audit", jar="techcorp", models=MODELS)
    asked = len(real_gateway.provider.requests)
    assert await reports.store.again(row.id, remark=Remark("risk", "Shorter.", 1))
    await reports.parts.queue.add(row.id)
    from reports.working import ReportWorker

    async with ReportWorker(reports.parts).running(concurrency=1):
        await reports.ended(row)
    again = [json.loads(request.body)["messages"][-1]["content"] for request in real_gateway.provider.requests[asked:]]
    assert all("Shorter." in prompt for prompt in again), "only the section with the remark is written again"
    # a text that does not stand up to the checks is asked for once more, and is told why
    assert sum("Your last text was refused" not in prompt for prompt in again) == 1
    assert len(set(again)) == len(again) <= 2


async def test_names_come_back_for_those_who_may_see_them(reports: Bench) -> None:
    row, document = await reports.made(template="compliance-audit", jar="techcorp", models=MODELS)
    from reports.steps import Protected

    kept = await reports.store.newest_step(row.id, "protect")
    assert kept is not None
    gateway = reports.parts.gateway_for("default", document.seen.session, None, 3600)
    async with gateway as opened:
        shown = await restored(document, opened, Protected.model_validate_json(kept).aliases)
    people = {str(value) for value in demo_frames("techcorp")["access_log"]["employee_id"].unique()}
    assert not any(person in document.model_dump_json() for person in people)
    assert any(person in shown.model_dump_json() for person in people)


async def test_tokens_in_a_text_stay_what_they_are_when_it_is_scrambled_again(reports: Bench) -> None:
    async with reports.parts.gateway_for("default", "report-x", "balanced", 3600) as gateway:
        once = (await gateway.scramble(["Please ask Margaret Okafor (m.okafor@example.com)."])).texts[0]
        assert "Okafor" not in once
        again = await gateway.scramble([once, f"{once} And john.smith@example.com."])
        assert again.texts[0] == once
        assert again.entities == {"EMAIL_ADDRESS": 1}
        assert (await gateway.restore([again.texts[1]]))[0].startswith("Please ask Margaret Okafor (m.okafor@")
        close = "NRP_" + "".join(TOKEN.findall(once)) * 3
        assert "LITERAL" not in (await gateway.scramble([close])).texts[0]


async def test_a_model_that_is_down_is_told_in_the_report_and_a_typed_title_is_scrambled(reports: Bench) -> None:
    models = {"write": "refused/model", "revise": "none"}
    title = "Audit for Margaret Okafor, m.okafor@example.com"
    _, document = await reports.made(template="compliance-audit", jar="techcorp", models=models, title=title)
    assert "m.okafor" not in document.model_dump_json()
    degraded = [section.degraded for section in document.sections if section.degraded]
    assert degraded
    assert all("the model refused/model did not answer" in told for told in degraded)
    assert doubtful(document) == []


async def test_a_jar_without_anything_to_use_says_what_is_missing(reports: Bench) -> None:
    from reports.working import ReportWorker

    async with ReportWorker(reports.parts).running(concurrency=1):
        row = await reports.ended(await reports.order(template="operational-efficiency", jar="nowhere"))
    assert (row.state, row.failure_code) == ("failed", "no_such_jar")


async def test_a_cancelled_run_stops_in_the_middle(reports: Bench, real_gateway: Running) -> None:
    from reports.working import ReportWorker

    gate = asyncio.Event()
    real_gateway.provider.behaviour = Behaviour(mutate=written, gate=gate)
    async with ReportWorker(reports.parts).running(concurrency=1):
        row = await reports.order(template="compliance-audit", jar="techcorp", models=MODELS)
        await real_gateway.provider.answering.wait()
        await reports.store.want_cancel(row.id, now=reports.parts.now())
        await reports.parts.queue.cancel(row.id)
        assert (await reports.ended(row)).state == "cancelled"
    gate.set()

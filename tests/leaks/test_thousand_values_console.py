"""A thousand values in a jar, a report, test cases and corrections; passwords, keys: none in any file in clear."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from connectors.jar_filling import fill
from connectors.jar_members import add_member
from connectors.jars import Jars, JarSpec
from connectors.objects import open_store
from reports.document import Paragraph, ReportDocument, Section, SeenByModel
from reports.marks import Mark
from reports.order import Order
from reports.store import Person, RunStore
from tests.console_fixture import RunningConsole, console_settings, running_console
from tests.jar_fixture import FakeGateway, table
from tests.leaks.prompts import TYPES, sentence_with
from tests.leaks.test_nothing_kept import Seen, files

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
COUNT = 1_000
PASSWORD, PROVIDER_KEY = "velvet-hammer-quiet-river", "sk-provider-9f8e7d6c5b4a3210"


async def jar_of(console: RunningConsole, values: list[str], sentences: list[str]) -> None:
    jars = Jars(console.parts.database, console.parts.sealer, open_store(console.settings))
    row = await jars.create(JarSpec("people", "public"), "usr_owner")
    member = await add_member(jars, row, "files", {"files": [f"{values[0]}.csv"]}, person="usr_owner")
    frame = pl.DataFrame({"who": values, "said": sentences})
    gateway = FakeGateway(dict.fromkeys(values[:50], "PERSON"))
    await fill(jars, row, member, [table("people", frame)], gateway, person="usr_owner")


async def report_of(console: RunningConsole, values: list[str]) -> None:
    """A report whose order, marks and document hold values."""
    store = RunStore(console.parts.database, console.parts.sealer)
    order = Order.model_validate({"template": "customer-insights", "jar": "people", "level": "aggregates"})
    run = await store.create(order, "default", Person("usr_owner", "Owner"), now=1)
    lease = await store.claim(run.id, "w", limit=5, now=1)
    assert not isinstance(lease, str)
    marks = [
        Mark(id=f"mrk_{number}", kind="missed", section="a", text=value, entity_type="PERSON", by="u")
        for number, value in enumerate(values[:100])
    ]
    await store.keep_marks(run.id, marks, now=2)
    document = ReportDocument(
        id=run.id, title="T", template="customer-insights", template_version="1", created="2026-01-01T00:00:00+00:00",
        level="local",
        sections=(Section(id="a", title="A", blocks=(Paragraph(text=" ".join(values), origin="model"),)),),
        seen=SeenByModel(level="local", explanation="", k=5, policy="balanced", session=f"report-{run.id}"),
    )  # fmt: skip
    await store.keep_document(run.id, document.model_dump_json().encode(), run.id, now=2, version=1)
    await store.finish(lease, "done", now=3)


async def test_no_file_of_the_console_holds_one_of_a_thousand_values(tmp_path: Path) -> None:
    random_ = random.Random(77)
    planted = [sentence_with(random_, TYPES[number % len(TYPES)]) for number in range(COUNT)]
    values, sentences = [value for value, _ in planted], [sentence for _, sentence in planted]
    async with running_console(console_settings(tmp_path / "data")) as console:
        await jar_of(console, values, sentences)
        await report_of(console, values)
        admin = await console.person("admin")
        cases = {"items": [{"text": text, "expected": text} for text in sentences[:50]]}
        kept = await admin.call("PUT", "/policies/balanced/cases", cases, headers={"If-Match": '"0"'})
        assert kept.status == 200, kept.data
        for value in values[:50]:
            body = {"kind": "known", "value": value[:200], "entity_type": "PERSON"}
            assert (await admin.call("POST", "/corrections", body)).status == 201
        secret = (await admin.call("POST", "/keys", {"name": "app"})).data["secret"]
        made = {"email": "ada@x.test", "roles": ["viewer"], "password": PASSWORD}
        assert (await admin.call("POST", "/users", made)).status == 201
        provider = {"provider": "demo", "key": PROVIDER_KEY, "test": False}
        told = await admin.call("POST", "/provider-keys", provider)
        assert told.status < 300, told.data
    seen = Seen(files(tmp_path / "data"))
    assert any("jars" in name for name in seen.places), list(seen.places)
    assert any(name.endswith(".db") for name in seen.places)
    assert seen.leaks([*values, secret, PASSWORD, PROVIDER_KEY]) == []

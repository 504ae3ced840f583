"""Files that nobody prepared: a report comes of them, or a reason why not and what to do."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest
import pytest_asyncio

from connectors.base import Reading
from connectors.boundaries import Boundaries
from connectors.csv_file import CsvConfig, CsvFormat
from connectors.jar_model import HoneyJar, JarColumn, JarTable
from policies.service_keys import GatewayAccess
from proxy.upstream.demo.sections import section_reply
from reports.document import FactsTable, Paragraph
from reports.facts import GERMAN
from reports.gate import doubtful, facts_of
from reports.working import ReportWorker
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running
from tests.report_fixture import Bench, FrameReader, bench

pytestmark = pytest.mark.asyncio(loop_scope="session")
MODELS = {"write": "fake/writer", "revise": "none"}
HEAD = ["\ufeffKunden-Nr. ", "Bestelldatum", "Betrag\n(brutto)", "Menge", "Kanal", "Ges. Newsletter?", "Bemerkung"]


class Bytes:
    """A file in memory."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data, self.size = name, data, len(data)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)


def jar_of(name: str, data: bytes) -> tuple[HoneyJar, dict[str, pl.DataFrame]]:
    """A file as the connector reads it, as a jar: nobody has looked at its columns but for what a name tells."""
    form = CsvFormat(CsvConfig(), Boundaries())
    batches = list(form.batches(Bytes(f"{name}.csv", data), "", Reading(name)))
    frame = pl.concat([batch.frame for batch in batches])
    columns = tuple(
        JarColumn(column, "text", "identifier" if column.startswith("Kunden") else "value") for column in frame.columns
    )
    return HoneyJar(
        id=f"jar_{name}", name=name, tenant="default", policy=None, tables=(JarTable(name, frame.height, columns),)
    ), {name: frame}


def german_orders() -> bytes:
    """Orders out of an old program: semicolons, Windows' letters, decimal commas, gaps, remarks among the numbers."""
    chance = random.Random(5)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([HEAD[0].lstrip("\ufeff"), *HEAD[1:]])
    for number in range(600):
        day = dt.date(2024, 1, 1) + dt.timedelta(days=chance.randrange(500))
        amount = f"{chance.randrange(1, 3)}.{chance.randrange(1000):03},{chance.randrange(100):02} €"
        writer.writerow([
            f"K{chance.randrange(60):05}",
            "k.A." if number % 50 == 7 else f"{day:%d.%m.%Y}",
            "siehe Anlage" if number % 100 == 3 else amount,
            "" if number % 9 == 0 else chance.choice(["1", "2", "1.000", "3,5"]),
            chance.choice(["Laden", "Netz", "Telefon", "  Laden "]),
            chance.choice(["ja", "nein", "JA", ""]),
            "",
        ])  # fmt: skip
    return out.getvalue().encode("cp1252")


@pytest_asyncio.fixture(loop_scope="session")
async def reports(gateway: Running, tmp_path: Path) -> AsyncIterator[Bench]:
    gateway.provider.behaviour = Behaviour(mutate=lambda prompt: section_reply(prompt) or "Nothing to say.")
    made = {
        "bestellungen": jar_of("bestellungen", german_orders()),
        "liste": jar_of("liste", b"a;b\r\nx1;y1\r\nx2;y2\r\n"),
        "halb": jar_of("halb", b"customer id;thing\r\n" + b"".join(b"C%d;y%d\r\n" % (n, n % 3) for n in range(40))),
    }
    reader = FrameReader({name: jar for name, (jar, _) in made.items()}, {name: both[1] for name, both in made.items()})
    access = GatewayAccess(gateway.url, "sk-test-service")
    async with bench(tmp_path / "db", gateway.settings, gateway.gateway.valkey_url, access, reader) as opened:
        yield opened


@pytest.mark.long
async def test_a_german_export_yields_a_report_that_says_what_it_could_not_read(reports: Bench) -> None:
    _, document = await reports.made(template="customer-insights", jar="bestellungen", models=MODELS, language="de")
    assert document.title == "Kundenanalyse"
    assert document.sections[0].title == "Wie Kunden kaufen"
    assert document.parameters["Daten"] == "bestellungen, 600 Zeilen aus einer Tabelle"
    assert document.seen.explanation.startswith("Nur Statistik")
    facts = {fact.id: fact for fact in facts_of(document)}
    assert facts["behaviour.orders"].value == 582  # 600 without those that lack a date or an amount
    assert facts["behaviour.customers"].value == 60
    assert isinstance(facts["behaviour.order_value"].value, float)
    assert 1000 < facts["behaviour.order_value"].value < 3000
    unread = {fact.label: fact.value for fact in facts.values() if fact.id.startswith("data.unread")}
    assert list(unread.values()) == [6]
    assert "Betrag" in next(iter(unread))
    assert doubtful(document, GERMAN) == []
    told = " ".join(block.text for block in document.sections[0].blocks if isinstance(block, Paragraph))
    assert re.search(r"\d\.\d{3},\d\d", told), told  # 1.234,56 also in what the model wrote
    shown = {fact.id for section in document.sections[:1] for block in section.blocks
             if isinstance(block, FactsTable) for fact in block.facts}  # fmt: skip
    assert {name for name in facts if name.startswith("data.unread")} <= shown


@pytest.mark.parametrize("jar", ["liste", "halb"])
async def test_a_file_without_anything_to_use_says_which_columns_would_be_needed(reports: Bench, jar: str) -> None:
    async with ReportWorker(reports.parts).running(concurrency=1):
        row = await reports.ended(await reports.order(template="customer-insights", jar=jar))
    assert (row.state, row.failure_code) == ("failed", "data_missing")
    assert "order.amount (for how much)" in str(row.failure)
    assert "--column" in str(row.failure)

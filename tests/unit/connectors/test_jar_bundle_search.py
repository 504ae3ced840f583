"""Jars as bundles, and search over their texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from connectors.boundaries import Boundaries
from connectors.embedders import embedder_for
from connectors.jar_bundle import export_jar, import_jar
from connectors.jar_events import events
from connectors.jar_filling import fill
from connectors.jar_members import add_member
from connectors.jar_review import ColumnWord, decide
from connectors.jar_sources import Reach
from connectors.jar_tables import JarRow
from connectors.jar_values import known_values
from connectors.jars import JarProblem, Jars, JarSpec
from connectors.searching import build, search
from policies.settings import Settings
from tests.jar_fixture import FakeGateway, bytes_below, table

PASSPHRASE = "correct horse battery staple"
TOPICS = ("parcel arrived broken and late", "invoice charged twice on the card", "printer makes a loud noise")
TICKETS = pl.DataFrame(
    {
        "name": [f"Zoe Quill{n}" for n in range(60)],
        "body": [f"Zoe Quill{n} says that the {TOPICS[n % 3]} since this week, case number {n}" for n in range(60)],
        "amount": [n * 1.5 for n in range(60)],
    }
)


class Words:
    """An embedder that counts words: texts about the same are near."""

    name = "words"

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def embed(self, texts: Sequence[str], *, query: bool) -> Any:
        del query
        self.seen += texts
        rows = np.zeros((len(texts), 512), np.float32)
        for place, text in enumerate(texts):
            for word in text.lower().split():
                rows[place, sum(word.encode()) * 31 % 512] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


async def shop(jars: Jars, gateway: Any) -> JarRow:
    row = await jars.create(JarSpec("shop", tags=("a",), policy="balanced"), "usr_1")
    member = await add_member(jars, row, "upload", {}, person="usr_1")
    await fill(jars, row, member, [table("customers", TICKETS)], gateway, person="usr_1")
    return await jars.row("shop")


def reach(gateway: Any) -> Reach:
    return Reach(Boundaries(), gateway, "usr_2")


async def test_a_bundle_brings_rows_and_classes_to_another_installation(jars: Jars, tmp_path: Path) -> None:
    gateway: Any = FakeGateway()
    row = await shop(jars, gateway)
    words = [ColumnWord("customers", "amount", entity_type="ACCOUNT_NUMBER")]
    await decide(jars, row, words, [], person="usr_1")
    file = tmp_path / "shop.stingjar"
    made = await export_jar(jars, row, file, PASSPHRASE, with_rows=True)
    assert made.rows == 60
    assert file.stat().st_mode & 0o077 == 0
    assert b"Quill" not in file.read_bytes()
    copy, filled = await import_jar(jars, file, PASSPHRASE, reach(gateway), name="copy", signer=made.signer)
    assert filled.tables == {"customers": 60}
    await known_values(jars, copy, gateway)
    jar = await jars.jar("copy")
    assert pl.concat([frame async for frame in jars.batches(jar, "customers")]).equals(TICKETS)
    amount = jar.tables[0].columns[2]
    assert (amount.entity_type, amount.reviewed) == ("ACCOUNT_NUMBER", True)
    assert (copy.kind, copy.owner, copy.policy) == ("private", "usr_2", "balanced")


async def test_a_strangers_bundle_is_never_reviewed(jars: Jars, tmp_path: Path) -> None:
    gateway: Any = FakeGateway()
    row = await shop(jars, gateway)
    said = [ColumnWord("customers", "name", entity_type=None), ColumnWord("customers", "body", entity_type=None)]
    await decide(jars, row, said, [], person="usr_1")
    file = tmp_path / "shop.stingjar"
    await export_jar(jars, row, file, PASSPHRASE, with_rows=True)
    await import_jar(jars, file, PASSPHRASE, reach(gateway), name="copy")
    columns = {column.name: column for column in (await jars.jar("copy")).tables[0].columns}
    assert columns["name"].entity_type == "PERSON"
    assert columns["body"].role == "text"
    assert not any(column.reviewed for column in columns.values())


async def test_a_bundle_without_rows_has_the_columns(jars: Jars, tmp_path: Path) -> None:
    gateway: Any = FakeGateway()
    row = await shop(jars, gateway)
    made = await export_jar(jars, row, tmp_path / "b", PASSPHRASE, with_rows=False)
    assert made.rows == 0
    _, filled = await import_jar(jars, tmp_path / "b", PASSPHRASE, reach(gateway), name="copy")
    assert filled.tables == {"customers": 0}


async def test_what_was_changed_or_cut_or_is_not_ours_is_refused(jars: Jars, tmp_path: Path) -> None:
    gateway: Any = FakeGateway()
    row = await shop(jars, gateway)
    file = tmp_path / "b"
    await export_jar(jars, row, file, PASSPHRASE, with_rows=True)
    whole = file.read_bytes()
    for place in (0, 12, 30, 70, len(whole) // 2, len(whole) - 1):
        bad = tmp_path / f"bad{place}"
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises((JarProblem, ValueError)):
            await import_jar(jars, bad, PASSPHRASE, reach(gateway), name="copy")
    for end in (0, 10, 57, 60, len(whole) - 64, len(whole) - 1):
        (tmp_path / "cut").write_bytes(whole[:end])
        with pytest.raises(JarProblem):
            await import_jar(jars, tmp_path / "cut", PASSPHRASE, reach(gateway), name="copy")
    with pytest.raises(JarProblem, match="passphrase"):
        await import_jar(jars, file, "another passphrase", reach(gateway), name="copy")
    with pytest.raises(JarProblem, match="signed by"):
        await import_jar(jars, file, PASSPHRASE, reach(gateway), name="copy", signer="00" * 32)
    with pytest.raises(JarProblem, match="12"):
        await export_jar(jars, row, tmp_path / "c", "short", with_rows=True)
    with pytest.raises(JarProblem, match="there already"):
        await export_jar(jars, row, file, PASSPHRASE, with_rows=True)
    assert [one.name for one in await jars.rows()] == ["shop"]


async def test_search_finds_by_words_and_shows_tokens(jars: Jars, jar_settings: Settings) -> None:
    gateway: Any = FakeGateway()
    embedder = Words()
    row = await shop(jars, gateway)
    assert await build(jars, row, gateway, embedder) == {"customers": 60}
    hits = await search(jars, row, "Why was Zoe Quill7 charged twice on the card?", gateway, embedder, most=3)
    assert len(hits) == 3
    assert {hit.row % 3 for hit in hits} == {1}
    assert all(hit.original is None and "PERSON_" in hit.snippet for hit in hits)
    assert not any("Quill" in text for text in embedder.seen)
    assert b"Quill" not in bytes_below(jar_settings.data_dir)
    seen = await search(jars, row, "charged twice", gateway, embedder, most=1, person="usr_1")
    assert seen[0].original is not None
    assert "Zoe Quill" in seen[0].original
    assert (await events(jars, row.id))[0].action == "saw originals"
    assert "Quill" not in repr(seen)


async def test_search_says_what_is_missing(jars: Jars, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway: Any = FakeGateway()
    row = await shop(jars, gateway)
    with pytest.raises(JarProblem, match="--build"):
        await search(jars, row, "x", gateway, Words())
    await build(jars, row, gateway, Words())
    other = Words()
    other.name = "other"
    with pytest.raises(JarProblem, match="another embedder"):
        await search(jars, row, "x", gateway, other)
    monkeypatch.setattr("connectors.embedders.find_spec", lambda _name: None)
    with pytest.raises(JarProblem, match="sting-ce\\[search\\]"):
        embedder_for(gateway, None, "s", None)
    assert embedder_for(gateway, "fake/e5", "s", None).name == "gateway/fake/e5"


async def test_search_leaves_out_what_waits_for_review(jars: Jars) -> None:
    gateway: Any = FakeGateway()
    row = await jars.create(JarSpec("shop", review_required=True), "usr_1")
    member = await add_member(jars, row, "upload", {}, person="usr_1")
    await fill(jars, row, member, [table("customers", TICKETS)], gateway, person="usr_1")
    assert await build(jars, await jars.row("shop"), gateway, Words()) == {}

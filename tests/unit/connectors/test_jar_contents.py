"""Sources, uploads, documents, review and preview of a jar."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import ConnectorProblem
from connectors.boundaries import Boundaries
from connectors.document_texts import pages_of
from connectors.documents import add_document, add_uploaded_document
from connectors.jar_access import ACCESS, LOCAL, Grant, Person, access_of
from connectors.jar_events import events
from connectors.jar_preview import Window, preview
from connectors.jar_review import ColumnWord, ValueWord, decide, rescan, waiting
from connectors.jar_sources import Reach, add_file, add_upload, jar_names
from connectors.jar_summary import findings, page
from connectors.jars import JarProblem, Jars, JarSpec
from connectors.objects import FolderStore
from connectors.saved import all_saved, change, forget, save, saved
from connectors.uploads import PART_BYTES, UploadedFile, opened, receive, shred_old, upload
from policies.settings import Settings
from tests.jar_fixture import FakeGateway, bytes_below

CSV = "ticket_id,email,status,body\n" + "".join(
    f"TCK-{n:05},zoe.quill{n}@mail.example,{'open' if n % 2 else 'done'},"
    f"Zoe Quill{n} wrote about her parcel number {n} and asks for a call back today please\n"
    for n in range(300)
)


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def reach(gateway: Any, tmp_path: Path) -> Reach:
    return Reach(Boundaries(folders=(tmp_path,)), gateway, "usr_1")


async def tickets(jars: Jars, tmp_path: Path, gateway: Any = None, **spec: Any) -> FakeGateway:
    gateway = gateway or FakeGateway()
    row = await jars.create(JarSpec("tickets", policy="strict", **spec), "usr_1")
    file = tmp_path / "support.tickets.csv"
    file.write_text(CSV)
    await add_file(jars, row, file, reach(gateway, tmp_path))
    return gateway


async def test_a_csv_file_becomes_a_table_with_classes(jars: Jars, tmp_path: Path) -> None:
    await tickets(jars, tmp_path)
    table = (await jars.jar("tickets")).tables[0]
    assert (table.name, table.rows) == ("tickets", 300)
    assert [(c.name, c.entity_type, c.role) for c in table.columns] == [
        ("ticket_id", "TICKET_ID", "identifier"),
        ("email", "EMAIL_ADDRESS", "identifier"),
        ("status", None, "value"),
        ("body", None, "text"),
    ]


async def test_an_upload_is_sealed_imported_and_shredded(jars: Jars, tmp_path: Path, jar_settings: Settings) -> None:
    row = await jars.create(JarSpec("tickets"), "usr_1")
    got = await receive(jars, "C:\\Users\\Zoe Quill\\tickets.csv", pieces(CSV.encode()), owner="usr_1")
    assert (got.name, got.size) == ("tickets.csv", len(CSV))
    stored = bytes_below(jar_settings.data_dir)
    assert b"zoe.quill" not in stored
    assert b"tickets.csv" not in stored
    with pytest.raises(LookupError):
        await upload(jars, got.id, owner="usr_2")
    filled = await add_upload(jars, row, got.id, reach(FakeGateway(), tmp_path))
    assert filled.tables == {"tickets": 300}
    assert jars.store.names(got.id) == []
    with pytest.raises(LookupError):
        await upload(jars, got.id, owner="usr_1")


async def test_an_upload_that_breaks_off_leaves_nothing(jars: Jars) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * (PART_BYTES + 1)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await receive(jars, "a.csv", broken(), owner="usr_1")
    assert isinstance(jars.store, FolderStore)
    assert bytes_below(jars.store._root) == b"" if jars.store._root.exists() else True


async def test_an_upload_has_a_bound(jars: Jars, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.uploads.MOST_BYTES", 100)
    with pytest.raises(JarProblem, match="connector"):
        await receive(jars, "a.csv", pieces(b"x" * 101, 10), owner="usr_1")


async def test_forgotten_uploads_are_shredded(jars: Jars) -> None:
    got = await receive(jars, "a.csv", pieces(b"a,b\n1,2\n"), owner="usr_1")
    assert await shred_old(jars) == 0
    later = Jars(jars.database, jars.sealer, jars.store, now=lambda: jars.now() + 25 * 3_600_000)
    assert await shred_old(later) == 1
    with pytest.raises(LookupError):
        await upload(jars, got.id, owner="usr_1")


class _Memory:
    """Parts of a file in memory, as `JarObjects` gives them."""

    def __init__(self, data: bytes, size: int) -> None:
        self.parts = [data[start : start + size] for start in range(0, len(data), size)]

    def name(self, *parts: str) -> str:
        return parts[-1]

    def get(self, name: str) -> bytes:
        return self.parts[int(name.rpartition("-")[2])]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.lists(st.tuples(st.integers(0, 220), st.integers(-1, 90)), max_size=6))
def test_an_upload_reads_like_the_file(data: bytes, steps: list[tuple[int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.uploads.PART_BYTES", 16)
        memory: Any = _Memory(data, 16)
        file, plain = UploadedFile(memory, "x", len(data), len(memory.parts)).open(), io.BytesIO(data)
        for position, count in steps:
            assert file.seek(position) == plain.seek(position)
            assert file.read(count) == plain.read(count)
        file.close()


async def test_uploads_can_be_opened_more_than_once(jars: Jars) -> None:
    got = await receive(jars, "a.csv", pieces(b"abc" * 10), owner="usr_1")
    file = await opened(jars, got.id)

    def read() -> bytes:
        with file.open() as stream:
            return stream.read()

    assert await asyncio.to_thread(read) == await asyncio.to_thread(read) == b"abc" * 10


async def test_a_preview_shows_what_leaves_and_records_who_saw_originals(jars: Jars, tmp_path: Path) -> None:
    gateway: Any = await tickets(jars, tmp_path)
    row = await jars.row("tickets")
    shown = await preview(
        jars, row, Window("tickets", 10, 2), gateway, person="usr_2", originals=False, unreviewed=False
    )
    assert shown.total == 300
    assert [cell.scrambled for cell in shown.rows[0]][:3] == ["TICKET_ID_K7Q2M9XA", "EMAIL_ADDRESS_K7Q2M9XA", "done"]
    assert all(cell.original is None for cells in shown.rows for cell in cells)
    assert gateway.policies[-1] == "strict"
    assert [event.action for event in await events(jars, row.id)] == ["imported"]
    seen = await preview(jars, row, Window("tickets", 10, 2), gateway, person="usr_2", originals=True, unreviewed=False)
    assert seen.rows[0][1].original == "zoe.quill10@mail.example"
    newest = (await events(jars, row.id))[0]
    assert (newest.person, newest.action, newest.detail) == (
        "usr_2",
        "saw originals",
        {"table": "tickets", "offset": 10, "rows": 2},
    )
    assert "zoe" not in repr(seen)


async def test_a_personal_cell_that_the_gateway_missed_shows_its_type_only(jars: Jars, tmp_path: Path) -> None:
    await tickets(jars, tmp_path)
    blind: Any = FakeGateway({"TCK": "TICKET_ID"})
    row = await jars.row("tickets")
    shown = await preview(jars, row, Window("tickets"), blind, person="usr_2", originals=False, unreviewed=False)
    assert [cell.scrambled for cell in shown.rows[0]][:2] == ["[TICKET_ID]", "[EMAIL_ADDRESS]"]


async def test_a_preview_hides_what_waits_for_review(jars: Jars, tmp_path: Path) -> None:
    gateway: Any = await tickets(jars, tmp_path, review_required=True)
    row = await jars.row("tickets")
    hidden = await preview(jars, row, Window("tickets"), gateway, person="u", originals=False, unreviewed=False)
    assert hidden.columns == ()
    await decide(jars, row, [ColumnWord("tickets", "status", confirm=True)], [], person="usr_1")
    hidden = await preview(jars, row, Window("tickets"), gateway, person="u", originals=False, unreviewed=False)
    assert hidden.columns == ("status",)


async def test_people_have_the_last_word_on_columns(jars: Jars, tmp_path: Path) -> None:
    gateway: Any = await tickets(jars, tmp_path)
    row = await jars.row("tickets")
    assert len(await waiting(jars, row)) == 4
    await decide(
        jars,
        row,
        [ColumnWord("tickets", "status", entity_type="USERNAME"), ColumnWord("tickets", "email", confirm=True)],
        [],
        person="usr_1",
    )
    assert [column.name for column in await waiting(jars, row)] == ["body", "ticket_id"]
    result = await rescan(jars, row, gateway, person="usr_1")
    assert result.changed == ()
    values = next(iter(gateway.values.values()))
    assert ("open", "USERNAME") in values
    columns = {column.name: column for column in (await jars.jar("tickets")).tables[0].columns}
    assert (columns["status"].entity_type, columns["status"].reviewed) == ("USERNAME", True)


async def test_people_have_the_last_word_on_values(jars: Jars, tmp_path: Path, jar_settings: Settings) -> None:
    gateway: Any = await tickets(jars, tmp_path)
    row = await jars.row("tickets")
    words = [
        ValueWord("tickets", "status", "PERSON", "open"),
        ValueWord("tickets", "email", None, "zoe.quill7@mail.example"),
    ]
    await decide(jars, row, [], words, person="usr_1")
    await rescan(jars, row, gateway, person="usr_1")
    values = next(iter(gateway.values.values()))
    assert ("open", "PERSON") in values
    assert ("zoe.quill7@mail.example", "EMAIL_ADDRESS") not in values
    assert ("zoe.quill8@mail.example", "EMAIL_ADDRESS") in values
    assert b"zoe.quill7" not in bytes_below(jar_settings.data_dir)


async def test_words_on_what_is_not_there_are_refused(jars: Jars, tmp_path: Path) -> None:
    await tickets(jars, tmp_path)
    row = await jars.row("tickets")
    with pytest.raises(LookupError):
        await decide(jars, row, [ColumnWord("tickets", "none", confirm=True)], [], person="usr_1")
    with pytest.raises(JarProblem):
        await decide(jars, row, [ColumnWord("tickets", "email", entity_type="NOSUCH")], [], person="usr_1")
    assert len(await waiting(jars, row)) == 4


async def test_the_summary_counts_and_holds_no_value(jars: Jars, tmp_path: Path) -> None:
    await tickets(jars, tmp_path, FakeGateway({"Zoe": "PERSON"}))
    row = await jars.row("tickets")
    summary = await findings(jars, row)
    assert summary["entity_types"] == [
        {"entity_type": "EMAIL_ADDRESS", "columns": 1, "cells": 300},
        {"entity_type": "TICKET_ID", "columns": 1, "cells": 300},
    ]
    assert summary["texts"][0]["found"] == {"PERSON": 1.0}
    whole = repr(summary) + repr(await page(jars, row))
    assert "zoe" not in whole.lower()


async def test_a_file_that_is_none_of_ours_is_refused(jars: Jars, tmp_path: Path) -> None:
    row = await jars.create(JarSpec("tickets"), "usr_1")
    file = tmp_path / "a.exe"
    file.write_bytes(b"MZ")
    with pytest.raises(JarProblem, match="Files of this kind"):
        await add_file(jars, row, file, reach(FakeGateway(), tmp_path))


async def test_a_file_outside_the_folders_is_refused(jars: Jars, tmp_path: Path) -> None:
    row = await jars.create(JarSpec("tickets"), "usr_1")
    with pytest.raises(ConnectorProblem):
        await add_file(jars, row, Path("/etc/hosts.csv"), reach(FakeGateway(), tmp_path))


def test_names_of_tables_are_short_where_they_stay_distinct() -> None:
    assert jar_names(["public.customers", "public.orders"]) == ["customers", "orders"]
    assert jar_names(["a.customers", "b.customers"]) == ["a_customers", "b_customers"]
    assert jar_names(["book.xlsx#Sheet 1", "book.xlsx#Zahlen"]) == ["Sheet_1", "Zahlen"]
    assert jar_names(["t.csv.gz"]) == ["t"]


async def test_connectors_are_kept_sealed(jars: Jars, tmp_path: Path, jar_settings: Settings) -> None:
    made = await save(jars, "files", "csv", {"path": str(tmp_path / "secret-folder" / "*.csv")}, person="usr_1")
    assert b"secret-folder" not in bytes_below(jar_settings.data_dir)
    assert "secret-folder" not in repr(made)
    with pytest.raises(JarProblem, match="already"):
        await save(jars, "files", "csv", {}, person="usr_1")
    changed = await change(jars, "files", {"path": "/elsewhere/*.csv"})
    assert (await saved(jars, made.id)).config == changed.config
    assert [one.name for one in await all_saved(jars)] == ["files"]
    await forget(jars, "files")
    with pytest.raises(LookupError):
        await saved(jars, "files")


DOCX_TEXT = "Margaret Okafor asked for a refund."


def _docx() -> bytes:
    from docx import Document

    document, file = Document(), io.BytesIO()
    document.add_paragraph(DOCX_TEXT)
    document.save(file)
    return file.getvalue()


def _pdf() -> bytes:
    from pypdf import PdfWriter

    writer, file = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(file)
    return file.getvalue()


def test_documents_are_read_page_by_page() -> None:
    assert pages_of("a.docx", _docx()) == [DOCX_TEXT]
    assert pages_of("a.md", b"# One\f# Two") == ["# One", "# Two"]
    html = b"<html><script>var x = 1</script><h1>Hello</h1><p>Zoe &amp; <b>Quill</b> live</p></html>"
    assert pages_of("a.html", html) == ["Hello\n\nZoe & Quill live"]
    assert len(pages_of("a.text", b"\n\n".join([b"word " * 500] * 8))) == 8
    letter = "Sehr geehrte Frau Müller, wir können die größere Lieferung leider erst später schicken. " * 5
    assert pages_of("a.md", letter.encode("latin-1")) == [letter.strip()]
    assert pages_of("a.md", b"one\0two") == ["onetwo"]


@pytest.mark.parametrize(("name", "data"), [("a.pdf", b"%PDF-1.4 broken"), ("a.docx", b"PK\x03\x04"), ("a.md", b"")])
def test_broken_documents_are_refused_clearly(name: str, data: bytes) -> None:
    with pytest.raises(JarProblem):
        pages_of(name, data)


def test_a_scanned_document_is_told_to_be_one() -> None:
    with pytest.raises(JarProblem, match="pictures"):
        pages_of("a.pdf", _pdf())


async def test_documents_are_members_of_a_jar(jars: Jars, tmp_path: Path) -> None:
    row = await jars.create(JarSpec("files"), "usr_1")
    file = tmp_path / "letter.docx"
    file.write_bytes(_docx())
    await add_document(jars, row, file, reach(FakeGateway(), tmp_path))
    got = await receive(jars, "notes.md", pieces(b"Call Zoe\fCall Ann"), owner="usr_1")
    await add_uploaded_document(jars, row, got.id, reach(FakeGateway(), tmp_path))
    jar = await jars.jar("files")
    assert [(table.name, table.rows) for table in jar.tables] == [("letter", 1), ("notes", 2)]
    assert [(column.name, column.role) for column in jar.tables[1].columns][-1] == ("text", "text")
    frames = [frame async for frame in jars.batches(jar, "notes")]
    assert pl.concat(frames).rows() == [("notes.md", 1, "Call Zoe"), ("notes.md", 2, "Call Ann")]


def test_rights_follow_from_owner_kind_role_and_grants() -> None:
    viewer, editor = Person("usr_v", frozenset({"viewer"})), Person("usr_e", frozenset({"editor"}))
    admin = Person("usr_a", frozenset({"admin"}))
    assert access_of(viewer, "usr_o", "private", ()) == frozenset()
    assert access_of(viewer, "usr_o", "team", ()) == {"metadata", "preview"}
    assert access_of(editor, "usr_o", "team", ()) == {"metadata", "preview", "use"}
    assert access_of(viewer, "usr_o", "private", [Grant("usr_v", "original")]) == {"metadata", "original"}
    assert access_of(viewer, "usr_o", "private", [Grant("usr_x", "original"), Grant("role:editor", "use")]) == set()
    assert "original" not in access_of(admin, "usr_o", "public", ())
    assert access_of(LOCAL, "usr_o", "private", ()) == access_of(viewer, "usr_v", "private", ()) == set(ACCESS)

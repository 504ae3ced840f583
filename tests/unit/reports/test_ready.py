"""Reports that a demo shows at once: what is in the files, and that they are there, sealed, readable and restorable."""

from __future__ import annotations

from pathlib import Path

import pytest

import reports.ready
from policies.db import open_database
from policies.sealing import Sealer
from policies.settings import load_settings
from reports.aliases import with_originals
from reports.document import ReportDocument
from reports.document_texts import texts_of
from reports.gate import doubtful
from reports.own_words import tokens_of
from reports.ready import PICTURED, READY, packed, put_ready_reports, ready_reports, unpacked
from reports.steps import Protected
from reports.store import RunStore
from reports.templates import load_template
from tests.unit.reports.sample_document import document

NOW = 1_764_000_000_000
TOKEN = "PERSON_K7Q2M9XA"


def test_a_file_is_the_same_bytes_and_says_that_it_was_made_beforehand() -> None:
    content = packed(document(), {TOKEN: "Ann Example"})
    assert content == packed(document(), {TOKEN: "Ann Example"})
    seen = unpacked(content).document.seen
    assert "made beforehand" in seen.explanation
    assert (seen.exchanges, seen.checkpoint) == ((), None)
    assert not any(prompt.exchange for prompt in seen.prompts)
    assert "Ann Example" not in repr(unpacked(content))


def test_every_one_is_there_of_its_template_as_it_is_now_and_each_number_is_a_fact() -> None:
    """`python scripts/demo_reports.py --ready` makes them anew."""
    found = ready_reports(PICTURED)
    assert [(one.document.template, *one.document.jars) for one in found] == list(PICTURED)
    for one in found:
        assert one.document.template_version == load_template(one.document.template).version
        assert one.document.level == "aggregates"
        assert one.document.seen.prompts
        assert not any(section.degraded for section in one.document.sections)
        assert doubtful(one.document) == []


def test_tokens_stand_where_names_stood_and_nowhere_else() -> None:
    """In cells of personal columns; a token in a sentence of these reports is a word that was taken for a name."""
    for one in ready_reports(PICTURED):
        for section in one.document.sections:
            for block in section.blocks:
                if block.kind in {"paragraph", "points", "callout"}:
                    assert not tokens_of(texts_of(block)), f"{one.document.template}: {section.title}"


async def test_they_are_put_once_sealed_and_what_tokens_stand_for_comes_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for template, jar in READY:
        made = document().model_copy(update={"template": template, "jars": (jar,)})
        (tmp_path / f"{template}.{jar}.json.gz").write_bytes(packed(made, {TOKEN: "Ann Example"}))
    monkeypatch.setattr(reports.ready, "FOLDER", tmp_path)
    database = await open_database(load_settings(None, environ={}, overrides={"data_dir": tmp_path / "data"}))
    store = RunStore(database, Sealer([b"\x01" * 32]))
    put = await put_ready_reports(store, tenant="default", now=NOW)
    assert len(put) == len(READY)
    assert await put_ready_reports(store, tenant="default", now=NOW + 1) == []
    rows = await store.runs("default")
    assert [(row.template, row.state) for row in rows] == [(template, "done") for template, _ in READY]
    assert store.order(rows[0]).jar == "techcorp"
    kept = await store.document(rows[0].id)
    assert kept is not None
    shown = ReportDocument.model_validate_json(kept[1])
    assert shown.id == rows[0].id
    assert shown.seen.session == f"report-{rows[0].id}"
    sealed = await store.newest_step(rows[0].id, "protect")
    assert sealed is not None
    assert with_originals(f"Ask {TOKEN}.", Protected.model_validate_json(sealed).aliases) == "Ask Ann Example."
    await database.close()
    assert not any(b"Ann Example" in path.read_bytes() for path in (tmp_path / "data").glob("sting.db*"))

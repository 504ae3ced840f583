"""Tests of the names engine with the model that ships."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.names import ModelFileInvalid, NamesEngine
from proxy.detectors.names.engine import _MARKED, MODEL_FILE

PROFILE = Profile(engines=("names",))
LETTER = "Dear Mr. Henderson,\n\nplease call Fatima Al-Rashid in Hamburg.\n\nRegards,\nPatricia O'Connor"


@cache
def engine() -> NamesEngine:
    return NamesEngine()


def words(text: str, findings: list[Finding], entity_type: str | None = None, least: float = 0.3) -> list[str]:
    return [
        text[finding.start : finding.end]
        for finding in findings
        if finding.score >= least and entity_type in (None, finding.entity_type)
    ]


def test_people_and_places_of_a_letter_are_found() -> None:
    (found,) = engine().find([LETTER], PROFILE)
    assert words(LETTER, found, "PERSON") == ["Henderson", "Fatima Al-Rashid", "Patricia O'Connor"]
    assert words(LETTER, found, "LOCATION") == ["Hamburg"]


def test_texts_found_together_or_alone_have_the_same_findings() -> None:
    texts = [LETTER, "", "Ship it to Karen Osterberg in Malmö.", "x = 1", "\n\n", LETTER.lower()]
    together = engine().find(texts, PROFILE)
    alone = [engine().find([text], PROFILE)[0] for text in texts]
    assert [[(f.start, f.end, f.entity_type) for f in found] for found in together] == [
        [(f.start, f.end, f.entity_type) for f in found] for found in alone
    ]
    assert together[1] == together[4] == []


def test_a_long_text_has_the_findings_of_its_parts() -> None:
    (once,) = engine().find([LETTER], PROFILE)
    (often,) = engine().find(["\n\n\n\n\n\n\n\n\n\n".join([LETTER] * 400)], PROFILE)
    assert len(often) == 400 * len(once)


def test_the_same_text_has_the_same_findings_again() -> None:
    assert engine().find([LETTER], PROFILE) == NamesEngine().find([LETTER], PROFILE)


def test_only_wanted_types_are_reported() -> None:
    (found,) = engine().find([LETTER], Profile(entity_types=("LOCATION",)))
    assert {finding.entity_type for finding in found} == {"LOCATION"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Please call _Henderson_ today, she waits.", "Henderson"),
        ("Please call __Henderson__ today, she waits.", "Henderson"),
        ("Fatima_Henderson_CV.pdf", "Fatima_Henderson"),
        ("files/Fatima_Henderson_invoice_2024.xlsx", "Fatima_Henderson"),
    ],
)
def test_names_in_emphasis_and_in_names_of_documents_are_found(text: str, name: str) -> None:
    (found,) = engine().find([text], PROFILE)
    assert words(text, found, "PERSON") == [name]


@pytest.mark.parametrize(
    "text",
    [
        "see __init__ and __name__ in _private_ and _MSC_VER_ or _Bool x",
        "Annual_Report_2024.pdf and Meeting_Notes.docx, Project_Plan_Final.xlsx",
        "My_Class_Name foo; Content_Type header",
        "_Note_: this is _Important_, see _Chapter One_ and __Warning__",
    ],
)
def test_other_words_beside_underscores_are_no_names(text: str) -> None:
    assert words(text, engine().find([text], PROFILE)[0]) == []


def test_many_underscores_cost_no_more_than_other_text() -> None:
    for text in ("Aa_" * 30_000, "_A" * 30_000, "_Aa " * 30_000):
        assert isinstance(_MARKED.sub("", text), str)


def test_identifiers_are_not_looked_at() -> None:
    assert engine().find(["get_patricia_henderson"], Profile(identifiers=True)) == [[]]


def test_no_texts_have_no_findings() -> None:
    assert engine().find([], PROFILE) == []


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(), max_size=4))
def test_any_unicode_gives_disjoint_findings_inside_the_text(texts: list[str]) -> None:
    for text, found in zip(texts, engine().find(texts, PROFILE), strict=True):
        place = 0
        for finding in found:
            assert place <= finding.start < finding.end <= len(text)
            piece = text[finding.start : finding.end]
            assert piece == piece.strip()
            assert "\n" not in piece
            assert any(letter.isalnum() for letter in piece)
            assert 0 < finding.score <= 1
            place = finding.end


def test_the_model_file_is_small() -> None:
    assert MODEL_FILE.stat().st_size < 15_000_000


def test_a_damaged_model_file_is_refused(tmp_path: Path) -> None:
    damaged = tmp_path / "model.npz"
    damaged.write_bytes(MODEL_FILE.read_bytes()[:5000])
    with pytest.raises(ModelFileInvalid):
        NamesEngine(damaged)


def test_a_missing_model_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileInvalid):
        NamesEngine(tmp_path / "none.npz")

"""Which language a text is in, and what the names tagger takes along in other languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy.core.findings import Finding
from proxy.detectors.languages import LANGUAGES, language_of
from proxy.detectors.names.foreign import adapted
from tests.detection.foreign_texts import LANGUAGES as GENERATED
from tests.detection.foreign_texts import messages, parts_of

ROOT = Path(__file__).resolve().parents[4]

ALL = ("en", *GENERATED)
BALANCED = 0.2
"""The lowest score that `balanced` takes of any type."""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Please write a letter to the bank about the fee that they charged.", "en"),
        ("Bitte schreibe einen Brief an die Bank wegen der Gebühr.", "de"),
        ("Écris une lettre à la banque pour les frais qu'ils ont prélevés.", "fr"),
        ("Escribe una carta al banco por la comisión que nos han cobrado.", "es"),
        ("Scrivi una lettera alla banca per la commissione che ci hanno addebitato.", "it"),
        ("Schrijf een brief aan de bank over de kosten die zij in rekening brachten.", "nl"),
        ("4111 1111 1111 1111", None),
        ("", None),
        ("Kafka Redis Postgres", None),
    ],
)
def test_the_language_of_a_sentence_is_told_or_not_said(text: str, language: str | None) -> None:
    assert language_of(text, ALL) == language


def test_no_text_is_taken_for_another_language() -> None:
    texts = [(str(row["text"]), language) for language in GENERATED for row in messages(language, 5, 60)]
    told = [(language_of(text, ALL), language) for text, language in texts]
    assert [pair for pair in told if pair[0] not in (None, pair[1])] == []
    assert sum(found is not None for found, _ in told) >= 0.85 * len(told)


def test_one_language_is_not_asked_for() -> None:
    assert language_of("the cat sat on the mat", ("de",)) == "de"


@pytest.mark.parametrize(
    ("language", "text", "found", "score", "kept"),
    [
        ("fr", "Hier Anne demande le chèque.", "Anne demande le", 0.6, ["Anne"]),
        ("fr", "Traduis cette phrase.", "Traduis", 0.28, []),
        ("fr", "Maxence est là.", "Maxence", 0.6, ["Maxence"]),
        ("fr", "Il va à La Rochelle.", "La Rochelle", 0.6, ["La Rochelle"]),
        ("fr", "voici pascale de La Tour ici", "pascale de La Tour", 0.6, ["de La Tour"]),
        ("es", "con Transportes Ibéricos S.A. hoy", "Transportes Ibéricos S.A.", 0.6, ["Transportes Ibéricos S.A."]),
        ("it", "Il treno era in ritardo.", "in ritardo", 0.6, []),
        ("de", "Im Garten wachsen Tomaten.", "Garten wachsen Tomaten", 0.6, ["Tomaten"]),
        ("de", "Die Verspätung ist groß.", "Verspätung", 0.6, []),
        ("de", "Ich frage Petra heute.", "Petra", 0.4, ["Petra"]),
        ("de", "Das ist von Heike von Stetten unterschrieben.", "Heike von Stetten", 0.6, ["Heike von Stetten"]),
        ("de", "Die Verspätung ist groß.", "Verspätung", 0.96, ["Verspätung"]),
        ("nl", "alles in kleine letters jan", "jan", 0.4, ["jan"]),
    ],
)
def test_what_is_no_name_in_the_language_is_cut_off(
    language: str, text: str, found: str, score: float, kept: list[str]
) -> None:
    start = text.index(found)
    finding = Finding(start, start + len(found), "PERSON", score, "names")
    taken = [one for one in adapted(text, [finding], LANGUAGES[language]) if one.score >= BALANCED]
    assert [text[one.start : one.end] for one in taken] == kept


def test_what_is_doubtful_is_left_to_strict_policies() -> None:
    finding = Finding(0, 7, "PERSON", 0.28, "names")
    assert [one.score for one in adapted("Traduis cette phrase.", [finding], LANGUAGES["fr"])] == [0.1]


def test_addresses_stay_whole() -> None:
    finding = Finding(0, 12, "STREET_ADDRESS", 0.4, "names")
    assert list(adapted("rue du Port 1 à Tours", [finding], LANGUAGES["fr"])) == [finding]


def test_no_generated_sentence_is_one_that_the_tagger_learned_from() -> None:
    learned = {line for line in (ROOT / "training/templates/foreign.txt").read_text("utf-8").splitlines() if line}
    runs = {run for line in learned for run in _runs(line)}
    for language in GENERATED:
        parts = parts_of(language)
        assert not [line for line in parts["personal"] + parts["plain"] if runs & set(_runs(line))]


def _runs(sentence: str, length: int = 6) -> list[tuple[str, ...]]:
    """Every row of `length` words."""
    words = re.sub(r"\{\w+\}", "_", sentence).lower().split()
    return [tuple(words[start : start + length]) for start in range(len(words) - length + 1)]

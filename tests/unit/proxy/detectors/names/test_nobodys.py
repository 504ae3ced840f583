"""Words of programming and science are nobody's; the same words as names of people are."""

from __future__ import annotations

import pytest

from proxy.detectors.base import Profile
from proxy.detectors.names import NamesEngine
from proxy.detectors.names.nobodys import is_nobodys


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("with FastAPI and Pydantic v2?", "FastAPI and Pydantic v2"),
        ("</li></ul>", "li"),
        ("the Kubernetes error", "Kubernetes"),
        ("id BIGSERIAL PRIMARY KEY", "BIGSERIAL PRIMARY"),
        ("WORKDIR /app", "WORKDIR"),
        ("const PORT = 1", "const PORT"),
        ("a KeyError here", "KeyError"),
        ("explain Dijkstra's algorithm", "Dijkstra"),
        ("the Bellman-Ford algorithm", "Bellman-Ford"),
        ("merge two PDF files", "PDF"),
        ("stop Bluetooth or Wi-Fi", "Bluetooth or Wi-Fi"),
        ("has Parkinson\u2019s disease", "Parkinson"),
        ("sign the NDA today", "the NDA"),
        ("The ZIP code is", "ZIP"),
        ("KPIs and OKRs for B2B", "KPIs and OKRs"),
    ],
)
def test_what_is_nobodys_is_dropped(text: str, piece: str) -> None:
    start = text.index(piece)
    assert is_nobodys(text, start, start + len(piece))


def test_the_tagger_does_not_report_them() -> None:
    text = "What does the Kubernetes error mean? Ask Anna Kern about Dijkstra's algorithm and the FastAPI docs."
    hits = NamesEngine().find([text], Profile())[0]
    assert [text[hit.start : hit.end] for hit in hits if hit.score >= 0.3] == ["Anna Kern"]


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("ask Ruby or Julia", "Ruby"),
        ("Jenkins wrote it", "Jenkins"),
        ("Mr. Cohen's dog", "Cohen"),
        ("Parkinson called", "Parkinson"),
        ("<Li Wei>", "Li Wei"),
        ("the name is Port", "Port"),
        ("Python Ltd. and Anna", "Python Ltd. and Anna"),
        ("and", "and"),
        ("ask Coo", "Coo"),
        ("Hartford, CT", "CT"),
        ("3.11", "3.11"),
    ],
)
def test_what_may_be_a_name_stays(text: str, piece: str) -> None:
    start = text.index(piece)
    assert not is_nobodys(text, start, start + len(piece))

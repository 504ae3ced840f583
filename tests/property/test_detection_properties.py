"""Offsets and cuts hold for any text."""

from __future__ import annotations

import itertools
import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from proxy.core.findings import Finding, disjoint
from proxy.detectors import frames
from proxy.detectors.base import Profile
from proxy.detectors.chunks import cut, units
from proxy.detectors.normalise import normalise

ODD = "\u200b\u00ad\u0301\u0336\ufb01\uff21\u2009\u0660\u0430\u03bf\ud800\udc00\U0001d49c\u093f\u200d\ufeff\x00\r\n"
TEXTS = st.text(st.one_of(st.sampled_from(ODD + "aZ9 @.,"), st.characters(exclude_categories=[])))
SHOWN = st.lists(st.one_of(TEXTS, st.sampled_from(["\x1b[1;31m", "\x1b[0m", "\x9b2J", "\x1b]8;;", "\\e[3", "^[[4m"])))
"""Texts with sequences for terminals, whole ones and pieces."""
FINDINGS = st.lists(
    st.builds(
        lambda start, length, kind, score: Finding(start, start + length, kind, score, "t"),
        st.integers(0, 60),
        st.integers(1, 20),
        st.sampled_from(["A", "B"]),
        st.sampled_from([0.4, 0.9]),
    ),
    max_size=25,
)


@given(st.one_of(TEXTS, SHOWN.map("".join)))
def test_every_range_of_normalised_text_maps_to_a_range_of_the_original(text: str) -> None:
    normalised = normalise(text)
    before = (0, 0)
    for index in range(len(normalised.text)):
        start, end = normalised.span(index, index + 1)
        assert 0 <= start < end <= len(text)
        assert start >= before[0]
        assert end >= before[1]
        before = (start, end)


@given(TEXTS.filter(lambda text: not {"\x1b", "\x9b"} & set(text)))
def test_what_the_normalised_text_leaves_out_is_invisible(text: str) -> None:
    normalised = normalise(text)
    covered: set[int] = set()
    for index in range(len(normalised.text)):
        covered.update(range(*normalised.span(index, index + 1)))
    left = {text[index] for index in range(len(text)) if index not in covered}
    assert {unicodedata.category(char) for char in left} <= {
        "Cf",
        "Mn",
        "Me",
        "Lo",
        "So",
    }  # the last two: fillers that are drawn as nothing
    assert not any(char.isalnum() and unicodedata.category(char) == "Ll" for char in left)


@given(TEXTS)
def test_normalised_text_can_be_written_as_utf8_and_ascii_is_untouched(text: str) -> None:
    normalised = normalise(text).text
    normalised.encode()
    if text.isascii():
        assert normalised is text


@given(TEXTS)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text).text
    twice = normalise(once).text
    assert normalise(twice).text == twice


@given(st.text("ab \n", max_size=400), st.integers(4, 60), st.integers(0, 30))
def test_chunks_cover_the_text_and_overlap(text: str, size: int, overlap: int) -> None:
    overlap = min(overlap, size // 2)
    position = 0
    for chunk in cut(text, size, overlap):
        assert text.startswith(chunk.text, chunk.start)
        assert chunk.start <= position
        assert len(chunk.text) <= size
        position = chunk.start + len(chunk.text)
    assert position == len(text)


@given(st.text("abc", min_size=100, max_size=300), st.integers(0, 290), st.integers(1, 10))
def test_what_is_shorter_than_half_the_overlap_stands_whole_in_a_chunk(text: str, start: int, length: int) -> None:
    start = min(start, len(text) - length)
    chunks = cut(text, 60, 20)
    assert any(c.start <= start and start + length <= c.start + len(c.text) for c in chunks)


@given(st.text('ab1,;|\t\n" @', max_size=300))
def test_units_are_cut_from_the_text_at_their_places(text: str) -> None:
    for unit in units(text, 50, 10):
        for offset in unit.places:
            assert text.startswith(unit.text[unit.lead :], offset)


@given(FINDINGS)
def test_disjoint_findings_cover_exactly_what_was_found(findings: list[Finding]) -> None:
    found = disjoint(findings)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert {i for f in found for i in range(f.start, f.end)} == {i for f in findings for i in range(f.start, f.end)}


PROFILES = st.builds(
    Profile,
    engines=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    deny=st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3).map(tuple),
    values_version=st.integers(0, 9),
    identifiers=st.booleans(),
)


@given(st.lists(TEXTS, max_size=4), PROFILES)
def test_texts_and_profile_survive_the_way_to_a_worker(texts: list[str], profile: Profile) -> None:
    assert frames.decode_request(frames.encode_request(texts, profile)) == (texts, profile)


@given(st.lists(st.one_of(st.none(), FINDINGS), max_size=4))
def test_findings_survive_the_way_back(results: list[list[Finding] | None]) -> None:
    payload = frames.encode_findings(results)
    assert frames.decode_answer(payload) == results
    assert json.loads(payload)

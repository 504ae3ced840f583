"""Offsets of the pattern pack hold for any text, and decoding maps back exactly."""

# ruff: noqa: E501 - one sample a line reads better than a broken one
from __future__ import annotations

from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.detectors.base import Profile
from proxy.detectors.patterns import PatternEngine
from proxy.detectors.patterns.encoded import unescaped
from proxy.detectors.patterns.page import Page

ENGINE = PatternEngine()
_PIECES = st.sampled_from(
    ["jane@example.com", "4111 1111 1111 1111", "%40", "&amp;", r"\n", r"\u00e9", "SSN 521-44-9382", "é", "\u0130", " ", "\n",
     ",", "12 Main Street", "name:", "Anna", "=", "password: ", "Zm9vQGV4YW1wbGUuY29t", "😀", "+49 30 901820", "\x00", "|"]
)  # fmt: skip
_TEXTS = st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=12).map("".join))


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
def test_every_finding_lies_inside_its_text(text: str) -> None:
    for finding in ENGINE.find([text], Profile())[0]:
        assert 0 <= finding.start < finding.end <= len(text)
        assert 0 < finding.score <= 1


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
def test_the_map_of_decoded_text_covers_the_original_without_gaps(text: str) -> None:
    for decoded in unescaped(Page(text)):
        assert len(decoded.text) == len(decoded.starts) == len(decoded.ends)
        borders = list(zip(decoded.starts, decoded.ends, strict=True))
        assert all(start < end for start, end in borders)
        assert all(
            after in (before, (end, after[1]))
            for before, after, end in zip(borders, borders[1:], decoded.ends, strict=False)
        )


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_url_escaped_text_is_decoded_to_what_it_was(text: str) -> None:
    escaped = quote(text, safe="")
    plain = next((decoded.text for decoded in unescaped(Page(escaped))), escaped)
    assert plain == text


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abc d\n.,", max_size=20), st.text(alphabet="abc d\n.,", max_size=20))
def test_an_address_is_found_wherever_it_stands(before: str, after: str) -> None:
    text = f"{before} jane.doe@example.com {after}"
    start = len(before) + 1
    covered = {at for one in ENGINE.find([text], Profile())[0] for at in range(one.start, one.end)}
    assert set(range(start, start + 20)) <= covered

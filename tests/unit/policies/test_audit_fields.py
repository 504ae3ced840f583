"""Fields of audit events on their way through the stream."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.audit_fields import read, together, written

names = st.text("abcdef_", min_size=1, max_size=5)
events = st.dictionaries(names, st.text(max_size=5) | st.text("a\x1e\x1f", max_size=3), min_size=1, max_size=5)


def _read(words: list[str]) -> list[dict[str, str]]:
    return [dict(event) for event in read(dict(zip(words[::2], words[1::2], strict=True)))]


@settings(max_examples=200, deadline=None)
@given(events)
def test_what_is_written_is_read_whatever_stands_in_it(event: dict[str, str]) -> None:
    assert _read(written(event)) == [event]


@settings(max_examples=200, deadline=None)
@given(st.lists(events, max_size=5))
def test_events_travel_together_and_none_is_lost(several: list[dict[str, str]]) -> None:
    entries = together(several)
    plain = [event for event in several if not any(letter in "".join(event.values()) for letter in "\x1e\x1f")]
    assert len(entries) == len(several) - len(plain) + bool(plain)
    found = [event for words in entries for event in _read(words)]
    assert sorted(map(repr, found)) == sorted(map(repr, several))

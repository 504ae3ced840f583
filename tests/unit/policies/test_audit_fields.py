"""Fields of audit events on their way through the stream."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.audit_fields import read, written

names = st.text("abcdef_", min_size=1, max_size=5)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(names, st.text(max_size=5) | st.text("a\x1f", max_size=3), min_size=1, max_size=5))
def test_what_is_written_is_read_whatever_stands_in_it(event: dict[str, str]) -> None:
    words = written(event)
    assert read(dict(zip(words[::2], words[1::2], strict=True))) == event

"""A value that is found once counts everywhere in its text, as `/sting/v1/analyze` and `sting eval --policy` tell."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from proxy.core.findings import Finding
from proxy.core.seen import with_repeats

_WORDS = st.sampled_from(["Okafor", "okafor", "Margaret Okafor", "K7-Q2", "and", "the", "\U0001f600", "naïve"])


@given(st.lists(_WORDS, min_size=1, max_size=12), st.data())
def test_findings_are_disjoint_keep_what_was_covered_and_cover_every_repeat(
    words: list[str], data: st.DataObject
) -> None:
    text = " ".join(words)
    starts = [sum(len(word) + 1 for word in words[:place]) for place in range(len(words))]
    chosen = data.draw(st.lists(st.sampled_from(range(len(words))), unique=True))
    wanted = [Finding(starts[at], starts[at] + len(words[at]), "PERSON", 0.4, "names") for at in chosen]
    found = with_repeats(text, wanted)
    assert all(one.end <= other.start for one, other in pairwise(found))
    covered = {place for one in found for place in range(one.start, one.end)}
    assert {place for one in wanted for place in range(one.start, one.end)} <= covered
    values = {words[at] for at in chosen if len(words[at]) >= 4 and any(map(str.isalnum, words[at]))}
    again = [at for at, word in enumerate(words) if word in values]
    assert all(place in covered for at in again for place in range(starts[at], starts[at] + len(words[at])))
    mine = {(one.start, one.end) for one in wanted}
    assert all(one.detector == ("names" if (one.start, one.end) in mine else "seen") for one in found)

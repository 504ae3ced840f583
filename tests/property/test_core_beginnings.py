"""A known beginning is rewritten and its originals are taken out as one by one, in any body that begins with it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from proxy.core.beginnings import Beginning, Found
from proxy.core.jsontext import Edit, Passed, parse, splice
from proxy.core.recollection import Spot
from proxy.core.settled import Settled, Uncut

TEXTS = st.text(st.sampled_from('aé日"\\ [{,:}]\n'), min_size=4, max_size=60)


@st.composite
def disjoint_edits(draw: st.DrawFn, length: int) -> list[Edit]:
    """Edits in order that do not touch."""
    places = sorted(draw(st.sets(st.integers(1, length - 1), max_size=12)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return [Edit(start, end, draw(st.sampled_from(["PERSON_K7Q2M9XA", "", "x"]))) for start, end in pairs]


@given(TEXTS, TEXTS, TEXTS, st.data())
def test_it_is_rewritten_as_edit_by_edit(before: str, text: str, after: str, data: st.DataObject) -> None:
    edits = data.draw(disjoint_edits(len(text)))
    free = [place for place in range(1, len(text)) if all(not one.start <= place <= one.end for one in edits)]
    notice = (
        [(place, place, "notice") for place in data.draw(st.sets(st.sampled_from(free), max_size=1))] if free else []
    )
    beginning = Beginning(len(text), 1, 1, b"", tuple(notice))
    settled = Settled(b"", edits=tuple(edits))
    for head in (before, before + "more"):  # another model's name moves the array
        body = head + text + after
        for put_in in data.draw(st.lists(st.booleans(), min_size=1, max_size=3)):
            wanted = [*edits, *(Edit(*one) for one in notice if put_in)]
            moved = [Edit(len(head) + one.start, len(head) + one.end, one.new) for one in wanted]
            made = Found(beginning, len(head)).rewritten(body, settled, notice=put_in)
            assert splice(body, made) == splice(body, moved)


@given(st.lists(TEXTS, max_size=5), st.integers(0, 30), TEXTS)
def test_originals_are_taken_out_as_one_by_one(originals: list[str], base: int, after: str) -> None:
    text, issued = "[", {}
    for number, original in enumerate(originals):
        raw = json.dumps(original)[1:-1]
        issued[f"PERSON_{number:08}"] = Spot(len(text), len(text) + len(raw), 1)
        text += raw + ","
    escapes = any("\\" in text[start:end] for start, end, _ in issued.values())
    settled = Settled(b"", escapes=escapes, issued=issued, types=frozenset({"PERSON"} if issued else ()))
    for moved in (base, base + 7):
        wanted = dict(zip(issued, originals, strict=True))
        uncut = Uncut(settled, "x" * moved + text + after, moved, {"PERSON_11111111": "Ann"})
        assert uncut.known() == wanted
        wanted["PERSON_11111111"] = "Ann"
        assert (uncut.keys(), len(uncut)) == (wanted.keys(), len(wanted))
        assert all(uncut.get(token) == original for token, original in wanted.items())
        assert (dict(uncut), uncut.get("PERSON_ZZZZZZZZ")) == (wanted, None)
        assert not any(len(original) > 3 and original in repr(uncut) for original in originals)


WORDS = st.sampled_from(['"stop', '"annotation', '"model"'])


@given(st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": TEXTS}), min_size=2, max_size=5), st.data())
def test_a_word_is_looked_for_in_what_was_read(messages: list[dict[str, str]], data: st.DataObject) -> None:
    word = data.draw(WORDS)
    more = {word.strip('"') + "s": [1], "temperature": 1} if data.draw(st.booleans()) else {}
    first = data.draw(st.booleans())
    text = json.dumps({**more, "messages": messages} if first else {"messages": messages, **more})
    known = data.draw(st.integers(1, len(messages)))
    whole = parse(text)
    end = whole.containers["messages", known - 1][1]
    part = parse(text, passing=lambda _: Passed(end, known, 3 * known), growing=("messages",))
    base = part.passed[0]
    assert part.passed == (whole.containers["messages",][0], end)
    assert part.says(word) == (word in text[:base] or word in text[end:])
    assert whole.says(word) == (word in text)
    assert whole.passed == (0, 0)

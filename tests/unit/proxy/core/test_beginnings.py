"""Known beginnings of conversations: found by their bytes alone, bounded, without any text."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from proxy.core.beginnings import Beginning, Beginnings
from proxy.core.jsontext import Edit
from proxy.core.recollection import Spot
from proxy.core.settled import Settled

KEY = b"k" * 32


def beginning(length: int) -> Beginning:
    return Beginning(length, 1, 1, b"", ())


def test_the_longest_known_beginning_is_found() -> None:
    known = Beginnings(KEY, 100)
    text = "".join(random.Random(1).choices("abc, ", k=9000))
    for length in (10, 3000, 7000):
        known.put("openai", text, 5, beginning(length))
    for size, longest in ((20, 10), (3004, 10), (3005, 3000), (7004, 3000), (7005, 7000), (9000, 7000)):
        found = known.find("openai", text[:size], 5)
        assert found is not None
        assert (found.beginning.length, found.base) == (longest, 5)


@given(st.text(max_size=30), st.integers(0, 5000), st.integers(1, 6000), st.data())
def test_what_differs_in_one_letter_is_another_text(head: str, shift: int, length: int, data: st.DataObject) -> None:
    known = Beginnings(KEY, 100)
    text = "x" * shift + head + "y" * 6000
    known.put("openai", text, 0, beginning(length))
    place = data.draw(st.integers(0, length - 1))
    changed = text[:place] + ("b" if text[place] != "b" else "c") + text[place + 1 :]
    assert known.find("openai", text, 0) is not None
    assert known.find("openai", changed, 0) is None
    assert known.find("anthropic", text, 0) is None


def test_texts_may_end_anywhere_without_one_hiding_another() -> None:
    known = Beginnings(KEY, 100)
    texts = [f"conversation {n} " + "z" * n * 7 for n in range(60)]
    for text in texts[-10:]:
        known.put("openai", text, 0, beginning(len(text)))
    assert all(known.find("openai", text + " and more", 0) is not None for text in texts[-10:])


def test_memory_is_bounded() -> None:
    known = Beginnings(KEY, 10)
    for n in range(1000):
        known.put("openai", f"{n} " * 3000, 0, beginning(2500))
    assert len(known) == 10
    assert len(known._lengths) <= 80
    assert known._ranges <= 10 * 64


def test_contexts_that_come_later_count_in_the_bound() -> None:
    known = Beginnings(KEY, 100, ranges=1000)
    big = Settled(b"", edits=tuple(Edit(n, n + 1, "x") for n in range(200)))
    first, second = beginning(10), beginning(10)
    known.put("openai", "first text", 0, first)
    known.put("openai", "other text", 0, second)
    known.settle("openai", "other text", 0, second, b"policy", big)
    assert (len(known), known._ranges) == (2, 2 * 64 + 800)
    known.settle("openai", "other text", 0, second, b"another policy", big)
    assert (len(known), known._ranges) == (1, 64)  # this one alone is too much, and no other goes for it
    known.settle("openai", "other text", 0, second, b"a third policy", big)
    assert (len(known), known._ranges) == (1, 64)


def test_what_is_too_much_alone_drives_nothing_out() -> None:
    known = Beginnings(KEY, 100, ranges=1000)
    known.put("openai", "first text", 0, beginning(10))
    huge = beginning(10)
    huge.settle(b"policy", Settled(b"", edits=tuple(Edit(n, n + 1, "x") for n in range(300))))
    known.put("openai", "other text", 0, huge)
    assert (len(known), known._ranges) == (1, 64)
    assert known.find("openai", "first text", 0) is not None


def test_nothing_is_kept_when_nothing_may_be() -> None:
    known = Beginnings(KEY, 0)
    known.put("openai", "text", 0, beginning(4))
    assert known.find("openai", "text", 0) is None


def test_no_text_is_in_memory() -> None:
    known = Beginnings(KEY, 10)
    known.put("openai", "Jane Doe " * 1000, 0, beginning(8000))
    assert "Jane" not in repr(vars(known) if hasattr(known, "__dict__") else known._kept)


def test_a_spot_reads_through_escapes() -> None:
    assert Spot(2, 10, 1).read('["J\\u00e4e"', 0) == "Jäe"
    assert Spot(0, 4, 2).read("a\\\\n", 0) == "a\n"
    assert Spot(0, 3, 1).read("Jan", 0) == "Jan"

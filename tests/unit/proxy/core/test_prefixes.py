"""What stands for a text in the memory of decisions tells its kind too: elsewhere it is treated otherwise."""

from __future__ import annotations

from proxy.core.jsontext import Leaf
from proxy.core.prefixes import Prefixes
from proxy.core.slots import Kind, TextSlot

NUMBER = "4111111111111111"


def test_the_same_text_of_another_kind_is_another_one() -> None:
    """A tool's name that is a number is reported only; a setting that is the same number must be replaced."""
    prefixes = Prefixes(b"key of the prefixes", 10)
    start = prefixes.start("context")
    leaf = Leaf(("seed",), 0, len(NUMBER), NUMBER)
    digests = {kind: prefixes.behind(start, TextSlot(("seed",), NUMBER, kind, (leaf,))) for kind in Kind}
    assert len(set(digests.values())) == len(Kind)


def test_a_place_is_told_from_a_text() -> None:
    prefixes = Prefixes(b"key of the prefixes", 10)
    start = prefixes.start("context")
    leaf = Leaf(("x",), 0, 1, "x")
    plain = TextSlot(("x",), "x", Kind.TEXT, (leaf,))
    placed = TextSlot(("x",), "x", Kind.TEXT, (leaf,), place=("user", None))
    assert prefixes.behind(start, plain) != prefixes.behind(start, placed)

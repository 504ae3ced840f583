"""How many tokens a request may use, told before it is sent: by its length and the longest answer it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from proxy.core.jsontext import Document

_LONGEST: Final = (("max_completion_tokens",), ("max_tokens",), ("max_output_tokens",), ("options", "num_predict"))
_ANSWERS: Final = (("n",), ("best_of",))
_NO_ANSWER: Final = frozenset({"embeddings", "embed", "moderations"})
"""Last words of routes whose answers hold no tokens."""
_FOR_TOOLS: Final = 600
"""What a provider may add to a request with tools: Anthropic tells of some 350 to 500 tokens."""
_BYTES: Final = 4
"""Bytes of a usual token."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request may use: `most` tokens. `least`: there must be room for these, or it waits.

    Where it names its longest answer, both are what it can use at all. Where it names none, `most` is a guess: it is
    let in with less room, and keeps all that there is. `likely`: what usual texts take, with the answer that is named.
    """

    most: int
    least: int
    likely: int


def tokens_asked(body: Document, left: str, route: str, *, expected: int) -> Asked:
    """Of a request that leaves as `left`; `expected` is the answer's length where `body` names no longest one.

    No token stands for less than a byte, and what surrounds texts takes fewer tokens than its JSON has bytes. What only
    the provider knows is not counted: files, earlier turns that it keeps, what its own tools find.
    """
    size = len(left.encode("utf-8", "surrogatepass"))
    likely = -(-size // _BYTES)
    if route.rpartition("/")[2] in _NO_ANSWER:
        return Asked(size, size, likely)
    named = [number for path in _LONGEST if (number := _number(body, path)) is not None]
    answers = max(1, *(_number(body, path) or 1 for path in _ANSWERS)) * max(1, _prompts(body))
    added = _FOR_TOOLS if body.says('"tools"') else 0
    if not named:
        return Asked(size + added + expected * answers, likely, likely)
    longest = max(named) * answers
    most = size + added + longest
    return Asked(most, most, likely + longest)


def _number(body: Document, path: tuple[str, ...]) -> int | None:
    """The whole number at `path`; None where there is none, or one below zero: to Ollama that is no limit."""
    try:
        number = float(body.scalars.get(path, ""))
    except ValueError:
        return None
    return int(number) if 0 <= number < 2**53 else None


def _prompts(body: Document) -> int:
    """How many prompts of the old completions route the request holds; each gets answers of its own."""
    return sum(len(leaf.path) == 2 and leaf.path[0] == "prompt" for leaf in body.leaves)  # noqa: PLR2004 - prompt, index

"""What a reviewer says about a prompt before it leaves: words that were missed, tokens that stand for nothing personal.

A missed text becomes a known value of this report, so that the gateway finds it like any other; where the gateway does
not take it for one (it is too common a word), it is redacted here. A token that was set wrongly stays: only the policy
may let more out than before, and the mark is there for whoever looks after it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

from pydantic import Field

from reports.facts import Plain
from reports.numbers import TOKEN

Kind = Literal["missed", "wrong"]
SHORTEST: Final = 2
LONGEST: Final = 200


class BadMark(ValueError):
    """A span that cannot be marked so; the message says why."""


class Mark(Plain):
    """One mark. `text`: the missed words, or the token that was set wrongly; `by`: who marked it."""

    id: str
    kind: Kind
    section: str
    text: str = Field(repr=False)
    entity_type: str
    by: str


def marked(identity: str, kind: Kind, section: str, span: str, entity_type: str, by: str) -> Mark:
    """A mark on the text of a span. Raises BadMark."""
    text = span.strip()
    if kind == "wrong":
        if not TOKEN.fullmatch(text):
            raise BadMark("a wrong span is one token, from its first letter to its last sign")
        return Mark(id=identity, kind=kind, section=section, text=text, entity_type=text.rpartition("_")[0], by=by)
    if not SHORTEST <= len(text) <= LONGEST or "\n" in text:
        raise BadMark(f"a missed span is {SHORTEST} to {LONGEST} characters of one line")
    if TOKEN.search(text):
        raise BadMark("a missed span holds a token: mark the words beside it only")
    return Mark(id=identity, kind=kind, section=section, text=text, entity_type=entity_type, by=by)


def missed(marks: Sequence[Mark]) -> dict[str, str]:
    """The missed texts and their entity types, the longest first: a name before its parts."""
    found = {mark.text: mark.entity_type for mark in marks if mark.kind == "missed"}
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


def surrogates(texts: Mapping[str, str], scrambled: Sequence[str]) -> dict[str, str]:
    """What stands for each missed text: its token when the gateway replaced all of it, else a redaction."""
    return {
        text: token.strip() if TOKEN.fullmatch(token.strip()) else f"REDACTED_{entity_type}"
        for (text, entity_type), token in zip(texts.items(), scrambled, strict=True)
    }


def withheld(names: Mapping[str, str]) -> Callable[[str], str]:
    """A function that replaces missed texts, however they are capitalised, where they stand as words of their own."""
    if not names:
        return lambda text: text
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in names), re.IGNORECASE)
    lowered = {text.lower(): name for text, name in names.items()}
    return lambda text: pattern.sub(lambda match: lowered.get(match[0].lower(), "REDACTED"), text)

"""The hook `phrases`: blocks texts that hold one of the operator's phrases. Case and white space do not matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy.hooks.base import Question, Verdict

_REASON = "phrase"


class Phrases:
    """Looks for plain phrases. Patterns are not offered: one of them could keep the gateway busy for minutes."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        phrases = options.get("block")
        if set(options) != {"block"} or not isinstance(phrases, list) or not phrases:
            raise ValueError("the options are `block: [phrase, ...]`")
        self._phrases = [_plain(str(phrase)) for phrase in phrases]
        if not all(self._phrases):
            raise ValueError("a phrase is empty")

    def check(self, question: Question) -> Verdict:
        """Whether none of the phrases stands in a text."""
        texts = [_plain(text.text) for text in question.texts]
        return Verdict(allow=not any(phrase in text for text in texts for phrase in self._phrases), reason=_REASON)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())

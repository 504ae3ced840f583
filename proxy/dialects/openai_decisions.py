"""OpenAI decisions: `POST /v1/decisions`, questions about an input that are answered by choices and numbers."""

from __future__ import annotations

from typing import Final

from proxy.core.jsontext import Document
from proxy.core.slots import MODEL, TEXT, Node, Slots, plain, rules, slots_of
from proxy.core.streams import ChannelText
from proxy.dialects.answers import count
from proxy.dialects.base import Traits
from proxy.dialects.openai_other import PlainRoute
from proxy.dialects.openai_responses_fields import ITEM, PART, classifier

_PARTS: Final = Node(ends=TEXT, any_item=PART)
DECISIONS_REQUEST: Final = rules(
    {
        "model": MODEL,
        "input": Node(ends=TEXT, any_item=ITEM),
        "questions.*.type": plain("predicate", "choice", "score"),
        "questions.*.name": TEXT,
        "questions.*.instructions": _PARTS,
        "questions.*.choices.*.value": TEXT,
        "questions.*.choices.*.description": TEXT,
        "questions.*.levels.*.label": TEXT,
        "questions.*.levels.*.description": TEXT,
        "prompt_cache_key": TEXT,
        "prompt_cache_options.mode": plain("explicit", "implicit"),
        "prompt_cache_options.ttl": plain("30m"),
        "safety_identifier": TEXT,
    }
)
LEFT_ALONE: Final = frozenset({"model", "type", "usage"})
"""Keys of an answer below which nothing is restored."""


class Decisions(PlainRoute):
    """Questions and what they are about leave scrambled; names, choices and labels come back as the client wrote."""

    traits = Traits(kinds=("openai", "azure_openai"))
    rules = DECISIONS_REQUEST
    prompt = "input"

    def request_slots(self, body: Document) -> Slots:
        """Texts in the order of the document."""
        return slots_of(body, self.rules, classifier(body))

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Every string but enumerations and the model's name."""
        del request
        return [
            ChannelText(leaf, leaf.path, whole=True)
            for leaf in body.leaves
            if not leaf.is_key and not leaf.is_number and LEFT_ALONE.isdisjoint(leaf.path)
        ]

    def usage(self, body: Document) -> tuple[int, int] | None:
        """`usage.input_tokens` and `usage.output_tokens`."""
        given = count(body, "usage", "input_tokens")
        return None if given is None else (given, count(body, "usage", "output_tokens") or 0)


DECISIONS: Final = Decisions()

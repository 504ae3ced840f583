"""Numbers across the border of two texts are found on both sides; neighbours that are no one text are left alone."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from proxy.core.borders import joined
from proxy.core.findings import Finding
from proxy.core.jsontext import parse
from proxy.dialects.anthropic_messages import MESSAGES
from proxy.dialects.base import Dialect
from proxy.dialects.openai_chat import CHAT
from proxy.dialects.openai_other import EMBEDDINGS
from proxy.dialects.openai_responses import RESPONSES

CARD = "4111 1111 1111 1111"


def parts(kind: str, *texts: str) -> list[dict[str, str]]:
    return [{"type": kind, "text": text} for text in texts]


def bodies(*texts: str) -> dict[str, tuple[Dialect, dict[str, Any]]]:
    """Requests in which a model reads these texts as one."""
    users = [{"role": "user", "content": text} for text in texts]
    return {
        "parts of a chat": (CHAT, {"messages": [{"role": "user", "content": parts("text", *texts)}]}),
        "messages of a chat": (CHAT, {"messages": users}),
        "parts of an input": (RESPONSES, {"input": [{"role": "user", "content": parts("input_text", *texts)}]}),
        "blocks": (MESSAGES, {"messages": [{"role": "user", "content": parts("text", *texts)}]}),
        "blocks of a system prompt": (MESSAGES, {"system": parts("text", *texts)}),
    }


@pytest.mark.parametrize("form", bodies(""))
@pytest.mark.parametrize("cuts", [(4,), (5,), (12,), (18,), (4, 9), (5, 10, 15)])
def test_a_number_is_found_in_all_its_pieces(form: str, cuts: tuple[int, ...]) -> None:
    borders = (0, *cuts, len(CARD))
    pieces = [CARD[start:end] for start, end in itertools.pairwise(borders)]
    pieces[0], pieces[-1] = f"My card: {pieces[0]}", f"{pieces[-1]} is all"
    dialect, body = bodies(*pieces)[form]
    slots = dialect.request_slots(parse(json.dumps({"model": "m"} | body))).texts
    (run,) = joined(slots)
    at = run.text.index(CARD)
    found = run.apart([Finding(at, at + len(CARD), "CREDIT_CARD", 0.9, "stub")])
    left = [slot.text for slot in slots]
    for position, finding in reversed(found):
        left[position] = left[position][: finding.start] + left[position][finding.end :]
    assert not any(letter.isdigit() for text in left for letter in text)
    assert run.apart([Finding(0, 2, "PERSON", 0.9, "stub")]) == []


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (EMBEDDINGS, {"input": ["4111", "1111 1111 1111"]}),
        (CHAT, {"messages": [{"role": "user", "content": "In 2024"}, {"role": "user", "content": "we met"}]}),
        (CHAT, {"messages": [{"role": "user", "content": json.dumps([{"text": "4111"}, {"text": "1111"}])}]}),
        (CHAT, {"messages": [{"role": "user", "content": "4111"}], "metadata": {"content": "1111"}}),
    ],
)
def test_neighbours_that_are_no_one_text_are_left_alone(dialect: Dialect, body: dict[str, Any]) -> None:
    assert joined(dialect.request_slots(parse(json.dumps({"model": "m"} | body))).texts) == []


def test_long_texts_are_looked_at_beside_their_border_only() -> None:
    dialect, body = bodies("x" * 500 + " 4111", "1111 1111 1111" + " y" * 500 + " 5", "5 z")["parts of a chat"]
    runs = joined(dialect.request_slots(parse(json.dumps({"model": "m"} | body))).texts)
    assert [len(run.text) <= 120 for run in runs] == [True, True]

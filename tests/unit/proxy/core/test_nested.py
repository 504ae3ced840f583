"""JSON in strings is opened as far as its values have room: a small body must not become gigabytes."""

from __future__ import annotations

import json

import pytest

from proxy.core import slots
from proxy.core.jsontext import parse
from proxy.dialects.openai_chat import CHAT


def texts(*contents: str) -> list[str]:
    body = {"model": "m", "messages": [{"role": "user", "content": content} for content in contents]}
    return [slot.text for slot in CHAT.request_slots(parse(json.dumps(body))).texts]


def test_what_is_beyond_the_room_is_looked_at_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "MOST_NESTED", 12)
    small, large = json.dumps({"name": ["Ann", "Bob"]}), json.dumps(["x"] * 13)
    assert texts(small, large) == ["name", "Ann", "Bob", large]
    assert texts(*[small] * 3)[:6] == ["name", "Ann", "Bob"] * 2
    assert texts(*[small] * 4)[-1] == small, "the room is that of all strings of a body together"
    assert texts(small) == ["name", "Ann", "Bob"], "and of one body alone"


def test_what_nests_in_what_is_nested_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "MOST_NESTED", 12)
    inner = json.dumps(["y"] * 10)
    assert texts(json.dumps([inner])) == [inner]

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.core.jsontext import parse
from proxy.core.slots import Kind
from proxy.dialects.anthropic_messages import MESSAGES


def texts(schema: dict[str, Any], kind: Kind = Kind.TEXT) -> list[str]:
    """Texts of a tool with this input schema."""
    tool = {"name": "tool", "input_schema": schema}
    body = parse(json.dumps({"model": "c", "messages": [], "tools": [tool]}))
    return [slot.text for slot in MESSAGES.request_slots(body).texts if slot.kind is kind]


@pytest.mark.parametrize(
    "draft", ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"]
)
def test_the_name_of_a_schema_draft_is_left_alone(draft: str) -> None:
    assert texts({"$schema": draft, "type": "object"}) == []


def test_another_value_in_its_place_is_scanned() -> None:
    assert texts({"$schema": "https://json-schema.org/?who=Jane"}) == ["https://json-schema.org/?who=Jane"]


def test_descriptions_enumerations_and_examples_are_scanned_at_any_depth() -> None:
    inner = {"type": "string", "description": "a", "enum": ["b"], "const": "c", "default": "d", "examples": ["e"]}
    schema = {"type": "object", "properties": {"x": {"type": "array", "items": inner}}, "$defs": {"y": inner}}
    assert texts(schema) == [*"abcde", *"abcde"]


def test_names_of_properties_are_keys_wherever_they_are_named() -> None:
    schema = {"type": "object", "properties": {"jane_whitfield": {"type": "string"}}, "required": ["jane_whitfield"]}
    assert texts(schema, Kind.KEY) == ["jane_whitfield", "jane_whitfield"]


def test_what_cannot_be_the_name_of_a_property_or_tool_is_text() -> None:
    sentence = "call Jane Whitfield"
    assert texts({"type": "object", "properties": {sentence: {}}, "required": [sentence]}) == [sentence, sentence]
    for name, kind in (("send_mail", Kind.NAME), (sentence, Kind.TEXT), ("jane@whitfield.example", Kind.TEXT)):
        body = parse(json.dumps({"model": "c", "messages": [], "tools": [{"name": name}]}))
        assert [(slot.text, slot.kind) for slot in MESSAGES.request_slots(body).texts] == [(name, kind)]


def test_server_tools_are_told_by_their_versions_and_their_places_are_scanned() -> None:
    location = {"type": "approximate", "city": "Oslo", "country": "NO"}
    tool = {"type": "web_search_20250305", "name": "web_search", "max_uses": 5, "user_location": location}
    body = parse(json.dumps({"model": "c", "messages": [], "tools": [tool, {"type": "made_up_20991231"}]}))
    slots = MESSAGES.request_slots(body).texts
    assert [slot.text for slot in slots if slot.kind is Kind.TEXT] == ["Oslo", "NO", "made_up_20991231"]

"""JSON as text: positions, refusals, splicing, and which strings of a request are looked at."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.core.findings import Finding
from proxy.core.jsontext import MAX_DEPTH, Document, Edit, Leaf, NotJson, Offsets, escape, in_document, parse, splice
from proxy.core.scrambler import edits_of
from proxy.core.slots import Kind, Node, needs_detection, slots_of
from proxy.dialects.openai_chat import CHAT
from proxy.dialects.openai_fields import CHAT_REQUEST
from tests.property.core_cases import bounded, scrambler

strings = st.text(
    st.one_of(st.characters(), st.sampled_from('"\\/\b\f\n\r\t\x00\x7f\u2028\ud83d\ude00\U0001f600é')), max_size=8
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), strings),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(strings, inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, Any]:
    """A document's text, in any of json's ways to write it and with odd white space, and its value."""
    value = draw(values)
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1, "\t"])))
    if draw(st.booleans()):
        text = json.dumps(value, separators=(" ,\r\n", "\t: "), ensure_ascii=draw(st.booleans()))
    space = draw(st.sampled_from(["", " ", "\n\r\t "]))
    # A pair of lone surrogates that stand side by side is one character for every reader of JSON.
    return space + text + space, json.loads(text)


def _strings_of(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], str, bool]]:
    """Every string of a value as (path, text, is key), in the order of the document."""
    if isinstance(value, str):
        return [(path, value, False)]
    found: list[tuple[tuple[str | int, ...], str, bool]] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += [((*path, key), key, True), *_strings_of(inner, (*path, key))]
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            found += _strings_of(inner, (*path, position))
    return found


@bounded(250)
@given(documents())
def test_every_string_is_found_with_its_path_text_and_place(case: tuple[str, Any]) -> None:
    text, value = case
    document = parse(text)
    leaves = [leaf for leaf in document.leaves if not leaf.is_number]
    assert [(leaf.path, leaf.text, leaf.is_key) for leaf in leaves] == _strings_of(value)
    for leaf in document.leaves:
        raw = document.text[leaf.start : leaf.end]
        assert json.loads(raw if leaf.is_number else f'"{raw}"') is not None
        assert leaf.text == (raw if leaf.is_number else json.loads(f'"{raw}"'))
    for path, (start, end) in document.containers.items():
        inner: Any = value
        for step in path:
            inner = inner[step]
        assert json.loads(document.text[start:end]) == inner


@bounded(150)
@given(documents())
def test_offsets_lead_to_each_character_s_raw_form(case: tuple[str, Any]) -> None:
    document = parse(case[0])
    for leaf in document.leaves:
        if leaf.is_number:
            continue
        raw = document.text[leaf.start : leaf.end]
        offsets = Offsets(raw)
        pieces = [raw[offsets.raw(place) : offsets.raw(place + 1)] for place in range(len(leaf.text))]
        assert "".join(pieces) == raw
        assert [json.loads(f'"{piece}"') for piece in pieces] == list(leaf.text)


@bounded(200)
@given(documents(), st.data())
def test_a_splice_touches_nothing_but_its_range(case: tuple[str, Any], data: st.DataObject) -> None:
    document = parse(case[0])
    leaves = [leaf for leaf in document.leaves if not leaf.is_key]
    if not leaves:
        return
    leaf = data.draw(st.sampled_from(leaves))
    start = data.draw(st.integers(0, len(leaf.text)))
    end = data.draw(st.integers(start, len(leaf.text)))
    new = data.draw(strings)
    (edit,) = in_document(leaf, document.text, [Edit(start, end, new if not leaf.is_number else "X")])
    after = parse(splice(document.text, [edit]))
    assert splice(document.text, [edit]).startswith(document.text[: leaf.start])
    assert splice(document.text, [edit]).endswith(document.text[leaf.end :])
    if not leaf.is_number:
        position = document.leaves.index(leaf)
        assert after.leaves[position].text == json.loads(f'"{escape(leaf.text[:start] + new + leaf.text[end:])}"')


def _refused_by_json(text: str) -> bool:
    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return True
    return False


_SCRAPS = [*'{}[]":,\\u0\x00 -+.eE1', '"a"', "true", "nul", "null", "NaN", "\\ud83d", "0x1", "1.", "01"]


@st.composite
def broken_documents(draw: st.DrawFn) -> str:
    """A document without some stretch of it, or scraps of documents."""
    if draw(st.booleans()):
        return "".join(draw(st.lists(st.sampled_from(_SCRAPS), max_size=9)))
    text, _ = draw(documents())
    start = draw(st.integers(0, len(text)))
    return text[:start] + text[draw(st.integers(start, len(text))) :]


@bounded(300)
@given(broken_documents())
@example("\ufeff{}")
@example("1 2")
@example("\u00a01")
@example("-")
@example("١")
@example('"\\ud83d\\ude0"')
@example("Infinity")
def test_what_json_refuses_is_refused_and_nothing_else(text: str) -> None:
    if _refused_by_json(text):
        with pytest.raises(NotJson):
            parse(text)
    else:
        parse(text)


def test_deep_nesting_is_refused_without_harm() -> None:
    for opening in ("[", '{"a":'):
        with pytest.raises(NotJson, match="nested deeper"):
            parse(opening * 1_000_000)
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH).leaves == []


def test_what_values_cannot_keep_survives_byte_by_byte() -> None:
    text = '{"a":1.0,"b":123456789012345678901234567890,"a":1e400,"c":"\\ud83d","d":"\\u0041\\/", "a" : "x"}'
    document = parse(text)
    (leaf,) = [leaf for leaf in document.leaves if leaf.text == "x"]
    assert splice(text, [Edit(leaf.start, leaf.end, "y")]) == text[:-4] + '"y"}'
    assert document.value("a") == "x"
    assert [leaf.text for leaf in document.leaves if leaf.is_number] == ["123456789012345678901234567890"]


def test_a_long_number_is_a_text_and_becomes_a_string_when_it_is_edited() -> None:
    document = parse('{"card": 4111111111111111, "n": 123456, "f": -12.3456e7}')
    numbers = [leaf for leaf in document.leaves if leaf.is_number]
    assert [leaf.text for leaf in numbers] == ["4111111111111111", "-12.3456e7"]
    edits = in_document(numbers[0], document.text, [Edit(0, 16, "CREDIT_CARD_X")])
    assert json.loads(splice(document.text, edits))["card"] == "CREDIT_CARD_X"


def test_no_text_shows_in_a_repr() -> None:
    document = parse('{"Jane Doe": ["Jane Doe"]}')
    assert "Jane" not in repr((document, document.leaves))


# --- what of a request is looked at -----------------------------------------------------------------------------------

_PLAIN = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


def _texts(body: object) -> list[tuple[str, Kind]]:
    return [(slot.text, slot.kind) for slot in CHAT.request_slots(parse(json.dumps(body))).texts]


@bounded(200)
@given(values)
def test_every_string_in_an_unknown_field_is_looked_at(value: Any) -> None:
    text = json.dumps({**_PLAIN, "invented_tomorrow": value})
    slots = slots_of(parse(text), CHAT_REQUEST)
    covered = {slot.leaves[0].start for slot in slots.texts}
    for leaf in parse(text).leaves:
        if leaf.path[0] == "invented_tomorrow" and len(leaf.path) > 1 and leaf.text.strip(" []{}\t\r\n"):
            assert leaf.start in covered


_ANY_NAME = "Jane Doe 4111111111111111"


_SCHEMA_PLACES = "type properties.a.default properties.a.minimum properties.a.enum.0 properties.a.format $ref strict"
_PLACES = """
messages.0.role messages.0.content messages.0.name messages.0.tool_call_id messages.0.content.0.type
messages.0.content.0.image_url.detail messages.0.tool_calls.0.id messages.0.tool_calls.0.type
messages.0.tool_calls.0.function.arguments messages.0.unknown.deep.0.er tools.0.type tools.0.function.description
tools.0.function.strict tool_choice tool_choice.type response_format.type stop stop.0 user metadata.who temperature
stream stream_options.include_usage seed max_tokens reasoning_effort service_tier modalities.0 audio.voice audio.format
logit_bias.1 function_call verbosity
"""


@pytest.mark.parametrize(
    "path", [*_PLACES.split(), *(f"tools.0.function.parameters.{place}" for place in _SCHEMA_PLACES.split())]
)
@pytest.mark.parametrize("value", [_ANY_NAME, 4111111111111111])
def test_a_name_in_a_plain_field_is_looked_at(path: str, value: str | int) -> None:
    body: Any = value
    for step in reversed(path.split(".")):
        body = [body] if step.isdigit() and step == "0" else {step: body}
    kinds = {Kind.TEXT, Kind.LABEL}
    found = [slot.text for slot in CHAT.request_slots(parse(json.dumps(body))).texts if slot.kind in kinds]
    numeric_flags = {"seed", "max_tokens", "temperature", "stream", "logit_bias.1", "stream_options.include_usage"}
    if isinstance(value, int) and (path in numeric_flags or path.rsplit(".", 1)[-1] in {"minimum", "strict"}):
        assert found == []
    else:
        assert found == [str(value)]


def test_names_of_tools_are_looked_at_but_marked_as_names() -> None:
    body = {
        "tools": [{"function": {"name": "mail_jane_4111111111111111"}}],
        "tool_choice": {"function": {"name": "x1"}},
    }
    assert {kind for text, kind in _texts(body) if text in ("mail_jane_4111111111111111", "x1")} == {Kind.NAME}


def test_property_names_are_keys_and_free_text_in_their_place_is_text() -> None:
    schema = {
        "type": "object",
        "properties": {"account_12345678": {"type": "string"}, "Jane Doe's age": {}},
        "required": ["Jane"],
    }
    texts = _texts({"tools": [{"type": "function", "function": {"parameters": schema}}]})
    assert ("account_12345678", Kind.KEY) in texts
    assert ("Jane Doe's age", Kind.TEXT) in texts
    assert ("Jane", Kind.KEY) in texts


def test_json_inside_strings_is_opened_and_keeps_its_place_in_the_order() -> None:
    inner = json.dumps({"to": "Jane", "deep": json.dumps({"cc": ["Joe"]})})
    call = {"id": "call_1", "type": "function", "function": {"name": "send", "arguments": inner}}
    body = parse(
        json.dumps({"messages": [{"role": "assistant", "tool_calls": [call]}, {"role": "user", "content": "later"}]})
    )
    texts = CHAT.request_slots(body).texts
    assert [slot.text for slot in texts if slot.kind is Kind.TEXT] == ["Jane", "Joe", "later"]
    assert all(slot.path[:1] == ("messages",) for slot in texts)
    (joe,) = [slot for slot in texts if slot.text == "Joe"]
    after = json.loads(splice(body.text, joe.edits_of_document(body.text, [Edit(0, 3, 'P"1\\')])))
    arguments = json.loads(after["messages"][0]["tool_calls"][0]["function"]["arguments"])
    assert json.loads(arguments["deep"]) == {"cc": ['P"1\\']}


def test_what_cannot_be_read_is_reported() -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    slots = CHAT.request_slots(parse(json.dumps({"messages": [{"role": "user", "content": [part]}]})))
    assert slots.unscannable == [("messages", 0, "content", 0, "image_url", "url")]


def test_letters_only_names_need_no_detector() -> None:
    slots = CHAT.request_slots(
        parse('{"tools":[{"function":{"name":"get_weather"}},{"function":{"name":"a1"}}]}')
    ).texts
    assert [needs_detection(slot) for slot in slots] == [False, True]


_WORD = re.compile(r"\w+")


def _scrambled_body(document: Document) -> tuple[str, dict[str, str]]:
    """The body with every word of every text replaced, and the originals."""
    exchange = scrambler()
    edits: list[Edit] = []
    for slot in CHAT.request_slots(document).texts:
        findings = [Finding(*match.span(), "PERSON", 0.9, "w") for match in _WORD.finditer(slot.text)]
        edits += slot.edits_of_document(document.text, edits_of(exchange.text(slot.text, slot.kind, findings)))
    return splice(document.text, edits), exchange.issued


@bounded(120)
@given(values, st.booleans())
def test_a_request_with_every_word_replaced_is_still_the_same_json(value: Any, ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    arguments = json.dumps(json.dumps({"v": value}, ensure_ascii=ascii_only))
    text = f'{{"messages":[{{"role":"user","content":{json.dumps(value)}}}],"user":{arguments}}}'
    away, _ = _scrambled_body(parse(text))
    leaves = [leaf for leaf in parse(text).leaves if not leaf.is_number]
    numbers = len(parse(text).leaves) - len(leaves)
    assert len(parse(away).leaves) >= len(leaves)
    assert len([leaf for leaf in parse(away).leaves if leaf.is_number]) <= numbers


@bounded(120)
@given(documents())
def test_a_request_without_findings_leaves_as_the_very_bytes(case: tuple[str, Any]) -> None:
    text = f'{{"model":"m","x":{case[0]},"messages":[{{"role":"user","content":"hi"}}]}}'
    document = parse(text)
    exchange = scrambler()
    edits: list[Edit] = []
    for slot in CHAT.request_slots(document).texts:
        edits += slot.edits_of_document(text, edits_of(exchange.text(slot.text, slot.kind, [])))
    assert edits == []


def test_a_leaf_without_escapes_has_the_length_of_its_text() -> None:
    assert not Leaf(("a",), 1, 4, "abc").escaped
    assert Leaf(("a",), 1, 7, "a").escaped


MEMBERS = st.dictionaries(
    st.sampled_from([*CHAT_REQUEST.children, "strange", "a@b.c"]),
    st.sampled_from(["t", 1, 12345678, {"role": "a", "b@c.d": "e"}, ["x", {"y": "z"}], None, [{"role": "user"}]]),
)


@given(MEMBERS)
def test_keys_that_are_passed_over_would_have_been_plain(members: dict[str, object]) -> None:
    body = parse(json.dumps(members))
    assert slots_of(body, CHAT_REQUEST) == slots_of(body, CHAT_REQUEST, lambda _, found: found)


def test_a_key_of_mixed_letters_may_be_a_code() -> None:
    slots = slots_of(parse('{"NDExMSAxMTExIDExMTEgMTExMQ": 1, "customer_name": 2, "givenName": 3}'), Node()).texts
    assert [needs_detection(slot) for slot in slots] == [True, False, False]

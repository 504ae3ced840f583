"""Chat completions: order of texts, the seed of a session, the notice, odd answers, errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from proxy.core.jsontext import Document, Edit, NotJson, parse, splice
from proxy.core.slots import Kind
from proxy.dialects.openai_chat import CHAT
from proxy.errors import Blocked, RateLimited, StingError, VaultUnavailable

NOTICE = 'codes "are" opaque'


def _body(**fields: Any) -> Document:
    return parse(json.dumps({"model": "m", **fields}))


def _after(body: Document, edits: Sequence[Edit]) -> Any:
    return json.loads(splice(body.text, edits))


def _message(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def test_model_and_stream_are_read() -> None:
    assert CHAT.model(_body()) == "m"
    assert CHAT.model(parse('{"model": 5}')) is None
    assert CHAT.wants_stream(_body(stream=True))
    assert not CHAT.wants_stream(_body(stream="true"))


def test_a_reference_in_a_schema_is_looked_at_like_the_name_that_it_repeats() -> None:
    schema = {"$defs": {"jane_doe_1": {"type": "object"}}, "$ref": "#/$defs/jane_doe_1"}
    function = {"name": "f", "parameters": schema}
    slots = CHAT.request_slots(_body(tools=[{"type": "function", "function": function}]))
    assert [(slot.text, slot.kind) for slot in slots.texts if "jane" in slot.text] == [
        ("jane_doe_1", Kind.KEY),
        ("#/$defs/jane_doe_1", Kind.KEY),
    ]


def test_tools_come_before_messages_and_everything_else_behind_them() -> None:
    body = _body(
        user="last",
        messages=[_message("user", "second"), _message("user", '{"a": "third"}')],
        tools=[{"type": "function", "function": {"description": "first"}}],
    )
    texts = [slot.text for slot in CHAT.request_slots(body).texts if slot.text != "a"]
    assert texts == ["first", "second", "third", "last"]


@pytest.mark.parametrize(
    "later", [[], [_message("assistant", "hello")], [_message("assistant", "hello"), _message("user", "more")]]
)
def test_a_session_is_named_by_what_comes_up_to_the_first_user_message(later: list[dict[str, Any]]) -> None:
    body = _body(messages=[_message("system", "s"), _message("user", "u"), *later], user="x")
    assert CHAT.session_seed(body, CHAT.request_slots(body).texts) == ["s", "u"]


def test_another_model_name_goes_where_the_model_stands() -> None:
    body = parse('{"model":"a","messages":[{"role":"user","content":"model"}],"model":"b"}')
    assert splice(body.text, CHAT.with_model(body, 'c"')).count('"model":"c\\""') == 2


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([_message("user", "u")], [_message("system", NOTICE), _message("user", "u")]),
        ([], [_message("system", NOTICE)]),
        (
            [_message("system", "a"), _message("developer", "b"), _message("user", "u")],
            [_message("system", "a"), _message("developer", f"b\n\n{NOTICE}"), _message("user", "u")],
        ),
        (
            [_message("system", [{"type": "text", "text": "a"}])],
            [_message("system", [{"type": "text", "text": "a"}, {"type": "text", "text": NOTICE}])],
        ),
        ([_message("system", [])], [_message("system", [{"type": "text", "text": NOTICE}])]),
        ([_message("system", None)], [_message("system", None)]),
    ],
)
def test_the_notice_stands_at_the_end_of_the_system_prompt(messages: Any, expected: Any) -> None:
    body = _body(messages=messages)
    assert _after(body, CHAT.with_notice(body, NOTICE))["messages"] == expected


def test_a_body_without_messages_gets_no_notice() -> None:
    assert CHAT.with_notice(_body(user="x"), NOTICE) == []


def test_a_notice_in_a_body_with_messages_twice_leaves_it_json() -> None:
    body = parse('{"messages":[{"role":"user","content":"u"}],"messages":[]}')
    assert _after(body, CHAT.with_notice(body, NOTICE))["messages"] == [_message("system", NOTICE)]


@pytest.mark.parametrize("data", ['"text"', "12345678", "[]", "{}", "null", '["x"]', '{"choices":"x"}'])
def test_answers_of_any_shape_are_read(data: str) -> None:
    CHAT.stream_event(data, _body())
    CHAT.response_texts(parse(data), _body())
    assert CHAT.usage(parse(data)) is None


def test_data_that_is_no_json_raises() -> None:
    with pytest.raises(NotJson):
        CHAT.stream_event("[DONE]", _body())


def test_channels_follow_the_index_that_a_chunk_carries() -> None:
    event = CHAT.stream_event(
        '{"choices":[{"index":3,"delta":{"content":"a","tool_calls":[{"index":1,"function":{"arguments":"b"}}]},'
        '"finish_reason":"stop"}]}',
        _body(),
    )
    assert [(text.channel, text.json, text.whole) for text in event.texts] == [
        (("choices", 3, "delta", "content"), False, False),
        (("choices", 3, "delta", "tool_calls", 1, "function", "arguments"), True, False),
    ]
    assert list(event.ends) == [("choices", 3)]


def test_an_index_of_thousands_of_digits_is_none() -> None:
    event = CHAT.stream_event('{"choices":[{"index":%s,"delta":{"content":"a"}}]}' % ("9" * 5000), _body())
    assert [text.channel for text in event.texts] == [("choices", 0, "delta", "content")]
    assert CHAT.usage(parse('{"usage":{"prompt_tokens":%s}}' % ("9" * 5000))) is None


def test_structured_output_is_json_and_log_probabilities_are_left_alone() -> None:
    request = _body(response_format={"type": "json_schema"})
    answer = (
        '{"id":"PERSON_K7Q2M9XN","choices":[{"message":{"content":"a"},"logprobs":{"content":[{"token":"PERSON"}]}}]}'
    )
    (text,) = CHAT.response_texts(parse(answer), request)
    assert (text.leaf.text, text.json, text.whole) == ("a", True, True)


def test_usage_is_read() -> None:
    assert CHAT.usage(parse('{"usage":{"prompt_tokens":5,"completion_tokens":7}}')) == (5, 7)
    assert CHAT.usage(parse('{"usage":{"prompt_tokens":5}}')) == (5, 0)
    assert CHAT.usage(parse('{"usage":null}')) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Blocked("no"), "permission_error"),
        (RateLimited("no"), "rate_limit_error"),
        (VaultUnavailable("no"), "api_error"),
    ],
)
def test_errors_have_the_shape_that_the_sdk_reads(error: StingError, kind: str) -> None:
    body = json.loads(CHAT.error_body(error))["error"]
    assert (body["message"], body["type"], body["code"]) == ("no", kind, error.code)
    assert CHAT.stream_error(error) == b"data: " + CHAT.error_body(error) + b"\n\n"

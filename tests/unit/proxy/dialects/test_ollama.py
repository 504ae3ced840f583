from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.core.answers import restored
from proxy.core.jsontext import Document, parse, splice
from proxy.core.restorer import Originals
from proxy.core.slots import Kind, Slots
from proxy.dialects.base import Dialect
from proxy.dialects.ollama import CHAT, EMBED, GENERATE
from proxy.errors import Blocked
from tests.unit.proxy.dialects.golden_streams import PERSON, TOKEN, recorded, through


def body(**fields: Any) -> Document:
    return parse(json.dumps({"model": "llama", **fields}))


def texts(slots: Slots, kind: Kind = Kind.TEXT) -> list[str]:
    return [slot.text for slot in slots.texts if slot.kind is kind]


@pytest.mark.parametrize(
    ("dialect", "fields"),
    [
        (CHAT, {"messages": [{"role": "user", "content": "seed"}]}),
        (CHAT, {"messages": [{"role": "assistant", "thinking": "seed"}]}),
        (CHAT, {"messages": [{"role": "seed"}]}),
        (CHAT, {"messages": [{"tool_calls": [{"function": {"name": "t", "arguments": {"id": ["seed"]}}}]}]}),
        (CHAT, {"tools": [{"function": {"description": "seed"}}]}),
        (CHAT, {"tools": [{"function": {"parameters": {"properties": {"a": {"enum": ["seed"]}}}}}]}),
        (CHAT, {"format": {"properties": {"a": {"description": "seed"}}}}),
        (CHAT, {"options": {"stop": ["seed"]}}),
        (CHAT, {"a_field_of_tomorrow": {"deep": ["seed"]}}),
        (GENERATE, {"prompt": "seed"}),
        (GENERATE, {"suffix": "seed"}),
        (GENERATE, {"system": "seed"}),
        (GENERATE, {"template": "seed"}),
        (GENERATE, {"options": {"stop": "seed"}}),
        (EMBED, {"input": "seed"}),
        (EMBED, {"input": ["x", "seed"]}),
        (EMBED, {"prompt": "seed"}),
    ],
)
def test_text_is_scanned_wherever_it_stands(dialect: Dialect, fields: dict[str, Any]) -> None:
    assert "seed" in texts(dialect.request_slots(body(**fields)))


@pytest.mark.parametrize(
    ("dialect", "fields"),
    [
        (CHAT, {"messages": [{"role": "user", "images": ["aGk="]}]}),
        (GENERATE, {"images": ["aGk="]}),
        (GENERATE, {"context": [1, 2]}),
        (EMBED, {"input": [1, 2]}),
        (EMBED, {"input": [[1, 2], [3]]}),
    ],
)
def test_what_cannot_be_read_is_told(dialect: Dialect, fields: dict[str, Any]) -> None:
    assert dialect.request_slots(body(**fields)).unscannable


def test_an_empty_context_is_nothing() -> None:
    assert not GENERATE.request_slots(body(context=[])).unscannable


def test_a_stream_is_the_default() -> None:
    assert CHAT.wants_stream(body())
    assert CHAT.wants_stream(body(stream=True))
    assert not CHAT.wants_stream(body(stream=False))
    assert not EMBED.wants_stream(body())


@pytest.mark.parametrize(
    ("dialect", "fields", "expected"),
    [
        (CHAT, {"messages": [{"role": "user", "content": "u"}]}, [["system", "N"], ["user", "u"]]),
        (CHAT, {"messages": [{"role": "system", "content": "s"}]}, [["system", "s\n\nN"]]),
        (
            CHAT,
            {"messages": [{"role": "system", "content": "s"}, {"role": "system", "content": "t"}]},
            [["system", "s"], ["system", "t\n\nN"]],
        ),
        (CHAT, {"messages": []}, [["system", "N"]]),
        (CHAT, {}, []),
        (GENERATE, {"prompt": "p"}, "N"),
        (GENERATE, {"prompt": "p", "system": "s"}, "s\n\nN"),
        (GENERATE, {"prompt": "p", "raw": True}, None),
        (EMBED, {"input": "x"}, None),
    ],
)
def test_the_notice_stands_behind_the_system_prompt(dialect: Dialect, fields: dict[str, Any], expected: object) -> None:
    document = body(**fields)
    edited = json.loads(splice(document.text, dialect.with_notice(document, "N")))
    if dialect is CHAT:
        assert [[message["role"], message["content"]] for message in edited.get("messages", [])] == expected
    else:
        assert edited.get("system") == expected


def test_a_conversation_is_named_by_how_it_begins() -> None:
    first = body(messages=[{"role": "system", "content": "s"}, {"role": "user", "content": "one"}])
    later = body(
        messages=[
            {"role": "system", "content": "s"},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
        ]
    )
    seeds = [CHAT.session_seed(document, CHAT.request_slots(document).texts) for document in (first, later)]
    assert seeds[0] == seeds[1] == ["s", "one"]
    prompt = body(system="s", prompt="p", suffix="x")
    assert GENERATE.session_seed(prompt, GENERATE.request_slots(prompt).texts) == ["s", "p"]
    assert EMBED.session_seed(prompt, EMBED.request_slots(prompt).texts) == ()


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_a_recorded_stream_without_tokens_passes_byte_by_byte(size: int) -> None:
    stream = recorded("ollama/stream.ndjson", "Somebody")
    assert through(CHAT, stream, size) == stream


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_a_recorded_stream_gives_originals_in_text_thinking_and_arguments(size: int) -> None:
    back = through(CHAT, recorded("ollama/stream.ndjson", TOKEN), size)
    messages = [json.loads(line)["message"] for line in back.splitlines() if line]
    assert "".join(message.get("thinking", "") for message in messages) == f"I know {PERSON}."
    assert "".join(message["content"] for message in messages) == f'Dear {PERSON}, "all" — é'
    call = messages[4]["tool_calls"][0]["function"]["arguments"]
    assert call == {"to": PERSON, "id": PERSON, PERSON: [12345678, 1.0]}
    assert TOKEN.encode() not in back


@pytest.mark.parametrize("wanted", [{"format": "json"}, {"format": {"type": "object"}}])
def test_originals_in_structured_answers_are_written_as_json(wanted: dict[str, Any]) -> None:
    lines = [
        {"message": {"content": f'{{"name": "{TOKEN}'}, "done": False},
        {"message": {"content": '"}'}, "done": True},
    ]
    stream = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    request = json.dumps({"model": "llama", **wanted})
    back = [json.loads(line) for line in through(CHAT, stream, 9, request).splitlines()]
    assert json.loads("".join(line["message"]["content"] for line in back)) == {"name": PERSON}
    whole = parse(json.dumps({"message": {"content": f'{{"name": "{TOKEN}"}}'}, "done": True}))
    text, _ = restored(whole, CHAT.response_texts(whole, parse(request)), Originals({TOKEN: PERSON}))
    assert json.loads(json.loads(text)["message"]["content"]) == {"name": PERSON}


def test_pieces_of_tokens_in_log_probabilities_stay_as_they_came() -> None:
    answer = parse(json.dumps({"response": TOKEN, "logprobs": [{"token": TOKEN}], "context": [1, 2], "done": True}))
    text, _ = restored(answer, GENERATE.response_texts(answer, body()), Originals({TOKEN: PERSON}))
    assert json.loads(text) == {"response": PERSON, "logprobs": [{"token": TOKEN}], "context": [1, 2], "done": True}


def test_usage_is_told_by_the_last_line() -> None:
    lines = [parse(line) for line in recorded("ollama/stream.ndjson", "x").decode().splitlines() if line]
    assert [CHAT.usage(line) for line in lines] == [*[None] * 5, (26, 282)]


def test_errors_are_a_text_with_our_code_beside_it() -> None:
    assert json.loads(CHAT.error_body(Blocked("x"))) == {"error": "x", "code": "sting_blocked"}
    assert CHAT.stream_error(Blocked("x")).endswith(b"}\n")

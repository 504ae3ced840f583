"""Tokens whose letters a provider wrote as JSON escapes come back in arguments of tools, streamed or whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.core.answers import restored
from proxy.core.jsontext import parse
from proxy.core.restorer import Originals, RestoreTally
from proxy.core.sse import EventSplitter
from proxy.core.streams import EventReader, StreamRestorer
from proxy.dialects.anthropic_messages import MESSAGES
from proxy.dialects.base import Dialect
from proxy.dialects.ollama import CHAT as OLLAMA_CHAT
from proxy.dialects.openai_chat import CHAT
from proxy.dialects.openai_responses import RESPONSES
from tests.property.core_cases import bounded, cut, token_of

REQUEST = parse('{"model":"m"}')
TOKEN = token_of("K7Q2M9X")
JANE = 'Jane "JD" <Doe>\\\n\U0001f600'
BREAKS = st.lists(st.integers(1, 9), min_size=1, max_size=4)
ESCAPES = st.lists(st.sampled_from(["", "u", "U"]), min_size=len(TOKEN), max_size=len(TOKEN))


def respelt(escapes: Sequence[str]) -> str:
    """The token, each of its letters as it is or escaped; angle brackets around it as Go writes them."""
    codes = {"u": "\\u{:04x}", "U": "\\u{:04X}"}
    letters = [codes[how].format(ord(letter)) if how else letter for letter, how in zip(TOKEN, escapes, strict=True)]
    return f"\\u003c{''.join(letters)}\\u003e"


def _arguments(escapes: Sequence[str], *, nested: bool) -> str:
    inner = f'{{"to": "{respelt(escapes)}", "path": "C:\\\\users\\\\{respelt(escapes)}", "n": "\\u00e9\\u0041"}}'
    return json.dumps({"payload": inner}) if nested else inner


def _chat(piece: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}}]}


def _responses(piece: str) -> dict[str, Any]:
    return {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 0, "delta": piece}


def _messages(piece: str) -> dict[str, Any]:
    delta = {"type": "input_json_delta", "partial_json": piece}
    return {"type": "content_block_delta", "index": 1, "delta": delta}


STREAMS: dict[str, tuple[Dialect, Callable[[str], dict[str, Any]], Callable[[dict[str, Any]], str]]] = {
    "chat": (CHAT, _chat, lambda event: event["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]),
    "responses": (RESPONSES, _responses, lambda event: event["delta"]),
    "messages": (MESSAGES, _messages, lambda event: event["delta"]["partial_json"]),
}


@pytest.mark.parametrize("dialect", STREAMS)
@bounded(60)
@given(escapes=ESCAPES, sizes=BREAKS, nested=st.booleans())
def test_streamed_arguments_are_restored(dialect: str, escapes: list[str], sizes: list[int], *, nested: bool) -> None:
    spoken, event_of, piece_of = STREAMS[dialect]
    stream = StreamRestorer(
        EventReader(lambda data: spoken.stream_event(data, REQUEST)), Originals({TOKEN: JANE}), RestoreTally()
    )
    splitter, out = EventSplitter(), list[bytes]()
    for piece in cut(_arguments(escapes, nested=nested), sizes):
        for event in splitter.feed(b"data: " + json.dumps(event_of(piece)).encode() + b"\n\n"):
            out += stream.feed(event)
    out += stream.finish()
    came = "".join(piece_of(json.loads(raw.removeprefix(b"data: "))) for raw in out)
    _same(came, nested=nested)


def _same(came: str, *, nested: bool) -> None:
    values, inner = json.loads(came), {"to": f"<{JANE}>", "path": f"C:\\users\\<{JANE}>", "n": "\u00e9A"}
    assert (json.loads(values["payload"]) if nested else values) == inner


def _whole_chat(arguments: str) -> str:
    call = {"id": "c", "type": "function", "function": {"name": "send", "arguments": arguments}}
    return json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "tool_calls": [call]}}]})


def _whole_response(arguments: str) -> str:
    item = {"type": "function_call", "call_id": "c", "name": "send", "arguments": arguments}
    return json.dumps({"object": "response", "output": [item]})


def _whole_message(arguments: str) -> str:
    return f'{{"type":"message","content":[{{"type":"tool_use","id":"t","name":"send","input":{arguments}}}]}}'


def _whole_ollama(arguments: str) -> str:
    return f'{{"message":{{"role":"assistant","tool_calls":[{{"function":{{"name":"f","arguments":{arguments}}}}}]}}}}'


WHOLE: dict[str, tuple[Dialect, Callable[[str], str], Callable[[Any], Any]]] = {
    "chat": (CHAT, _whole_chat, lambda body: body["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]),
    "responses": (RESPONSES, _whole_response, lambda body: body["output"][0]["arguments"]),
    "messages": (MESSAGES, _whole_message, lambda body: json.dumps(body["content"][0]["input"])),
    "ollama": (
        OLLAMA_CHAT,
        _whole_ollama,
        lambda body: json.dumps(body["message"]["tool_calls"][0]["function"]["arguments"]),
    ),
}


@pytest.mark.parametrize("dialect", WHOLE)
@bounded(60)
@given(escapes=ESCAPES, nested=st.booleans())
def test_whole_arguments_are_restored(dialect: str, escapes: list[str], *, nested: bool) -> None:
    spoken, written, arguments_of = WHOLE[dialect]
    document = parse(written(_arguments(escapes, nested=nested)))
    text, _ = restored(document, spoken.response_texts(document, REQUEST), Originals({TOKEN: JANE}), [])
    _same(arguments_of(json.loads(text)), nested=nested)

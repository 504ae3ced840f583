"""Which strings of an answer belong to which tool."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.core.jsontext import parse
from proxy.core.streams import Channel
from proxy.dialects.anthropic_messages import MESSAGES
from proxy.dialects.base import Dialect
from proxy.dialects.ollama import CHAT as OLLAMA
from proxy.dialects.openai_chat import CHAT
from proxy.dialects.openai_responses import RESPONSES

REQUEST = parse("{}")


def whole(dialect: Dialect, answer: object) -> dict[str, Any]:
    """Text -> the tool it belongs to."""
    return {t.leaf.text: t.tool for t in dialect.response_texts(parse(json.dumps(answer)), REQUEST)}


def streamed(dialect: Dialect, *events: object) -> dict[str, Any]:
    """Text -> the name of the tool it belongs to, as the events told."""
    named: dict[Channel, str] = {}
    found: dict[str, Any] = {}
    for event in events:
        meaning = dialect.stream_event(json.dumps(event), REQUEST)
        named.update(meaning.tools)
        found |= {
            t.leaf.text: t.tool if t.tool is None or isinstance(t.tool, str) else named[t.tool] for t in meaning.texts
        }
    return found


@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        (CHAT, {"choices": [{"message": {"tool_calls": [{"function": {"name": "crm", "arguments": "A"}}]}}]}),
        (CHAT, {"choices": [{"message": {"tool_calls": [{"custom": {"name": "crm", "input": "A"}}]}}]}),
        (CHAT, {"choices": [{"message": {"function_call": {"name": "crm", "arguments": "A"}}}]}),
        (RESPONSES, {"output": [{"type": "function_call", "name": "crm", "arguments": "A"}]}),
        (RESPONSES, {"output": [{"type": "custom_tool_call", "name": "crm", "input": "A"}]}),
        (RESPONSES, {"output": [{"type": "crm", "action": {"commands": ["A"]}}]}),
        (RESPONSES, {"output": [{"type": "crm", "code": "A"}]}),
        (MESSAGES, {"content": [{"type": "tool_use", "name": "crm", "input": {"to": ["A"]}}]}),
        (OLLAMA, {"message": {"tool_calls": [{"function": {"name": "crm", "arguments": {"to": "A"}}}]}}),
    ],
)
def test_in_whole_answers(dialect: Dialect, answer: object) -> None:
    assert whole(dialect, answer)["A"] == "crm"


def test_other_texts_belong_to_none() -> None:
    assert whole(CHAT, {"choices": [{"message": {"content": "A"}}]}) == {"A": None}
    assert (
        whole(RESPONSES, {"output": [{"type": "message", "content": [{"type": "output_text", "text": "A"}]}]})["A"]
        is None
    )


def test_in_streams() -> None:
    item = {"type": "response.output_item.added", "output_index": 1, "item": {"type": "function_call", "name": "crm"}}
    delta = {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "A"}
    done = {"type": "response.function_call_arguments.done", "output_index": 1, "arguments": "B"}
    found = streamed(RESPONSES, item, delta, done)
    assert (found["A"], found["B"]) == ("crm", "crm")
    shell = {"type": "response.output_item.added", "output_index": 2, "item": {"type": "shell_call"}}
    command = {"type": "response.shell_call_command.delta", "output_index": 2, "delta": "A"}
    assert streamed(RESPONSES, shell, command)["A"] == "shell_call"
    block = {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "tool_use", "name": "crm", "input": {}},
    }
    partial = {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "A"}}
    assert streamed(MESSAGES, block, partial)["A"] == "crm"
    text = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "A"}}
    assert streamed(MESSAGES, text)["A"] is None

"""The demo model for clients of Anthropic's and Ollama's APIs: requests read as chats, replies in their shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proxy.upstream.demo.replying import Reply


@dataclass(frozen=True, slots=True)
class Spoken:
    """A reply with its words in pieces, why it ended (OpenAI's word), tokens asked and said, and a mark for ids."""

    reply: Reply
    pieces: Sequence[str] = field(repr=False)
    finish: str
    asked: int
    said: int
    mark: str
    model: str


def chat_of_messages(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request of Anthropic's messages as a chat."""
    messages: list[dict[str, Any]] = []
    for message in _dicts(request.get("messages")):
        content = message.get("content")
        if not isinstance(content, list):
            messages.append(dict(message))
            continue
        blocks = _dicts(content)
        results = [block for block in blocks if block.get("type") == "tool_result"]
        messages += [{"role": "tool", "content": block.get("content")} for block in results]
        texts = [block for block in blocks if block.get("type") == "text"]
        if texts or not results:
            messages.append({"role": message.get("role"), "content": texts})
    tools = [
        {"type": "function", "function": {**tool, "parameters": tool.get("input_schema")}}
        for tool in _dicts(request.get("tools"))
        if "input_schema" in tool
    ]
    chosen = request.get("tool_choice")
    kind = chosen.get("type") if isinstance(chosen, dict) else None
    choice: Any = {"any": "required", "none": "none"}.get(str(kind), "auto")
    if kind == "tool" and isinstance(chosen, dict):
        choice = {"function": {"name": chosen.get("name")}}
    output = request.get("output_config")
    format_ = output.get("format") if isinstance(output, dict) else None
    return {
        "messages": messages,
        "tools": tools,
        "tool_choice": choice,
        "stop": request.get("stop_sequences"),
        "max_tokens": request.get("max_tokens"),
        "response_format": {"type": "json_schema", "json_schema": format_} if isinstance(format_, dict) else None,
    }


def chat_of_ollama(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request of Ollama's chat or generate as a chat."""
    options = request.get("options")
    options = options if isinstance(options, dict) else {}
    prompt = request.get("prompt")
    format_ = request.get("format")
    wanted: dict[str, Any] | None = None
    if isinstance(format_, dict):
        wanted = {"type": "json_schema", "json_schema": {"schema": format_}}
    elif format_ == "json":
        wanted = {"type": "json_object"}
    return {
        "messages": request.get("messages", [{"role": "user", "content": prompt}]),
        "tools": request.get("tools"),
        "stop": options.get("stop"),
        "max_tokens": options.get("num_predict"),
        "response_format": wanted,
    }


def message(spoken: Spoken) -> dict[str, Any]:
    """A whole message of Anthropic's API."""
    blocks: list[dict[str, Any]] = [{"type": "text", "text": "".join(spoken.pieces), "citations": None}]
    if spoken.reply.tool_calls:
        blocks = [
            {"type": "tool_use", "id": f"toolu_{call.id}", "name": call.name, "input": json.loads(call.arguments)}
            for call in spoken.reply.tool_calls
        ]
    reason = {"tool_calls": "tool_use", "length": "max_tokens"}.get(spoken.finish, "end_turn")
    return {
        "id": f"msg_demo{spoken.mark}",
        "type": "message",
        "role": "assistant",
        "model": spoken.model,
        "content": blocks,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": spoken.asked, "output_tokens": spoken.said},
    }


def message_events(spoken: Spoken) -> Iterator[bytes]:
    """The same as a stream."""

    def event(kind: str, **data: object) -> bytes:
        return f"event: {kind}\ndata: {_dump({'type': kind, **data})}\n\n".encode()

    whole = message(spoken)
    counts = whole["usage"]
    yield event(
        "message_start", message={**whole, "content": [], "stop_reason": None, "usage": {**counts, "output_tokens": 0}}
    )
    for index, block in enumerate(whole["content"]):
        called = block["type"] == "tool_use"
        yield event(
            "content_block_start", index=index, content_block={**block, **({"input": {}} if called else {"text": ""})}
        )
        for piece in [_dump(block["input"])] if called else spoken.pieces:
            kind = (
                {"type": "input_json_delta", "partial_json": piece} if called else {"type": "text_delta", "text": piece}
            )
            yield event("content_block_delta", index=index, delta=kind)
        yield event("content_block_stop", index=index)
    ending = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield event("message_delta", delta=ending, usage={"output_tokens": spoken.said})
    yield event("message_stop")


def line(spoken: Spoken, *, chat: bool, at: str) -> dict[str, Any]:
    """A whole answer of Ollama's chat, or of its generate; `at` is the time (RFC 3339)."""
    text = "".join(spoken.pieces)
    said: dict[str, Any] = {"message": {"role": "assistant", "content": text}} if chat else {"response": text}
    if chat and spoken.reply.tool_calls:
        calls = [
            {"function": {"name": call.name, "arguments": json.loads(call.arguments)}}
            for call in spoken.reply.tool_calls
        ]
        said["message"]["tool_calls"] = calls
    return {
        "model": spoken.model,
        "created_at": at,
        **said,
        "done": True,
        "done_reason": "length" if spoken.finish == "length" else "stop",
        "total_duration": 1,
        "prompt_eval_count": spoken.asked,
        "eval_count": spoken.said,
    }


def lines(spoken: Spoken, *, chat: bool, at: str) -> Iterator[bytes]:
    """The same as a stream of lines."""
    for piece in spoken.pieces:
        said = {"message": {"role": "assistant", "content": piece}} if chat else {"response": piece}
        yield (_dump({"model": spoken.model, "created_at": at, **said, "done": False}) + "\n").encode()
    last = line(spoken, chat=chat, at=at)
    if chat:
        last["message"]["content"] = ""
    else:
        last["response"] = ""
    yield (_dump(last) + "\n").encode()


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _dump(value: object) -> str:
    # ASCII only: a lone surrogate of the prompt could not be encoded otherwise
    return json.dumps(value, separators=(",", ":"))

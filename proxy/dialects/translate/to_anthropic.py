"""OpenAI's chat completions to Anthropic's messages and back."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from proxy.dialects.translate.chat import JSON_ONLY, Chat, Part, Turn, listed, read_chat, refused
from proxy.dialects.translate.completion import Chunks, Events, Made, Said, Usage, completion, dump, error

_MOST_TOKENS: Final = 4096
"""Of an answer, where the client names no limit: Anthropic's API wants one."""
_FINISH: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_ERROR_TYPES: Final = {
    "invalid_request_error": "invalid_request_error",
    "authentication_error": "authentication_error",
    "permission_error": "permission_error",
    "not_found_error": "not_found_error",
    "rate_limit_error": "rate_limit_error",
}
_EFFORTS: Final = frozenset({"low", "medium", "high", "xhigh", "max"})
_BEGIN: Final = "Begin."
"""What the user says in the API's eyes where a conversation begins with the assistant, with a greeting mostly."""
_NO_USAGE: Final = Usage()
_PASSED: Final = ("top_p", "top_k")


class ToAnthropic:
    """`POST /v1/messages` in the place of `POST /v1/chat/completions`."""

    path = "/v1/messages"

    def request(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The same in Anthropic's words. Raises BadRequest."""
        chat = read_chat(body)
        made: dict[str, Any] = {
            "model": body.get("model"),
            "max_tokens": chat.limit or _MOST_TOKENS,
            "messages": _messages(chat.turns),
        }
        system = [_text(part) for turn in chat.turns if turn.role == "system" for part in _said(turn)]
        if chat.schema is not None and not chat.schema:
            system.append({"type": "text", "text": JSON_ONLY})
        if system:
            made["system"] = system
        if chat.stream:
            made["stream"] = True
        made |= _tools(chat) | _tuning(chat)
        return made

    def answer(self, body: Mapping[str, Any], made: Made) -> dict[str, Any]:
        """A message as a chat completion; thinking goes into `reasoning_content`."""
        blocks = [block for block in listed(body.get("content")) if isinstance(block, dict)]

        def texts(kind: str, name: str) -> str:
            return "".join(str(block.get(name) or "") for block in blocks if block.get("type") == kind)

        calls = [
            (str(block.get("id") or f"call_{number}"), str(block.get("name") or ""), dump(block.get("input") or {}))
            for number, block in enumerate(blocks)
            if block.get("type") == "tool_use"
        ]
        finish = _FINISH.get(str(body.get("stop_reason")), "stop")
        said = Said(
            texts("text", "text"),
            texts("thinking", "thinking"),
            calls,
            finish,
            _usage(body.get("usage")),
            str(body.get("model") or ""),
            str(body.get("id") or ""),
        )
        return completion(said, made)

    def error(self, body: Mapping[str, Any], status: int) -> dict[str, Any]:
        """`{"type": "error", "error": {...}}` as OpenAI's error."""
        told = body.get("error")
        given = told if isinstance(told, dict) else {}
        return error(given.get("message"), _ERROR_TYPES.get(str(given.get("type"))), status)

    def events(self, made: Made) -> Events:
        """A stream's translation."""
        return _Stream(made)


def _messages(turns: tuple[Turn, ...]) -> list[dict[str, Any]]:
    """User and assistant by turns, the user first, as the API wants it.

    Results of tools belong to the user, and neighbours of one role become one.
    """
    messages: list[dict[str, Any]] = []
    for turn in turns:
        if turn.role == "system":
            continue
        role = "assistant" if turn.role == "assistant" else "user"
        blocks = [_block(part) for part in _said(turn)]
        if turn.answers is not None:
            blocks = [{"type": "tool_result", "tool_use_id": turn.answers.id, "content": blocks}]
        blocks += [
            {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in turn.calls
        ]
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += blocks
        elif blocks:
            messages.append({"role": role, "content": blocks})
    if messages and messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": [{"type": "text", "text": _BEGIN}]})
    if messages and messages[-1]["role"] == "assistant" and messages[-1]["content"][-1]["type"] == "text":
        # To be gone on with; the API takes no blank at its end.
        messages[-1]["content"][-1]["text"] = messages[-1]["content"][-1]["text"].rstrip()
    return messages


def _said(turn: Turn) -> list[Part]:
    """The parts of a turn but blank texts, which the API refuses."""
    return [part for part in turn.parts if part.kind != "text" or part.text.strip()]


def _block(part: Part) -> dict[str, Any]:
    if part.kind == "text":
        return _text(part)
    if part.data:
        source: dict[str, Any] = {"type": "base64", "media_type": part.media_type, "data": part.data}
    elif part.url.startswith(("https://", "http://")):
        source = {"type": "url", "url": part.url}
    else:
        raise refused("This image or file", "messages")
    title = {"title": part.name} if part.name else {}
    return {"type": part.kind, "source": source, **title}


def _text(part: Part) -> dict[str, Any]:
    cache = {"cache_control": part.cache} if part.cache is not None else {}
    return {"type": "text", "text": part.text, **cache}


def _tools(chat: Chat) -> dict[str, Any]:
    tools = [
        {
            "name": tool["name"],
            **({"description": tool["description"]} if tool.get("description") else {}),
            "input_schema": tool.get("parameters") or {"type": "object", "properties": {}},
        }
        for tool in chat.tools
    ]
    if not tools:
        return _past_tools(chat)
    choice: dict[str, Any] = {"type": {None: "auto", "none": "none", "required": "any"}.get(chat.choice, "tool")}
    if choice["type"] == "tool":
        choice["name"] = (chat.choice or "")[1:]
    if chat.given.get("parallel_tool_calls") is False and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = True
    return {"tools": tools} if choice == {"type": "auto"} else {"tools": tools, "tool_choice": choice}


def _past_tools(chat: Chat) -> dict[str, Any]:
    """The tools that were called earlier, not to be called now: without them the API refuses the calls and results."""
    names = dict.fromkeys(call.name for turn in chat.turns for call in turn.calls if call.name)
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in names]
    return {"tools": tools, "tool_choice": {"type": "none"}} if tools else {}


def _tuning(chat: Chat) -> dict[str, Any]:
    given = chat.given
    made: dict[str, Any] = {name: given[name] for name in _PASSED if given.get(name) is not None}
    if isinstance(given.get("temperature"), int | float):
        made["temperature"] = min(given["temperature"], 1)
    if stops := [text for text in chat.stops if text.strip()]:
        made["stop_sequences"] = stops
    if isinstance(given.get("user"), str):
        made["metadata"] = {"user_id": given["user"]}
    output: dict[str, Any] = {}
    if chat.schema:
        output["format"] = {"type": "json_schema", "schema": chat.schema}
    if given.get("reasoning_effort") in _EFFORTS:
        output["effort"] = given["reasoning_effort"]
    return made | ({"output_config": output} if output else {})


def _usage(counts: object, before: Usage = _NO_USAGE) -> Usage:
    given = counts if isinstance(counts, dict) else {}

    def number(name: str) -> int:
        value = given.get(name)
        return value if isinstance(value, int) else 0

    cached = number("cache_read_input_tokens")
    asked = number("input_tokens") + number("cache_creation_input_tokens") + cached
    return Usage(max(before.given, asked), max(before.made, number("output_tokens")), max(before.cached, cached))


class _Stream:
    """One stream of message events as chunks."""

    def __init__(self, made: Made) -> None:
        self._chunks = Chunks(made)
        self._calls: dict[object, int] = {}
        self._silent: set[object] = set()
        self._finish = "stop"
        self._usage = Usage()
        self.complete = False

    def feed(self, event: Mapping[str, Any]) -> list[bytes]:
        """What one event becomes. Raises ValueError for one whose index is none."""
        index = event.get("index")
        if isinstance(index, dict | list):
            raise ValueError("the index of an event is no number")  # noqa: TRY004 - as of all that is no answer
        match event.get("type"):
            case "message_start":
                return self._opened(_object(event, "message"))
            case "content_block_start":
                return self._begun(index, _object(event, "content_block"))
            case "content_block_delta":
                return self._more(index, _object(event, "delta"))
            case "content_block_stop" if index in self._silent:
                return [self._chunks.arguments(self._calls[index], "{}")]
            case "message_delta":
                self._finish = _FINISH.get(str(_object(event, "delta").get("stop_reason")), "stop")
                self._usage = _usage(event.get("usage"), self._usage)
            case "message_stop" | "error" as kind:
                self.complete = True
                return self._ended(event, failed=kind == "error")
        return []

    def _opened(self, message: Mapping[str, Any]) -> list[bytes]:
        self._usage = _usage(message.get("usage"))
        self._chunks.model = str(message.get("model") or self._chunks.model)
        self._chunks.id = str(message.get("id") or self._chunks.id)
        return [self._chunks.opening()]

    def _ended(self, event: Mapping[str, Any], *, failed: bool) -> list[bytes]:
        if failed:
            return [b"data: " + dump(ToAnthropic().error(event, HTTPStatus.INTERNAL_SERVER_ERROR)).encode() + b"\n\n"]
        return self._chunks.ending(self._finish, self._usage)

    def _begun(self, index: object, block: Mapping[str, Any]) -> list[bytes]:
        if block.get("type") == "tool_use":
            number = self._calls[index] = len(self._calls)
            begun = block.get("input")
            if not begun:
                self._silent.add(index)
            written = dump(begun) if begun else ""
            return [self._chunks.call(number, str(block.get("id")), str(block.get("name")), written)]
        return self._said(block)

    def _more(self, index: object, delta: Mapping[str, Any]) -> list[bytes]:
        piece = delta.get("partial_json")
        if isinstance(piece, str) and index in self._calls:
            if not piece:
                return []
            self._silent.discard(index)
            return [self._chunks.arguments(self._calls[index], piece)]
        return self._said(delta)

    def _said(self, content: Mapping[str, Any]) -> list[bytes]:
        if isinstance(content.get("text"), str) and content["text"]:
            return [self._chunks.delta({"content": content["text"]})]
        if isinstance(content.get("thinking"), str) and content["thinking"]:
            return [self._chunks.delta({"reasoning_content": content["thinking"]})]
        return []


def _object(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, dict) else {}

"""The demo model's answers in the shapes of the three APIs, through the same `Answer` face as answers over HTTP."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from typing import Any

from proxy.upstream.base import ProviderFailed, UpstreamRequest
from proxy.upstream.demo.conversation import read_conversation
from proxy.upstream.demo.replying import Reply, reply_to
from proxy.upstream.demo.shapes import (
    Spoken,
    chat_of_messages,
    chat_of_ollama,
    line,
    lines,
    message,
    message_events,
)
from proxy.upstream.routing import DEMO_MODEL

_PIECE = re.compile(r"\s*\S+|\s+")
_MOST_CHOICES = 16
_CHATS_ONLY = (
    "The offline demo model answers chats and responses only. For the rest configure a provider (docs/quickstart.md)."
)
_OTHER_CHOICES = "Put differently: "


class DemoAnswer:
    """An answer that is made of ready pieces of bytes; `close()` drops the rest."""

    def __init__(self, status: int, pieces: Iterator[bytes], content_type: str, request_id: str) -> None:
        self._status = status
        self._pieces = pieces
        self._headers = {"content-type": content_type, "x-request-id": request_id}

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._status

    @property
    def headers(self) -> Mapping[str, str]:
        """Content type and a request id."""
        return self._headers

    @property
    def secured(self) -> str:
        """None: the demo model answers in this process."""
        return ""

    async def body(self, limit: int) -> bytes:
        """The whole body; see `Answer.body`."""
        whole = b"".join(self._pieces)
        if len(whole) > limit:
            raise ProviderFailed("garbage", "demo", f"its answer is over {limit} bytes")
        return whole

    async def chunks(self) -> AsyncIterator[bytes]:
        """One event of a stream at a time, or the whole body at once."""
        while piece := next(self._pieces, b""):  # asked each time: `close` puts an empty iterator in its place
            yield piece

    def close(self) -> None:
        """Drop what has not been read."""
        self._pieces = iter(())


def answer_offline(request: UpstreamRequest) -> DemoAnswer:
    """Answer `GET /v1/models`, and chats of the three APIs; anything else is a 404 in OpenAI's shape."""
    path = request.path.removeprefix("/v1")
    if request.method == "GET" and path == "/models":
        entry = {"id": DEMO_MODEL, "object": "model", "created": 0, "owned_by": "sting"}
        return _json(200, {"object": "list", "data": [entry]}, "models")
    answering = _ROUTES.get(path) if request.method == "POST" else None
    if answering is None:
        return _error(404, _CHATS_ONLY)
    try:
        parsed = json.loads(request.body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        return _error(400, "The body is no JSON object.")
    return answering(parsed, hashlib.sha256(request.body).hexdigest()[:20])


def _json(status: int, value: object, request_id: str) -> DemoAnswer:
    return DemoAnswer(status, iter([_dump(value)]), "application/json", f"req-demo-{request_id}")


def _error(status: int, message: str) -> DemoAnswer:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return _json(status, {"error": error}, "error")


def _dump(value: object) -> bytes:
    # ASCII only: a lone surrogate of the prompt could not be encoded otherwise
    return json.dumps(value, separators=(",", ":")).encode()


def _chat(request: Mapping[str, Any], digest: str) -> DemoAnswer:
    talk = read_conversation(request)
    reply = reply_to(talk)
    count = request.get("n")
    choices = min(count, _MOST_CHOICES) if isinstance(count, int) and count > 0 else 1
    made = [_finished(reply, request, index) for index in range(choices)]
    asked = len(_PIECE.findall(talk.prompt)) + len(_PIECE.findall(talk.earlier))
    said = sum(len(pieces) for pieces, _ in made)
    usage = {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
    head = {"id": f"chatcmpl-demo{digest}", "created": int(time.time()), "model": DEMO_MODEL}
    if request.get("stream") is True:
        options = request.get("stream_options")
        wants_usage = isinstance(options, dict) and options.get("include_usage") is True
        events = _events(head, reply, made, usage if wants_usage else None)
        return DemoAnswer(200, events, "text/event-stream", f"req-demo-{digest}")
    body = [_choice(reply, index, pieces, finish) for index, (pieces, finish) in enumerate(made)]
    return _json(200, head | {"object": "chat.completion", "choices": body, "usage": usage}, digest)


def _messages(request: Mapping[str, Any], digest: str) -> DemoAnswer:
    spoken = _spoken(chat_of_messages(request), digest)
    if request.get("stream") is True:
        return DemoAnswer(200, message_events(spoken), "text/event-stream", f"req-demo-{digest}")
    return _json(200, message(spoken), digest)


def _count_tokens(request: Mapping[str, Any], digest: str) -> DemoAnswer:
    return _json(200, {"input_tokens": _spoken(chat_of_messages(request), digest).asked}, digest)


def _ollama(request: Mapping[str, Any], digest: str, *, chat: bool) -> DemoAnswer:
    spoken = _spoken(chat_of_ollama(request), digest)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if request.get("stream") is not False:
        return DemoAnswer(200, lines(spoken, chat=chat, at=at), "application/x-ndjson", f"req-demo-{digest}")
    return _json(200, line(spoken, chat=chat, at=at), digest)


def _spoken(chat: Mapping[str, Any], digest: str) -> Spoken:
    talk = read_conversation(chat)
    reply = reply_to(talk)
    pieces, finish = _finished(reply, chat, 0)
    asked = len(_PIECE.findall(talk.prompt)) + len(_PIECE.findall(talk.earlier))
    return Spoken(reply, pieces, finish, asked, len(pieces), digest, DEMO_MODEL)


def _finished(reply: Reply, request: Mapping[str, Any], index: int) -> tuple[list[str], str]:
    """The pieces (words) of a choice after `stop` and the token limit, and its finish reason."""
    if reply.tool_calls:
        return [], "tool_calls"
    text = reply.text if index == 0 or request.get("response_format") else _OTHER_CHOICES + reply.text
    stops = request.get("stop")
    for stop in [stops] if isinstance(stops, str) else stops if isinstance(stops, list) else []:
        if isinstance(stop, str) and stop:
            text = text.partition(stop)[0]
    pieces = _PIECE.findall(text)
    limit = request.get("max_completion_tokens") or request.get("max_tokens")
    if isinstance(limit, int) and 0 < limit < len(pieces):
        return pieces[:limit], "length"
    return pieces, "stop"


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in reply.tool_calls
    ]


def _choice(reply: Reply, index: int, pieces: list[str], finish: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(pieces), "refusal": None}
    if reply.tool_calls:
        message |= {"content": None, "tool_calls": _calls(reply)}
    return {"index": index, "message": message, "logprobs": None, "finish_reason": finish}


def _events(
    head: Mapping[str, Any], reply: Reply, made: list[tuple[list[str], str]], usage: Mapping[str, int] | None
) -> Iterator[bytes]:
    """The stream: every choice's opening, its words, its end; then usage when asked for; then [DONE]."""

    def event(choices: list[dict[str, Any]], **more: object) -> bytes:
        return b"data: " + _dump({**head, "object": "chat.completion.chunk", "choices": choices, **more}) + b"\n\n"

    def delta(index: int, content: Mapping[str, Any], finish: str | None = None) -> bytes:
        return event([{"index": index, "delta": content, "logprobs": None, "finish_reason": finish}])

    for index, (pieces, finish) in enumerate(made):
        yield delta(index, {"role": "assistant", "content": None if reply.tool_calls else ""})
        for piece in pieces:
            yield delta(index, {"content": piece})
        for number, call in enumerate(_calls(reply)):
            function = call["function"]
            opened = call | {"index": number, "function": function | {"arguments": ""}}
            yield delta(index, {"tool_calls": [opened]})
            for piece in _PIECE.findall(function["arguments"]):
                yield delta(index, {"tool_calls": [{"index": number, "function": {"arguments": piece}}]})
        yield delta(index, {}, finish)
    if usage is not None:
        yield event([], usage=usage)
    yield b"data: [DONE]\n\n"


_ROUTES: Mapping[str, Callable[[Mapping[str, Any], str], DemoAnswer]] = {
    "/chat/completions": _chat,
    "/messages": _messages,
    "/messages/count_tokens": _count_tokens,
    "/api/chat": partial(_ollama, chat=True),
    "/api/generate": partial(_ollama, chat=False),
}

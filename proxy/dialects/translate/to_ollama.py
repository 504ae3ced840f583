"""OpenAI's chat completions to Ollama's `POST /api/chat` and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from proxy.dialects.translate.chat import Chat, Turn, listed, read_chat, refused
from proxy.dialects.translate.completion import Chunks, Events, Made, Said, Usage, completion, dump, error

_OPTIONS: Final = ("temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty")
_FINISH: Final = {"length": "length"}
_THINKING: Final = frozenset({"low", "medium", "high"})


class ToOllama:
    """`POST /api/chat` in the place of `POST /v1/chat/completions`."""

    path = "/api/chat"

    def request(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The same in Ollama's words. Raises BadRequest."""
        chat = read_chat(body)
        made: dict[str, Any] = {
            "model": body.get("model"),
            "messages": [_message(turn) for turn in chat.turns],
            # Left out, it would mean a stream.
            "stream": chat.stream,
        }
        if tools := _tools(chat):
            made["tools"] = tools
        if chat.schema is not None:
            made["format"] = chat.schema or "json"
        if options := _options(chat):
            made["options"] = options
        effort = body.get("reasoning_effort")
        if effort in _THINKING or effort in ("none", "minimal"):
            made["think"] = effort if effort in _THINKING else False
        if body.get("keep_alive") is not None:
            made["keep_alive"] = body["keep_alive"]
        return made

    def answer(self, body: Mapping[str, Any], made: Made) -> dict[str, Any]:
        """A whole answer as a chat completion; thinking goes into `reasoning_content`."""
        message = _message_of(body)
        calls = [(f"call_{made.mark}{number}", *call) for number, call in enumerate(_calls(message))]
        said = Said(
            str(message.get("content") or ""),
            str(message.get("thinking") or ""),
            calls,
            _finish(body, calls=bool(calls)),
            _usage(body),
            str(body.get("model") or ""),
        )
        return completion(said, made)

    def error(self, body: Mapping[str, Any], status: int) -> dict[str, Any]:
        """`{"error": "text"}` as OpenAI's error."""
        return error(body.get("error"), None, status)

    def events(self, made: Made) -> Events:
        """A stream's translation."""
        return _Stream(made)


def _message(turn: Turn) -> dict[str, Any]:
    made: dict[str, Any] = {"role": turn.role, "content": turn.text}
    others = [part for part in turn.parts if part.kind != "text"]
    if any(part.kind != "image" or not part.data for part in others):
        raise refused("A file, or an image that is given by its address,", "messages")
    if others:
        made["images"] = [part.data for part in others]
    if turn.calls:
        made["tool_calls"] = [{"function": {"name": call.name, "arguments": call.arguments}} for call in turn.calls]
    if turn.answers is not None and turn.answers.name:
        made["tool_name"] = turn.answers.name
    return made


def _tools(chat: Chat) -> list[dict[str, Any]]:
    """The tools that the model may choose from. It cannot be made to call one; it is offered the wanted one only."""
    if chat.choice == "none":
        return []
    wanted = chat.choice[1:] if chat.choice and chat.choice.startswith("=") else None
    return [{"type": "function", "function": tool} for tool in chat.tools if wanted in (None, tool["name"])]


def _options(chat: Chat) -> dict[str, Any]:
    given = chat.given
    own = given.get("options")
    options: dict[str, Any] = dict(own) if isinstance(own, dict) else {}
    options |= {name: given[name] for name in _OPTIONS if given.get(name) is not None}
    if chat.limit is not None:
        options["num_predict"] = chat.limit
    if chat.stops:
        options["stop"] = chat.stops
    return options


def _message_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    message = body.get("message")
    return message if isinstance(message, dict) else {}


def _calls(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and arguments, as JSON, of each call."""
    functions = [call.get("function") for call in listed(message.get("tool_calls")) if isinstance(call, dict)]
    return [
        (str(function.get("name") or ""), dump(function.get("arguments") or {}))
        for function in functions
        if isinstance(function, dict)
    ]


def _finish(body: Mapping[str, Any], *, calls: bool) -> str:
    return "tool_calls" if calls else _FINISH.get(str(body.get("done_reason")), "stop")


def _usage(body: Mapping[str, Any]) -> Usage:
    given, made = body.get("prompt_eval_count"), body.get("eval_count")
    return Usage(given if isinstance(given, int) else 0, made if isinstance(made, int) else 0)


class _Stream:
    """One stream of lines as chunks."""

    def __init__(self, made: Made) -> None:
        self._made = made
        self._chunks = Chunks(made)
        self._begun = False
        self._called = 0
        self.complete = False

    def feed(self, event: Mapping[str, Any]) -> list[bytes]:
        """What one line becomes."""
        if "error" in event:
            self.complete = True
            return [b"data: " + dump(error(event["error"], "api_error")).encode() + b"\n\n"]
        ready: list[bytes] = []
        if not self._begun:
            self._begun = True
            self._chunks.model = str(event.get("model") or self._chunks.model)
            ready.append(self._chunks.opening())
        message = _message_of(event)
        for name, field in (("thinking", "reasoning_content"), ("content", "content")):
            if isinstance(message.get(name), str) and message[name]:
                ready.append(self._chunks.delta({field: message[name]}))
        for name, arguments in _calls(message):
            ready.append(self._chunks.call(self._called, f"call_{self._made.mark}{self._called}", name, arguments))
            self._called += 1
        if event.get("done") is True:
            self.complete = True
            ready += self._chunks.ending(_finish(event, calls=self._called > 0), _usage(event))
        return ready

"""OpenAI's routes besides chat for `FakeProvider`: responses with their stored state, conversations, completions,
embeddings, moderations. What is asked is echoed, so whatever was scrambled comes back somewhere."""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.fake_media import media

USAGE = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
_ECHOED = (
    "instructions", "metadata", "tools", "tool_choice", "text", "user", "safety_identifier", "prompt_cache_key",
    "previous_response_id", "prompt", "reasoning",
)  # fmt: skip
_STORED = re.compile(
    r"(?:/v1)?/(responses|conversations)/(\w+_[^/]*\d[^/]*)(?:/(cancel|input_items|items))?(?:/([^/]+))?"
)


class Wanted(Protocol):
    """The part of a behaviour that answers here depend on."""

    text: str | None
    tool: tuple[str, str] | None
    piece: int
    done: bool
    mutate: Callable[[str], str]


@dataclass
class FakeOpenAI:
    """One provider's state. Ids are counted, so a test knows them."""

    responses: dict[str, dict[str, Any]] = field(default_factory=dict)
    inputs: dict[str, list[Any]] = field(default_factory=dict)
    streams: dict[str, list[bytes]] = field(default_factory=dict)
    conversations: dict[str, dict[str, Any]] = field(default_factory=dict)
    count: int = 0

    def answer(self, method: str, target: str, asked: dict[str, Any], how: Wanted) -> Any:
        """What the route answers: a JSON value, an iterator of stream events, or None for a route of others."""
        path, _, query = target.partition("?")
        tail = path.removeprefix("/v1")
        if (stored := _STORED.fullmatch(path)) is not None:
            return self._stored(method, stored, query, asked)
        if method != "POST":
            return None
        makers = {
            "/responses/input_tokens": lambda: {"object": "response.input_tokens", "input_tokens": 11},
            "/responses": lambda: self._response(asked, how),
            "/responses/compact": lambda: self._compacted(asked),
            "/conversations": lambda: self._conversation(asked),
            "/completions": lambda: _completion(asked, how),
            "/embeddings": lambda: _embedding(asked),
            "/moderations": lambda: _moderation(asked),
        }
        return makers[tail]() if tail in makers else media(tail, asked, how.piece)

    def _compacted(self, asked: dict[str, Any]) -> Any:
        """What users said, and a cipher in which it stands, too."""
        name = self._id("cmp")
        said = [item for item in asked["input"] if item.get("role") == "user"]
        cipher = base64.b64encode(json.dumps(said).encode()).decode()
        item = {"type": "compaction", "id": name, "encrypted_content": cipher}
        messages = [{"type": "message", "id": f"msg_{name}{i}", **one} for i, one in enumerate(said)]
        head = {"id": self._id("resp"), "object": "response.compaction", "created_at": 1}
        return head | {"output": [*messages, item], "usage": USAGE}

    def _conversation(self, asked: dict[str, Any]) -> Any:
        made = {"id": self._id("conv"), "object": "conversation", "created_at": 1}
        made["metadata"] = asked.get("metadata") or {}
        self.conversations[made["id"]] = made
        self.inputs[made["id"]] = list(asked.get("items") or [])
        return made

    def _id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_fake{self.count:08d}"

    def _stored(self, method: str, place: re.Match[str], query: str, asked: dict[str, Any]) -> Any:
        kind, name, below, _ = place.groups()
        shelf = self.responses if kind == "responses" else self.conversations
        if name not in shelf:
            return {"error": {"message": "No such object", "type": "invalid_request_error", "code": "not_found"}}
        if method == "DELETE":
            del shelf[name]
            return {"id": name, "object": kind.removesuffix("s"), "deleted": True}
        if below in ("input_items", "items"):
            if method == "POST":
                self.inputs[name] += asked["items"]
            items = [{"id": f"msg_fake{i:08d}", **item} for i, item in enumerate(self.inputs[name])]
            return {"object": "list", "data": items, "has_more": False, "first_id": "", "last_id": ""}
        if method == "POST" and below is None:
            shelf[name]["metadata"] = asked["metadata"]
        if "stream=true" in query:
            after = re.search(r"starting_after=(\d+)", query)
            return iter(self.streams[name][int(after[1]) + 1 if after else 0 :])
        return shelf[name] | ({"status": "cancelled"} if below == "cancel" else {})

    def _response(self, asked: dict[str, Any], how: Wanted) -> Any:
        """The text of the answer is all that was said so far, or what the behaviour says."""
        items = asked.get("input") or []
        items = [{"type": "message", "role": "user", "content": items}] if isinstance(items, str) else items
        conversation = asked.get("conversation")
        conversation = conversation.get("id") if isinstance(conversation, dict) else conversation
        before = self.inputs.get(asked.get("previous_response_id") or conversation or "", [])
        name = self._id("resp")
        self.inputs[name] = [*before, *items]
        if conversation:
            self.inputs[conversation] = self.inputs[name]
        text = how.text if how.text is not None else " / ".join(filter(None, map(_said, self.inputs[name])))
        text = how.mutate(text)
        answer = _built(name, asked, _items(text, how, name[-8:])) | {
            "conversation": conversation and {"id": conversation}
        }
        self.responses[name] = answer
        self.streams[name] = list(_events(answer, how))
        return iter(self.streams[name]) if asked.get("stream") else answer


def _said(item: dict[str, Any]) -> str:
    if item.get("type") == "compaction":
        return " / ".join(map(_said, json.loads(base64.b64decode(item["encrypted_content"]))))
    content = item.get("content") or item.get("output") or ""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return str(content)


def _items(text: str, how: Wanted, number: str) -> list[dict[str, Any]]:
    reasoning: dict[str, Any] = {"type": "reasoning", "id": f"rs_fake{number}", "status": "completed"}
    reasoning["summary"] = [{"type": "summary_text", "text": text}]
    if how.tool:
        call = {
            "type": "function_call",
            "id": f"fc_fake{number}",
            "call_id": f"call_fake{number}",
            "status": "completed",
        }
        return [reasoning, call | {"name": how.tool[0], "arguments": how.tool[1]}]
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    message = {"type": "message", "id": f"msg_fake{number}", "role": "assistant", "status": "completed"}
    return [reasoning, message | {"content": [part]}]


def _built(name: str, asked: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    head = {"id": name, "object": "response", "created_at": 1_700_000_000, "status": "completed", "error": None}
    echo = {key: asked.get(key) for key in _ECHOED} | {"tools": asked.get("tools") or [], "incomplete_details": None}
    echo |= {"metadata": asked.get("metadata") or {}, "tool_choice": asked.get("tool_choice") or "auto"}
    echo["text"] = asked.get("text") or {"format": {"type": "text"}}
    return head | {"model": asked["model"], "parallel_tool_calls": True, "output": items, "usage": USAGE} | echo


def _events(answer: dict[str, Any], how: Wanted) -> Iterator[bytes]:
    number = 0

    def event(kind: str, **data: object) -> bytes:
        nonlocal number
        told = {"type": kind, "sequence_number": number, **data}
        number += 1
        return f"event: {kind}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n".encode()

    begun = answer | {"status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(answer["output"]):
        place = {"item_id": item["id"], "output_index": index}
        kind, inner, names = _channel(item)
        empty = item | {name: [] for name in names} if names else item | {"arguments": ""}
        yield event("response.output_item.added", output_index=index, item=empty | {"status": "in_progress"})
        at = {"summary_index": 0} if kind == "reasoning_summary_text" else {"content_index": 0} if names else {}
        part = item[names[0]][0] if names else {}
        stem = "response.reasoning_summary_part" if kind == "reasoning_summary_text" else "response.content_part"
        if names:
            yield event(f"{stem}.added", **place, **at, part=part | {"text": ""})
        text = part["text"] if names else item["arguments"]
        size = how.piece or 3
        for start in range(0, len(text), size):
            piece = {"delta": text[start : start + size], "obfuscation": "xYz"}
            yield event(f"response.{kind}.delta", **place, **at, **piece, **({"logprobs": []} if names else {}))
        yield event(f"response.{kind}.done", **place, **at, **{inner: text}, **({"logprobs": []} if names else {}))
        if names:
            yield event(f"{stem}.done", **place, **at, part=part)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=answer)


def _channel(item: dict[str, Any]) -> tuple[str, str, list[str]]:
    """Name of the events that bring an item's text, the field of the `.done` event, the list that holds the part."""
    if item["type"] == "reasoning":
        return "reasoning_summary_text", "text", ["summary"]
    return (
        ("output_text", "text", ["content"])
        if item["type"] == "message"
        else ("function_call_arguments", "arguments", [])
    )


def _completion(asked: dict[str, Any], how: Wanted) -> Any:
    prompts = asked["prompt"] if isinstance(asked["prompt"], list) else [asked["prompt"]]
    texts = [how.mutate(how.text if how.text is not None else str(prompt)) for prompt in prompts]
    head = {"id": "cmpl-fake1", "object": "text_completion", "created": 1, "model": asked["model"]}

    def choice(index: int, text: str, end: str | None) -> dict[str, Any]:
        return {"index": index, "text": text, "logprobs": None, "finish_reason": end}

    def stream() -> Iterator[bytes]:
        size = how.piece or 3
        longest = max(map(len, texts))
        for start in range(0, longest, size):  # choices by turns
            for index, text in enumerate(texts):
                if piece := text[start : start + size]:
                    yield b"data: " + json.dumps(head | {"choices": [choice(index, piece, None)]}).encode() + b"\n\n"
        for index in range(len(texts)):
            yield b"data: " + json.dumps(head | {"choices": [choice(index, "", "stop")]}).encode() + b"\n\n"
        yield b"data: [DONE]\n\n"

    if asked.get("stream"):
        return stream()
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return head | {"choices": [choice(i, text, "stop") for i, text in enumerate(texts)], "usage": usage}


def _embedding(asked: dict[str, Any]) -> Any:
    """A vector of two numbers per input that depends on its text alone."""
    texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    vectors = [[float(len(str(text))), float(sum(map(ord, str(text))) % 997)] for text in texts]
    packed = asked.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(struct.pack("<2f", *vector)).decode() if packed else vector,
        }
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 11, "total_tokens": 11}
    return {"object": "list", "data": data, "model": asked["model"], "usage": usage}


def _moderation(asked: dict[str, Any]) -> Any:
    inputs = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    result = {"flagged": False, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}
    return {
        "id": "modr-fake1",
        "model": asked.get("model", "omni-moderation-latest"),
        "results": [result] * len(inputs),
    }


def dump(value: object) -> bytes:
    """JSON as providers write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def pieces(text: str, size: int) -> list[str]:
    """`text` in pieces of `size` characters, or one word each when it is 0."""
    return [text[i : i + size] for i in range(0, len(text), size)] if size else re.findall(r"\s*\S+|\s+$", text)


CHAT_USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


def chat_plain(parsed: dict[str, Any], text: str, how: Wanted) -> dict[str, Any]:
    """A whole chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if how.tool:
        call = {"id": "call_fake1", "type": "function", "function": {"name": how.tool[0], "arguments": how.tool[1]}}
        message |= {"content": None, "tool_calls": [call]}
    choices = [
        {"index": i, "message": message, "logprobs": None, "finish_reason": "tool_calls" if how.tool else "stop"}
        for i in range(parsed.get("n") or 1)
    ]
    return {
        "id": "chatcmpl-fake1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": parsed.get("model", "fake-1"),
        "choices": choices,
        "usage": CHAT_USAGE,
    }


def chat_stream(parsed: dict[str, Any], text: str, how: Wanted) -> Iterator[bytes]:
    """Deltas of all choices by turns, then the usage chunk when asked for, then [DONE]."""
    count = parsed.get("n") or 1

    def event(choices: list[dict[str, Any]], **more: object) -> bytes:
        head = {"id": "chatcmpl-fake1", "object": "chat.completion.chunk", "created": 1_700_000_000}
        return b"data: " + dump(head | {"model": parsed.get("model", "fake-1"), "choices": choices} | more) + b"\n\n"

    def choice(index: int, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {"index": index, "delta": delta, "finish_reason": finish}

    first: dict[str, Any] = {"role": "assistant", "content": None if how.tool else ""}
    if how.tool:
        call = {"index": 0, "id": "call_fake1", "type": "function", "function": {"name": how.tool[0], "arguments": ""}}
        first["tool_calls"] = [call]
    for index in range(count):
        yield event([choice(index, first)])
    for piece in pieces(how.tool[1] if how.tool else text, how.piece):
        arguments = {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
        for index in range(count):
            yield event([choice(index, arguments if how.tool else {"content": piece})])
    for index in range(count):
        yield event([choice(index, {}, "tool_calls" if how.tool else "stop")])
    if (parsed.get("stream_options") or {}).get("include_usage"):
        yield event([], usage=CHAT_USAGE)
    if how.done:
        yield b"data: [DONE]\n\n"

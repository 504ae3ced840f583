"""A stream of chat completion chunks as the events of a response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from proxy.dialects.translate.chat import listed
from proxy.dialects.translate.completion import Made, dump
from proxy.dialects.translate.responses import begun, call_item, ended, message_item, output_text, reasoning_item

_Json = dict[str, Any]
_PARTS: Final = {
    "reasoning": ("response.reasoning_summary_part", "response.reasoning_summary_text", "summary_index"),
    "message": ("response.content_part", "response.output_text", "content_index"),
}


class _Item:
    """One item of the output while it grows."""

    def __init__(self, kind: str, index: int, number: int, call: str = "", name: str = "") -> None:
        self.kind = kind
        self.index = index
        self.number = number
        self.call = call
        self.name = name
        self.text = ""

    def written(self, made: Made, status: str = "completed") -> _Json:
        """The item as it stands in events and in the output."""
        if self.kind == "reasoning":
            return reasoning_item(made, self.text, status)
        if self.kind == "message":
            return message_item(made, self.text, status)
        return call_item(made, self.number, self.call, self.name, self.text, status)


class ResponseEvents:
    """Writes the events of one response. `complete`: it came to its proper end, which is the chunk with a finish."""

    def __init__(self, asked: Mapping[str, Any], made: Made) -> None:
        self._asked = asked
        self._made = made
        self._sequence = 0
        self._items: list[_Item] = []
        self._open: _Item | None = None
        self._calls: dict[int, _Item] = {}
        self._response: _Json = {}
        self._finish = ""
        self._usage: object = None

    @property
    def complete(self) -> bool:
        """Whether the model has said why it ended."""
        return bool(self._finish)

    def feed(self, chunk: Mapping[str, Any]) -> list[bytes]:
        """What one chunk becomes. Raises ValueError for a number that JSON does not know."""
        out: list[bytes] = []
        if not self._response:
            self._response = begun(self._asked, self._made, chunk.get("model"))
            out += [self._event(f"response.{state}", response=self._response) for state in ("created", "in_progress")]
        self._usage = chunk.get("usage") or self._usage
        for choice in listed(chunk.get("choices"))[:1]:
            delta = choice.get("delta") if isinstance(choice, dict) else None
            if isinstance(delta, dict):
                out += self._said(delta)
            if isinstance(choice, dict) and isinstance(choice.get("finish_reason"), str):
                self._finish = choice["finish_reason"]
        return out

    def finish(self) -> list[bytes]:
        """The end: the last item is done, and the response complete or cut by a limit."""
        out = self._closed()
        whole = ended(self._response, [item.written(self._made) for item in self._items], self._finish, self._usage)
        return [*out, self._event(f"response.{whole['status']}", response=whole)]

    def _said(self, delta: Mapping[str, Any]) -> list[bytes]:
        out: list[bytes] = []
        for field, kind in (("reasoning_content", "reasoning"), ("content", "message")):
            if isinstance(delta.get(field), str) and delta[field]:
                out += [*self._opened(kind), self._delta(delta[field])]
        for call in listed(delta.get("tool_calls")):
            if isinstance(call, dict):
                out += self._called(call)
        return out

    def _called(self, call: Mapping[str, Any]) -> list[bytes]:
        function = call["function"] if isinstance(call.get("function"), dict) else {}
        index = call["index"] if isinstance(call.get("index"), int) else len(self._calls)
        out: list[bytes] = []
        item = self._calls.get(index)
        if item is None:
            named = str(call.get("id") or ""), str(function.get("name") or "")
            item = self._calls[index] = _Item("call", len(self._items), len(self._calls), *named)
            out += self._began(item)
        if isinstance(function.get("arguments"), str) and function["arguments"] and item is self._open:
            out.append(self._delta(function["arguments"]))
        return out

    def _opened(self, kind: str) -> list[bytes]:
        """The item of this kind is the open one."""
        if self._open is not None and self._open.kind == kind:
            return []
        return self._began(_Item(kind, len(self._items), 0))

    def _began(self, item: _Item) -> list[bytes]:
        out = self._closed()
        self._items.append(item)
        self._open = item
        made = item.written(self._made, "in_progress")
        out.append(self._event("response.output_item.added", output_index=item.index, item=made))
        if item.kind in _PARTS:
            out.append(self._event(f"{_PARTS[item.kind][0]}.added", **self._place(item), part=_part(item.kind, "")))
        return out

    def _delta(self, piece: str) -> bytes:
        item = self._open
        if item is None:
            raise ValueError("a delta without an item")
        item.text += piece
        kind = _PARTS[item.kind][1] if item.kind in _PARTS else "response.function_call_arguments"
        more: _Json = {"logprobs": []} if item.kind == "message" else {}
        return self._event(f"{kind}.delta", **self._place(item), delta=piece, **more)

    def _closed(self) -> list[bytes]:
        item, self._open = self._open, None
        if item is None:
            return []
        place = self._place(item)
        if item.kind in _PARTS:
            part, text, _ = _PARTS[item.kind]
            more: _Json = {"logprobs": []} if item.kind == "message" else {}
            out = [self._event(f"{text}.done", **place, text=item.text, **more)]
            out.append(self._event(f"{part}.done", **place, part=_part(item.kind, item.text)))
        else:
            told = {"name": item.name, "arguments": item.text}
            out = [self._event("response.function_call_arguments.done", **place, **told)]
        whole = item.written(self._made)
        return [*out, self._event("response.output_item.done", output_index=item.index, item=whole)]

    def _place(self, item: _Item) -> _Json:
        place: _Json = {"item_id": item.written(self._made)["id"], "output_index": item.index}
        return place | ({_PARTS[item.kind][2]: 0} if item.kind in _PARTS else {})

    def _event(self, kind: str, **told: object) -> bytes:
        event = {"type": kind, "sequence_number": self._sequence, **told}
        self._sequence += 1
        return f"event: {kind}\ndata: {dump(event)}\n\n".encode()


def _part(kind: str, text: str) -> _Json:
    return output_text(text) if kind == "message" else {"type": "summary_text", "text": text}

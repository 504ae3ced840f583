"""Files and batches of a provider, done at once: each request is answered with its last user message."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FakeBatches:
    """Keeps what was uploaded and what came of it, by id."""

    files: dict[str, bytes] = field(default_factory=dict)
    stores: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, body: bytes) -> bytes | None:
        """The body of an answer, None for another route."""
        steps = path.removeprefix("/v1").strip("/").split("/")
        if steps[:2] == ["messages", "batches"]:
            self.asked.append(path)
            return self._messages(method, steps[2:], body)
        if steps[0] == "files":
            self.asked.append(path)
            return self._files(method, steps[1:], body)
        if steps[0] == "vector_stores":
            self.asked.append(path)
            return self._stores(method, steps[1:], json.loads(body or b"{}"))
        if steps[0] == "batches":
            self.asked.append(path)
            return self._batch(method, steps[1:], body)
        return None

    def _files(self, method: str, steps: list[str], body: bytes) -> bytes:
        if method == "POST":
            name = f"file-fake{len(self.files) + 1}"
            self.files[name] = body.partition(b"filename=")[2].partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
            self.names[name] = body.partition(b'filename="')[2].partition(b'"')[0].decode()
            return _dump({"id": name, "object": "file", "purpose": "batch", "filename": self.names[name], "bytes": 1})
        if steps[1:] == ["content"]:
            return self.files[steps[0]]
        if method == "DELETE":
            return _dump({"id": steps[0], "object": "file", "deleted": True})
        return _dump({"id": steps[0], "object": "file", "filename": self.names.get(steps[0], "batch.jsonl")})

    def _batch(self, method: str, steps: list[str], body: bytes) -> bytes:
        if method == "POST" and not steps:
            given = json.loads(body)
            name, output = f"batch_fake{len(self.batches) + 1}", f"file-out{len(self.files) + 1}"
            lines = [json.loads(line) for line in self.files[given["input_file_id"]].split(b"\n")]
            self.files[output] = b"\n".join(map(_result, lines))
            self.batches[name] = {"id": name, "object": "batch", **given, "status": "validating"}
            self.batches[name] |= {"errors": None, "done": {"status": "completed", "output_file_id": output}}
            return _dump({key: value for key, value in self.batches[name].items() if key != "done"})
        kept = self.batches[steps[0]]
        return _dump({**{key: value for key, value in kept.items() if key != "done"}, **kept["done"]})

    def _stores(  # noqa: PLR0911 - one way out per route
        self, method: str, steps: list[str], asked: dict[str, Any]
    ) -> bytes:
        """A store answers with what it was told; a search finds the files' texts."""
        if not steps:
            name = f"vs_fake{len(self.stores) + 1}"
            self.stores[name] = {"id": name, "object": "vector_store", "file_ids": [], **asked}
            return _dump(self.stores[name])
        store, below = self.stores[steps[0]], steps[1:]
        if below == ["search"]:
            texts = {name: self.files[name].decode() for name in store["file_ids"]}
            hit = [_hit(name, text, self.names[name]) for name, text in texts.items() if asked["query"] in text]
            return _dump({"object": "vector_store.search_results.page", "search_query": [asked["query"]], "data": hit})
        if below[:1] == ["files"] and method == "POST":
            name = asked.get("file_id") or below[1]
            store["file_ids"] = [*dict.fromkeys([*store["file_ids"], name])]
            head = {"id": name, "object": "vector_store.file", "vector_store_id": steps[0], "status": "completed"}
            return _dump(head | {"attributes": asked.get("attributes")})
        if below[2:] == ["content"]:
            return _dump({"object": "page", "data": [{"type": "text", "text": self.files[below[1]].decode()}]})
        if below[:1] == ["file_batches"]:
            return _dump({"id": "vsfb_fake1", "object": "vector_store.files_batch", "vector_store_id": steps[0]})
        if below:
            return _dump({"object": "list", "data": [], "id": below[1] if below[1:] else None, "deleted": True})
        return _dump({"id": steps[0], "deleted": True} if method == "DELETE" else store | asked)

    def _messages(self, method: str, steps: list[str], body: bytes) -> bytes:
        if method == "POST" and not steps:
            name = f"msgbatch_fake{len(self.batches) + 1}"
            self.batches[name] = {"requests": json.loads(body)["requests"]}
            return _batch_object(name, "in_progress")
        if steps[1:] == ["results"]:
            return b"\n".join(_message(request) for request in self.batches[steps[0]]["requests"]) + b"\n"
        if method == "DELETE":
            return _dump({"id": steps[0], "type": "message_batch_deleted"})
        return _batch_object(steps[0], "canceling" if steps[1:] == ["cancel"] else "ended")


def _hit(name: str, text: str, file_name: str) -> dict[str, Any]:
    found = {"file_id": name, "filename": file_name, "score": 0.5, "attributes": {"by": text}}
    return found | {"content": [{"type": "text", "text": text}]}


def _batch_object(name: str, status: str) -> bytes:
    counts = dict.fromkeys(("canceled", "errored", "expired", "processing", "succeeded"), 0)
    times = {"created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-02T00:00:00Z"}
    url = f"https://api.anthropic.com/v1/messages/batches/{name}/results" if status == "ended" else None
    head = {"id": name, "type": "message_batch", "processing_status": status, "request_counts": counts}
    return _dump({**head, **times, "results_url": url})


def _message(request: dict[str, Any]) -> bytes:
    said = request["params"]["messages"][-1]["content"]
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": said}],
    }
    message |= {"stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
    return _dump({"custom_id": request["custom_id"], "result": {"type": "succeeded", "message": message}})


def _result(line: dict[str, Any]) -> bytes:
    body = line["body"]
    said = body["messages"][-1]["content"] if "messages" in body else body["input"]
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
    answer = {"id": "chatcmpl-1", "object": "chat.completion", "model": body["model"], "choices": [choice]}
    return _dump({"custom_id": line["custom_id"], "response": {"status_code": 200, "body": answer}, "error": None})


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()

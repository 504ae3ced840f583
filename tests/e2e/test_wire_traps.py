"""Traps of the APIs that no other test holds (docs/wire-traps.md)."""

from __future__ import annotations

import json
import re

import pytest

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = ENTITY_TYPES["PERSON"].example
CHAT = "/v1/chat/completions"
ODD = (
    '{ "model":%s,\t"b":{"z":1,"a":1.0,"a":-0.0},"n_":12345678901234567890123, %s,"x":"\\u00e9\\/ \\ud83d\\ude00 é" }\n'
)
BODIES = {
    CHAT: ("m", '"messages":[{"content":"hi","role":"user"}]'),
    "/v1/completions?api-version=2024-10-21": ("m", '"prompt":["hi"]'),
    "/v1/embeddings": ("m", '"input":"hi"'),
    "/v1/moderations": ("m", '"input":"hi"'),
    "/v1/responses": ("m", '"store":false,"input":[{"role":"user","content":"hi"}]'),
    "/v1/responses/input_tokens": ("m", '"input":"hi"'),
    "/v1/messages?beta=true": ("claude/m", '"max_tokens":9,"messages":[{"role":"user","content":"hi"}]'),
    "/v1/messages/count_tokens": ("claude/m", '"messages":[{"role":"user","content":"hi"}]'),
    "/api/chat": ("llama/m", '"messages":[{"role":"user","content":"hi"}]'),
    "/api/generate": ("llama/m", '"prompt":"hi"'),
    "/api/embed": ("llama/m", '"input":["hi"]'),
}
HEADERS = {
    "user-agent": "Odd/1.0 (Linux; x86_64) odder/2",
    "accept": "application/json",
    "content-type": "application/json; charset=utf-8",
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "a-1,b-2",
    "openai-beta": "x=y",
    "idempotency-key": "stainless-1",
    "x-stainless-retry-count": "2",
}
_HOP = {"host", "connection", "content-length", "accept-encoding", "authorization", "x-api-key", "api-key"}


@pytest.mark.parametrize("target", BODIES)
async def test_with_nothing_found_every_route_leaves_as_it_came(gateway: Running, target: str) -> None:
    model, more = BODIES[target]
    gateway.provider.behaviour = Behaviour(raw=b"{}")
    status, _, answer = await gateway.call(target, (ODD % (json.dumps(model), more)).encode(), headers=HEADERS)
    assert status == 200, answer
    (request,) = gateway.provider.requests
    assert (request.method, request.target) == ("POST", target)
    assert request.body.decode() == ODD % (json.dumps(model.rpartition("/")[2]), more)
    left = {name.decode().lower(): value.decode("latin-1") for name, value in request.headers}
    assert {name: value for name, value in left.items() if name not in _HOP} == {
        name: value.encode().decode("latin-1") for name, value in HEADERS.items()
    }


async def test_log_probabilities_stay_and_texts_come_back(gateway: Running) -> None:
    await gateway.call(CHAT, {"model": "m", "messages": [{"role": "user", "content": NAME}]})
    token = re.findall(r"PERSON_[0-9A-Z]{8}", gateway.provider.requests[-1].body.decode())[0]
    content = [{"token": token[:4], "bytes": list(token[:4].encode()), "logprob": -1.0, "top_logprobs": []}]
    choice = {"index": 0, "message": {"role": "assistant", "content": token}, "logprobs": {"content": content}}
    gateway.provider.behaviour = Behaviour(raw=json.dumps({"id": "x", "choices": [choice]}).encode())
    _, _, answer = await gateway.call(CHAT, {"model": "m", "messages": [{"role": "user", "content": NAME}]})
    told = json.loads(answer)["choices"][0]
    assert told["message"]["content"] == NAME
    assert told["logprobs"] == {"content": content}


async def test_stop_strings_and_predictions_have_the_tokens_of_the_messages(gateway: Running) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": f"Letter to {NAME}"}], "stop": [f"Dear {NAME}"]}
    await gateway.call(CHAT, body | {"prediction": {"type": "content", "content": f"For {NAME}"}, "user": NAME})
    left = gateway.provider.requests[-1].json
    tokens = re.findall(r"PERSON_[0-9A-Z]{8}", json.dumps(left))
    assert len(set(tokens)) == 1
    assert left["stop"] == [f"Dear {tokens[0]}"]
    assert left["prediction"]["content"] == f"For {tokens[0]}"
    assert left["user"] == tokens[0]


@pytest.mark.parametrize(
    ("path", "more", "stop", "warns"),
    [
        (CHAT, {}, {"stop": [f"Dear {NAME}"]}, True),
        (CHAT, {}, {"stop": "_"}, True),
        (CHAT, {"stream": True}, {"stop": ["END", "PERSON"]}, True),
        (CHAT, {}, {"stop": ["END", "\n"]}, False),
        ("/v1/messages", {"model": "claude/m", "max_tokens": 5}, {"stop_sequences": ["N_"]}, True),
        ("/api/chat", {"model": "llama/m"}, {"options": {"stop": ["N_"]}}, True),
        ("/api/chat", {"model": "llama/m"}, {"options": {"stop": ["</s>"]}}, False),
    ],
)
async def test_a_stop_string_that_can_cut_a_token_is_told(
    gateway: Running, path: str, more: dict[str, object], stop: dict[str, object], *, warns: bool
) -> None:
    before = await gateway.metric("sting_warnings_total", warning="stop")
    body = {"model": "m", "messages": [{"role": "user", "content": f"Letter to {NAME}"}]} | more | stop
    status, headers, _ = await gateway.call(path, body)
    assert (status, headers.get("x-sting-warning")) == (200, "stop" if warns else None)
    assert await gateway.metric("sting_warnings_total", warning="stop") == before + warns
    body["messages"] = [{"role": "user", "content": "nobody's letter"}]
    if NAME not in str(stop):
        assert "x-sting-warning" not in (await gateway.call(path, body))[1]


async def test_annotations_of_the_second_turn_count_in_what_the_provider_sees(gateway: Running) -> None:
    """An answer that cites is played back; known beginnings of conversations do not lose the shift."""
    text = f"{NAME} wrote it. See there."
    start = text.index("See")
    citation = {"start_index": start, "end_index": start + 3, "title": "t", "url": "https://a.example"}
    said = {"role": "assistant", "content": text, "annotations": [{"type": "url_citation", "url_citation": citation}]}
    messages = [{"role": "user", "content": f"Who is {NAME}?"}, said, {"role": "user", "content": "And?"}]
    for more in ([], [{"role": "assistant", "content": "Yes"}, {"role": "user", "content": "Well?"}]):
        await gateway.call(CHAT, {"model": "m", "messages": messages + more})
        sent = gateway.provider.requests[-1].json["messages"]
        (back,) = [message for message in sent if "annotations" in message]
        place = back["annotations"][0]["url_citation"]
        assert back["content"][place["start_index"] : place["end_index"]] == "See"
        assert NAME not in back["content"]


async def test_comments_ids_and_line_ends_of_a_stream_stay(gateway: Running) -> None:
    event = b'id: 7\r\nevent: message\r\ndata: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\r\n\r\n'
    raw = b": keep-alive\r\n\r\n" + event + b"event: ping\r\ndata: {}\r\n\r\ndata: [DONE]\r\n\r\n"
    gateway.provider.behaviour = Behaviour(raw=raw, content_type="text/event-stream; charset=utf-8")
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": NAME}]}
    status, headers, answer = await gateway.call(CHAT, body)
    assert (status, headers["x-accel-buffering"]) == (200, "no")
    assert answer == raw


@pytest.mark.parametrize(
    ("path", "last", "kind"),
    [
        (CHAT, b"data: [DONE]", "text/event-stream"),
        (CHAT, b"data: [DONE]\n", "text/event-stream"),
        ("/v1/messages", b'event: message_stop\ndata: {"type":"message_stop"}\r\n', "text/event-stream"),
        ("/api/chat", b'{"message":{"content":"x"},"done":true}', "application/x-ndjson"),
    ],
)
async def test_a_stream_whose_last_line_end_is_missing_is_whole(
    gateway: Running, path: str, last: bytes, kind: str
) -> None:
    model, rest = BODIES[path.replace("messages", "messages?beta=true")]
    body = {**json.loads(f"{{{rest}}}"), "model": model, "stream": True}
    first = b'data: {"choices":[]}\n\n' if path == CHAT else b""
    gateway.provider.behaviour = Behaviour(raw=first + last, content_type=kind)
    headers = {"anthropic-version": "2023-06-01"} if "messages" in path else {}
    status, _, answer = await gateway.call(path, body, headers=headers)
    assert (status, answer.rstrip()) == (200, (first + last).rstrip())
    assert answer.endswith(b"\n")

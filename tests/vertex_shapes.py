"""Answers of Vertex AI with the structure of recorded exchanges; every value is made up here.

Structures (order of members, padding, headers, what stands where) were checked against what others have published:

- Claude, recorded: `charmbracelet/fantasy`, providertests/testdata/TestGoogleCommon/vertex-claude-3-7-sonnet:
  simple_streaming.yaml, tool.yaml and tool_streaming.yaml. `pydantic/pydantic-ai-gateway`,
  proxy-vcr/proxy_vcr/cassettes: google-vertex-anthropic-client.yaml and google-vertex-fallback.yaml (headers and caches
  of a whole answer), google-vertex-google-vertex-anthropic-client.yaml (404) and google-vertex-03b921fc….yaml (401).
  `vertex_event` and its tiers as `vercel/ai` issue 11309 quotes it; Anthropic's own refusals with the member
  `request_id` as `anthropics/claude-code` issue 12429 does.
- The endpoint for OpenAI's API: no cassette was found. A whole answer as `aimlapi/api-docs` shows one of
  gemini-3.1-pro-preview (docs/api-references/text-models-llm/Google); streamed pieces of arguments and answers that are
  images as Google's own examples of that endpoint give them; calls with a signature as `1jehuang/jcode` issue 1040
  quotes them; errors in a list as `yym68686/uni-api` issue 41 does.
"""

from __future__ import annotations

import json
from typing import Any

from tests.cloud_shapes import SSE, pieces
from tests.fake_clouds import Given

_GOOGLES = {
    "alt-svc": 'h3=":443"; ma=2592000,h3-29=":443"; ma=2592000',
    "server": "scaffolding on HTTPServer2",
    "vary": "Origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "0",
}
_PREDICTED = {
    **_GOOGLES,
    "request-id": "req_vrtx_011Ab",
    "x-vertex-ai-input-tokens": "9",
    "x-vertex-ai-internal-prediction-backend": "harpoon",
    "x-vertex-ai-output-tokens": "5",
    "x-vertex-ai-received-request-id": "7be2-2",
}
_JSON_UTF8 = "application/json; charset=UTF-8"
_CACHES = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
_SPANS = {"cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}}


def _message(content: list[Any], stop_reason: str | None, **usage: Any) -> dict[str, Any]:
    kept = {"model": "claude-small-20260101", "id": "msg_vrtx_01Ab", "type": "message", "role": "assistant"}
    return {**kept, "content": content, "stop_reason": stop_reason, "stop_sequence": None, "usage": usage}


def _call(arguments: dict[str, str]) -> dict[str, Any]:
    return {"type": "tool_use", "id": "toolu_vrtx_01Cd", "name": "send", "input": arguments}


def vertex_plain(text: str) -> Given:
    """A whole answer with a call; the caches are told, by their spans too."""
    content = [{"type": "text", "text": text}, _call({"who": text})]
    body = _message(content, "tool_use", input_tokens=9, **_CACHES, **_SPANS, output_tokens=5)
    return Given(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(), headers=_PREDICTED)


def _events(text: str) -> list[dict[str, Any]]:
    """A text, and a tool call whose first delta is empty, with the same text as its argument."""
    arguments = json.dumps({"who": text})

    def delta(index: int, **what: str) -> dict[str, Any]:
        return {"type": "content_block_delta", "index": index, "delta": what}

    message = _message([], None, input_tokens=9, **_CACHES, output_tokens=3)
    return [
        {"type": "message_start", "message": message},
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(delta(0, type="text_delta", text=piece) for piece in pieces(text)),
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": _call({})},
        *(delta(1, type="input_json_delta", partial_json=piece) for piece in ("", *pieces(arguments))),
        {"type": "content_block_stop", "index": 1},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use", "stop_sequence": None},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]


def _padded(number: int, event: dict[str, Any]) -> bytes:
    """An event with blanks before its last brace, none to fourteen; pings have one behind the colon instead."""
    if event["type"] == "ping":
        return b'event: ping\ndata: {"type": "ping"}\n\n'
    data = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    return f"event: {event['type']}\ndata: {data[:-1]}{' ' * (number * 7 % 15)}}}\n\n".encode()


def vertex_stream(text: str) -> Given:
    """Anthropic's events, padded."""
    raw = b"".join(_padded(number, event) for number, event in enumerate(_events(text)))
    return Given(raw, content_type=SSE, headers=_PREDICTED)


def vertex_stream_told(text: str) -> Given:
    """The same with Vertex AI's own event, which tells usage by tiers."""
    counted = {"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": None, "web_search_requests": None}
    told = {"type": "vertex_event", "usage": {**counted, "tiers": {"0-to-200000": {**counted, **_SPANS}}}}
    raw = b"".join(_padded(number, event) for number, event in enumerate([told, *_events(text)]))
    return Given(raw, content_type=SSE, headers=_PREDICTED)


def _google_error(status: int, body: dict[str, Any] | list[Any], **headers: str) -> Given:
    raw = json.dumps(body, indent=2).encode() + b"\n"
    return Given(raw, status=status, content_type=_JSON_UTF8, headers={**_GOOGLES, **headers})


def vertex_refused(text: str) -> Given:
    """Google's error, in a list."""
    error = {"code": 400, "message": f"not allowed: {text}", "status": "FAILED_PRECONDITION"}
    return _google_error(400, [{"error": error}])


def vertex_not_found(text: str) -> Given:
    """Google's error, an object."""
    return _google_error(404, {"error": {"code": 404, "message": f"Nothing here: {text}", "status": "NOT_FOUND"}})


def vertex_unauthorized(text: str) -> Given:
    """Google's refusal of a token, with details; what the browser should do stands in a header."""
    about = {"method": "google.cloud.aiplatform.v1.PredictionService.RawPredict", "service": "aiplatform.example"}
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_TYPE", "metadata": about}]
    error = {"code": 401, "message": f"Token refused: {text}", "status": "UNAUTHENTICATED", "details": details}
    realm = 'Bearer realm="https://accounts.example/", error="invalid_token"'
    return _google_error(401, {"error": error}, **{"www-authenticate": realm})


def vertex_exhausted(_text: str) -> Given:
    """Google's error with details."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"}]
    error = {"code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED", "details": details}
    return _google_error(429, {"error": error})


def vertex_refused_by_anthropic(text: str) -> Given:
    """Anthropic's own error, which comes through Google."""
    error = {"type": "invalid_request_error", "message": f"unexpected: {text}"}
    body = {"type": "error", "error": error, "request_id": "req_vrtx_01"}
    return Given(json.dumps(body).encode(), status=400, headers=_PREDICTED)


SIGNATURE = "CiQBjz1rX" + "aB3dEf/G+h" * 6 + "=="
_SIGNED = {"extra_content": {"google": {"thought_signature": SIGNATURE}}}
_GOOGLE_USAGE = {
    "completion_tokens": 3,
    "completion_tokens_details": {"reasoning_tokens": 20},
    "extra_properties": {"google": {"traffic_type": "ON_DEMAND"}},
    "prompt_tokens": 9,
    "total_tokens": 32,
}


def _function(arguments: str, call: str = "58-a") -> dict[str, Any]:
    return {"function": {"arguments": arguments, "name": "send"}, "id": f"function-call-{call}", "type": "function"}


def _google_call(text: str) -> dict[str, Any]:
    return {**_SIGNED, **_function(json.dumps({"who": text}))}


def _completion(message: dict[str, Any], finish_reason: str) -> Given:
    choice = {"finish_reason": finish_reason, "index": 0, "logprobs": None, "message": message}
    body = {"choices": [choice], "created": 1790000000, "id": "xYz1", "model": "google/gemini-small"}
    more = {"object": "chat.completion", "system_fingerprint": "", "usage": _GOOGLE_USAGE}
    return Given(json.dumps({**body, **more}, indent=2).encode(), content_type=_JSON_UTF8, headers=_GOOGLES)


def gemini_plain(text: str) -> Given:
    """A whole answer of the endpoint for OpenAI's API."""
    return _completion({"content": text, "role": "assistant", "tool_calls": [_google_call(text)]}, "tool_calls")


def gemini_signed(text: str) -> Given:
    """A text whose thoughts are signed beside it, in the message."""
    return _completion({"content": text, **_SIGNED, "role": "assistant"}, "stop")


def gemini_image(_text: str) -> Given:
    """A picture: it stands where OpenAI has a voice."""
    picture = {"data": "iVBORw0KGgo=", "extra_content": {"google": {"mime_type": "image/png"}}}
    return _completion({"audio": picture, "content": None, **_SIGNED, "role": "assistant"}, "stop")


def _chunk(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    choice = {"delta": delta, "finish_reason": None, "index": 0, "logprobs": None, **more}
    body = {"choices": [choice], "created": 1790000000, "id": "xYz1", "model": "google/gemini-small"}
    return {**body, "object": "chat.completion.chunk", "system_fingerprint": ""}


def _streamed(*chunks: dict[str, Any]) -> Given:
    """Chunks, the last of them with the usage."""
    events = [*chunks[:-1], {**chunks[-1], "usage": _GOOGLE_USAGE}]
    raw = "".join(f"data: {json.dumps(event, separators=(',', ':'))}\n\n" for event in events)
    return Given(f"{raw}data: [DONE]\n\n".encode(), content_type=SSE, headers=_GOOGLES)


def gemini_stream(text: str) -> Given:
    """Usage in the last chunk with its choice, calls whole."""
    call = {**_google_call(text), "index": 0}
    said = (_chunk({"content": piece, "role": "assistant"}) for piece in pieces(text))
    return _streamed(*said, _chunk({"role": "assistant", "tool_calls": [call]}, finish_reason="tool_calls"))


def gemini_stream_of_arguments(text: str) -> Given:
    """Two calls in pieces: each piece has name and id again, and a call's first one the index of its neighbour."""

    def piece(arguments: str, call: str, index: int, **more: Any) -> dict[str, Any]:
        parts = [{**more, **_function(arguments, call), "index": index}]
        chunk = _chunk({"role": "assistant", "tool_calls": parts})
        chunk["choices"][0].pop("finish_reason")
        return chunk

    chunks = [piece("", "58-a", 1, **_SIGNED)]
    written = json.dumps({"who": text})
    chunks += [piece(part, "58-a", 0) for part in pieces(written)]
    chunks.append(piece("", "58-b", 0))
    chunks += [piece(part, "58-b", 1) for part in pieces(written)]
    chunks[-1]["choices"][0]["finish_reason"] = "tool_calls"
    return _streamed(*chunks)

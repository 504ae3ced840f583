"""Answers of Azure and Bedrock with the structure of recorded exchanges; every value is made up here.

Structures (order of members, frames, what stands where) were checked against recordings that others have published:

- Azure: `traceloop/openllmetry`, packages/opentelemetry-instrumentation-openai/tests/traces/cassettes/test_azure:
  test_chat_streaming.yaml, test_chat_content_filtering.yaml, test_prompt_content_filtering.yaml. The refusal of
  too many requests as several public clients quote it.
- Bedrock: `open-telemetry/opentelemetry-python-contrib`, instrumentation/opentelemetry-instrumentation-botocore/tests/
  cassettes: test_invoke_model_with_response_stream_with_content_tool_call[anthropic.claude].yaml and
  test_invoke_model_with_response_stream_invalid_model.yaml. `traceloop/openllmetry`, packages/
  opentelemetry-instrumentation-bedrock/tests/traces/cassettes:
  test_anthropic/test_anthropic_3_completion_streaming.yaml (frames without padding) and
  test_guardrails/test_guardrail_invoke_stream.yaml. `DataDog/dd-trace-py`, tests/contrib/botocore/bedrock_cassettes:
  anthropic_message_invoke.yaml, meta_invoke_error.yaml. `crmne/ruby_llm`, spec/fixtures/vcr_cassettes:
  ask_bedrock_anthropic_claude-3-5-haiku-20241022-v1_0_can_ask_a_question_with_a_tool.yml.

Those of Vertex AI stand in `tests/vertex_shapes.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.fake_clouds import Given, chunk_frame, frame

SSE = "text/event-stream; charset=utf-8"
_SAFE: dict[str, Any] = {
    name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")
}
_PROMPT = [
    {"prompt_index": 0, "content_filter_results": {**_SAFE, "jailbreak": {"detected": False, "filtered": False}}}
]
_LATER = {"created": 1790000000, "id": "chatcmpl-AbC1", "model": "gpt-small-2026-01-01"}


def pieces(text: str) -> Iterator[str]:
    """A text in six deltas, whatever its length, that cut its words."""
    yield from (text[at * len(text) // 6 : (at + 1) * len(text) // 6] for at in range(6))


def _sse(*events: object, named: bool = False) -> bytes:
    lines = []
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event, separators=(",", ":"))
        name = f"event: {event['type']}\n" if named and isinstance(event, dict) else ""
        lines.append(f"{name}data: {data}\n\n")
    return "".join(lines).encode()


def azure_plain(text: str) -> Given:
    """A whole answer: filters before the message, the index behind it, the prompt's filters beside the choices."""
    choice = {
        "content_filter_results": {**_SAFE, "protected_material_text": {"detected": False, "filtered": False}},
        "finish_reason": "stop",
        "index": 0,
        "logprobs": None,
        "message": {"annotations": [], "content": text, "refusal": None, "role": "assistant"},
    }
    more = {"object": "chat.completion", "prompt_filter_results": _PROMPT, "system_fingerprint": "fp_1"}
    usage = {"completion_tokens": 4, "prompt_tokens": 9, "total_tokens": 13}
    headers = {
        "apim-request-id": "a-1",
        "x-ms-region": "East US 2",
        "x-request-id": "r-1",
        "x-ratelimit-reset-tokens": "7",
    }
    return Given(json.dumps({"choices": [choice], **_LATER, **more, "usage": usage}).encode() + b"\n", headers=headers)


def azure_filtered(_text: str) -> Given:
    """A whole answer that was filtered: its choice has no message."""
    results = {**_SAFE, "hate": {"filtered": True, "severity": "high"}}
    choice = {"content_filter_results": results, "finish_reason": "content_filter", "index": 0, "logprobs": None}
    more = {"object": "chat.completion", "prompt_filter_results": _PROMPT, "system_fingerprint": None}
    return Given(json.dumps({"choices": [choice], **_LATER, **more}).encode())


def azure_refused(text: str) -> Given:
    """A prompt that was filtered: 400 and why; here it quotes the prompt, too."""
    why = {"hate": {"filtered": True, "severity": "high"}, "sexual": {"filtered": False, "severity": "safe"}}
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": why}
    error = {"message": f"filtered: {text}", "type": None, "param": "prompt", "code": "content_filter", "status": 400}
    return Given(json.dumps({"error": {**error, "innererror": inner}}, indent=1).encode(), status=400)


def azure_limited(_text: str) -> Given:
    """Too much asked: the code is a text of digits, how long to wait stands in headers."""
    error = {"code": "429", "message": "Requests have exceeded the token rate limit. Please retry after 22 seconds."}
    waits = {"retry-after": "22", "retry-after-ms": "22000", "x-ratelimit-reset-tokens": "22"}
    return Given(json.dumps({"error": error}).encode(), status=429, headers=waits)


def azure_stream(text: str) -> Given:
    """A first chunk about the prompt alone, `index` behind the delta, padding, the end in an empty delta."""
    first = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": _PROMPT}

    def chunk(delta: dict[str, Any] | None, results: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"content_filter_results": results, **({} if delta is None else {"delta": delta})}
        choice |= {"finish_reason": finish, "index": 0, "logprobs": None}
        more = {"obfuscation": "Ji8", "object": "chat.completion.chunk", "system_fingerprint": "fp_1"}
        return {"choices": [choice], **_LATER, **more}

    start = chunk({"content": "", "refusal": None, "role": "assistant"}, {})
    deltas = (chunk({"content": piece}, _SAFE) for piece in pieces(text))
    offsets = chunk(None, {**_SAFE})  # filters that run beside the stream speak in chunks without a delta
    offsets["choices"][0]["content_filter_offsets"] = {"check_offset": 4, "start_offset": 0, "end_offset": 4}
    return Given(_sse(first, start, *deltas, offsets, chunk({}, _SAFE, "stop"), "[DONE]"), content_type=SSE)


def _message(**more: Any) -> dict[str, Any]:
    kept = {"id": "msg_bdrk_01Ab", "type": "message", "role": "assistant", "model": "claude-small"}
    return {
        **kept,
        **more,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }


def _events(text: str) -> list[dict[str, Any]]:
    """A text, and a tool call whose first delta is empty, with the same text as its argument."""
    arguments = json.dumps({"who": text})
    call = {"type": "tool_use", "id": "toolu_bdrk_01Cd", "name": "send", "input": {}}
    return [
        {"type": "message_start", "message": _message(content=[])},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": p}}
            for p in pieces(text)
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": call},
        *(
            {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": piece}}
            for piece in ("", *pieces(arguments))
        ),
        {"type": "content_block_stop", "index": 1},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use", "stop_sequence": None},
            "usage": {"output_tokens": 5},
        },
    ]


_METRICS = {"inputTokenCount": 9, "outputTokenCount": 5, "invocationLatency": 738, "firstByteLatency": 337}
_AWS = {"x-amzn-RequestId": "7be2-1", "X-Amzn-Bedrock-Content-Type": "application/json"}
_FRAMES = "application/vnd.amazon.eventstream"


def bedrock_stream(text: str) -> Given:
    """Frames with padding; the last event tells metrics."""
    last = {"type": "message_stop", "amazon-bedrock-invocationMetrics": _METRICS}
    raw = b"".join(chunk_frame(event, "abcdefghijkl"[: 3 + at % 9]) for at, event in enumerate([*_events(text), last]))
    return Given(raw, content_type=_FRAMES, headers=_AWS)


def bedrock_stream_unpadded(text: str) -> Given:
    """Frames as they were before padding."""
    raw = b"".join(chunk_frame(event, "") for event in [*_events(text), {"type": "message_stop"}])
    return Given(raw, content_type=_FRAMES, headers=_AWS)


def bedrock_stream_guarded(text: str) -> Given:
    """Bedrock's own guardrail tells what it found, in the last event."""
    match = {"guardrail": {"input": {"g-1": {"sensitiveInformationPolicy": {"piiEntities": [{"match": text}]}}}}}
    told = {"amazon-bedrock-guardrailAction": "INTERVENED", "amazon-bedrock-trace": match}
    events = [*_events(text), {"type": "message_stop", **told, "amazon-bedrock-invocationMetrics": _METRICS}]
    return Given(b"".join(map(chunk_frame, events)), content_type=_FRAMES, headers=_AWS)


def bedrock_stream_broken(text: str) -> Given:
    """An exception in the middle of a stream."""
    head = b"".join(map(chunk_frame, _events(text)[:6]))
    told = json.dumps({"message": f"model failed on {text}", "originalStatusCode": 500}).encode()
    kind = {"exception_type": "modelStreamErrorException", "content_type": "application/json"}
    return Given(head + frame(told, **kind, message_type="exception"), content_type=_FRAMES, headers=_AWS)


def bedrock_plain(text: str) -> Given:
    """A whole answer with a call."""
    call = {"type": "tool_use", "id": "toolu_bdrk_01Cd", "name": "send", "input": {"who": text}}
    body = _message(content=[{"type": "text", "text": text}, call]) | {"stop_reason": "tool_use"}
    headers = {**_AWS, "X-Amzn-Bedrock-Invocation-Latency": "886", "X-Amzn-Bedrock-Input-Token-Count": "9"}
    return Given(json.dumps(body).encode(), headers=headers)


def bedrock_refused(text: str) -> Given:
    """AWS's error: its type is a header with an address behind it."""
    kind = {"x-amzn-ErrorType": "ValidationException:http://internal.example/coral/"}
    return Given(json.dumps({"message": f"invalid: {text}"}, indent=2).encode(), status=400, headers={**_AWS, **kind})

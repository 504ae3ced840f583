"""Bodies that no client would send: never a 500, never a seeded value outside."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = ENTITY_TYPES["PERSON"].example
MAIL = ENTITY_TYPES["EMAIL_ADDRESS"].example
_TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {}}}}}
_CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"a": NAME})}}
_TALK = [
    {"role": "system", "content": f"About {NAME}"},
    {"role": "user", "content": [{"type": "text", "text": MAIL}]},
    {"role": "assistant", "content": None, "tool_calls": [_CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": MAIL},
]
_BLOCKS = [
    {"role": "user", "content": [{"type": "text", "text": NAME}]},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": [MAIL]}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": NAME}]},
]
_BATCH = {"requests": [{"custom_id": NAME, "params": {"model": "claude/x", "max_tokens": 9, "messages": _BLOCKS}}]}
_SAID: list[dict[str, Any]] = [{"role": "user", "content": MAIL}]
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "m", "messages": _TALK, "tools": [_TOOL], "stop": [MAIL], "user": MAIL},
    "/v1/completions": {"model": "m", "prompt": [NAME], "suffix": MAIL},
    "/v1/embeddings": {"model": "m", "input": [NAME, MAIL]},
    "/v1/moderations": {"input": [{"type": "text", "text": NAME}]},
    "/v1/responses": {"model": "m", "instructions": NAME, "input": _SAID, "metadata": {"a": NAME}},
    "/v1/responses/compact": {"model": "m", "instructions": NAME, "input": _SAID},
    "/v1/decisions": {"model": "m", "input": NAME, "questions": [{"name": MAIL, "instructions": NAME, "choices": []}]},
    "/v1/images/generations": {"model": "m", "prompt": NAME, "user": MAIL},
    "/v1/conversations": {"items": [{"type": "message", "role": "user", "content": NAME}], "metadata": {"a": MAIL}},
    "/v1/messages": {"model": "claude/x", "max_tokens": 9, "system": _SAID[0]["content"], "messages": _BLOCKS},
    "/v1/messages/batches": _BATCH,
    "/v1/vector_stores": {"name": NAME, "metadata": {"a": MAIL}, "expires_after": {"anchor": MAIL}},
    "/v1/batches": {"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h"},
    "/api/chat": {"model": "llama/x", "messages": [{"role": "user", "content": NAME}], "options": {"stop": [MAIL]}},
    "/api/generate": {"model": "llama/x", "prompt": NAME, "system": MAIL, "template": NAME},
    "/api/embed": {"model": "llama/x", "input": [NAME]},
}
_FIELDS = ("new_field", "text", "type", "role", "id", "name", "image_url", "input")
TRANSLATED = ("claude/x", "native/x", "sting-demo")

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.sampled_from([NAME, MAIL, "", "\ud83d", "data:image/png;base64,AA", "PERSON_K7Q2M9XA", f'{{"a": "{NAME}"}}']),
    st.text(max_size=20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.just([]),
    st.just({}),
    st.sampled_from(
        [[NAME], {"a": NAME}, [[MAIL]], {"type": "text", "text": MAIL}, {"type": "new_kind", "new": [NAME]}]
    ),
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A route, and its body with a few values replaced, added or taken away."""
    path = draw(st.sampled_from(sorted(BODIES)))
    body = copy.deepcopy(BODIES[path])
    if path in ("/v1/chat/completions", "/v1/responses") and draw(st.booleans()):
        body["model"] = draw(st.sampled_from(TRANSLATED))
    body["stream"] = draw(st.booleans())
    for _ in range(draw(st.integers(1, 3))):
        place: Any = body
        while True:
            keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if isinstance(inner, dict | list) and inner and draw(st.booleans()):
                place = inner
                continue
            change = draw(st.sampled_from(["replace", "drop", "add"]))
            if change == "drop":
                del place[key]
            elif change == "add" and isinstance(place, dict):
                place[draw(st.sampled_from(_FIELDS))] = copy.deepcopy(draw(junk))  # it may be spoilt further
            else:
                place[key] = copy.deepcopy(draw(junk))
            break
    return path, body


@settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(spoilt())
async def test_no_body_breaks_the_gateway_or_leaks(gateway: Running, made: tuple[str, dict[str, Any]]) -> None:
    path, body = made
    gateway.provider.requests.clear()
    gateway.provider.behaviour = Behaviour(raw=b"{}")
    headers = {"anthropic-version": "2023-06-01"} if "messages" in path else {}
    raw = json.dumps(body).encode()
    status, _, answer = await gateway.call(path, raw, headers=headers)
    assert b"sting_internal" not in answer
    for value in (NAME, MAIL):
        assert value.encode() not in gateway.provider.bytes_seen, "a seeded value left"
    if status >= 400:
        assert b"error" in answer


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(sorted(BODIES)),
    st.one_of(
        st.binary(max_size=80),
        st.sampled_from(
            [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 300, b'{"a":' * 100, b'{"model":1e999}']
        ),
    ),
)
async def test_what_is_no_body_breaks_nothing(gateway: Running, path: str, raw: bytes) -> None:
    gateway.provider.behaviour = Behaviour(raw=b"{}")
    status, _, answer = await gateway.call(path, raw)
    assert status < 500, answer

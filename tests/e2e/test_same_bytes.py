"""What needs no change is not changed: the very same bytes leave, and only scrambled strings are edited (section 2)."""

from __future__ import annotations

import json

import pytest

from tests.e2e.test_cells import CELLS, known
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/v1/chat/completions"
SAYS_LITTLE = Behaviour(mutate=lambda text: text.encode("ascii", "ignore").decode())
"""A provider that does not repeat half a character."""
ODD = (
    b'  {\t"messages" :[ {"content":"Hello \\u00e9 \\ud800 \\/ \\uD83D\\uDE00 there","role":"user"\n} ] ,'
    b'"model" : "gpt-4o","seed":123456789012345678901234567890,"temperature":1.0,"top_p":1E-0,"presence_penalty":-0.0,'
    b'"unknown":{"b":1,"a":2,"a":3},"stop":null,"logit_bias":{"50256":-100},"x":"\xc3\xa9\xe2\x80\xa8"}\r\n '
)
BODIES = {
    "white space, escapes, numbers, repeated keys": ODD,
    "keys in another order": b'{"stream":false,"messages":[{"role":"user","content":""}],"model":"gpt-4o"}',
    "a key twice": b'{"model":"gpt-4o","messages":[{"role":"user","content":"a","content":"b"}],"n":1,"n":1}',
    "no messages at all": b'{"model":"gpt-4o","messages":[]}',
    "deep": b'{"model":"gpt-4o","messages":[],"x":' + b"[" * 60 + b"]" * 60 + b"}",
    "a byte-order mark inside": '{"model":"gpt-4o","messages":[{"role":"user","content":"\ufeffhi"}]}'.encode(),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_request_without_findings_leaves_as_the_very_same_bytes(gateway: Running, name: str) -> None:
    gateway.provider.behaviour = SAYS_LITTLE
    status, _, _ = await gateway.call(CHAT, BODIES[name])
    assert status == 200
    assert [request.body for request in gateway.provider.requests] == [BODIES[name]]


@pytest.mark.parametrize("name", [name for name, cell in CELLS.items() if not cell.form])
async def test_every_route_sends_the_very_same_bytes_but_for_the_prefix_of_a_model(gateway: Running, name: str) -> None:
    await known(gateway)
    gateway.provider.behaviour = Behaviour(raw=b"{}")
    cell = CELLS[name]
    body = b"\t" + json.dumps(cell.body, indent=1, separators=(" ,", " :  ")).encode() + b"\r\n "
    body = body.replace(b'"@"', b'"\\u0048i \\/ \\ud800 caf\xc3\xa9"')
    await gateway.call(cell.path, body, headers={"X-Sting-Policy": "seeing"})
    (request,) = gateway.provider.requests
    assert (request.method, request.target) == ("POST", cell.path)
    assert request.body == body.replace(b'"claude/', b'"').replace(b'"llama/', b'"')


async def test_with_an_alias_only_the_model_differs(gateway: Running) -> None:
    gateway.provider.behaviour = SAYS_LITTLE
    status, _, _ = await gateway.call(CHAT, ODD.replace(b'"gpt-4o"', b'"alias"'))
    assert status == 200
    assert gateway.provider.requests[-1].body == ODD.replace(b'"gpt-4o"', b'"real-model"')


async def test_a_provider_prefix_is_cut_from_the_model(gateway: Running) -> None:
    await gateway.call(CHAT, ODD.replace(b'"gpt-4o"', b'"backup/llama"'))
    assert gateway.backup.requests[-1].body == ODD.replace(b'"gpt-4o"', b'"llama"')
    assert gateway.provider.requests == []


async def test_with_a_finding_only_its_string_and_the_notice_differ(gateway: Running) -> None:
    gateway.provider.behaviour = SAYS_LITTLE
    headers = {"X-Sting-Policy": "seeing"}  # it gives no notice
    before, after = ODD.split(b"Hello", 1)
    body = before + b"Margaret Okafor Hello" + after
    status, _, answer = await gateway.call(CHAT, body, headers=headers)
    assert status == 200
    sent = gateway.provider.requests[-1].body
    assert sent.startswith(before + b"PERSON_")
    assert sent.endswith(b" Hello" + after)
    assert len(sent) == len(body) - len(b"Margaret Okafor") + len(b"PERSON_12345678")
    assert "Margaret Okafor Hello" in json.loads(answer)["choices"][0]["message"]["content"]


async def test_an_answer_without_tokens_comes_back_as_the_very_same_bytes(gateway: Running) -> None:
    raw = b' {"choices" : [ {"index":0,"message":{"role":"assistant","content":"\\u00e9\\/ 1.0"}}],"x":1.0, "y":1e3}\n'
    gateway.provider.behaviour = Behaviour(raw=raw)
    _, headers, answer = await gateway.call(CHAT, {"model": "m", "messages": [{"role": "user", "content": "hi"}]})
    assert answer == raw
    assert headers["x-sting-restored"] == "0"


async def test_a_stream_without_tokens_comes_back_as_the_very_same_bytes(gateway: Running) -> None:
    raw = (
        b": a comment\r\n\r\nevent: odd\r\nid: 7\r\n"
        b'data: {"choices":[{"index":0,"delta":{"content":"a\\u00e9 "}}]}\r\n\r\n'
        b'data:{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    gateway.provider.behaviour = Behaviour(raw=raw, content_type="text/event-stream; charset=utf-8")
    body = {"model": "m", "messages": [{"role": "user", "content": "Margaret Okafor"}], "stream": True}
    _, _, answer = await gateway.call(CHAT, body)
    assert answer == raw


async def test_only_headers_on_the_list_leave(gateway: Running) -> None:
    odd = {"X-Customer": "Margaret Okafor", "Cookie": "name=m.okafor@example.com", "X-Sting-Session": "okafor"}
    await gateway.call(CHAT, {"model": "m", "messages": [{"role": "user", "content": "hi"}]}, headers=odd)
    sent = gateway.provider.bytes_seen.lower()
    assert b"okafor" not in sent
    assert b"sk-test" not in sent
    assert gateway.provider.requests[-1].header("authorization") == "Bearer sk-provider-secret"


async def test_a_query_that_chat_completions_does_not_take_is_refused(gateway: Running) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    status, _, answer = await gateway.call(f"{CHAT}?user=m.okafor@example.com", body)
    assert status == 400
    assert b"okafor" not in answer
    assert gateway.provider.requests == []
    status, _, _ = await gateway.call(f"{CHAT}?api-version=2024-10-21", body)
    assert status == 200

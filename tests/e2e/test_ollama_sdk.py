"""Ollama's own SDK against the gateway: everything comes back, nothing leaks, errors are the SDK's own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import ollama
import pytest
import pytest_asyncio
from ollama import AsyncClient

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

PERSON, MAIL = "Margaret Okafor", "m.okafor@example.com"
TEXT = f"Write to {PERSON} at {MAIL}, please."
ASK = [{"role": "user", "content": TEXT}]
MODEL = "llama/llama-fake:1b"
TOOL = {
    "type": "function",
    "function": {
        "name": "send_mail",
        "description": f"Sends a mail. Example: to {MAIL}",
        "parameters": {"type": "object", "properties": {"to": {"type": "string", "enum": [MAIL, "nobody"]}}},
    },
}
STREAMS = {
    "by words": Behaviour(),
    "by letters": Behaviour(piece=1),
    "by three letters in writes of 1 byte": Behaviour(piece=3, chunk=1),
    "in writes of 7 bytes": Behaviour(chunk=7),
    "in writes of 64 bytes": Behaviour(chunk=64),
}


@pytest_asyncio.fixture(loop_scope="session")
async def client(gateway: Running) -> AsyncIterator[AsyncClient]:
    made = AsyncClient(host=gateway.url, headers={"Authorization": "Bearer sk-test-dev"})
    yield made
    await made._client.aclose()


def leaks(gateway: Running) -> list[str]:
    """What of the originals left, in any request."""
    seen = gateway.provider.bytes_seen.decode("utf-8", "replace")
    return [value for value in (PERSON, MAIL, "Okafor", "okafor", "sk-test") if value in seen]


async def test_a_plain_chat_is_restored_and_nothing_leaks(gateway: Running, client: AsyncClient) -> None:
    answer = await client.chat(model=MODEL, messages=ASK)
    assert answer.message.content == TEXT
    assert gateway.provider.requests[0].target == "/api/chat"
    sent = gateway.provider.requests[0].json
    assert sent["model"] == "llama-fake:1b"
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert leaks(gateway) == []


@pytest.mark.parametrize("behaviour", STREAMS.values(), ids=STREAMS)
async def test_a_streamed_chat_is_restored_and_nothing_leaks(
    gateway: Running, client: AsyncClient, behaviour: Behaviour
) -> None:
    gateway.provider.behaviour = behaviour
    parts = [part async for part in await client.chat(model=MODEL, messages=ASK, stream=True)]
    assert "".join(part.message.content or "" for part in parts) == TEXT
    assert parts[-1].done
    assert parts[-1].eval_count == 7
    assert leaks(gateway) == []


@pytest.mark.parametrize("behaviour", STREAMS.values(), ids=STREAMS)
async def test_a_streamed_completion_is_restored_and_nothing_leaks(
    gateway: Running, client: AsyncClient, behaviour: Behaviour
) -> None:
    gateway.provider.behaviour = behaviour
    parts = [part async for part in await client.generate(model=MODEL, prompt=TEXT, stream=True)]
    assert "".join(part.response or "" for part in parts) == TEXT
    assert leaks(gateway) == []


async def test_a_plain_completion_gets_the_notice_in_its_system_prompt(gateway: Running, client: AsyncClient) -> None:
    answer = await client.generate(model=MODEL, prompt=TEXT, system=f"You work for {PERSON}.", suffix=MAIL)
    assert answer.response == TEXT
    assert "\n\nSome names and values" in gateway.provider.requests[0].json["system"]
    assert leaks(gateway) == []


async def test_a_stream_is_the_default_of_the_api(gateway: Running) -> None:
    status, headers, body = await gateway.call("/api/chat", {"model": MODEL, "messages": ASK})
    lines = [json.loads(line) for line in body.splitlines()]
    assert status == 200
    assert headers["content-type"] == "application/x-ndjson"
    assert "".join(line["message"]["content"] for line in lines) == TEXT


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_tools_are_scrambled_and_arguments_are_restored(
    gateway: Running, client: AsyncClient, *, streamed: bool
) -> None:
    await client.chat(model=MODEL, messages=ASK)
    words = gateway.provider.requests[0].json["messages"][1]["content"].replace(",", "").split()
    person = next(word for word in words if word.startswith("PERSON_"))
    mail = next(word for word in words if word.startswith("EMAIL_ADDRESS_"))
    arguments = {"to": mail, "body": f'Dear "{person}"', mail: {"cc": [person, 12345678]}}
    gateway.provider.behaviour = Behaviour(tool=("send_mail", json.dumps(arguments)))
    if streamed:
        parts = [part async for part in await client.chat(model=MODEL, messages=ASK, tools=[TOOL], stream=True)]
        message = parts[-1].message
    else:
        message = (await client.chat(model=MODEL, messages=ASK, tools=[TOOL])).message
    assert message.tool_calls is not None
    restored = {"to": MAIL, "body": f'Dear "{PERSON}"', MAIL: {"cc": [PERSON, 12345678]}}
    assert message.tool_calls[0].function.arguments == restored
    assert leaks(gateway) == []


async def test_tool_calls_that_are_played_back_are_scrambled(gateway: Running, client: AsyncClient) -> None:
    call = {"function": {"name": "send_mail", "arguments": {"to": MAIL, MAIL: [PERSON]}}}
    messages: list[Any] = [
        {"role": "system", "content": f"You work for {PERSON}."},
        *ASK,
        {"role": "assistant", "content": "", "thinking": f"{PERSON} wants it", "tool_calls": [call]},
        {"role": "tool", "tool_name": "send_mail", "content": f"Sent to {MAIL}"},
    ]
    await client.chat(model=MODEL, messages=messages, options={"stop": [PERSON]})
    sent = gateway.provider.requests[0].json["messages"]
    assert len(sent) == 4
    assert "\n\nSome names and values" in sent[0]["content"]
    assert leaks(gateway) == []


async def test_embeddings_leave_scrambled_and_leave_no_reverse_entry(gateway: Running) -> None:
    session = {"X-Sting-Session": "ollama-embeddings"}  # of its own: what other tests asked has entries
    client = AsyncClient(host=gateway.url, headers={"Authorization": "Bearer sk-test-dev", **session})
    answer = await client.embed(model=MODEL, input=[TEXT, "no one"])
    again = await client.embeddings(model=MODEL, prompt=TEXT)
    await client._client.aclose()
    sent = [request.json for request in gateway.provider.requests]
    assert answer.embeddings == [[0.25, 0.5]]
    assert again.embedding == [0.25, 0.5]
    assert sent[0]["input"][0] == sent[1]["prompt"]
    assert leaks(gateway) == []
    _, headers, _ = await gateway.call("/api/embed", {"model": MODEL, "input": TEXT}, headers=session)
    _, _, body = await gateway.call(f"/sting/v1/sessions/{headers['x-sting-session']}", method="GET")
    assert json.loads(body)["entities"] == {}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/chat", {"messages": [{"role": "user", "content": "Look", "images": ["aGVsbG8="]}]}),
        ("/api/generate", {"prompt": "Look", "images": ["aGVsbG8="]}),
        ("/api/generate", {"prompt": "Go on", "context": [1, 2, 3]}),
        ("/api/embed", {"input": [[1, 2, 3]]}),
    ],
    ids=["image in a chat", "image", "token ids of a conversation", "token ids to embed"],
)
async def test_what_cannot_be_read_is_refused(gateway: Running, path: str, body: dict[str, object]) -> None:
    status, _, answer = await gateway.call(path, {"model": MODEL, **body})
    assert status == 422
    assert json.loads(answer)["code"] == "sting_unscannable"
    assert isinstance(json.loads(answer)["error"], str)
    assert gateway.provider.requests == []


async def test_a_blocked_request_raises_the_sdks_error_and_names_no_value(gateway: Running) -> None:
    client = AsyncClient(host=gateway.url, headers={"Authorization": "Bearer sk-test-dev", "X-Sting-Policy": "blocker"})
    with pytest.raises(ollama.ResponseError) as caught:
        await client.chat(model=MODEL, messages=[{"role": "user", "content": "My card is 4111 1111 1111 1111."}])
    await client._client.aclose()
    assert caught.value.status_code == 403
    assert "4111" not in str(caught.value)
    assert gateway.provider.requests == []


async def test_an_error_that_quotes_the_prompt_is_restored(gateway: Running, client: AsyncClient) -> None:
    gateway.provider.behaviour = Behaviour(status=400, quote_prompt=True)
    with pytest.raises(ollama.ResponseError) as caught:
        await client.chat(model=MODEL, messages=ASK)
    assert TEXT in caught.value.error


async def test_a_cut_stream_raises_instead_of_ending(gateway: Running, client: AsyncClient) -> None:
    gateway.provider.behaviour = Behaviour(cut_after=200)
    parts = await client.chat(model=MODEL, messages=ASK, stream=True)
    with pytest.raises(ollama.ResponseError):
        [part async for part in parts]


async def test_models_of_the_server_behind_are_listed_under_names_that_work(
    gateway: Running, client: AsyncClient
) -> None:
    names = [model.model for model in (await client.list()).models]
    assert sorted(names) == ["alias", "llama-fake:1b", "native/llama-fake:1b", "sting-demo", "with-fallback"]
    assert [model.model for model in (await client.ps()).models] == ["llama-fake:1b", "native/llama-fake:1b"]
    await client.chat(model="llama-fake:1b", messages=ASK)
    assert gateway.provider.requests[-1].json["model"] == "llama-fake:1b"
    shown = await client.show(MODEL)
    assert shown.template == "fake"
    assert gateway.provider.requests[-1].json == {"model": "llama-fake:1b", "verbose": False}


async def test_a_key_sees_only_its_own_models(gateway: Running) -> None:
    _, _, body = await gateway.call("/api/tags", method="GET", key="narrow")
    assert json.loads(body) == {"models": []}


async def test_the_root_says_what_ollamas_clients_look_for(gateway: Running) -> None:
    for method in ("GET", "HEAD"):
        status, _, body = await gateway.call("/", method=method, key=None)
        assert status == 200
        assert body == (b"Ollama is running" if method == "GET" else b"")


async def test_administration_is_refused_in_ollamas_shape(gateway: Running, client: AsyncClient) -> None:
    with pytest.raises(ollama.ResponseError) as caught:
        await client.pull("llama-fake:1b")
    assert caught.value.status_code == 404
    status, _, body = await gateway.call("/api/version", method="GET")
    assert (status, json.loads(body)) == (200, {"version": "9.9.9"})

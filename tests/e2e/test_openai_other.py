"""OpenAI's own SDK against completions, embeddings, moderations, and the routes that are refused with a reason."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from policies.redis_client import make_client
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, MAIL, CARD = "Margaret Okafor", "m.okafor@example.com", "4111 1111 1111 1111"
PROMPT = f"Write to {NAME} at {MAIL}."


@pytest.fixture
def client(gateway: Running) -> AsyncOpenAI:
    return gateway.client()


def nothing_leaked(gateway: Running) -> None:
    assert gateway.provider.bytes_seen
    for original in (NAME, MAIL, "Okafor", "m.okafor"):
        assert original.encode() not in gateway.provider.bytes_seen


async def stored(gateway: Running) -> dict[bytes, int]:
    """Every session in the store with the number of its tokens; one of the fields is the data key."""
    redis: Any = make_client(gateway.gateway.valkey_url)
    found = {name: await redis.hlen(name) - 1 for name in await redis.keys("sting:*:s")}
    await redis.aclose()
    return found


async def test_a_completion_is_restored(gateway: Running, client: AsyncOpenAI) -> None:
    answer = await client.completions.create(
        model="gpt-3.5", prompt=PROMPT, suffix=f"Yours, {NAME}", user=MAIL, echo=True
    )
    assert answer.choices[0].text == PROMPT
    assert answer.usage is not None
    nothing_leaked(gateway)
    sent = gateway.provider.requests[-1]
    assert sent.target == "/v1/completions"
    assert sent.json["echo"] is True


@pytest.mark.parametrize("piece", [1, 4])
async def test_streamed_completions_of_several_prompts_are_restored_each_by_itself(
    gateway: Running, client: AsyncOpenAI, piece: int
) -> None:
    gateway.provider.behaviour = Behaviour(piece=piece, chunk=7)
    texts, ends = ["", ""], 0
    async for event in await client.completions.create(
        model="gpt-3.5", prompt=[PROMPT, f"Call {NAME}!"], stream=True, stop=[NAME]
    ):
        for choice in event.choices:
            texts[choice.index] += choice.text
            ends += choice.finish_reason == "stop"
    assert texts == [PROMPT, f"Call {NAME}!"]
    assert ends == 2
    nothing_leaked(gateway)


async def test_the_blocking_sdk_gets_the_same(gateway: Running) -> None:
    def all_three() -> tuple[str, int, bool]:
        with gateway.blocking_client() as client:
            text = client.completions.create(model="gpt-3.5", prompt=PROMPT).choices[0].text
            vector = client.embeddings.create(model="embed", input=PROMPT).data[0].embedding
            return text, len(vector), client.moderations.create(input=PROMPT).results[0].flagged

    assert await asyncio.to_thread(all_three) == (PROMPT, 2, False)
    nothing_leaked(gateway)


@pytest.mark.parametrize("form", ["float", "base64", None])
async def test_embeddings_leave_scrambled_and_come_back_as_they_are(
    gateway: Running, client: AsyncOpenAI, form: Any
) -> None:
    more = {} if form is None else {"encoding_format": form}
    answer = await client.embeddings.create(model="embed", input=[PROMPT, f"{NAME} again"], user=MAIL, **more)
    assert [item.index for item in answer.data] == [0, 1]
    assert answer.usage.prompt_tokens == 11
    nothing_leaked(gateway)
    sent: list[str] = gateway.provider.requests[-1].json["input"]
    wanted = [[float(len(text)), float(sum(map(ord, text)) % 997)] for text in sent]
    if form == "base64":
        assert isinstance(answer.data[0].embedding, str)
    else:
        assert [item.embedding for item in answer.data] == wanted


@pytest.mark.parametrize("policy", ["balanced", "unlinked"])
async def test_index_and_query_name_values_alike_and_the_vault_keeps_no_way_back(gateway: Running, policy: str) -> None:
    client = gateway.client(default_headers={"X-Sting-Policy": policy})
    before = await stored(gateway)
    await client.embeddings.create(model="embed", input=f"A document about {NAME} and {CARD}")
    await client.embeddings.create(model="embed", input=NAME)
    document, query = (request.json["input"] for request in gateway.provider.requests)
    assert query in document
    after = await stored(gateway)
    assert {name: count for name, count in after.items() if count != before.get(name, 0)} == {}


async def test_embeddings_are_named_as_chat_names_them(gateway: Running, client: AsyncOpenAI) -> None:
    await client.embeddings.create(model="embed", input=NAME)
    await client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": NAME}])
    embedding, chat = gateway.provider.requests
    assert embedding.json["input"] == chat.json["messages"][-1]["content"]


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2], [3]], [9707]])
async def test_token_ids_are_refused_with_advice(gateway: Running, client: AsyncOpenAI, tokens: Any) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        await client.embeddings.create(model="embed", input=tokens)
    assert refused.value.code == "sting_unscannable"
    assert "check_embedding_ctx_length=False" in refused.value.message
    with pytest.raises(openai.UnprocessableEntityError):
        await client.completions.create(model="gpt-3.5", prompt=tokens)
    assert gateway.provider.requests == []


async def test_a_policy_may_allow_token_ids(gateway: Running) -> None:
    client = gateway.client(default_headers={"X-Sting-Policy": "seeing"})
    assert (await client.embeddings.create(model="embed", input=[[1, 2], [3]])).data
    assert gateway.provider.requests[-1].json["input"] == [[1, 2], [3]]


async def test_an_error_that_quotes_the_prompt_is_restored_for_the_client(
    gateway: Running, client: AsyncOpenAI
) -> None:
    await client.embeddings.create(model="embed", input=NAME)
    token = gateway.provider.requests[-1].json["input"]
    gateway.provider.behaviour = Behaviour(status=400, error_message=f"Cannot embed {token}")
    with pytest.raises(openai.BadRequestError) as quoted:
        await client.embeddings.create(model="embed", input=NAME)
    assert f"Cannot embed {NAME}" in quoted.value.message


async def test_moderations_leave_scrambled(gateway: Running, client: AsyncOpenAI) -> None:
    assert (await client.moderations.create(input=PROMPT)).results[0].flagged is False
    parts: Any = [{"type": "text", "text": f"Is {NAME} rude?"}]
    await client.moderations.create(model="omni-moderation-latest", input=parts)
    nothing_leaked(gateway)
    assert "model" not in gateway.provider.requests[0].json
    picture: Any = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
    with pytest.raises(openai.UnprocessableEntityError):
        await client.moderations.create(input=picture)


async def test_nothing_found_leaves_as_the_same_bytes(gateway: Running) -> None:
    for path, body in (
        ("/v1/embeddings", b'{ "input" : ["plain"], "model":"embed", "x": 1.0 }'),
        ("/v1/completions", b'{"model":"m",  "prompt": "say \\u0041", "max_tokens": 1e1}'),
        ("/v1/moderations", b'{"input":"fine"}'),
        ("/v1/responses", b'{"model":"m", "input":"say \\u0041","store" : false}'),
    ):
        status, _, _ = await gateway.call(path, body)
        assert status == 200
        assert gateway.provider.requests[-1].body == body


@pytest.mark.parametrize(
    ("method", "path", "says"),
    [
        ("POST", "/v1/videos", "Videos"),
        ("POST", "/v1/audio/voices", "Audio"),
        ("POST", "/v1/uploads", "Files"),
        ("POST", "/v1/realtime/client_secrets", "direct line"),
        ("POST", "/chatkit/sessions", "direct line"),
        ("POST", "/v1/threads/thread_1/runs", "/v1/responses"),
        ("GET", "/v1/vector_stores", "vector stores"),
        ("GET", "/v1/organization/usage", "Administration"),
        ("POST", "/v1/imaginary", "does not know"),
    ],
)
async def test_other_routes_are_refused_with_a_reason(gateway: Running, method: str, path: str, says: str) -> None:
    status, _, body = await gateway.call(path, {"model": "m", "prompt": PROMPT}, method=method)
    error = json.loads(body)["error"]
    assert (status, error["code"]) == (404, "sting_unknown_route")
    assert says in error["message"]
    assert gateway.provider.requests == []

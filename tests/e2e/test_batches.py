"""Batches by the official SDKs: nothing leaks on the way out, every line comes back restored, nobody else gets it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import openai
import pytest
import pytest_asyncio
from anthropic import AsyncAnthropic

from policies.entity_types import ENTITY_TYPES
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = ENTITY_TYPES["PERSON"].example
MAIL = ENTITY_TYPES["EMAIL_ADDRESS"].example


@pytest_asyncio.fixture(loop_scope="session")
async def claude(gateway: Running) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(base_url=gateway.url, api_key="sk-test-dev", max_retries=0) as client:
        yield client


def line(number: int, text: str, *, url: str = "/v1/chat/completions", model: str = "alias", **more: Any) -> str:
    """One request of a file."""
    body = {"input": text} if url == "/v1/embeddings" else {"messages": [{"role": "user", "content": text}]}
    return json.dumps(
        {"custom_id": f"{MAIL} {number}", "method": "POST", "url": url, "body": {"model": model, **body, **more}}
    )


def leaks(gateway: Running) -> list[str]:
    """Originals that left."""
    return [value for value in (NAME, MAIL) if value.encode() in gateway.provider.bytes_seen]


async def test_a_file_of_requests(gateway: Running) -> None:
    client = gateway.client()
    rows = [line(n, f"Hi {NAME} {n}") for n in range(3)] + [line(3, NAME, url="/v1/embeddings", model="fake/e")]
    file = await client.files.create(file=(f"{NAME}.jsonl", "\n".join(rows).encode()), purpose="batch")
    sent = gateway.provider.requests[-1]
    assert leaks(gateway) == []
    assert b'filename="batch.jsonl"' in sent.body
    kept = [json.loads(row) for row in gateway.provider.batches.files[file.id].split(b"\n")]
    assert [row["body"]["model"] for row in kept] == ["real-model"] * 3 + ["e"], "aliases lead to the provider's names"
    assert "codes" in kept[0]["body"]["messages"][0]["content"], "the notice stands in the line"
    batch = await client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"for": NAME}
    )
    assert batch.metadata == {"for": NAME}
    batch = await client.batches.retrieve(batch.id)
    assert batch.output_file_id
    lines = [json.loads(row) for row in (await client.files.content(batch.output_file_id)).text.splitlines()]
    assert [row["custom_id"] for row in lines] == [f"{MAIL} {n}" for n in range(4)]
    said = [row["response"]["body"]["choices"][0]["message"]["content"] for row in lines]
    assert said == [*(f"Hi {NAME} {n}" for n in range(3)), NAME]
    assert NAME in (await client.files.content(file.id)).text
    assert (await client.files.retrieve(file.id)).filename == "batch.jsonl"
    assert leaks(gateway) == []
    stranger = gateway.client("stranger")
    asked = len(gateway.provider.batches.asked)
    for call in (stranger.files.content, stranger.files.retrieve, stranger.files.delete):
        with pytest.raises(openai.NotFoundError):
            await call(batch.output_file_id)
    with pytest.raises(openai.NotFoundError):
        await stranger.batches.retrieve(batch.id)
    with pytest.raises(openai.NotFoundError):
        await stranger.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert len(gateway.provider.batches.asked) == asked, "nothing was asked of the provider"
    await client.batches.cancel(batch.id)
    await client.files.delete(file.id)
    with pytest.raises(openai.NotFoundError):
        await client.files.retrieve(file.id)


@pytest.mark.parametrize(
    ("rows", "purpose", "status"),
    [
        ([line(1, "x")], "nonsense", 400),
        (["no json"], "batch", 400),
        (['{"custom_id":"1","method":"POST","url":"/v1/files","body":{}}'], "batch", 400),
        (['{"custom_id":"1","method":"GET","url":"/v1/chat/completions","body":{"model":"m"}}'], "batch", 400),
        (['{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":"text"}'], "batch", 400),
        ([line(1, "x"), line(2, "x", model="backup/m")], "batch", 400),
        ([line(1, "x", model="claude/m")], "batch", 404),
        ([line(1, "x")[:-1] + ',"body":{"model":"m"}}'], "batch", 400),
        ([], "batch", 400),
    ],
)
async def test_what_is_no_batch_is_refused(gateway: Running, rows: list[str], purpose: Any, status: int) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        await gateway.client().files.create(file=("x.jsonl", "\n".join(rows).encode()), purpose=purpose)
    assert caught.value.status_code == status
    assert not gateway.provider.requests


async def test_what_the_policy_forbids_stops_the_file(gateway: Running) -> None:
    card = ENTITY_TYPES["CREDIT_CARD"].example
    image = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    for row, status in (
        (line(1, f"card {card}"), 403),
        (line(1, "x", messages=[{"role": "user", "content": image}]), 422),
    ):
        with pytest.raises(openai.APIStatusError) as caught:
            await gateway.client().files.create(
                file=("x.jsonl", row.encode()), purpose="batch", extra_headers={"X-Sting-Policy": "blocker"}
            )
        assert caught.value.status_code == status
    assert not gateway.provider.requests


@pytest.mark.parametrize("place", ["custom_id", "note"])
async def test_a_file_beside_the_body_of_a_line_cannot_be_read_either(gateway: Running, place: str) -> None:
    row = json.loads(line(0, "hello")) | {place: "data:text/plain;base64,TWFyZ2FyZXQgT2thZm9y"}
    sent = len(gateway.provider.requests)
    with pytest.raises(openai.UnprocessableEntityError, match="cannot be read"):
        await gateway.client().files.create(file=("rows.jsonl", json.dumps(row).encode()), purpose="batch")
    assert len(gateway.provider.requests) == sent


async def test_lines_have_the_provider_keep_nothing_where_the_policy_says_so(gateway: Running) -> None:
    rows = [
        line(1, "Hi", store=True),
        line(2, "Hi"),
        line(3, f"Hi {NAME}", url="/v1/embeddings", model="fake/e"),
        line(4, f"Hi {NAME}", url="/v1/responses", model="m"),
    ]
    rows[3] = rows[3].replace('"messages"', '"input"')
    content = "\n".join(rows).encode()
    await gateway.client().files.create(
        file=("x.jsonl", content), purpose="batch", extra_headers={"X-Sting-Policy": "careful"}
    )
    sent = [json.loads(row)["body"] for row in list(gateway.provider.batches.files.values())[-1].split(b"\n")]
    assert [body.get("store") for body in sent] == [False, None, None, False]
    assert leaks(gateway) == []


async def test_message_batches(gateway: Running, claude: AsyncAnthropic) -> None:
    requests: list[Any] = [
        {
            "custom_id": f"{MAIL}-{n}",
            "params": {
                "model": "claude/x",
                "max_tokens": 9,
                "messages": [{"role": "user", "content": f"Hi {NAME} {n}"}],
            },
        }
        for n in range(3)
    ]
    batch = await claude.messages.batches.create(requests=requests)
    assert leaks(gateway) == []
    sent = gateway.provider.requests[-1].json["requests"]
    assert [one["params"]["model"] for one in sent] == ["x"] * 3
    assert all("codes" in one["params"]["system"] for one in sent)
    batch = await claude.messages.batches.retrieve(batch.id)
    assert batch.results_url == f"{gateway.url}/v1/messages/batches/{batch.id}/results"
    results = [one async for one in await claude.messages.batches.results(batch.id)]
    assert [one.custom_id for one in results] == [f"{MAIL}-{n}" for n in range(3)]
    assert [one.result.message.content[0].text for one in results] == [f"Hi {NAME} {n}" for n in range(3)]  # type: ignore[union-attr]
    async with AsyncAnthropic(base_url=gateway.url, api_key="sk-test-stranger", max_retries=0) as stranger:
        for call in (
            stranger.messages.batches.retrieve,
            stranger.messages.batches.cancel,
            stranger.messages.batches.delete,
        ):
            with pytest.raises(anthropic.NotFoundError):
                await call(batch.id)
    await claude.messages.batches.cancel(batch.id)
    await claude.messages.batches.delete(batch.id)
    with pytest.raises(anthropic.NotFoundError):
        await claude.messages.batches.retrieve(batch.id)
    assert leaks(gateway) == []


async def test_a_batch_of_several_models_is_refused(gateway: Running, claude: AsyncAnthropic) -> None:
    requests: list[Any] = [
        {"custom_id": str(n), "params": {"model": f"claude/{n}", "max_tokens": 9, "messages": []}} for n in range(2)
    ]
    with pytest.raises(anthropic.BadRequestError):
        await claude.messages.batches.create(requests=requests)
    assert not gateway.provider.requests


@pytest.mark.parametrize("path", ["/v1/files", "/v1/batches", "/v1/messages/batches"])
async def test_lists_are_refused(gateway: Running, path: str) -> None:
    status, _, answer = await gateway.call(path, method="GET")
    assert status == 404
    assert b"sting_unknown_route" in answer
    assert not gateway.provider.requests

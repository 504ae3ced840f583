"""OpenAI's own SDK against /v1/responses: plain, streamed, tools, structured output, refusals."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, MAIL, CARD = "Margaret Okafor", "m.okafor@example.com", "4111 1111 1111 1111"
QUOTED = 'Ann "Nan" O\\Neil'
"""A made-up original with quotes and a backslash: put raw into JSON, it would break it."""
PROMPT = f"Write to {NAME} at {MAIL}."
TOOLS: list[Any] = [
    {
        "type": "function",
        "name": "send_mail",
        "description": f"Sends a mail, not to {NAME}.",
        "strict": False,
        "parameters": {"type": "object", "properties": {"to": {"type": "string", "description": f"as {MAIL}"}}},
    }
]


@pytest.fixture
def client(gateway: Running) -> AsyncOpenAI:
    return gateway.client()


def nothing_leaked(gateway: Running, *originals: str) -> None:
    seen = gateway.provider.bytes_seen
    assert seen
    for original in originals or (NAME, MAIL, "Okafor", "m.okafor"):
        assert original.encode() not in seen


async def tokens_of(gateway: Running, *originals: str) -> list[str]:
    """What leaves in place of these values; balanced names alike in all sessions of a vault."""
    _, _, body = await gateway.call("/sting/v1/scramble", {"texts": list(originals)})
    texts: list[str] = json.loads(body)["texts"]
    assert not set(texts) & set(originals)
    return texts


async def test_a_plain_response_is_restored_with_the_echo_of_its_request(gateway: Running, client: AsyncOpenAI) -> None:
    answer = await client.responses.create(
        model="gpt-4o",
        input=PROMPT,
        instructions=f"You work for {NAME}.",
        metadata={"customer": MAIL},
        tools=TOOLS,
        user=MAIL,
        prompt_cache_key=NAME,
    )
    assert answer.output_text == PROMPT
    assert answer.instructions == f"You work for {NAME}."
    assert answer.metadata == {"customer": MAIL}
    assert answer.user == MAIL
    assert answer.prompt_cache_key == NAME
    tool: Any = answer.tools[0]
    assert tool.description == TOOLS[0]["description"]
    assert tool.parameters["properties"]["to"]["description"] == f"as {MAIL}"
    nothing_leaked(gateway)
    assert "Treat codes as opaque" in gateway.provider.requests[-1].json["instructions"]


async def test_the_notice_does_not_come_back(gateway: Running, client: AsyncOpenAI) -> None:
    answer = await client.responses.create(model="gpt-4o", input=PROMPT)
    assert answer.instructions is None
    assert "Treat codes" in gateway.provider.requests[-1].json["instructions"]
    async for event in await client.responses.create(model="gpt-4o", input=PROMPT, stream=True):
        if event.type in ("response.created", "response.in_progress", "response.completed"):
            assert event.response.instructions is None
    later = await client.responses.retrieve(answer.id)
    assert later.instructions is None


@pytest.mark.parametrize("piece", [1, 4, 0])
async def test_every_event_of_a_stream_is_restored(gateway: Running, client: AsyncOpenAI, piece: int) -> None:
    gateway.provider.behaviour = Behaviour(piece=piece, chunk=7 if piece == 1 else 0)
    events = [
        event
        async for event in await client.responses.create(
            model="gpt-4o", input=PROMPT, metadata={"for": NAME}, stream=True
        )
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    thought = "".join(event.delta for event in events if event.type == "response.reasoning_summary_text.delta")
    (done,) = [event.text for event in events if event.type == "response.output_text.done"]
    assert deltas == done == thought == PROMPT
    for event in events:
        if event.type in ("response.created", "response.in_progress", "response.completed"):
            assert event.response.metadata == {"for": NAME}
    last: Any = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == PROMPT
    items: list[Any] = [event.item for event in events if event.type == "response.output_item.done"]
    assert items[1].content[0].text == items[0].summary[0].text == PROMPT
    (part,) = [event.part for event in events if event.type == "response.content_part.done"]
    assert getattr(part, "text", None) == PROMPT
    nothing_leaked(gateway)


async def test_no_event_is_added_dropped_or_reordered(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(piece=2)
    _, _, stream = await gateway.call("/v1/responses", {"model": "gpt-4o", "input": PROMPT, "stream": True})
    sent = gateway.provider.requests[-1]
    async with gateway.http.post(f"{gateway.provider.url}/v1/responses", data=sent.body) as direct:
        original = await direct.read()

    def shape(raw: bytes) -> list[tuple[str, int]]:
        lines = [json.loads(line[6:]) for line in raw.decode().splitlines() if line.startswith("data: ")]
        return [(line["type"], line["sequence_number"]) for line in lines]

    assert shape(stream) == shape(original)


async def test_the_sdks_stream_helper_accumulates_the_original(gateway: Running, client: AsyncOpenAI) -> None:
    async with client.responses.stream(model="gpt-4o", input=PROMPT) as stream:
        snapshots = [event.snapshot async for event in stream if event.type == "response.output_text.delta"]
        final = await stream.get_final_response()
    assert snapshots[-1] == final.output_text == PROMPT
    nothing_leaked(gateway)


async def test_the_blocking_sdk_gets_the_same(gateway: Running) -> None:
    def both() -> tuple[str, str]:
        with gateway.blocking_client() as client:
            plain = client.responses.create(model="gpt-4o", input=PROMPT)
            with client.responses.stream(model="gpt-4o", input=PROMPT) as stream:
                return plain.output_text, stream.get_final_response().output_text

    assert await asyncio.to_thread(both) == (PROMPT, PROMPT)


@pytest.mark.parametrize("piece", [0, 1, 5])
async def test_function_arguments_come_back_as_valid_json(gateway: Running, client: AsyncOpenAI, piece: int) -> None:
    assert gateway.detector is not None
    gateway.detector.words[QUOTED] = "PERSON"
    name, mail = await tokens_of(gateway, QUOTED, MAIL)
    gateway.provider.behaviour = Behaviour(
        tool=("send_mail", json.dumps({"to": mail, "text": f"Dear {name}"})), piece=piece
    )
    wanted = {"to": MAIL, "text": f"Dear {QUOTED}"}
    asked: Any = {"model": "gpt-4o", "input": f"Write to {QUOTED}, {MAIL}", "tools": TOOLS}
    plain = await client.responses.create(**asked)
    call: Any = plain.output[1]
    assert (call.name, json.loads(call.arguments)) == ("send_mail", wanted)
    events = [event async for event in await client.responses.create(**asked, stream=True)]
    deltas = "".join(e.delta for e in events if e.type == "response.function_call_arguments.delta")
    (done,) = [e.arguments for e in events if e.type == "response.function_call_arguments.done"]
    assert json.loads(deltas) == wanted
    assert deltas == done
    # The client plays the call back with what its function gave.
    gateway.begin()
    gateway.detector.words[QUOTED] = "PERSON"
    played: list[Any] = [
        {"role": "user", "content": f"Write to {QUOTED}, {MAIL}"},
        call.to_dict(),
        {"type": "function_call_output", "call_id": call.call_id, "output": json.dumps({"sent_to": MAIL, "n": QUOTED})},
    ]
    answer = await client.responses.create(model="gpt-4o", input=played, store=False)
    assert MAIL in answer.output_text
    assert QUOTED in answer.output_text
    nothing_leaked(gateway, MAIL, QUOTED, json.dumps(QUOTED)[1:-1], json.dumps(json.dumps(QUOTED)[1:-1])[1:-1])
    sent = gateway.provider.requests[-1].json["input"]
    assert json.loads(sent[1]["arguments"]) == {"to": mail, "text": f"Dear {name}"}
    assert json.loads(sent[2]["output"]) == {"sent_to": mail, "n": name}


async def test_structured_output_stays_valid_json_in_deltas_and_repeats(gateway: Running, client: AsyncOpenAI) -> None:
    assert gateway.detector is not None
    gateway.detector.words[QUOTED] = "PERSON"
    (name,) = await tokens_of(gateway, QUOTED)
    gateway.provider.behaviour = Behaviour(text=json.dumps({"customer": name}), piece=3)
    form: Any = {"format": {"type": "json_schema", "name": "who", "schema": {"type": "object", "properties": {}}}}
    asked: Any = {"model": "gpt-4o", "input": f"Who is {QUOTED}?", "text": form}
    plain = await client.responses.create(**asked)
    assert json.loads(plain.output_text) == {"customer": QUOTED}
    events = [event async for event in await client.responses.create(**asked, stream=True)]
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    (done,) = [event.text for event in events if event.type == "response.output_text.done"]
    assert deltas == done
    assert json.loads(done) == {"customer": QUOTED}
    later = [event async for event in await client.responses.retrieve(plain.id, stream=True)]
    assert "".join(event.delta for event in later if event.type == "response.output_text.delta") == done


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "auto"},
        {"type": "input_file", "file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"},
        {"type": "input_file", "file_id": "file-abcdef123456"},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    ],
)
async def test_what_cannot_be_read_is_refused(gateway: Running, client: AsyncOpenAI, part: Any) -> None:
    message: Any = {"role": "user", "content": [{"type": "input_text", "text": "See"}, part]}
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        await client.responses.create(model="gpt-4o", input=[message])
    assert refused.value.code == "sting_unscannable"
    assert gateway.provider.requests == []


async def test_a_blocked_finding_and_a_dead_detector_answer_in_openais_shape(
    gateway: Running, client: AsyncOpenAI
) -> None:
    with pytest.raises(openai.PermissionDeniedError) as blocked:
        await client.responses.create(model="gpt-4o", input=CARD, extra_headers={"X-Sting-Policy": "blocker"})
    assert blocked.value.code == "sting_blocked"
    assert gateway.detector is not None
    gateway.detector.fails = True
    with pytest.raises(openai.InternalServerError) as failed:
        await client.responses.create(model="gpt-4o", input=PROMPT + " new text", stream=True)
    assert failed.value.code == "sting_detector_unavailable"
    assert gateway.provider.requests == []


async def test_a_cut_stream_ends_with_an_error_and_not_cleanly(gateway: Running, client: AsyncOpenAI) -> None:
    gateway.provider.behaviour = Behaviour(cut_after=2500)
    with pytest.raises(openai.APIError) as cut:
        async for _ in await client.responses.create(model="gpt-4o", input=PROMPT, stream=True):
            pass
    assert cut.value.code == "sting_upstream_failed"


@pytest.mark.parametrize("path", ["/v1/responses", "/responses", "/v1/realtime", "/nowhere"])
async def test_a_websocket_is_refused_with_a_reason(gateway: Running, path: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await gateway.http.ws_connect(gateway.url + path, headers={"Authorization": "Bearer sk-test-dev"})
    assert refused.value.status == 403
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
    _, _, body = await gateway.call(path, method="GET", headers=headers)
    assert json.loads(body)["error"]["code"] == "sting_unknown_route"
    assert "WebSocket" in json.loads(body)["error"]["message"]
    assert gateway.provider.requests == []

"""Anthropic's own SDK against the gateway: everything comes back, nothing leaks, errors are the SDK's own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import pytest
import pytest_asyncio
from anthropic import AsyncAnthropic

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

PERSON, MAIL = "Margaret Okafor", "m.okafor@example.com"
TEXT = f"Write to {PERSON} at {MAIL}, please."
ASK: list[Any] = [{"role": "user", "content": TEXT}]
TOOL: Any = {
    "name": "send_mail",
    "description": f"Sends a mail. Example: to {MAIL}",
    "input_schema": {
        "type": "object",
        "properties": {"to": {"type": "string", "enum": [MAIL, "nobody"]}, "body": {"type": "string"}},
        "required": ["to"],
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
async def client(gateway: Running) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(base_url=gateway.url, api_key="sk-test-dev", max_retries=0) as made:
        yield made


def leaks(gateway: Running) -> list[str]:
    """What of the originals left, in any request."""
    seen = gateway.provider.bytes_seen.decode("utf-8", "replace")
    return [value for value in (PERSON, MAIL, "Okafor", "okafor", "sk-test") if value in seen]


async def test_a_plain_answer_is_restored_and_nothing_leaks(gateway: Running, client: AsyncAnthropic) -> None:
    answer = await client.messages.create(model="claude-test", max_tokens=50, messages=ASK)
    assert answer.content[0].type == "text"
    assert answer.content[0].text == TEXT
    assert answer.usage.output_tokens == 7
    assert gateway.provider.requests[0].target == "/v1/messages"
    assert gateway.provider.requests[0].header("x-api-key") == "sk-ant-provider-secret"
    assert leaks(gateway) == []


async def test_the_beta_namespace_is_served_and_a_query_is_kept(gateway: Running, client: AsyncAnthropic) -> None:
    answer = await client.beta.messages.create(
        model="claude-test", max_tokens=50, messages=ASK, extra_query={"beta": "true"}
    )
    assert answer.content[0].type == "text"
    assert answer.content[0].text == TEXT
    assert gateway.provider.requests[0].target == "/v1/messages?beta=true"
    assert leaks(gateway) == []


@pytest.mark.parametrize("behaviour", STREAMS.values(), ids=STREAMS)
async def test_a_stream_is_restored_and_nothing_leaks(
    gateway: Running, client: AsyncAnthropic, behaviour: Behaviour
) -> None:
    gateway.provider.behaviour = behaviour
    async with client.messages.stream(model="claude-test", max_tokens=50, messages=ASK) as stream:
        pieces = [piece async for piece in stream.text_stream]
        message = await stream.get_final_message()
    assert "".join(pieces) == TEXT
    assert message.content[0].type == "text"
    assert message.content[0].text == TEXT
    assert message.stop_reason == "end_turn"
    assert leaks(gateway) == []


@pytest.mark.parametrize(
    "system",
    [
        f"You work for {PERSON}.",
        [{"type": "text", "text": f"You work for {PERSON}.", "cache_control": {"type": "ephemeral"}}],
    ],
    ids=["text", "blocks"],
)
async def test_system_prompts_are_scrambled_and_end_with_the_notice(
    gateway: Running, client: AsyncAnthropic, system: Any
) -> None:
    await client.messages.create(model="claude-test", max_tokens=50, messages=ASK, system=system)
    sent = gateway.provider.requests[0].json["system"]
    if isinstance(sent, str):
        assert sent.startswith("You work for PERSON_")
        assert "\n\nSome names and values" in sent
    else:
        assert [block["text"][:21] for block in sent] == [
            "You work for PERSON_" + sent[0]["text"][20],
            "Some names and values",
        ]
        assert sent[0]["cache_control"] == {"type": "ephemeral"}
    assert leaks(gateway) == []


async def test_without_a_system_prompt_the_notice_is_the_system_prompt(
    gateway: Running, client: AsyncAnthropic
) -> None:
    await client.messages.create(model="claude-test", max_tokens=50, messages=ASK)
    assert gateway.provider.requests[0].json["system"].startswith("Some names and values")


async def _tool_call_arguments(gateway: Running) -> tuple[str, str]:
    """A tool call's arguments with the tokens of PERSON and MAIL, as a model would write them, and the tool's name."""
    request = gateway.provider.requests[-1].json
    words = request["messages"][0]["content"].replace(",", "").split()
    person = next(word for word in words if word.startswith("PERSON_"))
    mail = next(word for word in words if word.startswith("EMAIL_ADDRESS_"))
    return "send_mail", json.dumps({"to": mail, "body": f'Dear "{person}"', mail: {"cc": [person, 12345678]}})


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_tool_definitions_are_scrambled_and_tool_input_is_restored(
    gateway: Running, client: AsyncAnthropic, *, streamed: bool
) -> None:
    await client.messages.create(model="claude-test", max_tokens=50, messages=ASK)
    gateway.provider.behaviour = Behaviour(tool=await _tool_call_arguments(gateway), piece=2)
    if streamed:
        async with client.messages.stream(model="claude-test", max_tokens=50, messages=ASK, tools=[TOOL]) as stream:
            call: Any = (await stream.get_final_message()).content[0]
    else:
        message = await client.messages.create(model="claude-test", max_tokens=50, messages=ASK, tools=[TOOL])
        call = message.content[0]
    assert call.type == "tool_use"
    assert call.input == {"to": MAIL, "body": f'Dear "{PERSON}"', MAIL: {"cc": [PERSON, 12345678]}}
    assert leaks(gateway) == []


async def test_tool_calls_and_results_that_are_played_back_are_scrambled(
    gateway: Running, client: AsyncAnthropic
) -> None:
    messages: list[Any] = [
        *ASK,
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "toolu_01A", "name": "send_mail", "input": {"to": MAIL, MAIL: [PERSON]}}
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_01A",
                    "content": [{"type": "text", "text": f"Sent to {MAIL}"}],
                },
                {
                    "type": "document",
                    "title": PERSON,
                    "source": {"type": "text", "media_type": "text/plain", "data": TEXT},
                },
                {"type": "search_result", "source": MAIL, "title": PERSON, "content": [{"type": "text", "text": TEXT}]},
            ],
        },
    ]
    await client.messages.create(model="claude-test", max_tokens=50, messages=messages, metadata={"user_id": MAIL})
    sent = gateway.provider.requests[0].json
    assert sent["messages"][1]["content"][0]["id"] == "toolu_01A"
    assert leaks(gateway) == []


async def test_counting_tokens_sees_the_scrambled_text(gateway: Running, client: AsyncAnthropic) -> None:
    counted = await client.messages.count_tokens(model="claude-test", messages=ASK)
    assert counted.input_tokens > 0
    assert gateway.provider.requests[0].target == "/v1/messages/count_tokens"
    assert leaks(gateway) == []


@pytest.mark.parametrize(
    "source",
    [
        {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="},
        {"type": "url", "url": "https://example.com/a.png"},
    ],
    ids=["base64", "url"],
)
async def test_an_image_is_refused_as_an_unprocessable_request(
    gateway: Running, client: AsyncAnthropic, source: Any
) -> None:
    with pytest.raises(anthropic.UnprocessableEntityError) as caught:
        await client.messages.create(
            model="claude-test",
            max_tokens=50,
            messages=[{"role": "user", "content": [{"type": "image", "source": source}]}],
        )
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["code"] == "sting_unscannable"
    assert gateway.provider.requests == []


async def test_a_blocked_request_raises_permission_denied_and_names_no_value(
    gateway: Running, client: AsyncAnthropic
) -> None:
    card = "4111 1111 1111 1111"
    with pytest.raises(anthropic.PermissionDeniedError) as caught:
        await client.messages.create(
            model="claude-test",
            max_tokens=50,
            messages=[{"role": "user", "content": f"My card is {card}."}],
            extra_headers={"X-Sting-Policy": "blocker"},
        )
    assert caught.value.type == "permission_error"
    assert card not in str(caught.value)
    assert gateway.provider.requests == []


async def test_an_unknown_key_raises_the_sdks_authentication_error(gateway: Running) -> None:
    async with AsyncAnthropic(base_url=gateway.url, api_key="sk-wrong", max_retries=0) as client:
        with pytest.raises(anthropic.AuthenticationError):
            await client.messages.create(model="claude-test", max_tokens=50, messages=ASK)


async def test_an_error_that_quotes_the_prompt_is_restored(gateway: Running, client: AsyncAnthropic) -> None:
    gateway.provider.behaviour = Behaviour(status=400, quote_prompt=True)
    with pytest.raises(anthropic.BadRequestError) as caught:
        await client.messages.create(model="claude-test", max_tokens=50, messages=ASK)
    assert TEXT in str(caught.value)
    assert leaks(gateway) == []


async def _streamed_text(client: AsyncAnthropic) -> str:
    async with client.messages.stream(model="claude-test", max_tokens=50, messages=ASK) as stream:
        return "".join([piece async for piece in stream.text_stream])


async def test_a_cut_stream_raises_instead_of_ending(gateway: Running, client: AsyncAnthropic) -> None:
    gateway.provider.behaviour = Behaviour(cut_after=600)
    with pytest.raises(anthropic.APIStatusError):
        await _streamed_text(client)


async def test_a_model_whose_provider_speaks_another_api_is_not_found(client: AsyncAnthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        await client.messages.create(model="fake/gpt", max_tokens=50, messages=ASK)


async def test_models_are_listed_in_anthropics_shape(client: AsyncAnthropic) -> None:
    names = [model.id async for model in client.models.list()]
    assert names == ["alias", "sting-demo", "with-fallback"]
    assert (await client.models.retrieve("alias")).display_name == "alias"
    with pytest.raises(anthropic.NotFoundError):
        await client.models.retrieve("none-such")


async def test_routes_that_are_not_served_are_refused_in_anthropics_shape(client: AsyncAnthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        await client.messages.batches.list()
    assert caught.value.type == "not_found_error"


SIGNATURE = "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds"


def thinking_turn(thinking: str) -> list[Any]:
    """A conversation whose last answer thought something, signed by the provider."""
    block = {"type": "thinking", "thinking": thinking, "signature": SIGNATURE}
    answer = {"role": "assistant", "content": [block, {"type": "text", "text": "Done."}]}
    return [*ASK, answer, {"role": "user", "content": "Thank you."}]


async def test_signed_thinking_with_our_tokens_goes_back_as_it_came(gateway: Running, client: AsyncAnthropic) -> None:
    await client.messages.create(model="claude-test", max_tokens=50, messages=ASK)
    token = next(
        word for word in gateway.provider.requests[0].json["messages"][0]["content"].split() if "PERSON_" in word
    )
    thinking = f"She is {token}, I think.\u00e9"
    await client.messages.create(model="claude-test", max_tokens=50, messages=thinking_turn(thinking))
    sent = gateway.provider.requests[1].json["messages"][1]["content"][0]
    assert sent == {"type": "thinking", "thinking": thinking, "signature": SIGNATURE}
    assert leaks(gateway) == []


async def test_signed_thinking_with_personal_data_is_refused(gateway: Running, client: AsyncAnthropic) -> None:
    with pytest.raises(anthropic.UnprocessableEntityError) as caught:
        await client.messages.create(model="claude-test", max_tokens=50, messages=thinking_turn(f"She is {PERSON}."))
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["code"] == "sting_unscannable"
    assert caught.value.body["error"]["param"] == "messages[1].content[0]"
    assert PERSON not in str(caught.value)
    assert gateway.provider.requests == []


async def test_signed_thinking_that_only_names_a_blocked_type_is_blocked(
    gateway: Running, client: AsyncAnthropic
) -> None:
    with pytest.raises(anthropic.PermissionDeniedError):
        await client.messages.create(
            model="claude-test",
            max_tokens=50,
            messages=thinking_turn("The card is 4111 1111 1111 1111."),
            extra_headers={"X-Sting-Policy": "blocker"},
        )
    assert gateway.provider.requests == []


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_signed_thinking_that_came_from_the_provider_passes_whatever_it_holds(
    gateway: Running, *, streamed: bool
) -> None:
    thinking = f"By myself I know {PERSON} of {'streams' if streamed else 'plain answers'}."
    if streamed:
        pieces: list[dict[str, str]] = [
            {"type": "thinking_delta", "thinking": part} for part in (thinking[:9], thinking[9:])
        ]
        deltas = [*pieces, {"type": "signature_delta", "signature": SIGNATURE}]
        events = [
            {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
            *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
            {"type": "content_block_stop", "index": 0},
        ]
        raw, kind = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events), "text/event-stream"
    else:
        block = {"type": "thinking", "thinking": thinking, "signature": SIGNATURE}
        raw, kind = json.dumps({"id": "msg_1", "content": [block], "usage": {}}).encode(), "application/json"
    first = [{"role": "user", "content": f"Tell me of {MAIL}, {'streamed' if streamed else 'plainly'}."}]
    block = {"type": "thinking", "thinking": thinking, "signature": SIGNATURE}
    later = [*first, {"role": "assistant", "content": [block]}, {"role": "user", "content": "Thank you."}]
    body = {"model": "claude-test", "max_tokens": 5, "messages": later}
    refused, _, _ = await gateway.call("/v1/messages", body)
    gateway.provider.once(Behaviour(raw=raw, content_type=kind))
    await gateway.call("/v1/messages", {**body, "messages": first})
    passed, _, _ = await gateway.call("/v1/messages", body)
    stranger, _, _ = await gateway.call("/v1/messages", body, key="stranger")
    assert (refused, passed, stranger) == (422, 200, 422)
    assert gateway.provider.requests[-1].json["messages"][1]["content"][0] == block
    assert MAIL not in gateway.provider.bytes_seen.decode()


async def test_citations_count_in_the_clients_document(gateway: Running, client: AsyncAnthropic) -> None:
    document = f"{PERSON} wrote to {MAIL}. The sky is blue."
    source = {"type": "text", "media_type": "text/plain", "data": document}
    block = {"type": "document", "source": source, "citations": {"enabled": True}}
    question: list[Any] = [{"role": "user", "content": [block, {"type": "text", "text": "Which colour?"}]}]
    await client.messages.create(model="claude-test", max_tokens=50, messages=question)
    scrambled = gateway.provider.requests[0].json["messages"][0]["content"][0]["source"]["data"]
    cited = scrambled[: scrambled.index(" The sky")]
    citation = {
        "type": "char_location",
        "cited_text": cited,
        "document_index": 0,
        "document_title": None,
        "start_char_index": 0,
        "end_char_index": len(cited),
    }
    text = {"type": "text", "text": "Blue.", "citations": [citation]}
    whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [text], "usage": {}}
    gateway.provider.behaviour = Behaviour(raw=json.dumps(whole).encode())
    answer = await client.messages.create(model="claude-test", max_tokens=50, messages=question)
    assert answer.content[0].type == "text"
    assert answer.content[0].citations is not None
    place = answer.content[0].citations[0]
    assert place.type == "char_location"
    assert place.cited_text == document[place.start_char_index : place.end_char_index]
    event = {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": citation}}
    stream = b"event: content_block_delta\ndata: " + json.dumps(event).encode() + b"\n\n"
    gateway.provider.behaviour = Behaviour(raw=stream, content_type="text/event-stream")
    body = {"model": "claude-test", "max_tokens": 5, "stream": True, "messages": question}
    _, _, streamed = await gateway.call("/v1/messages", body)
    found = json.loads(streamed.splitlines()[1].removeprefix(b"data: "))["delta"]["citation"]
    assert found["cited_text"] == document[found["start_char_index"] : found["end_char_index"]]
    assert leaks(gateway) == []

"""What the provider keeps: turns over previous_response_id, conversations, retrieval, and who may ask for what."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from policies.redis_client import make_client
from tests.fake_provider import Behaviour
from tests.gateway_fixture import NewGateway, Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, MAIL, CARD = "Margaret Okafor", "m.okafor@example.com", "4111 1111 1111 1111"
PROMPT = f"Write to {NAME} at {MAIL}."


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


async def test_two_turns_over_previous_response_id_restore_what_the_first_turn_hid(
    gateway: Running, client: AsyncOpenAI
) -> None:
    first = await client.responses.create(model="gpt-4o", input=PROMPT)
    second = await client.responses.create(model="gpt-4o", input="And again?", previous_response_id=first.id)
    assert second.output_text == f"{PROMPT} / And again?"
    third = await client.responses.create(model="gpt-4o", input=f"{CARD}!", previous_response_id=second.id)
    assert third.output_text == f"{PROMPT} / And again? / {CARD}!"
    streamed = ""
    async for event in await client.responses.create(
        model="gpt-4o", input="Once more", previous_response_id=third.id, stream=True
    ):
        streamed += event.delta if event.type == "response.output_text.delta" else ""
    assert streamed == f"{PROMPT} / And again? / {CARD}! / Once more"
    nothing_leaked(gateway, NAME, MAIL, CARD)


async def test_the_second_turn_is_restored_by_a_process_that_remembers_nothing(
    gateway: Running, client: AsyncOpenAI
) -> None:
    first = await client.responses.create(model="gpt-4o", input=PROMPT)
    vault: Any = gateway.gateway.services.vault
    assert len(vault._cache) > 0
    for address in list(vault._cache._entries):
        vault._cache.drop(address)
    second = await client.responses.create(model="gpt-4o", input="And again?", previous_response_id=first.id)
    assert second.output_text == f"{PROMPT} / And again?"


async def test_an_explicit_session_decides_where_new_tokens_go_and_the_old_one_is_opened_too(
    gateway: Running, client: AsyncOpenAI
) -> None:
    first = await client.responses.create(model="gpt-4o", input=PROMPT)
    header = {"X-Sting-Session": "of-the-header"}
    second = await client.responses.create(
        model="gpt-4o", input=f"Card {CARD}", previous_response_id=first.id, extra_headers=header
    )
    assert second.output_text == f"{PROMPT} / Card {CARD}"
    _, _, counts = await gateway.call("/sting/v1/sessions/of-the-header", method="GET")
    assert b"CREDIT_CARD" in counts
    assert b"EMAIL_ADDRESS" not in counts
    third = await client.responses.create(model="gpt-4o", input="All?", previous_response_id=second.id)
    assert third.output_text == f"{PROMPT} / Card {CARD} / All?"


@pytest.mark.parametrize("key", ["stranger", "team-a"])
async def test_another_owners_id_is_unknown_and_nothing_leaves(gateway: Running, client: AsyncOpenAI, key: str) -> None:
    first = await client.responses.create(model="gpt-4o", input=PROMPT)
    gateway.provider.requests.clear()
    other = gateway.client(key)
    with pytest.raises(openai.NotFoundError) as refused:
        await other.responses.create(model="gpt-4o", input="Go on", previous_response_id=first.id)
    assert refused.value.code == "sting_not_found"
    assert refused.value.param == "previous_response_id"
    for call in (
        other.responses.retrieve(first.id),
        other.responses.cancel(first.id),
        other.responses.input_items.list(first.id),
        other.responses.delete(first.id),
        other.responses.create(model="gpt-4o", input="Go on", conversation="conv_fake00000001"),
    ):
        with pytest.raises(openai.NotFoundError):
            await call
    assert gateway.provider.requests == []
    assert (await client.responses.retrieve(first.id)).output_text == PROMPT


async def test_items_can_be_named_by_their_owner_only(gateway: Running, client: AsyncOpenAI) -> None:
    plain = await client.responses.create(model="gpt-4o", input=PROMPT)
    named: list[Any] = [{"type": "item_reference", "id": plain.output[1].id}, {"role": "user", "content": "And?"}]
    (token,) = await tokens_of(gateway, NAME)
    gateway.provider.behaviour = Behaviour(text=f"About {token}")
    assert (await client.responses.create(model="gpt-4o", input=named)).output_text == f"About {NAME}"
    gateway.provider.requests.clear()
    for key, reference in (("stranger", plain.output[1].id), ("dev", "msg_68a1unknown")):
        named[0]["id"] = reference
        with pytest.raises(openai.NotFoundError) as refused:
            await gateway.client(key).responses.create(model="gpt-4o", input=named)
        assert refused.value.param == "input[0].id"
    assert gateway.provider.requests == []


async def test_items_of_a_stream_can_be_named_too(gateway: Running, client: AsyncOpenAI) -> None:
    events = [event async for event in await client.responses.create(model="gpt-4o", input=PROMPT, stream=True)]
    (item,) = [
        event.item for event in events if event.type == "response.output_item.done" and event.item.type == "message"
    ]
    (token,) = await tokens_of(gateway, NAME)
    gateway.provider.behaviour = Behaviour(text=f"About {token}")
    named: list[Any] = [{"type": "item_reference", "id": item.id}]
    assert (await client.responses.create(model="gpt-4o", input=named)).output_text == f"About {NAME}"


async def test_a_key_that_repeats_is_checked_each_time(gateway: Running, client: AsyncOpenAI) -> None:
    own = await client.responses.create(model="gpt-4o", input=PROMPT)
    other = await gateway.client("stranger").responses.create(model="gpt-4o", input=PROMPT)
    gateway.provider.requests.clear()
    for first, last in ((own.id, other.id), (other.id, own.id)):
        text = f'{{"model":"m","input":"x","previous_response_id":"{first}","previous_response_id":"{last}"}}'
        status, _, _ = await gateway.call("/v1/responses", text.encode())
        assert status == 404
    assert gateway.provider.requests == []


async def test_what_is_added_to_a_conversation_under_a_header_is_restored_later(
    gateway: Running, client: AsyncOpenAI
) -> None:
    conversation = await client.conversations.create(items=[{"type": "message", "role": "user", "content": PROMPT}])
    card: Any = [{"type": "message", "role": "user", "content": f"Card {CARD}"}]
    await client.conversations.items.create(conversation.id, items=card, extra_headers={"X-Sting-Session": "added"})
    answer = await client.responses.create(model="gpt-4o", input="And?", conversation=conversation.id)
    assert answer.output_text == f"{PROMPT} / Card {CARD} / And?"
    changed = await client.conversations.update(conversation.id, metadata={"about": NAME})
    assert changed.metadata == {"about": NAME}
    nothing_leaked(gateway, NAME, MAIL, CARD)


async def test_stored_calls_stand_in_the_audit(gateway: Running, client: AsyncOpenAI) -> None:
    made = await client.responses.create(model="gpt-4o", input=PROMPT)
    _, headers, _ = await gateway.call(f"/v1/responses/{made.id}", method="GET")
    event = await gateway.audit(headers["x-sting-exchange"])
    assert (event["route"], event["outcome"], event["provider"]) == ("/v1/responses/{object}", "ok", "fake")
    assert event["restored"] > 0
    assert made.id not in json.dumps(event)


@pytest.mark.parametrize("policy", ["unlinked", "strict"])
async def test_turns_are_restored_also_when_each_session_names_values_its_own_way(
    gateway: Running, policy: str
) -> None:
    client = gateway.client(default_headers={"X-Sting-Policy": policy})
    first = await client.responses.create(model="gpt-4o", input=PROMPT)
    second = await client.responses.create(model="gpt-4o", input=f"And {NAME}?", previous_response_id=first.id)
    assert second.output_text == f"{PROMPT} / And {NAME}?"
    apart = await client.responses.create(model="gpt-4o", input=f"Who is {NAME}?")
    assert apart.output_text == f"Who is {NAME}?"
    first_sent, second_sent, apart_sent = (request.json["input"] for request in gateway.provider.requests)
    token = second_sent.removeprefix("And ").removesuffix("?")
    assert token in first_sent
    assert token not in apart_sent
    nothing_leaked(gateway)


async def test_a_client_that_restores_by_itself_gets_tokens_over_all_turns(gateway: Running) -> None:
    headers = {"X-Sting-Session": "own", "X-Sting-Restore": "none"}
    client = gateway.client(default_headers=headers)
    first = await client.responses.create(model="gpt-4o", input=PROMPT)
    second = await client.responses.create(model="gpt-4o", input="And?", previous_response_id=first.id)
    for text in (first.output_text, second.output_text):
        assert NAME not in text
    _, _, body = await gateway.call("/sting/v1/restore", {"session": "own", "texts": [second.output_text]})
    assert json.loads(body)["texts"] == [f"{PROMPT} / And?"]


async def test_a_shredded_session_is_not_restored_any_more(gateway: Running, client: AsyncOpenAI) -> None:
    asked: Any = {"model": "gpt-4o", "extra_headers": {"X-Sting-Session": "shredded"}}
    first = await client.responses.create(**asked, input=PROMPT)
    status, _, _ = await gateway.call("/sting/v1/sessions/shredded", method="DELETE")
    assert status == 200
    text = (await client.responses.retrieve(first.id)).output_text
    assert "PERSON_" in text
    assert NAME not in text


async def test_keys_of_one_vault_share_what_is_stored(gateway: Running) -> None:
    first = await gateway.client("team-a").responses.create(model="gpt-4o", input=PROMPT)
    second = await gateway.client("team-b").responses.create(model="gpt-4o", input="?", previous_response_id=first.id)
    assert second.output_text == f"{PROMPT} / ?"


async def test_what_is_not_stored_is_not_remembered(client: AsyncOpenAI) -> None:
    answer = await client.responses.create(model="gpt-4o", input=PROMPT, store=False)
    assert answer.output_text == PROMPT
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve(answer.id)


async def test_stored_responses_come_back_restored_until_they_are_deleted(
    gateway: Running, client: AsyncOpenAI
) -> None:
    made = await client.responses.create(model="gpt-4o", input=PROMPT, background=True)
    assert (await client.responses.retrieve(made.id)).output_text == PROMPT
    assert (await client.responses.retrieve(made.id, include=["file_search_call.results"])).output_text == PROMPT
    items: list[Any] = [item async for item in client.responses.input_items.list(made.id, order="asc", limit=20)]
    assert items[0].content == PROMPT
    cancelled = await client.responses.cancel(made.id)
    assert (cancelled.status, cancelled.output_text) == ("cancelled", PROMPT)
    await client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError) as unknown:
        await client.responses.retrieve(made.id)
    assert unknown.value.code == "sting_not_found"
    nothing_leaked(gateway)


async def test_a_stream_can_be_taken_up_again_in_the_middle_of_a_token(gateway: Running, client: AsyncOpenAI) -> None:
    gateway.provider.behaviour = Behaviour(piece=3)
    events = [event async for event in await client.responses.create(model="gpt-4o", input=PROMPT, stream=True)]
    name = events[0].response.id if events[0].type == "response.created" else ""
    for after in (0, 5, 9, 13, len(events) - 2):
        again = [event async for event in await client.responses.retrieve(name, stream=True, starting_after=after)]
        assert again == events[after + 1 :]
    assert "starting_after" not in gateway.provider.requests[-1].target


async def test_a_conversation_object_keeps_its_session(gateway: Running, client: AsyncOpenAI) -> None:
    conversation = await client.conversations.create(items=[{"type": "message", "role": "user", "content": PROMPT}])
    first = await client.responses.create(model="gpt-4o", input="Go on", conversation=conversation.id)
    assert first.output_text == f"{PROMPT} / Go on"
    await client.conversations.items.create(
        conversation.id, items=[{"type": "message", "role": "user", "content": f"Card {CARD}"}]
    )
    items: list[Any] = [item async for item in client.conversations.items.list(conversation.id)]
    assert [item.content for item in items] == [PROMPT, "Go on", f"Card {CARD}"]
    second = await client.responses.create(model="gpt-4o", input="And?", conversation={"id": conversation.id})
    assert second.output_text == f"{PROMPT} / Go on / Card {CARD} / And?"
    nothing_leaked(gateway, NAME, MAIL, CARD)
    with pytest.raises(openai.NotFoundError):
        await gateway.client("stranger").conversations.retrieve(conversation.id)


async def test_a_request_that_goes_on_from_stored_state_goes_to_the_provider_that_keeps_it(
    gateway: Running, client: AsyncOpenAI
) -> None:
    first = await client.responses.create(model="with-fallback", input=PROMPT)
    gateway.provider.behaviour = Behaviour(status=503)
    gateway.backup.requests.clear()
    with pytest.raises(openai.InternalServerError):
        await client.responses.create(model="with-fallback", input="Go on", previous_response_id=first.id)
    assert gateway.backup.requests == []
    with pytest.raises(openai.BadRequestError):
        await client.responses.create(model="llama/phi", input="Go on", previous_response_id=first.id)


async def test_the_store_tells_neither_ids_nor_sessions(gateway: Running, client: AsyncOpenAI) -> None:
    redis: Any = make_client(gateway.gateway.valkey_url)
    before = set(await redis.keys("sting:*:o"))  # the gateway is the module's: other tests' objects are there too
    made = await client.responses.create(model="gpt-4o", input=PROMPT, extra_headers={"X-Sting-Session": MAIL})
    names: list[bytes] = await redis.keys("sting:*:o")
    values = [await redis.get(name) for name in names]
    lasting = [await redis.ttl(name) for name in set(names) - before]
    await redis.aclose()
    assert lasting
    dump = b"\n".join([*names, *values])
    for secret in (made.id, MAIL, "okafor"):
        assert secret.encode() not in dump
    assert all(29 * 86_400 < seconds <= 30 * 86_400 for seconds in lasting), lasting


async def test_a_dead_store_stops_everything_that_goes_on_from_stored_state(new_gateway: NewGateway) -> None:
    async with new_gateway() as gateway:
        client = gateway.client()
        made = await client.responses.create(model="gpt-4o", input=PROMPT)
        gateway.provider.requests.clear()
        objects: Any = gateway.gateway.services.objects

        async def gone(*_: object) -> None:
            raise ConnectionError

        objects._client.execute_command = gone
        with pytest.raises(openai.InternalServerError) as failed:
            await client.responses.retrieve(made.id)
        assert failed.value.code == "sting_vault_unavailable"
        assert gateway.provider.requests == []


@pytest.mark.parametrize("query", ["q=Margaret", "starting_after=x", "include[]=" + "a" * 200, "stream=true&who=me"])
async def test_a_query_that_could_carry_text_is_refused(gateway: Running, client: AsyncOpenAI, query: str) -> None:
    made = await client.responses.create(model="gpt-4o", input=PROMPT)
    gateway.provider.requests.clear()
    status, _, _ = await gateway.call(f"/v1/responses/{made.id}?{query}", method="GET")
    assert status == 400
    assert gateway.provider.requests == []


async def test_tokens_are_counted_of_what_would_be_sent(gateway: Running, client: AsyncOpenAI) -> None:
    first = await client.responses.create(model="gpt-4o", input=PROMPT)
    asked: Any = {"model": "gpt-4o", "input": f"Again, {NAME}", "previous_response_id": first.id}
    counted = await client.responses.input_tokens.count(**asked)
    await client.responses.create(**asked)
    _, counting, sending = gateway.provider.requests
    assert counted.input_tokens == 11
    assert counting.target == "/v1/responses/input_tokens"
    assert counting.json == sending.json
    nothing_leaked(gateway)
    with pytest.raises(openai.NotFoundError):
        await gateway.client("stranger").responses.input_tokens.count(**asked)


async def test_a_gateway_that_was_started_anew_goes_on_where_it_was(new_gateway: NewGateway) -> None:
    async with new_gateway() as gateway:
        first = await gateway.client().responses.create(model="gpt-4o", input=PROMPT)
        kept = gateway.provider.openai
    async with new_gateway() as gateway:
        gateway.provider.openai = kept
        client = gateway.client()
        second = await client.responses.create(model="gpt-4o", input="And again?", previous_response_id=first.id)
        assert second.output_text == f"{PROMPT} / And again?"
        assert (await client.responses.retrieve(first.id)).output_text == PROMPT
        with pytest.raises(openai.NotFoundError):
            await gateway.client("stranger").responses.retrieve(first.id)


async def test_real_detection_hides_and_restores_over_two_turns(real_gateway: Running) -> None:
    client = real_gateway.client()
    prompt = f"Please write to Margaret Okafor at {MAIL}, card {CARD}."
    first = await client.responses.create(model="gpt-4o", input=prompt, instructions="You work for Margaret Okafor.")
    assert (first.output_text, first.instructions) == (prompt, "You work for Margaret Okafor.")
    second = await client.responses.create(model="gpt-4o", input="And again?", previous_response_id=first.id)
    assert second.output_text == f"{prompt} / And again?"
    vector = await client.embeddings.create(model="embed", input=prompt)
    assert vector.data
    nothing_leaked(real_gateway, NAME, MAIL, CARD, "Okafor")

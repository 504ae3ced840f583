"""Realistic surrogates, from outside: what leaves, what comes back, and where tokens stand instead."""

from __future__ import annotations

import json
import re

import pytest

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, MAIL = ENTITY_TYPES["PERSON"].example, ENTITY_TYPES["EMAIL_ADDRESS"].example
DATE = ENTITY_TYPES["DATE_TIME"].example
LIFELIKE = {"X-Sting-Policy": "lifelike"}
TEXT = f"Write to {NAME} at {MAIL} by {DATE}."


def left(gateway: Running) -> str:
    """The user's last message as the provider got it."""
    return str(json.loads(gateway.provider.requests[-1].body)["messages"][-1]["content"])


async def asked(gateway: Running, *texts: str, stream: bool = False, **headers: str) -> str:
    """The answer, with the model writing back what it got."""
    body = {"model": "gpt-4o", "stream": stream, "messages": [{"role": "user", "content": text} for text in texts]}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    status, _, answer = await gateway.call("/v1/chat/completions", body, headers=LIFELIKE | named)
    assert status == 200, answer
    if not stream:
        return str(json.loads(answer)["choices"][0]["message"]["content"])
    events = [line.removeprefix("data: ") for line in answer.decode().splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"].get("content") or "" for event in events for choice in json.loads(event)["choices"]]
    return "".join(deltas)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("piece", [1, 4, 0])
async def test_names_and_mails_leave_invented_and_come_back(gateway: Running, piece: int, *, stream: bool) -> None:
    gateway.provider.behaviour = Behaviour(piece=piece)
    assert TEXT in await asked(gateway, TEXT, stream=stream)
    away = left(gateway)
    shape = r"Write to [A-Z][a-z]+ [A-Z][a-z]+ at [a-z]+\.[a-z]+\d{4}@example\.(com|org|net) by DATE_TIME_\w{8}\."
    assert re.fullmatch(shape, away), away
    assert NAME not in away
    assert MAIL not in away


async def test_the_name_of_a_message_has_only_letters_that_the_api_takes(gateway: Running) -> None:
    """OpenAI refuses a name with a space: there a token stands, and a one-way result loses its other letters."""
    body = {
        "model": "m",
        "messages": [{"role": "user", "name": NAME, "content": NAME}, {"role": "user", "name": MAIL, "content": "x"}],
    }
    status, _, answer = await gateway.call("/v1/chat/completions", body, headers=LIFELIKE)
    assert status == 200, answer
    first, second = gateway.provider.requests[-1].json["messages"][-2:]
    assert re.fullmatch(r"PERSON_\w{8}", first["name"])
    assert re.fullmatch(r"EMAIL_ADDRESS_\w{8}", second["name"])
    assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", first["content"])


async def test_a_value_of_the_request_is_never_invented(gateway: Running) -> None:
    await asked(gateway, f"Hello {NAME}")
    invented = left(gateway).removeprefix("Hello ")
    answer = await asked(gateway, f"Hello {NAME}", f"and somebody nobody finds, {invented}")
    assert answer.endswith(f"and somebody nobody finds, {invented}")
    messages = json.loads(gateway.provider.requests[-1].body)["messages"]
    assert invented not in messages[-2]["content"]
    assert NAME not in gateway.provider.requests[-1].body.decode()


async def test_a_named_session_restores_later_and_shields_what_it_invented(gateway: Running) -> None:
    body = {"texts": [f"Hello {NAME}"], "session": "realistic-later", "policy": "lifelike"}
    _, _, answer = await gateway.call("/sting/v1/scramble", body)
    (away,) = json.loads(answer)["texts"]
    invented = away.removeprefix("Hello ")
    assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", invented)
    _, _, answer = await gateway.call("/sting/v1/scramble", body | {"texts": [f"{invented} is somebody else"]})
    (shielded,) = json.loads(answer)["texts"]
    assert invented not in shielded
    asked_back = {"texts": [away, shielded], "session": "realistic-later"}
    _, _, answer = await gateway.call("/sting/v1/restore", asked_back)
    assert json.loads(answer)["texts"] == [f"Hello {NAME}", f"{invented} is somebody else"]
    _, _, answer = await gateway.call("/sting/v1/restore", asked_back, key="team-a")
    assert json.loads(answer)["texts"] == [away, shielded]


async def test_where_the_answer_does_not_come_back_at_once_tokens_stand(gateway: Running) -> None:
    kept = {"X_Sting_Session": "realistic-kept", "X_Sting_Restore": "none"}
    answer = await asked(gateway, f"Hello {NAME}", **kept)
    assert re.search(r"Hello PERSON_\w{8}", answer)


async def test_a_screen_takes_no_invented_value_for_the_models_own(gateway: Running) -> None:
    """`output` looks into answers for what nobody sent: what we invented is ours."""
    policies = dict(gateway.gateway.services.policies)
    lifelike = policies["lifelike"]
    changed = lifelike.model_copy(update={"output": "redact"})
    gateway.gateway.services.policies = policies | {"lifelike": changed}
    try:
        await asked(gateway, f"Hello {NAME}")
        assert gateway.detector is not None
        gateway.detector.words[left(gateway).removeprefix("Hello ")] = "PERSON"
        assert f"Hello {NAME}" in await asked(gateway, f"Hello {NAME}")
    finally:
        gateway.gateway.services.policies = policies


async def test_a_named_session_of_many_values_shields_nothing_but_what_it_invented(gateway: Running) -> None:
    """Its edition, a field of the vault's own called `e`, is no surrogate: Italian is full of that word."""
    values = " and ".join(info.example for info in ENTITY_TYPES.values())
    body = {"session": "realistic-many", "policy": "lifelike"}
    await gateway.call("/sting/v1/scramble", body | {"texts": [values]})
    text = "pane e vino, a e i o u"
    _, _, answer = await gateway.call("/sting/v1/scramble", body | {"texts": [text]})
    assert json.loads(answer)["texts"] == [text]

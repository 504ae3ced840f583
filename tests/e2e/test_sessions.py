"""Who gets what back: literal look-alikes, other keys' sessions, shared vaults, explicit sessions (rules 3 and 4)."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/v1/chat/completions"
TOKEN = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_[0-9A-Z]{8}")
NAME, MAIL = "Margaret Okafor", "m.okafor@example.com"


async def ask(
    gateway: Running, text: str, *, key: str = "dev", session: str | None = None, **headers: str
) -> tuple[str, dict[str, str], str]:
    """Content of the answer, headers, and what left in place of the text."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if session:
        sent["X-Sting-Session"] = session
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    before = len(gateway.provider.requests)
    status, got, answer = await gateway.call(CHAT, body, key=key, headers=sent)
    assert status == 200, answer
    left: list[Any] = [request.json["messages"][-1]["content"] for request in gateway.provider.requests[before:]]
    return json.loads(answer)["choices"][0]["message"]["content"], got, left[0] if left else ""


async def token_of(gateway: Running, original: str, *, key: str = "dev", session: str = "s-token") -> str:
    body = {"texts": [original], "session": session}
    status, _, answer = await gateway.call("/sting/v1/scramble", body, key=key)
    assert status == 200, answer
    (text,) = json.loads(answer)["texts"]
    assert TOKEN.fullmatch(text)
    return str(text)


@pytest.mark.parametrize(
    "change", [str, str.lower, lambda token: token.replace("_", " "), lambda token: f"**{token}**"]
)
async def test_a_token_that_the_client_types_comes_back_as_typed(gateway: Running, change: Any) -> None:
    theirs = change(await token_of(gateway, NAME, key="stranger"))
    text = f"What does {theirs} mean? Ask {NAME}."
    answer, _, left = await ask(gateway, text)
    assert answer == text
    assert theirs.strip("*") not in left


async def test_a_typed_token_of_the_very_same_session_comes_back_as_typed(gateway: Running) -> None:
    own = await token_of(gateway, NAME, session="s-own")
    text = f"{NAME} was {own} before."
    answer, _, left = await ask(gateway, text, session="s-own")
    assert answer == text
    assert "LITERAL_" in left


async def test_a_typed_token_streams_back_as_typed(gateway: Running) -> None:
    own = await token_of(gateway, NAME)
    gateway.provider.behaviour = Behaviour(piece=1)
    text = f"{NAME} was {own}, {own.lower()} and {NAME}."
    answer = ""
    async for event in await gateway.client().chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": text}], stream=True
    ):
        answer += event.choices[0].delta.content or ""
    assert answer == text


async def test_a_token_of_another_keys_session_is_never_restored(gateway: Running) -> None:
    theirs = await token_of(gateway, NAME, key="stranger", session="shared-name")
    gateway.provider.behaviour = Behaviour(text=f"It is {theirs}, {theirs.lower()}.")
    for session in ("shared-name", None):
        answer, _, _ = await ask(gateway, f"Who? {MAIL}", session=session)
        assert NAME not in answer
        assert theirs in answer
    body = {"texts": [theirs], "session": "shared-name"}
    _, _, restored = await gateway.call("/sting/v1/restore", body)
    assert json.loads(restored) == {"texts": [theirs], "restored": 0, "unknown": 1}


async def test_a_derived_session_restores_only_what_this_exchange_issued(gateway: Running) -> None:
    earlier = await token_of(gateway, NAME, session="s-explicit")
    gateway.provider.behaviour = Behaviour(text=f"It is {earlier}.")
    answer, _, _ = await ask(gateway, f"Who? {MAIL}")
    assert answer == f"It is {earlier}."
    answer, _, _ = await ask(gateway, f"Who? {MAIL}", session="s-explicit")
    assert answer == f"It is {NAME}."


async def test_an_earlier_turns_token_streams_back_in_an_explicit_session(gateway: Running) -> None:
    earlier = await token_of(gateway, NAME, session="s-stream")
    gateway.provider.behaviour = Behaviour(text=f"It is {earlier}, really {earlier.lower()}.", piece=3)
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Who?"}], "stream": True}
    _, _, stream = await gateway.call(CHAT, body, headers={"X-Sting-Session": "s-stream"})
    lines = [json.loads(line[6:]) for line in stream.decode().splitlines() if line.startswith("data: {")]
    text = "".join(line["choices"][0]["delta"].get("content", "") for line in lines)
    assert text == f"It is {NAME}, really {NAME}."


async def test_keys_that_share_a_vault_share_explicit_sessions(gateway: Running) -> None:
    token = await token_of(gateway, NAME, key="team-a", session="s-team")
    assert await token_of(gateway, NAME, key="team-b", session="s-team") == token
    gateway.provider.behaviour = Behaviour(text=f"It is {token}.")
    answer, _, _ = await ask(gateway, "Who?", key="team-b", session="s-team")
    assert answer == f"It is {NAME}."
    answer, _, _ = await ask(gateway, "Who?", key="dev", session="s-team")
    assert answer == f"It is {token}."


async def test_two_vaults_name_the_same_value_differently(gateway: Running) -> None:
    assert await token_of(gateway, NAME, key="dev") != await token_of(gateway, NAME, key="stranger")


async def test_an_unlinkable_policy_names_per_session(gateway: Running) -> None:
    tokens = []
    for session in ("one", "two", "one"):
        _, _, left = await ask(gateway, NAME, session=session, X_Sting_Policy="unlinked")
        tokens.append(left)
    assert tokens[0] == tokens[2] != tokens[1]


async def test_vaults_never_cross_under_32_concurrent_requests(gateway: Running) -> None:
    assert gateway.detector is not None
    people = {f"Person{number}x Lastname{number}y": number for number in range(32)}
    gateway.detector.words |= dict.fromkeys(people, "PERSON")

    async def one(name: str, number: int) -> None:
        key = ("dev", "stranger", "team-a")[number % 3]
        answer, _, left = await ask_unobserved(gateway, f"Hello {name} and {NAME}", key, f"s{number % 4}")
        assert answer == f"Hello {name} and {NAME}", left

    await asyncio.gather(*(one(name, number) for name, number in people.items()))
    assert NAME.encode() not in gateway.provider.bytes_seen
    assert b"Lastname" not in gateway.provider.bytes_seen


async def ask_unobserved(gateway: Running, text: str, key: str, session: str) -> tuple[str, dict[str, str], str]:
    """As `ask`, for requests that run side by side."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    status, got, answer = await gateway.call(CHAT, body, key=key, headers={"X-Sting-Session": session})
    assert status == 200, answer
    return json.loads(answer)["choices"][0]["message"]["content"], got, ""


async def test_restore_none_keeps_tokens_and_they_can_be_restored_later(gateway: Running) -> None:
    answer, headers, left = await ask(gateway, f"Mail {NAME}", session="s-none", X_Sting_Restore="none")
    assert NAME not in answer
    assert answer == left
    assert headers["x-sting-restored"] == "0"
    body = {"texts": [answer, answer.lower()], "session": "s-none"}
    _, _, restored = await gateway.call("/sting/v1/restore", body)
    assert json.loads(restored) == {"texts": [f"Mail {NAME}", f"mail {NAME}"], "restored": 2, "unknown": 0}


async def test_with_restore_none_tokens_of_the_session_pass_as_they_are(gateway: Running) -> None:
    token = await token_of(gateway, NAME, session="s-pass")
    foreign = await token_of(gateway, NAME, key="stranger", session="s-pass")
    text = f"{token} and {foreign}"
    _, _, left = await ask(gateway, text, session="s-pass", X_Sting_Restore="none")
    assert token in left
    assert foreign not in left


async def test_restore_none_without_a_session_is_refused(gateway: Running) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": NAME}]}
    for value in ("none", "some"):
        status, _, answer = await gateway.call(CHAT, body, headers={"X-Sting-Restore": value})
        assert status == 400
        assert json.loads(answer)["error"]["code"] == "sting_bad_request"
    assert gateway.provider.requests == []


async def test_a_sessions_time_to_live_is_what_was_asked_for_up_to_the_policys_maximum(gateway: Running) -> None:
    async def ttl_of_new_key(session: str, seconds: str) -> int:
        async with gateway.store() as store:
            before = set(await store.keys("sting:*:s"))
            await ask(gateway, NAME, session=session, X_Sting_Session_TTL=seconds)
            (key,) = set(await store.keys("sting:*:s")) - before
            return int(await store.ttl(key))

    assert 100 < await ttl_of_new_key("s-ttl-1", "120") <= 120
    assert 2_591_000 < await ttl_of_new_key("s-ttl-2", "99999999999") <= 2_592_000
    for wrong in ("0", "-5", "soon", "1.5"):
        status, _, _ = await gateway.call(CHAT, {"model": "m", "messages": []}, headers={"X-Sting-Session-TTL": wrong})
        assert status == 400, wrong


async def test_a_shredded_session_restores_nothing(gateway: Running) -> None:
    token = await token_of(gateway, NAME, session="s-shred")
    status, _, counts = await gateway.call("/sting/v1/sessions/s-shred", method="GET")
    assert json.loads(counts)["entities"] == {"PERSON": 1}
    status, _, _ = await gateway.call("/sting/v1/sessions/s-shred", method="DELETE", key="stranger")
    assert status == 404
    status, _, _ = await gateway.call("/sting/v1/sessions/s-shred", method="DELETE")
    assert status == 200
    for method in ("GET", "DELETE"):
        status, _, _ = await gateway.call("/sting/v1/sessions/s-shred", method=method)
        assert status == 404
    _, _, restored = await gateway.call("/sting/v1/restore", {"texts": [token], "session": "s-shred"})
    assert json.loads(restored)["texts"] == [token]
    gateway.provider.behaviour = Behaviour(text=f"It is {token}.")
    answer, _, _ = await ask(gateway, "Who?", session="s-shred")
    assert answer == f"It is {token}."


async def test_a_deleted_session_does_not_come_back_with_an_older_copy_of_redis(gateway: Running) -> None:
    asked = {"texts": [f"Mail {NAME}"], "session": "s-shredded"}
    _, _, made = await gateway.call("/sting/v1/scramble", asked)
    body = {"texts": json.loads(made)["texts"], "session": "s-shredded"}
    async with gateway.store() as store:
        kept = {key: await store.dump(key) for key in await store.keys("sting:{*}:s")}
        _, _, restored = await gateway.call("/sting/v1/restore", body)
        assert NAME in json.loads(restored)["texts"][0]
        status, _, _ = await gateway.call("/sting/v1/sessions/s-shredded", method="DELETE")
        assert status == 200
        for key, value in kept.items():
            await store.restore(key, 0, value, replace=True)
    _, _, restored = await gateway.call("/sting/v1/restore", body)
    assert json.loads(restored) == {"texts": body["texts"], "restored": 0, "unknown": 1}

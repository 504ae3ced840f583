"""A conversation leaves as the same bytes whether its beginning is known or read and decided anew."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from typing import Any

import pytest

from policies.entity_types import ENTITY_TYPES
from proxy.core import scrambler
from proxy.core.recollection import Spot
from proxy.vault import sealing
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

VALUES = [info.example for info in ENTITY_TYPES.values()]
TOOLS = [{"type": "function", "function": {"name": "look_up", "description": f"Finds {VALUES[0]}", "parameters": {}}}]


def said(pick: random.Random) -> str:
    """Some words with values, escapes and letters of other alphabets among them."""
    words = [*pick.sample(VALUES, 2), 'she said "yes"', "Zoë\n\t", "\\", "PERSON_K7Q2M9XA", "日本", "and so on " * 40]
    pick.shuffle(words)
    return " ".join(words[: pick.randrange(1, len(words))])


def turn(pick: random.Random, number: int) -> list[dict[str, Any]]:
    """What one turn adds: a user's message, and an answer with or without a call of a tool."""
    content: Any = said(pick) if pick.random() < 0.7 else [{"type": "text", "text": said(pick)}]
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if pick.random() < 0.5:
        arguments = json.dumps({"who": said(pick), "n": [pick.randrange(10)]})
        call = {"id": f"call_{number}a", "type": "function", "function": {"name": "look_up", "arguments": arguments}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{number}a", "content": json.dumps({"is": said(pick)})})
    messages.append({"role": "assistant", "content": pick.choice([said(pick), ""])})
    return messages


def forget(gateway: Running) -> None:
    """Have nothing remembered of earlier requests."""
    services = gateway.gateway.services
    services.beginnings._kept.clear()
    services.prefixes._entries.clear()


@pytest.mark.parametrize("seed", range(8))
async def test_bytes_are_the_same_with_and_without_what_is_remembered(gateway: Running, seed: int) -> None:
    pick = random.Random(seed)
    messages: list[dict[str, Any]] = []
    if pick.random() < 0.6:
        messages.append({"role": "system", "content": f"You help {VALUES[1]}."})
    more: dict[str, Any] = {"tools": TOOLS} if pick.random() < 0.5 else {}
    headers = {"X-Sting-Session": f"s{seed}"} if pick.random() < 0.3 else {}
    for number in range(6):
        messages += turn(pick, number)
        body = {"model": "gpt-4o", "messages": messages[:-1], **more, "user": VALUES[2]}
        raw = json.dumps(body, ensure_ascii=pick.random() < 0.5, indent=pick.choice([None, 1])).encode()
        if number % 2:
            more = {**more, "stop": [said(pick)]}
        _, told, _ = await gateway.call("/v1/chat/completions", raw, headers=headers)
        _, again, _ = await gateway.call("/v1/chat/completions", raw, headers=headers)
        forget(gateway)
        _, anew, _ = await gateway.call("/v1/chat/completions", raw, headers=headers)
        known, repeated, read = (request.body for request in gateway.provider.requests[-3:])
        assert known == read
        assert repeated == read
        names = ("x-sting-session", "x-sting-entities", "x-sting-restored")
        assert [told.get(name) for name in names] == [anew.get(name) for name in names]
        assert [again.get(name) for name in names] == [anew.get(name) for name in names]


async def test_a_known_beginning_is_passed_over_and_only_new_text_is_looked_at(gateway: Running) -> None:
    pick = random.Random(99)
    messages: list[dict[str, Any]] = []
    for number in range(10):
        messages += turn(pick, number)
        gateway.detector.texts.clear() if gateway.detector else None
        await gateway.call("/v1/chat/completions", {"model": "gpt-4o", "messages": messages[:-1]})
    services = gateway.gateway.services
    text = json.dumps({"model": "gpt-4o", "messages": messages})
    found = services.beginnings.find("openai/messages", text, text.index("["))
    assert found is not None
    assert found.beginning.count == len(messages) - 1


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/api/chat", "/v1/responses"])
async def test_what_a_turn_costs_does_not_grow_with_the_conversation(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Counted, not timed: texts looked at, originals read out of the body, values sealed and opened again."""
    done: Counter[str] = Counter()
    detector = gateway.detector
    assert detector is not None

    def counted(place: Any, name: str) -> None:
        work = getattr(place, name)

        def count(*args: Any) -> Any:
            done[name] += 1
            return work(*args)

        monkeypatch.setattr(place, name, count)

    for place, name in ((Spot, "read"), (sealing, "seal"), (sealing, "unseal"), (scrambler, "Decision")):
        counted(place, name)
    model = {"/api/chat": "llama/m", "/v1/messages": "claude-test"}.get(path, "gpt-4o")
    turns, messages = [], [{"role": "user", "content": f"Let us begin, {path}."}]
    for number in range(40):
        messages.append({"role": "assistant", "content": f"Noted, number {number} of {path}."})
        values = [VALUES[(number + step) % len(VALUES)] for step in range(3)]
        messages.append(
            {"role": "user", "content": f"Turn {number} of {path}: {' and '.join(values)} and item no {number}."}
        )
        done.clear()
        detector.texts.clear()
        body = {"model": model, "max_tokens": 9, "stream": False, "messages": messages}
        body = {"model": model, "store": False, "input": messages} if path == "/v1/responses" else body
        assert (await gateway.call(path, body, headers={"X-Sting-Session": f"grows {path}"}))[0] == 200
        turns.append({**done, "detected": len(detector.texts)})
    later = turns[-10:]
    for name in ("read", "seal", "unseal", "Decision", "detected"):
        early = max(turn.get(name, 0) for turn in turns[1:11])
        assert max(turn.get(name, 0) for turn in later) <= early, name
    assert {turn["Decision"] for turn in later} == {3}
    assert {turn["detected"] for turn in later} == {2}


@pytest.mark.parametrize(
    "twice",
    ['{"model":"m","messages":%s,"messages":%s}', '{"model":"m","messages":%s,"messages":"%s"}'],
)
async def test_two_arrays_of_messages_are_both_read(gateway: Running, twice: str) -> None:
    known = [{"role": "user", "content": f"Write to {VALUES[0]}."}]
    await gateway.call("/v1/chat/completions", {"model": "m", "messages": known})
    first = json.dumps(known)
    second = json.dumps([{"role": "user", "content": f"And to {VALUES[3]} and {VALUES[0]}."}])
    raw = twice % (first, second if twice.endswith("s}") else json.dumps(second)[1:-1])
    await gateway.call("/v1/chat/completions", raw.encode())
    left = gateway.provider.requests[-1].body.decode()
    assert VALUES[0] not in left
    assert VALUES[3] not in left


async def test_another_policy_decides_anew(gateway: Running) -> None:
    messages = [{"role": "user", "content": f"Pay with {ENTITY_TYPES['CREDIT_CARD'].example}."}]
    body = {"model": "m", "messages": messages}
    assert (await gateway.call("/v1/chat/completions", body))[0] == 200
    status, _, _ = await gateway.call("/v1/chat/completions", body, headers={"X-Sting-Policy": "blocker"})
    assert status == 403
    assert (await gateway.call("/v1/chat/completions", body))[0] == 200


async def test_another_key_restores_its_own_only(gateway: Running) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": f"Write to {VALUES[0]}."}]}
    await gateway.call("/v1/chat/completions", body)
    await gateway.call("/v1/chat/completions", body, key="stranger")
    one, other = (request.body for request in gateway.provider.requests[-2:])
    assert one != other


@pytest.mark.parametrize("seed", range(3))
async def test_a_letter_changed_in_an_earlier_turn_is_read_and_decided_anew(gateway: Running, seed: int) -> None:
    pick = random.Random(1000 + seed)
    messages: list[dict[str, Any]] = []
    for number in range(6):
        messages += turn(pick, number)
        await gateway.call("/v1/chat/completions", {"model": "gpt-4o", "messages": messages[:-1]})
    users = [place for place, message in enumerate(messages[:-1]) if isinstance(message["content"], str)]
    for place in pick.sample(users, 3):
        changed = [dict(message) for message in messages[:-1]]
        changed[place]["content"] = f"{VALUES[4]} wrote. {changed[place]['content']}"
        body = {"model": "gpt-4o", "messages": changed}
        await gateway.call("/v1/chat/completions", body)
        forget(gateway)
        await gateway.call("/v1/chat/completions", body)
        known, anew = (request.body for request in gateway.provider.requests[-2:])
        assert known == anew
        assert VALUES[4].encode() not in known


async def test_messages_that_the_vault_has_seen_stored_leave_and_come_back_as_ever(gateway: Running) -> None:
    session = {"X-Sting-Session": "s-all-known"}
    content = f'Write "soon" to\n{VALUES[0]} and {VALUES[3]}.'
    body = {"model": "m", "messages": [{"role": "user", "content": content}]}
    answers = [await gateway.call("/v1/chat/completions", body, headers=session) for _ in range(4)]
    remembered = gateway.gateway.services.vault._cache._entries  # type: ignore[attr-defined]
    assert any(entry.marks for entry in remembered.values())
    assert len({request.body for request in gateway.provider.requests[-4:]}) == 1
    assert VALUES[0].encode() not in gateway.provider.requests[-1].body
    names = ("x-sting-session", "x-sting-entities", "x-sting-restored")
    assert len({tuple(told.get(name) for name in names) for _, told, _ in answers}) == 1
    for _, told, answer in answers:
        assert json.loads(answer)["choices"][0]["message"]["content"] == content
        kept = await gateway.audit(told["x-sting-exchange"])
        assert sum(kept["entities"].values()) == 2
        assert kept["outcome"] == "ok"


async def test_a_deleted_session_keeps_nothing_alive_and_the_next_turn_stores_its_own_anew(gateway: Running) -> None:
    session = {"X-Sting-Session": "s-known-beginning"}
    body = {"model": "m", "messages": [{"role": "user", "content": f"Write to {VALUES[0]} and {VALUES[3]}."}]}
    for _ in range(3):
        await gateway.call("/v1/chat/completions", body, headers=session)
    assert (await gateway.call("/sting/v1/sessions/s-known-beginning", method="DELETE"))[0] == 200
    status, _, _ = await gateway.call("/sting/v1/sessions/s-known-beginning", method="GET")
    assert status == 404
    _, told, _ = await gateway.call("/v1/chat/completions", body, headers=session)
    first, _, anew = (request.body for request in gateway.provider.requests[-3:])
    assert first == anew
    _, _, counts = await gateway.call("/sting/v1/sessions/s-known-beginning", method="GET")
    assert sum(json.loads(counts)["entities"].values()) == 2
    assert (await gateway.audit(told["x-sting-exchange"]))["entities"] == dict.fromkeys(
        json.loads(counts)["entities"], 1
    )


@pytest.mark.parametrize(
    "first", ['[{"role":"user","content":"%s ok"}]', '{"role":"user","content":"%s ok"}', '"for %s"']
)
@pytest.mark.parametrize("last", [False, True])
async def test_of_two_fields_of_messages_nothing_is_kept(gateway: Running, first: str, *, last: bool) -> None:
    """What was decided about the other one's texts counted from this one's bracket: it cut the next request wrong."""
    forget(gateway)
    second = json.dumps([{"role": "user", "content": f"I am {VALUES[0]}. {'x' * 60}"}])
    fields = [f'"messages":{first.replace("%s", VALUES[3])}', f'"messages":{second}']
    raw = f'{{"model":"m",{",".join(reversed(fields) if last else fields)}}}'
    await gateway.call("/v1/chat/completions", raw.encode())
    raw = f'{{"model":"m",{fields[1]}}}'
    await gateway.call("/v1/chat/completions", raw.encode(), headers={"X-Sting-Session": "messages-once"})
    left = gateway.provider.requests[-1]
    assert VALUES[0].encode() not in left.body
    assert [message["role"] for message in left.json["messages"]] == ["system", "user"]


CARD = ENTITY_TYPES["CREDIT_CARD"].example


@pytest.mark.parametrize("cuts", [(9,), (4, 9), (4, 9, 14)])
@pytest.mark.parametrize("as_parts", [False, True])
@pytest.mark.parametrize("read", [True, False])
async def test_a_number_that_began_in_an_earlier_turn_is_found_where_it_goes_on(
    gateway: Running, cuts: tuple[int, ...], *, as_parts: bool, read: bool
) -> None:
    """What left before stays as it left; the rest of the number must not follow it."""
    forget(gateway)
    borders = (0, *cuts, len(CARD))
    pieces = [CARD[start:end] for start, end in itertools.pairwise(borders)]
    texts = [f"Card {cuts} {as_parts} {read}: {pieces[0]}", *pieces[1:]]

    def body(said: list[str]) -> dict[str, Any]:
        messages: list[dict[str, Any]] = [{"role": "user", "content": text} for text in said]
        if as_parts:
            messages = [{"role": "user", "content": [{"type": "text", "text": text} for text in said]}]
        return {"model": "m", "messages": messages}

    for count in range(1, len(texts)):
        await gateway.call("/v1/chat/completions", body(texts[:count]))
    if read:
        gateway.gateway.services.beginnings._kept.clear()
    await gateway.call("/v1/chat/completions", body([*texts[:-1], f"{texts[-1]} is all"]))
    content = gateway.provider.requests[-1].json["messages"][-1]["content"]
    last = content[-1]["text"] if as_parts else content
    assert last.startswith("CREDIT_CARD_"), last
    assert last.endswith(" is all")

"""Rules of places, one-way tokens and what happens while detectors are away, by what arrives at the provider."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import EXAMPLES, Running

pytestmark = pytest.mark.asyncio(loop_scope="session")
CHAT = "/v1/chat/completions"
OF_TYPE = {entity_type: example for example, entity_type in EXAMPLES.items()}
NAME, MAIL, IBAN = (OF_TYPE[name] for name in ("PERSON", "EMAIL_ADDRESS", "IBAN_CODE"))


async def left(gateway: Running, body: dict[str, Any], policy: str = "placed", **headers: str) -> tuple[Any, str, Any]:
    """What the provider got, as an object and as text, and the answer."""
    sent = {"X-Sting-Policy": policy, **headers}
    status, _, answer = await gateway.call(CHAT, body, headers=sent)
    assert status == 200, answer
    raw = (gateway.provider.requests or gateway.backup.requests)[-1].body
    return json.loads(raw), raw.decode(), json.loads(answer)


def messages(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"role": role, "content": text} for role, text in pairs]


async def test_each_role_has_its_rules_also_when_turns_come_again(gateway: Running) -> None:
    turns = messages(("system", f"You are {NAME}."), ("user", f"I am {NAME}."), ("user", "Go on."))
    for length in (2, 3):
        got, _, _ = await left(gateway, {"model": "m", "messages": turns[:length]})
        first, second, *_ = (message["content"] for message in got["messages"])
        assert first.startswith(f"You are {NAME}.")
        assert second.startswith("I am PERSON_")
    # The very same texts by other roles are other texts.
    swapped = messages(("user", f"You are {NAME}."), ("system", f"I am {NAME}."))
    got, _, _ = await left(gateway, {"model": "m", "messages": swapped})
    assert {message["role"] for message in got["messages"] if NAME in message["content"]} == {"system"}


async def test_a_tools_calls_results_and_definition_have_the_tools_rules(gateway: Running) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "crm_find", "arguments": json.dumps({"to": MAIL})}}
    other = {"id": "c2", "type": "function", "function": {"name": "mail", "arguments": json.dumps({"to": MAIL})}}
    body = {
        "model": "m",
        "messages": [
            *messages(("user", f"Ask {MAIL}")),
            {"role": "assistant", "tool_calls": [call, other]},
            {"role": "tool", "tool_call_id": "c1", "content": f"It is {MAIL}"},
            {"role": "tool", "tool_call_id": "c2", "content": f"It is {MAIL}"},
            {"role": "tool", "tool_call_id": "nobody", "content": f"It is {MAIL}"},
        ],
        "tools": [{"type": "function", "function": {"name": "crm_find", "description": f"Finds {MAIL}"}}],
    }
    got, raw, _ = await left(gateway, body)
    assert MAIL not in raw
    user, assistant, first, second, third = got["messages"][-5:]
    redacted = {
        "user": "EMAIL_ADDRESS_" not in user["content"],
        "crm call": "EMAIL_ADDRESS_" not in assistant["tool_calls"][0]["function"]["arguments"],
        "mail call": "EMAIL_ADDRESS_" not in assistant["tool_calls"][1]["function"]["arguments"],
        "crm result": "EMAIL_ADDRESS_" not in first["content"],
        "mail result": "EMAIL_ADDRESS_" not in second["content"],
        "of no known call": "EMAIL_ADDRESS_" not in third["content"],
        "definition": "EMAIL_ADDRESS_" not in got["tools"][0]["function"]["description"],
    }
    assert [name for name, so in redacted.items() if so] == ["crm call", "crm result", "of no known call", "definition"]


async def test_models_and_providers_have_their_rules_and_a_fallback_counts_as_much(gateway: Running) -> None:
    plain, _, _ = await left(gateway, {"model": "m", "messages": messages(("user", NAME))})
    assert plain["messages"][-1]["content"].startswith("PERSON_")
    by_model, _, _ = await left(gateway, {"model": "alias", "messages": messages(("user", NAME))})
    assert by_model["model"] == "real-model"
    assert "PERSON_" not in by_model["messages"][-1]["content"]
    by_fallback, raw, _ = await left(gateway, {"model": "with-fallback", "messages": messages(("user", NAME))})
    assert NAME not in raw
    assert by_fallback["messages"][-1]["content"] != plain["messages"][-1]["content"]


async def test_what_the_model_says_by_itself_has_the_rules_of_answers(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(text=f"Ask {NAME} or {MAIL}.")
    _, _, answer = await left(gateway, {"model": "m", "messages": messages(("user", "Who?"))})
    assert answer["choices"][0]["message"]["content"] == f"Ask {NAME} or REDACTED_EMAIL_ADDRESS."


async def test_a_one_way_token_is_stable_and_nothing_brings_its_value_back(gateway: Running) -> None:
    session = {"X-Sting-Session": "places-one-way"}
    body = {"model": "m", "messages": messages(("user", f"Pay {IBAN}"))}
    first, raw, answer = await left(gateway, body, **session)
    token = first["messages"][-1]["content"].removeprefix("Pay ")
    assert token.startswith("IBAN_CODE_")
    assert IBAN not in raw
    assert IBAN not in json.dumps(answer)
    # Another policy has the value restorable in the same session: the one-way token is none of that one's.
    plain, _, answer = await left(gateway, body, policy="balanced", **session)
    assert plain["messages"][-1]["content"] != f"Pay {token}"
    assert IBAN in json.dumps(answer)
    gateway.provider.behaviour = Behaviour(text=f"It was {token}.")
    _, _, answer = await left(gateway, {"model": "m", "messages": messages(("user", "Which?"))}, **session)
    assert answer["choices"][0]["message"]["content"] == f"It was {token}."
    _, _, restored = await gateway.call("/sting/v1/restore", {"texts": [token], "session": "places-one-way"})
    assert json.loads(restored)["texts"] == [token]
    gateway.provider.behaviour = Behaviour()
    again, _, _ = await left(gateway, body, **session)
    assert again["messages"][-1]["content"] == f"Pay {token}"


async def test_without_detectors_texts_stay_in_the_house_where_the_policy_says_so(gateway: Running) -> None:
    assert gateway.detector is not None
    gateway.detector.fails = True
    text = f"Nobody looks at this: I am {NAME}"  # a text of its own: one that was looked at before is remembered
    body = {"model": "m", "messages": messages(("user", text))}
    status, _, _ = await gateway.call(CHAT, body)
    assert status == 503
    assert not gateway.provider.requests
    sent = {"X-Sting-Policy": "home-on-failure"}
    status, headers, _ = await gateway.call(CHAT, body, headers=sent)
    assert (status, headers["x-sting-warning"]) == (200, "unscanned")
    event = await gateway.audit(headers["x-sting-exchange"])
    assert (event["outcome"], event["provider"], event["left"]) == ("unscanned", "fake", None)
    await gateway.settled()
    async with gateway.store() as store:
        for key in await store.keys("*"):
            assert NAME.encode() not in (await store.dump(key) or b"")
    # Ollama's models in the cloud are not in the house, whatever the provider is marked.
    gateway.provider.requests.clear()
    body = {"model": "llama/big:cloud", "messages": messages(("user", text))}
    status, _, _ = await gateway.call(CHAT, body, headers=sent)
    assert status == 503
    assert not gateway.provider.requests

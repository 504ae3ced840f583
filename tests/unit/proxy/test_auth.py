"""Who is asking: where a key may stand, which policy and session a request gets."""

from __future__ import annotations

import dataclasses

import pytest
from aiohttp.test_utils import make_mocked_request
from pydantic import SecretStr

from policies.db import DatabaseUnavailable
from policies.keys import VirtualKeys
from policies.loader import load_policies
from policies.model import Action, Rule
from policies.resolve import may_block, tightened
from policies.sections import BootstrapKey, PoliciesSection
from proxy.auth import (
    authenticate,
    demanding,
    effective_policy,
    explicit_session,
    in_language,
    require_role,
    session_ttl,
    tag_of,
)
from proxy.errors import BadRequest, Forbidden, InvalidKey, KeysUnavailable

KEY = BootstrapKey(name="dev", secret=SecretStr("sk-test-dev"), policy="balanced")
KEYS = VirtualKeys(None, (KEY,))


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer sk-test-dev"},
        {"Authorization": "bearer  sk-test-dev "},
        {"x-api-key": "sk-test-dev"},
        {"X-Sting-Key": "sk-test-dev"},
        {"X-Sting-Key": "sk-test-dev", "Authorization": "Bearer something-else"},
    ],
)
async def test_a_key_is_taken_from_where_sdks_put_it(headers: dict[str, str]) -> None:
    principal = await authenticate(make_mocked_request("POST", "/", headers), KEYS)
    assert principal.key_name == "dev"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic sk-test-dev"},
        {"Authorization": "sk-test-dev"},
        {"Authorization": "Bearer "},
        {"x-api-key": "sk-test-dev2"},
        {"X-Sting-Key": "wrong", "Authorization": "Bearer sk-test-dev"},
    ],
)
async def test_anything_else_is_refused_without_repeating_it(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidKey) as raised:
        await authenticate(make_mocked_request("POST", "/", headers), KEYS)
    assert "sk-test" not in raised.value.message


async def test_with_pass_through_only_our_own_header_counts() -> None:
    theirs = make_mocked_request("POST", "/", {"Authorization": "Bearer sk-test-dev", "x-api-key": "sk-test-dev"})
    with pytest.raises(InvalidKey):
        await authenticate(theirs, KEYS, pass_through=True)
    ours = make_mocked_request("POST", "/", {"X-Sting-Key": "sk-test-dev"})
    assert (await authenticate(ours, KEYS, pass_through=True)).key_name == "dev"


async def test_a_role_that_is_missing_is_named() -> None:
    principal = await authenticate(make_mocked_request("POST", "/", {"x-api-key": "sk-test-dev"}), KEYS)
    require_role(principal, "use")
    with pytest.raises(Forbidden, match="audit"):
        require_role(principal, "audit")


async def test_a_key_may_ask_for_a_stricter_policy_only() -> None:
    policies = load_policies(None)
    principal = await authenticate(make_mocked_request("POST", "/", {"x-api-key": "sk-test-dev"}), KEYS)
    assert effective_policy(principal, policies, PoliciesSection(), None).name == "balanced"
    assert effective_policy(principal, policies, PoliciesSection(), "strict").name == "strict"
    for requested in ("observe", "no-such-policy"):
        with pytest.raises(Forbidden):
            effective_policy(principal, policies, PoliciesSection(), requested)


async def test_floors_of_the_tenant_tighten_what_a_key_works_under() -> None:
    policies = load_policies(None)
    principal = await authenticate(make_mocked_request("POST", "/", {"x-api-key": "sk-test-dev"}), KEYS)
    section = PoliciesSection(floors={"default": "pci", "other": "strict"})
    own, floored = policies["balanced"], effective_policy(principal, policies, section, None)
    assert floored == tightened(own, policies["pci"])
    assert (
        floored.rule("CREDIT_CARD").action
        == policies["pci"].rule("CREDIT_CARD").action
        != own.rule("CREDIT_CARD").action
    )
    everybody = PoliciesSection(floors={"*": "strict", "default": "pci"})
    assert effective_policy(principal, policies, everybody, None) == tightened(
        tightened(own, policies["strict"]), policies["pci"]
    )
    lawyers = dataclasses.replace(principal, team="legal")
    of_a_team = PoliciesSection(floors={"default/legal": "pci", "default/other": "strict", "legal": "strict"})
    assert effective_policy(lawyers, policies, of_a_team, None) == floored
    assert effective_policy(principal, policies, of_a_team, None) == own
    with pytest.raises(Forbidden, match="floor"):
        effective_policy(principal, policies, PoliciesSection(floors={"default": "gone"}), None)


async def test_a_refusal_names_the_floor_when_only_that_demands_it() -> None:
    policies = load_policies(None)
    principal = await authenticate(make_mocked_request("POST", "/", {"x-api-key": "sk-test-dev"}), KEYS)
    section = PoliciesSection(floors={"default": "pci"})

    def named(policy: str, section: PoliciesSection, entity_type: str) -> str:
        return demanding(principal, policies, section, policies[policy], lambda one: may_block(one, [entity_type]))

    refusing = load_policies(None)["balanced"].model_copy(
        update={"name": "refusing", "entities": {"CVV": Rule(action=Action.BLOCK)}}
    )
    policies = {**policies, "refusing": refusing}
    floor = PoliciesSection(floors={"default": "refusing", "other": "pci"})
    assert named("balanced", floor, "CVV") == "floor `refusing`"
    assert named("balanced", floor, "PERSON") == "policy `balanced`"
    assert named("refusing", floor, "CVV") == "policy `refusing`", "the key's own policy says it, too"
    assert named("balanced", section, "CVV") == "policy `balanced`"


async def test_a_key_that_may_use_every_policy_names_the_language_of_its_texts() -> None:
    policy = load_policies(None)["balanced"]
    principal = await authenticate(make_mocked_request("POST", "/", {"x-api-key": "sk-test-dev"}), KEYS)
    free = dataclasses.replace(principal, policies=("*",))
    assert in_language(policy, principal, None) is policy
    spoken = in_language(policy, free, "de")
    assert spoken.detection.languages[:2] == ("de", "en")
    assert spoken.digest != policy.digest
    assert in_language(policy, free, "en").detection.languages[:3] == ("en", "en", policy.detection.languages[1])
    assert in_language(policy, principal, "de") is policy
    with pytest.raises(BadRequest, match="X-Sting-Language"):
        in_language(policy, free, "Deutsch")


@pytest.mark.parametrize(
    ("tag", "good"), [("team-a.1", True), ("", True), ("a b", False), ("x" * 65, False), ("ä", False)]
)
def test_a_tag_is_a_word(tag: str, good: bool) -> None:  # noqa: FBT001 - from the table
    request = make_mocked_request("POST", "/", {"X-Sting-Tag": tag} if tag else {})
    if good:
        assert tag_of(request) == tag
    else:
        with pytest.raises(BadRequest, match="X-Sting-Tag"):
            tag_of(request)


def test_a_session_has_1_to_256_characters() -> None:
    assert explicit_session(make_mocked_request("POST", "/")) is None
    assert explicit_session(make_mocked_request("POST", "/", {"X-Sting-Session": "a" * 256})) == "a" * 256
    for wrong in ("", "a" * 257):
        with pytest.raises(BadRequest):
            explicit_session(make_mocked_request("POST", "/", {"X-Sting-Session": wrong}))


def test_a_time_to_live_is_bounded_by_the_policy() -> None:
    policy = load_policies(None)["balanced"]
    assert session_ttl(make_mocked_request("POST", "/"), policy) == policy.session_ttl
    for asked, given in (("60", 60), ("9" * 30, policy.session_ttl_max)):
        assert session_ttl(make_mocked_request("POST", "/", {"X-Sting-Session-TTL": asked}), policy) == given
    for wrong in ("0", "-1", "1.5", "", "\u0663"):
        with pytest.raises(BadRequest):
            session_ttl(make_mocked_request("POST", "/", {"X-Sting-Session-TTL": wrong}), policy)


async def test_nobody_is_let_in_while_the_database_cannot_be_asked() -> None:
    class Gone(VirtualKeys):
        async def authenticate(self, secret: str) -> None:
            raise DatabaseUnavailable(f"the database failed over {secret}")

    with pytest.raises(KeysUnavailable) as caught:
        await authenticate(make_mocked_request("POST", "/", {"x-api-key": "sk-of-somebody"}), Gone(None))
    assert (caught.value.status, caught.value.retryable) == (503, True)
    assert "sk-of-somebody" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None

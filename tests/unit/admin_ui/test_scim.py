"""SCIM as Okta and Entra speak it: the requests that they send, and what must be so afterwards."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from admin_ui.scim.filters import BadFilter, matches, parse_filter
from admin_ui.scim.patching import BadPatch, patched
from policies.key_rows import list_keys
from policies.people import create_person, list_people
from policies.sections_console import Scim
from tests.console_fixture import RunningConsole, console_settings, running_console

TOKEN = "scim-0123456789abcdef0123456789abcdef"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SCIM = {"token": TOKEN, "roles": {"Privacy": "admin", "Auditors": "auditor"}}


@dataclass
class Provider:
    """An identity provider at work."""

    console: RunningConsole
    http: aiohttp.ClientSession

    async def call(
        self, method: str, path: str, body: object = None, *, token: str = TOKEN, **query: Any
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        url = f"{self.console.url}/scim/v2{path}"
        async with self.http.request(method, url, data=data, headers=headers, params=query) as answer:
            text = await answer.text()
            assert answer.content_type == "application/scim+json", text
            return answer.status, json.loads(text) if text else None

    async def patch(self, path: str, *operations: dict[str, Any]) -> Any:
        status, data = await self.call("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})
        assert status == 200, data
        return data

    async def made(self, email: str, **more: Any) -> str:
        status, data = await self.call("POST", "/Users", okta_user(email, **more))
        assert status == 201, data
        return str(data["id"])


def okta_user(email: str, **more: Any) -> dict[str, Any]:
    """What Okta posts for a new person."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email,
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "emails": [{"primary": True, "value": email, "type": "work"}],
        "displayName": "Ada Byron",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
        **more,
    }


def entra_user(name: str, mail: str) -> dict[str, Any]:
    """What Entra posts for a new person: the user name need not be the address."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": name,
        "active": True,
        "emails": [{"primary": True, "type": "work", "value": mail}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Grace Hopper", "familyName": "Hopper", "givenName": "Grace"},
        "roles": [],
        ENTERPRISE: {"department": "Navy"},
    }


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[Provider]:
    configured = console_settings(tmp_path / "data", **{"console.scim": SCIM})
    async with running_console(configured, []) as console, aiohttp.ClientSession() as http:
        await create_person(console.parts.database, "root@x.test", roles=("admin",), now=1)
        yield Provider(console, http)


async def test_the_life_of_a_person_at_okta(provider: Provider) -> None:
    assert (await provider.call("GET", "/Users", filter='userName eq "ada@x.test"', startIndex=1, count=100))[1][
        "totalResults"
    ] == 0
    ada = await provider.made("ada@x.test")
    status, told = await provider.call("POST", "/Users", okta_user("ADA@x.test"))
    assert (status, told["scimType"], told["status"]) == (409, "uniqueness", "409")
    _, found = await provider.call("GET", "/Users", filter='userName eq "Ada@X.test"')
    person = found["Resources"][0]
    assert (person["id"], person["displayName"], person["active"]) == (ada, "Ada Byron", True)
    assert "password" not in person
    status, put = await provider.call("PUT", f"/Users/{ada}", {**person, "displayName": "Ada Lovelace"})
    assert (status, put["displayName"], put["externalId"]) == (200, "Ada Lovelace", "00ujl29u0le5T6Aj10h7")
    off = await provider.patch(f"/Users/{ada}", {"op": "replace", "value": {"active": False}})
    assert off["active"] is False
    on = await provider.patch(f"/Users/{ada}", {"op": "replace", "value": {"active": True}})
    assert on["active"] is True
    assert (await provider.call("DELETE", f"/Users/{ada}"))[0] == 204
    assert (await provider.call("GET", f"/Users/{ada}"))[0] == 404


async def test_the_life_of_a_person_at_entra(provider: Provider) -> None:
    status, made = await provider.call("POST", "/Users", entra_user("ghopper", "grace@x.test"))
    assert (status, made["userName"], made["emails"][0]["value"]) == (201, "ghopper", "grace@x.test")
    grace = f"/Users/{made['id']}"
    for wanted in (
        'externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"',
        'userName eq "GHopper"',
        'emails[type eq "work"].value eq "grace@x.test"',
        'emails.value eq "grace@x.test" and active eq true',
    ):
        assert [one["id"] for one in (await provider.call("GET", "/Users", filter=wanted))[1]["Resources"]] == [
            made["id"]
        ], wanted
    changed = await provider.patch(
        grace,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "hopper@x.test"},
        {"op": "Replace", "path": "name.familyName", "value": "Murray"},
        {"op": "Add", "path": "displayName", "value": "Grace Murray"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Yale"},
    )
    assert (changed["emails"][0]["value"], changed["displayName"]) == ("hopper@x.test", "Grace Murray")
    assert (await provider.patch(grace, {"op": "Replace", "path": "active", "value": "False"}))["active"] is False
    dotted = {"op": "replace", "value": {"name.givenName": "G", "displayName": "G. Murray", "active": "True"}}
    assert (await provider.patch(grace, dotted))["displayName"] == "G. Murray"


async def test_groups_give_roles_and_take_them_away(provider: Provider) -> None:
    ada, bob = await provider.made("ada@x.test"), await provider.made("bob@x.test")
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Auditors", "externalId": "g1"}
    status, made = await provider.call("POST", "/Groups", {**body, "members": [{"value": ada}]})
    assert (status, [one["value"] for one in made["members"]]) == (201, [ada])
    group = f"/Groups/{made['id']}"

    async def roles(user: str) -> list[str]:
        return [one["value"] for one in (await provider.call("GET", f"/Users/{user}"))[1]["roles"]]

    assert (await roles(ada), await roles(bob)) == (["auditor"], ["viewer"])
    await provider.patch(group, {"op": "Add", "path": "members", "value": [{"value": bob}]})
    assert await roles(bob) == ["auditor"]
    member = f'id eq "{made["id"]}" and members eq "{bob}"'
    assert (await provider.call("GET", "/Groups", filter=member))[1]["totalResults"] == 1
    await provider.patch(group, {"op": "remove", "path": f'members[value eq "{ada}"]'})
    await provider.patch(group, {"op": "Remove", "path": "members", "value": [{"value": bob}]})
    assert (await roles(ada), await roles(bob)) == (["viewer"], ["viewer"])
    renamed = {"op": "replace", "value": {"id": made["id"], "displayName": "Privacy"}}
    await provider.patch(group, {"op": "replace", "path": "members", "value": [{"value": bob}]}, renamed)
    assert await roles(bob) == ["admin"]
    found = (await provider.call("GET", "/Groups", filter='displayName eq "privacy"', excludedAttributes="members"))[1]
    assert "members" not in found["Resources"][0]
    assert (await provider.call("GET", f"/Users/{bob}"))[1]["groups"] == [{"value": made["id"], "display": "Privacy"}]
    assert (await provider.call("POST", "/Groups", {**body, "displayName": "Privacy"}))[0] == 409
    nobody = {"Operations": [{"op": "add", "path": "members", "value": "x"}]}
    assert (await provider.call("PATCH", group, nobody))[0] == 400
    assert (await provider.call("DELETE", group))[0] == 204
    assert await roles(bob) == ["viewer"]


@pytest.mark.parametrize("how", ["inactive", "deleted"])
async def test_who_leaves_loses_sessions_and_keys(provider: Provider, how: str) -> None:
    console = provider.console
    ada = await provider.made("ada@x.test")
    _, group = await provider.call("POST", "/Groups", {"displayName": "Privacy", "members": [{"value": ada}]})
    browser = console.stranger()
    person = next(one for one in await list_people(console.parts.database) if one.id == ada)
    await browser.enter(await console.parts.logins.make_link(person))
    waiting = await console.parts.logins.make_link(person)
    key = (await browser.call("POST", "/keys", {"name": "hers"})).data
    await (await console.person("editor")).call("POST", "/keys", {"name": "others"})
    assert (await console.parts.keys.authenticate(key["secret"])) is not None
    if how == "inactive":
        await provider.patch(f"/Users/{ada}", {"op": "replace", "value": {"active": False}})
    else:
        assert (await provider.call("DELETE", f"/Users/{ada}"))[0] == 204
    assert (await browser.call("GET", "/policies")).status == 401
    assert (await console.stranger().enter(waiting)).status in (400, 401, 403, 410)
    console.parts.keys.forget_cache()  # two seconds otherwise
    assert await console.parts.keys.authenticate(key["secret"]) is None
    revoked = {one.principal.key_name: one.revoked_at is not None for one in await list_keys(console.parts.database)}
    assert revoked == {"hers": True, "others": False}
    acts = (await (await console.person("auditor")).call("GET", "/audit/exchanges", kind="act", limit=100)).data
    assert any(act["key"] == "scim" and f"/scim/v2/Users/{ada}" in act["route"] for act in acts["items"])
    assert group["id"].startswith("grp_")


async def test_the_last_administrator_stays(provider: Provider) -> None:
    _, found = await provider.call("GET", "/Users", filter='userName eq "root@x.test"')
    root = found["Resources"][0]["id"]
    assert (await provider.call("DELETE", f"/Users/{root}"))[0] == 409
    off = {"Operations": [{"op": "replace", "value": {"active": False}}]}
    assert (await provider.call("PATCH", f"/Users/{root}", off))[0] == 409
    group = {"displayName": "Auditors", "members": [{"value": root}]}
    assert (await provider.call("POST", "/Groups", group))[0] == 409
    assert (await provider.call("GET", f"/Users/{root}"))[1]["roles"] == [{"value": "admin"}]
    assert (await provider.call("GET", "/Groups"))[1]["totalResults"] == 0


REFUSED: tuple[tuple[str, str, object, int], ...] = (
    ("GET", "/Users?filter=userName", None, 400),
    ("GET", "/Users?filter=userName eq x", None, 400),
    ("GET", "/Users?filter=" + "(" * 50, None, 400),
    ("GET", "/Users?count=x", None, 400),
    ("GET", "/Users/usr_0000000000000000", None, 404),
    ("GET", "/Devices", None, 404),
    ("POST", "/Users", b"{", 400),
    ("POST", "/Users", [], 400),
    ("POST", "/Users", {"displayName": "jane roe"}, 400),
    ("POST", "/Users", {"userName": "jane roe"}, 400),
    ("POST", "/Users", {"userName": "jane@x.test", "active": "perhaps"}, 400),
    ("POST", "/Users", {"userName": 7}, 400),
    ("POST", "/Groups", {"displayName": "g", "members": ["jane"]}, 400),
    ("POST", "/Groups", {"displayName": "g", "members": [{"value": "jane"}]}, 404),
    ("PUT", "/Users", {}, 405),
    ("DELETE", "/Groups/grp_none", None, 404),
)


async def test_what_cannot_be_is_refused_in_scims_form(provider: Provider) -> None:
    for method, path, body, status in REFUSED:
        told = await provider.call(method, path, body)
        assert told[0] == status, (path, told)
        assert told[1]["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert told[1]["status"] == str(status)
        assert "jane" not in str(told[1])
    assert (await provider.call("GET", "/Users"))[1]["totalResults"] == 1


async def test_only_the_token_opens_it_and_only_where_there_is_one(provider: Provider, tmp_path: Path) -> None:
    for token in ("", "wrong", TOKEN[:-1], f"{TOKEN}x"):
        assert (await provider.call("GET", "/Users", token=token))[0] == 401
    status, config = await provider.call("GET", "/ServiceProviderConfig")
    assert (status, config["patch"], config["filter"]["supported"]) == (200, {"supported": True}, True)
    for kind in ("ResourceTypes", "Schemas"):
        assert (await provider.call("GET", f"/{kind}"))[1]["totalResults"] == 2
    async with (
        running_console(console_settings(tmp_path / "other"), []) as without,
        provider.http.get(f"{without.url}/scim/v2/Users", headers={"Authorization": "Bearer "}) as answer,
    ):
        assert "scim" not in answer.content_type
    with pytest.raises(ValidationError, match="32 characters"):
        Scim.model_validate({"token": "short"})
    admin = await provider.console.person("admin")
    assert TOKEN not in str((await admin.call("GET", "/settings")).data)


PERSON = {"userName": "Ada", "active": True, "emails": [{"value": "a@x", "type": "work"}, {"value": "b@y"}], "id": "A1"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('userName eq "ada"', True),
        ('USERNAME EQ "ada"', True),
        ('id eq "a1"', False),
        ('id eq "A1" and active eq true', True),
        ('emails[type eq "work"].value co "A@"', True),
        ('emails[type eq "home"].value pr', False),
        ('emails.value ew "@y"', True),
        ('userName sw "b"', False),
        ('nickName ne "x"', True),
        ("title pr", False),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada"', True),
    ],
)
def test_filters(text: str, *, holds: bool) -> None:
    assert matches(PERSON, parse_filter(text)) is holds


CLAUSE = st.from_regex(r"[a-z]+(\[[a-z]+ eq \"a\"\])?( eq \"[a-z]*\")?( and [a-z ]+)?", fullmatch=True)


@settings(max_examples=50)
@given(st.text(max_size=60) | CLAUSE)
def test_no_filter_breaks_anything(text: str) -> None:
    with contextlib.suppress(BadFilter):
        assert matches(PERSON, parse_filter(text)) in (True, False)


@settings(max_examples=50)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["op", "path", "value"]),
            st.sampled_from(["add", "Replace", "remove", "members", 'emails[type eq "x"].value', "name.a", {}, [], 3]),
        ),
        max_size=4,
    )
)
def test_no_patch_breaks_anything(operations: list[dict[str, Any]]) -> None:
    with contextlib.suppress(BadPatch, BadFilter):
        assert isinstance(patched(PERSON, {"Operations": operations}), dict)

"""Object permissions: a policy, a key or a report that somebody has restricted is for those who are named on it."""

from __future__ import annotations

import pytest

from policies.console_routes import Caller
from policies.permissions import Access, Granted, Permission, may
from policies.records import history
from tests.console_fixture import Browser, RunningConsole
from tests.unit.reports.test_api import finished, ordered

POLICY = "name: mine\nextends: balanced\n"


@pytest.mark.parametrize(
    ("roles", "granted", "access", "allowed"),
    [
        ({"viewer"}, None, "edit", True),  # roles decide elsewhere
        ({"admin"}, (), "edit", True),
        ({"editor"}, (), "view", False),
        ({"editor"}, (Permission("usr_1", "view"),), "view", True),
        ({"editor"}, (Permission("usr_1", "view"),), "edit", False),
        ({"editor"}, (Permission("usr_1", "edit"),), "view", True),
        ({"editor"}, (Permission("usr_2", "edit"),), "view", False),
        ({"editor"}, (Permission("role:editor", "edit"),), "edit", True),
        ({"viewer"}, (Permission("role:editor", "edit"),), "view", False),
        ({"viewer"}, (Permission("*", "view"),), "view", True),
    ],
)
def test_who_may(roles: set[str], granted: Granted, access: Access, *, allowed: bool) -> None:
    assert may(Caller("usr_1", "Ada", "default", frozenset(roles)), granted, access) is allowed


async def restrict(admin: Browser, path: str, *grants: tuple[str, str]) -> None:
    before = await admin.call("GET", path)
    body = {"items": [{"grantee": who, "access": access} for who, access in grants]}
    done = await admin.call("PUT", path, body, headers={"If-Match": before.etag})
    assert (done.status, done.data["restricted"]) == (200, True), done.data


async def id_of(browser: Browser) -> str:
    return str((await browser.call("GET", "/session")).data["user"]["id"])


async def test_a_restricted_policy_is_changed_by_those_named_only(console: RunningConsole) -> None:
    admin, ada, bob = [await console.person(role, email=f"{who}@x.test") for who, role in PEOPLE]
    assert (await ada.call("PUT", "/policies/mine", {"yaml": POLICY})).status == 200
    await restrict(admin, "/permissions/policy/mine", (await id_of(ada), "edit"))
    etag = (await bob.call("GET", "/policies/mine")).etag
    edits = (
        ("PUT", "/policies/mine", {"yaml": POLICY + "notice: false\n"}),
        ("POST", "/policies/mine/rollback", {"version": 1}),
        ("PUT", "/policies/mine/cases", {"items": []}),
        ("DELETE", "/policies/mine", None),
    )
    for method, path, body in edits:
        refused = await bob.call(method, path, body, headers={"If-Match": etag if "cases" not in path else '"0"'})
        assert (refused.status, refused.data["code"]) == (403, "not_yours"), path
    assert len(await history(console.parts.database, "policy", "mine")) == 1
    assert (await ada.call("PUT", "/policies/mine", edits[0][2], headers={"If-Match": etag})).status == 200


PEOPLE = (("root", "admin"), ("ada", "editor"), ("bob", "editor"))


async def test_a_restricted_key_is_not_there_for_others(console: RunningConsole) -> None:
    admin, ada, bob = [await console.person(role, email=f"{who}@x.test") for who, role in PEOPLE]
    key = (await ada.call("POST", "/keys", {"name": "app"})).data["key"]["id"]
    other = (await ada.call("POST", "/keys", {"name": "open"})).data["key"]["id"]
    path = f"/permissions/key/{key}"
    await restrict(admin, path, (await id_of(ada), "edit"), ("role:viewer", "view"))
    viewer = await console.person("viewer")
    assert [one["id"] for one in (await viewer.call("GET", "/keys")).data["items"] if one["id"] == key] == [key]
    await restrict(admin, path, (await id_of(ada), "view"))
    listed = [one["id"] for one in (await bob.call("GET", "/keys")).data["items"]]
    assert (key in listed, other in listed) == (False, True)
    for method, tail, body in (("GET", "", None), ("PATCH", "", {"limits": {}}), ("DELETE", "", None)):
        assert (await bob.call(method, f"/keys/{key}{tail}", body)).status == 404
    assert (await bob.call("POST", f"/keys/{key}/rotate", {})).status == 404
    assert (await ada.call("DELETE", f"/keys/{key}")).data["code"] == "not_yours"
    etag = (await admin.call("GET", path)).etag
    assert (await admin.call("DELETE", path, headers={"If-Match": etag})).status == 204
    assert (await admin.call("DELETE", path, headers={"If-Match": etag})).data["code"] == "not_restricted"
    assert (await bob.call("DELETE", f"/keys/{key}")).data["state"] == "revoked"


async def test_a_restricted_report_is_for_its_owner_and_those_named(console: RunningConsole) -> None:
    admin, ada, bob = [await console.person(role, email=f"{who}@x.test") for who, role in PEOPLE]
    run = await ordered(console, ada)
    await finished(console, run)
    path = f"/permissions/report/{run}"
    assert (await bob.call("GET", f"/reports/{run}")).status == 200  # the jar is public
    await restrict(admin, path)
    reads = ("", "/document", "/export?format=md", "/events", "/prompts")
    for tail in reads:
        assert (await bob.call("GET", f"/reports/{run}{tail}")).status == 404, tail
    assert (await bob.call("GET", "/reports")).data["items"] == []
    await restrict(admin, path, (await id_of(bob), "view"))
    assert (await bob.call("GET", f"/reports/{run}/document")).status == 200
    changes = (("POST", "/approve", {}), ("POST", "/shares", {"days": 1}), ("DELETE", "", None))
    for method, tail, body in changes:
        assert (await bob.call(method, f"/reports/{run}{tail}", body)).status == 403, tail
    assert (await ada.call("POST", f"/reports/{run}/approve", {})).status == 200


async def test_rights_are_given_by_administrators_and_two_do_not_overwrite_each_other(console: RunningConsole) -> None:
    admin, ada, _ = [await console.person(role, email=f"{who}@x.test") for who, role in PEOPLE]
    key = (await ada.call("POST", "/keys", {"name": "app"})).data["key"]["id"]
    path, body = f"/permissions/key/{key}", {"items": [{"grantee": "*", "access": "view"}]}
    assert (await ada.call("GET", path)).status == 403
    assert (await admin.call("PUT", path, body)).status == 200
    assert (await admin.call("PUT", path, body)).status == 428
    assert (await admin.call("PUT", path, body, headers={"If-Match": '"0"'})).status == 412
    for wrong in ({"grantee": "Jane Roe", "access": "view"}, {"grantee": "*", "access": "own"}):
        assert (await admin.call("PUT", path, {"items": [wrong]}, headers={"If-Match": '"1"'})).status == 422
    for nothing in ("/permissions/key/key_0000000000000000", "/permissions/policy/none", "/permissions/jar/x"):
        assert (await admin.call("PUT", nothing, body)).status == 404
    stranger = await console.person("admin", tenant="other")
    assert (await stranger.call("GET", path)).status == 404
    assert (await stranger.call("GET", "/permissions/policy/balanced")).status == 403


async def test_no_new_key_enters_the_vault_of_a_restricted_one(console: RunningConsole) -> None:
    admin, ada, bob = [await console.person(role, email=f"{who}@x.test") for who, role in PEOPLE]
    wages = (await admin.call("POST", "/keys", {"name": "wages", "vault": "wages"})).data["key"]["id"]
    assert (await bob.call("POST", "/keys", {"name": "before", "vault": "wages"})).status == 201
    await restrict(admin, f"/permissions/key/{wages}", (await id_of(ada), "edit"))
    refused = await bob.call("POST", "/keys", {"name": "after", "vault": "wages"})
    assert (refused.status, refused.data["code"]) == (403, "not_yours")
    assert (await bob.call("POST", "/keys", {"name": "other", "vault": "sales"})).status == 201
    for person, name in ((ada, "hers"), (admin, "theirs")):
        assert (await person.call("POST", "/keys", {"name": name, "vault": "wages"})).status == 201

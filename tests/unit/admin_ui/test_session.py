"""Logging in: passwords, links, codes, lock-out, and what ends a session."""

from __future__ import annotations

import pyotp
import pytest

from policies.logins import FREE_FAILURES, LoginRefused, Logins
from policies.people import PersonChange, change_person, create_person, find_person
from tests.console_fixture import RunningConsole

PASSWORD = "correct horse battery staple"


async def test_a_link_works_once_and_a_password_afterwards(console: RunningConsole) -> None:
    person = await create_person(console.parts.database, "Ada@Example.com", roles=("admin",), now=1)
    token = await console.parts.logins.make_link(person)
    ada = console.stranger()
    answer = await ada.enter(token)
    assert (answer.status, answer.data["user"]["has_password"]) == (200, False)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert (await console.stranger().enter(token)).status == 401
    weak = await ada.call("PUT", "/session/password", {"password": "password1234"})
    assert (weak.status, weak.data["code"]) == (422, "weak_password")
    assert (await ada.call("PUT", "/session/password", {"password": PASSWORD})).status == 204
    assert (await ada.call("GET", "/session")).status == 200, "this session goes on"
    again = console.stranger()
    answer = await again.call("POST", "/session", {"email": "ada@example.com", "password": PASSWORD})
    assert (answer.status, answer.data["user"]["email"]) == (200, "ada@example.com")
    again.csrf = answer.data["csrf"]
    changed = await again.call("PUT", "/session/password", {"password": PASSWORD + "!", "current": "wrong"})
    assert (changed.status, changed.data["code"]) == (403, "wrong_password")
    assert (
        await again.call("PUT", "/session/password", {"password": PASSWORD + "!", "current": PASSWORD})
    ).status == 204
    assert (await ada.call("GET", "/session")).status == 401, "a new password ends other sessions"
    assert (await again.call("DELETE", "/session")).status == 204
    assert (await again.call("GET", "/session")).status == 401


async def test_wrong_tries_make_the_account_rest_longer_each_time(console: RunningConsole) -> None:
    now = [1_000_000]
    logins = Logins(console.parts.database, console.parts.sealer, now=lambda: now[0])
    await create_person(console.parts.database, "ada@example.com", password=PASSWORD, now=1)

    async def tried(password: str) -> bool:
        from policies.logins import LoginRefused

        try:
            await logins.by_password("ada@example.com", password)
        except LoginRefused:
            return False
        return True

    assert [await tried(f"wrong {n}") for n in range(5)] == [False] * 5
    assert not await tried(PASSWORD), "the right one is not even looked at"
    now[0] += 61_000
    assert not await tried("wrong")
    now[0] += 61_000
    assert not await tried(PASSWORD), "it rests longer now"
    now[0] += 61_000
    assert await tried(PASSWORD)
    assert (await find_person(console.parts.database, "ada@example.com")).locked_until is None


async def test_an_unknown_address_is_answered_like_a_wrong_password(console: RunningConsole) -> None:
    await create_person(console.parts.database, "ada@example.com", password=PASSWORD, now=1)
    stranger = console.stranger()
    answers = [
        await stranger.call("POST", "/session", {"email": email, "password": "wrong"})
        for email in ("ada@example.com", "nobody@example.com")
    ]
    assert answers[0].data == answers[1].data
    assert answers[0].status == 401


async def test_codes_are_asked_for_and_count_once(console: RunningConsole) -> None:
    await create_person(console.parts.database, "ada@example.com", password=PASSWORD, now=1)
    ada = console.stranger()
    login = {"email": "ada@example.com", "password": PASSWORD}
    ada.csrf = (await ada.call("POST", "/session", login)).data["csrf"]
    secret = (await ada.call("POST", "/session/totp")).data["secret"]
    assert (await ada.call("PUT", "/session/totp", {"code": "000000"})).status == 422
    code = pyotp.TOTP(secret).now()
    assert (await ada.call("PUT", "/session/totp", {"code": code})).status == 204
    other = console.stranger()
    assert (await other.call("POST", "/session", login)).data["code"] == "code_needed"
    assert (await other.call("POST", "/session", {**login, "code": code})).status == 401, "it was used"
    import time

    ahead = pyotp.TOTP(secret).at(time.time() + 30)
    assert (await other.call("POST", "/session", {**login, "code": ahead})).status == 200


async def test_a_password_without_a_code_does_not_make_up_for_wrong_codes(console: RunningConsole) -> None:
    logins = console.parts.logins
    person = await create_person(console.parts.database, "ada@example.com", password=PASSWORD, now=1)
    secret = await logins.begin_totp(person)
    await logins.confirm_totp(person, pyotp.TOTP(secret).now())
    codes: list[str | None] = ["000000", None] * FREE_FAILURES
    for code in codes:
        with pytest.raises(LoginRefused):
            await logins.by_password("ada@example.com", PASSWORD, code)
    assert (await find_person(console.parts.database, "ada@example.com")).locked_until is not None


async def test_pages_of_other_sites_cannot_log_anybody_in(console: RunningConsole) -> None:
    person = await create_person(console.parts.database, "ada@example.com", now=1)
    token = await console.parts.logins.make_link(person)
    answer = await console.stranger().call(
        "POST", "/session/link", {"token": token}, headers={"Origin": "https://evil.example"}
    )
    assert (answer.status, answer.data["code"]) == (403, "foreign_origin")


async def test_tries_of_one_address_are_limited(console: RunningConsole) -> None:
    stranger = console.stranger()
    answers = [await stranger.enter("guess") for _ in range(21)]
    assert answers[-1].status == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert {answer.status for answer in answers[:-1]} == {401}


async def test_who_is_disabled_is_out_at_once(console: RunningConsole) -> None:
    admin = await console.person("admin")
    viewer = await console.person("viewer")
    users = (await admin.call("GET", "/users")).data["items"]
    wanted = next(user["id"] for user in users if user["roles"] == ["viewer"])
    assert (await admin.call("PATCH", f"/users/{wanted}", {"disabled": True})).status == 200
    assert (await viewer.call("GET", "/session")).status == 401


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("way", ["PATCH", "DELETE"])
async def test_who_leaves_loses_the_keys_that_they_have_made(console: RunningConsole, way: str, *, keep: bool) -> None:
    admin, editor = await console.person("admin"), await console.person("editor")
    person = (await editor.call("GET", "/session")).data["user"]["id"]
    theirs = (await editor.call("POST", "/keys", {"name": "theirs"})).data["secret"]
    other = (await admin.call("POST", "/keys", {"name": "other"})).data["secret"]
    if way == "PATCH":
        done = await admin.call("PATCH", f"/users/{person}", {"disabled": True, "keep_keys": keep})
    else:
        done = await admin.call("DELETE", f"/users/{person}", keep_keys=str(keep).lower())
    assert done.status in (200, 204)
    keys = console.parts.keys
    assert (await keys.authenticate(theirs) is not None) is keep
    assert await keys.authenticate(other) is not None


async def test_the_last_administrator_stays(console: RunningConsole) -> None:
    admin = await console.person("admin")
    me = (await admin.call("GET", "/session")).data["user"]["id"]
    for answer in (
        await admin.call("PATCH", f"/users/{me}", {"roles": ["viewer"]}),
        await admin.call("DELETE", f"/users/{me}"),
    ):
        assert (answer.status, answer.data["code"]) == (409, "last_admin")


async def test_two_administrators_do_not_overwrite_one_another(console: RunningConsole) -> None:
    admin = await console.person("admin")
    made = (await admin.call("POST", "/users", {"email": "b@example.com", "roles": ["viewer"]})).data
    assert "#token=" in made["link"]
    path = f"/users/{made['user']['id']}"
    tag = (await admin.call("GET", path)).etag
    assert (await admin.call("PATCH", path, {"name": "B"}, headers={"If-Match": tag})).status == 200
    late = await admin.call("PATCH", path, {"name": "C"}, headers={"If-Match": tag})
    assert (late.status, late.data["code"]) == (412, "version_conflict")
    assert (await admin.call("GET", path)).data["name"] == "B"


async def test_people_of_another_tenant_cannot_be_seen_or_changed(console: RunningConsole) -> None:
    await console.person("admin")
    stranger = await console.person("admin", tenant="acme")
    users = (await stranger.call("GET", "/users")).data["items"]
    assert {user["tenant"] for user in users} == {"acme"}
    other = await find_person(console.parts.database, "admin.default@example.com")
    assert (await stranger.call("GET", f"/users/{other.id}")).status == 404
    assert (await stranger.call("PATCH", f"/users/{other.id}", {"disabled": True})).status == 404
    await change_person(console.parts.database, other.id, PersonChange(name="still here"))

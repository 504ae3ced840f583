"""Login by an identity provider that was made for the test: discovery, code with PKCE, signed id token, groups."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey
from pytest_aiohttp.plugin import AiohttpServer
from yarl import URL

from policies.people import create_person, find_person
from tests.console_fixture import Browser, RunningConsole, console_settings, running_console

CLIENT, SECRET = "sting-console", "client-secret-0123456789"


class IdentityProvider:
    """Logs everybody in as `claims` say, and does what its tests break in `broken`."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "one"})
        self.claims: dict[str, Any] = {
            "sub": "u-1",
            "email": "Ada@example.com",
            "email_verified": True,
            "name": "Ada",
            "groups": ["staff", "privacy-team"],
        }
        self.broken: dict[str, Any] = {}
        self.codes: dict[str, URL] = {}
        self.url = ""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self.discover)
        app.router.add_get("/authorize", self.authorize)
        app.router.add_post("/token", self.token)
        app.router.add_get("/keys", self.keys)
        return app

    async def discover(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.broken.get("issuer", self.url),
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
        )

    async def authorize(self, request: web.Request) -> web.Response:
        code = f"code-{len(self.codes)}"
        self.codes[code] = request.url
        back = URL(request.query["redirect_uri"]).with_query(code=code, state=request.query["state"])
        return web.Response(status=302, headers={"Location": str(back)})

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self.codes.pop(str(form["code"])).query
        right = create_s256_code_challenge(str(form["code_verifier"])) == asked["code_challenge"]
        if not right or not request.headers["Authorization"].startswith("Basic "):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "nonce": asked["nonce"], "iat": now, "exp": now + 60, **self.claims}
        claims |= self.broken.get("claims", {})
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.broken.get("key", self.key))
        return web.json_response({"access_token": "at", "token_type": "Bearer", "id_token": signed})

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})


@pytest.fixture
async def provider(aiohttp_server: AiohttpServer) -> IdentityProvider:
    made = IdentityProvider()
    made.url = str((await aiohttp_server(made.app())).make_url("")).rstrip("/")
    return made


@pytest.fixture
async def console(provider: IdentityProvider, tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[RunningConsole]:
    settings = console_settings(
        tmp_path / "data",
        **{
            "console.port": unused_tcp_port,
            "console.oidc": {
                "issuer": provider.url,
                "client_id": CLIENT,
                "client_secret": SECRET,
                "roles": {"privacy-team": "editor", "auditors": "auditor"},
            },
        },
    )
    async with running_console(settings, [], port=unused_tcp_port) as running:
        yield running


async def came_back(browser: Browser) -> str:
    """Where the browser ends after the round by the provider."""
    url = URL(f"{browser.url}/api/v1/session/oidc")
    for _ in range(5):
        async with browser.http.get(url, allow_redirects=False) as answer:
            if answer.status != 302:
                return str(url.relative())
            url = url.join(URL(answer.headers["Location"]))
            if url.path in {"/", "/login"}:
                return str(url.relative()) + (
                    f"#{url.fragment}" if url.fragment and "#" not in str(url.relative()) else ""
                )
    raise AssertionError("it goes round and round")


async def test_people_of_known_groups_are_let_in_and_follow_their_groups(
    console: RunningConsole, provider: IdentityProvider
) -> None:
    ada = console.stranger()
    assert (await ada.call("GET", "/session/methods")).data["oidc"] == "Single sign-on"
    assert await came_back(ada) == "/"
    me = (await ada.call("GET", "/session")).data["user"]
    assert (me["email"], me["roles"], me["tenant"], me["has_password"]) == (
        "ada@example.com",
        ["editor"],
        "default",
        False,
    )
    provider.claims["groups"] = ["auditors"]
    again = console.stranger()
    assert await came_back(again) == "/"
    other = (await again.call("GET", "/session")).data["user"]
    assert (other["id"], other["roles"]) == (me["id"], ["auditor"])
    assert (await ada.call("GET", "/session")).data["user"]["roles"] == ["auditor"], "older sessions too"


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        ({"groups": ["staff"]}, "no_role"),
        ({"groups": None}, "no_role"),
        ({"email_verified": False}, "no_verified_email"),
        ({"aud": "another-client"}, "oidc_failed"),
        ({"iss": "https://evil.example"}, "oidc_failed"),
        ({"nonce": "replayed"}, "oidc_failed"),
        ({"exp": 1_000_000_000}, "oidc_failed"),
    ],
)
async def test_a_token_that_is_not_right_lets_nobody_in(
    console: RunningConsole, provider: IdentityProvider, claims: dict[str, Any], word: str
) -> None:
    provider.broken["claims"] = claims
    ada = console.stranger()
    assert await came_back(ada) == f"/login#error={word}"
    assert (await ada.call("GET", "/session")).status == 401


async def test_a_false_signature_and_a_false_issuer_let_nobody_in(
    console: RunningConsole, provider: IdentityProvider
) -> None:
    for broken in ({"key": RSAKey.generate_key(2048, parameters={"kid": "one"})}, {"issuer": "https://evil.example"}):
        provider.broken = broken
        assert await came_back(console.stranger()) == "/login#error=oidc_failed"


async def test_a_code_of_somebody_else_is_not_taken(console: RunningConsole) -> None:
    answer = console.stranger().http.get(
        f"{console.url}/api/v1/session/oidc/callback?code=stolen&state=x", allow_redirects=False
    )
    async with answer as got:
        assert got.headers["Location"] == "/login#error=not_begun_here"


async def test_an_address_that_was_given_to_somebody_else_opens_no_account(
    console: RunningConsole, provider: IdentityProvider
) -> None:
    assert await came_back(console.stranger()) == "/"
    provider.claims |= {"sub": "u-2"}
    assert await came_back(console.stranger()) == "/login#error=login_refused"


@pytest.mark.parametrize("verified", [True, "true", None])
async def test_an_address_that_nobody_has_verified_opens_no_account_with_a_password(
    console: RunningConsole, provider: IdentityProvider, *, verified: bool | str | None
) -> None:
    database = console.parts.database
    await create_person(database, "ada@example.com", password="correct horse battery", roles=("admin",), now=1)
    provider.claims |= {"email_verified": verified}
    assert await came_back(console.stranger()) == ("/" if verified else "/login#error=login_refused")


async def test_an_account_of_another_tenant_is_not_taken_over(console: RunningConsole) -> None:
    await create_person(console.parts.database, "ada@example.com", tenant="acme", roles=("viewer",), now=1)
    assert await came_back(console.stranger()) == "/login#error=login_refused"
    assert (await find_person(console.parts.database, "ada@example.com")).roles == ("viewer",)

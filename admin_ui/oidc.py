"""OpenID Connect, authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636), by Authlib."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from policies.logins import Identity
from policies.people import ROLES
from policies.sections_console import Oidc

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures by a key pair only: with a shared secret the client could forge its own tokens."""
_WAIT = aiohttp.ClientTimeout(total=15)
_OK = 200
_LEEWAY = 60


class OidcFailed(Exception):
    """The provider did not vouch for anybody; the message is a stable word, never what the provider said."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A login on its way: where the browser goes, and what the console must remember of it."""

    url: str
    state: str
    nonce: str
    verifier: str = field(repr=False)


class OidcClient:
    """The console as a client of one identity provider. `redirect` is where the provider sends browsers back to."""

    def __init__(self, section: Oidc, redirect: str, http: aiohttp.ClientSession) -> None:
        self._section = section
        self._redirect = redirect
        self._http = http

    async def begin(self) -> Begun:
        """Where to send the browser. Raises OidcFailed."""
        from authlib.common.security import generate_token  # noqa: PLC0415 - needed for this login only

        known = await self._discovered()
        nonce, verifier = generate_token(32), generate_token(64)
        async with self._client() as client:
            url, state = client.create_authorization_url(
                known["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        return Begun(url, state, nonce, verifier)

    async def end(self, code: str, begun_nonce: str, verifier: str) -> Identity:
        """Whom the provider vouches for. Raises OidcFailed."""
        known = await self._discovered()
        try:
            async with self._client() as client:
                tokens = await client.fetch_token(
                    known["token_endpoint"], code=code, code_verifier=verifier, grant_type="authorization_code"
                )
        except Exception as error:  # noqa: BLE001 - whatever it was, its text may quote the code or the secret
            raise OidcFailed(f"token_{type(error).__name__}") from None
        claims = self._claims(tokens.get("id_token"), await self._json(known["jwks_uri"]), begun_nonce)
        return self._identity(claims)

    def _client(self) -> Any:  # noqa: ANN401 - Authlib has no types
        from authlib.integrations.httpx_client import AsyncOAuth2Client  # noqa: PLC0415 - needed for this login only

        secret = self._section.client_secret
        return AsyncOAuth2Client(
            self._section.client_id,
            secret.get_secret_value() if secret else None,
            scope=" ".join(self._section.scopes),
            redirect_uri=self._redirect,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            timeout=15,
        )

    def _claims(self, token: object, keys: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The id token's claims, when its signature, issuer, audience, times and nonce are right."""
        from joserfc import jwt  # noqa: PLC0415 - needed for this login only
        from joserfc.errors import JoseError  # noqa: PLC0415
        from joserfc.jwk import KeySet  # noqa: PLC0415

        rules = jwt.JWTClaimsRegistry(
            now=int(time.time()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._section.issuer},
            aud={"essential": True, "value": self._section.client_id},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            decoded = jwt.decode(str(token), KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
            rules.validate(decoded.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise OidcFailed(f"id_token_{type(error).__name__}") from None
        return decoded.claims

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is False:
            raise OidcFailed("no_verified_email")
        groups = claims.get(self._section.groups_claim)
        named = {groups} if isinstance(groups, str) else set(groups) if isinstance(groups, list) else set()
        given = {role for group, role in self._section.roles.items() if group in named}
        if not given:
            raise OidcFailed("no_role")
        return Identity(
            issuer=self._section.issuer,
            subject=str(claims["sub"]),
            email=email,
            name=str(claims.get("name") or email.partition("@")[0]),
            tenant=self._section.tenant,
            roles=tuple(role for role in ROLES if role in given),
            verified=claims.get("email_verified") in (True, "true"),  # some send a word
        )

    async def _discovered(self) -> Mapping[str, Any]:
        """The provider's own description, which must be of this very issuer."""
        known = await self._json(f"{self._section.issuer}/.well-known/openid-configuration")
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if str(known.get("issuer", "")).rstrip("/") != self._section.issuer:
            raise OidcFailed("other_issuer")
        secure = urlsplit(self._section.issuer).scheme
        if any(urlsplit(str(known.get(name, ""))).scheme not in {"https", secure} for name in wanted):
            raise OidcFailed("bad_description")
        return known

    async def _json(self, url: str) -> Mapping[str, Any]:
        try:
            async with self._http.get(url, timeout=_WAIT, allow_redirects=False) as answer:
                found = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise OidcFailed(f"provider_{type(error).__name__}") from None
        if answer.status != _OK or not isinstance(found, dict):
            raise OidcFailed("provider_answer")
        return found

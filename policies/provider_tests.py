"""Trying a provider's key before it is kept: it is asked what costs nothing. Nothing of anybody's text leaves."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from policies.client_tls import client_context
from policies.clouds import google
from policies.clouds.sigv4 import Scope, Signable, aws_keys, sign
from policies.sections_providers import Provider
from policies.settings import Settings

_WAIT: Final = aiohttp.ClientTimeout(total=15)
_PROBE: Final = b"{}"
"""A request that Bedrock refuses as incomplete, once it knows who asks."""
_PROBED_MODEL: Final = "anthropic.claude-3-haiku-20240307-v1%3A0"


class KeyNotTaken(Exception):
    """The provider did not take the key, or could not be asked. `code` is a word for programs; never the key."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked; `taken`: statuses that say that the key is good."""

    url: str
    headers: dict[str, str] = field(repr=False)
    method: str = "GET"
    body: bytes | None = field(default=None, repr=False)
    taken: tuple[int, ...] = ()


def check_form(provider: Provider, secret: str) -> None:
    """Raise KeyNotTaken for what cannot be a key of this kind of provider."""
    if provider.kind == "vertex" and not provider.metadata_server:
        try:
            google.service_account(secret)
        except ValueError as error:
            message = f"{error}".capitalize() + "."
        else:
            return
        raise KeyNotTaken("bad_key", message)
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise KeyNotTaken("bad_key", "A provider's key has printable ASCII characters without spaces.")


async def try_key(http: aiohttp.ClientSession, settings: Settings, provider: Provider, secret: str) -> None:
    """Return when the provider answers and takes the key, empty where it has none. Raises KeyNotTaken."""
    if provider.kind == "demo":
        raise KeyNotTaken("no_key_needed", "The demo model needs no key.")
    if provider.metadata_server:
        raise KeyNotTaken("no_key_needed", "The gateway's machine answers for this provider: there is no key to try.")
    if provider.kind == "vertex":
        check_form(provider, secret)
    question = _question(provider, secret)
    try:
        ways = await asyncio.to_thread(_ways, settings, provider)
        # a redirect could carry the key to another host
        async with http.request(
            question.method,
            question.url,
            headers=question.headers,
            data=question.body,
            timeout=_WAIT,
            allow_redirects=False,
            ssl=ways[0],
            proxy=ways[1],
        ) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
        why = type(error).__name__
        message = f"The provider does not answer ({why}): look at its address and the way there."
        raise KeyNotTaken("provider_silent", message) from None
    if status in question.taken:
        return
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise KeyNotTaken("key_refused", f"The provider refuses this key (status {status}).")
    if status >= HTTPStatus.BAD_REQUEST:
        message = f"The provider answers with status {status}; check its address."
        raise KeyNotTaken("provider_failed", message)


def _ways(settings: Settings, provider: Provider) -> tuple[ssl.SSLContext | bool, str | None]:
    """Certificates and proxy for the question, as the gateway takes them. Raises ValueError."""
    proxy = provider.proxy or (None if provider.local else settings.gateway.upstream_proxy)
    ca_file = provider.ca_file or (None if provider.local else settings.gateway.upstream_ca_file)
    files = [None if file is None else str(file) for file in (ca_file, provider.client_cert, provider.client_key)]
    return client_context(*files) if any(files) else True, proxy.get_secret_value() if proxy is not None else None


def _question(provider: Provider, secret: str) -> _Question:
    """What to ask, and with which headers."""
    base = provider.base_url.rstrip("/")
    bearer = {"Authorization": f"Bearer {secret}"} if secret else {}
    if provider.kind == "anthropic":
        return _Question(f"{base}/v1/models", {"x-api-key": secret, "anthropic-version": "2023-06-01"})
    if provider.kind == "azure_openai":
        version = provider.api_version or "2024-10-21"
        return _Question(f"{base}/openai/models?api-version={version}", {"api-key": secret})
    if provider.kind == "bedrock":
        return _of_bedrock(provider, base.removesuffix("/anthropic"), secret, bearer)
    if provider.kind == "vertex":
        form = google.token_request(google.service_account(secret), time.time())
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return _Question(provider.token_url or google.TOKEN_URL, headers, "POST", form)
    return _Question(f"{base}/api/tags" if provider.kind == "ollama" else f"{base}/models", bearer)


def _of_bedrock(provider: Provider, base: str, secret: str, bearer: dict[str, str]) -> _Question:
    """An incomplete request: 400 says that the key counts, and no model answers."""
    path = f"/model/{_PROBED_MODEL}/invoke"
    headers = {"content-type": "application/json"}
    try:
        keys = aws_keys(secret)
    except ValueError:
        added = bearer
    else:
        address = urlsplit(base)
        signable = Signable("POST", f"{address.path}{path}", "", {**headers, "host": address.netloc}, _PROBE)
        added = sign(signable, keys, Scope(provider.signing_region or "", "bedrock"), datetime.now(UTC))
    return _Question(base + path, headers | added, "POST", _PROBE, taken=(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND))

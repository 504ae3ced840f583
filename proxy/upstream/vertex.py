"""Google's Vertex AI: Claude by Anthropic's messages (`rawPredict`), all others by its endpoint for OpenAI's API.

The access token is asked for with the service account's key, or of the machine's metadata server where the
configuration says so; it is kept until shortly before its end.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from yarl import URL

from policies.clouds import google
from proxy.errors import BadRequest, UnknownRoute
from proxy.upstream.base import Answer, Provider, ProviderFailed, Target, Timeouts, UpstreamRequest
from proxy.upstream.client import HttpClient
from proxy.upstream.headers import outward
from proxy.upstream.members import changed, read
from proxy.upstream.refusals import Refusal, anthropic_refusal, openai_refusal

_MESSAGES: Final = "/v1/messages"
_CHAT: Final = "/v1/chat/completions"
_VERSION: Final = "vertex-2023-10-16"
_EARLY: Final = 300.0
"""Seconds before its end that a token is no longer used."""
_LARGEST_TOKEN: Final = 64 * 1024
_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}


def speaks_messages(model: str) -> bool:
    """Whether a model of Vertex AI takes Anthropic's messages."""
    return model.startswith("claude")


class Vertex:
    """One provider of kind `vertex`."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._tokens = _Tokens(provider)

    async def send(self, client: HttpClient, target: Target, request: UpstreamRequest) -> Answer:
        """Send and wait for the status. Raises UnknownRoute, BadRequest, ProviderFailed."""
        shaped = _messages(target, request) if request.path == _MESSAGES else _chat(target, request)
        headers = outward(shaped, self._provider)
        headers.pop("anthropic-version", None)
        headers["authorization"] = f"Bearer {await self._tokens.token(client)}"
        answer = await client.send(self._provider, shaped, headers)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            return Refusal(answer, anthropic_refusal if request.path == _MESSAGES else openai_refusal)
        return answer


def _messages(target: Target, request: UpstreamRequest) -> UpstreamRequest:
    if not speaks_messages(target.model):
        raise BadRequest("This model does not speak Anthropic's API; ask for it by OpenAI's.", param="model")
    document = read(request.body)
    verb = "streamRawPredict" if document.is_true("stream") else "rawPredict"
    path = f"/publishers/anthropic/models/{quote(target.model, safe='@')}:{verb}"
    body = changed(document, {"model"}, {"anthropic_version": _VERSION})
    return UpstreamRequest("POST", path, headers=request.headers, body=body)


def _chat(target: Target, request: UpstreamRequest) -> UpstreamRequest:
    if (request.method, request.path) != ("POST", _CHAT) or speaks_messages(target.model):
        raise UnknownRoute("Vertex AI answers messages and chat completions only. Nothing was sent.")
    return UpstreamRequest("POST", "/endpoints/openapi/chat/completions", headers=request.headers, body=request.body)


class _Tokens:
    """Access tokens, one at a time."""

    def __init__(self, provider: Provider) -> None:
        self._name = provider.name
        self._by_machine = provider.metadata_server
        self._account: google.ServiceAccount | None = None
        if not self._by_machine:
            with suppress(ValueError):  # one that somebody has entered wrongly fails its own calls, and nobody else's
                self._account = google.service_account(provider.api_key)
        default = google.METADATA_URL if self._by_machine else google.TOKEN_URL
        url = URL(provider.token_url or default)
        self._path = url.raw_path
        self._from = Provider(
            name=provider.name,
            kind="vertex",
            base_url=str(url.origin()),
            allow_http=True,
            timeouts=Timeouts(connect=10.0, answer=20.0, idle=20.0),
            way=None if self._by_machine else provider.way,
        )
        self._token = ""
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def token(self, client: HttpClient) -> str:
        """A token that still counts. Raises ProviderFailed."""
        if time.monotonic() < self._until:
            return self._token
        async with self._asking:  # one question for all that wait
            if time.monotonic() >= self._until:
                token, life = await self._fresh(client)
                self._token, self._until = token, time.monotonic() + max(0.0, life - _EARLY)
            return self._token

    async def _fresh(self, client: HttpClient) -> tuple[str, float]:
        detail = "no access token came from where it gets them"
        if self._by_machine:
            answer = await client.send(self._from, UpstreamRequest("GET", self._path), dict(google.METADATA_HEADERS))
        elif self._account is None:
            raise ProviderFailed("connect", self._name, "it has no key, or one that is no service account's")
        else:
            form = google.token_request(self._account, time.time())
            answer = await client.send(self._from, UpstreamRequest("POST", self._path, body=form), dict(_FORM))
        try:
            if answer.status == HTTPStatus.OK:
                return google.token_of(await answer.body(_LARGEST_TOKEN))
            detail += f" (status {answer.status})"
        except ValueError:
            pass
        finally:
            answer.close()
        raise ProviderFailed("connect", self._name, detail)

"""Anthropic's messages at Amazon Bedrock, signed: `InvokeModel` with its event stream, or Bedrock's own `/anthropic`.

What reaches it is a request of Anthropic's API, scrambled; what it gives back is an answer of that API. Other models of
Bedrock are reached through its endpoint that speaks OpenAI's API (kind `openai`).
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from yarl import URL

from policies.clouds.sigv4 import AwsKeys, Scope, Signable, aws_keys, sign
from proxy.errors import UnknownRoute
from proxy.upstream.base import Answer, Provider, ProviderFailed, Target, UpstreamRequest
from proxy.upstream.client import HttpClient, host_of, upstream_url
from proxy.upstream.eventstream import CONTENT_TYPE, BadFrame, Frame, FrameSplitter
from proxy.upstream.headers import ANTHROPIC_VERSION, outward
from proxy.upstream.members import changed, read
from proxy.upstream.refusals import Passed, Refusal, anthropic_error, anthropic_refusal, message_of

_MESSAGES: Final = "/v1/messages"
_VERSION: Final = "bedrock-2023-05-31"
_NATIVE: Final = "/anthropic"
"""Where Bedrock speaks Anthropic's API as it is."""
_OWN_HEADERS: Final = frozenset({"accept", "anthropic-beta", "anthropic-version", "content-type"})
_IN_THE_ADDRESS: Final = frozenset({"model", "stream"})
_EXCEPTIONS: Final[Mapping[str, str]] = {
    "validationException": "invalid_request_error",
    "throttlingException": "rate_limit_error",
    "serviceUnavailableException": "overloaded_error",
}
"""Failures inside a stream; the others are `api_error`."""


class Bedrock:
    """One provider of kind `bedrock`.

    The key is `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`, or an API key of Bedrock, which is sent as it is.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._native = URL(provider.base_url).path.rstrip("/") == _NATIVE
        self._keys: AwsKeys | None = None
        with suppress(ValueError):  # then it is an API key, or none that Bedrock takes
            self._keys = aws_keys(provider.api_key)

    async def send(self, client: HttpClient, target: Target, request: UpstreamRequest) -> Answer:
        """Send and wait for the status. Raises UnknownRoute for all but messages, ProviderFailed."""
        if (request.method, request.path) != ("POST", _MESSAGES):
            raise UnknownRoute("Amazon Bedrock answers messages only; this route is none of its own. Nothing was sent.")
        if self._native:
            own = {name: value for name, value in outward(request, self._provider).items() if name in _OWN_HEADERS}
            headers = {"anthropic-version": ANTHROPIC_VERSION, **own}
            answer = await client.send(self._provider, request, self._headers(request, headers))
            # Behind a wrong signature AWS answers itself.
            refused = answer.status >= HTTPStatus.BAD_REQUEST
            return Refusal(answer, anthropic_refusal) if refused else Passed(answer)
        return await self._invoked(client, target, request)

    async def _invoked(self, client: HttpClient, target: Target, request: UpstreamRequest) -> Answer:
        document = read(request.body)
        streams = document.is_true("stream")
        more: dict[str, Any] = {"anthropic_version": _VERSION}
        betas = outward(request, self._provider).get("anthropic-beta", "")
        if betas and ("anthropic_beta",) not in document.containers:
            more["anthropic_beta"] = [beta.strip() for beta in betas.split(",") if beta.strip()]
        verb = "invoke-with-response-stream" if streams else "invoke"
        path = f"/model/{quote(target.model, safe='')}/{verb}"
        body = changed(document, _IN_THE_ADDRESS, more)
        headers = {"content-type": "application/json", "accept": CONTENT_TYPE if streams else "application/json"}
        sent = UpstreamRequest("POST", path, body=body)
        answer = await client.send(self._provider, sent, self._headers(sent, headers))
        if answer.status >= HTTPStatus.BAD_REQUEST:
            return Refusal(answer, anthropic_refusal)
        return _Events(answer, self._provider.name) if streams else Passed(answer)

    def _headers(self, request: UpstreamRequest, headers: dict[str, str]) -> dict[str, str]:
        """What goes along: these, and the signature or the key."""
        if self._keys is None:
            if self._provider.api_key:
                return headers | {"authorization": f"Bearer {self._provider.api_key}"}
            return headers
        url = upstream_url(self._provider, request.path, "")
        signable = Signable("POST", url.raw_path, "", {**headers, "host": host_of(url.origin())}, request.body)
        scope = Scope(self._provider.signing_region, "bedrock")
        return headers | sign(signable, self._keys, scope, datetime.now(UTC))


class _Events(Passed):
    """A stream of Anthropic's events out of Bedrock's frames."""

    content_type = "text/event-stream"

    def __init__(self, inner: Answer, provider: str) -> None:
        super().__init__(inner)
        self._provider = provider

    async def chunks(self) -> AsyncIterator[bytes]:
        """Events as their frames arrive. Raises ProviderFailed for what is no frame, and for an end inside of one."""
        splitter = FrameSplitter()
        broken = False
        async for chunk in self._inner.chunks():
            ready = b""
            try:
                for frame in splitter.feed(chunk):
                    ready += _event(frame)
            except ValueError:  # BadFrame, base64 and JSON are such
                broken = True
            if ready:
                yield ready
            if broken:
                raise ProviderFailed("garbage", self._provider, "it sent what is no answer")
        if not splitter.complete:
            raise ProviderFailed("cut", self._provider, "its stream ended early")


def _event(frame: Frame) -> bytes:
    """A frame as a server-sent event. Raises ValueError."""
    if frame.headers.get(":message-type") == "event":
        if frame.headers.get(":event-type") != "chunk":
            return b""  # events that later versions may add
        data = base64.b64decode(json.loads(frame.payload)["bytes"], validate=True)
        event = json.loads(data)
        if not isinstance(event, dict) or b"\n" in data or b"\r" in data:
            raise BadFrame("an event is no JSON object on one line")
        kind = str(event.get("type", ""))
        return b"event: " + (kind.encode() if kind.isprintable() else b"") + b"\ndata: " + data + b"\n\n"
    kind = frame.headers.get(":exception-type") or frame.headers.get(":error-code", "")
    told = anthropic_error(_EXCEPTIONS.get(kind, "api_error"), message_of(frame.payload))
    return b"event: error\ndata: " + told + b"\n\n"

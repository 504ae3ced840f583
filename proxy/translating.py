"""Providers that do not speak OpenAI's chat completions, made to: requests and answers are translated on the way.

It stands between the exchange and the providers, so what is scrambled, restored and accounted is OpenAI's shape.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from proxy.core.ndjson import LineSplitter
from proxy.core.sse import EventSplitter, EventTooLong, RawEvent
from proxy.dialects.translate.completion import Made, Translation, dump
from proxy.dialects.translate.responses import chat_of, response_of
from proxy.dialects.translate.responses_events import ResponseEvents
from proxy.dialects.translate.to_anthropic import ToAnthropic
from proxy.dialects.translate.to_ollama import ToOllama
from proxy.errors import BadRequest
from proxy.upstream.base import Answer, Provider, ProviderFailed, Target, Upstream, UpstreamRequest
from proxy.upstream.vertex import speaks_messages

_CHAT: Final = "/v1/chat/completions"
_RESPONSES: Final = "/v1/responses"
_CLIENT_ERROR: Final = 400
_TRANSLATIONS: Final[Mapping[str, Translation]] = {
    "anthropic": ToAnthropic(),
    "bedrock": ToAnthropic(),
    "vertex": ToAnthropic(),
    "ollama": ToOllama(),
}


class Translating:
    """An upstream that also takes chat completions to providers which speak another API only."""

    def __init__(self, inner: Upstream, providers: Mapping[str, Provider]) -> None:
        self._inner = inner
        self._translations = {
            name: _TRANSLATIONS[provider.kind]
            for name, provider in providers.items()
            if provider.kind in _TRANSLATIONS and not provider.speaks_openai
        }
        self._by_model = {name for name, provider in providers.items() if provider.kind == "vertex"}
        """Providers some of whose models speak OpenAI's chat completions."""
        self._chat_only = {name for name, provider in providers.items() if not provider.speaks_responses}

    def send(self, target: Target, request: UpstreamRequest) -> Awaitable[Answer]:
        """Send and wait for the status; see `Upstream.send`. Raises BadRequest for what cannot be translated."""
        if target.provider in self._chat_only and (request.method, request.path) == ("POST", _RESPONSES):
            return self._as_chat(target, request)
        translation = self._translations.get(target.provider)
        if translation is None or request.method != "POST" or request.path != _CHAT:
            return self._inner.send(target, request)
        if target.provider in self._by_model and not speaks_messages(target.model):
            return self._inner.send(target, request)
        return self._sent_translated(translation, target, request)

    async def _sent_translated(self, translation: Translation, target: Target, request: UpstreamRequest) -> Answer:
        body = _object(request.body)
        if body is None:
            raise BadRequest("The body is no JSON object that can be translated. Nothing was sent.")
        options = body.get("stream_options")
        wants_usage = isinstance(options, dict) and options.get("include_usage") is True
        made = Made(secrets.token_hex(12), int(time.time()), target.model, wants_usage)
        headers = {
            name: value
            for name, value in request.headers.items()
            if not name.lower().startswith(("openai-", "x-stainless"))
        }
        sent = replace(
            request, path=translation.path, query="", headers=headers, body=_dumped(translation.request(body))
        )
        return _Translated(await self._inner.send(target, sent), translation, made, target.provider)

    async def _as_chat(self, target: Target, request: UpstreamRequest) -> Answer:
        """A response, asked for as a chat completion. Raises BadRequest for what cannot be said so."""
        asked = _object(request.body)
        if asked is None:
            raise BadRequest("The body is no JSON object that can be translated. Nothing was sent.")
        made = Made(secrets.token_hex(12), int(time.time()), target.model)
        chat = replace(request, path=_CHAT, query="", body=_dumped(chat_of(asked)))
        return _Response(await self.send(target, chat), asked, made, target.provider)

    async def close(self) -> None:
        """Close what is behind."""
        await self._inner.close()


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _dumped(value: object) -> bytes:
    try:
        return dump(value).encode()
    except (ValueError, RecursionError):
        pass
    raise BadRequest("The body holds a number that cannot be translated. Nothing was sent.")


class _Splitter(Protocol):
    """Cuts a stream of bytes into events."""

    def feed(self, chunk: bytes) -> list[RawEvent]:
        """Events that are complete now. Raises EventTooLong."""
        ...


class _Events(Protocol):
    """Makes events of one API from those of another."""

    @property
    def complete(self) -> bool:
        """Whether the stream had its proper end."""
        ...

    def feed(self, event: dict[str, Any]) -> list[bytes]:
        """What one event becomes. Raises ValueError for what is none."""
        ...


async def _translated(inner: Answer, splitter: _Splitter, events: _Events, provider: str) -> AsyncIterator[bytes]:
    """A stream, translated event by event. Raises ProviderFailed, also for one without its proper end."""
    broken = False
    async for chunk in inner.chunks():
        ready: list[bytes] = []
        try:
            for raw in splitter.feed(chunk):
                event = _object(raw.data.encode("utf-8", "surrogatepass")) if raw.data else None
                ready += events.feed(event) if event is not None else []
        except (EventTooLong, ValueError):
            broken = True
        if ready:
            yield b"".join(ready)
        if broken:
            raise _garbage(provider)
    if not events.complete:
        raise ProviderFailed("cut", provider, "its stream ended early")


def _garbage(provider: str) -> ProviderFailed:
    return ProviderFailed("garbage", provider, "it sent what is no answer")


class _Translated:
    """An answer in OpenAI's shape."""

    def __init__(self, inner: Answer, translation: Translation, made: Made, provider: str) -> None:
        self._inner = inner
        self.secured = inner.secured
        self._translation = translation
        self._made = made
        self._provider = provider
        self._lines = inner.headers.get("content-type", "").startswith("application/x-ndjson")

    @property
    def status(self) -> int:
        """HTTP status; Anthropic's 529 (overloaded) is the 503 that OpenAI's clients know."""
        return 503 if self._inner.status == 529 else self._inner.status  # noqa: PLR2004 - the two statuses

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers, with the content type of what the body becomes."""
        kept = dict(self._inner.headers)
        if self._lines:
            kept["content-type"] = "text/event-stream"
        if "request-id" in kept:
            kept.setdefault("x-request-id", kept["request-id"])
        return kept

    async def body(self, limit: int) -> bytes:
        """The whole body, translated; see `Answer.body`."""
        raw = await self._inner.body(limit)
        body = _object(raw)
        if body is None:
            if self._inner.status >= _CLIENT_ERROR:
                return dump(self._translation.error({}, self._inner.status)).encode()
            raise self._garbage()
        if self._inner.status >= _CLIENT_ERROR:
            return dump(self._translation.error(body, self._inner.status)).encode()
        try:
            return dump(self._translation.answer(body, self._made)).encode()
        except ValueError:
            pass
        raise self._garbage()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The stream, translated event by event. Raises ProviderFailed, also for a stream without its proper end."""
        splitter = LineSplitter() if self._lines else EventSplitter()
        events = self._translation.events(self._made)
        async for chunk in _translated(self._inner, splitter, events, self._provider):
            yield chunk

    def _garbage(self) -> ProviderFailed:
        return _garbage(self._provider)

    def close(self) -> None:
        """End the call."""
        self._inner.close()


class _Response:
    """A chat completion in the shape of a response."""

    def __init__(self, inner: Answer, asked: Mapping[str, Any], made: Made, provider: str) -> None:
        self._inner = inner
        self.secured = inner.secured
        self._asked = asked
        self._made = made
        self._provider = provider

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._inner.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Allowed headers."""
        return self._inner.headers

    async def body(self, limit: int) -> bytes:
        """The whole body; errors have the same shape in both APIs."""
        raw = await self._inner.body(limit)
        if self.status >= _CLIENT_ERROR:
            return raw
        completion = _object(raw)
        try:
            if completion is not None:
                return dump(response_of(completion, self._asked, self._made)).encode()
        except ValueError:
            pass
        raise _garbage(self._provider)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The stream, event by event. Raises ProviderFailed, also for a stream without its proper end."""
        events = ResponseEvents(self._asked, self._made)
        async for chunk in _translated(self._inner, EventSplitter(), events, self._provider):
            yield chunk
        yield b"".join(events.finish())

    def close(self) -> None:
        """End the call."""
        self._inner.close()

"""Sending a request to the first of several targets that gives an answer, over HTTP or to the demo model."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from yarl import URL

from proxy.upstream.azure import addressed, by_deployment
from proxy.upstream.base import Answer, Provider, ProviderFailed, Target, Upstream, UpstreamRequest
from proxy.upstream.bedrock import Bedrock
from proxy.upstream.client import HttpClient
from proxy.upstream.demo import answer_offline
from proxy.upstream.health import Health
from proxy.upstream.vertex import Vertex

_TRY_ELSEWHERE = frozenset({408, 429})
"""Besides 5xx: what another provider may do better."""

_SERVER_ERROR = 500
_OVERLOADED = frozenset({429, 502, 503, 504, 529})
"""What tells of the provider, not of the request: it rests."""
_RATE_LIMITED: Final = 429
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 20.0
_MOST_DIGITS: Final = 12


_CLOUDS: Final[Mapping[str, type[Bedrock | Vertex]]] = {"bedrock": Bedrock, "vertex": Vertex}
"""Kinds whose requests are signed and addressed in their own way."""


_WANT_KEYS: Final = frozenset({"api.openai.com", "api.anthropic.com"})
"""Hosts that answer nobody without a key; other servers may want none."""


_NO_KEY: Final = (
    "it has no key here, so nothing was sent. Set its `api_key` in the configuration, or `sting providers set-key`."
)


class Providers:
    """All configured providers behind one face: HTTP ones over one pool, the demo model in process.

    `connections`: most at once. Make it inside the running event loop; `close()` it there. Raises ValueError for files
    of no use.
    """

    def __init__(self, providers: Mapping[str, Provider], *, connections: int) -> None:
        self._providers = dict(providers)
        http = [provider for provider in providers.values() if provider.kind != "demo"]
        self._keyless = {one.name for one in http if not one.api_key and URL(one.base_url).host in _WANT_KEYS}
        self._client = HttpClient(http, connections=connections)
        self._clouds = {
            provider.name: _CLOUDS[provider.kind](provider) for provider in http if provider.kind in _CLOUDS
        }

    def send(self, target: Target, request: UpstreamRequest) -> Awaitable[Answer]:
        """Send and wait for the status; see `Upstream.send`."""
        provider = self._providers.get(target.provider)
        if provider is None:  # it was removed while this exchange ran
            raise ProviderFailed("connect", target.provider, "it is no longer configured")
        if provider.kind == "demo":
            return _offline(request)
        if request.credential is None and target.provider in self._keyless:
            raise ProviderFailed("connect", target.provider, _NO_KEY)
        if (cloud := self._clouds.get(target.provider)) is not None:
            return cloud.send(self._client, target, request)
        if by_deployment(provider):
            request = addressed(target, request)
        return self._client.send(provider, request)

    async def close(self) -> None:
        """Close the pool."""
        await self._client.close()


async def _offline(request: UpstreamRequest) -> Answer:
    return answer_offline(request)


Noted = Callable[[Target, str], None]
"""Told of each failed try for the metrics: the target, and the failure's kind or the status as text."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often the same target is asked again, and how long that waits: `jitter` gives 0 to 1, `sleep` waits."""

    times: int = 0
    jitter: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def wait(self, attempt: int, asked: float | None) -> float | None:
        """Seconds until the next try, None for no further one: what the provider asked for, else doubling, jittered."""
        if attempt >= self.times or (asked is not None and asked > _LONGEST_WAIT):
            return None
        return (asked or 0.0) + self.jitter() * _FIRST_WAIT * float(2**attempt)


_NO_RETRIES: Final = Retries()


async def send_with_fallbacks(
    upstream: Upstream,
    targets: Sequence[Target],
    body_for: Callable[[Target], UpstreamRequest],
    *,
    note: Noted = lambda _target, _why: None,
    health: Health | None = None,
    conversation: str = "",
    retries: Retries = _NO_RETRIES,
) -> tuple[Target, Answer]:
    """The first good answer of `targets` in order, and who gave it.

    `body_for(target)` makes the request with that target's model name. A target is tried once (decision 0061), or as
    often as `retries` says. The next one follows after a ProviderFailed and after 408, 429 and 5xx; nothing has reached
    the client by then. When all fail, the last error answer is given, and without one the last ProviderFailed is
    raised. `health` is told, and leaves out who is not to be asked.
    """
    line = _Line(upstream, health or Health(failures=0), conversation, note)
    kept: tuple[Target, Answer] | None = None
    failure: ProviderFailed | None = None
    try:
        for target in line.health.ordered(conversation, targets):
            answer, failed = await _asked(line, target, body_for, retries)
            failure = failed or failure
            if answer is not None:
                if kept is not None:
                    kept[1].close()
                kept = (target, answer)
                if not _worth_another(answer.status):
                    break
    except BaseException:
        if kept is not None:
            kept[1].close()
        raise
    if kept is not None:
        return kept
    raise failure or ValueError("there must be a target")


async def _asked(
    line: _Line, target: Target, body_for: Callable[[Target], UpstreamRequest], retries: Retries
) -> tuple[Answer | None, ProviderFailed | None]:
    """The last answer of one target that is asked as often as `retries` allows, or how it failed."""
    attempt = 0
    while True:
        answer: Answer | None = None
        failed: ProviderFailed | None = None
        try:
            answer = await line.sent(target, body_for(target))
        except ProviderFailed as error:
            failed = error
        if answer is not None and not _worth_another(answer.status):
            return answer, None
        wait = retries.wait(attempt, None if answer is None else retry_after(answer.headers))
        if wait is None:
            return answer, failed
        if answer is not None:
            answer.close()
        await retries.sleep(wait)
        attempt += 1


@dataclass(slots=True)
class _Line:
    """Sends to one target at a time and tells how that went."""

    upstream: Upstream
    health: Health
    conversation: str
    note: Noted

    async def sent(self, target: Target, request: UpstreamRequest) -> Answer:
        """The target's answer, good or bad; raises ProviderFailed."""
        self.health.admit(target)
        self.health.began(target)
        try:
            answer = await self.upstream.send(target, request)
        except ProviderFailed as error:
            self.health.ended(target)
            self.health.failed(target)
            self.note(target, error.kind)
            raise
        except BaseException:
            self.health.ended(target)
            raise
        status = answer.status
        if _worth_another(status):
            self.note(target, str(status))
        if status in _OVERLOADED:
            limited = status == _RATE_LIMITED
            self.health.failed(target, retry_after(answer.headers), counts=not limited)
        else:
            self.health.answered(self.conversation if status < _SERVER_ERROR else "", target)
        return _Counted(answer, partial(self.health.ended, target))


class _Counted:
    """An answer that tells when it has ended."""

    __slots__ = ("_answer", "_ended", "headers", "secured", "status")

    def __init__(self, answer: Answer, ended: Callable[[], None]) -> None:
        self._answer = answer
        self._ended: Callable[[], None] | None = ended
        self.status = answer.status
        self.headers = answer.headers
        self.secured = answer.secured

    async def body(self, limit: int) -> bytes:
        """The whole body."""
        return await self._answer.body(limit)

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        return self._answer.chunks()

    def close(self) -> None:
        """End the call."""
        self._answer.close()
        if self._ended is not None:
            self._ended()
            self._ended = None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks to wait (`retry-after-ms`, or `retry-after` in seconds; dates are not read)."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        written = headers.get(name, "")
        if written.replace(".", "", 1).isdigit() and len(written) < _MOST_DIGITS:
            return float(written) / unit
    return None


def _worth_another(status: int) -> bool:
    return status in _TRY_ELSEWHERE or status >= _SERVER_ERROR

"""The cache of answers: what a policy lets be given again for the same scrambled request of the same session.

What is kept is the provider's answer as it came, with tokens in it; an answer that is given again passes the output
side, the guardrails and restoring like one that has just come. The cache fails open: without it the provider is asked.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from policies.model import Policy
from proxy.accounting import Exchange
from proxy.core.jsontext import Document, Edit, splice
from proxy.dialects.base import Dialect
from proxy.errors import StingError
from proxy.runs import Run
from proxy.services import Services
from proxy.upstream.base import Answer, Target
from proxy.vault.base import OpenSession
from proxy.vault.sealing import framed

LONGEST: Final = 1024 * 1024
"""Bytes of an answer that is kept."""
_OK: Final = 200
_KEPT_HEADERS: Final = ("content-type", "openai-version", "openai-processing-ms")
_ASKING_HEADERS: Final = ("anthropic-version", "anthropic-beta", "openai-beta", "openai-organization", "openai-project")
"""Headers that change what a provider answers."""
_TEMPERATURES: Final = (("temperature",), ("options", "temperature"))
_ZERO: Final = frozenset({"0", "0.0", "0.00"})
_ENDS: Final = (b"data: [DONE]", b'"message_stop"', b'"response.completed"', b'"done":true', b'"done": true')
"""What a streamed answer holds that came to its proper end."""
_CUT: Final = (b'"response.failed"', b"event: error", b'"response.incomplete"')


def may_be_kept(request: web.Request, policy: Policy, dialect: Dialect, body: Document) -> bool:
    """Whether the answer to this request may come from the cache, or go into it."""
    if not policy.cache.ttl or "no-store" in request.headers.get("Cache-Control", ""):
        return False
    traits = dialect.traits
    if not traits.names_model or traits.readdressed or traits.form or traits.answers != "json":
        return False
    if traits.state is not None and (body.scalars.get(("store",)) != "false" or traits.state.named(body)):
        return False  # the provider makes an object, or goes on from one
    return policy.cache.calls == "all" or not traits.keeps or _does_not_vary(body)


def _does_not_vary(body: Document) -> bool:
    return any(body.scalars.get(place) in _ZERO for place in _TEMPERATURES)


class Slot:
    """The place in the cache of one request's answer."""

    def __init__(
        self, services: Services, exchange: Exchange, session: OpenSession, asked: bytes, *, anew: bool
    ) -> None:
        self._services = services
        self._exchange = exchange
        self._session = session
        self._asked = asked
        self._anew = anew
        self._kept: Kept | None = None

    async def find(self) -> Answer | None:
        """The answer that was kept, if there is one that can be read and the client does not want a new one."""
        try:
            entry = None if self._anew else await self._services.answers.find(self._session, self._asked)
        except StingError:
            self._count("failed")
            return None
        answer = None if entry is None else _unpacked(entry)
        self._count("miss" if answer is None else "hit")
        self._exchange.cache = "miss" if answer is None else "hit"
        return answer

    def keeping(self, answer: Answer) -> Answer:
        """The provider's answer, noted while it passes."""
        if answer.status != _OK:
            return answer
        self._kept = Kept(answer)
        return self._kept

    def keep(self) -> None:
        """Keep what has passed, when it came to its proper end; the client does not wait for that."""
        if self._kept is None or self._exchange.outcome != "ok" or self._exchange.policy is None:
            return
        entry = self._kept.entry()
        if entry is None:
            self._count("unfit")
            return
        self._services.background.start(self._stored(entry, self._exchange.policy.cache.ttl))

    async def _stored(self, entry: bytes, ttl: int) -> None:
        try:
            await self._services.answers.keep(self._session, self._asked, entry, ttl)
        except StingError:
            self._count("failed")
        else:
            self._count("kept")

    def _count(self, result: str) -> None:
        self._services.metrics.answers.labels(result).inc()


async def slot_for(
    request: web.Request,
    services: Services,
    exchange: Exchange,
    run: Run,
    body: Document,
    edits: Sequence[Edit],
    targets: Sequence[Target],
) -> Slot | None:
    """Where this request's answer is kept, None where the policy keeps none. Raises VaultUnavailable."""
    if not may_be_kept(request, run.policy, exchange.dialect, body):
        return None
    text = splice(body.text, edits) if edits else body.text
    asking = [f"{name}: {request.headers.get(name, '')}" for name in _ASKING_HEADERS]
    places = [f"{target.provider}/{target.model}" for target in targets]
    asked = framed(run.policy.digest, request.raw_path, exchange.model, *asking, *places, text)
    anew = "no-cache" in request.headers.get("Cache-Control", "")
    return Slot(services, exchange, await services.vault.open(run.scope, ()), asked, anew=anew)


class Kept:
    """An answer that is noted while it passes, as far as it is not too long."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.secured = answer.secured
        self._parts: list[bytes] = []
        self._size = 0
        self._ended = False
        self._streamed = False

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Allowed headers."""
        return self._answer.headers

    async def body(self, limit: int) -> bytes:
        """See `Answer.body`."""
        raw = await self._answer.body(limit)
        self._note(raw)
        self._ended = True
        return raw

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `Answer.chunks`."""
        self._streamed = True
        async for chunk in self._answer.chunks():
            self._note(chunk)
            yield chunk
        self._ended = True

    def _note(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= LONGEST:
            self._parts.append(part)
        else:
            self._parts.clear()

    def close(self) -> None:
        """See `Answer.close`."""
        self._answer.close()

    def entry(self) -> bytes | None:
        """What is kept; None for what was cut, is too long, or did not come to its proper end."""
        raw = b"".join(self._parts)
        if not self._ended or self._size > LONGEST:
            return None
        if self._streamed and (any(mark in raw for mark in _CUT) or not any(mark in raw for mark in _ENDS)):
            return None
        headers = {name: value for name, value in self.headers.items() if name in _KEPT_HEADERS}
        return json.dumps(headers).encode() + b"\n" + raw


@dataclass(frozen=True, slots=True)
class Again:
    """An answer that is given again."""

    headers: Mapping[str, str]
    raw: bytes = field(repr=False)
    status: int = _OK
    secured: str = ""

    async def body(self, limit: int) -> bytes:
        """The whole body, which is never near the limit."""
        del limit
        return self.raw

    async def chunks(self) -> AsyncIterator[bytes]:
        """All of it at once."""
        yield self.raw

    def close(self) -> None:
        """Nothing is open."""


def _unpacked(entry: bytes) -> Again:
    headers, _, raw = entry.partition(b"\n")
    return Again(json.loads(headers), raw)

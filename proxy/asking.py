"""Guardrails of a policy: hooks are asked before texts leave, and after an answer has come, before it is restored.

They see what the provider sees: scrambled texts. A hook that fails, or takes longer than its deadline, stops the
exchange, unless the policy only reports.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Hashable, Sequence
from dataclasses import dataclass, field

from proxy.accounting import Exchange
from proxy.core.jsontext import Document, Edit, NotJson, Path, parse, splice
from proxy.core.ndjson import LineSplitter
from proxy.core.slots import TextSlot
from proxy.core.sse import EventSplitter
from proxy.dialects.base import Dialect, where
from proxy.errors import Blocked, HookUnavailable, UpstreamFailed
from proxy.hooks.base import HookText, Phase, Question
from proxy.incoming import Screen
from proxy.services import Services

_LONGEST = 64 * 1024 * 1024
"""Bytes of an answer that are held at once for a hook."""
_KEPT = 64 * 1024
"""Characters of a channel that are remembered, at least."""
_ECHOED = frozenset(
    {"instructions", "tools", "tool_choice", "metadata", "user", "safety_identifier", "prompt_cache_key", "prompt"}
)
"""Fields of an answer of OpenAI's that repeat the request: the model did not say them."""
_WORDS = frozenset(
    "type id object status model role item_id call_id response_id service_tier truncation obfuscation".split()
)
"""Fields of OpenAI's responses that hold words of the API. Elsewhere a model may name a field of its own so."""


async def ask_before(services: Services, exchange: Exchange, body: Document, edits: Sequence[Edit]) -> None:
    """Ask about the texts of a body as it leaves. Raises Blocked, HookUnavailable."""
    if exchange.policy is None or not exchange.policy.hooks.before:
        return
    text = splice(body.text, edits) if edits else body.text
    # Read anew, for of a conversation that was known the beginning is passed over, and paths may hold originals.
    leaving = parse(text, max_depth=services.settings.gateway.max_depth)
    slots = exchange.dialect.request_slots(leaving)
    texts = [HookText(where(slot.path), role_of(leaving, slot), slot.text) for slot in slots.texts]
    await ask(services, exchange, "before", texts)


def role_of(body: Document, slot: TextSlot) -> str:
    """Who speaks in a text of a message, empty elsewhere."""
    return body.value(*slot.path[:2], "role") or ""


async def ask(
    services: Services, exchange: Exchange, phase: Phase, texts: Sequence[HookText], *, ended: bool = True
) -> None:
    """Ask the hooks of this phase. Raises Blocked, HookUnavailable; not where the policy only reports."""
    policy = exchange.policy
    names = () if policy is None else getattr(policy.hooks, phase)
    if policy is None or not names or not texts:
        return
    question = Question(phase, exchange.id, policy.name, exchange.route, exchange.model, ended, texts)
    started = time.perf_counter()
    said = await services.guardrails.ask(names, question)
    services.metrics.took("hooks", time.perf_counter() - started)
    for one in said:
        services.metrics.hooks.labels(one.name, phase, one.word).inc()
    if policy.hooks.verdict == "report":
        return
    for one in said:
        if one.verdict is not None and not one.verdict.allow:
            services.metrics.blocks.labels("hook").inc()
            reason = f": {one.verdict.reason}" if one.verdict.reason else ""
            what = "request" if phase == "before" else "answer"
            raise Blocked(f"The guardrail `{one.name}` stops this {what}{reason}.", headers={"x-should-retry": "false"})
    if failed := [one.name for one in said if one.verdict is None]:
        raise HookUnavailable(
            f"The guardrail `{failed[0]}` gave no verdict, so nothing goes on. Its operator finds out why in the "
            "gateway's log; `hooks` in the configuration has its address and its deadline."
        )


def _is_said(dialect: Dialect, path: Path) -> bool:
    """Whether an answer's string is the model's, not an echo of the request; an event may hold the whole answer."""
    if dialect.traits.echoes and path[-1] in _WORDS:
        return False
    path = path[1:] if len(path) > 1 and path[0] == "response" else path
    return path[0] not in _ECHOED and (path[0] != "text" or len(path) == 1)


@dataclass(slots=True)
class _Said:
    """The text of one channel of a stream: its end, and how much of that no hook has seen."""

    tail: str = field(default="", repr=False)
    fresh: int = 0


@dataclass(slots=True)
class AfterHooks:
    """Asks about one answer. Stands where the output side's `Screen` stands, behind it when there is one.

    A stream is held until the hooks have seen it: window by window of so many new characters, or whole when that is 0.
    A window is shown together with the one before it, and leaves once the one behind it has been shown, too: so nothing
    leaves of a passage that is shorter than a window before all of it was seen.
    """

    services: Services
    exchange: Exchange
    request: Document = field(repr=False)
    window: int
    screen: Screen | None = None
    _channels: dict[tuple[Hashable, ...], _Said] = field(default_factory=dict, repr=False)

    @property
    def header(self) -> str:
        """What the output side found."""
        return self.screen.header if self.screen is not None else ""

    async def whole(self, body: bytes) -> bytes:
        """A whole answer that may pass. Raises Blocked, HookUnavailable and what the output side raises."""
        if self.screen is not None:
            body = await self.screen.whole(body)
        try:
            document = parse(body.decode("utf-8"))
        except (NotJson, UnicodeDecodeError):
            return body  # what is no JSON is refused where answers are restored
        texts = self.exchange.dialect.response_texts(document, self.request)
        dialect = self.exchange.dialect
        said = [text.leaf for text in texts if text.leaf.text and _is_said(dialect, text.leaf.path)]
        await self._ask([leaf.text for leaf in said], ended=True)
        return body

    async def chunks(self, chunks: AsyncIterator[bytes], content_type: str) -> AsyncIterator[bytes]:
        """A streamed answer, released as the hooks allow. Raises Blocked, HookUnavailable and what `chunks` does."""
        splitter = LineSplitter() if content_type.startswith("application/x-ndjson") else EventSplitter()
        if self.screen is not None:
            chunks = self.screen.chunks(chunks, content_type)
        allowed: list[bytes] = []
        fresh: list[bytes] = []
        failure: UpstreamFailed | None = None
        try:
            async for chunk in chunks:
                for event in splitter.feed(chunk):
                    self._read(event.data)
                    fresh.append(event.raw)
                if not allowed and not self._waiting:
                    yield b"".join(fresh)
                    fresh = []
                elif 0 < self.window <= self._waiting:
                    await self._asked(ended=False)
                    yield b"".join(allowed)
                    allowed, fresh = fresh, []
                elif sum(map(len, fresh)) > _LONGEST:
                    failure = UpstreamFailed("The answer is too long to be held for a guardrail.")
                    break
        except UpstreamFailed as error:
            failure = error
        await self._asked(ended=True)
        yield b"".join([*allowed, *fresh, splitter.rest()])
        if failure is not None:
            raise failure

    @property
    def _waiting(self) -> int:
        """Characters that no hook has seen."""
        return sum(said.fresh for said in self._channels.values())

    def _read(self, data: str | None) -> None:
        """Note the texts of one event."""
        try:
            event = self.exchange.dialect.stream_event(data or "", self.request)
        except NotJson:
            return
        for text in event.texts:
            if not _is_said(self.exchange.dialect, text.leaf.path):
                continue
            said = self._channels.setdefault(text.channel, _Said())
            if text.whole and any(text.leaf.text in other.tail for other in self._channels.values()):
                continue  # an event that repeats what came in pieces
            said.tail += text.leaf.text
            said.fresh += len(text.leaf.text)

    async def _asked(self, *, ended: bool) -> None:
        channels = [said for said in self._channels.values() if said.fresh or (ended and said.tail)]
        texts = [said.tail[-(said.fresh + self.window) :] for said in channels]
        await self._ask(texts, ended=ended)
        for said in self._channels.values():
            said.fresh = 0
            if self.window and len(said.tail) > 2 * max(_KEPT, self.window):
                said.tail = said.tail[-max(_KEPT, self.window) :]

    async def _ask(self, texts: Sequence[str], *, ended: bool) -> None:
        asked = [HookText("answer", "assistant", text) for text in texts]
        await ask(self.services, self.exchange, "after", asked, ended=ended)

"""Known values in the detection chain: each tenant's index, kept up to date, and a Detector that adds its findings.

Indexes live in this process only and hold keyed digests, no values; the key is made when the process starts. A change
of a tenant's lists is seen within `poll` seconds. While lists cannot be read, nothing is detected and nothing leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from policies.db import DatabaseUnavailable
from policies.sealing import SealBroken
from policies.values import Upload, open_chunk
from proxy.core.findings import Finding
from proxy.detectors.base import DetectionFailed, Detector, Profile
from proxy.detectors.known_index import MOST_TYPES, KnownIndex, Rows, joined, rows_of
from proxy.detectors.known_match import find
from proxy.detectors.known_words import Codebook
from proxy.detectors.tidy import NAME_TYPES

_log = logging.getLogger(__name__)

_INLINE_CHARS = 10_000
"""Shorter texts are looked at where they are: handing them to a thread would take longer."""

_FIRST_LOAD_SECONDS = 30.0
_RETRY_AFTER = {"retry-after": "1"}
_GUESSED = NAME_TYPES | {"DATE_TIME", "DATE_PART", "NUMBER", "NRP"}
"""Types that models guess: a known value of another type is cut out of them."""


class Lists(Protocol):
    """Where the values are kept (`policies.values.ValueLists`)."""

    async def versions(self) -> dict[str, int]:
        """Version per tenant."""
        ...

    async def uploads(self, tenant: str) -> tuple[int, list[Upload]]:
        """The tenant's version and its uploads."""
        ...

    def sealed_chunks(self, upload: Upload) -> AsyncIterator[list[tuple[int, bytes]]]:
        """Positions and contents of its chunks, some at a time."""
        ...


@dataclass(slots=True)
class _Loaded:
    """One tenant: what is loaded, of which version, and the load that is under way."""

    version: int = 0
    index: KnownIndex | None = None
    rows: dict[str, Rows] = field(default_factory=dict)
    failed: bool = False
    loading: asyncio.Task[None] | None = None


class KnownValues:
    """The indexes of all tenants. `poll`: seconds between two looks at the versions.

    `patience`: seconds after the last successful look from which on every request is refused.
    """

    def __init__(
        self, lists: Lists, *, poll: float = 1.0, patience: float = 15.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lists = lists
        self._poll = poll
        self._patience = patience
        self._clock = clock
        self._types: list[str] = []
        self._lock = threading.Lock()
        self._book: Codebook | None = None
        self._tenants: dict[str, _Loaded] = {}
        self._looked_at = -patience
        self._told = asyncio.Event()
        self._polling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load every tenant's lists and keep looking for changes. Raises DetectionFailed when they cannot be read."""
        await self.refresh()
        if self._polling is None:
            self._polling = asyncio.create_task(self._keep_looking())

    async def close(self) -> None:
        """Stop looking."""
        tasks = [self._polling, *(state.loading for state in self._tenants.values())]
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)

    def tell(self) -> None:
        """Look now: somebody has said that a list has changed."""
        self._told.set()

    def version(self, tenant: str) -> int:
        """The version that texts of this tenant are looked at with; 0 without lists."""
        state = self._tenants.get(tenant)
        return state.version if state is not None else 0

    async def refresh(self) -> None:
        """Look for changes and load them now. Raises DetectionFailed when the versions cannot be read."""
        for _ in range(2):  # a load that was under way may have begun before the last change
            await self._look()
            loads = [state.loading for state in self._tenants.values() if state.loading is not None]
            await asyncio.gather(*map(asyncio.shield, loads))

    async def index(self, tenant: str) -> KnownIndex | None:
        """The tenant's index, None without lists. Raises DetectionFailed when it cannot be had."""
        if self._clock() - self._looked_at > self._patience:
            await self._look()  # the machine may have slept: ask once more before refusing
        state = self._tenants.get(tenant)
        if state is None:
            return None
        if state.index is None and state.loading is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_LOAD_SECONDS):
                    await asyncio.shield(state.loading)
        if state.failed or state.index is None:
            raise DetectionFailed("the known values of this tenant cannot be loaded", headers=_RETRY_AFTER)
        return state.index

    async def _keep_looking(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll):
                    await self._told.wait()
            self._told.clear()
            with contextlib.suppress(DetectionFailed):  # `index` refuses when it lasts
                await self._look()

    async def _look(self) -> None:
        """Start loading what has changed."""
        try:
            versions = await self._lists.versions()
        except DatabaseUnavailable:
            raise DetectionFailed("the lists of known values cannot be read", headers=_RETRY_AFTER) from None
        self._looked_at = self._clock()
        for tenant, version in versions.items():
            state = self._tenants.setdefault(tenant, _Loaded())
            if (state.version != version or state.failed) and state.loading is None:
                state.loading = asyncio.create_task(self._load(tenant, state))

    async def _load(self, tenant: str, state: _Loaded) -> None:
        try:
            version, uploads = await self._lists.uploads(tenant)
            rows = {upload.id: state.rows.get(upload.id) or await self._read(upload) for upload in uploads}
            index = await asyncio.to_thread(self._build, list(rows.values()))
            state.version, state.index, state.rows, state.failed = version, index, rows, False
        except (DatabaseUnavailable, SealBroken, ValueError, MemoryError) as error:
            state.failed = True
            _log.error("known values cannot be loaded", extra={"tenant": tenant, "fault": type(error).__name__})
        finally:
            state.loading = None

    async def _read(self, upload: Upload) -> Rows:
        chunks = self._lists.sealed_chunks(upload)
        spelled: set[str] = set()
        return joined([await asyncio.to_thread(self._rows, upload, sealed, spelled) async for sealed in chunks])

    def _rows(self, upload: Upload, chunks: Sequence[tuple[int, bytes]], spelled: set[str]) -> Rows:
        book = self._codebook()
        opened = [open_chunk(upload, position, sealed) for position, sealed in chunks]
        return joined(rows_of(c.values, c.entity_type, self._place(c.entity_type), book, spelled) for c in opened)

    def _build(self, rows: Sequence[Rows]) -> KnownIndex:
        return KnownIndex(joined(rows), tuple(self._types), self._codebook())

    def _codebook(self) -> Codebook:
        """The key of this process's digests, made when the first list is loaded: its tables take a while."""
        with self._lock:
            if self._book is None:
                self._book = Codebook(secrets.token_bytes(8))
            return self._book

    def _place(self, entity_type: str) -> int:
        """The place of a type in the table of types."""
        with self._lock:
            if entity_type not in self._types:
                if len(self._types) >= MOST_TYPES:
                    raise ValueError("too many entity types")
                self._types.append(entity_type)
            return self._types.index(entity_type)


class KnownValuesDetector:
    """A Detector that adds the known values of the profile's tenant to what `inner` finds."""

    def __init__(self, inner: Detector, known: KnownValues) -> None:
        self._inner = inner
        self._known = known

    async def detect(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text (see Detector). Raises what `inner` raises, and DetectionFailed without the values."""
        index = await self._known.index(profile.tenant)
        if index is None or not index.size:
            return await self._inner.detect(texts, profile)
        found, known = await asyncio.gather(self._inner.detect(texts, profile), _known_in(texts, index, profile))
        return [merged(text, by_inner, mine, profile) for text, by_inner, mine in zip(texts, found, known, strict=True)]


async def _known_in(texts: Sequence[str], index: KnownIndex, profile: Profile) -> list[list[Finding]]:
    try:
        if sum(map(len, texts)) <= _INLINE_CHARS:
            return _wanted(texts, index, profile)
        return await asyncio.to_thread(_wanted, texts, index, profile)
    except Exception:  # noqa: BLE001, S110 - whatever goes wrong, the text was not looked at and must not leave
        pass
    raise DetectionFailed("known values could not be looked for in a text of this request")


def _wanted(texts: Sequence[str], index: KnownIndex, profile: Profile) -> list[list[Finding]]:
    allowed = frozenset(word.casefold() for word in profile.allow)
    wanted = frozenset(profile.entity_types)
    return [
        [
            finding
            for finding in find(text, index)
            if (not wanted or finding.entity_type in wanted)
            and profile.counts(finding.entity_type, finding.score)
            and not (allowed and text[finding.start : finding.end].casefold() in allowed)
        ]
        for text in texts
    ]


def merged(text: str, found: Sequence[Finding], known: Sequence[Finding], profile: Profile) -> list[Finding]:
    """Two rows of disjoint findings as one, in which known values keep their type whatever a model says.

    A longer finding stays whole around a known value of its own type, or when it has a fixed form that may hold one
    (an address, a link) and the policy does not treat it more mildly.
    """
    if not known:
        return list(found)
    starts, ends = [finding.start for finding in known], [finding.end for finding in known]
    held: set[int] = set()
    rest: list[Finding] = []
    for finding in found:
        first, behind = bisect_right(ends, finding.start), bisect_left(starts, finding.end)
        if first >= behind:
            rest.append(finding)
        elif _holds(finding, known[first:behind], profile):
            held.update(range(first, behind))
            rest.append(finding)
        else:
            rest.extend(_left_over(text, finding, known[first:behind]))
    rest.extend(finding for place, finding in enumerate(known) if place not in held)
    return sorted(rest, key=lambda finding: finding.start)


def _holds(finding: Finding, known: Sequence[Finding], profile: Profile) -> bool:
    """Whether `finding` is longer than the known values in it, and fit to stand for them."""
    if not (finding.start <= known[0].start and known[-1].end <= finding.end and finding.length > known[0].length):
        return False
    if len(known) == 1 and finding.entity_type == known[0].entity_type:
        return True
    strictest = max(profile.precedence(value.entity_type) for value in known)
    return finding.entity_type not in _GUESSED and profile.precedence(finding.entity_type) >= strictest


def _left_over(text: str, finding: Finding, known: Sequence[Finding]) -> Iterator[Finding]:
    """What of `finding` stands beside the known values, without signs at its edges."""
    start = finding.start
    for end, following in [*((value.start, value.end) for value in known), (finding.end, finding.end)]:
        first, last = start, min(end, finding.end)
        while first < last and not text[first].isalnum():
            first += 1
        while first < last and not text[last - 1].isalnum():
            last -= 1
        if first < last:
            yield replace(finding, start=first, end=last)
        start = following

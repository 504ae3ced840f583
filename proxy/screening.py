"""What a model says by itself: its answer is looked into for personal data that the gateway did not put there.

A policy's `output` says whether it is only counted (`report`), replaced one-way (`redact`) or stops the answer
(`block`). It happens before restoring, so that tokens are known and no original is looked at. `redact` and `block`
hold a stream until a sentence is whole.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from policies.model import Action
from proxy.core.findings import Coverage, Finding
from proxy.core.invented import Invented
from proxy.core.jsontext import Document, Edit, NotJson, Path, escape, parse, splice
from proxy.core.ndjson import LineSplitter
from proxy.core.positions import moves
from proxy.core.restorer import Originals, RestoreTally
from proxy.core.sentences import SentenceChannel, Sentences, cut, in_json
from proxy.core.sse import EventSplitter
from proxy.core.streams import ChannelText, EventReader, StreamRestorer
from proxy.core.tokens import look_alikes
from proxy.dialects.base import Dialect
from proxy.errors import Blocked, StingError, UpstreamFailed
from proxy.outgoing import profile_of
from proxy.runs import Run
from proxy.services import Services, token_types

_SHORTEST = 2
"""Letters that what is left of a finding beside a token must have."""

_Read = dict[tuple[str, bool], Sequence[Edit]]
"""Edits by text, and by whether it is JSON."""


@dataclass(slots=True)
class Screen:
    """Looks into one answer; `found` counts different values per entity type."""

    services: Services
    run: Run
    dialect: Dialect
    request: Document = field(repr=False)
    issued: Mapping[str, str] = field(repr=False)
    found: dict[str, int] = field(default_factory=dict)
    _values: set[str] = field(default_factory=set, repr=False)
    _known: str | None = field(default=None, repr=False)
    _invented: Invented | None = field(default=None, repr=False)

    @property
    def _mode(self) -> str:
        return self.run.policy.output

    async def whole(self, body: bytes) -> bytes:
        """A whole answer, with what was redacted. Raises Blocked, DetectorUnavailable."""
        try:
            document = parse(body.decode("utf-8"))
        except (NotJson, UnicodeDecodeError):
            return body  # what is no JSON is refused where answers are restored
        texts = self.dialect.response_texts(document, self.request)
        parts = [cut(text.leaf.text, in_json=text.json, ended=True) for text in texts]
        wanted = {(part, text.json): None for text, ours in zip(texts, parts, strict=True) for part in ours}
        read = await self._read([part for part, _ in wanted], [in_json for _, in_json in wanted])
        edits: list[Edit] = []
        changed: dict[Path, list[Edit]] = {}
        for text, ours in zip(texts, parts, strict=True):
            after = "".join(splice(part, read[part, text.json]) for part in ours)
            if after != text.leaf.text:
                edits.append(Edit(text.leaf.start, text.leaf.end, escape(after)))
                changed[text.leaf.path] = _in_whole(ours, [read[part, text.json] for part in ours])
        edits += moves(document, changed)
        return splice(document.text, edits).encode("utf-8", "surrogatepass") if edits else body

    async def chunks(self, chunks: AsyncIterator[bytes], content_type: str) -> AsyncIterator[bytes]:
        """A streamed answer. What is held comes out at its end, good or bad. Raises Blocked and what `chunks` does."""
        splitter = LineSplitter() if content_type.startswith("application/x-ndjson") else EventSplitter()
        stream = _Stream(EventReader(partial(self.dialect.stream_event, request=self.request)))
        holds = self._mode != "report"
        failure: UpstreamFailed | None = None
        try:
            async for chunk in chunks:
                if not holds:
                    yield chunk
                ready: list[bytes] = []
                for event in splitter.feed(chunk):
                    ready += stream.feed(event)
                    ready += await self._supplied(stream)
                if holds and ready:
                    yield b"".join(ready)
        except UpstreamFailed as error:
            failure = error
        last = [*stream.finish(), *await self._supplied(stream), splitter.rest()]
        if holds:
            yield b"".join(last)
        if failure is not None:
            raise failure

    async def _supplied(self, stream: _Stream) -> list[bytes]:
        ready: list[bytes] = []
        while stream.unread:
            for sentences, is_json in ((stream.plain, False), (stream.json, True)):
                wanted = list(sentences.wanted)
                read = await self._read(wanted, [is_json] * len(wanted))
                sentences.supply({part: read[part, is_json] for part in wanted})
            ready += stream.go_on()
        return ready

    async def _read(self, parts: Sequence[str], jsons: Sequence[bool]) -> _Read:
        """What is to be edited in each text."""
        if not parts:
            return {}
        profile = profile_of(self.run.rules_of_answers(), self.run.principal.tenant)
        results: Sequence[Sequence[Finding]] = [()] * len(parts)
        try:
            results = await self.services.detector.detect(parts, profile)
        except StingError:
            if self._mode != "report":
                raise
            self.services.metrics.output_findings.labels("detection_failed", self._mode).inc()
        made: _Read = {}
        for part, is_json, findings in zip(parts, jsons, results, strict=True):
            edits = self._edits(part, findings)
            if self._mode == "block" and edits:
                raise self._refusal()
            edits = edits if self._mode == "redact" else []
            made[part, is_json] = [inner for edit in edits for inner in in_json(part, edit)] if is_json else edits
        return made

    def _edits(self, part: str, findings: Sequence[Finding]) -> list[Edit]:
        """What the policy would not let out, of what no token stands for; all of it is counted."""
        policy, shielded, edits = self.run.rules_of_answers(), Coverage(), list[Edit]()
        for start, end, _ in look_alikes(part, token_types(self.run.policy)):
            shielded.add(start, end)
        if self._invented is None:
            values = self.issued if self.run.policy.invents else ()
            self._invented = Invented(value for value in values if not look_alikes(value, token_types(self.run.policy)))
        for start, end, _ in self._invented.ranges(part):
            shielded.add(start, end)
        for finding in findings:
            rule = policy.rule(finding.entity_type)
            if rule.action is Action.KEEP or finding.score < rule.min_score:
                continue
            for start, end in shielded.free(finding.start, finding.end):
                if self._is_new(part[start:end]):
                    self._note(finding.entity_type, part[start:end])
                    if rule.action is not Action.OBSERVE:
                        edits.append(Edit(start, end, f"REDACTED_{finding.entity_type}"))
        return edits

    def _is_new(self, value: str) -> bool:
        """Whether a value is none that stands in the mapping, nor words of one."""
        if self._known is None:
            self._known = "\n".join(self.issued.values()).casefold()
        value = value.strip().casefold()
        return len(value) >= _SHORTEST and not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", self._known)

    def _note(self, entity_type: str, value: str) -> None:
        key = f"{entity_type}\x1f{value.casefold()}"
        if key not in self._values:
            self._values.add(key)
            self.found[entity_type] = self.found.get(entity_type, 0) + 1
            self.services.metrics.output_findings.labels(entity_type, self._mode).inc()

    def _refusal(self) -> Blocked:
        self.services.metrics.blocks.labels("output").inc()
        names = ", ".join(sorted(self.found))
        return Blocked(
            f"The policy forbids this answer: it holds {names} that the request did not.",
            headers={"x-should-retry": "false"},
        )

    @property
    def header(self) -> str:
        """Values found per entity type: `EMAIL_ADDRESS=1, PERSON=2`."""
        return ", ".join(f"{name}={count}" for name, count in sorted(self.found.items()))


def _in_whole(parts: Sequence[str], edits: Sequence[Sequence[Edit]]) -> list[Edit]:
    """Edits of parts as edits of the text that they are cut from."""
    made: list[Edit] = []
    position = 0
    for part, ours in zip(parts, edits, strict=True):
        made += [Edit(position + start, position + end, new) for start, end, new in sorted(ours)]
        position += len(part)
    return made


class _Stream(StreamRestorer):
    """A stream whose channels wait for their sentences to be read; nothing is restored here."""

    def __init__(self, read: EventReader) -> None:
        super().__init__(read, Originals({}), RestoreTally())
        self.plain, self.json = Sentences(), Sentences()

    @property
    def unread(self) -> bool:
        """Whether sentences wait."""
        return bool(self.plain.wanted or self.json.wanted)

    def go_on(self) -> list[bytes]:
        """Bytes that may leave now that what was wanted is read."""
        ready = self.supply({})
        for sentences in (self.plain, self.json):
            sentences.read.clear()
        return ready

    def _restorer(self, text: ChannelText) -> SentenceChannel:
        return SentenceChannel(self.json if text.json else self.plain, in_json=text.json)

"""`POST /v1/files` with `purpose: batch`: a file of requests, each line scrambled like the request that it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from aiohttp import web

from proxy.accounting import Exchange, intent_of
from proxy.asking import ask
from proxy.auth import explicit_session, session_ttl
from proxy.choosing import targets_for
from proxy.core.jsontext import Document, Edit, NotJson, parse, splice
from proxy.core.scrambler import Decision, edits_of
from proxy.core.slots import ANYTHING, TEXT, Node, Slots, TextSlot, plain, rules, slots_of
from proxy.dialects.base import Dialect
from proxy.dialects.batches import LINES
from proxy.dialects.notice import NOTICE
from proxy.dialects.providers_own import unstored
from proxy.errors import BadRequest, StingError
from proxy.exchange import refuse_tools, refuse_unscannable
from proxy.homes import MOST_SESSIONS, gone_on_from, owned_by, sessions_of
from proxy.hooks.base import HookText
from proxy.kept_files import Upload
from proxy.multipart import FormPart
from proxy.outgoing import naming_key, scramble
from proxy.runs import Run
from proxy.services import Services
from proxy.session_names import derived_session, session_mark
from proxy.upstream.base import Target

_KINDS: Final = ("openai", "azure_openai")
_FILE_NAME: Final = "batch.jsonl"
"""What the file is called outside: a client may have named it after somebody."""
_LINE: Final = rules({"custom_id": TEXT, "method": plain("POST"), "url": plain(*LINES), "body": Node(ends=ANYTHING)})


@dataclass(frozen=True, slots=True)
class _Line:
    """One request of the file: the line, its body as a document of its own and where that begins, and their texts."""

    outer: Document = field(repr=False)
    inner: Document = field(repr=False)
    start: int
    end: int
    dialect: Dialect
    target: Target
    own: Sequence[TextSlot] = field(repr=False)
    slots: Slots = field(repr=False)

    @property
    def texts(self) -> list[TextSlot]:
        """All texts in order."""
        return [*self.own, *self.slots.texts]

    def written(self, decisions: Sequence[Sequence[Decision]], *, noticed: bool) -> str:
        """The line as it leaves."""
        outer: list[Edit] = []
        inner: list[Edit] = []
        for position, (slot, made) in enumerate(zip(self.texts, decisions, strict=True)):
            if edits := edits_of(made):
                if position < len(self.own):
                    outer += slot.edits_of_document(self.outer.text, edits)
                else:
                    inner += slot.edits_of_document(self.inner.text, edits)
        if inner and noticed:
            inner += self.dialect.with_notice(self.inner, NOTICE)
        if self.dialect.model(self.inner) != self.target.model:
            inner += self.dialect.with_model(self.inner, self.target.model)
        if inner:
            outer.append(Edit(self.start, self.end, splice(self.inner.text, inner)))
        return splice(self.outer.text, outer) if outer else self.outer.text


async def batch_file(request: web.Request, services: Services, exchange: Exchange, file: FormPart) -> Upload:
    """The file of requests scrambled line by line, mapping and audit intent stored. Raises BadRequest, Blocked."""
    if exchange.principal is None or exchange.policy is None:
        raise StingError("A request reached its line without a principal.")
    lines = _lines(services, exchange, file.content)
    exchange.target = target = lines[0].target
    if any(line.target.provider != target.provider for line in lines):
        raise BadRequest("The models of the file belong to different providers.", param="file")
    for row, line in enumerate(lines):
        homes = await gone_on_from(services, exchange, line.dialect, line.inner)
        gone_on = {f"line/{row}/{number}": home for number, home in enumerate(homes)}
        exchange.files = {**exchange.files, **gone_on, **await owned_by(services, exchange, line.slots.owned)}
        refuse_unscannable(services, exchange, line.slots, line.inner)
    if any(home.provider != target.provider for home in exchange.files.values()):
        raise BadRequest("The provider of the models does not keep what the file names.", param="file")
    texts = [slot for line in lines for slot in line.texts]
    named = explicit_session(request)
    key = await naming_key(services, exchange.principal)
    session = named or derived_session(key, [slot.text for slot in texts])
    ttl = session_ttl(request, exchange.policy, lasting=True)
    others = tuple(other for other in sessions_of(exchange.files.values()) if other != session)[:MOST_SESSIONS]
    run = Run(exchange.principal, exchange.policy, key, session, ttl, explicit=named is not None, others=others)
    exchange.user_admission = await services.limiter.admit_user(exchange.principal, "", exchange.id)
    exchange.session = run.session
    exchange.session_mark = session_mark(run.key, run.session)
    exchange.scrambled = await scramble(services, run, texts, lambda tally: intent_of(exchange, tally))
    exchange.recorded = True
    decisions = iter(exchange.scrambled.decisions)
    noticed = exchange.policy.notice and bool(exchange.scrambled.issued)
    made = [line.written([next(decisions) for _ in line.texts], noticed=noticed) for line in lines]
    if run.policy.hooks.before:
        await _ask_before(services, exchange, made)
    content = "\n".join(made).encode("utf-8", "surrogatepass")
    return Upload(run, target, FormPart("file", content, _FILE_NAME))


async def _ask_before(services: Services, exchange: Exchange, made: Sequence[str]) -> None:
    """Ask the guardrails about all strings of the lines as they leave. Raises Blocked, HookUnavailable."""
    texts = [
        HookText(f"line {number}", "", slot.text)
        for number, line in enumerate(made, 1)
        for slot in slots_of(parse(line), Node()).texts
    ]
    await ask(services, exchange, "before", texts)


def _lines(services: Services, exchange: Exchange, file: bytes) -> list[_Line]:
    try:
        rows = file.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise BadRequest("The file is not UTF-8.", param="file") from None
    lines = [_line(services, exchange, row, number) for number, row in enumerate(rows, 1) if row.strip()]
    if not lines:
        raise BadRequest("The file holds no request.", param="file")
    return lines


def _line(services: Services, exchange: Exchange, row: str, number: int) -> _Line:
    place = f"line {number} of the file"
    try:
        outer = parse(row, max_depth=services.settings.gateway.max_depth)
        start, end = outer.containers.get(("body",), (0, 0))
        inner = parse(row[start:end], max_depth=services.settings.gateway.max_depth)
    except NotJson:
        raise BadRequest(f"{place} is no JSON object with a body.", param="file") from None
    dialect = LINES.get(outer.value("url") or "")
    keys = [leaf.path for leaf in outer.leaves if leaf.is_key and leaf.path in (("body",), ("url",))]
    if dialect is None or outer.value("method") != "POST" or len(keys) != 2 or not inner.text.startswith("{"):  # noqa: PLR2004
        raise BadRequest(f"{place} asks for what no batch may: see docs/api-coverage.md.", param="file")
    never = exchange.policy is not None and exchange.policy.store == "never"
    if never and (edits := unstored(inner, outer.value("url") or "")):
        return _line(services, exchange, splice(row, [_within(edit, start) for edit in edits]), number)
    slots, around = dialect.request_slots(inner), slots_of(outer, _LINE)
    refuse_tools(services, exchange, inner)
    own = [slot for slot in around.texts if slot.path[:1] != ("body",)]
    unread = [path for path in around.unscannable if path[:1] != ("body",)]
    slots = replace(slots, unscannable=[*unread, *slots.unscannable])
    target = targets_for(services, exchange, dialect, inner, kinds=_KINDS)[0]
    return _Line(outer, inner, start, end, dialect, target, own, slots)


def _within(edit: Edit, start: int) -> Edit:
    """An edit of a body as one of the line that it begins in."""
    return Edit(edit.start + start, edit.end + start, edit.new)

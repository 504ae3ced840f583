"""Files that a provider keeps for later requests: texts are scrambled, what cannot be read is up to the policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from proxy.accounting import Exchange, intent_of
from proxy.asking import ask
from proxy.auth import explicit_session, session_ttl
from proxy.choosing import default_target
from proxy.core.slots import Slots
from proxy.dialects.batches import KEPT, READ_LINES, READ_TEXT
from proxy.errors import StingError
from proxy.exchange import refuse_unscannable
from proxy.files.base import FormLost
from proxy.hooks.base import HookText
from proxy.multipart import FormPart
from proxy.outgoing import naming_key, scramble
from proxy.readable import Readable, ending_of, readable, type_of
from proxy.runs import Run
from proxy.services import Services
from proxy.session_names import derived_session, seed_of, session_mark
from proxy.upstream.base import Target

_KINDS: Final = ("openai", "azure_openai")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it leaves, on whose behalf, and where to."""

    run: Run
    target: Target
    file: FormPart


async def kept_file(request: web.Request, services: Services, exchange: Exchange, file: FormPart) -> Upload:
    """The file scrambled, mapping and audit intent stored. Raises Unscannable, Blocked, BadRequest.

    All files of a vault belong to one session: what a search finds may stand in any of them.
    """
    if exchange.principal is None or exchange.policy is None:
        raise StingError("A request reached its line without a principal.")
    form = readable(file.file_name, file.content, max_depth=services.settings.gateway.max_depth)
    refuse_unscannable(services, exchange, Slots((), [("file",)] if form is None else form.unscannable))
    exchange.target = target = default_target(services, exchange, _KINDS)
    named = explicit_session(request)
    key = await naming_key(services, exchange.principal)
    session = named or derived_session(key, (), seed_of([KEPT]))
    ttl = session_ttl(request, exchange.policy, lasting=True)
    run = Run(exchange.principal, exchange.policy, key, session, ttl, explicit=named is not None)
    exchange.user_admission = await services.limiter.admit_user(exchange.principal, "", exchange.id)
    exchange.session = run.session
    exchange.session_mark = session_mark(run.key, run.session)
    if form is not None and not form.unscannable:
        exchange.dialect = READ_LINES if form.lines else READ_TEXT
    content = await _scrambled(services, exchange, run, form) if form is not None else None
    if content is None:
        exchange.scrambled = await scramble(services, run, (), lambda tally: intent_of(exchange, tally))
        exchange.recorded = True
        content = file.content
    name = f"file.{ending}" if (ending := ending_of(file.file_name)) else file.file_name
    return Upload(run, target, replace(file, content=content, file_name=name, content_type=type_of(file, form)))


async def _scrambled(services: Services, exchange: Exchange, run: Run, form: Readable) -> bytes:
    """The file scrambled, in smaller texts where its form got lost: a value ran over the border of a cell, say."""
    while True:
        made = await scramble(services, run, form.texts, lambda tally: intent_of(exchange, tally))
        exchange.scrambled = made
        exchange.recorded = True
        if run.policy.hooks.before:
            await _ask_before(services, exchange, form.left(made.decisions))
        try:
            return form.written(made.decisions)
        except FormLost:
            smaller = form.smaller()
        if smaller is None:
            raise StingError("The file could not be put together again. Nothing was sent.")
        form = smaller


async def _ask_before(services: Services, exchange: Exchange, texts: Sequence[str]) -> None:
    """Ask the guardrails about the texts as they leave. Raises Blocked, HookUnavailable."""
    await ask(services, exchange, "before", [HookText(f"text {n}", "", text) for n, text in enumerate(texts, 1)])

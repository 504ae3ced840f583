"""From the provider's answer to the client's: restored whole or event by event, failures in the caller's dialect."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from aiohttp import web

from proxy import incoming
from proxy.accounting import Exchange
from proxy.asking import AfterHooks
from proxy.core.jsontext import Document
from proxy.core.restorer import Originals
from proxy.dialects.base import Dialect
from proxy.errors import StingError, UpstreamFailed
from proxy.incoming import Back, events, held_types, is_stream, whole
from proxy.recorded import record_signed
from proxy.replies import Streamed, Whole
from proxy.runs import Run
from proxy.screening import Screen
from proxy.services import Services, guards_of, token_types
from proxy.upstream.base import Answer
from proxy.vault.base import Home

MAX_ANSWER = 256 * 1024 * 1024
"""Bytes of one plain answer."""
_RESULTS_URL = re.compile(rb'("results_url"\s*:\s*")[a-z]+://[^/"]*(/v1/messages/batches/[A-Za-z0-9_-]+/results")')
"""Where the provider says that results are: clients must fetch them from here."""


def response_headers(exchange: Exchange) -> dict[str, str]:
    """The gateway's own headers on every answer."""
    headers = {"x-sting-exchange": exchange.id, "cache-control": "private, no-store"}
    if exchange.policy is not None:
        headers["x-sting-policy"] = exchange.policy.name
    if exchange.session and exchange.session.isascii() and exchange.session.isprintable():
        headers["x-sting-session"] = exchange.session
    if exchange.cache:
        headers["x-sting-cache"] = exchange.cache
    if exchange.warning:
        headers["x-sting-warning"] = exchange.warning
    if exchange.found_types:
        headers["x-sting-entities"] = exchange.found_types
    return headers


def keeps_objects(dialect: Dialect, body: Document) -> bool:
    """Whether the provider keeps what the exchange makes: where it can, it does unless `store` is false."""
    return dialect.traits.state is not None and body.scalars.get(("store",)) != "false"


async def respond(
    request: web.Request,
    services: Services,
    exchange: Exchange,
    run: Run,
    body: Document,
    answer: Answer,
    *,
    after: int | None = None,
) -> web.StreamResponse:
    """Pass the provider's answer on, restored; of a stream what follows event number `after`."""
    exchange.back = back = await _way_back(services, exchange, run, body, after)
    exchange.status = answer.status
    good = "unscanned" if exchange.unscanned else "ok"
    exchange.outcome = good if answer.status < 400 else "upstream_error"  # noqa: PLR2004 - HTTP's border
    content_type = answer.headers.get("content-type", "application/json")
    headers = {**answer.headers, **response_headers(exchange)}
    if is_stream(content_type):
        return await _stream(request, exchange, back, answer, headers)
    if exchange.outcome == good and exchange.dialect.traits.answers == "bytes":
        return await _sent(request, exchange, answer.chunks(), {**headers, "x-accel-buffering": "no"})
    started = time.perf_counter()
    raw = await answer.body(MAX_ANSWER)
    exchange.upstream_seconds += time.perf_counter() - started
    started = time.perf_counter()
    text = await whole(back, answer.status, raw)
    exchange.restore_seconds = time.perf_counter() - started
    if exchange.dialect.traits.readdressed:
        text = _readdressed(request, text)
    return Whole(status=answer.status, headers=headers | _counts(exchange, back), body=text)


async def _way_back(services: Services, exchange: Exchange, run: Run, body: Document, after: int | None) -> Back:
    """What restoring this answer takes."""
    issued = exchange.scrambled.issued if exchange.scrambled is not None else {}
    invented = exchange.scrambled.invented if exchange.scrambled is not None else ()
    looks_up = (run.explicit or run.stored) and not run.keeps_tokens
    more_types = await held_types(services, run.scopes, token_types(run.policy)) if looks_up else ()
    types = exchange.scrambled.types if exchange.scrambled is not None and not run.keeps_tokens else ()
    guards = guards_of(run.policy)
    originals = Originals({} if run.keeps_tokens else issued, more_types, guards, invented, types)
    back = Back(services, exchange.dialect, body, originals, run.scopes, shifts=exchange.shifts, after=after)
    if exchange.dialect.traits.signs:
        back.record = partial(record_signed, services, run)
    back.stored = keeps_objects(exchange.dialect, body)
    if exchange.dialect.traits.state is not None:
        home = Home(exchange.target.provider if exchange.target else "", (run.session, *run.others))
        back.keep = partial(keep_home, services, run, home)
    back.screen = _screen(services, exchange, run, body)
    return back


def _screen(services: Services, exchange: Exchange, run: Run, body: Document) -> incoming.Screen | None:
    """Who looks into the answer before it is restored: the output side, then the guardrails."""
    issued = exchange.scrambled.issued if exchange.scrambled is not None else {}
    screen = Screen(services, run, exchange.dialect, body, issued) if run.policy.output != "off" else None
    hooks = run.policy.hooks
    return AfterHooks(services, exchange, body, hooks.window, screen) if hooks.after else screen


def _counts(exchange: Exchange, back: Back) -> dict[str, str]:
    """Headers that tell what was restored, and what the model said by itself."""
    told = {"x-sting-restored": str(back.tally.restored)}
    if back.screen is None or exchange.policy is None or exchange.policy.output == "off":
        return told
    return told | {"x-sting-output": back.screen.header}


def _readdressed(request: web.Request, text: bytes) -> bytes:
    """An answer with the gateway's address, as the client knows it, in the place of the provider's."""
    here = f"{request.scheme}://{request.host}".encode()
    return _RESULTS_URL.sub(lambda found: found[1] + here + found[2], text)


async def keep_home(services: Services, run: Run, home: Home, ids: Sequence[str]) -> None:
    """Remember which sessions the provider's new objects belong to."""
    await services.objects.link(run.principal.tenant, run.principal.owner, ids, home, run.ttl)


async def _stream(
    request: web.Request, exchange: Exchange, back: Back, answer: Answer, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Pass the stream on, restored. A failure after the first byte becomes an error event and a broken end."""
    pieces = events(back, answer, headers.get("content-type", ""))
    return await _sent(request, exchange, pieces, {**headers, "x-accel-buffering": "no"}, is_events=True)


async def _sent(
    request: web.Request,
    exchange: Exchange,
    pieces: AsyncIterator[bytes],
    headers: Mapping[str, str],
    *,
    is_events: bool = False,
) -> web.StreamResponse:
    """Send pieces as they come. After a failure comes an error, where they are events, and a broken end."""
    status = exchange.status
    response = Streamed(status=status, headers=headers)
    try:
        await response.prepare(request)
        async for piece in pieces:
            await response.write(piece)
    except ConnectionError:
        # The client went away between two writes; aiohttp cancels the handler only while it waits elsewhere.
        exchange.outcome = "client_gone"
        return response
    except StingError as error:
        failed(exchange, error)
        exchange.outcome = "cut" if isinstance(error, UpstreamFailed) else exchange.outcome
        exchange.status = status
        if is_events:
            with suppress(ConnectionError):
                await response.write(exchange.dialect.stream_error(error))
        if request.transport is not None:
            # No clean end: a client that counts on the final chunk must see that the answer is not whole.
            request.transport.close()
        return response
    with suppress(ConnectionError):  # a client that has read the last event may close before the end of the body
        await response.write_eof()
    return response


def failed(exchange: Exchange, error: StingError) -> None:
    """Note the outcome of an exchange that failed."""
    exchange.status = error.status
    if error.code in ("sting_blocked", "sting_unscannable"):
        exchange.outcome = "blocked"
    elif isinstance(error, UpstreamFailed):
        exchange.outcome = "upstream_error"
    else:
        exchange.outcome = "refused" if error.status < 500 else "failed"  # noqa: PLR2004 - HTTP's border


def error_response(exchange: Exchange, error: StingError) -> web.Response:
    """The error in the caller's dialect."""
    headers = {**response_headers(exchange), **error.headers, "content-type": "application/json"}
    return web.Response(status=error.status, headers=headers, body=exchange.dialect.error_body(error))

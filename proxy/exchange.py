"""One exchange, from the client's request to the restored answer: the straight line of the gateway.

receive, authenticate, find texts, scramble, store, send, restore, account. Everything that can stop an exchange raises
a StingError, and nothing leaves before the mapping and the audit intent are stored.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Mapping, Sequence

from aiohttp import web

from policies.model import Policy
from proxy.accounting import Exchange, account, intent_of
from proxy.auth import authenticate, effective_policy, explicit_session, require_role, session_ttl
from proxy.core.jsontext import Document, Edit, NotJson, parse, splice
from proxy.core.restorer import Originals
from proxy.core.scrambler import edits_of
from proxy.core.slots import Slots
from proxy.dialects.base import Dialect, where
from proxy.errors import BadRequest, BodyTooLarge, StingError, Unscannable, UpstreamFailed
from proxy.incoming import Back, events, is_stream, whole
from proxy.outgoing import Run, derived_session, scramble
from proxy.services import Services, token_types
from proxy.upstream.base import Answer, Target, UpstreamRequest
from proxy.upstream.sending import send_with_fallbacks

MAX_ANSWER = 256 * 1024 * 1024
"""Bytes of one plain answer."""
NOTICE = (
    "Some names and values in this conversation are replaced by codes: a type in capitals, an underscore and eight "
    "letters or digits. Each code stands for one real value. Treat codes as opaque and copy them verbatim wherever you "
    "mean the value; never explain, translate, shorten or invent codes."
)
_MODEL_NAME = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}", re.ASCII)
"""Models are called so everywhere; the name leaves unscanned, so an e-mail address or a sentence is none."""
_HARMLESS_QUERY = re.compile(r"(?:(?:api-version=\d{4}-\d\d-\d\d(?:-preview)?|beta=true)(?:&|\Z))*", re.ASCII)
"""What SDKs put behind the `?`; it leaves as it came, so nothing else may stand there."""
_log = logging.getLogger("sting.exchange")


async def handle(request: web.Request, services: Services, dialect: Dialect, route: str) -> web.StreamResponse:
    """Answer one request of a provider's API."""
    exchange = Exchange(route, dialect)
    services.metrics.in_flight.inc()
    try:
        return await _run(request, services, exchange)
    except StingError as error:
        _failed(exchange, error)
        return _error_response(exchange, error)
    except asyncio.CancelledError:
        exchange.outcome = "client_gone"
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours: its text and traceback may hold what the client sent
        _log.error("internal fault", extra={"exchange": exchange.id, "fault": type(error).__name__})
        fault = StingError(f"The gateway failed. Tell its operator the exchange id {exchange.id}.")
        _failed(exchange, fault)
        return _error_response(exchange, fault)
    finally:
        services.metrics.in_flight.dec()
        account(services, exchange)


async def _run(request: web.Request, services: Services, exchange: Exchange) -> web.StreamResponse:
    settings, dialect = services.settings, exchange.dialect
    principal = await authenticate(request, services.keys, pass_through=settings.auth.pass_through)
    exchange.principal = principal
    require_role(principal, "use")
    policy = effective_policy(
        principal, services.policies, settings.policies.default, request.headers.get("X-Sting-Policy")
    )
    exchange.policy = policy
    body = await receive(request, services)
    exchange.model = _model(dialect, body)
    targets = services.routes.targets(exchange.model, allowed=principal.models, kinds=dialect.traits.kinds)
    exchange.target = targets[0]
    slots = dialect.request_slots(body)
    _refuse_unscannable(services, policy, slots)
    run = await _session(request, services, exchange, body, slots)
    exchange.session = run.session
    exchange.scrambled = await scramble(services, run, slots.texts, lambda tally: intent_of(exchange, tally))
    exchange.recorded = True
    edits = _body_edits(exchange, body, slots)
    started = time.perf_counter()
    exchange.target, answer = await send_with_fallbacks(
        services.upstream,
        targets,
        lambda target: _upstream_request(request, exchange, body, edits, target),
        note=lambda target, why: services.metrics.upstream_errors.labels(target.provider, why).inc(),
    )
    exchange.upstream_seconds = time.perf_counter() - started
    try:
        return await _respond(request, services, exchange, run, body, answer)
    finally:
        answer.close()


async def receive(request: web.Request, services: Services) -> Document:
    """The request's body as a JSON object. Raises BodyTooLarge, BadRequest."""
    if not _HARMLESS_QUERY.fullmatch(request.query_string):
        raise BadRequest("This route takes no such query: what stands there would leave unscanned. Nothing was sent.")
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        limit = services.settings.gateway.max_body_mb
        raise BodyTooLarge(f"The body is larger than {limit} MiB (gateway.max_body_mb).") from None
    try:
        document = parse(raw.decode("utf-8"), max_depth=services.settings.gateway.max_depth)
    except NotJson as error:
        raise BadRequest(f"The body is no JSON: {error}.") from None
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8 at byte {error.start}.") from None
    if not document.text.lstrip().startswith("{"):
        raise BadRequest("The body must be a JSON object.")
    return document


def _model(dialect: Dialect, body: Document) -> str:
    model = dialect.model(body)
    if not model:
        raise BadRequest("The body names no model.", param="model")
    if not _MODEL_NAME.fullmatch(model):
        raise BadRequest("This is no name of a model. Nothing was sent.", param="model")
    return model


def _refuse_unscannable(services: Services, policy: Policy, slots: Slots) -> None:
    if slots.unscannable and policy.unscannable == "refuse":
        services.metrics.blocks.labels("unscannable").inc()
        place = where(slots.unscannable[0])
        raise Unscannable(
            f"{place} cannot be read as text (image, audio or file), and the policy `{policy.name}` refuses that. "
            "Nothing was sent.",
            param=place,
            headers={"x-should-retry": "false"},
        )


async def _session(request: web.Request, services: Services, exchange: Exchange, body: Document, slots: Slots) -> Run:
    if exchange.principal is None or exchange.policy is None:
        raise StingError("A request reached its session without a principal.")
    named = explicit_session(request)
    keeps = request.headers.get("X-Sting-Restore", "full")
    if keeps not in ("full", "none"):
        raise BadRequest("X-Sting-Restore takes `full` or `none`.", param="X-Sting-Restore")
    if keeps == "none" and named is None:
        raise BadRequest(
            "X-Sting-Restore: none needs an X-Sting-Session to restore from later.", param="X-Sting-Session"
        )
    session = named
    if session is None:
        seed = exchange.dialect.session_seed(body, slots.texts)
        session = await derived_session(services, exchange.principal, seed)
    return Run(
        principal=exchange.principal,
        policy=exchange.policy,
        session=session,
        ttl=session_ttl(request, exchange.policy),
        explicit=named is not None,
        keeps_tokens=keeps == "none",
        stores=exchange.dialect.traits.keeps,
    )


def _body_edits(exchange: Exchange, body: Document, slots: Slots) -> list[Edit]:
    """Edits of the request: what was scrambled, and the notice when anything was."""
    if exchange.scrambled is None or not exchange.scrambled.tally.replaced:
        return []
    edits: list[Edit] = []
    for slot, decisions in zip(slots.texts, exchange.scrambled.decisions, strict=True):
        if decisions:
            edits += slot.edits_of_document(body.text, edits_of(decisions))
    if exchange.policy is not None and exchange.policy.notice and exchange.scrambled.issued:
        edits += exchange.dialect.with_notice(body, NOTICE)
    return edits


def _upstream_request(
    request: web.Request, exchange: Exchange, body: Document, edits: Sequence[Edit], target: Target
) -> UpstreamRequest:
    all_edits = list(edits)
    if target.model != exchange.model:
        all_edits += exchange.dialect.with_model(body, target.model)
    text = splice(body.text, all_edits) if all_edits else body.text
    path, _, query = request.raw_path.partition("?")
    if exchange.dialect.traits.versioned and not path.startswith("/v1/"):
        path = f"/v1{path}"
    return UpstreamRequest(
        method=request.method,
        path=path,
        query=query,
        headers=request.headers,
        body=text.encode("utf-8", "surrogatepass"),
    )


def response_headers(exchange: Exchange) -> dict[str, str]:
    """The gateway's own headers on every answer."""
    headers = {"x-sting-exchange": exchange.id, "cache-control": "private, no-store"}
    if exchange.policy is not None:
        headers["x-sting-policy"] = exchange.policy.name
    if exchange.session and exchange.session.isascii() and exchange.session.isprintable():
        headers["x-sting-session"] = exchange.session
    if entities := exchange.entities():
        headers["x-sting-entities"] = entities
    return headers


async def _respond(
    request: web.Request, services: Services, exchange: Exchange, run: Run, body: Document, answer: Answer
) -> web.StreamResponse:
    issued = exchange.scrambled.issued if exchange.scrambled is not None else {}
    more_types = token_types(run.policy) if run.explicit and not run.keeps_tokens else ()
    originals = Originals({} if run.keeps_tokens else issued, more_types)
    exchange.back = back = Back(services, exchange.dialect, body, originals, run.scope)
    exchange.status = answer.status
    exchange.outcome = "ok" if answer.status < 400 else "upstream_error"  # noqa: PLR2004 - HTTP's border
    content_type = answer.headers.get("content-type", "application/json")
    headers = {**answer.headers, **response_headers(exchange)}
    if is_stream(content_type):
        return await _stream(request, exchange, back, answer, headers)
    started = time.perf_counter()
    raw = await answer.body(MAX_ANSWER)
    exchange.upstream_seconds += time.perf_counter() - started
    started = time.perf_counter()
    text = await whole(back, answer.status, raw)
    exchange.restore_seconds = time.perf_counter() - started
    headers["x-sting-restored"] = str(back.tally.restored)
    return web.Response(status=answer.status, headers=headers, body=text)


async def _stream(
    request: web.Request, exchange: Exchange, back: Back, answer: Answer, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Pass the stream on, restored. A failure after the first byte becomes an error event and a broken end."""
    response = web.StreamResponse(status=answer.status, headers={**headers, "x-accel-buffering": "no"})
    await response.prepare(request)
    try:
        async for piece in events(back, answer, headers.get("content-type", "")):
            await response.write(piece)
    except ConnectionError:
        # The client went away between two writes; aiohttp cancels the handler only while it waits elsewhere.
        exchange.outcome = "client_gone"
        return response
    except StingError as error:
        exchange.outcome = "cut" if isinstance(error, UpstreamFailed) else "failed"
        await response.write(exchange.dialect.stream_error(error))
        if request.transport is not None:
            # No clean end: a client that counts on the final chunk must see that the answer is not whole.
            request.transport.close()
        return response
    await response.write_eof()
    return response


def _failed(exchange: Exchange, error: StingError) -> None:
    exchange.status = error.status
    if error.code in ("sting_blocked", "sting_unscannable"):
        exchange.outcome = "blocked"
    elif isinstance(error, UpstreamFailed):
        exchange.outcome = "upstream_error"
    else:
        exchange.outcome = "refused" if error.status < 500 else "failed"  # noqa: PLR2004 - HTTP's border


def _error_response(exchange: Exchange, error: StingError) -> web.Response:
    headers = {**response_headers(exchange), **error.headers, "content-type": "application/json"}
    return web.Response(status=error.status, headers=headers, body=exchange.dialect.error_body(error))

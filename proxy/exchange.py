"""One exchange, from the client's request to the restored answer: the straight line of the gateway.

receive, authenticate, find texts, scramble, store, send, restore, account. Everything that can stop an exchange raises
a StingError, and nothing leaves before the mapping and the audit intent are stored.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from aiohttp import web

from policies.model import Policy, Tools
from proxy.accounting import Exchange, account, end_user_mark, intent_of
from proxy.asking import ask_before
from proxy.auth import (
    authenticate,
    demanding,
    effective_policy,
    end_user,
    explicit_session,
    in_language,
    own_credential,
    require_network,
    require_role,
    session_ttl,
    tag_of,
)
from proxy.caching import slot_for
from proxy.choosing import at_home, gets_own, passage_to, targets_of
from proxy.core.jsontext import Document, Edit, splice
from proxy.core.scrambler import edits_of
from proxy.core.slots import Slots
from proxy.dialects.base import Dialect, where
from proxy.dialects.citations import annotations_moved, on_to_the_scrambled, shifts_of
from proxy.dialects.kept import keeping
from proxy.dialects.notice import NOTICE
from proxy.dialects.passages import place_texts
from proxy.dialects.providers_own import forbidden_tool
from proxy.dialects.stops import risky_stop
from proxy.errors import BadRequest, Blocked, DetectorUnavailable, Overloaded, StingError, Unscannable
from proxy.homes import MOST_SESSIONS, homes_of, objects_of, owned_by, sessions_of, was_read
from proxy.hops import client_hops
from proxy.outgoing import Ahead, Unsettled, naming_key, scramble
from proxy.receiving import Received, aside, path_and_query, receive, with_content_type
from proxy.remembering import keep
from proxy.reserving import keep_room
from proxy.responding import error_response, failed, keep_home, keeps_objects, respond
from proxy.runs import Run
from proxy.services import Services
from proxy.session_names import derived_session, seed_of, session_mark
from proxy.upstream.base import Answer, Target, UpstreamRequest
from proxy.upstream.sending import Retries, send_with_fallbacks
from proxy.vault.base import Home

_ANY_TOOLS = Tools()
_SOON = {"retry-after": "1"}
_log = logging.getLogger("sting.exchange")


Line = Callable[[web.Request, Services, Exchange], Awaitable[web.StreamResponse]]
"""What happens between a request and its answer."""


async def handle(
    request: web.Request, services: Services, dialect: Dialect, route: str, line: Line | None = None
) -> web.StreamResponse:
    """Answer one request of a provider's API; `line` None: a request with a body that holds texts."""
    exchange = Exchange(route, dialect)
    services.metrics.running += 1
    try:
        _make_room(services)
        return await (line or _run)(request, services, exchange)
    except StingError as error:
        failed(exchange, error)
        return error_response(exchange, error)
    except asyncio.CancelledError:
        exchange.outcome = "client_gone"
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours: its text and traceback may hold what the client sent
        _log.error("internal fault", extra={"exchange": exchange.id, "fault": type(error).__name__})
        fault = StingError(f"The gateway failed. Tell its operator the exchange id {exchange.id}.")
        failed(exchange, fault)
        return error_response(exchange, fault)
    finally:
        services.metrics.running -= 1
        account(services, exchange)


def _make_room(services: Services) -> None:
    """Raise Overloaded before anything costs; routes for health and metrics are not counted, so they always answer."""
    if services.metrics.running > services.settings.gateway.max_in_flight:
        raise Overloaded("The gateway is busy with other requests. Nothing was sent.", headers=_SOON)


async def _run(request: web.Request, services: Services, exchange: Exchange) -> web.StreamResponse:
    await enter(request, services, exchange)
    received = await _received(request, services, exchange)
    body = received.body
    homes = await homes_of(request, services, exchange, body)
    slots = await received.slots(exchange.dialect)
    exchange.files = await owned_by(services, exchange, slots.owned)
    targets = targets_of(services, exchange, body, [*homes, *exchange.files.values()])
    exchange.target = targets[0]
    if exchange.policy is not None and exchange.policy.places:
        exchange.passage = passage_to(exchange.model, targets)
    try:
        received, slots, run = await _settled(request, services, exchange, received, slots, homes)
    except DetectorUnavailable as error:
        targets = at_home(services, exchange, targets, error)
        exchange.target, exchange.unscanned = targets[0], True
        run = await _unscanned(request, services, exchange, received, slots, homes)
    body = received.body
    if (objects := objects_of(request, exchange)) and homes:
        # What is added to an object of the provider may bring it tokens of another session.
        await keep_home(services, run, Home(homes[0].provider, (run.session, *run.others)), objects[:1])
    edits = await aside(body_edits, exchange, body, slots) if received.many else body_edits(exchange, body, slots)
    if run.policy.hooks.before:
        await ask_before(services, exchange, body, edits)
    cached = None
    if run.policy.cache.ttl and not exchange.unscanned:
        cached = await slot_for(request, services, exchange, run, body, edits, targets)
    answer = await cached.find() if cached is not None else None
    if answer is None:
        await keep_room(services, exchange, body, partial(splice, body.text, edits))
        asked = partial(_upstream_request, request, exchange, received, edits)
        answer = await _sent(services, exchange, run, targets, asked)
        answer = answer if cached is None else cached.keeping(answer)
    try:
        response = await respond(request, services, exchange, run, body, answer)
    finally:
        answer.close()
    if cached is not None:
        cached.keep()
    return response


async def _received(request: web.Request, services: Services, exchange: Exchange) -> Received:
    """The body, with the provider told to keep nothing where the policy wants that."""
    received, depth = await receive(request, services, exchange.dialect), services.settings.gateway.max_depth
    if exchange.policy is not None and exchange.policy.store == "never":
        received = received.unstored(exchange.route, depth)
    exchange.dialect = keeping(exchange.dialect, received.body)
    # What the provider keeps lives in sessions of its own, which a beginning that is sent each time does not name.
    kept = received.found is not None and keeps_objects(exchange.dialect, received.body)
    return await received.in_full(depth) if kept else received


async def _sent(
    services: Services,
    exchange: Exchange,
    run: Run,
    targets: Sequence[Target],
    asked: Callable[..., UpstreamRequest],
) -> Answer:
    """The provider's answer, before any byte of it has gone to the client."""
    started = exchange.upstream_at = time.perf_counter()
    exchange.target, answer = await send_with_fallbacks(
        services.upstream,
        targets,
        lambda target: asked(target, own=gets_own(services, exchange, target, targets)),
        note=lambda target, why: services.metrics.upstream_errors.labels(target.provider, why).inc(),
        health=services.health,
        conversation=f"{run.session}\x1f{exchange.model}",
        retries=Retries(services.settings.gateway.retries),
    )
    exchange.upstream_seconds = time.perf_counter() - started
    exchange.tls_provider = answer.secured
    return answer


async def _settled(
    request: web.Request,
    services: Services,
    exchange: Exchange,
    received: Received,
    slots: Slots,
    homes: Sequence[Home],
) -> tuple[Received, Slots, Run]:
    """The texts scrambled, with all of the body read where a known beginning was not enough."""
    try:
        return received, slots, await _scrambled(request, services, exchange, received, slots, homes)
    except Unsettled:
        received = await received.in_full(services.settings.gateway.max_depth)
        slots = await received.slots(exchange.dialect)
        return received, slots, await _scrambled(request, services, exchange, received, slots, homes)


async def _unscanned(
    request: web.Request,
    services: Services,
    exchange: Exchange,
    received: Received,
    slots: Slots,
    homes: Sequence[Home],
) -> Run:
    """The texts as they are, for a provider in the house; the audit intent is stored all the same."""
    run = await _session(request, services, exchange, received, slots, homes)
    exchange.scrambled = await scramble(services, run, (), lambda tally: intent_of(exchange, tally))
    exchange.recorded, exchange.warning = True, "unscanned"
    services.metrics.warnings.labels("unscanned").inc()
    return run


async def _scrambled(
    request: web.Request,
    services: Services,
    exchange: Exchange,
    received: Received,
    slots: Slots,
    homes: Sequence[Home],
) -> Run:
    """The texts scrambled, mapping and audit intent stored. Raises Unsettled when the body is to be read in full."""
    dialect, body, found = exchange.dialect, received.body, received.found
    refuse_tools(services, exchange, body)
    refuse_unscannable(services, exchange, slots, body)
    run = await _session(request, services, exchange, received, slots, homes)
    if run.policy.by_text:
        place_texts(body, slots.texts)
    exchange.session = run.session
    exchange.session_mark = session_mark(run.key, run.session)
    exchange.end_user = end_user_mark(run.key, end_user(body))
    exchange.user_admission = await services.limiter.admit_user(run.principal, exchange.end_user, exchange.id)
    exchange.found = found
    ahead = Ahead(found, body.text, slots.ahead) if found is not None else None
    exchange.scrambled = await scramble(services, run, slots.texts, lambda tally: intent_of(exchange, tally), ahead)
    exchange.recorded = True
    scrambled = exchange.scrambled
    if body.says('"stop') and risky_stop(slots.texts, scrambled.decisions, scrambled.issued):
        exchange.warning = "stop"
        services.metrics.warnings.labels("stop").inc()
    if dialect.traits.grows and not run.keeps_tokens and not keeps_objects(dialect, body):
        keep(services, run, dialect, received, slots, exchange.scrambled)
    return run


async def enter(request: web.Request, services: Services, exchange: Exchange) -> None:
    """Find out who is asking and under which policy. Raises InvalidKey, Forbidden."""
    settings = services.settings
    if services.tracer is not None:
        exchange.traceparent = request.headers.get("traceparent", "")
    principal = await authenticate(request, services.keys, pass_through=settings.auth.pass_through)
    exchange.principal = principal
    require_role(principal, "use")
    require_network(request, principal, settings.gateway.trusted_proxies)
    exchange.admission = await services.limiter.admit(principal, exchange.id)
    if settings.auth.pass_through:
        exchange.credential = await own_credential(request, services.keys)
    exchange.tag = tag_of(request)
    exchange.tls_client = client_hops(request.transport, request.headers, settings.gateway.trusted_proxies)
    requested = request.headers.get("X-Sting-Policy")
    policy = effective_policy(principal, services.policies, settings.policies, requested)
    exchange.policy = in_language(policy, principal, request.headers.get("X-Sting-Language"))


def refuse_tools(services: Services, exchange: Exchange, body: Document) -> None:
    """Raise Blocked when the provider is to run a tool that the policy does not let it run."""
    if exchange.policy is None or exchange.policy.server_tools == _ANY_TOOLS:
        return
    if name := forbidden_tool(body, exchange.policy.server_tools):
        services.metrics.blocks.labels("tool").inc()
        who = _demanding(services, exchange, lambda one: forbidden_tool(body, one.server_tools) is not None)
        raise Blocked(
            f"The {who} does not let the provider run the tool `{name}` (server_tools). Nothing was sent.",
            param="tools",
            headers={"x-should-retry": "false"},
        )


def _demanding(services: Services, exchange: Exchange, demands: Callable[[Policy], bool]) -> str:
    """Which policy or floor to name in a refusal."""
    if exchange.principal is None or exchange.policy is None:
        raise StingError("A request was refused before anybody asked.")
    return demanding(exchange.principal, services.policies, services.settings.policies, exchange.policy, demands)


def refuse_unscannable(services: Services, exchange: Exchange, slots: Slots, body: Document | None = None) -> None:
    """Raise Unscannable for what cannot be read as text, unless the policy lets it pass."""
    policy = exchange.policy
    unscannable = [path for path in slots.unscannable if body is None or not was_read(exchange.files, body, path)]
    if unscannable and policy is not None and policy.unscannable == "refuse":
        services.metrics.blocks.labels("unscannable").inc()
        place = where(unscannable[0])
        who = _demanding(services, exchange, lambda one: one.unscannable == "refuse")
        raise Unscannable(
            f"{place} cannot be read as text (image, audio, file or token ids), and the {who} refuses "
            f"that. Nothing was sent. {exchange.dialect.traits.advice}".rstrip(),
            param=place,
            headers={"x-should-retry": "false"},
        )


async def _session(
    request: web.Request,
    services: Services,
    exchange: Exchange,
    received: Received,
    slots: Slots,
    homes: Sequence[Home] = (),
) -> Run:
    """The session: the one that the client names, else that of the provider's object it goes on from, else derived."""
    if exchange.principal is None or exchange.policy is None:
        raise StingError("A request reached its session without a principal.")
    named = explicit_session(request)
    keeps = request.headers.get("X-Sting-Restore", "full")
    if keeps not in ("full", "none"):
        raise BadRequest("X-Sting-Restore takes `full` or `none`.", param="X-Sting-Restore")
    if keeps == "none" and named is None:
        raise BadRequest("X-Sting-Restore: none needs X-Sting-Session to restore from later.", param="X-Sting-Session")
    kept = sessions_of([*homes, *exchange.files.values()]) if homes or exchange.files else []
    session = named if named is not None else next(iter(sessions_of(homes)), None) if homes else None
    key = await naming_key(services, exchange.principal)
    if session is None:
        seed = exchange.dialect.session_seed(received.body, slots.texts)
        found = received.found
        messages = found.beginning.seed if found is not None else seed_of(seed[slots.ahead :])
        session = derived_session(key, seed[: slots.ahead], messages)
    lasting = bool(kept) or keeps_objects(exchange.dialect, received.body)
    return Run(
        principal=exchange.principal,
        policy=exchange.policy,
        key=key,
        session=session,
        ttl=session_ttl(request, exchange.policy, lasting=lasting),
        explicit=named is not None,
        keeps_tokens=keeps == "none",
        stores=exchange.dialect.traits.keeps,
        stored=bool(kept),
        invents=keeps == "full" and not lasting,
        passage=exchange.passage,
        others=tuple(other for other in kept if other != session)[:MOST_SESSIONS],
    )


def body_edits(exchange: Exchange, body: Document, slots: Slots) -> list[Edit]:
    """Edits of the request: what was scrambled, and the notice when anything was."""
    if exchange.unscanned or exchange.scrambled is None or not exchange.scrambled.tally.replaced:
        return []
    made = [(slot, edits_of(found)) for slot, found in zip(slots.texts, exchange.scrambled.decisions, strict=True)]
    edits = [edit for slot, found in made if found for edit in slot.edits_of_document(body.text, found)]
    told = exchange.policy is not None and exchange.policy.notice and bool(exchange.scrambled.issued)
    if exchange.found is not None and exchange.scrambled.settled is not None:
        edits += exchange.found.rewritten(body.text, exchange.scrambled.settled, notice=told)
    edits += annotations_moved(body, made)
    if exchange.dialect.traits.cites:
        exchange.shifts = shifts_of(body, made)
        edits += on_to_the_scrambled(body, exchange.shifts)
    if told and (exchange.found is None or exchange.found.beginning.notice is None):
        edits += exchange.dialect.with_notice(body, NOTICE)
    return edits


def _upstream_request(
    request: web.Request,
    exchange: Exchange,
    received: Received,
    edits: Sequence[Edit],
    target: Target,
    *,
    own: bool = False,
) -> UpstreamRequest:
    """What leaves; `own`: with the client's own credential."""
    body = received.body
    all_edits = list(edits)
    if target.model != exchange.model:
        all_edits += exchange.dialect.with_model(body, target.model)
    text = splice(body.text, all_edits) if all_edits else body.text
    kind, payload = received.written(text)
    exchange.left = text.encode("utf-8", "surrogatepass") if received.form else payload
    path, query = path_and_query(request)
    if exchange.dialect.traits.versioned and not path.startswith("/v1/"):
        path = f"/v1{path}"
    return UpstreamRequest(
        method=request.method,
        path=path,
        query=query,
        headers=request.headers if kind is None else with_content_type(request.headers, kind),
        body=payload,
        credential=exchange.credential if own else None,
    )

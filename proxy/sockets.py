"""OpenAI's Responses and Realtime APIs over a WebSocket: event by event the way of a request and of a stream.

A policy must allow it. Each event of the client is an exchange of its own (key, limits, findings, vault and audit
intent before anything leaves); the server's events are restored by the same code as streams, in the session of the
connection. Audio never passes.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Final

from aiohttp import WSMsgType, web

from policies.model import Policy
from proxy.accounting import Exchange, account, end_user_mark, intent_of
from proxy.auth import end_user, explicit_session, session_ttl
from proxy.choosing import gets_own, refuse_models, routes_for, targets_of
from proxy.core.jsontext import Document, NotJson, parse, splice
from proxy.core.restorer import Originals, RestoreTally
from proxy.dialects.openai_sockets import Events
from proxy.errors import BadRequest, StingError, WebSocketRefused
from proxy.exchange import body_edits, enter, handle, refuse_tools, refuse_unscannable
from proxy.homes import MOST_SESSIONS, homes_of, owned_by, sessions_of
from proxy.incoming import Back, events
from proxy.outgoing import naming_key, scramble
from proxy.receiving import Received
from proxy.reserving import keep_room
from proxy.responding import failed, keep_home, keeps_objects, response_headers
from proxy.runs import Run
from proxy.services import Services, guards_of, token_types
from proxy.session_names import session_mark
from proxy.upstream.base import UpstreamRequest
from proxy.upstream.sockets import Socket, open_socket
from proxy.vault.base import Home, Scope

_QUERY: Final = re.compile(r"(?:model=[A-Za-z0-9][A-Za-z0-9._:/-]{0,127})?", re.ASCII)
_EMPTY: Final = parse("{}")
_PROTOCOL: Final = "realtime"
_ENDS: Final = (b"response.completed", b"response.done", b"response.failed", b"response.incomplete")
_BEAT: Final = 30.0
"""Seconds between two pings."""
_MIB: Final = 1024 * 1024
_ODD: Final = 1003
_FAILED: Final = 1011
_log = logging.getLogger("sting.exchange")
Made = Callable[[], Events]


def upgrading(services: Services, made: Made, route: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What answers upgrades of a route; `made` makes the dialect of a connection."""

    async def answer(request: web.Request) -> web.StreamResponse:
        dialect = made()
        return await handle(request, services, dialect, route, partial(_run, dialect, route))

    return answer


async def _run(
    dialect: Events, route: str, request: web.Request, services: Services, exchange: Exchange
) -> web.StreamResponse:
    if all(policy.websockets == "refuse" for policy in services.policies.values()):
        raise refused()
    await enter(request, services, exchange)
    policy = exchange.policy
    if policy is None or policy.websockets == "refuse":
        raise refused()
    if reason := _looks_back(policy, request):
        raise WebSocketRefused(f"{reason} Use HTTP.", headers={"x-should-retry": "false"})
    if not _QUERY.fullmatch(request.query_string):
        raise BadRequest("This route takes no such query: what stands there would leave unscanned. Nothing was sent.")
    talk = await _talk(dialect, route, request, services, exchange)
    if model := request.query.get("model"):
        await talk.open(exchange, parse(f'{{"model":"{model}"}}'))
    client = web.WebSocketResponse(
        max_msg_size=services.settings.gateway.max_body_mb * _MIB, heartbeat=_BEAT, protocols=(_PROTOCOL,)
    )
    client.headers.update(response_headers(exchange))
    try:
        await client.prepare(request)
        exchange.status, exchange.outcome = client.status, "ok"
        await talk.run(client)
    finally:
        await talk.end()
    return client


async def _talk(dialect: Events, route: str, request: web.Request, services: Services, exchange: Exchange) -> _Talk:
    """A connection with nothing said; its session is the one that the client names, else one of its own."""
    policy, principal = exchange.policy, exchange.principal
    if policy is None or principal is None:
        raise StingError("A connection reached its session without a principal.")
    exchange.session = explicit_session(request) or f"socket-{exchange.id}"
    exchange.session_mark = session_mark(await naming_key(services, principal), exchange.session)
    scope = Scope(principal.tenant, principal.owner, exchange.session, session_ttl(request, policy, lasting=True))
    originals = Originals({}, token_types(policy), guards_of(policy))
    back = Back(services, dialect, _EMPTY, originals, [scope])
    return _Talk(dialect, route, request, services, exchange.session, back)


def refused() -> WebSocketRefused:
    """The refusal of an upgrade, with what to do instead."""
    return WebSocketRefused(
        "The gateway takes no WebSocket here: a policy must allow it (`websockets: allow`), for OpenAI's responses and "
        'realtime text. Use HTTP: POST /v1/responses with `"stream": true` gives the same events; in Codex set '
        "`supports_websockets = false`.",
        headers={"x-should-retry": "false"},
    )


def _looks_back(policy: Policy, request: web.Request) -> str:
    """Why a policy's checks cannot be made on a WebSocket; empty where they can."""
    if policy.output != "off" or policy.hooks.before or policy.hooks.after:
        return "The policy looks into answers or asks guardrails, which it does over HTTP only."
    if "X-Sting-Restore" in request.headers:
        return "X-Sting-Restore is for HTTP only."
    return ""


@dataclass(slots=True)
class _Talk:
    """One connection of a client, and the one to the provider once there is any.

    `back`: how what comes is restored. `asked`: exchanges whose response has not come yet.
    """

    dialect: Events
    route: str
    request: web.Request
    services: Services
    session: str = field(repr=False)
    back: Back
    provider: str = ""
    model: str = ""
    upstream: Socket | None = None
    asked: deque[Exchange] = field(default_factory=deque)
    down: asyncio.Task[None] | None = None
    told: int = 0
    """Tokens restored in responses that have ended."""

    async def run(self, client: web.WebSocketResponse) -> None:
        """Pass events on, both ways, until one side ends."""
        if self.upstream is not None:
            self.down = asyncio.create_task(self._heard(self.upstream, client))
        async for message in client:
            if message.type is not WSMsgType.TEXT:
                await client.close(code=_ODD)
                break
            turn = Exchange(self.route, self.dialect)
            try:
                await self._sent(turn, message.data, client)
            except StingError as error:
                failed(turn, error)
                account(self.services, turn)
                await self._tell(client, error)
            except BaseException as error:
                # The client has gone, or the fault is ours: the key's place is free again all the same.
                turn.outcome = "client_gone" if isinstance(error, asyncio.CancelledError) else "failed"
                account(self.services, turn)
                raise

    async def end(self) -> None:
        """Close what is open; what was asked for and did not come is accounted."""
        try:
            if self.down is not None:
                self.down.cancel()
                await asyncio.wait([self.down])
        finally:
            self._give_up("client_gone")
            if self.upstream is not None:
                await self.upstream.end()

    def _give_up(self, outcome: str) -> None:
        while self.asked:
            turn = self.asked.popleft()
            turn.outcome = outcome
            account(self.services, turn)

    async def _sent(self, turn: Exchange, text: str, client: web.WebSocketResponse) -> None:
        """Send one event of the client, scrambled. Raises StingError and nothing leaves."""
        await enter(self.request, self.services, turn)  # again: a key may have been revoked since
        if turn.policy is None or turn.policy.websockets == "refuse" or _looks_back(turn.policy, self.request):
            raise refused()
        event = self._read(text, turn.policy)
        begins = self.dialect.begins(event)
        left = await self._scrambled(turn, event, begins=begins)
        if self.upstream is None:
            raise BadRequest("The first event must be a response.create that names a model.", param="model")
        if self.down is None:
            self.down = asyncio.create_task(self._heard(self.upstream, client))
        turn.left = left.encode("utf-8", "surrogatepass")
        if begins:
            await keep_room(self.services, turn, event, lambda: left)
        await self.upstream.send(left)
        turn.status, turn.outcome = 200, "ok"
        if begins:
            self.asked.append(turn)
        else:
            account(self.services, turn)

    def _read(self, text: str, policy: Policy) -> Document:
        depth = self.services.settings.gateway.max_depth
        try:
            event = parse(text, max_depth=depth)
        except NotJson as error:
            raise BadRequest(f"The event is no JSON: {error}.") from None
        if event.text.lstrip()[:1] != "{":
            raise BadRequest("The event must be a JSON object.")
        self.dialect.check(event)
        if policy.store == "never" and self.dialect.begins(event):
            event = Received(event).unstored(self.route, depth).body
        return event

    async def _scrambled(self, turn: Exchange, event: Document, *, begins: bool) -> str:
        """The event as it leaves, its mapping and audit intent stored."""
        homes = await homes_of(self.request, self.services, turn, event)
        slots = self.dialect.request_slots(event)
        turn.files = await owned_by(self.services, turn, slots.owned)
        names_model = begins and self.dialect.model(event) is not None
        if names_model:
            await self.open(turn, event, homes)
        turn.model = turn.model or self.model
        refuse_models(turn, event)
        refuse_tools(self.services, turn, event)
        refuse_unscannable(self.services, turn, slots)
        run = await self._of_session(turn, event, homes)
        turn.session, turn.session_mark = run.session, session_mark(run.key, run.session)
        turn.end_user = end_user_mark(run.key, end_user(event))
        turn.user_admission = await self.services.limiter.admit_user(run.principal, turn.end_user, turn.id)
        turn.scrambled = await scramble(self.services, run, slots.texts, lambda tally: intent_of(turn, tally))
        turn.recorded = True
        self._restores(turn, run, event)
        edits = body_edits(turn, event, slots)
        if names_model and turn.target is not None and turn.target.model != turn.model:
            edits += self.dialect.with_model(event, turn.target.model)
        return splice(event.text, edits) if edits else event.text

    async def open(self, turn: Exchange, event: Document, homes: Sequence[Home] = ()) -> None:
        """Connect to the provider of the model that an event names, or see that it is the one that is connected."""
        targets = targets_of(self.services, turn, event, [*homes, *turn.files.values()])
        turn.target = next((target for target in targets if self.provider in ("", target.provider)), None)
        if turn.target is None:
            raise BadRequest("This model is at another provider: open another WebSocket for it.", param="model")
        self.model = turn.model
        if self.upstream is not None:
            return
        provider = routes_for(self.services, turn).providers[turn.target.provider]
        own = turn.credential if gets_own(self.services, turn, turn.target, targets) else None
        path = self.request.path if self.request.path.startswith("/v1/") else f"/v1{self.request.path}"
        query = f"model={turn.target.model}" if "model" in self.request.query else ""
        asked = UpstreamRequest("GET", path, query, self.request.headers, credential=own)
        self.upstream = await open_socket(provider, asked)
        self.provider = provider.name

    async def _of_session(self, turn: Exchange, event: Document, homes: Sequence[Home]) -> Run:
        if turn.principal is None or turn.policy is None:
            raise StingError("An event reached its session without a principal.")
        stored = sessions_of([*homes, *turn.files.values()])
        return Run(
            principal=turn.principal,
            policy=turn.policy,
            key=await naming_key(self.services, turn.principal),
            session=self.session,
            ttl=session_ttl(self.request, turn.policy, lasting=keeps_objects(self.dialect, event)),
            explicit=True,
            others=tuple(session for session in stored if session != self.session)[:MOST_SESSIONS],
        )

    def _restores(self, turn: Exchange, run: Run, event: Document) -> None:
        """Have what comes back restored from this session, and from those that the event goes on from."""
        own, *before = self.back.scopes
        others = {scope.session: scope for scope in (*run.scopes[1:], *before)}  # what was named last comes first
        self.back.scopes = [own, *islice(others.values(), MOST_SESSIONS)]
        if turn.scrambled is not None:
            self.back.originals.learn(turn.scrambled.issued)
        if self.dialect.begins(event) and self.dialect.traits.state is not None:
            self.back.stored = keeps_objects(self.dialect, event)
            home = Home(self.provider, tuple(scope.session for scope in self.back.scopes))
            self.back.keep = partial(keep_home, self.services, run, home)

    async def _heard(self, upstream: Socket, client: web.WebSocketResponse) -> None:
        """Pass the server's events on, restored. At their end the client's connection ends, too."""
        try:
            async for piece in events(self.back, upstream, upstream.headers["content-type"]):
                for line in filter(None, piece.split(b"\n")):
                    await client.send_str(line.decode("utf-8", "surrogatepass"))
                    self._came(line)
        except ConnectionError:
            return
        except StingError as error:
            self._give_up("cut")
            await self._tell(client, error)
            await client.close(code=_FAILED)
        except Exception as error:  # noqa: BLE001 - a fault of ours: its text may hold what was said
            _log.error("internal fault", extra={"fault": type(error).__name__})
            await client.close(code=_FAILED)
        else:
            self._give_up("cut")
            await client.close()

    def _came(self, line: bytes) -> None:
        """Account the exchange whose response has ended with this event."""
        if not self.asked or not any(end in line for end in _ENDS):
            return
        event = parse(line.decode("utf-8", "surrogatepass"))
        if (event.value("type") or "").encode() in _ENDS:
            turn, restored = self.asked.popleft(), self.back.tally.restored
            tally = RestoreTally(restored=restored - self.told)
            turn.back = replace(self.back, tally=tally, usage=self.dialect.usage(event))
            self.told = restored
            account(self.services, turn)

    async def _tell(self, client: web.WebSocketResponse, error: StingError) -> None:
        event = self.dialect.stream_error(error).decode().partition("data: ")[2].strip()
        with suppress(ConnectionError):
            await client.send_str(event)

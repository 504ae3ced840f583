"""`/audit`: what left, when, under which policy, and that nobody has changed the record. Never a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from admin_ui.api.bodies import Body, Moment
from admin_ui.parts import Parts
from policies.audit import AuditEvent
from policies.audit_export import FORMS, exported_line
from policies.audit_query import AuditFilter, export, find_exchange, query
from policies.audit_retention import verify_trail
from policies.console_routes import ConsoleCall, ConsoleRoute, Problem
from policies.hops import read_hops
from policies.key_rows import list_keys
from policies.keys import bootstrap_keys
from policies.payloads import find_payload
from policies.people import list_people
from policies.sealing import SealBroken


class AuditQuery(Body):
    """What to look for, newest first."""

    since: Moment | None = None
    until: Moment | None = None
    key: str | None = Field(default=None, max_length=80, pattern=r"^[A-Za-z0-9_.:-]*$")
    model: str | None = Field(default=None, max_length=200, pattern=r"^[A-Za-z0-9_.:/*+-]*(@[A-Za-z0-9-]+)?$")
    entity_type: str | None = Field(default=None, max_length=40, pattern=r"^[A-Z0-9_]*$")
    outcome: str | None = Field(default=None, max_length=64, pattern=r"^[a-z0-9_.-]*$")
    kind: Literal["exchange", "act"] | None = None
    cursor: int | None = Field(default=None, ge=1, le=2**53)
    limit: int = Field(default=50, ge=1, le=500)


class ExportQuery(Body):
    """Which rows to write, and in which form."""

    since: Moment | None = None
    until: Moment | None = None
    format: Literal["jsonl", "csv", "cef"] = "jsonl"


class Event(BaseModel):
    """One row of the audit: an exchange, or an administrative act. `who` is the key's or person's name."""

    model_config = ConfigDict(from_attributes=True)
    exchange: str
    kind: Literal["exchange", "act"]
    at: int
    tenant: str
    key: str
    who: str
    model: str
    provider: str
    dialect: str
    route: str
    policy: str
    session: str
    entities: dict[str, int]
    outcome: str
    status: int
    restored: int
    unknown: int
    ms_detect: float
    ms_vault: float
    ms_upstream: float
    ms_total: float
    tokens_in: int
    tokens_out: int
    output: dict[str, int]
    end_user: str
    tag: str
    team: str
    tls_client: str
    tls_provider: str


class HopAnswer(BaseModel):
    """How one hop was secured. `tls`: the version, `plain`, or `https` where only that is known.

    `between`: client-gateway, client-proxy (as a trusted proxy says) or gateway-provider. `certificate`: SHA-256 of
    the server's. `where` a plain connection led.
    """

    model_config = ConfigDict(from_attributes=True)
    between: Literal["client-gateway", "client-proxy", "gateway-provider"]
    tls: str
    cipher: str
    certificate: str
    where: Literal["loopback", "private", "public", "socket", ""]


class Left(BaseModel):
    """The scrambled body as it left, or its beginning; `size` and `sha256` are of all of it."""

    body: str = Field(repr=False)
    size: int
    sha256: str
    truncated: bool


class WholeEvent(Event):
    """One row, with its hops in the order of the request, and what left while it is kept."""

    hops: list[HopAnswer] = []
    left: Left | None = None


class Events(BaseModel):
    """Some rows, newest first."""

    items: list[Event]
    next: str | None = None


class VerdictAnswer(BaseModel):
    """Whether the chain holds; `bad_row` and `reason` say where it does not."""

    intact: bool
    rows: int
    checkpoints: int
    bad_row: int | None
    reason: str


def routes(parts: Parts) -> Sequence[ConsoleRoute]:
    """The routes of this module."""
    tag = "audit"
    roles: tuple[Literal["auditor"]] = ("auditor",)
    return (
        ConsoleRoute(
            "GET",
            "/audit/exchanges",
            partial(_list, parts),
            "The trail",
            tag,
            roles=roles,
            query=AuditQuery,
            answer=Events,
        ),
        ConsoleRoute(
            "GET", "/audit/exchanges/{id}", partial(_one, parts), "One row", tag, roles=roles, answer=WholeEvent
        ),
        ConsoleRoute(
            "POST",
            "/audit/verify",
            partial(_verify, parts),
            "Check every row and signature",
            tag,
            roles=roles,
            answer=VerdictAnswer,
            act=False,
        ),
        ConsoleRoute(
            "GET",
            "/audit/export",
            partial(_export, parts),
            "Download rows",
            tag,
            roles=roles,
            query=ExportQuery,
            streams=True,
            act=True,
        ),
    )


async def names_of(parts: Parts, tenant: str) -> dict[str, str]:
    """Names of the tenant's keys and people by id."""
    names = {key.principal.key_id: key.principal.key_name for key in await list_keys(parts.database, tenant)}
    names |= {key.principal.key_id: key.principal.key_name for key in bootstrap_keys(parts.settings.keys)}
    names |= {person.id: person.name for person in await list_people(parts.database, tenant)}
    return {
        **names,
        "key_local": "local key",
        "local": "command line",
        "config.local": "local key",
        "config.demo": "demo",
    }


def _told(event: AuditEvent, names: dict[str, str]) -> Event:
    kind: Literal["exchange", "act"] = "act" if event.exchange.startswith("act_") else "exchange"
    fields = {name: getattr(event, name) for name in AuditEvent.__dataclass_fields__}
    return Event(**{**fields, "entities": dict(event.entities)}, kind=kind, who=names.get(event.key, event.key))


async def _list(parts: Parts, call: ConsoleCall) -> Events:
    asked: AuditQuery = call.query
    tenant = call.caller.tenant
    wanted = AuditFilter(tenant=tenant, **asked.model_dump(exclude={"cursor", "limit"}))
    page = await query(parts.database, wanted, before=asked.cursor, size=asked.limit)
    names = await names_of(parts, tenant)
    after = None if page.next_before is None else str(page.next_before)
    return Events(items=[_told(event, names) for event in page.events], next=after)


async def _one(parts: Parts, call: ConsoleCall) -> WholeEvent:
    tenant = call.caller.tenant
    event = await find_exchange(parts.database, call.path["id"], tenant=tenant)
    if event is None:
        raise Problem(404, "no_such_exchange", "The audit has no such exchange.")
    told = _told(event, await names_of(parts, tenant))
    return WholeEvent(**told.model_dump(), hops=_hops(event), left=await _left(parts, event.exchange, tenant))


def _hops(event: AuditEvent) -> list[HopAnswer]:
    client, provider = read_hops(event.tls_client), read_hops(event.tls_provider)
    found = [*((hop, "client-proxy") for hop in client[1:]), *((hop, "client-gateway") for hop in client[:1])]
    found += [(hop, "gateway-provider") for hop in provider]
    return [HopAnswer.model_validate({**asdict(hop), "between": between}) for hop, between in found]


async def _left(parts: Parts, exchange: str, tenant: str) -> Left | None:
    try:
        payload = await find_payload(parts.database, parts.sealer, exchange, tenant)
    except SealBroken:
        raise Problem(
            503, "payload_sealed", "What left was sealed under a master key that is not configured any more."
        ) from None
    if payload is None:
        return None
    text = payload.body.decode("utf-8", "replace")
    return Left(body=text, size=payload.size, sha256=payload.digest, truncated=payload.truncated)


async def _verify(parts: Parts, _call: ConsoleCall) -> VerdictAnswer:
    verdict = await verify_trail(parts.database, parts.acts.public_key, parts.settings.data_dir)
    return VerdictAnswer(
        intact=verdict.intact,
        rows=verdict.rows,
        checkpoints=verdict.checkpoints,
        bad_row=verdict.bad_row,
        reason=verdict.reason,
    )


async def _export(parts: Parts, call: ConsoleCall) -> web.StreamResponse:
    asked: ExportQuery = call.query
    response = web.StreamResponse(
        headers={
            "Content-Type": FORMS[asked.format],
            "Content-Disposition": f'attachment; filename="sting-audit.{asked.format}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
    )
    await response.prepare(call.request)
    if asked.format == "csv":
        await response.write(exported_line("csv", None))
    wanted = AuditFilter(since=asked.since, until=asked.until, tenant=call.caller.tenant)
    async for row in export(parts.database, wanted):
        await response.write(exported_line(asked.format, row))
    await response.write_eof()
    return response

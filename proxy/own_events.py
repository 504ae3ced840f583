"""Audit events of the gateway's own routes: texts scrambled and restored, sessions shredded, known values changed.

There is no intent before them: nothing leaves to a provider. One event tells the whole, and it stands in the stream
before the client has its answer.
"""

from __future__ import annotations

import secrets
import time

from aiohttp import web

from policies.principals import Principal
from proxy.assembly import Gateway
from proxy.hops import client_hops


def own_event(request: web.Request, gateway: Gateway, principal: Principal, route: str, **more: str) -> dict[str, str]:
    """The event of a call that went well: who, what, how it was secured. `more`: further fields of the audit.

    `route` is a path without what the client wrote into it, where that may be somebody's name.
    """
    trusted = gateway.services.settings.gateway.trusted_proxies
    return {
        "kind": "outcome",
        "exchange": f"ex_{secrets.token_hex(12)}",
        "at": str(time.time_ns() // 1_000_000),
        "tenant": principal.tenant,
        "key": principal.key_id,
        "team": principal.team,
        "dialect": "sting",
        "route": route,
        "outcome": "ok",
        "status": "200",
        "tls_client": client_hops(request.transport, request.headers, trusted),
        **more,
    }


def took(begun: float) -> dict[str, str]:
    """How long a call has taken until now, as a field of its event; `begun` in seconds of `time.perf_counter`.

    Each call's own row tells it. Averages and percentiles of latency leave these calls out: they ask no model.
    """
    return {"ms_total": f"{1000 * (time.perf_counter() - begun):.3f}"}


async def record(request: web.Request, gateway: Gateway, principal: Principal, route: str, **more: str) -> None:
    """Store such an event; what it tells of is done or shown after. Raises VaultUnavailable."""
    await gateway.services.vault.outcomes([own_event(request, gateway, principal, route, **more)])

"""What is told of an exchange: metrics, a log line, the audit intent before and the outcome after. Counts, ids."""

from __future__ import annotations

import hmac
import logging
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from policies.model import Policy
from policies.payloads import payload_of
from policies.places import UNKNOWN, Passage
from policies.principals import Principal
from proxy.core.beginnings import Found
from proxy.core.scrambler import Tally
from proxy.dialects.base import Dialect
from proxy.dialects.citations import Shifts
from proxy.incoming import Back
from proxy.limits import Admission
from proxy.outgoing import Scrambled
from proxy.services import Services
from proxy.tracing import Took, Tracer
from proxy.upstream.base import Target
from proxy.vault.base import Home

_log = logging.getLogger("sting.exchange")
CACHE = "cache"
"""Stands in the place of the provider in the audit where nothing left."""
_ID_DIGITS = 24
_IDS_AT_ONCE = 256


def _ids() -> Iterator[str]:
    """Random ids; the kernel is asked for many of them at once."""
    while True:
        digits = secrets.token_hex(_ID_DIGITS * _IDS_AT_ONCE // 2)
        yield from (digits[at : at + _ID_DIGITS] for at in range(0, len(digits), _ID_DIGITS))


_IDS = _ids()


@dataclass(slots=True)
class Exchange:
    """What is known of one exchange while it runs; ids and counts only, but for the parts marked repr=False."""

    route: str
    dialect: Dialect
    id: str = field(default_factory=lambda: f"ex_{next(_IDS)}")
    started: float = field(default_factory=time.perf_counter)
    principal: Principal | None = None
    credential: str | None = field(default=None, repr=False)
    """The client's own for the provider (pass-through)."""
    policy: Policy | None = None
    session: str = field(default="", repr=False)
    session_mark: str = ""
    end_user: str = ""
    """Keyed digest of the request's `user`."""
    tag: str = ""
    tls_client: str = ""
    tls_provider: str = ""
    """How the connections from the client and to the provider were secured."""
    model: str = field(default="", repr=False)
    target: Target | None = None
    passage: Passage = UNKNOWN
    """To which models and providers its texts may come, where the policy asks."""
    files: Mapping[str, Home] = field(default_factory=dict, repr=False)
    """Files and vector stores that the request names and that came through the gateway, by their ids."""
    scrambled: Scrambled | None = None
    found: Found | None = None
    shifts: Shifts = ()
    back: Back | None = None
    admission: Admission | None = None
    user_admission: Admission | None = None
    left: bytes = field(default=b"", repr=False)
    """The body that left, scrambled."""
    traceparent: str = ""
    """The client's trace context, where exchanges are traced."""
    upstream_at: float = 0.0
    """When the provider was asked (monotonic); 0: it was not."""
    upstream_seconds: float = 0.0
    restore_seconds: float = 0.0
    status: int = 0
    outcome: str = "failed"
    unscanned: bool = False
    """Whether its texts went as they are, to a provider in the house."""
    recorded: bool = False
    intent: Mapping[str, str] = field(default_factory=dict)
    """What was stored for the audit before anything left."""
    warning: str = ""
    """What the client should know about its request, in a word."""
    found_types: str = ""
    """Findings per entity type."""
    cache: str = ""
    """Whether the answer came from the cache: hit or miss; empty where none was looked for."""


def end_user_mark(key: bytes, user: str | None) -> str:
    """Whom an exchange is for, as the audit knows them: a keyed digest, for a client may send somebody's name."""
    if not user:
        return ""
    return hmac.digest(key, b"end user\x1f" + user.encode("utf-8", "surrogatepass"), "sha256").hex()[:24]


def intent_of(exchange: Exchange, tally: Tally) -> Mapping[str, str]:
    """The audit intent: who is about to send what kind of thing where. Ids and counts only."""
    exchange.found_types = tally.types
    exchange.intent = {"kind": "intent", **_identity(exchange)}
    return exchange.intent


def _identity(exchange: Exchange) -> dict[str, str]:
    principal, target = exchange.principal, exchange.target
    return {
        "exchange": exchange.id,
        "at": str(time.time_ns() // 1_000_000),
        "tenant": principal.tenant if principal else "",
        "key": principal.key_id if principal else "",
        "model": audit_model(target),
        "provider": target.provider if target else "",
        "dialect": exchange.dialect.name,
        "route": exchange.route,
        "policy": exchange.policy.name if exchange.policy else "",
        "session": exchange.session_mark,
        "entities": exchange.found_types,
        "end_user": exchange.end_user,
        "tag": exchange.tag,
        "team": principal.team if principal else "",
        "tls_client": exchange.tls_client,
    }


def audit_model(target: Target | None) -> str:
    """The model's name for the audit; a name of unusual shape may be anything that a client typed."""
    return _audit_name(target.model if target else "")


@lru_cache(maxsize=1024)
def _audit_name(name: str) -> str:
    usual = name.isascii() and all(letter.isalnum() or letter in "._:/-" for letter in name)
    return name if usual else "unusual"


def account(services: Services, exchange: Exchange) -> None:
    """Metrics, the log line and the outcome of the audit event, whatever happened."""
    total = time.perf_counter() - exchange.started
    metrics, scrambled, tally = services.metrics, exchange.scrambled, exchange.back.tally if exchange.back else None
    metrics.count(metrics.requests, exchange.route, exchange.outcome, str(exchange.status))
    metrics.took("total", total)
    if scrambled is not None:
        metrics.took_all(
            scrambled.detect_seconds, scrambled.vault_seconds, exchange.upstream_seconds, exchange.restore_seconds
        )
        metrics.count_all(metrics.findings, scrambled.tally.found)
    if tally is not None:
        for result in ("restored", "tolerated", "unknown", "mangled", "guarded"):
            if count := getattr(tally, result):
                metrics.count(metrics.tokens, result, by=count)
    outcome = _outcome(exchange, total)
    if services.tracer is not None:
        _trace(services.tracer, exchange, outcome, total)
    if _log.isEnabledFor(logging.INFO):
        _log.info("exchange", extra={name: value for name, value in outcome.items() if name != "kind"})
    _settle(services, exchange)
    if not exchange.recorded:
        if exchange.principal is None:
            return
        # Nothing has left, so no intent was stored: one event tells the whole of it.
        outcome = {**_identity(exchange), **outcome}
    services.outcomes.add(exchange.intent if exchange.recorded else {}, outcome)


def _trace(tracer: Tracer, exchange: Exchange, outcome: Mapping[str, str], total: float) -> None:
    """The exchange as spans: what the log line tells, and the policy."""
    asked_ago = exchange.started + total - exchange.upstream_at if exchange.upstream_at else 0.0
    more = {
        "policy": exchange.policy.name if exchange.policy else "",
        "dialect": exchange.dialect.name,
        "entities": exchange.found_types,
    }
    took = Took(total, asked_ago, exchange.upstream_seconds)
    tracer.tell(exchange.route, {**outcome, **more}, took, exchange.traceparent)


def _settle(services: Services, exchange: Exchange) -> None:
    """Count what was used against the key's limits, and keep what left."""
    for admission in (exchange.admission, exchange.user_admission):
        if admission is not None:
            settled = services.limiter.settle(admission, exchange.target, exchange.model, *_used(exchange))
            services.background.start(settled)
    kept = exchange.recorded and exchange.left and not exchange.unscanned  # what holds originals is never kept
    if kept and services.payloads is not None and exchange.principal is not None:
        principal, now = exchange.principal, time.time_ns() // 1_000_000
        payload = payload_of(exchange.id, principal.tenant, now, exchange.left)
        services.payloads.keep(payload, (principal.key_id, exchange.session_mark))


def _used(exchange: Exchange) -> tuple[int, int]:
    """Tokens in and out; four characters to a token where the provider told no usage."""
    back = exchange.back
    if back is None or exchange.cache == "hit":
        return 0, 0
    return back.usage or (-(-len(exchange.left) // 4), -(-back.answered // 4))


def _outcome(exchange: Exchange, total: float) -> dict[str, str]:
    tally = exchange.back.tally if exchange.back else None
    hit = exchange.cache == "hit"
    given, made = (exchange.back.usage if exchange.back and not hit else None) or (0, 0)
    scrambled = exchange.scrambled
    return {
        "kind": "outcome",
        "exchange": exchange.id,
        "outcome": exchange.outcome,
        "status": str(exchange.status),
        "provider": CACHE if hit else exchange.target.provider if exchange.target else "",
        "model": audit_model(exchange.target),
        "restored": str(tally.restored if tally else 0),
        "unknown": str(tally.unknown if tally else 0),
        "ms_detect": f"{1000 * scrambled.detect_seconds if scrambled else 0:.3f}",
        "ms_vault": f"{1000 * scrambled.vault_seconds if scrambled else 0:.3f}",
        "ms_upstream": f"{1000 * exchange.upstream_seconds:.3f}",
        "ms_total": f"{1000 * total:.3f}",
        "tls_provider": "" if hit else exchange.tls_provider,
        "tokens_in": str(given),
        "tokens_out": str(made),
        "output": exchange.back.screen.header if exchange.back and exchange.back.screen else "",
    }

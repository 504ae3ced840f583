"""OpenTelemetry spans of exchanges, sent to a collector as OTLP/HTTP JSON. Off by default; never a text in them.

What a span tells is what the log line tells: fixed words, names of the configuration, counts, durations. It is made
when an exchange has ended, so tracing takes no part in it; what the collector does not take is dropped and counted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from policies.sections_tracing import Tracing
from proxy.metrics import Metrics

SEND_SECONDS = 2.0
"""How long a span waits at most until it is sent."""
_WAITING = 4096
_AT_ONCE = 512
_WAIT = aiohttp.ClientTimeout(total=5)
_GOOD = range(200, 300)
_SERVER, _CLIENT = 2, 3
_FAULT = 2
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NUMBERS = ("status", "restored", "unknown", "tokens_in", "tokens_out")
_WORDS = ("exchange", "outcome", "provider", "model", "policy", "dialect", "entities")
_TIMES = ("ms_detect", "ms_vault", "ms_upstream", "ms_total")
_log = logging.getLogger("sting.tracing")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds: of the whole exchange, how long before its end the provider was asked (0: never), and for how long."""

    total: float
    asked_ago: float
    upstream: float


class Tracer:
    """Makes spans and sends them, `run` does; `tell` only notes."""

    def __init__(self, section: Tracing, metrics: Metrics) -> None:
        self._url = f"{section.endpoint}/v1/traces"
        self._headers = {name: value.get_secret_value() for name, value in section.headers.items()}
        self._share = int(section.sample * 2**64)
        self._metrics = metrics
        self._waiting: deque[dict[str, Any]] = deque()

    def tell(self, route: str, told: Mapping[str, str], took: Took, traceparent: str) -> None:
        """Note the spans of an exchange that has ended; `told` are the fields of its audit event and its log line."""
        trace, parent, wanted = self._context(traceparent)
        if not wanted:
            return
        if len(self._waiting) + 2 > _WAITING:
            self._metrics.spans_dropped.inc()
            return
        end = time.time_ns()
        own = secrets.token_hex(8)
        self._waiting.append(_span(route, trace, own, parent, _SERVER, end - _ns(took.total), end, told))
        if took.asked_ago:
            began = end - _ns(took.asked_ago)
            name = {"provider": told.get("provider", "")}
            span = _span("upstream", trace, secrets.token_hex(8), own, _CLIENT, began, began + _ns(took.upstream), name)
            self._waiting.append(span)

    def _context(self, traceparent: str) -> tuple[str, str, bool]:
        """Trace, parent and whether it is traced: as the client says, else by chance."""
        match = _TRACEPARENT.fullmatch(traceparent)
        if match is not None and int(match[1], 16) and int(match[2], 16):
            return match[1], match[2], bool(int(match[3], 16) & 1)
        trace = secrets.token_hex(16)
        return trace, "", int(trace[16:], 16) < self._share

    async def run(self) -> None:
        """Send what waits, again and again."""
        async with aiohttp.ClientSession(timeout=_WAIT, cookie_jar=aiohttp.DummyCookieJar()) as http:
            try:
                while True:
                    await asyncio.sleep(SEND_SECONDS)
                    await self._send_all(http)
            finally:
                await self._send_all(http)

    async def _send_all(self, http: aiohttp.ClientSession) -> None:
        while self._waiting:
            spans = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            try:
                body = json.dumps(_request(spans)).encode()
                headers = {"Content-Type": "application/json", **self._headers}
                async with http.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
                    taken = answer.status in _GOOD
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
                taken = False
            if not taken:
                self._metrics.spans_dropped.inc(len(spans))
                _log.warning("the collector did not take spans; they are dropped", extra={"spans": len(spans)})


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)


def _span(
    name: str, trace: str, own: str, parent: str, kind: int, began: int, ended: int, told: Mapping[str, str]
) -> dict[str, Any]:
    attributes = [{"key": f"sting.{word}", "value": {"stringValue": told[word]}} for word in _WORDS if told.get(word)]
    attributes += [{"key": f"sting.{word}", "value": {"intValue": told[word]}} for word in _NUMBERS if told.get(word)]
    attributes += [
        {"key": f"sting.{word}", "value": {"doubleValue": float(told[word])}} for word in _TIMES if word in told
    ]
    failed = told.get("outcome") in {"failed", "upstream_error", "cut"}
    return {
        "traceId": trace,
        "spanId": own,
        **({"parentSpanId": parent} if parent else {}),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(began),
        "endTimeUnixNano": str(ended),
        "attributes": attributes,
        "status": {"code": _FAULT} if failed else {},
    }


def _request(spans: list[dict[str, Any]]) -> dict[str, Any]:
    service = {"key": "service.name", "value": {"stringValue": "sting-gateway"}}
    scope = {"scope": {"name": "sting"}, "spans": spans}
    return {"resourceSpans": [{"resource": {"attributes": [service]}, "scopeSpans": [scope]}]}

"""Spans of exchanges as a collector gets them: in OpenTelemetry's form, under the client's trace, without a text."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from proxy.metrics import Metrics
from proxy.tracing import Took, Tracer
from tests.gateway_fixture import NewGateway, Running, until

pytestmark = pytest.mark.asyncio(loop_scope="session")
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
MESSAGE = "Write to Margaret Okafor, m.okafor@example.com, please."


class Collector:
    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        return web.Response(status=self.status)

    def spans(self) -> list[Any]:
        """As the official definition of the protocol reads them; it refuses what it does not know."""
        found = []
        for body in self.bodies:
            request = Parse(_ids_in_base64(body), ExportTraceServiceRequest())
            found += [span for one in request.resource_spans for scope in one.scope_spans for span in scope.spans]
        return found


def _ids_in_base64(body: bytes) -> str:
    """OTLP's JSON writes ids in hex where protobuf's own JSON has base64; the rest is the same."""
    return re.sub(
        r'"(traceId|spanId|parentSpanId)": "([0-9a-f]+)"',
        lambda match: f'"{match[1]}": "{base64.b64encode(bytes.fromhex(match[2])).decode()}"',
        body.decode(),
    )


@asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    made = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()


async def ask(
    gateway: Running, *, stream: bool, traceparent: str | None = None, policy: str = "balanced", more: str = ""
) -> str:
    body = {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": MESSAGE + more}],
        "stream": stream,
        "user": "u-4711",
    }
    headers = {"X-Sting-Session": "traced-secret-session", "X-Sting-Policy": policy}
    headers |= {"traceparent": traceparent} if traceparent else {}
    _, answered, _ = await gateway.call("/v1/chat/completions", body, headers=headers)
    return answered["x-sting-exchange"]


async def test_spans_say_what_happened_and_hold_no_text(
    new_gateway: NewGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.tracing.SEND_SECONDS", 0.02)
    async with (
        collector() as collected,
        new_gateway({"tracing": {"endpoint": collected.url, "headers": {"x-key": "collector-key"}}}) as gateway,
    ):
        exchange = await ask(gateway, stream=False, traceparent=f"00-{TRACE}-{PARENT}-01")
        await ask(gateway, stream=True, policy="strict")
        await ask(gateway, stream=False, traceparent=f"00-{TRACE}-{PARENT}-00")  # the client has decided: not traced
        gateway.detector.fails = True  # type: ignore[union-attr] # a stub
        await ask(gateway, stream=False, traceparent="00-not one", more=" A text that nobody has looked at.")
        await until(lambda: len(collected.spans()) >= 5, 30)
        sent = gateway.provider.requests[0].body.decode()
    spans = collected.spans()
    servers = [span for span in spans if span.kind == span.SPAN_KIND_SERVER]
    assert [span.name for span in servers] == ["/v1/chat/completions"] * 3
    first = servers[0]
    assert (first.trace_id.hex(), first.parent_span_id.hex()) == (TRACE, PARENT)
    told = {one.key: one.value for one in first.attributes}
    assert told["sting.exchange"].string_value == exchange
    assert told["sting.status"].int_value == 200
    assert "EMAIL_ADDRESS" in told["sting.entities"].string_value
    assert told["sting.ms_total"].double_value > 0
    upstream = next(span for span in spans if span.parent_span_id == first.span_id)
    assert first.start_time_unix_nano <= upstream.start_time_unix_nano
    assert upstream.end_time_unix_nano <= first.end_time_unix_nano
    (failed,) = (span for span in servers if span.status.code == span.status.STATUS_CODE_ERROR)
    assert failed.parent_span_id == b""
    assert all(headers["x-key"] == "collector-key" for headers in collected.headers)
    everything = b"".join(collected.bodies).decode().lower()
    tokens = re.findall(r"(?:PERSON|EMAIL_ADDRESS)_[0-9A-Z]{8}", sent)
    assert tokens
    for hidden in (
        "okafor",
        "margaret",
        "example.com",
        "traced-secret-session",
        "sk-test",
        "u-4711",
        "write to",
        *tokens,
    ):
        assert hidden.lower() not in everything, hidden


async def test_a_collector_that_is_away_costs_spans_and_nothing_else(
    new_gateway: NewGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.tracing.SEND_SECONDS", 0.02)
    async with new_gateway({"tracing": {"endpoint": "http://127.0.0.1:1"}}) as gateway:
        assert await ask(gateway, stream=False)
        async with asyncio.timeout(30):
            while await gateway.metric("sting_spans_dropped_total") < 2:  # noqa: ASYNC110 - nothing else tells
                await asyncio.sleep(0.02)


async def test_without_a_collector_nothing_is_noted(gateway: Running) -> None:
    assert gateway.gateway.services.tracer is None


async def test_what_waits_is_bounded_and_the_share_is_kept() -> None:
    from policies.sections_tracing import Tracing

    metrics = Metrics()
    tracer = Tracer(Tracing(endpoint="http://127.0.0.1:4318", sample=0.0), metrics)
    tracer.tell("/r", {}, Took(1.0, 0.5, 0.2), "")
    assert not tracer._waiting
    for _ in range(3000):
        tracer.tell("/r", {"outcome": "ok"}, Took(1.0, 0.5, 0.2), f"00-{TRACE}-{PARENT}-01")
    assert len(tracer._waiting) == 4096
    assert b"sting_spans_dropped_total 952.0" in metrics.exposition()
    assert len({json.dumps(span["spanId"]) for span in tracer._waiting}) == 4096

"""A gateway that cannot be reached is waited for; a model that takes too long is not."""

from __future__ import annotations

import aiohttp
import httpx2 as httpx
import openai
import pytest

from policies.service_keys import GatewayAccess
from reports import gateway as module
from reports.gateway import AWAY, GatewayFailed, ReportGateway

ANSWER = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Good."}}],
}  # fmt: skip


def gateway_that(*faults: type[httpx.TransportError]) -> ReportGateway:
    """A gateway whose first requests fail so, and then are answered."""
    left = list(faults)

    def answer(request: httpx.Request) -> httpx.Response:
        if left:
            raise left.pop(0)("made-up fault", request=request)
        return httpx.Response(200, json=ANSWER)

    made = ReportGateway(GatewayAccess("http://gateway", "sk-test"), "report-1")
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    made._openai = openai.AsyncOpenAI(api_key="x", base_url="http://gateway/v1", max_retries=0, http_client=client)
    return made


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.0, 0.0))


async def test_a_gateway_that_starts_again_is_waited_for() -> None:
    async with gateway_that(httpx.ConnectError, httpx.ReadError) as gateway:
        assert (await gateway.ask("m", "s", "p")).text == "Good."


async def test_one_that_stays_away_is_no_fault_of_the_model() -> None:
    async with gateway_that(*[httpx.ConnectError] * 9) as gateway:
        with pytest.raises(GatewayFailed) as failed:
            await gateway.ask("m", "s", "p")
    assert (failed.value.code, failed.value.retryable) == (AWAY, True)


async def test_a_model_that_takes_too_long_is_not_asked_over_and_over() -> None:
    async with gateway_that(httpx.ReadTimeout) as gateway:
        with pytest.raises(GatewayFailed) as failed:
            await gateway.ask("m", "s", "p")
    assert failed.value.code == "no_answer"


async def test_its_own_api_being_away_is_told_apart_from_a_model_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt is scrambled first: that call meets a dead gateway before the model is asked."""

    async def refused(*_: object) -> dict[str, object]:
        raise aiohttp.ClientConnectionError

    async def at_once(_seconds: float) -> None:
        return None

    monkeypatch.setattr(ReportGateway, "_once", refused)
    monkeypatch.setattr("reports.gateway.asyncio.sleep", at_once)
    async with gateway_that() as gateway:
        with pytest.raises(GatewayFailed) as failed:
            await gateway.scramble(["text"])
    assert failed.value.code == AWAY

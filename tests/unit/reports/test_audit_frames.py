"""Which audit events a compliance report counts as exchanges with language models."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from reports.audit_frames import exchange_frame
from reports.gateway import ReportGateway

EVENT = {
    "at": 1_764_000_000_000, "key": "k", "model": "gpt-4o", "provider": "openai", "policy": "balanced",
    "outcome": "ok", "entities": {"PERSON": 2}, "unknown": 0, "ms_total": 120.5,
}  # fmt: skip


class FakeGateway:
    """Events as the gateway's audit lists them."""

    async def exchanges(self, *, since: int | None = None) -> AsyncIterator[dict[str, Any]]:
        assert since is None
        yield EVENT
        yield {
            **EVENT,
            "model": "",
            "provider": "",
            "ms_total": 0.0,
        }  # an act in the console, or a text scrambled alone


async def test_acts_and_texts_that_went_to_no_model_are_no_exchanges_with_one() -> None:
    frame = await exchange_frame(cast("ReportGateway", FakeGateway()))
    assert frame["model"].to_list() == ["gpt-4o"]
    assert frame["ms_total"].to_list() == [120.5]

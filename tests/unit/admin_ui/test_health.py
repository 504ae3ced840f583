"""How the parts are: each one that the gateway checks is told, well or not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from admin_ui.api.about import _gateway
from admin_ui.gateway_calls import GatewayCalls


async def told(problems: dict[str, str]) -> list[tuple[str, bool, str]]:
    async def look(path: str) -> Any:
        assert path == "/readyz"
        return SimpleNamespace(data={"problems": problems})

    parts: Any = SimpleNamespace(gateway=SimpleNamespace(look=look))
    return [(part.name, part.ok, part.problem) for part in await _gateway(parts)]


async def test_every_part_that_the_gateway_checks_is_told() -> None:
    assert await told({}) == [("gateway", True, ""), ("vault", True, ""), ("detector", True, "")]


async def test_a_gateway_that_hangs_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("admin_ui.gateway_calls.gateway_url", lambda _settings: "http://127.0.0.1:1")
    monkeypatch.setattr("admin_ui.gateway_calls.gateway_trust", lambda _settings, _url: None)
    waits: list[Any] = []

    def hangs(_method: str, _url: str, **options: Any) -> None:
        waits.append(options["timeout"].total)
        raise TimeoutError

    nobody: Any = None
    http: Any = SimpleNamespace(request=hangs)
    parts: Any = SimpleNamespace(gateway=GatewayCalls(nobody, nobody, nobody, http))
    (gateway,) = await _gateway(parts)
    assert (gateway.name, gateway.ok) == ("gateway", False)
    assert "cannot be reached (TimeoutError)" in gateway.problem
    assert waits == [8]


async def test_what_is_not_well_is_told_with_its_problem() -> None:
    assert await told({"vault": "no answer", "audit": "behind"}) == [
        ("gateway", False, "not ready"),
        ("vault", False, "no answer"),
        ("detector", True, ""),
        ("audit", False, "behind"),
    ]

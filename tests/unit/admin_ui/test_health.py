"""How the parts are: each one that the gateway checks is told, well or not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from admin_ui.api.about import _gateway


async def told(problems: dict[str, str]) -> list[tuple[str, bool, str]]:
    async def look(path: str) -> Any:
        assert path == "/readyz"
        return SimpleNamespace(data={"problems": problems})

    parts: Any = SimpleNamespace(gateway=SimpleNamespace(look=look))
    return [(part.name, part.ok, part.problem) for part in await _gateway(parts)]


async def test_every_part_that_the_gateway_checks_is_told() -> None:
    assert await told({}) == [("gateway", True, ""), ("vault", True, ""), ("detector", True, "")]


async def test_what_is_not_well_is_told_with_its_problem() -> None:
    assert await told({"vault": "no answer", "audit": "behind"}) == [
        ("gateway", False, "not ready"),
        ("vault", False, "no answer"),
        ("detector", True, ""),
        ("audit", False, "behind"),
    ]

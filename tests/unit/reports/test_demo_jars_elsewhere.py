"""A report is ordered while `sting up --demo` still makes the jars: it waits for them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import click
import pytest

from connectors.jar_imports import TakenOver
from reports import commands


class Making:
    """Jars of which the asked one is there, with its values told, from the third look on."""

    def __init__(self, ready_at: int) -> None:
        self.looks, self._ready_at = 0, ready_at

    async def row(self, name: str) -> SimpleNamespace:
        self.looks += 1
        if self.looks == 1:
            raise LookupError(name)
        return SimpleNamespace(values_at=1 if self.looks >= self._ready_at else None)

    async def tables(self, row: SimpleNamespace) -> list[str]:
        return ["customers"] if row.values_at else []


@pytest.fixture
def taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    async def making(*_: object, **__: object) -> None:
        raise TakenOver("accounts")

    monkeypatch.setattr(commands, "ensure_demo_jars", making)
    monkeypatch.setattr(commands, "open_store", lambda _settings: None)
    monkeypatch.setattr(commands, "_PAUSE", 0)


async def ensure(jars: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "Jars", lambda *_: jars)
    desk = cast("Any", SimpleNamespace(database=None, sealer=None))
    await commands._ensure_jar(cast("Any", None), desk, "techcorp", "default")


@pytest.mark.usefixtures("taken_over")
async def test_it_waits_for_the_jar_that_another_process_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    jars = Making(ready_at=4)
    await ensure(jars, monkeypatch)
    assert jars.looks == 4


@pytest.mark.usefixtures("taken_over")
async def test_it_says_what_to_do_when_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(click.ClickException, match="Try again"):
        await ensure(Making(ready_at=10_000), monkeypatch)

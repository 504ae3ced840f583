"""Honey jars for tests: SQLite and a folder of sealed objects below a temporary folder, without a gateway."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.base import Batch
from connectors.gateway_client import Found, ScrambledTexts
from connectors.jar_filling import IncomingTable
from connectors.jars import Jars
from connectors.objects import open_store
from policies.db import open_database
from policies.sealing import Sealer
from policies.settings import Settings, load_settings

MASTER_KEY = b"\x07" * 32


class FakeGateway:
    """Stands in for `GatewayClient`: finds given words, keeps what it was told."""

    def __init__(self, words: dict[str, str] | None = None) -> None:
        self.words = words or {}
        self.values: dict[str, list[tuple[str, str]]] = {}
        self.seen: list[str] = []
        self.policies: list[str | None] = []

    async def analyze(self, texts: list[str], policy: str | None = None) -> list[list[Found]]:
        self.policies.append(policy)
        self.seen += texts
        return [self._find(text) for text in texts]

    async def scramble(self, texts: list[str], _session: str, policy: str | None = None) -> ScrambledTexts:
        self.policies.append(policy)
        found = [self._find(text) for text in texts]
        return ScrambledTexts([_scrambled(text, some) for text, some in zip(texts, found, strict=True)], found)

    async def put_values(self, name: str, values: Any) -> int:
        self.values[name] = list(values)
        return len(self.values[name])

    async def delete_values(self, name: str) -> None:
        self.values.pop(name, None)

    def _find(self, text: str) -> list[Found]:
        known = {**self.words, **{value: kind for values in self.values.values() for value, kind in values}}
        found = []
        for word, kind in known.items():
            start = text.find(word)
            if start >= 0 and not any(one.start < start + len(word) and start < one.end for one in found):
                found.append(Found(start, start + len(word), kind, 0.99, "scramble"))
        return sorted(found, key=lambda one: one.start)


def _scrambled(text: str, found: list[Found]) -> str:
    for one in sorted(found, key=lambda one: -one.start):
        text = f"{text[: one.start]}{one.entity_type}_K7Q2M9XA{text[one.end :]}"
    return text


def bytes_below(folder: Path) -> bytes:
    """All bytes of all files below a folder, read by another process.

    Who closes a file of SQLite takes the locks of all connections that its process has to it: databases broke.
    Journals of databases that go meanwhile held nothing else.
    """
    return subprocess.run(["find", folder, "-type", "f", "-exec", "cat", "{}", "+"], capture_output=True).stdout  # noqa: PLW1510 - a file may go


def table(name: str, frame: pl.DataFrame, *, fingerprint: str = "1", batch: int = 1_000_000) -> IncomingTable:
    """A source table that gives `frame` in batches of `batch` rows."""

    async def batches() -> AsyncGenerator[Batch, None]:
        for part in frame.iter_slices(batch) if frame.height else (frame,):
            yield Batch(part)

    return IncomingTable(name, fingerprint, batches)


@pytest.fixture
def jar_settings(tmp_path: Path) -> Settings:
    """Embedded stores below a temporary folder."""
    return load_settings(None, environ={}, overrides={"data_dir": tmp_path / "data"})


@pytest.fixture
async def jars(jar_settings: Settings) -> AsyncIterator[Jars]:
    """The jars of the tenant `default`."""
    database = await open_database(jar_settings)
    yield Jars(database, Sealer([MASTER_KEY]), open_store(jar_settings))
    await database.close()


MakeTable = Callable[..., IncomingTable]

"""Clients that never pause, and a ledger of what they were told: which answers were right, refused, cut or wrong."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

KEY = "sk-test-chaos-key"
MARK = "chaos-secret"
"""In every value that may not leave; in nothing else."""
_PATIENCE = 40.0


@dataclass
class Ledger:
    """What clients saw. `acknowledged`: exchanges whose answer was whole and right."""

    acknowledged: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def told(self) -> int:
        """Requests that ended, well or not."""
        return len(self.acknowledged) + self.refused.total() + self.broken.total() + len(self.wrong)


@dataclass
class Client:
    """One client with a session of its own; every request has a value that nobody has seen before."""

    url: str
    name: str
    key: str
    ledger: Ledger
    number: int = 0

    async def ask(self) -> bool:
        """One request, plain and streamed in turns; True when the answer was whole and right."""
        self.number += 1
        value = f"{MARK}.{self.name}.{self.number}@example.com"
        text = f"Please write to {value} about order {self.number}."
        stream = self.number % 2 == 0
        body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": text}]}
        headers = {"Authorization": f"Bearer {self.key}", "X-Sting-Session": f"chaos-{self.name}"}
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                aiohttp.ClientSession(headers=headers) as session,
                session.post(self.url + "/v1/chat/completions", json=body) as answer,
            ):
                content = await answer.text()
                exchange = answer.headers.get("x-sting-exchange", "")
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            self.ledger.broken[type(error).__name__] += 1
            return False
        return self._noted(answer.status, exchange, content, text, stream=stream)

    def _noted(self, status: int, exchange: str, content: str, text: str, *, stream: bool) -> bool:
        if status != 200:
            self.ledger.refused[f"{status} {_code(content)}"] += 1
        elif stream and not content.endswith("data: [DONE]\n\n"):
            self.ledger.broken["cut stream"] += 1
        elif (_streamed(content) if stream else _plain(content)) == text:
            self.ledger.acknowledged.append(exchange)
            return True
        else:
            self.ledger.wrong.append(f"{'stream' if stream else 'plain'}: {len(content)} characters")
        return False


class Load:
    """Clients that ask as fast as they are answered, until the end of the block."""

    def __init__(self, url: str, name: str, key: str = KEY) -> None:
        self.ledger = Ledger()
        self._clients = [Client(url, f"{name}{number}", key, self.ledger) for number in range(4)]
        self._probe = Client(url, f"{name}probe", key, self.ledger)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Load]:
        """With load from here on."""
        ending = asyncio.Event()

        async def work(client: Client) -> None:
            while not ending.is_set():
                if not await client.ask():
                    await asyncio.sleep(0.02)  # a client that is refused does not spin

        tasks = [asyncio.create_task(work(client)) for client in self._clients]
        try:
            yield self
        finally:
            ending.set()
            await asyncio.gather(*tasks)

    async def more(self, right: int, seconds: float = 60.0) -> None:
        """Wait for so many right answers more."""
        wanted = len(self.ledger.acknowledged) + right
        async with asyncio.timeout(seconds):
            while len(self.ledger.acknowledged) < wanted:
                await asyncio.sleep(0.01)

    async def recovered(self, seconds: float = 60.0) -> float:
        """Seconds until a request with a new value is answered rightly, plain and streamed."""
        begun = time.monotonic()
        async with asyncio.timeout(seconds):
            for _ in range(2):
                while not await self._probe.ask():
                    await asyncio.sleep(0.02)
        return time.monotonic() - begun


def _code(content: str) -> str:
    try:
        return str(json.loads(content)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return "?"


def _plain(content: str) -> str:
    try:
        return str(json.loads(content)["choices"][0]["message"]["content"])
    except (ValueError, KeyError, TypeError, IndexError):
        return ""


def _streamed(content: str) -> str:
    parts: list[str] = []
    for line in content.split("\n\n"):
        if line.startswith("data: {"):
            event: dict[str, Any] = json.loads(line[6:])
            parts += [choice["delta"].get("content") or "" for choice in event.get("choices", [])]
    return "".join(parts)

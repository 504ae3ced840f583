"""Commands of many exchanges in one write and one read: what is asked while a batch is on its way goes with the next.

Alone, a command costs what it always costs; under load the system calls are shared (decision 0024).
"""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import Redis

_AT_ONCE = 256
"""Commands of one batch: bounds the memory of answers and the wait of the first."""

Word = str | bytes | int


class Batches:
    """Sends commands over a client of a single server, batch by batch. Belongs to one event loop."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = client  # its commands are untyped
        self._waiting: list[tuple[tuple[Word, ...], asyncio.Future[Any]]] = []
        self._sender: asyncio.Task[None] | None = None

    async def execute_command(self, *words: Word) -> Any:  # noqa: ANN401 - the answer is the command's
        """Answer to one command; raises what redis-py raises for it."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((words, answer))
        if self._sender is None:
            self._sender = asyncio.get_running_loop().create_task(self._send())
        return await answer

    async def _send(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            for (_, waiter), answer in zip(batch, await self._answers(batch), strict=True):
                if waiter.done():  # the exchange was given up
                    continue
                if isinstance(answer, Exception):
                    waiter.set_exception(answer)
                else:
                    waiter.set_result(answer)
        self._sender = None

    async def _answers(self, batch: list[tuple[tuple[Word, ...], asyncio.Future[Any]]]) -> list[Any]:
        """One answer or exception per command; a lost connection fails all of them."""
        try:
            if len(batch) == 1:
                return [await self._client.execute_command(*batch[0][0])]
            pipeline = self._client.pipeline(transaction=False)
            for words, _ in batch:
                pipeline.execute_command(*words)
            return list(await pipeline.execute(raise_on_error=False))
        except Exception as failure:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            return [failure] * len(batch)

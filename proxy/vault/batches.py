"""Commands of many exchanges in one write and one read: what is asked while a batch is on its way goes with the next.

Alone, a command costs what it always costs; under load the system calls are shared (decision 0024). One connection of
the pool is kept for all batches: taking one out and looking at it each time costs as much as a command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout

_AT_ONCE = 256
"""Commands of one batch: bounds the memory of answers and the wait of the first."""

Word = str | bytes | int
_Waiter = tuple[tuple[Word, ...], asyncio.Future[Any]]


class Batches:
    """Sends commands over a client of a single server, batch by batch. Belongs to one event loop.

    The connection ends with the client's pool (`aclose`).
    """

    def __init__(self, client: Redis) -> None:
        self._pool: Any = client.connection_pool  # its methods are untyped
        self._waiting: list[_Waiter] = []
        self._sender: asyncio.Task[None] | None = None
        self._connection: AbstractConnection | None = None
        self._timeout: float | None = None

    async def execute_command(self, *words: Word) -> Any:  # noqa: ANN401 - the answer is the command's
        """Answer to one command; raises what redis-py raises for it."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((words, answer))
        if self._sender is None:
            self._sender = asyncio.get_running_loop().create_task(self._send())
        return await answer

    async def _send(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
                for (_, waiter), answer in zip(batch, await self._answers(batch), strict=True):
                    if waiter.done():  # the exchange was given up
                        continue
                    if isinstance(answer, Exception):
                        waiter.set_exception(answer)
                    else:
                        waiter.set_result(answer)
        finally:
            self._sender = None

    async def _answers(self, batch: Sequence[_Waiter]) -> list[Any]:
        """One answer or exception per command; a lost connection fails all of them."""
        try:
            connection = await self._connected()
            async with asyncio.timeout(self._timeout):
                packed = [piece for words, _ in batch for piece in connection.pack_command(*words)]
                await connection.send_packed_command(packed, check_health=False)
                return [await _answer(connection) for _ in batch]
        except TimeoutError:
            failure: Exception = RedisTimeout("the server did not answer in time")
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            failure = error
        await self._give_back()
        return [failure] * len(batch)

    async def _connected(self) -> AbstractConnection:
        """The kept connection, or another one when it is gone or holds what nobody asked for."""
        if self._connection is not None and await _is_stale(self._connection):
            await self._give_back()
        if self._connection is None:
            self._connection = await self._pool.get_connection()
            # The time of a batch is limited as a whole; a limit for each write and read costs a task each.
            self._timeout, self._connection.socket_timeout = self._connection.socket_timeout, None
        return self._connection

    async def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.socket_timeout = self._timeout
            await connection.disconnect(nowait=True)
            await self._pool.release(connection)


async def _is_stale(connection: AbstractConnection) -> bool:
    """Whether the other side has closed, or has sent what nobody asked for."""
    try:
        return await connection.can_read()
    except (RedisError, OSError):
        return True


async def _answer(connection: AbstractConnection) -> Any:  # noqa: ANN401 - the answer is the command's
    """The next answer; an error that the server answered with is one, too."""
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error

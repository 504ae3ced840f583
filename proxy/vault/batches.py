"""Commands of many exchanges in one write and one read: what is asked while a batch is on its way goes with the next.

Alone, a command costs what it always costs; under load the system calls are shared (decision 0024). redis-py makes the
connection (address, password, TLS, Sentinel); the line is then read here, for its streams take as long as a command.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse
from redis.exceptions import TimeoutError as RedisTimeout

Word = str | bytes | int
_LATER_SECONDS = 0.005
_NOT_YET = object()
"""Stands for an answer that has not come in full."""


class Batches:
    """Sends commands over a client of a single server. Belongs to one event loop.

    The connection ends with the client's pool (`aclose`).
    """

    def __init__(self, client: Redis) -> None:
        self._pool: Any = client.connection_pool  # its methods are untyped
        self._line: _Line | None = None
        self._waiting: list[tuple[bytes, asyncio.Future[Any]]] = []
        self._connecting: asyncio.Task[None] | None = None

    def execute_command(self, *words: Word, hurry: bool = True) -> asyncio.Future[Any]:
        """Answer to one command; the future fails with what redis-py raises for it.

        `hurry` false: nobody waits, so it leaves with the next command that somebody waits for, or a little later.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        try:
            packed: bytes = hiredis.pack_command(words)  # type: ignore[arg-type] # its stub forgets tuples of any length
        except BaseException as error:  # noqa: BLE001 - a word that cannot be encoded fails like anything else
            answer.set_exception(error)
            return answer
        if self._line is not None and self._line.open:
            self._line.ask(packed, answer, hurry=hurry)
            return answer
        self._waiting.append((packed, answer))
        if self._connecting is None:
            self._connecting = loop.create_task(self._connect())
        return answer

    async def _connect(self) -> None:
        """A new line in the place of the old one; what waits for it goes over it, or fails with it."""
        failure: Exception = RedisConnectionError("the connection could not be made")
        try:
            if self._line is not None:
                await self._give_back(self._line)
            self._line = line = _Line(await self._pool.get_connection())
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            failure = error
        else:
            waiting, self._waiting = self._waiting, []
            for packed, answer in waiting:
                line.ask(packed, answer)
        finally:
            self._connecting = None
            waiting, self._waiting = self._waiting, []
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(failure)

    async def _give_back(self, line: _Line) -> None:
        self._line = None
        await line.connection.disconnect(nowait=True)
        await self._pool.release(line.connection)


class _Line(asyncio.Protocol):
    """One connection that redis-py has made: commands go out in order, and so do the answers come in."""

    def __init__(self, connection: AbstractConnection) -> None:
        self.connection = connection
        made: Any = connection
        self._transport: asyncio.Transport = made._writer.transport  # noqa: SLF001 - redis-py offers no other way
        self._former = self._transport.get_protocol()
        self._reader = hiredis.Reader(
            protocolError=InvalidResponse,
            replyError=made._parser.parse_error,  # noqa: SLF001 - the same
            notEnoughData=_NOT_YET,
        )
        self._loop = asyncio.get_running_loop()
        self._patience: float | None = made.socket_timeout
        self._asked: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._outgoing: list[bytes] = []
        self._sent = 0
        self._flushing: asyncio.Handle | None = None
        self._hurries = False
        self._watch: asyncio.TimerHandle | None = None
        self.open = not self._transport.is_closing()
        self._transport.set_protocol(self)

    def ask(self, packed: bytes, answer: asyncio.Future[Any], *, hurry: bool = True) -> None:
        """Send one command: with the others of this turn of the loop, or once the batch before is answered."""
        if not self.open:
            answer.set_exception(RedisConnectionError("the connection was lost"))
            return
        self._outgoing.append(packed)
        if not self._sent:
            self._plan(hurry=hurry)
        self._asked.append((answer, self._loop.time()))
        if self._watch is None and self._patience is not None:
            self._watch = self._loop.call_later(self._patience, self._look)

    def _plan(self, *, hurry: bool) -> None:
        """Have what is asked sent: in this turn of the loop, or a little later when nobody waits for it."""
        if self._flushing is not None and (self._hurries or not hurry):
            return
        if self._flushing is not None:
            self._flushing.cancel()
        self._hurries = hurry
        loop = self._loop
        self._flushing = loop.call_soon(self._flush) if hurry else loop.call_later(_LATER_SECONDS, self._flush)

    def data_received(self, data: bytes) -> None:
        """Give each answer to who asked."""
        self._reader.feed(data)
        try:
            while (answer := self._reader.gets()) is not _NOT_YET:
                self._sent -= 1
                waiter, _ = self._asked.popleft()  # an answer that nobody asked for ends the connection
                if waiter.done():  # the exchange was given up
                    continue
                if isinstance(answer, Exception):
                    waiter.set_exception(answer)
                else:
                    waiter.set_result(answer)
        except Exception as error:  # noqa: BLE001 - what is no answer ends the connection
            self._end(error)
        if not self._sent and self._outgoing and self._flushing is None:
            self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side has closed: what was asked fails."""
        if isinstance(self._former, asyncio.Protocol):
            self._former.connection_lost(exc)  # redis-py waits for it when it closes
        self._end(RedisConnectionError("the connection was lost"))

    def _flush(self) -> None:
        packed, self._outgoing = self._outgoing, []
        self._flushing = None
        if self.open and packed:
            self._sent = len(packed)
            self._transport.write(packed[0] if len(packed) == 1 else b"".join(packed))

    def _look(self) -> None:
        """Whether the oldest command has waited for too long; one timer for all of them."""
        self._watch = None
        if not self._asked or self._patience is None:
            return
        left = self._asked[0][1] + self._patience - self._loop.time()
        if left > 0:
            self._watch = self._loop.call_later(left, self._look)
        else:
            self._end(RedisTimeout("the server did not answer in time"))

    def _end(self, failure: Exception) -> None:
        """Fail all that waits; the connection is of no use any more."""
        self.open = False
        asked, self._asked, self._outgoing = self._asked, deque(), []
        for waiter, _ in asked:
            if not waiter.done():
                waiter.set_exception(failure)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        self._transport.abort()

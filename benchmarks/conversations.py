"""What a turn costs as its conversation grows: CPU of the worker for each turn, by tens of turns."""

from __future__ import annotations

import asyncio
import itertools
import statistics

from load import one_answer
from processes import Process, cpu_seconds
from scenarios import body, fresh_letter, http

_CONVERSATIONS, _TURNS, _BAND = 16, 60, 10
_OK = 200


async def growing(ours: Process, rounds: int) -> list[dict[str, object]]:
    """So many conversations at a time, each turn 60 new words and an answer; medians over rounds.

    `of_first`: over the first ten turns of the same round.
    """
    await _round(ours)  # warm-up
    told = [await _round(ours) for _ in range(rounds)]
    rows: list[dict[str, object]] = []
    for number in range(_TURNS // _BAND):
        spent = statistics.median(one[number] for one in told)
        ratio = statistics.median(one[number] / one[0] for one in told)
        name = f"turns {number * _BAND + 1} to {(number + 1) * _BAND}"
        rows.append({"conversation": name, "gateway_cpu_ms": round(spent, 2), "of_first": round(ratio, 2)})
    return rows


async def _round(ours: Process) -> list[float]:
    """CPU milliseconds per turn, for each ten turns of all conversations."""
    marks: list[float] = []
    begun = asyncio.Barrier(_CONVERSATIONS)

    async def band_begins() -> None:
        if await begun.wait() == 0:
            marks.append(cpu_seconds(ours.pid))
        await begun.wait()

    async def conversation() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", ours.port, limit=1 << 24)
        messages = [{"role": "system", "content": "You are a helpful assistant of a parts shop."}]
        for turn in range(_TURNS):
            if turn % _BAND == 0:
                await band_begins()
            messages.append({"role": "user", "content": fresh_letter()})
            writer.write(http(body(messages)))
            status, answer = await one_answer(reader)
            if status != _OK:
                raise RuntimeError(f"a turn was answered {status} with {len(answer)} bytes")
            messages.append({"role": "assistant", "content": "Thank you, I have noted that. " * 4})
        await band_begins()
        writer.close()

    await asyncio.gather(*(conversation() for _ in range(_CONVERSATIONS)))
    each = _CONVERSATIONS * _BAND
    return [1000 * (after - before) / each for before, after in itertools.pairwise(marks)]

"""What benchmarks send."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from processes import KEY

FIRST = "Alice Robert Maria James Elena Thomas Julia Peter Sarah Daniel Laura Victor Emma Oscar Nina Felix".split()
LAST = "Marsh Keller Santos Whitfield Petrova Lindqvist Moreau Hughes Okafor Brandt Novak Sullivan Rossi".split()


@dataclass(frozen=True)
class Scenario:
    """A request by number; `floor`: the share of the pass-through's requests per second that is aimed at, if any."""

    name: str
    request: Callable[[int], bytes]
    floor: float = 0.0

    @property
    def gated(self) -> bool:
        """Whether there is a floor."""
        return self.floor > 0


def letter(seed: int) -> str:
    """About 60 words with a name, an address, a phone number and an e-mail, different for each seed."""
    pick = random.Random(seed)
    first, last = pick.choice(FIRST), pick.choice(LAST)
    return (
        f"Hello, my name is {first} {last} and I am writing about order number {pick.randrange(10**5)} that should "
        f"have arrived last week in Rotterdam. Please call me at +1 415 555 {pick.randrange(100, 200):04d} or write to "
        f"{first.lower()}.{last.lower()}{pick.randrange(10**6)}@example.com as soon as you can, because my colleagues "
        "and I are waiting for the parts and the workshop cannot go on without them. Thank you for your help."
    )


_FRESH = itertools.count(random.SystemRandom().randrange(10**9))


def fresh_letter() -> str:
    """A letter that was in no other request of this run: what was asked before is not new."""
    return letter(next(_FRESH))


def table(seed: int, rows: int = 40) -> str:
    """A table of customers."""
    pick = random.Random(seed)
    lines = ["name,email,amount"]
    for _ in range(rows):
        first, last = pick.choice(FIRST), pick.choice(LAST)
        lines.append(f"{first} {last},{first.lower()}{pick.randrange(10**6)}@example.com,{pick.randrange(10**4)}")
    return "\n".join(lines)


def body(messages: list[dict[str, str]], *, stream: bool = False, model: str = "bench") -> bytes:
    """A chat completion request."""
    return json.dumps({"model": model, "messages": messages, "temperature": 0.2, "stream": stream}).encode()


def conversation(turns: int, seed: int) -> list[dict[str, str]]:
    """A conversation of `turns` turns whose last message is the user's."""
    messages = [{"role": "system", "content": "You are a helpful assistant of a parts shop."}]
    for turn in range(turns):
        messages.append({"role": "user", "content": letter(seed * 1000 + turn)})
        messages.append({"role": "assistant", "content": "Thank you, I have noted that. " * 4})
    return messages[:-1]


def http(content: bytes) -> bytes:
    """The request's bytes."""
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {KEY}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def user(text: str, *, stream: bool = False, model: str = "bench") -> bytes:
    """A request of one message."""
    return http(body([{"role": "user", "content": text}], stream=stream, model=model))


def scenarios() -> list[Scenario]:
    """Seen text short, long and in tables, streams, a known conversation with a new message, and all-new texts."""
    short, stream, rows = user(letter(1)), user(letter(1), stream=True), user(table(1))
    long, told = http(body(conversation(30, 1))), conversation(30, 1)
    clean = user("Explain the difference between a list and a tuple. " * 6)

    def another_turn(_: int) -> bytes:
        return http(body([*told, {"role": "user", "content": fresh_letter()}]))

    return [
        Scenario("short, seen text", lambda _: short, 0.4),
        Scenario("30 turns, seen text", lambda _: long, 0.4),
        Scenario("short, no findings", lambda _: clean),
        Scenario("table of 40 rows, seen text", lambda _: rows),
        Scenario("short stream, seen text", lambda _: stream, 0.4),
        Scenario("30 seen turns and a new one", another_turn),
        Scenario("short, new text", lambda _: user(fresh_letter())),
        Scenario("30 turns, all new", lambda _: http(body(conversation(30, next(_FRESH))))),
    ]


def held_stream() -> bytes:
    """A stream whose provider waits behind its first event."""
    return http(body([{"role": "user", "content": letter(1)}], stream=True, model="bench-hold"))

"""Recorded streams, seeded with a token and run through the restorer in pieces of any size."""

from __future__ import annotations

from pathlib import Path

from proxy.core.jsontext import parse
from proxy.core.ndjson import LineSplitter
from proxy.core.restorer import Originals, RestoreTally
from proxy.core.sse import EventSplitter
from proxy.core.streams import EventReader, StreamRestorer
from proxy.core.surrogates import Naming
from proxy.dialects.base import Dialect

GOLDEN = Path(__file__).parents[3] / "golden"
PERSON = 'Jo "JD" O\\Neill'
"""A name with what JSON escapes."""
TOKEN = Naming(b"k" * 32).token("PERSON", PERSON)


def recorded(name: str, stand_in: str) -> bytes:
    """A stream with `stand_in` for the person, also where the token is split over two events."""
    half = len(stand_in) // 2
    text = (GOLDEN / name).read_text()
    return text.replace("@PERSON@", stand_in).replace("@PERS", stand_in[:half]).replace("ON@", stand_in[half:]).encode()


def through(
    dialect: Dialect, stream: bytes, size: int, request: str = "{}", issued: dict[str, str] | None = None
) -> bytes:
    """The stream as a client gets it when the network brings it in pieces of `size` bytes."""
    asked = parse(request)
    splitter = LineSplitter() if dialect.name == "ollama" else EventSplitter()
    originals = Originals({TOKEN: PERSON} if issued is None else issued)
    restorer = StreamRestorer(EventReader(lambda data: dialect.stream_event(data, asked)), originals, RestoreTally())
    out: list[bytes] = []
    for start in range(0, len(stream), size):
        for event in splitter.feed(stream[start : start + size]):
            out += restorer.feed(event)
    return b"".join([*out, *restorer.finish(), splitter.rest()])

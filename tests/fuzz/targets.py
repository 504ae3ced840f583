"""What fuzzing throws bytes at: one function per place where bytes of strangers are read; what it raises is a fault.

Errors that a function documents are its right answer. `tests/fuzz/corpus/NAME` holds inputs to begin with, and every
input that has once found a fault.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO, Final

import yaml

from connectors.base import ConnectorProblem, Reading
from connectors.boundaries import Boundaries
from connectors.csv_file import CsvConfig, CsvFormat
from connectors.registry import KINDS, checked_config
from policies.documents import Document, DocumentError, read_document
from policies.loader import builtin_documents, compile_policies
from proxy.core.jsontext import Edit, NotJson, parse, splice
from proxy.core.ndjson import LineSplitter
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.core.sse import MAX_EVENT, EventSplitter, EventTooLong, RawEvent
from proxy.core.streams import EventReader, StreamRestorer
from proxy.core.tokens import grammar, look_alikes, mint
from proxy.dialects.anthropic_messages import MESSAGES
from proxy.dialects.base import Dialect
from proxy.dialects.ollama import CHAT as OLLAMA
from proxy.dialects.openai_chat import CHAT
from proxy.dialects.openai_responses import RESPONSES

Splitter = EventSplitter | LineSplitter
TYPES: Final = frozenset({"PERSON", "DATE_TIME", "DATE", "US_SSN", "EMAIL_ADDRESS", "LITERAL"})
ORIGINAL: Final = 'Jane "JD" Doe\\\n\U0001f600'
TOKEN: Final = mint(b"k" * 32, "PERSON", "jane doe", ORIGINAL)
_CORE: Final = TOKEN[-8:-6].lower().encode()
"""Two letters of the token, however it is spelt."""
MAX_DEPTH: Final = 64
_KINDS: Final = tuple(KINDS)


def sse(data: bytes) -> None:
    """Events of a stream are the same however the network cuts it, and no byte is lost."""
    _stream(EventSplitter, data)
    _restored(data)


def ndjson(data: bytes) -> None:
    """The same of lines."""
    _stream(LineSplitter, data)


def _stream(splitter: Callable[[], Splitter], data: bytes) -> None:
    size, stream = (data[0] % 7 + 1, data[1:]) if data else (1, b"")
    whole, rest = _split(splitter(), stream, len(stream) + 1)
    pieces, late = _split(splitter(), stream, size)
    assert b"".join(event.raw for event in pieces) + late == stream
    assert b"".join(event.raw for event in whole) + rest == stream
    assert [event.data for event in pieces] == [event.data for event in whole]
    for event in whole:
        if event.data is not None:
            again, _ = _split(splitter(), event.with_data(event.data).lstrip(b"\n"), MAX_EVENT)
            assert [one.data for one in again if one.data is not None] == [event.data]


def _split(splitter: Splitter, stream: bytes, size: int) -> tuple[list[RawEvent], bytes]:
    events: list[RawEvent] = []
    for start in range(0, len(stream), size):
        try:
            events += splitter.feed(stream[start : start + size])
        except EventTooLong:
            return events, stream[sum(len(event.raw) for event in events) :]
    return events, splitter.rest()


def _restored(data: bytes) -> None:
    """A provider's stream of any bytes: restoring raises nothing, and leaves it as it is where no token stands."""
    request = parse('{"model":"m","stream":true}')
    for dialect in (CHAT, MESSAGES, RESPONSES):
        read = EventReader(partial(dialect.stream_event, request=request))
        stream = StreamRestorer(read, Originals({TOKEN: ORIGINAL}), RestoreTally())
        events, _ = _split(EventSplitter(), data, len(data) + 1)
        out = [piece for event in events for piece in stream.feed(event)] + stream.finish()
        if _CORE not in data.lower():
            assert b"".join(out) == b"".join(event.raw for event in events)


def slots(data: bytes) -> None:
    """What is taken for JSON is JSON; every dialect finds its texts, and what is put in their place is read back."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        document = parse(text, max_depth=MAX_DEPTH)
    except NotJson:
        return
    value = json.loads(text)
    for dialect in (CHAT, MESSAGES, RESPONSES, OLLAMA):
        _replaced(dialect, text, value)
    for leaf in document.leaves:
        raw = text[leaf.start : leaf.end]
        assert leaf.text == (raw if leaf.is_number else json.loads(f'"{raw}"'))


def _replaced(dialect: Dialect, text: str, value: Any) -> None:
    """Each text of a request taken by itself is replaced, and the request stays JSON."""
    if not isinstance(value, dict):
        return
    for slot in dialect.request_slots(parse(text, max_depth=MAX_DEPTH)).texts:
        edits = slot.edits_of_document(text, [Edit(0, len(slot.text), 'X"\\')])
        assert json.loads(splice(text, edits)) is not None


def tokens(data: bytes) -> None:
    """Look-alikes are apart and in order; an issued token in a text of any bytes is restored."""
    text = data.decode("utf-8", "replace")
    end = 0
    for start, stop, token in look_alikes(text, TYPES):
        assert end <= start < stop <= len(text)
        assert token
        end = stop
    searched = grammar(TYPES)
    position = 0
    while (found := searched.search(text, position)) is not None:
        assert found.end > position
        position = found.end
    for types in ((), TYPES):
        originals = Originals({TOKEN: ORIGINAL}, types)
        given = f"{text} {TOKEN} "
        back = restore(given, originals, RestoreTally())
        assert originals.wanted or ORIGINAL in back


def policy(data: bytes) -> None:
    """A policy file is a policy or told off with file and line."""
    text = data.decode("utf-8", "replace")
    try:
        document = read_document("fuzz.yaml", text, {"SET": "value"})
        compile_policies(_builtin(), [Document("fuzz.yaml", document.data, document.lines)])
    except DocumentError as error:  # a message without its place is a fault
        if not str(error).startswith("fuzz.yaml:"):
            raise


def _builtin() -> list[Document]:
    if not _BUILTIN:
        _BUILTIN.extend(builtin_documents())
    return _BUILTIN


_BUILTIN: list[Document] = []


class _File:
    """Bytes as a file that is read."""

    def __init__(self, data: bytes) -> None:
        self.name, self.data, self.size = "a.csv", data, len(data)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)


def csv(data: bytes) -> None:
    """A file of any bytes is a table or a problem that is told; rows are as wide as the heading."""
    try:
        form = CsvFormat(CsvConfig.model_validate({"types": "text"}), Boundaries(max_record=4_096))
        file = _File(data)
        for table in form.tables(file):
            names = [column.name for column in table.columns]
            assert len(names) == len(set(names))
        for batch in form.batches(file, "", Reading("a.csv", batch_rows=3)):
            assert all(len(row) == len(batch.frame.columns) for row in batch.frame.rows())
    except ConnectorProblem:
        return


def connector(data: bytes) -> None:
    """A connector's configuration is a model or a problem that does not repeat what was typed."""
    if not data:
        return
    try:
        config = yaml.safe_load(data[1:].decode("utf-8", "replace"))
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    if not isinstance(config, dict) or not all(isinstance(name, str) for name in config):
        return
    secret = "s3cr3t-of-the-fuzz"
    config = {**config, **({"password": secret} if data[0] & 1 else {})}
    try:
        checked = checked_config(_KINDS[data[0] % len(_KINDS)], config)
    except ConnectorProblem as error:
        if secret in str(error):
            raise
        return
    assert secret not in repr(checked)


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "sse": sse,
    "ndjson": ndjson,
    "slots": slots,
    "tokens": tokens,
    "policy": policy,
    "csv": csv,
    "connector": connector,
}

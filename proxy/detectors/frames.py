"""The bytes between the gateway and a detection worker: length-prefixed frames of UTF-8 and JSON.

Neither side can make the other run code (as pickle could): a worker reads hostile text all day.
Shapes: `docs/decisions/0030-detection-workers.md`.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from sys import intern
from typing import Any, BinaryIO

from proxy.core.findings import Finding
from proxy.detectors.base import Profile

PREFIX = struct.Struct(">I")
"""Every frame starts with the number of bytes that follow."""

_HEAD = struct.Struct(">II")
"""Bytes of the profile, and how many texts; their sizes follow behind the profile."""

_SIZE = array("I").itemsize


def frame(payload: bytes) -> bytes:
    """`payload` with its length before it."""
    return PREFIX.pack(len(payload)) + payload


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame's payload of a blocking stream; None when the other side has closed."""
    prefix = stream.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    size = PREFIX.unpack(prefix)[0]
    payload = stream.read(size)
    return payload if len(payload) == size else None


def encode_request(texts: Sequence[str], profile: Profile) -> bytes:
    """Texts and profile as bytes; every string survives, lone surrogates too."""
    bodies = [text.encode("utf-8", "surrogatepass") for text in texts]
    written, sizes = _written(profile), array("I", map(len, bodies)).tobytes()
    return b"".join((_HEAD.pack(len(written), len(texts)), written, sizes, *bodies))


@lru_cache(maxsize=256)
def _written(profile: Profile) -> bytes:
    """As JSON, written once: `asdict` copies all that is in it, which takes longer than all else of a request."""
    return json.dumps(asdict(profile)).encode()


def decode_request(payload: bytes) -> tuple[list[str], Profile]:
    """What `encode_request` was given. Raises ValueError where it is not whole."""
    length, count = _HEAD.unpack_from(payload)
    position = _HEAD.size + length
    profile = _read(payload[_HEAD.size : position])
    sizes = array("I", payload[position : position + count * _SIZE])
    position += count * _SIZE
    texts = []
    for size in sizes:
        texts.append(payload[position : position + size].decode("utf-8", "surrogatepass"))
        position += size
    if len(texts) != count or position != len(payload):
        raise ValueError("a request to a detection worker is cut off or too long")
    return texts, profile


@lru_cache(maxsize=256)
def _read(written: bytes) -> Profile:
    """The same profile for the same bytes, read once."""
    return Profile(**{name: _frozen(value) for name, value in json.loads(written).items()})


def _frozen(value: Any) -> Any:  # noqa: ANN401 - JSON values have no narrower type
    """JSON's lists as the tuples that they were."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def encode_findings(results: Sequence[Sequence[Finding] | None]) -> bytes:
    """Findings per text as bytes; None stands for a text that could not be looked at."""
    rows = [
        None if found is None else [(f.start, f.end, f.entity_type, f.score, f.detector) for f in found]
        for found in results
    ]
    return json.dumps({"results": rows}).encode()


def encode_loaded(names: Sequence[str]) -> bytes:
    """A worker's word that it is ready, with the names of the engines that it has loaded."""
    return json.dumps({"loaded": list(names)}).encode()


def decode_loaded(payload: bytes) -> tuple[str, ...]:
    """The names of `encode_loaded`. Raises RuntimeError with the reason of an `encode_failure`."""
    answer = json.loads(payload)
    if "failure" in answer:
        raise RuntimeError(answer["failure"])
    return tuple(answer["loaded"])


def encode_failure(reason: str) -> bytes:
    """A worker's word that it cannot start. `reason` never holds text that a client sent."""
    return json.dumps({"failure": reason}).encode()


def decode_answer(payload: bytes) -> list[list[Finding] | None]:
    """Findings per text, None for a failed one; types and detectors are interned: a cache holds many of them."""
    return [
        None if rows is None else [Finding(a, b, intern(kind), score, intern(name)) for a, b, kind, score, name in rows]
        for rows in json.loads(payload)["results"]
    ]

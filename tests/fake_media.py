"""OpenAI's routes for images, sound and decisions for `FakeProvider`: what is asked is echoed in the answer's texts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

_FIELD = re.compile(rb'name="([^"]+)"\r\n\r\n(.*?)\r\n--', re.DOTALL)
PICTURE = base64.b64encode(b"a picture").decode()


def form_of(body: bytes) -> dict[str, Any]:
    """Fields of a form that are no files; the last one where names repeat."""
    return {name.decode(): value.decode() for name, value in _FIELD.findall(body)}


def media(tail: str, asked: dict[str, Any], size: int) -> Any:
    """A JSON value, an iterator of events, or bytes (a voice, or a text); None for a route of others."""
    if tail in ("/images/generations", "/images/edits", "/images/variations"):
        return _drawn(asked)
    if tail == "/audio/speech":
        return b"ID3" + asked["input"].encode()
    if tail in ("/audio/transcriptions", "/audio/translations"):
        return _heard(asked, size)
    return _decided(asked) if tail == "/decisions" else None


def _drawn(asked: dict[str, Any]) -> Any:
    picture = {"b64_json": PICTURE, "revised_prompt": asked.get("prompt", "")}
    if asked.get("stream") in (True, "true"):
        kinds = ("image_generation.partial_image", "image_generation.completed")
        return iter([_event(kind, b64_json=PICTURE, user=asked.get("prompt")) for kind in kinds])
    return {"created": 1, "data": [picture], "usage": {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11}}


def _heard(asked: dict[str, Any], size: int) -> Any:
    text = f"We heard: {asked.get('prompt', '')} {asked.get('known_speaker_names[]', '')}"
    if asked.get("stream") == "true":
        return _told(text, size or 3)
    if asked.get("response_format") in ("text", "srt", "vtt"):
        return text.encode()
    words = [{"word": text, "start": 0.0, "end": 1.0}]
    return {"text": text, "words": words, "duration": 1.0, "language": "english"}


def _told(text: str, size: int) -> Iterator[bytes]:
    for start in range(0, len(text), size):
        yield _event("transcript.text.delta", delta=text[start : start + size])
    yield _event("transcript.text.done", text=text)


def _decided(asked: dict[str, Any]) -> Any:
    answers = []
    for question in asked["questions"]:
        values = [choice["value"] for choice in question["choices"]]
        answer = {"type": "choice", "name": question["name"], "choice": values[0], "confidence": 0.5}
        answers.append(answer | {"probabilities": [{"value": value, "probability": 0.5} for value in values]})
    usage = {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11}
    return {"answers": answers, "model": asked["model"], "usage": usage}


def _event(kind: str, **data: object) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + json.dumps({"type": kind, **data}).encode() + b"\n\n"

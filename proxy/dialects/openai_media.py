"""OpenAI's routes for images and sound: what is written leaves scrambled, pictures and recordings by policy.

Their files cannot be looked into, and a voice would say tokens: `unscannable` of the policy decides about both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from proxy.core.jsontext import Document, Edit, Leaf
from proxy.core.slots import (
    FLAG,
    MODEL,
    TEXT,
    UNSCANNABLE,
    Field,
    Node,
    Slots,
    TextSlot,
    opaque,
    owned,
    plain,
    rules,
    slots_of,
)
from proxy.core.streams import ChannelText, StreamEvent
from proxy.dialects.answers import count
from proxy.dialects.base import Traits
from proxy.dialects.openai_other import KINDS, PlainRoute, with_model_named
from proxy.dialects.openai_responses_answers import event_meaning

_FIRST_IMAGE_MODEL: Final = "dall-e-2"
"""The model that the provider takes when a request for images names none."""
_TRUTH: Final = plain("true", "false")
_NUMBER: Final = opaque(r"-?\d{1,9}(?:\.\d{1,9})?")
"""A number, as forms write it."""
LEFT_ALONE: Final = frozenset({"b64_json", "audio", "id", "type", "logprobs", "usage", "svg_usage"})
"""Keys of an answer below which nothing is restored: pictures, sound, ids, and pieces of tokens."""

_DRAWN: Final[dict[str, Field | Node]] = {
    "prompt": TEXT,
    "model": MODEL,
    "user": TEXT,
    "safety_identifier": TEXT,
    "background": plain("transparent", "opaque", "auto"),
    "complexity": plain("low", "medium", "high"),
    "input_fidelity": plain("high", "low"),
    "moderation": plain("low", "auto"),
    "output_format": plain("png", "webp", "jpeg", "gif", "svg"),
    "quality": plain("low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"),
    "response_format": plain("url", "b64_json"),
    "size": opaque(r"auto|\d{2,5}x\d{2,5}"),
    "style": plain("vivid", "natural"),
}
_EFFORT: Final = plain("none", "minimal", "low", "medium", "high", "xhigh", "max")
_COUNTS: Final = ("n", "frame_count", "frame_duration_ms", "output_compression", "partial_images")
_PICTURES: Final = frozenset({"image", "image[]", "mask", "markup"})
IMAGES_REQUEST: Final = rules(
    {
        **_DRAWN,
        "svg.model": MODEL,
        "svg.reasoning.effort": _EFFORT,
        **dict.fromkeys((*_COUNTS, "stream"), FLAG),
    }
)
EDITS_REQUEST: Final = rules(
    {
        **_DRAWN,
        "svg[model]": MODEL,
        "svg[reasoning][effort]": _EFFORT,
        "stream": _TRUTH,
        **dict.fromkeys(_COUNTS, _NUMBER),
        **dict.fromkeys(_PICTURES, UNSCANNABLE),
    }
)
SPEECH_REQUEST: Final = rules(
    {
        "input": TEXT,
        "instructions": TEXT,
        "model": MODEL,
        "voice": plain(
            *"alloy ash ballad coral echo sage shimmer verse marin cedar fable onyx nova".split(),
        ),
        "voice.id": owned(opaque(r"voice_[A-Za-z0-9_-]{1,160}")),
        "response_format": plain("mp3", "opus", "aac", "flac", "wav", "pcm"),
        "stream_format": plain("sse", "audio"),
        "speed": FLAG,
    }
)
TRANSCRIPTS_REQUEST: Final = rules(
    {
        "file": UNSCANNABLE,
        "model": MODEL,
        "prompt": TEXT,
        "response_format": plain("json", "text", "srt", "verbose_json", "vtt", "diarized_json"),
        "temperature": _NUMBER,
        "language": opaque(r"[a-z]{2,3}(?:-[A-Z]{2})?"),
        "languages[]": opaque(r"[a-z]{2,3}(?:-[A-Z]{2})?"),
        "stream": _TRUTH,
        "include[]": plain("logprobs"),
        "timestamp_granularities[]": plain("word", "segment"),
        "keywords[]": TEXT,
        "known_speaker_names[]": TEXT,
        "known_speaker_references[]": UNSCANNABLE,
        "chunking_strategy": plain("auto"),
        "chunking_strategy[type]": plain("server_vad"),
        **{f"chunking_strategy[{name}]": _NUMBER for name in ("prefix_padding_ms", "silence_duration_ms", "threshold")},
    }
)


class _Media(PlainRoute):
    """What the routes for images and sound have in common."""

    prompt = "prompt"

    def request_slots(self, body: Document) -> Slots:
        """Texts in the order of the document, and the files."""
        return slots_of(body, self.rules)

    def wants_stream(self, body: Document) -> bool:
        """Whether `stream` is true; forms write it as a word."""
        return body.is_true("stream") or body.value("stream") == "true"

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Every string but pictures, sound and pieces of tokens."""
        del request
        return [ChannelText(leaf, leaf.path, whole=True) for leaf in body.leaves if _is_restored(leaf)]

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """Texts of an event; those of a transcript go on from event to event."""
        del request
        meaning = event_meaning(data, structured=False)
        return replace(meaning, texts=[text for text in meaning.texts if _is_restored(text.leaf)])

    def usage(self, body: Document) -> tuple[int, int] | None:
        """`usage.input_tokens` and `usage.output_tokens`."""
        given = count(body, "usage", "input_tokens")
        return None if given is None else (given, count(body, "usage", "output_tokens") or 0)


def _is_restored(leaf: Leaf) -> bool:
    return not leaf.is_key and not leaf.is_number and LEFT_ALONE.isdisjoint(leaf.path)


class Images(_Media):
    """`POST /v1/images/generations`: the prompt leaves scrambled; a picture that is to show a name shows its token."""

    traits = Traits(kinds=KINDS)
    rules = IMAGES_REQUEST

    def model(self, body: Document) -> str | None:
        """Name of the model that the client asks for, or the provider's own choice."""
        return body.value("model") or _FIRST_IMAGE_MODEL

    def with_model(self, body: Document, model: str) -> list[Edit]:
        """Edits that put another model name into the request, also where it names none."""
        return with_model_named(body, model)


class ImageEdits(Images):
    """`POST /v1/images/edits` and `/v1/images/variations`: a form with pictures, which cannot be looked into."""

    traits = Traits(kinds=KINDS, form=_PICTURES)
    rules = EDITS_REQUEST


class Speech(_Media):
    """`POST /v1/audio/speech`: the text leaves scrambled, so the voice says tokens; only where a policy allows it."""

    traits = Traits(
        kinds=KINDS,
        answers="bytes",
        advice="A voice would say tokens in the place of names and numbers; `unscannable: allow` lets it.",
    )
    rules = SPEECH_REQUEST
    prompt = "input"

    def request_slots(self, body: Document) -> Slots:
        """Texts in the order of the document; the answer is what cannot be read."""
        return replace(slots_of(body, self.rules), unscannable=[("answer",)])


class Transcripts(_Media):
    """`POST /v1/audio/transcriptions` and `/v1/audio/translations`: a form with a recording; text comes back.

    What was said is new to the gateway: the policy's `output` looks into it.
    """

    traits = Traits(kinds=KINDS, form=frozenset({"file"}), answers="text")
    rules = TRANSCRIPTS_REQUEST

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """All texts: each request is a conversation of its own."""
        del body
        return [slot.text for slot in texts]


IMAGES: Final = Images()
IMAGE_EDITS: Final = ImageEdits()
SPEECH: Final = Speech()
TRANSCRIPTS: Final = Transcripts()

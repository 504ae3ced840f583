"""OpenAI's smaller routes: legacy completions in full; embeddings and moderations, whose texts only go out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from proxy.core.jsontext import Document, Edit, Path, escape, parse
from proxy.core.slots import FLAG, MODEL, TEXT, UNSCANNABLE, Node, Slots, TextSlot, plain, rules, slots_of
from proxy.core.streams import Channel, ChannelText, StreamEvent
from proxy.dialects.base import Traits
from proxy.dialects.openai_chat import CHAT
from proxy.errors import StingError

_SEND_TEXT: Final = (
    "Token ids cannot be looked into: send text. In LangChain, `OpenAIEmbeddings(check_embedding_ctx_length=False)` "
    "does."
)
KINDS: Final = ("openai", "azure_openai", "ollama", "demo")
_MODERATION: Final = "omni-moderation-latest"
"""The model that the provider takes when the request names none."""

COMPLETIONS_REQUEST: Final = rules(
    {
        "model": MODEL,
        "prompt": TEXT,
        "prompt.*": TEXT,
        "suffix": TEXT,
        "stop": TEXT,
        "stop.*": TEXT,
        "user": TEXT,
        "logit_bias.{}": FLAG,
        **dict.fromkeys(
            "max_tokens n seed temperature top_p best_of logprobs presence_penalty frequency_penalty".split(), FLAG
        ),
    }
)
EMBEDDINGS_REQUEST: Final = rules(
    {
        "model": MODEL,
        "input": TEXT,
        "input.*": TEXT,
        "user": TEXT,
        "encoding_format": plain("float", "base64"),
        "dimensions": FLAG,
    }
)
MODERATIONS_REQUEST: Final = rules(
    {
        "model": MODEL,
        "input": TEXT,
        "input.*": TEXT,
        "input.*.type": plain("text", "image_url"),
        "input.*.text": TEXT,
        "input.*.image_url.url": UNSCANNABLE,
    }
)
COMPLETION_LEFT_ALONE: Final = frozenset("id object model system_fingerprint finish_reason logprobs usage type".split())


class PlainRoute:
    """What the smaller routes have in common."""

    name = "openai"
    traits = Traits(kinds=KINDS)
    rules: Node
    prompt: str
    """The field that holds the texts, or token ids in their place."""

    def model(self, body: Document) -> str | None:
        """Name of the model that the client asks for."""
        return body.value("model")

    def wants_stream(self, body: Document) -> bool:
        """Whether `stream` is true."""
        return body.is_true("stream")

    def request_slots(self, body: Document) -> Slots:
        """Texts in the order of the document. Token ids cannot be read, however few there are."""
        slots = slots_of(body, self.rules)
        return replace(slots, unscannable=[*slots.unscannable, *_token_ids(body, self.prompt)])

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """The prompts: each request is a conversation of its own."""
        del body
        return [slot.text for slot in texts if slot.path and slot.path[0] == self.prompt]

    def with_model(self, body: Document, model: str) -> list[Edit]:
        """Edits that put another model name into the request."""
        return CHAT.with_model(body, model)

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """No place for a notice."""
        del body, notice
        return []

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """What an error says; nothing else in the answer can hold tokens."""
        del request
        return [
            ChannelText(leaf, leaf.path, whole=True)
            for leaf in body.leaves
            if leaf.path[:1] == ("error",) and not leaf.is_key and not leaf.is_number
        ]

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """No stream comes from here, so every string of one is whole."""
        return StreamEvent(self.response_texts(parse(data), request))

    def error_body(self, error: StingError) -> bytes:
        """OpenAI's error."""
        return CHAT.error_body(error)

    def stream_error(self, error: StingError) -> bytes:
        """An error event; the SDKs raise on it."""
        return CHAT.stream_error(error)

    def usage(self, body: Document) -> tuple[int, int] | None:
        """`usage.prompt_tokens` and `usage.completion_tokens`."""
        return CHAT.usage(body)


class Completions(PlainRoute):
    """`POST /v1/completions`: prompts in, texts out, plain and streamed."""

    traits = Traits(kinds=KINDS, advice=_SEND_TEXT)
    rules = COMPLETIONS_REQUEST
    prompt = "prompt"

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Texts of the choices and of an error; log probabilities hold pieces of tokens and stay."""
        del request
        return self._texts(body, whole=True)

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """Texts of an event by choice; a choice ends with its `finish_reason`."""
        del request
        body = parse(data)
        ends: list[Channel] = [
            _choice(body, leaf.path)
            for leaf in body.leaves
            if leaf.path[:1] == ("choices",) and leaf.path[2:] == ("finish_reason",) and not leaf.is_key
        ]
        return StreamEvent(self._texts(body, whole=False), ends)

    @staticmethod
    def _texts(body: Document, *, whole: bool) -> list[ChannelText]:
        texts: list[ChannelText] = []
        for leaf in body.leaves:
            if leaf.is_key or leaf.is_number or not COMPLETION_LEFT_ALONE.isdisjoint(leaf.path):
                continue
            goes_on = not whole and leaf.path[:1] == ("choices",) and len(leaf.path) > 1
            channel = (*_choice(body, leaf.path), *leaf.path[2:]) if goes_on else leaf.path
            texts.append(ChannelText(leaf, channel, whole=not goes_on))
        return texts


class Embeddings(PlainRoute):
    """`POST /v1/embeddings`: texts go out scrambled, numbers come back."""

    traits = Traits(kinds=KINDS, keeps=False, advice=_SEND_TEXT)
    rules = EMBEDDINGS_REQUEST
    prompt = "input"

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """Nothing: what is indexed today is looked for tomorrow, so all embeddings of a vault name values alike."""
        del body, texts
        return ()


class Moderations(PlainRoute):
    """`POST /v1/moderations`: texts go out scrambled, scores come back."""

    traits = Traits(kinds=KINDS, keeps=False)
    rules = MODERATIONS_REQUEST
    prompt = "input"

    def model(self, body: Document) -> str | None:
        """Name of the model that the client asks for, or the provider's own choice."""
        return body.value("model") or _MODERATION

    def with_model(self, body: Document, model: str) -> list[Edit]:
        """Edits that put another model name into the request, also where it names none."""
        return with_model_named(body, model)


def with_model_named(body: Document, model: str) -> list[Edit]:
    """Edits that put another model name into a request, also where it names none."""
    edits = CHAT.with_model(body, model)
    if edits or ("model",) in body.scalars:
        return edits
    start = body.containers[()][0] + 1
    comma = "," if body.leaves else ""
    return [Edit(start, start, f'"model":"{escape(model)}"{comma}')]


def _token_ids(body: Document, field: str) -> list[Path]:
    """The field, when numbers stand where texts should."""
    first, nested = (field, 0), (field, 0, 0)
    numbers = [path for path in body.scalars if path[0] == field and len(path) in (len(first), len(nested))]
    return [(field,)] if numbers else []


def _choice(body: Document, path: Path) -> Channel:
    """The choice that a path leads into, by the `index` that it carries, else by its position."""
    given = body.scalars.get((*path[:2], "index"))
    return ("choices", int(given) if given is not None and given.isdigit() else path[1])


COMPLETIONS: Final = Completions()
EMBEDDINGS: Final = Embeddings()
MODERATIONS: Final = Moderations()

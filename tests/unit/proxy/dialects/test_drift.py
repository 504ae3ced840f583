"""Drift alarm: every string that an SDK's types allow has a class in our rules, named in tests/golden/drift/*.txt.

When an SDK grows a field this fails until a person has decided what it is: unknown request fields are scanned and
unknown answer fields are restored until then, but ids, signatures and what cannot be read must not be. After deciding
(and, where needed, changing the rules), `python tests/unit/proxy/dialects/test_drift.py` writes the files anew; the
difference is what a reviewer reads.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic.types
import anthropic.types.beta
import ollama._types
import openai.types
import openai.types.audio
import openai.types.chat
import openai.types.conversations
import openai.types.responses
import pytest
from anthropic.types.beta.message_create_params import MessageCreateParamsNonStreaming as BetaMessageParams
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from anthropic.types.messages.batch_create_params import BatchCreateParams as MessageBatchParams
from openai.types.audio.speech_create_params import SpeechCreateParams
from openai.types.audio.transcription_create_params import TranscriptionCreateParamsNonStreaming
from openai.types.batch_create_params import BatchCreateParams
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.chat.completion_update_params import CompletionUpdateParams
from openai.types.completion_create_params import CompletionCreateParamsNonStreaming as LegacyCompletionParams
from openai.types.conversations.conversation_create_params import ConversationCreateParams
from openai.types.decision_create_params import DecisionCreateParams
from openai.types.image_create_variation_params import ImageCreateVariationParams
from openai.types.image_edit_params import ImageEditParamsNonStreaming
from openai.types.image_generate_params import ImageGenerateParamsNonStreaming
from openai.types.responses.response_compact_params import ResponseCompactParams
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from openai.types.vector_store_create_params import VectorStoreCreateParams
from openai.types.vector_store_search_params import VectorStoreSearchParams
from openai.types.vector_store_update_params import VectorStoreUpdateParams
from openai.types.vector_stores.file_batch_create_params import FileBatchCreateParams
from openai.types.vector_stores.file_create_params import FileCreateParams as StoreFileParams
from openai.types.vector_stores.file_update_params import FileUpdateParams as StoreFileUpdateParams

from proxy.core.jsontext import Leaf
from proxy.core.slots import ANYTHING, Kind, Node
from proxy.dialects import (
    anthropic_answers,
    anthropic_blocks,
    anthropic_fields,
    batches,
    ollama_fields,
    openai_chat_stored,
    openai_decisions,
    openai_fields,
    openai_media,
    openai_other,
    openai_responses_answers,
    openai_responses_fields,
    openai_stores,
)
from proxy.dialects.answers import left_alone
from tests.unit.proxy.dialects.sdk_leaves import ANY_STRING, string_leaves

GOLDEN = Path(__file__).parents[3] / "golden" / "drift"


def asked(rules: Node) -> Callable[[str, set[str]], str]:
    """Class of a request's string: what our rules call it, and the enumerated values that they do not know."""

    def classed(path: str, values: set[str]) -> str:
        node: Node | None = rules
        for step in path.split("."):
            if node is None or step == "**":
                node = None
                break
            node = node.any_item if step == "*" else node.any_key if step == "{}" else node.children.get(step)
        field = node.ends if node is not None else None
        if field is None:
            return "text"
        if field.shape is None:
            return "plain" if field is ANYTHING else field.kind.value
        unknown = sorted(value for value in values - {ANY_STRING} if not field.shape.fullmatch(value))
        kind = (
            field.kind.value
            if field.kind is Kind.PLAIN and ANY_STRING not in values
            else f"{field.kind.value} by shape"
        )
        return f"{kind}, text when {', '.join(unknown)}" if unknown else kind

    return classed


def asked_by_form(rules: Node) -> Callable[[str, set[str]], str]:
    """The same of a form, which writes `a.*` as `a[]` and `a.b` as `a[b]`; a lone file has a name without brackets."""
    classed = asked(rules)

    def named(path: str, values: set[str]) -> str:
        first, *more = path.split(".")
        return classed(first + "".join(f"[{step.removesuffix('*')}]" for step in more), values)

    return named


def answered(alone: Callable[[Leaf], bool]) -> Callable[[str, set[str]], str]:
    """Class of an answer's string: restored, or left alone."""

    def classed(path: str, values: set[str]) -> str:
        del values
        steps = tuple(0 if step == "*" else step for step in path.split("."))
        return "left alone" if alone(Leaf(steps, 0, 0, "")) else "restored"

    return classed


def by_rules(rules: Node) -> Callable[[str, set[str]], str]:
    return answered(lambda leaf: left_alone(rules, leaf))


def by_names(names: frozenset[str]) -> Callable[[str, set[str]], str]:
    return answered(lambda leaf: not names.isdisjoint(step for step in leaf.path if isinstance(step, str)))


@dataclass(frozen=True)
class Surface:
    """One type of an SDK, and how our rules class its strings."""

    kind: Any
    classed: Callable[[str, set[str]], str]

    def lines(self) -> dict[str, str]:
        """Path -> class."""
        return {path: self.classed(path, values) for path, values in string_leaves(self.kind).items()}


_CHAT_ANSWER = by_names(openai_fields.CHAT_RESPONSE_LEFT_ALONE)
_OLLAMA_ANSWER = by_rules(ollama_fields.ANSWER_LEFT_ALONE)
_MEDIA_ANSWER = by_names(openai_media.LEFT_ALONE)
_RESPONSES_ANSWER = by_names(openai_responses_answers.LEFT_ALONE)
_STORES = asked(openai_stores.STORES_REQUEST)
SURFACES = {
    "openai-chat-request": Surface(CompletionCreateParamsNonStreaming, asked(openai_fields.CHAT_REQUEST)),
    "openai-chat-answer": Surface(openai.types.chat.ChatCompletion, _CHAT_ANSWER),
    "openai-chat-chunk": Surface(openai.types.chat.ChatCompletionChunk, _CHAT_ANSWER),
    "openai-responses-request": Surface(
        ResponseCreateParamsNonStreaming, asked(openai_responses_fields.RESPONSES_REQUEST)
    ),
    "openai-responses-answer": Surface(openai.types.responses.Response, _RESPONSES_ANSWER),
    "openai-responses-event": Surface(openai.types.responses.ResponseStreamEvent, _RESPONSES_ANSWER),
    "openai-conversations-request": Surface(
        ConversationCreateParams, asked(openai_responses_fields.CONVERSATION_REQUEST)
    ),
    "openai-conversations-item": Surface(openai.types.conversations.ConversationItem, _RESPONSES_ANSWER),
    "openai-completions-request": Surface(LegacyCompletionParams, asked(openai_other.COMPLETIONS_REQUEST)),
    "openai-completions-answer": Surface(openai.types.Completion, by_names(openai_other.COMPLETION_LEFT_ALONE)),
    "openai-embeddings-request": Surface(openai.types.EmbeddingCreateParams, asked(openai_other.EMBEDDINGS_REQUEST)),
    "openai-moderations-request": Surface(openai.types.ModerationCreateParams, asked(openai_other.MODERATIONS_REQUEST)),
    "openai-decisions-request": Surface(DecisionCreateParams, asked(openai_decisions.DECISIONS_REQUEST)),
    "openai-decisions-answer": Surface(openai.types.Decision, by_names(openai_decisions.LEFT_ALONE)),
    "openai-compaction-request": Surface(ResponseCompactParams, asked(openai_responses_fields.RESPONSES_REQUEST)),
    "openai-compaction-answer": Surface(openai.types.responses.CompactedResponse, _RESPONSES_ANSWER),
    "openai-images-request": Surface(ImageGenerateParamsNonStreaming, asked(openai_media.IMAGES_REQUEST)),
    "openai-images-form": Surface(ImageEditParamsNonStreaming, asked_by_form(openai_media.EDITS_REQUEST)),
    "openai-images-variation-form": Surface(ImageCreateVariationParams, asked_by_form(openai_media.EDITS_REQUEST)),
    "openai-images-answer": Surface(openai.types.ImagesResponse, _MEDIA_ANSWER),
    "openai-images-event": Surface(openai.types.ImageGenStreamEvent, _MEDIA_ANSWER),
    "openai-chat-change": Surface(CompletionUpdateParams, asked(openai_chat_stored.CHANGES_REQUEST)),
    "openai-batches-request": Surface(BatchCreateParams, asked(batches.BATCHES_REQUEST)),
    "openai-stores-request": Surface(VectorStoreCreateParams, _STORES),
    "openai-stores-change": Surface(VectorStoreUpdateParams, _STORES),
    "openai-stores-search": Surface(VectorStoreSearchParams, _STORES),
    "openai-stores-file": Surface(StoreFileParams, _STORES),
    "openai-stores-file-change": Surface(StoreFileUpdateParams, _STORES),
    "openai-stores-files": Surface(FileBatchCreateParams, _STORES),
    "anthropic-batches-request": Surface(MessageBatchParams, asked(batches.MESSAGE_BATCH_REQUEST)),
    "openai-speech-request": Surface(SpeechCreateParams, asked(openai_media.SPEECH_REQUEST)),
    "openai-transcription-form": Surface(
        TranscriptionCreateParamsNonStreaming, asked_by_form(openai_media.TRANSCRIPTS_REQUEST)
    ),
    "openai-transcription-answer": Surface(openai.types.audio.TranscriptionVerbose, _MEDIA_ANSWER),
    "openai-transcription-event": Surface(openai.types.audio.TranscriptionStreamEvent, _MEDIA_ANSWER),
    "anthropic-messages-request": Surface(MessageCreateParamsNonStreaming, asked(anthropic_fields.MESSAGES_REQUEST)),
    "anthropic-beta-messages-request": Surface(BetaMessageParams, asked(anthropic_fields.MESSAGES_REQUEST)),
    "anthropic-messages-answer": Surface(anthropic.types.Message, by_rules(anthropic_answers.MESSAGE)),
    "anthropic-beta-messages-answer": Surface(anthropic.types.beta.BetaMessage, by_rules(anthropic_answers.MESSAGE)),
    "anthropic-messages-event": Surface(anthropic.types.RawMessageStreamEvent, by_rules(anthropic_answers.EVENT)),
    "anthropic-beta-messages-event": Surface(
        anthropic.types.beta.BetaRawMessageStreamEvent, by_rules(anthropic_answers.EVENT)
    ),
    "ollama-chat-request": Surface(ollama._types.ChatRequest, asked(ollama_fields.CHAT_REQUEST)),
    "ollama-chat-answer": Surface(ollama._types.ChatResponse, _OLLAMA_ANSWER),
    "ollama-generate-request": Surface(ollama._types.GenerateRequest, asked(ollama_fields.GENERATE_REQUEST)),
    "ollama-generate-answer": Surface(ollama._types.GenerateResponse, _OLLAMA_ANSWER),
    "ollama-embed-request": Surface(ollama._types.EmbedRequest, asked(ollama_fields.EMBED_REQUEST)),
    "ollama-embeddings-request": Surface(ollama._types.EmbeddingsRequest, asked(ollama_fields.EMBED_REQUEST)),
}


def named(surface: str) -> dict[str, str]:
    """Path -> class as a person accepted it."""
    lines = (GOLDEN / f"{surface}.txt").read_text().splitlines()
    return dict(line.split("  ", 1) for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("surface", SURFACES)
def test_every_string_of_the_sdks_types_has_the_class_that_a_person_accepted(surface: str) -> None:
    accepted, found = named(surface), SURFACES[surface].lines()
    new = {path: kind for path, kind in found.items() if path not in accepted}
    moved = {path: (accepted[path], kind) for path, kind in found.items() if accepted.get(path, kind) != kind}
    assert not new, "the SDK has grown strings that nobody has classified yet (see the top of this file)"
    assert not moved, "these are classed otherwise than a person accepted: (accepted, now)"


def test_the_walk_sees_what_the_inventory_says_matters() -> None:
    request = SURFACES["anthropic-messages-request"].lines()
    assert request["messages.*.content.*.text"] == "text"
    assert request["messages.*.content.*.input.{}.**"] == "text"
    assert request["messages.*.content.*.signature"] == "opaque by shape"
    assert request["messages.*.content.*.source.data"] == "unscannable"
    assert request["messages.*.role"] == "plain"
    assert SURFACES["openai-chat-request"].lines()["messages.*.tool_calls.*.function.arguments"] == "text"
    assert SURFACES["ollama-chat-request"].lines()["messages.*.images.*"] == "unscannable"
    assert SURFACES["anthropic-messages-event"].lines()["delta.thinking"] == "left alone"
    assert SURFACES["anthropic-messages-event"].lines()["delta.partial_json"] == "restored"


def test_a_field_that_an_sdk_grows_is_noticed() -> None:
    lines = string_leaves(anthropic.types.TextBlockParam)
    assert "text" in lines
    assert asked(anthropic_blocks.BLOCK)("whisper", {ANY_STRING}) == "text"
    assert asked(anthropic_blocks.BLOCK)("type", {"text", "whisper"}) == "plain, text when whisper"


def write() -> None:
    """Write the files from what the rules say now."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, surface in SURFACES.items():
        lines = [f"{path}  {kind}" for path, kind in sorted(surface.lines().items())]
        (GOLDEN / f"{name}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write()
    sys.exit(0)

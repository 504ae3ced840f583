"""Every id that a request can name, by the SDKs' types: an object that must be the caller's own, or why it need not be.

When an SDK grows a field with an id, this fails until a person has decided: `owned(...)` in the rules, or a line here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import ollama._types
import openai.types.responses
import pytest
from anthropic.types.beta.message_create_params import MessageCreateParamsNonStreaming as BetaMessageParams
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from anthropic.types.messages.batch_create_params import BatchCreateParams as MessageBatchParams
from openai.types.audio.speech_create_params import SpeechCreateParams
from openai.types.batch_create_params import BatchCreateParams
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.completion_create_params import CompletionCreateParamsNonStreaming as LegacyCompletionParams
from openai.types.conversations.conversation_create_params import ConversationCreateParams
from openai.types.decision_create_params import DecisionCreateParams
from openai.types.image_generate_params import ImageGenerateParamsNonStreaming
from openai.types.realtime.response_create_event_param import ResponseCreateEventParam
from openai.types.realtime.session_update_event_param import SessionUpdateEventParam
from openai.types.responses.response_compact_params import ResponseCompactParams
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from openai.types.vector_store_create_params import VectorStoreCreateParams
from openai.types.vector_store_search_params import VectorStoreSearchParams
from openai.types.vector_stores.file_batch_create_params import FileBatchCreateParams
from openai.types.vector_stores.file_create_params import FileCreateParams as StoreFileParams

from proxy.core.jsontext import parse
from proxy.dialects import (
    anthropic_messages,
    batches,
    kept,
    openai_chat,
    openai_decisions,
    openai_media,
    openai_other,
    openai_responses,
    openai_sockets,
    openai_stores,
)
from proxy.dialects import (
    ollama as ollama_dialect,
)
from proxy.dialects.base import Dialect
from tests.unit.proxy.dialects.sdk_leaves import string_leaves

SURFACES: dict[str, tuple[Any, Callable[[], Dialect]]] = {
    "chat": (CompletionCreateParamsNonStreaming, lambda: openai_chat.CHAT),
    "completions": (LegacyCompletionParams, lambda: openai_other.COMPLETIONS),
    "embeddings": (openai.types.EmbeddingCreateParams, lambda: openai_other.EMBEDDINGS),
    "moderations": (openai.types.ModerationCreateParams, lambda: openai_other.MODERATIONS),
    "decisions": (DecisionCreateParams, lambda: openai_decisions.DECISIONS),
    "responses": (ResponseCreateParamsNonStreaming, lambda: openai_responses.RESPONSES),
    "compaction": (ResponseCompactParams, lambda: openai_responses.COMPACTION),
    "conversations": (ConversationCreateParams, lambda: openai_responses.CONVERSATIONS),
    "realtime-response": (ResponseCreateEventParam, openai_sockets.RealtimeEvents),
    "realtime-session": (SessionUpdateEventParam, openai_sockets.RealtimeEvents),
    "images": (ImageGenerateParamsNonStreaming, lambda: openai_media.IMAGES),
    "speech": (SpeechCreateParams, lambda: openai_media.SPEECH),
    "batches": (BatchCreateParams, lambda: batches.BATCHES),
    "stores": (VectorStoreCreateParams, lambda: openai_stores.VECTOR_STORES),
    "stores-search": (VectorStoreSearchParams, lambda: openai_stores.VECTOR_STORES),
    "stores-file": (StoreFileParams, lambda: openai_stores.VECTOR_STORES),
    "stores-files": (FileBatchCreateParams, lambda: openai_stores.VECTOR_STORES),
    "messages": (MessageCreateParamsNonStreaming, lambda: anthropic_messages.MESSAGES),
    "messages-beta": (BetaMessageParams, lambda: kept.KEPT_MESSAGES),
    "message-batches": (MessageBatchParams, lambda: batches.MESSAGE_BATCHES),
    "ollama-chat": (ollama._types.ChatRequest, lambda: ollama_dialect.CHAT),
    "ollama-generate": (ollama._types.GenerateRequest, lambda: ollama_dialect.GENERATE),
    "ollama-embed": (ollama._types.EmbedRequest, lambda: ollama_dialect.EMBED),
}

_ID_LIKE = re.compile(r"(?:.*_)?(?:ids?|container|conversation|fingerprint|voice)(?:\.\*)?|.*_(?:ref|reference|handle)")

NEED_NOT_BE_OWN = {
    r".*\b(?:call_id|caller_id|tool_id|tool_use_id|tool_call_id|event_id|item_id|approval_request_id)": (
        "pairs calls and results within the request, the response that it goes on from, or the connection"
    ),
    r".*tool_calls\.\*\.id|.*safety_checks\.\*\.id|messages\.\*\.content\.\*\.id|.*\.tool_use\.id": "the same",
    r"requests\.\*\.params\.messages\.\*\.content\.\*\.id": "the same",
    r"(?:input|items|response\.input)\.\*\.id": "content stands beside it; references are told by their structure",
    r".*annotations\.\*\.(?:file_id|container_id)|.*citations\.\*\.file_id|.*results\.\*\.file_id": (
        "says where an answer of before had it from; nothing is opened"
    ),
    r".*(?:tab_id|download_id)": "what a client's own browser calls its pages",
    r".*metadata\.user_id|user_id|.*end_user_id": "the client's own name for its user: text",
    r".*custom_id|session\.tracing\.group_id": "the client's own name for a request: text",
    r".*connector_id": "a word of a closed list",
    r".*continuation_id": "the client's own word; it brings no history, says OpenAI",
    r".*\.fingerprint": "a seal beside the content that it seals",
    r"(?:input\.\*\.|items\.\*\.|response\.input\.\*\.)?(?:object|created_by)": "no id to open",
    r"user_profile_id|workspace_id": "a header of the SDK, and on no list of what leaves; in a body it is looked up",
    r"session\.audio\..*|response\.audio\..*|.*\.audio\.output\.voice.*|.*input_audio.*": "audio never passes",
    r"session\.(?:id|object)": "the connection's own",
    r"voice|audio\.voice": "a word of a closed list, or scanned as text",
    r"response\.conversation|conversation_mode": "`auto` or `none`",
}
"""Paths in full, as regular expressions, and why what stands there opens nothing of another's."""


def body_with(path: str, value: str) -> str:
    """A body with a string at a path of the types."""
    made: Any = value
    for step in reversed(path.split(".")):
        made = [made] if step == "*" else {"key" if step in ("{}", "**") else step: made}
    return json.dumps(made)


def is_checked(dialect: Dialect, path: str) -> bool:
    """Whether an id there is looked up as the caller's own, in the provider's shape and in no shape at all."""
    state = dialect.traits.state
    for value in ("cntr_68a1", "résumé 7"):
        document = parse(body_with(path, value))
        try:
            found = {leaf.text for leaf in dialect.request_slots(document).owned}
            found |= {name for _, name in state.named(document)} if state is not None else set()
        except Exception:  # noqa: BLE001 - a body without what the route needs
            found = set()
        if value not in found:
            return False
    return True


def reason(path: str) -> str | None:
    return next((why for pattern, why in NEED_NOT_BE_OWN.items() if re.fullmatch(pattern, path)), None)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_id_is_looked_up_or_opens_nothing(surface: str) -> None:
    kind, made = SURFACES[surface]
    ids = [
        path for path in string_leaves(kind) if _ID_LIKE.fullmatch(re.sub(r"(?:\.\*)+$", "", path).rpartition(".")[2])
    ]
    open_ones = [path for path in ids if not is_checked(made(), path) and reason(path) is None]
    assert not open_ones, "decide: owned(...) in the rules, or a reason in NEED_NOT_BE_OWN"


def test_what_is_known_to_open_something_is_looked_up() -> None:
    """So that the table of reasons does not swallow one."""
    for dialect, path in (
        (openai_responses.RESPONSES, "previous_response_id"),
        (openai_responses.RESPONSES, "conversation.id"),
        (openai_responses.RESPONSES, "prompt.id"),
        (openai_responses.RESPONSES, "tools.*.container"),
        (openai_responses.RESPONSES, "tools.*.container.file_ids.*"),
        (openai_responses.RESPONSES, "tools.*.environment.container_id"),
        (openai_responses.RESPONSES, "tools.*.environment.skills.*.skill_id"),
        (openai_responses.RESPONSES, "tools.*.tools.*.vector_store_ids.*"),
        (openai_responses.RESPONSES, "input.*.container_id"),
        (openai_responses.RESPONSES, "input.*.content.*.file_id"),
        (openai_responses.RESPONSES, "input.*.id"),  # without a type it is a reference
        (openai_responses.CONVERSATIONS, "items.*.id"),
        (openai_chat.CHAT, "messages.*.audio.id"),
        (openai_chat.CHAT, "messages.*.content.*.file.file_id"),
        (anthropic_messages.MESSAGES, "container"),
        (anthropic_messages.MESSAGES, "container.id"),
        (anthropic_messages.MESSAGES, "container.skills.*.skill_id"),
        (anthropic_messages.MESSAGES, "thread.previous_message_id"),
        (anthropic_messages.MESSAGES, "messages.*.content.*.source.file_id"),
        (batches.MESSAGE_BATCHES, "requests.*.params.container.id"),
    ):
        assert is_checked(dialect, path), path


@pytest.mark.parametrize(
    ("item", "looked_up"),
    [
        ({"type": "item_reference", "id": "msg_1"}, True),
        ({"id": "msg_1"}, True),
        ({"type": None, "id": "msg_1"}, True),
        ({"type": "reasoning", "id": "rs_1", "summary": []}, True),
        ({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "A" * 40}, False),
        ({"type": "image_generation_call", "id": "ig_1", "status": "completed"}, True),
        ({"type": "image_generation_call", "id": "ig_1", "result": "AAAA"}, False),
        ({"type": "message", "id": "msg_1", "role": "assistant", "content": []}, False),
    ],
)
def test_items_of_which_the_provider_has_the_rest_are_looked_up(item: dict[str, Any], *, looked_up: bool) -> None:
    state = openai_responses.RESPONSES.traits.state
    assert state is not None
    named = state.named(parse(json.dumps({"input": [{"role": "user", "content": "Hi"}, item]})))
    assert [name for _, name in named] == ([item["id"]] if looked_up else [])


def test_a_repeated_key_hides_no_reference() -> None:
    state = openai_responses.RESPONSES.traits.state
    assert state is not None
    for written in (
        '{"type":"message","type":"item_reference","id":"msg_1"}',
        '{"type":"item_reference","type":"message","id":"msg_1"}',
        '{"type":"reasoning","id":"rs_1","encrypted_content":"AAAA","encrypted_content":null}',
        '{"id":"other_1","id":"msg_1"}',
    ):
        assert [name for _, name in state.named(parse(f'{{"input":[{written}]}}'))][-1] in ("msg_1", "rs_1")

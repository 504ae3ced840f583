"""Fields of OpenAI's chat completions: the class of each path (wire surface of the `openai` SDK 3.57)."""

from __future__ import annotations

from typing import Final

from proxy.core.slots import (
    FILE,
    FLAG,
    LABEL,
    MODEL,
    NAME,
    TEXT,
    UNSCANNABLE,
    Field,
    Kind,
    Node,
    opaque,
    owned,
    plain,
    rules,
)
from proxy.dialects.json_schema import SCHEMA

ROLES: Final = plain("developer", "system", "user", "assistant", "tool", "function")
PART_TYPES: Final = plain("text", "refusal", "image_url", "input_audio", "file")
CALL_ID: Final = opaque(
    r"(?:call|toolu|chatcmpl-tool|fc|function-call|tool)[_-][A-Za-z0-9_-]{1,128}|(?=[^\W\d]*\d)(?=\d*[^\W\d])[A-Za-z0-9]{9}"
)
"""Ids of calls as providers make them; the last form is Mistral's: nine letters and digits, at least one of each."""


_SIGNATURE: Final = opaque(r"[A-Za-z0-9+/_-]{32,}={0,2}")
"""What Google signed of its model's thoughts, in base64, and wants back; anything shorter is looked at like a text."""


def _google(path: str) -> dict[str, Field | Node]:
    """Rules of what Google adds to a message, a part or a call: its signature, and files of its own parts."""
    extra = f"{path}.extra_content.google"
    return {
        f"{extra}.thought_signature": _SIGNATURE,
        f"{extra}.parts.*.inline_data.data": UNSCANNABLE,
        f"{extra}.parts.*.file_data.file_uri": UNSCANNABLE,
    }


def _parts(path: str) -> dict[str, Field | Node]:
    """Rules of a content that is a string or a list of parts."""
    part = f"{path}.*"
    return {
        path: TEXT,
        f"{part}.type": PART_TYPES,
        f"{part}.text": TEXT,
        f"{part}.refusal": TEXT,
        f"{part}.image_url": UNSCANNABLE,
        f"{part}.image_url.url": UNSCANNABLE,
        f"{part}.image_url.detail": plain("auto", "low", "high", "original"),
        f"{part}.input_audio.data": UNSCANNABLE,
        f"{part}.input_audio.format": plain("wav", "mp3", "flac", "opus", "pcm16"),
        f"{part}.file.file_data": UNSCANNABLE,
        f"{part}.file.file_id": FILE,
        f"{part}.file.filename": TEXT,
        **_google(part),
    }


def _calls(path: str) -> dict[str, Field | Node]:
    """Rules of an assistant's tool calls and of the legacy function call."""
    call = f"{path}.tool_calls.*"
    return {
        f"{call}.id": CALL_ID,
        f"{call}.type": plain("function", "custom"),
        f"{call}.function.name": NAME,
        f"{call}.function.arguments": TEXT,
        f"{call}.custom.name": NAME,
        f"{call}.custom.input": TEXT,
        **_google(call),
        **_google(path),
        f"{path}.function_call.name": NAME,
        f"{path}.function_call.arguments": TEXT,
    }


CHAT_REQUEST: Final = rules(
    {
        "model": MODEL,
        "messages.*.role": ROLES,
        "messages.*.name": LABEL,
        "messages.*.refusal": TEXT,
        "messages.*.tool_call_id": CALL_ID,
        "messages.*.audio.id": owned(opaque(r"audio_[A-Za-z0-9_-]{1,128}")),
        **_parts("messages.*.content"),
        **_calls("messages.*"),
        "tools.*.type": plain("function", "custom"),
        "tools.*.function.name": NAME,
        "tools.*.function.description": TEXT,
        "tools.*.function.parameters": SCHEMA,
        "tools.*.function.strict": FLAG,
        "tools.*.custom.name": NAME,
        "tools.*.custom.description": TEXT,
        "tools.*.custom.format.type": plain("text", "grammar"),
        "tools.*.custom.format.grammar.definition": TEXT,
        "tools.*.custom.format.grammar.syntax": plain("lark", "regex"),
        "functions.*.name": NAME,
        "functions.*.description": TEXT,
        "functions.*.parameters": SCHEMA,
        "tool_choice": plain("none", "auto", "required"),
        "tool_choice.type": plain("function", "custom", "allowed_tools"),
        "tool_choice.function.name": NAME,
        "tool_choice.custom.name": NAME,
        "tool_choice.allowed_tools.mode": plain("auto", "required"),
        "tool_choice.allowed_tools.tools.*.type": plain("function", "custom"),
        "tool_choice.allowed_tools.tools.*.function.name": NAME,
        "function_call": plain("none", "auto"),
        "function_call.name": NAME,
        "response_format.type": plain("text", "json_object", "json_schema"),
        "response_format.json_schema.name": NAME,
        "response_format.json_schema.description": TEXT,
        "response_format.json_schema.strict": FLAG,
        "response_format.json_schema.schema": SCHEMA,
        "prediction.type": plain("content"),
        **_parts("prediction.content"),
        "stop": TEXT,
        "stop.*": TEXT,
        "metadata.{}": TEXT,
        "user": TEXT,
        "safety_identifier": TEXT,
        "prompt_cache_key": TEXT,
        "prompt_cache_retention": plain("in_memory", "24h"),
        "web_search_options.search_context_size": plain("low", "medium", "high"),
        "web_search_options.user_location.type": plain("approximate"),
        "web_search_options.user_location.approximate.{}": TEXT,
        "modalities.*": plain("text", "audio"),
        "audio.voice": Field(
            Kind.PLAIN,
            plain("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "cedar", "marin", "verse").shape,
        ),
        "audio.voice.id": owned(opaque(r"voice_[A-Za-z0-9_-]{1,160}")),
        "audio.format": plain("wav", "aac", "mp3", "flac", "opus", "pcm16"),
        "reasoning_effort": plain("none", "minimal", "low", "medium", "high", "xhigh", "max"),
        "verbosity": plain("low", "medium", "high"),
        "service_tier": plain("auto", "default", "fast", "flex", "scale", "priority"),
        "moderation.model": MODEL,
        "stream_options.include_usage": FLAG,
        "stream_options.include_obfuscation": FLAG,
        "logit_bias.{}": FLAG,
        **dict.fromkeys(
            (
                "stream",
                "temperature",
                "top_p",
                "n",
                "max_tokens",
                "max_completion_tokens",
                "seed",
                "logprobs",
                "top_logprobs",
                "presence_penalty",
                "frequency_penalty",
                "store",
                "parallel_tool_calls",
                "top_k",
            ),
            FLAG,
        ),
    },
)
"""Request of `POST /v1/chat/completions`. What is not named here is text."""

CHAT_RESPONSE_LEFT_ALONE: Final = frozenset(
    {
        "id",
        "object",
        "model",
        "system_fingerprint",
        "service_tier",
        "role",
        "finish_reason",
        "type",
        "obfuscation",
        "logprobs",
        "usage",
        "data",
        "thought_signature",
        "tool_call_id",
    },
)
"""Keys of an answer below which nothing is restored: ids, enumerations, audio, and log probabilities, whose pieces of
tokens cannot be put together again."""

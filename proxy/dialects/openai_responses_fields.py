"""Fields of OpenAI's Responses API: the class of each path (wire surface of the `openai` SDK 3.57).

Items of every kind share one tree, for they share the names of their fields; where a field's class depends on the
item's `type`, `classifier` decides. Tools stand in requests and in items, so their rules are one recursive tree too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from proxy.core.jsontext import Document, Leaf
from proxy.core.slots import (
    ANYTHING,
    CREDENTIAL,
    FILE,
    FLAG,
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


def _one_of(words: str) -> Field:
    return plain(*words.split())


ID: Final = opaque(
    r"(?:resp|msg|conv|item|rs|call|fc|fco|ctc|ctco|ws|fs|ci|mcp|mcpl|mcpr|mcpa|ig|cu|cuo|lsh|lsho|sh|sho|apc|apco|cmp"
    r"|prog|progo|tsc|tso|sc|at|cntr|cfile|vs|file|pmpt|tunnel|skill|cont)[_-][A-Za-z0-9_-]{1,160}"
)
"""Ids of the provider; a client's own ids are looked at like texts."""
OWN: Final = owned(ID)
_SEALED: Final = opaque(r"[A-Za-z0-9+/_-]{32,}={0,2}")
"""What the provider encrypted, in base64; anything shorter is looked at like a text."""
_VERSION: Final = opaque(r"\d{1,4}")
_MODEL: Final = opaque(r"[a-z][A-Za-z0-9._-]{0,63}")
_SIZE: Final = opaque(r"auto|\d{2,5}x\d{2,5}")
_CONNECTOR: Final = _one_of(
    "connector_dropbox connector_gmail connector_googlecalendar connector_googledrive connector_microsoftteams "
    "connector_outlookcalendar connector_outlookemail connector_sharepoint"
)
_MEMORY: Final = opaque(r"\d{1,3}g")
_EFFORT: Final = _one_of("none minimal low medium high xhigh max")
_LEVEL: Final = _one_of("auto low medium high xhigh max")
_DETAIL: Final = _one_of("auto low high original")
_IMAGE_FORMAT: Final = _one_of("png jpeg webp gif svg")
_STATUS: Final = _one_of(
    "in_progress completed incomplete failed queued cancelled calling generating searching interpreting"
)
_ITEM_TYPE: Final = _one_of(
    "message reasoning function_call function_call_output custom_tool_call custom_tool_call_output file_search_call "
    "web_search_call code_interpreter_call computer_call computer_call_output image_generation_call local_shell_call "
    "local_shell_call_output shell_call shell_call_output apply_patch_call apply_patch_call_output mcp_call "
    "mcp_list_tools mcp_approval_request mcp_approval_response item_reference compaction compaction_trigger "
    "additional_tools configuration_update tool_search_call tool_search_output program program_output"
)
_TOOL_TYPE: Final = _one_of(
    "function custom namespace mcp file_search web_search web_search_2025_08_26 web_search_preview "
    "web_search_preview_2025_03_11 code_interpreter image_generation computer computer_use computer_use_preview "
    "local_shell shell apply_patch tool_search programmatic_tool_calling allowed_tools"
)
_ACTION_TYPE: Final = _one_of(
    "click double_click drag keypress move screenshot scroll type wait exec find_in_page open_page search"
)
INCLUDABLE: Final = (
    "file_search_call.results web_search_call.results web_search_call.action.sources message.input_image.image_url "
    "computer_call_output.output.image_url code_interpreter_call.outputs reasoning.encrypted_content "
    "message.output_text.logprobs"
)
"""What a client may ask to be told besides."""
_BREAKPOINT: Final = rules({"mode": plain("explicit"), "ttl": _one_of("12h 30m")})

PART: Final = rules(
    {
        "type": _one_of(
            "input_text output_text text refusal reasoning_text summary_text input_image input_file input_audio "
            "computer_screenshot"
        ),
        "text": TEXT,
        "refusal": TEXT,
        "detail": _DETAIL,
        "image_url": UNSCANNABLE,
        "file_id": FILE,
        "file_data": UNSCANNABLE,
        "file_url": UNSCANNABLE,
        "filename": TEXT,
        "input_audio.data": UNSCANNABLE,
        "input_audio.format": _one_of("wav mp3 flac opus pcm16"),
        "prompt_cache_breakpoint": _BREAKPOINT,
        "annotations.*.type": _one_of("url_citation file_citation container_file_citation file_path"),
        "annotations.*.file_id": ID,
        "annotations.*.container_id": ID,
        "annotations.*.url": TEXT,
        "annotations.*.title": TEXT,
        "annotations.*.filename": TEXT,
        "logprobs.*": ANYTHING,
        "stdout": TEXT,
        "stderr": TEXT,
        "outcome.type": _one_of("exit timeout"),
        "created_by": ID,
    }
)
"""One part of an item's content or output."""


def _network_policy() -> Node:
    """Rules of what a container may reach; its secrets are the provider's to use and nobody's to look at."""
    return rules(
        {
            "type": _one_of("allowlist disabled"),
            "allowed_domains.*": TEXT,
            "domain_secrets.*.domain": TEXT,
            "domain_secrets.*.name": TEXT,
            "domain_secrets.*.value": CREDENTIAL,
        }
    )


def _container() -> Node:
    """Rules of a container, of a tool's environment, and of the skills in it."""
    return rules(
        {
            "type": _one_of("auto container_auto container_reference local"),
            "container_id": OWN,
            "file_ids.*": OWN,
            "memory_limit": _MEMORY,
            "network_policy": _network_policy(),
            "skills.*.type": _one_of("inline skill_reference"),
            "skills.*.name": NAME,
            "skills.*.description": TEXT,
            "skills.*.path": TEXT,
            "skills.*.skill_id": OWN,
            "skills.*.version": TEXT,
            "skills.*.source.type": plain("base64"),
            "skills.*.source.media_type": plain("application/zip"),
            "skills.*.source.data": UNSCANNABLE,
        }
    )


_IMAGE_ACTION: Final = _one_of("auto edit generate")
_IMAGE_FIELDS: Final[dict[str, Field | Node]] = {
    "action": _IMAGE_ACTION,
    "background": _one_of("auto opaque transparent"),
    "output_format": _IMAGE_FORMAT,
    "quality": _LEVEL,
    "size": _SIZE,
}
"""Settings of image generation, which stand in a tool and in its call."""
_TOOL_FIELDS: Final[dict[str, Field | Node]] = {
    "type": _TOOL_TYPE,
    "name": NAME,
    "description": TEXT,
    "parameters": SCHEMA,
    "output_schema": SCHEMA,
    "input_schema": SCHEMA,
    "strict": FLAG,
    "format.type": _one_of("text grammar"),
    "format.syntax": _one_of("lark regex"),
    "format.definition": TEXT,
    "allowed_callers.*": _one_of("direct programmatic"),
    "execution": _one_of("client server"),
    "server_label": NAME,
    "server_description": TEXT,
    "server_url": TEXT,
    "connector_id": _CONNECTOR,
    "tunnel_id": OWN,
    "authorization": CREDENTIAL,
    "headers.{}": CREDENTIAL,
    "allowed_tools.*": NAME,
    "allowed_tools.tool_names.*": NAME,
    "require_approval": _one_of("always never"),
    "require_approval.always.tool_names.*": NAME,
    "require_approval.never.tool_names.*": NAME,
    "vector_store_ids.*": OWN,
    "ranking_options.ranker": opaque(r"auto|default-\d{4}-\d\d-\d\d"),
    "search_content_types.*": _one_of("image text"),
    "search_context_size": _one_of("low medium high"),
    "user_location.type": plain("approximate"),
    "model": _MODEL,
    "moderation": _one_of("auto low"),
    "complexity": _one_of("low medium high"),
    "input_fidelity": _one_of("low high"),
    "input_image_mask.file_id": FILE,
    "input_image_mask.image_url": UNSCANNABLE,
    "svg.model": _MODEL,
    "svg.reasoning.effort": _EFFORT,
    **_IMAGE_FIELDS,
}


def _tool() -> Node:
    """Rules of one tool; a namespace holds tools again, and a filter filters."""
    filters = rules({"type": _one_of("eq ne gt gte lt lte in nin and or"), "key": TEXT})
    filters.children["filters"] = Node(any_item=filters)
    container, environment = _container(), _container()
    container.ends, environment.ends = OWN, _one_of("browser linux mac ubuntu windows")
    tool = rules(_TOOL_FIELDS | {"filters": filters, "container": container, "environment": environment})
    tool.children["tools"] = Node(any_item=tool)
    return tool


TOOL: Final = _tool()


def _text_format(path: str) -> dict[str, Field | Node]:
    """Rules of the wanted form of the answer."""
    return {
        f"{path}.format.type": _one_of("text json_object json_schema"),
        f"{path}.format.name": NAME,
        f"{path}.format.description": TEXT,
        f"{path}.format.schema": SCHEMA,
        f"{path}.verbosity": _one_of("low medium high"),
    }


_ITEM_FIELDS: Final[dict[str, Field | Node]] = {
    "type": _ITEM_TYPE,
    "id": ID,
    "call_id": ID,
    "approval_request_id": ID,
    "container_id": OWN,
    "role": _one_of("user assistant system developer tool critic discriminator unknown"),
    "status": _STATUS,
    "phase": _one_of("commentary final_answer"),
    "content": TEXT,
    "content.*": PART,
    "summary.*": PART,
    "output": TEXT,
    "output.*": PART,
    "output.type": plain("computer_screenshot"),
    "output.image_url": UNSCANNABLE,
    "output.file_id": FILE,
    "encrypted_content": _SEALED,
    "fingerprint": _SEALED,
    "name": NAME,
    "namespace": NAME,
    "server_label": NAME,
    "caller.type": _one_of("direct program"),
    "caller.caller_id": ID,
    "action.type": _ACTION_TYPE,
    "action.button": _one_of("left right wheel back forward"),
    "action.sources.*.type": plain("url"),
    "actions.*.type": _ACTION_TYPE,
    "actions.*.button": _one_of("left right wheel back forward"),
    "acknowledged_safety_checks.*.id": ID,
    "pending_safety_checks.*.id": ID,
    "results.*.file_id": ID,
    "outputs.*.type": _one_of("logs image"),
    "operation.type": _one_of("create_file update_file delete_file"),
    "execution": _one_of("client server"),
    "environment": _container(),
    "tools.*": TOOL,
    "reasoning.effort": _EFFORT,
    "svg_usage.model": _MODEL,
    "created_by": ID,
    **_text_format("text"),
}


def _item() -> Node:
    """Rules of one item of `input`, of an answer's `output`, of a conversation: all kinds in one."""
    item = rules({name: field for name, field in _IMAGE_FIELDS.items() if name != "action"} | _ITEM_FIELDS)
    # An action is a word in a call that makes an image, and an object in others.
    item.children["action"].ends = _IMAGE_ACTION
    return item


ITEM: Final = _item()
VARIABLE: Final = Node(ends=TEXT, children=PART.children)

RESPONSES_REQUEST: Final = rules(
    {
        "model": MODEL,
        "input": Node(ends=TEXT, any_item=ITEM),
        "instructions": TEXT,
        "previous_response_id": ID,
        "conversation": ID,
        "conversation.id": ID,
        "background_options.continuation_id": ID,
        "background_options.completion_window": _one_of("2h 8h soonest"),
        "prompt.id": OWN,
        "prompt.version": _VERSION,
        "prompt.variables.{}": VARIABLE,
        "tools.*": TOOL,
        "tool_choice": _one_of("none auto required"),
        "tool_choice.type": _TOOL_TYPE,
        "tool_choice.mode": _one_of("auto required"),
        "tool_choice.name": NAME,
        "tool_choice.server_label": NAME,
        "tool_choice.tools.*.type": _TOOL_TYPE,
        "tool_choice.tools.*.name": NAME,
        "tool_choice.tools.*.server_label": NAME,
        **_text_format("text"),
        "include.*": _one_of(INCLUDABLE),
        "metadata.{}": TEXT,
        "user": TEXT,
        "safety_identifier": TEXT,
        "prompt_cache_key": TEXT,
        "prompt_cache_options.comparison_response_id": ID,
        "prompt_cache_options.mode": _one_of("explicit implicit"),
        "prompt_cache_options.ttl": _one_of("12h 30m"),
        "prompt_cache_retention": _one_of("in_memory 24h"),
        "reasoning.effort": _EFFORT,
        "reasoning.summary": _one_of("auto concise detailed"),
        "reasoning.generate_summary": _one_of("auto concise detailed"),
        "reasoning.context": _one_of("all_turns auto current_turn"),
        "reasoning.mode": _one_of("standard pro"),
        "moderation.model": _MODEL,
        "moderation.policy.input.mode": _one_of("block score"),
        "moderation.policy.output.mode": _one_of("block score"),
        "context_management.*.type": plain("compaction"),
        "access_programs.cyber": _one_of("standard daybreak_red daybreak_blue"),
        "image.context_compression": _one_of("auto enabled disabled"),
        "service_tier": _one_of("auto default fast flex priority scale ultrafast"),
        "truncation": _one_of("auto disabled"),
        **dict.fromkeys(
            (
                "stream",
                "store",
                "background",
                "temperature",
                "top_p",
                "top_logprobs",
                "max_output_tokens",
                "max_tool_calls",
                "parallel_tool_calls",
                "stream_options.include_obfuscation",
            ),
            FLAG,
        ),
    }
)
"""Request of `POST /v1/responses`. What is not named here is text."""

CONVERSATION_REQUEST: Final = rules({"items.*": ITEM, "metadata.{}": TEXT})
"""Request of `POST /v1/conversations` and of `POST /v1/conversations/{id}/items`."""

_IMAGE: Final = "image_generation_call"
_DATA_URL: Final = re.compile(r"data:", re.IGNORECASE)


def classifier(body: Document) -> Callable[[Leaf, Field], Field]:
    """Has the last word on fields whose class depends on the item's type or on what kind of URL stands there."""
    images = {leaf.path[:-1] for leaf in body.leaves if leaf.path[-1:] == ("type",) and leaf.text == _IMAGE}
    messages = {leaf.path[:-1] for leaf in body.leaves if leaf.path[-1:] == ("role",) and leaf.is_key}

    def classified(leaf: Leaf, found: Field) -> Field:
        if found is NAME and leaf.path[:-1] in messages:
            return TEXT  # what a message is called is somebody's name, no tool's
        if found is ANYTHING and not leaf.is_key:
            return TEXT  # log probabilities are objects; what stands in their place is anything
        if leaf.is_key or found.kind is not Kind.TEXT:
            return found
        is_image = leaf.path[-1] == "result" and leaf.path[:-1] in images
        if is_image or (leaf.path[-1] in ("url", "server_url") and _DATA_URL.match(leaf.text)):
            return UNSCANNABLE
        return found

    return classified

"""Fields of Anthropic's Messages API: the class of each path (wire surface of the `anthropic` SDK 2.12, beta included).

Blocks hold blocks (a tool's result holds text, a fetched page holds a document), so their rules are recursive: one tree
for every kind of block at every depth. Where a field's class depends on the block's `type`, `classifier` decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from proxy.core.jsontext import Document, Leaf
from proxy.core.slots import (
    ANYTHING,
    NAME,
    SIGNED,
    TEXT,
    UNSCANNABLE,
    Field,
    Kind,
    Node,
    opaque,
    plain,
    rules,
)
from proxy.dialects.json_schema import SCHEMA

_ID: Final = opaque(
    r"(?:toolu|srvtoolu|mcptoolu|call|fc|chatcmpl-tool|msg|file|container|skill|usrprof|wrkspc|thread|tab|dl)"
    r"[_-][A-Za-z0-9_-]{1,128}"
)
"""Ids of the provider, and of clients that carry calls over from another API."""
_SEALED: Final = opaque(r"[A-Za-z0-9+/_-]{32,}={0,2}")
"""What the provider encrypted or signed, in base64; anything shorter is looked at like a text."""
_VERSIONED: Final = (
    r"(?:bash|browser_toolset|code_execution|computer|computer_toolset|memory|text_editor|tool_search_tool_bm25"
    r"|tool_search_tool_regex|web_fetch|web_search|advisor|clear_thinking|clear_tool_uses|compact)_20\d{6}"
)
_TOOL_TYPE: Final = Field(
    Kind.PLAIN,
    re.compile(rf"{_VERSIONED}|custom|mcp_toolset|tool_search_tool_bm25|tool_search_tool_regex|tool_reference"),
)
_CALLER_TYPE: Final = Field(Kind.PLAIN, re.compile(rf"direct|{_VERSIONED}"))
_EDIT_TYPE: Final = Field(Kind.PLAIN, re.compile(_VERSIONED))
_BLOCK_TYPE: Final = plain(
    "text",
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "tool_reference",
    "tool_addition",
    "tool_removal",
    "server_tool_use",
    "mcp_tool_use",
    "mcp_tool_result",
    "mcp_tool_listing",
    "web_search_result",
    "web_search_tool_result",
    "web_search_tool_result_error",
    "web_fetch_result",
    "web_fetch_tool_result",
    "web_fetch_tool_result_error",
    "code_execution_output",
    "code_execution_result",
    "code_execution_tool_result",
    "code_execution_tool_result_error",
    "encrypted_code_execution_result",
    "bash_code_execution_output",
    "bash_code_execution_result",
    "bash_code_execution_tool_result",
    "bash_code_execution_tool_result_error",
    "text_editor_code_execution_create_result",
    "text_editor_code_execution_str_replace_result",
    "text_editor_code_execution_view_result",
    "text_editor_code_execution_tool_result",
    "text_editor_code_execution_tool_result_error",
    "tool_search_tool_result",
    "tool_search_tool_result_error",
    "tool_search_tool_search_result",
    "advisor_result",
    "advisor_redacted_result",
    "advisor_tool_result",
    "advisor_tool_result_error",
    "browser_state",
    "container_upload",
    "compaction",
    "fallback",
)
_SOURCE_TYPE: Final = plain("base64", "content", "file", "text", "url")
_MEDIA_TYPE: Final = plain("image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "text/plain")
_ERROR_CODE: Final = plain(
    "content_too_large",
    "execution_time_exceeded",
    "file_not_found",
    "invalid_tool_input",
    "max_uses_exceeded",
    "model_not_found",
    "output_file_too_large",
    "overloaded",
    "prompt_too_long",
    "query_too_long",
    "request_too_large",
    "too_many_requests",
    "unavailable",
    "unsupported_content_type",
    "url_not_accessible",
    "url_not_allowed",
    "url_not_in_prior_context",
    "url_too_long",
)
_EFFORT: Final = plain("low", "medium", "high", "xhigh", "max")
_CACHE: Final = rules({"type": plain("ephemeral"), "ttl": plain("5m", "1h")})
_CITATION: Final = rules(
    {
        "type": plain(
            "char_location",
            "content_block_location",
            "page_location",
            "search_result_location",
            "web_search_result_location",
        ),
        "cited_text": TEXT,
        "document_title": TEXT,
        "title": TEXT,
        "source": TEXT,
        "url": TEXT,
        "file_id": _ID,
        "encrypted_index": _SEALED,
        **dict.fromkeys(
            (
                "document_index",
                "start_char_index",
                "end_char_index",
                "start_page_number",
                "end_page_number",
                "start_block_index",
                "end_block_index",
                "search_result_index",
            ),
            ANYTHING,
        ),
    }
)


def _tool() -> Node:
    """Rules of a tool's definition, of a tool set's, and of a search tool's settings."""
    inner = rules({"name": NAME, "description": TEXT, "input_schema": SCHEMA})
    return rules(
        {
            "type": _TOOL_TYPE,
            "name": NAME,
            "mcp_server_name": NAME,
            "model": ANYTHING,
            "description": TEXT,
            "input_schema": SCHEMA,
            "input_examples": TEXT,
            "tools.*": inner,
            "cache_control": _CACHE,
            "caching": _CACHE,
            "allowed_callers.*": _CALLER_TYPE,
            "allowed_domains.*": TEXT,
            "blocked_domains.*": TEXT,
            "response_inclusion": plain("excluded", "full"),
            "user_location.type": plain("approximate"),
            "user_location.city": TEXT,
            "user_location.region": TEXT,
            "user_location.country": TEXT,
            "user_location.timezone": TEXT,
            **{
                f"url_sources.{side}.type": plain("all", "except", "none", "only")
                for side in ("client_tool_results", "server_tool_results", "user_input")
            },
            **{
                f"url_sources.{side}.tools.*.{field}": end
                for side in ("client_tool_results", "server_tool_results")
                for field, end in (("name", NAME), ("type", plain("tool_reference")))
            },
            **dict.fromkeys(
                (
                    "max_uses",
                    "max_content_tokens",
                    "max_characters",
                    "display_width_px",
                    "display_height_px",
                    "display_number",
                    "defer_loading",
                    "eager_input_streaming",
                    "strict",
                    "enable_zoom",
                    "default_config",
                    "configs",
                ),
                ANYTHING,
            ),
        }
    )


TOOL: Final = _tool()


def _block() -> Node:
    """Rules of a content block of any type, and of what stands in its `content`: a string, blocks, or one result."""
    block = rules(
        {
            "type": _BLOCK_TYPE,
            "text": TEXT,
            "title": TEXT,
            "context": TEXT,
            "url": TEXT,
            "page_age": TEXT,
            "retrieved_at": TEXT,
            "stdout": TEXT,
            "stderr": TEXT,
            "lines.*": TEXT,
            "error_message": TEXT,
            "thinking": TEXT,
            "name": NAME,
            "tool_name": NAME,
            "toolset_name": NAME,
            "server_name": NAME,
            "mcp_server_name": NAME,
            "input": TEXT,
            "id": _ID,
            "tool_use_id": _ID,
            "caller.type": _CALLER_TYPE,
            "caller.tool_id": _ID,
            "file_id": UNSCANNABLE,
            "data": _SEALED,
            "signature": _SEALED,
            "encrypted_content": _SEALED,
            "encrypted_stdout": _SEALED,
            "file_type": plain("image", "pdf", "text"),
            "error_code": _ERROR_CODE,
            "stop_reason": plain("end_turn", "max_tokens", "stop_sequence"),
            "cache_control": _CACHE,
            "citations.*": _CITATION,
            "source": TEXT,
            "source.type": _SOURCE_TYPE,
            "source.media_type": _MEDIA_TYPE,
            "source.data": UNSCANNABLE,
            "source.url": UNSCANNABLE,
            "source.file_id": UNSCANNABLE,
            "transformations.oversized_image": plain("downsize", "error"),
            "from.model": ANYTHING,
            "to.model": ANYTHING,
            "tool.type": plain("tool_definition", "tool_reference", "mcp_tool_reference", "mcp_toolset_reference"),
            "tool.name": NAME,
            "tool.server_name": NAME,
            "tool.definition": TOOL,
            "tools.*.name": NAME,
            "tools.*.description": TEXT,
            "tools.*.input_schema": SCHEMA,
            "tabs.*.tab_id": _ID,
            "tabs.*.title": TEXT,
            "tabs.*.url": TEXT,
            "state_changes.*.type": plain("download_completed", "download_failed", "download_started", "tab_opened"),
            "state_changes.*.tab_id": _ID,
            "state_changes.*.download_id": _ID,
            "state_changes.*.error": TEXT,
            "state_changes.*.path": TEXT,
            "state_changes.*.url": TEXT,
            **dict.fromkeys(
                (
                    "is_error",
                    "return_code",
                    "num_lines",
                    "start_line",
                    "total_lines",
                    "old_start",
                    "old_lines",
                    "new_start",
                    "new_lines",
                    "is_file_update",
                ),
                ANYTHING,
            ),
        }
    )
    block.children["citations"].children["enabled"] = Node(ends=ANYTHING)
    listed = Node(ends=TEXT, any_item=block)
    # `content` is a string, a list of blocks, or one result, whose own fields are those of a block.
    block.children["content"] = Node(ends=TEXT, any_item=block, children=block.children)
    block.children["source"].children["content"] = listed
    block.children["tool_references"] = Node(any_item=block)
    block.children["tool_changes"] = Node(any_item=block)
    return block


BLOCK: Final = _block()

_TOP: Final[dict[str, Field | Node]] = {
    "model": ANYTHING,
    "system": TEXT,
    "system.*": BLOCK,
    "messages.*.role": plain("user", "assistant", "system"),
    "messages.*.content": TEXT,
    "messages.*.content.*": BLOCK,
    "messages.*.clear_at": plain("never", "next_user_message"),
    "messages.*.output_config.effort": _EFFORT,
    "tools.*": TOOL,
    "tool_choice.type": plain("auto", "any", "none", "tool"),
    "tool_choice.name": NAME,
    "tool_choice.disable_parallel_tool_use": ANYTHING,
    "stop_sequences.*": TEXT,
    "metadata.user_id": TEXT,
    "thinking.type": plain("enabled", "disabled", "adaptive", "between_tools"),
    "thinking.display": plain("omitted", "summarized", "updates"),
    "thinking.budget_tokens": ANYTHING,
    "thinking.block_binding.prefix_mismatch_behavior": plain("drop_block", "error"),
    "output_config.effort": _EFFORT,
    "output_config.format.type": plain("json_schema"),
    "output_config.format.schema": SCHEMA,
    "output_config.task_budget.type": plain("tokens"),
    "output_config.task_budget.total": ANYTHING,
    "output_format.type": plain("json_schema"),
    "output_format.schema": SCHEMA,
    "cache_control": _CACHE,
    "service_tier": plain("auto", "standard_only"),
    "speed": plain("fast", "standard"),
    "inference_geo": plain("us", "eu", "global", "not_available"),
    "container": _ID,
    "container.id": _ID,
    "container.skills.*.type": plain("anthropic", "custom"),
    "container.skills.*.skill_id": _ID,
    "container.skills.*.version": opaque(r"latest|\d{8,20}"),
    "mcp_servers.*.type": plain("url"),
    "mcp_servers.*.name": NAME,
    "mcp_servers.*.url": TEXT,
    "mcp_servers.*.authorization_token": ANYTHING,
    "mcp_servers.*.tool_configuration.enabled": ANYTHING,
    "mcp_servers.*.tool_configuration.allowed_tools.*": NAME,
    "context_management.edits.*.type": _EDIT_TYPE,
    "context_management.edits.*.instructions": TEXT,
    "context_management.edits.*.exclude_tools.*": NAME,
    "context_management.edits.*.clear_tool_inputs.*": NAME,
    "context_management.edits.*.keep": plain("all"),
    **{
        f"context_management.edits.*.{part}.{field}": end
        for part in ("keep", "trigger", "clear_at_least")
        for field, end in (("type", plain("all", "thinking_turns", "tool_uses", "input_tokens")), ("value", ANYTHING))
    },
    "compaction.type": plain("summarize"),
    "compaction.instructions": TEXT,
    "diagnostics.previous_message_id": _ID,
    "thread.type": plain("continue", "create"),
    "thread.previous_message_id": _ID,
    "billing_policy.type": plain("billing_policy"),
    "billing_policy.bill_to": plain("self", "user_profile"),
    "fallbacks": plain("default"),
    "fallbacks.*.model": ANYTHING,
    "fallback_credit_token": _SEALED,
    "fallback_credit_token.token": _SEALED,
    "fallback_credit_token.mode": plain("best_effort", "strict"),
    "user_profile_id": _ID,
    "workspace_id": _ID,
    **dict.fromkeys(("max_tokens", "stream", "temperature", "top_k", "top_p"), ANYTHING),
}

MESSAGES_REQUEST: Final = rules(_TOP)
"""Request of `POST /v1/messages` and of `/v1/messages/count_tokens`. What is not named here is text."""

_SIGNED_TEXTS: Final = {"thinking": ("thinking", "signature"), "content": ("compaction", "signature")}
"""Text of a block that is not to be edited when the block has the second field: key -> (block type, signing field)."""
_OUTPUT_FILES: Final = frozenset({"code_execution_output", "bash_code_execution_output"})
"""Blocks whose file the provider made itself."""


def classifier(body: Document) -> Callable[[Leaf, Field], Field]:
    """The last word on the class of a request's field, where it depends on what stands beside it."""
    values = {leaf.path: leaf.text for leaf in body.leaves if not leaf.is_key and not leaf.is_number}

    def classified(leaf: Leaf, field: Field) -> Field:
        beside, name = leaf.path[:-1], leaf.path[-1]
        kind = values.get((*beside, "type"))
        if field is UNSCANNABLE:
            if name == "data" and kind == "text":
                return TEXT
            if name == "file_id" and kind in _OUTPUT_FILES:
                return TEXT
        elif field is TEXT and name in _SIGNED_TEXTS and not leaf.is_key and not leaf.is_number:
            block_type, signing = _SIGNED_TEXTS[name]
            if kind == block_type and values.get((*beside, signing)):
                return SIGNED
        return field

    return classified

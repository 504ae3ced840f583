"""Fields of Anthropic's content blocks and tools: the class of each path.

Blocks hold blocks (a tool's result holds text, a fetched page holds a document), so their rules are recursive: one tree
for every kind of block at every depth.
"""

from __future__ import annotations

import re
from typing import Final

from proxy.core.slots import (
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
    plain,
    rules,
)
from proxy.dialects.json_schema import SCHEMA

ID: Final = opaque(
    r"(?:toolu|srvtoolu|mcptoolu|call|fc|chatcmpl-tool|msg|file|container|skill|usrprof|wrkspc|thread|tab|dl)"
    r"[_-][A-Za-z0-9_-]{1,128}"
)
"""Ids of the provider, and of clients that carry calls over from another API."""
SEALED: Final = opaque(r"[A-Za-z0-9+/_-]{32,}={0,2}")
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
EDIT_TYPE: Final = Field(Kind.PLAIN, re.compile(_VERSIONED))
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
CACHE: Final = rules({"type": plain("ephemeral"), "ttl": plain("5m", "1h")})
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
        "file_id": ID,
        "encrypted_index": SEALED,
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
            FLAG,
        ),
    }
)


_INNER_TOOL: Final = rules({"name": NAME, "description": TEXT, "input_schema": SCHEMA})
_TOOL_FIELDS: Final[dict[str, Field | Node]] = {
    "type": _TOOL_TYPE,
    "name": NAME,
    "mcp_server_name": NAME,
    "model": MODEL,
    "description": TEXT,
    "input_schema": SCHEMA,
    "input_examples": TEXT,
    "tools.*": _INNER_TOOL,
    "cache_control": CACHE,
    "caching": CACHE,
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
        FLAG,
    ),
}
"""A tool's definition, a tool set's, and a search tool's settings."""

TOOL: Final = rules(_TOOL_FIELDS)


_BLOCK_FIELDS: Final[dict[str, Field | Node]] = {
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
    "id": ID,
    "tool_use_id": ID,
    "caller.type": _CALLER_TYPE,
    "caller.tool_id": ID,
    "file_id": FILE,
    "data": SEALED,
    "signature": SEALED,
    "encrypted_content": SEALED,
    "encrypted_stdout": SEALED,
    "file_type": plain("image", "pdf", "text"),
    "error_code": _ERROR_CODE,
    "stop_reason": plain("end_turn", "max_tokens", "stop_sequence"),
    "cache_control": CACHE,
    "citations.*": _CITATION,
    "source": TEXT,
    "source.type": _SOURCE_TYPE,
    "source.media_type": _MEDIA_TYPE,
    "source.data": UNSCANNABLE,
    "source.url": UNSCANNABLE,
    "source.file_id": FILE,
    "transformations.oversized_image": plain("downsize", "error"),
    "from.model": MODEL,
    "to.model": MODEL,
    "tool.type": plain("tool_definition", "tool_reference", "mcp_tool_reference", "mcp_toolset_reference"),
    "tool.name": NAME,
    "tool.server_name": NAME,
    "tool.definition": TOOL,
    "tools.*.name": NAME,
    "tools.*.description": TEXT,
    "tools.*.input_schema": SCHEMA,
    "tabs.*.tab_id": ID,
    "tabs.*.title": TEXT,
    "tabs.*.url": TEXT,
    "state_changes.*.type": plain("download_completed", "download_failed", "download_started", "tab_opened"),
    "state_changes.*.tab_id": ID,
    "state_changes.*.download_id": ID,
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
        FLAG,
    ),
}


def _block() -> Node:
    """Rules of a content block of any type, and of what stands in its `content`: a string, blocks, or one result."""
    block = rules(_BLOCK_FIELDS)
    block.children["citations"].children["enabled"] = Node(ends=FLAG)
    listed = Node(ends=TEXT, any_item=block)
    # `content` is a string, a list of blocks, or one result, whose own fields are those of a block.
    block.children["content"] = Node(ends=TEXT, any_item=block, children=block.children)
    block.children["source"].children["content"] = listed
    block.children["tool_references"] = Node(any_item=block)
    block.children["tool_changes"] = Node(any_item=block)
    return block


BLOCK: Final = _block()

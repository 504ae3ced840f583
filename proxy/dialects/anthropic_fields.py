"""Fields of Anthropic's Messages API: the class of each path (wire surface of the `anthropic` SDK 2.14, beta included).

Where a field's class depends on the block's `type` or on a signature beside it, `classifier` decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from proxy.core.jsontext import Document, Leaf
from proxy.core.slots import CREDENTIAL, FLAG, MODEL, NAME, SIGNED, TEXT, Field, Kind, Node, opaque, owned, plain, rules
from proxy.dialects.anthropic_blocks import BLOCK, CACHE, EDIT_TYPE, ID, SEALED, TOOL
from proxy.dialects.json_schema import SCHEMA

EFFORT: Final = plain("low", "medium", "high", "xhigh", "max")
_THINKING: Final = rules(
    {
        "type": plain("enabled", "disabled", "adaptive", "between_tools"),
        "display": plain("omitted", "summarized", "updates"),
        "budget_tokens": FLAG,
        "block_binding.prefix_mismatch_behavior": plain("drop_block", "error"),
    }
)
_OUTPUT: Final = rules(
    {
        "effort": EFFORT,
        "format.type": plain("json_schema"),
        "format.schema": SCHEMA,
        "task_budget.type": plain("tokens"),
        "task_budget.total": FLAG,
    }
)
_SPEED: Final = plain("fast", "standard")

_TOP: Final[dict[str, Field | Node]] = {
    "model": MODEL,
    "system": TEXT,
    "system.*": BLOCK,
    "messages.*.role": plain("user", "assistant", "system"),
    "messages.*.content": TEXT,
    "messages.*.content.*": BLOCK,
    "messages.*.clear_at": plain("never", "next_user_message"),
    "messages.*.output_config": _OUTPUT,
    "tools.*": TOOL,
    "tool_choice.type": plain("auto", "any", "none", "tool"),
    "tool_choice.name": NAME,
    "tool_choice.disable_parallel_tool_use": FLAG,
    "stop_sequences.*": TEXT,
    "metadata.user_id": TEXT,
    "thinking": _THINKING,
    "output_config": _OUTPUT,
    "output_format.type": plain("json_schema"),
    "output_format.schema": SCHEMA,
    "cache_control": CACHE,
    "service_tier": plain("auto", "standard_only"),
    "speed": _SPEED,
    "inference_geo": plain("us", "eu", "global", "not_available"),
    "container": owned(ID),
    "container.id": owned(ID),
    "container.skills.*.type": plain("anthropic", "custom"),
    "container.skills.*.skill_id": owned(ID),
    "container.skills.*.version": opaque(r"latest|\d{8,20}"),
    "mcp_servers.*.type": plain("url"),
    "mcp_servers.*.name": NAME,
    "mcp_servers.*.url": TEXT,
    "mcp_servers.*.authorization_token": CREDENTIAL,
    "mcp_servers.*.tool_configuration.enabled": FLAG,
    "mcp_servers.*.tool_configuration.allowed_tools.*": NAME,
    "context_management.edits.*.type": EDIT_TYPE,
    "context_management.edits.*.instructions": TEXT,
    "context_management.edits.*.exclude_tools.*": NAME,
    "context_management.edits.*.clear_tool_inputs.*": NAME,
    "context_management.edits.*.keep": plain("all"),
    **{
        f"context_management.edits.*.{part}.{field}": end
        for part in ("keep", "trigger", "clear_at_least")
        for field, end in (("type", plain("all", "thinking_turns", "tool_uses", "input_tokens")), ("value", FLAG))
    },
    "compaction.type": plain("summarize"),
    "compaction.instructions": TEXT,
    "diagnostics.previous_message_id": owned(ID),
    "thread.type": plain("continue", "create"),
    "thread.previous_message_id": owned(ID),
    "billing_policy.type": plain("billing_policy"),
    "billing_policy.bill_to": plain("self", "user_profile"),
    "fallbacks": plain("default"),
    "fallbacks.*.model": MODEL,
    "fallbacks.*.max_tokens": FLAG,
    "fallbacks.*.thinking": _THINKING,
    "fallbacks.*.output_config": _OUTPUT,
    "fallbacks.*.speed": _SPEED,
    "fallback_credit_token": SEALED,
    "fallback_credit_token.token": SEALED,
    "fallback_credit_token.mode": plain("best_effort", "strict"),
    "user_profile_id": owned(ID),
    "workspace_id": owned(ID),
    **dict.fromkeys(("max_tokens", "stream", "temperature", "top_k", "top_p"), FLAG),
}

MESSAGES_REQUEST: Final = rules(_TOP)
"""Request of `POST /v1/messages` and of `/v1/messages/count_tokens`. What is not named here is text."""

ANSWERED_BLOCKS: Final = rules({"content.*": BLOCK})
"""Blocks of an answer, classed as they will be when the client sends them back."""

_SIGNED_TEXTS: Final = {"thinking": ("thinking", "signature"), "content": ("compaction", "signature")}
"""Text of a block that is not to be edited when the block has the second field: key -> (block type, signing field)."""
_SPOKEN: Final = frozenset({"text", "image", "document", "search_result", "tool_result"})
"""Blocks that no tool is named in."""
_OUTPUT_FILES: Final = frozenset({"code_execution_output", "bash_code_execution_output"})
"""Blocks whose file the provider made itself."""


def classifier(body: Document) -> Callable[[Leaf, Field], Field]:
    """The last word on the class of a request's field, where it depends on what stands beside it."""
    values = {leaf.path: leaf.text for leaf in body.leaves if not leaf.is_key and not leaf.is_number}

    def classified(leaf: Leaf, field: Field) -> Field:
        beside, name = leaf.path[:-1], leaf.path[-1]
        kind = values.get((*beside, "type"))
        if field.kind is Kind.UNSCANNABLE:
            if name == "data" and kind == "text":
                return TEXT
            if name == "file_id" and kind in _OUTPUT_FILES:
                return TEXT
        elif field is NAME and kind in _SPOKEN:
            return TEXT
        elif field is TEXT and name in _SIGNED_TEXTS and not leaf.is_key and not leaf.is_number:
            block_type, signing = _SIGNED_TEXTS[name]
            if kind == block_type and values.get((*beside, signing)):
                return SIGNED
        return field

    return classified

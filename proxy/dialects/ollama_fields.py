"""Fields of Ollama's own API: the class of each path (wire surface of the `ollama` SDK 0.6 and of its server)."""

from __future__ import annotations

from typing import Final

from proxy.core.slots import ANYTHING, FLAG, MODEL, NAME, TEXT, UNSCANNABLE, Field, Node, opaque, plain, rules
from proxy.dialects.json_schema import SCHEMA

_CALL_ID: Final = opaque(r"(?:call|toolu|tool|fc)[_-][A-Za-z0-9_-]{1,128}")
_DURATION: Final = opaque(r"-?(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+|-?\d{1,6}")
_THINK: Final = plain("low", "medium", "high", "max")
_OPTION_NAMES: Final = (
    "numa num_ctx num_batch num_gpu main_gpu low_vram f16_kv logits_all vocab_only use_mmap use_mlock embedding_only "
    "num_thread num_keep seed num_predict top_k top_p min_p tfs_z typical_p repeat_last_n temperature repeat_penalty "
    "presence_penalty frequency_penalty mirostat mirostat_tau mirostat_eta penalize_newline draft_num_predict"
).split()
_COMMON: Final[dict[str, Field | Node]] = {
    "model": MODEL,
    "keep_alive": _DURATION,
    **{f"options.{name}": FLAG for name in _OPTION_NAMES},
    "options.stop": TEXT,
    "options.stop.*": TEXT,
}
_ASKING: Final[dict[str, Field | Node]] = {
    **_COMMON,
    "format": Node(ends=plain("", "json"), children=SCHEMA.children),
    "think": _THINK,
    **dict.fromkeys(("stream", "logprobs", "top_logprobs", "truncate", "shift"), FLAG),
}

CHAT_REQUEST: Final = rules(
    {
        **_ASKING,
        "messages.*.role": plain("system", "user", "assistant", "tool"),
        "messages.*.content": TEXT,
        "messages.*.thinking": TEXT,
        "messages.*.images.*": UNSCANNABLE,
        "messages.*.tool_name": NAME,
        "messages.*.tool_call_id": _CALL_ID,
        "messages.*.tool_calls.*.id": _CALL_ID,
        "messages.*.tool_calls.*.type": plain("function"),
        "messages.*.tool_calls.*.function.name": NAME,
        "messages.*.tool_calls.*.function.index": FLAG,
        "messages.*.tool_calls.*.function.arguments": TEXT,
        "tools.*.type": plain("function"),
        "tools.*.function.name": NAME,
        "tools.*.function.description": TEXT,
        "tools.*.function.parameters": SCHEMA,
    }
)
"""Request of `POST /api/chat`. What is not named here is text."""

GENERATE_REQUEST: Final = rules(
    {
        **_ASKING,
        "prompt": TEXT,
        "suffix": TEXT,
        "system": TEXT,
        "template": TEXT,
        "images.*": UNSCANNABLE,
        "context": UNSCANNABLE,
        "context.*": UNSCANNABLE,
        **dict.fromkeys(("raw", "width", "height", "steps"), FLAG),
    }
)
"""Request of `POST /api/generate`."""

EMBED_REQUEST: Final = rules(
    {
        **_COMMON,
        "input": TEXT,
        "input.*": TEXT,
        "prompt": TEXT,
        **dict.fromkeys(("truncate", "dimensions"), FLAG),
    }
)
"""Request of `POST /api/embed` and of the older `/api/embeddings`."""

_ANSWER_FIELDS: Final = "model created_at done_reason logprobs context image remote_model remote_host".split()
ANSWER_LEFT_ALONE: Final = rules(
    {
        **dict.fromkeys(_ANSWER_FIELDS, ANYTHING),
        "message.role": ANYTHING,
        "message.images": ANYTHING,
        "message.tool_calls.*.id": ANYTHING,
        "message.tool_calls.*.type": ANYTHING,
    }
)
"""Fields of an answer that are left alone: the model, times, token ids, pictures, and log probabilities, whose pieces
of tokens cannot be put together again. Everything else is restored."""

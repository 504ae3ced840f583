"""What is restored in the answers of Anthropic's Messages API, whole and streamed.

Everything but ids, enumerations and what the provider signed or encrypted: thinking keeps its tokens, for the client
has to send it back unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from proxy.core.jsontext import Document, Leaf, parse
from proxy.core.slots import ANYTHING, Node, rules
from proxy.core.streams import Channel, ChannelText, StreamEvent
from proxy.dialects.answers import holds_json, left_alone
from proxy.dialects.tools import tool_of

_ALONE: Final = ANYTHING


def _answer_block() -> Node:
    """Fields of a block that are left alone. A tool's input is free-form: nothing in it is."""
    names = (
        "type id tool_use_id caller file_id file_type error_code thinking signature data encrypted_content "
        "encrypted_stdout"
    )
    block = rules(dict.fromkeys(names.split(), _ALONE))
    block.children["citations"] = Node(any_item=_CITATION)
    block.children["content"] = Node(any_item=block, children=block.children)
    block.children["source"] = rules(dict.fromkeys(("type", "media_type"), _ALONE))
    return block


_CITATION: Final = rules(dict.fromkeys(("type", "file_id", "encrypted_index"), _ALONE))
_BLOCK: Final = _answer_block()
_MESSAGE_FIELDS: Final = dict.fromkeys(
    "id type role model stop_reason usage container diagnostics context_management".split(), _ALONE
)
MESSAGE: Final = rules(
    {
        **_MESSAGE_FIELDS,
        "content.*": _BLOCK,
        "stop_details.type": _ALONE,
        "error.type": _ALONE,
        "request_id": _ALONE,
    }
)
"""Fields of a message, or of an error body, that are left alone."""
EVENT: Final = rules(
    {
        "type": _ALONE,
        "message": MESSAGE,
        "content_block": _BLOCK,
        "delta.type": _ALONE,
        "delta.thinking": _ALONE,
        "delta.signature": _ALONE,
        "delta.encrypted_content": _ALONE,
        "delta.content": _ALONE,
        "delta.stop_reason": _ALONE,
        "delta.container": _ALONE,
        "delta.stop_details.type": _ALONE,
        "delta.citation": _CITATION,
        "usage": _ALONE,
        "context_management": _ALONE,
        "error.type": _ALONE,
        "request_id": _ALONE,
    }
)
_KNOWN_EVENTS: Final = frozenset(
    {"message_start", "content_block_start", "content_block_delta", "message_delta", "error"},
)
"""Events that may hold text; one of another kind passes as it came."""
_GROWING: Final = frozenset({"content_block", "delta"})
_COMPACTION: Final = "compaction"


def message_texts(body: Document, *, structured: bool) -> list[ChannelText]:
    """Strings of a whole message that may hold tokens; `structured`: its text is JSON, as the client asked."""
    sealed = {leaf.path[:-1] for leaf in body.leaves if leaf.path[-1] == "type" and leaf.text == _COMPACTION}
    texts: list[ChannelText] = []
    for leaf in _restorable(body, MESSAGE):
        if leaf.path[:2] in sealed:
            continue
        is_text = structured and leaf.path[2:] == ("text",)
        in_json = is_text or holds_json(leaf)
        texts.append(ChannelText(leaf, leaf.path, in_json, whole=True, tool=tool_of(body, leaf.path)))
    return texts


def event_meaning(data: str, *, structured: bool) -> StreamEvent:
    """Texts of one event by block, and the blocks that end with it. Raises NotJson."""
    body = parse(data)
    kind = body.value("type")
    block: Channel = ("block", body.scalars.get(("index",), ""))
    if kind == "content_block_stop":
        return StreamEvent((), (block,))
    if kind == "message_stop":  # from Bedrock what its guardrail found stands in it
        told = [ChannelText(leaf, leaf.path, holds_json(leaf), whole=True) for leaf in _restorable(body, EVENT)]
        return StreamEvent(told, ((),))
    if kind not in _KNOWN_EVENTS or body.value("content_block", "type") == _COMPACTION:
        return StreamEvent(())
    texts: list[ChannelText] = []
    for leaf in _restorable(body, EVENT):
        name = leaf.path[-1]
        goes_on = kind != "message_delta" and leaf.path[0] in _GROWING and len(leaf.path) == 2  # noqa: PLR2004
        if goes_on:
            in_json = name == "partial_json" or (structured and name == "text")
            texts.append(ChannelText(leaf, (*block, name), in_json, tool=block if name == "partial_json" else None))
        else:
            tool = tool_of(body, leaf.path)
            texts.append(ChannelText(leaf, (*block, *leaf.path), holds_json(leaf), whole=True, tool=tool))
    called = body.value("content_block", "name")
    return StreamEvent(texts, tools=[(block, called)] if called else ())


def _restorable(body: Document, root: Node) -> Iterable[Leaf]:
    """Strings that are not left alone; keys only where they are the model's own words."""
    return (
        leaf
        for leaf in body.leaves
        if not leaf.is_number and (not leaf.is_key or "input" in leaf.path[:-1]) and not left_alone(root, leaf)
    )

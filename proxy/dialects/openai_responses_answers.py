"""What is restored in the answers of OpenAI's Responses API, whole and streamed.

Everything but ciphers, images, padding and log probabilities, keys of free-form objects too: an answer echoes the
request, so whatever was scrambled on the way out can come back at the same place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from proxy.core.jsontext import Document, Edit, Leaf, Path, parse
from proxy.core.positions import counted
from proxy.core.streams import Channel, ChannelText, StreamEvent
from proxy.dialects.answers import holds_json
from proxy.dialects.notice import echoed
from proxy.dialects.tools import tool_of

LEFT_ALONE: Final = frozenset(
    "encrypted_content fingerprint obfuscation logprobs usage partial_image_b64 image_url file_data".split()
)
"""Keys of an answer below which nothing is restored."""
_FREE_FORM: Final = frozenset(
    "metadata variables parameters schema output_schema input_schema attributes arguments env".split()
)
"""Objects whose keys are the client's own words."""
_PLAIN_TEXT: Final = frozenset("text refusal input code command transcript stdout stderr delta instructions".split())
"""Fields whose text is free, so that it is written as it is even when it looks like JSON: streams cannot know."""
_JSON_FORMATS: Final = frozenset({"json_object", "json_schema"})
_TOOL_STEMS: Final = ("_arguments", "_call_input", "_call_code", "_call_command")
"""Parts of the names of events that bring a tool's arguments."""
_INDICES: Final = ("content_index", "summary_index", "command_index")
_LAST_EVENTS: Final = frozenset(
    {"response.completed", "response.failed", "response.incomplete", "response.cancelled", "error"}
)
ECHOES: Final[tuple[Path, ...]] = (("instructions",), ("response", "instructions"))
"""Where the system prompt comes back, and our notice with it."""


def wants_json(body: Document, *above: str) -> bool:
    """Whether the answer's text is JSON, as the request or its echo says."""
    return body.value(*above, "text", "format", "type") in _JSON_FORMATS


def response_texts(body: Document, *, structured: bool) -> tuple[list[ChannelText], list[Edit]]:
    """Strings of a whole answer that may hold tokens, and the edits that take out our notice.

    `structured`: the answer's text is JSON.
    """
    prompts, edits = echoed(body, ECHOES)
    texts: list[ChannelText] = []
    parts = _output_texts(body) if structured else frozenset[Path]()
    for leaf in _restorable(body):
        if leaf.path in ECHOES and not leaf.is_key:
            if leaf.path in prompts:
                texts.append(ChannelText(prompts[leaf.path], leaf.path, whole=True))
            continue
        place: Channel = (*leaf.path, "key") if leaf.is_key else leaf.path
        tool = tool_of(body, leaf.path)
        texts.append(ChannelText(leaf, ("whole", *place), _in_json(leaf, parts), whole=True, tool=tool))
    return texts, edits


def event_meaning(data: str, *, structured: bool) -> StreamEvent:
    """Texts of one event, and the channels that end with it. Raises NotJson.

    A delta belongs to the channel of its event's name (without the last word), its output item and its part. The
    `.done` event of that name ends the channel and repeats its text, which is restored as a text of its own.
    """
    body = parse(data)
    kind = body.value("type") or ""
    stem, _, last = kind.rpartition(".")
    item: Channel = ("item", body.scalars.get(("output_index",), ""))
    part: Channel = (*item, stem, *(body.scalars.get((index,), "") for index in _INDICES))
    is_text = structured and stem == "response.output_text"
    growing = _growing(body, last)
    whole, edits = response_texts(body, structured=structured)
    of_tool = any(word in stem for word in _TOOL_STEMS)
    texts = [
        ChannelText(
            text.leaf, (*part, *text.leaf.path[1:]), is_text or "arguments" in stem, tool=item if of_tool else None
        )
        if text.leaf.path in growing and not text.leaf.is_key
        else text._replace(
            json=text.json or (is_text and text.leaf.path == ("text",)), tool=item if text.tool == "" else text.tool
        )
        for text in whole
    ]
    ends: list[Channel] = []
    if kind in _LAST_EVENTS:
        ends.append(())
    elif kind == "response.output_item.done":
        ends.append(item)
    elif last == "done":
        ends.append(part)
    called = body.value("item", "name") or body.value("item", "type")
    text: Channel = (*item, "response.output_text", *part[len(item) + 1 :])
    counts = [(("whole", *one.text) if one.text else text, one) for one in counted(body)]
    return StreamEvent(texts, ends, edits, [(item, called)] if called else (), counts)


def _growing(body: Document, last: str) -> frozenset[Path]:
    """Strings of an event that later events go on with."""
    if last == "delta":
        return frozenset(leaf.path for leaf in body.leaves if leaf.path[:1] == ("delta",))
    return frozenset({("command",)}) if last == "added" else frozenset()


def _restorable(body: Document) -> Iterable[Leaf]:
    """Strings that are not left alone; keys only where they are the client's or the model's own words."""
    for leaf in body.leaves:
        if leaf.is_number or not LEFT_ALONE.isdisjoint(leaf.path):
            continue
        if not leaf.is_key or not _FREE_FORM.isdisjoint(leaf.path[:-1]):
            yield leaf


def _output_texts(body: Document) -> frozenset[Path]:
    """Paths of the texts that the model wrote as its answer: the parts of type `output_text`."""
    return frozenset(
        (*leaf.path[:-1], "text") for leaf in body.leaves if leaf.path[-1:] == ("type",) and leaf.text == "output_text"
    )


def _in_json(leaf: Leaf, parts: frozenset[Path]) -> bool:
    name = leaf.path[-1] if leaf.path else ""
    if leaf.is_key:
        return False
    return name == "arguments" or leaf.path in parts or (name not in _PLAIN_TEXT and holds_json(leaf))

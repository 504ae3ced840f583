"""Batches and the files that they are made of: OpenAI's batches and files, Anthropic's message batches.

Requests are scanned like the requests that they hold; answers and lines of results are restored in every string, for
they may hold answers of any route.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from proxy.core.jsontext import Document, Edit, Leaf, escape, parse
from proxy.core.positions import counted
from proxy.core.slots import TEXT, Slots, TextSlot, opaque, plain, rules, slots_of
from proxy.core.streams import ChannelText, StreamEvent
from proxy.dialects.answers import holds_json
from proxy.dialects.anthropic_fields import MESSAGES_REQUEST, classifier
from proxy.dialects.anthropic_messages import MESSAGES, AnthropicMessages
from proxy.dialects.base import Dialect, StateIds, Traits
from proxy.dialects.openai_chat import CHAT, OpenAIChat
from proxy.dialects.openai_other import COMPLETIONS, EMBEDDINGS, MODERATIONS
from proxy.dialects.openai_responses import RESPONSES
from proxy.dialects.tools import tool_of
from proxy.errors import BadRequest

LINES: Final[dict[str, Dialect]] = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": COMPLETIONS,
    "/v1/embeddings": EMBEDDINGS,
    "/v1/moderations": MODERATIONS,
    "/v1/responses": RESPONSES,
}
"""What a line of an OpenAI batch may ask for."""
_LEFT_ALONE: Final = frozenset(
    "logprobs thinking signature data encrypted_content encrypted_stdout encrypted_index obfuscation b64_json".split()
)
"""Keys below which nothing is restored: pieces of tokens, what the provider signed or encrypted."""
_FREE_FORM: Final = frozenset("input arguments metadata parameters".split())
_ID_FIELDS: Final = ("id", "output_file_id", "error_file_id")
MESSAGE_BATCH_REQUEST: Final = rules({"requests.*.custom_id": TEXT, "requests.*.params": MESSAGES_REQUEST})
BATCHES_REQUEST: Final = rules(
    {
        "input_file_id": opaque(r"file-[A-Za-z0-9_-]{1,160}"),
        "endpoint": plain(*LINES),
        "completion_window": plain("24h"),
        "metadata.{}": TEXT,
        "output_expires_after.anchor": plain("created_at"),
    }
)


def every_text(body: Document, *, besides: str = "") -> list[ChannelText]:
    """Every string of an answer that may hold tokens; `besides`: also below this key, which is left alone elsewhere."""
    left_alone = _LEFT_ALONE - {besides}
    return [
        ChannelText(leaf, leaf.path, holds_json(leaf), whole=True, tool=tool_of(body, leaf.path))
        for leaf in body.leaves
        if not leaf.is_number
        and left_alone.isdisjoint(leaf.path)
        and (not leaf.is_key or not _FREE_FORM.isdisjoint(leaf.path[:-1]))
    ]


def _made(body: Document) -> list[str]:
    return [found for name in _ID_FIELDS if (found := body.value(name))]


def _named_file(body: Document) -> list[tuple[str, str]]:
    name = body.value("input_file_id")
    if not name:
        raise BadRequest("A batch is made of a file: name its `input_file_id`.", param="input_file_id")
    return [("input_file_id", name)]


def _nothing(_body: Document) -> list[tuple[str, str]]:
    return []


READ_MARK: Final = "read/"
TEXT_MARK: Final = "text/"
"""Before a file's id, in what is remembered of it: all of it was scrambled; and it is no JSON by line."""
KEPT: Final = "kept files"
"""What the session of a vault's files and vector stores is derived from."""


def _made_lines(body: Document) -> list[str]:
    return [f"{mark}{name}" for name in _made(body) for mark in ("", READ_MARK)]


def _made_text(body: Document) -> list[str]:
    return [f"{mark}{name}" for name in _made(body) for mark in ("", READ_MARK, TEXT_MARK)]


_KEPT: Final = StateIds(_nothing, _made, ('"id"',))


class StoredOpenAI(OpenAIChat):
    """Answers about OpenAI's files and batches, and lines of their results."""

    traits = Traits(state=_KEPT, usage_mark="\x00")

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Every string."""
        del request
        return every_text(body)

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """One line of results: each of its strings is whole."""
        del request
        line = parse(data)
        return StreamEvent(every_text(line), counts=[(one.text, one) for one in counted(line)])


class ReadLines(StoredOpenAI):
    """The answer to an upload all of which was scrambled, JSON by line."""

    traits = Traits(state=StateIds(_nothing, _made_lines, ('"id"',)), usage_mark="\x00")


class ReadText(StoredOpenAI):
    """The answer to an upload of another text, all of which was scrambled."""

    traits = Traits(state=StateIds(_nothing, _made_text, ('"id"',)), usage_mark="\x00")


class LineContent(StoredOpenAI):
    """What a file holds, JSON by line. A client wrote it, so an id in it makes nobody the owner of anything."""

    traits = Traits(usage_mark="\x00")


class TextContent(StoredOpenAI):
    """The same of another text."""

    traits = Traits(usage_mark="\x00", answers="text")


class MessageResults(AnthropicMessages):
    """Lines of the results of a message batch, which repeat what clients and models wrote."""

    traits = Traits(usage_mark="\x00")

    def stream_event(self, data: str, request: Document) -> StreamEvent:
        """One line of results: each of its strings is whole."""
        del request
        return StreamEvent(every_text(parse(data)))


class StoredAnthropic(AnthropicMessages):
    """Answers about Anthropic's message batches."""

    traits = Traits(state=_KEPT, usage_mark="\x00", readdressed=True)

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Every string."""
        del request
        return every_text(body)


class OpenAIBatches(StoredOpenAI):
    """`POST /v1/batches`: the prompts are in a file that is known here, the rest is names and metadata."""

    traits = Traits(
        kinds=("openai", "azure_openai"), names_model=False, state=StateIds(_named_file, _made), usage_mark="\x00"
    )

    def request_slots(self, body: Document) -> Slots:
        """Texts of the metadata."""
        return slots_of(body, BATCHES_REQUEST)

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """The file: its session is the batch's."""
        del texts
        return [name for _, name in _named_file(body)]

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """No place for a notice: the lines of the file have it."""
        del body, notice
        return []


class MessageBatches(StoredAnthropic):
    """`POST /v1/messages/batches`: many requests for messages in one."""

    traits = Traits(kinds=("anthropic",), state=_KEPT, usage_mark="\x00", readdressed=True)

    def model(self, body: Document) -> str | None:
        """The one model that all requests name. Raises BadRequest when they name several."""
        leaves = [leaf for leaf in body.leaves if _is_model(leaf)]
        keys = sum(leaf.is_key for leaf in leaves)
        names = {leaf.text for leaf in leaves if not leaf.is_key}
        if len(names) > 1 or keys != len({leaf.path for leaf in leaves}):
            raise BadRequest("The requests of a batch must name one model, each of them once.", param="requests")
        return next(iter(names), None)

    def with_model(self, body: Document, model: str) -> list[Edit]:
        """Edits that put another model name into every request."""
        return [
            Edit(leaf.start, leaf.end, escape(model)) for leaf in body.leaves if _is_model(leaf) and not leaf.is_key
        ]

    def request_slots(self, body: Document) -> Slots:
        """Texts request by request, of each in the order that keeps prefixes stable."""
        slots = slots_of(body, MESSAGE_BATCH_REQUEST, classifier(body))
        return replace(slots, texts=sorted(slots.texts, key=_place))

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """All texts: a batch is a session of its own."""
        del body
        return [slot.text for slot in texts]

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """The notice in every request."""
        edits: list[Edit] = []
        number = 0
        while ("requests", number) in body.containers:
            start, end = body.containers.get(("requests", number, "params"), (0, 0))
            if body.text[start:end].startswith("{"):
                inner = MESSAGES.with_notice(parse(body.text[start:end]), notice)
                edits += [Edit(edit.start + start, edit.end + start, edit.new) for edit in inner]
            number += 1
        return edits


def _is_model(leaf: Leaf) -> bool:
    return (
        not leaf.is_number
        and len(leaf.path) == 4  # noqa: PLR2004 - requests, position, params, model
        and leaf.path[0] == "requests"
        and leaf.path[2:] == ("params", "model")
    )


_ORDER: Final = ("tools", "output_config", "system", "messages")


def _place(slot: TextSlot) -> tuple[int, int]:
    number = slot.path[1] if len(slot.path) > 1 and isinstance(slot.path[1], int) else -1
    first = slot.path[3] if len(slot.path) > 3 else ""  # noqa: PLR2004 - requests, position, params, field
    return number, _ORDER.index(first) if first in _ORDER else len(_ORDER)


MESSAGE_BATCHES: Final = MessageBatches()
BATCHES: Final = OpenAIBatches()
STORED_OPENAI: Final = StoredOpenAI()
STORED_ANTHROPIC: Final = StoredAnthropic()
READ_LINES: Final = ReadLines()
READ_TEXT: Final = ReadText()
LINE_CONTENT: Final = LineContent()
TEXT_CONTENT: Final = TextContent()
MESSAGE_RESULTS: Final = MessageResults()

"""Chat completions that OpenAI keeps (`store: true`): asked for, changed and deleted later by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from proxy.core.jsontext import Document, Edit
from proxy.core.slots import TEXT, Slots, TextSlot, rules, slots_of
from proxy.core.streams import ChannelText
from proxy.dialects.base import StateIds, Traits
from proxy.dialects.batches import StoredOpenAI, every_text
from proxy.dialects.openai_chat import CHAT, OpenAIChat

CHANGES_REQUEST: Final = rules({"metadata.{}": TEXT})


def _made(body: Document) -> list[str]:
    return [*([name] if (name := body.value("id")) else []), *_spoken(body)]


def _spoken(body: Document) -> list[str]:
    """Spoken answers, which a later turn names instead of sending them along."""
    return [leaf.text for leaf in body.leaves if not leaf.is_key and leaf.path[3:] == ("audio", "id")]


class KeptChat(OpenAIChat):
    """A chat that the provider is to keep, or whose spoken answers it keeps.

    Its session is one of its own, for it lasts as long as that.
    """

    traits = Traits(state=StateIds(lambda _: [], _made, ('"role"', '"audio"'), always=_spoken))

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """As of other chats, set apart from those."""
        return ["stored", *CHAT.session_seed(body, texts)]


class StoredChats(StoredOpenAI):
    """Answers about a chat that was kept, and pages of its messages."""

    traits = Traits(usage_mark="\x00")

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Every string but pieces of tokens."""
        del request
        return every_text(body, besides="data")


class ChatChanges(StoredChats):
    """`POST /v1/chat/completions/{id}`: its metadata."""

    traits = Traits(
        kinds=("openai", "azure_openai"), names_model=False, state=StateIds(lambda _: [], _made), usage_mark="\x00"
    )

    def request_slots(self, body: Document) -> Slots:
        """Texts of the metadata."""
        return slots_of(body, CHANGES_REQUEST)

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """Nothing: the chat's own session goes on."""
        del body, texts
        return ()

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """No place for a notice: no model reads this."""
        del body, notice
        return []


KEPT_CHAT: Final = KeptChat()
STORED_CHATS: Final = StoredChats()
CHAT_CHANGES: Final = ChatChanges()

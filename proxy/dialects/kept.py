"""Which requests have the provider keep something although their API as such keeps nothing."""

from __future__ import annotations

from typing import Final

from proxy.core.jsontext import Document, Leaf
from proxy.dialects.anthropic_messages import MESSAGES, AnthropicMessages
from proxy.dialects.base import Dialect, StateIds, Traits
from proxy.dialects.openai_chat import CHAT
from proxy.dialects.openai_chat_stored import KEPT_CHAT

_MADE: Final = frozenset({("id",), ("message", "id")})
_CONTAINERS: Final = frozenset({("container", "id"), ("message", "container", "id"), ("delta", "container", "id")})
_ASKED: Final = frozenset({("container",), ("thread",), ("diagnostics",)})
_WORDS: Final = ('"container"', '"thread"', '"diagnostics"', '"tools"')


def _made(body: Document) -> list[str]:
    """The message, which a thread goes on from, and the container that its tools ran in."""
    return [leaf.text for leaf in body.leaves if not leaf.is_key and (leaf.path in _MADE or leaf.path in _CONTAINERS)]


class KeptMessages(AnthropicMessages):
    """A message whose tools run in a container of the provider's, or that later ones refer to by its id."""

    traits = Traits(
        kinds=MESSAGES.traits.kinds,
        cites=True,
        signs=True,
        state=StateIds(lambda _: [], _made, ("message_start", "message_delta")),
    )


KEPT_MESSAGES: Final = KeptMessages()


def keeping(dialect: Dialect, body: Document) -> Dialect:
    """The dialect of this body: the same, or the one of what is kept."""
    if dialect is CHAT:
        return KEPT_CHAT if body.is_true("store") or ("modalities",) in body.containers else CHAT
    if dialect is MESSAGES and any(map(body.says, _WORDS)) and any(map(_is_kept, body.leaves)):
        return KEPT_MESSAGES
    return dialect


def _is_kept(leaf: Leaf) -> bool:
    """Whether a field asks for something to be kept: a container, a thread, a tool that the provider runs itself."""
    if leaf.is_key:
        return leaf.path in _ASKED
    return leaf.path[:1] == ("tools",) and leaf.path[2:] == ("type",) and leaf.text != "custom"

"""OpenAI's vector stores: filled from files that came through the gateway, searched by scrambled words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from proxy.core.jsontext import Document, Edit
from proxy.core.slots import FLAG, TEXT, Node, Slots, TextSlot, opaque, plain, rules, slots_of
from proxy.core.streams import ChannelText
from proxy.dialects.base import StateIds, Traits, where
from proxy.dialects.batches import KEPT, StoredOpenAI

_FILE_ID: Final = opaque(r"file-[A-Za-z0-9_-]{1,160}")
_OWN_KEYS: Final = (("attributes",), ("metadata",))
_CHUNKS: Final = {
    "type": plain("auto", "static", "other"),
    "static.max_chunk_size_tokens": FLAG,
    "static.chunk_overlap_tokens": FLAG,
}


def _filters() -> Node:
    """Rules of a filter, which may hold filters."""
    one = rules(
        {"type": plain(*"eq ne gt gte lt lte in nin and or".split()), "key": TEXT, "value": TEXT, "value.*": TEXT}
    )
    one.children["filters"] = Node(any_item=one)
    return one


STORES_REQUEST: Final = rules(
    {
        "name": TEXT,
        "description": TEXT,
        "metadata.{}": TEXT,
        "file_ids.*": _FILE_ID,
        "file_id": _FILE_ID,
        "files.*.file_id": _FILE_ID,
        "files.*.attributes.{}": TEXT,
        "files.*.chunking_strategy": rules(_CHUNKS),
        "attributes.{}": TEXT,
        "chunking_strategy": rules(_CHUNKS),
        "expires_after.anchor": plain("last_active_at"),
        "expires_after.days": FLAG,
        "query": TEXT,
        "query.*": TEXT,
        "filters": _filters(),
        "max_num_results": FLAG,
        "rewrite_query": FLAG,
        "ranking_options.ranker": opaque(r"none|auto|default-\d{4}-\d\d-\d\d"),
        "ranking_options.score_threshold": FLAG,
    }
)
"""Requests of all routes below `/v1/vector_stores`."""


def _named(body: Document) -> list[tuple[str, str]]:
    """Files that are to be put into the store: those of this key only."""
    return [
        (where(leaf.path, 1), leaf.text)
        for leaf in body.leaves
        if not leaf.is_key and (leaf.path[-1:] == ("file_id",) or leaf.path[:1] == ("file_ids",))
    ]


def _made(body: Document) -> list[str]:
    """A store that was made, no file in one: whoever owns that is known."""
    name = body.value("id") or ""
    return [name] if name.startswith("vs_") else []


class StoredStores(StoredOpenAI):
    """Answers about stores and the files in them."""

    traits = Traits(usage_mark="\x00")

    def response_texts(self, body: Document, request: Document) -> list[ChannelText]:
        """Every string, and the keys that a client made up."""
        del request
        return [
            ChannelText(leaf, leaf.path, whole=True)
            for leaf in body.leaves
            if not leaf.is_number and (not leaf.is_key or leaf.path[-2:-1] in _OWN_KEYS)
        ]


class VectorStores(StoredStores):
    """Requests with a body: stores made and changed, files put in, searches."""

    traits = Traits(
        kinds=("openai", "azure_openai"), names_model=False, state=StateIds(_named, _made), usage_mark="\x00"
    )

    def request_slots(self, body: Document) -> Slots:
        """Texts in the order of the document."""
        return slots_of(body, STORES_REQUEST)

    def session_seed(self, body: Document, texts: Sequence[TextSlot]) -> Sequence[str]:
        """The session of the vault's files: what a search finds stands in one of them."""
        del body, texts
        return [KEPT]

    def with_notice(self, body: Document, notice: str) -> list[Edit]:
        """No place for a notice: no model reads this."""
        del body, notice
        return []


STORED_STORES: Final = StoredStores()
VECTOR_STORES: Final = VectorStores()

"""A key from which 2^40 others are derived, and from which single ones can be taken away for good. Pure.

Goldreich, Goldwasser and Micali's tree: each node gives four below it by a one-way function, and its leaves are the
keys. To take a leaf away, the nodes on its way are replaced by those beside it: all other leaves can still be derived,
that one by nobody, not even from all that is kept then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

INDEX_BYTES: Final = 5
"""Bytes that name a leaf: drawn at random, so that two of a million share one in a million times."""
_BITS: Final = 8 * INDEX_BYTES
_STEP: Final = 2
_BELOW: Final = ("00", "01", "10", "11")
_KEY_BYTES: Final = 32


class Tree:
    """Nodes that are left, by their way from the root in bits."""

    __slots__ = ("_nodes",)

    def __init__(self, nodes: Mapping[str, bytes]) -> None:
        """`nodes`: none of them stands below another."""
        self._nodes = nodes

    def __repr__(self) -> str:
        return f"Tree({len(self._nodes)} nodes)"

    @classmethod
    def grown(cls, seed: bytes) -> Tree:
        """A whole tree of 32 secret bytes."""
        return cls({"": seed})

    def holds(self, index: bytes) -> bool:
        """Whether the leaf can be derived."""
        return "" in self._nodes or self._above(_way(index)) is not None

    def key(self, index: bytes) -> bytes | None:
        """The 32 bytes of a leaf; None when it was taken away."""
        way = _way(index)
        node = self._above(way)
        if node is None:
            return None
        key = self._nodes[node]
        for at in range(len(node), _BITS, _STEP):
            key = _below(key, way[at : at + _STEP])
        return key

    def without(self, index: bytes) -> Tree:
        """The tree without a leaf; the same one when that is gone already."""
        way = _way(index)
        node = self._above(way)
        if node is None:
            return self
        nodes = dict(self._nodes)
        key = nodes.pop(node)
        for at in range(len(node), _BITS, _STEP):
            step = way[at : at + _STEP]
            nodes |= {way[:at] + other: _below(key, other) for other in _BELOW if other != step}
            key = _below(key, step)
        return Tree(nodes)

    def encoded(self) -> bytes:
        """As bytes: per node the length of its way, the way, the key."""
        return b"".join(bytes((len(way),)) + way.encode() + key for way, key in sorted(self._nodes.items()))

    @classmethod
    def decoded(cls, data: bytes) -> Tree:
        """The tree of these bytes. Raises ValueError for what `encoded` does not make."""
        nodes, at = dict[str, bytes](), 0
        while at < len(data):
            end = at + 1 + data[at]
            way, key = data[at + 1 : end].decode("ascii"), data[end : end + _KEY_BYTES]
            if len(key) != _KEY_BYTES:
                raise ValueError("not a tree of keys")
            nodes[way] = key
            at = end + _KEY_BYTES
        return cls(nodes)

    def _above(self, way: str) -> str | None:
        """The node that stands above a leaf, or is it."""
        return next((way[:end] for end in range(0, _BITS + 1, _STEP) if way[:end] in self._nodes), None)


def _way(index: bytes) -> str:
    if len(index) != INDEX_BYTES:
        raise ValueError(f"a leaf is named by {INDEX_BYTES} bytes")
    return f"{int.from_bytes(index, 'big'):0{_BITS}b}"


def _below(key: bytes, step: str) -> bytes:
    return hashlib.blake2b(step.encode(), key=key, digest_size=_KEY_BYTES, person=b"sting key tree").digest()

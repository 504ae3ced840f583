"""Members of a JSON object taken away and put in front; all others keep every byte. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from proxy.core.jsontext import Document, parse

_MAX_DEPTH: Final = 512
"""As deep as any configuration lets requests nest: they were read before."""


def read(body: bytes) -> Document:
    """A request's body. Raises NotJson."""
    return parse(body.decode("utf-8", "surrogatepass"), max_depth=_MAX_DEPTH)


def changed(document: Document, without: Collection[str], add: Mapping[str, Any]) -> bytes:
    """The object without these members and with others before the rest."""
    text = document.text
    end = document.containers[()][1] - 1
    keys = [leaf for leaf in document.leaves if leaf.is_key and len(leaf.path) == 1]
    begins = [leaf.start - 1 for leaf in keys]
    ends = [text.rindex(",", 0, begin) for begin in begins[1:]] + [end]
    kept = [
        text[begin:close].rstrip()
        for leaf, begin, close in zip(keys, begins, ends, strict=False)  # an empty object has an end and no key
        if leaf.text not in without
    ]
    added = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in add.items()]
    return f"{{{', '.join([*added, *kept])}}}".encode("utf-8", "surrogatepass")

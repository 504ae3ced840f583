"""The notice that tells the model how to treat tokens, and how it is taken out again where a provider echoes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from proxy.core.jsontext import Document, Edit, Leaf, Path, escape

NOTICE: Final = (
    "Some names and values in this conversation are replaced by codes: a type in capitals, an underscore and eight "
    "letters or digits. Each code stands for one real value. Treat codes as opaque and copy them verbatim wherever you "
    "mean the value; never explain, translate, shorten or invent codes."
)
BEHIND_A_PROMPT: Final = "\n\n" + NOTICE
"""The notice as it is appended to a prompt that the client sent."""


def echoed(document: Document, paths: Iterable[Path]) -> tuple[dict[Path, Leaf], list[Edit]]:
    """What is left of echoed prompts without the notice, by path, and the edits that take the notice out.

    A prompt that is nothing but the notice becomes null, for the client sent none; it has no leaf in the result.
    """
    wanted = set(paths)
    left: dict[Path, Leaf] = {}
    edits: list[Edit] = []
    for leaf in document.leaves:
        if leaf.is_key or leaf.is_number or leaf.path not in wanted:
            continue
        raw = document.text[leaf.start : leaf.end]
        ending = escape(BEHIND_A_PROMPT)
        if leaf.text == NOTICE:
            edits.append(Edit(leaf.start - 1, leaf.end + 1, "null"))
        elif raw.endswith(ending):
            border = leaf.end - len(ending)
            edits.append(Edit(border, leaf.end, ""))
            left[leaf.path] = leaf._replace(end=border, text=leaf.text.removesuffix(BEHIND_A_PROMPT))
        else:
            left[leaf.path] = leaf
    return left, edits

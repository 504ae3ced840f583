"""Words of ours that the gateway took for personal data, put back into what a model answered.

A detector takes a ward for a firm, a month for a postcode, a share for a number of somebody. In a model's text a token
then stands where the table beside it says the word in clear. What a fact of the report says anyway is put back; tokens
that stood in the material before (names, samples) and words that a person typed stay tokens, whatever they stand for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from reports.numbers import TOKEN


class Restores(Protocol):
    """What turns tokens of a run's session back."""

    async def restore(self, texts: Sequence[str]) -> list[str]:
        """`texts` with originals. Raises GatewayFailed."""
        ...


def tokens_of(texts: Iterable[str]) -> frozenset[str]:
    """All tokens that stand in texts."""
    return frozenset(match[0] for text in texts for match in TOKEN.finditer(text))


async def own_words(
    texts: Sequence[str], gateway: Restores, *, shown: str, kept: Collection[str], typed: str = ""
) -> list[str]:
    """`texts` with the words back that `shown`, the facts as a report tells them, says as well.

    `kept`: tokens that stay; `typed`: what a person wrote, whose words stay tokens. Raises GatewayFailed.
    """
    candidates = sorted(tokens_of(texts) - set(kept))
    if not candidates:
        return list(texts)
    originals = dict(zip(candidates, await gateway.restore(candidates), strict=True))
    back = {token: word for token, word in originals.items() if _stands(word, shown) and not _stands(word, typed)}
    return [TOKEN.sub(lambda match: back.get(match[0], match[0]), text) for text in texts]


def _stands(word: str, text: str) -> bool:
    """Whether a word stands in a text as one of its own."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None

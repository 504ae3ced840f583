"""How audit events stand in their Redis stream: all fields of one as one, and several events in one entry.

30 small fields, and an entry for each outcome, would cost everybody more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

_FIELD = "event"
_BETWEEN = "\x1f"
_NEXT = "\x1e"


def written(event: Mapping[str, str]) -> list[str]:
    """Names and values for XADD: one field, or all of them where one holds a character that stands between."""
    return [_FIELD, text] if (text := _joined(event)) is not None else [word for pair in event.items() for word in pair]


def together(events: Iterable[Mapping[str, str]]) -> list[list[str]]:
    """Names and values of as few entries as hold these events."""
    alone, texts = [], []
    for event in events:
        if (text := _joined(event)) is not None:
            texts.append(text)
        else:
            alone.append(written(event))
    return [*alone, [_FIELD, _NEXT.join(texts)]] if texts else alone


def read(fields: Mapping[str, str]) -> list[Mapping[str, str]]:
    """The events that were written into an entry."""
    text = fields.get(_FIELD)
    if text is None:
        return [fields]
    found = [event.split(_BETWEEN) for event in text.split(_NEXT)]
    return [dict(zip(words[::2], words[1::2], strict=False)) for words in found]


def _joined(event: Mapping[str, str]) -> str | None:
    text = _BETWEEN.join(chain.from_iterable(event.items()))
    return text if text.count(_BETWEEN) == 2 * len(event) - 1 and _NEXT not in text else None

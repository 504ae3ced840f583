"""From a probability per token and label to findings: runs of tokens, one type and one score for each run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proxy.core.findings import Finding
from proxy.detectors.names.tokens import Tokens

Floats = npt.NDArray[np.float32]

DETECTOR = "names"

_TRIMMED = " \t\r\n.,;:!?\"'’‘“”„«»()[]{}<>*_#@&/\\|=+-–—•·`~^%$€£…"
"""What no finding begins or ends with."""

_CLOSING_DOT = frozenset(
    {"inc.", "ltd.", "corp.", "co.", "jr.", "sr.", "st.", "bros.", "s.a.", "s.p.a.", "b.v.", "n.v.", "s.r.l.", "u.s.", "u.k.", "d.c."}
)  # fmt: skip
"""Last words whose full stop belongs to them."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A token belongs to a name when the odds of all names together reach `enter` (0 to 1).

    A neighbour of such a token joins it from `extend` up: names are rarely half personal.
    """

    enter: float
    extend: float


def findings(text: str, tokens: Tokens, odds: Floats, types: Sequence[str], threshold: Threshold) -> list[Finding]:
    """Findings of one text, disjoint and in order. `odds`: tokens x labels (0: outside; then begin, inside per type)."""
    named = 1 - odds[:, 0]
    if not len(tokens) or float(named.max()) < threshold.enter:
        return []
    begins, inside = odds[:, 1::2], odds[:, 2::2]
    found = []
    for first, last in _runs(text, tokens, named, begins, threshold):
        kinds = (begins[first:last] + inside[first:last]).sum(axis=0)
        place = _trimmed(text, tokens.starts[first], tokens.ends[last - 1])
        if place is not None:
            kind = types[int(kinds.argmax())]
            score = round(float(named[first:last].max()), 3)
            found.append(Finding(place[0], place[1], kind, min(score, 1.0), DETECTOR))
    return found


def _runs(text: str, tokens: Tokens, named: Floats, begins: Floats, threshold: Threshold) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) token of each name."""
    candidates = (named >= threshold.extend).tolist()
    sure = (named >= threshold.enter).tolist()
    opens = (begins.sum(axis=1) > named / 2).tolist()
    count = len(candidates)
    first = 0
    while first < count:
        if not candidates[first] or tokens.words[first] == "\n":
            first += 1
            continue
        last = first + 1
        while last < count and candidates[last] and not _parted(text, tokens, last, opens=opens[last]):
            last += 1
        if any(sure[first:last]):
            yield first, last
        first = last


def _parted(text: str, tokens: Tokens, index: int, *, opens: bool) -> bool:
    """Whether a new name begins at token `index`, although the token before it belongs to one."""
    if tokens.words[index] == "\n":
        return True
    gap = text[tokens.ends[index - 1] : tokens.starts[index]]
    return opens or len(gap) > 1


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The range without punctuation around it and without a possessive `'s`; None when no letter is left."""
    while start < end and (text[start] in _TRIMMED or text[start].isspace()):
        start += 1
    while start < end:
        words = text[start:end].split()
        if words and words[-1].lower() in _CLOSING_DOT:
            break
        if text[start:end].lower().endswith(("'s", "’s")):
            end -= 2
        elif text[end - 1] in _TRIMMED or text[end - 1].isspace():
            end -= 1
        else:
            break
    return (start, end) if any(letter.isalpha() for letter in text[start:end]) else None


def stacked(parts: Sequence[npt.NDArray[np.int32]], gap: int) -> npt.NDArray[np.int32]:
    """The arrays one after the other, with `gap` zeros after each."""
    padding = np.zeros(gap, dtype=np.int32)
    return np.concatenate([piece for part in parts for piece in (part, padding)])

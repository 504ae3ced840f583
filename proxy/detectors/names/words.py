"""What the tagger's first layer makes of words, remembered for words that are public: those of its vocabulary.

Most tokens of a text are a few thousand ordinary words and signs. Whatever else a client writes (rare names, account
numbers, parts of addresses) is computed each time and never kept. Common forenames, towns and years are in the
vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from proxy.detectors.names.features import spelled
from proxy.detectors.names.model import Flags, Floats, Model

REMEMBERED = 8192
"""Words that are remembered at once: 5 MiB. All are forgotten when there are more."""

PADDING = ""
"""The word of a padding token: it brings nothing."""

_AT_ONCE = 4096
"""New words that are computed at once: bounds the memory that a long text takes."""
_UNKNOWN = -1


class Words:
    """The shares of words, see `Model.shares`. One instance may be used by one thread at a time."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._shares = np.zeros((REMEMBERED, model.first.shape[1]), dtype=np.float32)
        self._places = {PADDING: 0}

    def look_up(self, lows: Sequence[str]) -> tuple[Floats, Flags]:
        """Shares of words in lower case, words x outputs, and which of them are no signs and in no vocabulary."""
        places = [self._places.get(low, _UNKNOWN) for low in lows]
        shares = self._shares[places]
        unheard = np.zeros(len(places), dtype=np.bool_)
        new = [index for index, place in enumerate(places) if place == _UNKNOWN]
        if new:
            words = list(dict.fromkeys(lows[index] for index in new))
            for start in range(0, len(words), _AT_ONCE):
                self._compute(words[start : start + _AT_ONCE], lows, new, shares, unheard)
        return shares, unheard

    def _compute(
        self, words: list[str], lows: Sequence[str], new: Sequence[int], shares: Floats, unheard: Flags
    ) -> None:
        """Put the shares of `words` where they stand among the `new` ones of `lows`; remember those that are public."""
        known = spelled(words, self._model.vocabulary)
        computed = self._model.shares(known)
        public = {word: row for row, word in enumerate(words) if self._is_public(word)}
        strange = np.array([row == 0 and word not in public for row, word in zip(known.rows, words, strict=True)])
        row_of = {word: row for row, word in enumerate(words)}
        places = [index for index in new if lows[index] in row_of]
        rows = [row_of[lows[index]] for index in places]
        shares[places], unheard[places] = computed[rows], strange[rows]
        if public:
            self._remember(public, computed)

    def _remember(self, places: Mapping[str, int], shares: Floats) -> None:
        """Keep the shares of words, given by their rows of `shares`; of more than there is room for, some."""
        if len(places) > REMEMBERED - len(self._places):
            self._places = {PADDING: 0}
        begin = len(self._places)
        kept = list(places)[: REMEMBERED - begin]
        self._shares[begin : begin + len(kept)] = shares[[places[word] for word in kept]]
        self._places.update(zip(kept, range(begin, begin + len(kept)), strict=True))

    def _is_public(self, word: str) -> bool:
        """Whether the vocabulary has the word as it is spelled, or it is a sign."""
        return word in self._model.vocabulary or (len(word) == 1 and not word.isalnum())

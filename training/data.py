"""Makes training batches: real sentences and generated texts, changed anew in every round, as features and labels."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proxy.detectors.names.features import Features, describe
from proxy.detectors.names.tokens import tokenise
from training.augment import exchange_names, vary
from training.corpora import UNSURE, Example
from training.generator import Generator, join
from training.lexicon import Lexicon
from training.network import IGNORED, TYPES, Batch, collate
from training.plain import code_chunks

LONGEST = 220
"""Tokens of a training text; longer ones are cut."""

_TEXTS_WITH_EXCHANGE = 0.7
"""Share of the sentences in which names are exchanged at all."""

CODE_CHUNKS = 2500
"""Pieces of source code to draw from."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a round of training is made of.

    `generated`: number of generated texts. `plain`: the share of their parts that have nothing to find.
    `exchanged`: the share of real names replaced. `recased`: the share of texts in another case.
    """

    generated: int = 12000
    plain: float = 0.45
    exchanged: float = 0.45
    recased: float = 0.3
    size: int = 48


def labels_of(example: Example, starts: list[int], ends: list[int]) -> list[int]:
    """A label for each token: outside, or beginning or inside of the type of the span that it lies in."""
    labels = [0] * len(starts)
    spans = iter(example.spans)
    span = next(spans, None)
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        while span and span[1] <= start:
            span = next(spans, None)
        if span and span[0] < end:
            if span[2] == UNSURE:
                labels[index] = IGNORED
            else:
                begins = index == 0 or starts[index] <= span[0] or ends[index - 1] <= span[0]
                labels[index] = 1 + 2 * TYPES.index(span[2]) + (not begins)
    return labels


def encode(example: Example, vocabulary: Mapping[str, int]) -> tuple[Features, list[int]] | None:
    """Features and labels of the text; None when it has no tokens."""
    tokens = tokenise(example.text)
    if not tokens.words:
        return None
    return describe(tokens, vocabulary), labels_of(example, tokens.starts, tokens.ends)


def cut(example: Example, limit: int = 1200) -> Example:
    """The first `limit` characters, and no half span."""
    if len(example.text) <= limit:
        return example
    return Example(example.text[:limit], tuple(span for span in example.spans if span[1] <= limit))


class Kitchen:
    """Cooks rounds of training batches from real sentences by the recipe; everything follows from the seed."""

    def __init__(self, real: list[list[Example]], vocabulary: Mapping[str, int], recipe: Recipe, seed: int) -> None:
        self._real = real
        self._vocabulary = vocabulary
        self._recipe = recipe
        self._dice = random.Random(seed)  # noqa: S311 - repeatable, no secret
        self._lexicon = Lexicon(self._dice)
        self._generator = Generator(self._dice, code_chunks(self._dice, CODE_CHUNKS))

    def _documents(self, sentences: list[Example]) -> Iterator[Example]:
        """Real sentences, names exchanged, one to five joined in their order."""
        place = 0
        while place < len(sentences):
            count = self._dice.choice((1, 1, 1, 2, 3, 5))
            document = Example("")
            for sentence in sentences[place : place + count]:
                share = self._recipe.exchanged if self._dice.random() < _TEXTS_WITH_EXCHANGE else 0.0
                changed = exchange_names(sentence, self._lexicon, self._dice, share)
                document = join(document, changed, self._dice.choice((" ", " ", "\n")))
            place += count
            yield document

    def round(self) -> Iterator[Batch]:
        """One round over the real sentences, with fresh generated texts among them."""
        examples = [document for corpus in self._real for document in self._documents(corpus)]
        examples += [self._generator.mixed(self._recipe.plain) for _ in range(self._recipe.generated)]
        varied = (vary(cut(example), self._dice, recased=self._recipe.recased) for example in examples)
        encoded = [pair for example in varied if (pair := encode(example, self._vocabulary))]
        encoded = [pair for pair in encoded if len(pair[1]) <= 2 * LONGEST]
        self._dice.shuffle(encoded)
        encoded.sort(key=lambda pair: len(pair[1]) // 12)
        size = self._recipe.size
        batches = [encoded[start : start + size] for start in range(0, len(encoded), size)]
        self._dice.shuffle(batches)
        for batch in batches:
            yield collate([pair[0] for pair in batch], [pair[1] for pair in batch])

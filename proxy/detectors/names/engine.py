"""The names engine: people, places, organisations, nationalities and street addresses in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from proxy.core.findings import Finding, disjoint
from proxy.detectors.base import Profile
from proxy.detectors.languages import ENGLISH, LANGUAGES, language_of
from proxy.detectors.names.features import written
from proxy.detectors.names.foreign import adapted, without_report_words
from proxy.detectors.names.model import Floats, Model, load
from proxy.detectors.names.nobodys import is_nobodys
from proxy.detectors.names.spans import DETECTOR, Flags, Threshold, findings, stacked, with_capitals
from proxy.detectors.names.suspects import KIND, SCORE, suspects
from proxy.detectors.names.tokens import Tokens, tokenise
from proxy.detectors.names.words import PADDING, Words

MODEL_FILE = Path(__file__).with_name("model.npz")

LOWEST = Threshold(likely=0.15, faint=0.05)
"""What is reported: a policy takes what it wants of it with `min_score` (0.3 in `balanced`, nothing in `strict`)."""

_MARKED = re.compile(
    r"(?<![^\W_])(?P<mark>_{1,2})(?![\s_])(?=[^\W\d_a-z])(?=[^_\n]{0,80}[a-z])[^_\n]{2,80}(?<![\s_])(?P=mark)(?!\w)"
    r"|(?<![^\W_])[^\W\d_a-z][^\W\d_A-Z]{1,30}(?:_[^\W\d_a-z][^\W\d_A-Z]{1,30}){1,5}"
    r"(?=[\w.-]{0,40}\.(?:pdf|docx?|xlsx?|pptx?|odt|rtf|txt|csv|eml|msg|jpe?g|png|zip)\b)"
)
"""Words in Markdown's `_emphasis_`, and in the name of a document: `Jane_Doe_CV.pdf`."""

_TOGETHER = 8192
"""Tokens of short texts that are computed in one go."""


class NamesEngine:
    """Tags names with a small neural model; needs numpy only. One instance may be used by one thread at a time."""

    name = DETECTOR

    def __init__(self, model_file: Path = MODEL_FILE, threshold: Threshold = LOWEST) -> None:
        """Load the model. Raises ModelFileInvalid."""
        self._model: Model = load(model_file)
        self._words = Words(self._model)
        self._threshold = threshold

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Names in each of `texts`, disjoint and in order; the score is the model's probability that it is a name.

        Names of tools, keys and columns (`profile.identifiers`) are not looked at: out of context every word is one.
        """
        found: list[list[Finding]] = [[] for _ in texts]
        if profile.identifiers:
            return found
        texts = [_MARKED.sub(_apart, text) if "_" in text else text for text in texts]
        wanted = frozenset(profile.entity_types)
        for group in _groups(texts):
            for (index, tokens), (odds, new) in zip(group, self._odds(group), strict=True):
                hits = findings(texts[index], tokens, odds, new, self._model.types, self._threshold)
                hits = _in_its_language(texts[index], hits, profile.languages)
                found[index] = [
                    hit
                    for hit in hits
                    if (not wanted or hit.entity_type in wanted) and not is_nobodys(texts[index], hit.start, hit.end)
                ]
        if profile.wants_every(KIND, SCORE) and (not wanted or KIND in wanted):
            for text, hits in zip(texts, found, strict=True):
                hits[:] = disjoint([*hits, *suspects(text, self.name)])
        return found

    def _odds(self, group: Sequence[tuple[int, Tokens]]) -> Iterator[tuple[Floats, Flags]]:
        """Tokens x labels, and which tokens no vocabulary has although they are written as names are, for each text.

        All are computed together, with padding between them.
        """
        parts = [written(tokens) for _, tokens in group]
        gap = self._model.gap if len(parts) > 1 else 0
        lows = [low for part in parts for low in (*part.lows, *[PADDING] * gap)]
        shares, unheard = self._words.look_up(lows)
        shapes = stacked([part.shapes for part in parts], gap)
        settings = stacked([part.settings for part in parts], gap)
        odds = self._model.probabilities(shares, shapes, settings, shapes > 0 if gap else None)
        start = 0
        for part in parts:
            end = start + len(part.lows)
            yield odds[start:end], unheard[start:end] & part.name_like
            start = end + gap


def _apart(match: re.Match[str]) -> str:
    """What was found with spaces in the place of `_`: the model has learnt that `_` stands in code."""
    return match.group().replace("_", " ")


def _in_its_language(text: str, found: list[Finding], among: Sequence[str]) -> list[Finding]:
    """`found` as it counts in the language of `text`; a text whose language is not clear is looked at as English.

    The first language of `among` is the one that is expected: its words are known in texts of any language.
    """
    if not found:
        return found
    if tuple(among) == (ENGLISH,):
        return with_capitals(text, found)
    name = language_of(text, among)
    found = without_report_words(text, found, name, among)
    if name is None or name == ENGLISH or name not in LANGUAGES:
        return with_capitals(text, found)
    return without_report_words(text, list(adapted(text, found, LANGUAGES[name])), name, among)


def _groups(texts: Sequence[str]) -> Iterator[list[tuple[int, Tokens]]]:
    """Texts with tokens, by their index, in groups that are worth one computation."""
    group: list[tuple[int, Tokens]] = []
    size = 0
    for index, text in enumerate(texts):
        tokens = tokenise(text)
        if not len(tokens):
            continue
        group.append((index, tokens))
        size += len(tokens)
        if size >= _TOGETHER:
            yield group
            group, size = [], 0
    if group:
        yield group

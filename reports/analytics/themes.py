"""What a pile of texts is about: themes by k-means on latent meanings of word weights. Pure, seeded.

Words that are mostly written with a capital letter inside sentences are names and stay out, as do words with digits
and words that fewer than k texts hold: a theme's words never come from one person.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")
_WORD = re.compile(r"(?<![\w@./:'-])[A-Za-zÄÖÜäöüß]{3,}(?![\w@])")
_NAMES_SHARE, _SAMPLE, _DIMENSIONS = 0.5, 20_000, 30
_COMMON = """
hello dear team support sir madam good morning afternoon evening regards best kind wishes thanks thank please
would could
sent mail email phone number call called name know just like get got want wanted need time way really one two also even
yes let make look may might back day days week weeks month today customer order account reply answer message
wrote said told write writing writes soon lot asking asked ask spoke speak calling calls behalf min mins minutes hours
help hope sure thing things something anything nothing everything still already use used new old first last next
hallo liebe lieber sehr geehrte damen herren guten tag danke bitte grüße gruß mit freundlichen und der die das
den dem des ein
eine einen einem einer ich wir sie ihr ihre mein meine ist sind war hat habe haben wird werden kann nicht auch
auf aus bei bis
für von vom zum zur über nach noch nur oder aber wenn als wie was dass mich mir uns ihnen
""".split()


@dataclass(frozen=True, slots=True)
class Themes:
    """Per theme its words, the weightiest first; per text the number of its theme (-1: none) and how near it is."""

    words: tuple[tuple[str, ...], ...]
    theme: NDArray[np.int64]
    weight: NDArray[np.float64]


def words_of(text: str, names: frozenset[str] = frozenset()) -> list[str]:
    """The words of a text in lower case, without names, digits and addresses."""
    return [word for word in (match.lower() for match in _WORD.findall(_ADDRESS.sub(" ", text))) if word not in names]


def names_in(texts: Sequence[str]) -> frozenset[str]:
    """Words that are mostly capitalised where no sentence begins: names of people, places and products."""
    upper: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for text in texts:
        for match in _WORD.finditer(text):
            before = text[max(0, match.start() - 8) : match.start()].rstrip(" \t\"'(")
            if not before or before[-1] in ".!?:\n>-|,":
                continue
            word = match.group()
            every[word.lower()] += 1
            upper[word.lower()] += word[0].isupper()
    seen = {word for word, count in every.items() if upper[word] > _NAMES_SHARE * count}
    elsewhere = {word.lower() for text in texts for word in _WORD.findall(text) if word[0].isupper()} - set(every)
    return frozenset(seen | elsewhere)


def themes(texts: Sequence[str], count: int, *, least: int, seed: int) -> Themes:
    """`count` themes (fewer when the words do not allow it). `least`: texts that must hold a word."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 - slow to import
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer  # noqa: PLC0415
    from sklearn.preprocessing import normalize  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    nothing = Themes((), np.full(len(texts), -1), np.zeros(len(texts)))
    names = names_in(texts)
    stop = ENGLISH_STOP_WORDS | set(_COMMON)
    lists = [[word for word in words_of(text, names) if word not in stop] for text in texts]
    vectoriser = TfidfVectorizer(
        analyzer=lambda words: words, min_df=max(least, len(texts) // 200), max_df=0.4, max_features=2_000
    )
    try:
        matrix = vectoriser.fit_transform(lists)
    except ValueError:
        return nothing
    count = min(count, matrix.shape[1] // 4, len(texts) // max(2 * least, 10))
    if count < 2:
        return nothing
    rows = np.sort(np.random.default_rng(seed).permutation(len(texts))[:_SAMPLE])
    with threadpool_limits(1):
        meaning = TruncatedSVD(min(_DIMENSIONS, matrix.shape[1] - 1), random_state=seed).fit(matrix[rows])
        place = normalize(meaning.transform(matrix))
        model = KMeans(count, n_init=5, random_state=seed).fit(place[rows])
        theme = np.where(np.abs(place).sum(axis=1) > 0, model.predict(place), -1)
    vocabulary = vectoriser.get_feature_names_out()
    usual = np.asarray(matrix.mean(axis=0)).ravel()
    words = []
    for number in range(count):
        own = np.asarray(matrix[theme == number].mean(axis=0)).ravel() - usual if (theme == number).any() else usual
        words.append(tuple(str(vocabulary[index]) for index in np.argsort(-own, kind="stable")[:6]))
    near = np.einsum("ij,ij->i", place, model.cluster_centers_[theme])
    return Themes(tuple(words), np.asarray(theme, dtype=np.int64), np.asarray(near, dtype=np.float64))

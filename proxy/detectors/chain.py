"""Runs the engines of a profile over texts and settles what they found into one row of findings per text.

To add an engine: write one file with a class that has `name` and `find` (see `proxy.detectors.base.Engine`), loading
its model in its constructor, and add one line to `ENGINES`. Profiles then name it in `engines`.
"""

from __future__ import annotations

import functools
import importlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from proxy.core.findings import Finding, disjoint
from proxy.detectors import chunks
from proxy.detectors.base import Engine, Profile
from proxy.detectors.normalise import Normalised, is_torn, mended, normalise
from proxy.detectors.own_recognisers import recognised
from proxy.detectors.place_postcodes import SCORE as PLACED_SCORE
from proxy.detectors.place_postcodes import postcodes_by_place
from proxy.detectors.runs import runs_of
from proxy.detectors.tidy import NAME_TYPES, names_give_way

PIECE = 32_000
"""Characters of a long text that are looked at together; several workers share its pieces."""

PIECE_OVERLAP = 4_000
"""Characters that two pieces share: half of it, the longest thing sure to be seen whole, holds an RSA private key."""

_DEEPEST = 2
"""Codes inside codes are followed to this depth."""

ENGINES: Mapping[str, str] = {
    "gliner": "proxy.detectors.gliner:GlinerEngine",
    "huggingface": "proxy.detectors.huggingface:HuggingFaceEngine",
    "names": "proxy.detectors.names:NamesEngine",
    "patterns": "proxy.detectors.patterns:PatternEngine",
    "presidio": "proxy.detectors.presidio:PresidioEngine",
    "presidio_remote": "proxy.detectors.presidio_remote:PresidioRemoteEngine",
}
"""Engine name -> `module:Class`. The class is imported and made inside the workers that were told to load it."""


PLACED = frozenset({"gliner", "huggingface", "presidio_remote"})
"""Engines whose constructor takes the place of their weights or service, None when none is configured."""

NOWHERE: Mapping[str, str] = MappingProxyType({})

ONE_THREAD: Mapping[str, str] = MappingProxyType(
    {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
)
"""Environment of a process with engines: their matrices are so small that a second thread waits busily more than it
works."""


_WORDS = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)


class UnknownEngine(LookupError):
    """An engine was asked for that is not registered, not loaded, or cannot be imported."""


def load_engines(names: Iterable[str], places: Mapping[str, str] = NOWHERE) -> dict[str, Engine]:
    """Engines by their own `name`, made once; `names` are keys of `ENGINES` or `module:Class`.

    `places`: where the weights or services of engines are, by name (see `PLACED`).

    Raises UnknownEngine for a name that leads nowhere; what an engine's constructor raises passes through.
    """
    for variable, threads in ONE_THREAD.items():  # read when the engines load numpy
        os.environ.setdefault(variable, threads)  # noqa: TID251 - no setting is read
    engines = (_make(name, places) for name in names)
    return {engine.name: engine for engine in engines}


def _make(name: str, places: Mapping[str, str]) -> Engine:
    target = name if ":" in name else ENGINES.get(name)
    if target is None:
        raise UnknownEngine(f"no detection engine is called {name!r}: there are {', '.join(sorted(ENGINES))}")
    module_name, _, class_name = target.partition(":")
    try:
        kind = getattr(importlib.import_module(module_name), class_name)
        made = kind(places.get(name)) if name in PLACED else kind()
    except (ModuleNotFoundError, AttributeError) as error:
        raise UnknownEngine(f"detection engine {name!r} cannot be loaded from {target}: {error}") from error
    engine: Engine = made
    return engine


class Chain:
    """The engines of one process, behind the same question that a Detector is asked, but synchronous."""

    def __init__(self, engines: Mapping[str, Engine], places: Mapping[str, str] = NOWHERE) -> None:
        """`places`: as for `load_engines`, for engines that a profile names and that are loaded late."""
        self._engines = dict(engines)
        self._places = dict(places)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the engines that profiles may ask for."""
        return tuple(self._engines)

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text, disjoint and ordered by position, offsets into the texts as given.

        Raises UnknownEngine when the profile names an engine that is neither loaded nor registered, and whatever an
        engine raises.
        """
        parts = [pieces(text) for text in texts]
        found = iter(self._find([part.text for row in parts for part in row], profile))
        return [chunks.merge([(part.start, next(found)) for part in row], profile.precedence) for row in parts]

    def _find(self, texts: Sequence[str], profile: Profile, depth: int = 0) -> list[list[Finding]]:
        """The same for texts that need no cutting; `depth`: how many codes they were taken out of."""
        read = [normalise(text) for text in texts]
        plain = [item.text for item in read]
        raw: list[list[Finding]] = [[] for _ in texts]
        for name in profile.engines:
            engine = self._engines.get(name) or self._loaded_late(name)
            for found, more in zip(raw, engine.find(plain, profile), strict=True):
                found.extend(more)
        if any(map(is_torn, plain)):
            self._find_torn(plain, raw, profile, depth)
        if depth < _DEEPEST:
            self._find_coded(plain, raw, profile, depth)
        return [_settle(text, item, found, profile) for text, item, found in zip(texts, read, raw, strict=True)]

    def _find_torn(self, plain: Sequence[str], raw: Sequence[list[Finding]], profile: Profile, depth: int) -> None:
        """Add what stands on both sides of a NUL or the like: it ends a string, or nobody sees it inside of a value."""
        torn = [(found, mended(text)) for text, found in zip(plain, raw, strict=True) if is_torn(text)]
        whole = self._find([read.text for _, read in torn], profile, depth)
        for (found, read), said in zip(torn, whole, strict=True):
            there = [(one, _at_origin(one, read)) for one in said]
            found += [moved for one, moved in there if moved.end - moved.start > one.end - one.start]

    def _find_coded(self, plain: Sequence[str], raw: Sequence[list[Finding]], profile: Profile, depth: int) -> None:
        """Add a finding for each coded run that says something: of the type that is surest inside of it."""
        runs = [(found, run) for text, found in zip(plain, raw, strict=True) for run in runs_of(text)]
        if not runs:
            return
        # What is said in a code is words, also where the code stands in the place of a name.
        inside = self._find([run.text for _, run in runs], replace(profile, identifiers=False), depth + 1)
        for (found, run), said in zip(runs, inside, strict=True):
            if said:
                best = max(said, key=lambda one: (one.score, one.entity_type))
                found.append(replace(best, start=run.start, end=run.end))

    def _loaded_late(self, name: str) -> Engine:
        """A registered engine that was not loaded at the start: a policy that few requests name may want it."""
        if name not in ENGINES:
            raise UnknownEngine(f"detection engine {name!r} is not loaded")
        engine = self._engines[name] = _make(name, self._places)
        return engine


def pieces(text: str) -> list[chunks.Chunk]:
    """The parts in which a text is looked at: one, unless it is longer than `PIECE`."""
    return chunks.cut(text, PIECE, PIECE_OVERLAP)


def _settle(text: str, read: Normalised, found: Sequence[Finding], profile: Profile) -> list[Finding]:
    """What the profile wants of `found`, and its own words, at their places in the original, which is `text`."""
    if profile.recognisers:
        found = [*found, *recognised(read.text, profile.recognisers)]
    wanted = frozenset(profile.entity_types)
    allowed = frozenset(word.casefold() for word in profile.allow)
    counted = [
        finding
        for finding in found
        if (not wanted or finding.entity_type in wanted) and profile.counts(finding.entity_type, finding.score)
    ]
    kept = [
        finding
        for finding in names_give_way(read.text, counted)
        if not (allowed and read.text[finding.start : finding.end].casefold() in allowed)
    ]
    if (not wanted or "POSTCODE" in wanted) and profile.counts("POSTCODE", PLACED_SCORE):
        kept.extend([*postcodes_by_place(read.text, kept)])
    if profile.deny:
        kept.extend(_denied(read.text, profile.deny))
    there = [_at_origin(finding, read) for finding in kept]
    return list(_trimmed(text, disjoint(there, profile.precedence), there))


def _trimmed(text: str, settled: Iterable[Finding], before: Iterable[Finding]) -> Iterator[Finding]:
    """`settled`, where another finding took a piece out of a name without the signs and spaces at the new border.

    As a value of its own `der ` would stand for those letters and the space in every text of the session.
    """
    whole = {(finding.start, finding.end) for finding in before}
    for finding in settled:
        if finding.entity_type not in NAME_TYPES or (finding.start, finding.end) in whole:
            yield finding
        elif inside := _WORDS.search(text, finding.start, finding.end):
            yield replace(finding, start=inside.start(), end=inside.end())


def _at_origin(finding: Finding, read: Normalised) -> Finding:
    if read.starts is None:
        return finding
    start, end = read.span(finding.start, finding.end)
    return replace(finding, start=start, end=end)


def _denied(text: str, deny: tuple[tuple[str, str], ...]) -> Iterable[Finding]:
    """Every occurrence of the policy's own words, whatever its case."""
    for entity_type, pattern in _deny_patterns(deny):
        for match in pattern.finditer(text):
            yield Finding(match.start(), match.end(), entity_type, 1.0, "deny")


@functools.lru_cache(maxsize=256)
def _deny_patterns(deny: tuple[tuple[str, str], ...]) -> list[tuple[str, re.Pattern[str]]]:
    """One pattern per entity type. Whole words: no letter or digit may follow a word's first or last one."""
    words: dict[str, list[str]] = {}
    for entity_type, word in deny:
        if word.strip():
            words.setdefault(entity_type, []).append(word.strip())
    return [(entity_type, _whole_words(found)) for entity_type, found in words.items()]


def _whole_words(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(set(words), key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)

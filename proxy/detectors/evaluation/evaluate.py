"""Runs engines over messages and counts. It prints nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from proxy.core.findings import Finding, disjoint
from proxy.core.seen import with_repeats
from proxy.detectors.base import Engine, Profile
from proxy.detectors.chain import NOWHERE, Chain, load_engines
from proxy.detectors.evaluation.datasets import Message
from proxy.detectors.evaluation.figures import Figures


class Finder(Protocol):
    """What is measured: the chain of engines, or one foreign engine."""

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text."""
        ...


def evaluate(
    messages: Sequence[Message], finder: Finder, profile: Profile, *, min_score: float = 0.0, repeats: bool = False
) -> Figures:
    """Figures of `finder` over `messages`; findings under `min_score` do not count. CPU time is of this process.

    `repeats`: a value that is found in a message counts everywhere in it, as in an exchange.
    """
    figures = Figures()
    for message in messages:
        started = time.process_time()
        found = [one for one in finder.find([message.text], profile)[0] if one.score >= min_score]
        covered = with_repeats(message.text, found) if repeats else disjoint(found)
        figures.add(message, covered, time.process_time() - started)
    return figures


def lower_cased(messages: Sequence[Message]) -> list[Message]:
    """The messages in lower case; a letter whose lower case is longer stays, so that offsets hold."""
    return [replace(message, text="".join(_lower(char) for char in message.text)) for message in messages]


def _lower(char: str) -> str:
    lower = char.lower()
    return lower if len(lower) == 1 else char


def chain_of(engines: Sequence[str], places: Mapping[str, str] = NOWHERE) -> Chain:
    """The product's chain with these engines loaded, their weights and services at `places`.

    Raises `proxy.detectors.chain.UnknownEngine`.
    """
    return Chain(load_engines(engines, places), places)


class _Alone:
    """One engine without the chain's normalisation, allow and deny words: how a foreign engine is measured."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        return self._engine.find(texts, profile)


def presidio_defaults() -> Finder:
    """Presidio as it comes, with the small spaCy model: what `--compare` runs beside ours."""
    from proxy.detectors.evaluation.presidio_defaults import PresidioDefaults  # noqa: PLC0415 - loads spaCy

    return _Alone(PresidioDefaults())

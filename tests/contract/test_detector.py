"""What every Detector and every Engine keeps.

A new Detector is one more entry of `DETECTORS`; every registered engine is tested by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.detectors.base import Detector, Profile
from proxy.detectors.cache import CachedDetector
from proxy.detectors.chain import ENGINES, Chain, UnknownEngine, load_engines
from proxy.detectors.pool import PoolDetector

if TYPE_CHECKING:
    from proxy.core.findings import Finding

PROFILE = Profile()
TEXTS = [
    "",
    " \n\t ",
    "John Smith lives in Berlin.",
    "Mail ann@example.com or ring +49 30 901820; card 4111 1111 1111 1111.",
    "half a pair \ud83d, the other \ude00, and NUL \x00 John Smith",
    "emoji 👩‍👩‍👧‍👦🏳️‍🌈 John Smith 😀",
    "שלום John Smith, \u202eהעולם\u202c",
    "مرحبا بالعالم ٠١٢٣٤٥٦٧٨٩",
    "John\u200bSm\u00adith ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ",
    "a" * 20_000,
    "\n" * 5_000,
    "1" * 5_000,
    "@" * 2_000,
    "((((" * 500,
    "name,mail\n" + "Ann Lee,ann@example.com\n" * 30,
]
WILD = st.text(
    st.one_of(
        st.sampled_from("aZ9 @.,:/-\n\t\u200b\u0301\ufb01\uff21\ud800\x00\u202e\U0001f600+()"),
        st.characters(exclude_categories=[]),
    ),
    max_size=120,
)


class InProcess:
    """A Chain behind the Detector interface, for this test."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    async def detect(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        return self._chain.find(texts, profile)


@pytest.fixture(scope="session")
def chain() -> Chain:
    """The engines of the default profile."""
    return Chain(load_engines(PROFILE.engines))


LONGEST = 300.0
"""Seconds: Presidio and spaCy read a million characters in about thirty of a core that does nothing else."""
DETECTORS = ("chain", "pool", "cached pool")


@pytest.fixture(params=DETECTORS)
async def detector(request: pytest.FixtureRequest, chain: Chain) -> AsyncIterator[Detector]:
    if request.param == "chain":
        yield InProcess(chain)
        return
    pool = PoolDetector(PROFILE.engines, workers=2, deadline=LONGEST)
    try:
        await pool.start()
        yield CachedDetector(pool) if request.param == "cached pool" else pool
    finally:
        await pool.close()


def check(text: str, found: list[Finding]) -> None:
    """Offsets in range, disjoint, ordered, scores 0 to 1."""
    position = 0
    for finding in found:
        assert position <= finding.start < finding.end <= len(text)
        assert 0.0 <= finding.score <= 1.0
        assert finding.entity_type
        assert finding.detector
        position = finding.end


SURE = 0.3
"""Below it stands what a names model merely suspects."""


class TestDetector:
    """The Detector contract."""

    async def test_findings_are_in_range_ordered_and_disjoint_for_every_kind_of_text(self, detector: Detector) -> None:
        for text, found in zip(TEXTS, await detector.detect(TEXTS, PROFILE), strict=True):
            check(text, found)

    async def test_a_text_gives_the_same_findings_alone_in_a_batch_and_again(self, detector: Detector) -> None:
        together = await detector.detect(TEXTS, PROFILE)
        alone = [(await detector.detect([text], PROFILE))[0] for text in TEXTS]
        assert together == alone
        assert await detector.detect(TEXTS[::-1], PROFILE) == together[::-1]

    async def test_no_texts_and_empty_texts_give_nothing(self, detector: Detector) -> None:
        assert await detector.detect([], PROFILE) == []
        assert await detector.detect(["", ""], PROFILE) == [[], []]

    async def test_known_values_are_found(self, detector: Detector) -> None:
        found = await detector.detect(TEXTS[2:4], PROFILE)
        assert [[f.entity_type for f in row if f.score >= SURE] for row in found] == [
            ["PERSON", "LOCATION"],
            ["EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD"],
        ]

    @pytest.mark.long
    async def test_a_text_of_a_million_characters_is_answered_within_the_deadline(self, detector: Detector) -> None:
        rows = "".join(f"{n},Ann Lee,ann{n % 50}@example.com,Berlin\n" for n in range(30_000))[:1_000_000]
        (found,) = await asyncio.wait_for(detector.detect([rows], PROFILE), LONGEST)
        assert len(found) > 50_000
        check(rows, found)


@pytest.mark.parametrize("name", sorted(ENGINES))
class TestEngine:
    """The Engine contract, for every registered engine."""

    @pytest.fixture
    def alone(self, name: str, chain: Chain) -> Chain:
        if name in chain.names:
            return chain
        try:
            return Chain(load_engines([name]))
        except UnknownEngine as error:
            pytest.skip(f"not built yet: {error}")

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(texts=st.lists(WILD, max_size=3))
    def test_it_never_raises_and_stays_in_range(self, name: str, alone: Chain, texts: list[str]) -> None:
        for text, found in zip(texts, alone.find(texts, Profile(engines=(name,))), strict=True):
            check(text, found)

    def test_it_is_deterministic_alone_and_in_a_batch(self, name: str, alone: Chain) -> None:
        profile = Profile(engines=(name,))
        together = alone.find(TEXTS, profile)
        assert [alone.find([text], profile)[0] for text in TEXTS] == together

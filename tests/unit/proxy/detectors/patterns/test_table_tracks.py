"""Magnetic-stripe tracks, with the schemes' published test numbers."""

from __future__ import annotations

import pytest

from tests.unit.proxy.detectors.patterns.table import found

TRACKS = [
    "%B4111111111111111^OKAFOR/MARGARET^29091011234567890?",
    "B378282246310005^OKAFOR/MARGARET           ^2909101123456",
    ";4111111111111111=29091011234567890?",
    "5555555555554444D2909101123456",
]


@pytest.mark.parametrize("track", TRACKS)
def test_a_track_is_found_whole(track: str) -> None:
    assert found(f"the reader sent {track} twice") == [("CREDIT_CARD", track)]


@pytest.mark.parametrize(
    "text",
    [
        "if total=29091011234567890 then stop",
        "a^b^c and B12^x^1",
        "sha 4111111111111111aD2909",
        "width=1920D1080",
    ],
)
def test_ordinary_signs_between_numbers_make_no_track(text: str) -> None:
    assert "CREDIT_CARD" not in [name for name, _ in found(text)]

"""Names and addresses spelled letter by letter: what is found and what is left alone. All names are made up."""

from __future__ import annotations

import pytest

from tests.unit.proxy.detectors.patterns.table import found

POSITIVES = [
    ("My last name is Q-W-E-L-T, thanks", "Q-W-E-L-T"),
    ("it is spelled T o v a  M i l l a r", "T o v a  M i l l a r"),
    ("surname? capital N, G, O, V, E, N", "N, G, O, V, E, N"),
    ("that's s as in sugar, m as in mike and i as in india please", "s as in sugar, m as in mike and i as in india"),
    ("spelt K. O. V. A. L.", "K. O. V. A. L"),
]


@pytest.mark.parametrize(("text", "piece"), POSITIVES)
def test_what_is_spelled_out_is_found_whole(text: str, piece: str) -> None:
    assert ("PERSON", piece) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "name the options A, B, C, D",
        "the variable name x y z",
        "press W A S D to move",
        "as in the past, as in the plan, as in law",
        "a name as in a book",
        "his name is on X-rays",
    ],
)
def test_letters_that_spell_no_name_stay(text: str) -> None:
    assert not [one for one in found(text) if one[0] == "PERSON"]


@pytest.mark.parametrize(
    "address",
    [
        "j o h n . d o e @ e x a m p l e . c o m",
        "j o h n . d o e @ example.com",
        "j-o-h-n-.-d-o-e-@-e-x-a-m-p-l-e-.-c-o-m",
        "J-O-H-N dot D-O-E at example dot com",
        "j o h n underscore d o e at gmail dot com",
        "j, o, h, n, dot, d, o, e, at, gmail, dot, com",
    ],
)
def test_an_address_that_is_spelled_out_is_found_whole(address: str) -> None:
    assert ("EMAIL_ADDRESS", address) in found(f"My mail is {address}, thanks")


@pytest.mark.parametrize(
    "text",
    [
        "x = a @ b . c",
        "y = x - y - z @ W . T",
        "plan B, at home . com",
        "press w, a, s, d at once. Come on",
        "options a, b, c at level two. Do it",
        "1, 2, 3 at most. In all",
        "grade A, B, C at example",
    ],
)
def test_signs_between_letters_are_no_address(text: str) -> None:
    assert not found(text, "EMAIL_ADDRESS")

"""What keeping a password costs who guesses it: tests hash cheaply, so this looks at the hasher itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from policies.passwords import password_fault

PROGRAM = "import asyncio; from policies.passwords import hashed; print(asyncio.run(hashed('correct horse battery')))"


def test_a_password_is_kept_as_argon2id_with_the_costs_of_rfc_9106() -> None:
    kept = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert kept.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    "password",
    [
        "Password2026!",
        "passwordpassword",
        "Passwort-123456",
        "welcome.admin1",
        "qwertyuiop12",
        "123456789012",
        "summer7!summer7!",
        "STING-admin-42",
    ],
)
def test_what_everybody_types_is_no_password(password: str) -> None:
    assert "first passwords" in (password_fault(password) or "")


@pytest.mark.parametrize(
    "password", ["correct horse battery 9", "8f3k2m9x7q1z", "stinging nettles by the pond", "Übermorgen regnet es"]
)
def test_words_of_ones_own_are_taken(password: str) -> None:
    assert password_fault(password) is None

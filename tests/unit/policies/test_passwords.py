"""What keeping a password costs who guesses it: tests hash cheaply, so this looks at the hasher itself."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = "import asyncio; from policies.passwords import hashed; print(asyncio.run(hashed('correct horse battery')))"


def test_a_password_is_kept_as_argon2id_with_the_costs_of_rfc_9106() -> None:
    kept = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert kept.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")

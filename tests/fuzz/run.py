"""Coverage-guided fuzzing of one target: `python -m tests.fuzz.run TARGET LIMIT FOLDER`. Needs atheris.

LIMIT is a time ("60s"), or a number of inputs from a fixed seed ("8000"), which tries nearly the same every time.
Begins with the corpus of the repository, keeps what reaches new code in FOLDER, and writes an input that finds a fault
to `FOLDER/crash-...`; then the exit status is not 0.
"""

from __future__ import annotations

import sys
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")


def main(name: str, limit: str, folder: str) -> None:
    """Fuzz until the limit is reached or a fault is found."""
    import atheris

    with atheris.instrument_imports(include=["proxy", "policies", "connectors"]):
        from tests.fuzz.targets import TARGETS
    found = Path(folder)
    found.mkdir(parents=True, exist_ok=True)
    until = f"-max_total_time={limit[:-1]}" if limit.endswith("s") else f"-runs={limit}"
    seed = "-seed=1" if until.startswith("-runs") else "-seed=0"
    options = [until, seed, "-max_len=2048", "-timeout=20", "-rss_limit_mb=3000"]
    places = [f"-artifact_prefix={found}/", str(found), str(CORPUS / name)]
    atheris.Setup([sys.argv[0], *options, *places], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])

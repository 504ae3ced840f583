"""The demo sets, made once per run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.reports.analytics.demo_frames import Demo, load


@pytest.fixture(scope="session")
def demo() -> Callable[[str], Demo]:
    made: dict[str, Demo] = {}

    def get(name: str) -> Demo:
        if name not in made:
            made[name] = load(name)
        return made[name]

    return get

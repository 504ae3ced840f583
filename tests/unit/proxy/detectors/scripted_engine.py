"""Engines for tests of the pool: they do what the text tells them. Workers load them as `scripted_engine:Class`."""

from __future__ import annotations

import os
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.core.findings import Finding
from proxy.detectors import chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy.detectors.base import Profile


class Scripted:
    """Finds words in capitals; obeys `hang`, `die`, `raise`, `die-once PATH`, `gate PATH`, ... in a text."""

    name = "scripted"

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        for text in texts:
            self._obey(text)
        return [
            [Finding(m.start(), m.end(), profile.tenant.upper(), 0.5, self.name) for m in re.finditer("[A-Z]+", text)]
            for text in texts
        ]

    def _obey(self, text: str) -> None:
        order, _, argument = text.partition(" ")
        if order == "hang":
            threading.Event().wait()
        elif order == "die" or (order == "die-once" and not Path(argument).exists()):
            Path(argument or os.devnull).touch()
            os._exit(3)
        elif order == "raise":
            raise ValueError(text)
        elif order == "print":
            print(argument)  # noqa: T201 - the test is that this does not reach the frames
            print(argument, file=sys.stderr)  # noqa: T201 - the same
        elif order == "gate":
            Late.gate = Path(argument)
        elif order == "environment" and argument in os.environ:  # noqa: TID251 - the test is what stands there
            raise ValueError(argument)


class Further(Scripted):
    """A second one, which a profile names beside the first."""

    name = "further"


class Late:
    """Loads as soon as the file `gate` is there; registered as `late` in a worker that has this module."""

    name = "late"
    gate = Path(os.devnull)

    def __init__(self) -> None:
        while not self.gate.exists():
            threading.Event().wait(0.01)

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        return [[Finding(0, len(text), profile.tenant.upper(), 0.5, self.name)] for text in texts]


chain.ENGINES = {**chain.ENGINES, "late": "scripted_engine:Late"}


class Broken:
    """Does not load."""

    name = "broken"

    def __init__(self) -> None:
        raise RuntimeError("the weights are not there")

"""The demo's section of the configuration; it has a say while `demo_mode` is on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from policies.sections_base import Section


class Demo(Section):
    """What a public demo allows.

    `reset_hours`: `sting up` empties its data folder and loads the demo sets anew so often; 0 never. `users`: sessions
    in the console at once, the next ones wait their turn; 0 any number. `idle_minutes`: who does nothing for so long
    gives the place up. `spend`: what all keys together may spend until the next reset, in the currency of `prices`;
    models without a price are refused then. None sets no limit. A tenant has at most `uploads` uploaded
    files at once, each of at most `upload_mib` MiB.
    """

    reset_hours: Annotated[float, Field(ge=0, le=8_760)] = 24.0
    users: Annotated[int, Field(ge=0, le=10_000)] = 10
    idle_minutes: Annotated[float, Field(gt=0, le=1_440)] = 10.0
    spend: Annotated[float, Field(gt=0, le=1e9)] | None = None
    uploads: Annotated[int, Field(ge=0, le=1_000_000)] = 50
    upload_mib: Annotated[int, Field(ge=1, le=2_048)] = 20


TRIED_OUT: dict[str, object] = {"demo_mode": False}
"""Settings of the console where `sting up --demo` shows the product to one person: no public demo, no bounds."""

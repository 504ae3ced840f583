"""The demo sets, made once in a test process: each takes seconds. Tests only read them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import demo_data

if TYPE_CHECKING:
    from demo_data import DataSet


@functools.cache
def demo_set(name: str) -> DataSet:
    """The demo set `name` with its usual seed."""
    return demo_data.generate(name)

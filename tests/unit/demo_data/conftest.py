"""The three demo sets, made once per test process."""

from __future__ import annotations

import pytest

import demo_data
from tests.demo_sets import demo_set


@pytest.fixture(scope="session")
def techcorp() -> demo_data.DataSet:
    return demo_set("techcorp")


@pytest.fixture(scope="session")
def healthcare() -> demo_data.DataSet:
    return demo_set("healthcare")


@pytest.fixture(scope="session")
def financial() -> demo_data.DataSet:
    return demo_set("financial")


@pytest.fixture(scope="session")
def all_sets(
    techcorp: demo_data.DataSet, healthcare: demo_data.DataSet, financial: demo_data.DataSet
) -> tuple[demo_data.DataSet, ...]:
    return techcorp, healthcare, financial

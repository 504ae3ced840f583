from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from policies.db import Database, open_database
from policies.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(None, environ={}, overrides={"data_dir": tmp_path})


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = await open_database(settings)
    yield opened
    await opened.close()

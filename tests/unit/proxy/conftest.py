from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from policies.db import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database with all tables."""
    opened = Database(f"sqlite+aiosqlite:///{tmp_path}/sting.db")
    await opened.migrate()
    yield opened
    await opened.close()

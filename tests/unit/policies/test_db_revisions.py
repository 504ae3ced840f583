"""The newest migrations are read off the files; Alembic, which would know them too, is slow to import."""

from __future__ import annotations

import subprocess
import sys

from alembic.script import ScriptDirectory

from policies.db import Database, _alembic_config, newest_revisions


def test_the_files_say_what_alembic_says() -> None:
    assert newest_revisions() == frozenset(ScriptDirectory.from_config(_alembic_config()).get_heads())


async def test_a_migrated_database_stands_at_the_newest(database: Database) -> None:
    assert await database.revisions() == newest_revisions()


def test_opening_a_database_that_is_up_to_date_does_not_import_alembic() -> None:
    code = "import sys, policies.db; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

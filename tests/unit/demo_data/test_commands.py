"""`sting demo` from outside."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner

from demo_data.commands import COMMANDS

(DEMO,) = COMMANDS


def test_export_writes_a_folder_per_set_and_a_file_per_table(tmp_path: Path) -> None:
    done = CliRunner().invoke(DEMO, ["export", "--format", "csv", "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    assert [entry["set"] for entry in json.loads(done.output)] == ["techcorp", "healthcare", "financial"]
    for path in (
        "techcorp/customers.csv techcorp/transactions.csv techcorp/support_tickets.csv healthcare/patients.csv "
        "healthcare/appointments.csv healthcare/lab_results.csv financial/accounts.csv financial/transactions.csv "
        "financial/loan_applications.csv"
    ).split():
        assert (tmp_path / path).stat().st_size > 1000


def test_load_and_reset_use_the_data_directory(tmp_path: Path) -> None:
    path = tmp_path / "demo" / "techcorp.db"
    arguments = ["--set", "techcorp", "--data-dir", str(tmp_path)]
    loaded = CliRunner().invoke(DEMO, ["load", *arguments])
    assert loaded.exit_code == 0, loaded.output
    assert "techcorp:" in loaded.output
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (5000,)
        connection.execute("DELETE FROM access_log")
        connection.commit()
    assert CliRunner().invoke(DEMO, ["reset", *arguments]).exit_code == 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM access_log").fetchone()[0] > 6000
    assert CliRunner().invoke(DEMO, ["reset", "--empty", *arguments]).exit_code == 0
    assert not path.exists()


def test_every_command_has_help_with_an_example() -> None:
    for arguments in ([], ["load"], ["reset"], ["export"]):
        shown = CliRunner().invoke(DEMO, [*arguments, "--help"])
        assert shown.exit_code == 0
        assert "Example:" in shown.output


def test_importing_the_commands_generates_and_loads_nothing() -> None:
    program = (
        "import sys, demo_data.commands; "
        "print([m for m in ('demo_data.techcorp', 'sqlalchemy', 'asyncpg', 'polars', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"

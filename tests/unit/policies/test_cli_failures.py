"""What an operator meets first: each failure is one line that says what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from policies.cli import main
from policies.cli_options import why_not

KEY = "A" * 43 + "="


@pytest.mark.parametrize(
    ("number", "filename", "told"),
    [
        (errno.EADDRINUSE, None, "`sting up --console-port`"),
        (errno.EACCES, None, "Ports below 1024"),
        (errno.EADDRNOTAVAIL, None, "the host is this machine"),
        (errno.ENOSPC, "/data/x", "Free space"),
        (
            errno.EACCES,
            "/data/x",
            f"/data/x: Permission denied. It must be writable for this user (uid {os.geteuid()})",
        ),
    ],
)
def test_what_the_machine_refuses_is_said_with_what_to_do(number: int, filename: str | None, told: str) -> None:
    error = OSError(number, os.strerror(number), filename) if filename else OSError(number, os.strerror(number))
    assert told in why_not("console", error, "127.0.0.1:8081")


@pytest.mark.parametrize("words", [("gateway", "--port", "0"), ("console", "--port", "0"), ("worker",), ("up",)])
def test_a_folder_that_cannot_be_used_is_named_in_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = CliRunner().invoke(main, [*words, "--data-dir", str(tmp_path / "file" / "data")])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert str(tmp_path / "file") in done.output


@pytest.mark.parametrize("words", [("db", "upgrade"), ("keys", "list"), ("gateway", "--port", "0")])
def test_a_database_that_is_not_there_is_named_without_its_password(words: tuple[str, ...], tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"database: {{url: 'postgresql+asyncpg://sting:s3cret@127.0.0.1:1/x'}}\nmaster_key: '{KEY}'\n")
    done = CliRunner().invoke(main, [*words, "--config", str(config), "--data-dir", str(tmp_path / "data")])
    assert done.exit_code == 1
    assert "the database at 127.0.0.1:1 cannot be used; does it run" in done.output
    assert "s3cret" not in done.output
    assert "Traceback" not in done.output

"""The commands of connectors where they touch secrets."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from connectors.commands_connectors import connectors


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(tmp_path: Path) -> None:
    words = ["add", "warehouse", "postgres", "--secret", "password=hunter2-okafor", "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(connectors, words)
    assert result.exit_code == 2
    assert "only the name" in result.output
    assert "hunter2" not in result.output

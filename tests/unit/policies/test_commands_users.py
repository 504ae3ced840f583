"""`sting users`, and that what commands change is in the audit."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from policies.cli import main


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data-dir", str(data)])


def test_people_are_made_changed_and_removed_and_the_audit_knows(tmp_path: Path) -> None:
    made = json.loads(run(tmp_path, "users", "create", "ada@example.com", "--role", "admin", "--json").stdout)
    assert made["link"].startswith("http://127.0.0.1:8081/login#token=")
    assert "ada@example.com" in run(tmp_path, "users", "list").stdout
    assert run(tmp_path, "users", "create", "ada@example.com").exit_code == 1
    last = run(tmp_path, "users", "remove", "ada@example.com")
    assert (last.exit_code, "last administrator" in last.stderr) == (1, True)
    assert run(tmp_path, "users", "create", "bob@example.com", "--role", "admin").exit_code == 0
    assert run(tmp_path, "users", "change", "bob@example.com", "--role", "auditor", "--disable").exit_code == 0
    assert "#token=" in run(tmp_path, "users", "link", "ada@example.com").stdout
    assert run(tmp_path, "users", "remove", "bob@example.com").exit_code == 0
    assert run(tmp_path, "keys", "create", "app").exit_code == 0
    assert run(tmp_path, "keys", "revoke", "app").exit_code == 0
    rows = [json.loads(line) for line in run(tmp_path, "audit", "export").stdout.splitlines() if line.startswith("{")]
    assert [row["route"].removeprefix("CLI sting ") for row in rows] == [
        "users create", "users create", "users change", "users link", "users remove", "keys create", "keys revoke",
    ]  # fmt: skip
    assert run(tmp_path, "audit", "verify").exit_code == 0
    assert "ada@example.com" not in json.dumps(rows)

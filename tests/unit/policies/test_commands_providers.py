"""`sting providers`: entries of tenants and their keys, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from policies.cli import main

KEY = "sk-acme-4f1d9a77c2e0"


def run(folder: Path, *args: str, expect: int = 0, text: str = "") -> Result:
    """`sting providers ARGS` on stores in `folder`; what it prints never holds the key."""
    result = CliRunner().invoke(main, ["providers", *args, "--data-dir", str(folder)], input=text)
    assert result.exit_code == expect, result.output
    assert KEY not in result.output
    return result


def listed(folder: Path, *args: str) -> dict[str, dict[str, object]]:
    return {one["name"]: one for one in json.loads(run(folder, "list", "--json", *args).stdout)}


def test_the_life_of_a_tenants_provider(tmp_path: Path) -> None:
    entry = ["openai", "--tenant", "acme", "--kind", "openai", "--region", "eu"]
    run(tmp_path, "set", *entry, "--base-url", "http://127.0.0.1:1/v1")
    run(tmp_path, "share", "acme", "olla*")
    refused = run(tmp_path, "set-key", "openai", "--tenant", "acme", text=KEY, expect=1)
    assert "Nothing was kept. The provider does not answer" in refused.output
    assert not listed(tmp_path)["openai@acme"]["has_key"]
    run(tmp_path, "set-key", "openai", "--tenant", "acme", "--no-test", text=f"{KEY}\n")
    found = listed(tmp_path, "--tenant", "acme")
    assert set(found) == {"openai", "ollama"}
    assert (found["openai"]["has_key"], found["openai"]["region"]) == (True, "eu")
    assert listed(tmp_path)["openai"]["region"] is None, "the shared one stays as it is"
    assert set(listed(tmp_path, "--tenant", "other")) == {"openai", "anthropic", "ollama", "demo"}
    run(tmp_path, "remove", "openai", "--tenant", "acme")
    run(tmp_path, "set", *entry)
    assert not listed(tmp_path)["openai@acme"]["has_key"], "the key went with the address"
    dump = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert KEY.encode() not in dump


def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    for args, told in (
        (["set", "x", "--kind", "nothing"], "this cannot be used: kind"),
        (["set", "x", "--kind", "openai", "--base-url", "http://far.example/v1"], "plain http"),
        (["set", "a/b", "--kind", "ollama"], "a name has 1 to 64"),
        (["set", "n" * 40, "--tenant", "t" * 40, "--kind", "ollama"], "63 characters at most"),
        (["remove", "openai"], "the database has no such provider"),
        (["set-key", "gone", "--tenant", "acme"], "there is no provider gone@acme"),
        (["forget-key", "openai"], "the database has no key"),
    ):
        assert told in run(tmp_path, *args, expect=1).output.replace("\n", " "), args


def test_a_provider_without_a_key_is_no_fault(tmp_path: Path) -> None:
    assert "needs no key" in run(tmp_path, "test", "demo").output

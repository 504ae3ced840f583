import asyncio
import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policies.audit import AuditChain, AuditEvent, load_signing_key
from policies.cli import main
from policies.commands_up import DEMO_KEY_FILE, demo_key
from policies.db import newest_revisions, open_database
from policies.key_rows import list_keys
from policies.keys import VirtualKeys
from policies.master_key import open_sealer
from policies.principals import Principal
from policies.records import Editor, put_record
from policies.service_keys import service_key
from policies.settings import Settings, load_settings


def run(*args: object, expect: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == expect, result.output
    return result


def settings_in(data_dir: Path) -> Settings:
    return load_settings(None, environ={}, overrides={"data_dir": data_dir})


def principal_of(data_dir: Path, secret: str) -> Principal | None:
    async def ask() -> Principal | None:
        database = await open_database(settings_in(data_dir))
        try:
            return await VirtualKeys(database).authenticate(secret)
        finally:
            await database.close()

    return asyncio.run(ask())


def record(data_dir: Path, *events: AuditEvent, spoil: str = "") -> None:
    async def write() -> None:
        settings = settings_in(data_dir)
        database = await open_database(settings)
        chain = AuditChain(database, await load_signing_key(database, open_sealer(settings)))
        await chain.append(events)
        await chain.checkpoint(1)
        if spoil:
            async with database.engine.begin() as connection:
                await connection.exec_driver_sql(spoil)
        await database.close()

    asyncio.run(write())


def test_a_right_configuration_is_said_to_be_right(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(
        "keys: [{name: a, secret: sk-short-one}]\naudit: {required: false}\n"
        "prices: {'claude-*': {input: 1, output: 2}, gpt-4o: {input: 1, output: 2}}\n"
    )
    result = run("check-config", "--config", config)
    assert "The configuration is right" in result.stdout
    assert "short secret" in result.stderr
    assert "audit.required is off" in result.stderr
    assert "gpt-4o" not in result.stderr
    assert json.loads(run("check-config", "--config", config, "--json").stdout)["ok"] is True
    assert "sk-short-one" not in result.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gatway: {}", "c.yaml:1: unknown key 'gatway' (did you mean 'gateway'?)"),
        ("policies: {default: balancd}", "policies.default: there is no policy 'balancd' (did you mean 'balanced'?)"),
        ("keys: [{name: a, policy: stict}]", "keys.a.policy: there is no policy 'stict' (did you mean 'strict'?)"),
        ("policies: {directory: nowhere}", "nowhere: cannot be read"),
    ],
)
def test_a_wrong_configuration_is_one_clear_line_and_status_1(tmp_path: Path, text: str, expected: str) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(text)
    result = run("check-config", "--config", config, expect=1)
    assert expected in result.stderr
    assert "Traceback" not in result.output


def test_checking_writes_nothing(tmp_path: Path) -> None:
    run("check-config", "--data-dir", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_the_installations_own_keys_are_explained_and_stay(tmp_path: Path) -> None:
    async def made() -> str:
        settings = settings_in(tmp_path)
        database = await open_database(settings)
        try:
            await service_key(database, open_sealer(settings), "default")
            return next(key.principal.key_id for key in await list_keys(database))
        finally:
            await database.close()

    key_id, demo = asyncio.run(made()), demo_key(tmp_path)
    told = run("keys", "list", "--data-dir", tmp_path).stdout
    assert "sting-service: a key of the installation itself, one per tenant; honey jars, reports" in told
    listed = json.loads(run("keys", "list", "--data-dir", tmp_path, "--json").stdout)
    assert {(key["name"], key["system"]) for key in listed} == {("sting-service", True), ("demo", False)}
    assert demo not in told
    for words in (
        ("revoke", "sting-service"),
        ("revoke", key_id),
        ("rotate", key_id),
        ("create", "sting-playground"),
        ("create", "mine", "--vault", "sting-service"),
    ):
        assert "belongs to the installation itself" in run("keys", *words, "--data-dir", tmp_path, expect=1).stderr


def test_a_made_key_works_and_its_secret_alone_is_on_stdout(tmp_path: Path) -> None:
    result = run("keys", "create", "bot", "--policy", "strict", "--model", "gpt-*", "--data-dir", tmp_path)
    principal = principal_of(tmp_path, result.stdout.strip())
    assert principal is not None
    assert (principal.key_name, principal.policy, principal.models) == ("bot", "strict", ("gpt-*",))


def test_a_key_may_work_under_a_policy_that_was_made_in_the_console(tmp_path: Path) -> None:
    async def make() -> None:
        database = await open_database(settings_in(tmp_path))
        await put_record(database, "policy", "house", "name: house\nextends: balanced\n", Editor("usr_1", "Ada", 1, ""))
        await database.close()

    asyncio.run(make())
    made = run("keys", "create", "bot", "--policy", "house", "--may-use", "strict", "--data-dir", tmp_path)
    principal = principal_of(tmp_path, made.stdout.split()[0])
    assert principal is not None
    assert (principal.policy, principal.policies) == ("house", ("strict",))
    refused = run("keys", "create", "other", "--policy", "hous", "--data-dir", tmp_path, expect=1)
    assert "there is no policy 'hous' (did you mean 'house'?)" in refused.output


def test_keys_are_listed_rotated_and_revoked(tmp_path: Path) -> None:
    first = json.loads(run("keys", "create", "bot", "--json", "--data-dir", tmp_path).stdout)
    second = json.loads(run("keys", "rotate", "bot", "--json", "--data-dir", tmp_path).stdout)
    assert first["id"] == second["id"]
    assert principal_of(tmp_path, first["secret"]) is None
    assert principal_of(tmp_path, second["secret"]) is not None
    run("keys", "revoke", "bot", "--data-dir", tmp_path)
    assert principal_of(tmp_path, second["secret"]) is None
    listed = run("keys", "list", "--json", "--data-dir", tmp_path)
    assert [(key["name"], key["valid"]) for key in json.loads(listed.stdout)] == [("bot", False)]
    assert first["secret"] not in listed.stdout
    assert "revoked" in run("keys", "list", "--data-dir", tmp_path).stdout


def test_keys_of_the_configuration_are_listed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STING_DEV_KEY", "sk-dev-secret-of-the-test")
    result = run("keys", "list", "--data-dir", tmp_path)
    assert "config" in result.stdout
    assert "sk-dev-secret" not in result.stdout


@pytest.mark.parametrize(
    ("args", "status", "expected"),
    [
        (["create", "bot", "--policy", "stict"], 1, "did you mean 'strict'"),
        (["create", "a b"], 2, "letters, digits"),
        (["create", "bot", "--tenant", ""], 2, "letters, digits"),
        (["revoke", "nobody"], 1, "there is no key 'nobody'"),
        (["create", "bot", "--role", "god"], 2, "god"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path, args: list[str], status: int, expected: str) -> None:
    result = run("keys", *args, "--data-dir", tmp_path, expect=status)
    assert expected in result.stderr
    assert "Traceback" not in result.output


def test_policies_are_listed_and_shown_as_they_take_effect(tmp_path: Path) -> None:
    here = ("--data-dir", tmp_path)
    assert len(json.loads(run("policies", "list", "--json", *here).stdout)) == 8
    assert "hipaa" in run("policies", "list", *here).stdout
    assert not list(tmp_path.iterdir()), "to list policies makes no database"
    shown = json.loads(run("policies", "show", "pci", "--json").stdout)
    assert shown["entities"]["CREDIT_CARD"]["action"] == "redact"
    assert shown["entities"]["NUMBER"]["action"] == "keep"
    assert "CREDIT_CARD" in run("policies", "show", "pci").stdout
    assert "did you mean 'pci'" in run("policies", "show", "pcj", expect=1).stderr


def test_policies_of_the_database_are_listed_and_shown_before_files_of_their_name(tmp_path: Path) -> None:
    folder, config = tmp_path / "policies", tmp_path / "config.yaml"
    folder.mkdir()
    for name in ("house", "shop"):
        (folder / f"{name}.yaml").write_text(f"name: {name}\nextends: balanced\ndefault: mask\n")
    config.write_text(f"data_dir: {tmp_path / 'data'}\npolicies: {{directory: {folder}}}\n")

    async def kept(name: str, text: str | None) -> None:
        database = await open_database(load_settings(config, environ={}))
        await put_record(database, "policy", name, text, Editor("usr_1", "Ann", 1))
        await database.close()

    asyncio.run(kept("house", "name: house\nextends: strict\ndefault: block\n"))
    asyncio.run(kept("gone", "name: gone\nextends: strict\n"))
    asyncio.run(kept("gone", None))
    listed = json.loads(run("policies", "list", "--json", "--config", config).stdout)
    places = {one["name"]: one["source"] for one in listed}
    assert (places["house"], places["shop"], places["pci"], "gone" in places) == ("database", "file", "built-in", False)
    assert "database" in run("policies", "list", "--config", config).stdout
    shown = json.loads(run("policies", "show", "house", "--json", "--config", config).stdout)
    assert shown["default"]["action"] == "block"
    asyncio.run(kept("house", None))
    shown = json.loads(run("policies", "show", "house", "--json", "--config", config).stdout)
    assert shown["default"]["action"] == "mask"


def test_policy_files_and_folders_are_checked(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\nextends: strict\n")
    assert "mine" in json.loads(run("policies", "lint", tmp_path, "--json").stdout)["policies"]
    (tmp_path / "bad.yaml").write_text("name: bad\nextends: strct\n")
    assert (
        "bad.yaml:2: unknown policy 'strct' (did you mean 'strict'?)"
        in run("policies", "lint", tmp_path / "bad.yaml", expect=1).stderr
    )


def test_an_intact_trail_verifies_and_a_changed_row_is_named_with_status_1(tmp_path: Path) -> None:
    record(tmp_path, AuditEvent("x1", 1), AuditEvent("x2", 2))
    assert "2 rows" in run("audit", "verify", "--data-dir", tmp_path).stdout
    record(tmp_path, AuditEvent("x3", 3), spoil="UPDATE audit_events SET outcome = 'ok' WHERE seq = 2")
    assert "broken at row 2" in run("audit", "verify", "--data-dir", tmp_path, expect=1).stdout
    assert json.loads(run("audit", "verify", "--json", "--data-dir", tmp_path, expect=1).stdout)["bad_row"] == 2


def test_the_trail_is_exported_as_jsonl_and_csv(tmp_path: Path) -> None:
    day = 1_764_000_000_000
    record(tmp_path, AuditEvent("x1", day, model="=cmd()"), AuditEvent("x2", day + 86_400_000 * 2))
    lines = run("audit", "export", "--json", "--data-dir", tmp_path).stdout.splitlines()
    assert [json.loads(line)["exchange"] for line in lines] == ["x1", "x2"]
    out = tmp_path / "out.csv"
    run("audit", "export", "--format", "csv", "--until", "2025-11-25", "--out", out, "--data-dir", tmp_path)
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [(row["exchange"], row["model"]) for row in rows] == [("x1", "'=cmd()")]


def test_the_database_is_brought_to_this_version(tmp_path: Path) -> None:
    newest = ", ".join(sorted(newest_revisions()))
    assert f"The tables are at {newest}" in run("db", "upgrade", "--data-dir", tmp_path).stdout
    external = tmp_path / "c.yaml"
    external.write_text(f"database: {{url: 'sqlite+aiosqlite:///{tmp_path}/x.db'}}\nmaster_key: '{'ab' * 32}'\n")
    assert "run: sting db upgrade" in run("keys", "list", "--config", external, expect=1).stderr
    run("db", "upgrade", "--config", external)
    assert json.loads(run("keys", "list", "--config", external, "--json").stdout) == []


def test_a_key_file_whose_maker_was_killed_is_made_anew(tmp_path: Path) -> None:
    """Empty, it would be a key of nothing; and no half-written one is ever seen."""
    (tmp_path / DEMO_KEY_FILE).touch()
    key = demo_key(tmp_path)
    assert key.startswith("sk-sting-")
    assert demo_key(tmp_path) == key
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [(DEMO_KEY_FILE, 0o600)]

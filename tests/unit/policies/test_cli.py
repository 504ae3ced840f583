import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from policies import cli


@pytest.fixture
def group() -> cli.CommandGroup:
    return cli.CommandGroup(name="sting")


def offer(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    monkeypatch.setattr(cli, "entry_points", lambda *, group: points if group == cli.GROUP else ())


SHOUT = (click.Command("shout", callback=lambda: click.echo("HO")),)
BY_NAME = {"whisper": click.Command("whisper")}


def test_the_ground_floors_commands_are_always_there(group: cli.CommandGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch)
    names = group.list_commands(click.Context(group))
    assert set(names) == {
        "audit",
        "check-config",
        "db",
        "keys",
        "master-key",
        "policies",
        "providers",
        "support-bundle",
        "up",
        "users",
    }


def test_packages_bring_commands_as_tuple_or_mapping(group: cli.CommandGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(
        monkeypatch,
        EntryPoint("a", f"{__name__}:SHOUT", cli.GROUP),
        EntryPoint("b", f"{__name__}:BY_NAME", cli.GROUP),
    )
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    assert CliRunner().invoke(group, ["shout"]).output == "HO\n"
    assert "whisper" in group.list_commands(click.Context(group))


def test_a_package_that_is_not_there_is_a_warning_on_stderr_only(
    group: cli.CommandGroup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offer(monkeypatch, EntryPoint("gone", "no_such_package.cli:COMMANDS", cli.GROUP))
    result = CliRunner().invoke(group, ["policies", "list", "--json", "--data-dir", str(tmp_path)])
    assert result.exit_code == 0
    assert result.stdout.startswith("[")
    assert "the commands of 'gone' are not available" in result.stderr


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from policies.cli import main; main(['--help'], standalone_mode=False); "
        "heavy = {'aiohttp', 'presidio_analyzer', 'spacy', 'sqlalchemy', 'pydantic', 'redis'} & set(sys.modules); "
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "check-config" in done.stdout) == (0, True), done.stderr


def _all_commands(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return [(path, command)]
    context = click.Context(command)
    names = command.list_commands(context)
    children = [(name, child) for name in names if (child := command.get_command(context, name)) is not None]
    return [found for name, child in children for found in _all_commands(child, f"{path} {name}")]


def test_every_command_shows_an_example_of_itself_on_lines_of_its_own() -> None:
    commands = _all_commands(cli.main, "sting")
    assert len(commands) >= 60
    for path, command in commands:
        shown = command.get_help(click.Context(command, info_name=path))
        assert "\\b" not in shown, f"{path}: a raw docstring hides click's mark from click"
        assert re.search(rf"^  Examples?:(\n    .*)*\n    (.*\| )?{re.escape(path)}\b", shown, re.MULTILINE), path


def every_command(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    """All commands and groups of `sting`, with how they are called."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from every_command(below, (*path, name))


def test_every_command_shows_an_example_and_takes_what_the_contract_promises() -> None:
    commands = dict(every_command(cli.main, ("sting",)))
    assert len(commands) > 50
    assert [name for name, one in commands.items() if "Example" not in (one.help or "")] == []
    places = {
        name: {option for parameter in one.params for option in parameter.opts}
        for name, one in commands.items()
        if not isinstance(one, click.Group)
    }
    assert [name for name, options in places.items() if not {"--config", "--data-dir"} <= options] == []

"""The command `sting`: a group whose commands the packages bring by entry point `sting.commands`.

Each entry point is a tuple or list of click commands (or a mapping by name). Nothing heavy is imported here, so that
`sting --help` is quick; commands import what they need when they run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import Any

import click

GROUP = "sting.commands"


class CommandGroup(click.Group):
    """A click group that finds its commands by entry point, once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own signature
        super().__init__(*args, **kwargs)
        self._found = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        self._find()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        self._find()
        return super().get_command(ctx, cmd_name)

    def _find(self) -> None:
        if self._found:
            return
        self._found = True
        from policies.commands import COMMANDS

        self._add(COMMANDS)
        for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
            try:
                self._add(point.load())
            except (ImportError, AttributeError) as error:
                click.echo(f"warning: the commands of {point.name!r} are not available: {error}", err=True)

    def _add(self, commands: Iterable[click.Command] | Mapping[str, click.Command]) -> None:
        for command in commands.values() if isinstance(commands, Mapping) else commands:
            self.add_command(command)


def installed_version() -> str:
    """The version of the installed package."""
    try:
        return version("sting-ce")
    except PackageNotFoundError:
        return "unknown"


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(installed_version(), prog_name="sting")
def main() -> None:
    """STING-CE: a privacy gateway for LLMs. Personal data is scrambled on the way out and restored in the answer.

    \b
    Example:
      sting up --demo
    """


if __name__ == "__main__":
    main(prog_name="sting")

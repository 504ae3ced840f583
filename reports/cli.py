"""The commands of the report engine, for the entry point `sting.commands`; import-light."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()

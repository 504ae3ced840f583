"""The commands of connectors and honey jars, for the entry point `sting.commands`; import-light."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()

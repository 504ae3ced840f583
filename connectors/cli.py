"""The commands of connectors and honey jars, for the entry point `sting.commands`; import-light."""

from __future__ import annotations

import click

from connectors import commands_gallery, commands_jar_bundle, commands_jar_contents, commands_jar_scan
from connectors.commands_connectors import connectors
from connectors.commands_jars import jars

COMMANDS: tuple[click.Command, ...] = (connectors, jars)
commands_jar_contents.register(jars)
commands_jar_bundle.register(jars)
commands_jar_scan.register(jars)
commands_gallery.register(jars)

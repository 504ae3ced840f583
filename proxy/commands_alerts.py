"""`sting alerts`: what people were told, and whether a channel works."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings

if TYPE_CHECKING:
    from policies.alerts import Told
    from policies.settings import Settings


@click.group()
def alerts() -> None:
    """Alerts by webhook, e-mail and Slack, as `alerts.channels` of the configuration says.

    \b
    Example:
      sting alerts test ops
    """


@alerts.command("list")
@config_options
@json_option
@clear_failures
def shown(config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Show the newest alerts and whether each channel has them.

    \b
    Example:
      sting alerts list
    """
    told = asyncio.run(_listed(read_settings(config, data_dir)))
    if as_json:
        print_json([{**asdict(one.alert), "deliveries": dict(one.deliveries)} for one in told])
        return
    rows = tuple(
        (
            f"{datetime.fromtimestamp(one.alert.at / 1000, UTC):%Y-%m-%d %H:%M}",
            one.alert.text,
            ", ".join(f"{name}: {state} {fault}".rstrip() for name, (state, _, fault) in one.deliveries.items()),
        )
        for one in told
    )
    print_table("Alerts, newest first (UTC)", ("when", "what", "channels"), rows)


@alerts.command("test")
@config_options
@clear_failures
@click.argument("channel")
def tried(channel: str, config: Path | None, data_dir: Path | None) -> None:
    """Send a test alert by a channel, at once; exit status 1 when it does not arrive.

    \b
    Example:
      sting alerts test ops
    """
    from policies.documents import suggestion

    settings = read_settings(config, data_dir)
    if channel not in settings.alerts.channels:
        hint = suggestion(channel, settings.alerts.channels)
        raise click.ClickException(f"alerts.channels has no channel {channel!r}{hint}")
    fault = asyncio.run(_sent(settings, channel))
    if fault:
        raise click.ClickException(f"it did not arrive: {fault}")
    click.echo(f"The channel {channel} took a test alert.")


async def _listed(settings: Settings) -> list[Told]:
    from policies.alerts import list_alerts
    from policies.db import open_database

    database = await open_database(settings)
    try:
        return await list_alerts(database, None)
    finally:
        await database.close()


async def _sent(settings: Settings, channel: str) -> str:
    """Why it did not arrive; empty when it did."""
    import time

    from policies.alerts import Alert
    from proxy.feeds.alerts import Channels
    from proxy.feeds.posting import Undelivered

    now = time.time_ns() // 1_000_000
    alert = Alert("test", "", "This is a test alert of STING.", now, f"test/{now}", id=f"alert_test_{now}")
    try:
        await Channels(settings.alerts).send(alert, channel)
    except Undelivered as error:
        return str(error)
    return ""

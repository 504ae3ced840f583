"""The command that proves, on the live configuration, what leaves and what does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings

if TYPE_CHECKING:
    from policies.settings import Settings
    from proxy.verifying import Proof


@click.command()
@config_options
@json_option
@click.option("--policy", help="Policy instead of the default one.")
@click.option("--tls", is_flag=True, help="Show instead how each connection is secured; nothing is sent.")
@clear_failures
def verify(config: Path | None, data_dir: Path | None, policy: str | None, *, tls: bool, as_json: bool) -> None:
    """Send known values through the live configuration to a throw-away upstream; show the text that left.

    Exits with 1 when a value left that the policy holds back, or did not come back. With --tls: version, cipher and
    certificate of gateway, Redis, database and every provider; exits with 1 when one is plain over public addresses.

    \b
    Example:
      sting verify --config config.yaml
      sting verify --tls
    """
    if tls:
        _show_hops(read_settings(config, data_dir), as_json=as_json)
        return
    from policies.logs import set_up
    from proxy.errors import StingError
    from proxy.verifying import verify as prove

    set_up("error")
    try:
        proofs = asyncio.run(prove(read_settings(config, data_dir), policy))
    except StingError as error:
        raise click.ClickException(error.message) from None
    if as_json:
        print_json([{**asdict(proof), "good": proof.good} for proof in proofs])
    else:
        rows = tuple(
            (
                proof.entity_type,
                proof.action,
                "LEFT" if proof.left else "held back",
                "yes" if proof.back else "no",
                proof.sent,
                "ok" if proof.good else "FAILED",
            )
            for proof in proofs
        )
        print_table("What reached the upstream", ("type", "action", "value", "came back", "text that left", ""), rows)
        click.echo(_verdict(proofs))
    failed = [proof.entity_type for proof in proofs if not proof.good]
    if failed:
        asyncio.run(_told(read_settings(config, data_dir), failed))
        raise SystemExit(1)


def _verdict(proofs: Sequence[Proof]) -> str:
    """The last line: whether all is well, else for which types not and where to read on."""
    failed = ", ".join(proof.entity_type for proof in proofs if not proof.good)
    if failed:
        return f"FAILED for {failed}: what to do stands in docs/operations/incidents.md, Leak suspected."
    held = sum(not proof.left for proof in proofs)
    return f"All is as the policy says: of {len(proofs)} values {held} were held back, and what has to come back did."


def _show_hops(settings: Settings, *, as_json: bool) -> None:
    from policies.hops import PLAIN
    from proxy.verifying_hops import hops_of

    found = asyncio.run(hops_of(settings))
    if as_json:
        print_json([{"to": name, **asdict(hop)} for name, hop in found.items()])
    else:
        rows = tuple((name, hop.tls, hop.cipher or hop.where, hop.certificate) for name, hop in found.items())
        print_table("Connections", ("to", "TLS", "cipher, or where", "certificate"), rows)
    if any(hop.tls == PLAIN and hop.where == "public" for hop in found.values()):
        raise SystemExit(1)


async def _told(settings: Settings, failed: list[str]) -> None:
    """Raise an alert, for who runs this at night; the gateway sends it."""
    from policies.alerts import Alert, raise_alert
    from policies.db import DatabaseUnavailable, open_database

    if not settings.alerts.channels:
        return
    now = time.time_ns() // 1_000_000
    names = ", ".join(sorted(failed))
    text = f"The leak check failed for: {names}. Run `sting verify` to see what left."
    try:
        database = await open_database(settings)
        try:
            alert = Alert("leak_check", "", text, now, f"leak_check/{now}", {"entity_types": names})
            await raise_alert(database, settings.alerts, alert)
        finally:
            await database.close()
    except DatabaseUnavailable as error:
        click.echo(f"No alert could be raised: {error}", err=True)

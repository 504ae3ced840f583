"""The command that proves, on the live configuration, what leaves and what does not."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings


@click.command()
@config_options
@json_option
@click.option("--policy", help="Policy instead of the default one.")
@clear_failures
def verify(config: Path | None, data_dir: Path | None, policy: str | None, *, as_json: bool) -> None:
    r"""Send known values through the live configuration to a throw-away upstream; show the text that left.

    Exits with 1 when a value left that the policy holds back, or did not come back.

    \b
    Example:
      sting verify --config config.yaml
    """
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
    if not all(proof.good for proof in proofs):
        raise SystemExit(1)

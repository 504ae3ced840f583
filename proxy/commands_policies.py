"""`sting policies test`: run examples with expected results; `dry-run`: try a policy on past exchanges.

It needs the detectors, so it lives here and is hung into the group of the ground floor when the commands are loaded.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, print_table, read_settings
from policies.commands import policies

if TYPE_CHECKING:
    from policies.live import PolicySources
    from policies.model import Policy
    from policies.settings import Settings
    from policies.trials import Trial


def attach_policy_commands() -> None:
    """Add `test` and `dry-run` to the group `sting policies`; a second call changes nothing."""
    policies.add_command(test_policies)
    policies.add_command(dry_run)


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@config_options
@json_option
@clear_failures
def test_policies(paths: tuple[Path, ...], config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Run files or folders of cases (without any: those of the built-in policies). Exit status 1 when one fails.

    A case is a made-up text, a policy, and what is expected: what leaves, what is found, what can be restored.

    \b
    Example:
      sting policies test my-cases.yaml
    """
    from policies.documents import read_document
    from policies.loader import load_policies
    from proxy.cases import BUILTIN_CASES, failed, run_cases

    known = load_policies(read_settings(config, data_dir).policies.directory)
    files = [file for path in paths or (BUILTIN_CASES,) for file in _files(path)]
    documents = [read_document(str(file), file.read_text(encoding="utf-8")) for file in files]
    results = run_cases(documents, known, datetime.now(UTC).year)
    bad = failed(results)
    if as_json:
        rows = [{"where": r.where, "policy": r.policy, "ok": not r.faults, "faults": r.faults} for r in results]
        print_json({"ok": not bad, "cases": rows})
    else:
        for result in bad:
            click.echo(f"{result.where}: {result.policy}: {'; '.join(result.faults)}")
        click.echo(f"{len(results) - len(bad)} of {len(results)} cases are as expected ({len(files)} files).")
    if bad or not results:
        raise SystemExit(1)


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.yaml")) if path.is_dir() else [path]


@click.command("dry-run")
@click.argument("policy")
@click.option("--last", type=click.IntRange(1, 1000), default=200, show_default=True, help="Exchanges to look at.")
@click.option("--tenant", default="default", show_default=True)
@click.option("--what-left", is_flag=True, help="Look again at what left in the newest 50, where it is kept.")
@config_options
@json_option
@clear_failures
def dry_run(
    policy: str,
    last: int,
    tenant: str,
    config: Path | None,
    data_dir: Path | None,
    *,
    what_left: bool,
    as_json: bool,
) -> None:
    """What a policy, by name or in a FILE.yaml, would have done in past exchanges. Nothing is restored or sent.

    The audit has counts, no texts: where the draft looks for more or less than was looked for then, a count is a bound.

    \b
    Example:
      sting policies dry-run hipaa --last 500
      sting policies dry-run draft.yaml --what-left
    """
    settings = read_settings(config, data_dir)
    found, looked_at, missed = asyncio.run(_trial(settings, tenant, last, policy, what_left=what_left))
    if as_json:
        from dataclasses import asdict

        left = {"looked_at": looked_at, "missed": dict(missed)} if what_left else None
        print_json({**asdict(found), "what_left": left})
        return
    click.echo(
        f"{found.exchanges} exchanges: {found.newly_blocked} more would be blocked, {found.no_longer_blocked} no "
        f"longer; in {found.changed} something else would happen to what was found."
    )
    rows = [
        (
            one.entity_type,
            str(one.exchanges),
            str(one.findings) + (" or more" if one.at_least else "") + (" or fewer" if one.at_most else ""),
            ", ".join(one.now) or "?",
            one.draft,
        )
        for one in found.types
    ]
    print_table("By entity type", ("type", "exchanges", "findings", "now", "draft"), rows)
    if what_left:
        told = ", ".join(f"{name}={count}" for name, count in missed.most_common()) or "nothing"
        click.echo(f"In {looked_at} bodies that left and are kept, the draft finds further: {told}.")


def _draft(sources: PolicySources, policy: str) -> Policy:
    """The policy of a name or of a file, with what it inherits."""
    from policies.documents import read_document, suggestion

    if policy.endswith((".yaml", ".yml")):
        text = Path(policy).read_text(encoding="utf-8")
        name = str(read_document(policy, text).data.get("name"))
        return sources.compiled(draft=(name, text))[name]
    known = sources.compiled()
    if policy not in known:
        raise click.ClickException(f"there is no policy {policy!r}{suggestion(policy, known)}")
    return known[policy]


async def _trial(
    settings: Settings, tenant: str, last: int, policy: str, *, what_left: bool
) -> tuple[Trial, int, Counter[str]]:
    """The figures; how many bodies were looked at, and what the draft finds further in them."""
    from dataclasses import asdict

    from policies.audit_query import AuditFilter, query
    from policies.db import open_database
    from policies.live import policy_sources
    from policies.master_key import open_sealer
    from policies.payloads import find_payload
    from policies.trials import MOST_BODIES, held_back, texts_of, trial
    from proxy.detectors.chain import Chain, load_engines
    from proxy.outgoing import profile_of

    database = await open_database(settings)
    try:
        page = await query(database, AuditFilter(tenant=tenant, kind="exchange"), size=last)
        sources = await policy_sources(settings, database)
        draft = _draft(sources, policy)
        edited = {name: record.at for name, record in sources.records.items()}
        found = trial(page.events, draft, sources.compiled(), edited)
        missed, looked_at = Counter[str](), 0
        if what_left:
            chain, sealer = Chain(load_engines(draft.detection.engines)), open_sealer(settings)
            for event in page.events[:MOST_BODIES]:
                payload = await find_payload(database, sealer, event.exchange, tenant)
                texts = texts_of(payload.body) if payload is not None and not payload.truncated else []
                if texts:
                    findings = chain.find(texts, profile_of(draft, tenant))
                    missed += held_back(texts, [[asdict(one) for one in row] for row in findings], draft)
                    looked_at += 1
        return found, looked_at, missed
    finally:
        await database.close()

"""`sting policies test`: run examples with expected results.

It needs the detectors, so it lives here and is hung into the group of the ground floor when the commands are loaded.
"""

from __future__ import annotations

from pathlib import Path

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json, read_settings
from policies.commands import policies


def attach_policy_commands() -> None:
    """Add `test` to the group `sting policies`; a second call changes nothing."""
    policies.add_command(test_policies)


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@config_options
@json_option
@clear_failures
def test_policies(paths: tuple[Path, ...], config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    r"""Run files or folders of cases (without any: those of the built-in policies). Exit status 1 when one fails.

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
    results = run_cases((read_document(str(file), file.read_text(encoding="utf-8")) for file in files), known)
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

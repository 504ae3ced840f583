"""No block enters the README or the quick start without a test that runs it, or the reason why none does."""

from __future__ import annotations

import itertools
import re

import click
import pytest

from policies.cli import main
from tests.blocks import PAGES, ROOT, Block, all_blocks, blocks


def test_every_block_is_run_or_says_why_not() -> None:
    found = all_blocks()
    assert {block.page for block in found} == set(PAGES)
    silent = [block for block in found if block.kind not in {"sh", "python", "synopsis"} and len(block.why) < 20]
    assert [f"{block.page}: {block.text[:60]}" for block in silent] == []
    assert [block.text for block in found if block.kind in {"sh", "python"} and not block.shows] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_block_hides_from_it(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    fences = len(re.findall(r"^\s*(?:```|~~~)", text, re.MULTILINE))
    example = re.search(r"<!-- example -->.*<!-- /example -->", text, re.DOTALL)
    inside = example[0].count("```") if example else 0
    assert fences == inside + 2 * len(blocks(page, text)), "a fence is indented or not closed"
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"^(?: {4}|\t)", outside, re.MULTILINE), "write blocks with fences"


def test_a_new_block_without_a_remark_is_seen() -> None:
    written = "Text\n\n```sh\nls\n```\n\n<!-- not run: it needs a provider's key -->\n```\nx\n```\n"
    assert blocks("p", written) == [
        Block("p", "ls\n"),
        Block("p", "x\n", why="it needs a provider's key"),
    ]


def leads_to_a_command(words: list[str]) -> bool:
    """Whether words are names of nested commands, perhaps with arguments behind them."""
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group):
            return True
        found = command.get_command(click.Context(command), word)
        if found is None:
            return False
        command = found
    return True


RUN_BY = {
    "up": "tests/e2e/test_up.py",
    "gateway": "tests/e2e/test_commands.py",
    "scan": "tests/e2e/test_commands.py",
    "scramble": "tests/e2e/test_file_commands.py",
    "verify": "tests/e2e/test_commands.py",
    "check-config": "tests/unit/policies/test_cli.py",
    "keys": "tests/unit/policies/test_commands.py",
    "users": "tests/unit/policies/test_commands_users.py",
    "policies": "tests/unit/policies/test_commands.py",
    "policies test": "tests/unit/proxy/test_cases.py",
    "values": "tests/e2e/test_known_values.py",
    "connectors": "tests/unit/connectors/test_commands.py",
    "jars": "tests/e2e/test_backup.py",
    "report": "tests/e2e/test_backup.py",
    "audit": "tests/unit/policies/test_commands_users.py",
    "alerts": "tests/unit/proxy/test_commands_alerts.py",
    "eval": "tests/unit/proxy/detectors/evaluation/test_evaluation.py",
    "demo": "tests/unit/demo_data/test_commands.py",
}
"""Which test runs a command of the synopsis, or all of a group."""


def in_synopsis() -> list[list[str]]:
    """Each command of the README's synopsis as its words; `a|b` are two of them."""
    (synopsis,) = [block for block in all_blocks() if block.kind == "synopsis"]
    found = []
    for line in synopsis.text.splitlines():
        for said in line.partition("#")[0].replace("...", "").split(" / "):
            words = said.removeprefix(".venv/bin/sting ").split()
            names = list(itertools.takewhile(re.compile(r"[a-z][a-z|-]*").fullmatch, words))
            found += [[*names[:-1], last] for last in names[-1].split("|")]
    return found


def test_a_synopsis_names_commands_that_exist_and_that_a_test_runs() -> None:
    commands = in_synopsis()
    assert len(commands) > 20
    for words in commands:
        assert leads_to_a_command(words), words
        place = RUN_BY.get(" ".join(words)) or RUN_BY[words[0]]
        test = (ROOT / place).read_text(encoding="utf-8")
        given = rf'"{words[-1]}"|invoke\({words[-1]}'
        assert re.search(given, test, re.IGNORECASE), f"{place} does not run {words}"

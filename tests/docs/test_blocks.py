"""No block enters the README or the quick start without a test that runs it, or the reason why none does."""

from __future__ import annotations

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


def test_a_synopsis_names_commands_and_options_that_exist() -> None:
    (synopsis,) = [block for block in all_blocks() if block.kind == "synopsis"]
    for line in synopsis.text.splitlines():
        head = line.partition("#")[0].replace("...", "")
        for said in head.split(" / "):
            words = said.split()
            if words[0] == ".venv/bin/sting":
                words = words[1:]
            names = [word for word in words if re.fullmatch(r"[a-z|-]+", word) and not word.startswith("-")]
            for last in names[-1].split("|"):
                assert leads_to_a_command([*names[:-1], last]), said

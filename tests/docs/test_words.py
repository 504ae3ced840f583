"""Words of the docs that the product has to know: commands, settings, variables, make targets, files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import yaml
from pydantic import BaseModel

from policies.cli import main
from policies.documents import DocumentError
from policies.loader import load_policies
from policies.model import Policy
from policies.settings import Settings, SettingsError, load_settings

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "charts").rglob("*.md"),
                 *(ROOT / "deploy").rglob("*.md"))
    if path.name != "CHANGELOG.md" and "decisions" not in path.parts  # these tell what was
)  # fmt: skip
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BEFORE = {"docker", "compose", "exec", "console", "$", "sudo"}
"""Words that may stand before a command, besides variables."""


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code(markdown: str) -> Iterator[str]:
    """Every piece of code: what stands between backticks, in fences, and in indented blocks, without remarks."""
    for _, inside in _FENCE.findall(markdown):
        yield from (line.split(" #")[0] for line in inside.replace("\\\n", " ").splitlines())
    rest = _FENCE.sub("", markdown)
    yield from (line.split(" #")[0] for line in re.findall(r"^ {4}(.+)$", rest, re.MULTILINE))
    yield from (" ".join(one.split()) for one in re.findall(r"`([^`]+)`", rest))


def commands(markdown: str) -> Iterator[list[str]]:
    """The words after `sting` of everything that begins with it."""
    for piece in code(markdown):
        for said in re.split(r"[;&]| \| | / ", piece):
            words = said.split()
            at = next((n for n, word in enumerate(words) if re.fullmatch(r"(?:\S*/bin/)?sting", word)), None)
            if at is not None and all("=" in word or word in BEFORE for word in words[:at]):
                yield words[at + 1 :]


def fault(words: list[str]) -> str:
    """What is wrong with a command as the docs write it; empty when nothing is."""
    command: click.Command = main
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        names = rest.pop(0).split("|")
        if names[0] in {"COMMAND", "..."}:
            return ""
        found = [command.get_command(click.Context(command), name) for name in names]
        if None in found:
            return f"there is no `{names[found.index(None)]}` in `sting {' '.join(words)}`"
        command = found[-1] or command
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
    unknown = [word for word in rest if word.startswith("--") and word.strip("[]").partition("=")[0] not in known]
    return f"`sting {' '.join(words)}`: no such option: {unknown}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_their_options_exist(page: Path) -> None:
    assert [said for words in commands(text(page)) if (said := fault(words))] == []


def test_a_wrong_command_or_option_would_be_seen() -> None:
    written = "`sting keyz list`\n\n    sting keys create app --polcy x\n\n```sh\nsting keys list --json | sort\n```\n"
    told = [fault(words) for words in commands(written)]
    assert sorted(bool(one) for one in told) == [False, True, True]


@cache
def keys_of(model: type[BaseModel]) -> dict[str, Any]:
    """Keys of a part of a file with what they lead to: another such dict, or None for a value; `*` is any name."""
    return {name: _leads_to(field.annotation) for name, field in model.model_fields.items()}


def _leads_to(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return keys_of(annotation)
    inner = [found for one in get_args(annotation) if (found := _leads_to(one)) is not None]
    merged = {name: below for found in inner for name, below in found.items()} if inner else None
    if getattr(annotation, "__origin__", None) is dict:
        return {"*": merged}
    return merged


def values_of(document: Any) -> Any:
    """The same of the chart's values: an empty mapping takes any key."""
    if not isinstance(document, dict):
        return None
    return {name: values_of(below) for name, below in document.items()} or {"*": {"*": None}}


def wrong_key(tree: dict[str, Any], parts: list[str]) -> bool:
    """Whether a dotted key leads nowhere."""
    below: Any = tree
    for part in parts:
        if below is None or not (part in below or "*" in below):
            return True
        below = below.get(part, below.get("*"))
    return False


CHART = values_of(yaml.safe_load(text(ROOT / "charts/sting/values.yaml")))
TREES = (keys_of(Settings), keys_of(Policy), {**CHART, "config": keys_of(Settings)})
_KEY = re.compile(r"([a-z][\w*]*(?:\.[\w*-]+)+)(?:: .*)?")


def wrong_keys(markdown: str) -> list[str]:
    """Settings that a page names and that neither the configuration, nor a policy, nor the chart has."""
    found = []
    for piece in re.findall(r"`([^`\n]+)`", _FENCE.sub("", markdown)):
        if match := _KEY.fullmatch(piece):
            parts = match[1].split(".")
            if parts[-1] in {"yaml", "json", "py", "env"} or (ROOT / parts[0] / f"{parts[1]}.py").exists():
                continue  # a file, or a module
            if any(parts[0] in tree for tree in TREES) and all(wrong_key(tree, parts) for tree in TREES):
                found.append(match[1])
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_settings_that_are_named_exist(page: Path) -> None:
    assert wrong_keys(text(page)) == []


def yaml_blocks(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Page and text of each block of YAML that is such a file, or a part of one: it has no other keys.

    Where both could be meant the block begins with the remark `# a policy`.
    """
    for page in PAGES:
        for language, inside in _FENCE.findall(text(page)):
            first = set(re.findall(r"^([\w-]+):", inside, re.MULTILINE))
            if language != "yaml" or not first or not first <= set(model.model_fields):
                continue
            if (model is Policy) == (inside.startswith("# a policy") or not first <= set(Settings.model_fields)):
                yield str(page.relative_to(ROOT)), inside


def test_configurations_of_the_docs_are_read_as_they_stand_there(tmp_path: Path) -> None:
    found = list(yaml_blocks(Settings))
    assert len(found) > 10
    for page, inside in found:
        (tmp_path / "config.yaml").write_text(inside)
        environ = {
            name: "https://hooks.example.com/x" if name.endswith("WEBHOOK") else "A" * 43 + "="
            for name in re.findall(r"\$\{(\w+)", inside)
        } | {"DEMO_MODE": "false", "EXTERNAL_AI_ENABLED": "auto"}
        try:
            load_settings(tmp_path / "config.yaml", environ=environ)
        except SettingsError as error:
            pytest.fail(f"{page}: {error}\n{inside}")


def test_policies_of_the_docs_are_read_as_they_stand_there(tmp_path: Path) -> None:
    found = list(yaml_blocks(Policy))
    assert len(found) > 4
    for number, (page, inside) in enumerate(found):
        named = inside if re.search(r"^name:", inside, re.MULTILINE) else f"name: example-{number}\n{inside}"
        (tmp_path / f"{number}.yaml").write_text(named)
        try:
            load_policies(tmp_path)
        except DocumentError as error:
            pytest.fail(f"{page}: {error}\n{inside}")


OF_THE_ENVIRONMENT = ("STING_", "DEMO_", "EXTERNAL_AI", "POSTGRES_", "GRAFANA_")
READ_BY = (
    "policies/defaults.yaml", "policies/cli_options.py", "config.example.yaml", "compose.yaml",
    "charts/sting/values.yaml", "charts/sting/values.schema.json", "charts/sting/templates/_helpers.tpl",
)  # fmt: skip


def test_variables_that_are_named_are_read_somewhere() -> None:
    """Those that a page defines for its own configuration (`${NAME}`), and those of the client recipes, apart."""
    read = " ".join(text(ROOT / name) for name in READ_BY)
    named = {
        name
        for page in PAGES
        if "clients" not in page.parts
        for name in re.findall(r"(?<!\$\{)\b([A-Z]+(?:_[A-Z]+)+)\b", text(page))
        if name.startswith(OF_THE_ENVIRONMENT)
    }
    assert {"STING_MASTER_KEY", "DEMO_MODE", "EXTERNAL_AI_ENABLED"} <= named
    assert sorted(name for name in named if name not in read) == []


OF_THE_READER = {"deploy/compose/tls/tls.crt", "docs/decisions/NNNN-title.md"}
"""Files that the reader makes."""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_targets_files_and_anchors_that_are_named_exist(page: Path) -> None:
    markdown = text(page)
    targets = {name for piece in code(markdown) for name in re.findall(r"^make ([a-z-]+)", piece)}
    makefile = text(ROOT / "Makefile")
    assert [name for name in sorted(targets) if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
    files = re.findall(
        r"`((?:tests|scripts|benchmarks|deploy|charts|docs|policies|proxy|reports)/[\w./-]+\.\w+)`", markdown
    )
    assert [name for name in files if not (ROOT / name).exists() and name not in OF_THE_READER] == []
    for target, anchor in re.findall(r"\]\((?![a-z]+:)([^)#\s]*)(#[^)\s]*)?\)", _FENCE.sub("", markdown)):
        leads_to = (page.parent / target).resolve() if target else page
        assert leads_to.exists(), target
        if anchor and leads_to.suffix == ".md":
            assert anchor[1:] in anchors(text(leads_to)), f"{target}{anchor}"


def anchors(markdown: str) -> set[str]:
    """The names of a page's headings, as the site makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", markdown), re.MULTILINE)
    plain = [re.sub(r"[^\w\s-]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", one)) for one in headings]
    return {re.sub(r"[\s-]+", "-", one.strip().lower()) for one in plain}

"""The rules of CONTRIBUTING.md that lint cannot check."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("policies", "proxy", "connectors", "reports", "admin_ui", "demo_data", "benchmarks", "training", "tests")
MAX_FILE = 400
MAX_FUNCTION = 40
OWNED = {
    "aiohttp": "proxy/app.py",
    "presidio_analyzer": "proxy/detectors/presidio.py",
    "presidio_anonymizer": "proxy/detectors/anonymizer.py",
    "redis": "policies/redis_client.py",
    "openai": "proxy/verifying.py",
    "anthropic": "tests",
    "ollama": "tests",
    "prometheus_client": "proxy/metrics.py",
    "yaml": "policies/documents.py",
    "pytest_aiohttp": "pyproject.toml",
}
"""Packages that the product's owner named, and where each is used."""


def sources(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def length(node: ast.AST) -> int:
    """Lines of a function without its docstring."""
    body = getattr(node, "body", [])
    first = body[0] if body else None
    doc = 0
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        doc = (first.end_lineno or 0) - first.lineno + 1
    return (getattr(node, "end_lineno", 0) or 0) - getattr(node, "lineno", 0) + 1 - doc


def is_table(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A function that only returns a literal: a table with a few parameters, which is no longer for being split."""
    body = [part for part in node.body if not isinstance(part, ast.Expr)]
    value = body[-1].value if body and isinstance(body[-1], ast.Return) else None
    if isinstance(value, ast.BinOp):
        value = value.right
    return isinstance(value, ast.Dict) and len(body) <= 6


@pytest.mark.parametrize("path", sources(*PACKAGES), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_stays_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_FILE, f"{lines} lines: split it"


@pytest.mark.parametrize("package", ["policies", "proxy", "demo_data", "connectors", "reports", "admin_ui"])
def test_functions_stay_short(package: str) -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length(node)} lines"
        for path in sources(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and "migrations" not in path.parts
        and not is_table(node)
        and length(node) > MAX_FUNCTION
    ]
    assert not long


def test_the_packages_that_the_owner_named_are_declared_and_used() -> None:
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for package, place in OWNED.items():
        name = {"yaml": "pyyaml"}.get(package, package.replace("_", "-"))
        assert f'"{name}' in declared, f"{name} is not declared"
        where = ROOT / place
        files = sorted(where.rglob("*.py")) if where.is_dir() else [where]
        pattern = re.compile(rf"(?:import|from) {package}\b" if where.suffix != ".toml" else name)
        assert any(pattern.search(path.read_text(encoding="utf-8")) for path in files), f"{name} is not used in {place}"


def test_nothing_names_the_place_it_was_written_in() -> None:
    """Paths of one machine, registry hosts and the like have no business in the project."""
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    words = re.compile(
        "|".join(("/wor" + "k/", "/roo" + "t/", "python" + "hosted", r"pypi\.or" + "g", r"registry\.np" + "mjs"))
    )
    text_files = [
        name for name in files if name.endswith((".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".txt", "Makefile"))
    ]
    found = [
        name
        for name in text_files
        if (ROOT / name).exists() and words.search((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert not found


def test_the_readme_names_existing_files_and_targets() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (ROOT / link).exists(), link
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z-]+)", readme, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_metric_is_documented_and_none_else() -> None:
    from prometheus_client import generate_latest

    from proxy.metrics import METRIC_NAMES, Metrics

    written = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    page = runpy.run_path(str(ROOT / "scripts/metrics_page.py"))["page"]
    assert written == page(), "run: python scripts/metrics_page.py"
    gateway = written.partition("## The report worker")[0]
    documented = set(re.findall(r"^\| `(sting_\w+)`", gateway, re.MULTILINE))
    assert documented == set(METRIC_NAMES)
    exposed = generate_latest(Metrics().registry).decode()
    families = set(re.findall(r"^# TYPE (\w+)", exposed, re.MULTILINE))
    assert {name for name in families if not name.endswith("_created")} == documented


def test_every_command_has_help_with_an_example() -> None:
    import click

    from policies.cli import main

    def walk(command: click.Command, name: str) -> None:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for child in command.list_commands(context):
                found = command.get_command(context, child)
                assert found is not None
                walk(found, f"{name} {child}")
        else:
            assert command.help, f"{name} has no help"
            assert "Example" in f"{command.help} {command.epilog}", f"{name}: its help shows no example"

    walk(main, "sting")


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs/decisions").glob("*.md")]
    assert len(numbers) == len(set(numbers))


def test_the_version_is_the_same_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    chart = (ROOT / "charts/sting/Chart.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^(?:version|appVersion): (.+)$", chart, re.MULTILINE) == [version, version]
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert re.findall(r"image: sting-ce/app:(\S+)", compose) == [version]
    assert f'"version": "{version}"' in (ROOT / "admin_ui/web/package.json").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## (.+)$", changes, re.MULTILINE)[0]
    assert newest == "Unreleased" or newest.startswith(f"{version} - 20"), "what is released has a section with its day"
    kinds = re.findall(r"^### (.+)$", changes.split("\n## ")[1], re.MULTILINE)
    assert len(set(kinds)) == len(kinds), "one section of a kind"
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

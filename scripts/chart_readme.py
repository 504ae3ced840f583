"""Writes charts/sting/README.md from the comments of its values.yaml: python scripts/chart_readme.py."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

CHART = Path(__file__).parents[1] / "charts/sting"
PAGE = CHART / "README.md"
HEAD = """\
<!-- written by scripts/chart_readme.py from values.yaml -->
# Chart `sting`

Gateway, console and report workers of STING-CE. How to install, upgrade and confine it: docs/operations/kubernetes.md.

```
helm install sting charts/sting --values charts/sting/values-eks.yaml   # or -gke, -aks, -demo
```

`values.schema.json` refuses values that cannot be right.
"""
TABLE = "| value | default | what |\n|---|---|---|"


def page(values: str) -> str:
    """The README for the text of a values.yaml."""
    lines = values.splitlines()
    root = yaml.compose(values, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    single: list[str] = []
    parts: list[str] = []
    for key, value in root.value:
        rows = [f"| `{path}` | `{default}` | {what} |" for path, default, what in _rows(lines, "", key, value)]
        if len(rows) == 1 and rows[0].startswith(f"| `{key.value}` "):
            single += rows
        else:
            parts += [f"## {key.value}\n", *_about(lines, key), TABLE, *rows, ""]
    return "\n".join([HEAD, TABLE, *single, "", *parts])


def _about(lines: list[str], key: yaml.Node) -> list[str]:
    """The comment above a section, as a paragraph; the file's own first line is none."""
    said: list[str] = []
    number = key.start_mark.line - 1
    while number > 0 and lines[number].startswith("#"):
        said.insert(0, lines[number].lstrip("# "))
        number -= 1
    return [" ".join(said), ""] if said else []


def _rows(lines: list[str], above: str, key: yaml.Node, value: yaml.Node) -> Iterator[tuple[str, str, str]]:
    """Path, default and comment of a value, or of all that are in it; `{...}` stays one value."""
    path = f"{above}{key.value}"
    if isinstance(value, yaml.MappingNode) and not value.flow_style:
        for inner, its_value in value.value:
            yield from _rows(lines, f"{path}.", inner, its_value)
        return
    start, end = value.start_mark, value.end_mark
    default = lines[start.line][start.column : end.column if end.line == start.line else None].strip()
    remarks = (_comment(lines[key.start_mark.line], key.end_mark.column), _comment(lines[end.line], end.column))
    what = remarks[0] if key.start_mark.line != end.line else remarks[1]
    yield path, default.replace("|", "\\|"), what.replace("|", "\\|")


def _comment(line: str, column: int) -> str:
    """The comment of a line behind a column."""
    return line[column:].partition("# ")[2].strip()


def main() -> int:
    """The command line."""
    PAGE.write_text(page((CHART / "values.yaml").read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

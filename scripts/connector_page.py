"""Writes the reference of docs/connectors.md from the configurations: python scripts/connector_page.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from connectors.registry import KINDS, kind_of, schema_of

PAGE = Path(__file__).parents[1] / "docs/connectors.md"
MARK = "<!-- from here on written by scripts/connector_page.py -->\n"


def reference() -> str:
    """A section per kind with a row per option."""
    return "\n".join(line for kind in KINDS for line in _section(kind))


def _section(kind: str) -> list[str]:
    schema = schema_of(kind)
    about = kind_of(kind).about
    lines = [f"## `{kind}`: {schema['title']}", "", about, ""]
    lines += [*_table(schema["properties"], set(schema.get("required", ()))), ""]
    for name, part in schema.get("$defs", {}).items():
        if part.get("properties"):
            lines += [f"`{name}`: {part.get('description', '')}", ""]
            lines += [*_table(part["properties"], set(part.get("required", ()))), ""]
    return lines


def _table(properties: dict[str, Any], required: set[str]) -> list[str]:
    lines = ["| option | what | default |", "|---|---|---|"]
    for name, field in properties.items():
        words = [field.get("title", name), field.get("description", "")]
        text = ". ".join(word.rstrip(".") for word in words if word)
        kinds = field.get("enum") or ([field["const"]] if "const" in field else [])
        if kinds:
            text += f" ({', '.join(f'`{kind}`' for kind in kinds)})"
        if field.get("examples"):
            text += f". Example: `{field['examples'][0]}`"
        if "x-sealed" in str(field):
            text += ". Stored sealed, shown to nobody"
        default = "required" if name in required else _shown(field.get("default"))
        lines.append(f"| `{name}` | {text.replace('|', chr(92) + '|')} | {default.replace('|', chr(92) + '|')} |")
    return lines


def _shown(default: object) -> str:
    return "" if default in (None, "", [], {}, ()) or isinstance(default, dict) else f"`{default}`"


def page(before: str) -> str:
    """The page with its reference written anew."""
    return before.partition(MARK)[0] + MARK + "\n" + reference()


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")

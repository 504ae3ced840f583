"""The generated pages of the docs site: policies from the built-in files and the model, API from both descriptions."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import Any

from pydantic import BaseModel
from ui_types import description as console_description

from policies.entity_types import ENTITY_TYPES
from policies.loader import load_policies
from policies.model import Action, Cache, Detection, Hooks, Place, Policy, Restore, Route, Rule, Tools
from proxy.description import description as gateway_description

PARTS: tuple[type[BaseModel], ...] = (Policy, Rule, Place, Detection, Restore, Tools, Route, Hooks, Cache)
"""The parts of a policy file, in the order of the page."""


_POLICIES = """# Policies: reference

Made from the code when this site is built. `sting policies show NAME` prints a policy with all that it extends,
`sting policies lint FILE` checks one, `sting policies test` runs its cases.

## Built-in policies
"""
_API = """# API: reference

Made from the OpenAPI 3.1 documents, which each process serves itself: the gateway at `/sting/v1/openapi.json`, the
console at `/api/v1/openapi.json`. The providers' own routes are in [api-coverage.md](../api-coverage.md).

## Gateway (`/sting/v1`)

A virtual key as `Authorization: Bearer`, with the role that the route names.
"""
_CONSOLE = """## Console

A session's cookie, or a service key as `Authorization: Bearer`; see [console.md](../console.md).
"""


def cell(value: object) -> str:
    """A value as the contents of a table's cell."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text.replace("|", "\\|").replace("\n", " ")


def table(head: list[str], rows: list[list[object]]) -> str:
    """A Markdown table."""
    lines: list[list[object]] = [[*head], ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell(part) for part in line)} |" for line in lines) + "\n"


def kind(schema: dict[str, Any]) -> str:
    """A JSON schema in a few words."""
    match schema:
        case {"$ref": name}:
            name = name.rpartition("/")[2]
            found = ", ".join(f"`{one.value}`" for one in Action) if name == "Action" else name
        case {"enum": values}:
            found = ", ".join(f"`{value}`" for value in values)
        case {"const": value}:
            found = f"`{value}`"
        case {"anyOf": several}:
            found = " or ".join(kind(one) for one in several)
        case {"type": "array"}:
            found = f"list of {kind(schema.get('items') or {})}"
        case {"type": "object", "additionalProperties": dict() as inner}:
            found = f"name -> {kind(inner)}"
        case {"type": [*several]}:
            found = " or ".join(several)
        case _:
            found = schema.get("type", "anything")
    return str(found)


def policies_page() -> str:
    """The reference of policy files: fields with defaults, the built-in policies, their action per entity type."""
    policies = load_policies()
    written = [
        _POLICIES,
        table(
            ["policy", "what for", "extends"],
            [[f"`{p.name}`", p.description, p.extends or ""] for p in policies.values()],
        ),
        "## What each does, per entity type\n",
        table(
            ["entity type", *policies],
            [[f"`{name}`", *(policy.rule(name).action.value for policy in policies.values())] for name in ENTITY_TYPES],
        ),
        "A policy that does not name a type uses its `default`.\n\n## Fields\n",
    ]
    for part in PARTS:
        rows: list[list[object]] = [
            [f"`{name}`", kind(schema), _default(part, name)]
            for name, schema in part.model_json_schema()["properties"].items()
        ]
        written += [
            f"### {part.__name__}\n",
            inspect.getdoc(part) or "",
            "",
            table(["field", "value", "default"], rows),
        ]
    return "\n".join(written)


def _default(part: type[BaseModel], name: str) -> str:
    """The default of a field, written as JSON; of a part what differs from the part's own defaults."""
    field = part.model_fields[name]
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    plain = value.model_dump(mode="json", exclude_defaults=True) if isinstance(value, BaseModel) else value
    return f"`{json.dumps(plain)}`"


def api_page() -> str:
    """The reference of the gateway's own API and the console's."""
    gateway, console = json.loads(gateway_description()), json.loads(asyncio.run(console_description()))
    return "\n".join(
        [
            _API,
            _operations(gateway),
            _CONSOLE,
            _operations(console),
            "## Bodies\n",
            *(_body(name, schema) for name, schema in sorted(_bodies(gateway, console).items())),
        ]
    )


def _operations(document: dict[str, Any]) -> str:
    rows: list[list[object]] = []
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            asked = [one["name"] for one in said.get("parameters", []) if one["in"] != "path"]
            content = said.get("requestBody", {}).get("content", {})
            body = next((_ref(one) or f"`{name}`" for name, one in content.items()), "")
            rows.append(
                [f"`{method.upper()} {path}`", said.get("summary", ""), ", ".join(f"`{one}`" for one in asked), body,
                 ", ".join(said.get("x-roles", [])) or said.get("description", "")]
            )  # fmt: skip
    return table(["route", "what", "query and headers", "body", "who"], rows)


def _ref(content: dict[str, Any]) -> str:
    """The name of the schema of a body; empty when it has none of its own."""
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]


def _bodies(*documents: dict[str, Any]) -> dict[str, Any]:
    """The schemas of objects, by name."""
    return {
        name: schema
        for document in documents
        for name, schema in document["components"]["schemas"].items()
        if schema.get("properties")
    }


def _body(name: str, schema: dict[str, Any]) -> str:
    needed = schema.get("required", [])
    rows: list[list[object]] = [
        [f"`{field}`", kind(said), "yes" if field in needed else "", said.get("description", "")]
        for field, said in schema["properties"].items()
    ]
    return f"### {name}\n\n{table(['field', 'value', 'required', ''], rows)}"

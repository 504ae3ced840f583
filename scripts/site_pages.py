"""The generated pages of the docs site: policies and configuration from their models, API from both descriptions."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Iterator
from typing import Any, get_args

import click
from pydantic import BaseModel, SecretStr
from ui_types import description as console_description

from policies.cli import main
from policies.entity_types import ENTITY_TYPES
from policies.loader import load_policies
from policies.model import Action, Cache, Detection, Hooks, Place, Policy, Restore, Route, Rule, Tools
from policies.sections_base import Section
from policies.settings import Settings
from proxy.description import description as gateway_description

PARTS: tuple[type[BaseModel], ...] = (Policy, Rule, Place, Detection, Restore, Tools, Route, Hooks, Cache)
"""The parts of a policy file, in the order of the page."""


_POLICIES = """# Policies: reference

Made from the code when this site is built. `sting policies show NAME` prints a policy with all that it extends,
`sting policies lint FILE` checks one, `sting policies test` runs its cases.

## Built-in policies
"""
_CONFIGURATION = """# Configuration: reference

Made from the code when this site is built: every key that `config.yaml` may have. A section may be left out; a key that
is not here is an error with file, line and the nearest key. `${NAME}` and `${NAME:-default}` read the environment.
`config.example.yaml` has it with remarks, `sting check-config --config FILE` checks a file.
In a key, NAME is a word of yours, and `[]` stands for each entry of a list.
"""
_API = """# API: reference

Made from the OpenAPI 3.1 documents, which each process serves itself: the gateway at `/sting/v1/openapi.json`, the
console at `/api/v1/openapi.json`. The providers' own routes are in [api-coverage.md](../api-coverage.md).

## Gateway (`/sting/v1`)

A virtual key as `Authorization: Bearer`, with the role that the route names.
"""
_COMMANDS = """# Commands: reference

Made from the commands when this site is built; `sting COMMAND --help` prints the same.
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
    return f"`{json.dumps(plain, default=_plain)}`"


def _plain(value: object) -> str:
    """What JSON has no form for, in words; a default stands in the code and is no secret."""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def sections(model: type[BaseModel] = Settings, place: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Each part of the configuration with its place (`gateway.tls`, `providers.NAME`), the whole first."""
    yield place, model
    for name, field in model.model_fields.items():
        for mark, inner in _inside(field.annotation):
            yield from sections(inner, f"{place}.{name}{mark}".lstrip("."))


def _inside(annotation: Any, mark: str = "") -> Iterator[tuple[str, type[BaseModel]]]:  # noqa: ANN401 - any type
    """The sections that a field's type holds, with what stands between its name and theirs."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield mark, annotation
    container = getattr(annotation, "__origin__", None)
    mark += {dict: ".NAME", tuple: "[]", list: "[]"}.get(container, "") if isinstance(container, type) else ""
    for one in get_args(annotation):
        yield from _inside(one, mark)


def configuration_page() -> str:
    """The reference of the configuration: each section with its keys, what they take, and their defaults."""
    written, told = [_CONFIGURATION], dict[type[BaseModel], str]()
    for place, part in sections():
        only = get_args(part.model_fields["kind"].annotation) if place == "kms" else ()
        title = f"`{place}`{''.join(f' of kind `{one}`' for one in only)}" if place else "Outside of the sections"
        first = told.setdefault(part, place)
        written.append(f"## {title}\n")
        written += [f"As `{first}`.\n"] if first != place else [inspect.getdoc(part) or "", "", _keys(place, part)]
    return "\n".join(written)


def _keys(place: str, part: type[BaseModel]) -> str:
    rows: list[list[object]] = [
        [f"`{f'{place}.{name}'.lstrip('.')}`", kind(schema), _default(part, name)]
        for name, schema in part.model_json_schema()["properties"].items()
        if not list(_inside(part.model_fields[name].annotation))  # those have a table of their own
    ]
    return table(["key", "value", "default"], rows) if rows else ""


def commands_page() -> str:
    """The help of every command."""
    written = [_COMMANDS]
    for name, command in commands(main, "sting"):
        context = click.Context(command, info_name=name, terminal_width=110, max_content_width=110)
        written.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(written)


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, as it is typed."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for child in command.list_commands(context):
        if (found := command.get_command(context, child)) is not None:
            yield from commands(found, f"{name} {child}")


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

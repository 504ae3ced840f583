"""The OpenAPI 3.1 description of all mounted routes, made from the routes themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError

from policies.console_routes import ConsoleRoute

_REFERENCES = "#/components/schemas/{model}"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable word for programs"},
        "detail": {"type": "string", "description": "what to do next, for people"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    },
}


def describe(routes: Sequence[ConsoleRoute], version: str) -> dict[str, Any]:
    """The description as plain data."""
    schemas: dict[str, Any] = {"Problem": _PROBLEM}
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault("/api/v1" + re.sub(r":[^}]*}", "}", route.path), {})[route.method.lower()] = _operation(
            route, schemas
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "STING-CE console", "version": version},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "sting_session"},
                "key": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: ConsoleRoute, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": route.summary,
        "tags": [route.tag],
        "operationId": _operation_id(route),
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(route, schemas),
            *_header_parameters(route),
        ],
        "responses": {
            str(route.status): _answer(route, schemas),
            "default": {
                "description": "what went wrong",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "security": [{"session": []}, {"key": []}] if route.roles else [],
        "x-roles": list(route.roles),
    }
    if route.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _schema(route.body, schemas, "validation")}},
        }
    elif route.streams and route.method == "POST":
        described["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    return described


def _operation_id(route: ConsoleRoute) -> str:
    words = re.findall(r"[A-Za-z0-9]+", route.path.replace(":.+", ""))
    return "_".join([route.method.lower(), *words])


def _path_parameters(route: ConsoleRoute) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)", route.path)
    ]


def _query_parameters(route: ConsoleRoute, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    whole = route.query.model_json_schema(ref_template=_REFERENCES)
    schemas |= whole.pop("$defs", {})
    required = whole.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in whole.get("properties", {}).items()
    ]


def _header_parameters(route: ConsoleRoute) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "required": True, "description": what, "schema": {"type": "string"}}
        for name, what in route.headers.items()
    ]


def _answer(route: ConsoleRoute, schemas: dict[str, Any]) -> dict[str, Any]:
    if route.answer is None:
        return {"description": "done"}
    return {
        "description": "the answer",
        "content": {"application/json": {"schema": _schema(route.answer, schemas, "serialization")}},
    }


def _schema(model: Any, schemas: dict[str, Any], mode: Any) -> dict[str, Any]:  # noqa: ANN401 - any type that pydantic knows
    try:
        made = TypeAdapter(model).json_schema(ref_template=_REFERENCES, mode=mode)
        if mode == "serialization":
            _readable(made)
    except (PydanticSchemaGenerationError, PydanticInvalidForJsonSchema):
        return {}
    schemas |= made.pop("$defs", {})
    if isinstance(model, type) and issubclass(model, BaseModel):
        schemas[model.__name__] = made
        return {"$ref": f"#/components/schemas/{model.__name__}"}
    return dict(made)


def _readable(schema: Any) -> None:  # noqa: ANN401 - JSON
    """Take the word away that secrets are never in answers: they are, as asterisks or null."""
    if isinstance(schema, dict):
        schema.pop("writeOnly", None)
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _readable(part)

"""OpenAPI 3.1 of the gateway's own API, `/sting/v1/*`. The providers' APIs are described by their makers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel

from policies.audit_query import MAX_PAGE, OUTCOMES
from proxy.assembly import Gateway
from proxy.control import AnalyzeBody, RestoreBody, ScrambleBody
from proxy.queries import LONGEST_NUMBER

PATH: Final = "/sting/v1/openapi.json"
_REFS: Final = "#/components/schemas/{model}"
_Json = dict[str, Any]
_TEXT: Final[_Json] = {"type": "string"}
_COUNT: Final[_Json] = {"type": "integer", "minimum": 0}
_COUNTS: Final[_Json] = {"type": "object", "additionalProperties": _COUNT}
_TEXTS: Final[_Json] = {"type": "array", "items": _TEXT}
_FINDING: Final[_Json] = {
    "type": "object",
    "properties": {"start": _COUNT, "end": _COUNT, "entity_type": _TEXT, "action": _TEXT},
    "required": ["start", "end", "entity_type", "action"],
}
_FINDINGS: Final[_Json] = {"type": "array", "items": {"type": "array", "items": _FINDING}}
_LINES: Final = "application/x-ndjson"
_NUMBERS: Final = ("since", "until", "before", "size")
_WORDS: Final[Mapping[str, _Json]] = {"model": _TEXT, "entity_type": _TEXT, "outcome": {"enum": [*OUTCOMES]}}


def _object(**fields: _Json) -> _Json:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _operation(
    summary: str, role: str, answer: _Json, *, body: type[BaseModel] | None = None, **more: object
) -> Mapping[str, object]:
    """One operation; every other status than 200 has an error in OpenAI's shape."""
    told: dict[str, object] = {"summary": summary, "description": f"Needs the role `{role}`.", **more}
    if body is not None:
        schema = {"$ref": _REFS.format(model=body.__name__)}
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    error = {
        "description": "An error.",
        "content": {"application/json": {"schema": {"$ref": _REFS.format(model="Error")}}},
    }
    good = {"description": "Done.", "content": {"application/json": {"schema": answer}}}
    return told | {"responses": {"200": good, "default": error}}


def _place(name: str) -> _Json:
    pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


def _paths() -> Mapping[str, Mapping[str, object]]:
    session: _Json = {"parameters": [_place("session")]}
    values: _Json = {"parameters": [_place("list")]}
    number: _Json = {**_COUNT, "maximum": 10**LONGEST_NUMBER - 1}
    asked: list[_Json] = [{"name": name, "in": "query", "schema": number} for name in _NUMBERS]
    asked += [{"name": name, "in": "query", "schema": schema} for name, schema in _WORDS.items()]
    lines: _Json = {"requestBody": {"required": True, "content": {_LINES: {"schema": _TEXT}}}}
    anything: _Json = {"type": "object"}
    scrambled = _object(session=_TEXT, texts=_TEXTS, findings=_FINDINGS)
    restored = _object(texts=_TEXTS, restored=_COUNT, unknown=_COUNT)
    page = _object(exchanges={"type": "array", "items": anything}, next_before={"type": ["integer", "null"]})
    known: _Json = {"policies": {"type": "array", "items": anything}, "floors": _TEXTS, "default": _TEXT}
    policies = _object(**known, next_after={"type": ["string", "null"]})
    paged: list[_Json] = [{"name": "after", "in": "query", "schema": _TEXT}]
    paged += [{"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE}}]
    return {
        "/analyze": {"post": _operation("What is found", "use", _object(results=_FINDINGS), body=AnalyzeBody)},
        "/scramble": {"post": _operation("Texts scrambled", "use", scrambled, body=ScrambleBody)},
        "/restore": {"post": _operation("Texts restored", "restore", restored, body=RestoreBody)},
        "/sessions/{session}": {
            "get": _operation("Tokens per type", "use", _object(session=_TEXT, entities=_COUNTS), **session),
            "delete": _operation("Shred it", "use", _object(session=_TEXT, forgotten={"const": True}), **session),
        },
        "/values/{list}": {
            "put": _operation("Register known values", "values", anything, **values, **lines),
            "get": _operation("How many there are", "values", anything, **values),
            "delete": _operation("Remove the list", "values", anything, **values),
        },
        "/exchanges": {"get": _operation("The audit, newest first", "audit", page, parameters=asked)},
        "/policies": {"get": _operation("Policies as they count", "audit", policies, parameters=paged)},
        "/exchanges/{exchange}": {
            "get": _operation("One exchange", "audit", anything, parameters=[_place("exchange")])
        },
    }


@lru_cache(maxsize=1)
def description() -> bytes:
    """The document as JSON."""
    schemas: dict[str, object] = {}
    for body in (AnalyzeBody, ScrambleBody, RestoreBody):
        schema = body.model_json_schema(ref_template=_REFS)
        schemas |= schema.pop("$defs", {})
        schemas[body.__name__] = schema
    schemas["Error"] = _object(error=_object(message=_TEXT, type=_TEXT, code=_TEXT))
    key = {"bearer": {"type": "http", "scheme": "bearer"}}
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "STING-CE gateway", "version": "1", "description": "The gateway's own API."},
        "servers": [{"url": "/sting/v1"}],
        "security": [{"bearer": []}],
        "paths": _paths(),
        "components": {"schemas": schemas, "securitySchemes": key},
    }
    return json.dumps(whole).encode()


async def openapi(_request: web.Request, _gateway: Gateway) -> web.Response:
    """The document; it needs no key, for it holds nothing of this installation."""
    return web.Response(body=description(), content_type="application/json")

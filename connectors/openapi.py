"""Lists out of an OpenAPI 3 description: every GET that needs no argument and answers with records. Pure."""

from __future__ import annotations

import json
from typing import Any

from connectors.base import ConnectorProblem
from connectors.http_config import HttpResource

MAX_REFS = 50


def resources_of(text: str) -> list[HttpResource]:
    """The lists of the description. Raises ConnectorProblem when it is none."""
    try:
        document = json.loads(text)
        paths = document["paths"].items()
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise ConnectorProblem(
            "This is no OpenAPI description in JSON.", "Paste the whole text of openapi.json.", code="config"
        ) from None
    found = []
    for path, item in paths:
        get = item.get("get") if isinstance(item, dict) else None
        if isinstance(get, dict) and "{" not in path and not _needs_argument(document, item, get):
            records = _records(document, get)
            if records is not None:
                name = str(get.get("operationId") or path.strip("/").replace("/", "_"))[:100]
                found.append(HttpResource(name=name, path=path, records=records))
    return found


def _needs_argument(document: Any, item: Any, get: Any) -> bool:  # noqa: ANN401 - parsed JSON
    parameters = [*(item.get("parameters") or ()), *(get.get("parameters") or ())]
    return any(_resolved(document, one).get("required") for one in parameters)


def _records(document: Any, get: Any) -> str | None:  # noqa: ANN401 - parsed JSON
    """Where the list is in the answer of status 200: the answer itself, or its only field that is an array."""
    answer = _resolved(document, (get.get("responses") or {}).get("200"))
    content = answer.get("content") or {}
    schema = _resolved(document, (content.get("application/json") or {}).get("schema"))
    if schema.get("type") == "array":
        return "@"
    lists = [
        name
        for name, field in (schema.get("properties") or {}).items()
        if _resolved(document, field).get("type") == "array"
    ]
    return json.dumps(lists[0]) if len(lists) == 1 else None


def _resolved(document: Any, node: Any) -> dict[str, Any]:  # noqa: ANN401 - parsed JSON
    """What a local `$ref` stands for; circles and references to elsewhere count as nothing."""
    for _ in range(MAX_REFS):
        if not isinstance(node, dict):
            return {}
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return node
        if not reference.startswith("#/"):
            return {}
        node = document
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, dict) else None
    return {}

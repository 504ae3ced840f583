"""What a model would answer: a call of the tool that is offered, JSON of the schema that is asked for, else an echo."""

from __future__ import annotations

import json
from typing import Any

_SCHEMAS = (("response_format", "json_schema"), ("text", "format"), ("output_config", "format"), ("output_format",))
"""Where OpenAI's chats and responses and Anthropic's messages have the schema of their answer."""
_SIMPLE: dict[str, Any] = {"number": 1, "integer": 1, "boolean": True, "null": None}


def fitting(asked: dict[str, Any]) -> tuple[tuple[str, str] | None, str]:
    """A tool's name and arguments, or None; and the answer's text. Both repeat what was said last."""
    said, is_result = _last(asked)
    tools = asked.get("tools") or []
    if tools and not is_result and asked.get("tool_choice") != "none":
        tool = tools[0].get("function", tools[0])
        schema = tool.get("parameters") or tool.get("input_schema") or {}
        return (tool["name"], json.dumps(_filled(schema, said, schema), ensure_ascii=False)), said
    wanted = _wanted(asked)
    return None, json.dumps(_filled(wanted, said, wanted), ensure_ascii=False) if wanted else said


def _last(asked: dict[str, Any]) -> tuple[str, bool]:
    """What was said last, and whether it is the result of a tool."""
    items = asked.get("messages") or asked.get("input") or asked.get("prompt") or ""
    if isinstance(items, str):
        return items, False
    item = items[-1]
    if not isinstance(item, dict):
        return str(item), False
    content = item.get("content") or item.get("output") or ""
    is_result = item.get("role") == "tool" or item.get("type") == "function_call_output"
    if isinstance(content, list):
        results = [part for part in content if part.get("type") == "tool_result"]
        return _text(content), is_result or bool(results)
    return str(content), is_result


def _text(parts: Any) -> str:
    if isinstance(parts, str):
        return parts
    return "".join(str(part.get("text") or _text(part.get("content") or "")) for part in parts)


def _wanted(asked: dict[str, Any]) -> Any:
    """The JSON schema that the answer must have, wherever the API has it."""
    form = asked.get("format")
    if isinstance(form, dict):
        return form
    for place in _SCHEMAS:
        found: Any = asked
        for step in place:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, dict) and "schema" in found:
            return found["schema"]
    return None


def _filled(schema: dict[str, Any], said: str, root: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _filled(root["$defs"][schema["$ref"].rpartition("/")[2]], said, root)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _filled(schema[several][0], said, root)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: _filled(inner, said, root) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [_filled(schema["items"], said, root)]
    return said if kind == "string" else _SIMPLE.get(kind)

"""Filling a JSON schema with what a text says: arguments of tool calls and structured answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from proxy.upstream.demo.entities import Entity, find_entities, first_of, join
from proxy.upstream.demo.reading import key_sentences

_DEEPEST = 8
"""Levels of nesting that are filled; schemas may refer to themselves."""
_MOST_VALUES = 1_000
"""Values filled in all: a small schema that refers to itself would otherwise grow without end."""
_LEAD_IN = re.compile(r"\b(?:saying|to say|telling \w+|stating)\s+(?:that\s+)?|\b(?:about|that)\s+|:\s+", re.IGNORECASE)

_KINDS_OF_NAMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"e-?mail|^to$|cc|recipient_?address", ("email",)),
    (r"phone|mobile|tel(?:ephone)?$|fax", ("phone",)),
    (r"date|day|when|time|deadline|due|birth|dob", ("date",)),
    (r"compan|organi[sz]ation|employer", ("organisation",)),
    (r"city|place|location|address|country|where|region|town", ("place",)),
    (r"amount|price|cost|total|sum|balance", ("money", "number")),
    (r"(?:^|_)(?:id|number|no|ref|reference|ticket|order|account|invoice)(?:$|_)", ("id", "number")),
    (
        r"name|person|people|customer|client|user|patient|who|recipient|sender|contact|author|assignee|owner",
        ("person",),
    ),
)
_FREE_TEXT = re.compile(
    r"query|question|text|message|body|content|subject|title|description|reason|note|summary|prompt|topic|comment|search|task|reply|answer|result|explanation|detail"
)


class Unfilled(Exception):
    """The text does not say what a required value needs."""


class Filler:
    """Fills schemas from one text. `strict`: raise Unfilled instead of inventing a neutral value."""

    def __init__(self, text: str, root: Mapping[str, Any], *, strict: bool) -> None:
        self._text = text
        self._root = root
        self._strict = strict
        self._entities = find_entities(text)
        self._left = _MOST_VALUES
        lead = _LEAD_IN.search(text)
        said = text[lead.end() :] if lead else text
        self._point = " ".join(key_sentences(said, 1)) or text.strip() or "unknown"

    def fill(self, schema: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
        """A value that fits `schema`; `name` is the property's, which says most about what belongs there."""
        self._left -= 1
        schema = self._resolved(schema) if self._left > 0 else {"type": "null"}
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._chosen(schema["enum"])
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next((entry for entry in kind if entry != "null"), "null")
        return self._typed(str(kind), schema, name, depth)

    def _typed(self, kind: str, schema: Mapping[str, Any], name: str, depth: int) -> Any:  # noqa: ANN401 - any JSON value
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind in {"integer", "number"}:
            return self._number(kind, schema)
        if kind == "boolean":
            return not re.search(r"\b(?:not|no|never|n't)\b", self._text)
        return None if kind == "null" else self._string(schema, name)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow `$ref` and take the first choice of anyOf, oneOf and allOf that is not null."""
        for _ in range(_DEEPEST):
            reference = schema.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/"):
                target: Any = self._root
                for part in reference[2:].split("/"):
                    target = target.get(part, {}) if isinstance(target, dict) else {}
                schema = target if isinstance(target, dict) else {}
                continue
            choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if not isinstance(choices, list):
                break
            real = [choice for choice in choices if isinstance(choice, dict) and choice.get("type") != "null"]
            schema = real[0] if real else {"type": "null"}
        return schema

    def _chosen(self, values: list[Any]) -> Any:  # noqa: ANN401 - any JSON value
        lower = self._text.lower()
        for value in values:
            if str(value).lower().replace("_", " ") in lower or str(value).lower() in lower:
                return value
        if self._strict:
            raise Unfilled
        return values[0]

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or depth >= _DEEPEST:
            return {}
        required = schema.get("required")
        needed = set(required) if isinstance(required, list) else set()
        filled: dict[str, Any] = {}
        for name, inner in properties.items():
            if not isinstance(inner, dict):
                continue
            try:
                filled[name] = self.fill(inner, name, depth + 1)
            except Unfilled:
                if name in needed:
                    raise
        return filled

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        inner = schema.get("items")
        inner = self._resolved(inner) if isinstance(inner, dict) else {"type": "string"}
        if depth >= _DEEPEST:
            return []
        kinds = _kinds(name.removesuffix("s"), inner)
        if inner.get("type", "string") == "string" and "enum" not in inner:
            every = [entity.text for entity in self._entities if entity.kind in kinds or not kinds]
            if every:
                return every
        return [self.fill(inner, name.removesuffix("s"), depth + 1)]

    def _number(self, kind: str, schema: Mapping[str, Any]) -> float:
        found = first_of(self._entities, "number", "money")
        digits = re.sub(r"[^\d.]", "", found).strip(".") if found else ""
        if re.fullmatch(r"\d+(?:\.\d+)?", digits):
            return int(float(digits)) if kind == "integer" else float(digits)
        if self._strict:
            raise Unfilled
        least = schema.get("minimum", 1)
        return least if isinstance(least, int | float) else 1

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        kinds = _kinds(name, schema)
        if kinds:
            found = first_of(self._entities, *kinds)
            if found is None and self._strict:
                raise Unfilled
            return found or "unknown"
        if _FREE_TEXT.search(name.lower()):
            return self._point
        words = name.lower().replace("_", " ")
        loose = [entity.text for entity in self._entities if entity.kind in words]
        if not loose and self._strict:
            raise Unfilled
        return loose[0] if loose else "unknown"


def _kinds(name: str, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Kinds of entities that belong into a property of this name or format."""
    form = {"email": "email", "date": "date", "date-time": "date"}.get(str(schema.get("format")))
    if form:
        return (form,)
    return next((kinds for pattern, kinds in _KINDS_OF_NAMES if re.search(pattern, name.lower())), ())


def describe_object(text: str) -> dict[str, Any]:
    """A JSON object for a prompt that gives no schema: the keys it names in quotes, else summary and entities."""
    named = re.findall(r"[\"'`]([A-Za-z_]{2,30})[\"'`]", text)
    if named:
        properties: dict[str, Any] = {name: {"type": "string"} for name in dict.fromkeys(named)}
        schema = {"type": "object", "properties": properties}
        return dict(Filler(text, schema, strict=False).fill(schema))
    grouped: dict[str, list[str]] = {}
    for entity in find_entities(text):
        grouped.setdefault(entity.kind, []).append(entity.text)
    lead = _LEAD_IN.search(text)
    return {"summary": " ".join(key_sentences(text[lead.end() :] if lead else text, 1)), "entities": grouped}


def mention(entities: list[Entity]) -> str:
    """The entities in words: `PERSON_... (person) and EMAIL_... (email)`."""
    return join([f"{entity.text} ({entity.kind})" for entity in entities])

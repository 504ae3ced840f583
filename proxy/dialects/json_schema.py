"""Rules for a JSON Schema inside a request: tools' parameters and structured output, in every dialect."""

from __future__ import annotations

import re
from typing import Final

from proxy.core.slots import FLAG, KEY, TEXT, Field, Kind, Node, opaque, plain

_TYPES: Final = plain("object", "array", "string", "number", "integer", "boolean", "null")
_FORMATS: Final = plain(
    "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "ipv4", "ipv6", "uri", "uuid", "regex"
)
_DIALECT: Final = opaque(r"https?://json-schema\.org/(?:draft[-/]\d{1,4}(?:-\d\d)?/)?schema#?")
"""Names of the JSON Schema drafts: validators take no others, so they must not become tokens."""
_REFERENCE: Final = Field(Kind.KEY, re.compile(r"#(?:/[A-Za-z0-9_$.-]+)*", re.ASCII))
"""It repeats the names of properties and definitions, so it is looked at, and changes, like these."""


def json_schema() -> Node:
    """Rules for a JSON Schema: names of properties are keys, descriptions, enumerations and examples are text.

    The tree is recursive: every subschema has the same rules.
    """
    schema = Node()
    named = Node(any_key=schema)
    listed = Node(any_item=schema)
    keys = Node(any_item=Node(ends=KEY), ends=KEY)
    types = Node(ends=_TYPES, any_item=Node(ends=_TYPES))
    for keyword in ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"):
        schema.children[keyword] = named
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        schema.children[keyword] = listed
    for keyword in ("additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"):
        schema.children[keyword] = schema
    schema.children["items"] = Node(children=schema.children, any_item=schema)
    schema.children["required"] = keys
    schema.children["dependentRequired"] = Node(any_key=keys)
    schema.children["type"] = types
    schema.children["format"] = Node(ends=_FORMATS)
    schema.children["$schema"] = Node(ends=_DIALECT)
    schema.children["$ref"] = Node(ends=_REFERENCE)
    for keyword in ("enum", "examples"):
        schema.children[keyword] = Node(any_item=Node(ends=TEXT))
    for keyword in ("title", "description", "const", "default", "pattern", "$id", "$comment"):
        schema.children[keyword] = Node(ends=TEXT)
    for keyword in ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "multipleOf"):
        schema.children[keyword] = Node(ends=FLAG)
    for keyword in ("strict", "nullable", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum"):
        schema.children[keyword] = Node(ends=FLAG)
    return schema


SCHEMA: Final = json_schema()

"""YAML documents (configuration, policies) whose errors name file, line and the nearest known word.

It knows nothing of what the documents mean: the caller brings a pydantic model. An error never repeats a value of
the document, because values may be secrets.
"""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}\n]*))?\}")
_MARK = re.compile("\ue000([0-9]+)\ue001")  # private-use characters stand for a variable while YAML is parsed
_MAX_NODES = 50_000  # aliases can make a small file enormous


class DocumentError(ValueError):
    """A document cannot be used; each line of the message is one fault: `file:line: what is wrong`."""


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one YAML file (`data`, always a mapping) and the line (from 1) at which each path stands."""

    source: str
    data: dict[str, Any] = field(repr=False)
    lines: Mapping[Path, int] = field(repr=False)

    def line(self, path: Sequence[str | int]) -> int:
        """The line of `path`, or of the nearest part around it."""
        for length in range(len(path), 0, -1):
            if tuple(path[:length]) in self.lines:
                return self.lines[tuple(path[:length])]
        return 1

    def error(self, path: Sequence[str | int], message: str) -> DocumentError:
        """The error to raise about what stands at `path`."""
        return DocumentError(f"{self.source}:{self.line(path)}: {message}")


def suggestion(word: object, known: Iterable[str]) -> str:
    """` (did you mean X?)` for the nearest of `known`, or nothing when none is near."""
    near = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def read_document(source: str, text: str, environ: Mapping[str, str] | None = None) -> Document:
    """Parse `text`; with `environ`, `${NAME}` and `${NAME:-default}` in values are replaced.

    A replaced value stays a string (a password `0123` keeps its zero); the model turns it into what it needs.
    Raises DocumentError: no YAML, no mapping, a key twice, an unset variable without default.
    """
    reader = _Reader(source, environ)
    if environ is not None:
        text = reader.marked(text)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DocumentError(f"{source}:{line}: this is no YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise DocumentError(f"{source}:1: this is no YAML: a character that YAML does not allow") from None
    data = {} if node is None else reader.value(node, ())
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise DocumentError(f"{source}:1: expected `key: value` lines")
    return Document(source, data, reader.lines)


class _Reader:
    """Turns a tree of YAML nodes into plain data and notes the line of each path."""

    def __init__(self, source: str, environ: Mapping[str, str] | None) -> None:
        self.lines: dict[Path, int] = {}
        self._source = source
        self._environ = environ
        self._scalars = yaml.SafeLoader("")
        self._open: set[int] = set()
        self._count = 0
        self._variables: list[re.Match[str]] = []

    def marked(self, text: str) -> str:
        """`text` with a mark for each variable: `{key: ${NAME:-}}` is no YAML, braces have a meaning there."""
        if _MARK.search(text):
            raise DocumentError(f"{self._source}:1: this is no YAML: a character that this product does not allow")

        def mark(match: re.Match[str]) -> str:
            self._variables.append(match)
            return f"\ue000{len(self._variables) - 1}\ue001"

        return _VARIABLE.sub(mark, text)

    def value(self, node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 - YAML holds anything
        self.lines.setdefault(path, node.start_mark.line + 1)
        self._count += 1
        if id(node) in self._open or self._count > _MAX_NODES:
            raise self._error(node, "an alias (*name) makes this endless or too large")
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._scalar(node)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, "a key must be a plain word")
            key = _MARK.sub(lambda match: self._variables[int(match.group(1))].group(), key_node.value)
            if key in result:
                raise self._error(key_node, f"the key {key!r} stands here twice")
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            result[key] = self.value(value_node, (*path, key))
        return result

    def _scalar(self, node: yaml.Node) -> Any:  # noqa: ANN401 - YAML holds anything
        text = node.value
        if self._variables and _MARK.search(text):
            return _MARK.sub(lambda match: self._variable(node, self._variables[int(match.group(1))]), text)
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            raise self._error(node, "this value cannot be read") from None

    def _variable(self, node: yaml.Node, match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        environ = self._environ or {}
        if environ.get(name):
            return environ[name]
        if default is not None:
            return default
        if name in environ:
            return ""
        raise self._error(
            node, f"the environment variable {name} is not set (write ${{{name}:-default}} for a default)"
        )

    def _error(self, node: yaml.Node, message: str) -> DocumentError:
        return DocumentError(f"{self._source}:{node.start_mark.line + 1}: {message}")


def validate(model: type[Model], document: Document, data: Mapping[str, Any] | None = None) -> Model:
    """`document` (or `data` that was made from it) as a `model`. Raises DocumentError with one line per fault."""
    try:
        return model.model_validate(document.data if data is None else dict(data))
    except ValidationError as error:
        faults: dict[tuple[int, str], None] = {}
        for detail in error.errors(include_url=False, include_context=True):
            faults.setdefault((document.line(detail["loc"]), _sentence(model, detail)))
        ordered = sorted(faults)
        raise DocumentError("\n".join(f"{document.source}:{line}: {text}" for line, text in ordered)) from None


def _sentence(model: type[BaseModel], detail: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails has free-form parts
    """One fault in words, without the value."""
    loc: Path = detail["loc"]
    where = ".".join(str(part) for part in loc)
    if detail["type"] == "extra_forbidden":
        known = fields_at(model, loc[:-1])
        return f"unknown key {where!r}{suggestion(loc[-1], known)}"
    if detail["type"] == "missing":
        return f"{where!r} is missing"
    if detail["type"] in {"literal_error", "enum"}:
        allowed = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
        return f"{where!r} must be one of {', '.join(allowed)}{suggestion(detail['input'], allowed)}"
    if detail["type"] in {"model_type", "model_attributes_type", "dict_type"} and not isinstance(detail["input"], dict):
        return f"{where!r} takes keys with values below it, not a single value"
    if detail["type"] == "string_type" and isinstance(detail["input"], bool | int | float):
        return f"{where!r} must be text: in YAML a bare yes, no, on, off or number is none, so put it in quotes"
    message = str(detail["msg"]).removeprefix("Value error, ")
    return f"{where!r}: {message}" if where else message


def fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """The names that are known where `path` leads inside `model`."""
    current: Any = model
    for part in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            info = current.model_fields.get(str(part))
            current = _plain(info.annotation) if info else None
        else:
            arguments = typing.get_args(current)
            current = (
                _plain(arguments[-1] if typing.get_origin(current) is dict else arguments[0]) if arguments else None
            )
    if isinstance(current, type) and issubclass(current, BaseModel):
        return list(current.model_fields)
    return []


def _plain(annotation: Any) -> Any:  # noqa: ANN401 - a type annotation can be any object
    """`annotation` without Annotated and without `| None`."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _plain(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        rest = [part for part in typing.get_args(annotation) if part is not type(None)]
        return _plain(rest[0]) if len(rest) == 1 else annotation
    return annotation

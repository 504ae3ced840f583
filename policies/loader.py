"""Reads policy files, the built-in ones and the user's, and merges each with what it `extends`.

It does not decide which policy applies to a request: that is `policies.resolve`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from policies.documents import Document, DocumentError, read_document, suggestion, validate
from policies.entity_types import ENTITY_TYPES, LITERAL
from policies.model import Policy

_SUFFIXES = (".yaml", ".yml")


class PolicyError(DocumentError):
    """A policy file cannot be used; each line of the message is one fault with file and line."""


@dataclass(frozen=True, slots=True)
class _Source:
    """One policy file: its document and its own part, without what it extends."""

    document: Document
    own: Policy = field(repr=False)


def load_policies(directory: Path | None = None) -> Mapping[str, Policy]:
    """All policies by name: the built-in ones, and those of `directory`, which replace built-in ones of their name.

    A user's policy `balanced` may extend the built-in `balanced`. Raises PolicyError with file, line and suggestion.
    """
    return compile_policies(builtin_documents(), () if directory is None else directory_documents(directory))


def compile_policies(builtin: Iterable[Document], own: Iterable[Document] = ()) -> Mapping[str, Policy]:
    """Merged policies by name from documents already read; the names of `own` win. Raises PolicyError."""
    try:
        ground = _read(builtin)
        upper = _read(own)
        return MappingProxyType({name: _merged(name, ground, upper) for name in sorted({*ground, *upper})})
    except PolicyError:
        raise
    except DocumentError as error:
        raise PolicyError(str(error)) from None


@lru_cache(maxsize=1)
def builtin_documents() -> tuple[Document, ...]:
    """The policy files that come with the product."""
    folder = resources.files("policies").joinpath("builtin")
    files = sorted((item for item in folder.iterdir() if item.name.endswith(_SUFFIXES)), key=lambda item: item.name)
    return tuple(read_document(f"builtin/{item.name}", item.read_text(encoding="utf-8")) for item in files)


def directory_documents(directory: Path) -> list[Document]:
    """The policy files of `directory` (`*.yaml`, `*.yml`, not in folders below). Raises PolicyError."""
    try:
        files = sorted(path for path in directory.iterdir() if path.suffix in _SUFFIXES and path.is_file())
        return [read_document(str(path), path.read_text(encoding="utf-8")) for path in files]
    except OSError as error:
        raise PolicyError(f"{error.filename or directory}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PolicyError(f"{directory}: a policy file is not UTF-8 text") from None
    except DocumentError as error:
        raise PolicyError(str(error)) from None


def _read(documents: Iterable[Document]) -> dict[str, _Source]:
    sources: dict[str, _Source] = {}
    for document in documents:
        policy = validate(Policy, document)
        _check_types(document, policy)
        if policy.name in sources:
            other = sources[policy.name].document
            raise document.error(("name",), f"the policy {policy.name!r} is already in {other.source}")
        sources[policy.name] = _Source(document, policy)
    return sources


def _check_types(document: Document, policy: Policy) -> None:
    """A misspelt entity type would be a hole: only the vocabulary and types with own words or expressions are known."""
    named: list[tuple[tuple[str | int, ...], str]] = [(("entities", name), name) for name in policy.entities]
    for number, place in enumerate(policy.places):
        named += [(("places", number, "entities", name), name) for name in place.entities]
    own = {*policy.detection.deny, *policy.detection.recognisers}
    for ways in ("deny", "recognisers"):
        named += [(("detection", ways, name), name) for name in getattr(policy.detection, ways) if name == LITERAL]
    for path, name in named:
        if name == LITERAL:
            raise document.error(path, f"{LITERAL} is reserved for text that looks like a token")
        if name not in ENTITY_TYPES and name not in own:
            hint = suggestion(name, ENTITY_TYPES)
            raise document.error(
                path,
                f"unknown entity type {name!r}{hint}; own types need words in detection.deny or an "
                "expression in detection.recognisers",
            )


def _merged(name: str, ground: Mapping[str, _Source], upper: Mapping[str, _Source]) -> Policy:
    """Policy `name` with everything it inherits."""
    chain = _chain(name, ground, upper)
    data: dict[str, Any] = {}
    for source in reversed(chain):
        data = _laid_over(data, source.own.model_dump(exclude_unset=True))
    data.setdefault("name", name)
    document = chain[0].document
    policy = validate(Policy, document, data)
    if policy.session_ttl > policy.session_ttl_max:
        raise document.error(("session_ttl",), "session_ttl is over session_ttl_max")
    return policy


def _chain(name: str, ground: Mapping[str, _Source], upper: Mapping[str, _Source]) -> list[_Source]:
    """The policy's source, its parent, the parent's parent, ... Raises DocumentError on a cycle or unknown parent."""
    chain: list[_Source] = []
    current: str | None = name
    while current is not None:
        source = upper.get(current) or ground.get(current)
        if chain and chain[-1].own.name == current and chain[-1] is upper.get(current):
            source = ground.get(current)  # a user's policy extends the built-in one of the same name
        child = chain[-1].document if chain else None
        if child is not None and source is None:
            hint = suggestion(current, {*ground, *upper})
            raise child.error(("extends",), f"unknown policy {current!r}{hint}")
        if source is None:
            raise PolicyError(f"unknown policy {current!r}")
        if any(source is other for other in chain):
            names = " -> ".join([*(other.own.name for other in chain), current])
            raise (child or source.document).error(("extends",), f"policies extend each other in a circle: {names}")
        chain.append(source)
        current = source.own.extends
    return chain


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` wins; nested mappings (entities, a rule, detection, deny) are merged, lists are replaced."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        result[key] = _laid_over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result

"""Secrets of a configuration apart from the rest: what is sealed, and what a form may show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from connectors.base import ConnectorConfig


def split(config: ConnectorConfig) -> tuple[dict[str, Any], dict[str, str]]:
    """The configuration without secrets (JSON-ready), and the secrets by dotted name, to be sealed."""
    plain = config.model_dump(mode="json", exclude_none=True)
    secrets: dict[str, str] = {}
    for path, secret in _secrets_of(config, ()):
        secrets[".".join(path)] = secret.get_secret_value()
        _drop(plain, path)
    return plain, secrets


def joined(plain: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """What `split` took apart, ready to be validated again."""
    whole: dict[str, Any] = _copied(plain)
    for name, value in secrets.items():
        *parents, last = name.split(".")
        inner: Any = whole
        for parent in parents:
            inner = inner[int(parent)] if isinstance(inner, list) else inner.setdefault(parent, {})
        inner[last] = value
    return whole


def _secrets_of(value: object, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], SecretStr]]:
    if isinstance(value, SecretStr):
        return [(path, value)]
    if isinstance(value, BaseModel):
        inner = [(name, getattr(value, name)) for name in type(value).model_fields]
    elif isinstance(value, Mapping):
        inner = [(str(name), item) for name, item in value.items()]
    elif isinstance(value, list | tuple):
        inner = [(str(index), item) for index, item in enumerate(value)]
    else:
        return []
    return [found for name, item in inner for found in _secrets_of(item, (*path, name))]


def _drop(plain: Any, path: tuple[str, ...]) -> None:  # noqa: ANN401 - JSON of any shape
    for name in path[:-1]:
        plain = plain[int(name)] if isinstance(plain, list) else plain[name]
    if isinstance(plain, dict):
        del plain[path[-1]]


def _copied(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(value, Mapping):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value

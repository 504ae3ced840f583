"""Writes the trained tagger as the model file that the gateway reads: plain arrays, 8-bit tables, a JSON header."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from proxy.detectors.names.model import FORMAT
from training.network import DILATIONS, TYPES, Tagger

ENTITY_TYPES = {
    "PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION", "NRP": "NRP", "ADDR": "STREET_ADDRESS",
}  # fmt: skip
"""The gateway's entity types by the tagger's."""

TEMPERATURE = 1.75
"""Logits are divided by it (Guo et al. 2017): text unlike the training text makes a tagger too sure of itself."""


def _eight_bit(table: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """The table in 8 bits and the scale of each column; values beyond 5 standard deviations are cut."""
    scale = np.minimum(np.abs(table).max(0), 5 * table.std(0) + 1e-6) / 127
    return np.clip(np.rint(table / scale), -127, 127).astype(np.int8), scale.astype(np.float32)


def write(path: Path, tagger: Tagger, vocabulary: Sequence[str], about: dict[str, str]) -> None:
    """Write `tagger` to `path`. `vocabulary`: the words of rows 1, 2, ...; `about`: what the card says of it."""
    weights = {name: value.detach().numpy().astype(np.float32) for name, value in tagger.state_dict().items()}
    header = {
        "format": FORMAT,
        "types": [ENTITY_TYPES[kind] for kind in TYPES],
        "dilations": list(DILATIONS),
        "about": about,
    }
    words, words_scale = _eight_bit(weights["words.weight"])
    spelling, spelling_scale = _eight_bit(weights["spelling.weight"])
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "header": np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
        "vocabulary": np.frombuffer("\n".join(vocabulary).encode(), dtype=np.uint8),
        "words": words,
        "words_scale": words_scale,
        "spelling": spelling,
        "spelling_scale": spelling_scale,
        "shapes": weights["shapes.weight"],
        "settings": weights["settings.weight"],
        "first_weight": weights["first.weight"].T,
        "first_bias": weights["first.bias"],
        "last_weight": weights["last.weight"].T / TEMPERATURE,
        "last_bias": weights["last.bias"] / TEMPERATURE,
    }
    for number in range(len(DILATIONS)):
        arrays[f"layer{number}_weight"] = weights[f"layers.{number}.weight"].transpose(2, 1, 0)
        arrays[f"layer{number}_bias"] = weights[f"layers.{number}.bias"]
    stored = {name: value.astype(np.float16) if value.dtype == np.float32 and "scale" not in name else value
              for name, value in arrays.items()}  # fmt: skip
    draft = path.with_suffix(".draft.npz")
    np.savez_compressed(draft, allow_pickle=False, **stored)
    draft.replace(path)  # whole or not at all: a gateway may be reading it


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """The weights of a checkpoint, tensors only."""
    state: dict[str, torch.Tensor] = torch.load(path, weights_only=True)
    return state

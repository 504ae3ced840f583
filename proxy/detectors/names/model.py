"""The names tagger itself, in numpy: embeddings of a token's four views, dilated convolutions, odds per label.

The same computation that `training/network.py` trains. Weights come from one `.npz` file without pickled objects.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from proxy.detectors.names.features import Features

Floats = npt.NDArray[np.float32]

FORMAT = 1
"""Version of the model file; another one is refused."""

_BLOCK = 4096
"""Tokens computed at once: bounds the memory that a long text takes."""


class ModelFileInvalid(Exception):
    """The model file is missing, damaged or of another format version."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of the tagger.

    `vocabulary`: lower-case word -> row of `words` (row 0: unknown). `words`: rows x word columns, `spelling`: rows x
    spelling columns, both 8-bit with a scale per column. `shapes`, `settings`: small embeddings. `first`, `last`:
    weight (inputs x outputs) and bias. `layers`: three weights (before, at, after the token) and bias each.
    `dilations`: how far before and after each layer looks. `types`: entity type of labels 1-2, 3-4, ...
    """

    vocabulary: Mapping[str, int]
    types: tuple[str, ...]
    dilations: tuple[int, ...]
    words: npt.NDArray[np.int8]
    words_scale: Floats
    spelling: npt.NDArray[np.int8]
    spelling_scale: Floats
    shapes: Floats
    settings: Floats
    first: tuple[Floats, Floats]
    layers: tuple[tuple[Floats, Floats], ...]
    last: tuple[Floats, Floats]

    @property
    def reach(self) -> int:
        """How many tokens away a token can still change a label."""
        return sum(self.dilations)

    def probabilities(self, features: Features, present: npt.NDArray[np.bool_]) -> Floats:
        """Tokens x labels; label 0 is "outside". `present` is False for the padding tokens between texts."""
        count = len(present)
        parts = []
        for start in range(0, count, _BLOCK):
            left, right = max(0, start - self.reach), min(count, start + _BLOCK + self.reach)
            logits = self._logits(features, present, left, right)
            parts.append(logits[start - left : start - left + _BLOCK])
        logits = np.concatenate(parts)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)

    def _logits(self, features: Features, present: npt.NDArray[np.bool_], left: int, right: int) -> Floats:
        mask = present[left:right, None].astype(np.float32)
        weight, bias = self.first
        state = np.maximum(self._seen(features, left, right) @ weight + bias, 0) * mask
        length, width = state.shape
        for (taps, offset), far in zip(self.layers, self.dilations, strict=True):
            room = np.zeros((length + 2 * far, width), dtype=np.float32)
            room[far : far + length] = state
            mixed = room[:length] @ taps[0]
            mixed += state @ taps[1]
            mixed += room[2 * far :] @ taps[2]
            mixed += offset
            np.maximum(mixed, 0, out=mixed)
            state += mixed
            state *= mask
        weight, bias = self.last
        return np.asarray(state @ weight + bias, dtype=np.float32)

    def _seen(self, features: Features, left: int, right: int) -> Floats:
        """The four views of the tokens from `left` to `right`, side by side."""
        known = self.words[features.words[left:right]] * self.words_scale
        starts = features.spelling_starts[left:right]
        first = int(starts[0])
        end = int(features.spelling_starts[right]) if right < len(features.words) else len(features.spelling)
        pieces = self.spelling[features.spelling[first:end]].astype(np.float32)
        counts = np.diff(starts, append=end).astype(np.float32)
        spelled = np.add.reduceat(pieces, starts - first, axis=0) / counts[:, None] * self.spelling_scale
        return np.concatenate(
            [known, spelled, self.shapes[features.shapes[left:right]], self.settings[features.settings[left:right]]],
            axis=1,
            dtype=np.float32,
        )


def load(path: Path) -> Model:
    """The model of the file `path`. Raises ModelFileInvalid."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop("header").tobytes())
        if header["format"] != FORMAT:
            raise ModelFileInvalid(f"names model has format {header['format']}, this version reads {FORMAT}")
        return _from_arrays(header, arrays)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelFileInvalid(f"names model cannot be read: {type(error).__name__}") from error


def _from_arrays(header: Mapping[str, object], arrays: Mapping[str, npt.NDArray[np.generic]]) -> Model:
    words = arrays["vocabulary"].tobytes().decode().split("\n")

    def wide(name: str) -> Floats:
        return np.ascontiguousarray(arrays[name], dtype=np.float32)

    dilations = header["dilations"]
    types = header["types"]
    if not isinstance(dilations, list) or not isinstance(types, list):
        raise ModelFileInvalid("names model has a damaged header")
    return Model(
        vocabulary={word: row for row, word in enumerate(words, start=1)},
        types=tuple(types),
        dilations=tuple(dilations),
        words=arrays["words"].astype(np.int8, copy=False),
        words_scale=wide("words_scale"),
        spelling=arrays["spelling"].astype(np.int8, copy=False),
        spelling_scale=wide("spelling_scale"),
        shapes=wide("shapes"),
        settings=wide("settings"),
        first=(wide("first_weight"), wide("first_bias")),
        layers=tuple((wide(f"layer{number}_weight"), wide(f"layer{number}_bias")) for number in range(len(dilations))),
        last=(wide("last_weight"), wide("last_bias")),
    )

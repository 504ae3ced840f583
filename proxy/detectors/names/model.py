"""The names tagger itself, in numpy: embeddings of a token's four views, dilated convolutions, odds per label.

The same computation that `training/network.py` trains, with what the first layer makes of a word and its spelling
apart from what it makes of how the word is written: the one is the same wherever the word stands (see `words.py`).
Weights come from one `.npz` file without pickled objects.
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

from proxy.detectors.names.features import SETTINGS, Ints, Spelled

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

FORMAT = 1
"""Version of the model file; another one is refused."""

_BLOCK = 4096
"""Tokens computed at once: bounds the memory that a long text takes."""

_ROWS = 8
"""Words whose shares are one product."""


class ModelFileInvalid(Exception):
    """The model file is missing, damaged or of another format version."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of the tagger.

    `vocabulary`: lower-case word -> row of `words` (row 0: unknown). `words`: rows x word columns, `spelling`: rows x
    spelling columns, both 8-bit with a scale per column. `first`: the first layer's weights (inputs x outputs) for
    these two. `manners`: what it makes of a shape and a setting, its bias included: row `shape * SETTINGS + setting`.
    `layers`: weights (outputs before, at and after the token, one below the other, x outputs) and bias each.
    `dilations`: how far before and after each layer looks. `last`: weight and bias. `types`: entity type of labels
    1-2, 3-4, ...
    """

    vocabulary: Mapping[str, int]
    types: tuple[str, ...]
    dilations: tuple[int, ...]
    words: npt.NDArray[np.int8]
    words_scale: Floats
    spelling: npt.NDArray[np.int8]
    spelling_scale: Floats
    first: Floats
    manners: Floats
    layers: tuple[tuple[Floats, Floats], ...]
    last: tuple[Floats, Floats]

    @property
    def reach(self) -> int:
        """How many tokens away a token can still change a label."""
        return sum(self.dilations)

    @property
    def gap(self) -> int:
        """How many padding tokens keep two texts apart: every layer blanks them anew, so none looks past them."""
        return max(self.dilations)

    def shares(self, known: Spelled) -> Floats:
        """What the first layer makes of words and their spelling: words x outputs; the same for a word in any company.

        Sums are taken in an order that depends on how many rows a product has, so all have `_ROWS`.
        """
        words = self.words[known.rows] * self.words_scale
        pieces = self.spelling[known.pieces].astype(np.float32)
        counts = np.diff(known.starts, append=len(pieces)).astype(np.float32)
        spelled = np.add.reduceat(pieces, known.starts, axis=0) / counts[:, None] * self.spelling_scale
        seen = np.zeros((-(-len(words) // _ROWS) * _ROWS, len(self.first)), dtype=np.float32)
        np.concatenate([words, spelled], axis=1, out=seen[: len(words)])
        made = np.matmul(seen.reshape(-1, _ROWS, len(self.first)), self.first)
        return np.asarray(made.reshape(len(seen), -1)[: len(words)], dtype=np.float32)

    def probabilities(self, shares: Floats, shapes: Ints, settings: Ints, present: Flags | None = None) -> Floats:
        """Tokens x labels; label 0 is "outside". `present` is False for the padding tokens between texts, if any."""
        manners = shapes * SETTINGS + settings
        mask = None if present is None else present[:, None].astype(np.float32)
        count = len(shares)
        parts = []
        for start in range(0, count, _BLOCK):
            left, right = max(0, start - self.reach), min(count, start + _BLOCK + self.reach)
            state = shares[left:right] + self.manners[manners[left:right]]
            np.maximum(state, 0, out=state)
            logits = self._logits(state, None if mask is None else mask[left:right])
            parts.append(logits[start - left : start - left + _BLOCK])
        logits = parts[0] if len(parts) == 1 else np.concatenate(parts)
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits, out=logits)
        odds /= odds.sum(axis=1, keepdims=True)
        return odds

    def _logits(self, state: Floats, mask: Floats | None) -> Floats:
        length, width = state.shape
        for (taps, offset), far in zip(self.layers, self.dilations, strict=True):
            if mask is not None:
                state *= mask
            around = np.zeros((length, 3 * width), dtype=np.float32)
            around[far:, :width] = state[:-far]
            around[:, width : 2 * width] = state
            around[:-far, 2 * width :] = state[far:]
            mixed = around @ taps
            mixed += offset
            np.maximum(mixed, 0, out=mixed)
            state = np.add(state, mixed, out=mixed)
        weight, bias = self.last
        return np.asarray(state @ weight + bias, dtype=np.float32)


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
    weight, bias = wide("first_weight"), wide("first_bias")
    seen = arrays["words"].shape[1] + arrays["spelling"].shape[1]
    shapes, settings = wide("shapes"), wide("settings")
    manners = np.concatenate([shapes.repeat(SETTINGS, axis=0), np.tile(settings, (len(shapes), 1))], axis=1)
    taps = [wide(f"layer{number}_weight") for number in range(len(dilations))]
    return Model(
        vocabulary={word: row for row, word in enumerate(words, start=1)},
        types=tuple(types),
        dilations=tuple(dilations),
        words=arrays["words"].astype(np.int8, copy=False),
        words_scale=wide("words_scale"),
        spelling=arrays["spelling"].astype(np.int8, copy=False),
        spelling_scale=wide("spelling_scale"),
        first=np.ascontiguousarray(weight[:seen]),
        manners=manners @ weight[seen:] + bias,
        layers=tuple((tap.reshape(-1, tap.shape[-1]), wide(f"layer{number}_bias")) for number, tap in enumerate(taps)),
        last=(wide("last_weight"), wide("last_bias")),
    )

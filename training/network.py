"""The tagger as PyTorch trains it. `proxy/detectors/names/model.py` computes the same in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from proxy.detectors.names.features import SETTINGS, SHAPES, SPELLING_ROWS, Features

TYPES = ("PER", "LOC", "ORG", "NRP", "ADDR")
LABELS = 1 + 2 * len(TYPES)
"""0: outside; then beginning and inside of each type."""

IGNORED = -100
SPELLING_WIDTH, SHAPE_WIDTH, SETTING_WIDTH = 64, 16, 8
DILATIONS = (1, 2, 4, 1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts side by side, padded: tensors of texts x tokens, and the spelling pieces of all tokens in one row."""

    words: torch.Tensor
    shapes: torch.Tensor
    settings: torch.Tensor
    spelling: torch.Tensor
    spelling_starts: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor


def collate(features: list[Features], labels: list[list[int]]) -> Batch:
    """Pad `features` of several texts to the longest one; `labels` per token."""
    longest = max(len(item.words) for item in features)
    shape = (len(features), longest)
    words, shapes, settings = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    mask = np.zeros(shape, dtype=np.float32)
    gold = np.full(shape, IGNORED, dtype=np.int64)
    spelling, starts = [], []
    count = 0
    for row, (item, tags) in enumerate(zip(features, labels, strict=True)):
        length = len(item.words)
        words[row, :length] = item.words
        shapes[row, :length] = item.shapes
        settings[row, :length] = item.settings
        mask[row, :length] = 1
        gold[row, :length] = tags
        spelling.append(item.spelling)
        starts.append(item.spelling_starts + count)
        count += len(item.spelling)
    return Batch(
        words=torch.from_numpy(words),
        shapes=torch.from_numpy(shapes),
        settings=torch.from_numpy(settings),
        spelling=torch.from_numpy(np.concatenate(spelling).astype(np.int64)),
        spelling_starts=torch.from_numpy(np.concatenate(starts).astype(np.int64)),
        mask=torch.from_numpy(mask),
        labels=torch.from_numpy(gold),
    )


class Tagger(nn.Module):
    """Embeddings of a token's four views, then dilated convolutions over its neighbours, then a label's odds."""

    def __init__(self, table: torch.Tensor, width: int = 160, word_dropout: float = 0.2, dropout: float = 0.25) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(table, freeze=True)
        self.spelling = nn.EmbeddingBag(SPELLING_ROWS, SPELLING_WIDTH, mode="mean")
        self.shapes = nn.Embedding(SHAPES, SHAPE_WIDTH)
        self.settings = nn.Embedding(SETTINGS, SETTING_WIDTH)
        nn.init.normal_(self.spelling.weight, std=0.3)
        seen = table.shape[1] + SPELLING_WIDTH + SHAPE_WIDTH + SETTING_WIDTH
        self.first = nn.Linear(seen, width)
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, 3, dilation=dilation, padding=dilation) for dilation in DILATIONS
        )
        self.last = nn.Linear(width, LABELS)
        self.word_dropout = word_dropout
        self.dropout = nn.Dropout(dropout)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Logits: texts x tokens x LABELS."""
        words = batch.words
        if self.training:
            words = words * (torch.rand(words.shape) >= self.word_dropout)
        mask = batch.mask.unsqueeze(-1)
        pieces = self.spelling(batch.spelling, batch.spelling_starts)
        spelled = torch.zeros(*words.shape, SPELLING_WIDTH)
        spelled[batch.mask.bool()] = pieces
        seen = torch.cat([self.words(words), spelled, self.shapes(batch.shapes), self.settings(batch.settings)], dim=-1)
        state = torch.relu(self.first(self.dropout(seen))) * mask
        state = state.transpose(1, 2)
        across = mask.transpose(1, 2)
        for layer in self.layers:
            state = (state + torch.relu(layer(self.dropout(state)))) * across
        return self.last(self.dropout(state.transpose(1, 2)))

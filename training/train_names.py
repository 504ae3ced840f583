"""Trains the names tagger.

`python training/train_names.py --data ../shared/data --out proxy/detectors/names/model.npz`

Needs the packages of training/requirements.txt and, in the data folder, `ner/*.conll`. Everything is seeded: the same
machine and packages give the same file. Two stages: everything but the English Web Treebank, then a short adaptation to
it, which `crossvalidate.py` repeats five times with a fifth of it left out.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import math
import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from training import export, vocabulary
from training.corpora import CORPORA, Example, load
from training.data import Kitchen, Recipe
from training.network import IGNORED, Batch, Tagger

FOLDS = 5
_BLOCK = 20
"""Neighbouring sentences stay in one fold: they come from one text."""

MAILS = "uner_ewt_dev"
"""The corpus that is closest to prompts; the second stage adapts to it."""

_log = logging.getLogger("train_names")


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and how fast to learn; `width` is the size of the hidden layers."""

    rounds: int
    width: int
    seed: int
    rate: float = 2e-3
    word_dropout: float = 0.2


ADAPTING = Recipe(generated=4000)
"""The second stage's recipe: fewer generated texts, a share of the other corpora."""

ADAPTING_SHARE = 0.25
ADAPTING_ROUNDS = 2
ADAPTING_RATE = 6e-4


def in_fold(index: int, fold: int | None) -> bool:
    """Whether the sentence at `index` belongs to the fold that is left out."""
    return fold is not None and (index // _BLOCK) % FOLDS == fold


def mails(data: Path, fold: int | None = None, *, left_out: bool = False) -> list[Example]:
    """The sentences of MAILS without fold `fold`; with `left_out`, that fold alone."""
    sentences = load(data / "ner", MAILS)
    return [sentence for index, sentence in enumerate(sentences) if in_fold(index, fold) == left_out]


def others(data: Path) -> list[list[Example]]:
    """The other corpora."""
    return [load(data / "ner", name) for name in CORPORA if name != MAILS]


class Average:
    """The running average of the weights, which generalises better than the last ones (Polyak and Juditsky 1992)."""

    def __init__(self, weights: list[torch.nn.Parameter]) -> None:
        self._weights = weights
        self._mean = [weight.detach().clone() for weight in weights]

    @torch.no_grad()
    def add(self, step: int) -> None:
        """Take the current weights in; early ones are forgotten soon."""
        decay = min(0.998, step / (step + 20))
        for mean, weight in zip(self._mean, self._weights, strict=True):
            mean.mul_(decay).add_(weight, alpha=1 - decay)

    @torch.no_grad()
    def use(self) -> None:
        """Put the average in the place of the weights."""
        for mean, weight in zip(self._mean, self._weights, strict=True):
            weight.copy_(mean)


def learn(tagger: Tagger, rounds: Iterable[list[Batch]], settings: Settings) -> None:
    """Train `tagger` in place: AdamW, warm-up, the rate falling along a cosine."""
    weights = [weight for weight in tagger.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=settings.rate, weight_decay=0.01)
    average = Average(weights)
    step = 0
    tagger.train()
    for number, batches in enumerate(rounds):
        total, loss_sum = len(batches) * settings.rounds, 0.0
        for batch in batches:
            progress = min(step / total, 1.0)
            rate = settings.rate * min(1.0, step / 100) * (0.515 + 0.485 * math.cos(math.pi * progress))
            for group in optimiser.param_groups:
                group["lr"] = rate
            logits = tagger(batch)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            step += 1
            average.add(step)
            loss_sum += loss.item()
        _log.info("round %d of %d: loss %.4f", number + 1, settings.rounds, loss_sum / len(batches))
    average.use()
    tagger.eval()


def words_and_table(cache: Path | None) -> tuple[list[str], np.ndarray]:
    """The vocabulary and its vectors, from `cache` when it is there (computing them takes two minutes)."""
    if cache and cache.exists():
        with np.load(cache, allow_pickle=False) as file:
            return file["words"].tolist(), file["table"]
    words = vocabulary.words()
    table = vocabulary.table(words)
    if cache:
        np.savez(cache, words=np.array(words), table=table)
    return words, table


def first_stage(data: Path, settings: Settings, words: list[str], table: np.ndarray) -> Tagger:
    """A tagger trained on generated text and every corpus but MAILS."""
    torch.manual_seed(settings.seed)
    kitchen = Kitchen(others(data), rows_of(words), Recipe(), settings.seed)
    tagger = Tagger(torch.from_numpy(table), settings.width, settings.word_dropout)
    learn(tagger, (list(kitchen.round()) for _ in range(settings.rounds)), settings)
    return tagger


def second_stage(tagger: Tagger, data: Path, settings: Settings, words: list[str], fold: int | None = None) -> None:
    """Adapt `tagger`, in place, to MAILS (without fold `fold`), with a quarter of the rest so that nothing is lost."""
    torch.manual_seed(settings.seed)
    dice = random.Random(settings.seed)  # noqa: S311 - repeatable, no secret
    rest = [[sentence for sentence in corpus if dice.random() < ADAPTING_SHARE] for corpus in others(data)]
    kitchen = Kitchen([mails(data, fold), *rest], rows_of(words), ADAPTING, settings.seed + 1)
    adapting = replace(settings, rounds=ADAPTING_ROUNDS, rate=ADAPTING_RATE)
    learn(tagger, (list(kitchen.round()) for _ in range(adapting.rounds)), adapting)


def rows_of(words: list[str]) -> dict[str, int]:
    """The vocabulary as the features want it."""
    return {word: row for row, word in enumerate(words, start=1)}


def main() -> None:
    """Read the command line, train, write the model file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ner/*.conll")
    parser.add_argument("--out", type=Path, required=True, help="model file to write")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--first-stage", type=Path, help="checkpoint of the first stage: written, or read when there")
    parser.add_argument("--cache", type=Path, help="where to keep the word vectors between runs")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    if not (options.data / "ner").is_dir():
        parser.error(f"{options.data} has no folder `ner`")
    settings = Settings(rounds=options.rounds, width=options.width, seed=options.seed)
    words, table = words_and_table(options.cache)
    if options.first_stage and options.first_stage.exists():
        tagger = Tagger(torch.from_numpy(table), settings.width, settings.word_dropout)
        tagger.load_state_dict(torch.load(options.first_stage, weights_only=True))
    else:
        tagger = first_stage(options.data, settings, words, table)
        if options.first_stage:
            torch.save(tagger.state_dict(), options.first_stage)
    second_stage(tagger, options.data, settings, words)
    about = {
        "trained": dt.datetime.now(dt.UTC).date().isoformat(),
        "seed": str(settings.seed),
        "rounds": str(settings.rounds),
    }
    export.write(options.out, tagger, words, about)
    _log.info("wrote %s, %.1f MB", options.out, options.out.stat().st_size / 1e6)


if __name__ == "__main__":
    main()

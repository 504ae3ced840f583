"""Five-fold figures on the English Web Treebank.

`python training/crossvalidate.py --data ../shared/data --first-stage FILE`

The first stage never saw it; the second is repeated for each fold with that fold left out, exactly as in training.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from proxy.detectors.names.engine import NamesEngine
from training import export, measure
from training.measure_names import by_engines
from training.network import Tagger
from training.train_names import FOLDS, Settings, mails, second_stage, words_and_table

LEAST = (0.0, 0.3, 0.5)


def main() -> None:
    """Read the command line, train the folds, print pooled figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--first-stage", type=Path, required=True, help="checkpoint written by train_names.py")
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings(rounds=0, width=options.width, seed=options.seed)
    words, table = words_and_table(options.cache)
    tallies = {
        (kind, lowered, least): measure.Tally()
        for kind in ("PER", None)
        for lowered in (False, True)
        for least in LEAST
    }
    for fold in range(FOLDS):
        tagger = Tagger(torch.from_numpy(table), settings.width, settings.word_dropout)
        tagger.load_state_dict(torch.load(options.first_stage, weights_only=True))
        second_stage(tagger, options.data, settings, words, fold)
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "model.npz"
            export.write(model, tagger, words, {"fold": str(fold)})
            engine = NamesEngine(model)
        held = mails(options.data, fold, left_out=True)
        for (kind, lowered, least), tally in tallies.items():
            cases = measure.examples(held, kind)
            tally.add(measure.lowered(cases) if lowered else cases, by_engines([engine], least))
    for (kind, lowered, least), tally in tallies.items():
        print(f"ewt {kind or 'all'}{' lower-cased' * lowered} >={least}: {tally}")  # noqa: T201 - a report


if __name__ == "__main__":
    main()

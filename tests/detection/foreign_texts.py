"""Generated texts in five more languages: prose with labelled personal values, and as much with nothing to find.

`python -m tests.detection.foreign_texts de --seed 1 --count 300 > de.jsonl` writes JSONL that `sting eval` reads.
Names, places and sentences stand in `languages/LANGUAGE.txt`; none of the sentences is shared with the templates that
the names tagger learned from (a test compares them). They are made up, so figures on them say how forms behave, not how
real letters do.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

import click

FOLDER = Path(__file__).with_name("languages")
LANGUAGES = ("de", "fr", "es", "it", "nl")
_SLOT = re.compile(r"\{(\w+)\}")
_TYPES = {
    "name": "PERSON", "first": "PERSON", "last": "PERSON", "city": "LOCATION", "org": "ORGANIZATION",
    "address": "STREET_ADDRESS", "phone": "PHONE_NUMBER", "mail": "EMAIL_ADDRESS", "birth": "DATE_OF_BIRTH",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parts:
    """What a language's file holds, by heading: lists of values, sentences with and without personal data."""

    lists: dict[str, list[str]]

    def __getitem__(self, name: str) -> list[str]:
        return self.lists[name]


def parts_of(language: str) -> Parts:
    """The file of a language: headings `# name`, a value per line."""
    lists: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            current = lists.setdefault(line[2:], [])
        elif line:
            current.append(line.replace("\\n", "\n"))
    return Parts(lists)


def _value(kind: str, parts: Parts, dice: random.Random) -> str:
    if kind == "name":
        return f"{dice.choice(parts['first'])} {dice.choice(parts['last'])}"
    if kind == "mail":
        return f"{dice.choice(parts['mailbox'])}{dice.randrange(100)}@example.{dice.choice(('com', 'org', 'net'))}"
    if kind in ("phone", "address", "birth"):
        shape = _SLOT.sub(lambda slot: dice.choice(parts[slot.group(1)]), dice.choice(parts[kind]))
        return _numbers(shape, dice)
    return dice.choice(parts[kind])


def _numbers(shape: str, dice: random.Random) -> str:
    """`shape` with a digit for each `#`, a day for `DD`, a month for `MM`, a year for `YYYY`; other digits stay."""
    filled = shape.replace("DD", f"{dice.randint(1, 28):02}").replace("MM", f"{dice.randint(1, 12):02}")
    filled = filled.replace("YYYY", str(dice.randint(1935, 2004)))
    return "".join(str(dice.randint(2, 9)) if letter == "#" else letter for letter in filled)


def message(language: str, parts: Parts, dice: random.Random) -> dict[str, object]:
    """One labelled text of one to three sentences; one in three has nothing to find."""
    text, spans = "", []
    plain = dice.random() < 1 / 3
    for _ in range(dice.randint(1, 3)):
        sentence = dice.choice(parts["plain" if plain or dice.random() < 0.3 else "personal"])
        text += " " if text else ""
        place = 0
        for slot in _SLOT.finditer(sentence):
            text += sentence[place : slot.start()]
            value = _value(slot.group(1), parts, dice)
            spans.append({"start": len(text), "end": len(text) + len(value), "entity_type": _TYPES[slot.group(1)]})
            text += value
            place = slot.end()
        text += sentence[place:]
    return {"text": text, "spans": spans, "language": language}


def messages(language: str, seed: int, count: int) -> list[dict[str, object]]:
    """`count` labelled texts; the same seed gives the same texts."""
    parts, dice = parts_of(language), random.Random(f"{language}{seed}")
    return [message(language, parts, dice) for _ in range(count)]


@click.command()
@click.argument("language", type=click.Choice(LANGUAGES))
@click.option("--seed", default=1, show_default=True)
@click.option("--count", default=300, show_default=True)
def main(language: str, seed: int, count: int) -> None:
    """Write labelled texts of LANGUAGE as JSONL."""
    for row in messages(language, seed, count):
        click.echo(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()

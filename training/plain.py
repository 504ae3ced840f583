"""Values and texts in which there is nothing to find: numbers, identifiers, code, words of other languages."""

from __future__ import annotations

import random
import re
import sysconfig
from collections.abc import Callable
from functools import cache
from pathlib import Path
from pydoc_data.topics import topics

import wordfreq

from training.lexicon import Lexicon, common_words, pools
from training.lists import entries, names

UNSPACED = frozenset({"zh", "ja", "th"})
"""Languages written without spaces."""

SALADS = (
    ("zh", "zh_CN"), ("zh", "zh_CN"), ("ja", "ja_JP"), ("ko", "ko_KR"), ("ru", "ru_RU"), ("uk", "uk_UA"),
    ("bg", "bg_BG"), ("ar", "ar_SA"), ("he", "he_IL"), ("fa", "fa_IR"), ("hi", "hi_IN"), ("el", "el_GR"),
    ("de", "de_DE"), ("fr", "fr_FR"), ("fr", "fr_FR"), ("es", "es_ES"), ("it", "it_IT"), ("nl", "nl_NL"),
    ("pt", "pt_BR"), ("pl", "pl_PL"), ("sv", "sv_SE"), ("tr", "tr_TR"), ("id", "id_ID"), ("vi", "vi_VN"),
    ("fi", "fi_FI"), ("ro", "ro_RO"), ("hu", "hu_HU"), ("cs", "cs_CZ"), ("nb", "no_NO"), ("da", "da_DK"),
)  # fmt: skip
"""Languages of the word salads and the locale of the names in them."""

_SALAD_WORDS = 2500
_CODE_SIGNATURES = re.compile(
    r"(?i)author|copyright|written by|@|maintain|thanks|credit|licen[sc]e|\bby [A-Z]|von |van "
)
_MONTHS = "January February March April May June July August September October November December".split()


@cache
def _common(language: str) -> tuple[str, ...]:
    return tuple(word for word in wordfreq.top_n_list(language, _SALAD_WORDS) if not word.isdigit())


def salad(language: str, dice: random.Random) -> str:
    """Five to thirty common words of `language`, cut into clauses and sentences."""
    text = ""
    gap = "" if language in UNSPACED else " "
    begins = True
    for _ in range(dice.randint(5, 30)):
        word = dice.choice(_common(language))
        text += (gap if text else "") + (word.capitalize() if begins else word)
        begins = False
        if dice.random() < 0.08:  # noqa: PLR2004
            text += dice.choice((",", ".", "?", "。" if language in UNSPACED else "."))
            begins = not text.endswith(",")
    return text


def foreign_name(locale: str, dice: random.Random) -> str:
    """A given name or a full name of `locale`."""
    pool = pools(locale)
    first, last = dice.choice(pool.first), dice.choice(pool.last)
    if locale in ("zh_CN", "ja_JP", "ko_KR"):
        return last + dice.choice((first, first, " " + first))
    return dice.choice((first, f"{first} {last}", f"{first} {last}", last))


def code_chunks(dice: random.Random, count: int) -> tuple[str, ...]:
    """Pieces of Python's standard library and its handbook and of C headers, without lines that may name somebody."""
    folders = (Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("include")))
    files = sorted(path for folder in folders for path in folder.glob("*.[ph]*") if path.suffix in (".py", ".h"))
    files += sorted(path for part in ("asyncio", "json", "email", "http") for path in (folders[0] / part).glob("*.py"))
    sources = [path.read_text(encoding="utf-8", errors="ignore") for path in files]
    handbook = [topics[name] for name in sorted(topics)]
    chunks = []
    for number in range(count):
        lines = dice.choice(handbook if number % 3 == 0 else sources).splitlines()
        start = dice.randrange(max(1, len(lines) - 5))
        kept = [line for line in lines[start : start + dice.randint(3, 22)] if not _CODE_SIGNATURES.search(line)]
        chunks.append("\n".join(kept))
    return tuple(chunk for chunk in chunks if chunk.strip())


def _letters(dice: random.Random, length: int, letters: str = "abcdefghijklmnopqrstuvwxyz0123456789") -> str:
    return "".join(dice.choice(letters) for _ in range(length))


def _phone(dice: random.Random) -> str:
    shapes = ("###-###-####", "(###) ###-####", "+1 ### ### ####", "+44 #### ######", "0## ## ## ## ##", "##########")
    return "".join(dice.choice("0123456789") if mark == "#" else mark for mark in dice.choice(shapes))


def _date(dice: random.Random) -> str:
    day, month, year = dice.randint(1, 28), dice.randint(1, 12), dice.randint(1940, 2026)
    name = _MONTHS[month - 1]
    forms = (
        f"{year}-{month:02}-{day:02}", f"{day}/{month}/{year}", f"{month}/{day}/{year}", f"{day}.{month}.{year}",
        f"{name} {day}, {year}", f"{day} {name} {year}", f"{name} {year}", f"{day} {name[:3]} {year}", f"{name} {day}",
    )  # fmt: skip
    return dice.choice(forms)


def _account(dice: random.Random) -> str:
    lexicon = Lexicon(dice)
    first, last = (re.sub(r"\W", "", part) for part in (lexicon.first(), lexicon.last()))
    forms = (f"{first}.{last}", f"{first[:1]}{last}", f"{first}{dice.randint(1, 99)}", f"{last}_{first}")
    return dice.choice(forms).lower()


def _identifier(dice: random.Random) -> str:
    """A name as code has it: camelCase, PascalCase, snake_case, CONSTANT."""
    words = [dice.choice(common_words()) for _ in range(dice.choice((2, 2, 3, 3, 4)))]
    pascal = "".join(word.capitalize() for word in words)
    return dice.choice((words[0] + pascal[len(words[0]) :], pascal, "_".join(words), "_".join(words).upper()))


def _heading(dice: random.Random) -> str:
    if dice.random() < 0.5:  # noqa: PLR2004
        return dice.choice(entries("plain_heading"))
    return " ".join(dice.choice(common_words()).capitalize() for _ in range(dice.choice((1, 2, 2, 3, 4))))


def _hex_words(dice: random.Random) -> str:
    return " ".join(f"x{number} {_letters(dice, 16, '0123456789abcdef')}" for number in range(dice.randint(2, 6)))


def _number(dice: random.Random) -> str:
    return str(dice.randint(0, 10 ** dice.randint(1, 6)))


_MADE: dict[str, Callable[[random.Random], str]] = {
    "phone": _phone,
    "email": lambda dice: f"{_account(dice)}@{dice.choice(('example.com', 'mail.example.org', 'gmail.com'))}",
    "handle": _account,
    "date": _date,
    "time": lambda dice: f"{dice.randint(0, 23):02}:{dice.randint(0, 59):02}",
    "year": lambda dice: str(dice.randint(1950, 2026)),
    "age": lambda dice: str(dice.randint(2, 95)),
    "num": _number,
    "digit": lambda dice: str(dice.randint(1, 9)),
    "zip": lambda dice: _letters(dice, 5, "0123456789"),
    "id": lambda dice: dice.choice(("#", "INV-", "ORD", "A", "PO-", "CASE-", "REF ")) + _number(dice),
    "money": lambda dice: dice.choice(("$", "€", "£", "USD ", "EUR ")) + _number(dice),
    "iata": lambda dice: _letters(dice, 3, "ABCDEFGHIKLMNOPRSTU"),
    "url": lambda dice: f"https://{dice.choice(('www.example.com', 'docs.example.org'))}/{_letters(dice, 6)}",
    "ip": lambda dice: ".".join(str(dice.randint(1, 254)) for _ in range(4)),
    "uuid": lambda dice: "-".join(_letters(dice, size, "0123456789abcdef") for size in (8, 4, 4, 4, 12)),
    "hex": lambda dice: _letters(dice, 40, "0123456789abcdef"),
    "hexdump": _hex_words,
    "version": lambda dice: f"{dice.randint(0, 20)}.{dice.randint(0, 30)}.{dice.randint(0, 9)}",
    "identifier": _identifier,
    "heading": _heading,
    "common": lambda dice: dice.choice(common_words()),
}


def value(slot: str, dice: random.Random) -> str:
    """A value for the slot `slot` of a template: something that is not to be found, or that the pattern pack finds."""
    if slot in _MADE:
        return _MADE[slot](dice)
    if slot in ("class", "func", "var") and dice.random() < 0.6:  # noqa: PLR2004
        return _identifier(dice)
    if f"plain_{slot}" not in names():
        raise KeyError(f"no list for the slot {slot}")
    return dice.choice(entries(f"plain_{slot}"))

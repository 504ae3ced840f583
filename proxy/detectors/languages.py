"""Which language a text is in, and how engines look at it then. Pure; told by the commonest small words.

A text is asked only when a policy names more than one language. What is not clear counts as none, and none is looked at
as strictly as any: a wrong guess must not let a name through.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

ENGLISH = "en"

HEAD = 4_000
"""Characters of a text from which its language is told."""

_LEAST = 2.0
_LEAD = 1.5
"""The best language needs so many of its words, and so many times those of the next one."""

_WORD = re.compile(r"[^\W\d_]{1,16}")


@dataclass(frozen=True, slots=True)
class Language:
    """How texts in a language are looked at.

    `words`: small words that stand in nearly every sentence. `single_from`: the score from which the names tagger is
    believed about words that may owe their capital to spelling alone. `nouns_capital`: every noun is written with one.
    """

    words: frozenset[str]
    single_from: float = 0.3
    nouns_capital: bool = False


def _language(words: str, *, nouns_capital: bool = False) -> Language:
    return Language(frozenset(words.split()), 0.8 if nouns_capital else 0.3, nouns_capital)


LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        "en": _language(
            "the of and to is that for it with as was are be this have from or by not you your we they which "
            "an at but what can my i he she his her their our there would will has had do does how please me "
            "if when who been were a about more some could should these than into its then so just"
        ),
        "de": _language(
            "der die das und ist nicht ein eine einen einem einer mit für von zu den dem des im auf sich auch "
            "es ich sie wir ihr er wie als bei nach oder aus hat haben wird werden sind kann bitte mir mich "
            "meine mein ihre unser unsere unter vom zum zur noch nur aber wenn dass über war uns seit bis "
            "gestern heute wer schon dieser diese",
            nouns_capital=True,
        ),
        "fr": _language(
            "le la les des un une et est que qui dans pour pas sur avec ce cette il elle nous vous je au aux "
            "du de plus par mon ma mes son sa ses leur ne se ont été sont être mais ou où comment merci votre "
            "notre à en chez c d l qu j n m t si peux depuis hier très quel quels fait"
        ),
        "es": _language(
            "el la los las un una y es que en de por para con no se su sus al del lo como más pero mi está "
            "son qué este esta me te le yo nos ha han fue ser si muy cuando desde hasta ya sobre entre puede "
            "hay cómo cuál gracias quién nuestra nuestro usted ayer hoy según tiene tengo"
        ),
        "it": _language(
            "il lo la i gli le un una e è che di a da in con su per non si del della dei delle al alla nel "
            "nella sono ho ha come più ma anche mi questo questa suo sua mio mia ci se quando dopo fino o "
            "perché cosa hanno stato essere grazie per chi dal dalla ieri oggi nostra nostro secondo puoi l c "
            "d"
        ),
        "nl": _language(
            "de het een en van is in op te dat die niet met voor zijn aan er om ook als bij naar maar of uit "
            "door wat ik je jij u we wij hij zij mijn onze ons heeft hebben wordt worden kan deze dit nog wel "
            "hoe waar over tot graag gisteren vandaag sinds wie moet kun zou"
        ),
    }
)
"""Languages that can be told apart; a policy may name others, which are then told by nothing."""

_LETTERS = (
    (re.compile(r"[äöüß]"), "de"),
    (re.compile(r"[êîôûœçëï]|[cdjlmnst]['\u2019]"), "fr"),
    (re.compile(r"[ñ¿¡íóú]"), "es"),
    (re.compile(r"[ìòù]|(?:gli|zion[ei])\b"), "it"),
    (re.compile(r"ij|aa|oe"), "nl"),
)
"""Letters and endings by which a language is known when small words are few; each finding counts `_LETTER`."""
_LETTER = 0.5

_VOTES: Mapping[str, tuple[tuple[str, float], ...]] = MappingProxyType(
    {
        word: tuple((name, 1 / len(having)) for name in having)
        for word in frozenset().union(*(one.words for one in LANGUAGES.values()))
        if (having := [name for name, one in LANGUAGES.items() if word in one.words])
    }
)
"""What each small word says for which languages: less for each, the more of them have it."""


def language_of(text: str, among: Sequence[str]) -> str | None:
    """The language of `text`, one of `among`; None when it is not clear. One language alone is not asked for."""
    if len(set(among)) == 1:
        return among[0]
    counts = _counts(text[:HEAD].lower())
    scored = sorted(((counts.get(name, 0.0), name) for name in set(among) if name in LANGUAGES), reverse=True)
    if not scored or scored[0][0] < _LEAST:
        return None
    if len(scored) > 1 and scored[0][0] < _LEAD * scored[1][0]:
        return None
    return scored[0][1]


def _counts(text: str) -> dict[str, float]:
    """How much speaks for each language in a lower-case text."""
    counts: dict[str, float] = {}
    said = filter(None, map(_VOTES.get, _WORD.findall(text)))
    for name, weight in itertools.chain.from_iterable(said):
        counts[name] = counts.get(name, 0.0) + weight
    for pattern, name in _LETTERS:
        counts[name] = counts.get(name, 0.0) + _LETTER * len(pattern.findall(text))
    return counts

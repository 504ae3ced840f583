"""Write proxy/detectors/names/report_words.txt: the words that our own reports are made of, per language.

    python scripts/report_words.py

They are read from the catalogues of the reports, the translations of their templates, and for English from the
templates and the words around them in a prompt. A word that is a first name, a surname or a town too stays out.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from policies.loader import load_policies  # noqa: E402 - the root is on the path now
from proxy.detectors.languages import ENGLISH, LANGUAGES  # noqa: E402 - see above
from reports.facts import GRAMMARS, Fact  # noqa: E402 - see above
from reports.language import CATALOGUES  # noqa: E402 - see above
from reports.models import DEMO_MODEL  # noqa: E402 - see above
from reports.prompts import SectionPlan, revise_prompt, section_prompt, system_prompt  # noqa: E402 - see above

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OUT = ROOT / "proxy/detectors/names/report_words.txt"
_SLOT = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_UNITS = frozenset(["h", "min", "ms"])
_FIRST_NAMES = frozenset(["chiara", "claire"])
"""Adjectives that many people are called by."""
_NOUNS = {"de": frozenset(["art"])}
"""Words of a language that are somebody's first name elsewhere."""
_ALSO_NAMES = frozenset(
    """
    alt april arnold august bank bauer beck becker berger brandt braun busch engel ernst fischer frank frei freitag
    fromm fuchs graf gross hahn hart horn huber jahn jung juli junge kaiser keller klein kluge koch kraus krause kuhn
    kunz kurz könig lang lange lorenz ludwig mai martin mayer meier meyer montag müller neumann otto peters pohl reich
    reiche richter rose roth sauer schmidt schneider scholz schreiber schulz schuster schwarz simon sommer sonntag stark
    stein stock thomas vogel vogt wagner walter weber weiss werner winter wolf ziegler zimmermann
    aubert bernard bertrand blanc blanchard bonnet boyer brun caron charpentier clement david dubois dumas dupont
    durand faure fontaine fournier gaillard garnier gaspard girard grand henry jean joly lacroix lambert laurent leblanc
    lefebvre legrand leroy lucas marchand marie masson mathieu mercier michel moreau morin nicolas noir petit perrin
    renard rivière robin rousseau roux roy vidal
    aguilar alonso arias benítez blanco bravo bueno caballero cabrera calvo campo campos cano carmona carrasco castillo
    castro cortés costa crespo cruz delgado diez domingo domínguez díaz duran esteban fernández ferrer flores fuentes
    gallego gallardo garcía garrido gil gómez guerrero gutiérrez herrera herrero hidalgo iglesias jiménez juan león
    lorenzo lozano luna marín martín mayor medina molina montero mora morales moreno moya navarro nieto núñez ortega
    pardo parra pascual pastor peña plaza prieto ramos reyes rey rojas román romero rosa rubio ruiz salas santiago
    santos serrano sol soler soto suárez torres vargas vega velasco vicente
    amato barone basile battaglia bello bellini bianchi bianco bruno caputo carbone caruso colombo conte conti coppola
    farina ferrara ferrari ferraro ferri fiore fontana gallo gatti gentile giordano grassi grasso greco guerra leone
    lombardi lombardo longo mancini marini marino martini mazza messina milani monti moretti negri neri orlando pagano
    parisi ricci riva rizzo romano rossetti rossi russo sala serra testa villa vitale
    bakker blom boer bos brouwer bruin dekker dijk graaf groot haan jong koster kok kuiper maas meijer mulder prins smit
    visser vos vries wit zwart
    """.split()
)


_ENGLISH_NAMES = frozenset(
    """
    april august best blank bond case chance charge day english friday good hall hill hope hunter january jan june july
    law lead little lock low loyal march may mood moody monday night noble peace read reading rice rising rose sharp
    short singer small speak spot stand strong sunday swift thing three true wait ward week weeks well wells wise worth
    year york young an as do go he in let my so to
    """.split()
)
"""Words of an English report that are names of people somewhere; in other languages they are none."""


@cache
def document(file: Path) -> Any:  # noqa: ANN401 - a YAML document
    """What a YAML file holds."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - a safe loader


def texts_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - of a YAML document
    """All texts of a part of a document, keys left out."""
    if isinstance(value, str):
        yield _SLOT.sub(" ", value)
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts_in(part)


@cache
def names() -> frozenset[str]:
    """Words that are names of people or places, in the lists of the repository."""
    found = set(_ALSO_NAMES)
    for file in ("people", "places"):
        for text in texts_in(json.loads((ROOT / f"demo_data/words/{file}.json").read_text(encoding="utf-8"))):
            found |= set(_WORD.findall(text.casefold()))
    for file in ("first_names", "last_names", "cities", "countries"):
        found |= set(_WORD.findall((ROOT / f"training/lists/{file}.txt").read_text(encoding="utf-8").casefold()))
    return frozenset(found)


def words_of(language: str) -> list[str]:
    """The words of our reports in a language (its code), in small letters, sorted."""
    texts = english_texts() if language == ENGLISH else texts_in_language(language)
    found = {word for text in texts for word in _WORD.findall(text.casefold())}
    named = names() - _NOUNS.get(language, frozenset())
    return sorted((found | _UNITS) - named - (_ENGLISH_NAMES if language == ENGLISH else frozenset()))


def small_words_of(language: str) -> list[str]:
    """Words of our reports that are names too, but that the reports write with small letters (`azar`, `dell`)."""
    texts = texts_in_language(language)
    small = {word.casefold() for text in texts for word in _WORD.findall(text) if word.islower()}
    return sorted((small & names()) - _FIRST_NAMES)


def catalogues(name: str) -> list[Path]:
    """The files of a language, but for what is shown before anything is sent: that stands in no prompt."""
    files = sorted((ROOT / "reports/languages").glob(f"{name}*.yaml"))
    return [file for file in files if not file.stem.endswith("_order")]


def english_texts() -> Iterator[str]:
    """What prompts of an English report are made of: keys of a catalogue, templates, the words around them."""
    for file in catalogues("german"):
        for texts in document(file).values():
            yield from (_SLOT.sub(" ", str(english)) for english in texts)
    for file in sorted((ROOT / "reports/templates").glob("*.yaml")):
        template = document(file)
        yield from texts_in({name: part for name, part in template.items() if name not in {"rows", "translations"}})
    fact = Fact(id="a", label="Orders", value=1)
    prompt = section_prompt(SectionPlan("", "", "", "", (fact,), findings=("",), samples=("",)))
    yield from (system_prompt(), prompt, revise_prompt(""), fact.told())
    yield from load_policies(None)
    yield DEMO_MODEL
    yield " ".join(LANGUAGES[ENGLISH].words)


def texts_in_language(language: str) -> Iterator[str]:
    """The texts of the catalogue of a language, of the templates in it, and the verbs of its sentences."""
    parts = [document(file) for file in catalogues(CATALOGUES[language])]
    templates = sorted((ROOT / "reports/templates").glob("*.yaml"))
    parts += [document(file).get("translations", {}).get(language, {}) for file in templates]
    said = GRAMMARS[language]
    parts.append([said.number, said.text, said.about, said.every, said.last])
    for part in parts:
        yield from texts_in(part)


def content() -> str:
    """The file as it should be: a line for each language."""
    lines = [f"{language}: {' '.join(words_of(language))}\n" for language in sorted({*CATALOGUES, ENGLISH})]
    lines += [f"{language} small: {' '.join(small_words_of(language))}\n" for language in sorted(CATALOGUES)]
    return "".join(lines)


if __name__ == "__main__":
    OUT.write_text(content(), encoding="utf-8")

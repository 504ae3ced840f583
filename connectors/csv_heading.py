"""Whether the first record of a CSV file names its columns. Pure.

Two explanations are weighed: the first record was drawn as the others were, or it is a list of names. For each column
three things count, each by how much likelier one explanation makes it than the other: the form of the cell (a word, a
code, a number, ...) beside the forms below it; that it does or does not stand again below it (by Good and Turing, a
further cell is new as often as cells below are single); and whether it is a word that columns are called by. A name
that was taken for data costs a row without sense; data that is taken for names would put a person's values where
names of columns stand, in clear: so in doubt it is data.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from connectors.column_names import entity_type_of, is_people_table, says_quasi, says_text, words_of

LOOKED_AT = 100
"""Records below the first, and columns, that are looked at."""
LONGEST_NAME = 64
SURE = math.log(4)
"""Log of odds from which on it is a heading."""
_SHORT_STEM = 12
_MOST = 5.0
_MOST_NEW = math.log(12)
"""What one column may say at most, so that one odd column does not outvote all others."""

# form: how often names of columns have it, how often cells have it that nothing else is known of
_FORMS = {
    "joined": (0.45, 0.02),  # snake_case, camelCase
    "lower": (0.22, 0.13),
    "title": (0.24, 0.30),  # one or more words, each or the first with a capital
    "upper": (0.05, 0.05),
    "short": (0.05, 0.02),  # a letter or two
    "code": (0.03, 0.14),  # letters and digits
    "other": (0.01, 0.34),  # numbers, dates, addresses, sentences
}
_JOINED = re.compile(r"[A-Za-z]+(?:[0-9]*_[A-Za-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+|[A-Z][a-z]+(?:[A-Z][a-z]+)+")
_WORD = r"[^\W\d_](?:[^\W\d_]|['\u2019.&/()#%-])*"
_WORDS = re.compile(rf"{_WORD}(?: {_WORD}){{0,4}}")
_VALUE = re.compile(r"[-+]?[\d.,:/() %€$£+-]*\d[\d.,:/() %€$£+-]*|.*@.*|.*://.*", re.DOTALL)
_UNIT = re.compile(r"(?<=\w) ?[(\[][^()\[\]]{1,12}[)\]]$")
"""What names have in brackets at their end: `Betrag (EUR)`, `Pause [min]`."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_COMPOUND = re.compile(r"[^\W\d_]{3,}(?:datum|nummer|betrag|preis)")
_NUMBERED = re.compile(r"\d")
_NO_VALUE = frozenset("n/a na nan none null nil - -- ? unknown unbekannt true false yes no ja nein".split())
_NAMING = frozenset(
    """
    account action active address age agent alias allergy amount answer area article assigned attribute author
    balance bank barcode batch begin birth blood body box brand branch browser budget building business campaign
    cancelled capacity carrier category cell channel charge checked child city class clinic closed closing code
    colour color column comment company condition confirmed consent contact content contract cost count country
    county course created creator credit currency customer data date day dealer debit default delay delivered
    delivery department depth description destination detail details device diagnosis direction discount display
    distance district doctor document domain due duration education email employee employer enabled end ended
    entity entry error event expiry extension fax fee field file first flag floor folder format forename
    frequency from full gender given grade gross group handle height hire hired history holder home host hour
    hours house id identifier image income index industry initial initials input insurance interest internal
    invoice ip issue item job key keyword kind label lab language last lat latitude lead length level licence
    license line link list loan local location locked login lon longitude mail manager marital mark market
    maximum mean measure median medication medium member memo message method middle minimum minute minutes
    mobile model modified money month name names nation nationality net newsletter nickname no note notes nr number
    object occupation office offset open opened opening operator option order origin output owner package page
    paid parent part partner password path patient payment percent percentage period permission person phone
    photo picture place plan plate plz point points policy population position post postal postcode price
    priority process product profession profile profit project property provider province published purchase
    purpose quality quantity quarter query question queue rank rate rating reason received recipient record ref
    reference referrer region registered registration relation religion remark remarks rent report request
    required resolution resource response result revenue review role room route row salary sale sales sample
    satisfaction schedule school score season second section sector segment seller sender sent sequence serial
    series service session severity sex shift shipment shipped shipping shop side signature site size skill sku
    source specialty speed staff stage start started state station status step stock store street subject
    subtotal summary supplier surname symptom symptoms system table tag tags target tax team tel telephone
    tenant term test text theme ticket time timestamp timezone title to token topic total town transaction
    treatment type unit units updated uploaded url usage user username valid value variant vat vehicle vendor
    version village visit volume warehouse website week weekday weight width word year zip abteilung adresse
    alter anrede art artikel autor bemerkung beruf beschreibung bestellung betrag bezeichnung bild datum einheit
    ende farbe firma geburtsdatum geschlecht gewicht gruppe hausnummer inhalt jahr kategorie kommentar kosten
    kunde kundennummer land menge monat nachname nachricht nummer ort preis produkt rechnung sprache stadt
    stelle strasse straße straße_nr stunden summe telefon thema titel typ uhrzeit umsatz verkäufer vorname zahl
    zeit anzahl nom prénom prenom rue ville pays âge téléphone courriel sexe montant quantité prix produit
    commentaire objet catégorie client statut heure jour mois année nombre apellido apellidos calle ciudad país
    pais edad teléfono correo sexo fecha cantidad precio producto comentario asunto categoría cliente estado
    hora día mes año número
    """.split()
)


def is_heading(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """True when the first record names the columns of those below it; they may be of another width."""
    cells = [cell.strip().strip("\ufeff") for cell in first]
    named = [cell for cell in cells if cell]
    if not named or any(count > 1 and not is_naming(cell) for cell, count in Counter(named).items()):
        return False
    columns = _columns(below, len(cells))
    # the corner of a cross table may be empty, and so may the head of a column that holds nothing
    if any(not cell and column for cell, column in list(zip(cells, columns, strict=True))[1:]):
        return False
    if not all(_can_be_name(cell, column) for cell, column in zip(cells, columns, strict=True) if cell):
        return False
    step = -(-len(cells) // LOOKED_AT)
    numbered = {stem for stem, count in Counter(map(_stem, cells)).items() if stem and count > 1}
    said = (
        _said(cell, column, series=_stem(cell) in numbered)
        for cell, column in zip(cells[::step], columns[::step], strict=True)
        if cell and not _YEAR.fullmatch(cell)
    )
    return sum(said) > SURE


def _columns(below: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    rows = [row for row in below[:LOOKED_AT] if len(row) == width]
    return [[row[place].strip() for row in rows if row[place].strip()] for place in range(width)]


def _can_be_name(cell: str, column: Sequence[str]) -> bool:
    """False for numbers, dates, addresses, long texts, and what stands for no value; years may head a cross table."""
    if _YEAR.fullmatch(cell):
        return bool(column) and not any(_YEAR.fullmatch(value) for value in column)
    if cell.casefold() == "no" and column and all(map(_NUMBERED.search, column)):  # short for number, over numbers
        return True
    return not (len(cell) > LONGEST_NAME or _VALUE.fullmatch(cell) or cell.casefold() in _NO_VALUE)


def _said(cell: str, column: Sequence[str], *, series: bool) -> float:
    """How much this column speaks for a heading: a log of odds, bounded. `series`: one of `q1`, `q2`, ..."""
    form = _form(cell)
    counted = Counter(map(_form, column))
    as_name, anywhere = _FORMS[form]
    as_cell = (counted[form] + anywhere / 2) / (len(column) + 0.5)
    said = math.log(as_name / as_cell)
    if series or is_naming(cell):
        said += math.log(0.75 / 0.04)
    elif form != "short":  # abbreviations are in no list
        said += math.log(0.25 / 0.96)
    if column:
        times = Counter(column)
        new = max(sum(count == 1 for count in times.values()), 0.5) / len(column)
        said += math.log(0.02 / max(1 - new, 0.02)) if cell in times else min(math.log(0.98 / new), _MOST_NEW)
    return max(-_MOST, min(_MOST, said))


def _stem(cell: str) -> str:
    """`q` of `q1`; empty for what does not end with a number."""
    stem = cell.rstrip("0123456789")
    return stem if stem != cell and len(stem) <= _SHORT_STEM else ""


def _form(cell: str) -> str:
    cell = _UNIT.sub("", cell)
    if len(cell) > LONGEST_NAME or _VALUE.fullmatch(cell):
        return "other"
    if _JOINED.fullmatch(cell):
        return "joined"
    if cell.isalnum() and not cell.isalpha():
        return "code"
    if not _WORDS.fullmatch(cell):
        return "other"
    return "short" if len(cell) <= 2 else "lower" if cell.islower() else "upper" if cell.isupper() else "title"  # noqa: PLR2004 - a letter or two


def is_naming(cell: str) -> bool:
    """Whether columns are called so: a name that the classifier knows, or its last word (or first) is a usual one."""
    words = words_of(cell).split("_") if cell else []
    words = [word.rstrip("0123456789") or word for word in words]
    known = entity_type_of(cell) is not None or says_quasi(cell) or says_text(cell) or is_people_table(cell)
    return known or any(word in _NAMING or _COMPOUND.fullmatch(word) for word in (*words[-1:], *words[:1]))

"""What addresses are written with: suffixes, prefixes, units, states, postcodes of ten countries. It finds nothing."""

# ruff: noqa: RUF001 - apostrophes and dashes as people type them
from __future__ import annotations

import re

from proxy.detectors.patterns.page import words_of

UP = r"[A-ZÀ-ÖØ-ÞŁŚŻŹĆŃČĐŐŠŽΑ-ΩА-Я]"
WORD = rf"{UP}[\w.'’-]{{0,24}}"
NUMBER = r"\d{1,6}(?:[A-Za-z](?![\w])|[-/]\d{1,5}(?!\d))?(?:\s?(?:bis|ter)\b)?"

SUFFIXES = (
    "streets?|st|avenue|ave|av|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|ter|way|"
    "parkway|pkwy|circle|cir|highway|hwy|close|crescent|cres|gardens|grove|mews|trail|trl|alley|row|walk|rise|parade|"
    "esplanade|loop|plaza|path|turnpike|pike|hill|hollow|ridge|run|crossing|green|vale|view|wharf|quay|embankment|"
    "nagar|marg|chowk|colony|layout|salai"
)
LOWER_SUFFIXES = "street|st|avenue|ave|road|rd|lane|drive|boulevard|blvd|court|terrace|parkway|crescent"
SUFFIX_WORDS = frozenset(SUFFIXES.replace("streets?", "street|streets").split("|")) | {"broadway"}

COMPOUND_ENDINGS = tuple(
    "straße strasse str weg platz allee gasse damm ufer chaussee steig pfad graben markt straat laan plein gracht "
    "kade dijk singel steeg dreef hof vägen gatan gata vej gade veien katu tie kuja polku utca götu".split()
)
NO_STREETS = frozenset(
    "brigade renegade parade decade supermarkt flohmarkt käufer verkäufer läufer hinweg unterweg newsletter".split()
)
"""Words that only end like a street."""

_NO_STREET_NAMES = (
    "Median|Mittel(?:wert)?|(?:Durchs|S)chnitt|Jahr|Vorjahr|Monat|Quartal|Zeitraum|Minimum|Maximum|Wert|Alter|"
    "Kapitel|Abschnitt|Absatz|Anhang|Schritt|Punkt|Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|"
    "November|Dezember"
)
"""Behind `im`, `am` and `zum` no street but a figure, a month or a part of a text: `im Median 42`."""
PREFIXES = (
    r"(?:(?:"
    r"rue|r\.|avenue|av\.|boulevard|bd|blvd|chemin|allée|allee|impasse|quai|place|cours|square|route|faubourg|"
    r"calle|c/|c\.|avenida|avda\.?|plaza|pza\.?|paseo|camino|carrera|carretera|ronda|travesía|"
    r"via|viale|v\.le|piazza|p\.za|corso|largo|vicolo|strada|contrada|borgo|"
    r"ul\.|ulica|al\.|aleja|aleje|plac|pl\.|os\.|osiedle|"
    r"rua|travessa|alameda|praça|rodovia|estrada|"
    rf"(?:am|im|zum)(?!\s(?:{_NO_STREET_NAMES})\s)|an\sder|auf\sdem|zur|unter\sden|alte|neue)(?:(?<=[./])\s?|\s))"
)
PREFIX_WORDS = words_of(
    "rue r avenue av boulevard bd blvd chemin allée allee impasse quai place cours square route faubourg calle c "
    "avenida avda plaza pza paseo camino carrera carretera ronda travesía via viale v piazza p corso largo vicolo "
    "strada contrada borgo ul ulica al aleja aleje plac pl os osiedle rua travessa alameda praça rodovia estrada "
    "am an auf im zum zur unter alte neue"
)
LINK = (
    r"(?:de\sla|de\sl['’]|de\slos|de\slas|de|du|des|del|della|delle|dei|degli|di|da|do|dos|das|d['’]|la|le|les|l['’]|"
    r"el|los|san|santa|y|e)"
)
UNIT_WORDS = words_of("apt apartment suite ste h house flat plot door")
BOX_WORDS = words_of(
    "p po post psc unit cmr usns usnv uscgc uss postfach boîte b bp apartado casella postbus caixa gpo"
)

_UNIT = (
    r"(?:apt|apartment|suite|ste|unit|flat|fl|floor|room|rm|bldg|building|box|lot|no|appt?|étage|bât|piso|puerta|esc|"
    r"interno|scala|m\.|lok|apto|bloco|sala|whg|top|stiege)\b\.?\s?\#?\s?\w{1,6}|\#\s?\w{1,6}|"
    r"\d{1,2}\s?[ºª°]\s?\w{0,3}|\d(?:st|nd|rd|th)\sfloor"
)
_STATE = (
    "A[LKZRAEP]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCDLSTU]|O[HKRN]|P[AREI]|RI|S[CDK]|T[NX]|"
    "UT|V[TA]|W[AVIY]|BC|AB|MB|QC|ON|YT|NSW|VIC|QLD|TAS|ACT"
)
_POSTCODE = (
    r"[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z][ -]?\d[A-Z]\d|\d{5}-\d{3,4}|\d{2}-\d{3}|"
    r"(?:[A-Z]{1,2}-)?\d{4,6}(?:\s[A-Z]{2}\b)?|\d{3}\s\d{2,3}"
)
_TOWN = rf"{WORD}(?:[ -](?:{LINK}\s|upon-|am\s|an\sder\s)?{WORD}){{0,3}}"
_GAP = r"[ \t]{0,4}(?:[,;|/–-]|\\n|\n|<br ?/?>)?[>?]{0,3}[\s,]{1,6}[>?]{0,3}[ ]?"

TAIL = re.compile(
    rf"{_GAP}(?:(?i:{_UNIT})(?!\w)|(?:{_POSTCODE})\s{_TOWN}(?![\w@])"
    rf"|{_TOWN},?\s(?:{_STATE})\.?,?\s(?:\d{{5}}(?:-\d{{4}})?|[A-Z]\d[A-Z][ -]?\d[A-Z]\d|\d{{4}})(?!\w)"
    rf"|{_TOWN},?\s(?:{_POSTCODE})(?!\w)|(?:{_STATE}|APO|FPO|DPO)\b(?:\sA[AEP])?(?:,?\s\d{{5}}(?:-\d{{4}})?)?|(?:{_POSTCODE})(?![\w.,])"
    rf"|{_TOWN}{_GAP}(?:[A-Z]{{2}}{_GAP})?(?:{_TOWN}(?:\s\([A-Z]\w{{2,12}}\))?\s)?\d{{4,6}}(?![\w.,]))"
)
"""One more part of an address behind what was matched: unit, town with postcode, state, postcode."""

TOWN_TAIL = re.compile(rf",\s{_TOWN}(?=\s*(?:[.,;\n]|$))")
"""A town or country that ends the line."""

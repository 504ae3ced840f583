"""Street addresses of ten countries, with the unit, postcode and town that follow. No gazetteer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page

_UP = r"[A-ZÀ-ÖØ-ÞŁŚŻŹĆŃ]"
_WORD = rf"{_UP}[\w.'’-]{{0,24}}"
_NUMBER = r"\d{1,6}(?:[A-Za-z](?![\w])|[-/]\d{1,5}(?!\d))?(?:\s?(?:bis|ter)\b)?"
_SUFFIX = (
    "streets?|st|avenue|ave|av|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|ter|way|parkway|pkwy|"
    "circle|cir|highway|hwy|close|crescent|cres|gardens|grove|mews|trail|trl|alley|row|walk|rise|parade|esplanade|loop|"
    "plaza|path|turnpike|pike|hill|hollow|ridge|run|crossing|green|vale|view|wharf|quay|embankment|nagar|marg|chowk|colony|layout|salai"
)
_LOWER_SUFFIX = "street|st|avenue|ave|road|rd|lane|drive|boulevard|blvd|court|terrace|parkway|crescent"
_COMPOUND = (
    r"stra(?:ß|ss)e|str\.|strasse|weg|platz|allee|gasse|ring|damm|ufer|chaussee|steig|pfad|hof|graben|markt|"
    r"straat|laan|plein|gracht|kade|dijk|singel|steeg|hout|dreef|hof|vägen|gatan|gata|vej|gade|veien|katu|tie|kuja|polku|"
    r"utca|tér|götu|gata"
)
_PREFIX = (
    "rue|r\\.|avenue|av\\.|boulevard|bd|blvd|chemin|allée|allee|impasse|quai|place|cours|square|route|faubourg|"
    "calle|c/|c\\.|avenida|avda\\.?|plaza|pza\\.?|paseo|camino|carrera|carretera|ronda|travesía|"
    "via|viale|v\\.le|piazza|p\\.za|corso|largo|vicolo|strada|contrada|borgo|"
    "ul\\.|ulica|al\\.|aleja|aleje|plac|pl\\.|os\\.|osiedle|"
    "rua|travessa|alameda|praça|rodovia|estrada|largo|"
    "am|an der|auf dem|im|zum|zur|unter den|alte|neue"
)
_LINK = r"(?:de\sla|de\sl['’]|de\slos|de\slas|de|du|des|del|della|delle|dei|degli|di|da|do|dos|das|d['’]|la|le|les|l['’]|el|los|san|santa|y|e)"
_UNIT = (
    r"(?:apt|apartment|suite|ste|unit|flat|fl|floor|room|rm|bldg|building|box|lot|no|appt?|étage|bât|piso|puerta|esc|interno|"
    r"scala|m\.|lok|apto|bloco|sala|whg|top|stiege)\b\.?\s?\#?\s?\w{1,6}|\#\s?\w{1,6}|\d{1,2}\s?[ºª°]\s?\w{0,3}|\d(?:st|nd|rd|th)\sfloor"
)
_STATE = (
    "A[LKZRAEP]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCDLSTU]|O[HKRN]|P[AREI]|RI|S[CDK]|T[NX]|"
    "UT|V[TA]|W[AVIY]|BC|AB|MB|QC|ON|YT|NSW|VIC|QLD|TAS|ACT"
)
_POSTCODE = r"[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z][ -]?\d[A-Z]\d|\d{5}-\d{3,4}|\d{2}-\d{3}|(?:[A-Z]{1,2}-)?\d{4,6}(?:\s[A-Z]{2}\b)?|\d{3}\s\d{2,3}"
_TOWN = rf"{_WORD}(?:[ -](?:{_LINK}\s|upon-|am\s|an\sder\s)?{_WORD}){{0,3}}"
_GAP = r"[ \t]{0,4}(?:[,;|/–-]|\\n|\n|<br ?/?>)?[>?]{0,3}[\s,]{1,6}[>?]{0,3}[ ]?"  # noqa: RUF001 - dashes that people type


class StreetAddress:
    """A core (number and street, in the country's order), then as much of unit, postcode, town as follows."""

    name = "patterns.address"
    entity_types = frozenset({"STREET_ADDRESS"})

    CORES = (
        (re.compile(
            rf"(?<![\w.,$€£#-])(?P<value>{_NUMBER},?\s(?:(?:[NSEW]\.?|[NS][EW]|North|South|East|West)\s)?"
            rf"(?:(?:{_UP}|\d{{1,3}}(?:st|nd|rd|th)\b)[\w.'’-]{{0,24}}\s){{1,4}}?(?:(?i:{_SUFFIX})\b\.?|Broadway)"
            r"(?:\s(?:[NSEW]|[NS][EW])\b\.?)?)"), 0.75),
        (re.compile(rf"(?<![\w.,$€£#-])(?P<value>\d{{1,6}}\s(?:[nsew]\.?\s)?(?!(?:people|of|in|the|and|to|a|on|for|at|or|with|years?|days?|times|miles?|km|minutes?|meters|more|cars?|houses)\b)[a-z]{{2,20}}\s(?:(?!in|on|the|and|of|to|a\b)[a-z]{{2,20}}\s)?(?:{_LOWER_SUFFIX})\b)"), 0.6),
        (re.compile(rf"(?<!\w)(?P<value>(?:{_WORD}[ -]){{0,3}}{_UP}?[\w'’-]{{2,30}}(?i:{_COMPOUND})\s{_NUMBER}(?!\w))"), 0.75),
        (re.compile(rf"(?<!\w)(?P<value>(?:{_UP}[\w'’-]{{1,24}}(?:er|e|en)?[ -])(?:Stra(?:ß|ss)e|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|Straat|Laan|Plein)\s{_NUMBER}(?!\w))"), 0.75),
        (re.compile(rf"(?<![\w.,$€£#-])(?P<value>{_NUMBER},?\s(?i:{_PREFIX})\s?(?:{_LINK}\s?)?{_WORD}(?:[ -](?:{_LINK}\s?)?{_WORD}){{0,4}}(?:,?\s\d{{1,4}}\b)?)"), 0.75),
        (re.compile(rf"(?<!\w)(?P<value>(?i:{_PREFIX})\s?(?:(?i:{_LINK})\s?)?{_WORD}(?:[ -](?:(?i:{_LINK})\s?)?{_WORD}){{0,4}},?\s(?:n[º°.]{{1,2}}\s?|núm\.?\s?|nr\.?\s)?{_NUMBER}(?!\w))"), 0.7),
        (re.compile(r"(?<!\w)(?P<value>(?:P\.?\s?O\.?\s?Box|Post\sOffice\sBox|PSC|Postfach|Boîte\spostale|B\.?P\.?|Apartado|Casella\spostale|Postbus|Caixa\spostal|GPO\sBox|RR)\s(?:no\.?\s|\#\s?)?\d{1,7}(?:,?\sBox\s\d{1,6})?)", re.IGNORECASE), 0.75),
        (re.compile(rf"(?<!\w)(?P<value>(?:H\.?\s?No|House\sNo|Flat\sNo|Plot\sNo|Door\sNo|Flat|Plot)\.?\s?[:#-]?\s?[A-Z]?-?\d[\w/-]{{0,9}}(?:,\s{_WORD}(?:\s{_WORD}){{0,3}}){{1,4}})"), 0.7),
        (re.compile(rf"(?<![\w.,$€£#-])(?P<value>(?:{_NUMBER}\s)?{_NUMBER}\s{_WORD}(?:\s{_WORD}){{0,3}},?{_GAP}(?:Suite|Apt\.?)\s\d{{1,5}})"), 0.65),
        (re.compile(rf"(?<![\w.,$€£#-])(?P<value>\d{{3,5}}\s{_WORD}(?:\s{_WORD}){{0,3}}\s\d{{1,4}},?{_GAP}(?:Suite|Apt\.?)\s\d{{1,5}})"), 0.65),
        (re.compile(r"(?<!\w)(?P<value>(?:Apt|Apartment|Suite|Ste)\b\.?\s\#?\d{1,5}[A-Z]?(?!\w))"), 0.5),
    )  # fmt: skip
    TAIL = re.compile(
        rf"{_GAP}(?:(?i:{_UNIT})(?!\w)|(?:{_POSTCODE})\s{_TOWN}(?![\w@])|{_TOWN},?\s(?:{_STATE})\.?,?\s(?:\d{{5}}(?:-\d{{4}})?|[A-Z]\d[A-Z][ -]?\d[A-Z]\d|\d{{4}})(?!\w)"
        rf"|{_TOWN},?\s(?:{_POSTCODE})(?!\w)|(?:{_STATE}|APO|FPO)\b(?:,?\s\d{{5}}(?:-\d{{4}})?)?|(?:{_POSTCODE})(?![\w.,]))"
    )
    PLACE_TAIL = re.compile(rf"(?:,\s|\n[ >?]{{0,4}}){_TOWN}(?=\s*(?:[.,;\n]|$))")
    BEFORE = re.compile(r"(?:\d{1,5}\s)\Z")
    LABEL_BEFORE = re.compile(
        r"(?:figure|table|chapter|section|page|step|version|line|item|act|rule|room|no)\.?\s\Z", re.IGNORECASE
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Addresses to the last part that surely belongs to them."""
        del profile  # all countries count
        if page.digits < 1:
            return
        for core, score in self.CORES:
            for match in core.finditer(page.text):
                start, end = match.span("value")
                if self.LABEL_BEFORE.search(page.text, max(0, start - 12), start):
                    continue
                yield Finding(
                    self._begin(page.text, start), self._end(page.text, end), "STREET_ADDRESS", score, self.name
                )

    def _begin(self, text: str, start: int) -> int:
        """A second number in front belongs to the address (`4 1234 Via Roma`)."""
        before = self.BEFORE.search(text, max(0, start - 7), start)
        if before is None or before.start() == 0 or not text[before.start() - 1].isspace():
            return start
        return before.start()

    def _end(self, text: str, end: int) -> int:
        grown = False
        for _ in range(5):
            tail = self.TAIL.match(text, end)
            if tail is None:
                break
            end, grown = tail.end(), True
        if not grown:
            return end
        place = self.PLACE_TAIL.match(text, end)
        return place.end() if place is not None and "\n" not in text[end : end + 1] else end

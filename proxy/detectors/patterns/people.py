"""People by the words around their names: titles, introductions, labels, greetings, signatures. No list of names."""

# ruff: noqa: RUF001 - apostrophes and dashes as people type them
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page, spelled, words_of
from proxy.detectors.patterns.recogniser import at_starts

_UP = r"[A-ZÀ-ÖØ-ÞŁŚŻŹĆŃŞŠŽČĐŐŰΑ-ΩА-Я]"
_LOW = r"[a-zß-öø-ÿĀ-ſα-ωά-ώа-я]"
_NAME_WORD = (
    rf"(?:(?:O['’]|D['’]|Mc|Mac)?{_UP}(?:{_LOW}{{1,20}}|{_UP}{{1,20}})(?:-{_UP}?{_LOW}{{1,20}}|['’]{_UP}{_LOW}{{1,20}}){{0,2}}"
    rf"(?![^\W\d_])|{_UP}\.)"
)
_PARTICLE = r"(?:van|von|de|der|den|del|della|di|da|dos|du|la|le|al|el|bin|ibn|ter|ten|zu|y)"
_NEXT = rf"(?:[ \t](?:{_PARTICLE}[ \t]){{0,2}}{_NAME_WORD})"
_NAME = rf"(?P<value>{_NAME_WORD}{_NEXT}{{0,3}})"
_FULL_NAME = rf"(?P<value>{_NAME_WORD}{_NEXT}{{1,3}})"

_TITLES = (
    "Mr Mrs Ms Miss Mx Dr Prof Professor Sir Madam Lady Lord Rev Reverend Fr Judge Justice Officer Detective Sgt "
    "Sergeant Capt Captain Col Colonel Lt Lieutenant Nurse Senator Herr Herrn Frau Monsieur Madame Mme Mlle Maître "
    "Señor Señora Señorita Sr Sra Srta Don Doña Sig Signor Signora Dott Dottor Dottoressa Dhr Mevr Mevrouw Meneer "
    "Pan Pani Senhor Senhora Shri Smt Aunt Uncle"
)
_INTRODUCTIONS = (
    "my name is, my full name is, my name was, name's, i am called, call me, this is, named, ich heiße, ich heisse, "
    "mein name ist, je m'appelle, je m’appelle, mon nom est, me llamo, mi nombre es, mi chiamo, il mio nome è, "
    "mijn naam is, ik heet, nazywam się, meu nome é"
)
_I_AM = "I'm, I’m, I am, Ich bin, Je suis, Soy, Sono"
_NAME_LABELS = (
    "name nom nombre nome naam vorname nachname surname forename imię nazwisko apellido apellidos prénom cognome "
    "fullname firstname lastname"
)
_ROLES = (
    "patient, customer, client, employee, contact, attn, attention, cardholder, card holder, name on card, "
    "account holder, insured, from, to, cc, bcc, author, assigned to, assignee, manager, owner, reported by, "
    "prepared by, approved by, sender, recipient, payee, tenant, signed, doctor, physician, nurse, spouse, guardian"
)
_GREETINGS = (
    "dear hi hello hey hallo liebe lieber bonjour cher chère hola estimado estimada querido querida caro cara ciao "
    "gentile beste cześć"
)
_CLOSINGS = (
    "regards, best wishes, best, sincerely, sincerely yours, yours truly, yours sincerely, yours faithfully, cheers, "
    "thanks, many thanks, thank you, cordially, respectfully, love, mit freundlichen grüßen, mit freundlichen grüssen, "
    "viele grüße, viele grüsse, cordialement, saludos, un saludo, atentamente, cordiali saluti, "
    "met vriendelijke groet, pozdrawiam"
)


@dataclass(frozen=True, slots=True)
class _Cue:
    """An expression that begins with one of the words `triggers`."""

    pattern: re.Pattern[str]
    triggers: frozenset[str]
    score: float


def _cue(phrases: str, rest: str, score: float, *, anycase: bool = True) -> _Cue:
    """A cue of comma-separated `phrases` and the `rest` of the expression behind them."""
    flags = "i:" if anycase else ":"
    first = words_of(*(re.split(r"[ '’]", phrase)[0] for phrase in phrases.split(", ")))
    return _Cue(re.compile(rf"(?<![^\W_])(?{flags}{spelled(phrases)}){rest}"), first, score)


def _listed(words: str) -> str:
    return words.replace(" ", ", ")


class NameCues:
    """Names that a cue announces; the cue itself stays."""

    name = "patterns.people"
    entity_types = frozenset({"PERSON"})

    CUES = (
        _cue(_listed(_TITLES), rf"(?:\.\s?|\s)(?:(?:Dr|Prof|med|Ing)\.\s?){{0,2}}{_NAME}", 0.7, anycase=False),
        _cue(_INTRODUCTIONS, rf":?\s{_NAME}(?!\w)", 0.6),
        _cue(_I_AM, rf"\s{_FULL_NAME}(?!\w)", 0.6, anycase=False),
        _cue(_listed(_NAME_LABELS), rf"[\"'*_]{{0,4}}\s?[:=|]\s{{0,3}}[\"'*_]{{0,3}}{_NAME}(?!\w|\(|\[)", 0.65),
        _cue(_ROLES, rf"[\"'*]{{0,3}}\s?:\s{{0,3}}[\"']?{_FULL_NAME}(?!\w|\()", 0.55),
        _cue(_listed(_GREETINGS), rf"\s(?:(?:{spelled(_listed(_TITLES))})\.?\s)?{_NAME}(?=\s?[,!:\n–-])", 0.6),
        _cue(_CLOSINGS, rf",?[ \t]*\n{{1,3}}[ \t]{{0,8}}[-–]?[ \t]?{_NAME}(?=[ \t]{{0,8}}(?:\n|$|,))", 0.6),
    )
    MAILBOX = re.compile(rf"(?<!\w){_FULL_NAME}\s?<(?=[^<>@\s]{{1,64}}@)")
    OTHER_NAME = re.compile(
        r"(?:file|host|class|product|company|business|organi[sz]ation|table|column|domain|bucket|project|function|package|"
        r"brand|visit|event|course|variable|method|module|model|image|container|service|app|application|tag|branch|repo|"
        r"street|city|country|state|bank|hospital|school|university|team|group|drug|test|display|field|key|job|brand)"
        r"['’s]{0,2}[\s_-]?\Z",
        re.IGNORECASE,
    )
    NOT_NAMES = frozenset(
        "all team everyone there sir madam sirs folks guys friend friends customer support service hiring manager "
        "committee the a an this that it i we you he she they here what why how when where who which is are was were "
        "will would can could should please thanks thank yes no not and or but if in on at for to of by with from so "
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
        "september october november december english french german spanish italian dutch polish american british "
        "european christian muslim jewish president minister ceo cto cfo hr sales marketing legal finance new project "
        "test example name title subject date order invoice product company claude gpt assistant user system model "
        "string none null true false int integer float object array list dict city street house number type value "
        "column field table unix linux windows python java javascript google microsoft amazon apple openai world inc "
        "optional required human any unique readable corp ltd llc gmbh department office".split()
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Names without their titles."""
        if profile.identifiers:
            return
        text = page.text
        for cue in self.CUES:
            if cue.triggers.isdisjoint(page.vocabulary):
                continue
            for match in at_starts(cue.pattern, text, sorted(page.starts(cue.triggers))):
                if not self.OTHER_NAME.search(text, max(0, match.start() - 16), match.start()):
                    yield from self._named(text, match, cue.score)
        if "<" in text and "@" in text:
            for match in self.MAILBOX.finditer(text):
                yield from self._named(text, match, 0.75)

    def _named(self, text: str, match: re.Match[str], score: float) -> Iterator[Finding]:
        start, end = match.span("value")
        if self.NOT_NAMES.isdisjoint(word.strip(".").casefold() for word in text[start:end].split()):
            yield Finding(start, end, "PERSON", score, self.name)

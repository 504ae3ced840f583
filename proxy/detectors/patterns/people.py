"""People by the words around their names: titles, introductions, labels, greetings, signatures. No list of names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page

_UP = r"[A-ZÀ-ÖØ-ÞŁŚŻŹĆŃŞŠŽČ]"
_NAME_WORD = rf"(?:(?:O['’]|D['’]|Mc|Mac)?{_UP}[^\W\d_]{{1,20}}(?:['’-]{_UP}?[^\W\d_]{{1,20}}){{0,2}}|{_UP}\.)"
_PARTICLE = r"(?:van|von|de|der|den|del|della|di|da|dos|du|la|le|al|el|bin|ibn|ter|ten|zu|y)"
_NAME = rf"{_NAME_WORD}(?:[ \t](?:{_PARTICLE}[ \t]){{0,2}}{_NAME_WORD}){{0,3}}"
_FULL_NAME = rf"{_NAME_WORD}(?:[ \t](?:{_PARTICLE}[ \t]){{0,2}}{_NAME_WORD}){{1,3}}"

_TITLES = (
    r"Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Madam|Lady|Lord|Rev|Reverend|Fr|Judge|Justice|Officer|Detective|Sgt|Sergeant|Capt|Captain|"
    r"Col|Colonel|Lt|Lieutenant|Nurse|Senator|Herr|Herrn|Frau|Monsieur|Madame|Mme|Mlle|Maître|Señor|Señora|Señorita|Sr|Sra|Srta|Don|Doña|Sig|"
    r"Signor|Signora|Dott|Dottor|Dottoressa|Dhr|Mevr|Mevrouw|Meneer|Pan|Pani|Senhor|Senhora|Shri|Smt|Aunt|Uncle"
)


class NameCues:
    """Names that a cue announces; the cue itself stays."""

    name = "patterns.people"
    entity_types = frozenset({"PERSON"})

    RULES = (
        (re.compile(rf"(?<!\w)(?:{_TITLES})(?:\.\s?|\s)(?:(?:Dr|Prof|med|Ing)\.\s?){{0,2}}(?P<value>{_NAME})"), 0.7),
        (re.compile(
            r"(?<!\w)(?i:my\s(?:full\s)?name\s(?:is|was)|name['’]s|i\sam\scalled|call\sme|this\sis|named|ich\shei(?:ß|ss)e|mein\sname\sist|je\sm['’]appelle|"
            rf"mon\snom\sest|me\sllamo|mi\snombre\ses|mi\schiamo|il\smio\snome\sè|mijn\snaam\sis|ik\sheet|nazywam\ssię|meu\snome\sé|signed(?:\sby)?:?)\s(?P<value>{_NAME})(?!\w)"), 0.6),
        (re.compile(rf"(?<!\w)(?:I['’]m|I\sam|Ich\sbin|Je\ssuis|Soy|Sono)\s(?P<value>{_FULL_NAME})(?!\w)"), 0.6),
        (re.compile(
            r"(?<!\w)(?i:(?:full|first|last|given|family|middle|maiden|card\s?holder(?:['’]s)?|patient|customer|client|employee|contact|legal|account\sholder|"
            r"beneficiary|recipient|sender|payee|applicant|tenant|student|passenger|insured|emergency\scontact|nominee|guardian|spouse|father(?:['’]s)?|mother(?:['’]s)?)?[\s_]?"
            rf"(?:name|nom|nombre|nome|naam|vorname|nachname|surname|forename|imię|nazwisko|apellidos?|prénom|cognome))[\"'*_]{{0,4}}\s?[:=|]\s{{0,3}}[\"'*_]{{0,3}}(?P<value>{_NAME})(?!\w|\()"), 0.65),
        (re.compile(
            r"(?<!\w)(?i:patient|customer|client|employee|contact|attn|attention|cardholder|card\sholder|name\son\scard|account\sholder|insured|from|to|cc|bcc|author|"
            rf"assigned\sto|assignee|manager|owner|reported\sby|prepared\sby|approved\sby|sender|recipient|payee|tenant|signed)[\"'*]{{0,3}}\s?:\s{{0,3}}[\"']?(?P<value>{_FULL_NAME})(?!\w|\()"), 0.55),
        (re.compile(rf"(?<!\w)(?i:dear|hi|hello|hey|hallo|liebe|lieber|bonjour|cher|chère|hola|estimado|estimada|querido|querida|caro|cara|ciao|gentile|beste|cześć)\s(?:(?:{_TITLES})\.?\s)?(?P<value>{_NAME})(?=\s?[,!:\n–-])"), 0.6),  # noqa: RUF001 - dashes that people type
        (re.compile(
            r"(?<!\w)(?i:regards|best\swishes|best|sincerely(?:\syours)?|yours\struly|yours\ssincerely|yours\sfaithfully|cheers|thanks|many\sthanks|thank\syou|cordially|respectfully|love|"
            rf"mit\sfreundlichen\sgrü(?:ß|ss)en|viele\sgrü(?:ß|ss)e|cordialement|saludos|un\ssaludo|atentamente|cordiali\ssaluti|met\svriendelijke\sgroet|pozdrawiam),?[ \t]*\n{{1,3}}[ \t]*[-–]?[ \t]?(?P<value>{_NAME})(?=[ \t]*(?:\n|$|,))"), 0.6),  # noqa: RUF001 - dashes that people type
        (re.compile(rf"(?<!\w)(?P<value>{_FULL_NAME})\s?<(?=[^<>@\s]{{1,64}}@)"), 0.75),
        (re.compile(r"(?<!\w)[\"'](?:first|last|full|given|family|customer|patient|client|employee|holder|user)?_?[nN]ame[\"']\s?:\s?[\"'](?P<value>[^\"'\n]{2,60})[\"']"), 0.55),
    )  # fmt: skip
    CUES = frozenset(
        (_TITLES.replace("|", " ").casefold() + " name named names called call signed bin soy sono suis heiße heisse appelle nom llamo nombre chiamo nome naam heet nazywam "
         "i m am this is patient customer client employee contact attn attention cardholder card holder insured from to cc bcc author assigned assignee manager owner by sender "
         "recipient payee tenant dear hi hello hey hallo liebe lieber bonjour cher chère hola estimado estimada querido querida caro cara ciao gentile beste cześć "
         "regards best sincerely yours cheers thanks thank cordially respectfully love grüßen grüße gruessen cordialement saludos saludo atentamente saluti groet pozdrawiam "
         "vorname nachname surname forename imię nazwisko apellido apellidos prénom cognome").split()
    )  # fmt: skip
    NOT_NAMES = frozenset(
        "all team everyone there sir madam sirs folks guys friend friends customer support service hiring manager committee "
        "the a an this that it i we you he she they here what why how when where who which is are was were will would can could should please thanks thank "
        "yes no not and or but if in on at for to of by with from monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
        "august september october november december english french german spanish italian dutch polish american british european christian muslim jewish "
        "president minister ceo cto cfo hr sales marketing legal finance new project test example name title subject date order invoice product company claude gpt "
        "assistant user system model string none null true false int integer float object array list dict city street house number type value column field table "
        "unix linux windows python java javascript google microsoft amazon apple openai world".split()
    )

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Names without their titles."""
        if profile.identifiers or (self.CUES.isdisjoint(page.words) and "<" not in page.text):
            return
        for pattern, score in self.RULES:
            for match in pattern.finditer(page.text):
                start, end = match.span("value")
                if not {word.strip(".").casefold() for word in page.text[start:end].split()} & self.NOT_NAMES:
                    yield Finding(start, end, "PERSON", score, self.name)

"""National identifiers of India, Brazil, Canada and Australia, by checksum."""

from __future__ import annotations

import re

from stdnum.au import abn, tfn
from stdnum.br import cnpj, cpf
from stdnum.ca import sin
from stdnum.in_ import aadhaar, pan

from proxy.detectors.patterns.page import outlines, words_of
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, Rule, RuleRecogniser


def _medicare_au(value: str) -> bool:
    """Medicare card: first digit 2 to 6, ninth digit the weighted sum (1,3,7,9,1,3,7,9) modulo 10."""
    digits = [int(char) for char in value if char.isdigit()]
    return sum(one * (1, 3, 7, 9)[at % 4] for at, one in enumerate(digits[:8])) % 10 == digits[8]


class WorldIds(RuleRecogniser):
    """Numbers that need a cue are those that a random number passes too often."""

    name = "patterns.world"
    digits = 4
    rules = (
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])(?<!\d )[2-9]\d{3}(?P<s>[ -])\d{4}(?P=s)\d{4}(?![\w-])(?! \d)"),
            0.88,
            check=aadhaar.is_valid,
            at_digit=True,
            shows=outlines("0000 0000 0000", "0000-0000-0000"),
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])[2-9]\d{11}(?![\w-])"),
            0.9,
            check=aadhaar.is_valid,
            cues=words_of("aadhaar aadhar uidai uid"),
            at_digit=True,
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<!\w)[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z](?!\w)"),
            0.88,
            check=pan.is_valid,
            shows=outlines("AAAAA0000A"),
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d\d(?![\w-])"),
            0.95,
            check=cpf.is_valid,
            at_digit=True,
            shows=outlines("000.000.000-00"),
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])\d{11}(?![\w-])"),
            0.9,
            check=cpf.is_valid,
            cues=words_of("cpf"),
            at_digit=True,
        ),
        Rule(
            "TAX_ID",
            re.compile(r"(?<![\w.-])\d\d\.\d{3}\.\d{3}/\d{4}-\d\d(?![\w-])"),
            0.95,
            check=cnpj.is_valid,
            at_digit=True,
            shows=outlines("00.000.000/0000-00"),
        ),
        Rule(
            "TAX_ID",
            re.compile(r"(?<![\w.-])\d{14}(?![\w-])"),
            0.9,
            check=cnpj.is_valid,
            cues=words_of("cnpj"),
            at_digit=True,
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])(?<!\d )[1-9]\d\d(?P<s>[ -])\d{3}(?P=s)\d{3}(?![\w-])(?! \d)"),
            0.7,
            check=sin.is_valid,
            cues=words_of("sin social insurance nas canada canadian cra"),
            at_digit=True,
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])[1-9]\d{8}(?![\w-])"),
            0.85,
            check=sin.is_valid,
            cues=words_of("sin nas"),
            at_digit=True,
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])\d{3} ?\d{3} ?\d{2,3}(?![\w-])"),
            0.9,
            check=tfn.is_valid,
            cues=words_of("tfn tax file"),
            at_digit=True,
        ),
        Rule(
            "TAX_ID",
            re.compile(r"(?<![\w.-])\d\d ?\d{3} ?\d{3} ?\d{3}(?![\w-])"),
            0.85,
            check=abn.is_valid,
            cues=words_of("abn"),
            at_digit=True,
        ),
        Rule(
            "NATIONAL_ID",
            re.compile(r"(?<![\w.-])[2-6]\d{3} ?\d{5} ?\d(?:[ /-]?\d)?(?![\w-])"),
            0.88,
            check=_medicare_au,
            cues=words_of("medicare"),
            at_digit=True,
        ),
    )


class LabelledNational(LabelRecogniser):
    """Any country's identifier behind a label, also when the checksum is wrong or unknown."""

    name = "patterns.national"
    labels = (
        Label(
            "NATIONAL_ID",
            "national id, national identity, national identification, national insurance, identity card, id "
            "card, identity number, government id, citizen id, cedula, cédula, dni, nif, nie, cpf, rg, cnpj, "
            "bsn, burgerservicenummer, pesel, codice fiscale, aadhaar, aadhar, pan, pan card, voter id, "
            "voter, epic, sin, social insurance, tfn, tax file, steuer id, steuernummer, steuer "
            "identifikationsnummer, steueridentifikationsnummer, identifikationsnummer, idnr, "
            "personalausweis, personalausweisnummer, sozialversicherungsnummer, numéro de sécurité sociale, "
            "sécurité sociale, nir, insee, personnummer, cpr, curp, rfc, nric, fin, hkid, nip, personal "
            "number, personal identification, resident registration, tessera sanitaria, nino, número de "
            "identidad, numero di identità, suspect identification, número fiscal, numéro fiscal",
            r"\d{2,6}(?:[ -]\d{2,6}){1,5}(?!\w)|"
            r"[A-Z0-9](?:[A-Z0-9]|[-./](?=[A-Z0-9])){4,22}(?: [A-Z0-9]{1,6}(?= \d|\b)(?<=\d)){0,6}(?!\w)",
            0.75,
            lambda value, linked: sum(c.isdigit() for c in value) >= (3 if linked else 6),
        ),
        Label(
            "TAX_ID",
            "tax id, tin, tax identification, tax, taxpayer id, taxpayer, taxpayer identification, vat, vat "
            "id, vat reg, ust id, ustid, uid, atin",
            r"(?:[A-Z]{2,5}:? ?)?[A-Z0-9]{0,3}\d[A-Z0-9]{0,11}(?:[-./ ]?\d[A-Z0-9]{0,11}){0,5}(?!\w)",
            0.8,
            lambda value, linked: sum(c.isdigit() for c in value) >= (6 if linked else 8),
        ),
        Label(
            "PASSPORT",
            "passport, reisepass, reisepassnummer, passeport, pasaporte, passaporto, paspoort, paszport, "
            "passaporte, passport card, travel document, passnummer",
            r"(?:[A-Z]{2}-[A-Z]{1,3}-)?[A-Z0-9]{1,4}[ -]?\d{3,9}[A-Z]{0,3}(?!\w)|[A-Z0-9]{8,10}(?!\w)",
            0.88,
            lambda value, linked: sum(c.isdigit() for c in value) >= (3 if linked else 5),
        ),
    )

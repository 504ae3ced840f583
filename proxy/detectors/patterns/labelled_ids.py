"""Identifiers that organisations give out: medical record, member, account, policy, employee, ticket numbers."""

from __future__ import annotations

import re

from proxy.detectors.patterns.recogniser import Label, LabelRecogniser

_VALUE = (
    # no `and 7.2` of "63.6 % for 'staff' and 7.2 % for 'supplies'"
    r"(?:(?!(?:and|or|of|to|und|oder|bei|et|ou|y|o|e|en) )[A-Z]{1,4} (?=\d))?"
    r"(?=[\w#*\-/.]{0,24}\d)[#*]?[A-Z0-9](?:[A-Z0-9]|[-/._](?=[A-Z0-9])){2,34}"
    r"(?: \d{2,6}(?![\w:/-]|[.,](?!\s+[^\W\d]|\s*\Z))){0,5}(?![\w%]| %|,\d|\.\d)"
)
_YEAR = re.compile(r"(?:19|20)\d\d|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d\d-\d\d.*")
_DIGITS_LINKED, _DIGITS_BARE = 2, 4
_DIGITS_NO_PROCESS = 7
"""Operating systems number processes and users with fewer digits."""


def _is_id(value: str, linked: bool) -> bool:  # noqa: FBT001 - the signature of a label's check
    """Digits enough to be an identifier: more when nothing ("number", "#", ":") announces one; no year, no date."""
    digits = sum(char.isdigit() for char in value)
    return digits >= (_DIGITS_LINKED if linked else _DIGITS_BARE) and not _YEAR.fullmatch(value)


def _is_announced_id(value: str, linked: bool) -> bool:  # noqa: FBT001 - the signature of a label's check
    """For labels that are everyday words: nothing without an announcement."""
    return linked and _is_id(value, linked)


class LabelledIds(LabelRecogniser):
    """One label per kind of number; the kinds of everyday words ("case", "order") need "number", "#" or ":"."""

    name = "patterns.labelled_ids"
    labels = (
        Label(
            "MEDICAL_RECORD",
            "mrn, medical record, medical records, medical file, patient, patient id, patientid, chart, "
            "health record, hospital, encounter, patient mrn, accession, specimen, patient record, ehr, emr, "
            "patientennummer, fallnummer, dossier patient, historia clínica, cartella clinica, patiëntnummer, "
            "specimen id, lab id, study id, prescription, rx, chi number, chi no",
            _VALUE,
            0.85,
            _is_id,
        ),
        Label(
            "MEMBER_ID",
            "member, member id, membership, health plan, beneficiary, subscriber, insurance, insurance id, "
            "insurance card, enrollee, medicaid, group, health insurance, mitgliedsnummer, "
            "versichertennummer, krankenversicherungsnummer, krankenkasse, numéro d adhérent, loyalty, "
            "frequent flyer, rewards, insurance code, subscriber id, plan id, memberid, medicaid id",
            _VALUE,
            0.85,
            _is_id,
        ),
        Label(
            "MEMBER_ID",
            "policy, policy id, insurance policy, policyholder, policyholder id, claim, claim id, police, "
            "versicherungsnummer, policennummer, póliza, polizza, polis, contract, vertragsnummer, claims",
            _VALUE,
            0.8,
            _is_id,
        ),
        Label(
            "ACCOUNT_NUMBER",
            "account, acct, account id, acc, accnum, member account, user account, brokerage account, member "
            "accounts, account details, loan, loan id, mortgage, iban account, utility account, customer "
            "account, wallet id, portfolio id, account ending in, account ending, meter, kontonr, accountid",
            _VALUE,
            0.85,
            _is_id,
        ),
        Label(
            "ACCOUNT_NUMBER",
            "customer, client, customer id, client id, user id, userid, kundennummer, kunden, kundennr, "
            "numéro client, número de cliente, codice cliente, klantnummer, subject id, participant id, "
            "respondent, customerid, id number, registration, borrower id, party id, guest id, account holder "
            "id, cust, cust id, victim registration",
            _VALUE,
            0.75,
            _is_announced_id,
        ),
        Label(
            "ACCOUNT_NUMBER",
            "pid, uid",
            _VALUE,
            0.7,
            lambda value, _: sum(c.isdigit() for c in value) >= _DIGITS_NO_PROCESS,
        ),
        Label(
            "EMPLOYEE_ID",
            "employee, employee id, emp, emp id, staff, staff id, badge, badge id, personnel, payroll, "
            "payroll id, worker id, personalnummer, mitarbeiternummer, matricule, empleado, matricola, "
            "personeelsnummer, student, student id, matrikelnummer, matriculation, enrollment, employeeid, "
            "crew id",
            _VALUE,
            0.8,
            _is_announced_id,
        ),
        Label("EMPLOYEE_ID", "badge, shield", r"\d{4,8}(?![\w%]|[.,]\d)", 0.6),
        Label(
            "TICKET_ID",
            "ticket, ticket id, case, case id, incident, incident id, service request, support case, "
            "complaint, complaint id, docket, file, vorgangsnummer, aktenzeichen, ticketnummer, dossier",
            _VALUE,
            0.7,
            _is_announced_id,
        ),
        Label(
            "TICKET_ID",
            "transaction, transaction id, txn, txn id, booking, reservation, confirmation, pnr, invoice, "
            "order id, order number, tracking, payment id, booking reference, payment reference, receipt, "
            "rechnungsnummer, bestellnummer, buchungsnummer, e ticket",
            _VALUE,
            0.6,
            _is_announced_id,
        ),
        Label(
            "MEDICAL_LICENSE",
            "certificate, certification, professional license, medical license, nursing license, bar number, "
            "bar license, pilot license, license no, licence no, permit, green card, alien registration, visa "
            "number, visa no, uscis, a number, alien number, approbationsnummer",
            _VALUE,
            0.75,
            _is_announced_id,
        ),
    )

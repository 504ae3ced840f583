"""Devices and bodies: IMEI, serial numbers, advertising and biometric identifiers."""

# ruff: noqa: PLR2004 - lengths and ranges stand in the definition beside them
from __future__ import annotations

import re

from stdnum import luhn

from proxy.detectors.patterns.page import outlines
from proxy.detectors.patterns.recogniser import Label, LabelRecogniser, Rule, RuleRecogniser

_UUID = r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}"


class Imei(RuleRecogniser):
    """Fifteen digits with Luhn's check digit and the prefix of a common reporting body (GSMA TS.06)."""

    name = "patterns.imei"
    digits = 15
    rules = (
        Rule(
            "IMEI",
            re.compile(r"(?<![\w.+-])(?:35|86|01|99)\d{13}(?![\w.-])"),
            0.6,
            check=luhn.is_valid,
            at_digit=True,
            shows=outlines("0" * 15),
        ),
        Rule(
            "IMEI",
            re.compile(
                r"(?<![\w.+-])(?:35|86|01|99)(?:\d{4}[- ]\d{2}[- ]\d{6}[- ]\d|\d{4}[-/]\d{6}[-/]\d{2}[-/]?\d)(?![\w-])"
            ),
            0.75,
            at_digit=True,
            shows=outlines("000000-", "000000 ", "000000/"),
        ),
    )


class BuildFingerprint(RuleRecogniser):
    """Android's build fingerprint (`BRAND/PRODUCT/DEVICE:VERSION/ID/INCREMENTAL:TYPE/TAGS`): tells one model and build.

    Format: Android Compatibility Definition, section 3.2.2.
    """

    name = "patterns.build_fingerprint"
    characters = "/:"
    digits = 4
    rules = (
        Rule(
            "DEVICE_ID",
            re.compile(
                r"(?<![\w/])\w{2,32}/\w{2,48}/\w{2,48}:\d{1,2}(?:\.\d+)*/[\w.]{3,24}/[\w.]{3,24}:(?:user|userdebug|eng)/[\w,-]{3,32}"
            ),
            0.85,
            noisy=True,
        ),
    )


class LabelledDevice(LabelRecogniser):
    """Identifiers known by their labels; a UUID counts only here."""

    name = "patterns.device"
    labels = (
        Label("IMEI", "imei, meid, imsi, iccid", r"\d[\d -]{12,20}\d(?!\w)", 0.95),
        Label(
            "DEVICE_ID",
            "device id, device identifier, device, device serial, serial, serial number, s/n, udid, idfa, "
            "gaid, aaid, android id, advertising id, hardware id, implant, pacemaker, seriennummer, numéro de "
            "série, número de serie, deviceid, asset tag, machine id",
            rf"{_UUID}(?!\w)|[A-Z0-9](?:[A-Z0-9]|[-/:](?=[A-Z0-9])){{4,39}}(?!\w)",
            0.75,
            lambda value, linked: sum(c.isdigit() for c in value) >= (2 if linked else 5),
        ),
        Label(
            "BIOMETRIC_ID",
            "fingerprint id, fingerprint template, fingerprint hash, biometric, biometric id, biometric "
            "template, voiceprint, voice print, retina scan, iris scan, iris, face id, facial template, "
            "faceprint, palm print, dna sample, genetic, fingerabdruck",
            rf"{_UUID}(?!\w)|[A-Z0-9](?:[A-Z0-9+/]|[-_:](?=[A-Z0-9])){{5,90}}={{0,2}}(?!\w)",
            0.75,
            lambda value, linked: linked and sum(c.isdigit() for c in value) >= 3,
        ),
    )

"""The texts around a value: prose in several languages, tables, JSON, code, chat."""

from __future__ import annotations

import json
from random import Random

PROSE = (
    "Please update our records: the {label} is {value}, and nothing else has changed.",
    "During the call yesterday the customer confirmed {label} {value}. We closed the request afterwards.",
    "According to the file, {label}: {value}\nThe remaining pages were left blank.",
    "Attached you will find the form ({label} {value}).",
    "Sie erreichen uns wie besprochen, {label}: {value}. Vielen Dank.",
    "Voici les informations demandées, {label} : {value}. Merci d'avance.",
    "Le mando los datos, {label}: {value}, gracias.",
    "Ecco i dati richiesti - {label}: {value} - a presto.",
    "Hierbij de gegevens, {label}: {value}, alvast bedankt.",
    "Summarise the following note for the team: {label} = {value}; follow-up next week.",
)
BARE_PROSE = (
    "I found {value} in the export and wonder whether it belongs to us.",
    "Could you check {value} again, please?",
    "The last line of the message read {value}",
    "Is it {value} or did I write it down wrong?",
    "({value})",
)
CHAT = (
    "hey my {label} is {value} can u check",
    "{label}: {value} thx!!",
    "yo here u go -> {label} {value}",
    "sorry wrong one, correct {label} is {value}",
    "user: whats on file?\nassistant: your {label} is {value}\nuser: ok",
)
CODE = (
    '{key} = "{value}"',
    "config['{key}'] = '{value}'  # from the old system",
    "export {KEY}={value}",
    "  {key}: {value}\n  retries: 3\n",
    'curl -X POST -d \'{{"{key}": "{value}"}}\' $HOST',
    'logger.info("updated {key}={value} in batch")',
    "<{key}>{value}</{key}>",
    "UPDATE t SET {key} = '{value}' WHERE pk = 7;",
)


def carry(rng: Random, value: str, label: str, key: str, *, bare: bool) -> tuple[str, int, int]:
    """A text that holds the value once, with the value's start and end."""
    text = _text(rng, value, label, key, bare=bare)
    start = text.index(value)
    return text, start, start + len(value)


def _text(rng: Random, value: str, label: str, key: str, *, bare: bool) -> str:
    style = rng.randrange(6)
    if style == 0:
        return rng.choice(PROSE).format(label=label, value=value)
    if style == 1:
        return rng.choice(BARE_PROSE if bare else PROSE).format(label=label, value=value)
    if style == 2:
        return rng.choice(CHAT).format(label=label.lower() if rng.random() < 0.5 else label, value=value)
    if style == 3:
        return rng.choice(CODE).format(key=key, KEY=key.upper(), value=value)
    if style == 4:
        record = {"id": rng.randrange(1, 99), key: value, "status": rng.choice(("open", "done"))}
        body = {"items": [record]} if rng.random() < 0.5 else record
        return json.dumps(body, ensure_ascii=False, indent=rng.choice((None, 2)))
    return _table(rng, value, label if rng.random() < 0.5 else key)


def _table(rng: Random, value: str, head: str) -> str:
    if rng.random() < 0.5:
        return f"| item | {head} | state |\n|---|---|---|\n| first | {value} | ok |\n| second | | ok |"
    separator = rng.choice(("\t", ";", ","))
    cell = f'"{value}"' if separator in value else value
    return f"item{separator}{head}{separator}state\nfirst{separator}{cell}{separator}ok\n"


PLAIN_PROSE = (
    "The {label} changed to {value} after the release, which is fine.",
    "We saw {label} {value} in the report again.",
    "Set {label} to {value} and restart.",
    "{label}: {value}",
    "what does {label} {value} mean?",
)


def carry_plain(rng: Random, value: str, label: str) -> str:
    """A text that holds a look-alike: nothing in it is personal."""
    key = label.replace(" ", "_")
    style = rng.randrange(4)
    if style == 0:
        return rng.choice(PLAIN_PROSE).format(label=label, value=value)
    if style == 1:
        return rng.choice(
            (f'{key} = "{value}"', f"  {key}: {value}", f"--{key}={value}", f"logger.debug('{key}=%s', '{value}')")
        )
    if style == 2:
        return json.dumps({"kind": rng.choice(("build", "metric", "event")), key: value, "ok": True})
    return f"| item | {label} |\n|---|---|\n| first | {value} |"

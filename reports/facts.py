"""Facts: the computed figures that a report is made of. A number that is no fact is not said. Pure."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Value = int | float | str
Rank = Literal["headline", "main", "detail"]
Article = Literal["", "der", "die", "das"]


class Plain(BaseModel):
    """Base of what reports are made of: immutable, unknown fields are errors, and errors never show values."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class NumberFormat(Plain):
    """How numbers are written: the separator of thousands and the decimal mark."""

    thousands: str = ","
    decimal: str = "."


ENGLISH = NumberFormat()
GERMAN = NumberFormat(thousands=".", decimal=",")
_COMMA = frozenset({"de", "fr", "it", "es", "nl"})


def number_format(language: str) -> NumberFormat:
    """How a language writes numbers: a decimal comma for German, French, Italian, Spanish, Dutch."""
    return GERMAN if language.lower()[:2] in _COMMA else ENGLISH


class Sentence(Plain):
    """The parts around a fact's value: `{subject} {verb} {value} {rest}.`; the value carries its own unit."""

    subject: str
    verb: str = "is"
    rest: str = ""


class Fact(Plain):
    """One computed figure.

    `id` is unique in a report and stable over runs (`churn.rate`, `segment.loyal.size`): lower case letters, digits,
    `.`, `_` and `-`. `value` is a number, or a text that is computed (the name of the slowest stage) with unit `text`,
    or an ISO date with unit `date`. A share has unit `%` and a value of 0 to 100. Any other unit is written behind the
    number as it stands (`days`, `h`, `EUR`); an empty one means a plain number or a count.
    `group`: the part of the data that it is about, None for all. `n`: how many rows (people, where the data is about
    people) stand behind it; a fact with an `n` under k is not told, None means that it is about no row (a parameter).
    `columns`: what it was computed from, as `table.column`. `digits`: decimals that are shown, and to which a text may
    round. `personal`: `group` or a text value is a value of a personal column (the name of an agent).
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,119}$")
    label: str
    value: Value
    unit: str = ""
    digits: int = Field(default=0, ge=0, le=6)
    group: str | None = None
    n: int | None = None
    columns: tuple[str, ...] = ()
    sentence: Sentence | None = None
    rank: Rank = "main"
    personal: bool = False
    article: Article = ""

    def written(self, form: NumberFormat = ENGLISH) -> str:
        """The value as a report shows it: `17.5 %`, `1,204 days`, `specialist review`."""
        if isinstance(self.value, str):
            return self.value
        number = write_number(self.value, self.digits, form)
        return f"{number} {self.unit}" if self.unit else number

    def told(self, form: NumberFormat = ENGLISH) -> str:
        """The fact as one sentence: its own parts, or a plain one made of label, group and value."""
        value = self.written(form)
        if self.sentence is not None:
            parts = (self.sentence.subject, self.sentence.verb, value, self.sentence.rest)
            text = " ".join(part for part in parts if part)
        elif self.article:
            text = f"{self.subject} {self.verb} {value}" + (f" bei {self.named_group}" if self.named_group else "")
        else:
            about = f"in the group {self.named_group} " if self.named_group else ""
            text = f"{about}{self.subject} {self.verb} {value}"
        return f"{text[:1].upper()}{text[1:].rstrip('.')}."

    @property
    def named_group(self) -> str:
        """The group in quotes, empty when there is none or the label names it."""
        if not self.group or self.group in self.label:
            return ""
        return f"„{self.group}“" if self.article else f"'{_lowered(self.group)}'"

    @property
    def subject(self) -> str:
        """The label as the subject of a sentence: a whole sentence is less easily taken for a name than a heading.

        `Orders: strongest month` becomes `for orders, the strongest month`.
        """
        topic, colon, rest = self.label.partition(": ")
        if self.article:
            about = f" ({rest})" if colon else ""
            return f"{self.article} {topic}{about}" + ("," if ", " in topic else "")
        label = _lowered(rest or self.label)
        about = f"for {_lowered(topic)}, " if colon and rest else ""
        if label.partition(" ")[0].lower() in {"the", "a", "an", "how", "what", "whether"}:
            return about + label
        if _several(label) and self.unit == "%":
            return f"{about}the share of {label}"
        if _several(label) and isinstance(self.value, int):
            return f"{about}the number of {label}"
        return f"{about}the {label}"

    @property
    def joins(self) -> tuple[str, str]:
        """What stands before a group, and between the last two things of a list."""
        return ("bei", "und") if self.article else ("for", "and")

    @property
    def verb(self) -> str:
        """What joins subject and value."""
        if self.article:
            return "ist" if isinstance(self.value, str) else "beträgt"
        counted = self.unit == "%" or isinstance(self.value, int | str)
        return "come to" if not counted and self.subject.startswith("the ") and _several(_lowered(self.label)) else "is"


def _several(label: str) -> bool:
    """Whether a label speaks of several things: one of its first two words is a plural."""
    words = label.split(" ")[:2]
    return "people" in words or any(
        word.endswith("s") and word != "odds" and not word.endswith(("ss", "us", "is")) for word in words
    )


def _lowered(text: str) -> str:
    """`text` with a small first letter, unless it begins with an abbreviation or a token."""
    first = text.partition(" ")[0]
    return (
        text
        if sum(letter.isupper() for letter in first) > 1 or any(map(str.isdigit, first))
        else (text[:1].lower() + text[1:])
    )


def write_number(value: float, digits: int, form: NumberFormat = ENGLISH) -> str:
    """A number with `digits` decimals and separated thousands."""
    text = f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.removeprefix("-")
    return text.replace(",", "\0").replace(".", form.decimal).replace("\0", form.thousands)

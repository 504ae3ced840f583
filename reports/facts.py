"""Facts: the computed figures that a report is made of. A number that is no fact is not said. Pure."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Value = int | float | str
Rank = Literal["headline", "main", "detail"]


class Plain(BaseModel):
    """Base of what reports are made of: immutable, unknown fields are errors, and errors never show values."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class NumberFormat(Plain):
    """How numbers are written: the separator of thousands, the decimal mark, and whose number words are read."""

    thousands: str = ","
    decimal: str = "."
    language: str = "en"


ENGLISH = NumberFormat()
GERMAN = NumberFormat(thousands=".", decimal=",", language="de")
_COMMA = {
    code: NumberFormat(thousands="\u00a0" if code == "fr" else ".", decimal=",", language=code)
    for code in ("de", "fr", "it", "es", "nl")
}


def number_format(language: str) -> NumberFormat:
    """How a language writes numbers: a decimal comma for German, French, Italian, Spanish, Dutch."""
    return _COMMA.get(language.lower()[:2], ENGLISH)


class Grammar(Plain):
    """How a language joins a label, its value and its group: `{label} {number} 39,4 % {about} „Treue“`.

    `number` and `text` are the verbs before a number and before a word, `every` says that all groups are meant, `last`
    stands before the last thing of a list, `quotes` around a group.
    """

    number: str
    text: str
    about: str
    every: str
    last: str
    quotes: tuple[str, str]


GRAMMARS = {
    "de": Grammar(
        number="beträgt", text="ist", about="bei", every="in jeder Gruppe", last="und", quotes=("\u201e", "\u201c")
    ),
    "fr": Grammar(
        number="est de", text="est", about="pour", every="dans chaque groupe", last="et",
        quotes=("\u00ab\u00a0", "\u00a0\u00bb"),
    ),
    "es": Grammar(
        number="es de", text="es", about="para", every="en cada grupo", last="y", quotes=("\u00ab", "\u00bb")
    ),
    "it": Grammar(
        number="è pari a", text="è", about="per", every="in ogni gruppo", last="e", quotes=("\u00ab", "\u00bb")
    ),
    "nl": Grammar(
        number="bedraagt", text="is", about="bij", every="in elke groep", last="en", quotes=("\u201c", "\u201d")
    ),
}  # fmt: skip
"""Languages whose labels begin with their article, which makes their sentences."""


class Sentence(Plain):
    """The parts around a fact's value: `{subject} {verb} {value} {rest}.`; the value carries its own unit."""

    subject: str
    verb: str = "is"
    rest: str = ""


class Fact(Plain):
    """One computed figure.

    `id` is unique in a report and stable over runs (`churn.rate`, `segment.loyal.size`): lower case letters, digits,
    `.`, `_` and `-`. `value` is a number, or a text that is computed (the name of the slowest stage) with unit `text`,
    or an ISO date or month with unit `date`. A share has unit `%` and a value of 0 to 100. Any other unit is written
    behind the number as it stands (`days`, `h`, `EUR`); an empty one means a plain number or a count.
    `group`: the part of the data that it is about, None for all. `n`: how many rows (people, where the data is about
    people) stand behind it; a fact with an `n` under k is not told, None means that it is about no row (a parameter).
    `columns`: what it was computed from, as `table.column`. `digits`: decimals that are shown, and to which a text may
    round. `personal`: `group` or a text value is a value of a personal column (the name of an agent).
    `article`: that of the label in `language`; empty in English.
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
    article: str = ""
    language: str = "de"

    def written(self, form: NumberFormat = ENGLISH) -> str:
        """The value as a report shows it: `17.5 %`, `1,204 days`, `specialist review`."""
        if isinstance(self.value, str):
            return self.value
        number = write_number(self.value, self.digits, form)
        return f"{number} {self.unit}" if self.unit else number

    def told(self, form: NumberFormat = ENGLISH, *, small: bool = False) -> str:
        """The fact as one sentence: its own parts, or a plain one made of label, group and value.

        `small`: an English group begins with a small letter, and headings of the data are written small: detectors take
        `zahlart` for a name less often than `Zahlart`. Values of the data stay as they are, for they may be names.
        """
        value = self.written(form)
        subject = self._with_small_headings(self.subject) if small else self.subject
        if self.sentence is not None:
            parts = (self.sentence.subject, self.sentence.verb, value, self.sentence.rest)
            text = " ".join(part for part in parts if part)
        elif self.article:
            about = f" {self.joins[0]} {self.named_group}" if self.named_group else ""
            text = f"{subject} {self.verb} {value}{about}"
        else:
            group = lowered(self.named_group) if small else self.named_group
            about = f"for {group}, " if group else ""
            text = f"{about}{subject} {self.verb} {value}"
        return f"{text[:1].upper()}{text[1:].rstrip('.')}."

    def _with_small_headings(self, text: str) -> str:
        """`text` with the names of this fact's columns in small letters."""
        for column in self.columns:
            heading = column.partition(".")[2].replace("_", " ")
            text = text.replace(heading, heading.lower()) if heading else text
        return text

    @property
    def named_group(self) -> str:
        """The group in quotes, empty when there is none or the label names it."""
        if not self.group or self.group in self.label:
            return ""
        if not self.article:
            return f"'{self.group}'"
        opened, closed = GRAMMARS[self.language].quotes
        return f"{opened}{self.group}{closed}"

    @property
    def subject(self) -> str:
        """The label as the subject of a sentence: a whole sentence is less easily taken for a name than a heading.

        `Orders: strongest month` becomes `for orders, the strongest month`.
        """
        topic, colon, rest = self.label.partition(": ")
        if self.article:
            about = f" ({rest})" if colon else ""
            topic = topic.rstrip("\u00a0")  # French has a space before its colon
            noun = topic if self.language == "de" else lowered(topic)
            joint = "" if self.article.endswith("'") else " "
            return f"{self.article}{joint}{noun}{about}" + ("," if ", " in topic and self.language == "de" else "")
        label = lowered(rest or self.label)
        about = f"for {lowered(topic)}, " if colon and rest else ""
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
        said = GRAMMARS[self.language]
        return (said.about, said.last) if self.article else ("for", "and")

    @property
    def everywhere(self) -> str:
        """What says that a value holds for every group."""
        return GRAMMARS[self.language].every if self.article else "in every group"

    @property
    def verb(self) -> str:
        """What joins subject and value."""
        if self.article:
            said = GRAMMARS[self.language]
            return said.text if isinstance(self.value, str) else said.number
        counted = self.unit == "%" or isinstance(self.value, int | str)
        return "come to" if not counted and self.subject.startswith("the ") and _several(lowered(self.label)) else "is"


def _several(label: str) -> bool:
    """Whether a label speaks of several things: one of its first two words is a plural."""
    words = label.split(" ")[:2]
    return "people" in words or any(
        word.endswith("s") and word != "odds" and not word.endswith(("ss", "us", "is")) for word in words
    )


def lowered(text: str) -> str:
    """`text` with a small first letter, unless it begins with an abbreviation or a token."""
    if text.startswith("'"):
        return f"'{lowered(text[1:])}"
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

"""Made-up people, places, organisations and addresses that the generator puts into its templates.

Names and addresses come from Faker's locales (MIT); the well-known places and organisations are common knowledge.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

import wordfreq
from faker import Faker

from training.lists import entries

LATIN_LOCALES = tuple(
    "en_US en_US en_US en_GB en_GB en_CA en_AU en_IN en_IN en_IE en_NZ es_ES es_MX es_CO de_DE de_AT fr_FR it_IT nl_NL "
    "pt_BR pt_PT pl_PL sv_SE no_NO da_DK fi_FI cs_CZ hu_HU ro_RO hr_HR sl_SI sk_SK tr_TR id_ID vi_VN et_EE lt_LT lv_LV "
    "tw_GH yo_NG zu_ZA el_GR".split()
)
"""Locales written in Latin letters (and Greek); those that prompts hold most stand more than once."""

OTHER_LOCALES = tuple("ru_RU uk_UA bg_BG ar_SA he_IL fa_IR hi_IN ja_JP ko_KR zh_CN th_TH".split())
"""Locales in other scripts."""

_ENDINGS = ("ly", "ify", "io", "ai", ".io", ".ai", ".com", "hub", "lab", "tech", "soft")

POOL = 400
"""Values drawn per locale and kind."""


@dataclass(frozen=True, slots=True)
class Pools:
    """Values of one locale."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    city: tuple[str, ...]
    company: tuple[str, ...]
    address: tuple[str, ...]
    street: tuple[str, ...]


_UNORDERED = frozenset({("it_IT", "city")})
"""Lists that Faker keeps as a set: what is drawn would depend on the hash seed of the process."""


def _draw(faker: Faker, locale: str, kind: str) -> tuple[str, ...]:
    if (locale, kind) in _UNORDERED:
        return ()
    make = getattr(faker, kind, None)
    return tuple(dict.fromkeys(str(make()) for _ in range(POOL))) if make else ()


@lru_cache(maxsize=128)
def pools(locale: str) -> Pools:
    """Values of `locale`, the same ones every time."""
    faker = Faker(locale)
    faker.seed_instance(17)
    return Pools(
        first=_draw(faker, locale, "first_name"),
        last=_draw(faker, locale, "last_name") or entries("last_names"),
        city=_draw(faker, locale, "city") or entries("cities"),
        company=_draw(faker, locale, "company") or entries("organisations"),
        address=_draw(faker, locale, "address") or ("12 Main Street\nSpringfield",),
        street=_draw(faker, locale, "street_address") or ("12 Main Street",),
    )


@lru_cache(maxsize=1)
def common_words() -> tuple[str, ...]:
    """Common English words of four letters and more, for company names and headings made of them."""
    return tuple(word for word in wordfreq.top_n_list("en", 9000)[300:] if word.isalpha() and len(word) > 3)  # noqa: PLR2004


class Lexicon:
    """Draws values, each kind from its sources; everything follows from `dice`."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def _any(self, name: str) -> str:
        """An entry of the list `name`."""
        return self._dice.choice(entries(name))

    def _chance(self, share: float) -> bool:
        return self._dice.random() < share

    def _pools(self) -> Pools:
        return pools(self._dice.choice(OTHER_LOCALES if self._chance(0.03) else LATIN_LOCALES))

    def word(self) -> str:
        """A common word, capitalised."""
        return self._dice.choice(common_words()).capitalize()

    def first(self) -> str:
        """A given name."""
        return self._any("first_names") if self._chance(0.35) else self._dice.choice(self._pools().first)

    def last(self) -> str:
        """A family name."""
        return self._any("last_names") if self._chance(0.3) else self._dice.choice(self._pools().last)

    def initial(self) -> str:
        """One capital letter."""
        return self._dice.choice("ABCDEFGHIJKLMNOPRSTVWY")

    def name(self) -> str:
        """A person's full name, in one of the many ways of writing one."""
        source = self._pools()
        first, last = self._dice.choice(source.first), self._dice.choice(source.last)
        if self._chance(0.3):
            first, last = self.first(), self.last()
        weighted = (
            (70, f"{first} {last}"),
            (6, f"{first} {self.initial()}. {last}"),
            (3, f"{self.initial()}. {last}"),
            (3, f"{last}, {first}"),
            (5, f"{first} {self.first()} {last}"),
            (2, f"{self.initial()}. {self.initial()}. {last}"),
            (2, f"{first} {last.upper()}"),
            (2, f"{last.upper()} {first}"),
            (2, f"{first} {last}-{self.last()}"),
            (1, f"{first} {last} Jr."),
            (1, f"{first} {last} {self.last()}"),
            (2, f"{first} {self.initial()} {last}"),
            (4, first),
        )
        return self._dice.choices([form for _, form in weighted], [weight for weight, _ in weighted])[0]

    def city(self) -> str:
        """A town."""
        return self._any("cities") if self._chance(0.5) else self._dice.choice(self._pools().city)

    def country(self) -> str:
        """A country or a part of the world."""
        return self._any("countries")

    def state(self) -> str:
        """A state, a region, a river."""
        return self._any("regions")

    def nrp(self) -> str:
        """A nationality or a religious group, capitalised."""
        return self._any("demonyms").capitalize()

    def school(self) -> str:
        """A school or university."""
        return self._any("schools").format(self._dice.choice((self.city(), self.state(), self.last())))

    def hospital(self) -> str:
        """A hospital or practice."""
        return self._any("hospitals").format(self._dice.choice((self.city(), self.last())))

    def org(self) -> str:
        """A company, an authority, a club, a newspaper."""
        draw = self._dice.random()
        if draw < 0.18:  # noqa: PLR2004
            return self._any("organisations")
        if draw < 0.30:  # noqa: PLR2004
            return self._dice.choice(self._pools().company)
        if draw < 0.42:  # noqa: PLR2004
            return self._dice.choice((self._any("bodies").format(self.city()), self.school(), self.hospital()))
        return self._company()

    def _company(self) -> str:
        """An invented company."""
        head, tail, form = self._any("company_heads"), self._any("company_tails"), self._any("company_forms")
        last, word, other = self.last(), self.word(), self.word()
        return self._dice.choice(
            (
                f"{head} {tail}",
                f"{head} {tail} {form}",
                f"{last} {tail}",
                f"{last} {form}",
                f"{last} & {self.last()}",
                f"{last}, {self.last()} and {self.last()}",
                f"{word} {tail}",
                f"{word} {other}",
                f"{word} {other} {form}",
                f"{word} and {other}",
                f"{word} {other} {tail}",
                f"{word}{other}",
                f"{word}{other.lower()}",
                f"{head}{tail.split()[0].lower()}",
                f"{word}{self._dice.choice(_ENDINGS)}",
                self._invented(),
                self._invented(),
                f"{self._invented()} {form}",
                f"{self._invented()} {tail}",
                f"{self._invented()} {tail.lower()}",
                "".join(self.initial() for _ in range(self._dice.choice((2, 3, 3, 3, 4, 5)))),
                f"{''.join(self.initial() for _ in range(3))} {tail}",
            )
        )

    def _invented(self) -> str:
        return "".join(self._any("syllables") for _ in range(self._dice.choice((2, 2, 3)))).capitalize()

    def _street_name(self) -> str:
        return self._any("streets").format(self._dice.choice((self.last(), self.city(), self.name(), self.word())))

    def street(self) -> str:
        """A street, sometimes with a house number."""
        if self._chance(0.3):
            return self._dice.choice(self._pools().street)
        named = self._street_name()
        number = self._dice.randint(1, 9999 if self._chance(0.3) else 150)
        return self._dice.choice((named, f"{number} {named}", f"{named} {number}", f"{number} {named}"))

    def crossing(self) -> str:
        """Where two streets meet."""
        first, second = self.street(), self.street()
        return self._dice.choice(
            (f"{first} and {second}", f"the corner of {first} and {second}", f"{first} & {second}")
        )

    def address_lines(self) -> str:
        """A postal address over several lines."""
        return self._dice.choice(self._pools().address)

    def address(self) -> str:
        """A postal address on one line, or built piece by piece."""
        if self._chance(0.5):
            return self.address_lines().replace("\n", self._dice.choice((", ", ", ", " ", "\n")))
        number = self._dice.randint(1, 9999)
        where = self._dice.choice(("Apt.", "Suite", "Unit", "Flat", "Floor"))
        unit = self._dice.choice(
            ("", "", f" {where} {self._dice.randint(1, 999)}", f", {where} {self._dice.randint(1, 99)}")
        )
        code = str(self._dice.randint(1000, 99999))
        street, gap = self._street_name(), self._dice.choice((", ", ", ", "\n", " ", "\n "))
        return self._dice.choice(
            (
                f"{number} {street}{unit}{gap}{self.city()}, {self.state()} {code}",
                f"{street} {number % 200}{gap}{code} {self.city()}",
                f"{number} {street}{unit}{gap}{self.city()}{gap}{self.country()}",
                f"{number} {street}{unit}{gap}{self.city()} {code}{gap}{self.country()}",
                f"{street} {number}{unit}{gap}{self.city().upper()}{gap}{self.country()} {code}",
                f"{street} {number % 300}{gap}{self.city()}",
            )
        )
